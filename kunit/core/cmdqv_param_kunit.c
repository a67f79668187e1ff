// SPDX-License-Identifier: GPL-2.0-only
/*
 * PARAM of a CMDQ-V companion: values written by hand, and those that no companion can have. And
 * how many SMMUs an IORT has to which a companion may belong.
 */
#include <kunit/test.h>
#include <linux/acpi.h>
#include <linux/module.h>

#include "core/cmdqv_param.h"
#include "core/iort.h"

static const struct param {
	const char *name;
	u32 param;
	u64 bytes;
	bool good;
	struct smmu_cmdqv_layout want;
} params[] = {
	{ "one of each", 0x0001, 0x50000, true,
	  { .vintfs = 1, .queues = 1, .each = 1, .sids = 1, .version = 1, .bytes = 0x50000 } },
	{ "two queues each", 0x4671, 0x830000, true,
	  { .vintfs = 64, .queues = 128, .each = 2, .sids = 16, .version = 1,
	    .bytes = 0x830000 } },
	{ "all in one", 0x0072, 0x50000, true,
	  { .vintfs = 1, .queues = 128, .each = 128, .sids = 1, .version = 2,
	    .bytes = 0x50000 } },
	{ "more registers than needed", 0x3231, 0x100000, true,
	  { .vintfs = 4, .queues = 8, .each = 2, .sids = 8, .version = 1, .bytes = 0xb0000 } },
	{ "a byte too few", 0x4671, 0x82ffff },
	{ "no registers", 0x0001, 0 },
	{ "the SMMU's size", 0x4231, 0x20000 },
	{ "256 queues", 0x4681, 0x830000 },
	{ "128 interfaces", 0x4771, 0x1030000 },
	{ "32 StreamIDs", 0x5671, 0x830000 },
	{ "half of the most", 0x4561, 0x830000, true,
	  { .vintfs = 32, .queues = 64, .each = 2, .sids = 16, .version = 1,
	    .bytes = 0x430000 } },
	{ "more interfaces than queues", 0x4651, 0x830000 },
	{ "all ones", 0xffffffff, ~0ULL },
};

KUNIT_ARRAY_PARAM_DESC(param, params, name);

static void decodes(struct kunit *test)
{
	const struct param *p = test->param_value;
	struct smmu_cmdqv_layout layout = {};
	const char *why = smmu_cmdqv_decode(p->param, p->bytes, &layout);

	KUNIT_EXPECT_EQ(test, p->good, !why);
	if (why)
		return;
	KUNIT_EXPECT_EQ(test, p->want.vintfs, layout.vintfs);
	KUNIT_EXPECT_EQ(test, p->want.queues, layout.queues);
	KUNIT_EXPECT_EQ(test, p->want.each, layout.each);
	KUNIT_EXPECT_EQ(test, p->want.sids, layout.sids);
	KUNIT_EXPECT_EQ(test, p->want.version, layout.version);
	KUNIT_EXPECT_EQ(test, p->want.bytes, layout.bytes);
}

/* A table of nodes without content */
struct table {
	struct acpi_table_iort head;
	u8 node[3][sizeof(struct acpi_iort_node)];
} __packed;

static struct acpi_iort_node *node(struct table *t, u32 i)
{
	return (struct acpi_iort_node *)t->node[i];
}

/* How many SMMUs have an identifier; other nodes do not count */
static void owners(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct smmu_iort iort = { t, sizeof(*t) };
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->head.node_offset = offsetof(struct table, node);
	t->head.node_count = ARRAY_SIZE(t->node);
	for (i = 0; i < ARRAY_SIZE(t->node); i++) {
		node(t, i)->type = ACPI_IORT_NODE_SMMU_V3;
		node(t, i)->length = sizeof(t->node[i]);
	}
	node(t, 0)->type = ACPI_IORT_NODE_ITS_GROUP;
	/* as in a table that has none */
	KUNIT_EXPECT_EQ(test, 2, smmu_iort_smmus(&iort, 0));
	node(t, 0)->identifier = 7;
	node(t, 1)->identifier = 7;
	KUNIT_EXPECT_EQ(test, 1, smmu_iort_smmus(&iort, 7));
	KUNIT_EXPECT_EQ(test, 1, smmu_iort_smmus(&iort, 0));
	node(t, 2)->identifier = 7;
	KUNIT_EXPECT_EQ(test, 2, smmu_iort_smmus(&iort, 7));
	KUNIT_EXPECT_EQ(test, 0, smmu_iort_smmus(&iort, 8));
	/* a chain that is broken behind the first node ends there */
	node(t, 1)->length = 1;
	KUNIT_EXPECT_EQ(test, 0, smmu_iort_smmus(&iort, 7));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(owners),
	KUNIT_CASE_PARAM(decodes, param_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_cmdqv_param", .test_cases = cases };
kunit_test_suite(suite);
