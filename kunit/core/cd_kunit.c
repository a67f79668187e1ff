// SPDX-License-Identifier: GPL-2.0-only
/* CD builders are compared with words put together by hand from 5.4; which bits of a CD matter. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include <core/cd.h>

#define CD_SEED			0x63640000ULL
#define CD_ROUNDS		5000

static const struct smmu_features feat_plain = { .flags = SMMU_FEAT_S1 };

static const struct smmu_features feat_stall = {
	.flags = SMMU_FEAT_S1 | SMMU_FEAT_STALL,
};

static const struct smmu_features feat_force = {
	.flags = SMMU_FEAT_S1 | SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE,
};

/* V, AA64, EPD1, A, R */
#define WORD0_COMMON		0x00006200c0000000ULL

struct built_cd {
	const char *name;
	const struct smmu_features *feat;
	struct smmu_cd_s1 s1;
	u64 word0, word1, word3;
};

static const struct built_cd built_cds[] = {
	{ "zeroes", &feat_plain, {}, WORD0_COMMON },
	{ "4K, 48 bit, write-back, ASID 0x1234", &feat_plain,
	  { .ttb = 0x80001000, .mair = 0xf404ff44, .asid = 0x1234, .t0sz = 16,
	    .tg = CD_TG0_4K, .ir0 = 1, .or0 = 1, .sh0 = 3, .ips = 4, .aset = true },
	  WORD0_COMMON | 0x1234800400003510ULL, 0x80001000, 0xf404ff44 },
	{ "every field full", &feat_stall,
	  { .ttb = ~0ULL, .mair = ~0ULL, .asid = 0xffff, .t0sz = 63, .tg = 3,
	    .ir0 = 3, .or0 = 3, .sh0 = 3, .ips = 7, .hd = true, .ha = true,
	    .stall = true, .aset = true },
	  WORD0_COMMON | 0xffff9c0700003fffULL, 0x000ffffffffffff0, ~0ULL },
	{ "16K", &feat_plain, { .tg = CD_TG0_16K }, WORD0_COMMON | 0x80 },
	{ "64K", &feat_plain, { .tg = CD_TG0_64K }, WORD0_COMMON | 0x40 },
	{ "access flag", &feat_plain, { .ha = true },
	  WORD0_COMMON | 0x0000080000000000ULL },
	{ "dirty state needs the access flag", &feat_plain, { .hd = true },
	  WORD0_COMMON | 0x00000c0000000000ULL },
	{ "BTM: ASID shared with the CPUs", &feat_plain, { .asid = 1 },
	  WORD0_COMMON | 0x0001000000000000ULL },
	{ "stall wanted and possible", &feat_stall, { .stall = true },
	  WORD0_COMMON | 0x0000100000000000ULL },
	{ "stall possible, not wanted", &feat_stall, {}, WORD0_COMMON },
	{ "stall wanted, not possible", &feat_plain, { .stall = true }, WORD0_COMMON },
	{ "stall forced, not wanted", &feat_force, {},
	  WORD0_COMMON | 0x0000100000000000ULL },
};

static void built_cd_desc(const struct built_cd *cd, char *desc)
{
	strscpy(desc, cd->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(built_cd, built_cds, built_cd_desc);

static void expect_words(struct kunit *test, const struct smmu_cd *cd,
			 u64 word0, u64 word1, u64 word3)
{
	const u64 want[CD_WORDS] = { word0, word1, 0, word3 };
	unsigned int i;

	for (i = 0; i < CD_WORDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, le64_to_cpu(cd->w[i]), want[i],
				    "word %u", i);
}

static void builds_s1(struct kunit *test)
{
	const struct built_cd *p = test->param_value;
	struct smmu_cd cd;

	memset(&cd, 0xa5, sizeof(cd));
	smmu_cd_make_s1(&cd, p->feat, &p->s1);
	expect_words(test, &cd, p->word0, p->word1, p->word3);
}

static void builds_dead(struct kunit *test)
{
	/* V, AA64, EPD0, EPD1, A, ASET, without R */
	const u64 dead = 0x0000c200c0004000ULL;
	struct smmu_cd cd;

	memset(&cd, 0xa5, sizeof(cd));
	smmu_cd_make_dead(&cd, &feat_plain, 0xabcd);
	expect_words(test, &cd, dead | 0xabcd000000000000ULL, 0, 0);
	smmu_cd_make_dead(&cd, &feat_stall, 0);
	expect_words(test, &cd, dead, 0, 0);
	smmu_cd_make_dead(&cd, &feat_force, 0);
	expect_words(test, &cd, dead | CD0_S, 0, 0);
}

static void builds_invalid(struct kunit *test)
{
	struct smmu_cd cd;

	memset(&cd, 0xa5, sizeof(cd));
	smmu_cd_make_invalid(&cd);
	expect_words(test, &cd, 0, 0, 0);
}

struct used_cd {
	const char *name;
	u64 word0;
	u64 used[CD_WORDS];
};

#define ALL			(~0ULL)
#define V			BIT_ULL(31)
#define EPD0			BIT_ULL(14)
#define EPD1			BIT_ULL(30)

static const struct used_cd used_cds[] = {
	{ "V = 0", ALL & ~V, { V } },
	{ "valid", V, { ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "TTB0 only", V | EPD1, { ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "TTB1 only", V | EPD0, { ~0x3fffULL, 0xfff000000000000fULL, ALL, ALL,
				   ALL, ALL, ALL, ALL } },
	{ "dead", V | EPD0 | EPD1, { ~0x3fffULL, 0xfff0000000000007ULL, ALL, 0,
				     ALL, ALL, ALL, ALL } },
};

static void used_cd_desc(const struct used_cd *used, char *desc)
{
	strscpy(desc, used->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(used_cd, used_cds, used_cd_desc);

static void uses(struct kunit *test)
{
	const struct used_cd *p = test->param_value;
	struct smmu_cd cd = { .w[0] = cpu_to_le64(p->word0) };
	__le64 used[CD_WORDS];
	unsigned int i;

	memset(used, 0xa5, sizeof(used));
	smmu_cd_used(cd.w, used);
	for (i = 0; i < CD_WORDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, le64_to_cpu(used[i]), p->used[i],
				    "word %u", i);
}

static void random_words(struct rnd_state *rnd, __le64 *words)
{
	unsigned int i;

	for (i = 0; i < CD_WORDS; i++) {
		u64 high = prandom_u32_state(rnd);

		words[i] = cpu_to_le64(high << 32 | prandom_u32_state(rnd));
	}
}

/* Which bits are used must depend on used bits only, or the writer's first step could be wrong */
static void ignored_bits_change_nothing(struct kunit *test)
{
	__le64 cd[CD_WORDS], noise[CD_WORDS], used[CD_WORDS], again[CD_WORDS];
	struct rnd_state rnd;
	unsigned int i, j;

	kunit_info(test, "seed %#llx", CD_SEED);
	prandom_seed_state(&rnd, CD_SEED);
	for (i = 0; i < CD_ROUNDS; i++) {
		random_words(&rnd, cd);
		random_words(&rnd, noise);
		smmu_cd_used(cd, used);
		for (j = 0; j < CD_WORDS; j++)
			cd[j] ^= noise[j] & ~used[j];
		smmu_cd_used(cd, again);
		KUNIT_ASSERT_MEMEQ(test, again, used, sizeof(used));
	}
}

/* Any CD can become a dead one by a change of one word; hardware ignores the rest */
static void dying_needs_one_word(struct kunit *test)
{
	__le64 used[CD_WORDS];
	struct smmu_cd live, dead;
	unsigned int i;

	smmu_cd_make_s1(&live, &feat_stall, &built_cds[2].s1);
	smmu_cd_make_dead(&dead, &feat_stall, built_cds[2].s1.asid);
	smmu_cd_used(dead.w, used);
	for (i = 1; i < CD_WORDS; i++)
		KUNIT_EXPECT_EQ(test, le64_to_cpu((live.w[i] ^ dead.w[i]) & used[i]), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu((live.w[0] ^ dead.w[0])) & CD0_ASID, 0);
}

static struct kunit_case cd_cases[] = {
	KUNIT_CASE_PARAM(builds_s1, built_cd_gen_params),
	KUNIT_CASE(builds_dead),
	KUNIT_CASE(builds_invalid),
	KUNIT_CASE_PARAM(uses, used_cd_gen_params),
	KUNIT_CASE(ignored_bits_change_nothing),
	KUNIT_CASE(dying_needs_one_word),
	{}
};

static struct kunit_suite cd_suite = {
	.name = "smmu_cd",
	.test_cases = cd_cases,
};

kunit_test_suite(cd_suite);
