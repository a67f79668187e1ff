// SPDX-License-Identifier: GPL-2.0-only
/*
 * The array at rest: the order of entries, scratch arrays, looking up, walking and checking.
 * Operations that change it are in array_change_kunit.c, long random sequences of them in
 * array_random_kunit.c, concurrent readers in array_race_kunit.c.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#include "array_tools.h"

/*
 * Order
 *
 * The rows ascend strictly. Each row differs from the one before it in the field that its comment
 * names. Wherever possible the less important fields go down, so that a comparison in another
 * order of fields is noticed.
 */
static const struct array_row ladder[] = {
	S1(0, 7, 1),
	S1(0, 9, 1),			/* id */
	S1(0, 0x100, 1),		/* id, beyond 8 bits */
	S1(0, 0xffff, 1),		/* id, largest */
	S2(0, 5, 1),			/* type, id down */
	S2(0, 6, 1),			/* id */
	VSMMU(0, 4, 1),			/* type, id down */
	VSMMU(0, 8, 1),			/* id: two vSMMUs */
	CLEAR(0, 3, 1),			/* type, id down */
	CLEAR(0, 8, 1),			/* id */
	ATS(0, 2, 0, 1),		/* type, id down */
	ATS(0, 2, 1, 1),		/* ssid */
	ATS(0, 2, 0xfffff, 1),		/* ssid, largest */
	ATS(0, 3, 0, 1),		/* id, ssid down */
	ATS(0, 0x80000001, 5, 1),	/* id, beyond a signed int */
	ATS(0, 0xffffffff, 0, 1),	/* id, largest; ssid down */
	ATS_FULL(0, 1, 1),		/* type, id down */
	ATS_FULL(0, 2, 1),		/* id */
	S1(1, 1, 1),			/* SMMU; type and id down */
	S1(2, 1, 1),			/* SMMU alone */
	ATS_FULL(2, 9, 1),		/* type */
	S2(3, 2, 1),			/* SMMU; type and id down */
};

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* One case per row: the row is compared with every row of the ladder, both ways round */
static void order_row(struct kunit *test)
{
	const struct array_row *row = test->param_value;
	const struct smmu_inv inv = test_inv(test, row);
	int at = row - ladder;
	int i;

	for (i = 0; i < ARRAY_SIZE(ladder); i++) {
		struct smmu_inv other = test_inv(test, &ladder[i]);

		/* Fields that must not be compared */
		other.users = 5;
		other.pgshift = 16;
		other.forgotten = true;

		KUNIT_EXPECT_EQ_MSG(test, sign(at - i),
				    sign(smmu_inv_cmp(&inv, &other)),
				    "rows %d and %d", at, i);
		KUNIT_EXPECT_EQ_MSG(test, sign(i - at),
				    sign(smmu_inv_cmp(&other, &inv)),
				    "rows %d and %d", i, at);
	}
}

static void describe_row(const struct array_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "SMMU %u type %u id %#x.%#x",
		 row->nr, row->type, row->id, row->ssid);
}

KUNIT_ARRAY_PARAM(ladder, ladder, describe_row);

/*
 * Scratch arrays
 */

/* Strides coprime to the ladder's length visit every row once, in odd orders */
static const u32 strides[] = { 1, ARRAY_SIZE(ladder) - 1, 5, 7, 9 };

static void describe_stride(const u32 *stride, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "stride %u", *stride);
}

KUNIT_ARRAY_PARAM(stride, strides, describe_stride);

static void add_sorts(struct kunit *test)
{
	const u32 *stride = test->param_value;
	struct smmu_array *scratch;
	u32 i, n = ARRAY_SIZE(ladder);

	scratch = test_keep(test, smmu_array_alloc(n, GFP_KERNEL));
	for (i = 0; i < n; i++) {
		struct smmu_inv inv = test_inv(test, &ladder[i * *stride % n]);

		/* Fields that must not be copied */
		inv.users = i;
		inv.forgotten = true;
		smmu_array_add(scratch, &inv);
		KUNIT_ASSERT_NULL(test, smmu_array_check(scratch));
		KUNIT_ASSERT_EQ(test, scratch->len, i + 1);
		KUNIT_ASSERT_EQ(test, scratch->num, i + 1);
	}
	test_expect_rows(test, scratch, ladder, n);
}

/* A bridge's alias may give the same StreamID twice, even when there is no room left */
static void add_drops_duplicates(struct kunit *test)
{
	struct smmu_array *scratch;
	u32 i, j, n = ARRAY_SIZE(ladder);

	scratch = test_keep(test, smmu_array_alloc(n, GFP_KERNEL));
	for (i = 0; i < n; i++)
		for (j = 0; j <= i; j++) {
			struct smmu_inv inv = test_inv(test, &ladder[j]);

			smmu_array_add(scratch, &inv);
		}
	test_expect_rows(test, scratch, ladder, n);
}

static void add_to_full_warns(struct kunit *test)
{
	struct smmu_inv inv = test_inv(test, &ladder[1]);
	struct smmu_array *scratch;

	scratch = test_keep(test, smmu_array_alloc(1, GFP_KERNEL));
	smmu_array_add(scratch, &inv);
	inv = test_inv(test, &ladder[0]);
	kunit_warning_suppress(test)
		smmu_array_add(scratch, &inv);
	test_expect_rows(test, scratch, &ladder[1], 1);
}

static void clear_empties(struct kunit *test)
{
	struct smmu_array *scratch = test_array(test, ladder, 3);
	struct smmu_inv inv = test_inv(test, &ladder[4]);

	smmu_array_clear(scratch);
	test_expect_rows(test, scratch, NULL, 0);
	smmu_array_add(scratch, &inv);
	test_expect_rows(test, scratch, &ladder[4], 1);
}

static void empty_array(struct kunit *test)
{
	struct smmu_inv key = test_inv(test, &ladder[0]);
	struct smmu_array *array;
	u32 pos = 0;

	array = test_keep(test, smmu_array_alloc(0, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, smmu_array_check(array));
	KUNIT_EXPECT_EQ(test, 0, smmu_array_count(array));
	KUNIT_EXPECT_NULL(test, smmu_array_next_live(array, &pos, 0));
	KUNIT_EXPECT_NULL(test, smmu_array_find(array, &key));
	KUNIT_EXPECT_NULL(test, smmu_array_find_tag(array, key.inst,
						    SMMU_INV_S1_ASID));
	KUNIT_EXPECT_NULL(test, smmu_array_purge(array, GFP_KERNEL));
	smmu_array_free(NULL);
}

/*
 * Looking up, walking, checking
 */
static void find(struct kunit *test)
{
	struct smmu_array *array;
	struct smmu_inv key;
	u32 i, n = ARRAY_SIZE(ladder);

	array = test_array(test, ladder, n);
	for (i = 0; i < n; i++) {
		key = test_inv(test, &ladder[i]);
		key.users = 0;
		key.pgshift = 14;
		KUNIT_EXPECT_PTR_EQ(test, smmu_array_find(array, &key),
				    &array->inv[i]);

		/* An entry without users is found, even behind num, but a forgotten one is not */
		array->inv[i].users = 0;
		array->num = 0;
		KUNIT_EXPECT_PTR_EQ(test, smmu_array_find(array, &key),
				    &array->inv[i]);
		array->inv[i].forgotten = true;
		KUNIT_EXPECT_NULL(test, smmu_array_find(array, &key));
	}

	/* Keys next to one that is there */
	key = test_inv(test, &ladder[1]);
	key.id--;
	KUNIT_EXPECT_NULL(test, smmu_array_find(array, &key));
	key = test_inv(test, &ladder[n - 1]);
	key.id++;
	KUNIT_EXPECT_NULL(test, smmu_array_find(array, &key));
	key = test_inv(test, &ladder[0]);
	key.id--;
	KUNIT_EXPECT_NULL(test, smmu_array_find(array, &key));
}

static void find_tag(struct kunit *test)
{
	static const struct array_row rows[] = {
		FORGOTTEN(0, SMMU_INV_S1_ASID, 2), S1(0, 4, 1), S2(0, 9, 0),
		S2(1, 3, 1), VSMMU(1, 1, 1),
		FORGOTTEN(2, SMMU_INV_S1_ASID, 5), VSMMU(2, 6, 1), CLEAR(2, 6, 1),
		ATS(3, 1, 0, 1),
	};
	static const struct {
		u8 nr, type;
		int at;
	} cases[] = {
		{ 0, SMMU_INV_S1_ASID, 1 },	/* not the forgotten one */
		{ 0, SMMU_INV_S2_VMID, 2 },	/* parked */
		{ 1, SMMU_INV_S1_ASID, -1 },
		{ 1, SMMU_INV_S2_VMID, 3 },
		{ 2, SMMU_INV_S1_ASID, -1 },	/* forgotten */
		{ 2, SMMU_INV_S2_VMID, -1 },	/* a vSMMU's does not count */
		{ 3, SMMU_INV_S1_ASID, -1 },
		{ 3, SMMU_INV_S2_VMID, -1 },
	};
	struct smmu_array *array = test_array(test, rows, ARRAY_SIZE(rows));
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smmu_inst *inst = test_inst(test, cases[i].nr);
		const struct smmu_inv *want = NULL;

		if (cases[i].at >= 0)
			want = &array->inv[cases[i].at];
		KUNIT_EXPECT_PTR_EQ_MSG(test, want,
					smmu_array_find_tag(array, inst,
							    cases[i].type),
					"case %u", i);
	}
}

static void find_tag_refuses(struct kunit *test)
{
	static const struct array_row rows[] = {
		VSMMU(1, 1, 1), CLEAR(1, 1, 1), ATS(1, 1, 0, 1), ATS_FULL(1, 1, 1),
	};
	struct smmu_array *array = test_array(test, rows, ARRAY_SIZE(rows));
	struct smmu_inst *inst = test_inst(test, 1);
	u8 type;

	kunit_warning_suppress(test)
		for (type = SMMU_INV_S2_VMID_VSMMU; type <= SMMU_INV_TYPES; type++)
			KUNIT_EXPECT_NULL(test, smmu_array_find_tag(array, inst,
								    type));
}

static void next_live(struct kunit *test)
{
	static const struct array_row rows[] = {
		S1(0, 1, 0), S1(0, 2, 1), ATS(0, 16, 0, 0), ATS(0, 17, 0, 0),
		ATS(0, 18, 0, 7), S1(1, 1, 1), S1(2, 1, 0),
	};
	static const u32 want[] = { 1, 4, 5 };
	struct smmu_array *array = test_array(test, rows, ARRAY_SIZE(rows));
	const struct smmu_inv *inv;
	u32 pos, i = 0;

	KUNIT_EXPECT_EQ(test, smmu_array_count(array), 6);
	for (pos = 0; (inv = smmu_array_next_live(array, &pos, 6)); pos++) {
		KUNIT_ASSERT_LT(test, i, ARRAY_SIZE(want));
		KUNIT_EXPECT_EQ(test, pos, want[i]);
		KUNIT_EXPECT_PTR_EQ(test, inv, &array->inv[want[i]]);
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(want));

	/* A reader never looks beyond the count that it took */
	pos = 5;
	KUNIT_EXPECT_NULL(test, smmu_array_next_live(array, &pos, 5));
}

/* Each rule that smmu_array_check() knows is broken once */
struct breach {
	const char *what;
	struct array_row rows[3];
	u32 more_num, more_len;
};

static const struct breach breaches[] = {
	{ "bad type", { S1(0, 1, 1), { 0, SMMU_INV_TYPES, 1, 0, 1 } } },
	{ "ssid on a TLB entry", { { 0, SMMU_INV_S1_ASID, 1, 1, 1 } } },
	{ "ssid on a TLB entry", { { 0, SMMU_INV_S2_VMID_S1_CLEAR, 1, 1, 1 } } },
	{ "forgotten entry is live", { { 0, SMMU_INV_S1_ASID, 1, 0, 1, true } } },
	{ "unsorted", { S1(0, 2, 1), S1(0, 1, 1) } },
	{ "unsorted", { S1(0, 1, 1), S1(1, 1, 0), S1(0, 3, 0) } },
	{ "duplicate", { S1(0, 1, 1), S1(0, 1, 1) } },
	{ "duplicate", { S1(0, 1, 1), ATS(0, 1, 2, 0), ATS(0, 1, 2, 0) } },
	{ "num > len", { S1(0, 1, 1) }, .more_num = 1 },
	{ "len > max", { S1(0, 1, 1) }, .more_len = 1 },
	{ "live entry behind num", { S1(0, 1, 1), S1(0, 2, 1) }, .more_num = -1 },
};

KUNIT_ARRAY_PARAM_DESC(breach, breaches, what);

static void check(struct kunit *test)
{
	const struct breach *b = test->param_value;
	struct smmu_array *array;

	array = test_array(test, b->rows, test_rows(b->rows, ARRAY_SIZE(b->rows)));
	array->num += b->more_num;
	array->len += b->more_len;
	KUNIT_EXPECT_STREQ(test, b->what, smmu_array_check(array));
}

static void check_no_smmu(struct kunit *test)
{
	struct smmu_array *array = test_array(test, ladder, 2);

	array->inv[0].inst = NULL;
	KUNIT_EXPECT_STREQ(test, "no SMMU", smmu_array_check(array));
}

static struct kunit_case array_cases[] = {
	KUNIT_CASE_PARAM(order_row, ladder_gen_params),
	KUNIT_CASE_PARAM(add_sorts, stride_gen_params),
	KUNIT_CASE(add_drops_duplicates),
	KUNIT_CASE(add_to_full_warns),
	KUNIT_CASE(clear_empties),
	KUNIT_CASE(empty_array),
	KUNIT_CASE(find),
	KUNIT_CASE(find_tag),
	KUNIT_CASE(find_tag_refuses),
	KUNIT_CASE(next_live),
	KUNIT_CASE_PARAM(check, breach_gen_params),
	KUNIT_CASE(check_no_smmu),
	{}
};

static struct kunit_suite array_suite = {
	.name = "smmu_array",
	.init = array_tools_init,
	.exit = array_tools_exit,
	.test_cases = array_cases,
};

kunit_test_suite(array_suite);
