// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody else waits. While one device does not answer, its SMMU's queue stands, and a thread that
 * changes that device holds its lock. Everything that has to do with other SMMUs goes on as ever,
 * and on the same SMMU everything that needs no command, and devices that are added.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/cmd.h"
#include "drv/arrays.h"
#include "drv/change.h"
#include "drv/master_lock.h"
#include "hw/cmdq.h"
#include "hw/issue.h"
#include "hw/recordq.h"
#include "hw/resume.h"
#include "driver/silence.h"

/* What a first attach may take, where each look at a register takes a millisecond */
#define FIRST_US	(4 * SMMU_BRIEF_US)

/* Masters whose first attach was left to the worker */
static struct smmu_master *put_off;

static void finish_later(struct smmu_master *master)
{
	put_off = smmu_master_get(master);
}

static void finish(void)
{
	struct smmu_master *master = put_off;

	put_off = NULL;
	smmu_change_finish_work(&master->finish);
}

/* Two SMMUs, and a silent device behind the first, which leaves domain @from for @to */
struct two {
	struct silence *s;
	struct silence_stuck *stuck;
	struct rig_device *silent;
	struct iommu_domain *from;
	struct iommu_domain *to;
};

static void make_two(struct kunit *test, struct two *t)
{
	struct model_config cfg;

	/* only the first SMMU's registers are slow, so that its minute does not take long */
	t->s = silence_make(test);
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 4);
	rig_smmu(test, t->s->rig, 1, &cfg);
	t->silent = rig_device(test, t->s->rig, 0);
	t->from = silence_use(test, t->s, t->silent);
	t->to = rig_domain(test, t->silent);
	put_off = NULL;
	kunit_activate_static_stub(test, smmu_change_finish_later, finish_later);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(t->to, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
}

static void leave_two(struct kunit *test, struct two *t)
{
	t->s->n = 0;
	rig_recover(t->s->rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(t->silent, &smmu_identity_domain));
	iommu_domain_free(t->from);
	iommu_domain_free(t->to);
}

/* Everything on the other SMMU: no wait */
static void other_smmu(struct kunit *test)
{
	struct iommu_domain *a, *b, *shared;
	struct rig_device *d, *late;
	struct two t;
	u64 began;

	make_two(test, &t);
	d = rig_device(test, t.s->rig, 1);
	a = silence_use(test, t.s, d);
	shared = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(shared, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	t.stuck = silence_stick(test, t.s, t.silent, t.to);

	began = model_now();
	b = rig_domain(test, d);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, b));
	silence_took(test, began, "attach", SILENCE_SHORT_US);
	began = model_now();
	iommu_domain_free(a);
	silence_took(test, began, "freeing a domain", SILENCE_SHORT_US);
	began = model_now();
	late = rig_device(test, t.s->rig, 1);
	silence_took(test, began, "adding a device", SILENCE_SHORT_US);
	began = model_now();
	KUNIT_EXPECT_EQ(test, 0, rig_attach(late, shared));
	KUNIT_EXPECT_EQ(test, PA, rig_access(t.s->rig, late, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(shared, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, late, IOVA, false));
	silence_took(test, began, "attach and unmap", SILENCE_SHORT_US);
	began = model_now();
	rig_remove(late);
	silence_took(test, began, "removing a device", SILENCE_SHORT_US);
	KUNIT_EXPECT_FALSE(test, completion_done(&t.stuck->done));

	silence_unstick(t.stuck);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(b);
	iommu_domain_free(shared);
	leave_two(test, &t);
}

/*
 * On the same SMMU: a device is added, and its first attach does not wait. It has no DMA until the
 * queue goes on, and then it has.
 */
static void hot_added(struct kunit *test)
{
	const u32 sid = 0x77;
	struct rig_device *late, ghost;
	struct two t;
	u64 began;

	make_two(test, &t);
	/* the SMMU has in its cache that this stream aborts */
	ghost = *t.silent;
	ghost.sid = sid;
	ghost.atc = false;
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, &ghost, IOVA, false));
	t.stuck = silence_stick(test, t.s, t.silent, t.to);
	began = model_now();
	late = rig_device_sids(test, t.s->rig, 0, &sid, 1);
	silence_took(test, began, "adding a device", FIRST_US);
	KUNIT_EXPECT_NOT_NULL(test, put_off);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, late, IOVA, false));
	KUNIT_EXPECT_FALSE(test, completion_done(&t.stuck->done));
	silence_unstick(t.stuck);
	if (put_off)
		finish();
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(t.s->rig, late, IOVA, false));
	leave_two(test, &t);
}

/* The same with a page table and with ATS: the worker writes the STE, and turns ATS on */
static void hot_added_to_domain(struct kunit *test)
{
	struct iommu_domain *domain;
	struct smmu_master *master;
	struct rig_device *late;
	struct two t;
	u64 began;

	make_two(test, &t);
	late = rig_device(test, t.s->rig, 0);
	domain = rig_domain(test, late);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(late, &smmu_blocked_domain));
	/* as if it had just been added, with a default domain that translates */
	master = dev_iommu_priv_get(late->dev);
	master->attached = false;
	t.stuck = silence_stick(test, t.s, t.silent, t.to);
	began = model_now();
	KUNIT_EXPECT_EQ(test, 0, rig_attach(late, domain));
	silence_took(test, began, "the first attach", FIRST_US);
	KUNIT_ASSERT_NOT_NULL(test, put_off);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, late, IOVA, false));
	silence_unstick(t.stuck);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, late, IOVA, false));
	finish();
	KUNIT_EXPECT_EQ(test, PA, rig_access(t.s->rig, late, IOVA, false));
	KUNIT_EXPECT_TRUE(test, late->ats);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, late, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(late, &smmu_identity_domain));
	iommu_domain_free(domain);
	leave_two(test, &t);
}

/* A device is added that is silent itself: nobody waits but the worker, which cuts it off */
static void hot_added_silent(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *late = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = rig_domain(test, late);
	struct smmu_master *master = dev_iommu_priv_get(late->dev);
	u64 began;

	put_off = NULL;
	kunit_activate_static_stub(test, smmu_change_finish_later, finish_later);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(late, &smmu_blocked_domain));
	master->attached = false;
	silence_begin(s, late);
	began = model_now();
	KUNIT_EXPECT_EQ(test, 0, rig_attach(late, domain));
	silence_took(test, began, "the first attach", FIRST_US);
	KUNIT_ASSERT_NOT_NULL(test, put_off);
	KUNIT_EXPECT_FALSE(test, late->ats);
	finish();
	KUNIT_EXPECT_TRUE(test, late->cut);
	KUNIT_EXPECT_FALSE(test, late->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, late, IOVA, false));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
	silence_leave(test, s, late, domain);
}

/* What happens to a device whose first attach is not finished */
static void unfinished(struct kunit *test)
{
	struct rig_device *d[3];
	struct smmu_master *master[3], *gone;
	struct iommu_domain *domain;
	struct two t;
	u32 i;

	make_two(test, &t);
	domain = rig_domain(test, t.silent);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	t.stuck = silence_stick(test, t.s, t.silent, t.to);
	for (i = 0; i < ARRAY_SIZE(d); i++) {
		d[i] = rig_device(test, t.s->rig, 0);
		KUNIT_ASSERT_NOT_NULL(test, put_off);
		master[i] = put_off;
		put_off = NULL;
	}
	silence_unstick(t.stuck);
	/* it is attached to something else, is removed, or just goes on; the worker comes late */
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d[0], domain));
	KUNIT_EXPECT_EQ(test, PA, rig_access(t.s->rig, d[0], IOVA, false));
	gone = smmu_master_get(master[1]);
	rig_remove(d[1]);
	KUNIT_EXPECT_FALSE(test, smmu_master_lock_live(gone));
	for (i = 0; i < ARRAY_SIZE(d); i++) {
		put_off = master[i];
		finish();
	}
	KUNIT_EXPECT_EQ(test, PA, rig_access(t.s->rig, d[0], IOVA, false));
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(t.s->rig, d[2], IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d[0], &smmu_identity_domain));
	iommu_domain_free(domain);
	leave_two(test, &t);
}

static u32 tag_users(struct iommu_domain *domain, u32 *flushes)
{
	struct smmu_array *array;

	guard(mutex)(&smmu_arrays_mutex);
	array = smmu_domain_array(smmu_domain_of(domain));
	*flushes = array->inv[0].flushes;
	return array->inv[0].users;
}

static u64 commands(struct machine_smmu *smmu)
{
	struct smmu_cmdq_state state;

	smmu_cmdq_look(&rig_iommu(smmu)->smmu, &state);
	return state.sum.cmds;
}

/*
 * A device leaves a domain, and the flush of the tag is held up. Another device enters the domain
 * meanwhile: it flushes the tag itself, so that nothing is left of what was unmapped while nobody
 * was there.
 */
static void back_while_flushed(struct kunit *test)
{
	struct rig_device *d, *other, *third;
	struct iommu_domain *domain;
	u64 before, with_flush;
	struct two t;
	u32 flushes;

	make_two(test, &t);
	t.s->rig->atc = false;
	d = rig_device(test, t.s->rig, 1);
	other = rig_device(test, t.s->rig, 1);
	third = rig_device(test, t.s->rig, 1);
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PA, rig_access(t.s->rig, d, IOVA, false));
	model_latency(t.s->rig->smmu[1]->model, CMD_TLBI_NH_ASID, 500 * NSEC_PER_MSEC);
	t.stuck = silence_stick(test, t.s, d, &smmu_identity_domain);
	KUNIT_EXPECT_EQ(test, 0, tag_users(domain, &flushes));
	KUNIT_EXPECT_EQ(test, 1, flushes);
	/* nobody is there, so this sends nothing */
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	before = commands(t.s->rig->smmu[1]);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(other, domain));
	with_flush = commands(t.s->rig->smmu[1]) - before;
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, other, IOVA, false));
	KUNIT_EXPECT_EQ(test, 1, tag_users(domain, &flushes));
	silence_unstick(t.stuck);
	KUNIT_EXPECT_EQ(test, 1, tag_users(domain, &flushes));
	KUNIT_EXPECT_EQ(test, 0, flushes);
	before = commands(t.s->rig->smmu[1]);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(third, domain));
	/* TLBI and CMD_SYNC */
	KUNIT_EXPECT_EQ(test, with_flush, commands(t.s->rig->smmu[1]) - before + 2);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(third, &smmu_identity_domain));
	model_latency(t.s->rig->smmu[1]->model, CMD_TLBI_NH_ASID, 0);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(other, &smmu_identity_domain));
	iommu_domain_free(domain);
	leave_two(test, &t);
}

/* The SMMU that has answers for which there was no room */
static struct smmu_device *no_room;

static void answer_later(struct smmu_device *smmu)
{
	no_room = smmu;
}

static int refuse(struct iopf_group *group)
{
	return -EBUSY;
}

static void fill_queue(struct smmu_device *smmu)
{
	struct smmu_deadline deadline = { .brief_us = SMMU_BRIEF_US };
	struct smmu_ticket ticket;
	struct smmu_cmd cmd;

	smmu_cmd_cfgi_all(&cmd);
	while (!smmu_cmdq_post(smmu, &cmd, 1, &deadline, &ticket, SMMU_POST_NEW))
		;
}

/*
 * The queue stands and is full, when transactions stall, and the handler refuses them. The answers
 * wait for room. The thread of the event queue does not, and with it nobody who needs the lock that
 * it holds.
 */
static void fault_without_room(struct kunit *test)
{
	struct rig_device *silent, *staller;
	struct iommu_domain *from, *to, *empty;
	struct silence_stuck *stuck;
	struct model_config cfg;
	struct smmu_device *smmu;
	struct silence *s;
	u16 stag[3];
	u64 began, pa;
	u32 i;

	model_config_default(&cfg);
	cfg.read_ns = 0;
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	FIELD_MODIFY(IDR1_CMDQS, &cfg.idr[1], 3);
	s = silence_make_with(test, RIG_LOCK, cfg);
	smmu = &rig_iommu(s->smmu)->smmu;
	no_room = NULL;
	kunit_activate_static_stub(test, smmu_resume_later, answer_later);
	silent = rig_device(test, s->rig, 0);
	from = silence_use(test, s, silent);
	to = rig_domain(test, silent);
	s->rig->can_stall = true;
	s->rig->atc = false;
	staller = rig_device(test, s->rig, 0);
	empty = rig_domain(test, staller);
	empty->iopf_handler = refuse;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(staller, empty));
	stuck = silence_stick(test, s, silent, to);
	fill_queue(smmu);

	began = model_now();
	for (i = 0; i < ARRAY_SIZE(stag); i++)
		KUNIT_EXPECT_EQ(test, -EINPROGRESS,
				rig_try(s->rig, staller, 0, IOVA, false, &pa, &stag[i]));
	smmu_evtq_drain(smmu);
	/* the first one has found out that there is no room */
	silence_took(test, began, "the thread of the event queue", FIRST_US);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(stag), model_stalled(s->smmu->model));
	KUNIT_EXPECT_PTR_EQ(test, smmu, no_room);
	silence_unstick(stuck);
	smmu_resume_work(&smmu->resumes.work);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue_flush_all(smmu));
	KUNIT_EXPECT_EQ(test, 0, model_stalled(s->smmu->model));

	KUNIT_EXPECT_EQ(test, 0, rig_attach(staller, &smmu_identity_domain));
	iommu_domain_free(empty);
	silence_leave(test, s, silent, from);
	iommu_domain_free(to);
}

struct freer {
	struct kunit *test;
	struct iommu_domain *domain;
	struct completion done;
};

static int free_thread(void *data)
{
	struct freer *freer = data;

	current->kunit_test = freer->test;
	iommu_domain_free(freer->domain);
	current->kunit_test = NULL;
	complete(&freer->done);
	return 0;
}

/*
 * A device has left a domain, and the flush of the tag is held up, when the domain is freed: the
 * IOMMU core may have lost track of the device. The domain stays until the device needs it no more.
 */
static void freed_while_left(struct kunit *test)
{
	const u32 *ssid = test->param_value;
	struct freer freer = { .test = test };
	struct task_struct *task;
	struct rig_device *d;
	struct two t;
	u64 pa;

	make_two(test, &t);
	t.s->rig->atc = false;
	t.s->rig->ssid_bits = 4;
	d = rig_device(test, t.s->rig, 1);
	freer.domain = rig_domain(test, d);
	init_completion(&freer.done);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(freer.domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	if (*ssid)
		KUNIT_ASSERT_EQ(test, 0, freer.domain->ops->set_dev_pasid(freer.domain, d->dev,
									  *ssid, NULL));
	else
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, freer.domain));
	pa = *ssid ? rig_access_ssid(t.s->rig, d, *ssid, IOVA, false) :
		     rig_access(t.s->rig, d, IOVA, false);
	KUNIT_EXPECT_EQ(test, PA, pa);
	model_latency(t.s->rig->smmu[1]->model, CMD_TLBI_NH_ASID, 500 * NSEC_PER_MSEC);
	t.stuck = silence_stick_pasid(test, t.s, d, *ssid, &smmu_blocked_domain);
	task = kthread_run(free_thread, &freer, "freer");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	/* a domain that is not kept is freed at once */
	KUNIT_EXPECT_EQ(test, 0, wait_for_completion_timeout(&freer.done, HZ / 10));
	silence_unstick(t.stuck);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&freer.done, 60 * HZ));
	model_latency(t.s->rig->smmu[1]->model, CMD_TLBI_NH_ASID, 0);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(t.s->rig, d, IOVA, false));
	leave_two(test, &t);
}

static const u32 ssids[] = { 0, 3 };

static void ssid_name(const u32 *ssid, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "PASID %u", *ssid);
}

KUNIT_ARRAY_PARAM(ssid, ssids, ssid_name);

static struct kunit_case cases[] = {
	KUNIT_CASE(other_smmu),
	KUNIT_CASE(hot_added),
	KUNIT_CASE(hot_added_to_domain),
	KUNIT_CASE(hot_added_silent),
	KUNIT_CASE(unfinished),
	KUNIT_CASE(back_while_flushed),
	KUNIT_CASE(fault_without_room),
	KUNIT_CASE_PARAM(freed_while_left, ssid_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_innocent", .test_cases = cases };
kunit_test_suite(suite);
