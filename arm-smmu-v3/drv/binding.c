// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>

#include <kunit/static_stub.h>

#include "core/array.h"
#include "core/plan.h"
#include "drv/arrays.h"
#include "drv/binding.h"
#include "drv/gate.h"
#include "drv/iommu.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/trace.h"
#include "drv/withhold.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/shut.h"

/*
 * A binding has one TLB entry, or two where the tag is a vSMMU's. For each StreamID it has one ATS
 * entry, or two where the tag is a vSMMU's, because the guest's PASIDs have one of their own.
 */
#define TLB_ENTRIES_MAX		2
#define ATS_ENTRIES_MAX		2

/*
 * The entries of the binding that enters or leaves a domain. They are filled and used under
 * smmu_arrays_mutex, without giving it back, for one binding at a time. The array has room for the
 * largest number of StreamIDs that any master has had, so that no attach, detach or release
 * allocates.
 */
static struct smmu_array *scratch;

int smmu_binding_reserve(u32 nr_sids)
{
	u32 entries = TLB_ENTRIES_MAX + ATS_ENTRIES_MAX * nr_sids;
	struct smmu_array *larger;

	KUNIT_STATIC_STUB_REDIRECT(smmu_binding_reserve, nr_sids);

	guard(mutex)(&smmu_arrays_mutex);
	if (scratch && scratch->max >= entries)
		return 0;
	larger = smmu_array_alloc(entries, GFP_KERNEL);
	if (!larger)
		return -ENOMEM;
	smmu_array_free(scratch);
	scratch = larger;
	return 0;
}

void smmu_binding_exit(void)
{
	smmu_array_free(scratch);
	scratch = NULL;
}

static void add_entry(const struct smmu_binding *binding, u8 type, u32 id, u32 ssid, bool live)
{
	struct smmu_inv inv = {
		.inst = &binding->master->iommu->smmu.inst,
		.type = type,
		.id = id,
		.ssid = ssid,
		.pgshift = binding->domain->pt.pgshift,
	};

	if (live)
		smmu_array_add(scratch, &inv);
	else
		smmu_array_add_parked(scratch, &inv);
}

static void fill_ats(const struct smmu_binding *binding, bool live)
{
	bool guest = binding->tag.type == SMMU_INV_S2_VMID_VSMMU;
	u8 type = guest ? SMMU_INV_ATS_FULL : SMMU_INV_ATS;
	u32 i, sid;

	for (i = 0; i < binding->master->nr_sids; i++) {
		sid = binding->master->sids[i];
		add_entry(binding, type, sid, binding->ssid, live);
		if (guest && binding->master->ssid_bits)
			add_entry(binding, type, sid, SMMU_INV_ALL_PASIDS, live);
	}
}

/* Fill the scratch array with the TLB entries of the binding */
static void fill_tlb(const struct smmu_binding *binding)
{
	smmu_array_clear(scratch);
	add_entry(binding, binding->tag.type, binding->tag.id, 0, true);
	if (binding->tag.type == SMMU_INV_S2_VMID_VSMMU)
		add_entry(binding, SMMU_INV_S2_VMID_S1_CLEAR, binding->tag.id, 0, true);
}

static int get_tag(struct smmu_binding *next)
{
	struct smmu_array *array = smmu_domain_array(next->domain);
	struct smmu_inst *inst = &next->master->iommu->smmu.inst;
	u8 type = next->domain->pt.needs.stage2 ? SMMU_INV_S2_VMID : SMMU_INV_S1_ASID;
	int ret;

	/* a vSMMU's tag is the vSMMU's own: it is not looked up, not shared and not freed here */
	if (next->tag.inst)
		return 0;
	ret = smmu_tag_get(array, inst, type, &next->tag);
	if (ret == -ENOSPC && smmu_arrays_reclaim_locked(inst, type))
		ret = smmu_tag_get(array, inst, type, &next->tag);
	if (!ret)
		trace_smmu_tag(next->domain->id, &next->tag);
	return ret;
}

/*
 * Undo get_tag(). Who tries again looks for a tag again: this one is freed, or another device may
 * have freed it by then.
 */
static void put_tag(struct smmu_binding *next)
{
	if (next->tag.type == SMMU_INV_S2_VMID_VSMMU)
		return;
	smmu_tag_undo(&next->tag);
	next->tag = (struct smmu_tag) {};
}

/* Make walkers that have missed the new ATS entries walk once more; see walk.h */
static void ats_came_alive(struct smmu_domain *sd)
{
	/*
	 * orders the entries before the count; pairs with smp_load_acquire() in smmu_walk_range()
	 */
	smp_store_release(&sd->ats_seq, sd->ats_seq + 1);
}

static int flush_tag(struct smmu_device *smmu, const struct smmu_inv *inv)
{
	struct smmu_batch batch __uninitialized;
	int ret;

	smmu_plan_tag_flush(inv, &batch);
	ret = smmu_issue(smmu, batch.cmd, batch.n);
	/* where the queue stands still, it would do so again */
	if (ret == -EIO)
		ret = smmu_issue_flush_all(smmu);
	if (ret && !smmu_device_is_dead(smmu))
		smmu_issue_shut(smmu, "a tag flush was not confirmed");
	/* an SMMU that is known to translate nothing may hold any tag in its TLB */
	return smmu_device_is_off(smmu) ? 0 : ret;
}

/*
 * Put the binding's entries into the domain's array. Return: 0 or an error; @flushed is set where
 * the tag is being flushed, see smmu_inv_flush_begin().
 */
static int enter(struct smmu_binding *next, bool ats_later, bool *flushed)
{
	struct smmu_domain *sd = next->domain;
	struct smmu_array *merged;
	int ret;

	lockdep_assert_held(&smmu_arrays_mutex);

	/* on -EINVAL iommufd makes another domain for the device */
	if (sd->enforced && !smmu_master_is_coherent(next->master))
		return -EINVAL;
	ret = get_tag(next);
	if (ret)
		return ret;
	fill_tlb(next);
	if (next->ats || ats_later)
		fill_ats(next, next->ats);
	if (smmu_array_revive(smmu_domain_array(sd), scratch)) {
		*flushed = scratch->inv[0].users;
	} else {
		merged = smmu_array_merge(smmu_domain_array(sd), scratch, GFP_KERNEL);
		if (IS_ERR(merged)) {
			put_tag(next);
			return PTR_ERR(merged);
		}
		*flushed = smmu_array_find(merged, &scratch->inv[0])->flushes;
		smmu_arrays_publish_locked(sd, merged);
	}
	list_add_tail(&next->node, &sd->bindings);
	trace_smmu_attach(sd->id, scratch);
	if (next->ats)
		ats_came_alive(sd);
	return 0;
}

int smmu_binding_enter_locked(struct smmu_binding *next, bool ats_later)
{
	bool flushed;
	int ret;

	smmu_master_assert(next->master);

	mutex_lock(&smmu_arrays_mutex);
	ret = enter(next, ats_later, &flushed);
	mutex_unlock(&smmu_arrays_mutex);
	if (ret)
		return ret;
	if (unlikely(flushed)) {
		const struct smmu_inv inv = {
			.inst = next->tag.inst,
			.type = next->tag.type,
			.id = next->tag.id,
		};

		/* where this fails, the SMMU was shut, or is adrift, and then nothing helps */
		flush_tag(smmu_device_of(inv.inst), &inv);
	}
	/*
	 * This barrier orders the array (published, or revived in place) before the CD and the STE
	 * that the caller writes next. Pairs with smp_mb() in smmu_walk_range(); see walk.h.
	 */
	smp_mb();
	return 0;
}

/*
 * Take the entries of the scratch array out of the domain's array. Return: true when the tag has
 * lost its last user. It is in @tag then, and the caller flushes it with flush_left().
 */
static bool unref_scratch(struct smmu_domain *sd, struct smmu_inv *tag)
{
	bool last = false;
	u32 i;

	smmu_array_unref(smmu_domain_array(sd), scratch);
	for (i = 0; i < scratch->len; i++) {
		struct smmu_inv *inv = &scratch->inv[i];

		trace_smmu_unref(sd->id, inv);
		if (inv->users || !smmu_inv_has_tag(inv->type))
			continue;
		smmu_inv_flush_begin(smmu_array_find(smmu_domain_array(sd), inv));
		smmu_domain_keep_locked(sd);
		*tag = *inv;
		last = true;
	}
	return last;
}

/*
 * Flush a tag that was left, so that it can be parked. The STE or CD that used it is gone, and that
 * is confirmed. Where the flush is not confirmed, the id may still be in a TLB, and the TLB may
 * still lead to the page table. Then neither the id nor the page table is used again before the
 * SMMU is known to translate nothing, or has come back. A device that has come back meanwhile has
 * flushed the tag itself, and has it.
 */
static void flush_left(struct smmu_domain *sd, const struct smmu_inv *tag)
{
	int ret = flush_tag(smmu_device_of(tag->inst), tag);
	struct smmu_array *array;
	struct smmu_inv *inv;

	guard(mutex)(&smmu_arrays_mutex);
	smmu_domain_let_go_locked(sd);
	array = smmu_domain_array(sd);
	inv = smmu_array_find(array, tag);
	if (WARN_ON(!inv))
		return;
	smmu_inv_flush_end(inv);
	if (!ret)
		return;
	smmu_withhold_note_locked(sd, inv->inst);
	if (inv->users || inv->flushes)
		return;
	if (inv->type != SMMU_INV_S2_VMID_VSMMU)
		smmu_tag_withhold(inv->inst, inv->type, inv->id);
	smmu_array_forget(array, inv);
}

/* Return: as unref_scratch() */
static bool leave(struct smmu_binding *binding, struct smmu_inv *tag)
{
	struct smmu_domain *sd = binding->domain;
	bool last;

	lockdep_assert_held(&smmu_arrays_mutex);

	fill_tlb(binding);
	if (binding->ats)
		fill_ats(binding, true);
	last = unref_scratch(sd, tag);
	list_del_init(&binding->node);
	smmu_iopf_leave_locked(binding);
	binding->domain = NULL;
	binding->ats = false;
	return last;
}

/* Make @binding a copy of @next, which is in its domain's list so far */
static void become(struct smmu_binding *binding, struct smmu_binding *next)
{
	binding->domain = next->domain;
	binding->tag = next->tag;
	binding->ats = next->ats;
	binding->iopf = next->iopf;
	binding->cd_dead = next->cd_dead;
	if (binding->domain)
		list_replace(&next->node, &binding->node);
}

void smmu_binding_move_locked(struct smmu_binding *binding, struct smmu_binding *next)
{
	struct smmu_domain *left = binding->domain;
	struct smmu_inv tag;
	bool last = false;

	smmu_master_assert(binding->master);

	if (binding->iopf)
		smmu_gate_close_locked(binding);
	mutex_lock(&smmu_arrays_mutex);
	if (left)
		last = leave(binding, &tag);
	if (next)
		become(binding, next);
	mutex_unlock(&smmu_arrays_mutex);
	if (last)
		flush_left(left, &tag);
}

void smmu_binding_drop_ats_locked(struct smmu_binding *binding)
{
	struct smmu_inv tag;

	smmu_master_assert(binding->master);

	guard(mutex)(&smmu_arrays_mutex);
	if (!binding->domain || !binding->ats)
		return;
	smmu_array_clear(scratch);
	fill_ats(binding, true);
	/* these entries have no tag */
	unref_scratch(binding->domain, &tag);
	binding->ats = false;
}

bool smmu_binding_add_ats_locked(struct smmu_binding *binding)
{
	smmu_master_assert(binding->master);

	guard(mutex)(&smmu_arrays_mutex);
	if (!binding->domain || binding->ats)
		return true;
	smmu_array_clear(scratch);
	fill_ats(binding, true);
	binding->ats = smmu_array_revive(smmu_domain_array(binding->domain), scratch);
	ats_came_alive(binding->domain);
	/*
	 * orders the array before ATS in the device; pairs as the barrier in
	 * smmu_binding_enter_locked() does
	 */
	smp_mb();
	return binding->ats;
}

void smmu_binding_forget_ats_locked(const struct smmu_binding *binding, struct smmu_domain *left)
{
	const struct smmu_master *master = binding->master;
	struct smmu_array *array = smmu_domain_array(left);
	struct smmu_inv *inv;
	u32 i;

	lockdep_assert_held(&smmu_arrays_mutex);

	for (i = 0; i < master->nr_sids; i++) {
		const struct smmu_inv key = {
			.inst = &master->iommu->smmu.inst,
			.type = SMMU_INV_ATS,
			.id = master->sids[i],
			.ssid = binding->ssid,
		};

		inv = smmu_array_find(array, &key);
		if (inv && smmu_inv_is_parked(inv))
			smmu_array_forget(array, inv);
	}
}
