// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: a guest's STE of any bits is refused, or gives an STE that aborts or whose stage 2 is the
 *	host's, with nothing of the guest's but the bits that it may set
 * assumes: features within bounds; any stage 2 of the host
 * cbmc: --unwind 10
 * mutant: core/ste.h s/ | STE0_S1CDMAX)/ | STE0_S1CDMAX | BIT_ULL(57))/
 * mutant: core/ste.h s/STE1_S1STALLD | STE1_EATS)/STE1_S1STALLD | STE1_EATS | STE1_STRW)/
 */
#include "proof.h"

#include "core/ste.c"

/* Bits of word 0 and 1 that a guest may set, by their numbers (5.2) */
#define GUEST0	(GENMASK_ULL(3, 0) | GENMASK_ULL(5, 4) | GENMASK_ULL(51, 6) | GENMASK_ULL(63, 59))
#define GUEST1	(GENMASK_ULL(7, 0) | BIT_ULL(27) | GENMASK_ULL(29, 28))

void harness(void)
{
	struct smmu_features feat = any_features();
	struct smmu_ste_s2 s2;
	struct smmu_ste ste, host;
	__le64 vste[2];
	u64 config;
	u32 i;

	ASSUME(features_ok(&feat) && feat.flags & SMMU_FEAT_NESTING);
	ASSUME(s2.eats <= STE_EATS_FULL && s2.tg < 3 && s2.ps < 7 && s2.t0sz < 40 && s2.sl0 < 4 &&
	       s2.ir0 < 4 && s2.or0 < 4 && s2.sh0 < 4);
	if (smmu_ste_check_vste(vste))
		return;
	if (vste[0] & 1)
		PROVE(!(vste[0] & ~GUEST0) && !(vste[1] & ~GUEST1), "other bits are refused");
	smmu_ste_make_nested(&ste, &feat, vste, &s2);
	smmu_ste_make_s2(&host, &feat, &s2);

	PROVE(ste.w[0] & 1, "the STE is valid");
	for (i = 4; i < STE_WORDS; i++)
		PROVE(!ste.w[i], "the upper half is 0");
	config = ste.w[0] >> 1 & 7;
	PROVE(config == 0 || config == 6 || config == 7, "it aborts, or has a stage 2");
	if (config == 0) {
		PROVE(ste.w[0] == 1 && !ste.w[1] && !ste.w[2] && !ste.w[3], "nothing else is set");
		return;
	}
	PROVE(ste.w[2] == host.w[2] && ste.w[3] == host.w[3], "stage 2 is the host's");
	/* the host merges events of stage 1 */
	PROVE(!((ste.w[1] ^ host.w[1]) & ~(GUEST1 | STE1_MEV)), "other bits are the host's");
	if (config == 6)
		PROVE(!(ste.w[0] & ~0xfULL), "a guest's bypass has no CD table");
	else
		PROVE(!((ste.w[0] ^ vste[0]) & ~0xfULL), "the CD table is the guest's");
	PROVE(s2.eats || !(ste.w[1] & GENMASK_ULL(29, 28)), "ATS only where the host allows it");
	/* 5.2: EATS = full beside S2S or a stage 1 that stalls is a bad STE */
	PROVE(!(ste.w[1] & GENMASK_ULL(29, 28)) || !(ste.w[2] & STE2_S2S), "no ATS beside S2S");
}
