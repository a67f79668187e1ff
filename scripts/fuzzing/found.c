// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: 64 bytes in the stream table of the kernel before, taken as STE and as CD, are refused,
 *	or name ids, addresses and tables that this SMMU has, and the writer can change the entry
 * input: features; 64 bytes
 * long: 80
 * mutant: core/found.c s/found->cdmax > feat->ssid_bits/0/
 * mutant: core/found.c s/found->vmid >> feat->vmid_bits/0/
 * mutant: core/found.c s/!found->cdtab || beyond(feat, found->cdtab)/!found->cdtab/
 * mutant: core/found.c s/SZ_16K, 0 };/SZ_16K };/
 * mutant: core/found.c s/t0sz > 39 || 64 - t0sz/t0sz > 39 || 63 - t0sz/
 */
#include "kernel.h"

#include "core/found.c"
#include "core/ste.c"

#include "features.h"

static void check_ste(const struct smmu_ste *ste, const struct smmu_features *feat)
{
	const u64 *w = (const u64 *)ste->w;
	struct smmu_found_ste s;
	__le64 used[STE_WORDS];
	u64 table;
	u32 i;

	memset(&s, 0xa5, sizeof(s));
	MUST(*smmu_ste_kind(ste), "an STE has a name");
	if (smmu_found_ste(ste, feat, &s) || !s.live)
		return;
	MUST(w[0] & 1 && w[0] >> 3 & 1, "an STE that lets requests pass is valid");
	MUST(!(s.vmid >> feat->vmid_bits), "the VMID is one of this SMMU");
	MUST(!(s.s2ttb >> feat->oas_bits) && !(s.cdtab >> feat->oas_bits), "addresses exist");
	MUST(s.cdmax <= feat->ssid_bits, "there are as many PASIDs");
	MUST(s.vmid || !s.s2ttb, "a stage 2 has a VMID");
	MUST(!s.cdtab == !(w[0] >> 1 & 1) && !s.s2ttb == !(w[0] >> 2 & 1), "a table each stage");
	MUST(feat->flags & SMMU_FEAT_S1 || !s.cdtab, "a CD table needs a stage 1");
	MUST(feat->flags & SMMU_FEAT_S2 || !s.s2ttb, "a table of stage 2 needs one");
	MUST(feat->flags & SMMU_FEAT_STALL || !(s.s1_stalls || s.s2_stalls), "nothing stalls");
	MUST(!s.split || s.split == 6 || s.split == 10, "a leaf has 4 or 64 KiB");
	/* EATS of a bypass means nothing */
	MUST(!(w[0] >> 1 & 3) || !(w[1] >> 28 & 3) || feat->flags & SMMU_FEAT_ATS,
	     "an SMMU without ATS has no EATS");
	if (s.s2ttb)
		MUST(64 - (w[2] >> 32 & 0x3f) <= feat->oas_bits, "input addresses exist");
	if (s.cdmax && !s.split) {
		table = 64ULL << s.cdmax;
		MUST(!(s.cdtab & (table - 1)), "a linear table is aligned to its size");
	}
	/* entry.h: what the writer does not know would stay when it writes */
	smmu_ste_used(ste->w, used);
	for (i = 4; i < STE_WORDS; i++)
		MUST(!w[i] && !used[i], "the upper half is 0");
}

static void check_cd(const struct smmu_cd *cd, const struct smmu_features *feat)
{
	const u64 *w = (const u64 *)cd->w;
	struct smmu_found_cd c;

	memset(&c, 0xa5, sizeof(c));
	if (smmu_found_cd(cd, feat, &c) || !c.valid)
		return;
	MUST(c.asid == w[0] >> 48 && !(c.asid >> feat->asid_bits), "the ASID is of this SMMU");
	MUST(!(c.ttb[0] >> feat->oas_bits) && !(c.ttb[1] >> feat->oas_bits), "addresses exist");
	MUST((c.ttb[0] != 0) == !(w[0] >> 14 & 1) && (c.ttb[1] != 0) == !(w[0] >> 30 & 1),
	     "a table unless EPD says that there is none");
	MUST(feat->flags & SMMU_FEAT_STALL || !c.stalls, "nothing stalls");
}

void fuzz_one(struct fuzz_input *in)
{
	struct smmu_features feat = take_features(in);
	void *bytes = fuzz_copy(in, sizeof(struct smmu_ste));

	check_ste(bytes, &feat);
	check_cd(bytes, &feat);
	free(bytes);
}
