// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SMMU that reports errors, hangs or returns garbage: nothing that it has not confirmed is
 * relied on, and the other SMMU goes on.
 *
 * SMMU 0 inserts its commands under a lock and SMMU 1 without one. Each of them has the error once.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/sizes.h>

#include "core/cmd.h"
#include "hw/cmdq_error.h"
#include "hw/issue.h"
#include "driver/log.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

static const u32 victims[] = { 0, 1 };

static void victim_desc(const u32 *i, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "SMMU %u", *i);
}

KUNIT_ARRAY_PARAM(victim, victims, victim_desc);

/* Two SMMUs, a device behind each, one domain with one mapping, which is in both TLBs */
static struct iommu_domain *two(struct kunit *test, struct rig *rig)
{
	struct iommu_domain *domain;
	u32 i;

	for (i = 0; i < 2; i++) {
		rig_smmu(test, rig, i, NULL);
		rig_device(test, rig, i);
	}
	domain = rig_domain(test, &rig->device[0]);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(&rig->device[i], domain));
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, &rig->device[i], IOVA, false));
	}
	return domain;
}

static void expect_unmapped(struct kunit *test, struct rig *rig)
{
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, &rig->device[0], IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, &rig->device[1], IOVA, false));
}

static void finish(struct kunit *test, struct rig *rig, struct iommu_domain *domain)
{
	KUNIT_EXPECT_EQ(test, 0, rig_attach(&rig->device[0], &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(&rig->device[1], &smmu_identity_domain));
	iommu_domain_free(domain);
}

/*
 * An illegal command is skipped and its waiter gets an error; the commands before and after it are
 * executed.
 */
static void skips_illegal(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 victim = *(const u32 *)test->param_value;
	struct model_inject inject = {};
	struct smmu_device *smmu;
	struct smmu_cmd cmd[4];
	u32 i, seen;

	rig_smmu(test, rig, victim, NULL);
	smmu = &rig_iommu(rig->smmu[victim])->smmu;
	for (i = 0; i < 3; i++)
		smmu_cmd_tlbi_asid(&cmd[i], 1 + i, false);
	smmu_cmd_sync(&cmd[3]);
	for (i = 1; i <= 4; i++) {
		seen = smmu_main_cmdq(smmu)->err_seq;
		inject.ill_in = i;
		model_inject(rig->smmu[victim]->model, &inject);
		KUNIT_EXPECT_EQ(test, -EIO, smmu_issue(smmu, cmd, 4));
		KUNIT_EXPECT_EQ(test, seen + 1, smmu_main_cmdq(smmu)->err_seq);
		KUNIT_EXPECT_EQ(test, 0, model_pending(rig->smmu[victim]->model));
		KUNIT_EXPECT_EQ(test, 0, smmu_issue(smmu, cmd, 4));
	}
}

/* The same with interrupts off, so that only the waiter can see the error */
static void skips_illegal_irqs_off(struct kunit *test)
{
	const struct model_inject inject = { .ill_in = 1 };
	u32 victim = *(const u32 *)test->param_value;
	struct rig *rig = rig_new(test);
	struct smmu_device *smmu;
	struct smmu_cmd cmd[2];
	unsigned long flags;
	int ret;

	rig_smmu_irq(test, rig, victim, NULL);
	smmu = &rig_iommu(rig->smmu[victim])->smmu;
	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	model_inject(rig->smmu[victim]->model, &inject);
	local_irq_save(flags);
	ret = smmu_issue(smmu, cmd, 2);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, -EIO, ret);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
}

/*
 * The invalidation of an unmap is skipped, so the walk invalidates everything of the SMMU instead.
 */
static void walk_makes_good(struct kunit *test)
{
	const struct model_inject inject = { .ill_in = 1 };
	u32 victim = *(const u32 *)test->param_value;
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain = two(test, rig);

	model_inject(rig->smmu[victim]->model, &inject);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	expect_unmapped(test, rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(rig->smmu[victim])->smmu));
	finish(test, rig, domain);
}

/*
 * The same for invalidations of STEs, CDs and tags: any command of a detach and an attach is
 * skipped.
 */
static void attach_makes_good(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain = two(test, rig);
	u32 victim = *(const u32 *)test->param_value;
	struct rig_device *d = &rig->device[victim];
	u32 i;

	for (i = 1; i < 20; i++) {
		const struct model_inject inject = { .ill_in = i };

		model_inject(rig->smmu[victim]->model, &inject);
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, domain));
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	}
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(rig->smmu[victim])->smmu));
	finish(test, rig, domain);
}

/**
 * struct death - a reason for which an SMMU cannot be used any more
 * @name: name of the case
 * @inject: how the model misbehaves
 * @raise: global errors that it raises
 */
struct death {
	const char *name;
	struct model_inject inject;
	u32 raise;
};

static const struct death deaths[] = {
	{ .name = "lost CMD_SYNC", .inject.lost_sync = true },
	{ .name = "CONS reads as ones", .inject.cons_ones = true },
	{ .name = "all registers read as ones", .inject.dead = true },
	{ .name = "command fetch aborts", .inject.abort_fetch = true },
	{ .name = "service failure mode", .raise = GERROR_SFM_ERR },
};

/* Each death happens to each of the two SMMUs */
struct fate {
	const struct death *death;
	u32 victim;
};

static struct fate fates[2 * ARRAY_SIZE(deaths)];

static const void *fate_gen(struct kunit *test, const void *prev, char *desc)
{
	const struct fate *last = prev;
	struct fate *f = last ? &fates[last - fates + 1] : fates;

	if (f == fates + ARRAY_SIZE(fates))
		return NULL;
	f->death = &deaths[(f - fates) / 2];
	f->victim = (f - fates) % 2;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, SMMU %u", f->death->name, f->victim);
	return f;
}

/* The SMMU is shut within the deadline and translates nothing, and the other SMMU works on */
static void is_shut(struct kunit *test)
{
	const struct death *death = ((const struct fate *)test->param_value)->death;
	u32 victim = ((const struct fate *)test->param_value)->victim;
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain = two(test, rig);
	struct rig_device *d = &rig->device[victim], *other = &rig->device[!victim];
	struct smmu_device *smmu = &rig_iommu(rig->smmu[victim])->smmu;
	struct model_inject none = {};
	u64 start = ktime_get_ns();

	model_inject(rig->smmu[victim]->model, &death->inject);
	if (death->raise) {
		model_latency(rig->smmu[victim]->model, CMD_SYNC, 1000000);
		model_raise(rig->smmu[victim]->model, death->raise);
	}
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_LT(test, (ktime_get_ns() - start) / NSEC_PER_MSEC,
			3 * SMMU_CMD_TIMEOUT_MS);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_EQ(test, death->inject.dead, smmu_device_is_adrift(smmu));
	expect_unmapped(test, rig);

	/* the other SMMU works, and nothing waits for the dead one any more */
	start = ktime_get_ns();
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, other, IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	expect_unmapped(test, rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_LT(test, (ktime_get_ns() - start) / NSEC_PER_MSEC, SMMU_CMD_TIMEOUT_MS);
	finish(test, rig, domain);
	/*
	 * the device was attached two times, and each attachment left a tag: free if the SMMU is
	 * off, withheld if it is adrift
	 */
	KUNIT_EXPECT_EQ(test, death->inject.dead ? 2 : 0, atomic_read(&smmu->inst.withheld));
	model_inject(rig->smmu[victim]->model, &none);
	model_latency(rig->smmu[victim]->model, CMD_SYNC, 0);
}

/* Errors that are only reported: everything goes on */
static void survives_gerrors(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain = two(test, rig);
	struct smmu_device *smmu = &rig_iommu(rig->smmu[0])->smmu;
	static const u32 bits[] = {
		GERROR_EVENTQ_ABT_ERR, GERROR_PRIQ_ABT_ERR, GERROR_MSI_CMDQ_ABT_ERR,
		GERROR_MSI_EVENTQ_ABT_ERR, GERROR_MSI_PRIQ_ABT_ERR, GERROR_MSI_GERROR_ABT_ERR,
	};
	u32 i;

	model_latency(rig->smmu[0]->model, CMD_SYNC, 100000);
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		model_raise(rig->smmu[0]->model, bits[i]);
		KUNIT_ASSERT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
		expect_unmapped(test, rig);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, &rig->device[0], IOVA, false));
	}
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(bits), atomic_read(&smmu->gerrors));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	finish(test, rig, domain);
}

/* An event that nobody handles is said */
static void says_events(struct kunit *test)
{
	struct model_access a = { .sid = 0xfff0 };
	struct rig *rig = rig_new(test);
	struct rig_log log;
	u32 said = 0;

	rig_smmu(test, rig, 0, NULL);
	rig_log_begin(&log);
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(rig->smmu[0]->model, &a));
	smmu_evtq_drain(&rig_iommu(rig->smmu[0])->smmu);
	while (rig_log_next(&log))
		said += strstarts(log.text, "event: C_BAD_STREAMID");
	KUNIT_EXPECT_GT(test, said, 0);
}

/*
 * Events reach the handler. More events than the queue holds are an overflow, which is reported
 * once, and then events arrive again.
 */
static void takes_events(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct smmu_recordq *q;
	struct rig_device *d;
	u32 i;

	rig_smmu_irq(test, rig, 0, NULL);
	d = rig_device(test, rig, 0);
	q = &rig_iommu(rig->smmu[0])->smmu.evtq;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, rig_event(rig, d, IOVA, false));
	for (i = 0; i < 3; i++) {
		struct model_access a = { .sid = 0xfff0 + i };

		KUNIT_EXPECT_EQ(test, -EFAULT, model_access(rig->smmu[0]->model, &a));
	}
	for (i = 0; i < 100 && READ_ONCE(q->records) < 3; i++)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, 3, q->records);
	KUNIT_EXPECT_EQ(test, 0, q->overflows);

	local_irq_disable();
	for (i = 0; i < 2U << q->mem.log2; i++) {
		struct model_access a = { .sid = 0xfff0 };

		model_access(rig->smmu[0]->model, &a);
	}
	local_irq_enable();
	for (i = 0; i < 500 && READ_ONCE(q->records) < 3 + (1U << q->mem.log2); i++)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_GE(test, q->overflows, 1);
	KUNIT_EXPECT_GE(test, q->records, 3 + (1U << q->mem.log2));
}

/* A PROD of all ones is no position, whatever its lower bits say */
static void dead_event_queue(struct kunit *test)
{
	const struct model_inject inject = { .dead = true };
	struct model_inject none = {};
	struct rig *rig = rig_new(test);
	struct smmu_device *smmu;

	rig_smmu(test, rig, 0, NULL);
	smmu = &rig_iommu(rig->smmu[0])->smmu;
	model_inject(rig->smmu[0]->model, &inject);
	smmu_evtq_drain(smmu);
	KUNIT_EXPECT_EQ(test, 0, smmu->evtq.records);
	KUNIT_EXPECT_EQ(test, 0, smmu->evtq.overflows);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_dead(smmu));
	model_inject(rig->smmu[0]->model, &none);
}

/*
 * Each event takes a millisecond, so the thread must pause long before it has handled a whole
 * queue.
 */
static void slow_event(struct smmu_device *smmu, const struct smmu_event *event)
{
	ktime_t end = ktime_add_ms(ktime_get(), 1);

	/* measured by the thread's own clock, because an emulated mdelay() may be shorter */
	while (ktime_before(ktime_get(), end))
		cpu_relax();
}

static void pauses_by_time(struct kunit *test)
{
	const struct smmu_device_ops *was;
	struct rig *rig = rig_new(test);
	struct smmu_device_ops ops;
	struct smmu_recordq *q;
	struct smmu_device *smmu;
	u32 i, n;

	smmu = &rig_iommu(rig_smmu(test, rig, 0, NULL))->smmu;
	ops = *smmu->ops;
	ops.event = slow_event;
	q = &smmu->evtq;
	n = 1U << q->mem.log2;
	for (i = 0; i < n; i++) {
		struct model_access a = { .sid = 0xfff0 };

		KUNIT_EXPECT_EQ(test, -EFAULT, model_access(rig->smmu[0]->model, &a));
	}
	was = smmu->ops;
	smmu->ops = &ops;
	smmu_evtq_thread(0, smmu);
	smmu->ops = was;
	KUNIT_EXPECT_EQ(test, n, q->records);
	KUNIT_EXPECT_GE(test, q->pauses, n / 8);
	/* each time it works on for a while: not for one event only */
	KUNIT_EXPECT_LE(test, q->pauses, n - n / 8);
}

/*
 * While a post was under way there were more errors than are remembered for certain. None of those
 * that are says anything about it, but one that was forgotten may.
 */
static void more_than_is_remembered(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct smmu_ticket ticket = {};
	u32 seq;

	ticket.q = smmu_main_cmdq(&rig_iommu(rig_smmu(test, rig, 0, NULL))->smmu);
	seq = ticket.q->err_seq;
	ticket.err_seq = seq - SMMU_CMDQ_ERRORS / 2;
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_error_within(&ticket, seq));
	ticket.err_seq--;
	KUNIT_EXPECT_EQ(test, -EIO, smmu_cmdq_error_within(&ticket, seq));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(skips_illegal, victim_gen_params),
	KUNIT_CASE_PARAM(skips_illegal_irqs_off, victim_gen_params),
	KUNIT_CASE_PARAM(walk_makes_good, victim_gen_params),
	KUNIT_CASE_PARAM(attach_makes_good, victim_gen_params),
	KUNIT_CASE_PARAM(is_shut, fate_gen),
	KUNIT_CASE(more_than_is_remembered),
	KUNIT_CASE(survives_gerrors),
	KUNIT_CASE(says_events),
	KUNIT_CASE(takes_events),
	KUNIT_CASE(dead_event_queue),
	KUNIT_CASE(pauses_by_time),
	{}
};

static struct kunit_suite suite = { .name = "smmu_errors", .test_cases = cases };
kunit_test_suite(suite);
