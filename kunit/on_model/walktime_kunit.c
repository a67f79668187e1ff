// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an unmap of a shared domain costs, in virtual time, and what it sends. The times are
 * printed, not judged; the counts are.
 */
#include <linux/device.h>
#include <linux/sizes.h>

#include "on_model/rig.h"

#define IOVA		0x40000000ULL
#define PA		0x12340000ULL
#define SYNC_NS		10000
#define TLBI_NS		200

struct cost {
	u64 ns;
	u64 syncs;
	u64 doorbells;
};

static struct iommu_domain *build(struct kunit *test, struct rig *rig, u32 n, size_t size)
{
	struct iommu_domain *domain;
	u32 i;

	for (i = 0; i < n; i++) {
		rig_smmu(test, rig, i, NULL);
		rig_device(test, rig, i);
	}
	domain = rig_domain(test, &rig->device[0]);
	for (i = 0; i < n; i++)
		KUNIT_ASSERT_EQ(test, 0, rig_attach(&rig->device[i], domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, size, IOMMU_READ, GFP_KERNEL));
	for (i = 0; i < n; i++) {
		rig_access(rig, &rig->device[i], IOVA, false);
		model_latency(rig->smmu[i]->model, CMD_SYNC, SYNC_NS);
		model_latency(rig->smmu[i]->model, CMD_TLBI_NH_VA, TLBI_NS);
		model_stats_reset(rig->smmu[i]->model);
	}
	return domain;
}

/* What SMMU @i got. Return: when its last CMD_SYNC was complete */
static u64 collect(struct kunit *test, struct rig *rig, u32 i, struct cost *cost)
{
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stats);
	model_stats(rig->smmu[i]->model, stats);
	cost->syncs += stats->cmds[CMD_SYNC];
	cost->doorbells += stats->doorbells;
	KUNIT_EXPECT_EQ(test, 1, stats->doorbells);
	KUNIT_EXPECT_EQ(test, 1, stats->cmds[CMD_SYNC]);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, &rig->device[i], IOVA, false));
	return stats->last_sync;
}

/* An unmap on @n SMMUs with one device each */
static void measure(struct kunit *test, enum rig_insertion how, u32 n, struct cost *cost)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	size_t size = SZ_4K;
	u64 start, last = 0;
	u32 i;

	rig->insertion = how;
	domain = build(test, rig, n, size);
	*cost = (struct cost) {};
	start = model_now();
	KUNIT_EXPECT_EQ(test, size, iommu_unmap(domain, IOVA, size));
	cost->ns = model_now() - start;
	for (i = 0; i < n; i++)
		last = max(last, collect(test, rig, i, cost) - start);
	/* nobody waited for anything once the last sync was there */
	KUNIT_EXPECT_LE(test, cost->ns, last + n * 2000);
	for (i = 0; i < n; i++) {
		model_latency(rig->smmu[i]->model, CMD_SYNC, 0);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(&rig->device[i], &smmu_identity_domain));
	}
	iommu_domain_free(domain);
	for (i = 0; i < n; i++)
		rig_remove(&rig->device[i]);
	for (i = 0; i < n; i++)
		rig_remove_smmu(rig, i);
}

static void table(struct kunit *test, enum rig_insertion how)
{
	static const u32 counts[] = { 1, 2, 4, 8 };
	struct cost one, cost;
	u32 i;

	measure(test, how, 1, &one);
	kunit_info(test, "unmap of 4 KiB, %u ns a CMD_SYNC, %u ns a TLBI; virtual ns\n", SYNC_NS,
		   TLBI_NS);
	kunit_info(test, "SMMUs  post, then wait | computed: one by one  with ATS: ours  a wait per step\n");
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		u32 n = counts[i];

		measure(test, how, n, &cost);
		KUNIT_EXPECT_EQ(test, n, cost.syncs);
		KUNIT_EXPECT_EQ(test, n, cost.doorbells);
		/*
		 * One by one is so many times one SMMU. ATS adds a second step to the one post;
		 * who waits for each step on each SMMU adds them all up.
		 */
		kunit_info(test, "%5u  %14llu | %20llu  %14llu  %15llu\n", n, cost.ns,
			   n * one.ns, cost.ns + SYNC_NS, 2 * n * one.ns);
		KUNIT_EXPECT_LE(test, 10 * cost.ns, 13 * one.ns);
	}
}

static void post_then_wait_lock(struct kunit *test)
{
	table(test, RIG_LOCK);
}

static void post_then_wait_combine(struct kunit *test)
{
	table(test, RIG_COMBINE);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(post_then_wait_lock),
	KUNIT_CASE(post_then_wait_combine),
	{}
};

static struct kunit_suite suite = { .name = "smmu_walktime", .test_cases = cases };
kunit_test_suite(suite);
