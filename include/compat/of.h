/* SPDX-License-Identifier: GPL-2.0-only */
/* "iommu-map" of a PCI host bridge */
#ifndef COMPAT_OF_H
#define COMPAT_OF_H

#include <linux/of.h>

#ifndef COMPAT_OF_MAP_IOMMU
/* Only the node of @spec is filled: NULL where the map has a hole, else the caller puts it */
static inline int of_map_iommu_id(struct device_node *np, u32 id, struct of_phandle_args *spec)
{
	spec->np = NULL;
	return of_map_id(np, id, "iommu-map", "iommu-map-mask", &spec->np, NULL);
}
#endif

#endif
