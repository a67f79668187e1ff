/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing an SMMU up: the order of register writes from what was found to "enabled".
 *
 * Arm IHI 0070, 6.3.9 (CR0 and its acknowledge), 6.3.14 (GBPA), 3.11 (reset, enable
 * and initialisation). The caches of configuration and translation have an UNKNOWN
 * content out of reset, so everything is invalidated before SMMUEN.
 *
 * device.c calls the three steps in this order, interrupts are set up before the last one. The
 * caller may sleep, and nobody else uses the SMMU.
 */
#ifndef SMMU_HW_RESET_H
#define SMMU_HW_RESET_H

struct smmu_device;

/**
 * smmu_reset_disable() - before the first use: all of CR0 off, old errors acknowledged
 * @smmu: SMMU. One that was found enabled gets GBPA.ABORT first.
 * Return: 0 or an error with one line logged
 */
int smmu_reset_disable(struct smmu_device *smmu);

/**
 * smmu_reset_prepare() - attributes, table and queue bases, the command queue, and
 * everything invalidated that was cached before
 * @smmu: disabled, memory allocated
 * Return: 0 or an error with one line logged
 */
int smmu_reset_prepare(struct smmu_device *smmu);

/**
 * smmu_reset_enable() - event and PRI queues where there are such, then translation
 * @smmu: prepared, interrupts set up
 * Return: 0 or an error with one line logged
 */
int smmu_reset_enable(struct smmu_device *smmu);

#endif
