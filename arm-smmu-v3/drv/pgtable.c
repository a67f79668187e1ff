// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>

#include <compat/arch.h>
#include <compat/pgtable.h>

#include "core/cd.h"
#include "core/ste.h"
#include "drv/pgtable.h"
#include "drv/walk.h"
#include "hw/device.h"

/*
 * There is no tlb_add_page, because it would be called once per page. The domain's unmap adds the
 * whole range to the gather in one go (domain.c).
 */
static const struct iommu_flush_ops flush_ops = {
	.tlb_flush_all = smmu_walk_flush_all,
	.tlb_flush_walk = smmu_walk_flush_tables,
};

int smmu_pgtable_alloc(struct smmu_pgtable *pt, struct smmu_device *smmu, bool stage2,
		       bool dirty, bool s2fwb, void *cookie)
{
	const struct smmu_features *feat = &smmu->inst.feat;
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = feat->pgsizes,
		.ias = stage2 ? feat->oas_bits : min_t(u8, feat->va_bits, VA_BITS),
		.oas = feat->oas_bits,
		.coherent_walk = feat->flags & SMMU_FEAT_COHERENT,
		.tlb = &flush_ops,
		.iommu_dev = smmu->dev,
	};

	if (dirty)
		cfg.quirks |= IO_PGTABLE_QUIRK_ARM_HD;
	if (s2fwb)
		cfg.quirks |= IO_PGTABLE_QUIRK_ARM_S2FWB;
	pt->ops = alloc_io_pgtable_ops(stage2 ? ARM_64_LPAE_S2 : ARM_64_LPAE_S1, &cfg,
				       cookie);
	if (!pt->ops)
		return -ENOMEM;

	/* io-pgtable has chosen one granule and, for stage 2, perhaps another start level */
	pt->pgshift = __ffs(cfg.pgsize_bitmap);
	pt->needs = (struct smmu_pt_needs) {
		.granule = 1U << pt->pgshift,
		.ias = cfg.ias,
		.oas = cfg.oas,
		.stage2 = stage2,
		.coherent = cfg.coherent_walk,
		.s2fwb = s2fwb,
		.hd = dirty,
	};
	pt->dev = get_device(smmu->dev);
	return 0;
}

void smmu_pgtable_free(struct smmu_pgtable *pt)
{
	if (!pt->ops)
		return;
	free_io_pgtable_ops(pt->ops);
	pt->ops = NULL;
	put_device(pt->dev);
}

static const struct io_pgtable_cfg *cfg_of(const struct smmu_pgtable *pt)
{
	return &io_pgtable_ops_to_pgtable(pt->ops)->cfg;
}

u64 smmu_pgtable_sizes(const struct smmu_pgtable *pt)
{
	return cfg_of(pt)->pgsize_bitmap;
}

void smmu_pgtable_cd(const struct smmu_pgtable *pt, struct smmu_cd_s1 *s1)
{
	const struct io_pgtable_cfg *cfg = cfg_of(pt);
	const typeof(cfg->arm_lpae_s1_cfg.tcr) *tcr = &cfg->arm_lpae_s1_cfg.tcr;

	*s1 = (struct smmu_cd_s1) {
		.ttb = cfg->arm_lpae_s1_cfg.ttbr,
		.mair = cfg->arm_lpae_s1_cfg.mair,
		.t0sz = tcr->tsz,
		.tg = tcr->tg,
		.ir0 = tcr->irgn,
		.or0 = tcr->orgn,
		.sh0 = tcr->sh,
		.ips = tcr->ips,
		.hd = pt->needs.hd,
		.ha = pt->needs.hd,
		.aset = true,
	};
}

void smmu_pgtable_s2(const struct smmu_pgtable *pt, struct smmu_ste_s2 *s2)
{
	const struct io_pgtable_cfg *cfg = cfg_of(pt);
	const typeof(cfg->arm_lpae_s2_cfg.vtcr) *vtcr = &cfg->arm_lpae_s2_cfg.vtcr;

	*s2 = (struct smmu_ste_s2) {
		.ttb = cfg->arm_lpae_s2_cfg.vttbr,
		.t0sz = vtcr->tsz,
		.sl0 = vtcr->sl,
		.ir0 = vtcr->irgn,
		.or0 = vtcr->orgn,
		.sh0 = vtcr->sh,
		.tg = vtcr->tg,
		.ps = vtcr->ps,
		.s2fwb = pt->needs.s2fwb,
	};
}

int smmu_pgtable_dirty(struct smmu_pgtable *pt, unsigned long iova, size_t size,
		       unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	return pt->ops->read_and_clear_dirty(pt->ops, iova, size, flags, dirty);
}
