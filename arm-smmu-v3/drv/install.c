// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>

#include "core/cd.h"
#include "core/ste.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/master_lock.h"
#include "drv/mmtable.h"
#include "drv/pgtable.h"
#include "drv/streams.h"

static void write_ste(struct smmu_master *master, u32 i, const struct smmu_ste *ste)
{
	smmu_strtab_write(&master->iommu->smmu, master->sids[i], ste, false);
}

/* Make an STE that leads to the CD table; @s1dss says what becomes of requests without PASID */
static void make_cdtab_ste(const struct smmu_master *master, u8 s1dss, u8 eats,
			   struct smmu_ste *ste)
{
	const struct smmu_features *feat = &master->iommu->smmu.inst.feat;
	struct smmu_ste_s1 s1 = {
		.cdtab = master->cdtab.dma,
		.s1cdmax = master->cdtab.cdmax,
		.fmt = master->cdtab.fmt,
		.s1dss = s1dss,
		.eats = eats,
		/* each CD decides whether its faults stall */
		.stall = master->can_stall,
	};

	smmu_ste_make_s1(ste, feat, &s1);
}

static void make_s2(const struct smmu_master *master, const struct smmu_binding *binding, u8 eats,
		    struct smmu_ste_s2 *s2)
{
	smmu_pgtable_s2(&binding->domain->pt, s2);
	s2->vmid = binding->tag.id;
	s2->eats = eats;
	s2->stall = smmu_has(&master->iommu->smmu, SMMU_FEAT_STALL_FORCE);
}

static void make_ste(const struct smmu_master *master, const struct smmu_rid *rid, bool ats,
		     struct smmu_ste *ste)
{
	const struct smmu_features *feat = &master->iommu->smmu.inst.feat;
	u8 eats = ats ? STE_EATS_FULL : STE_EATS_ABORT;
	struct smmu_ste_s2 s2;

	switch (rid->kind) {
	case SMMU_RID_IDENTITY:
		if (master->nr_pasids)
			make_cdtab_ste(master, STE_S1DSS_BYPASS, eats, ste);
		else
			smmu_ste_make_bypass(ste, feat);
		break;
	case SMMU_RID_S1:
		make_cdtab_ste(master, STE_S1DSS_SSID0, eats, ste);
		break;
	case SMMU_RID_S2:
		make_s2(master, rid->binding, eats, &s2);
		smmu_ste_make_s2(ste, feat, &s2);
		break;
	case SMMU_RID_NESTED:
		if (rid->binding->domain) {
			make_s2(master, rid->binding, eats, &s2);
			smmu_ste_make_nested(ste, feat, rid->vste, &s2);
		} else {
			smmu_ste_make_abort(ste);
		}
		break;
	default:
		if (master->nr_pasids)
			make_cdtab_ste(master, STE_S1DSS_TERMINATE, eats, ste);
		else
			smmu_ste_make_abort(ste);
	}
}

/* Is the ruler attached to the domain of @rid in the same way, so that its STE is the same? */
static bool says_the_same(const struct smmu_master *ruler, const struct smmu_rid *rid)
{
	return ruler->kind == rid->kind && ruler->rid.domain == rid->binding->domain;
}

/* Write the STE of a stream that several masters own, or have owned, and that @ruler has ruled */
static void write_shared(struct smmu_master *master, const struct smmu_master *ruler, u32 i,
			 const struct smmu_ste *ste)
{
	if (ruler->unfinished)
		smmu_strtab_settle(&master->iommu->smmu, master->sids[i]);
	write_ste(master, i, ste);
}

/*
 * The master no longer rules a stream that it shares. Another owner takes over, or the STE aborts
 * where there is none. The heir's attachment does not change: its entries have been in its domain's
 * array all the time.
 */
static void hand_over(struct smmu_master *master, u32 i)
{
	struct smmu_master *heir = smmu_streams_heir_locked(master, i);
	struct smmu_ste ste;

	smmu_ste_make_abort(&ste);
	if (heir) {
		const struct smmu_rid rid = { .kind = heir->kind, .binding = &heir->rid };

		smmu_streams_rule_locked(heir, i);
		make_ste(heir, &rid, false, &ste);
	}
	/* replacing one CD table of the host's by another leaves no gap: see smmu_ste_via() */
	write_shared(master, master, i, &ste);
}

static void install_shared(struct smmu_master *master, u32 i, const struct smmu_rid *rid,
			   const struct smmu_ste *ste)
{
	struct smmu_master *ruler = smmu_streams_ruler(master->iommu, master->sids[i]);

	if (rid->kind == SMMU_RID_BLOCKED) {
		if (ruler == master)
			hand_over(master, i);
		return;
	}
	/*
	 * as a rule all devices of a group are in one domain, so the DMA of the others goes on
	 * undisturbed
	 */
	if (ruler != master && !ruler->unfinished && says_the_same(ruler, rid))
		return;
	smmu_streams_rule_locked(master, i);
	write_shared(master, ruler, i, ste);
}

bool smmu_install_stes_locked(struct smmu_master *master, const struct smmu_rid *rid, bool ats,
			      bool brief)
{
	struct smmu_device *smmu = &master->iommu->smmu;
	struct smmu_ste ste;
	u32 i;

	smmu_master_assert(master);

	make_ste(master, rid, ats, &ste);
	for (i = 0; i < master->nr_sids; i++) {
		if (smmu_streams_shared_locked(master, i))
			install_shared(master, i, rid, &ste);
		else if (!smmu_strtab_write(smmu, master->sids[i], &ste, brief))
			return false;
	}
	return true;
}

/* STE.Config of a StreamID of the master */
static u8 config_of(const struct smmu_master *master, u32 i)
{
	const struct smmu_ste *ste = smmu_strtab_ste(&master->iommu->smmu, master->sids[i]);

	return FIELD_GET(STE0_CONFIG, le64_to_cpu(ste->w[0]));
}

bool smmu_install_aborts_locked(const struct smmu_master *master)
{
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids; i++)
		if (config_of(master, i) != STE_CONFIG_ABORT)
			return false;
	return true;
}

/*
 * Does an STE lead to a CD table? Where none does, the SMMU has none in its cache that does, because
 * each write of an STE is confirmed, except the first one after abort.
 */
static bool leads_to_cds(const struct smmu_master *master)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++)
		if ((config_of(master, i) & STE_CONFIG_S1) == STE_CONFIG_S1)
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
	u32 i;

	smmu_master_assert(master);

	for (i = 0; i < master->nr_sids; i++)
		if (smmu_streams_shared_locked(master, i) &&
		    smmu_streams_ruler(master->iommu, master->sids[i]) == master)
			hand_over(master, i);
}

int smmu_install_table_locked(struct smmu_master *master)
{
	smmu_master_assert(master);

	if (smmu_cdtab_exists(&master->cdtab))
		return 0;
	/* debugfs reads the table without the lock of the master */
	guard(mutex)(&smmu_arrays_mutex);
	return smmu_cdtab_alloc(&master->iommu->smmu, &master->cdtab, master->ssid_bits);
}

static bool write_cd(struct smmu_master *master, u32 ssid, const struct smmu_cd *cd, bool brief)
{
	if (!leads_to_cds(master)) {
		smmu_cdtab_put(&master->cdtab, ssid, cd);
		return true;
	}
	return smmu_cdtab_write(&master->iommu->smmu, &master->cdtab, master->sids,
				master->nr_sids, ssid, cd, brief);
}

bool smmu_install_cd_locked(struct smmu_binding *binding, bool brief)
{
	struct smmu_master *master = binding->master;
	const struct smmu_features *feat = &master->iommu->smmu.inst.feat;
	struct smmu_cd_s1 s1;
	struct smmu_cd cd;

	smmu_master_assert(master);

	/* pairs with WRITE_ONCE() in sva.c */
	if (READ_ONCE(binding->domain->mm_gone)) {
		/* pairs with READ_ONCE() in smmu_domain_find() */
		WRITE_ONCE(binding->cd_dead, true);
		smmu_cd_make_dead(&cd, feat, binding->tag.id);
	} else {
		if (binding->domain->sva)
			smmu_mmtable_cd(binding->domain->domain.mm, feat, &s1);
		else
			smmu_pgtable_cd(&binding->domain->pt, &s1);
		s1.asid = binding->tag.id;
		s1.stall = binding->iopf;
		smmu_cd_make_s1(&cd, feat, &s1);
	}
	return write_cd(master, binding->ssid, &cd, brief);
}

void smmu_install_no_cd_locked(struct smmu_master *master, u32 ssid)
{
	struct smmu_cd cd;

	smmu_master_assert(master);

	if (!smmu_cdtab_exists(&master->cdtab) || !smmu_cdtab_cd(&master->cdtab, ssid))
		return;
	smmu_cd_make_invalid(&cd);
	write_cd(master, ssid, &cd, false);
}
