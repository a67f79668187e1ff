// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CMDQ-V companion that cannot be used, or not any more: the main queue takes all commands, and
 * nothing is stale or lost.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "drv/probe.h"
#include "hw/cmdq.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_set.h"
#include "hw/shut.h"
#include "driver/queues.h"
#include "driver/sleep.h"

static u32 reg(struct silence *s, u32 off)
{
	return model_cmdqv_read(s->smmu->model, off, 4);
}

static const struct odd {
	const char *name;
	struct machine_firmware fw;
	u32 param;
	bool noncoherent;
	bool good;
} odds[] = {
	{ "all is well", {}, 0x4151, false, true },
	{ "exactly large enough", { .cmdqv_size = 0x70000 }, 0x4151, false, true },
	{ "no interrupt", { .cmdqv_no_irq = true }, 0x4151, false, true },
	{ "nobody names it", { .cmdqv = MACHINE_CMDQV_UNNAMED }, 0x4151 },
	{ "two SMMUs name it", { .cmdqv = MACHINE_CMDQV_TWICE }, 0x4151 },
	{ "another kind", { .cmdqv = MACHINE_CMDQV_OTHER }, 0x4151 },
	{ "no device", { .cmdqv = MACHINE_CMDQV_NO_DEVICE }, 0x4151 },
	{ "registers too small", { .cmdqv_size = 0x6f000 }, 0x4151 },
	{ "a page of registers", { .cmdqv_size = 0x1000 }, 0x4151 },
	{ "256 queues", {}, 0x4181 },
	{ "128 interfaces", {}, 0x4771 },
	{ "32 StreamIDs", {}, 0x5151 },
	{ "fewer queues than interfaces", {}, 0x4321 },
	{ "an SMMU that is not coherent", {}, 0x4151, true },
};

KUNIT_ARRAY_PARAM_DESC(odd, odds, name);

static struct silence *make_with(struct kunit *test, const struct model_config *cfg,
				 struct machine_firmware fw)
{
	struct silence *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->rig = rig_new(test);
	s->smmu = rig_smmu_with(test, s->rig, 0, cfg, &fw);
	KUNIT_ASSERT_NOT_NULL(test, s->smmu->dev->driver);
	rig_virtual_clock(test);
	return s;
}

/* What firmware or PARAM says cannot be: it is not used, and not touched where it is not ours */
static void odd_firmware(struct kunit *test)
{
	const struct odd *odd = test->param_value;
	struct machine_firmware fw = odd->fw;
	struct model_config cfg;
	struct iommu_domain *a;
	struct rig_device *d;
	struct silence *s;

	queues_config(&cfg);
	cfg.cmdqv_param = odd->param;
	fw.coherent = !odd->noncoherent;
	s = make_with(test, &cfg, fw);
	KUNIT_EXPECT_EQ(test, odd->good ? 1 + num_possible_cpus() : 0, queues_hw(s)->more.nr);
	KUNIT_EXPECT_EQ(test, odd->good, queues_hw(s)->more.on);
	KUNIT_EXPECT_EQ(test, odd->good, reg(s, CMDQV_CONFIG) & CMDQV_EN);
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	queues_unmap(test, s, d, a);
	silence_leave(test, s, d, a);
}

/* One that another SMMU may own is left as it is, even where it is on */
static void of_another(struct kunit *test)
{
	struct machine_firmware fw = { .cmdqv = MACHINE_CMDQV_TWICE, .coherent = true };
	struct model_config cfg;
	struct silence *s;

	queues_config(&cfg);
	cfg.cmdqv_on = true;
	s = make_with(test, &cfg, fw);
	KUNIT_EXPECT_EQ(test, CMDQV_EN, reg(s, CMDQV_CONFIG) & CMDQV_EN);
	KUNIT_EXPECT_EQ(test, CMDQV_ENABLED, reg(s, CMDQV_STATUS));
}

/* An SMMU that has ECMDQs, too: they are used, and a companion that is found on is switched off */
static void beside_ecmdqs(struct kunit *test)
{
	struct machine_firmware fw = { .coherent = true };
	struct model_config cfg;
	struct iommu_domain *a;
	struct rig_device *d;
	struct silence *s;

	queues_config(&cfg);
	model_config_ecmdqs(&cfg, 0, 2, 1);
	cfg.cmdqv_on = true;
	cfg.enabled = true;
	s = make_with(test, &cfg, fw);
	KUNIT_ASSERT_TRUE(test, queues_hw(s)->more.on);
	KUNIT_EXPECT_EQ(test, SMMU_CMDQ_ECMDQ, smmu_cmdq_at(queues_hw(s), 1)->kind);
	KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_CONFIG) & CMDQV_EN);
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	queues_unmap(test, s, d, a);
	silence_leave(test, s, d, a);
}

/* Every allocation of a probe fails once: where it is the companion's, the SMMU does without */
static void no_memory(struct kunit *test)
{
	struct machine_firmware fw = { .coherent = true, .lines = MACHINE_USUAL_LINES };
	u32 nth, without = 0, failed = 0;
	bool hit = true, bound;
	struct model_config cfg;
	struct silence *s;

	queues_config(&cfg);
	s = make_with(test, &cfg, fw);
	rig_hush(s->rig);
	for (nth = 1; hit && nth < 1000; nth++) {
		device_release_driver(s->smmu->dev);
		rig_alloc_begin(nth);
		bound = device_attach(s->smmu->dev) == 1;
		hit = rig_alloc_end();
		failed += !bound;
		without += bound && !queues_hw(s)->more.nr;
		KUNIT_EXPECT_EQ(test, bound && queues_hw(s)->more.nr,
				reg(s, CMDQV_CONFIG) & CMDQV_EN);
	}
	rig_unhush(s->rig);
	kunit_info(test, "%u allocations, %u of them needed, and %u for the companion\n", nth - 2,
		   failed, without);
	KUNIT_EXPECT_FALSE(test, hit);
	KUNIT_EXPECT_GT(test, without, 3);
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
}

static const struct stuck {
	const char *name;
	u8 what;
	bool found_on;
} stucks[] = {
	{ "companion", MODEL_NO_COMPANION }, { "interface", MODEL_NO_VINTF },
	{ "queues", MODEL_NO_VCMDQ }, { "queues and interface", MODEL_NO_VCMDQ | MODEL_NO_VINTF },
	{ "all", 7 }, { "companion is on", MODEL_NO_COMPANION, true },
};

KUNIT_ARRAY_PARAM_DESC(stuck, stucks, name);

/* EN never reads back when it is first enabled */
static void never_starts(struct kunit *test)
{
	const struct stuck *what = test->param_value;
	struct machine_firmware fw = { .coherent = true };
	struct smmu_cmdq_state state;
	struct model_config cfg;
	struct iommu_domain *a;
	struct rig_device *d;
	struct silence *s;

	queues_config(&cfg);
	cfg.cmdqv_stuck = what->what;
	cfg.cmdqv_on = what->found_on;
	cfg.enabled = what->found_on;
	s = make_with(test, &cfg, fw);
	KUNIT_EXPECT_FALSE(test, queues_hw(s)->more.on);
	KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_CONFIG) & CMDQV_EN);
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), 1000);
	silence_leave(test, s, d, a);
	/* as debugfs does; queues that are not allocated have no registers */
	smmu_cmdq_look(queues_hw(s), &state);
	rig_check(test, s->rig);
	/* where it works later, it is used */
	model_inject(s->smmu->model, &(struct model_inject) {});
	smmu_shut(queues_hw(s), "a test");
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_EQ(test, !what->found_on, queues_hw(s)->more.on);
}

/* EN never reads back as 0: what the companion may still read is withheld, but no more than that */
static void never_stops(struct kunit *test)
{
	const struct stuck *what = test->param_value;
	struct model_inject inject = { .no_cmdqv = what->what };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	u64 began;
	u32 i;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	queues_unmap(test, s, d, a);
	model_inject(s->smmu->model, &inject);
	rig_hush(s->rig);
	smmu_shut(queues_hw(s), "a test");
	began = model_now();
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_LE(test, model_now() - began, 10ULL * NSEC_PER_SEC);
	KUNIT_EXPECT_FALSE(test, queues_hw(s)->more.on);
	for (i = 1; i <= queues_hw(s)->more.nr; i++) {
		KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), i)->out);
		/* one level that confirms it is enough */
		KUNIT_EXPECT_EQ(test, what->what == 7,
				smmu_cmdq_at(queues_hw(s), i)->mem.busy);
	}
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), 1000);
	silence_leave(test, s, d, a);
	rig_remove(d);
	device_release_driver(s->smmu->dev);
	rig_unhush(s->rig);
	/* memory that is withheld is lost, and so nothing reads what is not there */
	s->rig->forgive = what->what == 7;
}

/* Its registers read as all ones: the queues are taken out one by one, and it is not used again */
static void is_gone(struct kunit *test)
{
	const struct model_inject inject = { .cmdqv_gone = true };
	struct silence *s = queues_make(test);
	struct iommu_domain *a, *b;
	struct rig_device *d, *e;
	u64 began;
	u32 i;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	s->rig->atc = false;
	e = rig_device(test, s->rig, 0);
	b = queues_mapped(test, e);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA, false));
	model_inject(s->smmu->model, &inject);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a),
				(SMMU_CMD_TIMEOUT_MS + 1000) * 1000ULL);
		KUNIT_EXPECT_LE(test, queues_unmap(test, s, e, b),
				(SMMU_CMD_TIMEOUT_MS + 1000) * 1000ULL);
	}
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), QUEUES_ATC)->out);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	silence_leave(test, s, e, b);
	smmu_shut(queues_hw(s), "a test");
	began = model_now();
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	silence_took(test, began, "the restart", 10000);
	KUNIT_EXPECT_FALSE(test, queues_hw(s)->more.on);
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	queues_unmap(test, s, d, a);
	silence_leave(test, s, d, a);
	/* queues that were never confirmed off keep their memory */
	for (i = 1; i <= queues_hw(s)->more.nr; i++)
		KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), i)->mem.busy);
	rig_hush(s->rig);
	rig_remove(d);
	rig_remove(e);
	device_release_driver(s->smmu->dev);
	rig_unhush(s->rig);
}

/* An error that cannot be acknowledged: the queue is taken out */
static void keeps_error(struct kunit *test)
{
	const struct model_inject inject = { .ill_in = 1, .cmdqv_keeps_error = true };
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	rig_hush(s->rig);
	model_inject(s->smmu->model, &inject);
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), (SMMU_CMD_TIMEOUT_MS + 1000) * 1000ULL);
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_at(queues_hw(s), QUEUES_ATC)->out);
	model_inject(s->smmu->model, &(struct model_inject) {});
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), 1000);
	rig_unhush(s->rig);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(queues_hw(s)));
	silence_leave(test, s, d, a);
}

static const struct spurious {
	const char *name;
	struct model_inject inject;
} spurious[] = {
	{ "nothing", {} }, { "interface 1", { .cmdqv_vintfs = BIT(1) } },
	{ "interface 63", { .cmdqv_vintfs = BIT_ULL(63) } },
	{ "no queue", { .cmdqv_vintfs = BIT(0) } },
	{ "queue 15", { .cmdqv_vintfs = BIT(0), .cmdqv_queues = { BIT(15) } } },
	{ "queue 127", { .cmdqv_vintfs = BIT(0), .cmdqv_queues = { 0, BIT_ULL(63) } } },
	{ "a queue without an error", { .cmdqv_vintfs = BIT(0), .cmdqv_queues = { BIT(0) } } },
	{ "everything", { .cmdqv_vintfs = ~0ULL, .cmdqv_queues = { ~0ULL, ~0ULL } } },
};

KUNIT_ARRAY_PARAM_DESC(spurious, spurious, name);

/* An interrupt without a queue that has an error: nothing happens, and queues are used as before */
static void no_reason(struct kunit *test)
{
	const struct spurious *what = test->param_value;
	struct rig *rig = rig_new(test);
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket = {};
	struct model_config cfg;
	struct smmu_cmd cmd[2];
	struct machine_smmu *m;
	struct smmu_cmdq *q;
	u32 i;

	queues_config(&cfg);
	m = rig_smmu_irq(test, rig, 0, &cfg);
	model_inject(m->model, &what->inject);
	rig_hush(rig);
	for (i = 0; i < 20; i++) {
		model_cmdqv_interrupt(m->model);
		schedule_timeout_uninterruptible(1);
	}
	rig_unhush(rig);
	KUNIT_EXPECT_EQ(test, 0, model_violation(m->model, NULL, 0));
	smmu_cmd_tlbi_asid(&cmd[0], 5, false);
	smmu_cmd_sync(&cmd[1]);
	for (i = 1; i <= rig_iommu(m)->smmu.more.nr; i++) {
		q = smmu_cmdq_at(&rig_iommu(m)->smmu, i);
		KUNIT_EXPECT_FALSE(test, q->out);
		KUNIT_EXPECT_EQ(test, 0, q->err_seq);
		ticket.q = q;
		KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_post(q->smmu, cmd, 2, &deadline, &ticket,
							SMMU_POST_MORE));
		KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	}
}

static u64 never(void *data, u32 sid)
{
	return MODEL_SILENT;
}

/*
 * Whoever had the queue before has left an ATC_INV without a CMD_SYNC, and the device does not
 * answer: that is no error of the next one who uses the queue, and no other device is cut off.
 */
static void left_behind(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket = {};
	struct iommu_domain *a;
	struct rig_device *d;
	struct smmu_cmd cmd;
	struct smmu_cmdq *q;

	q = smmu_cmdq_at(queues_hw(s), QUEUES_ATC);
	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	model_devices(s->smmu->model, never, NULL, NSEC_PER_SEC);
	smmu_cmd_atc_inv(&cmd, d->sid, 0, false, 0, ATC_SIZE_ALL);
	ticket.q = q;
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(q->smmu, &cmd, 1, &deadline, &ticket,
						SMMU_POST_MORE));
	KUNIT_EXPECT_EQ(test, 1, queues_done(s, QUEUES_ATC) % 2);
	smmu_shut(queues_hw(s), "a test");
	model_devices(s->smmu->model, NULL, NULL, NSEC_PER_SEC);
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_TRUE(test, d->ats);
	queues_unmap(test, s, d, a);
	KUNIT_EXPECT_EQ(test, 0, q->err_seq);
	KUNIT_EXPECT_FALSE(test, d->cut);
	silence_leave(test, s, d, a);
}

/*
 * The SMMU is shut while queues have commands that they do not do, because they need SMMUEN: it
 * comes back nevertheless, and the queues with it. The CPUs that had waited have come back.
 */
static void shut_meanwhile(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct silence_unmapper *u;
	struct iommu_domain *a;
	struct rig_device *d;
	u32 i;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	model_inject(s->smmu->model, &(struct model_inject) { .stands = QUEUES_ATC + 1 });
	u = silence_start(test, a, 1);
	while (smmu_cmdq_is_idle(queues_hw(s)))
		schedule();
	smmu_shut(queues_hw(s), "a test");
	wait_for_completion(&u->done);
	model_inject(s->smmu->model, &(struct model_inject) {});
	for (i = 0; i < 3; i++)
		schedule();
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_TRUE(test, queues_hw(s)->more.on);
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_LE(test, queues_unmap(test, s, d, a), 1000);
	silence_leave(test, s, d, a);
}

/* The machine shuts down while a queue waits for a device: nobody waits for that */
static void shuts_down(struct kunit *test)
{
	struct silence *s = queues_make(test);
	struct iommu_domain *a;
	struct rig_device *d;
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket = {};
	struct smmu_cmd cmd[2];
	u64 began;

	d = rig_device(test, s->rig, 0);
	a = queues_mapped(test, d);
	model_devices(s->smmu->model, never, NULL, 100ULL * NSEC_PER_SEC);
	ticket.q = smmu_cmdq_at(queues_hw(s), QUEUES_ATC);
	smmu_cmd_atc_inv(&cmd[0], d->sid, 0, false, 0, ATC_SIZE_ALL);
	smmu_cmd_sync(&cmd[1]);
	KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(queues_hw(s), cmd, 2, &deadline, &ticket,
						SMMU_POST_MORE));
	began = model_now();
	smmu_shutdown(to_platform_device(s->smmu->dev));
	silence_took(test, began, "the shutdown", 10000);
	/* told to stop, and it stops when the device has answered */
	KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_CONFIG) & CMDQV_EN);
	KUNIT_EXPECT_EQ(test, CMDQV_ENABLED, reg(s, CMDQV_STATUS));
	model_advance(200ULL * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, 0, reg(s, CMDQV_STATUS));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(a);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(odd_firmware, odd_gen_params),
	KUNIT_CASE(of_another),
	KUNIT_CASE(beside_ecmdqs),
	KUNIT_CASE(no_memory),
	KUNIT_CASE_PARAM(never_starts, stuck_gen_params),
	KUNIT_CASE_PARAM(never_stops, stuck_gen_params),
	KUNIT_CASE(is_gone),
	KUNIT_CASE(keeps_error),
	KUNIT_CASE_PARAM(no_reason, spurious_gen_params),
	KUNIT_CASE(left_behind),
	KUNIT_CASE(shut_meanwhile),
	KUNIT_CASE(shuts_down),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_cmdqv_bad",
	.suite_init = queues_are_vcmdqs,
	.test_cases = cases,
};

kunit_test_suite(suite);
