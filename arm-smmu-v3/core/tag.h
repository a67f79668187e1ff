/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tags: which entry type and which id an attachment uses on an SMMU.
 *
 * Rule kept here: an id that is in no array has no entry in any TLB, so a fresh id
 * needs no flush when it is given back, and a used one is flushed by the caller
 * before it is parked or freed. Where a flush is not confirmed, nor the flush of the
 * whole SMMU that comes next, the id is never handed out again (smmu_tag_withhold()): the
 * SMMU is shut for good then, and the next probe of it begins with new id spaces.
 *
 * Locking: callers hold the attach mutex of the array's domain. The IDAs lock
 * themselves. Only smmu_tag_get() and smmu_tag_alloc_vmid() can fail and may sleep.
 */
#ifndef SMMU_CORE_TAG_H
#define SMMU_CORE_TAG_H

#include <linux/gfp_types.h>
#include <linux/types.h>

struct ida;
struct smmu_array;
struct smmu_inst;

/**
 * struct smmu_tag - an id and where it comes from
 * @inst: SMMU whose id space it is
 * @id: ASID or VMID
 * @type: SMMU_INV_S1_ASID, SMMU_INV_S2_VMID or SMMU_INV_S2_VMID_VSMMU
 * @fresh: allocated by this get; in no array yet
 */
struct smmu_tag {
	struct smmu_inst *inst;
	u32 id;
	u8 type;
	bool fresh;
};

/**
 * smmu_tag_get() - find this array's tag on an SMMU, or allocate one
 * @array: the domain's array
 * @inst: SMMU
 * @type: SMMU_INV_S1_ASID or SMMU_INV_S2_VMID; a vSMMU's is set, not got
 * @tag: filled on success
 * Return: 0, -ENOSPC when the id space is exhausted (the caller may reclaim parked
 *	tags and try again), -ENOMEM. On error nothing has changed.
 */
int smmu_tag_get(const struct smmu_array *array, struct smmu_inst *inst, u8 type,
		 struct smmu_tag *tag);

/**
 * smmu_tag_undo() - error path between get and merge: give a fresh tag back
 * @tag: from smmu_tag_get(). No command is needed or sent; a found tag is left alone.
 */
void smmu_tag_undo(struct smmu_tag *tag);

/**
 * smmu_tag_alloc_vmid() - a VMID for a vSMMU, in no array
 * @inst: SMMU
 * Return: VMID > 0, -ENOSPC or -ENOMEM
 */
int smmu_tag_alloc_vmid(struct smmu_inst *inst);

/**
 * smmu_tag_free() - return an id that is flushed and in no array
 * @inst: SMMU
 * @type: type with a tag
 * @id: id
 */
void smmu_tag_free(struct smmu_inst *inst, u8 type, u32 id);

/**
 * smmu_tag_withhold() - an id whose flush was not confirmed is not given back
 * @inst: SMMU; its counter goes up, the id stays allocated
 *
 * An entry that is still in an array is forgotten (smmu_array_forget()) by the
 * caller, or this array would find the id again.
 */
void smmu_tag_withhold(struct smmu_inst *inst);

/**
 * smmu_tag_reclaim() - take back what one array keeps parked on one SMMU
 * @array: writer context
 * @inst: SMMU, or NULL for all (the domain is being freed)
 * @type: a type with a tag, or SMMU_INV_TYPES for all entries, those without a tag too
 *
 * Parked entries are forgotten. Ids of SMMU_INV_S1_ASID and SMMU_INV_S2_VMID are freed. An
 * SMMU_INV_S2_VMID_VSMMU's is not, it is the vSMMU's; the entry takes its
 * SMMU_INV_S2_VMID_S1_CLEAR with it where that is parked, as one is no use without the other.
 * What is live stays.
 *
 * Return: number of ids freed
 */
u32 smmu_tag_reclaim(struct smmu_array *array, struct smmu_inst *inst, u8 type);

#if IS_ENABLED(CONFIG_KUNIT)
/* The one place that allocates here; for suites to make it fail */
int smmu_tag_ida_alloc(struct ida *ida, u32 min, u32 max, gfp_t gfp);
#endif

#endif
