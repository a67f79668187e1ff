// SPDX-License-Identifier: GPL-2.0-only
#include <linux/pci-ats.h>
#include <linux/pci.h>

#include "drv/master.h"
#include "drv/pri_pci.h"

#ifdef CONFIG_PCI_PRI
static struct pci_dev *pci_of(const struct smmu_master *master)
{
	return dev_is_pci(master->dev) ? to_pci_dev(master->dev) : NULL;
}

static u16 status(struct pci_dev *pdev)
{
	u16 val;

	pci_read_config_word(pdev, pdev->pri_cap + PCI_PRI_STATUS, &val);
	/* a device that is gone reads as all ones, and has stopped indeed */
	return val;
}

bool smmu_pri_pci_capable(struct smmu_master *master)
{
	struct pci_dev *pdev = pci_of(master);

	return pdev && !pdev->is_virtfn && pdev->pri_cap;
}

bool smmu_pri_pci_wants_pasid(struct smmu_master *master)
{
	return pci_of(master)->pasid_required;
}

bool smmu_pri_pci_is_on(const struct smmu_master *master)
{
	struct pci_dev *pdev = pci_of(master);

	return pdev && pci_physfn(pdev)->pri_enabled;
}

bool smmu_pri_pci_stopped(struct smmu_master *master)
{
	return status(pci_of(master)) & PCI_PRI_STATUS_STOPPED;
}

void smmu_pri_pci_reset(struct smmu_master *master)
{
	struct pci_dev *pdev = pci_of(master);

	pci_write_config_word(pdev, pdev->pri_cap + PCI_PRI_CTRL, PCI_PRI_CTRL_RESET);
}

u32 smmu_pri_pci_max(struct smmu_master *master)
{
	struct pci_dev *pdev = pci_of(master);
	u32 max;

	pci_read_config_dword(pdev, pdev->pri_cap + PCI_PRI_MAX_REQ, &max);
	return PCI_POSSIBLE_ERROR(max) ? 0 : max;
}

int smmu_pri_pci_enable(struct smmu_master *master, u32 reqs)
{
	struct pci_dev *pdev = pci_of(master);

	/* a device without ATS has nothing to request a page for */
	if (pdev->pri_enabled || !pdev->ats_enabled)
		return -EINVAL;
	pdev->pri_reqs_alloc = reqs;
	pci_write_config_dword(pdev, pdev->pri_cap + PCI_PRI_ALLOC_REQ, reqs);
	pci_write_config_word(pdev, pdev->pri_cap + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
	pdev->pri_enabled = 1;
	return 0;
}

void smmu_pri_pci_disable(struct smmu_master *master)
{
	struct pci_dev *pdev = pci_of(master);

	if (!pdev || pdev->is_virtfn || !pdev->pri_enabled)
		return;
	pci_disable_pri(pdev);
	/* the answer to this read does not pass page requests, which are posted */
	status(pdev);
}
#else
bool smmu_pri_pci_capable(struct smmu_master *master)
{
	return false;
}

bool smmu_pri_pci_wants_pasid(struct smmu_master *master)
{
	return false;
}

bool smmu_pri_pci_is_on(const struct smmu_master *master)
{
	return false;
}

bool smmu_pri_pci_stopped(struct smmu_master *master)
{
	return true;
}

void smmu_pri_pci_reset(struct smmu_master *master)
{
}

u32 smmu_pri_pci_max(struct smmu_master *master)
{
	return 0;
}

int smmu_pri_pci_enable(struct smmu_master *master, u32 reqs)
{
	return -EINVAL;
}

void smmu_pri_pci_disable(struct smmu_master *master)
{
}
#endif
