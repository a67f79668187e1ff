// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enhanced command queues: which queue takes which commands, what a silent device costs others, and
 * SMMUs whose registers do not say what they should.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/plan.h"
#include "drv/params.h"
#include "hw/cmdq.h"
#include "hw/cmdq_set.h"
#include "hw/gerror.h"
#include "hw/shut.h"
#include "driver/ecmdq.h"
#include "driver/sleep.h"

/* More than a batch of TLBIs, and fewer than those for which the whole tag is invalidated */
#define LONG_PAGES	(SMMU_BATCH_MAX + 20)

static const struct layout {
	const char *name;
	u32 pages;
	u32 each;
} layouts[] = {
	{ "one", 0, 0 }, { "two", 0, 1 }, { "two pages of one", 1, 0 }, { "128", 0, 7 },
	{ "256", 0, 8 }, { "two pages of 256", 1, 8 },
};

KUNIT_ARRAY_PARAM_DESC(layout, layouts, name);

/* Whatever the layout of the pages is, each queue that is used takes commands and is disabled */
static void bring_up(struct kunit *test)
{
	const struct layout *l = test->param_value;
	struct model_config cfg;
	struct rig_device *d;
	struct silence *s;
	struct smmu_cmd cmd[2];
	u32 i, n;

	ecmdq_config(&cfg, l->pages, l->each);
	s = ecmdq_make_with(test, &cfg);
	n = min(1U << (l->pages + l->each), 1 + num_possible_cpus());
	KUNIT_ASSERT_EQ(test, n, ecmdq_hw(s)->more.nr);
	KUNIT_EXPECT_TRUE(test, ecmdq_hw(s)->more.on);
	for (i = 1; i <= n; i++) {
		struct smmu_cmdq *q = smmu_cmdq_at(ecmdq_hw(s), i);
		struct smmu_deadline deadline = {};
		struct smmu_ticket ticket = { .q = q };

		KUNIT_EXPECT_FALSE(test, q->out);
		KUNIT_EXPECT_EQ(test, i, q->nr);
		smmu_cmd_tlbi_nsnh_all(&cmd[0]);
		smmu_cmd_sync(&cmd[1]);
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(ecmdq_hw(s), cmd, 2, &deadline, &ticket,
							SMMU_POST_MORE));
		KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
		KUNIT_EXPECT_EQ(test, 2, ecmdq_done(s, i));
	}
	d = rig_device(test, s->rig, 0);
	rig_remove(d);
}

/* Configuration goes to the main queue, TLBIs to that of the CPU, and ATC_INVs to the ATC queue */
static void each_its_own(struct kunit *test)
{
	struct silence *s = ecmdq_make(test);
	struct rig_device *with, *without;
	struct iommu_domain *a, *b;
	u64 main, atc, tlbi;

	with = rig_device(test, s->rig, 0);
	s->rig->atc = false;
	without = rig_device(test, s->rig, 0);
	main = ecmdq_done(s, ECMDQ_MAIN);
	atc = ecmdq_done(s, ECMDQ_ATC);
	a = ecmdq_mapped(test, with);
	b = ecmdq_mapped(test, without);
	KUNIT_EXPECT_TRUE(test, with->ats && !without->ats);
	KUNIT_EXPECT_GT(test, ecmdq_done(s, ECMDQ_MAIN), main);
	/* ATS goes on with an ATC that is invalidated; the STEs need no TLBI */
	KUNIT_EXPECT_EQ(test, 0, ecmdq_tlbi_done(s));
	main = ecmdq_done(s, ECMDQ_MAIN);
	atc = ecmdq_done(s, ECMDQ_ATC);
	ecmdq_unmap(test, s, without, b);
	KUNIT_EXPECT_EQ(test, main, ecmdq_done(s, ECMDQ_MAIN));
	KUNIT_EXPECT_EQ(test, atc, ecmdq_done(s, ECMDQ_ATC));
	tlbi = ecmdq_tlbi_done(s);
	KUNIT_EXPECT_EQ(test, 2, tlbi);
	ecmdq_unmap(test, s, with, a);
	KUNIT_EXPECT_EQ(test, main, ecmdq_done(s, ECMDQ_MAIN));
	KUNIT_EXPECT_EQ(test, tlbi, ecmdq_tlbi_done(s));
	/* TLBI, SYNC, ATC_INV, SYNC */
	KUNIT_EXPECT_EQ(test, atc + 4, ecmdq_done(s, ECMDQ_ATC));
	silence_leave(test, s, with, a);
	silence_leave(test, s, without, b);
}

/*
 * A device does not answer. Who waits for an ATC_INV to it waits until it is cut off; everybody
 * else does not wait at all, whether they unmap, attach or come.
 */
static void silent_device(struct kunit *test)
{
	struct silence *s = ecmdq_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e, *f;
	struct iommu_domain *a = silence_use(test, s, d), *b, *c;
	struct silence_unmapper *u;
	u64 began;

	s->rig->atc = false;
	e = rig_device(test, s->rig, 0);
	b = ecmdq_mapped(test, e);
	silence_begin(s, d);
	u = silence_start(test, a, 1);
	while (smmu_cmdq_is_idle(ecmdq_hw(s)) && !completion_done(&u->done))
		schedule();
	KUNIT_EXPECT_LE(test, ecmdq_unmap(test, s, e, b), 1000);
	began = model_now();
	f = rig_device(test, s->rig, 0);
	c = ecmdq_mapped(test, f);
	silence_took(test, began, "a device comes", 2000);
	wait_for_completion(&u->done);
	KUNIT_EXPECT_LE(test, u->ms, T_MS + SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(ecmdq_hw(s)));
	KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(ecmdq_hw(s), ECMDQ_ATC)->out);
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

	ecmdq_config(&cfg, 0, 4);
	/* each page has a TLBI of its own */
	cfg.idr[3] &= ~IDR3_RIL;
	s = ecmdq_make_with(test, &cfg);
	d = rig_device(test, s->rig, 0);
	a = rig_domain(test, d);
	for (i = 0; i < LONG_PAGES; i++)
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + i * SZ_4K, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	tlbi = ecmdq_tlbi_done(s);
	atc = ecmdq_done(s, ECMDQ_ATC);
	KUNIT_EXPECT_EQ(test, LONG_PAGES * SZ_4K, iommu_unmap(a, IOVA, LONG_PAGES * SZ_4K));
	KUNIT_EXPECT_EQ(test, tlbi, ecmdq_tlbi_done(s));
	KUNIT_EXPECT_GT(test, ecmdq_done(s, ECMDQ_ATC), atc + SMMU_BATCH_MAX);
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
	struct silence *s = ecmdq_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 round, i;
	u64 atc;

	d = rig_device(test, s->rig, 0);
	a = ecmdq_mapped(test, d);
	for (round = 0; round < 3; round++) {
		ecmdq_unmap(test, s, d, a);
		sleep_once(s->rig, kind);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(ecmdq_hw(s)));
		KUNIT_EXPECT_TRUE(test, ecmdq_hw(s)->more.on);
		for (i = 1; i <= ecmdq_hw(s)->more.nr; i++)
			KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(ecmdq_hw(s), i)->out);
		rig_recover(s->rig);
		KUNIT_EXPECT_TRUE(test, d->ats);
		atc = ecmdq_done(s, ECMDQ_ATC);
		ecmdq_unmap(test, s, d, a);
		KUNIT_EXPECT_EQ(test, atc + 4, ecmdq_done(s, ECMDQ_ATC));
	}
	silence_leave(test, s, d, a);
}

/*
 * The MSI of a CMD_SYNC is aborted. GERROR does not say of which queue: none polls a word any more
 */
static void msi_aborts(struct kunit *test)
{
	const struct model_inject inject = { .abort_msis = true };
	struct silence *s = ecmdq_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i;

	s->rig->atc = false;
	d = rig_device(test, s->rig, 0);
	a = ecmdq_mapped(test, d);
	for (i = 0; i < smmu_cmdqs(ecmdq_hw(s)); i++)
		KUNIT_EXPECT_NOT_NULL(test, smmu_cmdq_at(ecmdq_hw(s), i)->polled_word);
	model_inject(s->smmu->model, &inject);
	rig_hush(s->rig);
	ecmdq_unmap(test, s, d, a);
	/* as its interrupt does */
	smmu_gerror_poll(ecmdq_hw(s));
	rig_unhush(s->rig);
	for (i = 0; i < smmu_cmdqs(ecmdq_hw(s)); i++)
		KUNIT_EXPECT_NULL(test, smmu_cmdq_at(ecmdq_hw(s), i)->polled_word);
	silence_leave(test, s, d, a);
}

/* A device was cut off: its ATC_INVs are left out on every queue, the main one included */
static void cut_everywhere(struct kunit *test)
{
	struct silence *s = ecmdq_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	u32 i;

	for (i = 0; i < smmu_cmdqs(ecmdq_hw(s)); i++)
		KUNIT_EXPECT_FALSE(test, smmu_cmdq_at(ecmdq_hw(s), i)->ins.edits);
	silence_begin(s, d);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), T_MS + SLACK_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	for (i = 0; i < smmu_cmdqs(ecmdq_hw(s)); i++)
		KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(ecmdq_hw(s), i)->ins.edits);
	silence_leave(test, s, d, a);
}

/* The main queue stands: that is an SMMU that does not work, and it is shut as before */
static void main_stands(struct kunit *test)
{
	const struct model_inject inject = { .stands = 1 };
	struct silence *s = ecmdq_make(test);
	struct iommu_domain *a;
	struct rig_device *d;

	s->rig->atc = false;
	d = rig_device(test, s->rig, 0);
	a = ecmdq_mapped(test, d);
	model_inject(s->smmu->model, &inject);
	KUNIT_EXPECT_LE(test, ecmdq_unmap(test, s, d, a), 1000);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(ecmdq_hw(s)));
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	model_inject(s->smmu->model, &(struct model_inject) {});
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
}

static const struct odd {
	const char *name;
	enum model_bad_page bad;
	u32 pages;
	u32 each;
	bool no_msi;
} odds[] = {
	{ "not in registers", MODEL_PAGE_NOT_PRESET },
	{ "not of 64 KiB", MODEL_PAGE_NOT_64K },
	{ "not enabled", MODEL_PAGE_OFF },
	{ "pages with a gap", MODEL_PAGE_APART, 1 },
	{ "over register page 0", MODEL_PAGE_OVERLAPS },
	{ "too many in a page", MODEL_PAGE_GOOD, 0, 9 },
	{ "too many pages", MODEL_PAGE_GOOD, 9, 0 },
	{ "no MSIs", MODEL_PAGE_GOOD, 0, 1, true },
};

KUNIT_ARRAY_PARAM_DESC(odd, odds, name);

/* Registers that do not say what they should: the main queue takes everything */
static void odd_registers(struct kunit *test)
{
	const struct odd *odd = test->param_value;
	struct model_config cfg;
	struct iommu_domain *a;
	struct rig_device *d;
	struct silence *s;

	ecmdq_config(&cfg, odd->pages, odd->each ?: 2);
	cfg.bad_page = odd->bad;
	if (odd->no_msi)
		cfg.idr[0] &= ~IDR0_MSI;
	s = ecmdq_make_with(test, &cfg);
	KUNIT_EXPECT_EQ(test, 0, ecmdq_hw(s)->more.nr);
	KUNIT_EXPECT_FALSE(test, ecmdq_hw(s)->more.on);
	d = rig_device(test, s->rig, 0);
	a = ecmdq_mapped(test, d);
	ecmdq_unmap(test, s, d, a);
	silence_leave(test, s, d, a);
}

static u32 limit;

static void tuning_stub(struct smmu_tuning *tuning)
{
	*tuning = (struct smmu_tuning) { .nr_queues = limit };
}

/* nr_queues: the main queue alone, with the ATC queue, and with one for all TLBIs */
static void limited(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	struct machine_smmu *m;

	ecmdq_config(&cfg, 0, 3);
	kunit_deactivate_static_stub(test, smmu_param_tuning);
	kunit_activate_static_stub(test, smmu_param_tuning, tuning_stub);
	for (limit = 1; limit < 5; limit++) {
		m = rig_smmu(test, rig, 0, &cfg);
		KUNIT_EXPECT_EQ(test, min(limit - 1, 1 + num_possible_cpus()),
				rig_iommu(m)->smmu.more.nr);
		rig_remove_smmu(rig, 0);
	}
}

/* Another kernel has left ECMDQs on: they are off before CR1 is written, or the probe fails */
static void found_on(struct kunit *test)
{
	struct model_config cfg;
	struct silence *s;

	ecmdq_config(&cfg, 0, 4);
	cfg.ecmdqs_on = 9;
	cfg.enabled = true;
	s = ecmdq_make_with(test, &cfg);
	KUNIT_EXPECT_EQ(test, 1 + num_possible_cpus(), ecmdq_hw(s)->more.nr);
	KUNIT_EXPECT_TRUE(test, ecmdq_hw(s)->more.on);
}

/* A queue that does not enable stays out; one that does not disable keeps its memory */
static void no_acknowledge(struct kunit *test)
{
	const struct model_inject inject = { .no_enack = true };
	struct silence *s = ecmdq_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i;

	d = rig_device(test, s->rig, 0);
	a = ecmdq_mapped(test, d);
	for (i = 1; i <= ecmdq_hw(s)->more.nr; i++)
		smmu_cmdq_take_out(smmu_cmdq_at(ecmdq_hw(s), i), "of a test");
	model_inject(s->smmu->model, &inject);
	rig_hush(s->rig);
	smmu_shut(ecmdq_hw(s), "a test");
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	for (i = 1; i <= ecmdq_hw(s)->more.nr; i++)
		KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(ecmdq_hw(s), i)->out);
	ecmdq_unmap(test, s, d, a);
	silence_leave(test, s, d, a);
	rig_remove(d);
	device_release_driver(s->smmu->dev);
	rig_unhush(s->rig);
	s->rig->forgive = true;
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(bring_up, layout_gen_params),
	KUNIT_CASE(each_its_own),
	KUNIT_CASE(silent_device),
	KUNIT_CASE(long_post),
	KUNIT_CASE_PARAM(sleeps, kind_gen_params),
	KUNIT_CASE(msi_aborts),
	KUNIT_CASE(cut_everywhere),
	KUNIT_CASE(main_stands),
	KUNIT_CASE_PARAM(odd_registers, odd_gen_params),
	KUNIT_CASE(limited),
	KUNIT_CASE(found_on),
	KUNIT_CASE(no_acknowledge),
	{}
};

static struct kunit_suite suite = { .name = "smmu_ecmdq", .test_cases = cases };
kunit_test_suite(suite);
