// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that change what several CPUs share wait for whoever holds the lock of it. One CPU has
 * the lock while another one calls the function, which must not come back before.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "hw/cmdq.h"
#include "hw/shut.h"
#include "driver/rig.h"

/* How long the lock is held after the call, and how long the call may take to come, in ms */
#define HELD_MS		20
#define CALLED_MS	10000

static void undo(struct smmu_device *smmu)
{
	smmu_shut_undo(smmu);
}

static void start_anew(struct smmu_device *smmu)
{
	smmu_cmdq_start_anew(smmu_main_cmdq(smmu));
}

static raw_spinlock_t *shut_lock(struct smmu_device *smmu)
{
	return &smmu->shut_lock;
}

static raw_spinlock_t *stand_lock(struct smmu_device *smmu)
{
	return &smmu_main_cmdq(smmu)->stand.lock;
}

static const struct locked {
	const char *name;
	void (*fn)(struct smmu_device *smmu);
	raw_spinlock_t *(*lock)(struct smmu_device *smmu);
} locked[] = {
	{ "smmu_shut_undo", undo, shut_lock },
	{ "smmu_shut_for_good", smmu_shut_for_good, shut_lock },
	{ "smmu_cmdq_start_anew", start_anew, stand_lock },
};

KUNIT_ARRAY_PARAM_DESC(locked, locked, name);

static struct {
	struct kunit *test;
	const struct locked *what;
	struct smmu_device *smmu;
	bool called, back;
	struct completion done;
} caller;

static int caller_thread(void *unused)
{
	current->kunit_test = caller.test;
	WRITE_ONCE(caller.called, true);
	caller.what->fn(caller.smmu);
	WRITE_ONCE(caller.back, true);
	current->kunit_test = NULL;
	complete(&caller.done);
	return 0;
}

static void waits(struct kunit *test)
{
	const struct locked *what = test->param_value;
	struct rig *rig = rig_new(test);
	struct task_struct *task;
	unsigned long flags;
	raw_spinlock_t *lock;
	bool called, back;
	u32 cpu, ms;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	caller.test = test;
	caller.what = what;
	caller.smmu = &rig_iommu(rig_smmu(test, rig, 0, NULL))->smmu;
	caller.called = false;
	caller.back = false;
	init_completion(&caller.done);
	smmu_shut(caller.smmu, "a test");
	task = kthread_create(caller_thread, NULL, "caller");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	/* binding a thread may sleep */
	migrate_disable();
	cpu = smp_processor_id();
	kthread_bind(task, cpumask_any_but(cpu_online_mask, cpu));
	lock = what->lock(caller.smmu);
	raw_spin_lock_irqsave(lock, flags);
	wake_up_process(task);
	for (ms = 0; ms < CALLED_MS && !READ_ONCE(caller.called); ms++)
		mdelay(1);
	mdelay(HELD_MS);
	called = READ_ONCE(caller.called);
	back = READ_ONCE(caller.back);
	raw_spin_unlock_irqrestore(lock, flags);
	migrate_enable();
	wait_for_completion(&caller.done);
	KUNIT_EXPECT_TRUE(test, called);
	KUNIT_EXPECT_FALSE(test, back);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(waits, locked_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_locks", .test_cases = cases };
kunit_test_suite(suite);
