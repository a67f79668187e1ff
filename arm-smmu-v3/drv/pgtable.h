/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables: the kernel's io-pgtable, hidden behind these two files so that another library can
 * replace it. Nothing else in the driver names io-pgtable.
 *
 * A page table belongs to a domain and to no SMMU. It was made for one SMMU, whose device @dev it
 * uses for the DMA API and holds a reference to. Any other SMMU may use the table as it stands, if
 * smmu_can_walk() says so.
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
 * @pgshift: log2 of the granule
 */
struct smmu_pgtable {
	struct io_pgtable_ops *ops;
	struct device *dev;
	struct smmu_pt_needs needs;
	u8 pgshift;
};

/**
 * smmu_pgtable_alloc() - make an empty table in the form that suits this SMMU best
 * @pt: out
 * @smmu: the SMMU that the first device is behind
 * @stage2: true for stage 2, false for stage 1
 * @dirty: hardware dirty tracking (stage 1)
 * @s2fwb: stage 2 with the S2FWB attributes
 * @cookie: the domain, for the flush callbacks of io-pgtable (walk.h)
 * Return: 0, -ENOMEM or -EOPNOTSUPP
 */
int smmu_pgtable_alloc(struct smmu_pgtable *pt, struct smmu_device *smmu, bool stage2,
		       bool dirty, bool s2fwb, void *cookie);

/* Free the table. No SMMU walks it, and no TLB holds anything of it. */
void smmu_pgtable_free(struct smmu_pgtable *pt);

/*
 * Return: page sizes that the table maps in one go: leaf sizes, and contiguous sizes where
 * io-pgtable has them
 */
u64 smmu_pgtable_sizes(const struct smmu_pgtable *pt);

/* Describe the table as CD or STE fields; ASID and VMID are left at 0 */
void smmu_pgtable_cd(const struct smmu_pgtable *pt, struct smmu_cd_s1 *s1);
void smmu_pgtable_s2(const struct smmu_pgtable *pt, struct smmu_ste_s2 *s2);

/* Every map and unmap goes through these three, so they are inline */
static inline int smmu_pgtable_map(struct smmu_pgtable *pt, unsigned long iova,
				   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
				   gfp_t gfp, size_t *mapped)
{
	return pt->ops->map_pages(pt->ops, iova, paddr, pgsize, pgcount, prot, gfp, mapped);
}

/* Remove pages; the caller invalidates. Return: bytes removed */
static inline size_t smmu_pgtable_unmap(struct smmu_pgtable *pt, unsigned long iova,
					size_t pgsize, size_t pgcount)
{
	return pt->ops->unmap_pages(pt->ops, iova, pgsize, pgcount, NULL);
}

static inline phys_addr_t smmu_pgtable_phys(struct smmu_pgtable *pt, unsigned long iova)
{
	return pt->ops->iova_to_phys(pt->ops, iova);
}

int smmu_pgtable_dirty(struct smmu_pgtable *pt, unsigned long iova, size_t size,
		       unsigned long flags, struct iommu_dirty_bitmap *dirty);

#endif
