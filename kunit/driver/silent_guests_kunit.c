// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM whose devices do not answer an ATC_INV: however many threads and vSMMUs it has, and however
 * often it resets its devices, it costs the host one time-out for each physical device.
 */
#include <linux/kthread.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "hw/cmdq_poll.h"
#include "hw/device.h"
#include "driver/nest.h"
#include "driver/silence.h"

/**
 * struct vcpu - a thread of a VMM that invalidates an ATC
 * @test: the case
 * @mm: address space of the VMM
 * @g: its vSMMU
 * @err: what the guest is to see
 * @ms: how long it has taken
 * @done: it is over
 */
struct vcpu {
	struct kunit *test;
	struct mm_struct *mm;
	struct guest *g;
	int err;
	u64 ms;
	struct completion done;
};

/**
 * struct vm - a vSMMU with its device
 * @d: the device
 * @g: the vSMMU
 * @s1: nested domain of the device, with ATS
 */
struct vm {
	struct rig_device *d;
	struct guest *g;
	struct iommu_domain *s1;
};

/**
 * struct vmm - all of them
 * @s: the machine
 * @smmu: its SMMU
 * @n: the first, with the parent and the table of all
 * @vm: vSMMUs
 * @nr: number of vSMMUs
 * @vcpu: threads
 * @threads: number of threads; one after the other to each vSMMU
 * @most: out: most commands that were seen in the queue in the first round
 */
struct vmm {
	struct silence *s;
	struct smmu_device *smmu;
	struct nest n;
	struct vm *vm;
	u32 nr;
	struct vcpu *vcpu;
	u32 threads;
	u64 most;
};

static void invalidate_atc(struct kunit *test, struct guest *g, int err)
{
	struct smmu_cmd cmd;
	u32 done = 1;

	smmu_cmd_atc_inv(&cmd, NEST_VSID, 0, false, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, err, guest_commands(test, g, &cmd, &done));
}

static int vcpu(void *data)
{
	struct vcpu *v = data;
	u64 start = model_now();

	current->kunit_test = v->test;
	kthread_use_mm(v->mm);
	invalidate_atc(v->test, v->g, v->err);
	kthread_unuse_mm(v->mm);
	v->ms = (model_now() - start) / NSEC_PER_MSEC;
	current->kunit_test = NULL;
	complete(&v->done);
	return 0;
}

/* Make @nr vSMMUs with a device each, and @threads threads; @physical: the devices are VFs */
static struct vmm *vmm_make(struct kunit *test, u32 nr, u32 threads, bool physical)
{
	struct vmm *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	struct model_config cfg;
	struct vm *vm;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->vm = kunit_kcalloc(test, nr, sizeof(*v->vm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v->vm);
	v->vcpu = kunit_kcalloc(test, threads, sizeof(*v->vcpu), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v->vcpu);
	v->nr = nr;
	v->threads = threads;
	nest_config(&cfg, false);
	cfg.read_ns = 0;
	v->s = silence_make_with(test, RIG_MIXED, cfg);
	v->smmu = &rig_iommu(v->s->smmu)->smmu;
	v->s->rig->physical = physical;
	nest_make_on(test, &v->n, v->s->rig, v->s->smmu);
	for (i = 0; i < nr; i++) {
		vm = &v->vm[i];
		vm->d = i ? rig_device(test, v->s->rig, 0) : v->n.d;
		vm->g = i ? nest_guest(test, v->s->smmu, v->n.parent, vm->d, NEST_VSID) : v->n.g;
		vm->s1 = guest_s1(test, vm->g, v->n.t, true);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(vm->d, vm->s1));
		KUNIT_ASSERT_TRUE(test, vm->d->ats);
		silence_begin(v->s, vm->d);
	}
	v->s->rig->physical = 0;
	return v;
}

static void vmm_free(struct kunit *test, struct vmm *v)
{
	u32 i;

	v->s->n = 0;
	rig_recover(v->s->rig);
	for (i = 0; i < v->nr; i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(v->vm[i].d, &smmu_identity_domain));
		iommu_domain_free(v->vm[i].s1);
		if (i)
			guest_destroy(v->vm[i].g);
	}
	nest_free(test, &v->n);
}

static struct vmm *watched;

/* Who waits for long looks how many commands there are, and lets time pass */
static void watch_sleep(struct smmu_cmdq *q, u32 us)
{
	struct smmu_cmdq_state state;

	smmu_cmdq_look_at(q, &state);
	watched->most = max(watched->most, state.posted - q->cons);
	model_advance(us * (u64)NSEC_PER_USEC);
	schedule();
}

/* Have all threads invalidate at once. In the first round one of them waits for long. */
static void round_of(struct kunit *test, struct vmm *v, bool first, u64 most_ms)
{
	struct task_struct *task;
	u32 i;

	v->most = 0;
	watched = v;
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, watch_sleep);
	for (i = 0; i < v->threads; i++) {
		v->vcpu[i] = (struct vcpu) {
			.test = test, .mm = current->mm, .g = v->vm[i % v->nr].g,
			.err = first ? -ETIMEDOUT : 0,
		};
		init_completion(&v->vcpu[i].done);
		task = kthread_run(vcpu, &v->vcpu[i], "vcpu/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
	for (i = 0; i < v->threads; i++) {
		wait_for_completion(&v->vcpu[i].done);
		KUNIT_EXPECT_LE(test, v->vcpu[i].ms, most_ms);
	}
}

/* Reset the devices and attach their vSTEs again */
static void reset_all(struct kunit *test, struct vmm *v)
{
	u64 began;
	u32 i;

	rig_recover(v->s->rig);
	for (i = 0; i < v->nr; i++) {
		began = model_now();
		KUNIT_ASSERT_EQ(test, 0, rig_attach(v->vm[i].d, &smmu_blocked_domain));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(v->vm[i].d, v->vm[i].s1));
		KUNIT_EXPECT_FALSE(test, v->vm[i].d->ats);
		KUNIT_EXPECT_LE(test, (model_now() - began) / NSEC_PER_MSEC, 500);
	}
}

static const struct vmm_kind {
	const char *name;
	u32 nr;
	u32 threads;
	bool physical;
} kinds[] = {
	{ "4 threads of a vSMMU", 1, 4, false },
	{ "64 vSMMUs, each with a VF", 64, 64, true },
	{ "64 threads of 3 vSMMUs, each with a device", 3, 64, false },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

/*
 * Only the first round costs time: T for each physical device. Only one block of a guest with
 * ATC_INVs is in the queue at a time: an ATC_INV and its CMD_SYNC.
 */
static void rounds(struct kunit *test)
{
	const struct vmm_kind *kind = test->param_value;
	u64 most_ms = (kind->physical ? 1 : kind->nr) * (T_MS + SLACK_MS);
	struct vmm *v = vmm_make(test, kind->nr, kind->threads, kind->physical);
	struct smmu_cmdq_state before, after;
	u32 i;

	round_of(test, v, true, most_ms);
	KUNIT_EXPECT_GE(test, v->most, 1);
	KUNIT_EXPECT_LE(test, v->most, 2);
	for (i = 0; i < v->nr; i++)
		KUNIT_EXPECT_TRUE(test, v->vm[i].d->cut);
	for (i = 0; i < 3; i++) {
		reset_all(test, v);
		smmu_cmdq_look(v->smmu, &before);
		round_of(test, v, false, 10);
		smmu_cmdq_look(v->smmu, &after);
		KUNIT_EXPECT_EQ(test, before.sum.cmds, after.sum.cmds);
	}
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(v->smmu));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig_iommu(v->s->smmu)->shuts));
	vmm_free(test, v);
}

/* The host goes on beside it: what it waits for is that one time-out, and its device is innocent */
static void beside_the_host(struct kunit *test)
{
	struct vmm *v = vmm_make(test, 8, 64, true);
	struct rig_device *h = rig_device(test, v->s->rig, 0);
	struct iommu_domain *a = silence_use(test, v->s, h);
	struct silence_unmapper *u;

	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + SZ_4K, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	u = silence_start(test, a, 2);
	round_of(test, v, true, T_MS + SLACK_MS);
	wait_for_completion(&u[0].done);
	wait_for_completion(&u[1].done);
	KUNIT_EXPECT_LE(test, u[0].ms, T_MS + SLACK_MS);
	KUNIT_EXPECT_LE(test, u[1].ms, T_MS + SLACK_MS);
	reset_all(test, v);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	u = silence_start(test, a, 1);
	round_of(test, v, false, 100);
	wait_for_completion(&u->done);
	KUNIT_EXPECT_LE(test, u->ms, 100);
	KUNIT_EXPECT_TRUE(test, h->ats && h->bus_master && !h->cut);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(v->smmu));
	silence_leave(test, v->s, h, a);
	vmm_free(test, v);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(rounds, kind_gen_params),
	KUNIT_CASE(beside_the_host),
	{}
};

static struct kunit_suite suite = { .name = "smmu_silent_guests", .test_cases = cases };
kunit_test_suite(suite);
