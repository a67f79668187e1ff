/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices an SMMU translates, and how wide their PASIDs may be, read from the bytes of an
 * ACPI IORT (Arm DEN 0049).
 *
 * The kernel's own parser does not know PASIDs. Which devices an SMMU translates it answers only
 * for devices whose IOMMU driver is bound already, and it exports no function that works without
 * one. The parser here knows no devices: it takes bytes and gives an answer. It follows the
 * kernel's rules, so that it names the SMMU that a device would get once the driver is bound again.
 *
 * The code does not trust the table: a structure that does not lie within the table is treated as
 * missing. No locks, no allocation; the table must not change meanwhile.
 */
#ifndef SMMU_CORE_IORT_H
#define SMMU_CORE_IORT_H

#include <linux/types.h>

/**
 * struct smmu_iort - an IORT in memory
 * @table: first byte of the table, where its header begins
 * @length: number of bytes that may be read, as the header's length says
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
 * @rid: the function's requester ID
 * Return: true when a root complex of that segment sends @rid to @smmu. The kernel knows one root
 *	complex per segment; here all that claim the segment are asked.
 */
bool smmu_iort_pci_reaches(const struct smmu_iort *iort, u32 smmu, u32 segment, u32 rid);

/**
 * smmu_iort_named_reaches() - does a device of the ACPI namespace sit behind an SMMU?
 * @iort: the table
 * @smmu: the SMMU's node, in bytes from the start of the table
 * @path: full path of the device, as acpi_get_name(ACPI_FULL_PATHNAME) writes it
 * Return: true when one of the device's single mappings leads to @smmu. Mappings of ranges do not
 *	count: they are for a bus whose children bring ids of their own.
 */
bool smmu_iort_named_reaches(const struct smmu_iort *iort, u32 smmu, const char *path);

/**
 * smmu_iort_pci_pasid_bits() - how many bits may the PASIDs of a PCI function have?
 * @iort: the table
 * @segment: the function's PCI segment
 * @rid: the function's requester ID
 * Return: the width that the table gives for the function's root complex; -ENOENT where it gives
 *	none. Nodes have it from revision 4 on.
 */
int smmu_iort_pci_pasid_bits(const struct smmu_iort *iort, u32 segment, u32 rid);

/* Number of SMMUv3 nodes with an identifier. In tables of before revision E.b all have 0. */
u32 smmu_iort_smmus(const struct smmu_iort *iort, u32 identifier);

#endif
