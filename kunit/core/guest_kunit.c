// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a guest: every opcode, every bit, every combination of values that matter, and
 * millions of random commands. reference/guest_judge.h says independently what must become of
 * each.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "core/cmd.h"
#include "core/guest.h"
#include "reference/guest_judge.h"

#define VMID		0xab
#define SEED		20261121
#define ROUNDS		1000000
#define BLOCK		63

/* A stream without ATS, one with ATS and PASIDs, one with ATS only */
#define VSID		7
#define VSID_ATS	0xfffffff0U
#define VSID_PLAIN	0x80000007U

static const struct judged_stream streams[] = {
	{ VSID, 0x4321, false, 6 },
	{ VSID_ATS, 0x1234, true, 6 },
	{ VSID_PLAIN, 0x1235, true, 0 },
};

static bool stream(void *ctx, u32 vsid, struct smmu_guest_stream *out)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		if (streams[i].vsid != vsid)
			continue;
		out->sid = streams[i].sid;
		out->ats = streams[i].ats;
		out->ssid_bits = streams[i].ssid_bits;
		return true;
	}
	return false;
}

static const struct smmu_guest_ops ops = { .stream = stream };

/* The SMMUs that get the commands */
struct kind {
	const char *name;
	struct smmu_features feat;
};

#define FEAT(_flags, _asid, _ssid) {						\
	.flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_NESTING | (_flags),	\
	.granules = SZ_4K | SZ_64K,						\
	.asid_bits = _asid, .vmid_bits = 16, .sid_bits = 16, .ssid_bits = _ssid,	\
}

static const struct kind kinds[] = {
	{ "everything", FEAT(SMMU_FEAT_RIL | SMMU_FEAT_ATS | SMMU_FEAT_DS, 16, 20) },
	{ "no ranges", FEAT(SMMU_FEAT_ATS, 16, 20) },
	{ "no ATS", FEAT(SMMU_FEAT_RIL, 16, 8) },
	{ "8-bit ASIDs", FEAT(SMMU_FEAT_RIL | SMMU_FEAT_ATS, 8, 8) },
	{ "no SubstreamIDs", FEAT(SMMU_FEAT_RIL | SMMU_FEAT_ATS, 16, 0) },
	{ "hyp", FEAT(SMMU_FEAT_RIL | SMMU_FEAT_ATS | SMMU_FEAT_HYP | SMMU_FEAT_E2H, 16, 8) },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static struct smmu_guest guest_of(const struct smmu_features *feat)
{
	return (struct smmu_guest) { .vmid = VMID, .feat = feat, .ops = &ops };
}

static enum verdict judge(const struct smmu_features *feat, u64 w0, u64 w1, u64 want[2])
{
	return guest_judge(feat, VMID, streams, ARRAY_SIZE(streams), w0, w1, want);
}

static int translate(const struct smmu_guest *guest, u64 w0, u64 w1, struct smmu_cmd *out)
{
	const struct smmu_cmd in = { { cpu_to_le64(w0), cpu_to_le64(w1) } };

	return smmu_guest_cmd(guest, &in, out);
}

static bool is_cmd(const struct smmu_cmd *cmd, const u64 want[2])
{
	return le64_to_cpu(cmd->w[0]) == want[0] && le64_to_cpu(cmd->w[1]) == want[1];
}

/* Compare one command with the judge. Return: true when it was sent */
static bool check(struct kunit *test, const struct smmu_features *feat, u64 w0, u64 w1)
{
	static const int ret_of[] = {
		[VERDICT_REFUSE] = -EIO, [VERDICT_NOTHING] = 0, [VERDICT_SEND] = 1,
	};
	const struct smmu_guest guest = guest_of(feat);
	u64 want[2] = { 0x5555, 0x6666 };
	struct smmu_cmd out = { { cpu_to_le64(want[0]), cpu_to_le64(want[1]) } };
	enum verdict verdict = judge(feat, w0, w1, want);
	int ret = translate(&guest, w0, w1, &out);

	KUNIT_EXPECT_EQ_MSG(test, ret_of[verdict], ret, "%llx %llx", w0, w1);
	if (ret == 1)
		KUNIT_EXPECT_TRUE_MSG(test, is_cmd(&out, want),
				      "%llx %llx: %llx %llx, not %llx %llx", w0, w1,
				      le64_to_cpu(out.w[0]), le64_to_cpu(out.w[1]), want[0],
				      want[1]);
	else
		KUNIT_EXPECT_EQ(test, 0x5555, le64_to_cpu(out.w[0]));
	return ret == 1;
}

/* A plain command of each opcode: only the opcodes in the list pass */
static void opcodes(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u32 opcode, i, sent = 0;

	for (opcode = 0; opcode < 256; opcode++) {
		sent += check(test, &kind->feat, opcode, 0);
		for (i = 0; i < ARRAY_SIZE(streams); i++)
			check(test, &kind->feat, opcode | (u64)streams[i].vsid << 32, 0);
	}
	/* only TLBIs pass: the others name StreamID 0, which is unknown */
	KUNIT_EXPECT_EQ(test, 5, sent);
}

/* A plain command with one more bit set, for every bit */
static void single_bits(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	u64 w0, w1, may0, may1;
	u32 opcode, bit;

	for (opcode = 0; opcode < 256; opcode++) {
		if (!guest_judge_form(opcode, &may0, &may1))
			continue;
		/* the opcode's own bits are left out */
		for (bit = 8; bit < 128; bit++) {
			w0 = opcode | (bit < 64 ? BIT_ULL(bit) : 0);
			w1 = bit < 64 ? 0 : BIT_ULL(bit - 64);
			if (guest_judge_has_stream(opcode))
				w0 ^= (u64)VSID_ATS << 32;
			check(test, &kind->feat, w0, w1);
		}
	}
}

/* Take the next choice out of @of from @pick */
static u32 choose(u32 *pick, u32 of)
{
	u32 i = *pick % of;

	*pick /= of;
	return i;
}

/* Fields of a TLBI by address: all combinations of these values */
static void ranges(struct kunit *test)
{
	static const u64 nums[] = { 0, 1, 31 }, scales[] = { 0, 1, 31, 32, 39, 40, 63 };
	static const u64 addrs[] = {
		0, 0x1000, 0x2000, 0x4000, 0x10000, 0x200000, 0x1000000, 0x2000000, 0x20000000,
		0x40000000, 0x800000000, 0x1000000000, 0x40000000000, 0xfffffffffffff000,
	};
	/* TG, TTL, Leaf; opcode, VMID */
	const u32 all = ARRAY_SIZE(nums) * ARRAY_SIZE(scales) * ARRAY_SIZE(addrs) * 4 * 4 * 2 *
			2 * 2;
	const struct kind *kind = test->param_value;
	u32 i, pick, sent = 0;
	u64 w0, w1;

	for (i = 0; i < all; i++) {
		pick = i;
		w0 = nums[choose(&pick, ARRAY_SIZE(nums))] << 12;
		w0 |= scales[choose(&pick, ARRAY_SIZE(scales))] << 20;
		w1 = addrs[choose(&pick, ARRAY_SIZE(addrs))];
		w1 |= choose(&pick, 4) << 10;
		w1 |= choose(&pick, 4) << 8;
		w1 |= choose(&pick, 2);
		w0 |= choose(&pick, 2) ? 0x13 : 0x12;
		w0 |= choose(&pick, 2) ? 0xcdULL << 32 : 0;
		sent += check(test, &kind->feat, w0, w1);
	}
	KUNIT_EXPECT_GT(test, sent, 0);
	KUNIT_EXPECT_LT(test, sent, all);
}

/* Fields of an ATC_INV and of a CFGI_CD */
static void substreams(struct kunit *test)
{
	static const u32 ssids[] = { 0, 1, 63, 64, 255, 256, 0xfffff };
	static const u64 spans[] = { 0, 52, 53, 63, 0x7000 | 4, 0xfffffffffffff000ULL };
	const struct kind *kind = test->param_value;
	u32 i, s, a, flags;

	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		u64 sid = (u64)streams[i].vsid << 32;

		for (s = 0; s < ARRAY_SIZE(ssids); s++) {
			u64 ssid = (u64)ssids[s] << 12;

			check(test, &kind->feat, 0x05 | sid | ssid, 0);
			check(test, &kind->feat, 0x05 | sid | ssid, 1);
			for (a = 0; a < ARRAY_SIZE(spans); a++)
				/* Global, SSec, SSV */
				for (flags = 0; flags < 8; flags++)
					check(test, &kind->feat, 0x40 | sid | ssid | flags << 9,
					      spans[a]);
		}
	}
}

/* An ATC_INV for a stream whose ATS is off succeeds, and nothing is written */
static void atc_inv_without_ats(struct kunit *test)
{
	const struct smmu_guest guest = guest_of(&kinds[0].feat);
	struct smmu_cmd out = { { cpu_to_le64(0x55), cpu_to_le64(0x66) } };

	KUNIT_EXPECT_EQ(test, 0, translate(&guest, 0x40 | (u64)VSID << 32, 52, &out));
	KUNIT_EXPECT_EQ(test, 0x55, le64_to_cpu(out.w[0]));
	/* a bad command is still refused */
	KUNIT_EXPECT_EQ(test, -EIO, translate(&guest, 0x40 | (u64)VSID << 32, 53, &out));
	KUNIT_EXPECT_EQ(test, 1, translate(&guest, 0x40 | (u64)VSID_ATS << 32, 52, &out));
}

/* Words by hand, in and out, so that the code and the judge cannot share a mistake */
static void words(struct kunit *test)
{
	static const struct {
		u8 kind;
		u64 in[2], out[2];
		int ret;
	} rows[] = {
		/* by address without a range: an SMMU that has ranges invalidates the whole VMID */
		{ 0, { 0x0005123400000012, 0x5001 }, { 0x000000ab00000010, 0 }, 1 },
		{ 0, { 0x0000123400000013, 0x5000 }, { 0x000000ab00000010, 0 }, 1 },
		{ 1, { 0x0005123400000012, 0x5001 }, { 0x000500ab00000012, 0x5001 }, 1 },
		{ 1, { 0x0000123400000013, 0x5000 }, { 0x000000ab00000013, 0x5000 }, 1 },
		/* with a range, or with a hint */
		{ 0, { 0x0005000000001012, 0x5401 }, { 0x000500ab00001012, 0x5401 }, 1 },
		{ 0, { 0x0005000000000012, 0x5701 }, { 0x000500ab00000012, 0x5701 }, 1 },
		/* ATC_INV: G and a SubstreamID without SSV are not passed on */
		{ 0, { 0xfffffff000000240, 52 }, { 0x0000123400000040, 52 }, 1 },
		{ 0, { 0xfffffff000003040, 52 }, { 0x0000123400000040, 52 }, 1 },
		{ 4, { 0xfffffff000003240, 52 }, { 0x0000123400000040, 52 }, 1 },
		{ 0, { 0xfffffff000003a40, 52 }, { 0x0000123400003a40, 52 }, 1 },
		/* PASID 3 of a device without PASIDs; PASID 64 of one with six bits */
		{ 0, { 0x8000000700003840, 52 }, { }, 0 },
		{ 0, { 0xfffffff000040840, 52 }, { }, 0 },
		{ 0, { 0x8000000700003040, 52 }, { 0x0000123500000040, 52 }, 1 },
		/* SSV on an SMMU that has no SubstreamIDs */
		{ 4, { 0xfffffff000000840, 52 }, { }, -EIO },
		{ 4, { 0x8000000700000840, 52 }, { }, -EIO },
	};
	struct smmu_cmd out;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct smmu_guest guest = guest_of(&kinds[rows[i].kind].feat);
		int ret = translate(&guest, rows[i].in[0], rows[i].in[1], &out);

		KUNIT_EXPECT_EQ_MSG(test, rows[i].ret, ret, "row %u", i);
		if (ret == 1)
			KUNIT_EXPECT_TRUE_MSG(test, is_cmd(&out, rows[i].out),
					      "row %u: %llx %llx", i, le64_to_cpu(out.w[0]),
					      le64_to_cpu(out.w[1]));
	}
}

/* StreamIDs have 32 bits in the guest too */
static void unknown_streams(struct kunit *test)
{
	static const u32 unknown[] = { 0, VSID - 1, VSID | 0x40000000U, 0x4321, 0x1234, ~0U };
	const struct smmu_guest guest = guest_of(&kinds[0].feat);
	struct smmu_cmd out;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		KUNIT_EXPECT_EQ(test, -EIO, translate(&guest, 0x06 | (u64)unknown[i] << 32, 0,
						      &out));
}

/* Half of the commands are as a guest would write them, half are arbitrary */
static struct smmu_cmd random_cmd(struct rnd_state *rnd)
{
	static const u8 opcode[] = { 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x30, 0x40 };
	u8 op = opcode[prandom_u32_state(rnd) % ARRAY_SIZE(opcode)];
	u64 w0 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	u64 w1 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	u32 dice = prandom_u32_state(rnd) % 16, pick = prandom_u32_state(rnd);
	u64 may0, may1;

	if (dice) {
		guest_judge_form(op, &may0, &may1);
		w0 = (w0 & may0) | op;
		w1 &= may1;
		/* few fields are set in most commands */
		if (dice & 1)
			w0 &= prandom_u32_state(rnd) | 0xffff0000000000ffULL;
		if (dice & 2)
			w1 &= ~GENMASK_ULL(40, 6);
		if (guest_judge_has_stream(op) && dice & 12)
			w0 = (w0 & U32_MAX) |
			     (u64)streams[pick % ARRAY_SIZE(streams)].vsid << 32;
	}
	return (struct smmu_cmd) { { cpu_to_le64(w0), cpu_to_le64(w1) } };
}

struct block {
	struct smmu_cmd in[BLOCK];
	struct smmu_cmd out[BLOCK];
};

/*
 * Translate the commands from @from on: all of them up to the first bad one must come out, in
 * order, and no more. Return: index behind the bad one, where to go on
 */
static u32 check_block(struct kunit *test, const struct smmu_guest *guest, struct block *b,
		       u32 from, u32 n, u64 *passed)
{
	const struct smmu_cmd *in = &b->in[from];
	u32 taken, out_n, i, at = 0;
	u64 want[2];
	int err;

	n -= from;
	taken = smmu_guest_block(guest, in, n, b->out, &out_n, &err);
	KUNIT_ASSERT_EQ(test, taken < n ? -EIO : 0, err);
	for (i = 0; i < taken; i++) {
		u64 w0 = le64_to_cpu(in[i].w[0]), w1 = le64_to_cpu(in[i].w[1]), want[2];
		enum verdict verdict = judge(guest->feat, w0, w1, want);

		KUNIT_ASSERT_NE_MSG(test, verdict, VERDICT_REFUSE, "%llx %llx", w0, w1);
		if (verdict == VERDICT_NOTHING)
			continue;
		KUNIT_ASSERT_LT(test, at, out_n);
		KUNIT_ASSERT_TRUE_MSG(test, is_cmd(&b->out[at], want), "%llx %llx: %llx %llx",
				      w0, w1, le64_to_cpu(b->out[at].w[0]),
				      le64_to_cpu(b->out[at].w[1]));
		at++;
	}
	KUNIT_ASSERT_EQ(test, at, out_n);
	*passed += taken;
	if (taken < n) {
		KUNIT_ASSERT_EQ_MSG(test, VERDICT_REFUSE,
				    judge(guest->feat, le64_to_cpu(in[taken].w[0]),
					  le64_to_cpu(in[taken].w[1]), want),
				    "%llx %llx", le64_to_cpu(in[taken].w[0]),
				    le64_to_cpu(in[taken].w[1]));
		taken++;
	}
	return from + taken;
}

static void fuzz(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	const struct smmu_guest guest = guest_of(&kind->feat);
	struct block *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	u32 i, n, sent = 0, rounds = ROUNDS / ARRAY_SIZE(kinds) + 1;
	struct rnd_state rnd;
	u64 passed = 0;

	KUNIT_ASSERT_NOT_NULL(test, b);
	prandom_seed_state(&rnd, SEED + (kind - kinds));
	while (sent < rounds) {
		n = 1 + prandom_u32_state(&rnd) % BLOCK;
		for (i = 0; i < n; i++)
			b->in[i] = random_cmd(&rnd);
		for (i = 0; i < n; )
			i = check_block(test, &guest, b, i, n, &passed);
		sent += n;
	}
	kunit_info(test, "seed %u: %u commands, %llu passed\n", SEED, sent, passed);
	/* a run in which all commands are refused proves nothing */
	KUNIT_EXPECT_GT(test, passed, sent / 20);
}

/*
 * CMD_SYNCs are added so that ATC_INVs of one stream, and not too many, stand directly in front of
 * one; nothing else changes
 */
static void segments(struct kunit *test)
{
	struct smmu_features feat = { .atc_segment = 5 };
	struct smmu_cmd *in = kunit_kcalloc(test, BLOCK, sizeof(*in), GFP_KERNEL);
	struct smmu_cmd *out = kunit_kcalloc(test, 2 * BLOCK, sizeof(*out), GFP_KERNEL);
	u32 round, n, fill, i, taken, atc, sid = 0;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, in);
	KUNIT_ASSERT_NOT_NULL(test, out);
	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < 20000; round++) {
		n = 1 + prandom_u32_state(&rnd) % BLOCK;
		for (i = 0; i < n; i++) {
			if (prandom_u32_state(&rnd) % 4)
				smmu_cmd_atc_inv(&in[i], 1 + prandom_u32_state(&rnd) % 2, 0, false,
						 0, ATC_SIZE_ALL);
			else
				smmu_cmd_tlbi_nh_all(&in[i], i);
		}
		fill = smmu_guest_segments(&feat, in, n, out);
		KUNIT_ASSERT_LE(test, fill, 2 * n);
		for (i = 0, taken = 0, atc = 0; i < fill; i++) {
			u32 to = FIELD_GET(CMD0_ATC_SID, le64_to_cpu(out[i].w[0]));

			if (smmu_cmd_opcode(&out[i]) == CMD_SYNC) {
				atc = 0;
				continue;
			}
			KUNIT_ASSERT_LT(test, taken, n);
			KUNIT_ASSERT_MEMEQ(test, &in[taken], &out[i], sizeof(in[0]));
			taken++;
			if (smmu_cmd_opcode(&out[i]) != CMD_ATC_INV) {
				KUNIT_ASSERT_EQ(test, 0, atc);
				continue;
			}
			KUNIT_ASSERT_TRUE(test, !atc || to == sid);
			KUNIT_ASSERT_LE(test, ++atc, feat.atc_segment);
			sid = to;
		}
		KUNIT_ASSERT_EQ(test, n, taken);
		KUNIT_ASSERT_EQ(test, CMD_SYNC, smmu_cmd_opcode(&out[fill - 1]));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(opcodes, kind_gen_params),
	KUNIT_CASE_PARAM(single_bits, kind_gen_params),
	KUNIT_CASE_PARAM(ranges, kind_gen_params),
	KUNIT_CASE_PARAM(substreams, kind_gen_params),
	KUNIT_CASE(words),
	KUNIT_CASE(atc_inv_without_ats),
	KUNIT_CASE(unknown_streams),
	KUNIT_CASE(segments),
	KUNIT_CASE_PARAM(fuzz, kind_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_guest", .test_cases = cases };
kunit_test_suite(suite);
