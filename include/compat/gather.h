/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The leaf sizes that an iommu_iotlb_gather is about, as a bitmap of levels: bit 0 is the last
 * level. The field for that is pt.leaf_levels_bitmap. Older kernels have the field pgsize instead,
 * some kernels have it in a union with the bitmap, and it is going away. Between two calls of this
 * driver no other code reads either field, so pgsize can hold the bitmap in a kernel that has only
 * that. Kbuild looks into the kernel's header to find out (probe.mk).
 */
#ifndef COMPAT_GATHER_H
#define COMPAT_GATHER_H

#include <linux/bits.h>
#include <linux/iommu.h>

#ifdef COMPAT_GATHER_LEVELS
#define COMPAT_GATHER_FIELD	pt.leaf_levels_bitmap
#else
#define COMPAT_GATHER_FIELD	pgsize
#endif

/* iommu_iotlb_gather_init() has cleared it */
static inline void compat_gather_add_level(struct iommu_iotlb_gather *gather, u8 level)
{
	gather->COMPAT_GATHER_FIELD |= BIT(level);
}

static inline u8 compat_gather_levels(const struct iommu_iotlb_gather *gather)
{
	return gather->COMPAT_GATHER_FIELD;
}

#endif
