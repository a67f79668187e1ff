// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include "core/event.h"
#include "drv/fault.h"
#include "drv/iommu.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/streams.h"
#include "drv/vevent.h"
#include "hw/resume.h"

/* Write the name of a device and, for a PCI device, its vendor and device ID */
static void client_name(char *buf, size_t size, struct device *dev)
{
	struct pci_dev *pdev;

	if (!dev) {
		strscpy(buf, "(unassigned sid)", size);
	} else if (dev_is_pci(dev)) {
		pdev = to_pci_dev(dev);
		snprintf(buf, size, "%s [%04x:%04x]", pci_name(pdev), pdev->vendor,
			 pdev->device);
	} else {
		strscpy(buf, dev_name(dev), size);
	}
}

/* Of the devices that share a StreamID only one has PASIDs, and then the event is about that one */
static struct smmu_master *pasid_user(struct smmu_iommu *iommu, const struct smmu_event *event)
{
	return event->ssv ? smmu_streams_ats_user(iommu, event->sid) : NULL;
}

/* Write the name of a device, or of all that have the StreamID, because it does not tell which */
static void client_names(char *buf, size_t size, struct smmu_iommu *iommu, struct device *dev,
			 const struct smmu_event *event)
{
	const struct smmu_stream *s = NULL;
	size_t n;

	client_name(buf, size, dev);
	if (dev && !pasid_user(iommu, event))
		s = smmu_streams_first(iommu, event->sid);
	for (; s; s = s->next) {
		if (s->master->dev == dev)
			continue;
		n = strlen(buf);
		n += scnprintf(buf + n, size - n, " or ");
		client_name(buf + n, size - n, s->master->dev);
	}
}

static void print_event(struct smmu_device *smmu, const struct smmu_event *event,
			struct device *dev)
{
	char who[160];

	client_names(who, sizeof(who), smmu_iommu_of(smmu), dev, event);
	dev_err(smmu->dev, "event: %s (0x%02x) client: %s sid: 0x%x ssid: 0x%x raw: 0x%016llx 0x%016llx 0x%016llx 0x%016llx\n",
		smmu_event_name(event->id), event->id, who, event->sid, event->ssid,
		event->raw[0], event->raw[1], event->raw[2], event->raw[3]);
	if (!event->translation)
		return;
	dev_err(smmu->dev, "event: %s client: %s sid: 0x%x ssid: 0x%x iova: 0x%llx ipa: 0x%llx\n",
		smmu_event_name(event->id), who, event->sid, event->ssid, event->addr,
		event->ipa);
	dev_err(smmu->dev, "event: %s %s %s s%u class %s stag: 0x%x%s\n",
		event->priv ? "priv" : "unpriv", event->instr ? "inst" : "data",
		event->read ? "read" : "write", event->s2 ? 2 : 1,
		smmu_event_class_name(event->class), event->stag,
		event->stall ? " stalled, aborted" : "");
}

/*
 * Hand a stalled fault to the domain's handler; without one, end the transaction with an abort that
 * the device sees. Return: true when a handler has the fault.
 */
static bool handle_stall(struct smmu_device *smmu, struct smmu_master *master,
			 const struct smmu_event *event)
{
	bool ended = false, heard = false;

	if (!event->stall || !event->translation)
		return false;
	if (master)
		heard = smmu_iopf_report(master, event, &ended);
	if (!ended)
		smmu_resume(smmu, event->sid, event->stag, RESUME_ABORT);
	return heard;
}

/*
 * Log an event. Also called for an event of a guest's device that cannot be delivered, because
 * there is no vEVENTQ or no memory.
 */
static void report_event(struct smmu_iommu *iommu, struct device *dev,
			 const struct smmu_event *event)
{
	if (__ratelimit(&iommu->fault_limit))
		print_event(&iommu->smmu, event, dev);
}

void smmu_fault_report(struct smmu_device *smmu, const struct smmu_event *event)
{
	struct smmu_iommu *iommu = smmu_iommu_of(smmu);
	struct smmu_master *master;

	/* this lock keeps the master */
	mutex_lock(&iommu->streams_lock);
	master = pasid_user(iommu, event) ?: smmu_streams_ruler(iommu, event->sid);
	if (!handle_stall(smmu, master, event) && !smmu_vevent_report(master, event, report_event))
		report_event(iommu, master ? master->dev : NULL, event);
	mutex_unlock(&iommu->streams_lock);
}
