// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: of any 96 bytes that are given as an IORT, nothing outside of the table is read when it
 *	is asked which SMMU a PCI function is behind, how many bits its PASIDs have and how many
 *	SMMUs there are; each gets an answer after a bounded number of steps; a width of PASIDs has
 *	5 bits
 * assumes: 96 bytes, which hold up to three nodes or two mappings. Larger tables, and devices of
 *	the ACPI namespace, are left to fuzzing.
 * cbmc: --unwind 6 --unwindset harness.0:97,map_id.0:3
 * mutant: core/iort.c s/if (left < sizeof(\*node))/if (!left)/
 * mutant: core/iort.c s/node->length >= sizeof(\*node) \&\& //
 * mutant: core/iort.c s/node->mapping_count > left \/ sizeof(\*maps.map)/0/
 * mutant: core/iort.c s/ \&\& hops < MAX_HOPS//
 */
#include "sequential.h"

#include "core/iort.c"

#define ROOM	96

/* The table ends where the object does, so that CBMC sees a read behind it */
static u8 bytes[ROOM] __aligned(8);

void harness(void)
{
	const struct smmu_iort iort = { .table = bytes, .length = ROOM };
	int bits;
	u32 i;

	for (i = 0; i < ROOM; i++)
		bytes[i] = nondet_u8();

	switch (nondet_u8()) {
	case 0:
		smmu_iort_pci_reaches(&iort, nondet_u32(), nondet_u32(), nondet_u32());
		break;
	case 1:
		bits = smmu_iort_pci_pasid_bits(&iort, nondet_u32(), nondet_u32());
		PROVE(bits == -ENOENT || (bits > 0 && bits < 32), "a width has 5 bits");
		break;
	default:
		PROVE(smmu_iort_smmus(&iort, nondet_u32()) <= 3, "there is room for three nodes");
	}
}
