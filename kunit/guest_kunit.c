// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a guest: every opcode, every bit, random ones by the million. What may pass is
 * written down here once more, in tables of its own.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "core/cmd.h"
#include "core/guest.h"

#define VMID		0xab
#define SID		0x4321
#define SID_ATS		0x1234
#define VSID		7
#define VSID_ATS	0xfffffff0U
#define SEED		20261121
#define ROUNDS		1000000
#define BLOCK		63

static bool stream(void *ctx, u32 vsid, struct smmu_guest_stream *out)
{
	u32 *asked = ctx;

	if (asked)
		(*asked)++;
	if (vsid == VSID)
		*out = (struct smmu_guest_stream) { .sid = SID };
	else if (vsid == VSID_ATS)
		*out = (struct smmu_guest_stream) { .sid = SID_ATS, .ats = true };
	else
		return false;
	return true;
}

static const struct smmu_guest_ops ops = { .stream = stream };

/* What the SMMUs are like that commands are judged for */
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

static struct smmu_guest guest_of(const struct smmu_features *feat, u32 *asked)
{
	return (struct smmu_guest) { .vmid = VMID, .feat = feat, .ops = &ops, .ctx = asked };
}

/* Bits by number, first and last, of each word that a guest may set, its id included */
struct allowed {
	u8 opcode;
	u64 w0;
	u64 w1;
};

static const struct allowed allowed[] = {
	{ 0x05, GENMASK_ULL(63, 12), BIT_ULL(0) },
	{ 0x06, GENMASK_ULL(63, 32), 0 },
	{ 0x10, GENMASK_ULL(47, 32), 0 },
	{ 0x11, GENMASK_ULL(63, 32), 0 },
	{ 0x12, GENMASK_ULL(16, 12) | GENMASK_ULL(25, 20) | GENMASK_ULL(63, 32),
	  BIT_ULL(0) | GENMASK_ULL(11, 8) | GENMASK_ULL(63, 12) },
	{ 0x13, GENMASK_ULL(16, 12) | GENMASK_ULL(25, 20) | GENMASK_ULL(47, 32),
	  BIT_ULL(0) | GENMASK_ULL(11, 8) | GENMASK_ULL(63, 12) },
	{ 0x30, 0, 0 },
	{ 0x40, BIT_ULL(9) | GENMASK_ULL(63, 11), GENMASK_ULL(5, 0) | GENMASK_ULL(63, 12) },
};

static const struct allowed *find(u8 opcode)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(allowed); i++)
		if (allowed[i].opcode == opcode)
			return &allowed[i];
	return NULL;
}

static bool has_stream(u8 opcode)
{
	return opcode == 0x05 || opcode == 0x06 || opcode == 0x40;
}

/* By the tables here: is the form right, and the stream the guest's? Values are not judged. */
static bool form_is_right(u64 w0, u64 w1)
{
	const struct allowed *a = find(w0 & 0xff);
	u32 vsid = w0 >> 32;

	if (!a || w0 & ~(a->w0 | 0xff) || w1 & ~a->w1)
		return false;
	return !has_stream(a->opcode) || vsid == VSID || vsid == VSID_ATS;
}

/* Whatever comes out may be told to the SMMU, and reaches only what is the guest's */
static const char *wrong_outcome(const struct smmu_features *feat, u64 in0, u64 in1,
				 const struct smmu_cmd *out)
{
	u64 w0 = le64_to_cpu(out->w[0]), w1 = le64_to_cpu(out->w[1]);
	u8 opcode = w0 & 0xff, was = in0 & 0xff;
	const char *illegal = smmu_cmd_illegal(out, feat);

	if (illegal)
		return illegal;
	if (opcode != (was == 0x30 ? 0x10 : was))
		return "another command";
	if (w1 != in1)
		return "another address";
	if (has_stream(opcode)) {
		if (w0 >> 32 != (in0 >> 32 == VSID ? SID : SID_ATS))
			return "another stream";
		return (w0 ^ in0) << 32 ? "another SubstreamID" : NULL;
	}
	if ((w0 >> 32 & 0xffff) != VMID)
		return "another VMID";
	return (w0 ^ in0) & ~(0xffULL | GENMASK_ULL(47, 32)) ? "another field" : NULL;
}

static int translate(const struct smmu_guest *guest, u64 w0, u64 w1, struct smmu_cmd *out)
{
	const struct smmu_cmd in = { { cpu_to_le64(w0), cpu_to_le64(w1) } };

	return smmu_guest_cmd(guest, &in, out);
}

/* A plain command of each opcode: what is in the list passes, and nothing else */
static void opcodes(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	const struct smmu_guest guest = guest_of(&kind->feat, NULL);
	bool ats = kind->feat.flags & SMMU_FEAT_ATS;
	struct smmu_cmd out;
	u32 opcode;
	int want;

	for (opcode = 0; opcode < 256; opcode++) {
		u64 w0 = opcode | (has_stream(opcode) ? (u64)VSID_ATS << 32 : 0);

		want = find(opcode) && (opcode != 0x40 || ats) ? 1 : -EIO;
		KUNIT_EXPECT_EQ_MSG(test, want, translate(&guest, w0, 0, &out), "0x%02x", opcode);
	}
}

/* One bit more than a plain command, everywhere */
static void single_bits(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	const struct smmu_guest guest = guest_of(&kind->feat, NULL);
	const char *wrong;
	u32 i, bit;
	int ret;

	for (i = 0; i < ARRAY_SIZE(allowed); i++) {
		for (bit = 0; bit < 120; bit++) {
			u64 w0 = allowed[i].opcode, w1 = 0;
			struct smmu_cmd out = {};

			if (has_stream(allowed[i].opcode))
				w0 |= (u64)VSID_ATS << 32;
			/* not the opcode's own bits */
			if (bit < 56)
				w0 ^= BIT_ULL(bit + 8);
			else
				w1 ^= BIT_ULL(bit - 56);
			ret = translate(&guest, w0, w1, &out);
			if (!form_is_right(w0, w1))
				KUNIT_EXPECT_EQ_MSG(test, -EIO, ret, "%llx %llx", w0, w1);
			if (ret != 1)
				continue;
			wrong = wrong_outcome(&kind->feat, w0, w1, &out);
			KUNIT_EXPECT_NULL_MSG(test, wrong, "%llx %llx: %s", w0, w1, wrong);
		}
	}
}

/* An ATC_INV for a stream whose ATS is off: done, and nothing is written */
static void atc_inv_without_ats(struct kunit *test)
{
	const struct smmu_guest guest = guest_of(&kinds[0].feat, NULL);
	struct smmu_cmd out = { { cpu_to_le64(0x55), cpu_to_le64(0x66) } };

	KUNIT_EXPECT_EQ(test, 0, translate(&guest, 0x40 | (u64)VSID << 32, 52, &out));
	KUNIT_EXPECT_EQ(test, 0x55, le64_to_cpu(out.w[0]));
	/* that does not make a bad one good */
	KUNIT_EXPECT_EQ(test, -EIO, translate(&guest, 0x40 | (u64)VSID << 32, 53, &out));
	KUNIT_EXPECT_EQ(test, 1, translate(&guest, 0x40 | (u64)VSID_ATS << 32, 52, &out));
}

/* StreamIDs have 32 bits, in the guest, too */
static void streams(struct kunit *test)
{
	static const u32 unknown[] = { 0, VSID - 1, VSID | 0x80000000U, SID, SID_ATS, ~0U };
	const struct smmu_guest guest = guest_of(&kinds[0].feat, NULL);
	struct smmu_cmd out;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		KUNIT_EXPECT_EQ(test, -EIO, translate(&guest, 0x06 | (u64)unknown[i] << 32, 0,
						      &out));
}

/* Half of them as a guest would write them, half of them anything */
static struct smmu_cmd random_cmd(struct rnd_state *rnd)
{
	const struct allowed *a = &allowed[prandom_u32_state(rnd) % ARRAY_SIZE(allowed)];
	u64 w0 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	u64 w1 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	u32 dice = prandom_u32_state(rnd) % 16;

	if (dice) {
		w0 = (w0 & a->w0) | a->opcode;
		w1 &= a->w1;
		/* few fields are set in most commands */
		if (dice & 1)
			w0 &= prandom_u32_state(rnd) | 0xffff0000000000ffULL;
		if (dice & 2)
			w1 &= ~GENMASK_ULL(40, 6);
		if (has_stream(a->opcode) && dice & 12)
			w0 = (w0 & U32_MAX) | (u64)(dice & 4 ? VSID : VSID_ATS) << 32;
	}
	return (struct smmu_cmd) { { cpu_to_le64(w0), cpu_to_le64(w1) } };
}

struct block {
	struct smmu_cmd in[BLOCK];
	struct smmu_cmd out[BLOCK];
};

/*
 * Commands from @from on: everything up to the first bad one, in order, and not a command
 * more. Return: where to go on, behind the bad one
 */
static u32 check_block(struct kunit *test, const struct smmu_guest *guest, struct block *b,
		       u32 from, u32 n, u64 *passed)
{
	const struct smmu_cmd *in = &b->in[from];
	u32 taken, out_n, i, at = 0;
	const char *wrong;
	int err, ret;

	n -= from;
	taken = smmu_guest_block(guest, in, n, b->out, &out_n, &err);
	KUNIT_ASSERT_EQ(test, taken < n ? -EIO : 0, err);
	for (i = 0; i < taken; i++) {
		u64 w0 = le64_to_cpu(in[i].w[0]), w1 = le64_to_cpu(in[i].w[1]);
		bool nothing = (w0 & 0xff) == 0x40 && w0 >> 32 == VSID;

		KUNIT_ASSERT_TRUE(test, form_is_right(w0, w1));
		if (nothing)
			continue;
		wrong = wrong_outcome(guest->feat, w0, w1, &b->out[at++]);
		KUNIT_ASSERT_NULL_MSG(test, wrong, "%llx %llx: %s", w0, w1, wrong);
	}
	KUNIT_ASSERT_EQ(test, at, out_n);
	*passed += taken;
	if (taken < n) {
		ret = smmu_guest_cmd(guest, &in[taken], &b->out[0]);
		KUNIT_ASSERT_EQ(test, -EIO, ret);
		taken++;
	}
	return from + taken;
}

static void fuzz(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	const struct smmu_guest guest = guest_of(&kind->feat, NULL);
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
	/* a run that refuses everything proves nothing */
	KUNIT_EXPECT_GT(test, passed, sent / 20);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(opcodes, kind_gen_params),
	KUNIT_CASE_PARAM(single_bits, kind_gen_params),
	KUNIT_CASE(atc_inv_without_ats),
	KUNIT_CASE(streams),
	KUNIT_CASE_PARAM(fuzz, kind_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_guest", .test_cases = cases };
kunit_test_suite(suite);
