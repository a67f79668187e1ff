/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is it safe to take an SMMU over? Not when devices behind it are already driven without
 * it: their DMA and their MSIs would stop the moment it is enabled.
 *
 * An endpoint counts when it has a driver bound, the IOMMU core does not translate it (no
 * IOMMU group, or the empty one that VFIO makes in its no-IOMMU mode), and firmware places
 * it behind this SMMU. PCI bridges and ports do not count (named, though: their own
 * interrupts stop); unbound devices do not either.
 */
#ifndef SMMU_DRV_TAKEOVER_H
#define SMMU_DRV_TAKEOVER_H

#include <linux/types.h>

struct device;

/**
 * smmu_takeover_check() - before anything is changed in the hardware
 * @smmu: the SMMU's platform device
 * @force: only warn
 *
 * A look at a moving target: a driver that binds to a device while this runs may be missed.
 * Only a device that gave up waiting for its SMMU can, within the milliseconds between here
 * and the registration with the IOMMU core.
 *
 * Context: probe of @smmu; may sleep. Takes no other device's lock.
 * Return: 0, or -EBUSY with a line for each device in the way (and their number when they
 *	are many) and one that says what to do
 */
int smmu_takeover_check(struct device *smmu, bool force);

#endif
