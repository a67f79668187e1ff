// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan: from an array and a range to batches of commands.
 *
 * A post is what one SMMU gets. It has up to three phases, in the order of the entry types. Each
 * phase is closed by a CMD_SYNC, because the next one relies on it:
 *
 *	TLBI		by address, or the whole tag
 *	NH_ALL		guest stage 1, which may hold what stage 2 just lost
 *	ATC_INV		only after the TLB cannot refill the device any more; with a CMD_SYNC
 *			for each StreamID
 *
 * The array is sorted, so a post or a phase ends where the next entry differs. @pos is always the
 * index of the first entry that has not been looked at. An entry is taken as a whole: commands
 * that do not fit into the batch stay in the range iterator and go out first next time. That needs
 * no look at the array, where the entry may have lost its last user in the meantime.
 *
 * Room: commands fill a batch up to its last slot but one, so that there is always a slot for a
 * CMD_SYNC. A post that has begun always gets its end, if need be in a batch of one CMD_SYNC. That
 * is not needed for an ATC_INV, but the wait for a post is for a CMD_SYNC in its last batch.
 *
 * SMMU_ERRATUM_REPEAT_TLBI: the phase is walked again after its CMD_SYNC, from @repeat_from.
 * Entries that become live in between need no invalidation: their STE was written after the page
 * table change that this walk is about.
 *
 * Context: a reader of the array; no locks, no allocation, any IRQ state.
 */
#include <linux/export.h>

#include <kunit/visibility.h>

#include <smmuv3/cmd.h>
#include <smmuv3/features.h>

#include "array.h"
#include "cmd.h"
#include "inst.h"
#include "plan.h"

enum plan_phase {
	PLAN_TLBI,
	PLAN_NH_ALL,
	PLAN_ATC,
};

static u8 plan_phase_of(const struct smmu_inv *inv)
{
	if (inv->type < SMMU_INV_S2_VMID_S1_CLEAR)
		return PLAN_TLBI;
	return smmu_inv_is_ats(inv->type) ? PLAN_ATC : PLAN_NH_ALL;
}

static bool plan_has_erratum(const struct smmu_inst *inst, u32 erratum)
{
	return unlikely(inst->feat.errata & erratum);
}

/* Is the whole tag invalidated? The answer is the same for a VMID's S2_VMID_VSMMU and S1_CLEAR. */
static bool plan_whole(const struct smmu_plan *plan, const struct smmu_inv *inv)
{
	return plan->range.all ||
	       smmu_range_prefers_all(&inv->inst->feat, &plan->range,
				      inv->pgshift);
}

static void plan_cmd_whole(const struct smmu_inv *inv, struct smmu_cmd *cmd)
{
	if (inv->type == SMMU_INV_S1_ASID)
		smmu_cmd_tlbi_asid(cmd, inv->id,
				   inv->inst->feat.flags & SMMU_FEAT_E2H);
	else
		smmu_cmd_tlbi_s12_vmall(cmd, inv->id);
}

static void plan_cmd_atc(const struct smmu_plan *plan,
			 const struct smmu_inv *inv, struct smmu_cmd *cmd)
{
	u8 size = ATC_SIZE_ALL;
	u64 addr = 0;

	/* a guest's PASIDs are not known here; the host's own PASIDs have their own entries */
	if (inv->type == SMMU_INV_ATS_FULL && inv->ssid == SMMU_INV_ALL_PASIDS) {
		smmu_cmd_atc_inv_pasids(cmd, inv->id);
		return;
	}
	if (inv->type == SMMU_INV_ATS && !plan->range.all)
		smmu_atc_span(plan->range.start, plan->range.last, &addr,
			      &size);
	smmu_cmd_atc_inv(cmd, inv->id, inv->ssid, inv->ssid, addr, size);
}

static bool batch_full(const struct smmu_batch *batch)
{
	return batch->n >= SMMU_BATCH_MAX - 1;
}

static void plan_sync(struct smmu_plan *plan, struct smmu_batch *batch)
{
	smmu_cmd_sync(&batch->cmd[batch->n++]);
	plan->unsynced = false;
	plan->atc_n = 0;
}

/*
 * The batch is full, and the post goes on in the next one. Commands of other CPUs may come between
 * the two, and with them a CMD_SYNC, so a segment ends with its batch.
 */
static bool plan_split(struct smmu_plan *plan, struct smmu_batch *batch)
{
	if (plan->unsynced &&
	    (plan->phase == PLAN_ATC ||
	     plan_has_erratum(plan->inst, SMMU_ERRATUM_SYNC_PER_BATCH)))
		plan_sync(plan, batch);
	return true;
}

/* Make room for an ATC_INV of a stream in the segment; false when the batch has no room */
static bool plan_segment(struct smmu_plan *plan, struct smmu_batch *batch, u32 sid)
{
	if (plan->atc_n && (plan->atc_sid != sid || plan->atc_n >= plan->inst->feat.atc_segment))
		plan_sync(plan, batch);
	if (batch_full(batch))
		return false;
	plan->atc_sid = sid;
	plan->atc_n++;
	return true;
}

/* Put out what is left of an entry's range; false when the batch has no room for all */
static bool plan_drain(struct smmu_plan *plan, struct smmu_batch *batch)
{
	while (plan->tlbi.pages) {
		if (batch_full(batch))
			return false;
		smmu_tlbi_next(&plan->tlbi, &batch->cmd[batch->n++]);
		plan->unsynced = true;
	}
	return true;
}

/* Put out all commands of one entry; false when the batch has no room for all */
static bool plan_take(struct smmu_plan *plan, struct smmu_batch *batch,
		      const struct smmu_inv *inv)
{
	struct smmu_cmd *cmd;

	if (batch_full(batch) ||
	    (plan->phase == PLAN_ATC && !plan_segment(plan, batch, inv->id)))
		return false;

	cmd = &batch->cmd[batch->n];
	plan->pos++;
	switch (plan->phase) {
	case PLAN_TLBI:
		if (!plan_whole(plan, inv)) {
			smmu_tlbi_start(&plan->tlbi, inv, &plan->range);
			return plan_drain(plan, batch);
		}
		plan_cmd_whole(inv, cmd);
		break;
	case PLAN_NH_ALL:
		smmu_cmd_tlbi_nh_all(cmd, inv->id);
		break;
	case PLAN_ATC:
		plan_cmd_atc(plan, inv, cmd);
		break;
	}
	batch->n++;
	plan->unsynced = true;
	return true;
}

/* The next entry that needs a command, NULL at the end of the array */
static const struct smmu_inv *plan_peek(struct smmu_plan *plan)
{
	const struct smmu_inv *inv;

	while ((inv = smmu_array_next_live(plan->array, &plan->pos,
					   plan->num))) {
		/* TLBI_S12_VMALL has invalidated the VMID's stage 1 as well */
		if (inv->type != SMMU_INV_S2_VMID_S1_CLEAR ||
		    !plan_whole(plan, inv))
			break;
		plan->pos++;
	}
	return inv;
}

/*
 * Does the array have a live ATS entry for the SMMU of @inv, which is at @pos? They are the last of
 * its entries.
 */
static bool plan_has_atc(const struct smmu_plan *plan, const struct smmu_inv *inv)
{
	u32 pos = plan->pos;

	do {
		if (smmu_inv_is_ats(inv->type))
			return true;
		pos++;
		inv = smmu_array_next_live(plan->array, &pos, plan->num);
	} while (inv && inv->inst == plan->inst);
	return false;
}

static void plan_phase_begin(struct smmu_plan *plan, const struct smmu_inv *inv)
{
	plan->inst = inv->inst;
	plan->phase = plan_phase_of(inv);
	plan->repeat_from = plan->pos;
	plan->repeated = false;
}

/* End the phase; true when it must be walked once more */
static bool plan_phase_end(struct smmu_plan *plan, struct smmu_batch *batch)
{
	if (plan->unsynced)
		plan_sync(plan, batch);
	if (plan->repeated || plan->phase == PLAN_ATC ||
	    !plan_has_erratum(plan->inst, SMMU_ERRATUM_REPEAT_TLBI))
		return false;
	plan->repeated = true;
	plan->pos = plan->repeat_from;
	return true;
}

static bool plan_post_end(struct smmu_plan *plan, struct smmu_batch *batch)
{
	if (!batch->n)
		plan_sync(plan, batch);
	batch->end = true;
	plan->inst = NULL;
	return true;
}

/* Fill @batch with the whole post of an SMMU that has this entry only, if that is one TLBI */
static __always_inline bool plan_short(const struct smmu_inv *inv,
				       const struct smmu_range *range,
				       struct smmu_batch *batch)
{
	if (inv->type > SMMU_INV_S2_VMID || inv->inst->feat.errata)
		return false;
	/* a range of one command is never so large that the whole tag is preferred */
	if (!smmu_tlbi_only(inv, range, &batch->cmd[0]))
		return false;
	smmu_cmd_sync(&batch->cmd[1]);
	batch->inst = inv->inst;
	batch->n = 2;
	batch->end = true;
	batch->atc = false;
	return true;
}

/* Between two posts: fill @batch if the next post is a short one */
static bool plan_next_short(struct smmu_plan *plan, struct smmu_batch *batch)
{
	const struct smmu_array *array = plan->array;
	const struct smmu_inv *inv = smmu_array_next_live(array, &plan->pos, plan->num);
	u32 next = plan->pos + 1;

	if (!inv || plan->range.all ||
	    (next < plan->num && array->inv[next].inst == inv->inst) ||
	    !plan_short(inv, &plan->range, batch))
		return false;
	plan->pos = next;
	return true;
}

void smmu_plan_start(struct smmu_plan *plan, const struct smmu_array *array,
		     const struct smmu_range *range)
{
	plan->array = array;
	plan->range = *range;
	plan->tlbi.pages = 0;
	plan->inst = NULL;
	plan->num = smmu_array_count(array);
	plan->pos = 0;
	plan->atc_n = 0;
	plan->atc = false;
	plan->unsynced = false;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_plan_start);

/* Out of line: otherwise the short way would save registers for it */
static noinline bool plan_next_long(struct smmu_plan *plan, struct smmu_batch *batch)
{
	const struct smmu_inv *inv;

	batch->inst = plan->inst;
	batch->n = 0;
	batch->end = false;
	batch->atc = plan->atc;
	if (!plan_drain(plan, batch))
		return plan_split(plan, batch);

	for (;;) {
		inv = plan_peek(plan);
		if (!plan->inst) {
			if (!inv)
				return false;
			batch->inst = inv->inst;
			plan_phase_begin(plan, inv);
			plan->atc = plan_has_atc(plan, inv);
			batch->atc = plan->atc;
		} else if (!inv || inv->inst != plan->inst ||
			   plan_phase_of(inv) != plan->phase) {
			if (plan_phase_end(plan, batch))
				continue;
			if (!inv || inv->inst != plan->inst)
				return plan_post_end(plan, batch);
			plan_phase_begin(plan, inv);
		}
		if (!plan_take(plan, batch, inv))
			return plan_split(plan, batch);
	}
}

bool smmu_plan_next(struct smmu_plan *plan, struct smmu_batch *batch)
{
	if (!plan->inst) {
		if (plan->pos == plan->num)
			return false;
		if (plan_next_short(plan, batch))
			return true;
	}
	return plan_next_long(plan, batch);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_plan_next);

bool smmu_plan_single(const struct smmu_array *array, const struct smmu_range *range,
		      struct smmu_batch *batch)
{
	const struct smmu_inv *inv;
	u32 pos = 0;

	if (smmu_array_count(array) != 1 || range->all)
		return false;
	inv = smmu_array_next_live(array, &pos, 1);
	return inv && plan_short(inv, range, batch);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_plan_single);

void smmu_plan_tag_flush(const struct smmu_inv *inv, struct smmu_batch *batch)
{
	int rounds = 1;

	if (plan_has_erratum(inv->inst, SMMU_ERRATUM_REPEAT_TLBI))
		rounds = 2;

	batch->inst = inv->inst;
	batch->n = 0;
	batch->end = true;
	batch->atc = false;
	while (rounds--) {
		plan_cmd_whole(inv, &batch->cmd[batch->n++]);
		smmu_cmd_sync(&batch->cmd[batch->n++]);
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_plan_tag_flush);
