/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of NVIDIA's CMDQ-V (Tegra241, Tegra264): a device beside an SMMU that has more command
 * queues for it. Its queues (VCMDQs) are allocated to interfaces (VINTFs), in which they are
 * logical queues. No specification of it is public: the names are those of the kernel's driver.
 */
#ifndef SMMUV3_CMDQV_H
#define SMMUV3_CMDQV_H

#include <linux/bits.h>

/* What the maps and allocation registers can describe */
#define CMDQV_QUEUES_MAX		128
#define CMDQV_VINTFS_MAX		64
#define CMDQV_SIDS_MAX			16

/* In the first 64 KiB. CONFIG has more fields than EN, which stay as they are. */
#define CMDQV_CONFIG			0x0000
#define CMDQV_EN			BIT(0)
#define CMDQV_PARAM			0x0004
#define CMDQV_PARAM_VERSION		GENMASK(3, 0)
#define CMDQV_PARAM_LOG2QUEUES		GENMASK(7, 4)
#define CMDQV_PARAM_LOG2VINTFS		GENMASK(11, 8)
#define CMDQV_PARAM_LOG2SIDS		GENMASK(15, 12)
#define CMDQV_STATUS			0x0008
#define CMDQV_ENABLED			BIT(0)
/* 64 bits, read as two words because the address is not aligned */
#define CMDQV_VINTF_ERR_MAP		0x0014
/* a VINTF whose bit is 1 raises no interrupt; two words, too */
#define CMDQV_VINTF_INT_MASK		0x001c
#define CMDQV_CMDQ_ERR_MAP(m)		(0x0024 + 4 * (m))
#define CMDQV_CMDQ_ALLOC(q)		(0x0200 + 4 * (q))
#define CMDQ_ALLOC_ALLOCATED		BIT(0)
#define CMDQ_ALLOC_LVCMDQ		GENMASK(7, 1)
#define CMDQ_ALLOC_VINTF		GENMASK(20, 15)

#define CMDQV_VINTF(v)			(0x1000 + 0x100 * (v))
#define VINTF_CONFIG			0x00
#define VINTF_EN			BIT(0)
#define VINTF_VMID			GENMASK(16, 1)
#define VINTF_HYP_OWN			BIT(17)
#define VINTF_STATUS			0x04
#define VINTF_ENABLED			BIT(0)
#define VINTF_SID_MATCH(s)		(0x40 + 4 * (s))
#define SID_MATCH_EN			BIT(0)
#define SID_MATCH_VSID			GENMASK(20, 1)
#define VINTF_SID_REPLACE(s)		(0x80 + 4 * (s))
#define VINTF_LVCMDQ_ERR_MAP(m)		(0xc0 + 8 * (m))

/* Each queue has registers in two pages: in those of all queues, and in those of its VINTF */
#define CMDQV_PAGE			0x10000
#define CMDQV_QUEUE_PAGE0(q)		(0x10000 + 0x80 * (q))
#define CMDQV_QUEUE_PAGE1(q)		(0x20000 + 0x80 * (q))
#define CMDQV_VINTF_PAGES		0x30000
#define CMDQV_VINTF_PAGE0(v)		(CMDQV_VINTF_PAGES + 2 * CMDQV_PAGE * (v))
#define CMDQV_VINTF_PAGE1(v)		(CMDQV_VINTF_PAGE0(v) + CMDQV_PAGE)
#define CMDQV_QUEUE_BYTES		0x80

/* In page 0; CONS as CMDQ_CONS of the SMMU */
#define VCMDQ_CONS			0x00
#define VCMDQ_PROD			0x04
#define VCMDQ_CONFIG			0x08
#define VCMDQ_EN			BIT(0)
#define VCMDQ_STATUS			0x0c
#define VCMDQ_ENABLED			BIT(0)
#define VCMDQ_GERROR			0x10
#define VCMDQ_GERRORN			0x14
#define VCMDQ_GERROR_CMDQ_ERR		BIT(0)
/* In page 1 */
#define VCMDQ_BASE			0x00
#define VCMDQ_BASE_LOG2SIZE		GENMASK_ULL(4, 0)
#define VCMDQ_BASE_ADDR			GENMASK_ULL(47, 5)
#define VCMDQ_CONS_INDX_BASE		0x08

#endif
