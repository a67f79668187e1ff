/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which leaf sizes an iommu_iotlb_gather is about, as a bitmap of levels: bit 0 is the last.
 * The field of that meaning is pt.leaf_levels_bitmap. pgsize, which older kernels have instead,
 * and some in a union with it, is going away; between two calls of this driver nobody else reads
 * either, so it can hold the bitmap where it is all there is. Kbuild looks into the header.
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
