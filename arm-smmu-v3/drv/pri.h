/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PRI: a PCIe device asks for pages that it does not find (PCIe, Page Request Interface; Arm IHI
 * 0070, 3.9.1, chapter 8). A page request group goes to the kernel's I/O page fault layer, and the
 * answer of that layer becomes a CMD_PRI_RESP.
 *
 *	device: page request ----> PRI queue thread ----> iommu_report_device_fault()
 *	                                                       | queued, or to user space
 *	device: response <---- smmu_pri_answer() <-------------+
 *
 * PRI is on in a device while ATS is on and something that the device is attached to has its faults
 * answered (iopf.h). It is enabled after ATS, and disabled before ATS. Wherever ATS Enable is
 * cleared in config space, PRI Enable is cleared before (ats_pci.c).
 *
 * Unlike a stalled access, a page request does not depend on STEs and CDs: a device can ask for a
 * page under any PASID at any time. Requests reach the kernel's layer only through the gate of a
 * binding, gate.h. A request at a closed gate is answered "invalid". One whose gate opens a moment
 * later is answered "success": the device asks for a translation again, does not get it, and
 * requests the page again. The SMMU itself does the same where its queue overflows (8.1).
 *
 * Devices are not trusted. What a device has under way is bounded by the requests that it was
 * allowed: a group that exceeds them is told "success", and requests before the last one of a group
 * are dropped, which costs the device another request. A second "last" of a group that has no
 * answer yet is dropped, because a group has one answer. No request that is not the last makes it
 * to the kernel's layer before the last one comes, so nothing is left there when the last is lost.
 *
 * What all devices of an SMMU may have under way fits into its PRI queue, with an eighth of the
 * queue to spare for Stop Markers, for which there is no credit (chapter 8).
 *
 * "Response failure" turns PRI off in a device until software enables it again, so it goes only to
 * devices that should not use PRI. One bad request of a process must not cost others their PRI.
 */
#ifndef SMMU_DRV_PRI_H
#define SMMU_DRV_PRI_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/page_request.h"
#include "drv/binding.h"

struct iommu_page_response;
struct iopf_fault;
struct smmu_device;
struct smmu_iommu;
struct smmu_master;

/* The most page requests that one device may have under way */
#define SMMU_PRI_REQS_MAX	32

/**
 * struct smmu_pri - PRI of a master
 * @on: PRI is on in the device. Written under the lock of the master and streams_lock.
 * @reqs: how many page requests the device may have under way; constant while @on
 * @wants_pasid: answers have the PASID of the request; constant
 * @nr_parts: number of requests in @part; streams_lock
 * @part: requests that are not the last of their group; streams_lock
 * @lock: innermost
 *
 * Under @lock:
 * @era: counts how often groups were forgotten
 * @under_way: number of groups that wait for their answer
 * @group: for each index 0, or GROUP_* of the group
 */
struct smmu_pri {
	bool on;
	u32 reqs;
	bool wants_pasid;
	u32 nr_parts;
	struct smmu_page_request part[SMMU_PRI_REQS_MAX];

	spinlock_t lock;	/* groups; innermost */
	u32 era;
	u32 under_way;
	u32 group[SMMU_PRI_GROUPS];
};

/* May devices behind the SMMU use PRI, as far as the parameter and its ID registers say? */
bool smmu_pri_is_allowed(const struct smmu_device *smmu);

/*
 * Find out whether the device can use PRI, and set @master->pri if so. The device shares no
 * StreamID; its ATS is known. Without memory the device goes without PRI.
 */
void smmu_pri_probe(struct smmu_master *master);

/* struct smmu_device_ops.page_request and .page_requests_lost */
void smmu_pri_report(struct smmu_device *smmu, const struct smmu_page_request *req);
void smmu_pri_lost(struct smmu_device *smmu);

/* Is it a page request of this file, and not a stalled access? For iommu_ops.page_response */
bool smmu_pri_is_fault(const struct iopf_fault *fault);
void smmu_pri_answer(struct smmu_master *master, const struct iopf_fault *fault,
		     const struct iommu_page_response *resp);

/**
 * smmu_pri_update_locked() - turn PRI on or off, as it should be now
 * @master: device; its ATS and its bindings are as they shall be
 *
 * May wait for the device to stop, for some ten milliseconds. Where PRI cannot be turned on, the
 * device goes on without it, which is logged, and the next change tries again.
 */
void smmu_pri_update_locked(struct smmu_master *master);

/* Turn PRI off, if it is on. ATS may be off already. Takes streams_lock. */
void smmu_pri_off_locked(struct smmu_master *master);

/*
 * PRI is off, no binding has its faults answered any more, and the kernel's handlers are done:
 * answer groups that user space still has, if the device waits for that. Answers of user space that
 * come later go nowhere.
 */
void smmu_pri_forget(struct smmu_master *master);

#endif
