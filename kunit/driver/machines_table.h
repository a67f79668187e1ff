/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of machines: what somebody has, and what the driver makes of it. machines_kunit.c brings
 * each of them up on the model. A new machine is a new row and nothing else;
 * Documentation/machines.rst says where its values come from.
 *
 * Register values are plain numbers, as the machine shows them.
 */
#ifndef KUNIT_ON_MODEL_MACHINES_TABLE_H
#define KUNIT_ON_MODEL_MACHINES_TABLE_H

#include <linux/types.h>

#include "model/machine.h"

#define ROW_STREAMS	2
#define ROW_LINES	4

/**
 * struct machine_device - a device of a machine
 * @sids: its StreamIDs
 * @n: number of StreamIDs, 0 where there is no such device
 * @ssid_bits: PASID bits
 * @ats: it has an ATC
 * @ats_required: it does not work without ATS
 */
struct machine_device {
	u32 sids[ROW_STREAMS];
	u32 n;
	u32 ssid_bits;
	bool ats;
	bool ats_required;
};

/* Which interrupts the driver uses */
#define USES_EVENTQ	BIT(0)
#define USES_PRIQ	BIT(1)
#define USES_GERROR	BIT(2)
#define USES_COMBINED	BIT(3)
#define USES_MSI	BIT(4)	/* the three above are MSIs, and not wired */

/**
 * struct machine_row - a machine
 * @name: who it is
 *
 * What it is:
 * @idr: IDR0-5 as read
 * @iidr: IIDR as read, 0 where it is not known and no erratum depends on it
 * @aidr: AIDR
 * @boot_word: "features 0x..." in the boot log of the in-tree driver, 0 where it is not known. The
 *	registers have to agree with it.
 * @page0_only: the registers of page 1 are in page 0
 * @fw: device tree, interrupts, size of the register region, coherency
 * @iort: the machine has ACPI: @iort_model and @iort_flags are fields of its SMMU's node
 * @iort_model: Model
 * @iort_flags: Flags
 * @msi: there is an MSI domain
 * @el2: the kernel runs at EL2
 * @page_kb: page size of the kernel that its owner runs, for the reader. The suite runs with the
 *	pages of the kernel that it is in.
 * @devices: two devices
 * @still_ms: once, in the middle of an unmap, the command queue stands still for so long
 *
 * What the driver makes of it:
 * @refused: the driver does not bind
 * @features: SMMU_FEAT_* without SMMU_FEAT_SVA, which depends on the CPUs
 * @errata: SMMU_ERRATUM_*
 * @oas: output address bits
 * @va: stage-1 input bits
 * @leaf_kb: smallest leaf of a domain with 4 KiB pages
 * @cmdq_log2: log2 of the number of entries of the command queue
 * @evtq_log2: log2 of the number of entries of the event queue
 * @table_log2: StreamID bits that the stream table covers
 * @uses: USES_*
 * @says: how every warning and error of the probe begins, in order. The first one of a refused
 *	machine goes on with its registers.
 * @shut: while the queue stands still, the SMMU is shut; it comes back when it goes on
 */
struct machine_row {
	const char *name;

	u32 idr[6];
	u32 iidr;
	u32 aidr;
	u32 boot_word;
	bool page0_only;
	struct machine_firmware fw;
	bool iort;
	u32 iort_model;
	u32 iort_flags;
	bool msi;
	bool el2;
	u32 page_kb;
	struct machine_device devices[2];
	u32 still_ms;

	bool refused;
	u32 features;
	u32 errata;
	u8 oas;
	u8 va;
	u8 leaf_kb;
	u8 cmdq_log2;
	u8 evtq_log2;
	u8 table_log2;
	u32 uses;
	const char *says[ROW_LINES];
	bool shut;
};

extern const struct machine_row machine_rows[];
extern const u32 machine_rows_nr;

#endif
