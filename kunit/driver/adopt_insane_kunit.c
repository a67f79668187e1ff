// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a crash kernel must not adopt. In each case one thing is wrong in tables that would be
 * adopted without it. The driver says what is wrong, reads nothing that it must not read, reserves
 * nothing, lets DMA abort, and drives the SMMU as if it had not been found enabled.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/sizes.h>

#include <smmuv3/cd.h>

#include "core/cmd.h"
#include "drv/iommu.h"
#include "hw/adopt.h"
#include "driver/crashed.h"

#define IOVA		CRASHED_IOVA
#define PAGE		CRASHED_PAGE
#define SID		0x23
/* Addresses at which no machine of the suites has memory */
#define NO_RAM		0x3f000000000ULL
#define BEYOND		BIT_ULL(45)

/* An old table at @p is in memory that the crash kernel uses; its last byte is enough */
static void own(struct crashed *c, void *p, size_t bytes)
{
	c->own = virt_to_phys(p) + bytes - 1;
	c->own_bytes = 1;
}

static void set_word(__le64 *word, u64 clear, u64 set)
{
	*word = cpu_to_le64((le64_to_cpu(*word) & ~clear) | set);
}

static void base_no_ram(struct crashed *c)
{
	c->base = NO_RAM;
}

static void base_zero(struct crashed *c)
{
	c->base = 0;
}

static void base_beyond(struct crashed *c)
{
	c->base = BEYOND;
}

static void base_own(struct crashed *c)
{
	own(c, c->l1, SZ_2K);
}

static void base_unaligned(struct crashed *c)
{
	c->base += 64;
}

static void size_large(struct crashed *c)
{
	c->cfg += 1;
}

static void size_huge(struct crashed *c)
{
	c->cfg |= STRTAB_BASE_CFG_LOG2SIZE;
}

static void size_small(struct crashed *c)
{
	c->cfg -= 1;
}

static void fmt_linear(struct crashed *c)
{
	c->cfg &= ~STRTAB_BASE_CFG_FMT;
}

static void split_6(struct crashed *c)
{
	FIELD_MODIFY(STRTAB_BASE_CFG_SPLIT, &c->cfg, 6);
}

static void cr1_differs(struct crashed *c)
{
	FIELD_MODIFY(CR1_TABLE_IC, &c->cr1, CR1_CACHE_NC);
}

static void cr2_differs(struct crashed *c)
{
	c->cr2 ^= CR2_RECINVSID;
}

static void l1_reserved(struct crashed *c)
{
	c->l1[9] = cpu_to_le64(1 | BIT_ULL(5));
}

static void l1_span(struct crashed *c)
{
	set_word(&c->l1[0], STRTAB_L1_SPAN, STRTAB_SPLIT_BITS + 2);
}

static void l1_unaligned(struct crashed *c)
{
	set_word(&c->l1[0], 0, SZ_8K);
}

static void l2_no_ram(struct crashed *c)
{
	c->l1[9] = cpu_to_le64(NO_RAM | (STRTAB_SPLIT_BITS + 1));
}

static void l2_beyond(struct crashed *c)
{
	c->l1[9] = cpu_to_le64(BEYOND | 1);
}

static void l2_own(struct crashed *c)
{
	own(c, c->l2[0], SZ_16K);
}

static void l2_twice(struct crashed *c)
{
	c->l1[9] = c->l1[0];
}

static void l2_inside(struct crashed *c)
{
	c->l1[9] = cpu_to_le64((virt_to_phys(c->l2[0]) + SZ_4K) | 1);
}

static void l2_is_l1(struct crashed *c)
{
	c->l1[9] = cpu_to_le64(virt_to_phys(c->l1) | (STRTAB_SPLIT_BITS + 1));
}

/* Level 2 ends with the STEs of the descriptor that follows: it is in level 1 */
static void l2_in_l1(struct crashed *c)
{
	c->l1[9] = cpu_to_le64((virt_to_phys(c->l1) + SZ_1K) | 1);
}

static void ste_config(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[0], STE0_CONFIG, FIELD_PREP(STE0_CONFIG, 2));
}

/* 5.2: CONT joins STEs in caches */
static void ste_cont(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[1], 0, BIT_ULL(13));
}

static void ste_word_7(struct crashed *c)
{
	crashed_ste(c, 0xff)->w[0] = cpu_to_le64(STE0_V);
	crashed_ste(c, 0xff)->w[7] = cpu_to_le64(1);
}

static void ste_strw(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[1], 0, FIELD_PREP(STE1_STRW, 1));
}

static void ste_el2(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[1], 0, FIELD_PREP(STE1_STRW, STE_STRW_EL2));
}

static void ste_eats(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[1], 0, FIELD_PREP(STE1_EATS, STE_EATS_S1CHK));
}

static void ste_cdmax(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[0], 0, FIELD_PREP(STE0_S1CDMAX, 21));
}

static void ste_fmt(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[0], 0, STE0_S1FMT | FIELD_PREP(STE0_S1CDMAX, 1));
}

static void ste_dss(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[0], 0, FIELD_PREP(STE0_S1CDMAX, 1));
	set_word(&crashed_ste(c, SID)->w[1], 0, STE1_S1DSS);
}

static void ste_no_cds(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[0], STE0_S1CTXPTR, 0);
}

static void cds_unaligned(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[0], 0, 64 | FIELD_PREP(STE0_S1CDMAX, 1));
}

static void s2_tg(struct crashed *c)
{
	set_word(&crashed_ste(c, 0x24)->w[2], 0, STE2_S2TG);
}

static void s2_t0sz(struct crashed *c)
{
	set_word(&crashed_ste(c, 0x24)->w[2], STE2_S2T0SZ, FIELD_PREP(STE2_S2T0SZ, 16));
}

static void s2_vmid_0(struct crashed *c)
{
	set_word(&crashed_ste(c, 0x24)->w[2], STE2_S2VMID, 0);
}

static void s2_aa64(struct crashed *c)
{
	set_word(&crashed_ste(c, 0x24)->w[2], STE2_S2AA64, 0);
}

static void s2_ttb_no_ram(struct crashed *c)
{
	crashed_ste(c, 0x24)->w[3] = cpu_to_le64(NO_RAM);
}

static void s2_ttb_own(struct crashed *c)
{
	c->own = le64_to_cpu(crashed_ste(c, 0x24)->w[3]) & STE3_S2TTB;
	c->own_bytes = SZ_4K;
}

static void cdtab_no_ram(struct crashed *c)
{
	set_word(&crashed_ste(c, SID)->w[0], STE0_S1CTXPTR, NO_RAM);
}

static void cdtab_own(struct crashed *c)
{
	own(c, c->cdtab, sizeof(struct smmu_cd));
}

static void cd_aa32(struct crashed *c)
{
	set_word(&c->cd->w[0], CD0_AA64, 0);
}

static void cd_tg(struct crashed *c)
{
	set_word(&c->cd->w[0], 0, CD0_TG0);
}

static void cd_ttb_0(struct crashed *c)
{
	c->cd->w[1] = 0;
}

static void cd_ttb_1(struct crashed *c)
{
	set_word(&c->cd->w[0], CD0_EPD1, 0);
	c->cd->w[2] = cpu_to_le64(NO_RAM);
}

static void cd_ttb_own(struct crashed *c)
{
	c->own = le64_to_cpu(c->cd->w[1]) & CD1_TTB0;
	c->own_bytes = SZ_4K;
}

static void two_level_cds(struct crashed *c)
{
	crashed_ssids(c, SID, STE_S1FMT_64K_L2, 20, 0, 7);
}

static void cd_l1_no_ram(struct crashed *c)
{
	two_level_cds(c);
	((__le64 *)c->cdtab)[77] = cpu_to_le64(NO_RAM | CDTAB_L1_V);
}

static void cd_l1_reserved(struct crashed *c)
{
	two_level_cds(c);
	((__le64 *)c->cdtab)[77] = cpu_to_le64(CDTAB_L1_V | BIT_ULL(4));
}

static void cd_l1_own(struct crashed *c)
{
	two_level_cds(c);
	own(c, c->cdtab, SZ_8K);
}

/* All descriptors of a table lead to one leaf, and many streams have that table */
static void too_many_cds(struct crashed *c)
{
	__le64 *l1;
	u32 i;

	two_level_cds(c);
	l1 = c->cdtab;
	for (i = 1; i < SZ_1K; i++)
		l1[i] = l1[0];
	for (i = 0; i < 5; i++)
		*crashed_ste(c, 0x80 + i) = *crashed_ste(c, SID);
}

/* The last level 1 is itself more than may be read */
static void too_many_descriptors(struct crashed *c)
{
	u32 left = SMMU_ADOPT_CDS_MAX, i;
	__le64 *l1;

	two_level_cds(c);
	l1 = c->cdtab;
	for (i = 1; i < SZ_1K; i++)
		l1[i] = l1[0];
	for (i = 0; left > SZ_1M + SZ_1K; i++, left -= SZ_1M + SZ_1K)
		*crashed_ste(c, 0x80 + i) = *crashed_ste(c, SID);
	crashed_ste(c, SID)->w[0] = cpu_to_le64(STE0_V);
	/* level 1, and leaves for the rest */
	crashed_ssids(c, 0x90, STE_S1FMT_64K_L2, 20, 0, 7);
	l1 = c->cdtab;
	for (i = 1; i < left / SZ_1K - 1; i++)
		l1[i] = l1[0];
	*crashed_ste(c, 0x91) = *crashed_ste(c, 0x90);
}

static void smmuen_not_acknowledged(struct crashed *c)
{
	/* CR0 is written without SMMUEN, and then with it */
	const struct model_inject inject = { .no_ack_from = 2 };

	model_inject(c->smmu->model, &inject);
}

static void nothing(struct crashed *c)
{
}

static void s2_ha(struct crashed *c)
{
	set_word(&crashed_ste(c, 0x24)->w[2], 0, STE2_S2HA);
}

static void s2_fwb(struct crashed *c)
{
	set_word(&crashed_ste(c, 0x24)->w[1], 0, STE1_S2FWB);
}

static void s2_ttb_0(struct crashed *c)
{
	crashed_ste(c, 0x24)->w[3] = 0;
}

static void s2_ttb_beyond(struct crashed *c)
{
	crashed_ste(c, 0x24)->w[3] = cpu_to_le64(BEYOND);
}

static void s2_vmid_wide(struct crashed *c)
{
	set_word(&crashed_ste(c, 0x24)->w[2], 0, FIELD_PREP(STE2_S2VMID, 0x100));
}

static void cd_asid_wide(struct crashed *c)
{
	set_word(&c->cd->w[0], 0, FIELD_PREP(CD0_ASID, 0x100));
}

static void cd_ttb_beyond(struct crashed *c)
{
	c->cd->w[1] = cpu_to_le64(BEYOND);
}

static void sfm(struct crashed *c)
{
	model_raise(c->smmu->model, GERROR_SFM_ERR);
}

static void gbpa_stands(struct crashed *c)
{
	const struct model_inject inject = { .no_gbpa = true };

	model_inject(c->smmu->model, &inject);
}

/* The command queue stands at a CMD_SYNC for ever */
static void queue_stands(struct crashed *c)
{
	const struct model_inject inject = { .lost_sync = true };

	model_inject(c->smmu->model, &inject);
	smmu_cmd_sync((struct smmu_cmd *)c->queues);
	model_write(c->smmu->model, SMMU_CMDQ_PROD, 4, 1);
}

/**
 * struct insanity - one thing that is wrong
 * @name: name of the case
 * @break_it: makes it so, before crashed_leave()
 * @break_late: likewise, after it
 * @clear0: bits of IDR0 that the SMMU does not have
 * @says: how the line goes on
 * @unusable: no driver can use such an SMMU
 * @stays_on: and none can switch it off
 */
struct insanity {
	const char *name;
	void (*break_it)(struct crashed *c);
	void (*break_late)(struct crashed *c);
	u32 clear0;
	const char *says;
	bool unusable;
	bool stays_on;
};

static const struct insanity insanities[] = {
	{ "base: no RAM", base_no_ram, .says = "it is no RAM (0x3f" },
	{ "base: 0", base_zero, .says = "it is no RAM (0x0)" },
	{ "base: beyond OAS", base_beyond, .says = "it is beyond the address size" },
	{ "base: our memory", base_own, .says = "it is memory of this kernel" },
	{ "base: not aligned", base_unaligned, .says = "it is not aligned" },
	{ "size: too large", size_large, .says = "its size differs" },
	{ "size: 63", size_huge, .says = "its size differs" },
	{ "size: too small", size_small, .says = "its size differs" },
	{ "format: linear", fmt_linear, .says = "its format differs" },
	{ "format: split", split_6, .says = "its format differs" },
	{ "CR1", cr1_differs, .says = "CR1 differs" },
	{ "CR2", cr2_differs, .says = "CR2 differs" },
	{ "level 1: reserved bits", l1_reserved, .says = "a level-1 descriptor is illegal" },
	{ "level 1: span", l1_span, .says = "a level-1 descriptor is illegal" },
	{ "level 1: not aligned", l1_unaligned, .says = "a level-1 descriptor is illegal" },
	{ "level 2: no RAM", l2_no_ram, .says = "a level-2 table is no RAM" },
	{ "level 2: beyond OAS", l2_beyond, .says = "a level-2 table is beyond" },
	{ "level 2: our memory", l2_own, .says = "a level-2 table is memory of this kernel" },
	{ "level 2: twice", l2_twice, .says = "level-2 tables overlap" },
	{ "level 2: inside another", l2_inside, .says = "level-2 tables overlap" },
	{ "level 2: is level 1", l2_is_l1, .says = "level-2 tables overlap" },
	{ "level 2: in level 1", l2_in_l1, .says = "level-2 tables overlap" },
	{ "STE: Config", ste_config, .says = "an STE is illegal: Config" },
	{ "STE: CONT", ste_cont, .says = "an STE is illegal: bits" },
	{ "STE: word 7", ste_word_7, .says = "an STE is illegal: bits" },
	{ "STE: STRW", ste_strw, .says = "an STE is illegal: STRW" },
	{ "STE: EL2 without", ste_el2, .says = "an STE is illegal: STRW" },
	{ "STE: EATS", ste_eats, .says = "an STE is illegal: EATS" },
	{ "STE: S1CDMax", ste_cdmax, .says = "an STE is illegal: S1CDMax" },
	{ "STE: S1Fmt", ste_fmt, .says = "an STE is illegal: S1Fmt" },
	{ "STE: S1DSS", ste_dss, .says = "an STE is illegal: S1DSS" },
	{ "STE: no CD table", ste_no_cds, .says = "an STE is illegal: S1ContextPtr" },
	{ "STE: CD table not aligned", cds_unaligned, .says = "an STE is illegal: S1ContextPtr" },
	{ "STE: S2TG", s2_tg, .says = "an STE is illegal: S2TG" },
	{ "STE: S2T0SZ", s2_t0sz, .says = "an STE is illegal: S2T0SZ" },
	{ "STE: VMID 0", s2_vmid_0, .says = "an STE is illegal: S2VMID" },
	{ "STE: S2AA64", s2_aa64, .says = "an STE is illegal: S2AA64" },
	{ "STE: S2TTB no RAM", s2_ttb_no_ram, .says = "the page table of an STE is no RAM" },
	{ "STE: S2TTB our memory", s2_ttb_own, .says = "the page table of an STE is memory" },
	{ "CD table: no RAM", cdtab_no_ram, .says = "a CD table is no RAM" },
	{ "CD table: our memory", cdtab_own, .says = "a CD table is memory of this kernel" },
	{ "CD: AArch32", cd_aa32, .says = "a CD is illegal: AA64" },
	{ "CD: TG0", cd_tg, .says = "a CD is illegal: TG0" },
	{ "CD: no TTB0", cd_ttb_0, .says = "a CD is illegal: TTB0" },
	{ "CD: TTB1 no RAM", cd_ttb_1, .says = "the page table of a CD is no RAM" },
	{ "CD: TTB0 our memory", cd_ttb_own, .says = "the page table of a CD is memory" },
	{ "CDs, level 1: no RAM", cd_l1_no_ram, .says = "a CD table is no RAM" },
	{ "CDs, level 1: reserved", cd_l1_reserved, .says = "a descriptor of a CD table" },
	{ "CDs, level 1: our memory", cd_l1_own, .says = "level 1 of a CD table is memory" },
	{ "CDs: too many", too_many_cds, .says = "there are too many CDs" },
	{ "CDs, level 1: too many", too_many_descriptors, .says = "there are too many CDs" },
	{ "SMMUEN: not acknowledged", smmuen_not_acknowledged,
	  .says = "SMMUEN is not acknowledged", .unusable = true },
	{ "STE: stage 1 without", nothing, .clear0 = IDR0_S1P,
	  .says = "an STE is illegal: stage 1" },
	{ "STE: stage 2 without", nothing, .clear0 = IDR0_S2P,
	  .says = "an STE is illegal: stage 2" },
	{ "STE: CDs in two levels without", two_level_cds, .clear0 = IDR0_CD2L,
	  .says = "an STE is illegal: S1Fmt" },
	{ "STE: S2HA without", s2_ha, .says = "an STE is illegal: S2HA" },
	{ "STE: S2FWB without", s2_fwb, .says = "an STE is illegal: S2FWB" },
	{ "STE: no S2TTB", s2_ttb_0, .says = "an STE is illegal: S2TTB" },
	{ "STE: S2TTB beyond OAS", s2_ttb_beyond, .says = "an STE is illegal: S2TTB" },
	{ "STE: VMID of 9 bits", s2_vmid_wide, .clear0 = IDR0_VMID16,
	  .says = "an STE is illegal: S2VMID" },
	{ "CD: ASID of 9 bits", cd_asid_wide, .clear0 = IDR0_ASID16,
	  .says = "a CD is illegal: ASID" },
	{ "CD: TTB0 beyond OAS", cd_ttb_beyond, .says = "a CD is illegal: TTB0" },
	{ "service failure mode", NULL, sfm, 0, "the SMMU is in service failure mode", true },
	{ "GBPA stands still", NULL, gbpa_stands, 0, "GBPA.ABORT is not ack", true, true },
	{ "the command queue stands", NULL, queue_stands, 0, "its command queue does not", true },
};

KUNIT_ARRAY_PARAM_DESC(insanity, insanities, name);

static void expect_no(struct crashed *c, const char *what)
{
	char line[128];

	snprintf(line, sizeof(line), "the stream table of the kernel before is not adopted: %s",
		 what);
	KUNIT_EXPECT_TRUE_MSG(c->test, crashed_has_said(c, line), "not said: %s", line);
}

/* The driver drives the SMMU as it would without a kernel before */
static void works(struct crashed *c)
{
	struct smmu_inst *inst = &rig_iommu(c->smmu)->smmu.inst;
	struct iommu_domain *domain;
	struct rig_device *d;

	KUNIT_EXPECT_FALSE(c->test, crashed_is_adopted(c));
	KUNIT_EXPECT_TRUE(c->test, crashed_has_said(c, "SMMU was found enabled; its traffic ab"));
	KUNIT_EXPECT_TRUE(c->test, ida_is_empty(&inst->asids) && ida_is_empty(&inst->vmids));
	KUNIT_EXPECT_EQ(c->test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
	KUNIT_EXPECT_EQ(c->test, RIG_NOWHERE, crashed_access(c, 0x24, IOVA));
	d = rig_device(c->test, c->rig, 0);
	KUNIT_EXPECT_EQ(c->test, IOVA, rig_access(c->rig, d, IOVA, false));
	domain = rig_domain(c->test, d);
	KUNIT_ASSERT_EQ(c->test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(c->test, RIG_NOWHERE, rig_access(c->rig, d, IOVA, false));
	rig_remove(d);
	iommu_domain_free(domain);
}

/*
 * Two streams that would be adopted, and one thing that is wrong. Meanwhile DMA goes where it went,
 * or nowhere.
 */
static void falls_back(struct kunit *test)
{
	const struct insanity *i = test->param_value;
	const struct model_inject none = {};
	struct model_config cfg;
	struct crashed *c;
	bool bound;

	crashed_config(&cfg, true);
	cfg.idr[0] &= ~i->clear0;
	c = crashed_make(test, &cfg);
	crashed_s2(c, 0x24, 5);
	crashed_s1(c, SID, 7);
	if (i->break_it)
		i->break_it(c);
	crashed_leave(c);
	if (i->break_late)
		i->break_late(c);
	/* what the crashed kernel has done wrong is not the driver's doing */
	model_forgive(c->smmu->model);
	bound = crashed_find(c);
	expect_no(c, i->says);
	KUNIT_EXPECT_EQ(test, 0, c->mapped);
	KUNIT_EXPECT_EQ(test, !i->unusable, bound);
	KUNIT_EXPECT_EQ(test, i->stays_on || bound, model_is_on(c->smmu->model));
	if (!i->stays_on)
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
	if (bound)
		works(c);
	model_inject(c->smmu->model, &none);
}

/* Without anything wrong these tables are adopted */
static void sane(struct kunit *test)
{
	struct model_config cfg;
	struct crashed *c;

	crashed_config(&cfg, true);
	c = crashed_make(test, &cfg);
	crashed_s2(c, 0x24, 5);
	two_level_cds(c);
	crashed_leave(c);
	KUNIT_ASSERT_TRUE(test, crashed_find(c));
	KUNIT_EXPECT_TRUE(test, crashed_is_adopted(c));
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, 0x24, IOVA));
}

/**
 * struct stalls - an SMMU that can stall
 * @name: name of the case
 * @model: IDR0.STALL_MODEL
 * @ste1: bits of word 1 of the STE that change
 * @cd0: bits of word 0 of the CD that change
 * @s2s: S2S of another STE
 * @guest: a stage 2 is added to the STE, and with it its CDs are a guest's
 * @says: how the line goes on, NULL where the table is adopted
 */
struct stalls {
	const char *name;
	u32 model;
	u64 ste1;
	u64 cd0;
	bool s2s;
	bool guest;
	const char *says;
};

static const struct stalls stalls[] = {
	{ "S1STALLD, no S", IDR0_STALL_BOTH, 0, 0 },
	{ "S1STALLD, S", IDR0_STALL_BOTH, 0, CD0_S },
	{ "no S1STALLD, no S", IDR0_STALL_BOTH, STE1_S1STALLD, 0 },
	{ "no S1STALLD, S", IDR0_STALL_BOTH, STE1_S1STALLD, CD0_S,
	  .says = "faults of a CD may stall" },
	{ "S2S", IDR0_STALL_BOTH, 0, 0, true, .says = "faults of an STE may stall" },
	{ "a guest, S1STALLD", IDR0_STALL_BOTH, 0, 0, .guest = true },
	{ "a guest, no S1STALLD", IDR0_STALL_BOTH, STE1_S1STALLD, 0, .guest = true,
	  .says = "faults of a guest may stall" },
	{ "always", IDR0_STALL_ALWAYS, 0, 0, .says = "all faults stall" },
	{ "never, S", IDR0_STALL_NEVER, 0, CD0_S, .says = "a CD is illegal: S on" },
	{ "never, S2S", IDR0_STALL_NEVER, 0, 0, true, .says = "an STE is illegal: S2S" },
};

KUNIT_ARRAY_PARAM_DESC(stalls, stalls, name);

static void no_stalls(struct kunit *test)
{
	const struct stalls *s = test->param_value;
	struct model_config cfg;
	struct smmu_ste *ste;
	struct crashed *c;

	crashed_config(&cfg, true);
	FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], s->model);
	c = crashed_make(test, &cfg);
	crashed_s2(c, 0x24, 5);
	crashed_s1(c, SID, 7);
	ste = crashed_ste(c, SID);
	ste->w[1] ^= cpu_to_le64(s->ste1);
	c->cd->w[0] ^= cpu_to_le64(s->cd0);
	if (s->s2s)
		set_word(&crashed_ste(c, 0x24)->w[2], 0, STE2_S2S);
	if (s->guest) {
		set_word(&ste->w[0], 0, FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1_S2));
		ste->w[2] = crashed_ste(c, 0x24)->w[2];
		ste->w[3] = crashed_ste(c, 0x24)->w[3];
	}
	crashed_leave(c);
	KUNIT_ASSERT_TRUE(test, crashed_find(c));
	KUNIT_EXPECT_EQ(test, !s->says, crashed_is_adopted(c));
	if (s->says)
		expect_no(c, s->says);
	/* the other cases look at more; here the crashed kernel's STEs may be illegal */
	c->rig->forgive = true;
}

/* More level-2 tables than a crash kernel has memory for. None of them is read. */
static void too_many_tables(struct kunit *test)
{
	struct model_config cfg;
	struct crashed *c;
	u64 start;
	u32 i;

	crashed_config(&cfg, true);
	FIELD_MODIFY(IDR1_SIDSIZE, &cfg.idr[1], 19);
	c = crashed_make(test, &cfg);
	start = virt_to_phys(c->l1) + SZ_16K;
	for (i = 0; i <= SMMU_ADOPT_L2_MAX; i++)
		c->l1[i] = cpu_to_le64((start + i * 64ULL) | 1);
	crashed_leave(c);
	KUNIT_ASSERT_TRUE(test, crashed_find(c));
	expect_no(c, "there are too many level-2 tables");
	KUNIT_EXPECT_EQ(test, 0, c->mapped);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(sane),
	KUNIT_CASE_PARAM(falls_back, insanity_gen_params),
	KUNIT_CASE_PARAM(no_stalls, stalls_gen_params),
	KUNIT_CASE(too_many_tables),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_adopt_insane",
	.test_cases = cases,
};

kunit_test_suite(suite);
