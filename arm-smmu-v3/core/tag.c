// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tags: finding, allocating and giving back ASIDs and VMIDs.
 *
 * An id is in one of four states, and each step is one function here:
 *
 *	free ---- get, alloc_vmid ----> in use
 *	in use -- undo, free ---------> free	never merged, or flushed
 *	in use -- (unref) ------------> parked	flushed next, reserved for its array
 *	parked -- get ----------------> in use	same array, same SMMU
 *	parked -- reclaim ------------> free
 *	in use -- withhold -----------> withheld	flush not confirmed
 *	withheld -- give_back --------> free	everything flushed, and that is confirmed
 *	free ---- reserve ------------> reserved	for good: in use by tables of somebody else
 *
 * Parking needs no function: the id stays in its IDA for as long as the array holds the entry. The
 * functions here never send a command.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <compat/ida.h>

#include "array.h"
#include "inst.h"
#include "tag.h"

VISIBLE_IF_KUNIT int smmu_tag_ida_alloc(struct ida *ida, u32 min, u32 max,
					gfp_t gfp)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_tag_ida_alloc, ida, min, max, gfp);

	return ida_alloc_range(ida, min, max, gfp);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_ida_alloc);

static struct ida *tag_ida(struct smmu_inst *inst, u8 type)
{
	return type == SMMU_INV_S1_ASID ? &inst->asids : &inst->vmids;
}

static struct ida *withheld_ida(struct smmu_inst *inst, u8 type)
{
	return type == SMMU_INV_S1_ASID ? &inst->withheld_asids :
					  &inst->withheld_vmids;
}

/* An id > 0, -ENOSPC or -ENOMEM */
static int tag_alloc(struct smmu_inst *inst, u8 type)
{
	u8 bits = type == SMMU_INV_S1_ASID ? inst->feat.asid_bits :
					     inst->feat.vmid_bits;

	return smmu_tag_ida_alloc(tag_ida(inst, type), 1, BIT(bits) - 1,
				  GFP_KERNEL);
}

int smmu_tag_get(const struct smmu_array *array, struct smmu_inst *inst,
		 u8 type, struct smmu_tag *tag)
{
	const struct smmu_inv *inv;
	int id;

	KUNIT_STATIC_STUB_REDIRECT(smmu_tag_get, array, inst, type, tag);

	if (WARN_ON_ONCE(type != SMMU_INV_S1_ASID && type != SMMU_INV_S2_VMID))
		return -EINVAL;

	inv = smmu_array_find_tag(array, inst, type);
	id = inv ? inv->id : tag_alloc(inst, type);
	if (id < 0)
		return id;

	*tag = (struct smmu_tag) {
		.inst = inst,
		.id = id,
		.type = type,
		.fresh = !inv,
	};
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_get);

void smmu_tag_undo(struct smmu_tag *tag)
{
	if (!tag->fresh)
		return;

	smmu_tag_free(tag->inst, tag->type, tag->id);
	tag->fresh = false;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_undo);

int smmu_tag_alloc_vmid(struct smmu_inst *inst)
{
	return tag_alloc(inst, SMMU_INV_S2_VMID_VSMMU);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_alloc_vmid);

void smmu_tag_free(struct smmu_inst *inst, u8 type, u32 id)
{
	if (WARN_ON_ONCE(!smmu_inv_has_tag(type)))
		return;

	ida_free(tag_ida(inst, type), id);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_free);

void smmu_tag_withhold(struct smmu_inst *inst, u8 type, u32 id)
{
	/* The id stays in its IDA. Without memory no function takes it out. */
	smmu_tag_ida_alloc(withheld_ida(inst, type), id, id, GFP_KERNEL);
	atomic_inc(&inst->withheld);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_withhold);

static void give_back(struct smmu_inst *inst, u8 type)
{
	struct ida *withheld = withheld_ida(inst, type);
	int id;

	while ((id = ida_find_first(withheld)) >= 0) {
		ida_free(withheld, id);
		ida_free(tag_ida(inst, type), id);
		atomic_dec(&inst->withheld);
	}
}

void smmu_tag_give_back(struct smmu_inst *inst)
{
	give_back(inst, SMMU_INV_S1_ASID);
	give_back(inst, SMMU_INV_S2_VMID);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_give_back);

/* Forget a parked entry, and the entry that is no use without it */
static void forget_tag(struct smmu_array *array, struct smmu_inv *inv)
{
	struct smmu_inv key = *inv, *sibling;

	smmu_array_forget(array, inv);
	if (key.type != SMMU_INV_S2_VMID_VSMMU)
		return;

	key.type = SMMU_INV_S2_VMID_S1_CLEAR;
	sibling = smmu_array_find(array, &key);
	if (sibling && smmu_inv_is_parked(sibling))
		smmu_array_forget(array, sibling);
}

int smmu_tag_reserve(struct smmu_inst *inst, u8 type, u32 id)
{
	int ret = smmu_tag_ida_alloc(tag_ida(inst, type), id, id, GFP_KERNEL);

	/* several entries may name the same id */
	return ret == -ENOMEM ? ret : 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_reserve);

void smmu_tag_unreserve_all(struct smmu_inst *inst)
{
	ida_destroy(&inst->asids);
	ida_destroy(&inst->vmids);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_unreserve_all);

u32 smmu_tag_reclaim(struct smmu_array *array, struct smmu_inst *inst, u8 type)
{
	u32 i, freed = 0;

	for (i = 0; i < array->len; i++) {
		struct smmu_inv *inv = &array->inv[i];

		if (!smmu_inv_is_parked(inv) ||
		    (inst && inv->inst != inst) ||
		    (type != SMMU_INV_TYPES && (inv->type != type || inv->flushes)))
			continue;

		/* Forget the entry first: another domain may get the id at once */
		forget_tag(array, inv);
		if (!smmu_inv_has_tag(inv->type) || inv->type == SMMU_INV_S2_VMID_VSMMU)
			continue;
		smmu_tag_free(inv->inst, inv->type, inv->id);
		freed++;
	}
	return freed;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_reclaim);
