// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that write anything into their page of registers and into their queues, while these, their
 * devices and the guests themselves come and go and the SMMU is shut and comes back. Whatever they
 * do, the host's mappings work as they should, the driver does nothing that it must not do (the
 * model says so), and in the end nothing is left.
 */
#include <linux/bitfield.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <smmuv3/cmd.h>
#include <smmuv3/cmdqv.h>

#include "core/cmd.h"
#include "drv/iommu.h"
#include "hw/shut.h"
#include "driver/guest_queue.h"

static uint guest_queue_seed = 20261127;
module_param(guest_queue_seed, uint, 0444);
MODULE_PARM_DESC(guest_queue_seed, "seed of smmu_guest_queue_random");

static uint guest_queue_ops = 4000;
module_param(guest_queue_ops, uint, 0444);
MODULE_PARM_DESC(guest_queue_ops, "number of operations of smmu_guest_queue_random");

/* Of guest_queue_nest() */
#define VINTFS		8
#define EACH		4
#define TENANTS		3
#define HOST_IOVA	0x40000000ULL
#define HOST_PA		0x34567000ULL

/**
 * struct tenant - a guest that means harm
 * @g: the guest, or NULL
 * @d: its device
 * @t: its table
 * @s1: nested domain with ATS, or NULL
 * @knows: there is a vDEVICE
 * @core: its queues, or NULL
 * @cmd: their pages, which the guest keeps
 */
struct tenant {
	struct guest *g;
	struct rig_device *d;
	struct guest_table *t;
	struct iommu_domain *s1;
	bool knows;
	struct iommufd_hw_queue *core[EACH];
	struct smmu_cmd *cmd[EACH];
};

struct world {
	struct kunit *test;
	struct rnd_state rnd;
	struct nest n;
	struct tenant tenant[TENANTS];
	struct rig_device *host;
	struct iommu_domain *domain;
};

static u32 any(struct world *w, u32 below)
{
	return prandom_u32_state(&w->rnd) % below;
}

static void come(struct world *w, struct tenant *t)
{
	int ret;

	t->g = guest_queue_guest(w->test, w->n.smmu, w->n.parent, &ret);
	/* a VINTF is withheld until the SMMU has been off */
	if (!t->g)
		KUNIT_EXPECT_TRUE(w->test, ret == -ENOSPC || ret == -EIO);
}

static void detach(struct world *w, struct tenant *t)
{
	KUNIT_EXPECT_EQ(w->test, 0, rig_attach(t->d, &smmu_identity_domain));
	if (t->s1)
		iommu_domain_free(t->s1);
	t->s1 = NULL;
}

static void end_queues(struct world *w, struct tenant *t)
{
	u32 l;

	for (l = EACH; l--;) {
		if (t->core[l])
			KUNIT_EXPECT_TRUE(w->test, guest_queue_destroy(t->core[l]));
		t->core[l] = NULL;
	}
}

static void go(struct world *w, struct tenant *t)
{
	if (!t->g)
		return;
	end_queues(w, t);
	detach(w, t);
	t->knows = false;
	guest_destroy(t->g);
	t->g = NULL;
}

static void toggle_queue(struct world *w, struct tenant *t)
{
	u32 l = any(w, EACH);
	int ret;

	if (t->core[l]) {
		if (guest_queue_destroy(t->core[l]))
			t->core[l] = NULL;
		else
			KUNIT_EXPECT_TRUE(w->test, l + 1 < EACH && t->core[l + 1]);
		return;
	}
	ret = guest_queue_try(t->g, l, virt_to_phys(t->cmd[l]), GUEST_QUEUE_BYTES, &t->core[l]);
	if (ret)
		t->core[l] = NULL;
	KUNIT_EXPECT_EQ(w->test, l && !t->core[l - 1] ? -EIO : 0, ret);
}

static void toggle_device(struct world *w, struct tenant *t)
{
	if (t->knows) {
		detach(w, t);
		guest_no_device(t->g, NEST_VSID);
	} else {
		guest_device(w->test, t->g, t->d, NEST_VSID);
	}
	t->knows = !t->knows;
}

static void toggle_domain(struct world *w, struct tenant *t)
{
	if (!t->knows)
		return;
	if (t->s1) {
		if (any(w, 2))
			KUNIT_EXPECT_EQ(w->test, 0, rig_attach(t->d, &smmu_blocked_domain));
		detach(w, t);
		return;
	}
	t->s1 = guest_s1(w->test, t->g, t->t, any(w, 4));
	KUNIT_EXPECT_EQ(w->test, 0, rig_attach(t->d, t->s1));
}

/* Anything, anywhere in the page; most of it where there is something */
static void scribble(struct world *w, struct tenant *t)
{
	static const u32 regs[] = { VCMDQ_CONS, VCMDQ_PROD, VCMDQ_CONFIG, VCMDQ_GERRORN };
	u32 page = CMDQV_VINTF_PAGE0(guest_queue_vintf(t->g)), off, val;

	if (any(w, 8))
		off = any(w, EACH + 1) * CMDQV_QUEUE_BYTES + regs[any(w, ARRAY_SIZE(regs))];
	else
		off = any(w, CMDQV_PAGE / 4) * 4;
	val = any(w, 4) ? any(w, 600) : prandom_u32_state(&w->rnd);
	model_cmdqv_write(w->n.smmu->model, page + off, 4, val);
	if (!any(w, 4))
		model_cmdqv_read(w->n.smmu->model, page + off, 4);
}

/* Commands that mean something, with fields that may not */
static void write_commands(struct world *w, struct tenant *t)
{
	static const u8 opcodes[] = {
		CMD_TLBI_NH_ASID, CMD_TLBI_NH_VA, CMD_ATC_INV, CMD_SYNC, CMD_CFGI_STE,
		CMD_TLBI_NSNH_ALL, CMD_TLBI_S12_VMALL, CMD_RESUME,
	};
	struct smmu_cmd *cmd = t->cmd[any(w, EACH)];
	u32 i, op;
	u64 w0;

	for (i = any(w, 16); i; i--) {
		w0 = any(w, 2) ? prandom_u32_state(&w->rnd) : 0;
		w0 = w0 << 32 | (any(w, 2) ? prandom_u32_state(&w->rnd) : 0);
		op = any(w, any(w, 8) ? 4 : ARRAY_SIZE(opcodes));
		FIELD_MODIFY(CMD0_OPCODE, &w0, opcodes[op]);
		if (any(w, 2))
			FIELD_MODIFY(CMD0_ATC_SID, &w0, NEST_VSID);
		cmd[any(w, 1U << GUEST_QUEUE_LOG2)] = (struct smmu_cmd) {
			.w = { cpu_to_le64(w0), cpu_to_le64(any(w, 2) ? any(w, 4096) : 0) },
		};
	}
}

/* What the host maps and unmaps is what its device reaches */
static void host_works(struct world *w)
{
	struct kunit *test = w->test;

	KUNIT_EXPECT_EQ(test, HOST_PA, rig_access(w->n.rig, w->host, HOST_IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(w->domain, HOST_IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(w->n.rig, w->host, HOST_IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(w->domain, HOST_IOVA, HOST_PA, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
}

static void shut_and_back(struct world *w)
{
	smmu_shut(&rig_iommu(w->n.smmu)->smmu, "for the test");
	KUNIT_EXPECT_TRUE(w->test, rig_restart(w->n.rig, 0));
}

static void step(struct world *w)
{
	struct tenant *t = &w->tenant[any(w, TENANTS)];
	u32 what = any(w, 64);

	if (!t->g)
		come(w, t);
	else if (what < 30)
		scribble(w, t);
	else if (what < 44)
		write_commands(w, t);
	else if (what < 52)
		toggle_queue(w, t);
	else if (what < 55)
		toggle_device(w, t);
	else if (what < 60)
		toggle_domain(w, t);
	else if (what < 62)
		host_works(w);
	else if (what < 63)
		go(w, t);
	else if (!any(w, 4))
		shut_and_back(w);
	model_advance(any(w, 3) * NSEC_PER_USEC);
}

static struct world *make(struct kunit *test, u32 seed)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u32 i, l;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->test = test;
	prandom_seed_state(&w->rnd, seed);
	guest_queue_nest(test, &w->n, true);
	guest_destroy(w->n.g);
	rig_hush(w->n.rig);
	for (i = 0; i < TENANTS; i++) {
		struct tenant *t = &w->tenant[i];

		t->d = rig_device(test, w->n.rig, 0);
		t->t = guest_table(test, w->n.smmu, w->n.parent, 5);
		guest_map(test, t->t, NEST_VA, NEST_IPA);
		for (l = 0; l < EACH; l++) {
			t->cmd[l] = (void *)get_zeroed_page(GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, t->cmd[l]);
		}
	}
	w->host = rig_device(test, w->n.rig, 0);
	w->domain = rig_domain(test, w->host);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(w->domain, HOST_IOVA, HOST_PA, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(w->host, w->domain));
	return w;
}

/* Everything goes, and nothing is left of it */
static void end(struct world *w)
{
	struct smmu_device *smmu = &rig_iommu(w->n.smmu)->smmu;
	struct kunit *test = w->test;
	u32 i, l;

	for (i = 0; i < TENANTS; i++)
		go(w, &w->tenant[i]);
	host_works(w);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(w->host, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(w->n.d, &smmu_identity_domain));
	iommu_domain_free(w->domain);
	iommu_domain_free(w->n.parent);
	shut_and_back(w);
	KUNIT_EXPECT_TRUE(test, list_empty(&smmu->cmdqv.guests));
	KUNIT_EXPECT_TRUE(test, list_empty(&smmu->cmdqv.withheld));
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&smmu->inst.vmids));
	for (i = 1; i < VINTFS; i++)
		KUNIT_EXPECT_EQ(test, 0, model_cmdqv_read(w->n.smmu->model, CMDQV_VINTF(i) +
							  VINTF_CONFIG, 4) & VINTF_EN);
	for (i = 0; i < TENANTS; i++)
		for (l = 0; l < EACH; l++) {
			struct smmu_cmd *cmd = w->tenant[i].cmd[l];

			KUNIT_EXPECT_EQ(test, 1, page_count(virt_to_page(cmd)));
			free_page((unsigned long)cmd);
		}
	rig_unhush(w->n.rig);
}

static void one_by_one(struct kunit *test)
{
	struct world *w = make(test, guest_queue_seed);
	u32 i;

	for (i = 0; i < guest_queue_ops && !test->status; i++)
		step(w);
	end(w);
	kunit_info(test, "seed %u: %u operations: of three guests and their VMMs\n",
		   guest_queue_seed, i);
}

/**
 * struct hand - a thread of a VMM, or of its guest
 * @w: the world, of which only what the thread's functions use is used
 * @rnd: its own random numbers
 * @t: the guest
 * @task: the thread
 */
struct hand {
	struct world *w;
	struct rnd_state rnd;
	struct tenant *t;
	struct task_struct *task;
};

/* Two of these make and destroy the queues of one guest */
static int queues_thread(void *data)
{
	struct hand *h = data;
	struct iommufd_hw_queue *core;
	u32 l;

	while (!kthread_should_stop()) {
		l = prandom_u32_state(&h->rnd) % EACH;
		core = xchg(&h->t->core[l], NULL);
		if (core) {
			if (!guest_queue_destroy(core))
				WRITE_ONCE(h->t->core[l], core);
		} else if (!guest_queue_try(h->t->g, l, virt_to_phys(h->t->cmd[l]),
					    GUEST_QUEUE_BYTES, &core)) {
			WRITE_ONCE(h->t->core[l], core);
		}
		cond_resched();
	}
	return 0;
}

static int scribble_thread(void *data)
{
	struct hand *h = data;
	struct world w = { .n = h->w->n, .rnd = h->rnd };

	while (!kthread_should_stop()) {
		scribble(&w, h->t);
		write_commands(&w, h->t);
		cond_resched();
	}
	return 0;
}

static int domain_thread(void *data)
{
	struct hand *h = data;
	struct iommu_domain *to[] = { &smmu_identity_domain, h->t->s1, &smmu_blocked_domain,
				      h->t->s1 };

	while (!kthread_should_stop()) {
		rig_attach(h->t->d, to[prandom_u32_state(&h->rnd) % ARRAY_SIZE(to)]);
		if (!(prandom_u32_state(&h->rnd) % 4)) {
			guest_no_device(h->t->g, NEST_VSID);
			guest_try_device(h->t->g, h->t->d, NEST_VSID);
		}
		cond_resched();
	}
	return 0;
}

/* The threads of a VMM and of its guest at once, while the SMMU is shut and comes back */
static void at_once(struct kunit *test)
{
	int (*const fn[])(void *) = {
		queues_thread, queues_thread, scribble_thread, domain_thread,
	};
	struct world *w = make(test, guest_queue_seed + 1);
	struct tenant *t = &w->tenant[0];
	struct hand h[ARRAY_SIZE(fn)] = {};
	u32 i, l, n = 0;

	come(w, t);
	KUNIT_ASSERT_NOT_NULL(test, t->g);
	guest_device(test, t->g, t->d, NEST_VSID);
	t->s1 = guest_s1(test, t->g, t->t, true);
	for (i = 0; i < ARRAY_SIZE(fn); i++) {
		h[i] = (struct hand) { .w = w, .t = t };
		prandom_seed_state(&h[i].rnd, guest_queue_seed + i);
		h[i].task = kthread_run(fn[i], &h[i], "guest-queue-%u", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, h[i].task);
	}
	for (i = 0; i < 60; i++) {
		schedule_timeout_uninterruptible(1);
		host_works(w);
		if (i % 8 == 7)
			shut_and_back(w);
	}
	for (i = 0; i < ARRAY_SIZE(fn); i++)
		kthread_stop(h[i].task);
	for (l = 0; l < EACH; l++)
		n += !!t->core[l];
	kunit_info(test, "%u queues in the end\n", n);
	t->knows = true;
	end(w);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_SLOW(one_by_one),
	KUNIT_CASE_SLOW(at_once),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_guest_queue_random",
	.suite_init = queues_are_vcmdqs,
	.test_cases = cases,
};

kunit_test_suite(suite);
