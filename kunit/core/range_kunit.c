// SPDX-License-Identifier: GPL-2.0-only
/*
 * Range encoder: every range is encoded, decoded by an oracle that is written from the
 * specification only, and put together again. The pieces must meet without a gap, cover the range,
 * and reach beyond it no further than to the next granule (or leaf, without range invalidation).
 * Every command must be legal, and must have a range if the SMMU has ranges, because a command
 * without one hangs some of those SMMUs. So on such an SMMU, and only there, a single granule may
 * come as two.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/cmd.h"
#include "core/cmd_check.h"
#include "core/inst.h"
#include "core/range.h"
#include "reference/tlbi_oracle.h"

#define RANGE_SEED	4711
#define RANGE_ROUNDS	1500

/* Largest number of range commands for a range, see range.h */
#define RIL_CMDS_MAX	16

#define W_S1	SMMU_FEAT_S1
#define W_S2	SMMU_FEAT_S2
#define W_EL2	(SMMU_FEAT_HYP | SMMU_FEAT_E2H)
#define W_RIL	SMMU_FEAT_RIL
#define W_DS	SMMU_FEAT_DS

/* A world: an SMMU, an entry, and the opcode that its commands must have */
static const struct range_world {
	const char *name;
	u32 flags;
	u8 type;
	u8 pgshift;
	u8 opcode;
} range_worlds[] = {
	{ "4K, stage 1", W_S1,
	  SMMU_INV_S1_ASID, 12, 0x12 },
	{ "4K, stage 1, RIL", W_S1 | W_RIL,
	  SMMU_INV_S1_ASID, 12, 0x12 },
	{ "4K, EL2, RIL", W_S1 | W_EL2 | W_RIL,
	  SMMU_INV_S1_ASID, 12, 0x22 },
	{ "4K, stage 1, RIL, DS", W_S1 | W_RIL | W_DS,
	  SMMU_INV_S1_ASID, 12, 0x12 },
	{ "4K, stage 2", W_S2,
	  SMMU_INV_S2_VMID, 12, 0x2a },
	{ "4K, stage 2, RIL", W_S2 | W_RIL,
	  SMMU_INV_S2_VMID, 12, 0x2a },
	{ "4K, vSMMU, RIL", W_S1 | W_S2 | W_RIL,
	  SMMU_INV_S2_VMID_VSMMU, 12, 0x2a },
	{ "16K, stage 1", W_S1,
	  SMMU_INV_S1_ASID, 14, 0x12 },
	{ "16K, stage 1, RIL", W_S1 | W_RIL,
	  SMMU_INV_S1_ASID, 14, 0x12 },
	{ "16K, EL2, RIL", W_S1 | W_EL2 | W_RIL,
	  SMMU_INV_S1_ASID, 14, 0x22 },
	{ "16K, stage 1, RIL, DS", W_S1 | W_RIL | W_DS,
	  SMMU_INV_S1_ASID, 14, 0x12 },
	{ "16K, stage 2", W_S2,
	  SMMU_INV_S2_VMID, 14, 0x2a },
	{ "16K, stage 2, RIL", W_S2 | W_RIL,
	  SMMU_INV_S2_VMID, 14, 0x2a },
	{ "16K, vSMMU, RIL", W_S1 | W_S2 | W_RIL,
	  SMMU_INV_S2_VMID_VSMMU, 14, 0x2a },
	{ "64K, stage 1", W_S1,
	  SMMU_INV_S1_ASID, 16, 0x12 },
	{ "64K, stage 1, RIL", W_S1 | W_RIL,
	  SMMU_INV_S1_ASID, 16, 0x12 },
	{ "64K, EL2, RIL", W_S1 | W_EL2 | W_RIL,
	  SMMU_INV_S1_ASID, 16, 0x22 },
	{ "64K, stage 1, RIL, DS", W_S1 | W_RIL | W_DS,
	  SMMU_INV_S1_ASID, 16, 0x12 },
	{ "64K, stage 2", W_S2,
	  SMMU_INV_S2_VMID, 16, 0x2a },
	{ "64K, stage 2, RIL", W_S2 | W_RIL,
	  SMMU_INV_S2_VMID, 16, 0x2a },
	{ "64K, vSMMU, RIL", W_S1 | W_S2 | W_RIL,
	  SMMU_INV_S2_VMID_VSMMU, 16, 0x2a },
};

KUNIT_ARRAY_PARAM_DESC(range_world, range_worlds, name);

struct range_rig {
	struct kunit *test;
	const struct range_world *world;
	struct smmu_inst *inst;
	struct smmu_inv inv;
};

static void range_rig_init(struct kunit *test, struct range_rig *rig,
			   const struct range_world *world)
{
	struct smmu_inst *inst = kunit_kzalloc(test, sizeof(*inst), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, inst);
	inst->feat.flags = world->flags;
	inst->feat.granules = BIT(world->pgshift);
	inst->feat.asid_bits = 16;
	inst->feat.vmid_bits = 16;

	memset(rig, 0, sizeof(*rig));
	rig->test = test;
	rig->world = world;
	rig->inst = inst;
	rig->inv.inst = inst;
	rig->inv.type = world->type;
	rig->inv.id = 0x8421;
	rig->inv.pgshift = world->pgshift;
	rig->inv.users = 1;
}

static bool range_ril(const struct range_rig *rig)
{
	return rig->world->flags & SMMU_FEAT_RIL;
}

/* log2 of the leaf for a size of 2^pgshift bytes: one leaf, or several that are contiguous */
static u8 range_leaf(const struct range_rig *rig, const struct smmu_range *range)
{
	u8 level, shift;

	for (level = 1; level < 3; level++) {
		shift = tlbi_leaf_shift(rig->world->pgshift, level);
		if (shift <= range->pgshift)
			return shift;
	}
	return rig->world->pgshift;
}

/* log2 of the size that one command without a range invalidates */
static u8 range_step(const struct range_rig *rig, const struct smmu_range *range)
{
	return range_ril(rig) ? rig->world->pgshift : range_leaf(rig, range);
}

/* Is the hint right for leaves of 2^pgshift bytes? No hint is always right. */
static bool range_hint_ok(const struct range_rig *rig,
			  const struct smmu_range *range,
			  const struct tlbi_effect *e)
{
	u8 shift = tlbi_leaf_shift(rig->world->pgshift, e->level);

	if (!e->level)
		return true;
	return range->leaf && range->pgshift && range_leaf(rig, range) == shift &&
	       !(e->first & (BIT_ULL(shift) - 1)) &&
	       !((e->last + 1) & (BIT_ULL(shift) - 1));
}

static bool range_tag_ok(const struct range_rig *rig,
			 const struct tlbi_effect *e)
{
	const struct smmu_inv *inv = &rig->inv;

	if (e->scope != TLBI_SCOPE_RANGE)
		return false;
	if (inv->type != SMMU_INV_S1_ASID)
		return e->s2 && !e->has_asid && e->vmid == inv->id;
	return e->s1 && e->asid == inv->id && !e->vmid &&
	       e->el2 == !!(rig->world->flags & SMMU_FEAT_E2H);
}

/*
 * Is command @n, which covers @e, out of place? Granules from @first to @last are wanted, those
 * before @next are done. A single granule without a hint cannot be a range. If more follow it, it
 * is done twice; if it is alone, the one behind it is done too, or at the top of the address space
 * the one before it.
 */
static const char *range_misplaced(const struct range_rig *rig, const struct tlbi_effect *e,
				   u32 n, u64 first, u64 next, u64 last)
{
	u64 top = rig->inv.type == SMMU_INV_S1_ASID ? U64_MAX : BIT_ULL(52) - 1;
	u64 granule = BIT_ULL(rig->world->pgshift), count = ((last - first) / granule) + 1;
	bool unhinted = range_ril(rig) && !e->level;

	if (unhinted && count == 1) {
		if (e->last - e->first != 2 * granule - 1)
			return "not a pair";
		return e->first == (last == top ? first - granule : first) ? NULL : "another pair";
	}
	if (unhinted && count % 32 == 1 && n == 2)
		next -= granule;
	if (e->first != next)
		return "gap or overlap";
	return e->last <= last ? NULL : "overshoots";
}

/* Encode, decode and compare. Returns the number of commands. */
static u32 range_walk(struct range_rig *rig, const struct smmu_range *range)
{
	struct kunit *test = rig->test;
	u8 step = range_step(rig, range);
	u64 first = range->start & ~(BIT_ULL(step) - 1);
	u64 last = range->last | (BIT_ULL(step) - 1);
	struct smmu_tlbi_iter it;
	struct tlbi_effect e;
	struct smmu_cmd cmd;
	const char *why;
	u64 next = first;
	u32 n = 0;

	smmu_tlbi_start(&it, &rig->inv, range);
	memset(&cmd, 0xff, sizeof(cmd));
	while (smmu_tlbi_next(&it, &cmd)) {
		n++;
		why = smmu_cmd_illegal(&cmd, &rig->inst->feat);
		KUNIT_ASSERT_NULL_MSG(test, why, "[%#llx, %#llx] command %u: %s",
				      range->start, range->last, n, why);
		tlbi_decode(&cmd, step, &e);
		KUNIT_ASSERT_EQ(test, smmu_cmd_opcode(&cmd),
				rig->world->opcode);
		KUNIT_ASSERT_TRUE(test, range_tag_ok(rig, &e));
		KUNIT_ASSERT_EQ(test, e.leaf, range->leaf);
		KUNIT_ASSERT_EQ_MSG(test, e.tg, range_ril(rig) ? rig->world->pgshift : 0,
				    "[%#llx, %#llx] command %u: granule",
				    range->start, range->last, n);
		why = range_misplaced(rig, &e, n, first, next, last);
		KUNIT_ASSERT_NULL_MSG(test, why, "[%#llx, %#llx] command %u: %s",
				      range->start, range->last, n, why);
		KUNIT_ASSERT_TRUE_MSG(test, range_hint_ok(rig, range, &e),
				      "[%#llx, %#llx] command %u: level %u",
				      range->start, range->last, n, e.level);
		KUNIT_ASSERT_TRUE(test, n < 10000);
		next = min(e.last, last) + 1;
		memset(&cmd, 0xff, sizeof(cmd));
	}
	KUNIT_ASSERT_EQ_MSG(test, next, last + 1, "[%#llx, %#llx] not covered",
			    range->start, range->last);
	/* after the end there is no other command */
	KUNIT_EXPECT_FALSE(test, smmu_tlbi_next(&it, &cmd));
	return n;
}

/* Walk the range, or check that the whole tag was the right choice */
static void range_check(struct range_rig *rig, const struct smmu_range *range)
{
	struct kunit *test = rig->test;
	u8 pgshift = rig->world->pgshift;
	u8 step = range_step(rig, range);
	u64 steps = (range->last >> step) - (range->start >> step) + 1;
	u32 n;

	if (smmu_range_prefers_all(&rig->inst->feat, range, pgshift)) {
		if (range_ril(rig))
			KUNIT_ASSERT_GE(test, steps, RIL_CMDS_MAX * BIT_ULL(31));
		else
			KUNIT_ASSERT_GE(test, steps, BIT_ULL(pgshift - 3));
		return;
	}

	n = range_walk(rig, range);
	if (range_ril(rig)) {
		KUNIT_ASSERT_LE(test, n, RIL_CMDS_MAX);
		/* each command takes five bits of the count */
		if (steps < BIT_ULL(36))
			KUNIT_ASSERT_LE(test, n, DIV_ROUND_UP(fls64(steps), 5));
	} else {
		KUNIT_ASSERT_EQ(test, n, steps);
		KUNIT_ASSERT_LT(test, steps, BIT_ULL(pgshift - 3));
	}
}

static u64 range_top(const struct range_world *world)
{
	return world->opcode == 0x2a ? BIT_ULL(52) - 1 : U64_MAX;
}

/* Sizes from one page to the whole space, at all kinds of starts */
static void range_sizes(struct kunit *test)
{
	const struct range_world *world = test->param_value;
	u64 page = BIT_ULL(world->pgshift), top = range_top(world);
	const u64 starts[] = {
		0, 1, page - 1, page, 7 * page, 5 * page + 0x123,
		SZ_2M, SZ_2M - 1, SZ_1G + page, BIT_ULL(39) - page,
		BIT_ULL(47), top - page + 1, top - 3 * page, top / 2,
	};
	struct range_rig rig;
	struct smmu_range range = {};
	int i, log2, delta;

	range_rig_init(test, &rig, world);
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		for (log2 = 0; log2 < 64; log2++) {
			for (delta = -1; delta <= 1; delta++) {
				u64 size = BIT_ULL(log2) + delta;

				if (!size || size - 1 > top - starts[i])
					continue;
				range.start = starts[i];
				range.last = starts[i] + size - 1;
				range.leaf = false;
				range.pgshift = 0;
				range_check(&rig, &range);
				range.leaf = true;
				range.pgshift = world->pgshift;
				range_check(&rig, &range);
			}
		}
		range.start = starts[i];
		range.last = top;
		range_check(&rig, &range);
	}
}

/* For the whole address space, the whole tag is always preferred */
static void range_whole_space(struct kunit *test)
{
	const struct range_world *world = test->param_value;
	struct smmu_range range = { .last = U64_MAX };
	struct range_rig rig;

	range_rig_init(test, &rig, world);
	KUNIT_EXPECT_TRUE(test, smmu_range_prefers_all(&rig.inst->feat, &range,
						       world->pgshift));
}

/* A random range: any size, any alignment, any leaf size, known or not */
static void range_pick(struct rnd_state *rnd, const struct range_world *world,
		       struct smmu_range *range)
{
	static const u8 contiguous[] = { 4, 5, 7 };
	u64 top = range_top(world), size, align;
	u8 level = prandom_u32_state(rnd) % 4;

	memset(range, 0, sizeof(*range));
	range->pgshift = tlbi_leaf_shift(world->pgshift, level);
	/* 16, 32 and 128 leaves may be contiguous */
	if (range->pgshift && !(prandom_u32_state(rnd) % 4))
		range->pgshift += contiguous[prandom_u32_state(rnd) % ARRAY_SIZE(contiguous)];
	range->leaf = prandom_u32_state(rnd) % 2;

	prandom_bytes_state(rnd, &range->start, sizeof(range->start));
	prandom_bytes_state(rnd, &size, sizeof(size));
	range->start &= top;
	range->start >>= prandom_u32_state(rnd) % 52;
	/* drivers use small sizes and round ones */
	size >>= prandom_u32_state(rnd) % 64;
	align = prandom_u32_state(rnd) % 3;
	if (align) {
		align = BIT_ULL(align == 1 || !range->pgshift ?
				world->pgshift : range->pgshift);
		range->start &= ~(align - 1);
		size = (size + align - 1) & ~(align - 1);
	}
	size = size ?: 1;
	range->last = size - 1 > top - range->start ? top :
		      range->start + size - 1;
}

static void range_random(struct kunit *test)
{
	const struct range_world *world = test->param_value;
	struct smmu_range range;
	struct rnd_state rnd;
	struct range_rig rig;
	int i;

	range_rig_init(test, &rig, world);
	prandom_seed_state(&rnd, RANGE_SEED);
	kunit_info(test, "seed %d", RANGE_SEED);
	for (i = 0; i < RANGE_ROUNDS; i++) {
		range_pick(&rnd, world, &range);
		range_check(&rig, &range);
	}
}

/* With RIL, a power of two of pages is one command, whatever page it starts at */
static void range_one_command(struct kunit *test)
{
	const struct range_world *world = test->param_value;
	struct smmu_range range = {};
	struct range_rig rig;
	int log2, top;
	u64 want;

	range_rig_init(test, &rig, world);
	top = range_ril(&rig) ? 36 : world->pgshift - 4;
	for (log2 = 0; log2 <= top && log2 + world->pgshift < 52; log2++) {
		want = range_ril(&rig) ? 1 : BIT_ULL(log2);
		range.start = 3ULL << world->pgshift;
		range.last = range.start + BIT_ULL(log2 + world->pgshift) - 1;
		range.leaf = false;
		KUNIT_EXPECT_EQ(test, want, range_walk(&rig, &range));
		range.leaf = true;
		range.pgshift = world->pgshift;
		KUNIT_EXPECT_EQ(test, want, range_walk(&rig, &range));
		range.pgshift = 0;
	}
}

/* Blocks: without RIL one TLBI each, for any granule; with RIL a hint */
static void range_blocks(struct kunit *test)
{
	const struct range_world *world = test->param_value;
	struct smmu_tlbi_iter it;
	struct tlbi_effect e;
	struct smmu_range range = { .leaf = true };
	struct range_rig rig;
	struct smmu_cmd cmd;
	u8 level, want;

	range_rig_init(test, &rig, world);
	for (level = 1; level <= 3; level++) {
		range.pgshift = tlbi_leaf_shift(world->pgshift, level);
		range.start = 5 * BIT_ULL(range.pgshift);
		range.last = range.start + 3 * BIT_ULL(range.pgshift) - 1;
		KUNIT_EXPECT_EQ(test, range_walk(&rig, &range),
				range_ril(&rig) ? 1 : 3);

		want = range_ril(&rig) ? level : 0;
		if (world->pgshift == 14 && level == 1 &&
		    !(world->flags & SMMU_FEAT_DS))
			want = 0;
		smmu_tlbi_start(&it, &rig.inv, &range);
		KUNIT_ASSERT_TRUE(test, smmu_tlbi_next(&it, &cmd));
		tlbi_decode(&cmd, range.pgshift, &e);
		KUNIT_EXPECT_EQ(test, e.level, want);
	}
}

/* Contiguous sizes: without RIL every leaf gets its TLBI */
static void range_contiguous(struct kunit *test)
{
	static const struct { u8 granule, shift, leaf; } sizes[] = {
		{ 12, 16, 12 }, { 12, 25, 21 }, { 12, 34, 30 },
		{ 14, 21, 14 }, { 14, 30, 25 },
		{ 16, 21, 16 }, { 16, 34, 29 },
	};
	const struct range_world *world = test->param_value;
	struct smmu_range range = { .leaf = true };
	struct range_rig rig;
	u32 i, n = 0;

	range_rig_init(test, &rig, world);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sizes[i].granule != world->pgshift)
			continue;
		n++;
		range.pgshift = sizes[i].shift;
		range.start = 3 * BIT_ULL(range.pgshift);
		range.last = range.start + 2 * BIT_ULL(range.pgshift) - 1;
		KUNIT_EXPECT_FALSE(test, smmu_range_prefers_all(&rig.inst->feat, &range,
								world->pgshift));
		KUNIT_EXPECT_EQ(test, range_walk(&rig, &range), range_ril(&rig) ? 1 :
				2 << (sizes[i].shift - sizes[i].leaf));
	}
	KUNIT_EXPECT_GE(test, n, 2);
}

/* Words by hand. @w0 has no tag: stage 1 with ASID 0 */
static const struct range_case {
	const char *desc;
	u64 start, last;
	u64 w0, w1;
	u32 flags;
	u8 granule, pgshift;
	bool leaf;
} range_cases[] = {
	/*
	 * NUM = SCALE = TTL = 0 is not allowed with TG (4.4.1.1), and a command without TG must
	 * not be used. So this is a range of two.
	 */
	{ "4K page, tables too", 0x5000, 0x5fff, 0x1012, 0x5400,
	  SMMU_FEAT_RIL, 12, 12, false },
	{ "4K page, leaf size unknown", 0x5000, 0x5fff, 0x1012, 0x5401,
	  SMMU_FEAT_RIL, 12, 0, true },
	{ "16K page, tables too", 0xc000, 0xffff, 0x1012, 0xc800,
	  SMMU_FEAT_RIL, 14, 14, false },
	{ "64K page, tables too", 0x50000, 0x5ffff, 0x1012, 0x50c00,
	  SMMU_FEAT_RIL, 16, 16, false },
	{ "4K page, tables too, no RIL", 0x5000, 0x5fff, 0x12, 0x5000, 0, 12, 12, false },
	{ "4K page, leaf", 0x5000, 0x5fff, 0x12, 0x5701,
	  SMMU_FEAT_RIL, 12, 12, true },
	{ "16K page, leaf", 0xc000, 0xffff, 0x12, 0xcb01,
	  SMMU_FEAT_RIL, 14, 14, true },
	{ "64K page, leaf", 0x50000, 0x5ffff, 0x12, 0x50f01,
	  SMMU_FEAT_RIL, 16, 16, true },
	{ "one byte", 0x5123, 0x5123, 0x1012, 0x5401,
	  SMMU_FEAT_RIL, 12, 12, true },
	{ "two pages", 0x5000, 0x6fff, 0x100012, 0x5400,
	  SMMU_FEAT_RIL, 12, 0, false },
	{ "three pages", 0x5000, 0x7fff, 0x2012, 0x5400,
	  SMMU_FEAT_RIL, 12, 0, false },
	{ "31 pages", 0x1000, 0x1ffff, 0x1e012, 0x1701,
	  SMMU_FEAT_RIL, 12, 12, true },
	{ "2M block of 4K", 0x200000, 0x3fffff, 0x900012, 0x200601,
	  SMMU_FEAT_RIL, 12, 21, true },
	{ "1G block of 4K", 0x40000000, 0x7fffffff, 0x1200012, 0x40000501,
	  SMMU_FEAT_RIL, 12, 30, true },
	{ "2M of 4K pages", 0x200000, 0x3fffff, 0x900012, 0x200701,
	  SMMU_FEAT_RIL, 12, 12, true },
	{ "2M block, start misaligned", 0x201000, 0x400fff, 0x900012, 0x201401,
	  SMMU_FEAT_RIL, 12, 21, true },
	/* contiguous: the leaves are at level 3 or 2 */
	{ "64K contiguous of 4K", 0x10000, 0x1ffff, 0x400012, 0x10701,
	  SMMU_FEAT_RIL, 12, 16, true },
	{ "32M contiguous of 4K", 0x2000000, 0x3ffffff, 0xd00012, 0x2000601,
	  SMMU_FEAT_RIL, 12, 25, true },
	{ "2M contiguous of 16K", 0x200000, 0x3fffff, 0x700012, 0x200b01,
	  SMMU_FEAT_RIL, 14, 21, true },
	{ "2M contiguous of 64K", 0x200000, 0x3fffff, 0x500012, 0x200f01,
	  SMMU_FEAT_RIL, 16, 21, true },
	{ "64G of 16K, no DS", 0x1000000000, 0x1fffffffff, 0x1600012,
	  0x1000000801, SMMU_FEAT_RIL, 14, 36, true },
	{ "64G of 16K, DS", 0x1000000000, 0x1fffffffff, 0x1600012,
	  0x1000000901, SMMU_FEAT_RIL | SMMU_FEAT_DS, 14, 36, true },
	{ "48 bits of 4K", 0, 0xffffffffffff, 0x1f1f012, 0x400,
	  SMMU_FEAT_RIL, 12, 0, false },
	{ "2M block, no RIL", 0x200000, 0x3fffff, 0x12, 0x200001, 0,
	  12, 21, true },
	{ "2M block from within, no RIL", 0x212000, 0x212fff, 0x12, 0x200001, 0,
	  12, 21, true },
	{ "last page", 0xfffffffffffff000, U64_MAX, 0x12, 0xfffffffffffff701,
	  SMMU_FEAT_RIL, 12, 12, true },
	/* the pair must not reach beyond the top */
	{ "last page, tables too", 0xfffffffffffff000, U64_MAX, 0x1012, 0xffffffffffffe400,
	  SMMU_FEAT_RIL, 12, 12, false },
	{ "last but one, tables too", 0xffffffffffffe000, 0xffffffffffffefff, 0x1012,
	  0xffffffffffffe400, SMMU_FEAT_RIL, 12, 12, false },
};

KUNIT_ARRAY_PARAM_DESC(range_case, range_cases, desc);

static void range_words(struct kunit *test)
{
	const struct range_case *c = test->param_value;
	const struct smmu_range range = {
		.start = c->start,
		.last = c->last,
		.pgshift = c->pgshift,
		.leaf = c->leaf,
	};
	struct smmu_inst *inst = kunit_kzalloc(test, sizeof(*inst), GFP_KERNEL);
	struct smmu_inv inv = {
		.inst = inst,
		.type = SMMU_INV_S1_ASID,
		.pgshift = c->granule,
	};
	struct smmu_tlbi_iter it;
	struct smmu_cmd cmd;

	KUNIT_ASSERT_NOT_NULL(test, inst);
	inst->feat.flags = SMMU_FEAT_S1 | c->flags;
	smmu_tlbi_start(&it, &inv, &range);
	KUNIT_ASSERT_TRUE(test, smmu_tlbi_next(&it, &cmd));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(cmd.w[0]), c->w0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(cmd.w[1]), c->w1);
	KUNIT_EXPECT_FALSE(test, smmu_tlbi_next(&it, &cmd));
}

/* Where the whole tag is preferred: the last size before that, and the first after */
static const struct range_bound {
	const char *desc;
	u64 start, last;
	u32 flags;
	u8 granule, pgshift;
	bool all;
} range_bounds[] = {
	{ "4K, 511 pages", 0, 511 * SZ_4K - 1, 0, 12, 0, false },
	{ "4K, 512 pages", 0, 512 * SZ_4K - 1, 0, 12, 0, true },
	{ "4K, 511 pages and a byte", 0, 511 * SZ_4K, 0, 12, 0, true },
	{ "4K, 511 pages, unaligned", 4095, 511 * SZ_4K + 4094, 0, 12, 0, true },
	{ "4K, 512 pages, RIL", 0, 512 * SZ_4K - 1, SMMU_FEAT_RIL, 12, 0,
	  false },
	{ "4K, 511 blocks", 0, 511ULL * SZ_2M - 1, 0, 12, 21, false },
	{ "4K, 512 blocks", 0, 512ULL * SZ_2M - 1, 0, 12, 21, true },
	{ "16K, 2047 pages", 0, 2047 * SZ_16K - 1, 0, 14, 14, false },
	{ "16K, 2048 pages", 0, 2048 * SZ_16K - 1, 0, 14, 14, true },
	{ "64K, 8191 pages", 0, 8191ULL * SZ_64K - 1, 0, 16, 0, false },
	{ "64K, 8192 pages", 0, 8192ULL * SZ_64K - 1, 0, 16, 0, true },
	{ "48 bits, RIL", 0, BIT_ULL(48) - 1, SMMU_FEAT_RIL, 12, 0, false },
	{ "48 bits less a page, RIL", 0, BIT_ULL(48) - SZ_4K - 1, SMMU_FEAT_RIL,
	  12, 0, false },
	{ "52 bits, RIL: 16 commands", 0, BIT_ULL(52) - 1, SMMU_FEAT_RIL,
	  12, 0, false },
	{ "52 bits and a page, RIL: 17", 0, BIT_ULL(52) + SZ_4K - 1,
	  SMMU_FEAT_RIL, 12, 0, true },
	{ "52 bits less a page, RIL: 23", 0, BIT_ULL(52) - SZ_4K - 1,
	  SMMU_FEAT_RIL, 12, 0, true },
	{ "52 bits of 64K, RIL", 0, BIT_ULL(52) - 1, SMMU_FEAT_RIL, 16, 0,
	  false },
	/* a mistake of the caller must not cause an endless loop */
	{ "end before start", SZ_1G, SZ_1M, 0, 12, 0, true },
	{ "end before start, RIL", SZ_1G, SZ_1M, SMMU_FEAT_RIL, 12, 0, true },
};

KUNIT_ARRAY_PARAM_DESC(range_bound, range_bounds, desc);

static void range_prefers_all(struct kunit *test)
{
	const struct range_bound *b = test->param_value;
	const struct smmu_features feat = { .flags = b->flags };
	const struct smmu_range range = {
		.start = b->start,
		.last = b->last,
		.pgshift = b->pgshift,
	};

	KUNIT_EXPECT_EQ(test, b->all,
			smmu_range_prefers_all(&feat, &range, b->granule));
}

static const struct atc_case {
	const char *desc;
	u64 start, last, addr;
	u8 size;
} atc_cases[] = {
	{ "one page", 0x5000, 0x5fff, 0x5000, 0 },
	{ "one byte", 0x5abc, 0x5abc, 0x5000, 0 },
	{ "aligned pair", 0x4000, 0x5fff, 0x4000, 1 },
	{ "misaligned pair", 0x5000, 0x6fff, 0x4000, 2 },
	{ "pair across 64K", 0xf000, 0x10fff, 0x0, 5 },
	{ "2M", 0x200000, 0x3fffff, 0x200000, 9 },
	{ "2M and a byte", 0x200000, 0x400000, 0x0, 11 },
	{ "top page", 0xfffffffffffff000, U64_MAX, 0xfffffffffffff000, 0 },
	{ "upper half", BIT_ULL(63), U64_MAX, BIT_ULL(63), 51 },
	{ "lower half", 0, BIT_ULL(63) - 1, 0, 51 },
	{ "across the middle", BIT_ULL(63) - 1, BIT_ULL(63), 0, 52 },
	{ "everything", 0, U64_MAX, 0, 52 },
};

KUNIT_ARRAY_PARAM_DESC(atc_case, atc_cases, desc);

static void range_atc_span(struct kunit *test)
{
	const struct atc_case *c = test->param_value;
	u64 addr = 0x5a5a;
	u8 size = 0x5a;

	smmu_atc_span(c->start, c->last, &addr, &size);
	KUNIT_EXPECT_EQ(test, addr, c->addr);
	KUNIT_EXPECT_EQ(test, size, c->size);
}

/* The span is aligned, covers the range, and half of it would not be enough */
static void range_atc_random(struct kunit *test)
{
	struct rnd_state rnd;
	u64 start, last, addr;
	u8 size;
	int i;

	prandom_seed_state(&rnd, RANGE_SEED);
	kunit_info(test, "seed %d", RANGE_SEED);
	for (i = 0; i < 20000; i++) {
		prandom_bytes_state(&rnd, &start, sizeof(start));
		prandom_bytes_state(&rnd, &last, sizeof(last));
		start >>= prandom_u32_state(&rnd) % 60;
		last >>= prandom_u32_state(&rnd) % 64;
		last = last > U64_MAX - start ? U64_MAX : start + last;

		smmu_atc_span(start, last, &addr, &size);
		KUNIT_ASSERT_LE(test, size, ATC_SIZE_ALL);
		KUNIT_ASSERT_EQ(test, 0, addr & 0xfff);
		if (size == ATC_SIZE_ALL) {
			KUNIT_ASSERT_EQ(test, 0, addr);
			KUNIT_ASSERT_NE(test, start >> 63, last >> 63);
			continue;
		}
		KUNIT_ASSERT_EQ(test, 0, addr & (BIT_ULL(12 + size) - 1));
		KUNIT_ASSERT_LE(test, addr, start);
		KUNIT_ASSERT_GE(test, addr + (BIT_ULL(12 + size) - 1), last);
		if (size)
			KUNIT_ASSERT_NE(test, start >> (11 + size),
					last >> (11 + size));
	}
}

/* Test the oracle itself with words by hand */
static void range_oracle(struct kunit *test)
{
	static const struct {
		u64 w0, w1;
		u8 shift;
		u64 first, last;
	} rows[] = {
		{ 0x12, 0x5000, 12, 0x5000, 0x5fff },
		{ 0x12, 0x5000, 21, 0, 0x1fffff },
		{ 0x1012, 0x5400, 12, 0x5000, 0x6fff },
		{ 0x100012, 0x5400, 21, 0x5000, 0x6fff },
		{ 0x101012, 0x10c00, 16, 0x10000, 0x4ffff },
		{ 0x1f1f02a, 0x400, 12, 0, 0xffffffffffff },
		{ 0x1f1f02a, 0xc00, 16, 0, 0xfffffffffffff },
		/* a range ends at the top */
		{ 0x1f1f012, 0xffffffff00000400, 12, 0xffffffff00000000,
		  U64_MAX },
	};
	struct tlbi_effect e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct smmu_cmd cmd = {
			.w = { cpu_to_le64(rows[i].w0),
			       cpu_to_le64(rows[i].w1) },
		};

		tlbi_decode(&cmd, rows[i].shift, &e);
		KUNIT_EXPECT_EQ(test, e.scope, TLBI_SCOPE_RANGE);
		KUNIT_EXPECT_EQ(test, e.first, rows[i].first);
		KUNIT_EXPECT_EQ(test, e.last, rows[i].last);
	}
}

static struct kunit_case range_test_cases[] = {
	KUNIT_CASE(range_oracle),
	KUNIT_CASE_PARAM(range_words, range_case_gen_params),
	KUNIT_CASE_PARAM(range_prefers_all, range_bound_gen_params),
	KUNIT_CASE_PARAM(range_sizes, range_world_gen_params),
	KUNIT_CASE_PARAM(range_whole_space, range_world_gen_params),
	KUNIT_CASE_PARAM(range_one_command, range_world_gen_params),
	KUNIT_CASE_PARAM(range_blocks, range_world_gen_params),
	KUNIT_CASE_PARAM(range_contiguous, range_world_gen_params),
	KUNIT_CASE_PARAM(range_random, range_world_gen_params),
	KUNIT_CASE_PARAM(range_atc_span, atc_case_gen_params),
	KUNIT_CASE(range_atc_random),
	{}
};

static struct kunit_suite range_suite = {
	.name = "smmu_range",
	.test_cases = range_test_cases,
};

kunit_test_suite(range_suite);
