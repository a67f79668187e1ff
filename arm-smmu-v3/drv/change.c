// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/workqueue.h>

#include <kunit/static_stub.h>

#include "core/ident.h"
#include "drv/ats.h"
#include "drv/binding.h"
#include "drv/change.h"
#include "drv/domain.h"
#include "drv/gate.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/pri.h"
#include "drv/streams.h"

int smmu_change_allowed_locked(struct smmu_master *master, struct smmu_domain *sd)
{
	const char *why;

	smmu_master_assert(master);

	if (!smmu_can_walk(&master->iommu->smmu.inst.feat, &sd->pt.needs, &why)) {
		dev_dbg(master->dev, "the SMMU cannot walk the page table of domain %u: %s\n",
			sd->id, why);
		return -EINVAL;
	}
	if (sd->pt.needs.stage2 && master->ats_required && !smmu_ats_with_s2(master)) {
		dev_dbg(master->dev, "the device needs ATS, and this SMMU has none beside a stage 2\n");
		return -EINVAL;
	}
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

/*
 * Enter the domain. A device that returns to a domain after a reset must not fail for want of
 * memory. Where it had no ATS in that domain, because another device called its StreamID its own,
 * there is no place for ATS entries yet. So it goes on without ATS.
 */
static int enter_domain(struct smmu_change *change, bool ats)
{
	struct smmu_binding *next = change->next;
	int ret = smmu_binding_enter_locked(next, ats);

	if (ret == -ENOMEM && ats && !next->ats && next->master->streams[0].common) {
		change->without_ats = true;
		ret = smmu_binding_enter_locked(next, false);
	}
	return ret;
}

int smmu_change_prepare_locked(struct smmu_change *change, const struct iommu_domain *faults)
{
	struct smmu_binding *next = change->next;
	struct smmu_master *master = next->master;
	bool ats = smmu_ats_wanted_locked(master, &change->rid, change->nr_pasids);
	int ret = 0;

	smmu_master_assert(master);

	if (faults)
		ret = smmu_iopf_enter_locked(next, faults);
	/* the ATS entries are live at once only where ATS is on already */
	next->ats = next->domain && ats && master->ats_on;
	if (!ret && next->domain)
		ret = enter_domain(change, ats);
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
	/* the STE of a shared stream may show what another device is attached to */
	return is_rid(change) || master->shared || (smmu_rid_is_static(change->rid.kind) &&
				  !master->nr_pasids != !change->nr_pasids);
}

/* Does an STE lead to the CD of @change->next? */
static bool needs_cd(const struct smmu_change *change)
{
	return is_rid(change) ? change->rid.kind == SMMU_RID_S1 : !!change->next->domain;
}

/*
 * Do steps 3 and 4. Return: 0; -EIO when the device has not confirmed that ATS is off; -EAGAIN when
 * @brief was not enough
 */
static int install_change(const struct smmu_change *change, struct smmu_master *master,
			  enum smmu_ats_step step, bool brief)
{
	bool stes = stes_change(change, master), cd = needs_cd(change);
	int ret = 0;

	if (step == SMMU_ATS_GOES_OFF && !smmu_ats_off_locked(master))
		ret = -EIO;
	if (cd && !smmu_install_cd_locked(change->next, brief))
		return -EAGAIN;
	/* the STE depends on whether there are PASIDs */
	master->nr_pasids = change->nr_pasids;
	if (stes && !smmu_install_stes_locked(master, &change->rid, smmu_ats_is_on_after(step),
					      brief))
		return -EAGAIN;
	/* the SMMU must not have an unused CD in its cache when the CD is used again */
	if (!cd)
		smmu_install_no_cd_locked(master, change->binding->ssid);
	return ret;
}

/*
 * Do step 5. Return: 0; -EIO when the device has left an ATC_INV unanswered; -EAGAIN when @brief
 * was not enough
 */
static int update_ats(const struct smmu_change *change, struct smmu_master *master,
		      enum smmu_ats_step step, bool brief)
{
	int ret;

	if (step == SMMU_ATS_STAYS_ON) {
		/* the ATC holds nothing under a PASID that was not attached */
		if ((is_rid(change) || change->binding->domain) &&
		    !smmu_ats_drop_locked(master, change->binding->ssid))
			return -EIO;
		return 0;
	}
	if (!smmu_ats_entries_live_locked(master, change->next))
		return -EIO;
	ret = smmu_ats_on_locked(master, brief);
	if (!ret && !master->ats_on) {
		smmu_ats_without_locked(master, change->next);
		smmu_install_stes_locked(master, &change->rid, false, false);
	}
	return ret;
}

/* Do steps 3 to 5. Return: as update_ats() */
static int do_change(const struct smmu_change *change, struct smmu_master *master,
		     enum smmu_ats_step step, bool brief)
{
	int ret = install_change(change, master, step, brief);

	if (ret != -EAGAIN && smmu_ats_is_on_after(step))
		ret = update_ats(change, master, step, brief);
	return ret;
}

/*
 * The ATC of a device is invalidated for the domain of that device alone. So the device must not
 * have ATS while its stream shows something else, because another owner is attached to that.
 */
static void others_lose_ats(const struct smmu_change *change, struct smmu_master *master)
{
	struct smmu_master *other;
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		other = smmu_streams_principal(&master->streams[i]);
		if (!other || other == master ||
		    smmu_install_shows_locked(other, master, &change->rid))
			continue;
		other->ats_suspended = false;
		if (other->ats_on && !smmu_ats_off_locked(other))
			smmu_ats_fail_locked(other);
	}
}

void smmu_change_finish_later(struct smmu_master *master)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_change_finish_later, master);

	smmu_master_get(master);
	if (!queue_work(system_dfl_wq, &master->finish))
		smmu_master_put(master);
}

void smmu_change_commit_locked(struct smmu_change *change)
{
	struct smmu_master *master = change->next->master;
	enum smmu_ats_step step = smmu_ats_step_locked(master, &change->rid, change->nr_pasids,
						       is_rid(change));
	bool brief = unlikely(change->first) && !master->shared &&
		     smmu_install_aborts_locked(master);
	bool fresh = !is_rid(change) && !change->binding->domain;
	int ret;

	smmu_master_assert(master);

	if (change->without_ats)
		step = SMMU_ATS_STAYS_OFF;
	/* whether ATS is on is decided here again, but a change of PASIDs does not turn it on */
	if (is_rid(change) || !smmu_ats_wanted_locked(master, &change->rid, change->nr_pasids))
		master->ats_suspended = false;
	if (unlikely(master->shared) && is_rid(change))
		others_lose_ats(change, master);
	ret = do_change(change, master, step, brief);
	smmu_binding_move_locked(change->binding, change->next);
	smmu_gate_open_locked(change->binding, fresh);
	WRITE_ONCE(master->kind, change->rid.kind);
	if (ret == -EAGAIN) {
		dev_dbg(master->dev, "the SMMU does not confirm; the attach is finished later\n");
		master->unfinished = true;
		smmu_change_finish_later(master);
	} else if (ret) {
		smmu_ats_fail_locked(master);
	}
	smmu_pri_update_locked(master);
}

void smmu_change_finish_locked(struct smmu_master *master)
{
	struct smmu_change change = {
		.binding = &master->rid,
		.next = &master->rid,
		.rid.kind = master->kind,
		.rid.binding = &master->rid,
		.nr_pasids = master->nr_pasids,
	};
	bool ats = smmu_ats_wanted_locked(master, &change.rid, change.nr_pasids) &&
		   !smmu_ats_is_hidden_locked(master, &change.rid) && !master->ats_failed;

	smmu_master_assert(master);

	/* what was written may be in the SMMU's cache in part */
	smmu_install_settle_locked(master);
	master->unfinished = false;
	master->ats_suspended = false;
	if (do_change(&change, master, ats ? SMMU_ATS_GOES_ON : SMMU_ATS_STAYS_OFF, false))
		smmu_ats_fail_locked(master);
	smmu_pri_update_locked(master);
}

void smmu_change_finish_work(struct work_struct *work)
{
	struct smmu_master *master = container_of(work, struct smmu_master, finish);

	if (!smmu_master_lock_live(master))
		return;
	if (master->unfinished)
		smmu_change_finish_locked(master);
	smmu_master_unlock_put(master);
}
