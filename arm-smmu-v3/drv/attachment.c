// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>

#include <kunit/static_stub.h>

#include "core/array.h"
#include "drv/attachment.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/tagflush.h"
#include "drv/trace.h"

/* One TLB entry of stage 1, or two of a vSMMU; and ATS for each stream: a vSMMU's PASIDs apart */
#define TLB_ENTRIES_MAX		2
#define ATS_ENTRIES_MAX		2

/*
 * The entries of the attachment that comes or goes, filled and used under smmu_attach_mutex,
 * one at a time. It has room for the master with the most StreamIDs that there ever was, so
 * that no attach, detach or release allocates.
 */
static struct smmu_array *scratch;

int smmu_attachment_reserve(u32 nr_sids)
{
	u32 entries = TLB_ENTRIES_MAX + ATS_ENTRIES_MAX * nr_sids;
	struct smmu_array *larger;

	KUNIT_STATIC_STUB_REDIRECT(smmu_attachment_reserve, nr_sids);

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

void smmu_attachment_exit(void)
{
	smmu_array_free(scratch);
	scratch = NULL;
}

static void add_entry(const struct smmu_attachment *at, u8 type, u32 id, u32 ssid, bool live)
{
	struct smmu_inv inv = {
		.inst = &at->master->host->smmu.inst,
		.type = type,
		.id = id,
		.ssid = ssid,
		.pgshift = at->domain->pt.pgshift,
	};

	if (live)
		smmu_array_add(scratch, &inv);
	else
		smmu_array_add_parked(scratch, &inv);
}

static void fill_ats(const struct smmu_attachment *at, bool live)
{
	bool guest = at->tag.type == SMMU_INV_S2_VMID_VSMMU;
	u8 type = guest ? SMMU_INV_ATS_FULL : SMMU_INV_ATS;
	u32 i;

	for (i = 0; i < at->master->nr_sids; i++) {
		add_entry(at, type, at->master->sids[i], at->ssid, live);
		if (guest && at->master->ssid_bits)
			add_entry(at, type, at->master->sids[i], SMMU_INV_ALL_PASIDS, live);
	}
}

/* What the attachment needs invalidated in TLBs */
static void fill_tlb(const struct smmu_attachment *at)
{
	smmu_array_clear(scratch);
	add_entry(at, at->tag.type, at->tag.id, 0, true);
	if (at->tag.type == SMMU_INV_S2_VMID_VSMMU)
		add_entry(at, SMMU_INV_S2_VMID_S1_CLEAR, at->tag.id, 0, true);
}

static int get_tag(struct smmu_attachment *next)
{
	struct smmu_array *array = smmu_domain_array(next->domain);
	struct smmu_inst *inst = &next->master->host->smmu.inst;
	u8 type = next->domain->pt.needs.stage2 ? SMMU_INV_S2_VMID : SMMU_INV_S1_ASID;
	int ret;

	/* a vSMMU's own: nobody else may find it, and it is not ours to give back */
	if (next->tag.inst)
		return 0;
	ret = smmu_tag_get(array, inst, type, &next->tag);
	if (ret == -ENOSPC && smmu_domains_reclaim(inst, type))
		ret = smmu_tag_get(array, inst, type, &next->tag);
	if (!ret)
		trace_smmu_tag(next->domain->id, &next->tag);
	return ret;
}

/* Walkers that have missed the entries walk once more; see walk.h */
static void ats_came_alive(struct smmu_domain *domain)
{
	/* the entries before it; pairs with smp_load_acquire() in smmu_walk_range() */
	smp_store_release(&domain->ats_seq, domain->ats_seq + 1);
}

int smmu_attachment_enter(struct smmu_attachment *next, bool ats_later)
{
	struct smmu_domain *domain = next->domain;
	struct smmu_array *merged;
	int ret;

	lockdep_assert_held(&smmu_attach_mutex);

	ret = get_tag(next);
	if (ret)
		return ret;
	fill_tlb(next);
	if (next->ats || ats_later)
		fill_ats(next, next->ats);
	if (!smmu_array_revive(smmu_domain_array(domain), scratch)) {
		merged = smmu_array_merge(smmu_domain_array(domain), scratch, GFP_KERNEL);
		if (IS_ERR(merged)) {
			smmu_tag_undo(&next->tag);
			return PTR_ERR(merged);
		}
		smmu_domain_publish(domain, merged);
	}
	trace_smmu_attach(domain->id, scratch);
	if (next->ats)
		ats_came_alive(domain);
	/*
	 * The array (published, or revived in place) before the CD and the STE that the
	 * caller writes next. Pairs with smp_mb() in smmu_walk_range(); the argument is in
	 * walk.h.
	 */
	smp_mb();
	return 0;
}

void smmu_attachment_leave(struct smmu_attachment *at)
{
	struct smmu_domain *domain = at->domain;

	lockdep_assert_held(&smmu_attach_mutex);

	if (!domain)
		return;
	fill_tlb(at);
	if (at->ats)
		fill_ats(at, true);
	smmu_domain_unref(domain, scratch);
	list_del_init(&at->node);
	smmu_iopf_leave(at);
	at->domain = NULL;
	at->ats = false;
}

void smmu_attachment_drop_ats(struct smmu_attachment *at)
{
	lockdep_assert_held(&smmu_attach_mutex);

	if (!at->domain || !at->ats)
		return;
	smmu_array_clear(scratch);
	fill_ats(at, true);
	smmu_domain_unref(at->domain, scratch);
	at->ats = false;
}

bool smmu_attachment_add_ats(struct smmu_attachment *at)
{
	lockdep_assert_held(&smmu_attach_mutex);

	if (!at->domain || at->ats)
		return true;
	smmu_array_clear(scratch);
	fill_ats(at, true);
	at->ats = smmu_array_revive(smmu_domain_array(at->domain), scratch);
	ats_came_alive(at->domain);
	/* as in smmu_attachment_enter(): the array before the device asks */
	smp_mb();
	return at->ats;
}

void smmu_attachment_forget_ats(const struct smmu_attachment *at, struct smmu_domain *left)
{
	const struct smmu_master *master = at->master;
	struct smmu_array *array = smmu_domain_array(left);
	struct smmu_inv *inv;
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		const struct smmu_inv key = {
			.inst = &master->host->smmu.inst,
			.type = SMMU_INV_ATS,
			.id = master->sids[i],
			.ssid = at->ssid,
		};

		inv = smmu_array_find(array, &key);
		if (inv && smmu_inv_is_parked(inv))
			smmu_array_forget(array, inv);
	}
}

void smmu_attachment_set(struct smmu_attachment *at, const struct smmu_attachment *next)
{
	lockdep_assert_held(&smmu_attach_mutex);

	at->domain = next->domain;
	at->tag = next->tag;
	at->ats = next->ats;
	at->iopf = next->iopf;
	if (at->domain)
		list_add_tail(&at->node, &at->domain->attached);
}
