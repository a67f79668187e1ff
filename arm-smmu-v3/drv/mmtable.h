/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page table of an mm as an SMMU walks it: what it asks of an SMMU, and its CD. For SVA, what
 * pgtable.h is for tables of the driver's own.
 *
 * Without CONFIG_IOMMU_SVA no SMMU can walk one.
 */
#ifndef SMMU_DRV_MMTABLE_H
#define SMMU_DRV_MMTABLE_H

#include <linux/types.h>

struct mm_struct;
struct smmu_cd_s1;
struct smmu_features;
struct smmu_pt_needs;

#ifdef CONFIG_IOMMU_SVA
/* What the CPUs' tables ask of an SMMU, as any other table does */
void smmu_mmtable_needs(struct smmu_pt_needs *needs);

/**
 * smmu_mmtable_walkable() - can an SMMU of these features walk what the CPUs walk?
 * @feat: features
 * @why: out, when not: what is missing; static storage
 * Return: true when it can
 */
bool smmu_mmtable_walkable(const struct smmu_features *feat, const char **why);

/**
 * smmu_mmtable_cd() - the mm's table as a CD of an SMMU; ASID and stall are left to the caller
 * @mm: address space that has not exited
 * @feat: of the SMMU
 * @s1: out
 */
void smmu_mmtable_cd(const struct mm_struct *mm, const struct smmu_features *feat,
		     struct smmu_cd_s1 *s1);
#else
static inline bool smmu_mmtable_walkable(const struct smmu_features *feat, const char **why)
{
	*why = "this kernel has no SVA";
	return false;
}

static inline void smmu_mmtable_cd(const struct mm_struct *mm, const struct smmu_features *feat,
				   struct smmu_cd_s1 *s1)
{
}
#endif

#endif
