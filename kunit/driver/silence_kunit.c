// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that do not answer an ATC_INV, and queues that stand still: who waits, for how long, and
 * who pays. All times are of the virtual clock, which the driver's deadlines use here, too.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include "core/cmd.h"
#include "drv/ats_cut.h"
#include "drv/probe.h"
#include "hw/cmdq_poll.h"
#include "hw/device.h"
#include "driver/nest.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

/* How long the root port waits for an answer, and what the driver may add to that */
#define T_MS	60000
#define SLACK_MS 3000
/* A register read takes long, so that a minute passes in a second */
#define READ_NS	1000000

#define MOST_SILENT	72

/**
 * struct silence - the machine of a case
 * @rig: the rig
 * @smmu: the SMMU behind which there are silent devices
 * @sid: their StreamIDs
 * @n: number of these
 * @ns: how long they take to answer
 */
struct silence {
	struct rig *rig;
	struct machine_smmu *smmu;
	u32 sid[MOST_SILENT];
	u32 n;
	u64 ns;
};

/* Called with the model's lock held */
static u64 answer_ns(void *data, u32 sid)
{
	struct silence *s = data;
	u32 i;

	for (i = 0; i < s->n; i++)
		if (s->sid[i] == sid)
			return s->ns;
	return 0;
}

static ktime_t virtual_clock(struct smmu_cmdq *q)
{
	return ns_to_ktime(model_now());
}

static struct silence *make_with(struct kunit *test, enum rig_insertion how,
				 struct model_config cfg)
{
	struct silence *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->rig = rig_new(test);
	s->rig->insertion = how;
	s->ns = MODEL_SILENT;
	cfg.read_ns = READ_NS;
	s->smmu = rig_smmu(test, s->rig, 0, &cfg);
	model_devices(s->smmu->model, answer_ns, s, T_MS * (u64)NSEC_PER_MSEC);
	kunit_activate_static_stub(test, smmu_cmdq_clock, virtual_clock);
	s->rig->atc = true;
	return s;
}

static struct silence *make_how(struct kunit *test, enum rig_insertion how)
{
	struct model_config cfg;

	model_config_default(&cfg);
	return make_with(test, how, cfg);
}

static struct silence *make(struct kunit *test)
{
	return make_how(test, RIG_MIXED);
}

static struct iommu_domain *use(struct kunit *test, struct silence *s, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	return domain;
}

static void go_silent(struct silence *s, struct rig_device *d)
{
	s->sid[s->n++] = d->sid;
}

/* Unmap, and check that nothing is stale. Return: how long it took, in ms */
static u64 unmap(struct kunit *test, struct silence *s, struct rig_device *d,
		 struct iommu_domain *domain)
{
	u64 start = model_now();

	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	return (model_now() - start) / NSEC_PER_MSEC;
}

static void leave(struct kunit *test, struct silence *s, struct rig_device *d,
		  struct iommu_domain *domain)
{
	s->n = 0;
	rig_recover(s->rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* The root port gives up after T; then the device is cut off and never asked again */
static void one(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d), *b = use(test, s, e);
	u64 ms;

	go_silent(s, d);
	ms = unmap(test, s, d, a);
	KUNIT_EXPECT_GE(test, ms, T_MS);
	KUNIT_EXPECT_LE(test, ms, T_MS + SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	KUNIT_EXPECT_FALSE(test, d->ats);
	/* another device has had ATS and bus mastering all the time */
	KUNIT_EXPECT_TRUE(test, e->ats && e->bus_master && !e->cut);
	KUNIT_EXPECT_LE(test, unmap(test, s, e, b), SLACK_MS);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	/* before the recovery has run, and after it */
	KUNIT_EXPECT_LE(test, unmap(test, s, d, a), SLACK_MS);
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_LE(test, unmap(test, s, d, a), SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->bus_master);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
	leave(test, s, d, a);
	leave(test, s, e, b);
}

/* One domain with three devices: only the silent one is cut off, wherever it stands in the array */
static void among_others(struct kunit *test)
{
	u32 silent, i;

	for (silent = 0; silent < 3; silent++) {
		struct silence *s = make(test);
		struct rig_device *d[3];
		struct iommu_domain *domain;

		for (i = 0; i < 3; i++)
			d[i] = rig_device(test, s->rig, 0);
		domain = use(test, s, d[0]);
		for (i = 1; i < 3; i++) {
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], domain));
			KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d[i], IOVA, false));
		}
		go_silent(s, d[silent]);
		KUNIT_EXPECT_LE(test, unmap(test, s, d[silent], domain), T_MS + SLACK_MS);
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
	struct silence *s = make(test);
	struct rig_device *d[4];
	struct iommu_domain *domain;
	u64 ms;
	u32 i;

	for (i = 0; i < 4; i++)
		d[i] = rig_device(test, s->rig, 0);
	domain = use(test, s, d[0]);
	for (i = 1; i < 4; i++)
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], domain));
	for (i = 0; i < 3; i++)
		go_silent(s, d[i]);
	ms = unmap(test, s, d[0], domain);
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
	struct silence *s = make(test);
	struct iommu_domain *domain = NULL;
	struct rig_device *d;
	u64 ms;
	u32 i;

	s->rig->physical = 1;
	for (i = 0; i < 65; i++) {
		d = rig_device(test, s->rig, 0);
		if (!domain)
			domain = use(test, s, d);
		else
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	}
	for (i = 0; i < 65; i++)
		go_silent(s, &s->rig->device[i]);
	ms = unmap(test, s, d, domain);
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
		struct silence *s = make_how(test, how);
		struct smmu_ticket *ticket = kunit_kcalloc(test, depth, sizeof(*ticket),
							   GFP_KERNEL);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *domain = use(test, s, d);
		struct smmu_deadline deadline = {};
		struct smmu_device *smmu;
		struct smmu_cmd cmd[4];
		u64 start;

		KUNIT_ASSERT_NOT_NULL(test, ticket);
		smmu = &rig_iommu(s->smmu)->smmu;
		go_silent(s, d);
		smmu_cmd_tlbi_asid(&cmd[0], 1, false);
		smmu_cmd_sync(&cmd[1]);
		smmu_cmd_atc_inv(&cmd[2], d->sid, 0, false, 0, ATC_SIZE_ALL);
		smmu_cmd_sync(&cmd[3]);
		start = model_now();
		for (i = 0; i < depth; i++)
			KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, i % 3 == 2 ? 2 : 4,
								&deadline, &ticket[i], false));
		for (i = 0; i < depth; i++)
			KUNIT_EXPECT_EQ(test, i ? 0 : -EREMOTEIO,
					smmu_cmdq_wait(&ticket[i], &deadline));
		KUNIT_EXPECT_LE(test, (model_now() - start) / NSEC_PER_MSEC, T_MS + SLACK_MS);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
		unmap(test, s, d, domain);
		leave(test, s, d, domain);
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
		struct silence *s = make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *domain = use(test, s, d);
		struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
		struct smmu_deadline deadline = {};
		struct smmu_ticket ticket, more;
		struct smmu_cmd cmd[2];
		int ret;

		go_silent(s, d);
		smmu_cmd_atc_inv(&cmd[0], d->sid, 0, false, 0, ATC_SIZE_ALL);
		smmu_cmd_sync(&cmd[1]);
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 2, &deadline, &ticket, false));
		smmu_cmd_tlbi_asid(&cmd[0], 1, false);
		for (i = 0, ret = 0; i < 300 && !ret; i++) {
			struct smmu_deadline soon = {
				.until = ns_to_ktime(model_now() + 50 * NSEC_PER_MSEC),
			};

			ret = smmu_cmdq_post(smmu, cmd, 1, &soon, &more, false);
		}
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, ret);
		KUNIT_EXPECT_EQ(test, -EREMOTEIO, smmu_cmdq_wait(&ticket, &deadline));
		KUNIT_EXPECT_TRUE(test, d->cut);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
		leave(test, s, d, domain);
		rig_remove(d);
		rig_remove_smmu(s->rig, 0);
	}
}

/* A device that answers late, but answers: nobody is cut off */
static void slow_device(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = use(test, s, d);
	u64 ms;

	s->ns = 50000 * (u64)NSEC_PER_MSEC;
	go_silent(s, d);
	ms = unmap(test, s, d, domain);
	KUNIT_EXPECT_GE(test, ms, 50000);
	KUNIT_EXPECT_LE(test, ms, 50000 + SLACK_MS);
	/* nor when the answer is charged to its budget, which is when somebody waits next */
	s->ns = 100 * (u64)NSEC_PER_MSEC;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	unmap(test, s, d, domain);
	KUNIT_EXPECT_FALSE(test, d->cut);
	leave(test, s, d, domain);
}

/* One command in 1.5 s, with 200 in the queue: the queue moves, so it works */
static void slow_queue(struct kunit *test)
{
	struct silence *s = make(test);
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
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 51, &deadline, &ticket, false));
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
	struct silence *s = make(test);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[40];
	u32 i;

	model_latency(s->smmu->model, CMD_SYNC, 2900 * NSEC_PER_MSEC);
	kunit_activate_static_stub(test, smmu_cmdq_clock, away_clock);
	for (i = 0; i < ARRAY_SIZE(cmd); i++)
		smmu_cmd_sync(&cmd[i]);
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, ARRAY_SIZE(cmd), &deadline, &ticket,
						false));
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
}

/* A CMD_SYNC that never completes, without a device to wait for: the SMMU is shut in seconds */
static void lost_sync(struct kunit *test)
{
	const struct model_inject inject = { .lost_sync = true };
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = use(test, s, d);

	model_inject(s->smmu->model, &inject);
	KUNIT_EXPECT_LE(test, unmap(test, s, d, domain), SMMU_CMD_TIMEOUT_MS + 1000);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(&rig_iommu(s->smmu)->smmu));
	leave(test, s, d, domain);
}

/* With interrupts off a CPU waits for ten seconds at most */
static void interrupts_off(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = use(test, s, d);
	u64 start = model_now();
	unsigned long flags;

	go_silent(s, d);
	local_irq_save(flags);
	iommu_unmap(domain, IOVA, SZ_4K);
	local_irq_restore(flags);
	KUNIT_EXPECT_LE(test, (model_now() - start) / NSEC_PER_MSEC,
			SMMU_IRQS_OFF_MS + SLACK_MS);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	leave(test, s, d, domain);
}

/* A CPU that unmaps a page of its own */
struct unmapper {
	struct kunit *test;
	struct iommu_domain *domain;
	u64 iova;
	u64 ms;
	struct completion done;
};

static int unmapper(void *data)
{
	struct unmapper *u = data;
	u64 start = model_now();

	current->kunit_test = u->test;
	if (iommu_unmap(u->domain, u->iova, SZ_4K) != SZ_4K)
		KUNIT_FAIL(u->test, "unmap at 0x%llx", u->iova);
	u->ms = (model_now() - start) / NSEC_PER_MSEC;
	current->kunit_test = NULL;
	complete(&u->done);
	return 0;
}

static struct unmapper *start(struct kunit *test, struct iommu_domain *domain, u32 n)
{
	struct unmapper *u = kunit_kcalloc(test, n, sizeof(*u), GFP_KERNEL);
	struct task_struct *task;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, u);
	for (i = 0; i < n; i++) {
		u[i] = (struct unmapper) {
			.test = test, .domain = domain, .iova = IOVA + i * SZ_4K,
		};
		init_completion(&u[i].done);
		task = kthread_run(unmapper, &u[i], "unmapper/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
	return u;
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
		struct silence *s = make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct rig_device *e = rig_device(test, s->rig, 0);
		struct iommu_domain *a = use(test, s, d), *b = use(test, s, e);
		struct unmapper *u, *v;

		for (i = 1; i < n; i++)
			KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + i * SZ_4K, PA, SZ_4K,
							   IOMMU_READ, GFP_KERNEL));
		go_silent(s, d);
		u = start(test, a, n);
		v = start(test, b, 1);
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
		leave(test, s, d, a);
		leave(test, s, e, b);
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
	struct silence *s = make_how(test, RIG_LOCK);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d), *b = use(test, s, e);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_deadline deadline = {};
	struct smmu_cmdq_state state;
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];

	if (!IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC))
		kunit_skip(test, "this kernel does not know who is a reader");
	kunit_activate_static_stub(test, smmu_cmdq_clock, watchful_clock);
	looks_inside = 0;
	looks_outside = 0;
	looks_from = model_now();
	go_silent(s, d);
	KUNIT_EXPECT_LE(test, unmap(test, s, d, a), T_MS + SLACK_MS);
	KUNIT_EXPECT_EQ(test, 0, looks_inside);
	KUNIT_EXPECT_GT(test, looks_outside, 1000);

	/* the queue is full, and the unmap has to wait for room */
	s->n = 0;
	go_silent(s, e);
	smmu_cmd_atc_inv(&cmd[0], e->sid, 0, false, 0, ATC_SIZE_ALL);
	smmu_cmd_sync(&cmd[1]);
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 2, &deadline, &ticket, false));
	for (;;) {
		smmu_cmdq_look(smmu, &state);
		if (state.posted - smmu_main_cmdq(smmu)->cons >= state.entries - 1)
			break;
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, &cmd[1], 1, &deadline, &ticket, false));
	}
	looks_from = model_now();
	looks_outside = 0;
	KUNIT_EXPECT_LE(test, unmap(test, s, e, b), T_MS + SLACK_MS);
	KUNIT_EXPECT_EQ(test, 0, looks_inside);
	KUNIT_EXPECT_GT(test, looks_outside, 1000);
	KUNIT_EXPECT_TRUE(test, e->cut);

	smmu_cmdq_look(smmu, &state);
	KUNIT_EXPECT_GE(test, state.long_waits[SMMU_WAITER_SLEEPS] +
			      state.long_waits[SMMU_WAITER_POLLS], 2);
	KUNIT_EXPECT_EQ(test, 0, state.long_waits[SMMU_WAITER_IRQS_OFF]);
	KUNIT_EXPECT_GE(test, state.longest_us, (T_MS - 100) * (u64)USEC_PER_MSEC);
	leave(test, s, d, a);
	leave(test, s, e, b);
}

/* A device that answers always, and always late, is treated as silent within a minute */
static void budget(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d), *b = use(test, s, e);
	u64 start = model_now(), ms;
	u32 i;

	s->ns = 1900 * (u64)NSEC_PER_MSEC;
	go_silent(s, d);
	for (i = 0; i < 100 && !d->cut; i++) {
		KUNIT_EXPECT_GE(test, unmap(test, s, d, a), 1900);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	}
	ms = (model_now() - start) / NSEC_PER_MSEC;
	KUNIT_EXPECT_TRUE(test, d->cut);
	KUNIT_EXPECT_LE(test, ms, 60000);
	KUNIT_EXPECT_GE(test, ms, SMMU_SLOW_MS);
	KUNIT_EXPECT_LE(test, unmap(test, s, d, a), SLACK_MS / 10);
	KUNIT_EXPECT_LE(test, unmap(test, s, e, b), SLACK_MS / 10);
	KUNIT_EXPECT_TRUE(test, e->ats && e->bus_master && !e->cut);
	leave(test, s, d, a);
	leave(test, s, e, b);
}

/* The same device, asked once in 20 seconds, keeps within its budget */
static void within_budget(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d);
	u32 i;

	s->ns = 1900 * (u64)NSEC_PER_MSEC;
	go_silent(s, d);
	for (i = 0; i < 100; i++) {
		unmap(test, s, d, a);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
		model_advance(20 * (u64)NSEC_PER_SEC);
	}
	KUNIT_EXPECT_FALSE(test, d->cut);
	leave(test, s, d, a);
}

/* What ends it when a device was cut off: the first time, the second, and an administrator */
static void what_ends_it(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d), *dma = rig_domain(test, d);
	u32 i;

	/* as the IOMMU core marks a domain of the DMA API */
	dma->type = IOMMU_DOMAIN_DMA;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(dma, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	for (i = 0; i < 2; i++) {
		go_silent(s, d);
		unmap(test, s, d, i ? dma : a);
		s->n = 0;
		rig_recover(s->rig);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(i ? dma : a, IOVA, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, dma));
		KUNIT_EXPECT_EQ(test, i ? RIG_NOWHERE : PA, rig_access(s->rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, !i, d->ats);
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	rig_forgive(d);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(s->rig, d, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	leave(test, s, d, a);
	iommu_domain_free(dma);
}

static void invalidate_atc(struct kunit *test, struct guest *g, int err)
{
	struct smmu_cmd cmd;
	u32 done = 1;

	smmu_cmd_atc_inv(&cmd, NEST_VSID, 0, false, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, err, guest_commands(test, g, &cmd, &done));
}

/* A guest invalidates, resets its device and attaches it again: only the first round costs time */
static void guest_rounds(struct kunit *test)
{
	struct iommu_domain *s1;
	struct model_config cfg;
	struct silence *s;
	struct nest n;
	u64 began;
	u32 i;

	nest_config(&cfg, false);
	s = make_with(test, RIG_MIXED, cfg);
	nest_make_on(test, &n, s->rig, s->smmu);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_ASSERT_TRUE(test, n.d->ats);
	go_silent(s, n.d);
	for (i = 0; i < 5; i++) {
		began = model_now();
		invalidate_atc(test, n.g, i ? 0 : -ETIMEDOUT);
		KUNIT_EXPECT_LE(test, (model_now() - began) / NSEC_PER_MSEC, i ? 100 : T_MS + SLACK_MS);
		rig_recover(s->rig);
		began = model_now();
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
		KUNIT_EXPECT_FALSE(test, n.d->ats);
		KUNIT_EXPECT_LE(test, (model_now() - began) / NSEC_PER_MSEC, 500);
	}
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
	s->n = 0;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* A thread of a VMM that invalidates the ATC */
struct vcpu {
	struct kunit *test;
	struct mm_struct *mm;
	struct guest *g;
	u64 ms;
	struct completion done;
};

static int vcpu(void *data)
{
	struct vcpu *v = data;
	u64 start = model_now();

	current->kunit_test = v->test;
	kthread_use_mm(v->mm);
	invalidate_atc(v->test, v->g, -ETIMEDOUT);
	kthread_unuse_mm(v->mm);
	v->ms = (model_now() - start) / NSEC_PER_MSEC;
	current->kunit_test = NULL;
	complete(&v->done);
	return 0;
}

/* Four threads of a VMM do that at once: only one of them has commands in the queue */
static void guest_threads(struct kunit *test)
{
	struct vcpu *v = kunit_kcalloc(test, 4, sizeof(*v), GFP_KERNEL);
	struct smmu_cmdq_state state;
	struct smmu_device *smmu;
	struct task_struct *task;
	struct iommu_domain *s1;
	struct model_config cfg;
	struct silence *s;
	u32 i, most = 0;
	struct nest n;

	KUNIT_ASSERT_NOT_NULL(test, v);
	nest_config(&cfg, false);
	s = make_with(test, RIG_MIXED, cfg);
	smmu = &rig_iommu(s->smmu)->smmu;
	nest_make_on(test, &n, s->rig, s->smmu);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	go_silent(s, n.d);
	for (i = 0; i < 4; i++) {
		v[i] = (struct vcpu) { .test = test, .mm = current->mm, .g = n.g };
		init_completion(&v[i].done);
		task = kthread_run(vcpu, &v[i], "vcpu/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
	while (!completion_done(&v[0].done)) {
		smmu_cmdq_look(smmu, &state);
		most = max(most, state.posted - smmu_main_cmdq(smmu)->cons);
		schedule();
	}
	KUNIT_EXPECT_GE(test, most, 1);
	KUNIT_EXPECT_LE(test, most, 2);
	for (i = 0; i < 4; i++) {
		wait_for_completion(&v[i].done);
		KUNIT_EXPECT_LE(test, v[i].ms, T_MS + SLACK_MS);
	}
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	s->n = 0;
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* Real time passes for the waiter, as for the thread that it waits for */
static void real_sleep(struct smmu_cmdq *q, u32 us)
{
	usleep_range(us, 2 * us);
}

/* Shutdown sends nothing and waits for nothing, and ends the waiting of others */
static void shutdown(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d), *b = use(test, s, e);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_cmdq_state before, after;
	struct unmapper *u;
	u64 began;

	kunit_activate_static_stub(test, smmu_cmdq_sleep, real_sleep);
	go_silent(s, d);
	u = start(test, a, 1);
	/* the thread has posted and waits */
	while (smmu_cmdq_is_idle(smmu))
		schedule();
	smmu_cmdq_look(smmu, &before);
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
	leave(test, s, d, a);
	leave(test, s, e, b);
}

/* Nor does it send anything to an SMMU that would answer */
static void shutdown_idle(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_cmdq_state before, after;

	smmu_cmdq_look(smmu, &before);
	smmu_shutdown(to_platform_device(s->smmu->dev));
	smmu_cmdq_look(smmu, &after);
	KUNIT_EXPECT_EQ(test, before.sum.cmds, after.sum.cmds);
	KUNIT_EXPECT_FALSE(test, d->ats);
	leave(test, s, d, a);
}

static const u32 standstills[] = { 5, 30, 100 };

static void standstill_desc(const u32 *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u s", *s);
}

KUNIT_ARRAY_PARAM(standstill, standstills, standstill_desc);

/*
 * The queue stands still for some time, at no ATC_INV, and then goes on. The SMMU is shut, and comes
 * back with all domains, without a stale translation in a TLB or an ATC, and with ATS.
 */
static void stands_and_goes_on(struct kunit *test)
{
	u64 ns = *(const u32 *)test->param_value * (u64)NSEC_PER_SEC;
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0), *f;
	struct iommu_domain *a = use(test, s, d), *b = use(test, s, e), *c;
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	u64 began = model_now(), tried;

	model_latency(s->smmu->model, CMD_TLBI_NH_VA, ns);
	KUNIT_EXPECT_LE(test, unmap(test, s, d, a), SMMU_CMD_TIMEOUT_MS + 1000);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	KUNIT_EXPECT_EQ(test, 1000, s->rig->retry_ms);
	tried = model_now();
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	/* nobody has waited for a queue that stands */
	KUNIT_EXPECT_LE(test, (model_now() - tried) / NSEC_PER_MSEC, 100);
	KUNIT_EXPECT_EQ(test, 2000, s->rig->retry_ms);
	/* meanwhile: an unmap costs nothing, a device comes, another one changes its domain */
	KUNIT_EXPECT_LE(test, unmap(test, s, e, b), 100);
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
	unmap(test, s, d, a);
	unmap(test, s, f, c);
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	leave(test, s, d, a);
	leave(test, s, e, b);
	leave(test, s, f, c);
}

/* An SMMU that never goes on is tried again each minute, and one in service failure mode is not */
static void never_goes_on(struct kunit *test)
{
	const struct model_inject inject = { .lost_sync = true };
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	u32 i;

	model_inject(s->smmu->model, &inject);
	unmap(test, s, d, a);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	for (i = 0; i < 10; i++) {
		model_advance(s->rig->retry_ms * (u64)NSEC_PER_MSEC);
		KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
		KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
		KUNIT_EXPECT_EQ(test, min(2000 << i, 60000), s->rig->retry_ms);
	}
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&rig_iommu(s->smmu)->shuts));
	leave(test, s, d, a);
}

/* A device that was silent when its SMMU comes back is cut off, and the others have ATS */
static void silent_at_restart(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d), *b = use(test, s, e);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;

	smmu_shut(smmu, "test");
	go_silent(s, d);
	KUNIT_ASSERT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_EXPECT_TRUE(test, e->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA, false));
	leave(test, s, d, a);
	leave(test, s, e, b);
}

/* An SMMU that is stopped for good does not come back, whatever was queued */
static void no_restart_after_stop(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;

	smmu_shut(smmu, "test");
	smmu_shutdown(to_platform_device(s->smmu->dev));
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, 0, s->rig->retry_ms);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	leave(test, s, d, a);
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
	KUNIT_CASE(budget),
	KUNIT_CASE(within_budget),
	KUNIT_CASE(what_ends_it),
	KUNIT_CASE(guest_rounds),
	KUNIT_CASE(guest_threads),
	KUNIT_CASE(shutdown),
	KUNIT_CASE(shutdown_idle),
	KUNIT_CASE_PARAM(stands_and_goes_on, standstill_gen_params),
	KUNIT_CASE(never_goes_on),
	KUNIT_CASE(silent_at_restart),
	KUNIT_CASE(no_restart_after_stop),
	{}
};

static struct kunit_suite suite = { .name = "smmu_silence", .test_cases = cases };
kunit_test_suite(suite);
