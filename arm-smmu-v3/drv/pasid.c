// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/slab.h>

#include "drv/ats.h"
#include "drv/attach.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/install.h"
#include "drv/iopf.h"
#include "drv/pasid.h"

/* Requests without PASID need no CD table of their own: the STE changes with PASIDs */
static bool rid_is_static(const struct smmu_master *master)
{
	return master->kind == SMMU_RID_BLOCKED || master->kind == SMMU_RID_IDENTITY;
}

static void install_rid(struct smmu_master *master, bool ats)
{
	const struct smmu_rid rid = { .kind = master->kind, .at = &master->rid };

	if (!master->ats_parked)
		smmu_install_stes(master, &rid, ats);
}

/* The place of this SubstreamID; made once, kept until the master goes */
static struct smmu_attachment *get_place(struct smmu_master *master, u32 ssid)
{
	struct smmu_attachment *at = xa_load(&master->pasids, ssid);

	if (at)
		return at;
	at = kzalloc_obj(*at);
	if (!at)
		return NULL;
	at->master = master;
	at->ssid = ssid;
	INIT_LIST_HEAD(&at->node);
	if (xa_err(xa_store(&master->pasids, ssid, at, GFP_KERNEL))) {
		kfree(at);
		return NULL;
	}
	return at;
}

static int prepare(struct smmu_master *master, struct smmu_attachment *next)
{
	struct smmu_device *smmu = &master->host->smmu;
	int ret;

	if (!next->ssid || next->ssid >> master->ssid_bits || next->domain->pt.needs.stage2 ||
	    master->shared)
		return -EINVAL;
	if (!rid_is_static(master) && master->kind != SMMU_RID_S1)
		return -EBUSY;
	ret = smmu_attach_allowed(master, next->domain);
	if (ret)
		return ret;
	ret = smmu_cdtab_alloc(smmu, &master->cdtab, master->ssid_bits);
	if (ret)
		return ret;
	ret = smmu_cdtab_reserve(smmu, &master->cdtab, next->ssid);
	return ret == -ERANGE ? -EINVAL : ret;
}

/* The array includes @next; cannot fail any more */
static void commit(struct smmu_master *master, struct smmu_attachment *at,
		   struct smmu_attachment *next)
{
	bool first = !master->nr_pasids && rid_is_static(master);
	/* else its entries have their places, and ATS goes on when it is not parked any more */
	bool ats = first && master->ats_capable && !master->ats_parked;
	bool answers = true;

	smmu_install_cd(next);
	if (!at->domain)
		master->nr_pasids++;
	if (first)
		install_rid(master, ats);
	if (ats) {
		answers = smmu_attachment_add_ats(next) && smmu_ats_on(master);
		if (answers && !master->ats_on) {
			smmu_ats_without(master, next);
			install_rid(master, false);
		}
	} else if (at->domain && next->ats) {
		answers = smmu_ats_drop(master, next->ssid);
	}
	smmu_attachment_leave(at);
	smmu_attachment_set(at, next);
	if (!answers)
		smmu_ats_park(master);
}

int smmu_pasid_attach(struct smmu_master *master, struct smmu_domain *domain, u32 ssid)
{
	struct smmu_attachment next = {
		.master = master,
		.domain = domain,
		.ssid = ssid,
	};
	struct smmu_attachment *at;
	int ret;

	mutex_lock(&smmu_attach_mutex);
	ret = prepare(master, &next);
	if (ret)
		goto unlock;
	at = get_place(master, ssid);
	if (!at) {
		ret = -ENOMEM;
		goto unlock;
	}
	next.ats = master->ats_on;
	ret = smmu_iopf_enter(&next, &domain->domain);
	if (!ret)
		ret = smmu_attachment_enter(&next, master->ats_capable);
	if (!ret)
		commit(master, at, &next);
	else
		smmu_iopf_leave(&next);
unlock:
	mutex_unlock(&smmu_attach_mutex);
	smmu_iopf_settle(master);
	return ret;
}

void smmu_pasid_detach(struct smmu_master *master, u32 ssid)
{
	struct smmu_attachment *at = xa_load(&master->pasids, ssid);
	bool last, off, answers = true;

	lockdep_assert_held(&smmu_attach_mutex);

	if (!at || !at->domain)
		return;
	last = !--master->nr_pasids && rid_is_static(master);
	off = last && master->ats_on;
	if (off)
		answers = smmu_ats_off(master);
	if (last)
		install_rid(master, false);
	smmu_install_no_cd(master, ssid);
	if (!off && at->ats)
		answers = smmu_ats_drop(master, ssid);
	smmu_attachment_leave(at);
	if (!answers)
		smmu_ats_park(master);
}

void smmu_pasid_release(struct smmu_master *master)
{
	bool off = master->nr_pasids && master->ats_on, answers = true;
	struct smmu_attachment *at;
	unsigned long ssid;

	lockdep_assert_held(&smmu_attach_mutex);

	if (!master->nr_pasids)
		return;
	master->nr_pasids = 0;
	if (off)
		answers = smmu_ats_off(master);
	/* the STE leaves the CD table for good: nobody reads it, and it can go as it is */
	install_rid(master, false);
	xa_for_each(&master->pasids, ssid, at)
		smmu_attachment_leave(at);
	if (!answers)
		smmu_ats_park(master);
}
