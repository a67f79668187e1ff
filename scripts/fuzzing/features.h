/* SPDX-License-Identifier: GPL-2.0-only */
/* Features of an SMMU that are made of the bytes of an input: any that features_ok() allows */
#ifndef FUZZING_FEATURES_H
#define FUZZING_FEATURES_H

#include "../proofs/features.h"

/* Without @needs there is no @flag */
static inline void needs(u32 *flags, u32 flag, u32 needs)
{
	if ((*flags & needs) != needs)
		*flags &= ~flag;
}

static inline u32 take_flags(struct fuzz_input *in)
{
	u32 flags = take_u32(in) & (BIT(SMMU_FEAT_NR) - 1);

	if (!(flags & (SMMU_FEAT_S1 | SMMU_FEAT_S2)))
		flags |= SMMU_FEAT_S1;
	needs(&flags, SMMU_FEAT_NESTING, SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_COHERENT);
	needs(&flags, SMMU_FEAT_CDTAB_2LVL, SMMU_FEAT_S1);
	needs(&flags, SMMU_FEAT_VAX, SMMU_FEAT_S1);
	needs(&flags, SMMU_FEAT_E2H, SMMU_FEAT_S1 | SMMU_FEAT_HYP);
	needs(&flags, SMMU_FEAT_S2FWB, SMMU_FEAT_S2);
	needs(&flags, SMMU_FEAT_HA, SMMU_FEAT_COHERENT);
	needs(&flags, SMMU_FEAT_HD, SMMU_FEAT_HA);
	needs(&flags, SMMU_FEAT_HAFT, SMMU_FEAT_HA);
	needs(&flags, SMMU_FEAT_PRI, SMMU_FEAT_ATS);
	needs(&flags, SMMU_FEAT_STALL_FORCE, SMMU_FEAT_STALL);
	return flags;
}

static inline struct smmu_features take_features(struct fuzz_input *in)
{
	static const u8 widths[] = { 32, 36, 40, 42, 44, 48, 52, 48 };
	struct smmu_features f = { .flags = take_flags(in) };
	u8 sizes = take_u8(in), granules = take_u8(in), ids = take_u8(in);

	f.errata = take_u8(in) & 0xf;
	f.granules = (granules & 1 ? SZ_4K : 0) | (granules & 2 ? SZ_16K : 0) |
		     (granules & 4 ? SZ_64K : 0);
	if (!f.granules)
		f.granules = SZ_4K;
	f.asid_bits = sizes & 1 ? 16 : 8;
	f.vmid_bits = sizes & 2 ? 16 : 8;
	f.oas_bits = widths[sizes >> 2 & 7];
	f.va_bits = f.flags & SMMU_FEAT_VAX && sizes & 0x20 ? 52 : 48;
	f.sid_bits = ids % 33;
	f.ssid_bits = f.flags & SMMU_FEAT_S1 ? take_u8(in) % 21 : 0;
	f.cmdq_log2 = 1 + take_u8(in) % 19;
	f.atc_segment = 1 + take_u8(in) % 64;
	MUST(features_ok(&f), "the features are those of an SMMU");
	return f;
}

/* The same of an SMMU that can have guests */
static inline struct smmu_features take_nesting_features(struct fuzz_input *in)
{
	struct smmu_features f = take_features(in);

	f.flags |= SMMU_FEAT_NESTING | SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_COHERENT;
	MUST(features_ok(&f), "the features are those of an SMMU");
	return f;
}

#endif
