/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is it safe to take an SMMU over? It is not when devices behind it are already in use without it,
 * because their DMA and their MSIs would stop at the moment when the SMMU is enabled.
 *
 * An endpoint counts when it has a driver bound, the IOMMU core does not translate it (it has no
 * IOMMU group, or the empty group that VFIO makes in its no-IOMMU mode), and firmware places it
 * behind this SMMU. PCI bridges and ports do not count, but the log names them, because their own
 * interrupts stop. Devices without a driver do not count either.
 */
#ifndef SMMU_DRV_TAKEOVER_H
#define SMMU_DRV_TAKEOVER_H

#include <linux/types.h>

struct device;

/**
 * smmu_takeover_check() - look for devices in the way, before anything in the hardware is changed
 * @smmu: the SMMU's platform device
 * @force: only warn
 *
 * The result may be out of date at once: a driver that binds to a device while this function runs
 * may be missed. Only a device that has stopped waiting for its SMMU can be bound then, within the
 * milliseconds between this check and the registration with the IOMMU core.
 *
 * Context: probe of @smmu; may sleep. Takes no other device's lock.
 * Return: 0, or -EBUSY with a line for each device in the way (and their number when there are
 *	many) and a line that says what to do
 */
int smmu_takeover_check(struct device *smmu, bool force);

#endif
