// SPDX-License-Identifier: GPL-2.0-only
/*
 * STEs and CDs of somebody else: what this driver's own builders make passes, each rule refuses
 * what breaks it alone, and whatever passes stays within what the SMMU has.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <core/cd.h>
#include <core/found.h>
#include <core/ste.h>

#define FOUND_SEED	0x666f756e64ULL
#define FOUND_ROUNDS	20000

#define CDTAB		0x1234560000ULL
#define TTB		0x2345670000ULL

/* An SMMU that has everything, and one that has as little as there is */
static const struct smmu_features full = {
	.flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_COHERENT | SMMU_FEAT_ATS |
		 SMMU_FEAT_STALL | SMMU_FEAT_HYP | SMMU_FEAT_CDTAB_2LVL | SMMU_FEAT_HA |
		 SMMU_FEAT_HD | SMMU_FEAT_S2FWB | SMMU_FEAT_ATTR_OVR,
	.granules = SZ_4K | SZ_16K | SZ_64K,
	.asid_bits = 16, .vmid_bits = 16, .ssid_bits = 20, .oas_bits = 48,
};

static const struct smmu_features s1_only = {
	.flags = SMMU_FEAT_S1, .granules = SZ_4K,
	.asid_bits = 8, .vmid_bits = 0, .ssid_bits = 0, .oas_bits = 40,
};

static const struct smmu_features s2_only = {
	.flags = SMMU_FEAT_S2, .granules = SZ_4K,
	.asid_bits = 0, .vmid_bits = 8, .ssid_bits = 0, .oas_bits = 40,
};

/* A stage 2 whose table begins at level 0 or 1, with 4K pages */
static const struct smmu_ste_s2 plain_s2 = { .ttb = TTB, .vmid = 7, .t0sz = 24, .sl0 = 2 };

static void make_s1(struct smmu_ste *ste)
{
	const struct smmu_ste_s1 s1 = { .cdtab = CDTAB };

	smmu_ste_make_s1(ste, &full, &s1);
}

/* As a hypervisor at EL1 would: one stage 1 with a VMID, and PASIDs in tables of two levels */
static void make_pasids(struct smmu_ste *ste)
{
	const struct smmu_ste_s1 s1 = { .cdtab = CDTAB, .s1cdmax = 10, .fmt = STE_S1FMT_64K_L2,
					.s1dss = STE_S1DSS_SSID0 };

	smmu_ste_make_s1(ste, &full, &s1);
}

static void make_linear(struct smmu_ste *ste)
{
	const struct smmu_ste_s1 s1 = { .cdtab = CDTAB, .s1cdmax = 10,
					.s1dss = STE_S1DSS_SSID0 };

	smmu_ste_make_s1(ste, &full, &s1);
}

static void make_s2(struct smmu_ste *ste)
{
	smmu_ste_make_s2(ste, &full, &plain_s2);
}

static void make_nested(struct smmu_ste *ste)
{
	struct smmu_ste s1;

	make_s1(&s1);
	s1.w[1] &= cpu_to_le64(VSTE1_ALLOWED);
	smmu_ste_make_nested(ste, &full, s1.w, &plain_s2);
}

static void make_bypass(struct smmu_ste *ste)
{
	smmu_ste_make_bypass(ste, &full);
}

static void make_abort(struct smmu_ste *ste)
{
	smmu_ste_make_abort(ste);
}

static void make_nothing(struct smmu_ste *ste)
{
	/* with V = 0 the rest may be anything */
	memset(ste, 0xfe, sizeof(*ste));
}

/* What the builders make */
struct good_ste {
	const char *name;
	void (*make)(struct smmu_ste *ste);
	struct smmu_found_ste want;
};

static const struct good_ste good_stes[] = {
	{ "V = 0", make_nothing },
	{ "abort", make_abort },
	{ "bypass", make_bypass, { .live = true } },
	{ "stage 1", make_s1, { .live = true, .cdtab = CDTAB } },
	{ "PASIDs", make_pasids, { .live = true, .cdtab = CDTAB, .cdmax = 10,
				   .split = CDTAB_L2_64K_BITS } },
	{ "linear table", make_linear, { .live = true, .cdtab = CDTAB, .cdmax = 10 } },
	{ "stage 2", make_s2, { .live = true, .s2ttb = TTB, .vmid = 7 } },
	{ "both stages", make_nested, { .live = true, .s2ttb = TTB, .vmid = 7, .cdtab = CDTAB } },
};

KUNIT_ARRAY_PARAM_DESC(good_ste, good_stes, name);

static void takes_what_is_built(struct kunit *test)
{
	const struct good_ste *g = test->param_value;
	struct smmu_found_ste found;
	struct smmu_ste ste;

	g->make(&ste);
	KUNIT_EXPECT_NULL(test, smmu_found_ste(&ste, &full, &found));
	KUNIT_EXPECT_EQ(test, g->want.live, found.live);
	KUNIT_EXPECT_EQ(test, g->want.vmid, found.vmid);
	KUNIT_EXPECT_EQ(test, g->want.s2ttb, found.s2ttb);
	KUNIT_EXPECT_EQ(test, g->want.cdtab, found.cdtab);
	KUNIT_EXPECT_EQ(test, g->want.cdmax, found.cdmax);
	KUNIT_EXPECT_EQ(test, g->want.split, found.split);
	KUNIT_EXPECT_FALSE(test, found.s1_stalls || found.s2_stalls);
}

/* One change to an STE that is good, and what must be said of it */
struct bad_ste {
	const char *name;
	void (*make)(struct smmu_ste *ste);
	u8 word;
	u64 clear;
	u64 set;
	const char *why;
	const struct smmu_features *feat;	/* NULL: full */
};

#define UNKNOWN "bits that are reserved or unknown"

static const struct bad_ste bad_stes[] = {
	{ "word 0", make_bypass, 0, 0, BIT_ULL(56), UNKNOWN },
	{ "CONT", make_bypass, 1, 0, BIT_ULL(13), UNKNOWN },
	{ "word 2", make_s2, 2, 0, BIT_ULL(16), UNKNOWN },
	{ "word 3", make_s2, 3, 0, BIT_ULL(0), UNKNOWN },
	{ "word 4", make_s2, 4, 0, 1, UNKNOWN },
	{ "word 5", make_s2, 5, 0, 1, UNKNOWN },
	{ "word 6", make_s2, 6, 0, 1, UNKNOWN },
	{ "word 7", make_s2, 7, 0, BIT_ULL(63), UNKNOWN },
	{ "Config 1", make_abort, 0, 0, BIT_ULL(1), "Config" },
	{ "no stage 1", make_s1, 0, 0, 0, "stage 1 on an SMMU that has none", &s2_only },
	{ "no stage 2", make_s2, 2, STE2_S2VMID, 0, "stage 2 on an SMMU that has none", &s1_only },
	{ "STRW is reserved", make_s1, 1, 0, STE1_STRW, "STRW" },
	{ "EL2 without HYP", make_s1, 1, 0, BIT_ULL(31), "STRW", &s1_only },
	{ "no CD table", make_s1, 0, STE0_S1CTXPTR, 0, "S1ContextPtr" },
	{ "CD table beyond OAS", make_s1, 0, 0, BIT_ULL(48), "S1ContextPtr" },
	{ "CD table beyond 40 bits", make_s1, 0, 0, BIT_ULL(40), "S1ContextPtr", &s1_only },
	{ "linear table, not aligned", make_linear, 0, 0, BIT_ULL(15), "S1ContextPtr" },
	{ "two levels, not aligned", make_pasids, 0, STE0_S1CDMAX, 20ULL << 59 | BIT_ULL(12),
	  "S1ContextPtr" },
	{ "too many PASIDs", make_pasids, 0, 0, 21ULL << 59, "S1CDMax" },
	{ "no PASIDs at all", make_s1, 0, 0, 1ULL << 59, "S1CDMax", &s1_only },
	{ "S1DSS is reserved", make_pasids, 1, 0, STE1_S1DSS, "S1DSS" },
	{ "S1Fmt is reserved", make_pasids, 0, 0, STE0_S1FMT, "S1Fmt" },
	{ "EATS is reserved", make_s1, 1, 0, STE1_EATS, "EATS" },
	{ "EATS checks stage 1 alone", make_s1, 1, 0, BIT_ULL(29), "EATS" },
	{ "no ATS", make_s1, 1, 0, BIT_ULL(28), "EATS on an SMMU that has no ATS", &s1_only },
	{ "EATS and S2S", make_s2, 2, 0, STE2_S2S, NULL },
	{ "AArch32", make_s2, 2, STE2_S2AA64, 0, "S2AA64" },
	{ "big-endian", make_s2, 2, 0, STE2_S2ENDI, "S2AA64" },
	{ "granule is reserved", make_s2, 2, 0, STE2_S2TG, "S2TG" },
	{ "no 64K", make_s2, 2, 0, BIT_ULL(46), "S2TG", &s2_only },
	{ "24 bits of IPA", make_s2, 2, STE2_S2T0SZ, 40ULL << 32, "S2T0SZ" },
	{ "more IPA than OAS", make_s2, 2, STE2_S2T0SZ, 15ULL << 32, "S2T0SZ" },
	{ "no access flag", make_s2, 2, 0, STE2_S2HA, "S2HA", &s2_only },
	{ "no S2FWB", make_s2, 1, 0, STE1_S2FWB, "S2FWB", &s2_only },
	{ "no table", make_s2, 3, STE3_S2TTB, 0, "S2TTB" },
	{ "table beyond OAS", make_s2, 3, 0, BIT_ULL(48), "S2TTB" },
	{ "no VMID", make_s2, 2, STE2_S2VMID, 0, "S2VMID" },
	{ "VMID of 9 bits", make_s2, 2, 0, BIT_ULL(8), "S2VMID", &s2_only },
	{ "no stalls", make_s2, 2, 0, STE2_S2S, "S2S", &s2_only },
};

KUNIT_ARRAY_PARAM_DESC(bad_ste, bad_stes, name);

static void refuses_ste(struct kunit *test)
{
	const struct bad_ste *b = test->param_value;
	const struct smmu_features *feat = b->feat ?: &full;
	struct smmu_found_ste found;
	struct smmu_ste ste;

	b->make(&ste);
	ste.w[b->word] &= cpu_to_le64(~b->clear);
	ste.w[b->word] |= cpu_to_le64(b->set);
	if (b->why) {
		KUNIT_EXPECT_STREQ(test, b->why, smmu_found_ste(&ste, feat, &found) ?: "");
		return;
	}
	/* alone it may be, and beside EATS not */
	KUNIT_EXPECT_NULL(test, smmu_found_ste(&ste, feat, &found));
	KUNIT_EXPECT_TRUE(test, found.s2_stalls);
	ste.w[1] |= cpu_to_le64(FIELD_PREP(STE1_EATS, STE_EATS_FULL));
	KUNIT_EXPECT_STREQ(test, "EATS beside S2S", smmu_found_ste(&ste, feat, &found) ?: "");
}

static void make_cd(struct smmu_cd *cd)
{
	const struct smmu_cd_s1 s1 = { .ttb = TTB, .asid = 9, .t0sz = 16, .aset = true };

	smmu_cd_make_s1(cd, &full, &s1);
}

/* One change to a CD that is good, and what must be said of it */
struct bad_cd {
	const char *name;
	u8 word;
	u64 clear;
	u64 set;
	const char *why;
	const struct smmu_features *feat;	/* NULL: full */
};

static const struct bad_cd bad_cds[] = {
	{ "AArch32", 0, CD0_AA64, 0, "AA64" },
	{ "ASID of 9 bits", 0, 0, BIT_ULL(48 + 8), "ASID", &s1_only },
	{ "granule is reserved", 0, 0, CD0_TG0, "TG0" },
	{ "no 64K", 0, 0, BIT_ULL(6), "TG0", &s1_only },
	{ "no table", 1, CD1_TTB0, 0, "TTB0" },
	{ "table beyond OAS", 1, 0, BIT_ULL(48), "TTB0" },
	{ "no second table", 0, CD0_EPD1, 0, "TTB1" },
	{ "no stalls", 0, 0, CD0_S, "S on an SMMU that does not stall", &s1_only },
};

KUNIT_ARRAY_PARAM_DESC(bad_cd, bad_cds, name);

static void refuses_cd(struct kunit *test)
{
	const struct bad_cd *b = test->param_value;
	struct smmu_found_cd found;
	struct smmu_cd cd;

	make_cd(&cd);
	cd.w[b->word] &= cpu_to_le64(~b->clear);
	cd.w[b->word] |= cpu_to_le64(b->set);
	KUNIT_EXPECT_STREQ(test, b->why, smmu_found_cd(&cd, b->feat ?: &full, &found) ?: "");
}

static void takes_cds(struct kunit *test)
{
	struct smmu_found_cd found;
	struct smmu_cd cd;

	make_cd(&cd);
	KUNIT_EXPECT_NULL(test, smmu_found_cd(&cd, &full, &found));
	KUNIT_EXPECT_TRUE(test, found.valid && !found.stalls);
	KUNIT_EXPECT_EQ(test, 9, found.asid);
	KUNIT_EXPECT_EQ(test, TTB, found.ttb[0]);
	KUNIT_EXPECT_EQ(test, 0, found.ttb[1]);

	/* a kernel that uses both halves of the address space */
	cd.w[0] &= cpu_to_le64(~CD0_EPD1);
	cd.w[2] = cpu_to_le64(TTB + SZ_64K);
	KUNIT_EXPECT_NULL(test, smmu_found_cd(&cd, &full, &found));
	KUNIT_EXPECT_EQ(test, TTB + SZ_64K, found.ttb[1]);
	cd.w[2] |= cpu_to_le64(BIT_ULL(49));
	KUNIT_EXPECT_STREQ(test, "TTB1", smmu_found_cd(&cd, &full, &found) ?: "");

	smmu_cd_make_dead(&cd, &full, 9);
	KUNIT_EXPECT_NULL(test, smmu_found_cd(&cd, &full, &found));
	KUNIT_EXPECT_TRUE(test, found.valid && !found.ttb[0] && !found.ttb[1]);

	/* with V = 0 the rest may be anything */
	memset(&cd, 0xff, sizeof(cd));
	cd.w[0] &= cpu_to_le64(~CD0_V);
	KUNIT_EXPECT_NULL(test, smmu_found_cd(&cd, &full, &found));
	KUNIT_EXPECT_FALSE(test, found.valid);
}

/* A good entry with some bits of it changed, so that enough of them pass */
static void disturb(struct rnd_state *rnd, __le64 *words, u32 n)
{
	u32 i, k = prandom_u32_state(rnd) % 4;

	for (i = 0; i < k; i++)
		words[prandom_u32_state(rnd) % n] ^=
			cpu_to_le64(BIT_ULL(prandom_u32_state(rnd) % 64));
}

static void stays_within(struct kunit *test)
{
	const struct smmu_features *feats[] = { &full, &s1_only, &s2_only };
	u32 i, stes = 0, cds = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, FOUND_SEED);
	for (i = 0; i < FOUND_ROUNDS; i++) {
		const struct smmu_features *feat = feats[prandom_u32_state(&rnd) % 3];
		struct smmu_found_ste s;
		struct smmu_found_cd c;
		struct smmu_ste ste;
		struct smmu_cd cd;

		good_stes[2 + prandom_u32_state(&rnd) % (ARRAY_SIZE(good_stes) - 2)].make(&ste);
		disturb(&rnd, ste.w, STE_WORDS);
		if (!smmu_found_ste(&ste, feat, &s) && s.live) {
			stes++;
			KUNIT_EXPECT_EQ(test, 0, s.vmid >> feat->vmid_bits);
			KUNIT_EXPECT_EQ(test, 0, (s.s2ttb | s.cdtab) >> feat->oas_bits);
			KUNIT_EXPECT_LE(test, s.cdmax, feat->ssid_bits);
			KUNIT_EXPECT_TRUE(test, s.vmid || !s.s2ttb);
			KUNIT_EXPECT_TRUE(test, feat->flags & SMMU_FEAT_S1 || !s.cdtab);
			KUNIT_EXPECT_TRUE(test, feat->flags & SMMU_FEAT_S2 || !s.s2ttb);
			if (!(feat->flags & SMMU_FEAT_STALL))
				KUNIT_EXPECT_FALSE(test, s.s1_stalls || s.s2_stalls);
		}
		make_cd(&cd);
		disturb(&rnd, cd.w, CD_WORDS);
		if (!smmu_found_cd(&cd, feat, &c) && c.valid) {
			cds++;
			KUNIT_EXPECT_EQ(test, 0, c.asid >> feat->asid_bits);
			KUNIT_EXPECT_EQ(test, 0, (c.ttb[0] | c.ttb[1]) >> feat->oas_bits);
			KUNIT_EXPECT_TRUE(test, feat->flags & SMMU_FEAT_STALL || !c.stalls);
		}
	}
	/* both outcomes are met */
	KUNIT_EXPECT_GT(test, stes, FOUND_ROUNDS / 20);
	KUNIT_EXPECT_LT(test, stes, FOUND_ROUNDS * 19 / 20);
	KUNIT_EXPECT_GT(test, cds, FOUND_ROUNDS / 20);
	KUNIT_EXPECT_LT(test, cds, FOUND_ROUNDS * 19 / 20);
}

static struct kunit_case found_cases[] = {
	KUNIT_CASE_PARAM(takes_what_is_built, good_ste_gen_params),
	KUNIT_CASE_PARAM(refuses_ste, bad_ste_gen_params),
	KUNIT_CASE(takes_cds),
	KUNIT_CASE_PARAM(refuses_cd, bad_cd_gen_params),
	KUNIT_CASE(stays_within),
	{}
};

static struct kunit_suite found_suite = { .name = "smmu_found", .test_cases = found_cases };
kunit_test_suite(found_suite);
