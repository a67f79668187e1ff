// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>

#include <kunit/static_stub.h>

#include <compat/cxl.h>
#include <compat/pci_ats.h>
#include <smmuv3/raw_stub.h>

#include "drv/ats_pci.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/pri_pci.h"

/* The kernel has no name for this bit */
#define ATS_CAP_GLOBAL	BIT(6)

/* Nor for this bit of the CXL Control register (CXL, 8.1.3.2) */
#define CXL_CTRL_CACHE_ENABLE	BIT(0)

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
	smmu_pri_pci_disable(master);
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

void smmu_ats_pci_anew(struct smmu_master *master)
{
	typeof(smmu_ats_pci_anew) *stub = smmu_raw_stub(smmu_ats_pci_anew);
	struct pci_dev *pdev;

	if (stub) {
		stub(master);
		return;
	}
	if (!master->ats_capable || !dev_is_pci(master->dev))
		return;
	pdev = to_pci_dev(master->dev);
	if (pdev->ats_enabled)
		return;
	/* the unit of a PF is that of its VFs; the PCI core restores it only where ATS is on */
	pci_prepare_ats(pdev, stu(master));
	clear_ats_enable(pdev);
}

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

#ifdef CONFIG_PCI_ATS
/*
 * The function whose config space has the CXL registers of the device. It is named by its number,
 * and not by a struct pci_dev, because nothing holds a reference to function 0.
 */
static struct pci_bus *cxl_function(const struct smmu_master *master, unsigned int *devfn)
{
	const struct pci_dev *pf = pci_physfn(to_pci_dev(master->dev));

	*devfn = pci_ari_enabled(pf->bus) ? 0 : PCI_DEVFN(PCI_SLOT(pf->devfn), 0);
	return pf->bus;
}

static u16 find_cxl(const struct smmu_master *master)
{
	struct pci_dev *pdev;
	struct pci_bus *bus;
	unsigned int devfn;
	u16 pos;

	bus = cxl_function(master, &devfn);
	pdev = pci_get_slot(bus, devfn);
	if (!pdev)
		return 0;
	pos = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL, PCI_DVSEC_CXL_DEVICE);
	pci_dev_put(pdev);
	return pos;
}

/*
 * Set or clear Cache_Enable. Return: 0 when it was so, 1 when it is now, -EIO when it does not
 * change. A device that is gone reads as all ones and is left alone.
 */
static int write_cache_enable(const struct smmu_master *master, bool on)
{
	int where = master->cxl + PCI_DVSEC_CXL_CTRL;
	struct pci_bus *bus;
	unsigned int devfn;
	u16 was, is;

	bus = cxl_function(master, &devfn);
	pci_bus_read_config_word(bus, devfn, where, &was);
	if (PCI_POSSIBLE_ERROR(was) || on == !!(was & CXL_CTRL_CACHE_ENABLE))
		return 0;
	pci_bus_write_config_word(bus, devfn, where, was ^ CXL_CTRL_CACHE_ENABLE);
	pci_bus_read_config_word(bus, devfn, where, &is);
	return is == was ? -EIO : 1;
}

static bool same_cache(const struct smmu_master *a, const struct smmu_master *b)
{
	unsigned int fn_a, fn_b;

	return a->cxl && b->cxl && cxl_function(a, &fn_a) == cxl_function(b, &fn_b) &&
	       fn_a == fn_b;
}
#else
static u16 find_cxl(const struct smmu_master *master)
{
	return 0;
}

static int write_cache_enable(const struct smmu_master *master, bool on)
{
	return 0;
}

static bool same_cache(const struct smmu_master *a, const struct smmu_master *b)
{
	return false;
}
#endif

u16 smmu_ats_pci_cxl(struct smmu_master *master)
{
	return dev_is_pci(master->dev) ? find_cxl(master) : 0;
}

static void cut_cache(struct smmu_master *master)
{
	int ret = master->cxl ? write_cache_enable(master, false) : 0;

	if (ret > 0)
		set_bit(SMMU_CUT_CACHE, &master->ats_cut);
	else if (ret)
		set_bit(SMMU_CUT_CACHE_STUCK, &master->ats_cut);
}

void smmu_ats_pci_cache_on(struct smmu_master *master)
{
	write_cache_enable(master, true);
}

bool smmu_ats_pci_same_cache(const struct smmu_master *a, const struct smmu_master *b)
{
	typeof(smmu_ats_pci_same_cache) *stub = smmu_raw_stub(smmu_ats_pci_same_cache);

	return stub ? stub(a, b) : same_cache(a, b);
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
	 * bus mastering and CXL.cache first: the device must make no request at all, translated or
	 * not, before ATS Enable is cleared
	 */
	if (write_bus_master(pdev, false)) {
		if (pdev->is_busmaster)
			set_bit(SMMU_CUT_DRIVER, &master->ats_cut);
		set_bit(SMMU_CUT_MASTER, &master->ats_cut);
	}
	cut_cache(master);
	smmu_pri_pci_disable(master);
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
	/* the STEs do not keep it from CXL.cache, so it gets nothing back that helps it */
	if (test_bit(SMMU_CUT_CACHE_STUCK, &master->ats_cut) && master->ats_failed)
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
