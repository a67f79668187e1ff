// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/pci.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "drv/deferred.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/master.h"

VISIBLE_IF_KUNIT bool smmu_deferred_identity(struct smmu_master *master, int type)
{
	/* of the group, which other devices may have brought there */
	struct iommu_domain *domain = iommu_get_domain_for_dev(master->dev);

	KUNIT_STATIC_STUB_REDIRECT(smmu_deferred_identity, master, type);

	if (domain)
		return domain->type == IOMMU_DOMAIN_IDENTITY;
	return type == IOMMU_DOMAIN_IDENTITY || (!type && iommu_default_passthrough());
}

VISIBLE_IF_KUNIT bool smmu_is_pcie_port(struct device *dev)
{
	if (!dev_is_pci(dev) || !pci_is_pcie(to_pci_dev(dev)))
		return false;
	switch (pci_pcie_type(to_pci_dev(dev))) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_DOWNSTREAM:
	case PCI_EXP_TYPE_RC_EC:
		return true;
	default:
		/* a bridge to conventional PCI lends its StreamID to the devices behind it */
		return false;
	}
}

bool smmu_deferred(struct smmu_master *master, int type)
{
	if (!smmu_install_is_foreign(master) || smmu_is_pcie_port(master->dev) ||
	    smmu_deferred_identity(master, type))
		return false;
	dev_dbg(master->dev, "DMA goes on with the tables of the kernel before\n");
	return true;
}
