// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CMDQ-V companion: how it is found, brought up and taken down, which commands its queues take in
 * a virtual machine, and who sees their errors. What its queues are used for: queues_kunit.c, where
 * they fail: queues_out_kunit.c.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/irq.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>
#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/queue.h"
#include "drv/params.h"
#include "hw/cmdq.h"
#include "hw/cmdq_set.h"
#include "hw/gerror.h"
#include "hw/issue.h"
#include "hw/shut.h"
#include "driver/nest.h"
#include "driver/queues.h"
#include "driver/sleep.h"

static u32 reg(struct silence *s, u32 off)
{
	return model_cmdqv_read(s->smmu->model, off, 4);
}

/* Is the companion off, with nothing left in it? */
static void expect_off(struct kunit *test, struct silence *s)
{
	u32 param = reg(s, CMDQV_PARAM), i;

	KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_CONFIG) & CMDQV_EN);
	KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_STATUS));
	for (i = 0; i < 1 << FIELD_GET(CMDQV_PARAM_LOG2VINTFS, param); i++) {
		KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_VINTF(i) + VINTF_CONFIG) & VINTF_EN);
		KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_VINTF(i) + VINTF_STATUS));
	}
}

static void expect_clear(struct kunit *test, struct silence *s)
{
	u32 i;

	expect_off(test, s);
	for (i = 0; i < 1 << FIELD_GET(CMDQV_PARAM_LOG2QUEUES, reg(s, CMDQV_PARAM)); i++) {
		KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_CMDQ_ALLOC(i)) & CMDQ_ALLOC_ALLOCATED);
		KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_QUEUE_PAGE0(i) + VCMDQ_CONFIG));
		KUNIT_EXPECT_EQ(test, 0, model_cmdqv_read(s->smmu->model,
							  CMDQV_QUEUE_PAGE1(i) + VCMDQ_BASE, 8));
	}
}

/* Post to a queue, whatever the commands are, and wait. Return: as smmu_cmdq_wait() */
static int post_to(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n)
{
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket = { .q = q, .first = q->prod, .err_seq = q->err_seq };

	return smmu_cmdq_post(q->smmu, cmd, n, &deadline, &ticket, SMMU_POST_MORE) ?:
	       smmu_cmdq_wait(&ticket, &deadline);
}

static const struct layout {
	const char *name;
	u32 queues;
	u32 vintfs;
	u32 slow;
} layouts[] = {
	{ "one", 0, 0 }, { "one in each", 3, 3 }, { "two in each", 7, 6 }, { "128 in one", 7, 0 },
	{ "slow", 4, 2, 3 },
};

KUNIT_ARRAY_PARAM_DESC(layout, layouts, name);

/*
 * Each queue that is used takes commands; the VINTF is the kernel's, and every queue has its place.
 * When the driver goes, nothing is left behind; and it comes back.
 */
static void bring_up(struct kunit *test)
{
	const struct layout *l = test->param_value;
	u32 each = 1 << (l->queues - l->vintfs), i, n, round;
	struct model_config cfg;
	struct smmu_cmd cmd[2];
	struct rig_device *d;
	struct silence *s;

	queues_config(&cfg);
	model_config_cmdqv(&cfg, l->queues, l->vintfs, 1);
	cfg.ack_reads = l->slow;
	s = queues_make_with(test, &cfg);
	n = min(each, 1 + num_possible_cpus());
	smmu_cmd_tlbi_nsnh_all(&cmd[0]);
	smmu_cmd_sync(&cmd[1]);
	for (round = 1; round < 3; round++) {
		KUNIT_ASSERT_EQ(test, n, queues_hw(s)->more.nr);
		KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
		KUNIT_EXPECT_FALSE(test, queues_hw(s)->more.few);
		KUNIT_EXPECT_EQ(test, VINTF_HYP_OWN | VINTF_EN,
				reg(s, CMDQV_VINTF(0) + VINTF_CONFIG));
		for (i = 0; i < 1 << l->queues; i++)
			KUNIT_EXPECT_EQ(test, u32_encode_bits(i / each, CMDQ_ALLOC_VINTF) |
					u32_encode_bits(i % each, CMDQ_ALLOC_LVCMDQ) |
					(i < n ? CMDQ_ALLOC_ALLOCATED : 0),
					reg(s, CMDQV_CMDQ_ALLOC(i)));
		for (i = 1; i <= n; i++) {
			struct smmu_cmdq *q = smmu_cmdq_at(queues_hw(s), i);

			KUNIT_EXPECT_FALSE(test, q->out);
			KUNIT_EXPECT_EQ(test, i, q->nr);
			/* a CMD_SYNC there sends no signal */
			KUNIT_EXPECT_NULL(test, q->polled_word);
			KUNIT_EXPECT_EQ(test, 0, post_to(q, cmd, 2));
			KUNIT_EXPECT_EQ(test, 2 * round, queues_done(s, i));
		}
		d = rig_device(test, s->rig, 0);
		rig_remove(d);
		device_release_driver(s->smmu->dev);
		expect_clear(test, s);
		KUNIT_ASSERT_EQ(test, 1, device_attach(s->smmu->dev));
	}
}

/* Queues that have been used begin at index 0 again, whatever was in them when the SMMU was shut */
static void begins_anew(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i, round;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 100; i++)
			queues_unmap(test, s, d, a);
		smmu_shut(queues_hw(s), "a test");
		KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
		KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
		for (i = 1; i <= queues_hw(s)->more.nr; i++)
			KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), i)->out);
		rig_recover(s->rig);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
		KUNIT_EXPECT_TRUE(test, d->ats);
	}
	silence_leave(test, s, d, a);
}

/*
 * In a virtual machine HYP_OWN reads as 0, and queues take few commands. The model sees it as a
 * violation when others are posted there.
 */
static void takes_few(struct kunit *test)
{
	u64 main, tlbi, atc, flush;
	struct iommu_domain *a, *b;
	struct rig_device *d, *e;
	struct model_config cfg;
	struct silence *s;

	queues_config(&cfg);
	cfg.cmdqv_no_hyp = true;
	s = queues_make_with(test, &cfg);
	KUNIT_ASSERT_TRUE(test, queues_hw(s)->more.on);
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.few);
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	s->rig->atc = false;
	e = rig_device(test, s->rig, 0);
	b = queues_mapped(test, e);
	/* stage 1 */
	main = queues_done(s, QUEUES_MAIN);
	tlbi = queues_tlbi_done(s);
	atc = queues_done(s, QUEUES_ATC);
	queues_unmap(test, s, e, b);
	KUNIT_EXPECT_EQ(test, tlbi + 2, queues_tlbi_done(s));
	queues_unmap(test, s, d, a);
	KUNIT_EXPECT_EQ(test, atc + 4, queues_done(s, QUEUES_ATC));
	/* the tag of a domain that goes: a command that is taken, too */
	KUNIT_EXPECT_EQ(test, main, queues_done(s, QUEUES_MAIN));
	/* what invalidates everything goes to the main queue */
	flush = queues_tlbi_done(s);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue_flush_all(queues_hw(s)));
	KUNIT_EXPECT_GT(test, queues_done(s, QUEUES_MAIN), main);
	KUNIT_EXPECT_EQ(test, flush, queues_tlbi_done(s));
	silence_leave(test, s, e, b);

	/* stage 2: the whole post, ATC_INVs and all */
	b = rig_domain_s2(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(b, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, b));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(e, b));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA, false));
	main = queues_done(s, QUEUES_MAIN);
	atc = queues_done(s, QUEUES_ATC);
	tlbi = queues_tlbi_done(s);
	queues_unmap(test, s, d, b);
	KUNIT_EXPECT_EQ(test, main + 4, queues_done(s, QUEUES_MAIN));
	KUNIT_EXPECT_EQ(test, atc, queues_done(s, QUEUES_ATC));
	KUNIT_EXPECT_EQ(test, tlbi, queues_tlbi_done(s));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(e, &smmu_identity_domain));
	silence_leave(test, s, d, b);
	iommu_domain_free(a);
}

/* An error that nobody waits for: the interrupt finds the queue, and it goes on */
static void interrupts(struct kunit *test)
{
	const struct model_inject inject = { .ill_in = 1 };
	struct rig *rig = rig_new(test);
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket = {};
	struct model_config cfg;
	struct machine_smmu *m;
	struct smmu_cmd cmd[3];
	struct smmu_cmdq *q;
	u32 i, nr;

	queues_config(&cfg);
	m = rig_smmu_irq(test, rig, 0, &cfg);
	KUNIT_ASSERT_TRUE(test, rig_iommu(m)->smmu.more.on);
	smmu_cmd_tlbi_asid(&cmd[0], 5, false);
	smmu_cmd_tlbi_asid(&cmd[1], 5, false);
	smmu_cmd_sync(&cmd[2]);
	rig_hush(rig);
	for (nr = 1; nr <= rig_iommu(m)->smmu.more.nr; nr++) {
		q = smmu_cmdq_at(&rig_iommu(m)->smmu, nr);
		ticket = (struct smmu_ticket) { .q = q };
		model_inject(m->model, &inject);
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(q->smmu, cmd, 3, &deadline, &ticket,
							SMMU_POST_MORE));
		for (i = 0; i < HZ && !READ_ONCE(q->err_seq); i++)
			schedule_timeout_uninterruptible(1);
		KUNIT_EXPECT_EQ(test, 1, READ_ONCE(q->err_seq));
		for (i = 0; i < HZ && model_cmdq_done(m->model, nr) < 3; i++)
			schedule_timeout_uninterruptible(1);
		KUNIT_EXPECT_EQ(test, 3, model_cmdq_done(m->model, nr));
		KUNIT_EXPECT_FALSE(test, q->out);
	}
	rig_unhush(rig);
}

/* Nobody but the CPU that waits can see the error: it has interrupts off, or there is none */
static void polls(struct kunit *test)
{
	const struct model_inject inject = { .ill_in = 1 };
	struct silence *s = queues_make(test);
	struct smmu_cmd cmd[2];
	unsigned long flags;
	struct smmu_cmdq *q;
	u64 began;
	int ret;
	u32 i;

	smmu_cmd_tlbi_asid(&cmd[0], 5, false);
	smmu_cmd_sync(&cmd[1]);
	rig_hush(s->rig);
	for (i = 1; i <= queues_hw(s)->more.nr; i++) {
		q = smmu_cmdq_at(queues_hw(s), i);
		model_inject(s->smmu->model, &inject);
		began = model_now();
		local_irq_save(flags);
		ret = post_to(q, cmd, 2);
		local_irq_restore(flags);
		silence_took(test, began, "the error", 1000);
		KUNIT_EXPECT_EQ(test, -EIO, ret);
		KUNIT_EXPECT_EQ(test, 0, post_to(q, cmd, 2));
	}
	rig_unhush(s->rig);
}

static const struct owner {
	const char *name;
	bool few;
} owners[] = { { "the hypervisor", false }, { "a virtual machine", true } };

KUNIT_ARRAY_PARAM_DESC(owner, owners, name);

/* While the machine sleeps an interrupt of the companion reads no register */
static void interrupts_asleep(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	struct machine_smmu *m;
	u32 i;

	queues_config(&cfg);
	m = rig_smmu_irq(test, rig, 0, &cfg);
	sleep_down(rig);
	model_power_off(m->model);
	for (i = 0; i < 5; i++) {
		model_cmdqv_interrupt(m->model);
		schedule_timeout_uninterruptible(1);
	}
	rig_check(test, rig);
	model_power_on(m->model, MODEL_POWER_RESET, SLEEP_GBPA, 1);
	sleep_up_first(rig);
	sleep_up_then(rig);
	KUNIT_EXPECT_TRUE(test, rig_iommu(m)->smmu.more.on);
}

/* A global error that is of ECMDQs only: none of these queues is concerned */
static void not_an_ecmdq(struct kunit *test)
{
	struct silence *s = queues_make(test);
	u32 i;

	rig_hush(s->rig);
	model_raise(s->smmu->model, GERROR_CMDQP_ERR);
	KUNIT_EXPECT_TRUE(test, smmu_gerror_poll(queues_hw(s)));
	rig_unhush(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_gerror_poll(queues_hw(s)));
	for (i = 1; i <= queues_hw(s)->more.nr; i++) {
		KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), i)->out);
		KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_at(queues_hw(s), i)->err_seq);
	}
}

/* A guest's commands, and unmaps of its stage 2, go where they are taken */
static void nests(struct kunit *test)
{
	const struct owner *o = test->param_value;
	struct iommu_domain *s1;
	struct model_config cfg;
	struct smmu_cmd cmd;
	struct silence *s;
	struct nest n;

	nest_config(&cfg, false);
	queues_add(&cfg);
	cfg.cmdqv_no_hyp = o->few;
	s = queues_make_with(test, &cfg);
	s->rig->atc = false;
	nest_make_on(test, &n, s->rig, s->smmu);
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
	KUNIT_EXPECT_EQ(test, o->few, queues_hw(s)->more.few);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	guest_unmap(test, n.t, NEST_VA);
	smmu_cmd_tlbi_nh_all(&cmd, 0);
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));
	smmu_cmd_tlbi_asid(&cmd, 5, false);
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.parent, NEST_IPA, SZ_4K));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

static u32 limit;

static void tuning_stub(struct smmu_tuning *tuning)
{
	*tuning = (struct smmu_tuning) { .nr_queues = limit };
}

/* nr_queues: 1 leaves a companion alone, but switches it off where it is found on */
static void limited(struct kunit *test)
{
	struct silence *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct model_config cfg;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->rig = rig_new(test);
	queues_config(&cfg);
	cfg.cmdqv_on = true;
	cfg.enabled = true;
	kunit_deactivate_static_stub(test, smmu_param_tuning);
	kunit_activate_static_stub(test, smmu_param_tuning, tuning_stub);
	for (limit = 1; limit < 5; limit++) {
		s->smmu = rig_smmu(test, s->rig, 0, &cfg);
		KUNIT_EXPECT_EQ(test, min(limit - 1, 1 + num_possible_cpus()),
				queues_hw(s)->more.nr);
		if (limit == 1)
			expect_off(test, s);
		rig_remove_smmu(s->rig, 0);
	}
}

/*
 * Another kernel has left it on, with commands in queues whose memory is no more. Not one of them
 * is done, and the queues are used without an error that is not theirs. In a crash kernel it is off
 * and not used.
 */
static void found_on(struct kunit *test)
{
	struct silence *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct model_config cfg;
	struct smmu_cmd sync;
	u32 kdump, i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->rig = rig_new(test);
	queues_config(&cfg);
	cfg.cmdqv_on = true;
	cfg.enabled = true;
	smmu_cmd_sync(&sync);
	for (kdump = 0; kdump < 2; kdump++) {
		s->rig->kdump = kdump;
		s->smmu = rig_smmu(test, s->rig, 0, &cfg);
		KUNIT_EXPECT_EQ(test, kdump ? 0 : 1 + num_possible_cpus(), queues_hw(s)->more.nr);
		KUNIT_EXPECT_EQ(test, !kdump, queues_hw(s)->more.on);
		for (i = 1; i <= 32; i++)
			KUNIT_EXPECT_EQ(test, 0, queues_done(s, i));
		if (kdump)
			expect_off(test, s);
		else
			KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_VINTF(1) + VINTF_STATUS));
		/* what that kernel has not waited for is no error of this one */
		for (i = 1; i <= queues_hw(s)->more.nr; i++)
			KUNIT_EXPECT_EQ(test, 0, post_to(smmu_cmdq_at(queues_hw(s), i), &sync, 1));
		rig_remove_smmu(s->rig, 0);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(bring_up, layout_gen_params),
	KUNIT_CASE(begins_anew),
	KUNIT_CASE(takes_few),
	KUNIT_CASE(interrupts),
	KUNIT_CASE(interrupts_asleep),
	KUNIT_CASE(polls),
	KUNIT_CASE(not_an_ecmdq),
	KUNIT_CASE_PARAM(nests, owner_gen_params),
	KUNIT_CASE(limited),
	KUNIT_CASE(found_on),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_cmdqv",
	.suite_init = queues_are_vcmdqs,
	.test_cases = cases,
};

kunit_test_suite(suite);
