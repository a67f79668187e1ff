/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables: the kernel's io-pgtable behind one pair of files, so that another library
 * can take its place. Nothing else in the driver names io-pgtable.
 *
 * A page table belongs to a domain and to no SMMU. It was made for one (@dev walks it
 * through the DMA API and stays referenced), and any other that smmu_can_walk() it may use
 * it as it stands.
 */
#ifndef SMMU_DRV_PGTABLE_H
#define SMMU_DRV_PGTABLE_H

#include <linux/io-pgtable.h>
#include <linux/iommu.h>

#include "core/ident.h"

struct smmu_cd_s1;
struct smmu_device;
struct smmu_ste_s2;

/**
 * struct smmu_pgtable - one page table
 * @ops: operations; NULL before smmu_pgtable_alloc()
 * @dev: device whose DMA configuration it uses; a reference is held
 * @needs: what an SMMU must be able to do to walk it
 * @pgsizes: what it maps in one go: leaf sizes, and contiguous ones where io-pgtable has them
 * @pgshift: log2 of the granule
 */
struct smmu_pgtable {
	struct io_pgtable_ops *ops;
	struct device *dev;
	struct smmu_pt_needs needs;
	u64 pgsizes;
	u8 pgshift;
};

/**
 * smmu_pgtable_alloc() - empty table in the form this SMMU likes best
 * @pt: out
 * @smmu: the SMMU that the first device is behind
 * @stage2: else stage 1
 * @dirty: hardware dirty tracking (stage 1)
 * @s2fwb: stage 2 with the S2FWB attributes
 * @cookie: the domain, for its flush callbacks (walk.h)
 * Return: 0, -ENOMEM or -EOPNOTSUPP
 */
int smmu_pgtable_alloc(struct smmu_pgtable *pt, struct smmu_device *smmu, bool stage2,
		       bool dirty, bool s2fwb, void *cookie);

/* No SMMU walks it and no TLB holds it */
void smmu_pgtable_free(struct smmu_pgtable *pt);

/* The table as CD or STE fields; ASID and VMID are left at 0 */
void smmu_pgtable_cd(const struct smmu_pgtable *pt, struct smmu_cd_s1 *s1);
void smmu_pgtable_s2(const struct smmu_pgtable *pt, struct smmu_ste_s2 *s2);

/* The three that every map and unmap goes through: no call in between */
static inline int smmu_pgtable_map(struct smmu_pgtable *pt, unsigned long iova,
				   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
				   gfp_t gfp, size_t *mapped)
{
	return pt->ops->map_pages(pt->ops, iova, paddr, pgsize, pgcount, prot, gfp, mapped);
}

/* Removes; invalidating is the caller's. Return: bytes removed */
static inline size_t smmu_pgtable_unmap(struct smmu_pgtable *pt, unsigned long iova,
					size_t pgsize, size_t pgcount,
					struct iommu_iotlb_gather *gather)
{
	return pt->ops->unmap_pages(pt->ops, iova, pgsize, pgcount, gather);
}

static inline phys_addr_t smmu_pgtable_phys(struct smmu_pgtable *pt, unsigned long iova)
{
	return pt->ops->iova_to_phys(pt->ops, iova);
}

int smmu_pgtable_dirty(struct smmu_pgtable *pt, unsigned long iova, size_t size,
		       unsigned long flags, struct iommu_dirty_bitmap *dirty);

#endif
