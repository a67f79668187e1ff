/* SPDX-License-Identifier: GPL-2.0-only */
/* The lock over a device's MSI descriptors, as a guard */
#ifndef COMPAT_MSI_H
#define COMPAT_MSI_H

#include <linux/msi.h>

#ifndef COMPAT_MSI_GUARD
#include <linux/cleanup.h>

DEFINE_LOCK_GUARD_1(msi_descs_lock, struct device, msi_lock_descs(_T->lock),
		    msi_unlock_descs(_T->lock))
#endif

#endif
