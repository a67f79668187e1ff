/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the IORT places a device behind an SMMU. */
#ifndef SMMU_DRV_TAKEOVER_ACPI_H
#define SMMU_DRV_TAKEOVER_ACPI_H

#include <linux/types.h>

struct device;

#ifdef CONFIG_ACPI_IORT
/* Returns false where the IORT does not say; otherwise as smmu_takeover_of_behind() */
bool smmu_takeover_acpi_behind(struct device *smmu, struct device *dev);
#else
static inline bool smmu_takeover_acpi_behind(struct device *smmu, struct device *dev)
{
	return false;
}
#endif

#endif
