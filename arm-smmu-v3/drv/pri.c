// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include <smmuv3/cmd.h>

#include "drv/ats_cut.h"
#include "drv/gate.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/params.h"
#include "drv/pri.h"
#include "drv/pri_pci.h"
#include "drv/streams.h"
#include "hw/recordq.h"
#include "hw/resume.h"

/* How long a device has to stop before its requests are forgotten */
#define STOP_TRIES	20
#define STOP_US		500

/* struct smmu_pri.group */
#define GROUP_SSID	GENMASK(19, 0)
#define GROUP_SSV	BIT(30)
#define GROUP_WAITS	BIT(31)

/* The group number of the kernel's layer, which comes back with the answer */
#define GRPID_PRG	GENMASK(8, 0)
#define GRPID_ERA	GENMASK(31, 9)

/* private_data[1] of a fault that is a page request. No stall of a guest has this number. */
#define IS_PAGE_REQUEST	U64_MAX

/* What becomes of a request besides PRI_RESP_*: there is no answer, or it comes later */
#define NO_ANSWER	0xff

bool smmu_pri_is_allowed(const struct smmu_device *smmu)
{
	return COMPAT_IOPF && smmu_param_pri() && smmu_has(smmu, SMMU_FEAT_PRI);
}

void smmu_pri_probe(struct smmu_master *master)
{
	struct smmu_device *smmu = &master->iommu->smmu;

	if (!master->ats_capable || master->nr_sids != 1 || !smmu_pri_is_allowed(smmu) ||
	    !smmu_priq_can_serve(smmu) || !smmu_pri_pci_capable(master))
		return;
	master->pri = kzalloc_obj(*master->pri);
	if (!master->pri)
		return;
	spin_lock_init(&master->pri->lock);
	master->pri->wants_pasid = smmu_pri_pci_wants_pasid(master);
}

/* How many page requests all devices of the SMMU together may have under way */
static u32 credits(const struct smmu_iommu *iommu)
{
	u32 entries = 1U << iommu->smmu.priq.mem.log2;

	return entries - max(entries / 8, 1);
}

/* Take credits for a device from those that are left. Return: how many */
static u32 take_credits(struct smmu_master *master)
{
	struct smmu_iommu *iommu = master->iommu;
	u32 all = credits(iommu), fair = min(max(all / 4, 1), SMMU_PRI_REQS_MAX), n;

	lockdep_assert_held(&iommu->streams_lock);

	n = min3(fair, all - iommu->pri_credits, smmu_pri_pci_max(master));
	iommu->pri_credits += n;
	return n;
}

/* Drop what has come of groups that @drop says; NULL is all */
static void drop_parts(struct smmu_pri *pri, const struct smmu_page_request *req,
		       bool (*drop)(const struct smmu_page_request *part,
				    const struct smmu_page_request *req))
{
	u32 i, n = 0;

	for (i = 0; i < pri->nr_parts; i++)
		if (!drop(&pri->part[i], req))
			pri->part[n++] = pri->part[i];
	pri->nr_parts = n;
}

static bool same_group(const struct smmu_page_request *part, const struct smmu_page_request *req)
{
	return part->prg == req->prg;
}

static bool same_pasid(const struct smmu_page_request *part, const struct smmu_page_request *req)
{
	return part->ssv == req->ssv && part->ssid == req->ssid;
}

/* Answer a group that is forgotten; pri->lock is not held, because the answer may wait for room */
static void answer(struct smmu_master *master, u32 prg, u32 group, u8 resp)
{
	smmu_resume_group(&master->iommu->smmu, master->sids[0], FIELD_GET(GROUP_SSID, group),
			  group & GROUP_SSV, prg, resp);
}

/* Wait until the device has no request without an answer. Return: false if that does not come */
static bool await_stop(struct smmu_master *master)
{
	u32 tries;

	for (tries = 0; tries < STOP_TRIES; tries++) {
		if (smmu_pri_pci_stopped(master))
			return true;
		usleep_range(STOP_US, 2 * STOP_US);
	}
	return false;
}

void smmu_pri_forget(struct smmu_master *master)
{
	struct smmu_pri *pri = master->pri;
	u32 prg, group;
	bool waits;

	if (!pri)
		return;
	/* a device that has lost power, say, waits for nothing */
	waits = !smmu_pri_pci_stopped(master);
	scoped_guard(spinlock, &pri->lock)
		pri->era++;
	for (prg = 0; prg < SMMU_PRI_GROUPS; prg++) {
		scoped_guard(spinlock, &pri->lock) {
			group = pri->group[prg];
			pri->group[prg] = 0;
			pri->under_way -= !!group;
		}
		if (group && waits)
			answer(master, prg, group, PRI_RESP_INVALID);
	}
	/*
	 * The device says that it has all answers, and a CMD_SYNC would not (4.7.3). They must not
	 * come after a reset.
	 */
	if (waits)
		await_stop(master);
}

/* Return: true when the device has stopped, false when it does not */
static bool stopped(struct smmu_master *master)
{
	if (await_stop(master))
		return true;
	/* an answer was lost, or the device counts otherwise */
	smmu_pri_pci_reset(master);
	return smmu_pri_pci_stopped(master);
}

static const char *why_not(int err)
{
	switch (err) {
	case -EBUSY:
		return "it does not stop";
	case -ENOSPC:
		return "the PRI queue has no room for more requests";
	default:
		return "ATS is off";
	}
}

static void turn_on(struct smmu_master *master)
{
	struct smmu_iommu *iommu = master->iommu;
	struct smmu_pri *pri = master->pri;
	int ret = -EBUSY;

	smmu_pri_forget(master);
	if (stopped(master)) {
		guard(mutex)(&iommu->streams_lock);
		pri->nr_parts = 0;
		pri->reqs = take_credits(master);
		ret = pri->reqs ? smmu_ats_enable_pri(master, pri->reqs) : -ENOSPC;
		WRITE_ONCE(pri->on, !ret);
		if (ret)
			iommu->pri_credits -= pri->reqs;
	}
	/* the device gets PRI with ATS when it has power again */
	if (ret && ret != -EHOSTDOWN)
		dev_warn_ratelimited(master->dev, "no PRI until the device is attached anew: %s\n",
				     why_not(ret));
}

void smmu_pri_off_locked(struct smmu_master *master)
{
	struct smmu_pri *pri = master->pri;

	smmu_master_assert(master);

	if (!pri || !pri->on)
		return;
	smmu_ats_disable_pri(master);
	guard(mutex)(&master->iommu->streams_lock);
	WRITE_ONCE(pri->on, false);
	pri->nr_parts = 0;
	master->iommu->pri_credits -= pri->reqs;
}

void smmu_pri_update_locked(struct smmu_master *master)
{
	bool wanted;

	smmu_master_assert(master);

	if (!master->pri)
		return;
	wanted = master->ats_on && master->nr_iopf > master->iopf_left;
	if (!wanted)
		smmu_pri_off_locked(master);
	else if (!master->pri->on)
		turn_on(master);
}

static int report(struct smmu_master *master, const struct smmu_page_request *req, u32 era)
{
	struct iopf_fault fault = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = req->last ? IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE : 0,
			.grpid = FIELD_PREP(GRPID_PRG, req->prg) |
				 FIELD_PREP(GRPID_ERA, era & FIELD_MAX(GRPID_ERA)),
			.addr = req->addr,
			.perm = (req->read ? IOMMU_FAULT_PERM_READ : 0) |
				(req->write ? IOMMU_FAULT_PERM_WRITE : 0) |
				(req->exec ? IOMMU_FAULT_PERM_EXEC : 0) |
				(req->priv ? IOMMU_FAULT_PERM_PRIV : 0),
			.private_data = { 0, IS_PAGE_REQUEST },
		},
	};

	if (req->ssv) {
		fault.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
		fault.fault.prm.pasid = req->ssid;
	}
	return iommu_report_device_fault(master->dev, &fault);
}

/* Hand a whole group over. Return: NO_ANSWER, or what to answer at once */
static u8 report_group(struct smmu_master *master, const struct smmu_page_request *last)
{
	struct smmu_pri *pri = master->pri;
	u32 era, i;

	scoped_guard(spinlock, &pri->lock) {
		/* the device has sent it twice, and the first one gets the answer */
		if (pri->group[last->prg])
			return NO_ANSWER;
		if (pri->under_way >= pri->reqs)
			return PRI_RESP_SUCCESS;
		pri->under_way++;
		pri->group[last->prg] = GROUP_WAITS | FIELD_PREP(GROUP_SSID, last->ssid) |
					(last->ssv && pri->wants_pasid ? GROUP_SSV : 0);
		era = pri->era;
	}
	for (i = 0; i < pri->nr_parts; i++)
		if (same_group(&pri->part[i], last) && same_pasid(&pri->part[i], last))
			report(master, &pri->part[i], era);
	if (!report(master, last, era))
		atomic_inc(&master->iommu->page_faults);
	return NO_ANSWER;
}

/* Return: as report_group() */
static u8 take_request(struct smmu_master *master, const struct smmu_page_request *req)
{
	struct smmu_pri *pri = master->pri;
	enum smmu_gate gate;
	u8 resp;

	if (smmu_page_request_is_stop(req)) {
		drop_parts(pri, req, same_pasid);
		return NO_ANSWER;
	}
	gate = smmu_gate_of(master, req->ssv, req->ssid);
	if (gate == SMMU_GATE_OPEN && pri->on && !req->last) {
		if (pri->nr_parts < pri->reqs)
			pri->part[pri->nr_parts++] = *req;
		return NO_ANSWER;
	}
	if (gate == SMMU_GATE_CLOSED)
		resp = PRI_RESP_INVALID;
	else if (gate == SMMU_GATE_RETRY || !pri->on || smmu_resume_waits(&master->iommu->smmu))
		/* the device asks again */
		resp = PRI_RESP_SUCCESS;
	else
		resp = report_group(master, req);
	if (req->last)
		drop_parts(pri, req, same_group);
	return resp;
}

/* A device that should not send page requests at all. Return: as report_group() */
static u8 refuse(struct smmu_iommu *iommu, const struct smmu_master *master,
		 const struct smmu_page_request *req)
{
	/* a VF shares the PRI of its PF, which must not be turned off */
	if (master && smmu_pri_pci_is_on(master))
		return PRI_RESP_INVALID;
	dev_info_ratelimited(iommu->smmu.dev,
			     "unexpected page request from StreamID 0x%x: addr 0x%llx\n",
			     req->sid, req->addr);
	return PRI_RESP_FAILURE;
}

void smmu_pri_report(struct smmu_device *smmu, const struct smmu_page_request *req)
{
	struct smmu_iommu *iommu = smmu_iommu_of(smmu);
	struct smmu_master *master;
	bool pasid = true;
	u8 resp;

	/* this lock keeps the master */
	mutex_lock(&iommu->streams_lock);
	master = smmu_streams_ats_user(iommu, req->sid) ?: smmu_streams_ruler(iommu, req->sid);
	if (master && master->pri) {
		pasid = master->pri->wants_pasid;
		resp = take_request(master, req);
	} else {
		resp = refuse(iommu, master, req);
	}
	mutex_unlock(&iommu->streams_lock);
	if (resp != NO_ANSWER && req->last && !smmu_page_request_is_stop(req))
		smmu_priq_answer(smmu, req, pasid, resp);
}

void smmu_pri_lost(struct smmu_device *smmu)
{
	struct smmu_iommu *iommu = smmu_iommu_of(smmu);
	struct smmu_master *master;

	guard(mutex)(&iommu->streams_lock);
	list_for_each_entry(master, &iommu->masters, node)
		if (master->pri)
			master->pri->nr_parts = 0;
}

bool smmu_pri_is_fault(const struct iopf_fault *fault)
{
	return fault->fault.prm.private_data[1] == IS_PAGE_REQUEST;
}

void smmu_pri_answer(struct smmu_master *master, const struct iopf_fault *fault,
		     const struct iommu_page_response *resp)
{
	u32 prg = FIELD_GET(GRPID_PRG, resp->grpid), group = 0;
	struct smmu_pri *pri = master->pri;

	if (!(fault->fault.prm.flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE))
		return;
	scoped_guard(spinlock, &pri->lock) {
		if (FIELD_GET(GRPID_ERA, resp->grpid) == (pri->era & FIELD_MAX(GRPID_ERA)))
			swap(group, pri->group[prg]);
		/* the device may send the group anew as soon as it has the answer */
		pri->under_way -= !!group;
	}
	if (group)
		answer(master, prg, group, resp->code == IOMMU_PAGE_RESP_SUCCESS ?
		       PRI_RESP_SUCCESS : PRI_RESP_INVALID);
}
