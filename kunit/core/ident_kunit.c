// SPDX-License-Identifier: GPL-2.0-only
/*
 * Identification: whole sets of ID registers of known SMMUs, one change at a time to a good set,
 * errata by part and revision, the mask of features to disable, and the question whether an SMMU
 * can walk a page table.
 *
 * Registers are plain numbers here, so that a wrong mask in regs.h is noticed.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <core/errata.h>
#include <core/ident.h>
#include <smmuv3/regs.h>

#define IDENT_SEED		0x6964656eULL
#define IDENT_ROUNDS		5000

/* QEMU's virt machine */
#define QEMU_IDR0		0x0d44101b
#define QEMU_IDR1		0x02730010
#define QEMU_IDR3		0x00001414
#define QEMU_IDR5		0x00000074
#define QEMU_FLAGS		(SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_NESTING | \
				 SMMU_FEAT_STRTAB_2LVL | SMMU_FEAT_COHERENT | \
				 SMMU_FEAT_RIL | SMMU_FEAT_BBML2)

static const struct smmu_idregs qemu = {
	.idr = { QEMU_IDR0, QEMU_IDR1, 0, QEMU_IDR3, 0, QEMU_IDR5 }, .aidr = 1,
};

/* An SMMU with all features */
static const struct smmu_idregs rich = {
	.idr = { 0x080d76ff, 0x0e739d20, 0, 0x00001514, 0, 0x00400476 },
};

#define RICH_FLAGS		(QEMU_FLAGS | SMMU_FEAT_CDTAB_2LVL | SMMU_FEAT_MSI | \
				 SMMU_FEAT_ATS | SMMU_FEAT_PRI | \
				 SMMU_FEAT_STALL | SMMU_FEAT_HYP | SMMU_FEAT_E2H | \
				 SMMU_FEAT_HA | SMMU_FEAT_HD | SMMU_FEAT_HAFT | \
				 SMMU_FEAT_S2FWB | SMMU_FEAT_BTM | SMMU_FEAT_VAX | \
				 SMMU_FEAT_ATTR_OVR)

/* No hardware updates, and no guests, where the SMMU does not look into caches */
#define NEEDS_COHERENT		(SMMU_FEAT_COHERENT | SMMU_FEAT_NESTING | SMMU_FEAT_HA | \
				 SMMU_FEAT_HD | SMMU_FEAT_HAFT)

static const struct smmu_ident_env coherent = { .coherent = true };
static const struct smmu_ident_env coherent_vhe = {
	.coherent = true, .cpu_e2h = true,
};

/* 6.3.8: log2 of the pages and of the queues of each */
static void ecmdqs_decode(struct kunit *test)
{
	struct smmu_idregs regs = rich;
	struct smmu_features feat;
	const char *why = NULL;

	/* IDR6 is RES0 without IDR1.ECMDQ, whatever it reads as */
	regs.idr6 = 0x03050000;
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags & SMMU_FEAT_ECMDQ, 0);
	regs.idr[1] |= BIT(31);
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), 0);
	KUNIT_EXPECT_NE(test, feat.flags & SMMU_FEAT_ECMDQ, 0);
	KUNIT_EXPECT_EQ(test, feat.ecmdq_pages, 3);
	KUNIT_EXPECT_EQ(test, feat.ecmdq_each, 5);
}

static void qemu_decodes(struct kunit *test)
{
	struct smmu_features feat;
	const char *why = NULL;

	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&qemu, &coherent, &feat, &why), 0);
	KUNIT_EXPECT_NULL(test, why);
	KUNIT_EXPECT_EQ(test, feat.flags, QEMU_FLAGS);
	KUNIT_EXPECT_EQ(test, feat.errata, 0);
	KUNIT_EXPECT_EQ(test, feat.granules, SZ_4K | SZ_16K | SZ_64K);
	KUNIT_EXPECT_EQ(test, feat.pgsizes, 0x62215000);
	KUNIT_EXPECT_EQ(test, feat.asid_bits, 16);
	KUNIT_EXPECT_EQ(test, feat.vmid_bits, 16);
	KUNIT_EXPECT_EQ(test, feat.sid_bits, 16);
	KUNIT_EXPECT_EQ(test, feat.ssid_bits, 0);
	KUNIT_EXPECT_EQ(test, feat.va_bits, 48);
	KUNIT_EXPECT_EQ(test, feat.oas_bits, 44);
	KUNIT_EXPECT_EQ(test, feat.cmdq_log2, 19);
	KUNIT_EXPECT_EQ(test, feat.evtq_log2, 19);
	KUNIT_EXPECT_EQ(test, feat.priq_log2, 0);
	KUNIT_EXPECT_EQ(test, feat.stall_max, 0);
	KUNIT_EXPECT_STREQ(test, smmu_ident_part(qemu.iidr), "unknown part");
}

static void rich_decodes(struct kunit *test)
{
	struct smmu_features feat;
	const char *why = NULL;

	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&rich, &coherent_vhe, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags, RICH_FLAGS);
	KUNIT_EXPECT_EQ(test, feat.sid_bits, 32);
	KUNIT_EXPECT_EQ(test, feat.ssid_bits, 20);
	KUNIT_EXPECT_EQ(test, feat.va_bits, 52);
	KUNIT_EXPECT_EQ(test, feat.oas_bits, 52);
	KUNIT_EXPECT_EQ(test, feat.cmdq_log2, 19);
	KUNIT_EXPECT_EQ(test, feat.evtq_log2, 19);
	KUNIT_EXPECT_EQ(test, feat.priq_log2, 19);
	KUNIT_EXPECT_EQ(test, feat.stall_max, 64);
	/* 52 bits of output add 4 TB blocks to 64K tables */
	KUNIT_EXPECT_EQ(test, feat.pgsizes & SZ_4T, SZ_4T);
}

/* What firmware says of hardware updates counts, whether it is less than IDR0.HTTU or more */
static void firmware_says_httu(struct kunit *test)
{
	static const u32 flags[] = {
		0, SMMU_FEAT_HA, SMMU_FEAT_HA | SMMU_FEAT_HD,
		SMMU_FEAT_HA | SMMU_FEAT_HD | SMMU_FEAT_HAFT,
	};
	struct smmu_ident_env env = { .coherent = true };
	struct smmu_idregs regs = qemu;
	struct smmu_features feat;
	const char *why;
	u32 said, reg;

	for (reg = 0; reg <= IDR0_HTTU_TABLE_AF; reg++) {
		FIELD_MODIFY(IDR0_HTTU, &regs.idr[0], reg);
		env.httu_said = false;
		KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &env, &feat, &why), 0);
		KUNIT_EXPECT_EQ(test, feat.flags & flags[3], flags[reg]);
		env.httu_said = true;
		for (said = 0; said <= IDR0_HTTU_AF_DIRTY; said++) {
			env.httu = said;
			KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &env, &feat, &why), 0);
			KUNIT_EXPECT_EQ(test, feat.flags & flags[3], flags[said]);
			/* and the administrator's word more */
			env.disable = flags[3];
			KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &env, &feat, &why), 0);
			KUNIT_EXPECT_EQ(test, feat.flags & flags[3], 0);
			env.disable = 0;
		}
	}
}

/* One field of QEMU's registers is replaced: what the result is */
struct id_change {
	const char *name;
	u8 idr;			/* which register */
	u32 mask;
	u32 value;
	int err;
	const char *why;	/* part of the reason given */
	u32 gained, lost;	/* flags */
};

static const struct id_change id_changes[] = {
	{ "no stage", 0, 0x3, 0, -ENODEV, "neither stage 1 nor stage 2" },
	{ "stage 1 only", 0, 0x3, 2, .lost = SMMU_FEAT_S2 | SMMU_FEAT_NESTING },
	{ "stage 2 only", 0, 0x3, 1, .lost = SMMU_FEAT_S1 | SMMU_FEAT_NESTING },
	{ "TTF 0", 0, 0xc, 0, -ENODEV, "AArch64" },
	{ "AArch32 tables only", 0, 0xc, 0x4, -ENODEV, "AArch64" },
	{ "both table formats", 0, 0xc, 0xc },
	{ "COHACC 0, firmware coherent", 0, 0x10, 0 },
	{ "BTM", 0, 0x20, 0x20, .gained = SMMU_FEAT_BTM },
	{ "HTTU access", 0, 0xc0, 0x40, .gained = SMMU_FEAT_HA },
	{ "HTTU dirty", 0, 0xc0, 0x80, .gained = SMMU_FEAT_HA | SMMU_FEAT_HD },
	{ "HTTU tables", 0, 0xc0, 0xc0,
	  .gained = SMMU_FEAT_HA | SMMU_FEAT_HD | SMMU_FEAT_HAFT },
	{ "HYP, kernel at EL1", 0, 0x200, 0x200, .gained = SMMU_FEAT_HYP },
	{ "ATS", 0, 0x400, 0x400, .gained = SMMU_FEAT_ATS },
	{ "PRI needs ATS", 0, 0x10000, 0x10000 },
	{ "ATS and PRI", 0, 0x10400, 0x10400, .gained = SMMU_FEAT_ATS | SMMU_FEAT_PRI },
	{ "MSI", 0, 0x2000, 0x2000, .gained = SMMU_FEAT_MSI },
	{ "2-level CD tables", 0, 0x80000, 0x80000, .gained = SMMU_FEAT_CDTAB_2LVL },
	{ "either endianness", 0, 0x600000, 0 },
	{ "reserved endianness", 0, 0x600000, 0x200000, -EINVAL, "TTENDIAN" },
	{ "little-endian", 0, 0x600000, 0x400000 },
	{ "big-endian", 0, 0x600000, 0x600000, -ENODEV, "big-endian" },
	{ "stalls", 0, 0x3000000, 0, .gained = SMMU_FEAT_STALL },
	{ "forced stalls", 0, 0x3000000, 0x2000000,
	  .gained = SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE },
	{ "reserved stall model", 0, 0x3000000, 0x3000000, -EINVAL, "STALL_MODEL" },
	{ "linear stream table", 0, 0x18000000, 0, .lost = SMMU_FEAT_STRTAB_2LVL },
	{ "few StreamIDs need no levels", 1, 0x3f, 8, .lost = SMMU_FEAT_STRTAB_2LVL },
	{ "more StreamIDs do", 1, 0x3f, 9 },
	{ "StreamIDs of 32 bits", 1, 0x3f, 32 },
	{ "StreamIDs of 33 bits", 1, 0x3f, 33, -EINVAL, "StreamIDs wider" },
	{ "SubstreamIDs of 20 bits", 1, 0x7c0, 20 << 6 },
	{ "SubstreamIDs of 21 bits", 1, 0x7c0, 21 << 6, -EINVAL, "SubstreamIDs wider" },
	{ "PRI queue matters with PRI only", 1, 0xf800, 31 << 11 },
	{ "event queue 2^20", 1, 0x1f0000, 20 << 16, -EINVAL, "queue size" },
	{ "event queue of one", 1, 0x1f0000, 0 },
	{ "command queue 2^20", 1, 0x3e00000, 20 << 21, -EINVAL, "queue size" },
	{ "command queue of one", 1, 0x3e00000, 0, -ENODEV, "one entry" },
	{ "command queue of two", 1, 0x3e00000, 1 << 21 },
	{ "attribute override", 1, 0x8000000, 0x8000000, .gained = SMMU_FEAT_ATTR_OVR },
	{ "preset queues", 1, BIT(29), BIT(29), -ENODEV, "queues are fixed" },
	{ "preset tables", 1, BIT(30), BIT(30), -ENODEV, "stream table is fixed" },
	{ "no RIL", 3, BIT(10), 0, .lost = SMMU_FEAT_RIL },
	{ "S2FWB", 3, BIT(8), BIT(8), .gained = SMMU_FEAT_S2FWB },
	{ "BBM level 0", 3, 0x1800, 0, .lost = SMMU_FEAT_BBML2 },
	{ "BBM level 1", 3, 0x1800, 0x800, .lost = SMMU_FEAT_BBML2 },
	{ "BBM reserved", 3, 0x1800, 0x1800, .lost = SMMU_FEAT_BBML2 },
	{ "no granule", 5, 0x70, 0, -ENODEV, "granule" },
	{ "VAX", 5, 0xc00, 0x400, .gained = SMMU_FEAT_VAX },
	{ "VAX reserved", 5, 0xc00, 0xc00 },
	{ "DS", 5, 0x80, 0x80, .gained = SMMU_FEAT_DS },
};

static void id_change_desc(const struct id_change *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(id_change, id_changes, id_change_desc);

static void one_field(struct kunit *test)
{
	const struct id_change *p = test->param_value;
	struct smmu_features feat, before;
	struct smmu_idregs regs = qemu;
	const char *why = NULL;

	regs.idr[p->idr] &= ~p->mask;
	regs.idr[p->idr] |= p->value;
	memset(&feat, 0xa5, sizeof(feat));
	before = feat;
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), p->err);
	if (p->err) {
		KUNIT_ASSERT_NOT_NULL(test, why);
		KUNIT_EXPECT_NOT_NULL(test, strstr(why, p->why));
		KUNIT_EXPECT_NULL(test, strchr(why, '\n'));
		KUNIT_EXPECT_MEMEQ(test, &feat, &before, sizeof(feat));
		return;
	}
	KUNIT_EXPECT_EQ(test, feat.flags, (QEMU_FLAGS | p->gained) & ~p->lost);
}

/* Sizes, which are numbers and not flags */
static void sizes_decode(struct kunit *test)
{
	static const u8 oas[] = { 32, 36, 40, 42, 44, 48, 52, 48 };
	static const u32 granules[] = { SZ_4K, SZ_16K, SZ_64K };
	static const u64 sizes[] = {
		SZ_4K | SZ_2M | SZ_1G, SZ_16K | SZ_32M, SZ_64K | SZ_512M,
	};
	struct smmu_idregs regs = qemu;
	struct smmu_features feat;
	const char *why;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(oas); i++) {
		regs.idr[5] = 0x70 | i;
		KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), 0);
		KUNIT_EXPECT_EQ(test, feat.oas_bits, oas[i]);
		KUNIT_EXPECT_EQ(test, feat.pgsizes & SZ_4T, i == 6 ? SZ_4T : 0);
	}
	for (i = 0; i < ARRAY_SIZE(granules); i++) {
		regs.idr[5] = BIT(4 + i) | 4;
		KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), 0);
		KUNIT_EXPECT_EQ(test, feat.granules, granules[i]);
		KUNIT_EXPECT_EQ(test, feat.pgsizes, sizes[i]);
	}
	regs.idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.asid_bits, 8);
	KUNIT_EXPECT_EQ(test, feat.vmid_bits, 8);
	/* 2^20 PRI entries are an error only if there is PRI */
	regs.idr[0] |= IDR0_ATS | IDR0_PRI;
	regs.idr[1] |= 20 << 11;
	KUNIT_EXPECT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), -EINVAL);
}

/* Firmware decides, because it knows the wiring, and IDR0.COHACC does not count */
static void coherency(struct kunit *test)
{
	const struct smmu_ident_env not = { .coherent = false };
	struct smmu_idregs regs = qemu;
	struct smmu_features feat;
	const char *why = NULL;

	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &not, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags, QEMU_FLAGS & ~NEEDS_COHERENT);
	regs.idr[0] &= ~IDR0_COHACC;
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags, QEMU_FLAGS);
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &not, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags, QEMU_FLAGS & ~NEEDS_COHERENT);
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&rich, &not, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags, RICH_FLAGS & ~SMMU_FEAT_E2H & ~NEEDS_COHERENT);
	KUNIT_EXPECT_NULL(test, why);
}

/* Parts by IIDR */
#define IIDR(product, variant, revision, implementer) \
	((u32)(product) << 20 | (variant) << 16 | (revision) << 12 | (implementer))

struct part {
	const char *name;
	u32 iidr;
	u32 lost;
	u32 errata;
};

#define MMU700_OLD	(SMMU_FEAT_BTM | SMMU_FEAT_NESTING)
#define ARM		0x43b

static const struct part parts[] = {
	{ "Arm MMU-600", IIDR(0x483, 0, 0, ARM), SMMU_FEAT_NESTING },
	{ "Arm MMU-600", IIDR(0x483, 0, 2, ARM), SMMU_FEAT_NESTING },
	{ "Arm MMU-600", IIDR(0x483, 0, 3, ARM), SMMU_FEAT_NESTING },
	{ "Arm MMU-600", IIDR(0x483, 1, 0, ARM), SMMU_FEAT_NESTING },
	{ "Arm MMU-600", IIDR(0x483, 1, 15, ARM), SMMU_FEAT_NESTING },
	{ "Arm MMU-600", IIDR(0x483, 2, 0, ARM) },
	{ "Arm MMU-700", IIDR(0x487, 0, 0, ARM), MMU700_OLD, SMMU_ERRATUM_SYNC_PER_BATCH },
	{ "Arm MMU-700", IIDR(0x487, 0, 1, ARM), MMU700_OLD, SMMU_ERRATUM_SYNC_PER_BATCH },
	{ "Arm MMU-700", IIDR(0x487, 1, 0, ARM), MMU700_OLD, SMMU_ERRATUM_SYNC_PER_BATCH },
	{ "Arm MMU-700", IIDR(0x487, 1, 1, ARM), SMMU_FEAT_BTM },
	{ "Arm MMU-700", IIDR(0x487, 2, 0, ARM), SMMU_FEAT_BTM },
	{ "Arm MMU-700", IIDR(0x487, 15, 15, ARM), SMMU_FEAT_BTM },
	{ "Arm MMU L1", IIDR(0x48a, 0, 0, ARM), SMMU_FEAT_BTM },
	{ "Arm MMU S3", IIDR(0x498, 1, 0, ARM), SMMU_FEAT_BTM },
	{ "Arm part", IIDR(0x499, 0, 0, ARM) },
	{ "HiSilicon part", IIDR(0x483, 0, 0, 0x736) },
	{ "NVIDIA part", IIDR(0x487, 0, 0, 0x36b) },
	{ "unknown part", IIDR(0x487, 0, 0, 0x123) },
	{ "unknown part", 0 },
	{ "unknown part", ~0U },
};

static void part_desc(const struct part *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, IIDR %08x", p->name, p->iidr);
}

KUNIT_ARRAY_PARAM(part, parts, part_desc);

static void part_errata(struct kunit *test)
{
	const struct part *p = test->param_value;
	struct smmu_idregs regs = rich;
	struct smmu_features feat;
	const char *why;

	regs.iidr = p->iidr;
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &coherent_vhe, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags, RICH_FLAGS & ~p->lost);
	KUNIT_EXPECT_EQ(test, feat.errata, p->errata);
	KUNIT_EXPECT_STREQ(test, smmu_ident_part(p->iidr), p->name);
}

static void firmware_errata(struct kunit *test)
{
	const struct smmu_ident_env env = {
		.coherent = true, .extra_errata = SMMU_ERRATUM_NO_PREFETCH,
	};
	const struct smmu_dt_erratum *dt;
	struct smmu_idregs regs = qemu;
	struct smmu_features feat;
	unsigned int n = 0;
	const char *why;

	KUNIT_EXPECT_EQ(test, smmu_errata_of_model(0), 0);
	KUNIT_EXPECT_EQ(test, smmu_errata_of_model(1), SMMU_ERRATUM_NO_PREFETCH);
	KUNIT_EXPECT_EQ(test, smmu_errata_of_model(2), SMMU_ERRATUM_PAGE0_ONLY);
	KUNIT_EXPECT_EQ(test, smmu_errata_of_model(3), 0);

	/* Firmware's errata are added to those that IIDR implies */
	regs.iidr = IIDR(0x487, 0, 0, ARM);
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &env, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.errata,
			SMMU_ERRATUM_NO_PREFETCH | SMMU_ERRATUM_SYNC_PER_BATCH);

	for (dt = smmu_dt_errata; dt->errata; dt++, n++)
		KUNIT_EXPECT_NE(test, !dt->property, !dt->compatible);
	KUNIT_EXPECT_EQ(test, n, 3);
	KUNIT_EXPECT_NULL(test, dt->property);
	KUNIT_EXPECT_NULL(test, dt->compatible);
}

/* Features that the user disables, and those that go with them */
struct without {
	const char *name;
	u32 disable;
	u32 lost;
	int err;
};

#define NEEDS_S1	(SMMU_FEAT_S1 | SMMU_FEAT_NESTING | SMMU_FEAT_CDTAB_2LVL | \
			 SMMU_FEAT_VAX | SMMU_FEAT_E2H)
#define NEEDS_S2	(SMMU_FEAT_S2 | SMMU_FEAT_NESTING | SMMU_FEAT_S2FWB)

static const struct without withouts[] = {
	{ "nothing", 0, 0 },
	{ "stage 1", SMMU_FEAT_S1, NEEDS_S1 },
	{ "stage 2", SMMU_FEAT_S2, NEEDS_S2 },
	{ "both stages", SMMU_FEAT_S1 | SMMU_FEAT_S2, 0, -ENODEV },
	{ "nesting", SMMU_FEAT_NESTING, SMMU_FEAT_NESTING },
	{ "2-level stream table", SMMU_FEAT_STRTAB_2LVL, SMMU_FEAT_STRTAB_2LVL },
	{ "2-level CD table", SMMU_FEAT_CDTAB_2LVL, SMMU_FEAT_CDTAB_2LVL },
	{ "RIL", SMMU_FEAT_RIL, SMMU_FEAT_RIL },
	{ "MSI", SMMU_FEAT_MSI, SMMU_FEAT_MSI },
	{ "ATS", SMMU_FEAT_ATS, SMMU_FEAT_ATS | SMMU_FEAT_PRI },
	{ "PRI", SMMU_FEAT_PRI, SMMU_FEAT_PRI },
	{ "stalls", SMMU_FEAT_STALL, SMMU_FEAT_STALL },
	{ "HYP", SMMU_FEAT_HYP, SMMU_FEAT_HYP | SMMU_FEAT_E2H },
	{ "E2H", SMMU_FEAT_E2H, SMMU_FEAT_E2H },
	{ "access flag", SMMU_FEAT_HA, SMMU_FEAT_HA | SMMU_FEAT_HD | SMMU_FEAT_HAFT },
	{ "dirty state", SMMU_FEAT_HD, SMMU_FEAT_HD },
	/* the memory stays cacheable */
	{ "coherent walks", SMMU_FEAT_COHERENT, 0 },
	{ "VAX", SMMU_FEAT_VAX, SMMU_FEAT_VAX },
	{ "everything but stage 1", (u32)~SMMU_FEAT_S1,
	  RICH_FLAGS & ~(SMMU_FEAT_S1 | SMMU_FEAT_COHERENT) },
	{ "everything", ~0U, 0, -ENODEV },
};

static void without_desc(const struct without *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(without, withouts, without_desc);

static void do_without(struct kunit *test)
{
	const struct without *p = test->param_value;
	struct smmu_ident_env env = coherent_vhe;
	struct smmu_features feat;
	const char *why = NULL;

	env.disable = p->disable;
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&rich, &env, &feat, &why), p->err);
	if (p->err) {
		KUNIT_EXPECT_NOT_NULL(test, why);
		return;
	}
	KUNIT_EXPECT_EQ(test, feat.flags, RICH_FLAGS & ~p->lost);
	KUNIT_EXPECT_EQ(test, feat.ssid_bits, p->lost & SMMU_FEAT_S1 ? 0 : 20);
	KUNIT_EXPECT_EQ(test, feat.va_bits, p->lost & SMMU_FEAT_VAX ? 48 : 52);
	KUNIT_EXPECT_EQ(test, feat.priq_log2, p->lost & SMMU_FEAT_PRI ? 0 : 19);
	KUNIT_EXPECT_EQ(test, feat.stall_max, p->lost & SMMU_FEAT_STALL ? 0 : 64);
}

/* Disabling stalls has no effect if they are forced: CDs without S would be illegal */
static void forced_stalls_stay(struct kunit *test)
{
	const struct smmu_ident_env env = {
		.coherent = true, .disable = SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE,
	};
	const u32 forced = SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE;
	struct smmu_idregs regs = rich;
	struct smmu_features feat;
	const char *why;

	regs.idr[0] |= 0x2000000;
	KUNIT_ASSERT_EQ(test, smmu_ident_decode(&regs, &env, &feat, &why), 0);
	KUNIT_EXPECT_EQ(test, feat.flags & forced, forced);
	KUNIT_EXPECT_EQ(test, feat.stall_max, 64);
}

/* Any registers give usable features or a reason why not */
static void any_registers(struct kunit *test)
{
	struct smmu_features feat;
	struct smmu_ident_env env;
	struct smmu_idregs regs;
	struct rnd_state rnd;
	unsigned int i, good = 0;

	kunit_info(test, "seed %#llx", IDENT_SEED);
	prandom_seed_state(&rnd, IDENT_SEED);
	for (i = 0; i < IDENT_ROUNDS; i++) {
		const char *why = NULL;
		int err;

		prandom_bytes_state(&rnd, &regs, sizeof(regs));
		if (i & 16) {
			/* Mostly sane registers: A64 tables, not big-endian, sizes in range */
			regs.idr[0] |= 0x8;
			regs.idr[0] &= ~0x200000;
			regs.idr[1] &= ~0x62108420;
		}
		env.coherent = i & 1;
		env.cpu_e2h = i & 2;
		env.extra_errata = i & 4;
		env.disable = i & 8 ? 0 : prandom_u32_state(&rnd);
		err = smmu_ident_decode(&regs, &env, &feat, &why);
		KUNIT_ASSERT_TRUE(test, !err || (err == -ENODEV && why) ||
				  (err == -EINVAL && why));
		if (err)
			continue;
		good++;
		KUNIT_ASSERT_NE(test, feat.flags & (SMMU_FEAT_S1 | SMMU_FEAT_S2), 0);
		KUNIT_ASSERT_NE(test, feat.granules, 0);
		KUNIT_ASSERT_EQ(test, feat.pgsizes & feat.granules, feat.granules);
		KUNIT_ASSERT_TRUE(test, feat.cmdq_log2 >= 1 && feat.cmdq_log2 <= 19);
		KUNIT_ASSERT_LE(test, feat.evtq_log2, 19);
		KUNIT_ASSERT_LE(test, feat.priq_log2, 19);
		KUNIT_ASSERT_LE(test, feat.sid_bits, 32);
		KUNIT_ASSERT_LE(test, feat.ssid_bits, 20);
		KUNIT_ASSERT_TRUE(test, feat.oas_bits >= 32 && feat.oas_bits <= 52);
	}
	KUNIT_EXPECT_GT(test, good, IDENT_ROUNDS / 10);
}

static void oas_encodings(struct kunit *test)
{
	static const u8 widths[] = { 32, 36, 40, 42, 44, 48, 52 };
	unsigned int i, bits;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		KUNIT_EXPECT_EQ(test, smmu_oas_decode(i), widths[i]);
		KUNIT_EXPECT_EQ(test, smmu_oas_encode(widths[i]), i);
	}
	/* 7 is 56 bits in other registers and reserved here; the field has no larger values */
	for (; i < 256; i++)
		KUNIT_EXPECT_EQ(test, smmu_oas_decode(i), 0);
	/* Widths in between: the encoding never means more than was asked for */
	for (bits = 33; bits < 256; bits++)
		KUNIT_EXPECT_LE(test, smmu_oas_decode(smmu_oas_encode(bits)), bits);
	KUNIT_EXPECT_EQ(test, smmu_oas_encode(0), 0);
	KUNIT_EXPECT_EQ(test, smmu_oas_encode(47), 4);
	KUNIT_EXPECT_EQ(test, smmu_oas_encode(56), 6);
}

static struct kunit_case ident_cases[] = {
	KUNIT_CASE(qemu_decodes),
	KUNIT_CASE(ecmdqs_decode),
	KUNIT_CASE(rich_decodes),
	KUNIT_CASE(firmware_says_httu),
	KUNIT_CASE_PARAM(one_field, id_change_gen_params),
	KUNIT_CASE(sizes_decode),
	KUNIT_CASE(coherency),
	KUNIT_CASE_PARAM(part_errata, part_gen_params),
	KUNIT_CASE(firmware_errata),
	KUNIT_CASE_PARAM(do_without, without_gen_params),
	KUNIT_CASE(forced_stalls_stay),
	KUNIT_CASE(any_registers),
	KUNIT_CASE(oas_encodings),
	{}
};

static struct kunit_suite ident_suite = {
	.name = "smmu_ident",
	.test_cases = ident_cases,
};

kunit_test_suite(ident_suite);

/* ---- smmu_can_walk() ---- */

/* A plain SMMU, and a page table that fits it exactly */
static const struct smmu_features walker = {
	.flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_COHERENT |
		 SMMU_FEAT_S2FWB | SMMU_FEAT_HA | SMMU_FEAT_HD,
	.granules = SZ_4K | SZ_64K,
	.pgsizes = SZ_4K | SZ_2M | SZ_1G | SZ_64K | SZ_512M,
	.va_bits = 48,
	.oas_bits = 44,
};

static const struct smmu_pt_needs fits = {
	.granule = SZ_4K, .ias = 48, .oas = 44, .coherent = true, .hd = true,
};

static const struct smmu_pt_needs fits_s2 = {
	.granule = SZ_4K, .ias = 44, .oas = 44, .stage2 = true, .coherent = true,
	.s2fwb = true, .hd = true,
};

/* The SMMU lacks some features, or the table is changed: can it still be walked? */
struct walk {
	const char *name;
	bool stage2;
	u32 without;
	u8 va_bits, oas_bits;		/* of the SMMU, 0: as above */
	u8 ias, oas;			/* of the table, 0: as above */
	u32 granule;
	bool plain;			/* the table needs no coherent, s2fwb, hd */
	bool can;
};

static const struct walk walks[] = {
	{ "stage 1", .can = true },
	{ "stage 2", .stage2 = true, .can = true },
	{ "no stage 1", .without = SMMU_FEAT_S1 },
	{ "no stage 2", .stage2 = true, .without = SMMU_FEAT_S2 },
	{ "stage 1 needs no stage 2", .without = SMMU_FEAT_S2, .can = true },
	{ "stage 2 needs no stage 1", .stage2 = true, .without = SMMU_FEAT_S1,
	  .can = true },
	{ "granule", .granule = SZ_16K },
	{ "other granule", .granule = SZ_64K, .can = true },
	{ "no granule at all", .granule = 1 },
	{ "narrower input", .ias = 39, .can = true },
	{ "input too wide", .va_bits = 40 },
	{ "stage 2 input too wide", .stage2 = true, .ias = 45 },
	{ "stage 2 input is not VA", .stage2 = true, .va_bits = 32, .can = true },
	{ "narrower output", .oas = 40, .can = true },
	{ "output too wide", .oas_bits = 42 },
	{ "stage 2 output too wide", .stage2 = true, .ias = 40, .oas = 45 },
	{ "wider SMMU", .va_bits = 52, .oas_bits = 52, .can = true },
	{ "52 bits in 64K", .va_bits = 52, .oas_bits = 52, .ias = 52, .oas = 52,
	  .granule = SZ_64K, .can = true },
	{ "4T blocks, SMMU of 48 bits", .va_bits = 48, .oas_bits = 48, .oas = 52,
	  .granule = SZ_64K },
	{ "52 bits in, 4K", .va_bits = 52, .oas_bits = 52, .ias = 52 },
	{ "52 bits out, 4K", .va_bits = 52, .oas_bits = 52, .oas = 52 },
	{ "coherent table, SMMU is not", .without = SMMU_FEAT_COHERENT },
	{ "flushed table, SMMU coherent", .plain = true, .can = true },
	{ "flushed table, SMMU is not", .plain = true,
	  .without = SMMU_FEAT_COHERENT, .can = true },
	{ "S2FWB", .stage2 = true, .without = SMMU_FEAT_S2FWB },
	{ "S2FWB there, not needed", .stage2 = true, .plain = true, .can = true },
	{ "S2FWB neither there nor needed", .stage2 = true, .plain = true,
	  .without = SMMU_FEAT_S2FWB, .can = true },
	{ "dirty state", .without = SMMU_FEAT_HD },
	{ "stage 2 dirty state", .stage2 = true, .without = SMMU_FEAT_HD },
	{ "dirty state not needed", .plain = true, .without = SMMU_FEAT_HD, .can = true },
};

static void walk_desc(const struct walk *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(walk, walks, walk_desc);

static void can_walk(struct kunit *test)
{
	const struct walk *p = test->param_value;
	struct smmu_pt_needs needs = p->stage2 ? fits_s2 : fits;
	struct smmu_features feat = walker;
	const char *why = NULL;

	feat.flags &= ~p->without;
	feat.va_bits = p->va_bits ?: feat.va_bits;
	feat.oas_bits = p->oas_bits ?: feat.oas_bits;
	needs.ias = p->ias ?: needs.ias;
	needs.oas = p->oas ?: needs.oas;
	needs.granule = p->granule ?: needs.granule;
	if (p->granule == 1)
		needs.granule = 0;
	if (p->plain) {
		needs.coherent = false;
		needs.s2fwb = false;
		needs.hd = false;
	}

	KUNIT_EXPECT_EQ(test, smmu_can_walk(&feat, &needs, &why), p->can);
	KUNIT_EXPECT_EQ(test, !why, p->can);
	KUNIT_EXPECT_EQ(test, smmu_can_walk(&feat, &needs, NULL), p->can);
}

static struct kunit_case can_walk_cases[] = {
	KUNIT_CASE_PARAM(can_walk, walk_gen_params),
	{}
};

static struct kunit_suite can_walk_suite = {
	.name = "smmu_can_walk",
	.test_cases = can_walk_cases,
};

kunit_test_suite(can_walk_suite);
