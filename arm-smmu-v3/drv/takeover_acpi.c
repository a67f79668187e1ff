// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether ACPI places a device behind an SMMU. The kernel exports no function that says so.
 * Therefore the IORT is read here: core/iort.c reads the table, and this file knows the devices.
 */
#include <linux/acpi.h>
#include <linux/pci.h>

#include "core/iort.h"
#include "drv/takeover_acpi.h"

/* The platform data of an SMMU from the IORT is a pointer to its node in the table */
static u32 node_offset(struct device *smmu, const struct acpi_table_header *table)
{
	const void **node = dev_get_platdata(smmu);
	unsigned long offset;

	if (!node)
		return 0;
	offset = (unsigned long)*node - (unsigned long)table;
	return offset < table->length ? offset : 0;
}

static bool named_behind(const struct smmu_iort *iort, u32 node, struct device *dev)
{
	struct acpi_buffer path = { ACPI_ALLOCATE_BUFFER, NULL };
	struct acpi_device *adev = ACPI_COMPANION(dev);
	bool behind;

	if (!adev || ACPI_FAILURE(acpi_get_name(adev->handle, ACPI_FULL_PATHNAME, &path)))
		return false;
	behind = smmu_iort_named_reaches(iort, node, path.pointer);
	ACPI_FREE(path.pointer);
	return behind;
}

static bool table_behind(struct device *smmu, struct device *dev,
			 const struct acpi_table_header *table)
{
	struct smmu_iort iort = { table, table->length };
	u32 node = node_offset(smmu, table);

	if (!node)
		return false;
	if (dev_is_pci(dev)) {
		struct pci_dev *pdev = to_pci_dev(dev);

		return smmu_iort_pci_reaches(&iort, node, pci_domain_nr(pdev->bus),
					     pci_dev_id(pdev));
	}
	return named_behind(&iort, node, dev);
}

bool smmu_takeover_acpi_behind(struct device *smmu, struct device *dev)
{
	struct acpi_table_header *table;
	bool behind;

	/*
	 * The kernel keeps its own reference to this table for good, because its node pointers
	 * point into it
	 */
	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_IORT, 0, &table)))
		return false;
	behind = table_behind(smmu, dev, table);
	acpi_put_table(table);
	return behind;
}
