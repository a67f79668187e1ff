// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: any 64 bytes in the stream table of the kernel before, taken as STE or CD, are refused,
 *	or name ids, addresses and tables that this SMMU has
 * assumes: features within bounds
 * cbmc: --unwind 10
 * mutant: core/found.c s/found->cdmax > feat->ssid_bits/0/
 * mutant: core/found.c s/found->vmid >> feat->vmid_bits/0/
 * mutant: core/found.c s/!found->cdtab || beyond(feat, found->cdtab)/!found->cdtab/
 */
#include "proof.h"

#include "core/found.c"

static void any_ste(const struct smmu_features *feat)
{
	struct smmu_found_ste s;
	struct smmu_ste ste;
	u64 table;

	if (smmu_found_ste(&ste, feat, &s) || !s.live)
		return;
	PROVE(ste.w[0] & 1, "an STE that lets requests pass is valid");
	PROVE(!(s.vmid >> feat->vmid_bits), "the VMID is one of this SMMU");
	PROVE(!(s.s2ttb >> feat->oas_bits) && !(s.cdtab >> feat->oas_bits), "addresses exist");
	PROVE(s.cdmax <= feat->ssid_bits, "there are as many PASIDs");
	PROVE(s.vmid || !s.s2ttb, "a stage 2 has a VMID");
	PROVE(feat->flags & SMMU_FEAT_S1 || !s.cdtab, "a CD table needs a stage 1");
	PROVE(feat->flags & SMMU_FEAT_S2 || !s.s2ttb, "a table of stage 2 needs one");
	PROVE(feat->flags & SMMU_FEAT_STALL || !(s.s1_stalls || s.s2_stalls), "nothing stalls");
	PROVE(!s.split || s.split == 6 || s.split == 10, "a leaf has 4 or 64 KiB");
	if (s.cdmax && !s.split) {
		table = 64ULL << s.cdmax;
		PROVE(!(s.cdtab & (table - 1)), "a linear table is aligned to its size");
	}
}

static void any_cd(const struct smmu_features *feat)
{
	struct smmu_found_cd c;
	struct smmu_cd cd;

	if (smmu_found_cd(&cd, feat, &c) || !c.valid)
		return;
	PROVE(!(c.asid >> feat->asid_bits), "the ASID is one of this SMMU");
	PROVE(!(c.ttb[0] >> feat->oas_bits) && !(c.ttb[1] >> feat->oas_bits), "addresses exist");
	PROVE(feat->flags & SMMU_FEAT_STALL || !c.stalls, "nothing stalls");
}

void harness(void)
{
	struct smmu_features feat = any_features();

	ASSUME(features_ok(&feat));
	any_ste(&feat);
	any_cd(&feat);
}
