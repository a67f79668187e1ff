/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PRI in the config space of a device (PCIe, Page Request Extended Capability). The kernel exports
 * no function that enables PRI. These functions write config space and struct pci_dev as the PCI
 * core's own would, so that the PCI core restores PRI after a reset, and what depends on it.
 */
#ifndef SMMU_DRV_PRI_PCI_H
#define SMMU_DRV_PRI_PCI_H

#include <linux/types.h>

struct smmu_master;

/**
 * smmu_pri_pci_capable() - can PRI be enabled in the device?
 * @master: device
 *
 * A VF has no PRI of its own; it shares that of its PF. A PF whose PRI is on lets all of its VFs
 * send page requests, and those of a VF that nobody serves are answered "invalid".
 * Return: true if the device is a PF, or has no VFs, and has the capability
 */
bool smmu_pri_pci_capable(struct smmu_master *master);

/* Has the answer to have the PASID of the request (PRG Response PASID Required)? */
bool smmu_pri_pci_wants_pasid(struct smmu_master *master);

/* Is PRI on in the device, or in the PF whose PRI the device shares? Any context. */
bool smmu_pri_pci_is_on(const struct smmu_master *master);

/**
 * smmu_pri_pci_stopped() - has PRI, which is off, stopped?
 * @master: device that has PRI
 * Return: true when the device has no page request without an answer, so that PRI may be enabled
 */
bool smmu_pri_pci_stopped(struct smmu_master *master);

/* Have the device forget its page requests; PRI is off */
void smmu_pri_pci_reset(struct smmu_master *master);

/* How many page requests can the device have under way at a time? */
u32 smmu_pri_pci_max(struct smmu_master *master);

/**
 * smmu_pri_pci_enable() - enable PRI
 * @master: device whose PRI has stopped
 * @reqs: how many page requests it may have under way at a time
 *
 * Any context.
 * Return: 0; -EINVAL where ATS is off or PRI is on already
 */
int smmu_pri_pci_enable(struct smmu_master *master, u32 reqs);

/*
 * Disable PRI, if it is on. When this returns, page requests that the device has sent before are
 * on their way no more. Any context.
 */
void smmu_pri_pci_disable(struct smmu_master *master);

#endif
