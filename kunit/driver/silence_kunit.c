// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that do not answer an ATC_INV, and queues that stand still: who waits, for how long, and
 * who pays.
 */
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "hw/cmdq_poll.h"
#include "hw/device.h"
#include "driver/silence.h"

/* The root port gives up after T; then the device is cut off and never asked again */
static void one(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	u64 ms;

	silence_begin(s, d);
	ms = silence_unmap(test, s, d, a);
	KUNIT_EXPECT_GE(test, ms, T_MS);
	KUNIT_EXPECT_LE(test, ms, T_MS + SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	KUNIT_EXPECT_FALSE(test, d->ats);
	/* another device has had ATS and bus mastering all the time */
	KUNIT_EXPECT_TRUE(test, e->ats && e->bus_master && !e->cut);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, e, b), SLACK_MS);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	/* before the recovery has run, and after it */
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), SLACK_MS);
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->bus_master);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/* One domain with three devices: only the silent one is cut off, wherever it stands in the array */
static void among_others(struct kunit *test)
{
	u32 silent, i;

	for (silent = 0; silent < 3; silent++) {
		struct silence *s = silence_make(test);
		struct rig_device *d[3];
		struct iommu_domain *domain;

		for (i = 0; i < 3; i++)
			d[i] = rig_device(test, s->rig, 0);
		domain = silence_use(test, s, d[0]);
		for (i = 1; i < 3; i++) {
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], domain));
			KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d[i], IOVA, false));
		}
		silence_begin(s, d[silent]);
		KUNIT_EXPECT_LE(test, silence_unmap(test, s, d[silent], domain), T_MS + SLACK_MS);
		for (i = 0; i < 3; i++) {
			KUNIT_EXPECT_EQ(test, i == silent, d[i]->cut);
			KUNIT_EXPECT_EQ(test, i != silent, d[i]->ats);
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d[i], IOVA, false));
		}
		s->n = 0;
		rig_recover(s->rig);
		for (i = 0; i < 3; i++)
			KUNIT_EXPECT_EQ(test, 0, rig_attach(d[i], &smmu_identity_domain));
		iommu_domain_free(domain);
		for (i = 0; i < 3; i++)
			rig_remove(d[i]);
		rig_remove_smmu(s->rig, 0);
	}
}

/* k independent silent devices in one domain: k T */
static void several(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d[4];
	struct iommu_domain *domain;
	u64 ms;
	u32 i;

	for (i = 0; i < 4; i++)
		d[i] = rig_device(test, s->rig, 0);
	domain = silence_use(test, s, d[0]);
	for (i = 1; i < 4; i++)
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], domain));
	for (i = 0; i < 3; i++)
		silence_begin(s, d[i]);
	ms = silence_unmap(test, s, d[0], domain);
	KUNIT_EXPECT_GE(test, ms, 3 * T_MS);
	KUNIT_EXPECT_LE(test, ms, 3 * T_MS + SLACK_MS);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, i < 3, d[i]->cut);
	s->n = 0;
	rig_recover(s->rig);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d[i], &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* A PF and 64 VFs, all in one domain and all silent: they are one physical device */
static void functions(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct iommu_domain *domain = NULL;
	struct rig_device *d;
	u64 ms;
	u32 i;

	s->rig->physical = 1;
	for (i = 0; i < 65; i++) {
		d = rig_device(test, s->rig, 0);
		if (!domain)
			domain = silence_use(test, s, d);
		else
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	}
	for (i = 0; i < 65; i++)
		silence_begin(s, &s->rig->device[i]);
	ms = silence_unmap(test, s, d, domain);
	KUNIT_EXPECT_GE(test, ms, T_MS);
	KUNIT_EXPECT_LE(test, ms, T_MS + SLACK_MS);
	for (i = 0; i < 65; i++)
		KUNIT_EXPECT_TRUE(test, s->rig->device[i].cut);
	s->n = 0;
	rig_recover(s->rig);
	for (i = 0; i < 65; i++)
		KUNIT_EXPECT_EQ(test, 0, rig_attach(&s->rig->device[i], &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* Posts that are in the queue already when the device is cut off */
static const u32 depths[] = { 3, 20, 63 };

static void depth_desc(const u32 *depth, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u posts", *depth);
}

KUNIT_ARRAY_PARAM(depth, depths, depth_desc);

/*
 * CPUs have posted invalidations for the same device before the first is suspected, and others for
 * the TLB alone: all are done within T, on both kinds of queue.
 */
static void posted_before(struct kunit *test)
{
	u32 depth = *(const u32 *)test->param_value, i, how;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct smmu_ticket *ticket = kunit_kcalloc(test, depth, sizeof(*ticket),
							   GFP_KERNEL);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *domain = silence_use(test, s, d);
		struct smmu_deadline deadline = {};
		struct smmu_device *smmu;
		struct smmu_cmd cmd[4];
		u64 start;

		KUNIT_ASSERT_NOT_NULL(test, ticket);
		smmu = &rig_iommu(s->smmu)->smmu;
		silence_begin(s, d);
		smmu_cmd_tlbi_asid(&cmd[0], 1, false);
		smmu_cmd_sync(&cmd[1]);
		smmu_cmd_atc_inv(&cmd[2], d->sid, 0, false, 0, ATC_SIZE_ALL);
		smmu_cmd_sync(&cmd[3]);
		start = model_now();
		for (i = 0; i < depth; i++)
			KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, i % 3 == 2 ? 2 : 4,
								&deadline, &ticket[i],
								SMMU_POST_NEW));
		for (i = 0; i < depth; i++)
			KUNIT_EXPECT_EQ(test, i ? 0 : -EREMOTEIO,
					smmu_cmdq_wait(&ticket[i], &deadline));
		KUNIT_EXPECT_LE(test, (model_now() - start) / NSEC_PER_MSEC, T_MS + SLACK_MS);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
		silence_unmap(test, s, d, domain);
		silence_leave(test, s, d, domain);
		rig_remove(d);
		rig_remove_smmu(s->rig, 0);
	}
}

/*
 * The queue is as full as posts may make it, so that every free slot is written: the one that names
 * the silent device is not free
 */
static void full_queue(struct kunit *test)
{
	u32 how, i;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *domain = silence_use(test, s, d);
		struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
		struct smmu_deadline deadline = {};
		struct smmu_ticket ticket, more;
		struct smmu_cmd cmd[2];
		int ret;

		silence_begin(s, d);
		smmu_cmd_atc_inv(&cmd[0], d->sid, 0, false, 0, ATC_SIZE_ALL);
		smmu_cmd_sync(&cmd[1]);
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 2, &deadline, &ticket,
							SMMU_POST_NEW));
		smmu_cmd_tlbi_asid(&cmd[0], 1, false);
		for (i = 0, ret = 0; i < 300 && !ret; i++) {
			struct smmu_deadline soon = {
				.until = ns_to_ktime(model_now() + 50 * NSEC_PER_MSEC),
			};

			ret = smmu_cmdq_post(smmu, cmd, 1, &soon, &more, SMMU_POST_NEW);
		}
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, ret);
		KUNIT_EXPECT_EQ(test, -EREMOTEIO, smmu_cmdq_wait(&ticket, &deadline));
		KUNIT_EXPECT_TRUE(test, d->cut);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
		silence_leave(test, s, d, domain);
		rig_remove(d);
		rig_remove_smmu(s->rig, 0);
	}
}

/* A device that answers late, but answers: nobody is cut off */
static void slow_device(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = silence_use(test, s, d);
	u64 ms;

	s->ns = 50000 * (u64)NSEC_PER_MSEC;
	silence_begin(s, d);
	ms = silence_unmap(test, s, d, domain);
	KUNIT_EXPECT_GE(test, ms, 50000);
	KUNIT_EXPECT_LE(test, ms, 50000 + SLACK_MS);
	/* nor when the answer is charged to its budget, which is when somebody waits next */
	s->ns = 100 * (u64)NSEC_PER_MSEC;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	silence_unmap(test, s, d, domain);
	KUNIT_EXPECT_FALSE(test, d->cut);
	silence_leave(test, s, d, domain);
}

/* One command in 1.5 s, with 200 in the queue: the queue moves, so it works */
static void slow_queue(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[51];
	u64 start = model_now();
	u32 i, k;

	model_latency(s->smmu->model, CMD_TLBI_NH_ASID, 1500 * NSEC_PER_MSEC);
	for (i = 0; i < 50; i++)
		smmu_cmd_tlbi_asid(&cmd[i], 1, false);
	smmu_cmd_sync(&cmd[50]);
	for (k = 0; k < 4; k++)
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 51, &deadline, &ticket,
							SMMU_POST_NEW));
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	KUNIT_EXPECT_GE(test, (model_now() - start) / NSEC_PER_MSEC, 200 * 1500);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
}

/* The CPU is away for three seconds now and then, just before it reads the clock */
static ktime_t away_clock(struct smmu_cmdq *q)
{
	static u32 looks;

	if (++looks % 8 == 0)
		model_advance(3 * NSEC_PER_SEC);
	return ns_to_ktime(model_now());
}

/* Meanwhile the queue moves, but not to the end of what the CPU waits for */
static void away(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[40];
	u32 i;

	model_latency(s->smmu->model, CMD_SYNC, 2900 * NSEC_PER_MSEC);
	smmu_activate_raw_stub(test, smmu_cmdq_clock, away_clock);
	for (i = 0; i < ARRAY_SIZE(cmd); i++)
		smmu_cmd_sync(&cmd[i]);
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, ARRAY_SIZE(cmd), &deadline, &ticket,
						SMMU_POST_NEW));
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
}

/* A CMD_SYNC that never completes, without a device to wait for: the SMMU is shut in seconds */
static void lost_sync(struct kunit *test)
{
	const struct model_inject inject = { .lost_sync = true };
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = silence_use(test, s, d);

	model_inject(s->smmu->model, &inject);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, domain), SMMU_CMD_TIMEOUT_MS + 1000);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(&rig_iommu(s->smmu)->smmu));
	silence_leave(test, s, d, domain);
}

/* With interrupts off a CPU waits for ten seconds at most */
static void interrupts_off(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = silence_use(test, s, d);
	u64 start = model_now();
	unsigned long flags;

	silence_begin(s, d);
	local_irq_save(flags);
	iommu_unmap(domain, IOVA, SZ_4K);
	local_irq_restore(flags);
	KUNIT_EXPECT_LE(test, (model_now() - start) / NSEC_PER_MSEC,
			SMMU_IRQS_OFF_MS + SLACK_MS);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, domain);
}

static const u32 crowds[] = { 4, 64 };

static void crowd_desc(const u32 *n, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u threads", *n);
}

KUNIT_ARRAY_PARAM(crowd, crowds, crowd_desc);

/*
 * Many unmap pages of one domain, whose device is silent, and one more those of another domain. All
 * are done when the root port has given up once.
 */
static void crowd(struct kunit *test)
{
	u32 n = *(const u32 *)test->param_value, i, how;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct rig_device *e = rig_device(test, s->rig, 0);
		struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
		struct silence_unmapper *u, *v;

		for (i = 1; i < n; i++)
			KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + i * SZ_4K, PA, SZ_4K,
							   IOMMU_READ, GFP_KERNEL));
		silence_begin(s, d);
		u = silence_start(test, a, n);
		v = silence_start(test, b, 1);
		for (i = 0; i < n; i++) {
			wait_for_completion(&u[i].done);
			KUNIT_EXPECT_LE(test, u[i].ms, T_MS + SLACK_MS);
		}
		wait_for_completion(&v->done);
		KUNIT_EXPECT_LE(test, v->ms, T_MS + SLACK_MS);
		KUNIT_EXPECT_TRUE(test, d->cut);
		KUNIT_EXPECT_TRUE(test, e->ats && e->bus_master && !e->cut);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, e, IOVA, false));
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
		silence_leave(test, s, d, a);
		silence_leave(test, s, e, b);
		rig_remove(d);
		rig_remove(e);
		rig_remove_smmu(s->rig, 0);
	}
}

/* Looks at the clock inside and outside of rcu_read_lock(), after the wait has become long */
static u32 looks_inside, looks_outside;
static u64 looks_from;

static ktime_t watchful_clock(struct smmu_cmdq *q)
{
	if (model_now() - looks_from > 100 * NSEC_PER_MSEC) {
		looks_inside += rcu_read_lock_held();
		looks_outside += !rcu_read_lock_held();
	}
	return ns_to_ktime(model_now());
}

/* A walk that waits for long is no reader of RCU meanwhile, also with many SMMUs or a full queue */
static void leaves_rcu(struct kunit *test)
{
	struct silence *s = silence_make_how(test, RIG_LOCK);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_deadline deadline = {};
	struct smmu_cmdq_state state;
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];

	if (!IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC))
		kunit_skip(test, "this kernel does not know who is a reader");
	smmu_activate_raw_stub(test, smmu_cmdq_clock, watchful_clock);
	looks_inside = 0;
	looks_outside = 0;
	looks_from = model_now();
	silence_begin(s, d);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), T_MS + SLACK_MS);
	KUNIT_EXPECT_EQ(test, 0, looks_inside);
	KUNIT_EXPECT_GT(test, looks_outside, 1000);

	/* the queue is full, and the unmap has to wait for room */
	s->n = 0;
	silence_begin(s, e);
	smmu_cmd_atc_inv(&cmd[0], e->sid, 0, false, 0, ATC_SIZE_ALL);
	smmu_cmd_sync(&cmd[1]);
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 2, &deadline, &ticket, SMMU_POST_NEW));
	for (;;) {
		smmu_cmdq_look(smmu, &state);
		if (state.posted - smmu_main_cmdq(smmu)->cons >= state.entries - 1)
			break;
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, &cmd[1], 1, &deadline, &ticket,
							SMMU_POST_NEW));
	}
	looks_from = model_now();
	looks_outside = 0;
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, e, b), T_MS + SLACK_MS);
	KUNIT_EXPECT_EQ(test, 0, looks_inside);
	KUNIT_EXPECT_GT(test, looks_outside, 1000);
	KUNIT_EXPECT_TRUE(test, e->cut);

	smmu_cmdq_look(smmu, &state);
	KUNIT_EXPECT_GE(test, state.long_waits[SMMU_WAITER_SLEEPS] +
			      state.long_waits[SMMU_WAITER_POLLS], 2);
	KUNIT_EXPECT_EQ(test, 0, state.long_waits[SMMU_WAITER_IRQS_OFF]);
	KUNIT_EXPECT_GE(test, state.longest_us, (T_MS - 100) * (u64)USEC_PER_MSEC);
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

static const u32 numbers[] = { 1, 2, 4, 16, 64 };

static void number_desc(const u32 *n, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u devices", *n);
}

KUNIT_ARRAY_PARAM(number, numbers, number_desc);

/*
 * What a segment for each stream costs where all devices answer, in 5 us each: an unmap of the
 * driver, beside the same commands with one segment for all. silence.rst has the figures.
 */
static void price_of_segments(struct kunit *test)
{
	u32 n = *(const u32 *)test->param_value, i;
	struct smmu_deadline deadline = {};
	struct iommu_domain *domain = NULL;
	struct smmu_ticket ticket;
	struct smmu_device *smmu;
	struct model_config cfg;
	struct smmu_cmd *cmd;
	struct rig_device *d;
	u64 began, own, shared;
	struct silence *s;

	model_config_default(&cfg);
	cfg.read_ns = 100;
	s = silence_make_with(test, RIG_LOCK, cfg);
	smmu = &rig_iommu(s->smmu)->smmu;
	cmd = kunit_kcalloc(test, n + 3, sizeof(*cmd), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cmd);
	s->ns = 5 * NSEC_PER_USEC;
	for (i = 0; i < n; i++) {
		d = rig_device(test, s->rig, 0);
		if (!domain)
			domain = silence_use(test, s, d);
		else
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
		silence_begin(s, d);
		smmu_cmd_atc_inv(&cmd[i + 2], d->sid, 0, false, 0, ATC_SIZE_ALL);
	}
	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	smmu_cmd_sync(&cmd[n + 2]);
	began = model_now();
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	own = model_now() - began;
	began = model_now();
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, n + 3, &deadline, &ticket,
						SMMU_POST_NEW));
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	shared = model_now() - began;
	kunit_info(test, "own segments %llu ns, a shared one %llu ns", own, shared);
	KUNIT_EXPECT_LE(test, own, (n + 2) * s->ns * 2);
	s->n = 0;
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ(test, 0, rig_attach(&s->rig->device[i], &smmu_identity_domain));
	iommu_domain_free(domain);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one),
	KUNIT_CASE(among_others),
	KUNIT_CASE(several),
	KUNIT_CASE(functions),
	KUNIT_CASE_PARAM(posted_before, depth_gen_params),
	KUNIT_CASE(full_queue),
	KUNIT_CASE(slow_device),
	KUNIT_CASE(slow_queue),
	KUNIT_CASE(away),
	KUNIT_CASE(lost_sync),
	KUNIT_CASE(interrupts_off),
	KUNIT_CASE_PARAM(crowd, crowd_gen_params),
	KUNIT_CASE(leaves_rcu),
	KUNIT_CASE_PARAM(price_of_segments, number_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_silence", .test_cases = cases };
kunit_test_suite(suite);
