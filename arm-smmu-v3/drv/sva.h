/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SVA domains: a process's own page table, walked by SMMUs. One domain per mm serves devices
 * behind any number of SMMUs, each with an ASID of its own that the CPUs know nothing of;
 * mmu notifiers go through the array as unmaps of other domains do.
 *
 * When the process exits before its devices are unbound, its CDs stay valid and translate
 * nothing (EPD0): DMA that goes on is terminated without an event each.
 */
#ifndef SMMU_DRV_SVA_H
#define SMMU_DRV_SVA_H

#include <linux/err.h>
#include <linux/iommu.h>

#ifdef CONFIG_IOMMU_SVA
/**
 * smmu_sva_alloc() - the core's domain_alloc_sva
 * @dev: first device
 * @mm: address space; the caller holds a reference to its users
 * Return: domain, -EOPNOTSUPP, -ENOMEM. Takes the mmap lock for writing.
 */
struct iommu_domain *smmu_sva_alloc(struct device *dev, struct mm_struct *mm);

/* No notifier runs in our code any more: the module may go */
void smmu_sva_exit(void);
#else
static inline void smmu_sva_exit(void)
{
}

#define smmu_sva_alloc		NULL
#endif

#endif
