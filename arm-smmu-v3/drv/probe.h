/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SMMU from the platform driver's probe to its remove: firmware, registers, the hardware,
 * and last the registration with the IOMMU core, which probes the devices behind it at once.
 */
#ifndef SMMU_DRV_PROBE_H
#define SMMU_DRV_PROBE_H

struct platform_device;

/* The platform driver's callbacks; process context */
int smmu_probe(struct platform_device *pdev);
void smmu_remove(struct platform_device *pdev);
void smmu_shutdown(struct platform_device *pdev);

#endif
