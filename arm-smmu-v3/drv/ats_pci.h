/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ATS as the device's config space has it. What is not PCI has no ATS. Suites replace these
 * where their devices have no config space.
 */
#ifndef SMMU_DRV_ATS_PCI_H
#define SMMU_DRV_ATS_PCI_H

#include <linux/types.h>

struct smmu_master;

/* Bits of master->ats_cut */
enum {
	SMMU_CUT,		/* cut off, and not asked since */
	SMMU_CUT_MASTER,	/* bus mastering was on, and is to come back */
	SMMU_CUT_DRIVER,	/* a driver of this kernel had set it */
};

/* Device, root complex and SMMU all have it, and the smallest unit is agreed on */
bool smmu_ats_pci_capable(struct smmu_master *master);
/* "Global Invalidate Supported" (PCIe, ATS Capability register, bit 6) */
bool smmu_ats_pci_global(struct smmu_master *master);
/* It does not work without ATS (CXL.cache, and what the PCI core knows of) */
bool smmu_ats_pci_required(struct smmu_master *master);
int smmu_ats_pci_enable(struct smmu_master *master);
void smmu_ats_pci_disable(struct smmu_master *master);

/**
 * smmu_ats_pci_cut() - ATS and bus mastering off behind the PCI core's back
 * @master: device
 *
 * Any context. From here on nothing in its ATC is used: that rests on ATS Enable, which
 * nobody else writes. Bus mastering is its owner's, a guest's even, so it goes for as long as the
 * device may have requests under way that were made before, and comes back as it was found.
 */
void smmu_ats_pci_cut(struct smmu_master *master);

/*
 * ATS Enable back, so that the device does what an ATC_INV says: without it the answer is
 * Unsupported Request (3.9.1.5). Bus mastering stays off. The device was not disabled meanwhile.
 */
void smmu_ats_pci_ask(struct smmu_master *master);

/**
 * smmu_ats_pci_give_back() - bus mastering as its owner had it when it was taken
 * @master: device; nothing in its ATC can be used
 *
 * May be called when nothing was taken. Not what pci_dev.is_busmaster says: a guest that
 * has the device sets the bit without that.
 * Return: false while somebody has locked config space: a reset. What was saved for it may lack
 *	the bit and come back when it is over, so the caller tries again then.
 */
bool smmu_ats_pci_give_back(struct smmu_master *master);

/* Unplugged: nobody will answer */
bool smmu_ats_pci_gone(struct smmu_master *master);

#endif
