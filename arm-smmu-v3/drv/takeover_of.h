/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether DT places a device behind an SMMU. */
#ifndef SMMU_DRV_TAKEOVER_OF_H
#define SMMU_DRV_TAKEOVER_OF_H

#include <linux/types.h>

struct device;

/*
 * Returns false where DT does not say. A PCI device is looked up by its own requester ID. The
 * aliases that a PCIe-to-PCI bridge gives it are not tried, because firmware maps whole buses.
 */
bool smmu_takeover_of_behind(struct device *smmu, struct device *dev);

#endif
