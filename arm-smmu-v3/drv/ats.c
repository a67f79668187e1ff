// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>

#include "core/cmd.h"
#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "drv/domain.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/pri.h"
#include "drv/readers.h"
#include "drv/streams.h"
#include "hw/issue.h"
#include "hw/shut.h"
#include "hw/strtab.h"

/*
 * How long to wait before config space is tried again: a reset keeps it locked for a tenth of a
 * second or more
 */
#define RETRY_MS	100

/* How often an ATC_INV is sent when it is not known whether it has failed */
#define ATC_TRIES	3

void smmu_ats_probe_required(struct smmu_master *master)
{
	master->ats_required = smmu_ats_pci_required(master);
}

/* Prepare identity for a device that must have ATS. Return: 0 or -ENOMEM */
static int prepare_identity(struct smmu_master *master)
{
	struct smmu_device *smmu = &master->iommu->smmu;
	int ret;

	/* S1DSS means something only where there are SubstreamIDs (5.2) */
	if (!smmu_has(smmu, SMMU_FEAT_S1) || !smmu->inst.feat.ssid_bits) {
		dev_notice(master->dev, "this device must have ATS, and the SMMU has no ATS without translation: no identity domain\n");
		return 0;
	}
	smmu_master_lock(master);
	master->ats_always = true;
	ret = smmu_install_table_locked(master);
	smmu_master_unlock(master);
	return ret;
}

int smmu_ats_probe(struct smmu_master *master)
{
	bool has = smmu_has(&master->iommu->smmu, SMMU_FEAT_ATS);

	master->ats_capable = smmu_ats_pci_capable(master);
	if (!master->ats_capable) {
		if (!master->ats_required)
			return 0;
		dev_err(master->dev, "this device does not work without ATS, and %s; there is no IOMMU for it, and its DMA aborts\n",
			has ? "its root complex or its PF does not allow it" : "the SMMU has none");
		return -ENODEV;
	}
	master->cxl = smmu_ats_pci_cxl(master);
	master->ats_global = smmu_ats_pci_global(master);
	return master->ats_required ? prepare_identity(master) : 0;
}

bool smmu_ats_may_go_on_locked(const struct smmu_master *master, const struct smmu_rid *rid,
			       bool attach)
{
	const struct smmu_rid before = { .kind = master->kind, .binding = &master->rid };

	smmu_master_assert(master);

	if (master->ats_failed)
		return false;
	/* an attach to blocked may be part of a reset */
	if (attach)
		return rid->kind != SMMU_RID_BLOCKED;
	/*
	 * if the master wanted ATS before and has it off, enabling it has failed: the next attach
	 * tries again
	 */
	return !smmu_ats_wanted_locked(master, &before, master->nr_pasids);
}

/*
 * Add ATC_INVs for everything that the ATC holds under a SubstreamID; 0 stands for requests without
 * one. With SubstreamID 0 the PASIDs of a guest are invalidated too, by the Global flag: the host
 * does not know them, and an ATC_INV without a SubstreamID may or may not reach them.
 */
static void atc_add(struct smmu_issue_batch *batch, const struct smmu_master *master, u32 ssid)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		smmu_cmd_atc_inv(smmu_issue_batch_add(batch), master->sids[i], ssid, ssid, 0,
				 ATC_SIZE_ALL);
		if (!ssid && master->ssid_bits)
			smmu_cmd_atc_inv_pasids(smmu_issue_batch_add(batch), master->sids[i]);
	}
}

/*
 * Invalidate what is in the ATC under a SubstreamID, or, with @all, everything. Not every device
 * supports the Global flag (4.5.1), so each PASID that the host has attached is invalidated by its
 * number.
 */
static int atc_try(struct smmu_master *master, u32 ssid, bool all, bool brief)
{
	struct smmu_issue_batch batch;
	struct smmu_binding *binding;
	unsigned long i;

	smmu_issue_batch_start(&batch, &master->iommu->smmu, false);
	batch.brief = brief;
	atc_add(&batch, master, ssid);
	if (all)
		xa_for_each(&master->pasids, i, binding)
			atc_add(&batch, master, i);
	return smmu_issue_batch_end(&batch);
}

static int atc_invalidate(struct smmu_master *master, u32 ssid, bool all, bool brief)
{
	struct smmu_device *smmu = &master->iommu->smmu;
	u32 tries = ATC_TRIES;
	int ret;

	if (smmu_ats_pci_gone(master))
		return 0;
	/*
	 * -EIO says as well that so many commands of others have failed that it is not known
	 * whether these have. A device whose ATC_INV has failed is cut off by now.
	 */
	do {
		ret = atc_try(master, ssid, all, brief);
	} while (ret == -EIO && !test_bit(SMMU_CUT, &master->ats_cut) && --tries);
	/* the queue stands, for whatever reason, but not because of the device */
	if (ret == -ETIMEDOUT)
		smmu_issue_shut(smmu, "an ATC_INV was not confirmed");
	/* an SMMU that was shut lets no request through, whatever ATCs hold */
	if (ret == -ESHUTDOWN || (ret == -ETIMEDOUT && smmu_device_is_off(smmu)))
		return 0;
	return ret;
}

/* Cut the device off, and log it, unless it is cut off already */
static void cut_off(struct smmu_master *master)
{
	if (smmu_ats_cut_one(master, SMMU_CUT_SILENT))
		smmu_ats_cut_log(master);
}

/*
 * Has the device confirmed? If an ATC_INV was not answered, the ATC may hold anything, and the
 * device is cut off. So it is when an ATC_INV of somebody else was not answered meanwhile: then
 * those of this function were left out.
 */
static bool atc_confirmed(struct smmu_master *master, int ret)
{
	if (ret)
		cut_off(master);
	return !test_bit(SMMU_CUT, &master->ats_cut);
}

int smmu_ats_on_locked(struct smmu_master *master, bool brief)
{
	int ret;

	smmu_master_assert(master);

	ret = atc_invalidate(master, 0, true, brief);
	if (ret == -EAGAIN)
		return ret;
	ret = atc_confirmed(master, ret) ? smmu_ats_enable(master) : -EIO;
	if (ret)
		WRITE_ONCE(master->ats_on, false); /* as in smmu_ats_entries_live_locked() */
	if (test_bit(SMMU_CUT, &master->ats_cut))
		return -EIO;
	if (!ret)
		return 0;
	/* it gets ATS when it has power again */
	if (ret == -EHOSTDOWN)
		master->ats_suspended = true;
	else if (master->ats_required)
		dev_err(master->dev, "ATS cannot be enabled (%pe); the device has no DMA until it is attached anew\n",
			ERR_PTR(ret));
	else
		dev_warn(master->dev, "ATS cannot be enabled (%pe); the device goes on without it\n",
			 ERR_PTR(ret));
	return 0;
}

/*
 * Take the ATS entries out of all arrays. When this returns, no reader sends the device an ATC_INV
 * any more, and none that a reader has posted is in a queue.
 */
static void leave_arrays(struct smmu_master *master)
{
	struct smmu_binding *binding;
	unsigned long ssid;

	smmu_pri_off_locked(master);
	/* pairs with READ_ONCE() in smmu_vsmmu_stream() */
	WRITE_ONCE(master->ats_on, false);
	smmu_binding_drop_ats_locked(&master->rid);
	xa_for_each(&master->pasids, ssid, binding)
		smmu_binding_drop_ats_locked(binding);
	/* readers that found the entries or the flag have ended after this, or have stepped out */
	synchronize_rcu_expedited();
	if (unlikely(smmu_readers_are_out()))
		smmu_cmdq_drain(&master->iommu->smmu);
}

void smmu_ats_without_locked(struct smmu_master *master, struct smmu_binding *next)
{
	smmu_master_assert(master);

	smmu_binding_drop_ats_locked(next);
	leave_arrays(master);
}

bool smmu_ats_off_locked(struct smmu_master *master)
{
	bool ok;

	smmu_master_assert(master);

	/* no ATC_INV of a guest may come when ATS is off; what one waits for, the next waits for */
	if (smmu_ats_match_off(master))
		smmu_issue_drain(&master->iommu->smmu);
	smmu_ats_disable(master);
	ok = atc_confirmed(master, atc_invalidate(master, 0, true, false));
	/* the ATC is empty and stays empty */
	leave_arrays(master);
	return ok;
}

bool smmu_ats_entries_live_locked(struct smmu_master *master, struct smmu_binding *rid)
{
	struct smmu_binding *binding;
	unsigned long ssid;

	smmu_master_assert(master);

	/*
	 * Before it is, and before the entries. A walk that finds them may post edited commands,
	 * and an ATC_INV to a device without ATS is left out there: smmu_ats_is_cut(). It must not
	 * be one that the device needs as soon as it has ATS. And a device that does not answer is
	 * cut off only if this is set. Pairs with READ_ONCE() in smmu_vsmmu_stream() and
	 * user_of_ats().
	 */
	WRITE_ONCE(master->ats_on, true);
	if (WARN_ON(!smmu_binding_add_ats_locked(rid)))
		return false;
	xa_for_each(&master->pasids, ssid, binding)
		if (WARN_ON(!smmu_binding_add_ats_locked(binding)))
			return false;
	return true;
}

/* Change EATS in the STEs as they are. A guest's STE could not be made anew here. */
static void set_eats(struct smmu_master *master, u8 eats)
{
	struct smmu_device *smmu = &master->iommu->smmu;
	struct smmu_ste ste;
	u64 w;
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		ste = *smmu_strtab_ste(smmu, master->sids[i]);
		w = le64_to_cpu(ste.w[1]);
		FIELD_MODIFY(STE1_EATS, &w, eats);
		ste.w[1] = cpu_to_le64(w);
		smmu_strtab_write(smmu, master->sids[i], &ste, false);
	}
}

void smmu_ats_suspend_locked(struct smmu_master *master)
{
	smmu_master_assert(master);

	if (!master->ats_on)
		return;
	smmu_ats_disable(master);
	leave_arrays(master);
	set_eats(master, STE_EATS_ABORT);
	master->ats_suspended = true;
}

/*
 * ATS, which is off, goes on in the STEs as they are. Return: 0; -EAGAIN when @brief was not
 * enough, and then it is off
 */
static int go_on(struct smmu_master *master, bool brief)
{
	int ret = -EIO;

	set_eats(master, STE_EATS_FULL);
	if (smmu_ats_entries_live_locked(master, &master->rid))
		ret = smmu_ats_on_locked(master, brief);
	if (ret == -EAGAIN) {
		/* ATS Enable is 0, so it does no harm that the STEs keep EATS */
		leave_arrays(master);
		return ret;
	}
	if (ret) {
		smmu_ats_fail_locked(master);
	} else if (!master->ats_on) {
		leave_arrays(master);
		set_eats(master, STE_EATS_ABORT);
	}
	smmu_pri_update_locked(master);
	return 0;
}

bool smmu_ats_resume_locked(struct smmu_master *master, bool brief)
{
	smmu_master_assert(master);

	/* the device may have been attached meanwhile */
	if (!master->ats_suspended)
		return true;
	/* the STEs are not changed where that may take long */
	if (brief && smmu_issue_drain(&master->iommu->smmu) == -EAGAIN)
		return false;
	master->ats_suspended = false;
	if (!go_on(master, brief))
		return true;
	master->ats_suspended = true;
	return false;
}

bool smmu_ats_drop_locked(struct smmu_master *master, u32 ssid)
{
	smmu_master_assert(master);

	return atc_confirmed(master, atc_invalidate(master, ssid, false, false));
}

void smmu_ats_fail_locked(struct smmu_master *master)
{
	smmu_master_assert(master);

	cut_off(master);
	smmu_ats_disable(master);
	leave_arrays(master);
	/* pairs with READ_ONCE() in is_out(), ats_cut.c */
	WRITE_ONCE(master->ats_failed, true);
	master->ats_failures++;
	master->forgiven = false;
	master->ats_suspended = false;
	smmu_ats_clear_charge(master);
	smmu_install_abort_locked(master);
	/* after @ats_failed: pairs with test_bit_acquire() in is_out(), ats_cut.c */
	clear_bit_unlock(SMMU_CUT, &master->ats_cut);
	/*
	 * the STEs abort translated requests, too (3.9.1.3), so bus mastering is given back to its
	 * owner
	 */
	if (!smmu_ats_pci_give_back(master))
		smmu_ats_recover_later(master->iommu, RETRY_MS);
}

/* Does an attach to @next mean that the kernel itself has the device, and nobody else? */
static bool goes_to_kernel(const struct smmu_rid *next)
{
	return next->kind == SMMU_RID_IDENTITY ||
	       (next->kind != SMMU_RID_NESTED && next->binding->domain &&
		iommu_is_dma_domain(&next->binding->domain->domain));
}

/* The device may have what was kept from it as ATS has failed, see smmu_ats_pci_give_back() */
static void end_failed(struct smmu_master *master)
{
	WRITE_ONCE(master->ats_failed, false); /* as in smmu_ats_fail_locked() */
	/* but not before its STEs are as they shall be: the work waits for the master's lock */
	if (test_bit(SMMU_CUT_MASTER, &master->ats_cut))
		smmu_ats_recover_later(master->iommu, 0);
}

void smmu_ats_may_end_failed_locked(struct smmu_master *master, const struct smmu_rid *next)
{
	smmu_master_assert(master);

	if (next->kind == SMMU_RID_BLOCKED)
		return;
	if (master->forgiven ||
	    (goes_to_kernel(next) && master->ats_failures < SMMU_ATS_FAILURES_MAX)) {
		end_failed(master);
		return;
	}
	dev_notice_ratelimited(master->dev,
			       "the device was cut off, because it %s, and stays so: no DMA%s\n",
			       smmu_cut_text(master->cut_why),
			       master->ats_failures < SMMU_ATS_FAILURES_MAX ? "" :
			       ", because it was not the first time; see Documentation/silence.rst");
}

void smmu_ats_forgive_locked(struct smmu_master *master)
{
	const struct smmu_rid rid = { .kind = master->kind, .binding = &master->rid };

	smmu_master_assert(master);

	master->ats_failures = 0;
	smmu_ats_clear_charge(master);
	if (!master->ats_failed)
		return;
	/* a guest's STE is not known here; the guest or its VMM gives it once more */
	master->forgiven = true;
	if (rid.kind == SMMU_RID_NESTED)
		return;
	end_failed(master);
	smmu_install_stes_locked(master, &rid, false, false);
	/* without ATS nothing would have changed for this one */
	if (master->ats_required && smmu_ats_wanted_locked(master, &rid, master->nr_pasids))
		go_on(master, false);
}

void smmu_ats_leave_locked(struct smmu_master *master)
{
	smmu_master_assert(master);

	WRITE_ONCE(master->ats_failed, false); /* as in smmu_ats_fail_locked() */
	smmu_ats_cache_back(master);
	/* where a reset has config space locked, the device starts without bus mastering */
	smmu_ats_pci_give_back(master);
}

/* Return: false when this function has to be called again */
static bool recover_master(struct smmu_master *master)
{
	if (test_bit(SMMU_CUT, &master->ats_cut))
		smmu_ats_fail_locked(master);
	return smmu_ats_pci_give_back(master);
}

static bool was_cut(const struct smmu_master *master)
{
	return READ_ONCE(master->ats_cut);
}

void smmu_ats_recover(struct smmu_iommu *iommu)
{
	struct smmu_master *master;
	unsigned long sid = 0;
	bool done = true;

	/* the machine goes down; nothing is left to be done */
	if (smmu_shut_is_for_good(&iommu->smmu))
		return;
	/* smmu_wake_early() has this function run again. Pairs with WRITE_ONCE() in ats_cut.c */
	if (READ_ONCE(iommu->asleep))
		return;
	while ((master = smmu_streams_lock_next(iommu, &sid, was_cut))) {
		done &= recover_master(master);
		smmu_master_unlock_put(master);
	}
	if (!done)
		smmu_ats_recover_later(iommu, RETRY_MS);
}
