/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that do not work without ATS; not every kernel can say which those are. */
#ifndef COMPAT_PCI_ATS_H
#define COMPAT_PCI_ATS_H

#include <linux/pci-ats.h>

#ifdef COMPAT_PCI_ATS_REQUIRED
#define compat_pci_ats_required	pci_ats_required
#else
static inline bool compat_pci_ats_required(struct pci_dev *pdev)
{
	return false;
}
#endif

#endif
