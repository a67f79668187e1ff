/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's SMMUv3 driver writes: vSTEs, context descriptors, stage-1 page tables and
 * invalidation commands. Arm IHI 0070, chapters 4 and 5. All of it is little-endian, as this CPU
 * is.
 */
#ifndef NESTED_SMMU_H
#define NESTED_SMMU_H

#include <stdint.h>

#define BITS(high, low)		(~0ull >> (63 - (high)) & ~0ull << (low))
#define BIT(nr)			(1ull << (nr))

/* 5.2: the two words of a vSTE */
#define STE0_V			BIT(0)
#define STE0_CONFIG(x)		((uint64_t)(x) << 1)
#define STE0_S1FMT(x)		((uint64_t)(x) << 4)
#define STE0_S1CTXPTR(ipa)	((uint64_t)(ipa))
#define STE0_S1CDMAX(x)		((uint64_t)(x) << 59)
#define STE_ABORT		0
#define STE_BYPASS		4
#define STE_S1			5
#define STE_S2			6
#define STE_S1_S2		7
#define STE1_S1C_WB		(BIT(2) | BIT(4) | 3ull << 6)	/* S1CIR, COR, CSH */
#define STE1_EATS(x)		((uint64_t)(x) << 28)
#define STE1_STALLD		BIT(27)

/* 5.4: context descriptor, 64 bytes, for a 4K granule, 39 bits of input and 40 bits of output */
#define CD_WORDS		8
#define CD0_T0SZ		25ull
#define CD0_WB			(BIT(8) | BIT(10) | 3ull << 12)	/* IR0, OR0, SH0 */
#define CD0_EPD1		BIT(30)
#define CD0_V			BIT(31)
#define CD0_IPS_40		(2ull << 32)
#define CD0_AA64		BIT(41)
#define CD0_R			BIT(45)
#define CD0_A			BIT(46)
#define CD0_ASET		BIT(47)
#define CD0_ASID(x)		((uint64_t)(x) << 48)
#define CD3_MAIR_WB		0xffull

/* VMSAv8-64 descriptors, stage 1 */
#define PTE_TABLE		3ull
#define GUEST_PAGE		4096ul			/* of the guests' stage 1 */
#define PTE_PAGE		3ull
#define PTE_EL0			BIT(6)	/* AP[1] */
#define PTE_RO			BIT(7)	/* AP[2] */
#define PTE_SH			(3ull << 8)
#define PTE_AF			BIT(10)
#define PTE_NG			BIT(11)

/* Chapter 4: commands */
struct command {
	uint64_t w[2];
};

enum opcode {
	PREFETCH_CONFIG	= 0x01,
	CFGI_STE	= 0x03,
	CFGI_CD		= 0x05,
	CFGI_CD_ALL	= 0x06,
	TLBI_NH_ALL	= 0x10,
	TLBI_NH_ASID	= 0x11,
	TLBI_NH_VA	= 0x12,
	TLBI_NH_VAA	= 0x13,
	TLBI_S12_VMALL	= 0x28,
	TLBI_S2_IPA	= 0x2a,
	TLBI_NSNH_ALL	= 0x30,
	ATC_INV		= 0x40,
	CMD_SYNC	= 0x46,
};

#define CMD0_SID(x)		((uint64_t)(x) << 32)
#define CMD0_VMID(x)		((uint64_t)(x) << 32)
#define CMD0_ASID(x)		((uint64_t)(x) << 48)
#define CMD0_NUM(x)		((uint64_t)(x) << 12)
#define CMD0_SCALE(x)		((uint64_t)(x) << 20)
#define CMD1_LEAF		BIT(0)
#define CMD1_TTL(x)		((uint64_t)(x) << 8)
#define CMD1_TG_4K		BIT(10)

/* 7.3: event records */
#define EVENT_ID(w0)		((w0) & 0xff)
#define EVENT_SID(w0)		((w0) >> 32)
#define EVENT1_RNW		BIT(35)
#define EVENT1_S2		BIT(39)
#define EVENT1_CLASS(w1)	((w1) >> 40 & 3)
#define EVENT_CLASS_IN		2
#define C_BAD_CD		0x0a
#define F_TRANSLATION		0x10
#define F_PERMISSION		0x13

#endif
