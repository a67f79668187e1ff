/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the kernel that has crashed, as a crash kernel sees it: RAM that the crash kernel does
 * not use, does not map and has no struct page for.
 *
 * An address that an SMMU or a table of that kernel names may be anything: memory of the crash
 * kernel itself, or registers of a device, which must not even be read. So every address is asked
 * about before it is mapped.
 */
#ifndef SMMU_HW_CRASHMEM_H
#define SMMU_HW_CRASHMEM_H

#include <linux/types.h>

/**
 * smmu_crashmem_refuse() - may this be memory of the kernel before?
 * @start: physical address
 * @bytes: length, not 0
 *
 * It may not be memory that this kernel uses, nor anything else that the kernel's map of resources
 * has a name for: registers, memory that firmware has reserved. And firmware calls it RAM: EFI's
 * memory map, or else the memory nodes of the device tree; without both, that is not known.
 * Process context.
 * Return: NULL, or why not: the end of a sentence
 */
const char *smmu_crashmem_refuse(phys_addr_t start, u64 bytes);

/**
 * smmu_crashmem_map() - map such memory
 * @start: physical address, which smmu_crashmem_refuse() has accepted
 * @bytes: length
 * @coherent: with the attributes by which a coherent SMMU, or one that is not, reads it
 * Return: the mapping, or NULL
 */
void *smmu_crashmem_map(phys_addr_t start, u64 bytes, bool coherent);
void smmu_crashmem_unmap(void *mem);

#endif
