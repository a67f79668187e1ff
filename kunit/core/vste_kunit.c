// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random STEs of guests. One that is refused must have a reason that is given here; one that
 * passes becomes an STE in which only stage 1 is the guest's.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/prandom.h>

#include "core/ste.h"

#define SEED		20261121
#define ROUNDS		300000

/* Bits of words 0 and 1 that a guest may set at all */
#define MAY_SET_0	(GENMASK_ULL(51, 0) | GENMASK_ULL(63, 59))
#define MAY_SET_1	(GENMASK_ULL(7, 0) | BIT_ULL(27) | GENMASK_ULL(29, 28))

static const struct smmu_features feats[] = {
	{ .flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_NESTING | SMMU_FEAT_COHERENT },
	{ .flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_NESTING | SMMU_FEAT_S2FWB |
		   SMMU_FEAT_ATTR_OVR | SMMU_FEAT_STALL },
	{ .flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_NESTING | SMMU_FEAT_STALL_FORCE },
	{ .flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_NESTING | SMMU_FEAT_E2H |
		   SMMU_FEAT_HYP | SMMU_FEAT_STALL },
};

static const struct smmu_ste_s2 parents[] = {
	{ .ttb = 0x123456000, .vmid = 0x77, .t0sz = 20, .sl0 = 1, .sh0 = 3, .ir0 = 1, .or0 = 1,
	  .ps = 4 },
	{ .ttb = 0x765432000, .vmid = 0xffff, .t0sz = 24, .sl0 = 2, .ps = 5, .eats = 1,
	  .s2fwb = true },
};

/* Reason to refuse the words, NULL if they may pass */
static const char *reason(u64 w0, u64 w1)
{
	if (!(w0 & 1))
		return NULL;
	if (w0 & ~MAY_SET_0 || w1 & ~MAY_SET_1)
		return "a bit that is not the guest's";
	if ((w0 >> 1 & 7) != 0 && (w0 >> 1 & 7) != 4 && (w0 >> 1 & 7) != 5)
		return "neither abort nor bypass nor stage 1";
	if ((w1 >> 28 & 3) > 1)
		return "EATS";
	return NULL;
}

static u64 word(const struct smmu_ste *ste, u32 i)
{
	return le64_to_cpu(ste->w[i]);
}

/* Check the STE, stage by stage */
static const char *wrong_ste(const struct smmu_features *feat, const struct smmu_ste_s2 *s2,
			     u64 w0, u64 w1, const struct smmu_ste *ste)
{
	u32 config = w0 & 1 ? w0 >> 1 & 7 : 0;
	bool stall = feat->flags & SMMU_FEAT_STALL_FORCE;
	struct smmu_ste plain;
	u64 from_guest;
	u32 i;

	if (config < 4) {
		smmu_ste_make_abort(&plain);
		return memcmp(ste, &plain, sizeof(plain)) ? "abort with something" : NULL;
	}
	smmu_ste_make_s2(&plain, feat, s2);
	for (i = 2; i < 8; i++)
		if (ste->w[i] != plain.w[i])
			return "stage 2 is not the host's";
	if (FIELD_GET(STE2_S2VMID, word(ste, 2)) != s2->vmid)
		return "VMID";
	if ((word(ste, 0) & 1) == 0 || (word(ste, 0) >> 1 & 7) != (config == 4 ? 6 : 7))
		return "Config";
	if (FIELD_GET(STE1_EATS, word(ste, 1)) &&
	    (config == 4 || !s2->eats || (w1 >> 28 & 3) != 1 || stall))
		return "ATS without both sides";
	if (config == 4)
		return (word(ste, 1) ^ word(&plain, 1)) & ~STE1_EATS || word(ste, 0) >> 4 ?
		       "bypass with stage 1" : NULL;
	from_guest = GENMASK_ULL(7, 0);
	if ((word(ste, 1) ^ w1) & from_guest || (word(ste, 0) ^ w0) >> 4)
		return "stage 1 is not the guest's";
	if ((word(ste, 1) ^ word(&plain, 1)) & ~(from_guest | STE1_EATS | STE1_S1STALLD | STE1_MEV))
		return "more than stage 1 is the guest's";
	if (feat->flags & SMMU_FEAT_STALL && !stall &&
	    !(word(ste, 1) & STE1_S1STALLD) != (s2->s1_stall && !(w1 & BIT_ULL(27))))
		return "stalls without both sides, or not with both";
	return NULL;
}

static void random_vste(struct rnd_state *rnd, u64 *w0, u64 *w1)
{
	u32 dice = prandom_u32_state(rnd);

	*w0 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	*w1 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	if (!(dice & 15))
		return;
	*w0 = (*w0 & MAY_SET_0) | 1;
	*w1 &= MAY_SET_1;
	if (dice & 16)
		*w0 = (*w0 & ~0xeULL) | (dice & 32 ? 5 : 4) << 1;
	if (dice & 64)
		*w1 &= ~BIT_ULL(29);
	/* now and then one bit too many */
	if (!(dice & 0x700))
		*w0 ^= BIT_ULL(dice >> 26);
	if (!(dice & 0x7000))
		*w1 ^= BIT_ULL(dice >> 26);
}

static void fuzz(struct kunit *test)
{
	struct rnd_state rnd;
	struct smmu_ste ste;
	u32 i, passed = 0;
	u64 w0, w1;

	prandom_seed_state(&rnd, SEED);
	for (i = 0; i < ROUNDS; i++) {
		const struct smmu_features *feat = &feats[i % ARRAY_SIZE(feats)];
		const struct smmu_ste_s2 *s2 = &parents[i / 4 % ARRAY_SIZE(parents)];
		const char *why, *wrong;
		__le64 vste[2];
		int ret;

		random_vste(&rnd, &w0, &w1);
		vste[0] = cpu_to_le64(w0);
		vste[1] = cpu_to_le64(w1);
		why = reason(w0, w1);
		ret = smmu_ste_check_vste(vste);
		KUNIT_ASSERT_EQ_MSG(test, why ? -EIO : 0, ret, "%llx %llx: %s", w0, w1, why);
		if (ret)
			continue;
		passed++;
		smmu_ste_make_nested(&ste, feat, vste, s2);
		wrong = wrong_ste(feat, s2, w0, w1, &ste);
		KUNIT_ASSERT_NULL_MSG(test, wrong, "%llx %llx: %s", w0, w1, wrong);
	}
	kunit_info(test, "seed %u: %u vSTEs, %u passed\n", SEED, ROUNDS, passed);
	KUNIT_EXPECT_GT(test, passed, ROUNDS / 10);
	KUNIT_EXPECT_LT(test, passed, ROUNDS);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(fuzz),
	{}
};

static struct kunit_suite suite = { .name = "smmu_vste", .test_cases = cases };
kunit_test_suite(suite);
