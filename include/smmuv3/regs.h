/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register map of an SMMUv3, Non-secure programming interface.
 *
 * Offsets and fields are those of Arm IHI 0070, section 6.3, with its names. A register of page 1
 * has its offset within that page. There are only facts here: arm-smmu-v3/hw decides what is done
 * with a register.
 */
#ifndef SMMUV3_REGS_H
#define SMMUV3_REGS_H

#include <linux/bits.h>

/* 6.3.1 - 6.3.8: identification */
#define SMMU_IDR0			0x000
#define IDR0_S2P			BIT(0)
#define IDR0_S1P			BIT(1)
#define IDR0_TTF			GENMASK(3, 2)
#define IDR0_TTF_A64			2
#define IDR0_TTF_A32_A64		3
#define IDR0_COHACC			BIT(4)
#define IDR0_BTM			BIT(5)
#define IDR0_HTTU			GENMASK(7, 6)
#define IDR0_HTTU_NONE			0
#define IDR0_HTTU_AF			1
#define IDR0_HTTU_AF_DIRTY		2
#define IDR0_HTTU_TABLE_AF		3
#define IDR0_HYP			BIT(9)
#define IDR0_ATS			BIT(10)
#define IDR0_NS1ATS			BIT(11)
#define IDR0_ASID16			BIT(12)
#define IDR0_MSI			BIT(13)
#define IDR0_PRI			BIT(16)
#define IDR0_VMID16			BIT(18)
#define IDR0_CD2L			BIT(19)
#define IDR0_TTENDIAN			GENMASK(22, 21)
#define IDR0_TTENDIAN_ANY		0
#define IDR0_TTENDIAN_LITTLE		2
#define IDR0_TTENDIAN_BIG		3
#define IDR0_STALL_MODEL		GENMASK(25, 24)
#define IDR0_STALL_BOTH			0
#define IDR0_STALL_NEVER		1
#define IDR0_STALL_ALWAYS		2
#define IDR0_ST_LEVEL			GENMASK(28, 27)
#define IDR0_ST_LEVEL_2			1

#define SMMU_IDR1			0x004
#define IDR1_SIDSIZE			GENMASK(5, 0)
#define IDR1_SSIDSIZE			GENMASK(10, 6)
#define IDR1_PRIQS			GENMASK(15, 11)
#define IDR1_EVENTQS			GENMASK(20, 16)
#define IDR1_CMDQS			GENMASK(25, 21)
#define IDR1_ATTR_PERMS_OVR		BIT(26)
#define IDR1_ATTR_TYPES_OVR		BIT(27)
#define IDR1_REL			BIT(28)
#define IDR1_QUEUES_PRESET		BIT(29)
#define IDR1_TABLES_PRESET		BIT(30)
#define IDR1_ECMDQ			BIT(31)

#define SMMU_IDR2			0x008

#define SMMU_IDR3			0x00c
#define IDR3_HAD			BIT(2)
#define IDR3_XNX			BIT(4)
#define IDR3_FWB			BIT(8)
#define IDR3_RIL			BIT(10)
#define IDR3_BBML			GENMASK(12, 11)

#define SMMU_IDR4			0x010

#define SMMU_IDR5			0x014
#define IDR5_OAS			GENMASK(2, 0)
#define IDR5_GRAN4K			BIT(4)
#define IDR5_GRAN16K			BIT(5)
#define IDR5_GRAN64K			BIT(6)
#define IDR5_DS				BIT(7)
#define IDR5_VAX			GENMASK(11, 10)
#define IDR5_VAX_52			1
#define IDR5_STALL_MAX			GENMASK(31, 16)

#define SMMU_IIDR			0x018
#define IIDR_IMPLEMENTER		GENMASK(11, 0)
#define IIDR_REVISION			GENMASK(15, 12)
#define IIDR_VARIANT			GENMASK(19, 16)
#define IIDR_PRODUCTID			GENMASK(31, 20)

#define SMMU_AIDR			0x01c

/* 6.3.9 - 6.3.12: control. CR0 takes effect when CR0ACK shows the value. */
#define SMMU_CR0			0x020
#define SMMU_CR0ACK			0x024
#define CR0_SMMUEN			BIT(0)
#define CR0_PRIQEN			BIT(1)
#define CR0_EVENTQEN			BIT(2)
#define CR0_CMDQEN			BIT(3)
#define CR0_ATSCHK			BIT(4)

#define SMMU_CR1			0x028
#define CR1_QUEUE_IC			GENMASK(1, 0)
#define CR1_QUEUE_OC			GENMASK(3, 2)
#define CR1_QUEUE_SH			GENMASK(5, 4)
#define CR1_TABLE_IC			GENMASK(7, 6)
#define CR1_TABLE_OC			GENMASK(9, 8)
#define CR1_TABLE_SH			GENMASK(11, 10)
#define CR1_CACHE_NC			0
#define CR1_CACHE_WB			1

#define SMMU_CR2			0x02c
#define CR2_E2H				BIT(0)
#define CR2_RECINVSID			BIT(1)
#define CR2_PTM				BIT(2)

#define SMMU_GBPA			0x044
#define GBPA_SHCFG			GENMASK(13, 12)
#define GBPA_SHCFG_INCOMING		1
#define GBPA_ABORT			BIT(20)
#define GBPA_UPDATE			BIT(31)

/* 6.3.17 - 6.3.22: interrupts and global errors */
#define SMMU_IRQ_CTRL			0x050
#define SMMU_IRQ_CTRLACK		0x054
#define IRQ_CTRL_GERROR			BIT(0)
#define IRQ_CTRL_PRIQ			BIT(1)
#define IRQ_CTRL_EVENTQ			BIT(2)

#define SMMU_GERROR			0x060
#define SMMU_GERRORN			0x064
#define GERROR_CMDQ_ERR			BIT(0)
#define GERROR_EVENTQ_ABT_ERR		BIT(2)
#define GERROR_PRIQ_ABT_ERR		BIT(3)
#define GERROR_MSI_CMDQ_ABT_ERR		BIT(4)
#define GERROR_MSI_EVENTQ_ABT_ERR	BIT(5)
#define GERROR_MSI_PRIQ_ABT_ERR		BIT(6)
#define GERROR_MSI_GERROR_ABT_ERR	BIT(7)
#define GERROR_SFM_ERR			BIT(8)
#define GERROR_CMDQP_ERR		BIT(9)
#define GERROR_ALL			(GENMASK(9, 2) | BIT(0))

#define SMMU_GERROR_IRQ_CFG0		0x068

/* One MSI: address (64 bit), payload, attributes; see 6.3.19 - 6.3.21 */
#define IRQ_CFG1			0x8
#define IRQ_CFG2			0xc
#define IRQ_CFG0_ADDR			GENMASK_ULL(51, 2)
#define IRQ_CFG2_MEMATTR		GENMASK(3, 0)
#define IRQ_CFG2_SH			GENMASK(5, 4)
#define MEMATTR_DEVICE_NGNRE		0x1
#define MEMATTR_NORMAL_WB		0xf

/* Shareability as STE, CD, CR1 and CMD_SYNC encode it */
#define SMMU_SH_NON			0
#define SMMU_SH_OUTER			2
#define SMMU_SH_INNER			3

/* 6.3.24, 6.3.25: stream table */
#define SMMU_STRTAB_BASE		0x080
#define STRTAB_BASE_ADDR		GENMASK_ULL(51, 6)
#define STRTAB_BASE_READ_ALLOC		BIT_ULL(62)
#define SMMU_STRTAB_BASE_CFG		0x088
#define STRTAB_BASE_CFG_LOG2SIZE	GENMASK(5, 0)
#define STRTAB_BASE_CFG_SPLIT		GENMASK(10, 6)
#define STRTAB_BASE_CFG_FMT		GENMASK(17, 16)
#define STRTAB_FMT_LINEAR		0
#define STRTAB_FMT_2LVL			1

/* 6.3.26 - 6.3.36: queues. EVENTQ and PRIQ indexes live in page 1. */
#define SMMU_CMDQ_BASE			0x090
#define SMMU_CMDQ_PROD			0x098
#define SMMU_CMDQ_CONS			0x09c
#define CMDQ_CONS_ERR			GENMASK(30, 24)
#define CERROR_NONE			0
#define CERROR_ILL			1
#define CERROR_ABT			2
#define CERROR_ATC_INV_SYNC		3
#define SMMU_EVENTQ_BASE		0x0a0
#define SMMU_PAGE1_EVENTQ_PROD		0x0a8
#define SMMU_PAGE1_EVENTQ_CONS		0x0ac
#define SMMU_EVENTQ_IRQ_CFG0		0x0b0
#define SMMU_PRIQ_BASE			0x0c0
#define SMMU_PAGE1_PRIQ_PROD		0x0c8
#define SMMU_PAGE1_PRIQ_CONS		0x0cc
#define SMMU_PRIQ_IRQ_CFG0		0x0d0

#define QUEUE_BASE_LOG2SIZE		GENMASK_ULL(4, 0)
#define QUEUE_BASE_ADDR			GENMASK_ULL(51, 5)
#define QUEUE_BASE_ALLOC		BIT_ULL(62)
/* EVENTQ/PRIQ PROD.OVFLG against CONS.OVACKFLG, 7.4 */
#define QUEUE_OVERFLOW			BIT(31)

/*
 * 6.3.8, 6.3.49 - 6.3.51: control pages of enhanced command queues. ADDR is an offset from register
 * page 0. The pages are contiguous, in ascending order.
 */
#define SMMU_IDR6			0x190
#define IDR6_LOG2NUMQ			GENMASK(19, 16)
#define IDR6_LOG2NUMP			GENMASK(27, 24)
#define SMMU_CMDQ_CONTROL_PAGE(n)	(0x4000 + 32 * (n))
#define CONTROL_PAGE_BASE		0x00
#define CONTROL_PAGE_PRESET		BIT_ULL(0)
#define CONTROL_PAGE_CMDQGS		GENMASK_ULL(2, 1)
#define CONTROL_PAGE_CMDQGS_64K		1
#define CONTROL_PAGE_ADDR		GENMASK_ULL(55, 16)
#define CONTROL_PAGE_CFG		0x08
#define CONTROL_PAGE_STATUS		0x0c
#define CONTROL_PAGE_EN			BIT(0)
#define CONTROL_PAGE_BYTES		0x10000
#define ECMDQ_LOG2_MAX			8

/* 6.2.5, 6.3.107 - 6.3.109: a queue of a control page; the queues are spaced evenly in it */
#define ECMDQ_BASE			0x00
#define ECMDQ_PROD			0x08
#define ECMDQ_PROD_WR			GENMASK(19, 0)
#define ECMDQ_PROD_ERRACK		BIT(23)
#define ECMDQ_PROD_EN			BIT(31)
#define ECMDQ_CONS			0x0c
#define ECMDQ_CONS_RD			GENMASK(19, 0)
#define ECMDQ_CONS_ERR			BIT(23)
#define ECMDQ_CONS_ERR_REASON		GENMASK(26, 24)
#define ECMDQ_CONS_ENACK		BIT(31)

#define SMMU_PAGE1_OFFSET		0x10000
#define SMMU_MMIO_MIN			0x20000

#endif
