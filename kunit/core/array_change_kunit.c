// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations that change an array, one at a time: merge, purge, unref and revive, each on
 * arrays given as tables, with memory and without.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "array_tools.h"

/* One operation on an array given as a table */
struct change {
	const char *desc;
	struct array_row old[9];
	struct array_row arg[8];	/* what is added or removed */
	struct array_row want[12];
	u32 num;			/* what readers see afterwards */
	bool no;			/* purge finds nothing to do, revive cannot */
};

static struct smmu_array *change_old(struct kunit *test)
{
	const struct change *c = test->param_value;

	return test_array(test, c->old, test_rows(c->old, ARRAY_SIZE(c->old)));
}

/* A row without users stands for smmu_array_add_parked() */
static struct smmu_array *change_arg(struct kunit *test)
{
	const struct change *c = test->param_value;
	u32 i, n = test_rows(c->arg, ARRAY_SIZE(c->arg));
	struct smmu_array *arg = test_array(test, c->arg, n);

	for (i = 0; i < n; i++)
		arg->inv[i].place = !arg->inv[i].users;
	return arg;
}

static void expect_wanted(struct kunit *test, const struct smmu_array *array)
{
	const struct change *c = test->param_value;

	test_expect_rows(test, array, c->want,
			 test_rows(c->want, ARRAY_SIZE(c->want)));
	KUNIT_EXPECT_EQ(test, c->num, smmu_array_count(array));
}

static const struct change merges[] = { {
	.desc = "nothing into nothing",
}, {
	.desc = "into an empty array",
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.num = 2,
}, {
	.desc = "nothing added",
	.old = { S1(0, 1, 2), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 1) },
	.num = 2,
}, {
	.desc = "distinct, in front",
	.old = { S1(1, 3, 1), ATS(1, 16, 0, 1) },
	.arg = { S1(0, 4, 1) },
	.want = { S1(0, 4, 1), S1(1, 3, 1), ATS(1, 16, 0, 1) },
	.num = 3,
}, {
	.desc = "distinct, between",
	.old = { S1(1, 3, 1), ATS(1, 16, 0, 1) },
	.arg = { ATS(1, 8, 0, 1), ATS(1, 15, 7, 1) },
	.want = { S1(1, 3, 1), ATS(1, 8, 0, 1), ATS(1, 15, 7, 1),
		  ATS(1, 16, 0, 1) },
	.num = 4,
}, {
	.desc = "distinct, behind",
	.old = { S1(1, 3, 1), ATS(1, 16, 0, 1) },
	.arg = { ATS(1, 16, 1, 1), S1(2, 1, 1) },
	.want = { S1(1, 3, 1), ATS(1, 16, 0, 1), ATS(1, 16, 1, 1),
		  S1(2, 1, 1) },
	.num = 4,
}, {
	.desc = "shared tag, distinct streams",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.arg = { S1(0, 1, 1), ATS(0, 24, 0, 1) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 1), ATS(0, 24, 0, 1) },
	.num = 3,
}, {
	.desc = "all shared",
	.old = { S1(0, 1, 4), ATS(0, 16, 0, 3) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 5), ATS(0, 16, 0, 4) },
	.num = 2,
}, {
	.desc = "parked in the argument: a place, no user",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 18, 0, 0) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 0), ATS(0, 17, 0, 0),
		 ATS(0, 18, 0, 0) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 1), ATS(0, 17, 0, 0),
		  ATS(0, 18, 0, 0) },
	.num = 2,
}, {
	.desc = "same id on another SMMU",
	.old = { S2(0, 1, 1), S2(2, 1, 1) },
	.arg = { S2(1, 1, 1), S2(2, 1, 1), S2(3, 1, 1) },
	.want = { S2(0, 1, 1), S2(1, 1, 1), S2(2, 1, 2), S2(3, 1, 1) },
	.num = 4,
}, {
	.desc = "same id, another type",
	.old = { VSMMU(0, 3, 1), CLEAR(0, 3, 1) },
	.arg = { S2(0, 3, 1), ATS(0, 3, 0, 1), ATS_FULL(0, 3, 1) },
	.want = { S2(0, 3, 1), VSMMU(0, 3, 1), CLEAR(0, 3, 1),
		  ATS(0, 3, 0, 1), ATS_FULL(0, 3, 1) },
	.num = 5,
}, {
	.desc = "every type, interleaved",
	.old = { S1(0, 1, 1), VSMMU(0, 3, 1), ATS(0, 9, 0, 1) },
	.arg = { S2(0, 2, 1), CLEAR(0, 3, 1), ATS_FULL(0, 8, 1) },
	.want = { S1(0, 1, 1), S2(0, 2, 1), VSMMU(0, 3, 1), CLEAR(0, 3, 1),
		  ATS(0, 9, 0, 1), ATS_FULL(0, 8, 1) },
	.num = 6,
}, {
	.desc = "trash in front is dropped",
	.old = { FORGOTTEN(0, SMMU_INV_ATS, 16), S1(1, 1, 1) },
	.arg = { S1(2, 1, 1) },
	.want = { S1(1, 1, 1), S1(2, 1, 1) },
	.num = 2,
}, {
	.desc = "trash in the middle is dropped",
	.old = { S1(0, 1, 1), FORGOTTEN(0, SMMU_INV_ATS, 16),
		 FORGOTTEN(0, SMMU_INV_ATS, 17), S1(1, 1, 1) },
	.arg = { ATS(0, 18, 0, 1) },
	.want = { S1(0, 1, 1), ATS(0, 18, 0, 1), S1(1, 1, 1) },
	.num = 3,
}, {
	.desc = "trash at the end is dropped",
	.old = { S1(0, 1, 1), FORGOTTEN(0, SMMU_INV_ATS, 16),
		 FORGOTTEN(0, SMMU_INV_ATS, 17) },
	.arg = { S1(0, 1, 1) },
	.want = { S1(0, 1, 2) },
	.num = 1,
}, {
	.desc = "nothing but trash",
	.old = { FORGOTTEN(0, SMMU_INV_S2_VMID_S1_CLEAR, 1),
		 FORGOTTEN(0, SMMU_INV_ATS, 16),
		 FORGOTTEN(3, SMMU_INV_ATS_FULL, 1) },
}, {
	.desc = "trash that comes again",
	.old = { S1(0, 1, 1), FORGOTTEN(0, SMMU_INV_ATS, 16),
		 ATS(0, 17, 0, 1) },
	.arg = { ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 17, 0, 1) },
	.num = 3,
}, {
	.desc = "parked in front is kept",
	.old = { S1(0, 1, 0), S1(1, 1, 1) },
	.arg = { S1(1, 1, 1) },
	.want = { S1(0, 1, 0), S1(1, 1, 2) },
	.num = 2,
}, {
	.desc = "parked in the middle is kept",
	.old = { S1(0, 1, 1), S1(1, 1, 0), FORGOTTEN(1, SMMU_INV_ATS, 2),
		 S1(2, 1, 1) },
	.arg = { ATS(1, 3, 0, 1) },
	.want = { S1(0, 1, 1), S1(1, 1, 0), ATS(1, 3, 0, 1), S1(2, 1, 1) },
	.num = 4,
}, {
	.desc = "parked at the end is kept behind num",
	.old = { S1(0, 1, 1), S1(1, 1, 0), FORGOTTEN(1, SMMU_INV_ATS, 2),
		 VSMMU(2, 1, 0) },
	.arg = { S1(0, 1, 1) },
	.want = { S1(0, 1, 2), S1(1, 1, 0), VSMMU(2, 1, 0) },
	.num = 1,
}, {
	.desc = "each type is parked",
	.old = { S1(0, 1, 0), S2(0, 2, 0), VSMMU(0, 3, 0), CLEAR(0, 3, 0),
		 ATS(0, 5, 0, 0), ATS_FULL(0, 6, 0) },
	.want = { S1(0, 1, 0), S2(0, 2, 0), VSMMU(0, 3, 0), CLEAR(0, 3, 0),
		  ATS(0, 5, 0, 0), ATS_FULL(0, 6, 0) },
}, {
	.desc = "parked tag is used again",
	.old = { S1(0, 5, 0), FORGOTTEN(0, SMMU_INV_ATS, 16), S1(1, 5, 0) },
	.arg = { S1(1, 5, 1), ATS(1, 32, 0, 1) },
	.want = { S1(0, 5, 0), S1(1, 5, 1), ATS(1, 32, 0, 1) },
	.num = 3,
}, {
	.desc = "forgotten tag is dropped",
	.old = { S1(0, 1, 1), FORGOTTEN(1, SMMU_INV_S1_ASID, 4), S1(2, 1, 1) },
	.want = { S1(0, 1, 1), S1(2, 1, 1) },
	.num = 2,
}, {
	.desc = "forgotten tag named again is new",
	.old = { FORGOTTEN(1, SMMU_INV_S2_VMID, 4), S2(2, 1, 1) },
	.arg = { S2(1, 4, 1) },
	.want = { S2(1, 4, 1), S2(2, 1, 1) },
	.num = 2,
} };

KUNIT_ARRAY_PARAM_DESC(merge, merges, desc);

static void merge(struct kunit *test)
{
	struct smmu_array *old = change_old(test), *add = change_arg(test);
	struct smmu_array *old_was = test_copy(test, old);
	struct smmu_array *add_was = test_copy(test, add);

	expect_wanted(test, test_keep(test, smmu_array_merge(old, add,
							     GFP_KERNEL)));
	test_expect_untouched(test, old, old_was);
	test_expect_untouched(test, add, add_was);
}

/* Every merge again, without memory: nothing changes, and it can be tried again */
static void merge_without_memory(struct kunit *test)
{
	struct smmu_array *old = change_old(test), *add = change_arg(test);
	struct smmu_array *old_was = test_copy(test, old);
	struct smmu_array *add_was = test_copy(test, add);
	struct smmu_array *new = NULL;
	int n;

	for (n = 0; n < 10; n++) {
		test_fail_after(test, n);
		new = smmu_array_merge(old, add, GFP_KERNEL);
		test_fail_after(test, -1);
		if (!IS_ERR(new))
			break;
		KUNIT_EXPECT_PTR_EQ(test, new, ERR_PTR(-ENOMEM));
		test_expect_untouched(test, old, old_was);
		test_expect_untouched(test, add, add_was);
	}
	KUNIT_EXPECT_EQ(test, n, 1);
	expect_wanted(test, test_keep(test, new));
}

static const struct change purges[] = { {
	.desc = "nothing in it",
	.no = true,
}, {
	.desc = "all alive",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 2) },
	.no = true,
}, {
	.desc = "alive and parked only",
	.old = { S1(0, 1, 0), S1(1, 1, 1), S2(1, 4, 0), ATS(1, 9, 0, 0),
		 VSMMU(2, 1, 0), CLEAR(2, 1, 0), ATS_FULL(2, 7, 0) },
	.no = true,
}, {
	.desc = "trash in front",
	.old = { FORGOTTEN(0, SMMU_INV_S2_VMID_S1_CLEAR, 1),
		 FORGOTTEN(0, SMMU_INV_ATS, 16), S1(1, 1, 3) },
	.want = { S1(1, 1, 3) },
	.num = 1,
}, {
	.desc = "trash in the middle",
	.old = { S1(0, 1, 1), FORGOTTEN(0, SMMU_INV_ATS, 16), S1(1, 1, 3) },
	.want = { S1(0, 1, 1), S1(1, 1, 3) },
	.num = 2,
}, {
	.desc = "trash at the end",
	.old = { S1(0, 1, 1), FORGOTTEN(0, SMMU_INV_ATS, 16),
		 FORGOTTEN(2, SMMU_INV_ATS_FULL, 16) },
	.want = { S1(0, 1, 1) },
	.num = 1,
}, {
	.desc = "nothing but trash",
	.old = { FORGOTTEN(0, SMMU_INV_ATS, 16),
		 FORGOTTEN(1, SMMU_INV_ATS, 16) },
}, {
	.desc = "trash between parked ones",
	.old = { S1(0, 1, 0), FORGOTTEN(0, SMMU_INV_ATS, 16), ATS(0, 17, 0, 0),
		 S1(1, 1, 1), FORGOTTEN(1, SMMU_INV_ATS, 16), ATS_FULL(1, 16, 0),
		 CLEAR(2, 1, 0) },
	.want = { S1(0, 1, 0), ATS(0, 17, 0, 0), S1(1, 1, 1), ATS_FULL(1, 16, 0),
		  CLEAR(2, 1, 0) },
	.num = 3,
}, {
	.desc = "forgotten tags",
	.old = { FORGOTTEN(0, SMMU_INV_S1_ASID, 1), S1(1, 1, 1),
		 FORGOTTEN(1, SMMU_INV_S2_VMID_VSMMU, 2), S1(2, 1, 0) },
	.want = { S1(1, 1, 1), S1(2, 1, 0) },
	.num = 1,
} };

KUNIT_ARRAY_PARAM_DESC(purge, purges, desc);

static void purge(struct kunit *test)
{
	const struct change *c = test->param_value;
	struct smmu_array *old = change_old(test);
	struct smmu_array *was = test_copy(test, old);
	struct smmu_array *new = smmu_array_purge(old, GFP_KERNEL);

	if (c->no)
		KUNIT_EXPECT_NULL(test, new);
	else
		expect_wanted(test, test_keep(test, new));
	test_expect_untouched(test, old, was);
}

static void purge_without_memory(struct kunit *test)
{
	struct smmu_array *old = change_old(test);
	struct smmu_array *was = test_copy(test, old);
	u32 asked;

	test_fail_after(test, 0);
	KUNIT_EXPECT_NULL(test, smmu_array_purge(old, GFP_KERNEL));
	asked = test_fail_after(test, -1);

	/* If there is nothing to drop, no memory is asked for */
	KUNIT_EXPECT_EQ(test, asked,
			!((const struct change *)test->param_value)->no);
	test_expect_untouched(test, old, was);
}

static const struct change unrefs[] = { {
	.desc = "nothing",
	.old = { S1(0, 1, 1) },
	.want = { S1(0, 1, 1) },
	.num = 1,
}, {
	.desc = "shared",
	.old = { S1(0, 1, 2), ATS(0, 16, 0, 2), ATS(0, 17, 0, 1) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 17, 0, 1) },
	.num = 3,
}, {
	.desc = "unused in front",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 1), S1(1, 1, 1) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 0), ATS(0, 16, 0, 0), S1(1, 1, 1) },
	.num = 3,
}, {
	.desc = "unused in the middle",
	.old = { S1(0, 1, 2), ATS(0, 16, 0, 1), S1(1, 1, 1) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 0), S1(1, 1, 1) },
	.num = 3,
}, {
	.desc = "unused at the end is cut",
	.old = { S1(0, 1, 2), ATS(0, 16, 0, 1), ATS(0, 17, 0, 1) },
	.arg = { S1(0, 1, 1), ATS(0, 17, 0, 1) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 17, 0, 0) },
	.num = 2,
}, {
	.desc = "what was unused is cut along",
	.old = { S1(0, 1, 1), S1(1, 1, 0), ATS(1, 16, 0, 0), S1(2, 1, 1),
		 ATS(2, 9, 0, 0) },
	.arg = { S1(2, 1, 1) },
	.want = { S1(0, 1, 1), S1(1, 1, 0), ATS(1, 16, 0, 0), S1(2, 1, 0),
		  ATS(2, 9, 0, 0) },
	.num = 1,
}, {
	.desc = "the last one",
	.old = { S2(0, 1, 1), ATS(0, 16, 0, 1) },
	.arg = { S2(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S2(0, 1, 0), ATS(0, 16, 0, 0) },
	.num = 0,
}, {
	.desc = "same id on one SMMU of several",
	.old = { S1(0, 1, 1), S1(1, 1, 1), S1(2, 1, 1), S1(3, 1, 2) },
	.arg = { S1(1, 1, 1), S1(3, 1, 1) },
	.want = { S1(0, 1, 1), S1(1, 1, 0), S1(2, 1, 1), S1(3, 1, 1) },
	.num = 4,
}, {
	.desc = "a vSMMU's pair",
	.old = { S2(0, 1, 1), VSMMU(0, 2, 1), VSMMU(0, 3, 1), CLEAR(0, 2, 1),
		 CLEAR(0, 3, 1), ATS_FULL(0, 8, 1) },
	.arg = { VSMMU(0, 2, 1), CLEAR(0, 2, 1), ATS_FULL(0, 8, 1) },
	.want = { S2(0, 1, 1), VSMMU(0, 2, 0), VSMMU(0, 3, 1), CLEAR(0, 2, 0),
		  CLEAR(0, 3, 1), ATS_FULL(0, 8, 0) },
	.num = 5,
} };

KUNIT_ARRAY_PARAM_DESC(unref, unrefs, desc);

static void unref(struct kunit *test)
{
	struct smmu_array *array = change_old(test), *del = change_arg(test);
	u32 i;

	smmu_array_unref(array, del);
	expect_wanted(test, array);

	KUNIT_EXPECT_NULL(test, smmu_array_check(del));
	for (i = 0; i < del->len; i++) {
		const struct smmu_inv *inv = smmu_array_find(array,
							     &del->inv[i]);

		KUNIT_ASSERT_NOT_NULL(test, inv);
		KUNIT_EXPECT_EQ(test, del->inv[i].users, !!inv->users);
	}
}

/* Unref of an attachment that was never there, and of one that was taken out before */
static void unref_of_missing_warns(struct kunit *test)
{
	static const struct array_row old[] = {
		S1(0, 1, 1), S1(1, 1, 0), FORGOTTEN(2, SMMU_INV_S1_ASID, 1),
		S1(3, 1, 1),
	};
	static const struct array_row missing[] = {
		S1(0, 2, 5), S1(1, 1, 5), S1(2, 1, 5), S1(3, 1, 5),
	};
	static const struct array_row want[] = {
		S1(0, 1, 1), S1(1, 1, 0), FORGOTTEN(2, SMMU_INV_S1_ASID, 1),
		S1(3, 1, 0),
	};
	struct smmu_array *array = test_array(test, old, ARRAY_SIZE(old));
	struct smmu_array *del = test_array(test, missing, ARRAY_SIZE(missing));

	kunit_warning_suppress(test)
		smmu_array_unref(array, del);
	test_expect_rows(test, array, want, ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, smmu_array_count(array), 1);

	/* None of these must be flushed, except the last */
	KUNIT_EXPECT_EQ(test, del->inv[0].users, 1);
	KUNIT_EXPECT_EQ(test, del->inv[1].users, 1);
	KUNIT_EXPECT_EQ(test, del->inv[2].users, 1);
	KUNIT_EXPECT_EQ(test, del->inv[3].users, 0);
}

static const struct change revivals[] = { {
	.desc = "nothing",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 0) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 0) },
	.num = 1,
}, {
	.desc = "all alive",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 2) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 3) },
	.num = 2,
}, {
	.desc = "parked in the argument: no user",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 17, 0, 0) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 0), ATS(0, 17, 0, 0) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 1), ATS(0, 17, 0, 0) },
	.num = 2,
}, {
	.desc = "unused in front",
	.old = { S1(0, 1, 0), ATS(0, 16, 0, 0), S1(1, 1, 1) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 1), S1(1, 1, 1) },
	.num = 3,
}, {
	.desc = "unused in the middle",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 0), ATS(0, 17, 0, 0), S1(1, 1, 1) },
	.arg = { S1(0, 1, 1), ATS(0, 17, 0, 1) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 0), ATS(0, 17, 0, 1), S1(1, 1, 1) },
	.num = 4,
}, {
	.desc = "unused at the end",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 0) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 1) },
	.num = 2,
}, {
	.desc = "the end, over what stays unused",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 0), ATS(0, 17, 0, 0),
		 ATS(0, 18, 0, 0), ATS(0, 19, 0, 0) },
	.arg = { S1(0, 1, 1), ATS(0, 18, 0, 1) },
	.want = { S1(0, 1, 2), ATS(0, 16, 0, 0), ATS(0, 17, 0, 0),
		  ATS(0, 18, 0, 1), ATS(0, 19, 0, 0) },
	.num = 4,
}, {
	.desc = "all of it",
	.old = { S1(0, 1, 0), ATS(0, 16, 0, 0), S1(3, 1, 0) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1), S1(3, 1, 1) },
	.want = { S1(0, 1, 1), ATS(0, 16, 0, 1), S1(3, 1, 1) },
	.num = 3,
}, {
	.desc = "into nothing",
	.arg = { S1(0, 1, 1) },
	.no = true,
}, {
	.desc = "first one missing",
	.old = { S1(0, 2, 1), ATS(0, 16, 0, 0) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1) },
	.no = true,
}, {
	.desc = "last one missing",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 0), ATS(0, 18, 0, 0) },
	.arg = { S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 17, 0, 1) },
	.no = true,
}, {
	.desc = "one missing behind the end",
	.old = { S1(0, 1, 1), ATS(0, 16, 0, 0) },
	.arg = { S1(0, 1, 1), ATS_FULL(3, 1, 1) },
	.no = true,
}, {
	.desc = "on another SMMU only",
	.old = { S1(0, 1, 1), S1(2, 1, 1) },
	.arg = { S1(1, 1, 1) },
	.no = true,
}, {
	.desc = "forgotten",
	.old = { S1(0, 1, 1), FORGOTTEN(1, SMMU_INV_S1_ASID, 1) },
	.arg = { S1(0, 1, 1), S1(1, 1, 1) },
	.no = true,
} };

KUNIT_ARRAY_PARAM_DESC(revive, revivals, desc);

static void revive(struct kunit *test)
{
	const struct change *c = test->param_value;
	struct smmu_array *array = change_old(test), *add = change_arg(test);
	struct smmu_array *was = test_copy(test, array);
	struct smmu_array *add_was = test_copy(test, add);
	u32 i;

	/* A revival must not need memory */
	test_fail_after(test, 0);
	KUNIT_EXPECT_EQ(test, smmu_array_revive(array, add), !c->no);
	KUNIT_EXPECT_EQ(test, test_fail_after(test, -1), 0);

	if (c->no)
		test_expect_untouched(test, array, was);
	else
		expect_wanted(test, array);
	for (i = 0; i < add->len; i++) {
		/* without a flush under way; after a failure the number does not matter */
		if (!c->no)
			KUNIT_EXPECT_EQ(test, 0, add->inv[i].users);
		add->inv[i].users = add_was->inv[i].users;
	}
	test_expect_untouched(test, add, add_was);
}

/* A revival says for each entry how many flushes of its tag are under way */
static void revive_tells_flushes(struct kunit *test)
{
	static const struct array_row rows[] = { S1(0, 1, 1), S1(1, 1, 1), ATS(1, 16, 0, 1) };
	struct smmu_array *array = test_array(test, rows, 3), *all = test_array(test, rows, 3);

	smmu_array_unref(array, all);
	smmu_inv_flush_begin(&array->inv[1]);
	smmu_inv_flush_begin(&array->inv[1]);
	KUNIT_EXPECT_TRUE(test, smmu_array_revive(array, all));
	KUNIT_EXPECT_EQ(test, 0, all->inv[0].users);
	KUNIT_EXPECT_EQ(test, 2, all->inv[1].users);
	KUNIT_EXPECT_EQ(test, 0, all->inv[2].users);
	smmu_inv_flush_end(&array->inv[1]);
	smmu_inv_flush_end(&array->inv[1]);
	test_expect_rows(test, array, rows, 3);
}

/* One master detaches and comes back many times while another comes and goes */
static void unref_and_revive(struct kunit *test)
{
	static const struct array_row a[] = { S1(0, 1, 1), ATS(0, 16, 0, 1) };
	static const struct array_row b[] = { S1(0, 1, 1), ATS(0, 24, 0, 1) };
	static const struct array_row both[] = {
		S1(0, 1, 2), ATS(0, 16, 0, 1), ATS(0, 24, 0, 1),
	};
	static const struct array_row only_a[] = {
		S1(0, 1, 1), ATS(0, 16, 0, 1), ATS(0, 24, 0, 0),
	};
	static const struct array_row none[] = {
		S1(0, 1, 0), ATS(0, 16, 0, 0), ATS(0, 24, 0, 0),
	};
	struct smmu_array *master_a = test_array(test, a, 2);
	struct smmu_array *master_b = test_array(test, b, 2);
	struct smmu_array *array = test_array(test, both, 3);
	int i;

	for (i = 0; i < 3; i++) {
		smmu_array_unref(array, master_b);
		test_expect_rows(test, array, only_a, 3);
		KUNIT_EXPECT_EQ(test, smmu_array_count(array), 2);
		KUNIT_EXPECT_EQ(test, master_b->inv[0].users, 1);
		KUNIT_EXPECT_EQ(test, master_b->inv[1].users, 0);

		smmu_array_unref(array, master_a);
		test_expect_rows(test, array, none, 3);
		KUNIT_EXPECT_EQ(test, smmu_array_count(array), 0);
		KUNIT_EXPECT_EQ(test, master_a->inv[0].users, 0);

		/* Use the scratch arrays as unref left them */
		KUNIT_EXPECT_TRUE(test, smmu_array_revive(array, master_a));
		test_expect_rows(test, array, only_a, 3);
		KUNIT_EXPECT_TRUE(test, smmu_array_revive(array, master_b));
		test_expect_rows(test, array, both, 3);
		KUNIT_EXPECT_EQ(test, smmu_array_count(array), 3);
	}
}

static struct kunit_case array_change_cases[] = {
	KUNIT_CASE_PARAM(merge, merge_gen_params),
	KUNIT_CASE_PARAM(merge_without_memory, merge_gen_params),
	KUNIT_CASE_PARAM(purge, purge_gen_params),
	KUNIT_CASE_PARAM(purge_without_memory, purge_gen_params),
	KUNIT_CASE_PARAM(unref, unref_gen_params),
	KUNIT_CASE(unref_of_missing_warns),
	KUNIT_CASE_PARAM(revive, revive_gen_params),
	KUNIT_CASE(revive_tells_flushes),
	KUNIT_CASE(unref_and_revive),
	{}
};

static struct kunit_suite array_change_suite = {
	.name = "smmu_array_change",
	.init = array_tools_init,
	.exit = array_tools_exit,
	.test_cases = array_change_cases,
};

kunit_test_suite(array_change_suite);
