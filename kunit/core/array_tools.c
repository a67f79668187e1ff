// SPDX-License-Identifier: GPL-2.0-only
/* Tools for the suites of the array and of tags, see array_tools.h. */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/overflow.h>

#include <core/tag.h>

#include "array_tools.h"

struct array_tools {
	struct smmu_inst inst[TEST_INSTS];
	int left;		/* number of allocations that still succeed, -1: all */
	u32 allocs;		/* allocations asked for while stubbed */
	bool stubbed;
};

int array_tools_init(struct kunit *test)
{
	struct array_tools *tools;
	u32 nr;

	tools = kunit_kzalloc(test, sizeof(*tools), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tools);
	tools->left = -1;
	test->priv = tools;

	for (nr = 0; nr < TEST_INSTS; nr++) {
		struct smmu_inst *inst = test_inst(test, nr);

		smmu_inst_init(inst, nr);
		inst->feat.asid_bits = 8;
		inst->feat.vmid_bits = 8;
	}
	return 0;
}

void array_tools_exit(struct kunit *test)
{
	u32 nr;

	if (!test->priv)
		return;
	for (nr = 0; nr < TEST_INSTS; nr++)
		smmu_inst_destroy(test_inst(test, nr));
}

struct smmu_inst *test_inst(struct kunit *test, u32 nr)
{
	struct array_tools *tools = test->priv;

	KUNIT_ASSERT_LT(test, nr, TEST_INSTS);
	return &tools->inst[TEST_INSTS - 1 - nr];
}

struct smmu_inv test_inv(struct kunit *test, const struct array_row *row)
{
	return (struct smmu_inv) {
		.inst = test_inst(test, row->nr),
		.id = row->id,
		.ssid = row->ssid,
		.type = row->type,
		.pgshift = 12,
		.forgotten = row->forgotten,
		.users = row->users,
	};
}

u32 test_rows(const struct array_row *rows, u32 max)
{
	u32 n = 0;

	while (n < max && rows[n].id)
		n++;
	return n;
}

KUNIT_DEFINE_ACTION_WRAPPER(free_array, smmu_array_free, struct smmu_array *);

struct smmu_array *test_keep(struct kunit *test, struct smmu_array *array)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, array);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_array, array));
	return array;
}

struct smmu_array *test_array(struct kunit *test, const struct array_row *rows,
			      u32 n)
{
	struct smmu_array *array;
	u32 i;

	array = test_keep(test, smmu_array_alloc(n, GFP_KERNEL));
	for (i = 0; i < n; i++) {
		array->inv[i] = test_inv(test, &rows[i]);
		array->len = i + 1;
		if (rows[i].users)
			array->num = array->len;
	}
	return array;
}

static size_t array_bytes(const struct smmu_array *array)
{
	return struct_size(array, inv, array->len);
}

struct smmu_array *test_copy(struct kunit *test, const struct smmu_array *array)
{
	struct smmu_array *copy;

	copy = test_keep(test, smmu_array_alloc(array->max, GFP_KERNEL));
	memcpy(copy, array, array_bytes(array));
	return copy;
}

void test_expect_untouched(struct kunit *test, const struct smmu_array *array,
			   const struct smmu_array *copy)
{
	KUNIT_ASSERT_EQ(test, array->len, copy->len);
	KUNIT_EXPECT_MEMEQ(test, array, copy, array_bytes(copy));
}

void test_expect_rows(struct kunit *test, const struct smmu_array *array,
		      const struct array_row *rows, u32 n)
{
	u32 i;

	KUNIT_EXPECT_NULL(test, smmu_array_check(array));
	KUNIT_ASSERT_EQ(test, array->len, n);

	for (i = 0; i < n; i++) {
		const struct smmu_inv *inv = &array->inv[i];
		const struct smmu_inv want = test_inv(test, &rows[i]);

		KUNIT_EXPECT_EQ_MSG(test, 0, smmu_inv_cmp(inv, &want),
				    "entry %u is SMMU %u type %u id %u.%u",
				    i, inv->inst->nr, inv->type, inv->id,
				    inv->ssid);
		KUNIT_EXPECT_EQ_MSG(test, inv->users, want.users, "entry %u", i);
		KUNIT_EXPECT_EQ_MSG(test, inv->forgotten, want.forgotten,
				    "entry %u", i);
		KUNIT_EXPECT_FALSE_MSG(test, inv->place, "entry %u", i);
		KUNIT_EXPECT_EQ_MSG(test, inv->pgshift, want.pgshift,
				    "entry %u", i);
	}
}

static bool may_alloc(struct kunit *test)
{
	struct array_tools *tools = test->priv;

	tools->allocs++;
	if (!tools->left)
		return false;
	if (tools->left > 0)
		tools->left--;
	return true;
}

static int flaky_ida_alloc(struct ida *ida, u32 min, u32 max, gfp_t gfp)
{
	if (!may_alloc(kunit_get_current_test()))
		return -ENOMEM;
	return ida_alloc_range(ida, min, max, gfp);
}

static struct smmu_array *flaky_array_alloc(u32 max, gfp_t gfp)
{
	struct kunit *test = kunit_get_current_test();
	struct smmu_array *array;

	if (!may_alloc(test))
		return NULL;

	kunit_deactivate_static_stub(test, smmu_array_alloc);
	array = smmu_array_alloc(max, gfp);
	kunit_activate_static_stub(test, smmu_array_alloc, flaky_array_alloc);
	return array;
}

u32 test_fail_after(struct kunit *test, int n)
{
	struct array_tools *tools = test->priv;

	tools->left = n;
	if (n >= 0 && !tools->stubbed) {
		kunit_activate_static_stub(test, smmu_array_alloc,
					   flaky_array_alloc);
		kunit_activate_static_stub(test, smmu_tag_ida_alloc,
					   flaky_ida_alloc);
	} else if (n < 0 && tools->stubbed) {
		kunit_deactivate_static_stub(test, smmu_array_alloc);
		kunit_deactivate_static_stub(test, smmu_tag_ida_alloc);
	}
	tools->stubbed = n >= 0;
	return tools->allocs;
}
