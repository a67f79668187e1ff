/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stream table: level-1 descriptor and Stream Table Entry (STE).
 * Arm IHI 0070, sections 5.1 and 5.2; words are little-endian 64-bit.
 */
#ifndef SMMUV3_STE_H
#define SMMUV3_STE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define STE_WORDS			8

struct smmu_ste {
	__le64 w[STE_WORDS];
};

static_assert(sizeof(struct smmu_ste) == 64);

/* 5.1: level-1 descriptor; SPAN 0 is invalid, else 2^(SPAN - 1) STEs */
#define STRTAB_L1_SPAN			GENMASK_ULL(4, 0)
#define STRTAB_L1_L2PTR			GENMASK_ULL(51, 6)
/* The only split used here: 256 STEs (16 KiB) in a level-2 table */
#define STRTAB_SPLIT_BITS		8
#define STRTAB_L2_ENTRIES		BIT(STRTAB_SPLIT_BITS)

/* Word 0 */
#define STE0_V				BIT_ULL(0)
#define STE0_CONFIG			GENMASK_ULL(3, 1)
#define STE_CONFIG_ABORT		0
#define STE_CONFIG_BYPASS		4
#define STE_CONFIG_S1			5
#define STE_CONFIG_S2			6
#define STE_CONFIG_S1_S2		7
#define STE0_S1FMT			GENMASK_ULL(5, 4)
#define STE_S1FMT_LINEAR		0
#define STE_S1FMT_4K_L2			1
#define STE_S1FMT_64K_L2		2
#define STE0_S1CTXPTR			GENMASK_ULL(55, 6)
#define STE0_S1CDMAX			GENMASK_ULL(63, 59)

/* Word 1 */
#define STE1_S1DSS			GENMASK_ULL(1, 0)
#define STE_S1DSS_TERMINATE		0
#define STE_S1DSS_BYPASS		1
#define STE_S1DSS_SSID0			2
#define STE1_S1CIR			GENMASK_ULL(3, 2)
#define STE1_S1COR			GENMASK_ULL(5, 4)
#define STE_S1C_NC			0
#define STE_S1C_WBRA			1
#define STE1_S1CSH			GENMASK_ULL(7, 6)
#define STE1_PPAR			BIT_ULL(18)
#define STE1_MEV			BIT_ULL(19)
#define STE1_S2FWB			BIT_ULL(25)
#define STE1_S1STALLD			BIT_ULL(27)
#define STE1_EATS			GENMASK_ULL(29, 28)
#define STE_EATS_ABORT			0
#define STE_EATS_FULL			1
#define STE_EATS_S1CHK			2
#define STE1_STRW			GENMASK_ULL(31, 30)
#define STE_STRW_NSEL1			0
#define STE_STRW_EL2			2
#define STE1_SHCFG			GENMASK_ULL(45, 44)
#define STE_SHCFG_INCOMING		1

/* Word 2 */
#define STE2_S2VMID			GENMASK_ULL(15, 0)
#define STE2_S2T0SZ			GENMASK_ULL(37, 32)
#define STE2_S2SL0			GENMASK_ULL(39, 38)
#define STE2_S2IR0			GENMASK_ULL(41, 40)
#define STE2_S2OR0			GENMASK_ULL(43, 42)
#define STE2_S2SH0			GENMASK_ULL(45, 44)
#define STE2_S2TG			GENMASK_ULL(47, 46)
#define STE2_S2PS			GENMASK_ULL(50, 48)
#define STE2_S2AA64			BIT_ULL(51)
#define STE2_S2ENDI			BIT_ULL(52)
#define STE2_S2AFFD			BIT_ULL(53)
#define STE2_S2PTW			BIT_ULL(54)
#define STE2_S2HD			BIT_ULL(55)
#define STE2_S2HA			BIT_ULL(56)
#define STE2_S2S			BIT_ULL(57)
#define STE2_S2R			BIT_ULL(58)

/* Word 3 */
#define STE3_S2TTB			GENMASK_ULL(51, 4)

#endif
