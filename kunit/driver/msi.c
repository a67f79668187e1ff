// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/sizes.h>

#include "driver/msi.h"
#include "model/machine.h"

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

struct msis *msi_platform(struct kunit *test, struct machine_smmu *smmu)
{
	struct msis *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct irq_domain_info info = { .ops = &domain_ops, .size = MSIS };

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->word = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->word);
	m->smmu = smmu;
	device_release_driver(smmu->dev);
	m->fwnode = irq_domain_alloc_named_fwnode("model-msi");
	KUNIT_ASSERT_NOT_NULL(test, m->fwnode);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, teardown, m));
	info.fwnode = m->fwnode;
	info.host_data = m;
	m->domain = msi_create_parent_irq_domain(&info, &parent_ops);
	KUNIT_ASSERT_NOT_NULL(test, m->domain);
	dev_set_msi_domain(smmu->dev, m->domain);
	return m;
}
