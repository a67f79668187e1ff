// SPDX-License-Identifier: GPL-2.0-only
/* Errors of command queues that guests drive themselves: who is told of them, and how often. */
#include <linux/jiffies.h>
#include <linux/kthread.h>

#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "hw/issue.h"
#include "hw/shut.h"
#include "driver/guest_queue.h"

static struct smmu_device *hw(struct nest *n)
{
	return &rig_iommu(n->smmu)->smmu;
}

/*
 * The guest is told of its errors, and of nobody else's; it goes on when it has acknowledged them
 */
static void errors(struct kunit *test)
{
	u64 map[2] = {}, none[2] = {};
	struct guest_queue *q[2];
	struct guest *too;
	struct smmu_cmd cmd = {};
	struct nest n;
	int ret;

	guest_queue_nest(test, &n, false);
	too = guest_queue_guest(test, n.smmu, n.parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	q[0] = guest_queue_new(test, n.smmu, n.g, 0);
	q[1] = guest_queue_new(test, n.smmu, n.g, 1);
	guest_queue_enable(test, q[0]);
	guest_queue_enable(test, q[1]);
	/* TLBI_NSNH_ALL is the host's */
	smmu_cmd_tlbi_nsnh_all(&cmd);
	KUNIT_EXPECT_EQ(test, CERROR_ILL, guest_queue_post(q[1], &cmd, 1));
	KUNIT_EXPECT_EQ(test, 1, guest_queue_errors(n.g, 1, map));
	KUNIT_EXPECT_EQ(test, BIT_ULL(1), map[0]);
	KUNIT_EXPECT_EQ(test, 0, map[1]);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_errors(too, 0, none));
	/* its other queue goes on, and the kernel's */
	smmu_cmd_tlbi_asid(&cmd, 1, false);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q[0], &cmd, 1));
	KUNIT_EXPECT_EQ(test, 0, smmu_issue_drain(hw(&n)));
	/* the guest writes another command over it */
	q[1]->cmd[0] = cmd;
	guest_queue_write(q[1], VCMDQ_GERRORN, guest_queue_read(q[1], VCMDQ_GERROR));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q[1], &cmd, 1));
	KUNIT_EXPECT_EQ(test, 1, guest_queue_errors(n.g, 1, map));
	guest_queue_free(test, q[1]);
	guest_queue_free(test, q[0]);
	guest_destroy(too);
	nest_free(test, &n);
}

static u32 mask_of(struct nest *n, struct guest *g)
{
	return model_cmdqv_read(n->smmu->model, CMDQV_VINTF_INT_MASK, 4) &
	       BIT(guest_queue_vintf(g));
}

/*
 * The owner before has left a VINTF whose errors were masked, and so has the SMMU that was shut: a
 * guest is told of its errors all the same
 */
static void masked_before(struct kunit *test)
{
	u64 map[2] = {};
	struct guest_queue *q;
	struct smmu_cmd cmd;
	struct guest *g;
	struct nest n;
	int ret;

	guest_queue_nest(test, &n, false);
	model_cmdqv_write(n.smmu->model, CMDQV_VINTF_INT_MASK, 4, U32_MAX);
	g = guest_queue_guest(test, n.smmu, n.parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, 0, mask_of(&n, g));
	smmu_shut(hw(&n), "a test");
	model_cmdqv_write(n.smmu->model, CMDQV_VINTF_INT_MASK, 4, U32_MAX);
	KUNIT_ASSERT_TRUE(test, rig_restart(n.rig, 0));
	KUNIT_EXPECT_EQ(test, 0, mask_of(&n, g));
	q = guest_queue_new(test, n.smmu, g, 0);
	guest_queue_enable(test, q);
	smmu_cmd_tlbi_nsnh_all(&cmd);
	KUNIT_EXPECT_EQ(test, CERROR_ILL, guest_queue_post(q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, 1, guest_queue_errors(g, 1, map));
	guest_queue_free(test, q);
	guest_destroy(g);
	nest_free(test, &n);
}

/* A guest is told of the queues that it had when the SMMU was shut, not of one that it got since */
static void got_since(struct kunit *test)
{
	struct guest_queue *q[2];
	u64 map[2] = {};
	struct nest n;

	guest_queue_nest(test, &n, false);
	q[0] = guest_queue_new(test, n.smmu, n.g, 0);
	smmu_shut(hw(&n), "a test");
	KUNIT_ASSERT_TRUE(test, rig_restart(n.rig, 0));
	flush_delayed_work(&n.g->vsmmu.queues.errors);
	/* the next report has to wait after this one, so that there is time for another queue */
	smmu_shut(hw(&n), "a test");
	KUNIT_ASSERT_TRUE(test, rig_restart(n.rig, 0));
	q[1] = guest_queue_new(test, n.smmu, n.g, 1);
	KUNIT_EXPECT_EQ(test, 2, guest_queue_errors(n.g, 2, map));
	KUNIT_EXPECT_EQ(test, BIT_ULL(0), map[0]);
	KUNIT_EXPECT_EQ(test, 0, map[1]);
	guest_queue_free(test, q[1]);
	guest_queue_free(test, q[0]);
	nest_free(test, &n);
}

static int interrupts_thread(void *data)
{
	while (!kthread_should_stop()) {
		model_cmdqv_interrupt(data);
		cond_resched();
	}
	return 0;
}

/*
 * The companion says all the time that each VINTF has an error, while guests come and go: nobody is
 * told of what is not there
 */
static void false_alarms(struct kunit *test)
{
	struct model_inject alarm = { .cmdqv_vintfs = U64_MAX }, well = {};
	struct task_struct *task;
	u64 map[2] = {};
	struct guest *g;
	struct nest n;
	u32 i;
	int ret;

	/* so slow that a worker runs while a VINTF is brought up */
	guest_queue_nest_slow(test, &n, false, 300);
	rig_hush(n.rig);
	task = kthread_run(interrupts_thread, n.smmu->model, "interrupts");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (i = 0; i < 50; i++) {
		/* one in four does not come up */
		alarm.no_cmdqv = i % 4 ? 0 : MODEL_NO_VINTF;
		model_inject(n.smmu->model, &alarm);
		g = guest_queue_guest(test, n.smmu, n.parent, &ret);
		KUNIT_EXPECT_EQ(test, i % 4 ? 0 : -EIO, ret);
		if (g)
			guest_destroy(g);
	}
	kthread_stop(task);
	model_inject(n.smmu->model, &well);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_errors(n.g, 0, map));
	rig_unhush(n.rig);
	nest_free(test, &n);
}

/* Errors that raised no interrupt */
static u64 masked(struct kunit *test, struct nest *n)
{
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	u64 ret;

	KUNIT_ASSERT_NOT_NULL(test, stats);
	model_stats(n->smmu->model, stats);
	ret = stats->cmdqv_masked;
	kunit_kfree(test, stats);
	return ret;
}

/* An error, which the guest acknowledges at once, with another command in its place */
static void err(struct kunit *test, struct guest_queue *q)
{
	struct smmu_cmd cmd;

	smmu_cmd_tlbi_nsnh_all(&cmd);
	KUNIT_EXPECT_EQ(test, CERROR_ILL, guest_queue_post(q, &cmd, 1));
	smmu_cmd_sync(&q->cmd[(q->prod - 2) % (1U << GUEST_QUEUE_LOG2)]);
	guest_queue_write(q, VCMDQ_GERRORN, guest_queue_read(q, VCMDQ_GERROR));
}

/* A guest that does nothing but errors has few interrupts for it, and loses no report */
static void storm(struct kunit *test)
{
	unsigned long end = jiffies + 10 * HZ;
	struct guest_queue *q;
	struct smmu_cmd cmd;
	u64 map[2] = {};
	struct nest n;
	u32 events;

	guest_queue_nest(test, &n, false);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	while (masked(test, &n) < 100 && time_before(jiffies, end)) {
		err(test, q);
		cond_resched();
	}
	KUNIT_EXPECT_GE(test, masked(test, &n), 100);
	/* the kernel's own queues are never affected */
	KUNIT_EXPECT_EQ(test, 0, model_cmdqv_read(n.smmu->model, CMDQV_VINTF_INT_MASK, 4) & BIT(0));
	/* a last one, which the guest waits for */
	events = guest_queue_errors(n.g, 0, map);
	smmu_cmd_tlbi_nsnh_all(&cmd);
	KUNIT_EXPECT_EQ(test, CERROR_ILL, guest_queue_post(q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, events + 1, guest_queue_errors(n.g, events + 1, map));
	KUNIT_EXPECT_EQ(test, 1, map[0]);
	guest_queue_free(test, q);
	nest_free(test, &n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(errors),
	KUNIT_CASE(masked_before),
	KUNIT_CASE(got_since),
	KUNIT_CASE(false_alarms),
	KUNIT_CASE_SLOW(storm),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_guest_queue_errors",
	.suite_init = queues_are_vcmdqs,
	.test_cases = cases,
};

kunit_test_suite(suite);
