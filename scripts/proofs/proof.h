/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the proofs have in common. A proof includes the driver's files as they are, chooses
 * arguments that may be anything, assumes what callers promise, and states what is true then.
 */
#ifndef PROOF_H
#define PROOF_H

#include <linux/sizes.h>
#include <linux/types.h>

#include <smmuv3/features.h>

/* CBMC takes a function without a body to return anything */
u64 nondet_u64(void);
u32 nondet_u32(void);
u16 nondet_u16(void);
u8 nondet_u8(void);
bool nondet_bool(void);

void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

#define ASSUME(condition)	__CPROVER_assume(condition)
#define PROVE(condition, text)	__CPROVER_assert(condition, text)

static inline struct smmu_features any_features(void)
{
	struct smmu_features f;		/* not initialised: anything */

	return f;
}

static inline bool all_or_none(const struct smmu_features *f, u32 flag, u32 needs)
{
	return !(f->flags & flag) || (f->flags & needs) == needs;
}

/* What is true of the features of every SMMU. The proof *ident* shows it, others assume it. */
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

void harness(void);

#endif
