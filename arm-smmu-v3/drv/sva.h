/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SVA domains: the page table of a process, walked by SMMUs. One domain per mm serves devices
 * behind any number of SMMUs. It has an ASID for each SMMU, and the CPUs know nothing of these.
 * Callbacks of mmu notifiers walk the array, as unmaps of other domains do.
 *
 * When the process exits before its devices are unbound, its CDs stay valid and translate nothing
 * (EPD0), so that DMA which goes on is terminated without an event for each access.
 */
#ifndef SMMU_DRV_SVA_H
#define SMMU_DRV_SVA_H

#include <linux/err.h>
#include <linux/iommu.h>

#if COMPAT_SVA
/**
 * smmu_sva_alloc() - iommu_ops.domain_alloc_sva
 * @dev: first device
 * @mm: address space; the caller holds a reference to its users
 *
 * Takes the mmap lock for writing.
 * Return: domain, -EOPNOTSUPP, -ENOMEM
 */
struct iommu_domain *smmu_sva_alloc(struct device *dev, struct mm_struct *mm);

/* Wait until no notifier runs in this module any more, so that the module may be unloaded */
void smmu_sva_exit(void);
#else
static inline void smmu_sva_exit(void)
{
}

#define smmu_sva_alloc		NULL
#endif

#endif
