/* SPDX-License-Identifier: GPL-2.0-only */
/* What DT or ACPI says about an SMMU: coherency, quirks, interrupts. */
#ifndef SMMU_DRV_FIRMWARE_H
#define SMMU_DRV_FIRMWARE_H

#include <linux/types.h>

struct acpi_iort_smmu_v3;
struct device;
struct list_head;
struct pci_dev;
struct platform_device;
struct seq_file;
struct smmu_device;
struct smmu_iommu;
struct smmu_ident_env;
struct smmu_wired;

/* The SMMU's node in the IORT; NULL for an SMMU that DT describes */
const struct acpi_iort_smmu_v3 *smmu_firmware_iort(struct device *dev);

/**
 * smmu_firmware_read() - read the DT node or the IORT node
 * @pdev: SMMU
 * @env: out: coherency, the errata that firmware names, and what it says of hardware updates of
 *	page tables. Other fields are not touched.
 * @wired: out: interrupts, 0 where absent
 * Return: 0 or -EINVAL with one line logged
 */
int smmu_firmware_read(struct platform_device *pdev, struct smmu_ident_env *env,
		       struct smmu_wired *wired);

/**
 * smmu_firmware_differs() - log a line for each point in which firmware overrides IDR0
 * @smmu: initialised
 * @env: what firmware says. Its word on coherency decides what memory the DMA API gives.
 * Return: number of lines
 */
u32 smmu_firmware_differs(struct smmu_device *smmu, const struct smmu_ident_env *env);

/**
 * smmu_firmware_pasid_bits() - how many bits may the PASIDs of a device have?
 * @pdev: device
 *
 * Only the IORT says something of a device's root complex. Process context.
 * Return: number of bits, or -ENOENT where firmware does not say
 */
int smmu_firmware_pasid_bits(struct pci_dev *pdev);

/**
 * smmu_firmware_show() - print what firmware says of an SMMU, for the file `machine` of debugfs
 * @s: where to
 * @pdev: SMMU, probed
 */
void smmu_firmware_show(struct seq_file *s, struct platform_device *pdev);

/**
 * smmu_firmware_reserved() - list the addresses that firmware reserves
 * @smmu: SMMU
 * @reserved: list of struct iommu_resv_region that regions are added to, also on an error. The
 *	caller frees each with kfree().
 *
 * On ACPI these are the RMR nodes of the SMMU's devices, on DT each iommu-addresses of the tree.
 * Return: 0 or -ENOMEM
 */
int smmu_firmware_reserved(struct smmu_device *smmu, struct list_head *reserved);

/**
 * smmu_firmware_preset() - give streams with reserved memory regions STEs that bypass
 * @iommu: allocated, not started
 *
 * So their DMA goes on when the SMMU starts. Reads the RMR nodes of the IORT. Does nothing on DT,
 * where such regions belong to devices and are mapped when these are attached.
 */
void smmu_firmware_preset(struct smmu_iommu *iommu);

#endif
