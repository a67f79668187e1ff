// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/property.h>

#include "core/cmd.h"
#include "core/event.h"
#include "drv/gate.h"
#include "drv/guest_stall.h"
#include "drv/iommu.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/pri.h"
#include "hw/recordq.h"
#include "hw/resume.h"

/* The group number, which comes back with the answer: the position of the stream, and the STAG */
#define GRPID_STAG	GENMASK(15, 0)
#define GRPID_STREAM	GENMASK(31, 16)

int smmu_iopf_init(struct smmu_iommu *iommu)
{
	if (!smmu_has(&iommu->smmu, SMMU_FEAT_STALL) && !smmu_pri_is_allowed(&iommu->smmu))
		return 0;
	iommu->iopf = iopf_queue_alloc(dev_name(iommu->smmu.dev));
	return iommu->iopf ? 0 : -ENOMEM;
}

void smmu_iopf_exit(struct smmu_iommu *iommu)
{
	iopf_queue_free(iommu->iopf);
	iommu->iopf = NULL;
}

bool smmu_iopf_capable(const struct smmu_master *master)
{
	const struct smmu_device *smmu = &master->iommu->smmu;

	if (smmu_has(smmu, SMMU_FEAT_STALL_FORCE))
		return true;
	return smmu_has(smmu, SMMU_FEAT_STALL) &&
	       device_property_read_bool(master->dev, "dma-can-stall");
}

int smmu_iopf_count_locked(struct smmu_binding *next, const struct iommu_domain *domain)
{
	struct smmu_master *master = next->master;
	int ret;

	smmu_master_assert(master);

	/*
	 * A device that has neither may get its faults answered by means of its own. Page requests
	 * of a guest's device, whose PASIDs are in the guest's table, go to no handler.
	 */
	if (!master->can_stall && (!master->pri || domain->type == IOMMU_DOMAIN_NESTED))
		return 0;
	if (!master->nr_iopf) {
		ret = iopf_queue_add_device(master->iommu->iopf, master->dev);
		if (ret)
			return ret;
	}
	WRITE_ONCE(master->nr_iopf, master->nr_iopf + 1);
	next->iopf = true;
	return 0;
}

void smmu_iopf_leave_locked(struct smmu_binding *at)
{
	smmu_master_assert(at->master);

	if (at->iopf)
		at->master->iopf_left++;
	at->iopf = false;
}

void smmu_iopf_wait(struct smmu_master *master)
{
	struct smmu_iommu *iommu = master->iommu;
	u32 left = READ_ONCE(master->iopf_left);

	smmu_evtq_drain(&iommu->smmu);
	if (master->pri)
		smmu_priq_drain(&iommu->smmu);
	iopf_queue_flush_dev(master->dev);
	smmu_master_lock(master);
	mutex_lock(&iommu->streams_lock);
	master->iopf_left -= left;
	master->nr_iopf -= left;
	/* this answers the faults that are still open */
	if (!master->nr_iopf)
		iopf_queue_remove_device(iommu->iopf, master->dev);
	mutex_unlock(&iommu->streams_lock);
	if (!master->nr_iopf)
		smmu_pri_forget(master);
	smmu_master_unlock(master);
}

/* Tell the SMMU to try the transaction again. It reports the next fault as a new one. */
static void try_again(struct smmu_master *master, const struct smmu_event *event, bool *ended)
{
	smmu_resume(&master->iommu->smmu, event->sid, event->stag, RESUME_RETRY);
	*ended = true;
}

/* Return: true when the fault may be reported; else @ended says whether it was answered */
static bool passes_gate(struct smmu_master *master, const struct smmu_event *event, bool *ended)
{
	enum smmu_gate gate = smmu_gate_of(master, event->ssv, event->ssid);

	if (gate == SMMU_GATE_RETRY)
		try_again(master, event, ended);
	return gate == SMMU_GATE_OPEN;
}

bool smmu_iopf_report(struct smmu_master *master, const struct smmu_event *event,
		      bool *ended)
{
	struct iopf_fault fault = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
			.addr = event->addr,
			.perm = event->read ? IOMMU_FAULT_PERM_READ : IOMMU_FAULT_PERM_WRITE,
			/* pairs with WRITE_ONCE() in smmu_shut_undo() */
			.private_data = { READ_ONCE(master->iommu->smmu.epoch) },
		},
	};
	struct iommu_fault_page_request *prm = &fault.fault.prm;
	u32 stream = smmu_master_index_of(master, event->sid);

	lockdep_assert_held(&master->iommu->streams_lock);

	/* a handler can do nothing with a stage-2 address */
	if (!READ_ONCE(master->nr_iopf) || event->s2 || event->class != EVENT_CLASS_IN ||
	    stream == master->nr_sids || stream > FIELD_MAX(GRPID_STREAM))
		return false;
	prm->grpid = FIELD_PREP(GRPID_STREAM, stream) | FIELD_PREP(GRPID_STAG, event->stag);
	if (event->ssv) {
		prm->flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
		prm->pasid = event->ssid;
	}
	if (event->instr)
		prm->perm |= IOMMU_FAULT_PERM_EXEC;
	if (event->priv)
		prm->perm |= IOMMU_FAULT_PERM_PRIV;
	switch (smmu_guest_stall_open(master, event, &prm->private_data[1])) {
	case SMMU_STALL_ABORT:
		return false;
	case SMMU_STALL_RETRY:
		try_again(master, event, ended);
		return true;
	case SMMU_STALL_IS_HOSTS:
		if (!passes_gate(master, event, ended))
			return *ended;
		break;
	default:
		break;
	}
	/* the fault is answered even where reporting it fails, but then no handler has seen it */
	*ended = true;
	if (iommu_report_device_fault(master->dev, &fault))
		return false;
	atomic_inc(&master->iommu->page_faults);
	return true;
}

void smmu_iopf_answer(struct device *dev, struct iopf_fault *fault,
		      struct iommu_page_response *resp)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	u8 action = resp->code == IOMMU_PAGE_RESP_SUCCESS ? RESUME_RETRY : RESUME_ABORT;
	u64 guests = fault->fault.prm.private_data[1];

	if (smmu_pri_is_fault(fault)) {
		smmu_pri_answer(master, fault, resp);
		return;
	}
	if (guests) {
		smmu_guest_stall_answer(master->iommu, guests, action == RESUME_RETRY);
		return;
	}
	/*
	 * The transaction ended when its SMMU was shut or put to sleep, and the STAG may belong to
	 * another one by now. Pairs with WRITE_ONCE() in smmu_shut_undo().
	 */
	if (fault->fault.prm.private_data[0] != READ_ONCE(master->iommu->smmu.epoch))
		return;
	smmu_resume(&master->iommu->smmu, master->sids[FIELD_GET(GRPID_STREAM, resp->grpid)],
		    FIELD_GET(GRPID_STAG, resp->grpid), action);
}
