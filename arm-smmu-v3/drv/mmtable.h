/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page table of an mm as an SMMU walks it: what an SMMU must be able to do to walk it, and its
 * CD. This is for SVA what pgtable.h is for page tables of the driver's own.
 *
 * Without COMPAT_SVA no SMMU can walk the page table of an mm.
 */
#ifndef SMMU_DRV_MMTABLE_H
#define SMMU_DRV_MMTABLE_H

#include <linux/types.h>

struct mm_struct;
struct smmu_cd_s1;
struct smmu_features;
struct smmu_pt_needs;

#if COMPAT_SVA
/*
 * What an SMMU must be able to do to walk the CPUs' page tables, in the form that is used for all
 * page tables
 */
void smmu_mmtable_needs(struct smmu_pt_needs *needs);

/**
 * smmu_mmtable_walkable() - can an SMMU of these features walk what the CPUs walk?
 * @feat: features
 * @why: out, when it cannot: what is missing; static storage
 * Return: true when it can
 */
bool smmu_mmtable_walkable(const struct smmu_features *feat, const char **why);

/**
 * smmu_mmtable_cd() - describe the mm's page table as a CD
 * @mm: address space that has not exited
 * @feat: features of the SMMU
 * @s1: out; ASID and stall are left to the caller
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
