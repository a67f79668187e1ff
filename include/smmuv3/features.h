/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an SMMU can do. This is decoded once, from IDR0-5 and IIDR (Arm IHI 0070, 6.3), and then
 * read everywhere. It is plain data without pointers, which may be copied freely.
 */
#ifndef SMMUV3_FEATURES_H
#define SMMUV3_FEATURES_H

#include <linux/bits.h>
#include <linux/types.h>

/* smmu_features.flags; core/feature.h has their names */
#define SMMU_FEAT_S1		BIT(0)	/* stage 1 translation */
#define SMMU_FEAT_S2		BIT(1)	/* stage 2 translation */
#define SMMU_FEAT_NESTING	BIT(2)	/* both stages at once, and no erratum against it */
#define SMMU_FEAT_STRTAB_2LVL	BIT(3)
#define SMMU_FEAT_CDTAB_2LVL	BIT(4)
#define SMMU_FEAT_RIL		BIT(5)	/* range invalidation */
#define SMMU_FEAT_MSI		BIT(6)
#define SMMU_FEAT_ATS		BIT(7)
#define SMMU_FEAT_PRI		BIT(8)
#define SMMU_FEAT_STALL		BIT(9)
#define SMMU_FEAT_STALL_FORCE	BIT(10)
#define SMMU_FEAT_HYP		BIT(11)
#define SMMU_FEAT_E2H		BIT(12)	/* stage 1 runs in the EL2-E2H world */
#define SMMU_FEAT_HA		BIT(13)	/* hardware access flag */
#define SMMU_FEAT_HD		BIT(14)	/* hardware dirty state */
#define SMMU_FEAT_HAFT		BIT(15)	/* access flag in table descriptors */
#define SMMU_FEAT_COHERENT	BIT(16)	/* walks and queues snoop CPU caches */
#define SMMU_FEAT_S2FWB		BIT(17)
#define SMMU_FEAT_BBML2		BIT(18)
#define SMMU_FEAT_BTM		BIT(19)
#define SMMU_FEAT_VAX		BIT(20)	/* 52-bit stage-1 input */
#define SMMU_FEAT_ATTR_OVR	BIT(21)	/* STE.MTCFG/SHCFG override works */
#define SMMU_FEAT_SVA		BIT(22)	/* can walk the CPUs' tables; set by drv */
#define SMMU_FEAT_DS		BIT(23)	/* IDR5.DS: LPA2 formats, 6-bit TLBI SCALE */
#define SMMU_FEAT_ECMDQ		BIT(24)	/* enhanced command queues */
#define SMMU_FEAT_NR		25

/* smmu_features.errata: each is set only for an SMMU that has the erratum itself */
#define SMMU_ERRATUM_NO_PREFETCH	BIT(0)	/* CMD_PREFETCH_* is illegal */
#define SMMU_ERRATUM_PAGE0_ONLY		BIT(1)	/* page 1 registers are in page 0 */
#define SMMU_ERRATUM_SYNC_PER_BATCH	BIT(2)	/* every batch must end in CMD_SYNC */
#define SMMU_ERRATUM_REPEAT_TLBI	BIT(3)	/* CFGI/TLBI + SYNC needed twice */

/**
 * struct smmu_features - decoded abilities of one SMMU
 * @flags: SMMU_FEAT_*
 * @errata: SMMU_ERRATUM_*
 * @granules: translation granules, as a bitmap of SZ_4K, SZ_16K, SZ_64K
 * @pgsizes: every leaf size that @granules allow, as iommu pgsize_bitmap
 * @asid_bits: 8 or 16
 * @vmid_bits: 8 or 16
 * @sid_bits: StreamID width
 * @ssid_bits: SubstreamID width, 0 for none
 * @va_bits: stage-1 input width
 * @oas_bits: output (and stage-2 input) width
 * @cmdq_log2: log2 of the command queue's largest number of entries
 * @evtq_log2: log2 of the event queue's largest number of entries
 * @priq_log2: log2 of the PRI queue's largest number of entries
 * @atc_segment: most ATC_INVs between two CMD_SYNCs: SMMU_SEGMENT_MAX, less where the queue has no
 *	room for as many; set when the queue is allocated
 * @stall_max: IDR5.STALL_MAX
 * @ecmdq_pages: log2 of the number of control pages of ECMDQs; 0 without SMMU_FEAT_ECMDQ
 * @ecmdq_each: log2 of the number of ECMDQs in each; likewise
 */
struct smmu_features {
	u32 flags;
	u32 errata;
	u32 granules;
	u64 pgsizes;
	u8 asid_bits;
	u8 vmid_bits;
	u8 sid_bits;
	u8 ssid_bits;
	u8 va_bits;
	u8 oas_bits;
	u8 cmdq_log2;
	u8 evtq_log2;
	u8 priq_log2;
	u8 atc_segment;
	u16 stall_max;
	u8 ecmdq_pages;
	u8 ecmdq_each;
};

#endif
