/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers that are written and acknowledged: IRQ_CTRL, GBPA and CR0.
 *
 * Nothing here logs; every function works in any context and polls for SMMU_REG_TIMEOUT_US at
 * most.
 *
 * smmu_gbpa_abort() and smmu_cr0_clear() may be called by any number of CPUs at once, and by an
 * interrupt handler in the middle of its own CPU's call. Each caller does the whole work and
 * waits for no other caller, because the other caller may be what it has interrupted. So
 * @shut_lock is held for one look at a register and the write that comes of it, and never while
 * the SMMU is waited for.
 */
#ifndef SMMU_HW_HANDSHAKE_H
#define SMMU_HW_HANDSHAKE_H

#include <linux/types.h>

struct smmu_device;

/**
 * smmu_reg_write_ack() - write a register and wait until its ACK register agrees
 * @smmu: SMMU
 * @reg: SMMU_IRQ_CTRL
 * @ack: SMMU_IRQ_CTRLACK
 * @val: value
 * Return: 0 or -ETIMEDOUT
 */
int smmu_reg_write_ack(struct smmu_device *smmu, u32 reg, u32 ack, u32 val);

/**
 * smmu_gbpa_abort() - transactions abort while SMMUEN is 0 (6.3.14)
 * @smmu: SMMU
 * Return: 0; -ETIMEDOUT; -ENODEV when the registers read as all ones
 */
int smmu_gbpa_abort(struct smmu_device *smmu);

/**
 * smmu_cr0_set() - write CR0 on the way up and wait for its acknowledge
 * @smmu: SMMU
 * @cr0: the register's new value
 * Return: 0; -ETIMEDOUT; -EIO, with nothing written, when somebody has begun to shut the SMMU
 */
int smmu_cr0_set(struct smmu_device *smmu, u32 cr0);

/**
 * smmu_cr0_clear() - clear fields of CR0, each by its own acknowledge (6.3.9)
 * @smmu: SMMU
 * @bits: CR0_*; SMMUEN's acknowledge waits for no other field, CMDQEN's for the command in
 *	progress, which may never end (6.3.9.3)
 * Return: those of @bits that are not acknowledged as 0
 */
u32 smmu_cr0_clear(struct smmu_device *smmu, u32 bits);

#endif
