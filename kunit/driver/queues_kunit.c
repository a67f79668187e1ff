// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several command queues: which queue takes which commands, and what a silent device costs others.
 * The same cases for ECMDQs and for the queues of a CMDQ-V companion.
 */
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>
#include <smmuv3/regs.h>

#include "core/plan.h"
#include "hw/cmdq.h"
#include "hw/cmdq_poll.h"
#include "hw/shut.h"
#include "driver/queues.h"
#include "driver/sleep.h"

/* More than a batch of TLBIs, and fewer than those for which the whole tag is invalidated */
#define LONG_PAGES	(SMMU_BATCH_MAX + 20)

/* Configuration goes to the main queue, TLBIs to that of the CPU, and ATC_INVs to the ATC queue */
static void each_its_own(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct rig_device *with, *without;
	struct iommu_domain *a, *b;
	u64 main, atc, tlbi;

	with = rig_device(test, s->rig, 0);
	s->rig->atc = false;
	without = rig_device(test, s->rig, 0);
	main = queues_done(s, QUEUES_MAIN);
	atc = queues_done(s, QUEUES_ATC);
	a = queues_mapped(test, with);
	b = queues_mapped(test, without);
	KUNIT_EXPECT_TRUE(test, with->ats && !without->ats);
	KUNIT_EXPECT_GT(test, queues_done(s, QUEUES_MAIN), main);
	/* ATS goes on with an ATC that is invalidated; the STEs need no TLBI */
	KUNIT_EXPECT_EQ(test, 0, queues_tlbi_done(s));
	main = queues_done(s, QUEUES_MAIN);
	atc = queues_done(s, QUEUES_ATC);
	queues_unmap(test, s, without, b);
	KUNIT_EXPECT_EQ(test, main, queues_done(s, QUEUES_MAIN));
	KUNIT_EXPECT_EQ(test, atc, queues_done(s, QUEUES_ATC));
	tlbi = queues_tlbi_done(s);
	KUNIT_EXPECT_EQ(test, 2, tlbi);
	queues_unmap(test, s, with, a);
	KUNIT_EXPECT_EQ(test, main, queues_done(s, QUEUES_MAIN));
	KUNIT_EXPECT_EQ(test, tlbi, queues_tlbi_done(s));
	/* TLBI, SYNC, ATC_INV, SYNC */
	KUNIT_EXPECT_EQ(test, atc + 4, queues_done(s, QUEUES_ATC));
	silence_leave(test, s, with, a);
	silence_leave(test, s, without, b);
}

static struct completion waits, go_on;

/* A thread that waits for long is held, and no time passes for it meanwhile */
static void held_sleep(struct smmu_cmdq *q, u32 us)
{
	if (!strncmp(current->comm, "unmapper", 8)) {
		complete(&waits);
		wait_for_completion(&go_on);
	}
	model_advance(us * (u64)NSEC_PER_USEC);
	schedule();
}

/*
 * A device does not answer. Who waits for an ATC_INV to it waits until it is cut off; everybody
 * else does not wait at all, whether they unmap, attach or come.
 */
static void silent_device(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e, *f;
	struct iommu_domain *a = silence_use(test, s, d), *b, *c;
	struct silence_unmapper *u;
	u64 began;

	s->rig->atc = false;
	e = rig_device(test, s->rig, 0);
	b = queues_mapped(test, e);
	silence_begin(s, d);
	init_completion(&waits);
	init_completion(&go_on);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, held_sleep);
	u = silence_start(test, a, 1);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&waits, 30 * HZ));
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, e, b), 1000);
	began = model_now();
	f = rig_device(test, s->rig, 0);
	c = queues_mapped(test, f);
	silence_took(test, began, "a device comes", 2000);
	KUNIT_EXPECT_FALSE(test, completion_done(&u->done));
	complete_all(&go_on);
	wait_for_completion(&u->done);
	KUNIT_EXPECT_LE(test, u->ms, T_MS + SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), QUEUES_ATC)->out);
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
	silence_leave(test, s, f, c);
}

/*
 * A post that does not fit into one batch, and has its ATC_INVs in a later one: all of it goes to
 * the queue for ATC_INVs, so that they come after the TLBIs.
 */
static void long_post(struct kunit *test)
{
	struct model_config cfg;
	struct iommu_domain *a;
	struct rig_device *d;
	struct silence *s;
	u64 atc, tlbi;
	u32 i;

	queues_config(&cfg);
	/* each page has a TLBI of its own */
	cfg.idr[3] &= ~IDR3_RIL;
	s = queues_make_with(test, &cfg);
	d = rig_device(test, s->rig, 0);
	a = rig_domain(test, d);
	for (i = 0; i < LONG_PAGES; i++)
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + i * SZ_4K, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	tlbi = queues_tlbi_done(s);
	atc = queues_done(s, QUEUES_ATC);
	KUNIT_EXPECT_EQ(test, LONG_PAGES * SZ_4K, iommu_unmap(a, IOVA, LONG_PAGES * SZ_4K));
	KUNIT_EXPECT_EQ(test, tlbi, queues_tlbi_done(s));
	KUNIT_EXPECT_GT(test, queues_done(s, QUEUES_ATC), atc + SMMU_BATCH_MAX);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	/* without ATS it goes to the queue of the CPU */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	s->rig->atc = false;
	silence_leave(test, s, d, a);
}

static const enum sleep_kind kinds[] = { SLEEP_IDLE, SLEEP_RAM, SLEEP_DISK };

static void kind_desc(const enum sleep_kind *kind, char *desc)
{
	static const char * const name[] = { "idle", "RAM", "disk" };

	strscpy(desc, name[*kind], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_desc);

/* The machine sleeps, and the queues lose their registers: they are used again afterwards */
static void sleeps(struct kunit *test)
{
	enum sleep_kind kind = *(const enum sleep_kind *)test->param_value;
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 round, i;
	u64 atc;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	for (round = 0; round < 3; round++) {
		queues_unmap(test, s, d, a);
		sleep_once(s->rig, kind);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
		KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
		for (i = 1; i <= queues_hw(s)->more.nr; i++)
			KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), i)->out);
		rig_recover(s->rig);
		KUNIT_EXPECT_TRUE(test, d->ats);
		atc = queues_done(s, QUEUES_ATC);
		queues_unmap(test, s, d, a);
		KUNIT_EXPECT_EQ(test, atc + 4, queues_done(s, QUEUES_ATC));
	}
	silence_leave(test, s, d, a);
}

/*
 * The SMMU does not turn off before the machine sleeps, so its queues are not disabled. It comes
 * back without power, and the queues are enabled anew before anything is posted to them.
 */
static void stays_on_when_falling_asleep(struct kunit *test)
{
	const struct model_inject inject = { .no_ack = true };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	queues_unmap(test, s, d, a);
	rig_hush(s->rig);
	model_inject(s->smmu->model, &inject);
	sleep_down(s->rig);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_adrift(queues_hw(s)));
	sleep_through(s->rig, SLEEP_RAM);
	model_inject(s->smmu->model, &(struct model_inject) {});
	sleep_up_first(s->rig);
	sleep_up_then(s->rig);
	rig_unhush(s->rig);
	/* of the SMMU that did not turn off */
	model_forgive(s->smmu->model);
	KUNIT_ASSERT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
	rig_recover(s->rig);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), 1000);
	for (i = 1; i <= queues_hw(s)->more.nr; i++)
		KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), i)->out);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&queues_hw(s)->withheld));
	silence_leave(test, s, d, a);
}

/* A device was cut off: its ATC_INVs are left out on every queue, the main one included */
static void cut_everywhere(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	u32 i;

	for (i = 0; i < smmu_cmdqs(queues_hw(s)); i++)
		KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(queues_hw(s), i)->ins.edits);
	silence_begin(s, d);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), T_MS + SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	for (i = 0; i < smmu_cmdqs(queues_hw(s)); i++)
		KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), i)->ins.edits);
	silence_leave(test, s, d, a);
}

/* The main queue stands: that is an SMMU that does not work, and it is shut as before */
static void main_stands(struct kunit *test)
{
	const struct model_inject inject = { .stands = 1 };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;

	s->rig->atc = false;
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	model_inject(s->smmu->model, &inject);
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), 1000);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(queues_hw(s)));
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	model_inject(s->smmu->model, &(struct model_inject) {});
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

/* The counters of the SMMU are those of all its queues, and a queue has counted what it has done */
static void counters(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct smmu_device *smmu = queues_hw(s);
	struct smmu_cmdq_state all, one, sum = {};
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	u32 i, k;

	silence_begin(s, d);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), T_MS + SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	for (i = 0; i < smmu_cmdqs(smmu); i++) {
		smmu_cmdq_look_at(smmu_cmdq_at(smmu, i), &one);
		KUNIT_EXPECT_EQ(test, queues_done(s, i), one.sum.cmds);
		sum.sum.cmds += one.sum.cmds;
		sum.sum.syncs += one.sum.syncs;
		sum.sum.posts += one.sum.posts;
		sum.sum.doorbells += one.sum.doorbells;
		sum.errors += one.errors;
		sum.timeouts += one.timeouts;
		for (k = 0; k < SMMU_WAITERS; k++)
			sum.long_waits[k] += one.long_waits[k];
		sum.longest_us = max(sum.longest_us, one.longest_us);
	}
	smmu_cmdq_look(smmu, &all);
	KUNIT_EXPECT_EQ(test, sum.sum.cmds, all.sum.cmds);
	KUNIT_EXPECT_EQ(test, sum.sum.syncs, all.sum.syncs);
	KUNIT_EXPECT_EQ(test, sum.sum.posts, all.sum.posts);
	KUNIT_EXPECT_EQ(test, sum.sum.doorbells, all.sum.doorbells);
	KUNIT_EXPECT_EQ(test, sum.errors, all.errors);
	KUNIT_EXPECT_EQ(test, sum.timeouts, all.timeouts);
	KUNIT_EXPECT_MEMEQ(test, sum.long_waits, all.long_waits, sizeof(sum.long_waits));
	KUNIT_EXPECT_EQ(test, sum.longest_us, all.longest_us);
	/* of the queue for ATC_INVs */
	KUNIT_EXPECT_GT(test, all.longest_us, 0);
	silence_leave(test, s, d, a);
}

static struct kunit_case ecmdq_cases[] = {
	KUNIT_CASE(each_its_own),
	KUNIT_CASE(silent_device),
	KUNIT_CASE(long_post),
	KUNIT_CASE_PARAM(sleeps, kind_gen_params),
	KUNIT_CASE(stays_on_when_falling_asleep),
	KUNIT_CASE(cut_everywhere),
	KUNIT_CASE(counters),
	KUNIT_CASE(main_stands),
	{}
};

static struct kunit_case cmdqv_cases[] = {
	KUNIT_CASE(each_its_own),
	KUNIT_CASE(silent_device),
	KUNIT_CASE(long_post),
	KUNIT_CASE_PARAM(sleeps, kind_gen_params),
	KUNIT_CASE(stays_on_when_falling_asleep),
	KUNIT_CASE(cut_everywhere),
	KUNIT_CASE(counters),
	KUNIT_CASE(main_stands),
	{}
};

static struct kunit_suite ecmdq_suite = {
	.name = "smmu_ecmdq_use",
	.suite_init = queues_are_ecmdqs,
	.test_cases = ecmdq_cases,
};

static struct kunit_suite cmdqv_suite = {
	.name = "smmu_cmdqv_use",
	.suite_init = queues_are_vcmdqs,
	.test_cases = cmdqv_cases,
};

kunit_test_suites(&ecmdq_suite, &cmdqv_suite);
