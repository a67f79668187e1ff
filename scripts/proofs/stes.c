// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: while an STE becomes another one, hardware reads the old one, the new one, or one that is
 *	invalid or aborts at any moment, whatever it has read since the last sync; full ATS never
 *	stands beside S2S; a CD that was read under one stage 2 is never used under another; a sync
 *	follows the last store, and a change that is called hitless is
 * assumes: any two STEs that the builders make on one SMMU, a guest's among them, or all zeros;
 *	ATS off or full; MEV means nothing, and EATS may be the old one or the new one; hardware
 *	reads 64 bits at once, and nothing of before a sync after it
 * cbmc: --unwind 9 --unwindset memcmp.0:65
 * mutant: core/entry.c s/hweight_long(change->switches) <= 1/hweight_long(change->switches) <= 2/
 * mutant: core/entry.c s/^\tif (changed)/\tif (0)/
 * mutant: core/ste.c s/used\[0\] |= STE0_S1CTXPTR | STE0_S1CDMAX/used[0] |= STE0_S1CDMAX/
 * mutant: core/ste.c s/if (!cur_s2s \&\& !target_s2s)/if (1)/
 * mutant: core/ste.c s/ || ste_same_stage2(cur, target))/ || 1)/
 */
#include "writer.h"

#include "core/ste.c"

static u64 config_of(const __le64 *ste)
{
	u64 config = ste[0] >> 1 & 7;

	return config & 4 ? config : 0;
}

/* 5.2, and apart from it EATS, because a device uses no ATS while it changes, and MEV */
static struct meaning meaning_of(const __le64 *ste)
{
	u64 config = config_of(ste);
	struct meaning m = { .valid = ste[0] & 1, .abort = !config, .w = { config } };

	if (config == 4 || config & 2)
		m.w[1] |= ste[1] & GENMASK_ULL(45, 44);
	if (config & 4 && config & 1) {
		m.w[0] |= ste[0] & (GENMASK_ULL(55, 6) | GENMASK_ULL(63, 59));
		if (ste[0] >> 59) {
			m.w[0] |= ste[0] & GENMASK_ULL(5, 4);
			m.w[1] |= ste[1] & GENMASK_ULL(1, 0);
			if ((ste[1] & 3) == 1)
				m.w[1] |= ste[1] & GENMASK_ULL(45, 44);
		}
		m.w[1] |= ste[1] & (GENMASK_ULL(7, 2) | BIT_ULL(18) | BIT_ULL(27) |
				    GENMASK_ULL(31, 30));
		if (!(ste[1] >> 30 & 3))
			m.w[2] |= ste[2] & GENMASK_ULL(15, 0);
	}
	if (config & 2) {
		m.w[1] |= ste[1] & BIT_ULL(25);
		m.w[2] |= ste[2] & (GENMASK_ULL(15, 0) | GENMASK_ULL(58, 32));
		m.w[3] |= ste[3] & GENMASK_ULL(51, 4);
	}
	return m;
}

static bool reads_cds(const __le64 *ste)
{
	return ste[0] & 1 && config_of(ste) & 1;
}

static void must_hold(const __le64 *seen, const __le64 *too)
{
	u64 eats = seen[1] >> 28 & 3;
	u32 i;

	for (i = 4; i < SMMU_ENTRY_WORDS; i++)
		PROVE(!seen[i], "the upper half is 0");
	if (!(seen[0] & 1))
		return;
	PROVE(!(eats && seen[2] >> 57 & 1), "no full ATS beside S2S");
	PROVE(eats == (old[1] >> 28 & 3) || eats == (target[1] >> 28 & 3) || !eats,
	      "EATS is the old one, the new one, or off");
	if (!reads_cds(seen) || !reads_cds(too))
		return;
	PROVE(!((config_of(seen) ^ config_of(too)) & 2), "CDs under a stage 2, or under none");
	if (config_of(seen) & 2)
		PROVE(!((seen[2] ^ too[2]) & GENMASK_ULL(15, 0)) &&
		      !((seen[3] ^ too[3]) & GENMASK_ULL(51, 4)), "CDs under one stage 2");
}

static void any_ste(const struct smmu_features *feat, __le64 *words)
{
	struct smmu_ste_s1 s1;		/* not initialised: anything */
	struct smmu_ste_s2 s2;
	struct smmu_ste ste = {};
	__le64 vste[2];
	u32 i;

	ASSUME(s1.s1cdmax <= 20 && s1.fmt < 3 && s1.s1dss < 3 && s1.eats <= STE_EATS_FULL);
	ASSUME(s2.eats <= STE_EATS_FULL && s2.tg < 3 && s2.ps < 7 && s2.t0sz < 40 && s2.sl0 < 4 &&
	       s2.ir0 < 4 && s2.or0 < 4 && s2.sh0 < 4);
	switch (nondet_u8()) {
	case 0:
		smmu_ste_make_abort(&ste);
		break;
	case 1:
		smmu_ste_make_bypass(&ste, feat);
		break;
	case 2:
		smmu_ste_make_s1(&ste, feat, &s1);
		break;
	case 3:
		smmu_ste_make_s2(&ste, feat, &s2);
		break;
	case 4:
		ASSUME(!smmu_ste_check_vste(vste));
		smmu_ste_make_nested(&ste, feat, vste, &s2);
		break;
	default:
		break;
	}
	for (i = 0; i < STE_WORDS; i++)
		words[i] = ste.w[i];
}

void harness(void)
{
	static const struct smmu_entry_ops ops = {
		.used = smmu_ste_used,
		.safe = smmu_ste_safe,
		.via = smmu_ste_via,
		.sync = sync,
	};
	struct smmu_entry_writer writer = { .ops = &ops };
	struct smmu_features feat = any_features();

	ASSUME(features_ok(&feat));
	any_ste(&feat, old);
	any_ste(&feat, target);
	prove_write(&writer);
}
