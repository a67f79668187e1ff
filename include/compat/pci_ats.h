/* SPDX-License-Identifier: GPL-2.0-only */
/* Which devices do not work without ATS: kernels before 7.3 do not say. */
#ifndef COMPAT_PCI_ATS_H
#define COMPAT_PCI_ATS_H

#include <linux/pci-ats.h>
#include <linux/version.h>

static inline bool compat_pci_ats_required(struct pci_dev *pdev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
	return pci_ats_required(pdev);
#else
	return false;
#endif
}

#endif
