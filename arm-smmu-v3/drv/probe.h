/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of an SMMU from the platform driver's probe to its remove: read firmware, map the
 * registers, start the hardware, and last register with the IOMMU core, which then probes the
 * devices behind the SMMU at once.
 */
#ifndef SMMU_DRV_PROBE_H
#define SMMU_DRV_PROBE_H

struct platform_device;

/* The platform driver's callbacks; process context */
int smmu_probe(struct platform_device *pdev);
void smmu_remove(struct platform_device *pdev);
void smmu_shutdown(struct platform_device *pdev);

#endif
