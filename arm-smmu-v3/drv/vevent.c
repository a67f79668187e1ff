// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of guests' stage 1, into the vEVENTQ of the vSMMU with the guest's StreamID. A
 * stage-2 fault is about an address of the host's making and stays with the host.
 */
#include <linux/bitfield.h>

#include "core/event.h"
#include "drv/master.h"
#include "drv/vsmmu.h"

/* The list in struct iommu_vevent_arm_smmuv3 */
static bool is_guest_event(const struct smmu_event *event)
{
	switch (event->id) {
	case EVENT_C_BAD_STE:
	case EVENT_F_STREAM_DISABLED:
	case EVENT_C_BAD_SUBSTREAMID:
	case EVENT_C_BAD_CD:
		return true;
	case EVENT_F_TRANSLATION:
	case EVENT_F_ADDR_SIZE:
	case EVENT_F_ACCESS:
	case EVENT_F_PERMISSION:
		return !event->s2 && !event->stall;
	default:
		return false;
	}
}

bool smmu_vsmmu_report(struct smmu_master *master, const struct smmu_event *event)
{
	struct iommu_vevent_arm_smmuv3 vevent;
	unsigned int i;

	if (!master || !master->vsmmu || !is_guest_event(event))
		return false;
	for (i = 0; i < ARRAY_SIZE(vevent.evt); i++)
		vevent.evt[i] = cpu_to_le64(event->raw[i]);
	vevent.evt[0] &= ~cpu_to_le64(EVENT0_SID);
	vevent.evt[0] |= cpu_to_le64(FIELD_PREP(EVENT0_SID, master->vsid));
	return !smmu_vsmmu_deliver(master->vsmmu, &vevent);
}
