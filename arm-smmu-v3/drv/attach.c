// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of an attach of requests without PASID, all under the attach mutex:
 *
 *  1. CD table, tag, array		may fail, nothing has changed
 *  2. the new domain's array includes us	from here every walk of it does
 *  3. ATS off, if it goes off	see ats.h
 *  4. the CD (stage 1), the STEs	confirmed by CFGI + CMD_SYNC
 *  5. ATS on, if it stays or goes on	what the ATC held of the old domain goes;
 *					if it goes on, its entries are live from here
 *  6. out of the old domain's array	nobody uses the old table now; its tag is flushed
 *
 * Between 2 and 4 a walk may invalidate a tag that no TLB knows: harmless. The other
 * way round there would be a moment in which the SMMU fills its TLB and no walk knows.
 */
#include <linux/iommu.h>

#include "core/ident.h"
#include "drv/ats.h"
#include "drv/attach.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/install.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/vsmmu.h"

bool smmu_dirty_capable(const struct smmu_device *smmu)
{
	return smmu_has(smmu, SMMU_FEAT_HD) && smmu_has(smmu, SMMU_FEAT_COHERENT);
}

int smmu_attach_allowed(struct smmu_master *master, struct smmu_domain *domain)
{
	const char *why;

	if (!smmu_can_walk(&master->host->smmu.inst.feat, &domain->pt.needs, &why)) {
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
	return 0;
}

/* ATS is about to go on: of PASIDs too, from which it had been taken away then */
static bool ready_for_ats(struct smmu_master *master, struct smmu_attachment *next)
{
	struct smmu_attachment *at;
	unsigned long ssid;

	if (WARN_ON(!smmu_attachment_add_ats(next)))
		return false;
	xa_for_each(&master->pasids, ssid, at)
		if (WARN_ON(!smmu_attachment_add_ats(at)))
			return false;
	return true;
}

/* The core may want to go back there, and must not fail: see smmu_nested_prepare() */
static void remember(struct smmu_master *master, const struct smmu_rid *to)
{
	u64 id = to->nested ? smmu_nested_id(to->nested) : 0;

	if (to->kind == SMMU_RID_BLOCKED || (id && id == master->nested_id))
		return;
	master->nested_before = master->nested_id;
	master->nested_id = id;
}

/* Steps 3 to 6: cannot fail */
static void commit(struct smmu_master *master, const struct smmu_rid *to,
		   struct smmu_attachment *next, bool ats)
{
	bool answers = true;

	if (to->kind != SMMU_RID_BLOCKED)
		smmu_ats_unpark(master);
	smmu_vsmmu_leave(master, to->nested ? smmu_nested_vsmmu(to->nested) : NULL);

	if (master->ats_on && !ats)
		answers = smmu_ats_off(master);
	if (to->kind == SMMU_RID_S1)
		smmu_install_cd(next);
	if (master->ats_parked)
		smmu_install_abort(master);
	else
		smmu_install_stes(master, to, ats);
	/* a CD that no STE leads to any more must not be cached when it is used again */
	if (to->kind != SMMU_RID_S1)
		smmu_install_no_cd(master, 0);
	if (ats) {
		answers = ready_for_ats(master, next) && smmu_ats_on(master);
		if (answers && !master->ats_on) {
			smmu_ats_without(master, next);
			smmu_install_stes(master, to, false);
		}
	}
	if (to->kind == SMMU_RID_BLOCKED && master->kind != SMMU_RID_BLOCKED)
		master->max_idle = master->nr_pasids;

	smmu_attachment_leave(&master->rid);
	smmu_attachment_set(&master->rid, next);
	master->kind = to->kind;
	remember(master, to);
	if (!answers)
		smmu_ats_park(master);
}

/*
 * No driver may fail a device's first attach, says the core: when one comes while the SMMU is
 * being registered, it undoes the registration. A device that cannot have its domain is then the
 * only one that suffers: it is taken for attached, and aborts.
 */
static int must_not_fail(struct smmu_master *master, int ret)
{
	if (ret && !master->attached) {
		dev_err(master->dev, "first attach failed (%pe): its DMA aborts until it is attached to another domain\n",
			ERR_PTR(ret));
		ret = 0;
	}
	master->attached = true;
	return ret;
}

int smmu_attach_paging(struct smmu_master *master, struct smmu_domain *domain)
{
	struct smmu_attachment next = {
		.master = master,
		.domain = domain,
	};
	struct smmu_rid to = {
		.kind = domain->pt.needs.stage2 ? SMMU_RID_S2 : SMMU_RID_S1,
		.at = &next,
	};
	int ret;

	mutex_lock(&smmu_attach_mutex);
	next.ats = master->ats_on;
	ret = smmu_attach_allowed(master, domain);
	/* PASIDs live in a CD table, and a stage-2 STE has none */
	if (!ret && to.kind == SMMU_RID_S2 && master->nr_pasids)
		ret = -EBUSY;
	if (!ret && to.kind == SMMU_RID_S1)
		ret = smmu_cdtab_alloc(&master->host->smmu, &master->cdtab,
				       master->ssid_bits);
	if (!ret)
		ret = smmu_iopf_enter(&next, &domain->domain);
	if (!ret)
		ret = smmu_attachment_enter(&next, master->ats_capable);
	if (!ret)
		commit(master, &to, &next, master->ats_capable);
	else
		smmu_iopf_leave(&next);
	ret = must_not_fail(master, ret);
	mutex_unlock(&smmu_attach_mutex);
	smmu_iopf_settle(master);
	return ret;
}

/* Its ATS entries are live at once only where ATS is on already */
static int enter_nested(struct smmu_master *master, struct smmu_attachment *next, bool ats)
{
	next->ats = ats && master->ats_on;
	return smmu_attachment_enter(next, ats);
}

int smmu_attach_nested(struct smmu_master *master, struct smmu_nested *nested)
{
	struct smmu_attachment next = { .master = master };
	struct smmu_rid to = {
		.kind = SMMU_RID_NESTED,
		.at = &next,
		.nested = nested,
	};
	bool ats = false;
	int ret;

	mutex_lock(&smmu_attach_mutex);
	ret = smmu_nested_prepare(master, nested, &next, &ats);
	if (!ret && master->nr_pasids)
		ret = -EBUSY;
	/* a guest is given a stream that is its device's alone */
	if (!ret && master->shared)
		ret = -EINVAL;
	if (!ret && next.domain) {
		ret = smmu_attach_allowed(master, next.domain);
		if (!ret)
			ret = enter_nested(master, &next, ats);
	}
	if (!ret)
		commit(master, &to, &next, ats);
	mutex_unlock(&smmu_attach_mutex);
	smmu_iopf_settle(master);
	if (!ret)
		smmu_vsmmu_join(master, smmu_nested_vsmmu(nested));
	return ret;
}

void smmu_attach_none(struct smmu_master *master, bool bypass)
{
	struct smmu_attachment next = { .master = master };
	const struct smmu_rid to = {
		.kind = bypass ? SMMU_RID_IDENTITY : SMMU_RID_BLOCKED,
		.at = &next,
	};
	bool ats = false;

	lockdep_assert_held(&smmu_attach_mutex);

	master->attached = true;
	/* for the sake of its PASIDs ATS stays on, or comes back on when it was parked */
	if (master->nr_pasids)
		ats = bypass ? master->ats_capable : master->ats_on;
	commit(master, &to, &next, ats);
}
