/* SPDX-License-Identifier: GPL-2.0-only */
/* Node types of the IORT; not every kernel knows the newest */
#ifndef COMPAT_IORT_H
#define COMPAT_IORT_H

#include <linux/acpi.h>

#ifndef COMPAT_IORT_IWB
/* GICv5's wire bridge, Arm DEN 0049E.f */
#define ACPI_IORT_NODE_IWB	7
#endif

#endif
