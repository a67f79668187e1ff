/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quirks of page tables. Only nest parents have S2FWB, and a kernel that does not know the quirk
 * has no nest parents.
 */
#ifndef COMPAT_PGTABLE_H
#define COMPAT_PGTABLE_H

#include <linux/io-pgtable.h>

#ifndef IO_PGTABLE_QUIRK_ARM_S2FWB
#define IO_PGTABLE_QUIRK_ARM_S2FWB	0
#endif

#endif
