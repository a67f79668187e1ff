// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which interrupts the driver takes: MSIs where the platform has them, one line for everything
 * where firmware says so, and that before MSIs. The platform's side of MSIs is an irq domain in
 * software: each MSI has a word of memory to be written to, and the suite calls the handler.
 */
#include <linux/bitfield.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "driver/rig.h"

/* What MSI number n writes is this and n */
#define MSI_DATA	0x5a00

/* In the order in which the driver asks for them */
enum { EVENT, GERROR, PRI, MSIS };

/**
 * struct msis - the MSIs of one SMMU
 * @domain: what the SMMU's MSI domain has as its parent
 * @fwnode: of @domain
 * @smmu: the SMMU, not bound while @domain comes and goes
 * @word: of each MSI
 * @nr: MSIs that are handed out
 */
struct msis {
	struct irq_domain *domain;
	struct fwnode_handle *fwnode;
	struct machine_smmu *smmu;
	u32 *word;
	u32 nr;
};

static void compose(struct irq_data *data, struct msi_msg *msg)
{
	struct msis *m = irq_data_get_irq_chip_data(data);
	u64 addr = virt_to_phys(&m->word[data->hwirq]);

	msg->address_hi = upper_32_bits(addr);
	msg->address_lo = lower_32_bits(addr);
	msg->data = MSI_DATA + data->hwirq;
}

/* A write to memory cannot be masked */
static void no_mask(struct irq_data *data)
{
}

static struct irq_chip chip = {
	.name = "model-msi",
	.irq_mask = no_mask,
	.irq_unmask = no_mask,
	.irq_compose_msi_msg = compose,
};

static int alloc_msi(struct irq_domain *domain, unsigned int virq, unsigned int n, void *arg)
{
	struct msis *m = domain->host_data;

	if (m->nr == MSIS)
		return -ENOSPC;
	irq_domain_set_info(domain, virq, m->nr++, &chip, m, handle_simple_irq, NULL, NULL);
	return 0;
}

static void free_msi(struct irq_domain *domain, unsigned int virq, unsigned int n)
{
	struct msis *m = domain->host_data;

	m->nr--;
}

static const struct irq_domain_ops domain_ops = { .alloc = alloc_msi, .free = free_msi };

static bool init_info(struct device *dev, struct irq_domain *domain, struct irq_domain *parent,
		      struct msi_domain_info *info)
{
	info->flags |= MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS |
		       MSI_FLAG_NO_AFFINITY | MSI_FLAG_ALLOC_SIMPLE_MSI_DESCS |
		       MSI_FLAG_FREE_MSI_DESCS;
	return true;
}

static const struct msi_parent_ops parent_ops = { .init_dev_msi_info = init_info };

static void teardown(void *data)
{
	struct msis *m = data;

	device_release_driver(m->smmu->dev);
	dev_set_msi_domain(m->smmu->dev, NULL);
	if (m->domain)
		irq_domain_remove(m->domain);
	irq_domain_free_fwnode(m->fwnode);
}

/* An SMMU with MSIs and PRI on a platform with MSIs; it has lines as well, and is not bound */
static struct msis *platform(struct kunit *test)
{
	struct msis *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct irq_domain_info info = { .ops = &domain_ops, .size = MSIS };
	struct rig *rig = rig_new(test);
	struct model_config cfg;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->word = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->word);
	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI | IDR0_PRI;
	FIELD_MODIFY(IDR1_PRIQS, &cfg.idr[1], 5);
	m->smmu = rig_smmu_irq(test, rig, 0, &cfg);
	device_release_driver(m->smmu->dev);
	m->fwnode = irq_domain_alloc_named_fwnode("model-msi");
	KUNIT_ASSERT_NOT_NULL(test, m->fwnode);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, teardown, m));
	info.fwnode = m->fwnode;
	info.host_data = m;
	m->domain = msi_create_parent_irq_domain(&info, &parent_ops);
	KUNIT_ASSERT_NOT_NULL(test, m->domain);
	dev_set_msi_domain(m->smmu->dev, m->domain);
	return m;
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
	KUNIT_EXPECT_EQ(test, MSI_DATA + EVENT, READ_ONCE(m->word[EVENT]));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->evtq.irq));
	expect_record(test, &smmu->evtq);

	KUNIT_EXPECT_EQ(test, 0, READ_ONCE(m->word[GERROR]));
	model_raise(m->smmu->model, GERROR_MSI_EVENTQ_ABT_ERR);
	KUNIT_EXPECT_EQ(test, MSI_DATA + GERROR, READ_ONCE(m->word[GERROR]));
	KUNIT_EXPECT_EQ(test, GERROR_MSI_EVENTQ_ABT_ERR, active_errors(m));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->irq_gerror));
	KUNIT_EXPECT_EQ(test, 0, active_errors(m));

	KUNIT_EXPECT_EQ(test, 0, READ_ONCE(m->word[PRI]));
	KUNIT_EXPECT_EQ(test, 0, model_page_request(m->smmu->model, &request));
	KUNIT_EXPECT_EQ(test, MSI_DATA + PRI, READ_ONCE(m->word[PRI]));
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
	KUNIT_EXPECT_EQ(test, 0, active_errors(m));
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
