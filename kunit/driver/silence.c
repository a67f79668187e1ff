// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kthread.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "hw/cmdq_poll.h"
#include "driver/silence.h"

/* A register read takes long, so that a minute passes in a second */
#define READ_NS	1000000

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

static struct machine_smmu *add_smmu(struct kunit *test, struct silence *s, u32 i,
				     struct model_config cfg)
{
	struct machine_smmu *smmu;

	cfg.read_ns = cfg.read_ns ?: READ_NS;
	smmu = rig_smmu(test, s->rig, i, &cfg);
	model_devices(smmu->model, answer_ns, s, T_MS * (u64)NSEC_PER_MSEC);
	return smmu;
}

struct silence *silence_make_with(struct kunit *test, enum rig_insertion how,
				  struct model_config cfg)
{
	struct silence *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->rig = rig_new(test);
	s->rig->insertion = how;
	s->ns = MODEL_SILENT;
	s->smmu = add_smmu(test, s, 0, cfg);
	rig_virtual_clock(test);
	s->rig->atc = true;
	return s;
}

struct silence *silence_make_how(struct kunit *test, enum rig_insertion how)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.read_ns = 0;
	return silence_make_with(test, how, cfg);
}

struct machine_smmu *silence_smmu(struct kunit *test, struct silence *s, u32 i)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.read_ns = 0;
	return add_smmu(test, s, i, cfg);
}

struct silence *silence_make(struct kunit *test)
{
	return silence_make_how(test, RIG_MIXED);
}

struct iommu_domain *silence_use(struct kunit *test, struct silence *s, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	return domain;
}

void silence_begin(struct silence *s, struct rig_device *d)
{
	s->sid[s->n++] = d->sid;
}

u64 silence_unmap(struct kunit *test, struct silence *s, struct rig_device *d,
		  struct iommu_domain *domain)
{
	u64 start = model_now();

	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	return (model_now() - start) / NSEC_PER_MSEC;
}

void silence_leave(struct kunit *test, struct silence *s, struct rig_device *d,
		   struct iommu_domain *domain)
{
	s->n = 0;
	rig_recover(s->rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static int unmapper(void *data)
{
	struct silence_unmapper *u = data;
	u64 start = model_now();

	current->kunit_test = u->test;
	if (iommu_unmap(u->domain, u->iova, SZ_4K) != SZ_4K)
		KUNIT_FAIL(u->test, "unmap at 0x%llx", u->iova);
	u->ms = (model_now() - start) / NSEC_PER_MSEC;
	current->kunit_test = NULL;
	complete(&u->done);
	return 0;
}

struct silence_unmapper *silence_start(struct kunit *test, struct iommu_domain *domain, u32 n)
{
	struct silence_unmapper *u = kunit_kcalloc(test, n, sizeof(*u), GFP_KERNEL);
	struct task_struct *task;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, u);
	for (i = 0; i < n; i++) {
		u[i] = (struct silence_unmapper) {
			.test = test, .domain = domain, .iova = IOVA + i * SZ_4K,
		};
		init_completion(&u[i].done);
		task = kthread_run(unmapper, &u[i], "unmapper/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
	return u;
}

static struct silence_stuck *the_stuck;

/* Time stands still for everybody while the thread is held */
static void hold_sleep(struct smmu_cmdq *q, u32 us)
{
	if (the_stuck && current == the_stuck->task) {
		complete(&the_stuck->waits);
		wait_for_completion(&the_stuck->go_on);
		/* the rest of its waits takes its time */
		complete(&the_stuck->go_on);
	}
	model_advance(us * (u64)NSEC_PER_USEC);
	schedule();
}

static int stuck_change(const struct silence_stuck *stuck)
{
	if (stuck->restart)
		return rig_restart(stuck->restart, stuck->d->smmu) ? 0 : -EIO;
	if (!stuck->ssid)
		return rig_attach(stuck->d, stuck->to);
	return stuck->to->ops->set_dev_pasid(stuck->to, stuck->d->dev, stuck->ssid, NULL);
}

static int stuck_thread(void *data)
{
	struct silence_stuck *stuck = data;

	current->kunit_test = stuck->test;
	if (stuck_change(stuck))
		KUNIT_FAIL(stuck->test, "what the held thread does");
	current->kunit_test = NULL;
	complete(&stuck->done);
	return 0;
}

static struct silence_stuck *stick(struct kunit *test, struct silence *s,
				   const struct silence_stuck *what)
{
	struct silence_stuck *stuck = kunit_kzalloc(test, sizeof(*stuck), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stuck);
	*stuck = *what;
	stuck->test = test;
	init_completion(&stuck->waits);
	init_completion(&stuck->go_on);
	init_completion(&stuck->done);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, hold_sleep);
	silence_begin(s, stuck->d);
	stuck->task = kthread_create(stuck_thread, stuck, "stuck");
	KUNIT_ASSERT_FALSE(test, IS_ERR(stuck->task));
	the_stuck = stuck;
	wake_up_process(stuck->task);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&stuck->waits, 30 * HZ));
	return stuck;
}

struct silence_stuck *silence_stick(struct kunit *test, struct silence *s, struct rig_device *d,
				    struct iommu_domain *to)
{
	const struct silence_stuck what = { .d = d, .to = to };

	return stick(test, s, &what);
}

struct silence_stuck *silence_stick_pasid(struct kunit *test, struct silence *s,
					  struct rig_device *d, u32 ssid, struct iommu_domain *to)
{
	const struct silence_stuck what = { .d = d, .to = to, .ssid = ssid };

	return stick(test, s, &what);
}

struct silence_stuck *silence_stick_restart(struct kunit *test, struct silence *s,
					    struct rig_device *d)
{
	const struct silence_stuck what = { .d = d, .restart = s->rig };

	return stick(test, s, &what);
}

void silence_unstick(struct silence_stuck *stuck)
{
	complete(&stuck->go_on);
	KUNIT_EXPECT_NE(stuck->test, 0, wait_for_completion_timeout(&stuck->done, 60 * HZ));
	the_stuck = NULL;
}

void silence_took(struct kunit *test, u64 began, const char *what, u64 most_us)
{
	u64 us = (model_now() - began) / NSEC_PER_USEC;

	KUNIT_EXPECT_LE_MSG(test, us, most_us, "%s took %llu us", what, us);
}
