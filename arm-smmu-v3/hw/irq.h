/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of one SMMU: the one line for all where firmware names it, else MSIs where it can
 * and a domain exists, else a wired line each.
 */
#ifndef SMMU_HW_IRQ_H
#define SMMU_HW_IRQ_H

struct smmu_device;
struct smmu_wired;

/**
 * smmu_irq_setup() - allocate, request and enable
 * @smmu: queues are allocated and programmed
 * @wired: lines from firmware
 *
 * A missing line is a warning, not an error: events stay unreported then, errors are
 * still found by pollers.
 * Return: 0 or the error of IRQ_CTRL; on error everything is given back
 */
int smmu_irq_setup(struct smmu_device *smmu, const struct smmu_wired *wired);

/* Disable and free; handlers are done when it returns */
void smmu_irq_teardown(struct smmu_device *smmu);

#endif
