// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include <kunit/static_stub.h>

#include "drv/atsdev.h"
#include "drv/host.h"
#include "drv/master.h"

/* The smallest page that the SMMU may answer with */
static int stu(const struct smmu_master *master)
{
	return __ffs(master->host->smmu.inst.feat.pgsizes);
}

bool smmu_atsdev_capable(struct smmu_master *master)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(master->dev);

	KUNIT_STATIC_STUB_REDIRECT(smmu_atsdev_capable, master);

	if (!smmu_has(&master->host->smmu, SMMU_FEAT_ATS) || !dev_is_pci(master->dev) ||
	    !(fwspec->flags & IOMMU_FWSPEC_PCI_RC_ATS))
		return false;
	/* on a PF before its VFs come: they have to have the same unit */
	return !pci_prepare_ats(to_pci_dev(master->dev), stu(master));
}

int smmu_atsdev_enable(struct smmu_master *master)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_atsdev_enable, master);

	if (!dev_is_pci(master->dev))
		return 0;
	return pci_enable_ats(to_pci_dev(master->dev), stu(master));
}

void smmu_atsdev_disable(struct smmu_master *master)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_atsdev_disable, master);

	if (dev_is_pci(master->dev) && to_pci_dev(master->dev)->ats_enabled)
		pci_disable_ats(to_pci_dev(master->dev));
}

#ifdef CONFIG_PCI_ATS
static void write_ats_enable(struct pci_dev *pdev, bool on)
{
	u16 ctrl;

	pci_read_config_word(pdev, pdev->ats_cap + PCI_ATS_CTRL, &ctrl);
	ctrl = on ? ctrl | PCI_ATS_CTRL_ENABLE : ctrl & ~PCI_ATS_CTRL_ENABLE;
	pci_write_config_word(pdev, pdev->ats_cap + PCI_ATS_CTRL, ctrl);
}
#else
static void write_ats_enable(struct pci_dev *pdev, bool on)
{
}
#endif

static void write_bus_master(struct pci_dev *pdev, bool on)
{
	u16 cmd;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	cmd = on ? cmd | PCI_COMMAND_MASTER : cmd & ~PCI_COMMAND_MASTER;
	pci_write_config_word(pdev, PCI_COMMAND, cmd);
}

void smmu_atsdev_cut(struct smmu_master *master)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_atsdev_cut, master);

	if (!dev_is_pci(master->dev))
		return;
	/* no request at all, translated or not, before it forgets that it has ATS */
	write_bus_master(to_pci_dev(master->dev), false);
	write_ats_enable(to_pci_dev(master->dev), false);
}

void smmu_atsdev_restore(struct smmu_master *master, bool ats)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_atsdev_restore, master, ats);

	if (!dev_is_pci(master->dev))
		return;
	if (ats)
		write_ats_enable(to_pci_dev(master->dev), true);
	/* its driver may have been unbound meanwhile */
	if (to_pci_dev(master->dev)->is_busmaster)
		write_bus_master(to_pci_dev(master->dev), true);
}

bool smmu_atsdev_gone(struct smmu_master *master)
{
	return dev_is_pci(master->dev) && pci_dev_is_disconnected(to_pci_dev(master->dev));
}

void smmu_atsdev_settle_soon(struct smmu_host *host)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_atsdev_settle_soon, host);

	queue_work(system_dfl_wq, &host->settle);
}
