/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Context descriptors: level-1 descriptor and Context Descriptor (CD).
 * Arm IHI 0070, sections 5.3 and 5.4; words are little-endian 64-bit.
 */
#ifndef SMMUV3_CD_H
#define SMMUV3_CD_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define CD_WORDS			8

struct smmu_cd {
	__le64 w[CD_WORDS];
};

static_assert(sizeof(struct smmu_cd) == 64);

/* 5.3: level-1 descriptor */
#define CDTAB_L1_V			BIT_ULL(0)
#define CDTAB_L1_L2PTR			GENMASK_ULL(51, 12)
/* log2 of the CDs in a level-2 table of 4 KiB (STE.S1FMT = 4K_L2) and of 64 KiB (64K_L2) */
#define CDTAB_L2_4K_BITS		6
#define CDTAB_L2_64K_BITS		10

/* Word 0 */
#define CD0_T0SZ			GENMASK_ULL(5, 0)
#define CD0_TG0				GENMASK_ULL(7, 6)
#define CD_TG0_4K			0
#define CD_TG0_64K			1
#define CD_TG0_16K			2
#define CD0_IR0				GENMASK_ULL(9, 8)
#define CD0_OR0				GENMASK_ULL(11, 10)
#define CD0_SH0				GENMASK_ULL(13, 12)
#define CD0_EPD0			BIT_ULL(14)
#define CD0_ENDI			BIT_ULL(15)
#define CD0_EPD1			BIT_ULL(30)
#define CD0_V				BIT_ULL(31)
#define CD0_IPS				GENMASK_ULL(34, 32)
#define CD0_AFFD			BIT_ULL(35)
#define CD0_TBI0			BIT_ULL(38)
#define CD0_AA64			BIT_ULL(41)
#define CD0_HD				BIT_ULL(42)
#define CD0_HA				BIT_ULL(43)
#define CD0_S				BIT_ULL(44)
#define CD0_R				BIT_ULL(45)
#define CD0_A				BIT_ULL(46)
#define CD0_ASET			BIT_ULL(47)
#define CD0_ASID			GENMASK_ULL(63, 48)

/* Word 1 and 3 */
#define CD1_HAFT			BIT_ULL(3)
#define CD1_TTB0			GENMASK_ULL(51, 4)
#define CD3_MAIR			GENMASK_ULL(63, 0)

#endif
