// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others see and do while a change waits for hardware: each case holds a thread at such a
 * place, where the state is half way between two that are known.
 */
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <smmuv3/cmd.h>
#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/debugfs.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "hw/cmdq_poll.h"
#include "hw/shut.h"
#include "driver/silence.h"

#define TEXT	4096
#define BITS	4

static struct silence *make(struct kunit *test)
{
	struct model_config cfg;
	struct silence *s;

	model_config_default(&cfg);
	cfg.read_ns = 0;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	s = silence_make_with(test, RIG_MIXED, cfg);
	s->rig->ssid_bits = BITS;
	return s;
}

static struct iommu_domain *mapped(struct kunit *test, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	return domain;
}

/* Detach PASID 1 */
static int detach_pasid(struct rig_device *d, struct iommu_domain *from)
{
	return smmu_blocked_domain.ops->set_dev_pasid(&smmu_blocked_domain, d->dev, 1, from);
}

/* debugfs shows a device that has left its domain, while the flush of the tag is held up */
static void shown_while_leaving(struct kunit *test)
{
	char *text = kunit_kzalloc(test, TEXT, GFP_KERNEL);
	struct seq_file file = { .buf = text, .size = TEXT };
	struct silence *s = make(test);
	struct silence_stuck *stuck;
	struct iommu_domain *domain;
	struct rig_device *d;

	KUNIT_ASSERT_NOT_NULL(test, text);
	s->rig->atc = false;
	d = rig_device(test, s->rig, 0);
	domain = mapped(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	model_latency(s->smmu->model, CMD_TLBI_NH_ASID, 500 * NSEC_PER_MSEC);
	stuck = silence_stick(test, s, d, &smmu_identity_domain);
	KUNIT_EXPECT_EQ(test, 0, smmu_debugfs_masters(&file, rig_iommu(s->smmu)));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "leaving a domain"));
	silence_unstick(stuck);
	file.count = 0;
	KUNIT_EXPECT_EQ(test, 0, smmu_debugfs_masters(&file, rig_iommu(s->smmu)));
	KUNIT_EXPECT_NULL(test, strstr(text, "leaving a domain"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "identity"));
	model_latency(s->smmu->model, CMD_TLBI_NH_ASID, 0);
	iommu_domain_free(domain);
}

/*
 * An SMMU is back, and the thread that turns ATS on again waits for the first device. The PASIDs of
 * another device change meanwhile: its ATS comes back all the same. A device that is attached anew
 * has its ATS at once, and one that is removed is left alone.
 */
static void changed_while_suspended(struct kunit *test)
{
	enum { SILENT, PASID, NO_PASID, RID, GONE, DEVICES };
	struct iommu_domain *domain[DEVICES], *other;
	struct silence *s = make(test);
	struct rig_device *d[DEVICES];
	struct silence_stuck *stuck;
	u32 i;

	for (i = 0; i < DEVICES; i++) {
		d[i] = rig_device(test, s->rig, 0);
		domain[i] = silence_use(test, s, d[i]);
	}
	other = mapped(test, d[PASID]);
	KUNIT_ASSERT_EQ(test, 0, other->ops->set_dev_pasid(other, d[NO_PASID]->dev, 1, NULL));
	smmu_shut(&rig_iommu(s->smmu)->smmu, "a test");
	stuck = silence_stick_restart(test, s, d[SILENT]);
	for (i = 0; i < DEVICES; i++)
		KUNIT_EXPECT_FALSE(test, d[i]->ats);

	KUNIT_EXPECT_EQ(test, 0, other->ops->set_dev_pasid(other, d[PASID]->dev, 1, NULL));
	KUNIT_EXPECT_EQ(test, 0, detach_pasid(d[NO_PASID], other));
	KUNIT_EXPECT_FALSE(test, d[PASID]->ats || d[NO_PASID]->ats);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d[RID], other));
	KUNIT_EXPECT_TRUE(test, d[RID]->ats);
	rig_remove(d[GONE]);
	silence_unstick(stuck);

	KUNIT_EXPECT_TRUE(test, d[SILENT]->cut);
	KUNIT_EXPECT_TRUE(test, d[PASID]->ats && d[NO_PASID]->ats && d[RID]->ats);
	KUNIT_EXPECT_FALSE(test, d[GONE]->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(s->rig, d[PASID], 1, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(other, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(s->rig, d[PASID], 1, IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d[RID], IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d[NO_PASID], IOVA, false));

	s->n = 0;
	rig_recover(s->rig);
	KUNIT_EXPECT_EQ(test, 0, detach_pasid(d[PASID], other));
	for (i = 0; i < DEVICES; i++) {
		if (d[i]->dev)
			KUNIT_EXPECT_EQ(test, 0, rig_attach(d[i], &smmu_identity_domain));
		iommu_domain_free(domain[i]);
	}
	iommu_domain_free(other);
}

static struct {
	struct kunit *test;
	struct rig_device *d;
	struct completion done;
} remover;

static int remove_thread(void *unused)
{
	current->kunit_test = remover.test;
	rig_remove(remover.d);
	current->kunit_test = NULL;
	complete(&remover.done);
	return 0;
}

/*
 * The device that the thread waits for, which turns ATS on again, is removed meanwhile. The removal
 * waits for that thread, the thread goes on with the next device, and nothing is left of the first.
 */
static void removed_while_suspended(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *gone = rig_device(test, s->rig, 0), *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, gone), *b = silence_use(test, s, d);
	struct silence_stuck *stuck;

	smmu_shut(&rig_iommu(s->smmu)->smmu, "a test");
	stuck = silence_stick_restart(test, s, gone);
	remover.test = test;
	remover.d = gone;
	init_completion(&remover.done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(remove_thread, NULL, "remover")));
	/* real time, in which it comes to the lock */
	KUNIT_EXPECT_EQ(test, 0, wait_for_completion_timeout(&remover.done, HZ / 20));
	silence_unstick(stuck);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&remover.done, 60 * HZ));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
	KUNIT_EXPECT_FALSE(test, gone->ats);
	KUNIT_EXPECT_TRUE(test, d->ats && !d->cut);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	iommu_domain_free(a);
	silence_leave(test, s, d, b);
}

/* Recovery of devices that were cut off does not wait for one that has nothing to recover */
static void recovers_past_others(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *busy = rig_device(test, s->rig, 0), *cut = rig_device(test, s->rig, 0);
	struct iommu_domain *from = silence_use(test, s, busy), *to = mapped(test, busy);
	struct iommu_domain *domain = silence_use(test, s, cut);
	struct silence_stuck *stuck;

	silence_begin(s, cut);
	silence_unmap(test, s, cut, domain);
	KUNIT_ASSERT_TRUE(test, cut->cut);
	s->n = 0;
	stuck = silence_stick(test, s, busy, to);
	/* a recovery that took the lock of the busy device would not come back */
	rig_recover(s->rig);
	KUNIT_EXPECT_FALSE(test, completion_done(&stuck->done));
	silence_unstick(stuck);
	silence_leave(test, s, cut, domain);
	silence_leave(test, s, busy, from);
	iommu_domain_free(to);
}

/*
 * ATS goes on. As soon as the array has live ATS entries, walks name the device, and none of these
 * ATC_INVs may be left out where posts are edited: it may be the one behind the TLBI of a
 * translation that the device gets as soon as ATS is on.
 */
static void named_while_ats_goes_on(struct kunit *test)
{
	struct silence *s = make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *domain = silence_use(test, s, d);
	struct smmu_master *master = dev_iommu_priv_get(d->dev);
	struct smmu_device *smmu = &master->iommu->smmu;

	smmu_master_lock(master);
	smmu_ats_suspend_locked(master);
	KUNIT_EXPECT_TRUE(test, smmu_ats_is_cut(smmu, master->sids[0]));
	KUNIT_EXPECT_TRUE(test, smmu_ats_entries_live_locked(master, &master->rid));
	KUNIT_EXPECT_FALSE(test, smmu_ats_is_cut(smmu, master->sids[0]));
	KUNIT_EXPECT_TRUE(test, smmu_ats_resume_locked(master, false));
	smmu_master_unlock(master);
	KUNIT_EXPECT_TRUE(test, d->ats);
	silence_leave(test, s, d, domain);
}

static const enum rig_insertion insertions[] = { RIG_LOCK, RIG_COMBINE };

static void insertion_desc(const enum rig_insertion *how, char *desc)
{
	strscpy(desc, *how == RIG_LOCK ? "lock" : "combine", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(insertion, insertions, insertion_desc);

/* What happens to the device when the walk, which is in this thread, sleeps for the first time */
static struct {
	struct kunit *test;
	struct rig_device *d;
	bool suspend;
	u32 sleeps;
} loser;

static void loses_ats(struct smmu_cmdq *q, u32 us)
{
	struct smmu_master *master;

	model_advance(us * (u64)NSEC_PER_USEC);
	/* the machine is taken down with sleeps, too, when the device is gone */
	if (loser.sleeps++)
		return;
	if (!loser.suspend) {
		KUNIT_EXPECT_EQ(loser.test, 0, rig_attach(loser.d, &smmu_blocked_domain));
		return;
	}
	master = dev_iommu_priv_get(loser.d->dev);
	smmu_master_lock(master);
	smmu_ats_suspend_locked(master);
	smmu_master_unlock(master);
}

/* Fill the queue, which takes so long for each command */
static void fill(struct kunit *test, struct silence *s, u64 ns)
{
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd;
	u32 i;

	smmu_cmd_tlbi_nsnh_all(&cmd);
	model_latency(s->smmu->model, CMD_TLBI_NSNH_ALL, ns);
	for (i = smmu_main_cmdq(smmu)->room; i; i--)
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, &cmd, 1, &deadline, &ticket,
							SMMU_POST_NEW));
}

/* A device with ATS, whose ATC has a translation that is unmapped while the queue is slow */
static void lose(struct kunit *test, struct silence *s, bool suspend)
{
	struct iommu_domain *domain;

	loser.test = test;
	loser.sleeps = 0;
	loser.suspend = suspend;
	loser.d = rig_device(test, s->rig, 0);
	domain = silence_use(test, s, loser.d);
	KUNIT_EXPECT_TRUE(test, loser.d->ats);
	if (suspend)
		model_latency(s->smmu->model, CMD_TLBI_NH_VA, 300 * NSEC_PER_MSEC);
	else
		fill(test, s, 300 * NSEC_PER_MSEC);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, loses_ats);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_GT(test, loser.sleeps, 0);
	KUNIT_EXPECT_FALSE(test, loser.d->ats);
	rig_check(test, s->rig);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, loser.d, IOVA, false));
	silence_leave(test, s, loser.d, domain);
}

/*
 * A walk waits for long for room for an ATC_INV. Meanwhile the device loses its ATS, and its STE
 * says so: the ATC_INV is not sent, because nobody answers it.
 */
static void loses_ats_before_the_post(struct kunit *test)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.read_ns = 0;
	lose(test, silence_make_with(test, *(const enum rig_insertion *)test->param_value, cfg),
	     false);
}

/*
 * A walk has posted an ATC_INV, and waits for long. Whoever turns ATS off meanwhile, by another
 * queue, has it done first.
 */
static void loses_ats_before_the_answer(struct kunit *test)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.read_ns = 0;
	model_config_ecmdqs(&cfg, 0, 2, 1);
	lose(test, silence_make_with(test, RIG_LOCK, cfg), true);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(loses_ats_before_the_post, insertion_gen_params),
	KUNIT_CASE(loses_ats_before_the_answer),
	KUNIT_CASE(named_while_ats_goes_on),
	KUNIT_CASE(shown_while_leaving),
	KUNIT_CASE(changed_while_suspended),
	KUNIT_CASE(removed_while_suspended),
	KUNIT_CASE(recovers_past_others),
	{}
};

static struct kunit_suite suite = { .name = "smmu_meanwhile", .test_cases = cases };
kunit_test_suite(suite);
