// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMMUs that were shut and come back, and the shutdown of the machine, after which none does.
 */
#include <linux/delay.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "drv/probe.h"
#include "hw/cmdq_poll.h"
#include "hw/device.h"
#include "hw/shut.h"
#include "driver/silence.h"

/* Real time passes for the waiter, as for the thread that it waits for */
static void real_sleep(struct smmu_cmdq *q, u32 us)
{
	usleep_range(us, 2 * us);
}

/* Shutdown sends nothing and waits for nothing, and ends the waiting of others */
static void shutdown(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_cmdq_state start, before, after;
	struct silence_unmapper *u;
	u64 began;

	smmu_activate_raw_stub(test, smmu_cmdq_sleep, real_sleep);
	silence_begin(s, d);
	smmu_cmdq_look(smmu, &start);
	u = silence_start(test, a, 1);
	/* the thread has posted, which is counted after the queue has ceased to be idle */
	do {
		schedule();
		smmu_cmdq_look(smmu, &before);
	} while (before.sum.cmds == start.sum.cmds);
	began = model_now();
	smmu_shutdown(to_platform_device(s->smmu->dev));
	KUNIT_EXPECT_LE(test, (model_now() - began) / NSEC_PER_MSEC, SLACK_MS);
	smmu_cmdq_look(smmu, &after);
	KUNIT_EXPECT_EQ(test, before.sum.cmds, after.sum.cmds);
	KUNIT_EXPECT_FALSE(test, d->ats || e->ats);
	KUNIT_EXPECT_TRUE(test, d->bus_master && e->bus_master);
	wait_for_completion(&u->done);
	KUNIT_EXPECT_LE(test, u->ms, 2 * SLACK_MS);
	began = model_now();
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(b, IOVA, SZ_4K));
	KUNIT_EXPECT_LE(test, (model_now() - began) / NSEC_PER_MSEC, 100);
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/* Nor does it send anything to an SMMU that would answer */
static void shutdown_idle(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_cmdq_state before, after;

	smmu_cmdq_look(smmu, &before);
	smmu_shutdown(to_platform_device(s->smmu->dev));
	smmu_cmdq_look(smmu, &after);
	KUNIT_EXPECT_EQ(test, before.sum.cmds, after.sum.cmds);
	KUNIT_EXPECT_FALSE(test, d->ats);
	silence_leave(test, s, d, a);
}

static const u32 standstills[] = { 5, 30, 100 };

static void standstill_desc(const u32 *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u s", *s);
}

KUNIT_ARRAY_PARAM(standstill, standstills, standstill_desc);

/*
 * The queue stands still for some time, at no ATC_INV, and then goes on. The SMMU is shut, and
 * comes back with all domains, without a stale translation in a TLB or an ATC, and with ATS.
 */
static void stands_and_goes_on(struct kunit *test)
{
	u64 ns = *(const u32 *)test->param_value * (u64)NSEC_PER_SEC;
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0), *f;
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e), *c;
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	u64 began = model_now(), tried;

	model_latency(s->smmu->model, CMD_TLBI_NH_VA, ns);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), SMMU_CMD_TIMEOUT_MS + 1000);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	KUNIT_EXPECT_EQ(test, 1000, s->rig->retry_ms);
	tried = model_now();
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	/* nobody has waited for a queue that stands */
	KUNIT_EXPECT_LE(test, (model_now() - tried) / NSEC_PER_MSEC, 100);
	KUNIT_EXPECT_EQ(test, 2000, s->rig->retry_ms);
	/* meanwhile: an unmap costs nothing, a device comes, another one changes its domain */
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, e, b), 100);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(b, IOVA + SZ_4K, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	f = rig_device(test, s->rig, 0);
	c = rig_domain(test, f);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(c, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(f, c));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, f, IOVA, false));

	model_advance(ns - min(ns, model_now() - began) + NSEC_PER_SEC);
	model_latency(s->smmu->model, CMD_TLBI_NH_VA, 0);
	KUNIT_ASSERT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, 0, s->rig->retry_ms);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_TRUE(test, d->ats && e->ats && f->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, e, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA + SZ_4K, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, f, IOVA, false));
	/* it is as any SMMU again */
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_unmap(test, s, d, a);
	silence_unmap(test, s, f, c);
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
	silence_leave(test, s, f, c);
}

/* An SMMU that never goes on is tried again each minute, and one in service failure mode is not */
static void never_goes_on(struct kunit *test)
{
	const struct model_inject inject = { .lost_sync = true };
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	u32 i;

	model_inject(s->smmu->model, &inject);
	silence_unmap(test, s, d, a);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	for (i = 0; i < 10; i++) {
		model_advance(s->rig->retry_ms * (u64)NSEC_PER_MSEC);
		KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
		KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
		KUNIT_EXPECT_EQ(test, min(2000 << i, 60000), s->rig->retry_ms);
	}
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&rig_iommu(s->smmu)->shuts));
	silence_leave(test, s, d, a);
}

/*
 * An SMMU that stops again in the middle of its restart, each time, has not been back: it was shut
 * once, and is tried less and less often
 */
static void stops_in_its_restart(struct kunit *test)
{
	const struct model_inject inject = { .lost_sync = true }, well = {};
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_iommu *iommu = rig_iommu(s->smmu);
	u32 i, epoch;

	smmu_shut(&iommu->smmu, "test");
	KUNIT_EXPECT_EQ(test, 1000, s->rig->retry_ms);
	for (i = 0; i < 3; i++) {
		epoch = iommu->smmu.epoch;
		model_inject(s->smmu->model, &inject);
		KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
		KUNIT_EXPECT_EQ(test, 2000 << i, s->rig->retry_ms);
		/* it took commands for a while */
		KUNIT_EXPECT_EQ(test, epoch + 1, iommu->smmu.epoch);
		KUNIT_EXPECT_TRUE(test, smmu_device_is_off(&iommu->smmu));
		/* its queue goes on, and has done everything before the next try */
		model_inject(s->smmu->model, &well);
		model_advance(s->rig->retry_ms * (u64)NSEC_PER_MSEC);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	}
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&iommu->shuts));
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	/* the next time is another one */
	smmu_shut(&iommu->smmu, "test");
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&iommu->shuts));
	KUNIT_EXPECT_EQ(test, 1000, s->rig->retry_ms);
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	silence_leave(test, s, d, a);
}

/* A device that was silent when its SMMU comes back is cut off, and the others have ATS */
static void silent_at_restart(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;

	smmu_shut(smmu, "test");
	silence_begin(s, d);
	KUNIT_ASSERT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_EXPECT_TRUE(test, e->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA, false));
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/*
 * An SMMU that does not take GBPA.ABORT goes on translating. It must be off before it comes back,
 * and is not turned off before its GBPA says abort.
 */
static void back_from_adrift(struct kunit *test)
{
	const struct model_inject inject = { .no_gbpa = true }, well = {};
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;

	s->rig->forgive = true;
	model_inject(s->smmu->model, &inject);
	smmu_shut(smmu, "test");
	KUNIT_EXPECT_TRUE(test, smmu_device_is_adrift(smmu));
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_adrift(smmu));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(a, IOVA, SZ_4K));
	model_inject(s->smmu->model, &well);
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_TRUE(test, d->ats);
	silence_leave(test, s, d, a);
}

/* An SMMU that is stopped for good does not come back, whatever was queued */
static void no_restart_after_stop(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;

	smmu_shut(smmu, "test");
	smmu_shutdown(to_platform_device(s->smmu->dev));
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, 0, s->rig->retry_ms);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	silence_leave(test, s, d, a);
}

/**
 * struct leaving - an SMMU is shut, and the driver leaves it later
 * @name: for the report
 * @found: GBPA before the driver came
 * @back: the SMMU comes back in between
 * @shutting: another CPU is about to shut it again when the driver leaves it
 * @stuck: GBPA does not change any more
 * @passes: DMA is let through afterwards, untranslated
 */
struct leaving {
	const char *name;
	u32 found;
	bool back;
	bool shutting;
	bool stuck;
	bool passes;
};

static const struct leaving leavings[] = {
	{ "back", .back = true, .passes = true },
	{ "back, GBPA was abort", .found = GBPA_ABORT, .back = true },
	{ "not back" },
	{ "back, and being shut again", .back = true, .shutting = true },
	{ "back, GBPA is stuck", .back = true, .stuck = true },
};

KUNIT_ARRAY_PARAM_DESC(leaving, leavings, name);

/*
 * When the driver leaves an SMMU that works, GBPA is what it was before the driver came, although
 * it was abort while the SMMU was shut. It stays abort where the SMMU is shut.
 */
static void gbpa_in_the_end(struct kunit *test)
{
	const struct model_inject stuck = { .no_gbpa = true }, well = {};
	const struct leaving *leaving = test->param_value;
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct model *model = machine->model;
	struct model_access a = { .iova = IOVA };
	struct iommu_domain *domain;
	struct smmu_device *smmu;
	struct rig_device *d;
	u32 off;

	device_release_driver(machine->dev);
	model_write(model, SMMU_GBPA, 4, leaving->found | GBPA_UPDATE);
	while (model_read(model, SMMU_GBPA, 4) & GBPA_UPDATE)
		;
	KUNIT_ASSERT_EQ(test, 1, device_attach(machine->dev));
	smmu = &rig_iommu(machine)->smmu;
	d = rig_device(test, rig, 0);
	a.sid = d->sid;
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	smmu_shut(smmu, "test");
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	if (leaving->back) {
		KUNIT_ASSERT_TRUE(test, rig_restart(rig, 0));
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	}
	if (leaving->shutting)
		KUNIT_EXPECT_TRUE(test, smmu_shut_begin(smmu, &off));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	rig_remove(d);
	if (leaving->stuck)
		model_inject(model, &stuck);
	device_release_driver(machine->dev);
	KUNIT_EXPECT_FALSE(test, model_is_on(model));
	KUNIT_EXPECT_EQ(test, leaving->passes, !model_access(model, &a));
	if (leaving->passes)
		KUNIT_EXPECT_EQ(test, IOVA, a.pa);
	model_inject(model, &well);
	KUNIT_ASSERT_EQ(test, 1, device_attach(machine->dev));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(shutdown),
	KUNIT_CASE(shutdown_idle),
	KUNIT_CASE_PARAM(stands_and_goes_on, standstill_gen_params),
	KUNIT_CASE(never_goes_on),
	KUNIT_CASE(stops_in_its_restart),
	KUNIT_CASE(silent_at_restart),
	KUNIT_CASE(back_from_adrift),
	KUNIT_CASE(no_restart_after_stop),
	KUNIT_CASE_PARAM(gbpa_in_the_end, leaving_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_restart", .test_cases = cases };
kunit_test_suite(suite);
