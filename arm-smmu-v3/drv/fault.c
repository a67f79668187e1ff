// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/ratelimit.h>

#include "core/cmd.h"
#include "core/event.h"
#include "drv/fault.h"
#include "drv/host.h"
#include "drv/master.h"
#include "drv/streams.h"
#include "drv/vsmmu.h"

static void print(struct smmu_device *smmu, const struct smmu_event *event, const char *who)
{
	if (!event->translation) {
		dev_err(smmu->dev, "event: %s (0x%02x) client: %s sid: 0x%x ssid: 0x%x raw: 0x%016llx 0x%016llx 0x%016llx 0x%016llx\n",
			smmu_event_name(event->id), event->id, who, event->sid, event->ssid,
			event->raw[0], event->raw[1], event->raw[2], event->raw[3]);
		return;
	}
	dev_err(smmu->dev, "event: %s client: %s sid: 0x%x ssid: 0x%x iova: 0x%llx ipa: 0x%llx\n",
		smmu_event_name(event->id), who, event->sid, event->ssid, event->addr,
		event->ipa);
	dev_err(smmu->dev, "event: %s %s %s s%u class %s stag: 0x%x%s\n",
		event->priv ? "priv" : "unpriv", event->instr ? "inst" : "data",
		event->read ? "read" : "write", event->s2 ? 2 : 1,
		smmu_event_class_name(event->class), event->stag,
		event->stall ? " stalled, terminated" : "");
}

static void resume(struct smmu_device *smmu, const struct smmu_event *event)
{
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd;

	smmu_cmd_resume(&cmd, event->sid, event->stag, RESUME_TERMINATE);
	/* the SMMU need not be waited for: it answers the device, not us (4.6) */
	smmu_cmdq_post(smmu, &cmd, 1, &deadline, &ticket, false);
}

void smmu_fault_report(struct smmu_device *smmu, const struct smmu_event *event)
{
	struct smmu_host *host = smmu_host_of(smmu);
	struct smmu_master *master;

	if (event->stall && event->translation)
		resume(smmu, event);
	/* the owner cannot go meanwhile */
	mutex_lock(&host->streams_lock);
	master = smmu_streams_owner(host, event->sid);
	if (!smmu_vsmmu_report(master, event) && __ratelimit(&host->fault_limit))
		print(smmu, event, master ? dev_name(master->dev) : "(unassigned sid)");
	mutex_unlock(&host->streams_lock);
}
