// SPDX-License-Identifier: GPL-2.0-only
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>

#include <kunit/static_stub.h>

#include <compat/efi.h>

#include "hw/crashmem.h"

/* EFI: memory that a kernel uses once the boot services are over */
static bool efi_calls_it_ram(phys_addr_t start, phys_addr_t last)
{
#ifdef CONFIG_EFI
	efi_memory_desc_t md;

	/* the range may go on in the next descriptor */
	for (;;) {
		if (compat_efi_mem_desc(start, &md) || !(md.attribute & EFI_MEMORY_WB))
			return false;
		switch (md.type) {
		case EFI_LOADER_CODE:
		case EFI_LOADER_DATA:
		case EFI_BOOT_SERVICES_CODE:
		case EFI_BOOT_SERVICES_DATA:
		case EFI_CONVENTIONAL_MEMORY:
		case EFI_PERSISTENT_MEMORY:
			break;
		default:
			return false;
		}
		start = md.phys_addr + (md.num_pages << EFI_PAGE_SHIFT);
		if (start > last)
			return true;
	}
#else
	return true;
#endif
}

/* DT: is the range in one region of a memory node? Without such nodes nothing is known. */
static bool dt_calls_it_ram(phys_addr_t start, phys_addr_t last)
{
	struct device_node *np;
	struct resource res;
	bool any = false;
	int i;

	for_each_node_by_type(np, "memory") {
		for (i = 0; !of_address_to_resource(np, i, &res); i++) {
			any = true;
			if (start >= res.start && last <= res.end) {
				of_node_put(np);
				return true;
			}
		}
	}
	return !any;
}

const char *smmu_crashmem_refuse(phys_addr_t start, u64 bytes)
{
	phys_addr_t last = start + bytes - 1;

	KUNIT_STATIC_STUB_REDIRECT(smmu_crashmem_refuse, start, bytes);

	if (!start || last < start)
		return "no memory";
	if (region_intersects(start, bytes, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return "memory of this kernel";
	if (region_intersects(start, bytes, IORESOURCE_MEM, IORES_DESC_NONE) != REGION_DISJOINT ||
	    !(efi_enabled(EFI_MEMMAP) ? efi_calls_it_ram(start, last) :
					dt_calls_it_ram(start, last)))
		return "no RAM";
	return NULL;
}

void *smmu_crashmem_map(phys_addr_t start, u64 bytes, bool coherent)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_crashmem_map, start, bytes, coherent);

	return memremap(start, bytes, coherent ? MEMREMAP_WB : MEMREMAP_WC);
}

void smmu_crashmem_unmap(void *mem)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_crashmem_unmap, mem);

	memunmap(mem);
}
