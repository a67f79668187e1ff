// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tags: where a domain's ASIDs and VMIDs come from and where they go. Each case checks at its end
 * which ids the SMMUs hold.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/slab.h>

#include <core/tag.h>

#include "array_tools.h"

#define ID_MAX		255		/* 8 bits, as array_tools_init() has it */

/* The two id spaces as domains use them */
struct space {
	const char *desc;
	u8 type;
};

static const struct space spaces[] = {
	{ "ASID", SMMU_INV_S1_ASID },
	{ "VMID", SMMU_INV_S2_VMID },
};

KUNIT_ARRAY_PARAM_DESC(space, spaces, desc);

static u8 space_type(struct kunit *test)
{
	return ((const struct space *)test->param_value)->type;
}

static struct ida *space_ida(struct smmu_inst *inst, u8 type)
{
	return type == SMMU_INV_S1_ASID ? &inst->asids : &inst->vmids;
}

static bool is_held(struct smmu_inst *inst, u8 type, u32 id)
{
	return ida_exists(space_ida(inst, type), id);
}

static u32 held(struct smmu_inst *inst, u8 type)
{
	u32 id, n = 0;

	for (id = 0; id <= ID_MAX + 1; id++)
		n += is_held(inst, type, id);
	return n;
}

/* Number of ids held on all SMMUs, in both spaces */
static u32 held_anywhere(struct kunit *test)
{
	u32 nr, n = 0;

	for (nr = 0; nr < TEST_INSTS; nr++)
		n += held(test_inst(test, nr), SMMU_INV_S1_ASID) +
		     held(test_inst(test, nr), SMMU_INV_S2_VMID);
	return n;
}

static struct smmu_array *empty(struct kunit *test)
{
	return test_array(test, NULL, 0);
}

/* Attach a master with this tag and this stream: returns the domain's new array */
static struct smmu_array *attach(struct kunit *test,
				 const struct smmu_array *array,
				 const struct smmu_tag *tag, u32 sid)
{
	struct smmu_inv inv = { .inst = tag->inst, .pgshift = 12 };
	struct smmu_array *add;

	add = test_keep(test, smmu_array_alloc(2, GFP_KERNEL));
	inv.type = tag->type;
	inv.id = tag->id;
	smmu_array_add(add, &inv);
	inv.type = SMMU_INV_ATS;
	inv.id = sid;
	smmu_array_add(add, &inv);
	return test_keep(test, smmu_array_merge(array, add, GFP_KERNEL));
}

/* All masters leave, so all entries are parked */
static void detach_all(struct smmu_array *array)
{
	u32 i;

	for (i = 0; i < array->len; i++)
		array->inv[i].users = 0;
	array->num = 0;
}

static void reuse_in_domain(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 1);
	u8 type = space_type(test);
	struct smmu_array *array;
	struct smmu_tag tag, again;

	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_TRUE(test, tag.fresh);
	KUNIT_EXPECT_PTR_EQ(test, tag.inst, inst);
	KUNIT_EXPECT_EQ(test, tag.type, type);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tag.id));

	array = attach(test, empty(test), &tag, 8);
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, type, &again));
	KUNIT_EXPECT_FALSE(test, again.fresh);
	KUNIT_EXPECT_PTR_EQ(test, again.inst, inst);
	KUNIT_EXPECT_EQ(test, again.type, type);
	KUNIT_EXPECT_EQ(test, again.id, tag.id);
	KUNIT_EXPECT_EQ(test, held_anywhere(test), 1);
}

static void reuse_parked(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 1);
	u8 type = space_type(test);
	struct smmu_array *array;
	struct smmu_tag tag, again;

	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	array = attach(test, empty(test), &tag, 8);
	detach_all(array);

	/* The id is reserved for this array ... */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, type, &again));
	KUNIT_EXPECT_FALSE(test, again.fresh);
	KUNIT_EXPECT_EQ(test, again.id, tag.id);

	/* ... and other arrays do not get it */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &again));
	KUNIT_EXPECT_TRUE(test, again.fresh);
	KUNIT_EXPECT_NE(test, again.id, tag.id);
}

static void separate_per_smmu(struct kunit *test)
{
	u8 type = space_type(test);
	struct smmu_array *array = empty(test);
	struct smmu_tag tag[TEST_INSTS], other, again;
	u32 nr;

	/* Another domain gets an id on SMMU 2 first, so the ids are not equal everywhere */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, test_inst(test, 2), type,
					      &other));
	for (nr = 0; nr < TEST_INSTS; nr++) {
		KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, test_inst(test, nr),
						      type, &tag[nr]));
		KUNIT_EXPECT_TRUE(test, tag[nr].fresh);
		KUNIT_EXPECT_PTR_EQ(test, tag[nr].inst, test_inst(test, nr));
		KUNIT_EXPECT_EQ(test, tag[nr].id, nr == 2 ? 2 : 1);
		array = attach(test, array, &tag[nr], 8);
	}
	for (nr = 0; nr < TEST_INSTS; nr++) {
		KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, test_inst(test, nr),
						      type, &again));
		KUNIT_EXPECT_FALSE(test, again.fresh);
		KUNIT_EXPECT_EQ(test, again.id, tag[nr].id);
	}
	KUNIT_EXPECT_EQ(test, held_anywhere(test), TEST_INSTS + 1);
}

static void separate_per_domain(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	u8 type = space_type(test);
	struct smmu_tag a, b;

	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &a));
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &b));
	KUNIT_EXPECT_TRUE(test, b.fresh);
	KUNIT_EXPECT_NE(test, a.id, b.id);
}

static void separate_spaces(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	struct smmu_array *array;
	struct smmu_tag s1, s2;

	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst,
					      SMMU_INV_S1_ASID, &s1));
	array = attach(test, empty(test), &s1, 8);
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, SMMU_INV_S2_VMID,
					      &s2));
	KUNIT_EXPECT_TRUE(test, s2.fresh);
	KUNIT_EXPECT_EQ(test, s1.id, s2.id);
	KUNIT_EXPECT_EQ(test, held(inst, SMMU_INV_S1_ASID), 1);
	KUNIT_EXPECT_EQ(test, held(inst, SMMU_INV_S2_VMID), 1);
}

/*
 * A nest parent on one SMMU: two vSMMUs, and a raw attachment. These are three VMIDs, of which
 * only the raw one is ever found.
 */
static void vsmmu_is_never_searched(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 1);
	struct smmu_tag vsmmu = { .inst = inst, .type = SMMU_INV_S2_VMID_VSMMU };
	struct smmu_array *array = empty(test);
	struct smmu_tag raw, again;
	int first, second;

	first = smmu_tag_alloc_vmid(inst);
	second = smmu_tag_alloc_vmid(inst);
	KUNIT_EXPECT_GT(test, first, 0);
	KUNIT_EXPECT_GT(test, second, 0);
	KUNIT_EXPECT_NE(test, first, second);

	vsmmu.id = first;
	array = attach(test, array, &vsmmu, 8);
	vsmmu.id = second;
	array = attach(test, array, &vsmmu, 9);

	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, SMMU_INV_S2_VMID,
					      &raw));
	KUNIT_EXPECT_TRUE(test, raw.fresh);
	KUNIT_EXPECT_NE(test, raw.id, (u32)first);
	KUNIT_EXPECT_NE(test, raw.id, (u32)second);

	array = attach(test, array, &raw, 10);
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, SMMU_INV_S2_VMID,
					      &again));
	KUNIT_EXPECT_FALSE(test, again.fresh);
	KUNIT_EXPECT_EQ(test, again.id, raw.id);

	smmu_tag_free(inst, SMMU_INV_S2_VMID_VSMMU, first);
	KUNIT_EXPECT_FALSE(test, is_held(inst, SMMU_INV_S2_VMID, first));
	KUNIT_EXPECT_TRUE(test, is_held(inst, SMMU_INV_S2_VMID, second));
}

static void get_refuses(struct kunit *test)
{
	static const struct array_row rows[] = { VSMMU(0, 5, 1), CLEAR(0, 5, 1) };
	struct smmu_array *array = test_array(test, rows, ARRAY_SIZE(rows));
	struct smmu_tag tag;
	u8 type;

	kunit_warning_suppress(test)
		for (type = SMMU_INV_S2_VMID_VSMMU; type <= SMMU_INV_TYPES; type++)
			KUNIT_EXPECT_EQ(test, -EINVAL,
					smmu_tag_get(array, test_inst(test, 0),
						     type, &tag));
	KUNIT_EXPECT_EQ(test, held_anywhere(test), 0);
}

static void free_refuses(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	int vmid = smmu_tag_alloc_vmid(inst);

	KUNIT_ASSERT_GT(test, vmid, 0);
	kunit_warning_suppress(test)
		smmu_tag_free(inst, SMMU_INV_S2_VMID_S1_CLEAR, vmid);
	KUNIT_EXPECT_EQ(test, held(inst, SMMU_INV_S2_VMID), 1);
}

/* Fill a space with one domain per id, up to the last id */
static struct smmu_tag *fill(struct kunit *test, struct smmu_inst *inst, u8 type)
{
	struct smmu_array *none = empty(test);
	struct smmu_tag *tags;
	u32 i;

	tags = kunit_kcalloc(test, ID_MAX, sizeof(*tags), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tags);
	for (i = 0; i < ID_MAX; i++) {
		KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(none, inst, type, &tags[i]));
		KUNIT_ASSERT_TRUE(test, tags[i].fresh);
		KUNIT_ASSERT_NE(test, tags[i].id, 0);
		KUNIT_ASSERT_LE(test, tags[i].id, ID_MAX);
	}
	KUNIT_ASSERT_EQ(test, held(inst, type), ID_MAX);
	KUNIT_ASSERT_FALSE(test, is_held(inst, type, 0));
	return tags;
}

static void exhausted(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 2);
	u8 type = space_type(test);
	struct smmu_tag *tags = fill(test, inst, type), tag = {};
	struct smmu_array *array;
	u32 i;

	/* The failure changes nothing, not even @tag */
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, -ENOSPC,
				smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_NULL(test, tag.inst);
	if (type == SMMU_INV_S2_VMID)
		KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_alloc_vmid(inst));
	KUNIT_EXPECT_EQ(test, held_anywhere(test), ID_MAX);

	/* A domain that has a tag still gets it, and another SMMU still has free ids */
	array = attach(test, empty(test), &tags[100], 8);
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_get(array, inst, type, &tag));
	KUNIT_EXPECT_EQ(test, tag.id, tags[100].id);
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_get(array, test_inst(test, 1), type,
					      &tag));
	smmu_tag_undo(&tag);

	/* The id that is given back is the one that is given out next */
	smmu_tag_undo(&tags[77]);
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_EQ(test, tag.id, tags[77].id);
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(empty(test), inst, type, &tag));

	for (i = 0; i < ID_MAX; i++)
		smmu_tag_free(inst, type, tags[i].id);
	KUNIT_EXPECT_EQ(test, held_anywhere(test), 0);
}

/* An id space of 0 bits, as of an SMMU without the stage, and one of 16 */
static void width_of_ids(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	u8 type = space_type(test);
	struct smmu_tag tag;

	fill(test, inst, type);
	inst->feat.asid_bits = 16;
	inst->feat.vmid_bits = 16;
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_EQ(test, tag.id, ID_MAX + 1);

	KUNIT_ASSERT_EQ(test, 0xffff, ida_alloc_range(space_ida(inst, type), 0xffff,
						      0xffff, GFP_KERNEL));
	smmu_tag_free(inst, type, 0xffff);

	inst = test_inst(test, 1);
	inst->feat.asid_bits = 0;
	inst->feat.vmid_bits = 0;
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_EQ(test, held(inst, type), 0);
}

/* Each space has its own width */
static void width_of_the_other(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	u8 type = space_type(test);
	struct smmu_tag tag;

	if (type == SMMU_INV_S1_ASID)
		inst->feat.vmid_bits = 16;
	else
		inst->feat.asid_bits = 16;
	fill(test, inst, type);
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(empty(test), inst, type, &tag));
}

static void undo(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 3);
	u8 type = space_type(test);
	struct smmu_array *array;
	struct smmu_tag tag, found, fresh;

	/* A fresh tag is given back once */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &fresh));
	smmu_tag_undo(&fresh);
	KUNIT_EXPECT_EQ(test, held_anywhere(test), 0);
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	smmu_tag_undo(&fresh);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tag.id));

	/* A tag that was found has other users, live or parked, and is not given back */
	array = attach(test, empty(test), &tag, 8);
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, type, &found));
	smmu_tag_undo(&found);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tag.id));
	detach_all(array);
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, type, &found));
	smmu_tag_undo(&found);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tag.id));
	KUNIT_EXPECT_EQ(test, held_anywhere(test), 1);
}

/*
 * Reclaim. The domain was on SMMUs 0 and 1 in every way at once; entries with users are still
 * live.
 */
static const struct array_row parked_rows[] = {
	S1(0, 5, 0), S2(0, 6, 1), VSMMU(0, 7, 0), CLEAR(0, 7, 0), ATS(0, 8, 0, 0),
	S1(1, 5, 1), S2(1, 6, 0), VSMMU(1, 7, 0), CLEAR(1, 7, 0), ATS(1, 8, 0, 1),
	S1(2, 5, 0), FORGOTTEN(2, SMMU_INV_S2_VMID, 6), VSMMU(2, 7, 0),
	CLEAR(2, 7, 1), CLEAR(2, 9, 0),
};

struct reclaim {
	const char *desc;
	int nr;				/* -1: all SMMUs */
	u8 type;
	u32 freed;
	u32 forgotten;			/* BIT() of the row, besides those before */
};

static const struct reclaim reclaims[] = {
	{ "ASIDs of SMMU 0", 0, SMMU_INV_S1_ASID, 1, BIT(0) },
	{ "VMIDs of SMMU 0", 0, SMMU_INV_S2_VMID, 0, 0 },
	{ "ASIDs of SMMU 1", 1, SMMU_INV_S1_ASID, 0, 0 },
	{ "VMIDs of SMMU 1", 1, SMMU_INV_S2_VMID, 1, BIT(6) },
	{ "vSMMUs of SMMU 1", 1, SMMU_INV_S2_VMID_VSMMU, 0, BIT(7) | BIT(8) },
	{ "vSMMUs of SMMU 2", 2, SMMU_INV_S2_VMID_VSMMU, 0, BIT(12) },
	{ "VMIDs of SMMU 2", 2, SMMU_INV_S2_VMID, 0, 0 },
	{ "SMMU 0", 0, SMMU_INV_TYPES, 1, BIT(0) | BIT(2) | BIT(3) | BIT(4) },
	{ "SMMU 1", 1, SMMU_INV_TYPES, 1, BIT(6) | BIT(7) | BIT(8) },
	{ "SMMU 2", 2, SMMU_INV_TYPES, 1, BIT(10) | BIT(12) | BIT(14) },
	{ "SMMU 3", 3, SMMU_INV_TYPES, 0, 0 },
	{ "ASIDs", -1, SMMU_INV_S1_ASID, 2, BIT(0) | BIT(10) },
	{ "VMIDs", -1, SMMU_INV_S2_VMID, 1, BIT(6) },
	{ "vSMMUs", -1, SMMU_INV_S2_VMID_VSMMU, 0,
	  BIT(2) | BIT(3) | BIT(7) | BIT(8) | BIT(12) },
	{ "everything", -1, SMMU_INV_TYPES, 3,
	  BIT(0) | BIT(2) | BIT(3) | BIT(4) | BIT(6) | BIT(7) | BIT(8) | BIT(10) |
	  BIT(12) | BIT(14) },
};

KUNIT_ARRAY_PARAM_DESC(reclaim, reclaims, desc);

/* Allocate the ids of the rows on their SMMUs */
static void hold_ids(struct kunit *test, const struct array_row *rows, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		struct ida *ida = space_ida(test_inst(test, rows[i].nr),
					    rows[i].type);

		if (!smmu_inv_has_tag(rows[i].type) || rows[i].forgotten)
			continue;
		KUNIT_ASSERT_EQ(test, rows[i].id,
				ida_alloc_range(ida, rows[i].id, rows[i].id,
						GFP_KERNEL));
	}
}

static void reclaim(struct kunit *test)
{
	const struct reclaim *c = test->param_value;
	struct smmu_inst *inst = c->nr < 0 ? NULL : test_inst(test, c->nr);
	struct array_row want[ARRAY_SIZE(parked_rows)];
	u32 i, n = ARRAY_SIZE(parked_rows), before;
	struct smmu_array *array = test_array(test, parked_rows, n);

	hold_ids(test, parked_rows, n);
	before = held_anywhere(test);

	KUNIT_EXPECT_EQ(test, c->freed, smmu_tag_reclaim(array, inst, c->type));
	KUNIT_EXPECT_EQ(test, held_anywhere(test), before - c->freed);

	memcpy(want, parked_rows, sizeof(want));
	for (i = 0; i < n; i++) {
		struct smmu_inst *its = test_inst(test, want[i].nr);

		if (c->forgotten & BIT(i)) {
			want[i].forgotten = true;
			/* freed, unless it is a vSMMU's; the others have no id to free */
			if (smmu_inv_has_tag(want[i].type))
				KUNIT_EXPECT_EQ(test, want[i].type == SMMU_INV_S2_VMID_VSMMU,
						is_held(its, want[i].type, want[i].id));
		} else if (smmu_inv_has_tag(want[i].type) && !want[i].forgotten) {
			KUNIT_EXPECT_TRUE(test, is_held(its, want[i].type,
							want[i].id));
		}
	}
	test_expect_rows(test, array, want, n);

	/* Nothing is freed twice */
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_reclaim(array, inst, c->type));
}

/* After -ENOSPC, parked tags of another domain make room */
static void reclaim_makes_room(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	u8 type = space_type(test);
	struct smmu_tag *tags = fill(test, inst, type), tag, back;
	struct smmu_array *idle, *idle_again;

	idle = attach(test, empty(test), &tags[9], 8);
	detach_all(idle);
	KUNIT_ASSERT_EQ(test, -ENOSPC, smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_EQ(test, 1, smmu_tag_reclaim(idle, inst, type));
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_TRUE(test, tag.fresh);
	KUNIT_EXPECT_EQ(test, tag.id, tags[9].id);

	/* The idle domain has lost its tag and does not find it */
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(idle, inst, type, &back));
	smmu_tag_undo(&tag);

	/* This holds even when it gets the same number again */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(idle, inst, type, &back));
	KUNIT_EXPECT_TRUE(test, back.fresh);
	KUNIT_EXPECT_EQ(test, back.id, tags[9].id);
	idle_again = attach(test, idle, &back, 8);
	KUNIT_EXPECT_EQ(test, idle_again->len, 2);
	KUNIT_EXPECT_EQ(test, smmu_array_count(idle_again), 2);
}

/*
 * A parked tag whose flush is under way: another device may come back to it and must know, and
 * nobody else gets the id. The count of flushes goes with the entry wherever it is copied.
 */
static void under_flush(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	u8 type = space_type(test);
	struct smmu_inv *inv, key;
	struct smmu_tag tag, other;
	struct smmu_array *array;
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	array = attach(test, empty(test), &tag, 8);
	detach_all(array);
	inv = &array->inv[0];
	smmu_inv_flush_begin(inv);
	smmu_inv_flush_begin(inv);
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_reclaim(array, inst, type));
	/* another SMMU's device enters the domain: the array is copied */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, test_inst(test, 1), type, &other));
	array = attach(test, array, &other, 8);
	key = (struct smmu_inv){ .inst = inst, .type = type, .id = tag.id };
	inv = smmu_array_find(array, &key);
	KUNIT_ASSERT_NOT_NULL(test, inv);
	KUNIT_EXPECT_EQ(test, 2, inv->flushes);
	/* the device comes back to the same id, and leaves again */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, type, &other));
	KUNIT_EXPECT_EQ(test, tag.id, other.id);
	KUNIT_EXPECT_FALSE(test, other.fresh);
	smmu_inv_flush_end(inv);
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_reclaim(array, inst, type));
	smmu_inv_flush_end(inv);
	KUNIT_EXPECT_EQ(test, 1, smmu_tag_reclaim(array, inst, type));
	KUNIT_EXPECT_EQ(test, 0, held(inst, type));

	/* more at once than can be counted: the id is reclaimed when the domain is freed */
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(empty(test), inst, type, &tag));
	array = attach(test, empty(test), &tag, 8);
	detach_all(array);
	for (i = 0; i < U8_MAX + 1; i++)
		smmu_inv_flush_begin(&array->inv[0]);
	for (i = 0; i < U8_MAX + 1; i++)
		smmu_inv_flush_end(&array->inv[0]);
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_reclaim(array, inst, type));
	KUNIT_EXPECT_EQ(test, 1, smmu_tag_reclaim(array, inst, SMMU_INV_TYPES));
	KUNIT_EXPECT_EQ(test, 0, held(inst, type));
}

/*
 * A withheld id does not come back, not to its domain, not by a reclaim, not in a full space,
 * before everything was flushed
 */
static void withhold(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	u8 type = space_type(test);
	struct smmu_tag *tags = fill(test, inst, type), tag;
	struct smmu_array *array = attach(test, empty(test), &tags[3], 8);

	detach_all(array);
	smmu_tag_withhold(inst, type, tags[3].id);
	smmu_array_forget(array, &array->inv[0]);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->withheld), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_inst(test, 1)->withheld), 0);
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(array, inst, type, &tag));
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_reclaim(array, inst, type));
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(empty(test), inst, type, &tag));
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tags[3].id));

	smmu_tag_give_back(test_inst(test, 1));
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tags[3].id));
	smmu_tag_give_back(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->withheld), 0);
	KUNIT_ASSERT_EQ(test, 0, smmu_tag_get(array, inst, type, &tag));
	KUNIT_EXPECT_EQ(test, tags[3].id, tag.id);
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(empty(test), inst, type, &tag));
	/* it is given back once */
	smmu_tag_give_back(inst);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tags[3].id));
}

static int no_memory(struct ida *ida, u32 min, u32 max, gfp_t gfp)
{
	return -ENOMEM;
}

/* Without memory to remember it, the id is withheld for good, and its number is not lost */
static void withhold_for_good(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	u8 type = space_type(test);
	struct smmu_tag *tags = fill(test, inst, type);

	kunit_activate_static_stub(test, smmu_tag_ida_alloc, no_memory);
	smmu_tag_withhold(inst, type, tags[3].id);
	kunit_deactivate_static_stub(test, smmu_tag_ida_alloc);
	smmu_tag_withhold(inst, type, tags[5].id);
	smmu_tag_give_back(inst);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->withheld), 1);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, tags[3].id));
	KUNIT_EXPECT_FALSE(test, is_held(inst, type, tags[5].id));
}

/* What an attach allocates, in drv's order; returns 0 or an error */
static int prepare(struct kunit *test, struct smmu_array **array, u8 type)
{
	struct smmu_inst *inst = test_inst(test, 1);
	struct smmu_inv inv = { .inst = inst, .type = type, .pgshift = 12 };
	struct smmu_array *add, *new;
	struct smmu_tag tag;
	int ret;

	ret = smmu_tag_get(*array, inst, type, &tag);
	if (ret)
		return ret;

	add = smmu_array_alloc(1, GFP_KERNEL);
	if (!add) {
		smmu_tag_undo(&tag);
		return -ENOMEM;
	}
	inv.id = tag.id;
	smmu_array_add(add, &inv);
	new = smmu_array_merge(*array, add, GFP_KERNEL);
	smmu_array_free(add);
	if (IS_ERR(new)) {
		smmu_tag_undo(&tag);
		return PTR_ERR(new);
	}
	*array = test_keep(test, new);
	return 0;
}

/* Each allocation of an attach fails in turn: no id is lost, and the array stays as it was */
static void allocation_failures(struct kunit *test)
{
	static const struct array_row rows[] = {
		S1(0, 3, 1), S2(0, 3, 1), ATS(0, 16, 0, 0),
	};
	struct smmu_array *old = test_array(test, rows, ARRAY_SIZE(rows));
	struct smmu_array *was = test_copy(test, old), *array = old;
	u8 type = space_type(test);
	u32 before, asked;
	int n, ret = -ENOMEM;

	hold_ids(test, rows, ARRAY_SIZE(rows));
	before = held_anywhere(test);
	for (n = 0; n < 10; n++) {
		asked = test_fail_after(test, n);
		ret = prepare(test, &array, type);
		asked = test_fail_after(test, -1) - asked;
		if (!ret)
			break;
		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_EQ(test, asked, n + 1);
		KUNIT_EXPECT_EQ(test, held_anywhere(test), before);
		KUNIT_EXPECT_PTR_EQ(test, array, old);
		test_expect_untouched(test, old, was);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, n, 3);	/* id, scratch array, merged array */
	KUNIT_EXPECT_EQ(test, held_anywhere(test), before + 1);
	KUNIT_EXPECT_EQ(test, array->len, 4);	/* including the stream that was there before */

	/* A second master of that SMMU finds the tag; if its attach fails, the tag stays */
	for (n = 0; n < 2; n++) {
		test_fail_after(test, n);
		KUNIT_EXPECT_EQ(test, -ENOMEM, prepare(test, &array, type));
		test_fail_after(test, -1);
		KUNIT_EXPECT_EQ(test, held_anywhere(test), before + 1);
	}
}

static void alloc_vmid_without_memory(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);

	test_fail_after(test, 0);
	KUNIT_EXPECT_EQ(test, -ENOMEM, smmu_tag_alloc_vmid(inst));
	test_fail_after(test, -1);
	KUNIT_EXPECT_EQ(test, held_anywhere(test), 0);
}

static void alloc_vmid_exhausts(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 0);
	struct smmu_tag tag;
	int i;

	for (i = 0; i < ID_MAX; i++)
		KUNIT_ASSERT_GT(test, smmu_tag_alloc_vmid(inst), 0);
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_alloc_vmid(inst));
	KUNIT_EXPECT_EQ(test, -ENOSPC, smmu_tag_get(empty(test), inst,
						    SMMU_INV_S2_VMID, &tag));
	KUNIT_EXPECT_EQ(test, 0, smmu_tag_get(empty(test), inst,
					      SMMU_INV_S1_ASID, &tag));
	KUNIT_EXPECT_FALSE(test, is_held(inst, SMMU_INV_S2_VMID, 0));
	KUNIT_EXPECT_EQ(test, held(inst, SMMU_INV_S2_VMID), ID_MAX);
}

/* Ids that tables of the kernel before name are not given out, however many entries name them */
static void reserved(struct kunit *test)
{
	static const u32 ids[] = { 1, 2, 77, 2, ID_MAX };
	struct smmu_inst *inst = test_inst(test, 1);
	u8 type = space_type(test);
	struct smmu_tag tag;
	u32 i, n = 0;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_ASSERT_EQ(test, 0, smmu_tag_reserve(inst, type, ids[i]));
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(ids) - 1, held_anywhere(test));
	while (!smmu_tag_get(empty(test), inst, type, &tag)) {
		KUNIT_ASSERT_TRUE(test, tag.fresh);
		for (i = 0; i < ARRAY_SIZE(ids); i++)
			KUNIT_EXPECT_NE(test, ids[i], tag.id);
		n++;
	}
	KUNIT_EXPECT_EQ(test, ID_MAX - (ARRAY_SIZE(ids) - 1), n);
	/* they are not withheld, so they do not come back with those that are */
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&inst->withheld));
	smmu_tag_give_back(inst);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, 77));
}

static void reserved_or_not(struct kunit *test)
{
	struct smmu_inst *inst = test_inst(test, 1);
	u8 type = space_type(test);

	KUNIT_EXPECT_EQ(test, 0, smmu_tag_reserve(inst, type, 5));
	kunit_activate_static_stub(test, smmu_tag_ida_alloc, no_memory);
	KUNIT_EXPECT_EQ(test, -ENOMEM, smmu_tag_reserve(inst, type, 6));
	kunit_deactivate_static_stub(test, smmu_tag_ida_alloc);
	KUNIT_EXPECT_TRUE(test, is_held(inst, type, 5));
	KUNIT_EXPECT_FALSE(test, is_held(inst, type, 6));
	smmu_tag_unreserve_all(inst);
	KUNIT_EXPECT_EQ(test, 0, held_anywhere(test));
}

static struct kunit_case tag_cases[] = {
	KUNIT_CASE_PARAM(reuse_in_domain, space_gen_params),
	KUNIT_CASE_PARAM(reuse_parked, space_gen_params),
	KUNIT_CASE_PARAM(separate_per_smmu, space_gen_params),
	KUNIT_CASE_PARAM(separate_per_domain, space_gen_params),
	KUNIT_CASE(separate_spaces),
	KUNIT_CASE(vsmmu_is_never_searched),
	KUNIT_CASE(get_refuses),
	KUNIT_CASE(free_refuses),
	KUNIT_CASE_PARAM(exhausted, space_gen_params),
	KUNIT_CASE_PARAM(width_of_ids, space_gen_params),
	KUNIT_CASE_PARAM(width_of_the_other, space_gen_params),
	KUNIT_CASE_PARAM(undo, space_gen_params),
	KUNIT_CASE_PARAM(reclaim, reclaim_gen_params),
	KUNIT_CASE_PARAM(reclaim_makes_room, space_gen_params),
	KUNIT_CASE_PARAM(under_flush, space_gen_params),
	KUNIT_CASE_PARAM(withhold, space_gen_params),
	KUNIT_CASE_PARAM(withhold_for_good, space_gen_params),
	KUNIT_CASE_PARAM(allocation_failures, space_gen_params),
	KUNIT_CASE_PARAM(reserved, space_gen_params),
	KUNIT_CASE_PARAM(reserved_or_not, space_gen_params),
	KUNIT_CASE(alloc_vmid_without_memory),
	KUNIT_CASE(alloc_vmid_exhausts),
	{}
};

static struct kunit_suite tag_suite = {
	.name = "smmu_tag",
	.init = array_tools_init,
	.exit = array_tools_exit,
	.test_cases = tag_cases,
};

kunit_test_suite(tag_suite);
