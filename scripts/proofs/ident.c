// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: any ID registers and any word of firmware give features within bounds, or are refused
 * assumes: nothing
 * cbmc: --unwind 40
 * mutant: core/ident.c s/feat->ssid_bits > SSID_BITS_MAX/feat->ssid_bits > SSID_BITS_MAX + 1/
 * mutant: core/ident.c s/if (!feat->granules)/if (0)/
 * mutant: core/ident.c s/{ SMMU_FEAT_PRI, SMMU_FEAT_ATS },//
 */
#include "proof.h"

#include "core/ident.c"
#include "core/errata.c"

void harness(void)
{
	struct smmu_features before = any_features(), feat = before;
	struct smmu_ident_env env;
	struct smmu_idregs regs;
	const char *why = NULL;
	int ret;

	ret = smmu_ident_decode(&regs, &env, &feat, &why);
	PROVE(!ret || ret == -ENODEV || ret == -EINVAL, "the result is one of three");
	if (ret) {
		PROVE(why, "a refusal has a reason");
		PROVE(feat.flags == before.flags && feat.sid_bits == before.sid_bits &&
		      feat.ssid_bits == before.ssid_bits && feat.oas_bits == before.oas_bits &&
		      feat.granules == before.granules && feat.errata == before.errata,
		      "a refusal writes no features");
		return;
	}
	PROVE(features_ok(&feat), "features are within bounds");
	PROVE(feat.flags & SMMU_FEAT_COHERENT ? env.coherent : !env.coherent,
	      "firmware decides on coherency");
}
