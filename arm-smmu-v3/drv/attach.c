// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of an attach, all under the attach mutex:
 *
 *  1. get the tag and the CD table, merge		may fail, nothing has changed
 *  2. publish the new domain's array			from here every walk includes us
 *  3. write the CD (stage 1), write the STEs		confirmed by CFGI + CMD_SYNC
 *  4. unref the old domain's array, flush its tag	nobody walks the old table now
 *
 * Between 2 and 3 a walk may invalidate a tag that no TLB knows: harmless. The other
 * way round there would be a moment in which the SMMU fills its TLB and no walk knows.
 */
#include <linux/iommu.h>

#include "core/array.h"
#include "core/cd.h"
#include "core/ident.h"
#include "core/ste.h"
#include "core/tag.h"
#include "drv/attach.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/master.h"
#include "drv/tagflush.h"
#include "drv/trace.h"

bool smmu_dirty_capable(const struct smmu_device *smmu)
{
	return smmu_has(smmu, SMMU_FEAT_HD) && smmu_has(smmu, SMMU_FEAT_COHERENT);
}

/* What one attachment needs invalidated; the same question at attach and at detach */
static void fill_scratch(struct smmu_array *scratch, const struct smmu_tag *tag, u8 pgshift)
{
	struct smmu_inv inv = {
		.inst = tag->inst,
		.type = tag->type,
		.id = tag->id,
		.pgshift = pgshift,
	};

	smmu_array_clear(scratch);
	smmu_array_add(scratch, &inv);
}

static int get_tag(struct smmu_master *master, struct smmu_domain *domain,
		   struct smmu_tag *tag)
{
	struct smmu_inst *inst = &master->host->smmu.inst;
	u8 type = domain->pt.needs.stage2 ? SMMU_INV_S2_VMID : SMMU_INV_S1_ASID;
	int ret;

	ret = smmu_tag_get(smmu_domain_array(domain), inst, type, tag);
	if (ret == -ENOSPC && smmu_domains_reclaim(inst, type))
		ret = smmu_tag_get(smmu_domain_array(domain), inst, type, tag);
	if (!ret)
		trace_smmu_tag(domain->id, tag);
	return ret;
}

static void write_stes(struct smmu_master *master, const struct smmu_ste *ste)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++)
		smmu_strtab_write(&master->host->smmu, master->sids[i], ste);
}

static void write_cd(struct smmu_master *master, const struct smmu_cd *cd)
{
	smmu_cdtab_write(&master->host->smmu, &master->cdtab, master->sids,
			 master->nr_sids, cd);
}

/* A CD that no STE leads to any more must not be cached when it is used again */
static void clear_cd(struct smmu_master *master)
{
	struct smmu_cd cd;

	if (!master->cdtab.cd)
		return;
	smmu_cd_make_invalid(&cd);
	write_cd(master, &cd);
}

static void install_s1(struct smmu_master *master, struct smmu_domain *domain,
		       const struct smmu_tag *tag)
{
	const struct smmu_features *feat = &master->host->smmu.inst.feat;
	struct smmu_ste_s1 s1 = {
		.cdtab = master->cdtab.dma,
		.fmt = STE_S1FMT_LINEAR,
		.s1dss = STE_S1DSS_SSID0,
		.eats = STE_EATS_ABORT,
	};
	struct smmu_cd_s1 fields;
	struct smmu_ste ste;
	struct smmu_cd cd;

	smmu_pgtable_cd(&domain->pt, &fields);
	fields.asid = tag->id;
	fields.stall = feat->flags & SMMU_FEAT_STALL_FORCE;
	smmu_cd_make_s1(&cd, feat, &fields);
	smmu_ste_make_s1(&ste, feat, &s1);
	write_cd(master, &cd);
	write_stes(master, &ste);
}

static void install_s2(struct smmu_master *master, struct smmu_domain *domain,
		       const struct smmu_tag *tag)
{
	const struct smmu_features *feat = &master->host->smmu.inst.feat;
	struct smmu_ste_s2 s2;
	struct smmu_ste ste;

	smmu_pgtable_s2(&domain->pt, &s2);
	s2.vmid = tag->id;
	s2.stall = feat->flags & SMMU_FEAT_STALL_FORCE;
	smmu_ste_make_s2(&ste, feat, &s2);
	write_stes(master, &ste);
	clear_cd(master);
}

/* Steps 4: out of the old domain; its STE and CD are gone, and that is confirmed */
static void leave(struct smmu_master *master)
{
	struct smmu_domain *old = master->domain;

	if (!old)
		return;
	fill_scratch(master->detach, &master->tag, old->pt.pgshift);
	smmu_domain_unref(old, master->detach);
	list_del_init(&master->domain_node);
	master->domain = NULL;
}

/* Step 1 without the tag: everything else that may fail. NULL: revive in place. */
static int prepare(struct smmu_master *master, struct smmu_domain *domain,
		   const struct smmu_tag *tag, struct smmu_array **merged)
{
	int ret;

	if (!domain->pt.needs.stage2) {
		ret = smmu_cdtab_alloc(&master->host->smmu, &master->cdtab);
		if (ret)
			return ret;
	}
	fill_scratch(master->attach, tag, domain->pt.pgshift);
	*merged = NULL;
	if (smmu_array_revive(smmu_domain_array(domain), master->attach))
		return 0;
	*merged = smmu_array_merge(smmu_domain_array(domain), master->attach, GFP_KERNEL);
	return PTR_ERR_OR_ZERO(*merged);
}

static int attach_locked(struct smmu_master *master, struct smmu_domain *domain)
{
	const struct smmu_features *feat = &master->host->smmu.inst.feat;
	struct smmu_array *merged;
	struct smmu_tag tag;
	const char *why;
	int ret;

	if (!smmu_can_walk(feat, &domain->pt.needs, &why)) {
		dev_dbg(master->dev, "cannot share domain %u: %s\n", domain->id, why);
		return -EINVAL;
	}
	/* iommufd makes another domain for it then */
	if (domain->enforced && !smmu_master_canwbs(master))
		return -EINVAL;
	/*
	 * An SMMU that was shut is no reason to fail: it aborts whatever is attached, and the
	 * core WARNs when a device does not come back to its default domain.
	 */
	ret = get_tag(master, domain, &tag);
	if (ret)
		return ret;
	ret = prepare(master, domain, &tag, &merged);
	if (ret) {
		smmu_tag_undo(&tag);
		return ret;
	}

	if (merged)
		smmu_domain_publish(domain, merged);
	trace_smmu_attach(domain->id, master->attach);
	/*
	 * Step 2 (publishing, or the revival in place) before step 3 (CD and STE). Pairs with
	 * smp_mb() in smmu_walk_range(); the argument is in walk.h.
	 */
	smp_mb();

	if (domain->pt.needs.stage2)
		install_s2(master, domain, &tag);
	else
		install_s1(master, domain, &tag);

	leave(master);
	master->domain = domain;
	master->tag = tag;
	master->bypass = false;
	list_add_tail(&master->domain_node, &domain->attached);
	return 0;
}

int smmu_attach_paging(struct smmu_master *master, struct smmu_domain *domain)
{
	int ret;

	mutex_lock(&smmu_attach_mutex);
	ret = attach_locked(master, domain);
	mutex_unlock(&smmu_attach_mutex);
	return ret;
}

void smmu_attach_none(struct smmu_master *master, bool bypass)
{
	struct smmu_ste ste;

	lockdep_assert_held(&smmu_attach_mutex);

	if (bypass)
		smmu_ste_make_bypass(&ste, &master->host->smmu.inst.feat);
	else
		smmu_ste_make_abort(&ste);
	write_stes(master, &ste);
	clear_cd(master);
	leave(master);
	master->bypass = bypass;
}
