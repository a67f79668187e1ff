/* SPDX-License-Identifier: GPL-2.0-only */
/* uapi/linux/iommufd.h with what 7.3 adds to hw_info: an enum, so only the version can tell */
#ifndef SMMUV3_COMPAT_IOMMUFD_HW_INFO_H
#define SMMUV3_COMPAT_IOMMUFD_HW_INFO_H

#include <linux/bits.h>
#include <linux/version.h>
#include <uapi/linux/iommufd.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
/* user space has to repeat TLBI and CFGI with their CMD_SYNC */
#define IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI	BIT(0)
#endif

#endif
