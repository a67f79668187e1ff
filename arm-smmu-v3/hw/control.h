/* SPDX-License-Identifier: GPL-2.0-only */
/* Control registers: CR0-CR2, GBPA, IRQ_CTRL, with their acknowledges. */
#ifndef SMMU_HW_CONTROL_H
#define SMMU_HW_CONTROL_H

#include <linux/types.h>

struct smmu_device;

/**
 * smmu_ctrl_write() - write a register and wait until its ACK register agrees
 * @smmu: SMMU
 * @reg: SMMU_IRQ_CTRL
 * @ack: SMMU_IRQ_CTRLACK
 * @val: value
 * Return: 0 or -ETIMEDOUT (not logged). Any context, polls.
 */
int smmu_ctrl_write(struct smmu_device *smmu, u32 reg, u32 ack, u32 val);

/*
 * The next two may be called by any number of CPUs at once, and by an interrupt handler in the
 * middle of its own CPU's call: each does all that is to be done, and nobody waits for anybody.
 * No lock is held while the SMMU is waited for, SMMU_REG_TIMEOUT_US at most.
 */

/**
 * smmu_gbpa_abort() - transactions abort while SMMUEN is 0 (6.3.14)
 * @smmu: SMMU
 * Return: 0; -ETIMEDOUT; -ENODEV when the registers read as all ones. Nothing is logged. Any
 *	context, polls.
 */
int smmu_gbpa_abort(struct smmu_device *smmu);

/**
 * smmu_ctrl_clear() - clear fields of CR0, each by its own acknowledge (6.3.9)
 * @smmu: SMMU
 * @bits: CR0_*; SMMUEN's acknowledge waits for no other field, CMDQEN's for the command in
 *	progress, which may never end (6.3.9.3)
 * Return: those of @bits that are not acknowledged as 0. Nothing is logged. Any context, polls.
 */
u32 smmu_ctrl_clear(struct smmu_device *smmu, u32 bits);

/**
 * smmu_ctrl_disable() - before the first use: all of CR0 off, old errors acknowledged
 * @smmu: SMMU. One that was found enabled gets GBPA.ABORT first.
 * Return: 0 or an error with one line logged
 */
int smmu_ctrl_disable(struct smmu_device *smmu);

/**
 * smmu_ctrl_prepare() - attributes, table and queue bases, the command queue, and
 * everything invalidated that was cached before
 * @smmu: disabled, memory allocated
 * Return: 0 or an error with one line logged
 */
int smmu_ctrl_prepare(struct smmu_device *smmu);

/**
 * smmu_ctrl_enable() - event and PRI queues where there are such, then translation
 * @smmu: prepared, interrupts set up
 * Return: 0 or an error with one line logged
 */
int smmu_ctrl_enable(struct smmu_device *smmu);

#endif
