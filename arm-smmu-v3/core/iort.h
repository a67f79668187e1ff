/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices an SMMU translates, read from the bytes of an ACPI IORT (Arm
 * DEN 0049).
 *
 * The kernel's own parser answers this only for devices whose IOMMU driver is
 * there already, and exports nothing that could be asked without one. This one
 * knows no devices, only bytes in and an answer out. It follows the kernel's
 * rules, so that it names the SMMU that a device would get once its driver is
 * bound again.
 *
 * Nothing in the table is believed: what does not lie within it is as if it were
 * not there. No locks, no allocation; the table must stay as it is meanwhile.
 */
#ifndef SMMU_CORE_IORT_H
#define SMMU_CORE_IORT_H

#include <linux/types.h>

/**
 * struct smmu_iort - an IORT in memory
 * @table: its first byte, which is that of its header
 * @length: how many bytes there are to read; those of the header's own length
 */
struct smmu_iort {
	const void *table;
	u32 length;
};

/**
 * smmu_iort_pci_reaches() - does a PCI function sit behind an SMMU?
 * @iort: the table
 * @smmu: the SMMU's node, in bytes from the start of the table
 * @segment: the function's PCI segment
 * @rid: its requester ID
 * Return: true when a root complex of that segment sends @rid to @smmu. The
 *	kernel knows one root complex a segment; here all that claim it are asked.
 */
bool smmu_iort_pci_reaches(const struct smmu_iort *iort, u32 smmu, u32 segment, u32 rid);

/**
 * smmu_iort_named_reaches() - does a device of the ACPI namespace?
 * @iort: the table
 * @smmu: as above
 * @path: full path of the device, as acpi_get_name(ACPI_FULL_PATHNAME) writes it
 * Return: true when one of its single mappings leads to @smmu. Its mappings of
 *	ranges are for a bus whose children bring ids of their own.
 */
bool smmu_iort_named_reaches(const struct smmu_iort *iort, u32 smmu, const char *path);

#endif
