/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers that the driver writes and the SMMU acknowledges: IRQ_CTRL, GBPA and CR0.
 *
 * These functions log nothing, work in any context, and poll for SMMU_REG_TIMEOUT_US at most.
 *
 * smmu_gbpa_abort() and smmu_cr0_clear() may be called by several CPUs at once, and by an
 * interrupt handler that has interrupted such a call on its own CPU. Each caller does the whole
 * work and does not wait for another caller, because it may have interrupted that caller. So
 * @shut_lock is held for one read of a register and the write that follows from it, and never
 * while the driver waits for the SMMU.
 */
#ifndef SMMU_HW_HANDSHAKE_H
#define SMMU_HW_HANDSHAKE_H

#include <linux/ktime.h>
#include <linux/types.h>

struct smmu_device;

/**
 * smmu_reg_write_ack() - write a register and wait until its ACK register shows the value
 * @smmu: SMMU
 * @reg: SMMU_IRQ_CTRL
 * @ack: SMMU_IRQ_CTRLACK
 * @val: value to write
 * Return: 0 or -ETIMEDOUT
 */
int smmu_reg_write_ack(struct smmu_device *smmu, u32 reg, u32 ack, u32 val);

/**
 * smmu_reg_await() - wait until fields of a register have a value
 * @smmu: SMMU
 * @page: where the register is
 * @off: offset of the register
 * @mask: the fields
 * @val: their value
 * Return: 0 or -ETIMEDOUT
 */
int smmu_reg_await(struct smmu_device *smmu, void __iomem *page, u32 off, u32 mask, u32 val);

/**
 * smmu_gbpa_abort() - make transactions abort while SMMUEN is 0 (6.3.14)
 * @smmu: SMMU
 * Return: 0; -ETIMEDOUT; -ENODEV when the registers read as all ones
 */
int smmu_gbpa_abort(struct smmu_device *smmu);

/**
 * smmu_gbpa_anew() - write all of GBPA, which may hold anything, with ABORT set
 * @smmu: SMMU
 * @gbpa: the other fields
 * Return: as smmu_gbpa_abort()
 */
int smmu_gbpa_anew(struct smmu_device *smmu, u32 gbpa);

/**
 * smmu_gbpa_restore() - clear GBPA.ABORT, if the driver has set it in order to shut the SMMU
 * @smmu: SMMU with SMMUEN = 1, which the driver is about to leave
 *
 * GBPA of an SMMU that was shut, or is being shut, stays as it is: DMA that was aborted goes on to
 * be aborted.
 * Return: as smmu_gbpa_abort(); 0 also when there is nothing to do
 */
int smmu_gbpa_restore(struct smmu_device *smmu);

/**
 * smmu_cr0_set() - write CR0 when the SMMU is enabled, and wait for the acknowledge
 * @smmu: SMMU
 * @cr0: the register's new value
 * Return: 0; -ETIMEDOUT; -EIO, with nothing written, when smmu_shut_begin() was called before
 */
int smmu_cr0_set(struct smmu_device *smmu, u32 cr0);

/**
 * smmu_cr0_only_queue() - enable the command queue and nothing else, although the SMMU was shut
 * @smmu: SMMU that has acknowledged all of CR0 as 0; its queue is programmed
 * Return: 0; -ETIMEDOUT; -ENODEV, with nothing written, for an SMMU that is being stopped
 */
int smmu_cr0_only_queue(struct smmu_device *smmu);

/**
 * smmu_cr0_clear() - clear fields of CR0, and wait for the acknowledge of each (6.3.9)
 * @smmu: SMMU
 * @bits: CR0_*. The acknowledge of SMMUEN depends on no other field. The acknowledge of CMDQEN
 *	waits for the command in progress, which may never end (6.3.9.3).
 * Return: the fields of @bits that the SMMU has not acknowledged as 0
 */
u32 smmu_cr0_clear(struct smmu_device *smmu, u32 bits);

/* As smmu_cr0_clear(), without waiting: the SMMU acknowledges when it can */
u32 smmu_cr0_clear_begin(struct smmu_device *smmu, u32 bits);

#if IS_ENABLED(CONFIG_KUNIT)
/* The clock of these waits, for tests to replace */
ktime_t smmu_handshake_clock(struct smmu_device *smmu);
#endif

#endif
