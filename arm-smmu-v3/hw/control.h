/* SPDX-License-Identifier: GPL-2.0-only */
/* Control registers: CR0-CR2, GBPA, IRQ_CTRL, with their acknowledges. */
#ifndef SMMU_HW_CONTROL_H
#define SMMU_HW_CONTROL_H

#include <linux/types.h>

struct smmu_device;

/**
 * smmu_ctrl_write() - write a register and wait until its ACK register agrees
 * @smmu: SMMU
 * @reg: SMMU_CR0 or SMMU_IRQ_CTRL
 * @ack: SMMU_CR0ACK or SMMU_IRQ_CTRLACK
 * @val: value
 * Return: 0 or -ETIMEDOUT (not logged). Any context, polls.
 */
int smmu_ctrl_write(struct smmu_device *smmu, u32 reg, u32 ack, u32 val);

/**
 * smmu_gbpa_abort() - transactions abort while SMMUEN is 0 (6.3.14)
 * @smmu: SMMU
 * Return: 0 or -ETIMEDOUT
 */
int smmu_gbpa_abort(struct smmu_device *smmu);

/* Disable: all of CR0 off. A found-enabled SMMU gets GBPA.ABORT first. */
int smmu_ctrl_disable(struct smmu_device *smmu);

/**
 * smmu_ctrl_prepare() - attributes, table and queue bases, the command queue, and
 * everything invalidated that was cached before
 * @smmu: disabled, memory allocated
 * Return: 0 or an error with one line logged
 */
int smmu_ctrl_prepare(struct smmu_device *smmu);

/**
 * smmu_ctrl_enable() - event and PRI queues, then translation
 * @smmu: prepared, interrupts set up
 * @records: enable the event and PRI queues
 * Return: 0 or an error with one line logged
 */
int smmu_ctrl_enable(struct smmu_device *smmu, bool records);

#endif
