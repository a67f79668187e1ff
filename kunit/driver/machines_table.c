// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table. Facts are from boot logs, device trees, firmware and bug reports that are public. If
 * only the in-tree driver's word is known (@boot_word), the registers are the least that gives this
 * word, with 16-bit tags. A comment says what else is assumed. "The in-tree driver's queues" are
 * what it has allocated: the registers may say more.
 */
#include <linux/array_size.h>

#include <smmuv3/features.h>

#include "driver/machines_table.h"

/* Both stages in a coherent SMMU with a stream table of two levels, and what most machines add */
#define BOTH	(SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_COHERENT | SMMU_FEAT_STRTAB_2LVL)
#define BASIC	(BOTH | SMMU_FEAT_NESTING | SMMU_FEAT_CDTAB_2LVL)
#define SERVER	(SMMU_FEAT_ATS | SMMU_FEAT_MSI | SMMU_FEAT_STALL | SMMU_FEAT_HYP | SMMU_FEAT_E2H)
#define FVP	(BASIC | SERVER | SMMU_FEAT_RIL | SMMU_FEAT_PRI | SMMU_FEAT_S2FWB | \
		 SMMU_FEAT_BBML2 | SMMU_FEAT_BTM | SMMU_FEAT_VAX | SMMU_FEAT_ATTR_OVR)

/* What an SMMU does not have that is not coherent */
#define NEEDS_COHERENT	(SMMU_FEAT_COHERENT | SMMU_FEAT_NESTING | SMMU_FEAT_HA | SMMU_FEAT_HD)

#define EVENTQ	BIT(MACHINE_EVENTQ)
#define PRIQ	BIT(MACHINE_PRIQ)
#define GERROR	BIT(MACHINE_GERROR)
#define SYNC	BIT(MACHINE_CMDQ_SYNC)
#define COMBINED	BIT(MACHINE_COMBINED)
#define USUAL	(EVENTQ | GERROR | SYNC)

#define USES_TWO	(USES_EVENTQ | USES_GERROR)
#define USES_THREE	(USES_TWO | USES_PRIQ)

/* Two ordinary devices */
#define TWO		{ { { 0x8 }, 1 }, { { 0x110 }, 1 } }
/* One with ATS and PASIDs, and an ordinary one */
#define ATS_AND_ONE	{ { { 0x100 }, 1, .ssid_bits = 8, .ats = true }, { { 0x208 }, 1 } }

#define NOT_COHERENT	"this SMMU is used as not coherent, as firmware says, although IDR0.COHACC is 1"
#define COHERENT	"this SMMU is used as coherent, as firmware says, although IDR0.COHACC is 0"
#define MORE_HTTU	"hardware updates of page tables are used as the IORT says, which is more than IDR0.HTTU 0"
#define LESS_HTTU	"hardware updates of page tables are used as the IORT says, which is less than IDR0.HTTU 2"
#define NO_AARCH64	"the driver cannot use this SMMU: no support for AArch64 page tables (IDR0.TTF)"
#define NO_EVENTQ	"no arm-smmu-v3-evtq interrupt"
#define NO_PRIQ		"no arm-smmu-v3-priq interrupt"
#define NO_GERROR	"no arm-smmu-v3-gerror interrupt"

/*
 * An ordinary SMMU for the rows that have one odd thing each: 4, 16 and 64 KiB pages, 48 bits, a
 * command queue of 256 and an event queue of 128 entries, 16 bits of StreamID
 */
#define ODD_IDR0	0x090c101b
#define ODD_IDR1	0x01070010
#define ODD_IDR3	0x00000400
#define ODD_IDR5	0x00000075
#define ODD_FEATURES	(BASIC | SMMU_FEAT_RIL)

#define ODD(idr0, idr1, idr5)							\
	.idr = { idr0, idr1, 0, ODD_IDR3, 0, idr5 },				\
	.fw = { .lines = EVENTQ | GERROR | PRIQ, .coherent = true }

#define ODD_MADE								\
	.features = ODD_FEATURES,						\
	.cmdq_log2 = 8, .evtq_log2 = 7, .table_log2 = 16, .leaf_kb = 4,		\
	.uses = USES_TWO

__diag_push();
__diag_ignore_all("-Woverride-init", "an odd row is an ordinary machine but for one thing");

const struct machine_row machine_rows[] = {
	{
		.name = "QEMU 11 virt, DT",
		.idr = { 0x0d44101b, 0x02730010, 0, 0x00001414, 0, 0x00000074 },
		.aidr = 1,
		.fw = { .lines = USUAL | PRIQ, .coherent = true },
		.page_kb = 4,
		.devices = TWO,
		.features = BOTH | SMMU_FEAT_NESTING | SMMU_FEAT_RIL | SMMU_FEAT_BBML2,
		.oas = 44, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
	},
	{
		.name = "FVP Base RevC, as kernel CI starts it, ACPI",
		.idr = { 0x080ff6bf, 0x0ce73d20, 0, 0x00001714, 0, 0xffff0475 },
		.fw = { .lines = USUAL | PRIQ, .coherent = true },
		.iort = true, .iort_flags = 0x1,
		.el2 = true,
		.page_kb = 4,
		.devices = ATS_AND_ONE,
		.features = FVP,
		.oas = 48, .va = 52, .leaf_kb = 4,
		.cmdq_log2 = 7, .evtq_log2 = 7, .table_log2 = 25,
		.uses = USES_THREE,
		.says = { LESS_HTTU, "stream table covers 25 of 32 StreamID bits" },
	},
	{
		.name = "FVP Base RevC, another set-up, DT",
		.idr = { 0x080ff6bf, 0x0e739d10, 0, 0x00001714, 0, 0xffff0475 },
		.fw = { .lines = USUAL | PRIQ, .coherent = true },
		.el2 = true,
		.page_kb = 4,
		.devices = ATS_AND_ONE,
		.features = FVP | SMMU_FEAT_HA | SMMU_FEAT_HD,
		.oas = 48, .va = 52, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_THREE,
	},
	{
		/* assumed: no PASIDs, no PRI queue in IDR1, StreamIDs of 16 bits */
		.name = "RK3588, PCIe",
		.idr = { 0x080c360b, 0x0a730010, 0, 0, 0, 0x00000075 },
		.boot_word = 0x001c1eaf,
		.fw = { .lines = USUAL | PRIQ },
		.el2 = true,
		.page_kb = 4,
		.devices = { { { 0x100 }, 1, .ats = true }, { { 0x208 }, 1 } },
		.features = (BASIC & ~NEEDS_COHERENT) | SERVER | SMMU_FEAT_ATTR_OVR,
		.oas = 48, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
	},
	{
		/* queues: the in-tree driver's. The machine has more than 35 of these. */
		.name = "Kunpeng 920, ACPI",
		.idr = { 0x080c741b, 0x020f0410, 0, 0, 0, 0x00000075 },
		.boot_word = 0x00000fef,
		.fw = { .coherent = true },
		.iort = true, .iort_flags = 0x1,
		.msi = true,
		.page_kb = 4,
		.devices = ATS_AND_ONE,
		.features = BASIC | SMMU_FEAT_ATS | SMMU_FEAT_MSI | SMMU_FEAT_STALL,
		.oas = 48, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 15, .table_log2 = 16,
		.uses = USES_TWO | USES_MSI,
	},
	{
		/* assumed: granules of 4 and 64 KiB */
		.name = "ThunderX2, ACPI",
		.idr = { 0x0904121b, 0x02730010, 0, 0, 0, 0x00000054 },
		.boot_word = 0x0000170d,
		.page0_only = true,
		.fw = { .size = 0x10000, .lines = COMBINED, .coherent = true },
		.iort = true, .iort_model = 2, .iort_flags = 0x1,
		.page_kb = 64,
		.devices = TWO,
		.features = BOTH | SMMU_FEAT_NESTING | SMMU_FEAT_HYP,
		.errata = SMMU_ERRATUM_PAGE0_ONLY,
		.oas = 44, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_COMBINED,
	},
	{
		.name = "ThunderX2, DT",
		.idr = { 0x0904121b, 0x02730010, 0, 0, 0, 0x00000054 },
		.page0_only = true,
		.fw = {
			.property = "cavium,cn9900-broken-page1-regspace",
			.size = 0x20000, .lines = EVENTQ | PRIQ | GERROR, .coherent = true,
		},
		.page_kb = 64,
		.devices = TWO,
		.features = BOTH | SMMU_FEAT_NESTING | SMMU_FEAT_HYP,
		.errata = SMMU_ERRATUM_PAGE0_ONLY,
		.oas = 44, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
	},
	{
		/* assumed: StreamIDs of 16 bits, PASIDs of 20. This driver does not know CMDQ-V. */
		.name = "Grace, ACPI",
		.idr = { 0x080d361b, 0x0a739d10, 0, 0, 0, 0x00000075 },
		.boot_word = 0x001e1fbf,
		.fw = { .lines = EVENTQ | GERROR, .coherent = true },
		.iort = true, .iort_flags = 0x1,
		.el2 = true,
		.page_kb = 64,
		.devices = ATS_AND_ONE,
		.features = BASIC | SERVER | SMMU_FEAT_PRI | SMMU_FEAT_ATTR_OVR,
		.oas = 48, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
		.says = { NO_PRIQ },
	},
	{
		/* the bridge of a BMC: VGA and USB behind it have one StreamID together */
		.name = "Grace, ACPI, behind the bridge",
		.idr = { 0x080d361b, 0x0a739d10, 0, 0, 0, 0x00000075 },
		.fw = { .lines = EVENTQ | GERROR, .coherent = true },
		.iort = true, .iort_flags = 0x1,
		.el2 = true,
		.page_kb = 64,
		.devices = { { { 0x500, 0x520 }, 2 }, { { 0x500, 0x528 }, 2 } },
		.features = BASIC | SERVER | SMMU_FEAT_PRI | SMMU_FEAT_ATTR_OVR,
		.oas = 48, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
		.says = { NO_PRIQ },
	},
	{
		/* known: a part whose erratum takes nesting away; assumed: MMU-700 r1p0 */
		.name = "AmpereOne, ACPI",
		.idr = { 0x080c769b, 0x0a730510, 0, 0x00000500, 0, 0x00000475 },
		.iidr = 0x4871043b,
		.boot_word = 0x0094dfef,
		.fw = { .lines = EVENTQ | GERROR, .coherent = true },
		.iort = true, .iort_flags = 0x1,
		.el2 = true,
		.page_kb = 64,
		.devices = ATS_AND_ONE,
		.features = (BASIC & ~SMMU_FEAT_NESTING) | SERVER | SMMU_FEAT_RIL |
			    SMMU_FEAT_S2FWB | SMMU_FEAT_VAX | SMMU_FEAT_ATTR_OVR,
		.errata = SMMU_ERRATUM_SYNC_PER_BATCH,
		.oas = 48, .va = 52, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
		.says = { LESS_HTTU },
	},
	{
		/* known: 40 bits, no BTM, and a GPU that needs ATS; the rest is Grace's */
		.name = "GB10, ACPI",
		.idr = { 0x080d361b, 0x0a739d10, 0, 0, 0, 0x00000072 },
		.fw = { .lines = EVENTQ | GERROR, .coherent = true },
		.iort = true, .iort_flags = 0x1,
		.el2 = true,
		.page_kb = 4,
		.devices = {
			{ { 0x100 }, 1, .ats = true, .ats_required = true },
			{ { 0x208 }, 1 },
		},
		.features = BASIC | SERVER | SMMU_FEAT_PRI | SMMU_FEAT_ATTR_OVR,
		.oas = 40, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
		.says = { NO_PRIQ },
	},
	{
		.name = "FVP Base, ACPI",
		.idr = { 0x080c769b, 0x08e70520, 0, 0x00000400, 0, 0x00000475 },
		.boot_word = 0x001cdfef,
		.fw = { .lines = USUAL | PRIQ, .coherent = true },
		.iort = true, .iort_flags = 0x1,
		.el2 = true,
		.page_kb = 4,
		.devices = ATS_AND_ONE,
		.features = BASIC | SERVER | SMMU_FEAT_RIL | SMMU_FEAT_VAX | SMMU_FEAT_ATTR_OVR,
		.oas = 48, .va = 52, .leaf_kb = 4,
		.cmdq_log2 = 7, .evtq_log2 = 7, .table_log2 = 25,
		.uses = USES_TWO,
		.says = { LESS_HTTU, "stream table covers 25 of 32 StreamID bits" },
	},
	{
		/* known: SMMU-700; assumed: r1p1. The log is too old to tell of nesting or EL2. */
		.name = "Total Compute FVP, SMMU-700",
		.idr = { 0x080c761b, 0x02730517, 0, 0x00000400, 0, 0x00000472 },
		.iidr = 0x4871143b,
		.boot_word = 0x0000dfef,
		.fw = { .lines = USUAL, .coherent = true },
		.page_kb = 4,
		.devices = TWO,
		.features = BASIC | SMMU_FEAT_ATS | SMMU_FEAT_MSI | SMMU_FEAT_STALL |
			    SMMU_FEAT_HYP | SMMU_FEAT_RIL | SMMU_FEAT_VAX,
		.oas = 40, .va = 52, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 23,
		.uses = USES_TWO,
	},
	{
		/* known: size and lines; assumed: the registers, and that it is coherent */
		.name = "Agilex 5, DT",
		.idr = { 0x080d361b, 0x02739d10, 0, 0, 0, 0x00000074 },
		.fw = { .size = 0x30000, .lines = EVENTQ | PRIQ | GERROR, .coherent = true },
		.page_kb = 4,
		.devices = TWO,
		/* while the fabric is reconfigured */
		.still_ms = 5000,
		.shut = true,
		.features = BASIC | SMMU_FEAT_ATS | SMMU_FEAT_MSI | SMMU_FEAT_STALL |
			    SMMU_FEAT_HYP | SMMU_FEAT_PRI,
		.oas = 44, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_THREE,
	},
	{
		/* known: StreamIDs, size and lines; assumed: the registers */
		.name = "X Elite, PCIe, DT",
		.idr = { 0x080c361b, 0x09080013, 0, 0x00000400, 0, 0x00000075 },
		.fw = { .lines = USUAL, .coherent = true },
		.page_kb = 4,
		.devices = { { { 0x30000 }, 1 }, { { 0x7ffff }, 1 } },
		.features = BASIC | SMMU_FEAT_ATS | SMMU_FEAT_MSI | SMMU_FEAT_STALL |
			    SMMU_FEAT_HYP | SMMU_FEAT_RIL | SMMU_FEAT_ATTR_OVR,
		.oas = 48, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 8, .evtq_log2 = 8, .table_log2 = 19,
		.uses = USES_TWO,
	},
	{
		.name = "Glymur, PCIe, DT",
		.idr = { 0x080c361b, 0x09080013, 0, 0x00000400, 0, 0x00000075 },
		.fw = { .size = 0x80000, .lines = USUAL, .coherent = true },
		.el2 = true,
		.page_kb = 4,
		.devices = { { { 0x30000 }, 1 }, { { 0x7ffff }, 1 } },
		.features = BASIC | SERVER | SMMU_FEAT_RIL | SMMU_FEAT_ATTR_OVR,
		.oas = 48, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 8, .evtq_log2 = 8, .table_log2 = 19,
		.uses = USES_TWO,
	},
	{
		/* known: its interrupt, and that it is coherent; assumed: the registers */
		.name = "Versal NET, DT",
		.idr = { 0x080d361b, 0x02739d10, 0, 0, 0, 0x00000074 },
		.fw = { .lines = COMBINED, .level = true, .coherent = true },
		.page_kb = 4,
		.devices = TWO,
		.features = BASIC | SMMU_FEAT_ATS | SMMU_FEAT_MSI | SMMU_FEAT_STALL |
			    SMMU_FEAT_HYP | SMMU_FEAT_PRI,
		.oas = 44, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_COMBINED,
	},
	{
		/* known: compatible, size and lines; assumed: the registers are Grace's */
		.name = "Tegra264, DT",
		.idr = { 0x080c361b, 0x0a730510, 0, 0, 0, 0x00000075 },
		.fw = {
			.compatible = "nvidia,tegra264-smmu",
			.size = 0x200000, .lines = EVENTQ | GERROR, .coherent = true,
		},
		.el2 = true,
		.page_kb = 64,
		.devices = ATS_AND_ONE,
		.features = BASIC | SERVER | SMMU_FEAT_ATTR_OVR,
		.errata = SMMU_ERRATUM_REPEAT_TLBI,
		.oas = 48, .va = 48, .leaf_kb = 4,
		.cmdq_log2 = 16, .evtq_log2 = 16, .table_log2 = 16,
		.uses = USES_TWO,
	},

	/* Machines with one odd thing each, which the specification allows */
	{
		.name = "SIDSIZE 0",
		ODD(ODD_IDR0, 0x01070000, ODD_IDR5),
		.devices = { { { 0 }, 1 } },
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES & ~SMMU_FEAT_STRTAB_2LVL,
		.table_log2 = 0,
	},
	{
		.name = "SIDSIZE 2",
		ODD(ODD_IDR0, 0x01070002, ODD_IDR5),
		.devices = { { { 0 }, 1 }, { { 2, 3 }, 2 } },
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES & ~SMMU_FEAT_STRTAB_2LVL,
		.table_log2 = 2,
	},
	{
		.name = "SIDSIZE 16, linear table",
		ODD(0x010c101b, ODD_IDR1, ODD_IDR5),
		.devices = { { { 0 }, 1 }, { { 0xffff }, 1 } },
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES & ~SMMU_FEAT_STRTAB_2LVL,
	},
	{
		.name = "SIDSIZE 32, linear table",
		ODD(0x010c101b, 0x01070020, ODD_IDR5),
		.devices = { { { 0 }, 1 }, { { 0xffff }, 1 } },
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES & ~SMMU_FEAT_STRTAB_2LVL,
		.says = { "stream table covers 16 of 32 StreamID bits" },
	},
	{
		.name = "SIDSIZE 32",
		ODD(ODD_IDR0, 0x01070020, ODD_IDR5),
		.devices = { { { 0 }, 1 }, { { 0x1ffffff }, 1 } },
		ODD_MADE, .oas = 48, .va = 48,
		.table_log2 = 25,
		.says = { "stream table covers 25 of 32 StreamID bits" },
	},
	{
		.name = "event queue of one entry",
		ODD(ODD_IDR0, 0x01000010, ODD_IDR5),
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
		.evtq_log2 = 0,
	},
	{
		.name = "command queue of 8 entries",
		ODD(ODD_IDR0, 0x00670010, ODD_IDR5),
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
		.cmdq_log2 = 3,
	},
	{
		.name = "command queue of 8 entries, ATS",
		ODD(0x090c141b, 0x00670410, ODD_IDR5),
		.devices = ATS_AND_ONE,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES | SMMU_FEAT_ATS,
		.cmdq_log2 = 3,
	},
#define OAS_AND_VAX(bits, enc)							\
	{									\
		.name = "OAS " #bits ", VAX",					\
		ODD(ODD_IDR0, ODD_IDR1, 0x00000470 | (enc)),			\
		.devices = TWO,							\
		ODD_MADE, .oas = bits, .va = 52,				\
		.features = ODD_FEATURES | SMMU_FEAT_VAX,			\
	}
	OAS_AND_VAX(32, 0),
	OAS_AND_VAX(36, 1),
	OAS_AND_VAX(40, 2),
	OAS_AND_VAX(42, 3),
	OAS_AND_VAX(44, 4),
	OAS_AND_VAX(48, 5),
	OAS_AND_VAX(52, 6),
	{
		.name = "8-bit tags",
		ODD(0x0908001b, ODD_IDR1, ODD_IDR5),
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
	},
	{
		.name = "only 64K",
		ODD(ODD_IDR0, ODD_IDR1, 0x00000045),
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
		.leaf_kb = 64,
	},
	{
		.name = "only 64K, OAS 52, VAX",
		ODD(ODD_IDR0, ODD_IDR1, 0x00000446),
		.devices = TWO,
		ODD_MADE, .oas = 52, .va = 52,
		.features = ODD_FEATURES | SMMU_FEAT_VAX,
		.leaf_kb = 64,
	},
	{
		.name = "PRI without its interrupt",
		ODD(0x090d141b, 0x01072d10, ODD_IDR5),
		.fw.lines = EVENTQ | GERROR,
		.devices = ATS_AND_ONE,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES | SMMU_FEAT_ATS | SMMU_FEAT_PRI,
		.says = { NO_PRIQ },
	},
	{
		.name = "nothing wired",
		ODD(0x090d141b, 0x01072d10, ODD_IDR5),
		.fw.lines = 0,
		.devices = ATS_AND_ONE,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES | SMMU_FEAT_ATS | SMMU_FEAT_PRI,
		.uses = 0,
		.says = { NO_EVENTQ, NO_GERROR, NO_PRIQ },
	},
	{
		.name = "everything combined",
		ODD(0x090d141b, 0x01072d10, ODD_IDR5),
		.fw.lines = COMBINED,
		.devices = ATS_AND_ONE,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES | SMMU_FEAT_ATS | SMMU_FEAT_PRI,
		.uses = USES_COMBINED,
	},
	{
		.name = "everything wired, and combined, and MSIs",
		ODD(0x090d341b, 0x01072d10, ODD_IDR5),
		.fw.lines = EVENTQ | PRIQ | GERROR | SYNC | COMBINED,
		.msi = true,
		.devices = ATS_AND_ONE,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES | SMMU_FEAT_ATS | SMMU_FEAT_PRI | SMMU_FEAT_MSI,
		.uses = USES_COMBINED,
	},
	{
		.name = "HTTU 0, the IORT says 2",
		ODD(ODD_IDR0, ODD_IDR1, ODD_IDR5),
		.iort = true, .iort_flags = 0x5,
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES | SMMU_FEAT_HA | SMMU_FEAT_HD,
		.says = { MORE_HTTU },
	},
	{
		.name = "COHACC 0, coherent by firmware",
		ODD(0x090c100b, ODD_IDR1, ODD_IDR5),
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
		.says = { COHERENT },
	},
	{
		.name = "COHACC 0, not coherent by firmware",
		ODD(0x090c100b, ODD_IDR1, ODD_IDR5),
		.fw.coherent = false,
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES & ~NEEDS_COHERENT,
	},
	{
		.name = "COHACC 1, not coherent by firmware",
		ODD(ODD_IDR0, ODD_IDR1, ODD_IDR5),
		.fw.coherent = false,
		.devices = TWO,
		ODD_MADE, .oas = 48, .va = 48,
		.features = ODD_FEATURES & ~NEEDS_COHERENT,
		.says = { NOT_COHERENT },
	},
	{
		.name = "AArch32 page tables only",
		ODD(0x090c1017, ODD_IDR1, ODD_IDR5),
		.refused = true,
		.says = { NO_AARCH64 },
	},
};

__diag_pop();

const u32 machine_rows_nr = ARRAY_SIZE(machine_rows);
