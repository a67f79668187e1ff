// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>

#include <kunit/static_stub.h>

#include <compat/pci_ats.h>
#include <smmuv3/raw_stub.h>

#include "drv/ats_pci.h"
#include "drv/iommu.h"
#include "drv/master.h"

/* The kernel has no name for this bit */
#define ATS_CAP_GLOBAL	BIT(6)

/* The smallest translation unit: log2 of the smallest page that the SMMU may answer with */
static int stu(const struct smmu_master *master)
{
	return __ffs(master->iommu->smmu.inst.feat.pgsizes);
}

bool smmu_ats_pci_capable(struct smmu_master *master)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(master->dev);

	KUNIT_STATIC_STUB_REDIRECT(smmu_ats_pci_capable, master);

	if (!smmu_has(&master->iommu->smmu, SMMU_FEAT_ATS) || !dev_is_pci(master->dev) ||
	    !(fwspec->flags & IOMMU_FWSPEC_PCI_RC_ATS))
		return false;
	/* a PF is prepared before its VFs come, because they have to have the same unit */
	return !pci_prepare_ats(to_pci_dev(master->dev), stu(master));
}

#ifdef CONFIG_PCI_ATS
static bool global_bit(struct pci_dev *pdev)
{
	u16 cap;

	return !pci_read_config_word(pdev, pdev->ats_cap + PCI_ATS_CAP, &cap) &&
	       (cap & ATS_CAP_GLOBAL);
}
#else
static bool global_bit(struct pci_dev *pdev)
{
	return false;
}
#endif

bool smmu_ats_pci_global(struct smmu_master *master)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_ats_pci_global, master);

	return dev_is_pci(master->dev) && global_bit(to_pci_dev(master->dev));
}

bool smmu_ats_pci_required(struct smmu_master *master)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_ats_pci_required, master);

	return dev_is_pci(master->dev) && compat_pci_ats_required(to_pci_dev(master->dev));
}

int smmu_ats_pci_enable(struct smmu_master *master)
{
	typeof(smmu_ats_pci_enable) *stub = smmu_raw_stub(smmu_ats_pci_enable);

	if (stub)
		return stub(master);
	if (!dev_is_pci(master->dev))
		return 0;
	return pci_enable_ats(to_pci_dev(master->dev), stu(master));
}

void smmu_ats_pci_disable(struct smmu_master *master)
{
	typeof(smmu_ats_pci_disable) *stub = smmu_raw_stub(smmu_ats_pci_disable);

	if (stub) {
		stub(master);
		return;
	}
	if (dev_is_pci(master->dev) && to_pci_dev(master->dev)->ats_enabled)
		pci_disable_ats(to_pci_dev(master->dev));
}

#ifdef CONFIG_PCI_ATS
static void clear_ats_enable(struct pci_dev *pdev)
{
	u16 ctrl;

	pci_read_config_word(pdev, pdev->ats_cap + PCI_ATS_CTRL, &ctrl);
	pci_write_config_word(pdev, pdev->ats_cap + PCI_ATS_CTRL, ctrl & ~PCI_ATS_CTRL_ENABLE);
	/* the answer to this read comes after the write has reached the device */
	pci_read_config_word(pdev, pdev->ats_cap + PCI_ATS_CTRL, &ctrl);
}
#else
static void clear_ats_enable(struct pci_dev *pdev)
{
}
#endif

/*
 * Set or clear the bus-master bit. Return: what the bit was. A device that is gone reads as all
 * ones and is left alone.
 */
static bool write_bus_master(struct pci_dev *pdev, bool on)
{
	u16 cmd;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	if (PCI_POSSIBLE_ERROR(cmd) || on == !!(cmd & PCI_COMMAND_MASTER))
		return on;
	pci_write_config_word(pdev, PCI_COMMAND, cmd ^ PCI_COMMAND_MASTER);
	return !on;
}

void smmu_ats_pci_cut(struct smmu_master *master)
{
	typeof(smmu_ats_pci_cut) *stub = smmu_raw_stub(smmu_ats_pci_cut);
	struct pci_dev *pdev;

	if (stub) {
		stub(master);
		return;
	}
	if (!dev_is_pci(master->dev))
		return;
	pdev = to_pci_dev(master->dev);
	/*
	 * bus mastering first: the device must make no request at all, translated or not, before
	 * ATS Enable is cleared
	 */
	if (write_bus_master(pdev, false)) {
		if (pdev->is_busmaster)
			set_bit(SMMU_CUT_DRIVER, &master->ats_cut);
		set_bit(SMMU_CUT_MASTER, &master->ats_cut);
	}
	clear_ats_enable(pdev);
}

bool smmu_ats_pci_same(const struct smmu_master *a, const struct smmu_master *b)
{
	typeof(smmu_ats_pci_same) *stub = smmu_raw_stub(smmu_ats_pci_same);

	if (stub)
		return stub(a, b);
	return dev_is_pci(a->dev) && dev_is_pci(b->dev) &&
	       pci_physfn(to_pci_dev(a->dev)) == pci_physfn(to_pci_dev(b->dev));
}

bool smmu_ats_pci_give_back(struct smmu_master *master)
{
	struct pci_dev *pdev;
	bool driver;

	KUNIT_STATIC_STUB_REDIRECT(smmu_ats_pci_give_back, master);

	if (!test_bit(SMMU_CUT_MASTER, &master->ats_cut))
		return true;
	pdev = to_pci_dev(master->dev);
	/* a reset holds the lock from pci_save_state() to pci_restore_state() */
	if (!pci_cfg_access_trylock(pdev))
		return false;
	clear_bit(SMMU_CUT_MASTER, &master->ats_cut);
	driver = test_and_clear_bit(SMMU_CUT_DRIVER, &master->ats_cut);
	/* the driver that had turned it on may have been unbound meanwhile */
	if (!driver || pdev->is_busmaster)
		write_bus_master(pdev, true);
	pci_cfg_access_unlock(pdev);
	return true;
}

bool smmu_ats_pci_gone(struct smmu_master *master)
{
	return dev_is_pci(master->dev) && pci_dev_is_disconnected(to_pci_dev(master->dev));
}
