/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tags: which entry type and which id an attachment uses on an SMMU.
 *
 * The code here keeps one rule: an id that is in no array has no entry in any TLB. So a fresh id
 * needs no flush when it is given back, and the caller flushes a used one before it is freed; when
 * it is parked, the caller flushes it as well, see smmu_inv_flush_begin(). If neither that flush is
 * confirmed nor the flush of the whole SMMU that follows, the id is withheld (smmu_tag_withhold()):
 * the SMMU is shut then. The id is given back when the SMMU comes back (smmu_tag_give_back()); and
 * its next probe begins with new id spaces.
 *
 * Locking: callers are writers of the array. The IDAs have locks of their own. Only smmu_tag_get()
 * and smmu_tag_alloc_vmid() can fail. They and smmu_tag_withhold() may sleep.
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
 * @inst: SMMU whose id space it is from
 * @id: ASID or VMID
 * @type: SMMU_INV_S1_ASID, SMMU_INV_S2_VMID or SMMU_INV_S2_VMID_VSMMU
 * @fresh: smmu_tag_get() has just allocated it; it is in no array yet
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
 * @type: SMMU_INV_S1_ASID or SMMU_INV_S2_VMID; a vSMMU has its own VMID and needs no get
 * @tag: filled on success
 * Return: 0; -ENOSPC when the id space is exhausted (the caller may reclaim parked tags and try
 *	again); -ENOMEM. On error nothing has changed.
 */
int smmu_tag_get(const struct smmu_array *array, struct smmu_inst *inst, u8 type,
		 struct smmu_tag *tag);

/**
 * smmu_tag_undo() - give a fresh tag back, on an error path between get and merge
 * @tag: from smmu_tag_get(). No command is needed or sent; a tag that was found is left alone.
 */
void smmu_tag_undo(struct smmu_tag *tag);

/**
 * smmu_tag_alloc_vmid() - allocate a VMID for a vSMMU; it is in no array
 * @inst: SMMU
 * Return: VMID > 0, -ENOSPC or -ENOMEM
 */
int smmu_tag_alloc_vmid(struct smmu_inst *inst);

/**
 * smmu_tag_free() - free an id that is flushed and in no array
 * @inst: SMMU
 * @type: a type with a tag
 * @id: the id
 */
void smmu_tag_free(struct smmu_inst *inst, u8 type, u32 id);

/**
 * smmu_tag_withhold() - do not give back an id whose flush was not confirmed
 * @inst: SMMU; its counter goes up, and the id stays allocated
 * @type: a type with a tag
 * @id: the id
 *
 * If an entry of the id is still in an array, the caller forgets it (smmu_array_forget()), because
 * otherwise that array would find the id again. Remembering the id may take a little memory. Where
 * there is none, the id is withheld for good.
 */
void smmu_tag_withhold(struct smmu_inst *inst, u8 type, u32 id);

/**
 * smmu_tag_give_back() - free the ids that were withheld
 * @inst: SMMU that has confirmed an invalidation of everything since then; its counter goes down
 */
void smmu_tag_give_back(struct smmu_inst *inst);

/**
 * smmu_tag_reserve() - never give out an id, because tables that are not this driver's name it
 * @inst: SMMU that is not in use yet
 * @type: a type with a tag
 * @id: an id of the SMMU's width; 0 is never given out anyway
 * Return: 0, also when it is reserved already; -ENOMEM
 */
int smmu_tag_reserve(struct smmu_inst *inst, u8 type, u32 id);

/* Give all ids back that were reserved. Nothing else has taken an id yet. */
void smmu_tag_unreserve_all(struct smmu_inst *inst);

/**
 * smmu_tag_reclaim() - take back the parked tags of one array on one SMMU
 * @array: in writer context
 * @inst: SMMU, or NULL for all (when the domain is freed)
 * @type: a type with a tag, or SMMU_INV_TYPES for all entries, also those without a tag
 *
 * Parked entries are forgotten, except that with a type those whose tag is being flushed stay. Ids
 * of SMMU_INV_S1_ASID and SMMU_INV_S2_VMID are freed. The id of an SMMU_INV_S2_VMID_VSMMU is not
 * freed, because it is the vSMMU's. With that entry its SMMU_INV_S2_VMID_S1_CLEAR is forgotten too,
 * if it is parked, because it is no use alone. Live entries stay.
 *
 * Return: number of ids freed
 */
u32 smmu_tag_reclaim(struct smmu_array *array, struct smmu_inst *inst, u8 type);

#if IS_ENABLED(CONFIG_KUNIT)
/* The only function here that allocates; suites can make it fail */
int smmu_tag_ida_alloc(struct ida *ida, u32 min, u32 max, gfp_t gfp);
#endif

#endif
