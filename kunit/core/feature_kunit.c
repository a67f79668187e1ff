// SPDX-License-Identifier: GPL-2.0-only
/* Names of features: each feature has a name, and lists of names are converted back to flags. */
#include <kunit/test.h>

#include <smmuv3/features.h>

#include "core/feature.h"

static void each_has_a_name(struct kunit *test)
{
	unsigned int i, j;
	u32 flags;

	for (i = 0; i < SMMU_FEAT_NR; i++) {
		KUNIT_ASSERT_NOT_NULL(test, smmu_feature_name(i));
		KUNIT_EXPECT_EQ(test, 0, smmu_feature_parse(smmu_feature_name(i), &flags));
		KUNIT_EXPECT_EQ(test, BIT(i), flags);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, smmu_feature_name(i), smmu_feature_name(j));
	}
	KUNIT_EXPECT_NULL(test, smmu_feature_name(SMMU_FEAT_NR));
	KUNIT_EXPECT_STREQ(test, "range-inv", smmu_feature_name(ilog2(SMMU_FEAT_RIL)));
	KUNIT_EXPECT_STREQ(test, "lpa2", smmu_feature_name(ilog2(SMMU_FEAT_DS)));
}

static void lists(struct kunit *test)
{
	static const struct {
		const char *list;
		int ret;
		u32 flags;
	} rows[] = {
		{ "", 0, 0 },
		{ "\n", 0, 0 },
		{ "stage1", 0, SMMU_FEAT_S1 },
		{ "stage1\n", 0, SMMU_FEAT_S1 },
		{ "stage1,msi", 0, SMMU_FEAT_S1 | SMMU_FEAT_MSI },
		{ "msi+stage1+msi\n", 0, SMMU_FEAT_S1 | SMMU_FEAT_MSI },
		/* one name begins with another */
		{ "stall-force", 0, SMMU_FEAT_STALL_FORCE },
		{ "stall", 0, SMMU_FEAT_STALL },
		{ "stage", -EINVAL },
		{ "stage12", -EINVAL },
		{ "Stage1", -EINVAL },
		{ "0x20", -EINVAL },
		{ "32", -EINVAL },
		{ ",", -EINVAL },
		{ "stage1,", -EINVAL },
		{ ",stage1", -EINVAL },
		{ "stage1,,msi", -EINVAL },
		{ "stage1 msi", -EINVAL },
		{ "stage1,\n", -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 flags = 0xdead0000;

		KUNIT_EXPECT_EQ_MSG(test, rows[i].ret, smmu_feature_parse(rows[i].list, &flags),
				    "'%s'", rows[i].list);
		/* the flags do not change after an error */
		KUNIT_EXPECT_EQ_MSG(test, rows[i].ret ? 0xdead0000 : rows[i].flags, flags,
				    "'%s'", rows[i].list);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(each_has_a_name),
	KUNIT_CASE(lists),
	{}
};

static struct kunit_suite suite = { .name = "smmu_feature", .test_cases = cases };
kunit_test_suite(suite);
