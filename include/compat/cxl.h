/* SPDX-License-Identifier: GPL-2.0-only */
/* CXL's DVSEC for devices (CXL 3.1, 8.1.3), where the kernel keeps its names to itself */
#ifndef COMPAT_CXL_H
#define COMPAT_CXL_H

#include <linux/pci.h>

#ifndef PCI_DVSEC_CXL_DEVICE
#define PCI_DVSEC_CXL_DEVICE	0
#endif

#ifndef PCI_DVSEC_CXL_CTRL
#define PCI_DVSEC_CXL_CTRL	0xc
#endif

#endif
