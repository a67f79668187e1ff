/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CMDQ-V companion of an SMMU, as firmware names it: hw/cmdqv.h.
 *
 * DT: the SMMU's property nvidia,cmdqv names a node compatible with nvidia,tegra264-cmdqv. ACPI:
 * the device NVDA200C whose _UID is the identifier of the SMMU's IORT node, as a decimal number.
 * A companion that two SMMUs may claim belongs to neither, because commands must not go to the
 * wrong one. One that no SMMU claims is never touched.
 */
#ifndef SMMU_DRV_COMPANION_H
#define SMMU_DRV_COMPANION_H

struct smmu_device;

/**
 * smmu_companion_find() - find the companion of an SMMU, and where its registers are
 * @smmu: SMMU before smmu_device_alloc(); out: @smmu->cmdqv.phys, .bytes, .irq
 *
 * Where there is one that cannot be used, a line says why. The companion's device is referenced as
 * long as the SMMU is bound.
 */
void smmu_companion_find(struct smmu_device *smmu);

#endif
