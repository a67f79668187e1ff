// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether DT places a device behind an SMMU: "iommu-map" of a PCI host bridge, "iommus" of every
 * other device. The kernel reads the same properties when a driver is bound.
 */
#include <linux/pci.h>

#include <compat/of.h>

#include "drv/takeover_of.h"

static bool pci_behind(struct device_node *smmu, struct pci_dev *pdev)
{
	struct device *host = pci_find_host_bridge(pdev->bus)->dev.parent;
	struct of_phandle_args spec = {};

	/* of_map_iommu_id() succeeds without a node when there is no map, or a hole in it */
	if (!host || of_map_iommu_id(host->of_node, pci_dev_id(pdev), &spec))
		return false;
	of_node_put(spec.np);
	return spec.np == smmu;
}

static bool node_behind(struct device_node *smmu, struct device_node *np)
{
	struct of_phandle_args spec;
	int i;

	for (i = 0; !of_parse_phandle_with_args(np, "iommus", "#iommu-cells", i, &spec); i++) {
		/* The node is only compared, and @smmu is held by its device */
		of_node_put(spec.np);
		if (spec.np == smmu)
			return true;
	}
	return false;
}

bool smmu_takeover_of_behind(struct device *smmu, struct device *dev)
{
	if (dev_is_pci(dev))
		return pci_behind(smmu->of_node, to_pci_dev(dev));
	return node_behind(smmu->of_node, dev->of_node);
}
