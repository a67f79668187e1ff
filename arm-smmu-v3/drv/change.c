// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/iommu.h>

#include "core/ident.h"
#include "drv/ats.h"
#include "drv/binding.h"
#include "drv/change.h"
#include "drv/domain.h"
#include "drv/iommu.h"
#include "drv/master.h"

int smmu_change_allowed_locked(struct smmu_master *master, struct smmu_domain *sd)
{
	const char *why;

	lockdep_assert_held(&smmu_attach_mutex);

	if (!smmu_can_walk(&master->iommu->smmu.inst.feat, &sd->pt.needs, &why)) {
		dev_dbg(master->dev, "the SMMU cannot walk the page table of domain %u: %s\n",
			sd->id, why);
		return -EINVAL;
	}
	/* on -EINVAL iommufd makes another domain for the device */
	if (sd->enforced && !master->canwbs)
		return -EINVAL;
	/*
	 * This function does not fail for an SMMU that was shut. Such an SMMU aborts whatever is
	 * attached, and the IOMMU core WARNs when a device cannot return to its default domain.
	 */
	return 0;
}

/* Is it an attach of the RID? Else it is a change of one PASID */
static bool is_rid(const struct smmu_change *change)
{
	return !change->binding->ssid;
}

int smmu_change_prepare_locked(struct smmu_change *change, const struct iommu_domain *faults)
{
	struct smmu_binding *next = change->next;
	struct smmu_master *master = next->master;
	bool ats = smmu_ats_wanted_locked(master, &change->rid, change->nr_pasids);
	int ret = 0;

	lockdep_assert_held(&smmu_attach_mutex);

	if (faults)
		ret = smmu_iopf_enter_locked(next, faults);
	/* the ATS entries are live at once only where ATS is on already */
	next->ats = next->domain && ats && master->ats_on;
	if (!ret && next->domain)
		ret = smmu_binding_enter_locked(next, ats);
	if (ret)
		smmu_iopf_leave_locked(next);
	return ret;
}

/*
 * Does the change write the STEs? A change of PASIDs does so only where the RID alone does not need
 * a CD table.
 */
static bool stes_change(const struct smmu_change *change, const struct smmu_master *master)
{
	/* the STEs of a device whose ATS has failed abort, and stay so */
	if (master->ats_failed)
		return false;
	return is_rid(change) || (smmu_rid_is_static(change->rid.kind) &&
				  !master->nr_pasids != !change->nr_pasids);
}

/* Do steps 3 and 4. Return: false when the device has not confirmed that ATS is off */
static bool install_change(const struct smmu_change *change, struct smmu_master *master,
			   enum smmu_ats_step step)
{
	bool stes = stes_change(change, master), answers = true, cd;

	if (step == SMMU_ATS_GOES_OFF)
		answers = smmu_ats_off_locked(master);
	/* does an STE lead to a CD of @change->next? */
	cd = is_rid(change) ? change->rid.kind == SMMU_RID_S1 : !!change->next->domain;
	if (cd)
		smmu_install_cd_locked(change->next);
	/* the STE depends on whether there are PASIDs */
	master->nr_pasids = change->nr_pasids;
	if (stes)
		smmu_install_stes_locked(master, &change->rid, smmu_ats_is_on_after(step));
	/* the SMMU must not have an unused CD in its cache when the CD is used again */
	if (!cd)
		smmu_install_no_cd_locked(master, change->binding->ssid);
	return answers;
}

/* Do step 5. Return: false when the device has left an ATC_INV unanswered */
static bool update_ats(const struct smmu_change *change, struct smmu_master *master,
		       enum smmu_ats_step step)
{
	if (step == SMMU_ATS_STAYS_ON)
		/* the ATC holds nothing under a PASID that was not attached */
		return (!is_rid(change) && !change->binding->domain) ||
		       smmu_ats_drop_locked(master, change->binding->ssid);
	if (!smmu_ats_entries_live_locked(master, change->next) || !smmu_ats_on_locked(master))
		return false;
	if (!master->ats_on) {
		smmu_ats_without_locked(master, change->next);
		smmu_install_stes_locked(master, &change->rid, false);
	}
	return true;
}

void smmu_change_commit_locked(struct smmu_change *change)
{
	struct smmu_master *master = change->next->master;
	enum smmu_ats_step step = smmu_ats_step_locked(master, &change->rid, change->nr_pasids,
						       is_rid(change));
	bool answers;

	lockdep_assert_held(&smmu_attach_mutex);

	/* whether ATS is on is decided here again */
	master->ats_suspended = false;
	answers = install_change(change, master, step);
	if (smmu_ats_is_on_after(step))
		answers = update_ats(change, master, step);
	smmu_binding_leave_locked(change->binding);
	smmu_binding_set_locked(change->binding, change->next);
	master->kind = change->rid.kind;
	if (!answers)
		smmu_ats_fail_locked(master);
}
