// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command queues that fail, besides the main one: errors of commands, and queues that are taken out
 * of service. Whoever has posted to such a queue posts once more, and nothing is stale. The same
 * cases for ECMDQs and for the queues of a CMDQ-V companion.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>
#include <smmuv3/raw_stub.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "hw/cmdq.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_set.h"
#include "hw/shut.h"
#include "driver/queues.h"
#include "driver/nest.h"

static const struct failure {
	const char *name;
	bool ats;
} failures[] = {
	{ "TLBI queue", false }, { "ATC queue", true },
};

KUNIT_ARRAY_PARAM_DESC(failure, failures, name);

/* The queue that a device's unmaps go to */
static u32 queue_of(struct silence *s, const struct failure *f)
{
	return f->ats ? QUEUES_ATC : queues_tlbi_queue(s);
}

/*
 * A command is illegal, as far as the SMMU can tell: the error is seen by the CPU that waits, and
 * acknowledged in the queue's own register; what the SMMU has skipped is made good.
 */
static void skips_a_command(struct kunit *test)
{
	const struct failure *f = test->param_value;
	struct model_inject inject = { .ill_in = 1 };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 nr, i;

	s->rig->atc = f->ats;
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	rig_hush(s->rig);
	for (i = 0; i < 3; i++) {
		migrate_disable();
		nr = queue_of(s, f);
		model_inject(s->smmu->model, &inject);
		queues_unmap(test, s, d, a);
		KUNIT_EXPECT_EQ(test, i + 1, smmu_cmdq_at(queues_hw(s), nr)->err_seq);
		KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), nr)->out);
		migrate_enable();
	}
	rig_unhush(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	silence_leave(test, s, d, a);
}

/*
 * A queue stands still without a device that could be the reason, or cannot go on. It is taken out,
 * and its commands go to the main queue: nothing is stale, and the SMMU is not shut.
 */
static void taken_out(struct kunit *test)
{
	const struct failure *f = test->param_value;
	struct silence *s = queues_make(test);
	struct model_inject inject = {};
	struct iommu_domain *a;
	struct rig_device *d;
	u64 main;
	u32 nr;

	s->rig->atc = f->ats;
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	migrate_disable();
	nr = queue_of(s, f);
	inject.stands = nr + 1;
	model_inject(s->smmu->model, &inject);
	main = queues_done(s, QUEUES_MAIN);
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), (SMMU_CMD_TIMEOUT_MS + 1000) * 1000ULL);
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), nr)->out);
	KUNIT_EXPECT_EQ(test, main + (f->ats ? 4 : 2), queues_done(s, QUEUES_MAIN));
	/* the next ones do not wait */
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), 1000);
	migrate_enable();
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	KUNIT_EXPECT_EQ(test, f->ats, d->ats);
	/* when the SMMU is reset, the queue is used again */
	model_inject(s->smmu->model, &(struct model_inject) {});
	smmu_shut(queues_hw(s), "a test");
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), nr)->out);
	main = queues_done(s, QUEUES_MAIN);
	migrate_disable();
	if (nr == queue_of(s, f)) {
		queues_unmap(test, s, d, a);
		KUNIT_EXPECT_EQ(test, main, queues_done(s, QUEUES_MAIN));
	}
	migrate_enable();
	silence_leave(test, s, d, a);
}

/* Real time passes for the waiter, as for the thread that it waits for */
static void real_sleep(struct smmu_cmdq *q, u32 us)
{
	usleep_range(us, 2 * us);
}

static u64 never(void *data, u32 sid)
{
	return MODEL_SILENT;
}

/* Have the queue for TLBIs of this CPU stand; the caller stays on the CPU. Return: its number */
static u32 stop_tlbi_queue(struct silence *s)
{
	u32 nr = queues_tlbi_queue(s);

	model_inject(s->smmu->model, &(struct model_inject) { .stands = nr + 1 });
	return nr;
}

/* The flush of a tag, when the last device leaves a domain, goes to the main queue instead */
static void flush_of_a_tag(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 nr;

	s->rig->atc = false;
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	migrate_disable();
	nr = stop_tlbi_queue(s);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), nr)->out);
	migrate_enable();
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&queues_hw(s)->inst.withheld));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

/* Several CPUs wait for a queue when it is taken out; all of them come back, with the work done */
static void many_wait(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct silence_unmapper *u;
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	for (i = 1; i < 8; i++)
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + i * SZ_4K, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA + i * SZ_4K, false));
	model_inject(s->smmu->model, &(struct model_inject) { .stands = QUEUES_ATC + 1 });
	u = silence_start(test, a, 8);
	for (i = 0; i < 8; i++) {
		wait_for_completion(&u[i].done);
		KUNIT_EXPECT_LE(test, u[i].ms, SMMU_CMD_TIMEOUT_MS + 1000);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE,
				rig_access(s->rig, d, IOVA + i * SZ_4K, false));
	}
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), QUEUES_ATC)->out);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	silence_leave(test, s, d, a);
}

/* Another CPU takes the queue out: who waits notices that, and does not wait for the end */
static void taken_out_meanwhile(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct silence_unmapper *u;
	struct iommu_domain *a;
	struct rig_device *d;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	model_inject(s->smmu->model, &(struct model_inject) { .stands = QUEUES_ATC + 1 });
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, real_sleep);
	u = silence_start(test, a, 1);
	while (smmu_cmdq_is_idle(queues_hw(s)))
		schedule();
	smmu_cmdq_take_out(smmu_cmdq_at(queues_hw(s), QUEUES_ATC), "of a test");
	wait_for_completion(&u->done);
	KUNIT_EXPECT_LE(test, u->ms, 1000);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

/*
 * A device does not answer, and the root port does not give up for an hour. That is no fault of the
 * queue, and the main queue would stand next: the SMMU is shut, as one with a single queue is.
 */
static void device_for_ever(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	model_devices(s->smmu->model, never, NULL, 3600ULL * NSEC_PER_SEC);
	rig_hush(s->rig);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(a, IOVA, SZ_4K));
	rig_unhush(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), QUEUES_ATC)->out);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(queues_hw(s)));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(a);
}

/* The full queue of those who wait for room is taken out: they get room elsewhere */
static void waits_for_room(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct smmu_cmdq *q;
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];
	int ret;
	u32 nr;

	smmu_cmd_tlbi_asid(&cmd[0], 7, false);
	smmu_cmd_sync(&cmd[1]);
	migrate_disable();
	nr = stop_tlbi_queue(s);
	q = smmu_cmdq_at(queues_hw(s), nr);
	while (q->prod + 2 <= q->room)
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(queues_hw(s), cmd, 2, &deadline, &ticket,
							SMMU_POST_NEW));
	KUNIT_EXPECT_PTR_EQ(test, q, ticket.q);
	ret = smmu_cmdq_post(queues_hw(s), cmd, 2, &deadline, &ticket, SMMU_POST_NEW);
	KUNIT_EXPECT_EQ(test, -ECANCELED, ret);
	KUNIT_EXPECT_TRUE(test, q->out);
	/* nor does it take the rest of a post that had begun before */
	ticket.q = q;
	ret = smmu_cmdq_post(queues_hw(s), cmd, 2, &deadline, &ticket, SMMU_POST_MORE);
	KUNIT_EXPECT_EQ(test, -ECANCELED, ret);
	ret = smmu_cmdq_post(queues_hw(s), cmd, 2, &deadline, &ticket, SMMU_POST_NEW);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, 0, ticket.q->nr);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
}

/* A guest's commands go elsewhere, too, and count as done */
static void guests_commands(struct kunit *test)
{
	struct model_config cfg;
	struct iommu_domain *s1;
	struct smmu_cmd cmd;
	struct silence *s;
	struct nest n;
	u32 nr;

	nest_config(&cfg, false);
	queues_add(&cfg);
	s = queues_make_with(test, &cfg);
	s->rig->atc = false;
	nest_make_on(test, &n, s->rig, s->smmu);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	guest_unmap(test, n.t, NEST_VA);
	migrate_disable();
	nr = stop_tlbi_queue(s);
	smmu_cmd_tlbi_nh_all(&cmd, 0);
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), nr)->out);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

static struct smmu_cmdq_set *set;
static u16 began_with;

/* As if the caller were on a CPU that has this queue */
static void move_to(u16 nr)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(set->of_cpu[cpu], nr);
}

/* Who sleeps finds itself on another CPU, whose queue is another */
static void moving_sleep(struct smmu_cmdq *q, u32 us)
{
	model_advance(us * (u64)NSEC_PER_USEC);
	move_to((began_with + 1) % set->nr);
}

/*
 * How many of the queues were taken out since the last call? They are used again, and what begins
 * next begins with the queue to which the last one was moved.
 */
static u32 taken_since(void)
{
	u32 i, n = 0;

	for (i = 0; i < set->nr; i++) {
		n += set->q[i].out;
		WRITE_ONCE(set->q[i].out, false);
	}
	began_with = set->of_cpu[0];
	return n;
}

/*
 * No queue but the main one goes on, and a caller that waits is moved to another CPU. It does not
 * try the queue of that one next, which would take as long again.
 */
static void moves_meanwhile(struct kunit *test)
{
	struct model_config cfg;
	struct iommu_domain *a, *s1;
	struct rig_device *d;
	struct smmu_cmd cmd;
	struct silence *s;
	struct nest n;

	nest_config(&cfg, false);
	queues_add(&cfg);
	s = queues_make_with(test, &cfg);
	set = &queues_hw(s)->more;
	KUNIT_ASSERT_GE(test, set->nr, 2);
	s->rig->atc = false;
	nest_make_on(test, &n, s->rig, s->smmu);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	guest_unmap(test, n.t, NEST_VA);
	model_inject(s->smmu->model, &(struct model_inject) { .stands = MODEL_ALL_BUT_MAIN });
	rig_hush(s->rig);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, moving_sleep);
	move_to(0);
	KUNIT_EXPECT_EQ(test, 0, taken_since());
	queues_unmap(test, s, d, a);
	KUNIT_EXPECT_EQ(test, 1, taken_since());
	smmu_cmd_tlbi_nh_all(&cmd, 0);
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, 1, taken_since());
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));
	/* the flush of a tag */
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 1, taken_since());
	rig_unhush(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	model_inject(s->smmu->model, &(struct model_inject) {});
	iommu_domain_free(a);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* An error that is not the queue's own end: the SMMU aborts a few fetches, and then all of them */
static void fetches_abort(struct kunit *test)
{
	struct model_inject inject = { .abort_fetch = true };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 nr;

	s->rig->atc = false;
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	rig_hush(s->rig);
	migrate_disable();
	nr = queues_tlbi_queue(s);
	inject.abort_queue = nr + 1;
	model_inject(s->smmu->model, &inject);
	queues_unmap(test, s, d, a);
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), nr)->out);
	migrate_enable();
	rig_unhush(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	silence_leave(test, s, d, a);
}

static struct kunit_case ecmdq_cases[] = {
	KUNIT_CASE_PARAM(skips_a_command, failure_gen_params),
	KUNIT_CASE_PARAM(taken_out, failure_gen_params),
	KUNIT_CASE(flush_of_a_tag),
	KUNIT_CASE(many_wait),
	KUNIT_CASE(taken_out_meanwhile),
	KUNIT_CASE(device_for_ever),
	KUNIT_CASE(waits_for_room),
	KUNIT_CASE(guests_commands),
	KUNIT_CASE(moves_meanwhile),
	KUNIT_CASE(fetches_abort),
	{}
};

static struct kunit_case cmdqv_cases[] = {
	KUNIT_CASE_PARAM(skips_a_command, failure_gen_params),
	KUNIT_CASE_PARAM(taken_out, failure_gen_params),
	KUNIT_CASE(flush_of_a_tag),
	KUNIT_CASE(many_wait),
	KUNIT_CASE(taken_out_meanwhile),
	KUNIT_CASE(device_for_ever),
	KUNIT_CASE(waits_for_room),
	KUNIT_CASE(guests_commands),
	KUNIT_CASE(moves_meanwhile),
	KUNIT_CASE(fetches_abort),
	{}
};

static struct kunit_suite ecmdq_suite = {
	.name = "smmu_ecmdq_out",
	.suite_init = queues_are_ecmdqs,
	.test_cases = ecmdq_cases,
};

static struct kunit_suite cmdqv_suite = {
	.name = "smmu_cmdqv_out",
	.suite_init = queues_are_vcmdqs,
	.test_cases = cmdqv_cases,
};

kunit_test_suites(&ecmdq_suite, &cmdqv_suite);
