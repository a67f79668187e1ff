/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices whose first attach is deferred, because the DMA that the kernel before has started goes
 * on with that kernel's tables (hw/adopt.h).
 *
 * A device is attached when its driver first maps memory for DMA, or when somebody attaches it to
 * another domain, as VFIO does. A device that no driver takes is never attached, and a device that
 * is released before keeps its STE, so that its DMA goes on, too.
 */
#ifndef SMMU_DRV_DEFERRED_H
#define SMMU_DRV_DEFERRED_H

#include <linux/types.h>

struct device;
struct smmu_master;

/**
 * smmu_deferred() - shall the IOMMU core put off the first attach of a device?
 * @master: device, which the IOMMU core is adding; it is in its group
 * @type: default domain type that this driver wants for it, 0 for any
 *
 * Only where the STE is one of the kernel before that lets requests pass. Not where the default
 * domain is identity, because the kernel's DMA API does not use the IOMMU then, and nothing
 * attaches the device later. Nor for PCI Express ports: they do no DMA of their own, and without an
 * attach they would have no interrupts.
 * Context: iommu_ops.is_attach_deferred
 * Return: true where the attach is put off
 */
bool smmu_deferred(struct smmu_master *master, int type);

#if IS_ENABLED(CONFIG_KUNIT)
/* Will the default domain of the device be identity? Suites replace this function. */
bool smmu_deferred_identity(struct smmu_master *master, int type);
bool smmu_is_pcie_port(struct device *dev);
#endif

#endif
