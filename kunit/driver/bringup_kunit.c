// SPDX-License-Identifier: GPL-2.0-only
/* From platform probe to platform remove: the real driver on many kinds of SMMU. */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "core/ident.h"
#include "core/tag.h"
#include "drv/firmware.h"
#include "drv/params.h"
#include "driver/rig.h"

/**
 * struct kind - a kind of SMMU, as changes to the default
 * @name: name of the case
 * @clear0: IDR0 bits to clear
 * @set0: IDR0 bits to set
 * @idr1: whole IDR1, 0 for the default
 * @clear3: IDR3 bits to clear
 * @idr5: whole IDR5, 0 for the default
 * @ack_reads: number of reads until the SMMU acknowledges a register write
 * @enabled: the SMMU is enabled before the probe
 * @noncoherent: firmware says that the SMMU is not coherent
 * @el2: the kernel runs at EL2, too
 * @fails: no driver can use this SMMU
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

/* Map, access, unmap, and see that the next access fails */
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

/* The SMMU is off after remove, and works again after a second probe */
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

/* A probe that fails leaves an SMMU that is off and that can be probed again when it works */
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
	KUNIT_EXPECT_NULL(test, smmu_iommu_find(dev_fwnode(smmu->dev)));
	model_inject(smmu->model, &none);
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	use(test, rig);
}

/*
 * An SMMU acknowledges no register write any more, from each of those on that a probe makes. What
 * was done before is undone.
 */
static void ceases_to_acknowledge(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu_irq(test, rig, 0, NULL);
	const struct model_inject none = {};
	struct model_inject inject = {};
	bool bound = false;
	u32 nth;

	/* an SMMU that is disabled because it does not acknowledge its enable */
	rig->forgive = true;
	device_release_driver(smmu->dev);
	for (nth = 1; !bound && nth < 20; nth++) {
		inject.no_ack_from = nth;
		model_inject(smmu->model, &inject);
		bound = device_attach(smmu->dev) == 1;
		KUNIT_EXPECT_EQ(test, bound, !!smmu->dev->driver);
		KUNIT_EXPECT_EQ(test, bound, !!smmu_iommu_find(dev_fwnode(smmu->dev)));
		model_inject(smmu->model, &none);
		KUNIT_EXPECT_EQ(test, bound, model_is_on(smmu->model));
	}
	/* the queue, interrupts, the other queues, SMMUEN */
	KUNIT_EXPECT_TRUE(test, bound);
	KUNIT_EXPECT_GT(test, nth, 4);
	use(test, rig);
}

/* A driver that needs no IOMMU, and is bound by hand */
static int driver_without_iommu(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver without_iommu = {
	.probe = driver_without_iommu,
	.driver = { .name = "without-iommu" },
};

static void unregister(void *driver)
{
	platform_driver_unregister(driver);
}

static void remove_device(void *dev)
{
	device_release_driver(dev);
	machine_remove_device(dev);
}

/* An SMMU is left alone while a device behind it is driven without it, whose DMA would stop */
static void driven_without_it(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct device *dev;
	u32 sid = 1;

	KUNIT_ASSERT_EQ(test, 0, platform_driver_register(&without_iommu));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister, &without_iommu));
	device_release_driver(smmu->dev);
	dev = machine_add_device(smmu, &sid, 1, 0, false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_device, dev));
	KUNIT_ASSERT_FALSE(test, device_iommu_mapped(dev));
	device_lock(dev);
	dev->driver = &without_iommu.driver;
	KUNIT_EXPECT_EQ(test, 0, device_bind_driver(dev));
	device_unlock(dev);
	KUNIT_EXPECT_NE(test, 1, device_attach(smmu->dev));
	KUNIT_EXPECT_NULL(test, smmu->dev->driver);
	KUNIT_EXPECT_NULL(test, smmu_iommu_find(dev_fwnode(smmu->dev)));
	KUNIT_EXPECT_FALSE(test, model_is_on(smmu->model));
	device_release_driver(dev);
	KUNIT_EXPECT_EQ(test, 1, device_attach(smmu->dev));
	KUNIT_EXPECT_TRUE(test, device_iommu_mapped(dev));
}

/* Where there is no memory for a queue as large as the SMMU allows, a smaller one is taken */
static void smaller_queue(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;
	u32 nth, smaller = 0;
	bool hit = true;

	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_CMDQS, &cfg.idr[1], 12);
	smmu = rig_smmu_irq(test, rig, 0, &cfg);
	KUNIT_EXPECT_EQ(test, 12, smmu_main_cmdq(&rig_iommu(smmu)->smmu)->mem.log2);
	rig_hush(rig);
	for (nth = 1; hit && nth < 1000; nth++) {
		device_release_driver(smmu->dev);
		rig_alloc_begin(nth);
		if (device_attach(smmu->dev) == 1)
			smaller += smmu_main_cmdq(&rig_iommu(smmu)->smmu)->mem.log2 == 11;
		hit = rig_alloc_end();
	}
	rig_unhush(rig);
	KUNIT_EXPECT_GT(test, smaller, 0);
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
			KUNIT_EXPECT_NULL(test, smmu_iommu_find(dev_fwnode(smmu->dev)));
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

/**
 * struct legacy - what the previous kernel has left behind
 * @name: name of the case
 * @gerror: active errors
 * @err_stays: a write to CMDQ_CONS does not change its ERR field
 */
struct legacy {
	const char *name;
	u32 gerror;
	bool err_stays;
};

static const struct legacy legacies[] = {
	{ "CMDQ_ERR", GERROR_CMDQ_ERR },
	{ "CMDQ_ERR, ERR stays", GERROR_CMDQ_ERR, true },
	{ "EVENTQ_ABT_ERR", GERROR_EVENTQ_ABT_ERR },
	{ "all but SFM_ERR", GERROR_ALL & ~GERROR_SFM_ERR, true },
};

KUNIT_ARRAY_PARAM_DESC(legacy, legacies, name);

static void expect_no_error(struct kunit *test, struct machine_smmu *smmu)
{
	KUNIT_EXPECT_EQ(test, 0, (model_read(smmu->model, SMMU_GERROR, 4) ^
				  model_read(smmu->model, SMMU_GERRORN, 4)) & GERROR_ALL);
}

/* Errors of the previous kernel are acknowledged, and commands and events go through */
static void takes_over_errors(struct kunit *test)
{
	const struct legacy *l = test->param_value;
	struct model_access a = { .sid = 0xfff0 };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;
	struct smmu_device *s;

	model_config_default(&cfg);
	cfg.enabled = true;
	cfg.gerror = l->gerror;
	cfg.err_stays = l->err_stays;
	smmu = rig_smmu(test, rig, 0, &cfg);
	s = &rig_iommu(smmu)->smmu;
	expect_no_error(test, smmu);
	KUNIT_EXPECT_EQ(test, 0, smmu_main_cmdq(s)->err_seq);
	use(test, rig);
	smmu_evtq_drain(s);
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(smmu->model, &a));
	s->evtq.records = 0;
	smmu_evtq_drain(s);
	KUNIT_EXPECT_EQ(test, 1, s->evtq.records);
}

/* An SMMU in service failure mode stays in it, acknowledged or not (12.3) */
static void refuses_service_failure(struct kunit *test)
{
	struct machine_smmu *smmu;
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.enabled = true;
	cfg.gerror = GERROR_SFM_ERR;
	smmu = machine_add_smmu(&cfg, false, true);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, smmu);
	KUNIT_EXPECT_NULL(test, smmu->dev->driver);
	KUNIT_EXPECT_FALSE(test, model_is_on(smmu->model));
	KUNIT_EXPECT_EQ(test, GERROR_SFM_ERR, model_read(smmu->model, SMMU_GERROR, 4) ^
					      model_read(smmu->model, SMMU_GERRORN, 4));
	machine_remove_smmu(smmu);
}

/*
 * An error that becomes active before the interrupts are enabled raises no interrupt, so the probe
 * has to look for errors.
 */
static void finds_early_errors(struct kunit *test)
{
	const struct model_inject inject = { .abort_msis = true }, none = {};
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI;
	smmu = rig_smmu_irq(test, rig, 0, &cfg);
	device_release_driver(smmu->dev);
	model_inject(smmu->model, &inject);
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	expect_no_error(test, smmu);
	model_inject(smmu->model, &none);
	use(test, rig);
}

static u32 disabled_stub(void)
{
	return SMMU_FEAT_MSI | SMMU_FEAT_PRI;
}

/*
 * The addresses of MSIs are what the previous kernel has written, or undefined, until the driver
 * clears them. It must clear them whether it uses MSIs or not.
 */
static void clears_msis(struct kunit *test)
{
	static const u16 regs[] = {
		SMMU_GERROR_IRQ_CFG0, SMMU_EVENTQ_IRQ_CFG0, SMMU_PRIQ_IRQ_CFG0,
	};
	u32 *memory = kunit_kzalloc(test, SZ_4K, GFP_KERNEL), i;
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI | IDR0_PRI;
	FIELD_MODIFY(IDR1_PRIQS, &cfg.idr[1], 5);
	smmu = rig_smmu_irq(test, rig, 0, &cfg);
	device_release_driver(smmu->dev);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		model_write(smmu->model, regs[i], 8, virt_to_phys(&memory[i]));
		model_write(smmu->model, regs[i] + IRQ_CFG1, 4, 0xdead);
	}
	kunit_activate_static_stub(test, smmu_param_disabled, disabled_stub);
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	model_write(smmu->model, SMMU_IRQ_CTRL, 4,
		    IRQ_CTRL_GERROR | IRQ_CTRL_EVENTQ | IRQ_CTRL_PRIQ);
	model_raise(smmu->model, GERROR_MSI_EVENTQ_ABT_ERR);
	use(test, rig);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		KUNIT_EXPECT_EQ_MSG(test, 0, memory[i], "register 0x%x", regs[i]);
		KUNIT_EXPECT_EQ_MSG(test, 0, model_read(smmu->model, regs[i], 8),
				    "register 0x%x", regs[i]);
	}
}

/*
 * The previous kernel ended while an update of CR0 was under way. A field must not change again
 * before CR0ACK has followed (6.3.9); the model counts a violation where one does.
 */
static void found_between_states(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.ack_reads = 1000;
	smmu = rig_smmu_irq(test, rig, 0, &cfg);
	device_release_driver(smmu->dev);
	model_write(smmu->model, SMMU_CR0, 4, CR0_CMDQEN | CR0_EVENTQEN);
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	use(test, rig);
	rig_check(test, rig);
}

/* In a crash kernel the command queue is small, and what is not used has no memory */
static void kdump_is_small(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;
	struct smmu_device *s;

	model_config_default(&cfg);
	cfg.enabled = true;
	cfg.idr[0] |= IDR0_PRI;
	cfg.idr[1] = IDR1(16, 19, 19) | FIELD_PREP_CONST(IDR1_PRIQS, 19);
	rig->kdump = true;
	smmu = rig_smmu_irq(test, rig, 0, &cfg);
	s = &rig_iommu(smmu)->smmu;
	KUNIT_EXPECT_NULL(test, s->evtq.mem.virt);
	KUNIT_EXPECT_NULL(test, s->priq.mem.virt);
	KUNIT_EXPECT_LE(test, smmu_main_cmdq(s)->mem.log2, 8);
	KUNIT_EXPECT_EQ(test, 0, model_read(smmu->model, SMMU_CR0ACK, 4) &
				 (CR0_EVENTQEN | CR0_PRIQEN));
	KUNIT_EXPECT_EQ(test, IRQ_CTRL_GERROR, model_read(smmu->model, SMMU_IRQ_CTRLACK, 4));
	use(test, rig);
	smmu_evtq_drain(s);
	KUNIT_EXPECT_EQ(test, IRQ_NONE, smmu_evtq_thread(0, s));
	KUNIT_EXPECT_EQ(test, IRQ_NONE, smmu_priq_thread(0, s));
	model_raise(smmu->model, GERROR_MSI_GERROR_ABT_ERR);
	rig_remove(&rig->device[0]);
	device_release_driver(smmu->dev);
}

/*
 * No other driver can claim the driver's registers; any driver can claim those in between (a PMU).
 */
static void claims_registers(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	resource_size_t base = rig_iommu(smmu)->smmu.phys;
	static const struct {
		u32 off;
		bool ours;
	} parts[] = {
		{ 0, true }, { 0xdfc, true }, { 0xe00, false }, { 0x2000, false },
		{ SMMU_PAGE1_OFFSET, true }, { SMMU_PAGE1_OFFSET + 0xe00, false },
	};
	struct resource *res;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		res = request_mem_region(base + parts[i].off, 4, "test");
		KUNIT_EXPECT_EQ_MSG(test, parts[i].ours, !res, "0x%x", parts[i].off);
		if (res)
			release_mem_region(base + parts[i].off, 4);
	}
	device_release_driver(smmu->dev);
	res = request_mem_region(base, 4, "test");
	KUNIT_EXPECT_NOT_NULL(test, res);
	if (res) {
		/*
		 * another driver holds the registers: the probe fails, and works when they are
		 * released
		 */
		KUNIT_EXPECT_NE(test, 1, device_attach(smmu->dev));
		release_mem_region(base, 4);
	}
	KUNIT_EXPECT_EQ(test, 1, device_attach(smmu->dev));
}

/* The driver logs one line for each difference between firmware's tables and the registers */
static void tells_differences(struct kunit *test)
{
	struct smmu_ident_env env = { .coherent = true };
	struct rig *rig = rig_new(test);
	struct smmu_device *s;
	struct model_config cfg;

	model_config_default(&cfg);
	FIELD_MODIFY(IDR0_HTTU, &cfg.idr[0], IDR0_HTTU_AF);
	s = &rig_iommu(rig_smmu(test, rig, 0, &cfg))->smmu;
	KUNIT_EXPECT_EQ(test, 0, smmu_firmware_differs(s, &env));
	env.coherent = false;
	KUNIT_EXPECT_EQ(test, 1, smmu_firmware_differs(s, &env));
	env.coherent = true;
	env.httu_said = true;
	for (env.httu = IDR0_HTTU_NONE; env.httu <= IDR0_HTTU_AF_DIRTY; env.httu++)
		KUNIT_EXPECT_EQ(test, env.httu != IDR0_HTTU_AF, smmu_firmware_differs(s, &env));
	env.coherent = false;
	KUNIT_EXPECT_EQ(test, 2, smmu_firmware_differs(s, &env));
	cfg.idr[0] &= ~IDR0_COHACC;
	s = &rig_iommu(rig_smmu(test, rig, 1, &cfg))->smmu;
	env.httu_said = false;
	KUNIT_EXPECT_EQ(test, 0, smmu_firmware_differs(s, &env));
	env.coherent = true;
	KUNIT_EXPECT_EQ(test, 1, smmu_firmware_differs(s, &env));
}

#define RMR_SID		0x133
#define RMR_IOVA	0x8765000ULL

/* Stands for the RMR nodes of the IORT, which the kernel itself walks */
static void rmr_stub(struct smmu_iommu *iommu)
{
	KUNIT_EXPECT_EQ(kunit_get_current_test(), 0,
			smmu_strtab_preset_bypass(&iommu->smmu, RMR_SID));
}

/*
 * A device that firmware has reserved does DMA before, during and after the enabling of the SMMU;
 * other devices do not.
 */
static void keeps_reserved_streams(struct kunit *test)
{
	struct model_access rmr = { .sid = RMR_SID, .iova = RMR_IOVA };
	struct model_access other = { .sid = RMR_SID + 1, .iova = RMR_IOVA };
	static const u32 sid = RMR_SID;
	struct machine_smmu *smmu;
	struct iommu_domain *domain;
	struct rig *rig = rig_new(test);
	struct rig_device *d;

	kunit_activate_static_stub(test, smmu_firmware_preset, rmr_stub);
	smmu = rig_smmu(test, rig, 0, NULL);
	KUNIT_EXPECT_EQ(test, 0, model_access(smmu->model, &rmr));
	KUNIT_EXPECT_EQ(test, RMR_IOVA, rmr.pa);
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(smmu->model, &other));

	/* the device appears, and is attached like any other */
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
	KUNIT_CASE(ceases_to_acknowledge),
	KUNIT_CASE(driven_without_it),
	KUNIT_CASE(smaller_queue),
	KUNIT_CASE(survives_no_memory),
	KUNIT_CASE(keeps_reserved_streams),
	KUNIT_CASE_PARAM(takes_over_errors, legacy_gen_params),
	KUNIT_CASE(refuses_service_failure),
	KUNIT_CASE(finds_early_errors),
	KUNIT_CASE(clears_msis),
	KUNIT_CASE(found_between_states),
	KUNIT_CASE(kdump_is_small),
	KUNIT_CASE(claims_registers),
	KUNIT_CASE(tells_differences),
	{}
};

static struct kunit_suite suite = { .name = "smmu_bringup", .test_cases = cases };
kunit_test_suite(suite);
