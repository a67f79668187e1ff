// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enhanced command queues: how they are found and brought up, and SMMUs whose registers do not say
 * what they should. What they are used for: queues_kunit.c.
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
#include "driver/queues.h"
#include "driver/sleep.h"

/* 2^@log2_pages control pages with 2^@log2_each queues */
static void ecmdqs(struct model_config *cfg, u32 log2_pages, u32 log2_each)
{
	model_config_default(cfg);
	model_config_ecmdqs(cfg, log2_pages, log2_each, 0);
}

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

	ecmdqs(&cfg, l->pages, l->each);
	s = queues_make_with(test, &cfg);
	n = min(1U << (l->pages + l->each), 1 + num_possible_cpus());
	KUNIT_ASSERT_EQ(test, n, queues_hw(s)->more.nr);
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
	for (i = 1; i <= n; i++) {
		struct smmu_cmdq *q = smmu_cmdq_at(queues_hw(s), i);
		struct smmu_deadline deadline = {};
		struct smmu_ticket ticket = { .q = q };

		KUNIT_EXPECT_FALSE(test, q->out);
		KUNIT_EXPECT_EQ(test, i, q->nr);
		smmu_cmd_tlbi_nsnh_all(&cmd[0]);
		smmu_cmd_sync(&cmd[1]);
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(queues_hw(s), cmd, 2, &deadline, &ticket,
							SMMU_POST_MORE));
		KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
		KUNIT_EXPECT_EQ(test, 2, queues_done(s, i));
	}
	d = rig_device(test, s->rig, 0);
	rig_remove(d);
}

/*
 * The MSI of a CMD_SYNC is aborted. GERROR does not say of which queue: none polls a word any more
 */
static void msi_aborts(struct kunit *test)
{
	const struct model_inject inject = { .abort_msis = true };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i;

	s->rig->atc = false;
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	for (i = 0; i < smmu_cmdqs(queues_hw(s)); i++)
		KUNIT_EXPECT_NOT_NULL(test, smmu_cmdq_at(queues_hw(s), i)->polled_word);
	model_inject(s->smmu->model, &inject);
	rig_hush(s->rig);
	queues_unmap(test, s, d, a);
	/* as its interrupt does */
	smmu_gerror_poll(queues_hw(s));
	rig_unhush(s->rig);
	for (i = 0; i < smmu_cmdqs(queues_hw(s)); i++)
		KUNIT_EXPECT_NULL(test, smmu_cmdq_at(queues_hw(s), i)->polled_word);
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

	ecmdqs(&cfg, odd->pages, odd->each ?: 2);
	cfg.bad_page = odd->bad;
	if (odd->no_msi)
		cfg.idr[0] &= ~IDR0_MSI;
	s = queues_make_with(test, &cfg);
	KUNIT_EXPECT_EQ(test, 0, queues_hw(s)->more.nr);
	KUNIT_EXPECT_FALSE(test, queues_hw(s)->more.on);
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	queues_unmap(test, s, d, a);
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

	ecmdqs(&cfg, 0, 3);
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

	ecmdqs(&cfg, 0, 4);
	cfg.ecmdqs_on = 9;
	cfg.enabled = true;
	s = queues_make_with(test, &cfg);
	KUNIT_EXPECT_EQ(test, 1 + num_possible_cpus(), queues_hw(s)->more.nr);
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
}

/* A queue that does not enable stays out; one that does not disable keeps its memory */
static void no_acknowledge(struct kunit *test)
{
	const struct model_inject inject = { .no_enack = true };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	for (i = 1; i <= queues_hw(s)->more.nr; i++)
		smmu_cmdq_take_out(smmu_cmdq_at(queues_hw(s), i), "of a test");
	model_inject(s->smmu->model, &inject);
	rig_hush(s->rig);
	smmu_shut(queues_hw(s), "a test");
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	for (i = 1; i <= queues_hw(s)->more.nr; i++)
		KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), i)->out);
	queues_unmap(test, s, d, a);
	silence_leave(test, s, d, a);
	rig_remove(d);
	device_release_driver(s->smmu->dev);
	rig_unhush(s->rig);
	s->rig->forgive = true;
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(bring_up, layout_gen_params),
	KUNIT_CASE(msi_aborts),
	KUNIT_CASE_PARAM(odd_registers, odd_gen_params),
	KUNIT_CASE(limited),
	KUNIT_CASE(found_on),
	KUNIT_CASE(no_acknowledge),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_ecmdq",
	.suite_init = queues_are_ecmdqs,
	.test_cases = cases,
};

kunit_test_suite(suite);
