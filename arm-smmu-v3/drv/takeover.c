// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking for devices that are in use without their SMMU, and naming them.
 *
 * The survey covers the buses whose devices the IOMMU core configures from DT or IORT by what the
 * device itself says: PCI, platform, AMBA. The children of fsl-mc and cdx buses have ids that only
 * those buses know, and they are not looked at.
 *
 * The survey does not take the locks of other devices. The holder of such a lock may be a probe
 * that takes seconds, and this code runs under the SMMU's own lock, which the driver core never
 * holds while it takes a consumer's. What is read without locks is what any dev_printk() reads: the
 * iterators hold a reference to the device, whether it is bound is one pointer, and the name of its
 * driver is read through READ_ONCE() in dev_driver_string(). The answer is wrong only if a driver
 * is bound or unbound at this very moment, and then there is a line too many or too few.
 */
#include <linux/amba/bus.h>
#include <linux/dev_printk.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "drv/takeover.h"
#include "drv/takeover_acpi.h"
#include "drv/takeover_of.h"

/*
 * The messages advise what the IOMMU core accepts without a WARN: it must see a device while no
 * driver is bound. So drivers are unbound before the module is loaded, or devices are removed and
 * rescanned after it. Devices that are only bound again do get a group, but the IOMMU core logs
 * "late IOMMU probe" with a backtrace.
 */

/* At most this many devices are named, because the console is slow */
#define MAX_LINES	16

/**
 * struct survey - what one survey of the buses finds
 * @smmu: the SMMU whose devices are looked for
 * @level: log level at which endpoints are named
 * @endpoints: number of endpoints in the way
 * @ports: number of bridges and ports in the same state
 * @listed: how many of @ports are in @names
 * @used: bytes of @names
 * @names: for the line about @ports
 */
struct survey {
	struct device *smmu;
	const char *level;
	unsigned int endpoints;
	unsigned int ports;
	unsigned int listed;
	size_t used;
	char names[256];
};

static bool is_port(struct device *dev)
{
	struct pci_dev *pdev;

	if (!dev_is_pci(dev))
		return false;
	pdev = to_pci_dev(dev);
	return pci_is_bridge(pdev) ||
	       (pci_is_pcie(pdev) && pci_pcie_type(pdev) == PCI_EXP_TYPE_RC_EC);
}

static bool is_translated(struct device *dev)
{
	/* VFIO's no-IOMMU mode makes a group, but no dev->iommu */
	return device_iommu_mapped(dev) && dev->iommu;
}

static bool is_behind(struct device *smmu, struct device *dev)
{
	return smmu->of_node ? smmu_takeover_of_behind(smmu, dev) :
			       smmu_takeover_acpi_behind(smmu, dev);
}

static void note_port(struct survey *s, struct device *dev)
{
	size_t room = sizeof(s->names) - s->used;
	size_t len = snprintf(s->names + s->used, room, " %s", dev_name(dev));

	s->ports++;
	/* After a name that did not fit none is listed, so that the list is in order */
	if (s->listed + 1 == s->ports && len < room) {
		s->used += len;
		s->listed++;
	}
	s->names[s->used] = '\0';
}

static void note_endpoint(struct survey *s, struct device *dev)
{
	if (s->endpoints++ < MAX_LINES)
		dev_printk(s->level, s->smmu, "%s is driven by %s without this SMMU\n",
			   dev_name(dev), dev_driver_string(dev));
}

static int survey_device(struct device *dev, void *data)
{
	struct survey *s = data;

	if (!device_is_bound(dev) || is_translated(dev) || !is_behind(s->smmu, dev))
		return 0;
	if (is_port(dev))
		note_port(s, dev);
	else
		note_endpoint(s, dev);
	return 0;
}

static void survey_buses(struct survey *s)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev)
		survey_device(&pdev->dev, s);
	bus_for_each_dev(&platform_bus_type, NULL, s, survey_device);
	if (IS_ENABLED(CONFIG_ARM_AMBA))
		bus_for_each_dev(&amba_bustype, NULL, s, survey_device);
}

static void report_ports(const struct survey *s)
{
	char more[24] = "";

	if (!s->ports)
		return;
	if (s->ports > s->listed)
		snprintf(more, sizeof(more), " and %u more", s->ports - s->listed);
	dev_info(s->smmu,
		 "these bridges and ports are bound without this SMMU:%s%s; their own interrupts stop until they are removed and rescanned\n",
		 s->names, more);
}

int smmu_takeover_check(struct device *smmu, bool force)
{
	struct survey s = {
		.smmu = smmu,
		.level = force ? KERN_WARNING : KERN_ERR,
	};

	survey_buses(&s);
	if (s.endpoints > MAX_LINES)
		dev_printk(s.level, smmu, "and so are %u more devices\n", s.endpoints - MAX_LINES);
	if (s.endpoints && !force) {
		dev_err(smmu,
			"this SMMU is not taken over: unbind the drivers of these devices, reload this module and bind them again; or load it from the initramfs, before deferred_probe_timeout= is over; or use force=1, and then the devices lose DMA and interrupts\n");
		return -EBUSY;
	}
	if (s.endpoints)
		dev_warn(smmu, "this SMMU is taken over with force=1: DMA and interrupts of these devices stop until they are removed and rescanned\n");
	report_ports(&s);
	return 0;
}
