// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry writer is tested with a model of hardware that reads at the worst moments
 * (reference/entry_hw.h): every kind of STE and CD is changed to every other, with the number of
 * syncs that this takes; then come long random chains of changes.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include <core/cd.h>
#include <core/ste.h>

#include "reference/entry_hw.h"

static unsigned long long entry_seed = 0x656e7472ULL;
module_param(entry_seed, ullong, 0444);

static int entry_init(struct kunit *test)
{
	struct entry_hw *hw = kunit_kzalloc(test, sizeof(*hw), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, hw);
	hw->test = test;
	test->priv = hw;
	return 0;
}

/* ---- every kind of STE to every other ---- */

enum ste_kind {
	INVALID,
	ABORT,
	BYPASS,
	S1_ONE,
	S1_ONE_STALL,
	S1_ONE_ATS,
	S1_TERMINATE,
	S1_BYPASS,
	S1_BYPASS_ATS,
	S1_SSID0,
	S1_SSID0_ATS,
	S1_E2H,
	S2_A,
	S2_B,
	S2_FWB,
	S2_ATS,
	S2_STALL,
	NEST,
	NEST_ATS,
	NEST_STALL,
	NEST_NO_MEV,
	NEST_TABLE,
	NEST_AT_S1,
	NEST_VMID,
	NEST_TTB,
	STE_KINDS
};

/*
 * What is expected; row: from, column: to. A digit is the number of syncs of a hitless change. X
 * is a change through V = 0, which takes three syncs. Two things force an X: a VMID that both
 * states use (stage 1 in the EL1 world against stage 2), and fields in two words that both use (CD
 * table and S1STALLD, Config and S2S, VMID and S2TTB, full ATS that would have to come before the
 * end of stalls).
 *
 * A is a change through abort, which takes four syncs: CDs of the two states must not meet,
 * because stage 2 differs. Where the CD tables are does not matter. NEST_AT_S1 has a CD table of
 * its own at a guest's address that equals the host's physical one; the tables of NEST_VMID and
 * NEST_TTB are at the address of NEST's. NEST_TABLE has another table under the same stage 2: one
 * store is enough.
 */
struct ste_row {
	const char *name;
	const char *syncs;
};

static const struct ste_row ste_rows[STE_KINDS] = {
	[INVALID]	= { "invalid",			"1122222222222222222222222" },
	[ABORT]		= { "abort",			"1122222222222222222222222" },
	[BYPASS]	= { "bypass",			"2213333223332222222222222" },
	[S1_ONE]	= { "s1",			"223111122221XXXXXAAAAAAAA" },
	[S1_ONE_STALL]	= { "s1+stall",			"223111XXXXX1XXXXXAAAAAAAA" },
	[S1_ONE_ATS]	= { "s1+ats",			"223111222221XXXXXAAAAAAAA" },
	[S1_TERMINATE]	= { "s1 dss=terminate",		"2231X211111XXXXXXAAAAAAAA" },
	[S1_BYPASS]	= { "s1 dss=bypass",		"2222X311111XXXXXXAAAAAAAA" },
	[S1_BYPASS_ATS]	= { "s1 dss=bypass+ats",	"2223X211111XXXXXXAAAAAAAA" },
	[S1_SSID0]	= { "s1 dss=ssid0",		"2232X311111XXXXXXAAAAAAAA" },
	[S1_SSID0_ATS]	= { "s1 dss=ssid0+ats",		"2233X211111XXXXXXAAAAAAAA" },
	[S1_E2H]	= { "s1 e2h",			"223111XXXXX133333AAAAAAAA" },
	[S2_A]		= { "s2",			"222XXXXXXXX31X11122X222XX" },
	[S2_B]		= { "s2 other",			"222XXXXXXXX3X1XXXXXXXXXXX" },
	[S2_FWB]	= { "s2+fwb",			"222XXXXXXXX31X11XXXXXXXXX" },
	[S2_ATS]	= { "s2+ats",			"222XXXXXXXX31X11222X222XX" },
	[S2_STALL]	= { "s2+stall",			"222XXXXXXXX31XXX1XX2XXXXX" },
	[NEST]		= { "nested",			"222AAAAAAAAA3XX3X111111AA" },
	[NEST_ATS]	= { "nested+ats",		"222AAAAAAAAA3XX3X112122AA" },
	[NEST_STALL]	= { "nested+stall",		"222AAAAAAAAAXXXX31X12XXAA" },
	[NEST_NO_MEV]	= { "nested-mev",		"222AAAAAAAAA2XX3X112122AA" },
	[NEST_TABLE]	= { "nested, other table",	"222AAAAAAAAA3XX3X12X211AA" },
	[NEST_AT_S1]	= { "nested, table as s1",	"222AAAAAAAAA3XX3X12X211AA" },
	[NEST_VMID]	= { "nested, other VMID",	"222AAAAAAAAAXXXXXAAAAAA1A" },
	[NEST_TTB]	= { "nested, other stage 2",	"222AAAAAAAAAXXXXXAAAAAAA1" },
};

static void ste_row_desc(const struct ste_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from %s", row->name);
}

KUNIT_ARRAY_PARAM(ste_row, ste_rows, ste_row_desc);

static void make_s1(struct smmu_ste *ste, enum ste_kind kind)
{
	struct smmu_features feat = {
		.flags = SMMU_FEAT_COHERENT | SMMU_FEAT_ATTR_OVR | SMMU_FEAT_STALL,
	};
	struct smmu_ste_s1 s1 = { .cdtab = 0x10000 };

	if (kind == S1_E2H)
		feat.flags |= SMMU_FEAT_E2H;
	if (kind == S1_ONE_STALL)
		s1.stall = true;
	if (kind == S1_ONE_ATS || kind == S1_BYPASS_ATS || kind == S1_SSID0_ATS)
		s1.eats = STE_EATS_FULL;
	if (kind >= S1_TERMINATE && kind <= S1_SSID0_ATS) {
		s1.cdtab = 0x20000;
		s1.s1cdmax = 10;
		s1.fmt = STE_S1FMT_64K_L2;
	}
	if (kind == S1_BYPASS || kind == S1_BYPASS_ATS)
		s1.s1dss = STE_S1DSS_BYPASS;
	if (kind == S1_SSID0 || kind == S1_SSID0_ATS)
		s1.s1dss = STE_S1DSS_SSID0;
	smmu_ste_make_s1(ste, &feat, &s1);
}

static void make_s2_or_nested(struct smmu_ste *ste, enum ste_kind kind)
{
	const struct smmu_features feat = {
		.flags = SMMU_FEAT_COHERENT | SMMU_FEAT_ATTR_OVR | SMMU_FEAT_STALL,
	};
	const bool ats = kind == S2_ATS || kind == NEST_ATS;
	const u64 cds = kind == NEST_TABLE ? 0x40000 : kind == NEST_AT_S1 ? 0x10000 : 0x30000;
	const __le64 vste[2] = {
		cpu_to_le64(STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1) | cds),
		cpu_to_le64(STE1_S1STALLD |
			    FIELD_PREP(STE1_EATS, ats ? STE_EATS_FULL : 0)),
	};
	struct smmu_ste_s2 s2 = {
		.ttb = kind == S2_B || kind == NEST_TTB ? 0x90000 : 0x80000,
		.vmid = kind == S2_B || kind == NEST_VMID ? 2 : 1,
		.t0sz = 20, .sl0 = 2, .ir0 = 1, .or0 = 1, .sh0 = 3, .ps = 4,
		.s2fwb = kind == S2_FWB,
		.stall = kind == S2_STALL || kind == NEST_STALL,
		.eats = ats ? STE_EATS_FULL : STE_EATS_ABORT,
	};

	if (kind < NEST)
		smmu_ste_make_s2(ste, &feat, &s2);
	else
		smmu_ste_make_nested(ste, &feat, vste, &s2);
	if (kind == NEST_NO_MEV)
		ste->w[1] &= cpu_to_le64(~STE1_MEV);
}

static void make_ste(struct smmu_ste *ste, enum ste_kind kind)
{
	const struct smmu_features feat = { .flags = SMMU_FEAT_ATTR_OVR };

	if (kind == INVALID)
		memset(ste, 0, sizeof(*ste));
	else if (kind == ABORT)
		smmu_ste_make_abort(ste);
	else if (kind == BYPASS)
		smmu_ste_make_bypass(ste, &feat);
	else if (kind < S2_A)
		make_s1(ste, kind);
	else
		make_s2_or_nested(ste, kind);
}

static void expect_change(struct entry_hw *hw, char expected, const __le64 *target)
{
	bool hitless = entry_hw_write(hw, target);

	unsigned int syncs = expected == 'A' ? 4 : expected == 'X' ? 3 : expected - '0';

	KUNIT_EXPECT_EQ_MSG(hw->test, hitless, expected < 'A', "%s", hw->what);
	KUNIT_EXPECT_EQ_MSG(hw->test, hw->syncs, syncs, "%s", hw->what);
}

static void ste_pairs(struct kunit *test)
{
	const struct ste_row *row = test->param_value;
	struct entry_hw *hw = test->priv;
	struct smmu_ste from, to;
	unsigned int i;

	make_ste(&from, row - ste_rows);
	for (i = 0; i < 2 * STE_KINDS; i++) {
		enum ste_kind kind = i / 2;

		make_ste(&to, kind);
		snprintf(hw->what, sizeof(hw->what), "%s to %s%s", row->name,
			 ste_rows[kind].name, i & 1 ? ", traced" : "");
		entry_hw_reset(hw, false, i & 1, from.w);
		expect_change(hw, row->syncs[kind], to.w);
	}
}

/* ---- CDs ---- */

enum cd_kind {
	CD_INVALID,
	CD_A,
	CD_A_OTHER_ASID,
	CD_A_OTHER_TTB,
	CD_A_OTHER_MAIR,
	CD_A_STALL,
	CD_B,
	CD_DEAD,
	CD_DEAD_OTHER_ASID,
	CD_KINDS
};

struct cd_row {
	const char *name;
	const char *syncs;
};

static const struct cd_row cd_rows[CD_KINDS] = {
	[CD_INVALID]		= { "invalid",		"122222211" },
	[CD_A]			= { "a",		"211111X22" },
	[CD_A_OTHER_ASID]	= { "a, other ASID",	"211XX1122" },
	[CD_A_OTHER_TTB]	= { "a, other TTB",	"21X1XX122" },
	[CD_A_OTHER_MAIR]	= { "a, other MAIR",	"21XX1XX22" },
	[CD_A_STALL]		= { "a, stall",		"211XX1X22" },
	[CD_B]			= { "b",		"2X11XX122" },
	[CD_DEAD]		= { "dead",		"122222211" },
	[CD_DEAD_OTHER_ASID]	= { "dead, other ASID",	"122222211" },
};

static void cd_row_desc(const struct cd_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from %s", row->name);
}

KUNIT_ARRAY_PARAM(cd_row, cd_rows, cd_row_desc);

static void make_cd(struct smmu_cd *cd, enum cd_kind kind)
{
	const struct smmu_features feat = { .flags = SMMU_FEAT_STALL };
	struct smmu_cd_s1 s1 = {
		.ttb = 0x40000, .mair = 0xff44, .asid = 1, .t0sz = 16, .ir0 = 1,
		.or0 = 1, .sh0 = 3, .ips = 4, .aset = true,
	};

	if (kind == CD_INVALID) {
		smmu_cd_make_invalid(cd);
		return;
	}
	if (kind == CD_DEAD || kind == CD_DEAD_OTHER_ASID) {
		smmu_cd_make_dead(cd, &feat, kind == CD_DEAD ? 1 : 2);
		return;
	}
	if (kind == CD_A_OTHER_ASID || kind == CD_B)
		s1.asid = 2;
	if (kind == CD_A_OTHER_TTB || kind == CD_B)
		s1.ttb = 0x50000;
	if (kind == CD_A_OTHER_MAIR)
		s1.mair = 0xff;
	if (kind == CD_A_STALL)
		s1.stall = true;
	smmu_cd_make_s1(cd, &feat, &s1);
}

static void cd_pairs(struct kunit *test)
{
	const struct cd_row *row = test->param_value;
	struct entry_hw *hw = test->priv;
	struct smmu_cd from, to;
	unsigned int i;

	make_cd(&from, row - cd_rows);
	for (i = 0; i < 2 * CD_KINDS; i++) {
		enum cd_kind kind = i / 2;

		make_cd(&to, kind);
		snprintf(hw->what, sizeof(hw->what), "%s to %s%s", row->name,
			 cd_rows[kind].name, i & 1 ? ", traced" : "");
		entry_hw_reset(hw, true, i & 1, from.w);
		expect_change(hw, row->syncs[kind], to.w);
	}
}

/* ---- random chains ---- */

#define CHAIN_STES		4000
#define CHAIN_CDS		1500

/* Few values for each field, so that two entries often have some in common */
static u64 rnd_field(struct rnd_state *rnd, u64 mask)
{
	u32 pick = prandom_u32_state(rnd);

	switch (pick % 3) {
	case 0:
		return 0;
	case 1:
		return mask & 0x5555555555555555ULL;
	default:
		return mask & -mask;
	}
}

static void rnd_fields(struct rnd_state *rnd, u64 *word, const u64 *masks,
		       unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		*word |= rnd_field(rnd, masks[i]);
}

/* A legal STE with any Config and any fields; ignored bits are 0 or garbage */
static void rnd_ste(struct rnd_state *rnd, __le64 *ste, bool garbage)
{
	static const u64 masks0[] = { STE0_S1FMT, STE0_S1CTXPTR, STE0_S1CDMAX };
	static const u64 masks1[] = {
		STE1_S1DSS, STE1_S1CIR, STE1_PPAR, STE1_MEV, STE1_S2FWB, STE1_S1STALLD,
		STE1_EATS, STE1_EATS, STE1_SHCFG,
	};
	static const u64 masks2[] = { STE2_S2VMID, STE2_S2T0SZ, STE2_S2S, STE2_S2HA };
	static const u64 masks3[] = { STE3_S2TTB };
	static const u8 configs[] = { 0, 4, 5, 5, 6, 6, 7, 7 };
	u64 w[SMMU_ENTRY_WORDS] = {};
	u64 config = configs[prandom_u32_state(rnd) % ARRAY_SIZE(configs)];
	__le64 used[SMMU_ENTRY_WORDS];
	unsigned int i;

	w[0] = (prandom_u32_state(rnd) % 16 ? STE0_V : 0) |
	       FIELD_PREP(STE0_CONFIG, config);
	rnd_fields(rnd, &w[0], masks0, ARRAY_SIZE(masks0));
	rnd_fields(rnd, &w[1], masks1, ARRAY_SIZE(masks1));
	rnd_fields(rnd, &w[2], masks2, ARRAY_SIZE(masks2));
	rnd_fields(rnd, &w[3], masks3, ARRAY_SIZE(masks3));
	/* EATS 3 is reserved, S1CHK is for nested only, STRW for stage 1 only */
	if (FIELD_GET(STE1_EATS, w[1]) == 3 || prandom_u32_state(rnd) % 4)
		w[1] &= ~FIELD_PREP(STE1_EATS, STE_EATS_S1CHK);
	else if (config == STE_CONFIG_S1_S2)
		w[1] = (w[1] & ~STE1_EATS) | FIELD_PREP(STE1_EATS, STE_EATS_S1CHK);
	if (config == STE_CONFIG_S1 && prandom_u32_state(rnd) % 2)
		w[1] |= FIELD_PREP(STE1_STRW, STE_STRW_EL2);
	if (FIELD_GET(STE1_EATS, w[1]) == STE_EATS_FULL)
		w[2] &= ~STE2_S2S;

	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		ste[i] = cpu_to_le64(w[i]);
	if (garbage)
		return;
	smmu_ste_used(ste, used);
	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		ste[i] &= used[i];
}

static void rnd_cd(struct rnd_state *rnd, __le64 *cd, bool garbage)
{
	static const u64 masks0[] = {
		CD0_T0SZ, CD0_TG0, CD0_EPD0, CD0_IPS, CD0_HA, CD0_S, CD0_R, CD0_ASID,
	};
	static const u64 masks1[] = { CD1_HAFT, CD1_TTB0 };
	static const u64 masks3[] = { CD3_MAIR };
	u64 w[SMMU_ENTRY_WORDS] = {};
	__le64 used[SMMU_ENTRY_WORDS];
	unsigned int i;

	w[0] = prandom_u32_state(rnd) % 8 ? CD0_V | CD0_EPD1 : 0;
	rnd_fields(rnd, &w[0], masks0, ARRAY_SIZE(masks0));
	rnd_fields(rnd, &w[1], masks1, ARRAY_SIZE(masks1));
	rnd_fields(rnd, &w[3], masks3, ARRAY_SIZE(masks3));
	if (garbage && prandom_u32_state(rnd) % 4 == 0)
		w[0] &= ~CD0_EPD1;
	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		cd[i] = cpu_to_le64(w[i]);
	if (garbage)
		return;
	smmu_cd_used(cd, used);
	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		cd[i] &= used[i];
}

static bool naive_eats_is_free(const u64 *old, const u64 *target)
{
	u64 from = FIELD_GET(STE1_EATS, old[1]), to = FIELD_GET(STE1_EATS, target[1]);
	bool s2s_from = old[2] & STE2_S2S, s2s_to = target[2] & STE2_S2S;

	if (from > 1 || to > 1 || s2s_from)
		return false;
	return !s2s_to || (!to && FIELD_GET(STE0_CONFIG, old[0]) >= STE_CONFIG_S2);
}

/* Would the CDs that one state leads to mean something else under the other? */
static bool naive_must_not_meet(const u64 *old, const u64 *target)
{
	u64 from = FIELD_GET(STE0_CONFIG, old[0]), to = FIELD_GET(STE0_CONFIG, target[0]);

	if (!(old[0] & target[0] & STE0_V) || (from & 5) != 5 || (to & 5) != 5)
		return false;
	if (from != to)
		return true;
	return from == STE_CONFIG_S1_S2 && ((old[2] ^ target[2]) & STE2_S2VMID ||
					    (old[3] ^ target[3]) & STE3_S2TTB);
}

/*
 * A change is not hitless if there are two words in which old and target both use bits that
 * differ: after the store to either one, the entry is a mixture. So there is a hitless order if
 * and only if there is at most one such word, and the two states may follow each other at all.
 */
static bool naive_hitless(const struct entry_hw *hw)
{
	unsigned int i, switches = 0;
	__le64 looks_old[SMMU_ENTRY_WORDS], looks_target[SMMU_ENTRY_WORDS];
	u64 old[SMMU_ENTRY_WORDS], target[SMMU_ENTRY_WORDS];

	entry_hw_words_to_cpu(old, hw->old);
	entry_hw_words_to_cpu(target, hw->target);
	if (!hw->is_cd && naive_must_not_meet(old, target))
		return false;
	if (hw->is_cd) {
		smmu_cd_used(hw->old, looks_old);
		smmu_cd_used(hw->target, looks_target);
	} else {
		smmu_ste_used(hw->old, looks_old);
		smmu_ste_used(hw->target, looks_target);
	}
	for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
		u64 differ = (old[i] ^ target[i]) &
			     le64_to_cpu(looks_old[i] & looks_target[i]);

		if (!hw->is_cd && i == 1)
			differ &= ~STE1_MEV;
		if (!hw->is_cd && i == 1 && naive_eats_is_free(old, target))
			differ &= ~STE1_EATS;
		if (differ)
			switches++;
	}
	return switches <= 1;
}

/* One entry is changed again and again; what hardware has cached stays from change to change */
static void random_chain(struct kunit *test, bool is_cd, bool garbage,
			 unsigned int rounds)
{
	const __le64 start[SMMU_ENTRY_WORDS] = {};
	struct entry_hw *hw = test->priv;
	unsigned int i, hitless = 0;
	__le64 target[SMMU_ENTRY_WORDS];
	struct rnd_state rnd;

	kunit_info(test, "seed %#llx", entry_seed);
	prandom_seed_state(&rnd, entry_seed);
	entry_hw_reset(hw, is_cd, true, start);
	hw->garbage = garbage;
	for (i = 0; i < rounds; i++) {
		bool was_hitless;

		if (is_cd)
			rnd_cd(&rnd, target, garbage);
		else
			rnd_ste(&rnd, target, garbage);
		snprintf(hw->what, sizeof(hw->what), "change %u", i);
		hw->traced = i % 4;
		was_hitless = entry_hw_write(hw, target);
		hitless += was_hitless;
		KUNIT_ASSERT_EQ_MSG(test, was_hitless, naive_hitless(hw),
				    "change %u", i);
		KUNIT_ASSERT_GE(test, hw->syncs, 1);
		KUNIT_ASSERT_LE(test, hw->syncs, 5);
	}
	kunit_info(test, "%u of %u hitless", hitless, rounds);
	KUNIT_EXPECT_GT(test, hitless, rounds / 10);
	KUNIT_EXPECT_LT(test, hitless, rounds);
}

static void random_stes(struct kunit *test)
{
	random_chain(test, false, false, CHAIN_STES);
}

static void random_stes_with_garbage(struct kunit *test)
{
	random_chain(test, false, true, CHAIN_STES);
}

static void random_cds(struct kunit *test)
{
	random_chain(test, true, false, CHAIN_CDS);
}

static void random_cds_with_garbage(struct kunit *test)
{
	random_chain(test, true, true, CHAIN_CDS);
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE_PARAM(ste_pairs, ste_row_gen_params),
	KUNIT_CASE_PARAM(cd_pairs, cd_row_gen_params),
	KUNIT_CASE(random_stes),
	KUNIT_CASE(random_stes_with_garbage),
	KUNIT_CASE(random_cds),
	KUNIT_CASE(random_cds_with_garbage),
	{}
};

static struct kunit_suite entry_suite = {
	.name = "smmu_entry",
	.init = entry_init,
	.test_cases = entry_cases,
};

kunit_test_suite(entry_suite);
