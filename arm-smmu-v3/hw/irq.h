/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of one SMMU. Where firmware names one line for everything, the driver uses that line.
 * Else it uses MSIs, where the SMMU can send them and the device has an MSI domain. Else it uses
 * one wired line for each source.
 */
#ifndef SMMU_HW_IRQ_H
#define SMMU_HW_IRQ_H

struct smmu_device;
struct smmu_wired;

/**
 * smmu_irq_setup() - allocate, request and enable interrupts
 * @smmu: SMMU whose queues are allocated and programmed
 * @wired: interrupts from firmware
 *
 * A missing interrupt is a warning and no error. Without it events are not reported, but errors are
 * still found by CPUs that poll.
 * Return: 0, or -ETIMEDOUT of IRQ_CTRL; on error everything is given back
 */
int smmu_irq_setup(struct smmu_device *smmu, const struct smmu_wired *wired);

/* Disable interrupts in the SMMU. Return: 0 or -ETIMEDOUT of IRQ_CTRL */
int smmu_irq_mask(struct smmu_device *smmu);

/**
 * smmu_irq_anew() - disable interrupts, and program MSIs as smmu_irq_setup() has done
 * @smmu: SMMU whose registers may have any values
 * Return: 0 or -ETIMEDOUT of IRQ_CTRL
 */
int smmu_irq_anew(struct smmu_device *smmu);

/* Enable interrupts in the SMMU. Return: 0 or -ETIMEDOUT of IRQ_CTRL */
int smmu_irq_unmask(struct smmu_device *smmu);

/* Disable and free all interrupts. No handler runs any more when this function returns. */
void smmu_irq_teardown(struct smmu_device *smmu);

#endif
