/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt of a CMDQ-V companion (cmdqv.h), which says that queues have errors. Those of the
 * kernel's queues are dealt with here; guests are told of theirs.
 */
#ifndef SMMU_HW_CMDQV_IRQ_H
#define SMMU_HW_CMDQV_IRQ_H

struct smmu_device;

/* Request and free the interrupt. Without it, errors are seen by those that wait. */
void smmu_cmdqv_irq_setup(struct smmu_device *smmu);
void smmu_cmdqv_irq_teardown(struct smmu_device *smmu);

#endif
