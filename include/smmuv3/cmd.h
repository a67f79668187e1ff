/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command queue entries. Arm IHI 0070, chapter 4.
 */
#ifndef SMMUV3_CMD_H
#define SMMUV3_CMD_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define CMD_WORDS			2

struct smmu_cmd {
	__le64 w[CMD_WORDS];
};

static_assert(sizeof(struct smmu_cmd) == 16);

enum smmu_opcode {
	CMD_PREFETCH_CONFIG	= 0x01,
	CMD_PREFETCH_ADDR	= 0x02,
	CMD_CFGI_STE		= 0x03,
	CMD_CFGI_STE_RANGE	= 0x04,		/* Range 31 is CMD_CFGI_ALL */
	CMD_CFGI_CD		= 0x05,
	CMD_CFGI_CD_ALL		= 0x06,
	CMD_TLBI_NH_ALL		= 0x10,
	CMD_TLBI_NH_ASID	= 0x11,
	CMD_TLBI_NH_VA		= 0x12,
	CMD_TLBI_NH_VAA		= 0x13,
	CMD_TLBI_EL2_ALL	= 0x20,
	CMD_TLBI_EL2_ASID	= 0x21,
	CMD_TLBI_EL2_VA		= 0x22,
	CMD_TLBI_EL2_VAA	= 0x23,
	CMD_TLBI_S12_VMALL	= 0x28,
	CMD_TLBI_S2_IPA		= 0x2a,
	CMD_TLBI_NSNH_ALL	= 0x30,
	CMD_ATC_INV		= 0x40,
	CMD_PRI_RESP		= 0x41,
	CMD_RESUME		= 0x44,
	CMD_STALL_TERM		= 0x45,
	CMD_SYNC		= 0x46,
};

#define CMD0_OPCODE			GENMASK_ULL(7, 0)
#define CMD0_SSV			BIT_ULL(11)

/* 4.3: configuration invalidation */
#define CMD0_CFGI_SSID			GENMASK_ULL(31, 12)
#define CMD0_CFGI_SID			GENMASK_ULL(63, 32)
#define CMD1_CFGI_LEAF			BIT_ULL(0)
#define CMD1_CFGI_RANGE			GENMASK_ULL(4, 0)
#define CFGI_RANGE_ALL			31

/* 4.4: TLB invalidation. NUM, SCALE, TTL and TG exist with IDR3.RIL only. */
#define CMD0_TLBI_NUM			GENMASK_ULL(16, 12)
#define CMD0_TLBI_SCALE			GENMASK_ULL(25, 20)
#define CMD0_TLBI_VMID			GENMASK_ULL(47, 32)
#define CMD0_TLBI_ASID			GENMASK_ULL(63, 48)
#define CMD1_TLBI_LEAF			BIT_ULL(0)
#define CMD1_TLBI_TTL			GENMASK_ULL(9, 8)
#define CMD1_TLBI_TG			GENMASK_ULL(11, 10)
#define TLBI_TG_NONE			0
#define TLBI_TG_4K			1
#define TLBI_TG_16K			2
#define TLBI_TG_64K			3
#define CMD1_TLBI_VA			GENMASK_ULL(63, 12)
#define CMD1_TLBI_IPA			GENMASK_ULL(51, 12)
#define TLBI_SCALE_MAX			39

/* 4.5: ATS and PRI */
#define CMD0_ATC_GLOBAL			BIT_ULL(9)
#define CMD0_ATC_SSID			GENMASK_ULL(31, 12)
#define CMD0_ATC_SID			GENMASK_ULL(63, 32)
#define CMD1_ATC_SIZE			GENMASK_ULL(5, 0)
#define CMD1_ATC_ADDR			GENMASK_ULL(63, 12)
#define ATC_SIZE_ALL			52
#define CMD0_PRI_SSID			GENMASK_ULL(31, 12)
#define CMD0_PRI_SID			GENMASK_ULL(63, 32)
#define CMD1_PRI_PRGINDEX		GENMASK_ULL(8, 0)
#define CMD1_PRI_RESP			GENMASK_ULL(13, 12)
#define PRI_RESP_FAILURE		0	/* for good: PRI is off for the device */
#define PRI_RESP_INVALID		1	/* one of the pages could not be mapped */
#define PRI_RESP_SUCCESS		2

/* 4.6: fault response */
#define CMD0_RESUME_ACTION		GENMASK_ULL(13, 12)
#define RESUME_TERMINATE		0
#define RESUME_RETRY			1
#define RESUME_ABORT			2
#define CMD0_RESUME_SID			GENMASK_ULL(63, 32)
#define CMD1_RESUME_STAG		GENMASK_ULL(15, 0)

/* 4.7.3: CMD_SYNC */
#define CMD0_SYNC_CS			GENMASK_ULL(13, 12)
#define SYNC_CS_NONE			0
#define SYNC_CS_IRQ			1
#define SYNC_CS_SEV			2
#define CMD0_SYNC_MSH			GENMASK_ULL(23, 22)
#define CMD0_SYNC_MSIATTR		GENMASK_ULL(27, 24)
#define CMD0_SYNC_MSIDATA		GENMASK_ULL(63, 32)
#define CMD1_SYNC_MSIADDR		GENMASK_ULL(51, 2)

#endif
