// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which interrupts the driver takes: MSIs where the platform has them, one line for everything
 * where firmware says so, and that before MSIs.
 */
#include <linux/bitfield.h>
#include <linux/irq.h>
#include <linux/platform_device.h>

#include "driver/msi.h"
#include "driver/rig.h"

/* An SMMU with MSIs and PRI on a platform with MSIs; it has lines as well, and is not bound */
static struct msis *platform(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI | IDR0_PRI;
	FIELD_MODIFY(IDR1_PRIQS, &cfg.idr[1], 5);
	return msi_platform(test, rig_smmu_irq(test, rig, 0, &cfg));
}

static struct smmu_device *bind(struct kunit *test, struct msis *m)
{
	KUNIT_ASSERT_EQ(test, 1, device_attach(m->smmu->dev));
	return &rig_iommu(m->smmu)->smmu;
}

static void cause_event(struct kunit *test, struct msis *m)
{
	struct model_access a = { .sid = 0xfff0 };

	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(m->smmu->model, &a));
}

static u32 active_errors(struct msis *m)
{
	return (model_read(m->smmu->model, SMMU_GERROR, 4) ^
		model_read(m->smmu->model, SMMU_GERRORN, 4)) & GERROR_ALL;
}

/* By a thread; a second is enough */
static void expect_record(struct kunit *test, struct smmu_recordq *q)
{
	u32 i;

	for (i = 0; i < HZ && !READ_ONCE(q->records); i++)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, 1, READ_ONCE(q->records));
}

/* Likewise, where interrupts have threads */
static void expect_acknowledged(struct kunit *test, struct msis *m)
{
	u32 i;

	for (i = 0; i < HZ && active_errors(m); i++)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, 0, active_errors(m));
}

/* Each to the address that it was given, with its data, and to the handler that it is for */
static void takes_msis(struct kunit *test)
{
	struct model_page_request request = { .sid = 0x42, .last = true, .read = true };
	struct msis *m = platform(test);
	struct smmu_device *smmu = bind(test, m);

	KUNIT_EXPECT_TRUE(test, smmu->msi);
	KUNIT_EXPECT_EQ(test, 0, smmu->irq_combined);
	KUNIT_ASSERT_EQ(test, MSIS, m->nr);

	cause_event(test, m);
	KUNIT_EXPECT_EQ(test, MSI_DATA + MSI_EVENT, READ_ONCE(m->word[MSI_EVENT]));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->evtq.irq));
	expect_record(test, &smmu->evtq);

	KUNIT_EXPECT_EQ(test, 0, READ_ONCE(m->word[MSI_GERROR]));
	model_raise(m->smmu->model, GERROR_MSI_EVENTQ_ABT_ERR);
	KUNIT_EXPECT_EQ(test, MSI_DATA + MSI_GERROR, READ_ONCE(m->word[MSI_GERROR]));
	KUNIT_EXPECT_EQ(test, GERROR_MSI_EVENTQ_ABT_ERR, active_errors(m));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->irq_gerror));
	expect_acknowledged(test, m);

	KUNIT_EXPECT_EQ(test, 0, READ_ONCE(m->word[MSI_PRI]));
	KUNIT_EXPECT_EQ(test, 0, model_page_request(m->smmu->model, &request));
	KUNIT_EXPECT_EQ(test, MSI_DATA + MSI_PRI, READ_ONCE(m->word[MSI_PRI]));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->priq.irq));
	expect_record(test, &smmu->priq);

	device_release_driver(m->smmu->dev);
	KUNIT_EXPECT_EQ(test, 0, m->nr);
}

/* The line that is the event queue's elsewhere is one for all here: nothing else interrupts */
static void combined_line_first(struct kunit *test)
{
	struct msis *m = platform(test);
	struct smmu_device *smmu;
	struct resource *line;
	u32 i;

	line = platform_get_resource_byname(to_platform_device(m->smmu->dev), IORESOURCE_IRQ,
					    "eventq");
	KUNIT_ASSERT_NOT_NULL(test, line);
	line->name = "combined";
	smmu = bind(test, m);
	KUNIT_EXPECT_FALSE(test, smmu->msi);
	KUNIT_EXPECT_EQ(test, line->start, smmu->irq_combined);
	KUNIT_EXPECT_EQ(test, 0, m->nr);

	model_raise(m->smmu->model, GERROR_MSI_EVENTQ_ABT_ERR);
	cause_event(test, m);
	expect_record(test, &smmu->evtq);
	expect_acknowledged(test, m);
	for (i = 0; i < MSIS; i++)
		KUNIT_EXPECT_EQ(test, 0, READ_ONCE(m->word[i]));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(takes_msis),
	KUNIT_CASE(combined_line_first),
	{}
};

static struct kunit_suite suite = { .name = "smmu_irq", .test_cases = cases };
kunit_test_suite(suite);
