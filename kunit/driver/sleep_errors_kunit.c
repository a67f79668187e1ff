// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep, when SMMUs and devices do not do as told: the machine sleeps and awakes all the same, in
 * bounded time, and nothing that was not invalidated can be used. And workers of the driver, which
 * leave an SMMU alone that sleeps.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>
#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "drv/domain.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/sleep.h"
#include "hw/cmdq_poll.h"
#include "hw/issue.h"
#include "hw/power.h"
#include "hw/recordq.h"
#include "hw/resume.h"
#include "driver/log.h"
#include "driver/silence.h"
#include "driver/sleep.h"

/* What one SMMU may cost in each direction: several acknowledges that do not come */
#define BOUND_MS	6000

static u64 ms_since(u64 began)
{
	return (model_now() - began) / NSEC_PER_MSEC;
}

/* Fall asleep or awake. The case fails if that takes long. */
static void bounded(struct kunit *test, struct rig *rig, void (*phase)(struct rig *rig))
{
	u64 began = model_now();

	phase(rig);
	KUNIT_EXPECT_LE(test, ms_since(began), BOUND_MS);
}

static void awake(struct rig *rig)
{
	sleep_up_first(rig);
	sleep_up_then(rig);
}

static struct smmu_device *hw(struct silence *s)
{
	return &rig_iommu(s->smmu)->smmu;
}

/* Real time passes for the waiter, as for the thread that it waits for */
static void real_sleep(struct smmu_cmdq *q, u32 us)
{
	model_advance(us * (u64)NSEC_PER_USEC);
	usleep_range(us, 2 * us);
}

static const enum sleep_kind kinds[] = { SLEEP_IDLE, SLEEP_RAM, SLEEP_DISK };

static void kind_desc(const enum sleep_kind *kind, char *desc)
{
	static const char * const name[] = { "idle", "RAM", "disk" };

	strscpy(desc, name[*kind], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_desc);

/*
 * A device is silent, and a thread waits for it, when the machine falls asleep. The thread ends its
 * wait, and what it has unmapped is gone. Where the power stays on, the queue still stands when the
 * machine awakes: the SMMU is shut, until the root port has given up.
 */
static void silent_when_falling_asleep(struct kunit *test)
{
	enum sleep_kind kind = *(const enum sleep_kind *)test->param_value;
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	struct silence_unmapper *u;

	smmu_activate_raw_stub(test, smmu_cmdq_sleep, real_sleep);
	silence_begin(s, d);
	u = silence_start(test, a, 1);
	while (smmu_cmdq_is_idle(hw(s)))
		schedule();
	bounded(test, s->rig, sleep_down);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&u->done, 10 * HZ));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(hw(s)));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(b, IOVA, SZ_4K));
	s->n = 0;
	sleep_through(s->rig, kind);
	bounded(test, s->rig, awake);
	KUNIT_EXPECT_EQ(test, kind == SLEEP_IDLE, smmu_device_is_dead(hw(s)));
	if (kind == SLEEP_IDLE) {
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, e, IOVA, false));
		KUNIT_EXPECT_NE(test, 0, s->rig->retry_ms);
		KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
		model_advance(T_MS * (u64)NSEC_PER_MSEC);
		KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	}
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_TRUE(test, d->ats && e->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, e, IOVA, false));
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/*
 * A device is silent when the machine awakes. It does not hold up the machine, and not the devices
 * of others, which have DMA without ATS until it is cut off.
 */
static void silent_when_awaking(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	u64 began;

	sleep_down(s->rig);
	sleep_through(s->rig, SLEEP_RAM);
	silence_begin(s, d);
	sleep_up_first(s->rig);
	began = model_now();
	sleep_up_then(s->rig);
	KUNIT_EXPECT_LE(test, ms_since(began), 500);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_FALSE(test, d->ats || e->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA, false));
	/* the worker does the rest; it says that the SMMU was not shut */
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_EXPECT_TRUE(test, e->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA, false));
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

static const struct trouble {
	const char *name;
	struct model_inject inject;
	u32 gerror;
	bool adrift;
} troubles[] = {
	{ "GBPA is stuck", { .no_gbpa = true }, .adrift = true },
	{ "CR0 is not acknowledged", { .no_ack = true }, .adrift = true },
	{ "the queue stands", { .lost_sync = true } },
	{ "registers read as ones", { .dead = true }, .adrift = true },
	{ "service failure mode", .gerror = GERROR_SFM_ERR },
};

KUNIT_ARRAY_PARAM_DESC(trouble, troubles, name);

/*
 * An SMMU that does not do as told when the machine falls asleep is shut. It is back when the power
 * was off; what was unmapped meanwhile is gone.
 */
static void trouble_when_falling_asleep(struct kunit *test)
{
	const struct trouble *trouble = test->param_value;
	const struct model_inject well = {};
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);

	s->rig->forgive = true;
	model_inject(s->smmu->model, &trouble->inject);
	model_raise(s->smmu->model, trouble->gerror);
	bounded(test, s->rig, sleep_down);
	KUNIT_EXPECT_EQ(test, trouble->adrift, smmu_device_is_adrift(hw(s)));
	KUNIT_EXPECT_EQ(test, trouble->adrift || trouble->gerror,
			atomic_read(&rig_iommu(s->smmu)->shuts));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(a, IOVA, SZ_4K));
	model_inject(s->smmu->model, &well);
	sleep_through(s->rig, SLEEP_RAM);
	bounded(test, s->rig, awake);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	/* and nothing is held against it when it is shut once more */
	smmu_shut(hw(s), "test");
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	silence_leave(test, s, d, a);
}

static const struct wake {
	const char *name;
	struct model_inject inject;
	u32 gerror;
	enum sleep_kind kind;
	bool for_good;
} wakes[] = {
	{ "GBPA is stuck", { .no_gbpa = true }, .kind = SLEEP_RAM },
	{ "GBPA is stuck, disk", { .no_gbpa = true }, .kind = SLEEP_DISK },
	{ "CR0 is not acknowledged", { .no_ack = true }, .kind = SLEEP_RAM },
	{ "CR0 is not acknowledged, disk", { .no_ack = true }, .kind = SLEEP_DISK },
	{ "from the queue's enable on", { .no_ack_from = 1 }, .kind = SLEEP_RAM },
	{ "from the interrupts on", { .no_ack_from = 2 }, .kind = SLEEP_RAM },
	{ "from the other queues on", { .no_ack_from = 3 }, .kind = SLEEP_RAM },
	{ "from SMMUEN on", { .no_ack_from = 4 }, .kind = SLEEP_RAM },
	{ "from the disable of queues on, disk", { .no_ack_from = 2 }, .kind = SLEEP_DISK },
	{ "from the disable of interrupts on, disk", { .no_ack_from = 3 }, .kind = SLEEP_DISK },
	{ "from the queue's enable on, disk", { .no_ack_from = 4 }, .kind = SLEEP_DISK },
	{ "the first flush is lost", { .lost_sync = true }, .kind = SLEEP_RAM },
	{ "the first flush is illegal", { .ill_in = 1 }, .kind = SLEEP_DISK },
	{ "registers read as ones", { .dead = true }, .kind = SLEEP_RAM },
	{ "service failure mode", .gerror = GERROR_SFM_ERR, .kind = SLEEP_RAM, .for_good = true },
};

KUNIT_ARRAY_PARAM_DESC(wake, wakes, name);

/*
 * An SMMU that does not come back is shut, and lets nothing through that the driver can stop. It is
 * tried again later, and comes back with everything when it works.
 */
static void trouble_when_awaking(struct kunit *test)
{
	const struct wake *wake = test->param_value;
	const struct model_inject well = {};
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct sleep_regs regs;

	sleep_regs_read(s->smmu, &regs);
	s->rig->forgive = true;
	sleep_down(s->rig);
	sleep_through(s->rig, wake->kind);
	model_inject(s->smmu->model, &wake->inject);
	model_raise(s->smmu->model, wake->gerror);
	bounded(test, s->rig, awake);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&rig_iommu(s->smmu)->shuts));
	KUNIT_EXPECT_NE(test, 0, s->rig->retry_ms);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(a, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, d->ats);
	/* the worker tries, and fails as well */
	KUNIT_EXPECT_EQ(test, !!wake->inject.ill_in, rig_restart(s->rig, 0));
	if (!wake->inject.ill_in)
		KUNIT_EXPECT_EQ(test, !wake->for_good, !!s->rig->retry_ms);
	model_inject(s->smmu->model, &well);
	if (!wake->inject.ill_in)
		KUNIT_EXPECT_EQ(test, !wake->for_good, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, wake->for_good, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_EQ(test, !wake->for_good, d->ats);
	if (!wake->for_good)
		sleep_regs_same(test, s->smmu, &regs);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

/* Was it said since that the SMMU is back? */
static bool said_back(struct rig_log *log)
{
	while (rig_log_next(log))
		if (strstarts(log->text, "this SMMU is back after "))
			return true;
	return false;
}

/* An SMMU that was shut sleeps with the others. Without power it forgets why it was shut. */
static void shut_before(struct kunit *test)
{
	enum sleep_kind kind = *(const enum sleep_kind *)test->param_value;
	const struct model_inject lost = { .lost_sync = true }, well = {};
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct rig_log log;

	s->rig->forgive = true;
	model_inject(s->smmu->model, &lost);
	silence_unmap(test, s, d, a);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(hw(s)));
	rig_log_begin(&log);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + SZ_4K, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	s->rig->retry_ms = 0;
	bounded(test, s->rig, sleep_down);
	if (kind != SLEEP_IDLE)
		model_inject(s->smmu->model, &well);
	sleep_through(s->rig, kind);
	bounded(test, s->rig, awake);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&rig_iommu(s->smmu)->shuts));
	KUNIT_EXPECT_EQ(test, kind == SLEEP_IDLE, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_EQ(test, kind == SLEEP_IDLE, !!s->rig->retry_ms);
	if (kind == SLEEP_IDLE) {
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA + SZ_4K, false));
		model_inject(s->smmu->model, &well);
		model_advance(NSEC_PER_SEC);
		KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	} else {
		KUNIT_EXPECT_TRUE(test, said_back(&log));
	}
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA + SZ_4K, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

/*
 * A device was cut off, and a worker was about to go on with that. It leaves config space alone
 * until the device has power, and goes on then.
 */
static void workers_wait(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);

	silence_begin(s, d);
	silence_unmap(test, s, d, a);
	KUNIT_EXPECT_TRUE(test, d->cut && !d->bus_master && s->rig->recover);
	sleep_down(s->rig);
	model_power_off(s->smmu->model);
	rig_recover(s->rig);
	KUNIT_EXPECT_FALSE(test, d->bus_master);
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, 0, s->rig->retry_ms);
	model_power_on(s->smmu->model, MODEL_POWER_RESET, 0, 1);
	sleep_up_first(s->rig);
	rig_recover(s->rig);
	KUNIT_EXPECT_FALSE(test, d->bus_master);
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	sleep_up_then(s->rig);
	KUNIT_EXPECT_TRUE(test, s->rig->recover);
	rig_recover(s->rig);
	KUNIT_EXPECT_TRUE(test, d->bus_master);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

/* A thread changes a device that is silent: it holds the lock of the device, and lets go of it */
static void changed_meanwhile(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	struct silence_stuck *stuck = silence_stick(test, s, d, b);

	/* it looks at the SMMU again when that is dead */
	KUNIT_EXPECT_EQ(test, 0, smmu_sleep_late(s->smmu->dev));
	smmu_device_sleep(hw(s));
	silence_unstick(stuck);
	KUNIT_EXPECT_EQ(test, 0, smmu_sleep_noirq(s->smmu->dev));
	KUNIT_EXPECT_FALSE(test, d->ats);
	s->n = 0;
	sleep_through(s->rig, SLEEP_RAM);
	awake(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_TRUE(test, d->ats && e->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(b, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/* A device does not get ATS in the moment in which its worker finds it able to, when it must not */
static void ats_too_late(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0, smmu_sleep_late(s->smmu->dev));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, smmu_sleep_noirq(s->smmu->dev));
	sleep_through(s->rig, SLEEP_RAM);
	awake(s->rig);
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

static const struct morning {
	const char *name;
	struct model_inject inject;
} mornings[] = {
	{ "GBPA is stuck", { .no_gbpa = true } },
	/* GBPA holds what it has out of reset when it is back */
	{ "gone for a while", { .dead = true } },
};

KUNIT_ARRAY_PARAM_DESC(morning, mornings, name);

/*
 * Two nights in a row, and the SMMU does not come back in between: what GBPA holds then is not what
 * it was before the first
 */
static void asleep_twice(struct kunit *test)
{
	const struct morning *morning = test->param_value;
	const struct model_inject well = {};
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	u32 gbpa;

	sleep_down(s->rig);
	gbpa = hw(s)->gbpa;
	sleep_through(s->rig, SLEEP_RAM);
	model_inject(s->smmu->model, &morning->inject);
	awake(s->rig);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_dead(hw(s)));
	model_inject(s->smmu->model, &well);
	bounded(test, s->rig, sleep_down);
	KUNIT_EXPECT_EQ(test, gbpa, hw(s)->gbpa);
	sleep_through(s->rig, SLEEP_DISK);
	awake(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(hw(s)));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

static struct iopf_group *held;

static int hold(struct iopf_group *group)
{
	held = group;
	return 0;
}

/*
 * A stalled transaction ends when its SMMU goes to sleep. The answer comes when the SMMU is awake
 * and uses the same tag for another one, which must not get it.
 */
static void stalls_end(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct iommu_domain *domain;
	struct model_config cfg;
	struct iopf_group *old;
	struct rig_device *d;
	u16 stag, again;
	u64 pa;

	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	rig->can_stall = true;
	smmu = rig_smmu(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	domain = rig_domain(test, d);
	domain->iopf_handler = hold;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, rig_try(rig, d, 0, IOVA, false, &pa, &stag));
	smmu_evtq_drain(&rig_iommu(smmu)->smmu);
	KUNIT_ASSERT_NOT_NULL(test, held);
	old = held;
	/* another one is recorded, and nobody has read the record */
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, rig_try(rig, d, 0, IOVA, false, &pa, &again));
	sleep_once(rig, SLEEP_RAM);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, stag));
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, again));
	iopf_group_response(old, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(old);
	KUNIT_EXPECT_PTR_NE(test, old, held);
	iopf_group_response(held, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(held);
	/* and one of the new day */
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, rig_try(rig, d, 0, IOVA, false, &pa, &stag));
	smmu_evtq_drain(&rig_iommu(smmu)->smmu);
	iopf_group_response(held, IOMMU_PAGE_RESP_INVALID);
	iopf_free_group(held);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, stag));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* An answer that is in the queue reaches its transaction before the SMMU is off */
static void drained(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct iommu_domain *domain;
	struct model_config cfg;
	struct rig_device *d;
	u16 stag;
	u64 pa;

	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	cfg.idr[0] |= FIELD_PREP(IDR0_STALL_MODEL, IDR0_STALL_ALWAYS);
	rig->can_stall = true;
	smmu = rig_smmu(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, rig_try(rig, d, 0, IOVA, false, &pa, &stag));
	model_latency(smmu->model, CMD_RESUME, 5 * NSEC_PER_MSEC);
	smmu_resume(&rig_iommu(smmu)->smmu, d->sid, stag, RESUME_RETRY);
	KUNIT_EXPECT_EQ(test, 1, model_pending(smmu->model));
	sleep_down(rig);
	KUNIT_EXPECT_EQ(test, 0, model_pending(smmu->model));
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, model_answer(smmu->model, stag));
	sleep_through(rig, SLEEP_RAM);
	awake(rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* Somebody waits for a CMD_SYNC that never came, when the SMMU has no power: no register is read */
static void waits_without_power(struct kunit *test)
{
	const struct model_inject lost = { .lost_sync = true }, none = {};
	struct smmu_deadline deadline = {};
	struct rig *rig = rig_new(test);
	struct smmu_ticket ticket;
	struct smmu_device *smmu;
	struct smmu_cmd sync;
	struct model *m;

	rig->poll_cons = true;
	m = rig_smmu(test, rig, 0, NULL)->model;
	smmu = &rig_iommu(rig->smmu[0])->smmu;
	rig_virtual_clock(test);
	model_inject(m, &lost);
	smmu_cmd_sync(&sync);
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, &sync, 1, &deadline, &ticket,
						SMMU_POST_NEW));
	sleep_down(rig);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	model_inject(m, &none);
	model_power_off(m);
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	model_power_on(m, MODEL_POWER_RESET, SLEEP_GBPA, 1);
	awake(rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(silent_when_falling_asleep, kind_gen_params),
	KUNIT_CASE(silent_when_awaking),
	KUNIT_CASE_PARAM(trouble_when_falling_asleep, trouble_gen_params),
	KUNIT_CASE_PARAM(trouble_when_awaking, wake_gen_params),
	KUNIT_CASE_PARAM(shut_before, kind_gen_params),
	KUNIT_CASE(workers_wait),
	KUNIT_CASE(changed_meanwhile),
	KUNIT_CASE(ats_too_late),
	KUNIT_CASE_PARAM(asleep_twice, morning_gen_params),
	KUNIT_CASE(stalls_end),
	KUNIT_CASE(drained),
	KUNIT_CASE(waits_without_power),
	{}
};

static struct kunit_suite suite = { .name = "smmu_sleep_errors", .test_cases = cases };
kunit_test_suite(suite);
