// SPDX-License-Identifier: GPL-2.0-only
#include <linux/acpi.h>
#include <linux/dev_printk.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "core/iort.h"
#include "drv/companion.h"
#include "hw/device.h"

#define DT_PROPERTY	"nvidia,cmdqv"
#define DT_COMPATIBLE	"nvidia,tegra264-cmdqv"
#define ACPI_ID		"NVDA200C"

/* How many SMMUs of the device tree name the node? */
static u32 dt_owners(const struct device_node *companion)
{
	struct device_node *np, *named;
	u32 n = 0;

	for_each_node_with_property(np, DT_PROPERTY) {
		named = of_parse_phandle(np, DT_PROPERTY, 0);
		n += named == companion;
		of_node_put(named);
	}
	return n;
}

/* Return: the companion's device, referenced; NULL without one; else an error pointer with @why */
static struct device *dt_find(struct device *dev, const char **why)
{
	struct device_node *np = of_parse_phandle(dev->of_node, DT_PROPERTY, 0);
	struct device *found = ERR_PTR(-ENODEV);
	struct platform_device *pdev;

	if (!np)
		return NULL;
	if (!of_device_is_compatible(np, DT_COMPATIBLE)) {
		*why = "its node is of another kind";
	} else if (dt_owners(np) != 1) {
		*why = "several SMMUs name it";
	} else {
		pdev = of_find_device_by_node(np);
		*why = "it has no device";
		if (pdev)
			found = &pdev->dev;
	}
	of_node_put(np);
	return found;
}

#ifdef CONFIG_ACPI
/* How many SMMUs of the IORT have the identifier? */
static u32 acpi_owners(u32 identifier)
{
	struct acpi_table_header *table;
	u32 n;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_IORT, 0, &table)))
		return 0;
	n = smmu_iort_smmus(&(struct smmu_iort) { table, table->length }, identifier);
	acpi_put_table(table);
	return n;
}

static struct device *acpi_find(struct device *dev, const char **why)
{
	const struct acpi_iort_node *node = *(struct acpi_iort_node **)dev_get_platdata(dev);
	struct acpi_device *adev, *more = NULL;
	struct device *found = ERR_PTR(-ENODEV);
	char uid[12];

	snprintf(uid, sizeof(uid), "%u", node->identifier);
	adev = acpi_dev_get_first_match_dev(ACPI_ID, uid, -1);
	if (!adev)
		return NULL;
	/* this gives the reference of @adev back */
	more = acpi_dev_get_next_match_dev(adev, ACPI_ID, uid, -1);
	if (more || acpi_owners(node->identifier) != 1) {
		*why = "it cannot be told which SMMU it belongs to";
		acpi_dev_put(more);
		return found;
	}
	adev = acpi_dev_get_first_match_dev(ACPI_ID, uid, -1);
	*why = "it has no device";
	if (adev && acpi_get_first_physical_node(adev))
		found = get_device(acpi_get_first_physical_node(adev));
	acpi_dev_put(adev);
	return found;
}
#else
static struct device *acpi_find(struct device *dev, const char **why)
{
	return NULL;
}
#endif

static void put_companion(void *data)
{
	put_device(data);
}

/* Return: NULL, or what is wrong */
static const char *read_resources(struct smmu_device *smmu, struct device *companion)
{
	struct platform_device *pdev;
	struct resource *res;
	int irq;

	if (devm_add_action_or_reset(smmu->dev, put_companion, companion))
		return "there is no memory";
	if (!dev_is_platform(companion))
		return "it is no platform device";
	pdev = to_platform_device(companion);
	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (!res)
		return "it has no registers";
	irq = platform_get_irq_optional(pdev, 0);
	smmu->cmdqv.phys = res->start;
	smmu->cmdqv.bytes = resource_size(res);
	smmu->cmdqv.irq = irq > 0 ? irq : 0;
	return NULL;
}

void smmu_companion_find(struct smmu_device *smmu)
{
	struct device *companion;
	const char *why = NULL;

	companion = smmu->dev->of_node ? dt_find(smmu->dev, &why) : acpi_find(smmu->dev, &why);
	if (!companion)
		return;
	if (!IS_ERR(companion))
		why = read_resources(smmu, companion);
	if (why)
		dev_warn(smmu->dev, "CMDQ-V is not used, because %s\n", why);
}
