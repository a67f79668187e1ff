// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual time of an unmap of a shared domain, and the commands that it sends: by the driver,
 * and the same commands with two other ways to wait. The times are printed and not checked, except
 * the one that is promised. The counts are checked.
 */
#include <linux/device.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/cmd.h"
#include "core/plan.h"
#include "drv/domain.h"
#include "hw/cmdq.h"
#include "driver/rig.h"

#define IOVA		0x40000000ULL
#define PA		0x12340000ULL
#define SYNC_NS		10000
#define TLBI_NS		200

#define SMMUS		8

enum way {
	POST_THEN_WAIT,		/* what the driver does */
	WAIT_PER_STEP,		/* one step on all SMMUs, wait, next step */
	ONE_BY_ONE,		/* all steps on one SMMU, next SMMU */
	WAYS
};

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

/* Check and add what SMMU @i got. Return: time at which its last CMD_SYNC was complete */
static u64 collect(struct kunit *test, struct rig *rig, u32 i, struct cost *cost)
{
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stats);
	model_stats(rig->smmu[i]->model, stats);
	cost->syncs += stats->cmds[CMD_SYNC];
	cost->doorbells += stats->doorbells;
	KUNIT_EXPECT_EQ(test, 1, stats->doorbells);
	KUNIT_EXPECT_EQ(test, rig->atc ? 2 : 1, stats->cmds[CMD_SYNC]);
	KUNIT_EXPECT_EQ(test, rig->atc ? 1 : 0, stats->cmds[CMD_ATC_INV]);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, &rig->device[i], IOVA, false));
	return stats->last_sync;
}

/* Find the next CMD_SYNC. Return: number of commands from @from up to it, 0 at the end */
static u32 piece(const struct smmu_batch *batch, u32 from)
{
	u32 i;

	for (i = from; i < batch->n; i++)
		if (smmu_cmd_opcode(&batch->cmd[i]) == CMD_SYNC)
			return i + 1 - from;
	return 0;
}

/*
 * Send what an unmap of the first page would send, in one of the other ways. Each piece ends with a
 * CMD_SYNC.
 */
static void by_hand(struct kunit *test, struct iommu_domain *domain, enum way way, u32 n)
{
	struct smmu_range range = {
		.start = IOVA, .last = IOVA + SZ_4K - 1, .pgshift = 12, .leaf = true
	};
	struct smmu_batch *batch = kunit_kcalloc(test, n, sizeof(*batch), GFP_KERNEL);
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket[SMMUS];
	struct smmu_plan plan;
	u32 from, cmds, i, k, at_once = way == ONE_BY_ONE ? 1 : n;

	KUNIT_ASSERT_NOT_NULL(test, batch);
	rcu_read_lock();
	smmu_plan_start(&plan, rcu_dereference(smmu_domain_of(domain)->invs), &range);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_TRUE(test, smmu_plan_next(&plan, &batch[i]));
		KUNIT_EXPECT_TRUE(test, batch[i].end);
	}
	rcu_read_unlock();
	/* every SMMU gets the same number of commands */
	for (i = 0; i < n; i += at_once) {
		for (from = 0; (cmds = piece(&batch[i], from)); from += cmds) {
			for (k = i; k < i + at_once; k++)
				KUNIT_EXPECT_EQ(test, 0,
						smmu_cmdq_post(smmu_device_of(batch[k].inst),
							       &batch[k].cmd[from], cmds,
							       &deadline, &ticket[k],
							       SMMU_POST_NEW));
			for (k = i; k < i + at_once; k++)
				KUNIT_EXPECT_EQ(test, 0,
						smmu_cmdq_wait(&ticket[k], &deadline));
		}
	}
}

/* Measure an unmap on @n SMMUs with one device each */
static void measure(struct kunit *test, enum rig_insertion how, enum way way, bool ats, u32 n,
		    struct cost *cost)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	size_t size = SZ_4K;
	u64 start, last = 0;
	u32 i;

	rig_virtual_clock(test);
	rig->insertion = how;
	rig->atc = ats;
	domain = build(test, rig, n, size);
	*cost = (struct cost) {};
	start = model_now();
	if (way == POST_THEN_WAIT) {
		KUNIT_EXPECT_EQ(test, size, iommu_unmap(domain, IOVA, size));
		cost->ns = model_now() - start;
		for (i = 0; i < n; i++)
			last = max(last, collect(test, rig, i, cost) - start);
		/* the unmap did not wait for anything after the last CMD_SYNC was complete */
		KUNIT_EXPECT_LE(test, cost->ns, last + n * 2000);
	} else {
		by_hand(test, domain, way, n);
		cost->ns = model_now() - start;
		KUNIT_EXPECT_EQ(test, size, iommu_unmap(domain, IOVA, size));
	}
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

static void table(struct kunit *test, enum rig_insertion how, bool ats)
{
	static const u32 counts[] = { 1, 2, 4, SMMUS };
	struct cost one[WAYS], cost[WAYS];
	u32 i, way, syncs = ats ? 2 : 1;

	kunit_info(test, "unmap of 4 KiB %s ATS, %u ns a CMD_SYNC, %u ns a TLBI; virtual ns\n",
		   ats ? "with" : "without", SYNC_NS, TLBI_NS);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		u32 n = counts[i];

		for (way = 0; way < WAYS; way++)
			measure(test, how, way, ats, n, &cost[way]);
		if (n == 1)
			memcpy(one, cost, sizeof(one));
		KUNIT_EXPECT_EQ(test, n * syncs, cost[POST_THEN_WAIT].syncs);
		KUNIT_EXPECT_EQ(test, n, cost[POST_THEN_WAIT].doorbells);
		kunit_info(test, "smmus=%u ats=%d post_then_wait=%llu wait_per_step=%llu one_by_one=%llu\n",
			   n, ats, cost[POST_THEN_WAIT].ns, cost[WAIT_PER_STEP].ns,
			   cost[ONE_BY_ONE].ns);
		KUNIT_EXPECT_LE(test, 10 * cost[POST_THEN_WAIT].ns, 13 * one[POST_THEN_WAIT].ns);
		KUNIT_EXPECT_GE(test, cost[ONE_BY_ONE].ns, n * syncs * SYNC_NS);
	}
}

static void post_then_wait_lock(struct kunit *test)
{
	table(test, RIG_LOCK, false);
}

static void post_then_wait_combine(struct kunit *test)
{
	table(test, RIG_COMBINE, false);
}

static void with_ats(struct kunit *test)
{
	table(test, RIG_LOCK, true);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(post_then_wait_lock),
	KUNIT_CASE(post_then_wait_combine),
	KUNIT_CASE(with_ats),
	{}
};

static struct kunit_suite suite = { .name = "smmu_walktime", .test_cases = cases };
kunit_test_suite(suite);
