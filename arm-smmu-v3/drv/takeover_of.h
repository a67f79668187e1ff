/* SPDX-License-Identifier: GPL-2.0-only */
/* What DT says of who is behind an SMMU. */
#ifndef SMMU_DRV_TAKEOVER_OF_H
#define SMMU_DRV_TAKEOVER_OF_H

#include <linux/types.h>

struct device;

/*
 * False where DT cannot tell. A PCI device is looked up by its own requester ID. The aliases that
 * a PCIe-to-PCI bridge gives it are not tried: firmware maps whole buses.
 */
bool smmu_takeover_of_behind(struct device *smmu, struct device *dev);

#endif
