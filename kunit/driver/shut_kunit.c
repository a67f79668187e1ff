// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shutting an SMMU: what it must confirm to count as off, that several CPUs may shut it at once,
 * and which memory is freed when its driver is unbound.
 */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "hw/handshake.h"
#include "hw/issue.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL
/* Never mapped */
#define IOVA2	0x34567000ULL

static const struct model_inject well;

/* Attach a device that has accessed IOVA */
static struct iommu_domain *use(struct kunit *test, struct rig *rig, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	return domain;
}

/**
 * struct sort - a sort of SMMU that is stuck
 * @name: name of the case
 * @set0: IDR0 bits
 * @ack_reads: number of reads until the SMMU acknowledges a register write
 */
struct sort {
	const char *name;
	u32 set0;
	u32 ack_reads;
};

static const struct sort sorts[] = {
	{ "CONS is polled" },
	{ "MSIs", .set0 = IDR0_MSI },
	{ "slow acknowledges", .ack_reads = 40 },
};

KUNIT_ARRAY_PARAM_DESC(sort, sorts, name);

/*
 * CMDQEN is not acknowledged while a CMD_SYNC hangs, but SMMUEN is. So nothing is translated, and
 * tags and tables can be freed. Of the queues, the SMMU still uses only the command queue.
 */
static void stuck_sync(struct kunit *test)
{
	const struct sort *sort = test->param_value;
	const struct model_inject inject = { .lost_sync = true };
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine;
	struct iommu_domain *domain;
	struct smmu_device *smmu;
	struct model_config cfg;
	struct smmu_iommu *iommu;
	struct rig_device *d;

	model_config_default(&cfg);
	cfg.idr[0] |= sort->set0;
	cfg.ack_reads = sort->ack_reads;
	machine = rig_smmu_irq(test, rig, 0, &cfg);
	iommu = smmu_iommu_get(rig_iommu(machine));
	smmu = &iommu->smmu;
	d = rig_device(test, rig, 0);
	domain = use(test, rig, d);

	model_inject(machine->model, &inject);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_adrift(smmu));
	KUNIT_EXPECT_FALSE(test, model_is_on(machine->model));
	KUNIT_EXPECT_EQ(test, CR0_CMDQEN, model_read(machine->model, SMMU_CR0, 4) & CR0_CMDQEN);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA2, false));

	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	rig_remove(d);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->inst.withheld));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->withheld));
	device_release_driver(machine->dev);
	KUNIT_EXPECT_EQ(test, CR0_CMDQEN, model_read(machine->model, SMMU_CR0ACK, 4));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->withheld));
	smmu_iommu_put(iommu);
	model_inject(machine->model, &well);
}

/*
 * If GBPA does not confirm that it aborts, SMMUEN = 0 would let all accesses go untranslated to
 * memory. So SMMUEN stays, and the SMMU is adrift.
 */
static void does_not_abort(struct kunit *test)
{
	const struct model_inject inject = { .lost_sync = true, .no_gbpa = true };
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct smmu_device *smmu = &rig_iommu(machine)->smmu;
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = use(test, rig, d);

	model_inject(machine->model, &inject);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_adrift(smmu));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA2, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	model_inject(machine->model, &well);
}

struct shutter {
	struct machine_smmu *machine;
	struct smmu_device *smmu;
	struct completion *go;
	struct completion over;
	struct hrtimer timer;
	bool good;
	bool ran;
	bool meanwhile;
};

/* Every caller that returns from smmu_shut() finds the SMMU dead and off */
static void shut(struct shutter *s)
{
	smmu_shut(s->smmu, "test");
	s->good = smmu_device_is_off(s->smmu) && !model_is_on(s->machine->model);
	WRITE_ONCE(s->ran, true);
}

static int shut_thread(void *data)
{
	struct shutter *s = data;

	wait_for_completion(s->go);
	shut(s);
	complete(&s->over);
	return 0;
}

static void many_at_once(struct kunit *test)
{
	struct shutter *s = kunit_kcalloc(test, 4, sizeof(*s), GFP_KERNEL);
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine;
	DECLARE_COMPLETION_ONSTACK(go);
	struct model_config cfg;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	model_config_default(&cfg);
	cfg.ack_reads = 200;
	machine = rig_smmu(test, rig, 0, &cfg);
	for (i = 0; i < 4; i++) {
		s[i].machine = machine;
		s[i].smmu = &rig_iommu(machine)->smmu;
		s[i].go = &go;
		init_completion(&s[i].over);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(shut_thread, &s[i], "shut-%u", i));
	}
	complete_all(&go);
	for (i = 0; i < 4; i++) {
		wait_for_completion(&s[i].over);
		KUNIT_EXPECT_TRUE(test, s[i].good);
	}
}

static enum hrtimer_restart shut_timer(struct hrtimer *timer)
{
	struct shutter *s = container_of(timer, struct shutter, timer);

	s->meanwhile = !smmu_device_is_dead(s->smmu);
	shut(s);
	return HRTIMER_NORESTART;
}

/*
 * An interrupt on the CPU that shuts the SMMU comes before the shut is over, and its handler cannot
 * wait for the interrupted shut.
 */
static void interrupted(struct kunit *test)
{
	const struct model_inject inject = { .no_gbpa = true };
	struct shutter *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct smmu_device *smmu = &rig_iommu(machine)->smmu;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->machine = machine;
	s->smmu = smmu;
	hrtimer_setup(&s->timer, shut_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	model_inject(machine->model, &inject);
	/* the timer needs real time */
	smmu_deactivate_raw_stub(test, smmu_handshake_clock);
	migrate_disable();
	hrtimer_start(&s->timer, ms_to_ktime(300), HRTIMER_MODE_REL_PINNED_HARD);
	smmu_shut(smmu, "test");
	KUNIT_EXPECT_TRUE(test, READ_ONCE(s->ran));
	migrate_enable();
	hrtimer_cancel(&s->timer);
	KUNIT_EXPECT_TRUE(test, s->meanwhile);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_adrift(smmu));
	model_inject(machine->model, &well);
}

/**
 * struct seen - commands that came when SMMUEN was off already
 * @model: instance
 * @opcode: opcodes in their order
 * @n: number of commands
 */
struct seen {
	struct model *model;
	u8 opcode[16];
	u32 n;
};

/* Called with the model's lock held */
static void see(void *data, const struct smmu_cmd *cmd)
{
	struct seen *seen = data;

	if (!model_is_on(seen->model) && seen->n < ARRAY_SIZE(seen->opcode))
		seen->opcode[seen->n++] = smmu_cmd_opcode(cmd);
}

static const u8 settles[] = {
	CMD_CFGI_STE_RANGE, CMD_SYNC, CMD_TLBI_NSNH_ALL, CMD_SYNC,
};

static const struct ending {
	const char *name;
	bool shut;
} endings[] = {
	{ "shut", true },
	{ "stopped", false },
};

KUNIT_ARRAY_PARAM_DESC(ending, endings, name);

/*
 * The acknowledge of SMMUEN says nothing about accesses in progress (6.3.9.6). A queue that still
 * works settles them.
 */
static void settles_at_end(struct kunit *test)
{
	const struct ending *ending = test->param_value;
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct seen seen = { .model = machine->model };

	model_trace(machine->model, see, &seen);
	if (ending->shut)
		smmu_issue_shut(&rig_iommu(machine)->smmu, "test");
	else
		device_release_driver(machine->dev);
	model_trace(machine->model, NULL, NULL);
	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(settles), seen.n);
	KUNIT_EXPECT_MEMEQ(test, seen.opcode, settles, sizeof(settles));
	if (ending->shut)
		KUNIT_EXPECT_TRUE(test, smmu_device_is_off(&rig_iommu(machine)->smmu));
	else
		KUNIT_EXPECT_EQ(test, 0, model_read(machine->model, SMMU_CR0ACK, 4));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(stuck_sync, sort_gen_params),
	KUNIT_CASE(does_not_abort),
	KUNIT_CASE(many_at_once),
	KUNIT_CASE(interrupted),
	KUNIT_CASE_PARAM(settles_at_end, ending_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_shut", .test_cases = cases };
kunit_test_suite(suite);
