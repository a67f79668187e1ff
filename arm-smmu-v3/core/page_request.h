/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page requests: records of the PRI queue, decoded. Arm IHI 0070, chapter 8. The code does not
 * trust devices: any 128 bits decode to something that can be judged.
 */
#ifndef SMMU_CORE_PAGE_REQUEST_H
#define SMMU_CORE_PAGE_REQUEST_H

#include <linux/types.h>

#include <smmuv3/event.h>

/* Number of groups that a device can have at a time: the group index has 9 bits */
#define SMMU_PRI_GROUPS		512

/**
 * struct smmu_page_request - one decoded record
 * @addr: address of the page
 * @sid: StreamID
 * @ssid: SubstreamID, 0 without @ssv
 * @prg: index of the group, below SMMU_PRI_GROUPS
 * @ssv: the request has a PASID
 * @last: the last request of its group, which gets the answer
 * @read: the device wants to read
 * @write: the device wants to write
 * @exec: the device wants to execute; only with @ssv
 * @priv: privileged; only with @ssv
 */
struct smmu_page_request {
	u64 addr;
	u32 sid;
	u32 ssid;
	u16 prg;
	bool ssv;
	bool last;
	bool read;
	bool write;
	bool exec;
	bool priv;
};

void smmu_page_request_decode(const __le64 *record, struct smmu_page_request *req);

/*
 * Is it a Stop Marker? A Stop Marker says that the device has stopped using a PASID. It asks for no
 * page and gets no answer. The same record without a PASID is a page request (chapter 8).
 */
static inline bool smmu_page_request_is_stop(const struct smmu_page_request *req)
{
	return req->ssv && req->last && !req->read && !req->write;
}

#endif
