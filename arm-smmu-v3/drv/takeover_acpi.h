/* SPDX-License-Identifier: GPL-2.0-only */
/* What IORT says of who is behind an SMMU. */
#ifndef SMMU_DRV_TAKEOVER_ACPI_H
#define SMMU_DRV_TAKEOVER_ACPI_H

#include <linux/types.h>

struct device;

#ifdef CONFIG_ACPI_IORT
/* False where IORT cannot tell; otherwise as smmu_takeover_of_behind() */
bool smmu_takeover_acpi_behind(struct device *smmu, struct device *dev);
#else
static inline bool smmu_takeover_acpi_behind(struct device *smmu, struct device *dev)
{
	return false;
}
#endif

#endif
