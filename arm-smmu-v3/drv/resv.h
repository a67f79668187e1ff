/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reserved regions. The window for MSIs in domains of user space is 1 MiB at 0x08000000, where the
 * in-tree driver has it, too, because some programs have that number compiled in. Where firmware
 * reserves something there, it is the first free MiB behind, then below, then above 4 GiB, because
 * not every device can send an MSI to an address above.
 *
 * The window is chosen once for each SMMU, when it is probed, from what firmware reserves for any
 * device: so it does not depend on the order in which devices come, and the devices of a group, or
 * of a VFIO container, have the same.
 */
#ifndef SMMU_DRV_RESV_H
#define SMMU_DRV_RESV_H

#include <linux/types.h>

struct device;
struct list_head;
struct smmu_iommu;

#define SMMU_MSI_WINDOW_BASE	0x08000000
#define SMMU_MSI_WINDOW_SIZE	0x00100000

/**
 * smmu_resv_probe() - choose the window for MSIs
 * @iommu: its features are known. @msi_base is set; 0 with an error logged where nothing is free.
 *
 * Process context.
 * Return: 0 or -ENOMEM
 */
int smmu_resv_probe(struct smmu_iommu *iommu);

/*
 * iommu_ops.get_resv_regions: the window for MSIs in a user's domain, and the regions that firmware
 * reserves
 */
void smmu_resv_regions(struct device *dev, struct list_head *head);

#endif
