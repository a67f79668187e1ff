// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: any ID registers and any word of firmware are refused with a reason, or give features
 *	within bounds; an SMMU that can walk a table has what the table needs
 * input: IDR0-5, IDR6, IIDR, AIDR; what firmware and the user say; what a page table needs
 * long: 64
 * mutant: core/ident.c s/feat->ssid_bits > SSID_BITS_MAX/feat->ssid_bits > SSID_BITS_MAX + 1/
 * mutant: core/ident.c s/if (!feat->granules)/if (0)/
 * mutant: core/ident.c s/{ SMMU_FEAT_PRI, SMMU_FEAT_ATS },//
 * mutant: core/ident.c s/enc < ARRAY_SIZE(oas_widths) ? oas_widths\[enc\] : 0/oas_widths[enc]/
 * mutant: core/ident.c s/needs->ias > ias_max/needs->ias > ias_max + 1/
 */
#include "kernel.h"

#include "core/ident.c"
#include "core/errata.c"

#include "features.h"

static void walk(const struct smmu_features *feat, struct fuzz_input *in)
{
	u8 bits = take_u8(in);
	struct smmu_pt_needs needs = {
		.granule = bits & 0x80 ? take_u32(in) : SZ_4K << (bits & 6),
		.ias = take_u8(in),
		.oas = take_u8(in),
		.stage2 = bits & 1,
		.coherent = bits & 8,
		.s2fwb = bits & 0x10,
		.hd = bits & 0x20,
		.feats = take_u32(in),
	};
	const char *why = NULL;

	if (!smmu_can_walk(feat, &needs, &why)) {
		MUST(why && *why, "there is a reason");
		return;
	}
	MUST(!why, "there is no reason");
	MUST(feat->flags & (needs.stage2 ? SMMU_FEAT_S2 : SMMU_FEAT_S1), "the stage is there");
	MUST(needs.granule & feat->granules && !(needs.granule & ~feat->granules),
	     "the granule is there");
	MUST(needs.oas <= feat->oas_bits, "output addresses exist");
	MUST(needs.ias <= (needs.stage2 ? feat->oas_bits : feat->va_bits), "input addresses exist");
	MUST(feat->flags & SMMU_FEAT_COHERENT || !needs.coherent, "walks see the caches");
	MUST(feat->flags & SMMU_FEAT_HD || !needs.hd, "dirty state is kept");
	MUST((feat->flags & needs.feats) == needs.feats, "the features are there");
}

void fuzz_one(struct fuzz_input *in)
{
	struct smmu_features feat, before;
	struct smmu_ident_env env = {};
	struct smmu_idregs regs;
	const char *why = NULL;
	u8 bits;
	u32 i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(regs.idr); i++)
		regs.idr[i] = take_u32(in);
	regs.idr6 = take_u32(in);
	regs.iidr = take_u32(in);
	regs.aidr = take_u32(in);
	bits = take_u8(in);
	env.coherent = bits & 1;
	env.cpu_e2h = bits & 2;
	env.httu_said = bits & 4;
	env.httu = take_u8(in);
	env.extra_errata = smmu_errata_of_model(take_u8(in) % 4);
	env.disable = take_u32(in);

	memset(&feat, 0xa5, sizeof(feat));
	before = feat;
	MUST(*smmu_ident_part(regs.iidr), "a part has a name");
	ret = smmu_ident_decode(&regs, &env, &feat, &why);
	MUST(!ret || ret == -ENODEV || ret == -EINVAL, "the result is one of three");
	if (ret) {
		MUST(why && *why, "a refusal has a reason");
		MUST(!memcmp(&feat, &before, sizeof(feat)), "a refusal writes no features");
		return;
	}
	MUST(features_ok(&feat), "features are within bounds");
	MUST(!(feat.flags >> SMMU_FEAT_NR), "there is no other flag");
	MUST(!(feat.flags & SMMU_FEAT_COHERENT) == !env.coherent, "firmware decides on coherency");
	MUST(feat.flags & SMMU_FEAT_ECMDQ || !(feat.ecmdq_pages | feat.ecmdq_each),
	     "no size of ECMDQs without them");
	MUST(feat.ecmdq_pages <= 8 && feat.ecmdq_each <= 8, "there are at most 2^8 of each");
	MUST(!(feat.flags & env.disable & ~(SMMU_FEAT_COHERENT | SMMU_FEAT_STALL |
					    SMMU_FEAT_STALL_FORCE)), "the user decides");
	MUST(smmu_oas_decode(smmu_oas_encode(feat.oas_bits)) == feat.oas_bits, "the width exists");
	walk(&feat, in);
}
