// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/string.h>

#include "core/cd.h"
#include "core/ste.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/master_lock.h"
#include "drv/mmtable.h"
#include "drv/pgtable.h"
#include "drv/pri.h"
#include "drv/streams.h"

/**
 * struct stream_state - what the STE of a stream is made from
 * @master: device whose attachment it shows
 * @rid: the attachment
 * @cdtab: CD table of the stream
 * @nr_pasids: number of PASIDs that are attached
 * @ats: ATS is on
 * @can_stall: faults may stall
 */
struct stream_state {
	const struct smmu_master *master;
	const struct smmu_rid *rid;
	const struct smmu_cdtab *cdtab;
	u32 nr_pasids;
	bool ats;
	bool can_stall;
};

static void write_ste(struct smmu_master *master, u32 i, const struct smmu_ste *ste)
{
	smmu_strtab_write(&master->iommu->smmu, master->sids[i], ste, false);
}

/* Make an STE that leads to the CD table; @s1dss says what becomes of requests without PASID */
static void make_cdtab_ste(const struct stream_state *state, u8 s1dss, u8 eats,
			   struct smmu_ste *ste)
{
	const struct smmu_features *feat = &state->master->iommu->smmu.inst.feat;
	struct smmu_ste_s1 s1 = {
		.cdtab = state->cdtab->dma,
		.s1cdmax = state->cdtab->cdmax,
		.fmt = state->cdtab->fmt,
		.s1dss = s1dss,
		.eats = eats,
		/* each CD decides whether its faults stall */
		.stall = state->can_stall,
		.ppar = state->master->pri && state->master->pri->wants_pasid,
	};

	smmu_ste_make_s1(ste, feat, &s1);
}

static void make_s2(const struct smmu_master *master, const struct smmu_binding *binding, u8 eats,
		    struct smmu_ste_s2 *s2)
{
	smmu_pgtable_s2(&binding->domain->pt, s2);
	s2->vmid = binding->tag.id;
	s2->eats = eats;
	/* a fault of stage 2 has no handler, so it does not stall where the SMMU has the choice */
	s2->stall = smmu_has(&master->iommu->smmu, SMMU_FEAT_STALL_FORCE);
	s2->s1_stall = false;
}

static void make_nested(const struct smmu_master *master, const struct smmu_rid *rid, u8 eats,
			struct smmu_ste *ste)
{
	const struct smmu_features *feat = &master->iommu->smmu.inst.feat;
	struct smmu_ste_s2 s2;

	if (!rid->binding->domain) {
		smmu_ste_make_abort(ste);
		return;
	}
	make_s2(master, rid->binding, eats, &s2);
	s2.s1_stall = rid->binding->iopf;
	/* a guest's bypass has ATS only for a device that must have it; the guest need not know */
	if (smmu_ste_config(rid->vste) == STE_CONFIG_BYPASS)
		smmu_ste_make_s2(ste, feat, &s2);
	else
		smmu_ste_make_nested(ste, feat, rid->vste, &s2);
}

static void make_ste(const struct stream_state *state, struct smmu_ste *ste)
{
	const struct smmu_master *master = state->master;
	const struct smmu_features *feat = &master->iommu->smmu.inst.feat;
	u8 eats = state->ats ? STE_EATS_FULL : STE_EATS_ABORT;
	const struct smmu_rid *rid = state->rid;
	struct smmu_ste_s2 s2;

	switch (rid->kind) {
	case SMMU_RID_IDENTITY:
		/* a device that must have ATS shares no stream */
		if (state->nr_pasids || master->ats_always)
			make_cdtab_ste(state, STE_S1DSS_BYPASS, eats, ste);
		else
			smmu_ste_make_bypass(ste, feat);
		break;
	case SMMU_RID_S1:
		make_cdtab_ste(state, STE_S1DSS_SSID0, eats, ste);
		break;
	case SMMU_RID_S2:
		make_s2(master, rid->binding, eats, &s2);
		smmu_ste_make_s2(ste, feat, &s2);
		break;
	case SMMU_RID_NESTED:
		make_nested(master, rid, eats, ste);
		break;
	default:
		if (state->nr_pasids)
			make_cdtab_ste(state, STE_S1DSS_TERMINATE, eats, ste);
		else
			smmu_ste_make_abort(ste);
	}
}

static void make_cd(const struct smmu_binding *binding, struct smmu_cd *cd)
{
	const struct smmu_features *feat = &binding->master->iommu->smmu.inst.feat;
	struct smmu_cd_s1 s1;

	if (binding->domain->sva)
		smmu_mmtable_cd(binding->domain->domain.mm, feat, &s1);
	else
		smmu_pgtable_cd(&binding->domain->pt, &s1);
	s1.asid = binding->tag.id;
	/* faults of a device with PRI alone are answered, too, and do not stall */
	s1.stall = binding->iopf && binding->master->can_stall;
	smmu_cd_make_s1(cd, feat, &s1);
}

/* What an owner goes through when @master goes through @rid */
static struct smmu_rid rid_of(const struct smmu_master *owner, const struct smmu_master *master,
			      const struct smmu_rid *rid)
{
	if (owner == master)
		return *rid;
	return (struct smmu_rid) { .kind = owner->kind, .binding = &owner->rid };
}

/* Is it an attach, rather than what the master goes through already? */
static bool is_attach(const struct smmu_master *master, const struct smmu_rid *rid)
{
	return rid->binding != &master->rid;
}

/* Find the ruler of the master's @i-th stream when @master goes through @rid; NULL for none */
static struct smmu_stream *ruler_after(const struct smmu_master *master, u32 i,
				       const struct smmu_rid *rid)
{
	struct smmu_stream *s;

	if (is_attach(master, rid) && rid->kind != SMMU_RID_BLOCKED)
		return &master->streams[i];
	for (s = smmu_streams_first(master->iommu, master->sids[i]); s; s = s->next)
		if (rid_of(s->master, master, rid).kind != SMMU_RID_BLOCKED)
			break;
	return s;
}

bool smmu_install_shows_locked(const struct smmu_master *of, const struct smmu_master *master,
			       const struct smmu_rid *rid)
{
	const struct smmu_rid want = rid_of(of, master, rid);
	const struct smmu_stream *ruler;
	struct smmu_rid seen;
	u32 i, at;

	smmu_master_assert(of);

	for (i = 0; i < of->nr_sids; i++) {
		at = smmu_master_index_of(master, of->sids[i]);
		if (at == master->nr_sids)
			continue;
		ruler = ruler_after(master, at, rid);
		if (ruler)
			seen = rid_of(ruler->master, master, rid);
		else
			seen = (struct smmu_rid) { .kind = SMMU_RID_BLOCKED };
		if (seen.kind != want.kind)
			return false;
		if (!smmu_rid_is_static(seen.kind) && seen.binding->domain != want.binding->domain)
			return false;
	}
	return true;
}

bool smmu_install_others_have_cds_locked(const struct smmu_master *master)
{
	const struct smmu_stream *s;
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids; i++)
		for (s = smmu_streams_first(master->iommu, master->sids[i]); s; s = s->next)
			if (s->master != master && !smmu_rid_is_static(s->master->kind) &&
			    s->master->kind != SMMU_RID_S1)
				return false;
	return true;
}

bool smmu_install_have_pasids_locked(const struct smmu_master *master)
{
	const struct smmu_stream *s;
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids; i++)
		for (s = smmu_streams_first(master->iommu, master->sids[i]); s; s = s->next)
			if (s->master->nr_pasids)
				return true;
	return false;
}

/*
 * Fill in what the master's @i-th stream, which has or had several owners, is to show. Return: true
 * where the SMMU may have a state of it in its caches that is not in memory, because a first attach
 * was not confirmed
 */
static bool look_at_owners(const struct smmu_master *master, u32 i, bool ats,
			   struct stream_state *state)
{
	const struct smmu_master *principal = smmu_streams_principal(&master->streams[i]);
	const struct smmu_stream *s;
	bool unfinished = false;

	/* a CD whose faults stall needs an STE that lets them (5.4) */
	for (s = smmu_streams_first(master->iommu, master->sids[i]); s; s = s->next) {
		state->can_stall |= s->master->can_stall;
		unfinished |= s->master->unfinished;
	}
	if (principal) {
		state->nr_pasids = principal->nr_pasids;
		state->ats = principal == master ? ats : principal->ats_on;
	}
	return unfinished;
}

/* Put the CD of the ruler into the table of the stream, unless it is there */
static void put_cd(struct smmu_master *master, u32 i, const struct smmu_cd *cd, bool force)
{
	struct smmu_cdtab *tab = &master->streams[i].common->cdtab;
	const struct smmu_cd *now = smmu_cdtab_cd(tab, 0);

	if (now && (force || memcmp(now, cd, sizeof(*cd))))
		smmu_cdtab_write(&master->iommu->smmu, tab, &master->sids[i], 1, 0, cd, false);
}

static void put_ste(struct smmu_master *master, u32 i, const struct smmu_ste *ste, bool force)
{
	struct smmu_device *smmu = &master->iommu->smmu;

	if (force)
		smmu_strtab_settle(smmu, master->sids[i]);
	if (force || !smmu_strtab_shows(smmu, master->sids[i], ste))
		write_ste(master, i, ste);
}

/*
 * Have the master's @i-th stream, which has or had several owners, show the attachment of its ruler
 * when @master goes through @rid. As a rule all devices of a group are in one domain, and then
 * there is nothing to write, or, where the STE has led to the table of an owner, one word of it.
 * The attachments of the others do not change: their entries are in the arrays of their domains all
 * the time.
 */
static void show(struct smmu_master *master, u32 i, const struct smmu_rid *rid, bool ats)
{
	const struct smmu_master *principal = smmu_streams_principal(&master->streams[i]);
	struct smmu_stream *ruler = ruler_after(master, i, rid);
	struct smmu_rid seen = { .kind = SMMU_RID_BLOCKED };
	struct stream_state state = {
		.master = master,
		.rid = &seen,
		.cdtab = &master->streams[i].common->cdtab,
	};
	struct smmu_cd cd;
	struct smmu_ste ste;
	bool force;

	if (ruler) {
		smmu_streams_rule_locked(ruler, master->sids[i]);
		seen = rid_of(ruler->master, master, rid);
		state.master = ruler->master;
	}
	force = look_at_owners(master, i, ats, &state);
	/* a device that was cut off must not have what the others have */
	if (principal && principal->ats_failed)
		smmu_ste_make_abort(&ste);
	else
		make_ste(&state, &ste);
	smmu_cd_make_invalid(&cd);
	if (seen.kind == SMMU_RID_S1) {
		make_cd(seen.binding, &cd);
		put_cd(master, i, &cd, force);
	}
	put_ste(master, i, &ste, force);
	/* the SMMU must not have an unused CD in its cache when the CD is used again */
	if (seen.kind != SMMU_RID_S1)
		put_cd(master, i, &cd, force);
}

bool smmu_install_stes_locked(struct smmu_master *master, const struct smmu_rid *rid, bool ats,
			      bool brief)
{
	const struct stream_state state = {
		.master = master,
		.rid = rid,
		.cdtab = &master->cdtab,
		.nr_pasids = master->nr_pasids,
		.ats = ats,
		.can_stall = master->can_stall,
	};
	struct smmu_device *smmu = &master->iommu->smmu;
	struct smmu_ste ste __uninitialized;
	u32 i;

	smmu_master_assert(master);

	make_ste(&state, &ste);
	for (i = 0; i < master->nr_sids; i++) {
		if (master->streams[i].common)
			show(master, i, rid, ats);
		else if (!master->unfinished && smmu_strtab_shows(smmu, master->sids[i], &ste))
			/* as between two domains with a CD */
			continue;
		else if (!smmu_strtab_write(smmu, master->sids[i], &ste, brief))
			return false;
	}
	return true;
}

/* STE.Config of a StreamID of the master */
static u8 stream_config(const struct smmu_master *master, u32 i)
{
	return smmu_ste_config(smmu_strtab_ste(&master->iommu->smmu, master->sids[i])->w);
}

bool smmu_install_aborts_locked(const struct smmu_master *master)
{
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids; i++)
		if (stream_config(master, i) != STE_CONFIG_ABORT)
			return false;
	return true;
}

/*
 * Does an STE lead to a CD table? Where none does, the SMMU has none in its cache that does,
 * because each write of an STE is confirmed, except the first one after abort.
 */
static bool leads_to_cds(const struct smmu_master *master)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++)
		if ((stream_config(master, i) & STE_CONFIG_S1) == STE_CONFIG_S1)
			return true;
	return false;
}

/* CFGI_STE invalidates the CDs of the stream, too (4.3.1) */
void smmu_install_settle_locked(const struct smmu_master *master)
{
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids; i++)
		smmu_strtab_settle(&master->iommu->smmu, master->sids[i]);
}

void smmu_install_abort_locked(struct smmu_master *master)
{
	struct smmu_ste ste;
	u32 i;

	smmu_master_assert(master);

	smmu_ste_make_abort(&ste);
	for (i = 0; i < master->nr_sids; i++)
		write_ste(master, i, &ste);
}

void smmu_install_leave_locked(struct smmu_master *master)
{
	const struct smmu_rid rid = { .kind = master->kind, .binding = &master->rid };
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids; i++)
		if (smmu_streams_shared_locked(master, i) &&
		    !smmu_strtab_is_foreign(&master->iommu->smmu, master->sids[i]))
			show(master, i, &rid, false);
}

/* Replace a stream's CD table, which has one CD, by one with room for the PASIDs of the master */
static int make_room(struct smmu_master *master)
{
	const struct smmu_rid rid = { .kind = master->kind, .binding = &master->rid };
	struct smmu_device *smmu = &master->iommu->smmu;
	struct smmu_common *common = master->streams[0].common;
	struct smmu_cdtab old = common->cdtab, larger = {};
	int ret;

	ret = smmu_cdtab_alloc(smmu, &larger, master->ssid_bits);
	if (ret)
		return ret;
	scoped_guard(mutex, &smmu_arrays_mutex)
		common->cdtab = larger;
	/*
	 * The ruler's CD goes into the new table before the STE leads there. It is the same
	 * context, so one word of the STE changes, and when that is confirmed, the old table is not
	 * used any more.
	 */
	show(master, 0, &rid, master->ats_on);
	smmu_cdtab_free(smmu, &old);
	return 0;
}

static int make_common_table(struct smmu_master *master, u32 i)
{
	const struct smmu_master *principal = smmu_streams_principal(&master->streams[i]);
	struct smmu_cdtab *tab = &master->streams[i].common->cdtab;

	/* debugfs reads the table without the lock of the master */
	guard(mutex)(&smmu_arrays_mutex);
	return smmu_cdtab_alloc(&master->iommu->smmu, tab, principal ? principal->ssid_bits : 0);
}

int smmu_install_room_locked(struct smmu_master *master)
{
	const struct smmu_cdtab *tab = smmu_streams_cdtab_locked(master);

	smmu_master_assert(master);

	return tab == &master->cdtab || !master->ssid_bits || tab->cdmax ? 0 : make_room(master);
}

bool smmu_install_is_foreign(const struct smmu_master *master)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++)
		if (smmu_strtab_is_foreign(&master->iommu->smmu, master->sids[i]))
			return true;
	return false;
}

int smmu_install_table_locked(struct smmu_master *master)
{
	int ret = 0;
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids && !ret; i++) {
		if (master->streams[i].common) {
			ret = make_common_table(master, i);
		} else if (!smmu_cdtab_exists(&master->cdtab)) {
			/* as above */
			guard(mutex)(&smmu_arrays_mutex);
			/* S1DSS needs SubstreamIDs in the STE, even if the device has none */
			ret = smmu_cdtab_alloc(&master->iommu->smmu, &master->cdtab,
					       max_t(u8, master->ssid_bits, master->ats_always));
		}
	}
	return ret;
}

/* The table with the CD for the SubstreamID; that of requests without one is the master's own */
static struct smmu_cdtab *table_for(struct smmu_master *master, u32 ssid)
{
	return ssid ? smmu_streams_cdtab_locked(master) : &master->cdtab;
}

/*
 * The CFGI_CDs are for all StreamIDs of the master, because an STE whose stream has a table of its
 * own by now may still lead to that of the master: see make_common() in streams.c
 */
static bool write_cd(struct smmu_master *master, u32 ssid, const struct smmu_cd *cd, bool brief)
{
	struct smmu_cdtab *tab = table_for(master, ssid);

	if (!leads_to_cds(master)) {
		smmu_cdtab_put(tab, ssid, cd);
		return true;
	}
	return smmu_cdtab_write(&master->iommu->smmu, tab, master->sids,
				master->nr_sids, ssid, cd, brief);
}

bool smmu_install_cd_locked(struct smmu_binding *binding, bool brief)
{
	struct smmu_master *master = binding->master;
	const struct smmu_features *feat = &master->iommu->smmu.inst.feat;
	struct smmu_cd cd __uninitialized;

	smmu_master_assert(master);

	if (!smmu_cdtab_exists(table_for(master, binding->ssid)))
		return true;
	/* pairs with WRITE_ONCE() in sva.c */
	if (READ_ONCE(binding->domain->mm_gone)) {
		/* pairs with READ_ONCE() in smmu_domain_find() */
		WRITE_ONCE(binding->cd_dead, true);
		smmu_cd_make_dead(&cd, feat, binding->tag.id);
	} else {
		make_cd(binding, &cd);
	}
	return write_cd(master, binding->ssid, &cd, brief);
}

void smmu_install_no_cd_locked(struct smmu_master *master, u32 ssid)
{
	const struct smmu_cdtab *tab = table_for(master, ssid);
	struct smmu_cd cd;

	smmu_master_assert(master);

	if (!smmu_cdtab_exists(tab) || !smmu_cdtab_cd(tab, ssid))
		return;
	smmu_cd_make_invalid(&cd);
	write_cd(master, ssid, &cd, false);
}
