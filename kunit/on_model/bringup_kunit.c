// SPDX-License-Identifier: GPL-2.0-only
/* From platform probe to platform remove, by the real driver, on many kinds of SMMU. */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/bitfield.h>
#include <linux/device.h>

#include "core/tag.h"
#include "drv/firmware.h"
#include "on_model/rig.h"

/**
 * struct kind - a kind of SMMU, as changes to the default
 * @name: of the case
 * @clear0: IDR0 bits to clear
 * @set0: IDR0 bits to set
 * @idr1: whole IDR1, 0 for the default
 * @clear3: IDR3 bits to clear
 * @idr5: whole IDR5, 0 for the default
 * @ack_reads: slow acknowledges
 * @enabled: found enabled
 * @noncoherent: by firmware's word
 * @el2: so do the CPUs
 * @fails: no driver can use it
 */
struct kind {
	const char *name;
	u32 clear0;
	u32 set0;
	u32 idr1;
	u32 clear3;
	u32 idr5;
	u32 ack_reads;
	bool enabled;
	bool noncoherent;
	bool el2;
	bool fails;
};

#define IDR1(sid, evtq, cmdq) \
	(FIELD_PREP_CONST(IDR1_SIDSIZE, sid) | FIELD_PREP_CONST(IDR1_EVENTQS, evtq) | \
	 FIELD_PREP_CONST(IDR1_CMDQS, cmdq))
#define OAS(n, grans)	(FIELD_PREP_CONST(IDR5_OAS, n) | (grans))

static const struct kind kinds[] = {
	{ .name = "default" },
	{ .name = "no range invalidation", .clear3 = IDR3_RIL },
	{ .name = "8-bit tags", .clear0 = IDR0_ASID16 | IDR0_VMID16 },
	{ .name = "stage 1 only", .clear0 = IDR0_S2P | IDR0_VMID16 },
	{ .name = "stage 2 only", .clear0 = IDR0_S1P | IDR0_ASID16 | IDR0_CD2L },
	{ .name = "no ATS", .clear0 = IDR0_ATS },
	{ .name = "not coherent", .noncoherent = true },
	{ .name = "coherent without COHACC", .clear0 = IDR0_COHACC },
	{ .name = "linear stream table", .clear0 = IDR0_ST_LEVEL, .idr1 = IDR1(8, 5, 6) },
	{ .name = "StreamIDs of 32 bits", .idr1 = IDR1(32, 7, 8) },
	{ .name = "SubstreamIDs", .idr1 = IDR1(16, 7, 8) | FIELD_PREP_CONST(IDR1_SSIDSIZE, 20) },
	{ .name = "queues of 2 entries", .idr1 = IDR1(9, 1, 1) },
	{ .name = "queues of 2^19 entries", .idr1 = IDR1(16, 19, 19) },
	{ .name = "4K only, 32 bits", .idr5 = OAS(0, IDR5_GRAN4K) },
	{ .name = "16K only, 40 bits", .idr5 = OAS(2, IDR5_GRAN16K) },
	{ .name = "64K only, 48 bits", .idr5 = OAS(5, IDR5_GRAN64K) },
	{ .name = "64K only, 52 bits", .idr5 = OAS(6, IDR5_GRAN64K) },
	{ .name = "MSI", .set0 = IDR0_MSI },
	{ .name = "MSI, not coherent", .set0 = IDR0_MSI, .noncoherent = true },
	{ .name = "stalls", .clear0 = IDR0_STALL_MODEL },
	{ .name = "stalls always", .clear0 = IDR0_STALL_MODEL, .set0 = BIT(25) },
	{ .name = "PRI", .set0 = IDR0_PRI,
	  .idr1 = IDR1(16, 7, 8) | FIELD_PREP_CONST(IDR1_PRIQS, 5) },
	{ .name = "hardware dirty state", .set0 = FIELD_PREP_CONST(IDR0_HTTU, 2) },
	{ .name = "EL2", .set0 = IDR0_HYP },
	{ .name = "EL2, and the kernel runs there", .set0 = IDR0_HYP, .el2 = true },
	{ .name = "EL2 likewise, no range invalidation", .set0 = IDR0_HYP, .el2 = true,
	  .clear3 = IDR3_RIL },
	{ .name = "slow acknowledges", .ack_reads = 50 },
	{ .name = "found enabled", .enabled = true, .ack_reads = 3 },
	{ .name = "no stage", .clear0 = IDR0_S1P | IDR0_S2P, .fails = true },
	{ .name = "no granule", .idr5 = BIT(2), .fails = true },
	{ .name = "big endian", .clear0 = IDR0_TTENDIAN,
	  .set0 = FIELD_PREP_CONST(IDR0_TTENDIAN, IDR0_TTENDIAN_BIG), .fails = true },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static void make(const struct kind *kind, struct model_config *cfg)
{
	model_config_default(cfg);
	cfg->idr[0] = (cfg->idr[0] & ~kind->clear0) | kind->set0;
	cfg->idr[1] = kind->idr1 ?: cfg->idr[1];
	cfg->idr[3] &= ~kind->clear3;
	cfg->idr[5] = kind->idr5 ?: cfg->idr[5];
	cfg->ack_reads = kind->ack_reads;
	cfg->enabled = kind->enabled;
}

/* A map, an access, an unmap, and no access */
static void use(struct kunit *test, struct rig *rig)
{
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = rig_domain(test, d);
	size_t size = 1UL << __ffs(domain->pgsize_bitmap);
	u64 iova = 4 * size, pa = 0x400 * size;

	KUNIT_EXPECT_EQ(test, 0x12345678, rig_access(rig, d, 0x12345678, true));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, iova, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, iova, pa, size, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, pa + 8, rig_access(rig, d, iova + 8, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, iova, true));
	KUNIT_EXPECT_EQ(test, size, iommu_unmap(domain, iova, size));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, iova, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static void works(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	struct machine_smmu *smmu;

	make(kind, &cfg);
	rig->noncoherent = kind->noncoherent;
	if (kind->el2)
		rig_at_el2(rig);
	if (kind->fails) {
		smmu = machine_add_smmu(&cfg, false, true);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, smmu);
		KUNIT_EXPECT_NULL(test, smmu->dev->driver);
		KUNIT_EXPECT_FALSE(test, model_is_on(smmu->model));
		machine_remove_smmu(smmu);
		return;
	}
	smmu = rig_smmu_irq(test, rig, 0, &cfg);
	KUNIT_EXPECT_TRUE(test, model_is_on(smmu->model));
	use(test, rig);
	rig_check(test, rig);
}

/* Off after remove, and back after a second probe */
static void comes_back(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu_irq(test, rig, 0, NULL);
	u32 i;

	for (i = 0; i < 3; i++) {
		use(test, rig);
		rig_remove(&rig->device[i]);
		device_release_driver(smmu->dev);
		KUNIT_EXPECT_FALSE(test, model_is_on(smmu->model));
		KUNIT_EXPECT_EQ(test, 1, device_attach(smmu->dev));
		KUNIT_EXPECT_TRUE(test, model_is_on(smmu->model));
	}
}

struct breakage {
	const char *name;
	struct model_inject inject;
	bool enabled;
};

static const struct breakage breakages[] = {
	{ .name = "CR0ACK stands still", .inject.no_ack = true },
	{ .name = "GBPA stands still, found enabled", .inject.no_gbpa = true, .enabled = true },
	{ .name = "all registers read as ones", .inject.dead = true },
	{ .name = "the first commands abort", .inject.abort_fetch = true },
	{ .name = "CONS is garbage", .inject.cons_ones = true },
	{ .name = "the first CMD_SYNC is lost", .inject.lost_sync = true },
};

KUNIT_ARRAY_PARAM_DESC(breakage, breakages, name);

/* A probe that fails leaves an SMMU that is off and can be probed once it is well */
static void fails_clean(struct kunit *test)
{
	const struct breakage *b = test->param_value;
	const struct model_inject none = {};
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;

	smmu = rig_smmu_irq(test, rig, 0, NULL);
	device_release_driver(smmu->dev);
	if (b->enabled)
		model_write(smmu->model, SMMU_CR0, 4, CR0_SMMUEN | CR0_CMDQEN);
	model_inject(smmu->model, &b->inject);
	KUNIT_EXPECT_NE(test, 1, device_attach(smmu->dev));
	KUNIT_EXPECT_NULL(test, smmu->dev->driver);
	KUNIT_EXPECT_NULL(test, smmu_host_find(dev_fwnode(smmu->dev)));
	model_inject(smmu->model, &none);
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	use(test, rig);
}

/* Every allocation of a probe fails once */
static void survives_no_memory(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu_irq(test, rig, 0, NULL);
	u32 nth, failed = 0;
	bool hit = true, bound;

	rig_hush(rig);
	for (nth = 1; hit && nth < 1000; nth++) {
		device_release_driver(smmu->dev);
		rig_alloc_begin(nth);
		bound = device_attach(smmu->dev) == 1;
		hit = rig_alloc_end();
		KUNIT_EXPECT_EQ(test, bound, !!smmu->dev->driver);
		if (!bound) {
			failed++;
			KUNIT_EXPECT_NULL(test, smmu_host_find(dev_fwnode(smmu->dev)));
			KUNIT_EXPECT_FALSE(test, model_is_on(smmu->model));
		}
	}
	rig_unhush(rig);
	kunit_info(test, "%u allocations, %u of them needed\n", nth - 2, failed);
	KUNIT_EXPECT_FALSE(test, hit);
	KUNIT_EXPECT_GT(test, failed, 10);
	KUNIT_ASSERT_NOT_NULL(test, smmu->dev->driver);
	use(test, rig);
}

#define RMR_SID		0x133
#define RMR_IOVA	0x8765000ULL

/* What the IORT's nodes come to; its walk is the kernel's */
static void rmr_stub(struct smmu_host *host)
{
	KUNIT_EXPECT_EQ(kunit_get_current_test(), 0,
			smmu_strtab_preset_bypass(&host->smmu, RMR_SID));
}

/* Firmware's device does DMA before, while and after the SMMU is enabled; others do not */
static void keeps_reserved_streams(struct kunit *test)
{
	struct model_access rmr = { .sid = RMR_SID, .iova = RMR_IOVA };
	struct model_access other = { .sid = RMR_SID + 1, .iova = RMR_IOVA };
	static const u32 sid = RMR_SID;
	struct machine_smmu *smmu;
	struct iommu_domain *domain;
	struct rig *rig = rig_new(test);
	struct rig_device *d;

	kunit_activate_static_stub(test, smmu_rmr_preset, rmr_stub);
	smmu = rig_smmu(test, rig, 0, NULL);
	KUNIT_EXPECT_EQ(test, 0, model_access(smmu->model, &rmr));
	KUNIT_EXPECT_EQ(test, RMR_IOVA, rmr.pa);
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(smmu->model, &other));

	/* its device appears, and is attached like any other */
	d = rig_device_sids(test, rig, 0, &sid, 1);
	KUNIT_EXPECT_EQ(test, RMR_IOVA, rig_access(rig, d, RMR_IOVA, false));
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, RMR_IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(works, kind_gen_params),
	KUNIT_CASE(comes_back),
	KUNIT_CASE_PARAM(fails_clean, breakage_gen_params),
	KUNIT_CASE(survives_no_memory),
	KUNIT_CASE(keeps_reserved_streams),
	{}
};

static struct kunit_suite suite = { .name = "smmu_bringup", .test_cases = cases };
kunit_test_suite(suite);
