// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: while a CD becomes another one, hardware reads the old one, the new one or an invalid one
 *	at any moment, whatever it has read since the last sync; a sync follows the last store, and
 *	a change that is called hitless is
 * assumes: any two CDs that the builders make on one SMMU, or all zeros; hardware reads 64 bits at
 *	once, and nothing of before a sync after it
 * cbmc: --unwind 9 --unwindset memcmp.0:65
 * mutant: core/entry.c s/hweight_long(change->switches) <= 1/hweight_long(change->switches) <= 2/
 * mutant: core/entry.c s/entry_step(writer, entry, invalid, valid)/(void)invalid/
 * mutant: core/entry.c s/^\tif (changed)/\tif (0)/
 * mutant: core/cd.c s/used\[0\] \&= cpu_to_le64(~CD0_WALK0)/used[0] \&= cpu_to_le64(CD0_V)/
 */
#include "writer.h"

#include "core/cd.c"

/* 5.4: with EPD0 no walk through TTB0, with both EPD0 and EPD1 no attributes of memory either */
static struct meaning meaning_of(const __le64 *cd)
{
	struct meaning m = { .valid = cd[0] >> 31 & 1 };
	u32 i;

	for (i = 0; i < 4; i++)
		m.w[i] = cd[i];
	if (cd[0] >> 14 & 1) {
		m.w[0] &= ~GENMASK_ULL(13, 0);
		m.w[1] &= ~GENMASK_ULL(51, 4);
		if (cd[0] >> 30 & 1) {
			m.w[1] &= ~BIT_ULL(3);
			m.w[3] = 0;
		}
	}
	return m;
}

static void must_hold(const __le64 *seen, const __le64 *too)
{
	u32 i;

	for (i = 4; i < SMMU_ENTRY_WORDS; i++)
		PROVE(!seen[i], "the upper half is 0");
}

static void any_cd(const struct smmu_features *feat, __le64 *words)
{
	struct smmu_cd_s1 s1;		/* not initialised: anything */
	struct smmu_cd cd;
	u32 i;

	ASSUME(s1.t0sz < 64 && s1.tg < 4 && s1.ir0 < 4 && s1.or0 < 4 && s1.sh0 < 4 && s1.ips < 8);
	switch (nondet_u8()) {
	case 0:
		smmu_cd_make_s1(&cd, feat, &s1);
		break;
	case 1:
		smmu_cd_make_dead(&cd, feat, nondet_u16());
		break;
	default:
		smmu_cd_make_invalid(&cd);
	}
	for (i = 0; i < CD_WORDS; i++)
		words[i] = cd.w[i];
}

void harness(void)
{
	static const struct smmu_entry_ops ops = {
		.used = smmu_cd_used,
		.sync = sync,
	};
	struct smmu_entry_writer writer = { .ops = &ops };
	struct smmu_features feat = any_features();

	ASSUME(features_ok(&feat));
	any_cd(&feat, old);
	any_cd(&feat, target);
	prove_write(&writer);
}
