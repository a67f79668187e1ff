/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROOFS_FEATURES_H
#define PROOFS_FEATURES_H

#include <linux/sizes.h>
#include <linux/types.h>

#include <smmuv3/features.h>

static inline bool all_or_none(const struct smmu_features *f, u32 flag, u32 needs)
{
	return !(f->flags & flag) || (f->flags & needs) == needs;
}

/*
 * What is true of the features of every SMMU. The proof *ident* shows it, other proofs assume it,
 * and the targets of scripts/fuzz that need features take such.
 */
static inline bool features_ok(const struct smmu_features *f)
{
	return f->flags & (SMMU_FEAT_S1 | SMMU_FEAT_S2) &&
	       all_or_none(f, SMMU_FEAT_NESTING,
			   SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_COHERENT) &&
	       all_or_none(f, SMMU_FEAT_CDTAB_2LVL, SMMU_FEAT_S1) &&
	       all_or_none(f, SMMU_FEAT_VAX, SMMU_FEAT_S1) &&
	       all_or_none(f, SMMU_FEAT_E2H, SMMU_FEAT_S1 | SMMU_FEAT_HYP) &&
	       all_or_none(f, SMMU_FEAT_S2FWB, SMMU_FEAT_S2) &&
	       all_or_none(f, SMMU_FEAT_HA, SMMU_FEAT_COHERENT) &&
	       all_or_none(f, SMMU_FEAT_HD, SMMU_FEAT_HA) &&
	       all_or_none(f, SMMU_FEAT_HAFT, SMMU_FEAT_HA) &&
	       all_or_none(f, SMMU_FEAT_PRI, SMMU_FEAT_ATS) &&
	       all_or_none(f, SMMU_FEAT_STALL_FORCE, SMMU_FEAT_STALL) &&
	       (f->asid_bits == 8 || f->asid_bits == 16) &&
	       (f->vmid_bits == 8 || f->vmid_bits == 16) &&
	       f->sid_bits <= 32 && f->ssid_bits <= 20 &&
	       (f->flags & SMMU_FEAT_S1 || !f->ssid_bits) &&
	       f->oas_bits >= 32 && f->oas_bits <= 52 &&
	       (f->va_bits == 48 || (f->va_bits == 52 && f->flags & SMMU_FEAT_VAX)) &&
	       f->granules && !(f->granules & ~(SZ_4K | SZ_16K | SZ_64K)) &&
	       f->cmdq_log2 >= 1 && f->cmdq_log2 <= 19 && f->evtq_log2 <= 19 &&
	       f->priq_log2 <= 19 && (f->flags & SMMU_FEAT_PRI || !f->priq_log2) &&
	       (f->flags & SMMU_FEAT_STALL || !f->stall_max);
}

#endif
