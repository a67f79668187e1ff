// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: a guest's STE is refused, or gives an STE that aborts or whose stage 2 is the host's,
 *	with nothing of the guest's but the bits that it may set; the step from one such STE to
 *	another ends with the second, and a sync follows the last store
 * input: features; two stage 2s of the host; two STEs of a guest
 * long: 80
 * mutant: core/ste.h s/ | STE0_S1CDMAX)/ | STE0_S1CDMAX | BIT_ULL(57))/
 * mutant: core/ste.h s/STE1_S1STALLD | STE1_EATS)/STE1_S1STALLD | STE1_EATS | STE1_STRW)/
 * mutant: core/ste.c s/parent.eats = STE_EATS_ABORT/(void)parent/
 * mutant: core/ste.c s/stall && !(word1/!(word1/
 * mutant: core/entry.c s/^\tif (changed)/\tif (0)/
 */
#include "kernel.h"

#include "core/ste.c"
#include "core/entry.c"

#include "features.h"

/* Bits of word 0 and 1 that a guest may set, by their numbers (5.2) */
#define GUEST0	(GENMASK_ULL(5, 0) | GENMASK_ULL(51, 6) | GENMASK_ULL(63, 59))
#define GUEST1	(GENMASK_ULL(7, 0) | BIT_ULL(27) | GENMASK_ULL(29, 28))

static struct smmu_ste_s2 take_s2(struct fuzz_input *in, const struct smmu_features *feat)
{
	u8 walks = take_u8(in), form = take_u8(in), may = take_u8(in);

	return (struct smmu_ste_s2) {
		.ttb = take_u64(in),
		.vmid = take_u16(in),
		.t0sz = take_u8(in) % 40,
		.sl0 = walks & 3,
		.ir0 = walks >> 2 & 3,
		.or0 = walks >> 4 & 3,
		.sh0 = walks >> 6,
		.tg = form % 3,
		.ps = (form >> 4) % 7,
		.eats = may & 1 ? STE_EATS_FULL : STE_EATS_ABORT,
		.s2fwb = may & 2 && feat->flags & SMMU_FEAT_S2FWB,
		.stall = may & 4,
		.s1_stall = may & 8,
		.hd = may & 0x10,
	};
}

/* 5.2: what no guest may bring about */
static void check_nested(const struct smmu_features *feat, const struct smmu_ste *ste,
			 const struct smmu_ste_s2 *s2, const u64 *vste)
{
	u64 config = ste->w[0] >> 1 & 7, eats = ste->w[1] >> 28 & 3;
	struct smmu_ste host;
	u32 i;

	smmu_ste_make_s2(&host, feat, s2);
	MUST(ste->w[0] & 1, "the STE is valid");
	for (i = 4; i < STE_WORDS; i++)
		MUST(!ste->w[i], "the upper half is 0");
	MUST(config == 0 || config == 6 || config == 7, "it aborts, or has a stage 2");
	if (!config) {
		MUST(ste->w[0] == 1 && !ste->w[1] && !ste->w[2] && !ste->w[3],
		     "nothing else is set");
		MUST(!(vste[0] & 1) || !(vste[0] >> 3 & 1), "the guest wanted that");
		return;
	}
	MUST((ste->w[0] & 7) == (config == 7 ? 7 : 5) && config == (vste[0] & 2 ? 7 : 6),
	     "the guest has the stage 1 that it wanted");
	MUST(ste->w[2] == host.w[2] && ste->w[3] == host.w[3], "stage 2 is the host's");
	/* the host merges events of stage 1 */
	MUST(!((ste->w[1] ^ host.w[1]) & ~(GUEST1 | STE1_MEV)), "other bits are the host's");
	MUST(!((ste->w[0] ^ (config == 7 ? vste[0] : 0)) & ~0xfULL),
	     "the CD table is the guest's, in its bypass there is none");
	MUST(!eats || (s2->eats && (vste[1] >> 28 & 3) == 1 && config == 7),
	     "ATS only where host and guest want it");
	MUST(!(eats && ste->w[2] >> 57 & 1), "no ATS beside S2S");
	MUST(feat->flags & SMMU_FEAT_STALL || !(ste->w[1] >> 27 & 1), "S1STALLD needs stalls");
	MUST(config == 6 || !(feat->flags & SMMU_FEAT_STALL) ||
	     feat->flags & SMMU_FEAT_STALL_FORCE || s2->s1_stall || ste->w[1] >> 27 & 1,
	     "a guest's stage 1 stalls only where the host allows it");
}

/* The entry that hardware reads, and what it has read at the last sync */
static struct {
	__le64 mem[STE_WORDS];
	__le64 synced[STE_WORDS];
} hw;

static void sync(struct smmu_entry_writer *writer)
{
	u64 eats = hw.mem[1] >> 28 & 3;

	MUST(!(hw.mem[0] & 1) || !(eats && hw.mem[2] >> 57 & 1), "never ATS beside S2S");
	memcpy(hw.synced, hw.mem, sizeof(hw.mem));
}

static void change(const struct smmu_ste *from, const struct smmu_ste *to)
{
	static const struct smmu_entry_ops ops = {
		.used = smmu_ste_used,
		.safe = smmu_ste_safe,
		.via = smmu_ste_via,
		.sync = sync,
	};
	struct smmu_entry_writer writer = { .ops = &ops };

	memcpy(hw.mem, from->w, sizeof(hw.mem));
	memcpy(hw.synced, from->w, sizeof(hw.mem));
	smmu_entry_write(&writer, hw.mem, to->w);
	MUST(!memcmp(hw.mem, to->w, sizeof(hw.mem)), "the target is there");
	MUST(!memcmp(hw.synced, to->w, sizeof(hw.mem)), "a sync follows the last store");
}

void fuzz_one(struct fuzz_input *in)
{
	struct smmu_features feat = take_nesting_features(in);
	struct smmu_ste_s2 s2[2] = { take_s2(in, &feat), take_s2(in, &feat) };
	struct smmu_ste ste[2];
	u32 i, taken = 0;

	for (i = 0; i < 2; i++) {
		__le64 *vste = fuzz_copy(in, 2 * sizeof(*vste));
		int ret = smmu_ste_check_vste(vste);

		MUST(!ret || ret == -EIO, "taken or refused");
		if (!ret) {
			if (vste[0] & 1)
				MUST(!(vste[0] & ~GUEST0) && !(vste[1] & ~GUEST1),
				     "other bits are refused");
			smmu_ste_make_nested(&ste[i], &feat, vste, &s2[i]);
			check_nested(&feat, &ste[i], &s2[i], (const u64 *)vste);
			MUST(*smmu_ste_kind(&ste[i]), "it has a name");
			taken++;
		}
		free(vste);
	}
	if (taken == 2)
		change(&ste[0], &ste[1]);
}
