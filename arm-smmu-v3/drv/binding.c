// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>

#include <kunit/static_stub.h>

#include "core/array.h"
#include "core/plan.h"
#include "drv/arrays.h"
#include "drv/binding.h"
#include "drv/iommu.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/trace.h"
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
 * smmu_attach_mutex, for one binding at a time. The array has room for the largest number of
 * StreamIDs that any master has had, so that no attach, detach or release allocates.
 */
static struct smmu_array *scratch;

int smmu_binding_reserve(u32 nr_sids)
{
	u32 entries = TLB_ENTRIES_MAX + ATS_ENTRIES_MAX * nr_sids;
	struct smmu_array *larger;

	KUNIT_STATIC_STUB_REDIRECT(smmu_binding_reserve, nr_sids);

	guard(mutex)(&smmu_attach_mutex);
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

/* Make walkers that have missed the new ATS entries walk once more; see walk.h */
static void ats_came_alive(struct smmu_domain *sd)
{
	/*
	 * orders the entries before the count; pairs with smp_load_acquire() in smmu_walk_range()
	 */
	smp_store_release(&sd->ats_seq, sd->ats_seq + 1);
}

int smmu_binding_enter_locked(struct smmu_binding *next, bool ats_later)
{
	struct smmu_domain *sd = next->domain;
	struct smmu_array *merged;
	int ret;

	lockdep_assert_held(&smmu_attach_mutex);

	ret = get_tag(next);
	if (ret)
		return ret;
	fill_tlb(next);
	if (next->ats || ats_later)
		fill_ats(next, next->ats);
	if (!smmu_array_revive(smmu_domain_array(sd), scratch)) {
		merged = smmu_array_merge(smmu_domain_array(sd), scratch, GFP_KERNEL);
		if (IS_ERR(merged)) {
			smmu_tag_undo(&next->tag);
			return PTR_ERR(merged);
		}
		smmu_arrays_publish_locked(sd, merged);
	}
	trace_smmu_attach(sd->id, scratch);
	if (next->ats)
		ats_came_alive(sd);
	/*
	 * This barrier orders the array (published, or revived in place) before the CD and the STE
	 * that the caller writes next. Pairs with smp_mb() in smmu_walk_range(); see walk.h.
	 */
	smp_mb();
	return 0;
}

static int flush_tag(struct smmu_device *smmu, const struct smmu_inv *inv)
{
	struct smmu_batch batch;
	int ret;

	smmu_plan_tag_flush(inv, &batch);
	ret = smmu_issue(smmu, batch.cmd, batch.n);
	if (ret && ret != -ESHUTDOWN)
		ret = smmu_issue_flush_all(smmu);
	/* an SMMU that is known to translate nothing may hold any tag in its TLB */
	return smmu_device_is_off(smmu) ? 0 : ret;
}

/*
 * The flush of a tag is not confirmed. The id may still be in a TLB, and the TLB may still lead to
 * the page table. Therefore neither the id nor the page table is used again, unless the SMMU is
 * known to translate nothing.
 */
static void withhold_tag(struct smmu_domain *sd, struct smmu_inv *inv)
{
	struct smmu_device *smmu = smmu_device_of(inv->inst);
	struct smmu_array *array = smmu_domain_array(sd);

	if (!smmu_device_is_dead(smmu))
		smmu_issue_shut(smmu, "a tag flush was not confirmed");
	if (smmu_device_is_off(smmu))
		return;
	inv = smmu_array_find(array, inv);
	if (WARN_ON(!inv))
		return;
	if (inv->type != SMMU_INV_S2_VMID_VSMMU)
		smmu_tag_withhold(inv->inst);
	smmu_array_forget(array, inv);
	sd->unconfirmed = true;
}

/*
 * Take the entries of the scratch array out of the domain's array. Tags that lose their last user
 * are flushed and parked. The STE or CD that used the tags is gone, and that is confirmed.
 */
static void unref_scratch(struct smmu_domain *sd)
{
	u32 i;

	smmu_array_unref(smmu_domain_array(sd), scratch);
	for (i = 0; i < scratch->len; i++) {
		struct smmu_inv *inv = &scratch->inv[i];

		trace_smmu_unref(sd->id, inv);
		if (!inv->users && smmu_inv_has_tag(inv->type) &&
		    flush_tag(smmu_device_of(inv->inst), inv))
			withhold_tag(sd, inv);
	}
}

void smmu_binding_leave_locked(struct smmu_binding *binding)
{
	struct smmu_domain *sd = binding->domain;

	lockdep_assert_held(&smmu_attach_mutex);

	if (!sd)
		return;
	fill_tlb(binding);
	if (binding->ats)
		fill_ats(binding, true);
	unref_scratch(sd);
	list_del_init(&binding->node);
	smmu_iopf_leave_locked(binding);
	binding->domain = NULL;
	binding->ats = false;
}

void smmu_binding_drop_ats_locked(struct smmu_binding *binding)
{
	lockdep_assert_held(&smmu_attach_mutex);

	if (!binding->domain || !binding->ats)
		return;
	smmu_array_clear(scratch);
	fill_ats(binding, true);
	unref_scratch(binding->domain);
	binding->ats = false;
}

bool smmu_binding_add_ats_locked(struct smmu_binding *binding)
{
	lockdep_assert_held(&smmu_attach_mutex);

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

	lockdep_assert_held(&smmu_attach_mutex);

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

void smmu_binding_set_locked(struct smmu_binding *binding, const struct smmu_binding *next)
{
	lockdep_assert_held(&smmu_attach_mutex);

	binding->domain = next->domain;
	binding->tag = next->tag;
	binding->ats = next->ats;
	binding->iopf = next->iopf;
	if (binding->domain)
		list_add_tail(&binding->node, &binding->domain->bindings);
}
