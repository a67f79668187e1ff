/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ATS in the config space of a device. A device that is not a PCI device has no ATS. Suites replace
 * these functions where their devices have no config space.
 */
#ifndef SMMU_DRV_ATS_PCI_H
#define SMMU_DRV_ATS_PCI_H

#include <linux/types.h>

struct smmu_master;

/* Bits of master->ats_cut */
enum {
	SMMU_CUT,		/* the device is cut off, until its STEs abort */
	SMMU_CUT_MASTER,	/* bus mastering was on and has to be given back */
	SMMU_CUT_DRIVER,	/* a driver of this kernel had turned it on */
	SMMU_CUT_CACHE,		/* Cache_Enable was set and has to be given back */
	SMMU_CUT_CACHE_STUCK,	/* Cache_Enable could not be cleared */
};

/*
 * Have the device, the root complex and the SMMU ATS? Also sets the smallest translation unit in
 * the device.
 */
bool smmu_ats_pci_capable(struct smmu_master *master);
/* Has the device "Global Invalidate Supported" (PCIe, ATS Capability register, bit 6)? */
bool smmu_ats_pci_global(struct smmu_master *master);
/* Does the device need ATS to work (CXL.cache, and devices that the PCI core lists)? */
bool smmu_ats_pci_required(struct smmu_master *master);
/*
 * Where is the CXL Control register, with Cache_Enable, that governs the device? It is in the
 * config space of function 0 of the device, or of its PF. Return: offset of the DVSEC, 0 for none.
 * Process context.
 */
u16 smmu_ats_pci_cxl(struct smmu_master *master);
int smmu_ats_pci_enable(struct smmu_master *master);
/* Disables PRI before, where it is on */
void smmu_ats_pci_disable(struct smmu_master *master);

/*
 * The machine has slept, and config space may be what another kernel has left there: clear ATS
 * Enable where ATS is off for this kernel, and set the smallest translation unit. Any context.
 */
void smmu_ats_pci_anew(struct smmu_master *master);

/**
 * smmu_ats_pci_cut() - turn ATS, CXL.cache and bus mastering off behind the PCI core's back
 * @master: device
 *
 * Any context. From here on nothing in the device's ATC is used. That depends on ATS Enable alone,
 * which no other code writes. Bus mastering belongs to the owner of the device, which may be a
 * guest. It is off only while the device may have requests under way that it made before, and is
 * then given back as it was found.
 *
 * An SMMU need not check the translated requests of CXL.cache against the STE (3.9.3), so
 * Cache_Enable is cleared as well, and stays so for as long as ATS does. Where the register is
 * locked (CONFIG_LOCK), the device cannot be kept from CXL.cache: SMMU_CUT_CACHE_STUCK is set, and
 * smmu_ats_pci_give_back() does not give bus mastering back before the failure ends.
 */
void smmu_ats_pci_cut(struct smmu_master *master);

/* Set Cache_Enable of a device with SMMU_CUT_CACHE, which the caller clears. Any context. */
void smmu_ats_pci_cache_on(struct smmu_master *master);

/* Does one register with Cache_Enable govern both? */
bool smmu_ats_pci_same_cache(const struct smmu_master *a, const struct smmu_master *b);

/* Are both functions of one physical device: the same one, or a PF and its VFs? */
bool smmu_ats_pci_same(const struct smmu_master *a, const struct smmu_master *b);

/**
 * smmu_ats_pci_give_back() - set bus mastering to what its owner had when it was taken away
 * @master: device; nothing in its ATC can be used
 *
 * May be called when nothing was taken away. Does nothing while ATS of a device has failed whose
 * Cache_Enable could not be cleared. pci_dev.is_busmaster does not say what to restore,
 * because a guest that has the device sets the bit without it.
 * Return: false while config space is locked, which means a reset. The reset may have saved a value
 *	without the bit and restore it at its end, so the caller tries again then.
 */
bool smmu_ats_pci_give_back(struct smmu_master *master);

/* Is the device unplugged? Then it will never answer. */
bool smmu_ats_pci_gone(struct smmu_master *master);

#endif
