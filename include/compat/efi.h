/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking into EFI's memory map; not every kernel exports its function for that */
#ifndef COMPAT_EFI_H
#define COMPAT_EFI_H

#include <linux/efi.h>
#include <linux/errno.h>

#ifdef CONFIG_EFI
/* The descriptor that has an address. EFI_MEMMAP is enabled. Return: 0, or an error without one */
static inline int compat_efi_mem_desc(u64 addr, efi_memory_desc_t *found)
{
#ifdef COMPAT_EFI_LOOKUP
	return efi_mem_desc_lookup(addr, found);
#else
	const efi_memory_desc_t *md;

	for_each_efi_memory_desc(md) {
		/* firmware wrote it: what is empty, not aligned or has no end describes nothing */
		if (!md->num_pages || !IS_ALIGNED(md->phys_addr, EFI_PAGE_SIZE) ||
		    md->num_pages > (U64_MAX - md->phys_addr) >> EFI_PAGE_SHIFT)
			continue;
		if (addr < md->phys_addr ||
		    (addr - md->phys_addr) >> EFI_PAGE_SHIFT >= md->num_pages)
			continue;
		*found = *md;
		return 0;
	}
	return -ENOENT;
#endif
}
#endif

#endif
