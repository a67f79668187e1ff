/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing an SMMU up: the order of register writes from the state in which the driver finds it
 * to "enabled".
 *
 * Arm IHI 0070, 6.3.9 (CR0 and its acknowledge), 6.3.14 (GBPA), 3.11 (reset, enable and
 * initialisation). After reset the content of the configuration caches and the TLBs is UNKNOWN,
 * so everything is invalidated before SMMUEN is set.
 *
 * device.c calls the last three functions in this order, and sets up interrupts before the last
 * one. An SMMU that was adopted (adopt.h) is not disabled: it keeps SMMUEN and what may only be
 * written while SMMUEN is 0.
 * The caller may sleep, and no other code uses the SMMU meanwhile.
 *
 * smmu_reset_anew() does the same for an SMMU that the driver knows, and whose registers may have
 * any values: it had no power, or another kernel has used it.
 */
#ifndef SMMU_HW_RESET_H
#define SMMU_HW_RESET_H

#include <linux/types.h>

struct smmu_device;

/* The values that CR1 and CR2 are to have */
u32 smmu_reset_cr1(const struct smmu_device *smmu);
u32 smmu_reset_cr2(const struct smmu_device *smmu);

/**
 * smmu_reset_stop_queues() - stop the queues of another kernel, while the SMMU goes on translating
 * @smmu: SMMU that was found enabled
 *
 * Sets GBPA.ABORT first, so that DMA aborts if the SMMU has to be disabled later. Commands that
 * were not consumed are lost, so everything has to be invalidated (6.3.9.3).
 * Return: NULL, or why not: the end of a sentence
 */
const char *smmu_reset_stop_queues(struct smmu_device *smmu);

/**
 * smmu_reset_disable() - clear CR0 and acknowledge old errors, before the first use
 * @smmu: SMMU. If it was found enabled, GBPA.ABORT is set first.
 * Return: 0 or an error with one line logged
 */
int smmu_reset_disable(struct smmu_device *smmu);

/**
 * smmu_reset_prepare() - program attributes and the bases of table and queues, enable the command
 *	queue, and invalidate everything
 * @smmu: disabled SMMU, with its memory allocated
 * Return: 0 or an error with one line logged
 */
int smmu_reset_prepare(struct smmu_device *smmu);

/**
 * smmu_reset_anew() - stop the SMMU, whatever it does, and program it up to its command queue
 * @smmu: SMMU that is dead for the driver
 *
 * Everything is invalidated afterwards, before smmu_reset_enable().
 * Return: 0; -EBUSY when the SMMU does not do as told; -ENODEV when it never will again, or is
 *	being stopped; both with one line logged. DMA aborts then, as far as the SMMU does as told.
 */
int smmu_reset_anew(struct smmu_device *smmu);

/**
 * smmu_reset_enable() - enable the event and PRI queues, where they exist, then translation
 * @smmu: prepared SMMU, with interrupts set up
 * Return: 0 or an error with one line logged
 */
int smmu_reset_enable(struct smmu_device *smmu);

#endif
