/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of an SMMU: decode them and log them, rate-limited, with the name of the device. */
#ifndef SMMU_DRV_FAULT_H
#define SMMU_DRV_FAULT_H

struct smmu_device;
struct smmu_event;

/**
 * smmu_fault_report() - struct smmu_device_ops.event
 * @smmu: SMMU
 * @event: decoded record; nothing in it is trusted
 *
 * A stalled transaction for which there is no handler is terminated, so that the device goes on.
 */
void smmu_fault_report(struct smmu_device *smmu, const struct smmu_event *event);

#endif
