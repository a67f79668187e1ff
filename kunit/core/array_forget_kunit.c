// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which entries come back without memory, and which are forgotten for good: single entries, whole
 * streams and VMIDs.
 */
#include <kunit/test.h>
#include <linux/err.h>

#include "array_tools.h"

/* A forgotten entry, of any type, is neither found nor revived, and the next copy drops it */
static void forget(struct kunit *test)
{
	static const struct array_row old[] = {
		S1(0, 1, 1), S1(1, 1, 0), S2(1, 2, 0), VSMMU(1, 3, 0), CLEAR(1, 3, 0),
		ATS(1, 4, 1, 0), ATS_FULL(1, 5, 0), S1(2, 1, 1),
	};
	u32 i, n = ARRAY_SIZE(old);
	struct smmu_array *none = test_array(test, NULL, 0);

	for (i = 1; i < n - 1; i++) {
		struct smmu_array *array = test_array(test, old, n);
		struct smmu_array *add = test_array(test, &old[i], 1);
		struct array_row want[ARRAY_SIZE(old)];

		smmu_array_forget(array, &array->inv[i]);
		KUNIT_EXPECT_NULL(test, smmu_array_check(array));
		KUNIT_EXPECT_EQ(test, array->len, n);
		KUNIT_EXPECT_NULL(test, smmu_array_find(array, &add->inv[0]));
		if (old[i].type <= SMMU_INV_S2_VMID)
			KUNIT_EXPECT_NULL(test, smmu_array_find_tag(array, test_inst(test, 1),
								    old[i].type));
		KUNIT_EXPECT_FALSE(test, smmu_array_revive(array, add));

		/* The entry is gone, its neighbours are not */
		memcpy(want, old, sizeof(want));
		memmove(&want[i], &want[i + 1], (n - 1 - i) * sizeof(*want));
		test_expect_rows(test, test_keep(test, smmu_array_purge(array, GFP_KERNEL)),
				 want, n - 1);
		test_expect_rows(test, test_keep(test, smmu_array_merge(array, none, GFP_KERNEL)),
				 want, n - 1);

		/* An equal entry for another attachment is a new entry */
		add->inv[0].users = 1;
		memcpy(want, old, sizeof(want));
		want[i].users = 1;
		test_expect_rows(test, test_keep(test, smmu_array_merge(array, add, GFP_KERNEL)),
				 want, n);
	}
}

/* An entry that is live, one that is forgotten already, one that is in no array */
static void forget_refuses(struct kunit *test)
{
	static const struct array_row rows[] = {
		S1(0, 1, 1), FORGOTTEN(0, SMMU_INV_S1_ASID, 2), CLEAR(0, 3, 2),
		FORGOTTEN(0, SMMU_INV_ATS, 1),
	};
	static const struct array_row parked = S1(1, 1, 0);
	struct smmu_array *array = test_array(test, rows, ARRAY_SIZE(rows));
	struct smmu_inv stranger = test_inv(test, &parked);
	u32 i;

	kunit_warning_suppress(test) {
		for (i = 0; i < ARRAY_SIZE(rows); i++)
			smmu_array_forget(array, &array->inv[i]);
		smmu_array_forget(array, &stranger);
	}
	test_expect_rows(test, array, rows, ARRAY_SIZE(rows));
	KUNIT_EXPECT_FALSE(test, stranger.forgotten);
}

/* A device goes: its streams' ATS entries of every SubstreamID are forgotten, and no others */
static void forget_stream(struct kunit *test)
{
	static const struct array_row old[] = {
		S1(0, 8, 0), VSMMU(0, 8, 0), CLEAR(0, 8, 0), ATS(0, 8, 0, 0),
		ATS(0, 8, 5, 0), ATS(0, 9, 0, 0), ATS_FULL(0, 8, 0), ATS(1, 8, 0, 0),
	};
	static const struct array_row want[] = {
		S1(0, 8, 0), VSMMU(0, 8, 0), CLEAR(0, 8, 0), ATS(0, 9, 0, 0),
		ATS(1, 8, 0, 0),
	};
	struct smmu_array *array = test_array(test, old, ARRAY_SIZE(old));

	KUNIT_EXPECT_EQ(test, 3, smmu_array_forget_stream(array, test_inst(test, 0), 8));
	KUNIT_EXPECT_NULL(test, smmu_array_check(array));
	test_expect_rows(test, test_keep(test, smmu_array_purge(array, GFP_KERNEL)),
			 want, ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, 0, smmu_array_forget_stream(array, test_inst(test, 0), 8));
}

/* A vSMMU goes: the two entries of its VMID are forgotten, and no others */
static void forget_vmid(struct kunit *test)
{
	static const struct array_row old[] = {
		S1(0, 8, 0), S2(0, 8, 0), VSMMU(0, 8, 0), VSMMU(0, 9, 1), CLEAR(0, 8, 0),
		CLEAR(0, 9, 1), ATS_FULL(0, 8, 0), VSMMU(1, 8, 0),
	};
	static const struct array_row want[] = {
		S1(0, 8, 0), S2(0, 8, 0), VSMMU(0, 9, 1), CLEAR(0, 9, 1),
		ATS_FULL(0, 8, 0), VSMMU(1, 8, 0),
	};
	struct smmu_array *array = test_array(test, old, ARRAY_SIZE(old));

	KUNIT_EXPECT_EQ(test, 2, smmu_array_forget_vmid(array, test_inst(test, 0), 8));
	KUNIT_EXPECT_NULL(test, smmu_array_check(array));
	test_expect_rows(test, test_keep(test, smmu_array_purge(array, GFP_KERNEL)),
			 want, ARRAY_SIZE(want));
}

/* Entries that still have a user stay, with a warning */
static void forget_live_warns(struct kunit *test)
{
	static const struct array_row old[] = {
		VSMMU(0, 8, 1), CLEAR(0, 8, 0), ATS(0, 8, 0, 1), ATS(0, 8, 3, 0),
		ATS_FULL(0, 8, 1),
	};
	static const struct array_row want[] = {
		VSMMU(0, 8, 1), ATS(0, 8, 0, 1), ATS_FULL(0, 8, 1),
	};
	struct smmu_array *array = test_array(test, old, ARRAY_SIZE(old));

	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, 1, smmu_array_forget_stream(array, test_inst(test, 0), 8));
		KUNIT_EXPECT_EQ(test, 1, smmu_array_forget_vmid(array, test_inst(test, 0), 8));
	}
	KUNIT_EXPECT_NULL(test, smmu_array_check(array));
	test_expect_rows(test, test_keep(test, smmu_array_purge(array, GFP_KERNEL)),
			 want, ARRAY_SIZE(want));
}

/*
 * A device leaves, and others come and go, some for good. The device then comes back with all its
 * entries while every allocation fails.
 */
static void comes_back_without_memory(struct kunit *test)
{
	static const struct array_row mine[] = {
		S1(0, 1, 1), S2(0, 2, 1), VSMMU(0, 3, 1), CLEAR(0, 3, 1), ATS(0, 16, 0, 1),
		ATS(0, 16, 4, 1), ATS_FULL(0, 17, 1),
	};
	static const struct array_row other[] = {
		ATS(0, 5, 0, 1), ATS(0, 16, 2, 1), ATS_FULL(0, 18, 1), S1(1, 1, 1),
	};
	static const struct array_row away[] = {
		S1(0, 1, 0), S2(0, 2, 0), VSMMU(0, 3, 0), CLEAR(0, 3, 0), ATS(0, 16, 0, 0),
		ATS(0, 16, 2, 1), ATS(0, 16, 4, 0), ATS_FULL(0, 17, 0), ATS_FULL(0, 18, 1),
		S1(1, 1, 1),
	};
	static const struct array_row back[] = {
		S1(0, 1, 1), S2(0, 2, 1), VSMMU(0, 3, 1), CLEAR(0, 3, 1), ATS(0, 16, 0, 1),
		ATS(0, 16, 2, 1), ATS(0, 16, 4, 1), ATS_FULL(0, 17, 1), ATS_FULL(0, 18, 1),
		S1(1, 1, 1),
	};
	struct smmu_array *array = test_array(test, mine, ARRAY_SIZE(mine));
	struct smmu_array *me = test_array(test, mine, ARRAY_SIZE(mine));
	struct smmu_array *first = test_array(test, other, 1);
	struct smmu_array *rest = test_array(test, other + 1, ARRAY_SIZE(other) - 1);

	smmu_array_unref(array, me);
	KUNIT_EXPECT_EQ(test, smmu_array_count(array), 0);
	KUNIT_EXPECT_NULL(test, smmu_array_purge(array, GFP_KERNEL));

	array = test_keep(test, smmu_array_merge(array, first, GFP_KERNEL));
	smmu_array_unref(array, first);
	array = test_keep(test, smmu_array_merge(array, rest, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 1, smmu_array_forget_stream(array, test_inst(test, 0), 5));
	array = test_keep(test, smmu_array_purge(array, GFP_KERNEL));
	test_expect_rows(test, array, away, ARRAY_SIZE(away));

	test_fail_after(test, 0);
	KUNIT_EXPECT_TRUE(test, smmu_array_revive(array, me));
	KUNIT_EXPECT_EQ(test, 0, test_fail_after(test, -1));
	test_expect_rows(test, array, back, ARRAY_SIZE(back));
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(back), smmu_array_count(array));
}

/* One entry of several is forgotten: the revival fails and does not change the others */
static void comes_back_to_less(struct kunit *test)
{
	static const struct array_row mine[] = {
		S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 17, 0, 1),
	};
	static const struct array_row less[] = {
		S1(0, 1, 0), FORGOTTEN(0, SMMU_INV_ATS, 16), ATS(0, 17, 0, 0),
	};
	struct smmu_array *array = test_array(test, mine, ARRAY_SIZE(mine));
	struct smmu_array *me = test_array(test, mine, ARRAY_SIZE(mine));

	smmu_array_unref(array, me);
	KUNIT_EXPECT_EQ(test, 1, smmu_array_forget_stream(array, test_inst(test, 0), 16));
	KUNIT_EXPECT_FALSE(test, smmu_array_revive(array, me));
	test_expect_rows(test, array, less, ARRAY_SIZE(less));
	KUNIT_EXPECT_EQ(test, smmu_array_count(array), 0);

	array = test_keep(test, smmu_array_merge(array, me, GFP_KERNEL));
	test_expect_rows(test, array, mine, ARRAY_SIZE(mine));
}

/* A device with more StreamIDs than a page has entries: the memory comes from vmalloc */
static void many_streams(struct kunit *test)
{
	const u32 n = 20000;
	struct smmu_array *even, *odd, *array, *purged;
	struct array_row row = ATS(1, 0, 0, 1);
	u32 i;

	even = test_keep(test, smmu_array_alloc(n, GFP_KERNEL));
	odd = test_keep(test, smmu_array_alloc(n, GFP_KERNEL));
	for (i = 0; i < n; i++) {
		struct smmu_inv inv;

		row.id = i;
		inv = test_inv(test, &row);
		smmu_array_add(i & 1 ? odd : even, &inv);
	}

	array = test_keep(test, smmu_array_merge(even, odd, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, smmu_array_check(array));
	KUNIT_EXPECT_EQ(test, array->len, n);
	KUNIT_EXPECT_EQ(test, smmu_array_count(array), n);

	smmu_array_unref(array, odd);
	KUNIT_EXPECT_EQ(test, smmu_array_count(array), n - 1);
	KUNIT_EXPECT_TRUE(test, smmu_array_revive(array, odd));
	KUNIT_EXPECT_EQ(test, smmu_array_count(array), n);
	smmu_array_unref(array, odd);
	for (i = 1; i < n; i += 2)
		KUNIT_ASSERT_EQ(test, 1, smmu_array_forget_stream(array, test_inst(test, 1), i));
	purged = test_keep(test, smmu_array_purge(array, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, purged->len, n / 2);
	for (i = 0; i < purged->len; i++)
		KUNIT_ASSERT_EQ(test, purged->inv[i].id, 2 * i);
}

static struct kunit_case array_forget_cases[] = {
	KUNIT_CASE(forget),
	KUNIT_CASE(forget_refuses),
	KUNIT_CASE(forget_stream),
	KUNIT_CASE(forget_vmid),
	KUNIT_CASE(forget_live_warns),
	KUNIT_CASE(comes_back_without_memory),
	KUNIT_CASE(comes_back_to_less),
	KUNIT_CASE(many_streams),
	{}
};

static struct kunit_suite array_forget_suite = {
	.name = "smmu_array_forget",
	.init = array_tools_init,
	.exit = array_tools_exit,
	.test_cases = array_forget_cases,
};

kunit_test_suite(array_forget_suite);
