/* SPDX-License-Identifier: GPL-2.0-only */
/* What DT or ACPI says of an SMMU: coherency, quirks, interrupts. */
#ifndef SMMU_DRV_FIRMWARE_H
#define SMMU_DRV_FIRMWARE_H

#include <linux/types.h>

struct platform_device;
struct smmu_device;
struct smmu_iommu;
struct smmu_ident_env;
struct smmu_wired;

/**
 * smmu_firmware_read() - DT or IORT
 * @pdev: SMMU
 * @env: out: coherency and errata named by firmware, and added to what is disabled what
 *	firmware does not want used; the rest is left alone
 * @wired: out: interrupts, 0 where absent
 * Return: 0 or -EINVAL with one line logged
 */
int smmu_firmware_read(struct platform_device *pdev, struct smmu_ident_env *env,
		       struct smmu_wired *wired);

/**
 * smmu_firmware_differs() - a line in the log for each thing where firmware overrides IDR0
 * @smmu: initialised
 * @coherent: firmware's word on it, which decides what memory the DMA API gives
 * @absent: SMMU_FEAT_* that firmware does not want used
 * Return: how many
 */
u32 smmu_firmware_differs(struct smmu_device *smmu, bool coherent, u32 absent);

/**
 * smmu_firmware_preset() - streams with reserved memory regions keep their DMA
 * @iommu: allocated, not started. ACPI IORT RMR nodes; nothing on DT, where such regions
 *	belong to devices and come with their direct mappings.
 */
void smmu_firmware_preset(struct smmu_iommu *iommu);

#endif
