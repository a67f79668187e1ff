// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events on their way to guests. iommufd holds its lock over the vEVENTQs while it writes user
 * memory, which user space can delay as long as it likes. Here the cases hold that lock.
 */
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/string.h>

#include <smmuv3/event.h>

#include "drv/master.h"
#include "driver/log.h"
#include "driver/nest.h"

#define VSID	NEST_VSID

/* Job of a second thread, and whether that has ended */
static struct {
	struct nest *n;
	struct rig_device *other;
	struct iommu_domain *domain;
	struct completion over;
	int ret;
} job;

static void start(struct kunit *test, int (*fn)(void *))
{
	init_completion(&job.over);
	job.ret = 0;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(fn, NULL, "smmu-vevent"));
}

static bool over_in(u32 ms)
{
	return wait_for_completion_timeout(&job.over, msecs_to_jiffies(ms));
}

static void nest_with_irqs(struct kunit *test, struct nest *n)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;

	nest_config(&cfg, false);
	nest_make_on(test, n, rig, rig_smmu_irq(test, rig, 0, &cfg));
}

/* Attach another device, and the device whose fault is not delivered */
static int attach_others(void *unused)
{
	struct iommu_domain *s1 = job.domain;

	job.ret = rig_attach(job.other, job.n->parent);
	job.ret = job.ret ?: rig_attach(job.n->d, &smmu_identity_domain);
	job.ret = job.ret ?: rig_attach(job.other, &smmu_identity_domain);
	job.ret = job.ret ?: rig_attach(job.n->d, s1);
	complete(&job.over);
	return 0;
}

/* A fault that waits for user memory delays no attach */
static void blocked_delivery(struct kunit *test)
{
	struct iommu_domain *s1;
	struct nest n;

	nest_with_irqs(test, &n);
	s1 = guest_s1(test, n.g, n.t, false);
	job.n = &n;
	job.other = rig_device(test, n.rig, 0);
	job.domain = s1;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));

	down_write(&n.g->vsmmu.core.veventqs_rwsem);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA2, false));
	/* by now the event thread has the event */
	msleep(100);
	start(test, attach_others);
	KUNIT_EXPECT_TRUE_MSG(test, over_in(3000), "an attach waits for user memory");
	up_write(&n.g->vsmmu.core.veventqs_rwsem);
	KUNIT_EXPECT_TRUE(test, over_in(3000) || !job.ret);
	KUNIT_EXPECT_EQ(test, 0, job.ret);
	KUNIT_EXPECT_EQ(test, 1, guest_events(n.g, NULL));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* The VMM has no vEVENTQ: the host says what nobody else hears */
static void nobody_listens(struct kunit *test)
{
	struct iommufd_viommu *core;
	struct iommu_domain *s1;
	struct rig_log log;
	struct nest n;
	u32 said = 0;
	LIST_HEAD(away);

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	core = &n.g->vsmmu.core;
	down_write(&core->veventqs_rwsem);
	list_splice_init(&core->veventqs, &away);
	up_write(&core->veventqs_rwsem);
	rig_log_begin(&log);
	nest_fault(&n, n.d);
	KUNIT_EXPECT_EQ(test, 0, guest_events(n.g, NULL));
	while (rig_log_next(&log))
		said += strstarts(log.text, "event: F_TRANSLATION");
	KUNIT_EXPECT_GT(test, said, 0);
	down_write(&core->veventqs_rwsem);
	list_splice_init(&away, &core->veventqs);
	up_write(&core->veventqs_rwsem);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

#define STORM	(SMMU_VEVENTS_MAX + 72)

/* Events for which there is no room are counted, and all others arrive */
static void bounded(struct kunit *test)
{
	struct iommu_domain *s1;
	u32 i, lost, events;
	struct nest n;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	down_write(&n.g->vsmmu.core.veventqs_rwsem);
	for (i = 0; i < STORM; i++)
		nest_fault(&n, n.d);
	up_write(&n.g->vsmmu.core.veventqs_rwsem);
	events = guest_events(n.g, NULL);
	lost = atomic_read(&rig_iommu(n.smmu)->vevents_lost);
	KUNIT_EXPECT_EQ(test, STORM, events + lost);
	/* the worker may have taken one out of the list */
	KUNIT_EXPECT_GE(test, events, SMMU_VEVENTS_MAX);
	KUNIT_EXPECT_LE(test, events, SMMU_VEVENTS_MAX + 1);
	/* there is room again */
	nest_fault(&n, n.d);
	KUNIT_EXPECT_EQ(test, events + 1, guest_events(n.g, NULL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

static int give_vsid(void *unused)
{
	job.ret = guest_try_device(job.n->g, job.other, VSID);
	complete(&job.over);
	return 0;
}

/*
 * Queued events of a vSID are dropped with it. The next device that gets the vSID waits for an
 * event that is being delivered.
 */
static void goes_with_the_vsid(struct kunit *test)
{
	struct iommu_vevent_arm_smmuv3 last = {};
	struct iommu_domain *s1;
	struct nest n;
	u32 i, vsid;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	job.n = &n;
	job.other = rig_device(test, n.rig, 0);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	down_write(&n.g->vsmmu.core.veventqs_rwsem);
	nest_fault(&n, n.d);
	for (i = 0; i < 10000 && !READ_ONCE(n.g->vsmmu.events.under_way); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(test, SMMU_VEVENT_BUSY | VSID, READ_ONCE(n.g->vsmmu.events.under_way));
	nest_fault(&n, n.d);
	nest_fault(&n, n.d);
	/* this does not wait */
	guest_no_device(n.g, VSID);
	KUNIT_EXPECT_EQ(test, 0, guest_try_device(n.g, job.other, VSID + 1));
	guest_no_device(n.g, VSID + 1);
	start(test, give_vsid);
	KUNIT_EXPECT_FALSE(test, over_in(200));
	up_write(&n.g->vsmmu.core.veventqs_rwsem);
	KUNIT_ASSERT_TRUE(test, over_in(3000));
	KUNIT_EXPECT_EQ(test, 0, job.ret);
	KUNIT_EXPECT_EQ(test, 1, guest_events(n.g, &last));
	vsid = FIELD_GET(EVENT0_SID, le64_to_cpu(last.evt[0]));
	KUNIT_EXPECT_EQ(test, VSID, vsid);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* The event queue still holds a fault of the time when the device belonged to another guest */
static void stale_record(struct kunit *test)
{
	struct iommu_vevent_arm_smmuv3 heard = {};
	struct iommu_domain *s1, *s1_b;
	struct smmu_device *smmu;
	struct guest *g_b;
	struct nest n;
	u32 vsid;

	nest_make(test, &n, false, false);
	smmu = &rig_iommu(n.smmu)->smmu;
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA2, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	guest_no_device(n.g, VSID);

	g_b = nest_guest(test, n.smmu, n.parent, n.d, VSID + 1);
	s1_b = guest_s1(test, g_b, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1_b));
	smmu_evtq_drain(smmu);
	KUNIT_EXPECT_EQ(test, 0, guest_events(g_b, NULL));
	KUNIT_EXPECT_EQ(test, 0, guest_events(n.g, NULL));
	/* a fault of its own does arrive */
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA2, false));
	smmu_evtq_drain(smmu);
	KUNIT_EXPECT_EQ(test, 1, guest_events(g_b, &heard));
	vsid = FIELD_GET(EVENT0_SID, le64_to_cpu(heard.evt[0]));
	KUNIT_EXPECT_EQ(test, VSID + 1, vsid);

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(s1_b);
	guest_destroy(g_b);
	nest_free(test, &n);
}

/* The device is attached to another vSTE of the same guest: no event is lost on the way */
static void same_guest(struct kunit *test)
{
	struct iommu_domain *s1, *abort;
	struct nest n;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	abort = guest_abort(test, n.g);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA2, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, abort));
	smmu_evtq_drain(&rig_iommu(n.smmu)->smmu);
	KUNIT_EXPECT_EQ(test, 1, guest_events(n.g, NULL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(abort);
	nest_free(test, &n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(blocked_delivery),
	KUNIT_CASE(nobody_listens),
	KUNIT_CASE(bounded),
	KUNIT_CASE(goes_with_the_vsid),
	KUNIT_CASE(stale_record),
	KUNIT_CASE(same_guest),
	{}
};

static struct kunit_suite suite = { .name = "smmu_vevent", .test_cases = cases };
kunit_test_suite(suite);
