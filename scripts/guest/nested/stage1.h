/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's stage 1: one CD and page tables, in guest RAM. */
#ifndef NESTED_STAGE1_H
#define NESTED_STAGE1_H

#include "nested.h"

/*
 * Four pages of guest RAM, from page @first on: a table of one CD, and page tables of levels 1 to
 * 3.
 */
struct stage1 {
	unsigned int first;
	unsigned int asid;
};

#define STAGE1_PAGES	4

static inline uint64_t *stage1_cd(const struct stage1 *s1)
{
	return table_mem(s1->first);
}

static inline uint64_t *stage1_ptes(const struct stage1 *s1)
{
	return table_mem(s1->first + 3);
}

static inline void stage1_write_cd(const struct stage1 *s1, unsigned int asid,
				   unsigned int table)
{
	volatile uint64_t *cd = stage1_cd(s1);

	cd[1] = table_ipa(table);
	cd[3] = CD3_MAIR_WB;
	cd[0] = CD0_T0SZ | CD0_WB | CD0_EPD1 | CD0_V | CD0_IPS_40 | CD0_AA64 | CD0_R |
		CD0_A | CD0_ASET | CD0_ASID(asid);
	__sync_synchronize();
}

static inline void stage1_init(struct stage1 *s1, unsigned int first, unsigned int asid)
{
	uint64_t *l1 = table_mem(first + 1), *l2 = table_mem(first + 2);

	s1->first = first;
	s1->asid = asid;
	memset(table_mem(first), 0, STAGE1_PAGES * PAGE);
	l1[DVA >> 30] = table_ipa(first + 2) | PTE_TABLE;
	l2[DVA >> 21 & 511] = table_ipa(first + 3) | PTE_TABLE;
	stage1_write_cd(s1, asid, first + 1);
}

static inline void stage1_set(const struct stage1 *s1, unsigned int slot, uint64_t pte)
{
	*(volatile uint64_t *)(stage1_ptes(s1) + slot) = pte;
	__sync_synchronize();
}

static inline void stage1_map(const struct stage1 *s1, unsigned int slot, unsigned int page)
{
	stage1_set(s1, slot, data_ipa(page) | PTE_PAGE | PTE_EL0 | PTE_SH | PTE_AF | PTE_NG);
}

static inline void stage1_unmap(const struct stage1 *s1, unsigned int slot)
{
	stage1_set(s1, slot, 0);
}

/* Make a vSTE that points to it */
static inline uint32_t stage1_for(uint32_t viommu, const struct vdev *dev,
				  const struct stage1 *s1)
{
	return nested_for(viommu, dev, STE0_V | STE0_CONFIG(STE_S1) |
			  STE0_S1CTXPTR(table_ipa(s1->first)), STE1_S1C_WB);
}

#endif
