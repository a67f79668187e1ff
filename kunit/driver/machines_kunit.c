// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machines that people own: each row of machines_table.c is brought up on the model, with devices
 * that do DMA, whose pages are unmapped, that fault, and that are removed. What the registers of a
 * row mean by themselves is tested in core/ident_kunit.c; here it is the whole machine.
 */
#include <kunit/static_stub.h>
#include <linux/acpi.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/ratelimit.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <smmuv3/cmd.h>
#include <smmuv3/event.h>
#include <smmuv3/raw_stub.h>

#include "core/ident.h"
#include "drv/debugfs.h"
#include "drv/firmware.h"
#include "driver/log.h"
#include "driver/machines_table.h"
#include "driver/msi.h"
#include "driver/rig.h"
#include "hw/cmdq_poll.h"

#define TEXT	1024

/**
 * struct gallery - one machine while it is being looked at
 * @test: the case
 * @row: the machine
 * @rig: the rig around it
 * @smmu: its SMMU
 * @s: the driver's side of the SMMU
 * @msis: its MSIs, NULL for none
 * @d: its devices
 * @log: what is said
 * @iort: its SMMU's node in the IORT
 */
struct gallery {
	struct kunit *test;
	const struct machine_row *row;
	struct rig *rig;
	struct machine_smmu *smmu;
	struct smmu_device *s;
	struct msis *msis;
	struct rig_device *d[2];
	struct rig_log log;
	struct acpi_iort_smmu_v3 iort;
};

static const void *row_gen_params(struct kunit *test, const void *prev, char *desc)
{
	const struct machine_row *row = prev ? (const struct machine_row *)prev + 1 : machine_rows;

	if (row - machine_rows >= machine_rows_nr)
		return NULL;
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
	return row;
}

/* The next row for which @has is true */
static const void *next_row(struct kunit *test, const void *row, char *desc,
			    bool (*has)(const struct machine_row *row))
{
	do
		row = row_gen_params(test, row, desc);
	while (row && !has(row));
	return row;
}

static bool has_boot_word(const struct machine_row *row)
{
	return row->boot_word;
}

static const void *logged_gen_params(struct kunit *test, const void *prev, char *desc)
{
	return next_row(test, prev, desc, has_boot_word);
}

/* The file is there only where the driver binds */
static bool has_file(const struct machine_row *row)
{
	return !row->refused;
}

static const void *driven_gen_params(struct kunit *test, const void *prev, char *desc)
{
	return next_row(test, prev, desc, has_file);
}

/* The machine of the case, for stubs */
static struct gallery *the_gallery;

static const struct acpi_iort_smmu_v3 *iort_stub(struct device *dev)
{
	return the_gallery->row->iort ? &the_gallery->iort : NULL;
}

/*
 * Bits of the word that the in-tree driver prints at boot, by their numbers. It depends on the
 * registers, on firmware, and on errata, which are taken from the row.
 */
static u32 boot_word(const struct machine_row *row)
{
	u32 idr0 = row->idr[0], idr1 = row->idr[1], idr3 = row->idr[3], word = 0;
	u32 httu = FIELD_GET(IDR0_HTTU, idr0), endian = FIELD_GET(IDR0_TTENDIAN, idr0);
	bool s1 = idr0 & IDR0_S1P, s2 = idr0 & IDR0_S2P;

	if (row->iort)
		httu = FIELD_GET(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, row->iort_flags);
	word |= FIELD_GET(IDR0_ST_LEVEL, idr0) ? BIT(0) : 0;
	word |= idr0 & IDR0_CD2L ? BIT(1) : 0;
	word |= endian != IDR0_TTENDIAN_BIG ? BIT(2) : 0;
	word |= endian != IDR0_TTENDIAN_LITTLE ? BIT(3) : 0;
	word |= idr0 & IDR0_PRI ? BIT(4) : 0;
	word |= idr0 & IDR0_ATS ? BIT(5) : 0;
	word |= idr0 & BIT(14) ? BIT(6) : 0;
	word |= idr0 & IDR0_MSI ? BIT(7) : 0;
	word |= row->fw.coherent ? BIT(8) : 0;
	word |= s1 ? BIT(9) : 0;
	word |= s2 ? BIT(10) : 0;
	word |= FIELD_GET(IDR0_STALL_MODEL, idr0) != IDR0_STALL_NEVER ? BIT(11) : 0;
	word |= idr0 & IDR0_HYP ? BIT(12) : 0;
	word |= FIELD_GET(IDR5_VAX, row->idr[5]) ? BIT(14) : 0;
	word |= idr3 & IDR3_RIL ? BIT(15) : 0;
	word |= idr0 & IDR0_BTM ? BIT(16) : 0;
	word |= idr0 & IDR0_HYP && row->el2 ? BIT(18) : 0;
	word |= s1 && s2 && (!row->fw.coherent || row->features & SMMU_FEAT_NESTING) ? BIT(19) : 0;
	word |= idr1 & IDR1_ATTR_TYPES_OVR ? BIT(20) : 0;
	word |= httu >= IDR0_HTTU_AF ? BIT(21) : 0;
	word |= httu >= IDR0_HTTU_AF_DIRTY ? BIT(22) : 0;
	word |= idr3 & IDR3_FWB ? BIT(23) : 0;
	word |= FIELD_GET(IDR3_BBML, idr3) == 2 ? BIT(24) : 0;
	return word;
}

/* SVA depends on the CPUs, and older kernels knew 16 bits only */
#define BOOT_WORD_SVA	BIT(17)
#define BOOT_WORD_OLD	GENMASK(15, 0)

/* Where a row has what a boot log says, its registers are such that they say it */
static void agrees_with_its_log(struct kunit *test)
{
	const struct machine_row *row = test->param_value;
	u32 mask = row->boot_word > BOOT_WORD_OLD ? (u32)~BOOT_WORD_SVA : BOOT_WORD_OLD;

	KUNIT_EXPECT_EQ_MSG(test, row->boot_word & mask, boot_word(row) & mask,
			    "0x%x instead of 0x%x", boot_word(row), row->boot_word);
}

/* Every warning and error is in the row, and the other way round. And @whole is said. */
static void expect_says(struct gallery *g, const char *whole)
{
	const char * const *says = g->row->says;
	struct kunit *test = g->test;
	bool heard = false;
	u32 n = 0;

	while (rig_log_next(&g->log)) {
		if (!strcmp(whole, g->log.text))
			heard = true;
		if (g->log.level > LOGLEVEL_WARNING)
			continue;
		if (n == ROW_LINES || !says[n]) {
			KUNIT_FAIL(test, "the row does not have this line: %s", g->log.text);
			continue;
		}
		KUNIT_EXPECT_TRUE_MSG(test, strstarts(g->log.text, says[n]),
				      "'%s' was said instead of '%s'", g->log.text, says[n]);
		n++;
	}
	if (n < ROW_LINES && says[n])
		KUNIT_FAIL(test, "this line of the row was not said: %s", says[n]);
	KUNIT_EXPECT_TRUE_MSG(test, heard, "this line was not said: %s", whole);
}

static void plug(struct gallery *g)
{
	const struct machine_row *row = g->row;
	struct model_config cfg;

	model_config_default(&cfg);
	memcpy(cfg.idr, row->idr, sizeof(cfg.idr));
	cfg.iidr = row->iidr;
	cfg.aidr = row->aidr;
	cfg.page0_only = row->page0_only;
	/* firmware knows */
	cfg.httu_differs = row->iort;
	cfg.httu = FIELD_GET(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, row->iort_flags);
	/* seconds pass sooner where a register read takes long */
	if (row->still_ms)
		cfg.read_ns = NSEC_PER_MSEC;
	g->iort.model = row->iort_model;
	g->iort.flags = row->iort_flags;
	if (row->el2)
		rig_at_el2(g->rig);
	/* half of the machines insert with a lock, the others without one */
	g->rig->insertion = (row - machine_rows) & 1 ? RIG_LOCK : RIG_COMBINE;
	rig_log_begin(&g->log);
	g->smmu = rig_smmu_with(g->test, g->rig, 0, &cfg, &row->fw);
	if (row->refused)
		return;
	KUNIT_ASSERT_NOT_NULL(g->test, g->smmu->dev->driver);
	if (row->msi) {
		g->msis = msi_platform(g->test, g->smmu);
		rig_log_begin(&g->log);
		KUNIT_ASSERT_EQ(g->test, 1, device_attach(g->smmu->dev));
	}
	g->s = &rig_iommu(g->smmu)->smmu;
	/* every fault is said */
	ratelimit_state_init(&rig_iommu(g->smmu)->fault_limit, 0, 1);
}

static void remove_devices(void *data)
{
	struct gallery *g = data;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(g->d); i++)
		if (g->d[i])
			rig_remove(g->d[i]);
}

static struct gallery *open_gallery(struct kunit *test)
{
	struct gallery *g = kunit_kzalloc(test, sizeof(*g), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, g);
	g->test = test;
	g->row = test->param_value;
	the_gallery = g;
	kunit_activate_static_stub(test, smmu_firmware_iort, iort_stub);
	g->rig = rig_new(test);
	plug(g);
	/* before the MSIs go, also when the case fails */
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_devices, g));
	return g;
}

static void add_devices(struct gallery *g)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(g->d); i++) {
		const struct machine_device *dev = &g->row->devices[i];

		if (!dev->n)
			continue;
		g->rig->atc = dev->ats;
		g->rig->ats_required = dev->ats_required;
		g->rig->ssid_bits = dev->ssid_bits;
		g->d[i] = rig_device_sids(g->test, g->rig, 0, dev->sids, dev->n);
	}
}

/* Devices first, then the SMMU, while the MSIs are still there */
static void close_gallery(struct gallery *g)
{
	remove_devices(g);
	rig_check(g->test, g->rig);
	device_release_driver(g->smmu->dev);
	KUNIT_EXPECT_FALSE(g->test, model_is_on(g->smmu->model));
}

static u32 interrupts(const struct smmu_device *s)
{
	return (s->evtq.irq ? USES_EVENTQ : 0) |
	       (s->priq.mem.virt && s->priq.irq ? USES_PRIQ : 0) |
	       (s->irq_gerror ? USES_GERROR : 0) | (s->irq_combined ? USES_COMBINED : 0) |
	       (s->msi ? USES_MSI : 0);
}

static void expect_made(struct gallery *g)
{
	const struct smmu_features *feat = &g->s->inst.feat;
	const struct machine_row *row = g->row;
	struct kunit *test = g->test;
	u32 flags = feat->flags & ~SMMU_FEAT_SVA;
	char info[160];

	KUNIT_EXPECT_TRUE(test, model_is_on(g->smmu->model));
	KUNIT_EXPECT_EQ_MSG(test, row->features, flags, "lacks 0x%x, has 0x%x more",
			    row->features & ~flags, flags & ~row->features);
	KUNIT_EXPECT_EQ(test, row->errata, feat->errata);
	KUNIT_EXPECT_EQ(test, row->oas, feat->oas_bits);
	KUNIT_EXPECT_EQ(test, row->va, feat->va_bits);
	KUNIT_EXPECT_EQ(test, row->cmdq_log2, smmu_main_cmdq(g->s)->mem.log2);
	KUNIT_EXPECT_EQ(test, row->evtq_log2, g->s->evtq.mem.log2);
	KUNIT_EXPECT_EQ(test, row->table_log2, g->s->strtab.log2);
	KUNIT_EXPECT_EQ(test, row->uses, interrupts(g->s));
	snprintf(info, sizeof(info),
		 "%s r%up%u: oas %u-bit, ias %u-bit, features 0x%08x, errata 0x%x",
		 smmu_ident_part(row->iidr), row->iidr >> 16 & 0xf, row->iidr >> 12 & 0xf, row->oas,
		 row->va, row->features, row->errata);
	expect_says(g, info);
}

/* Let the interrupt of an event or a page request, which is an MSI, arrive at its handler */
static void deliver_msi(struct gallery *g, u32 msi, int irq)
{
	if (!(g->row->uses & USES_MSI))
		return;
	KUNIT_EXPECT_EQ(g->test, MSI_DATA + msi, READ_ONCE(g->msis->word[msi]));
	WRITE_ONCE(g->msis->word[msi], 0);
	KUNIT_EXPECT_EQ(g->test, 0, generic_handle_irq_safe(irq));
}

/*
 * Wait for a line of a handler's thread; a second is enough. No warning is said before, other than
 * of faults, and of a queue that stands still.
 */
static void expect_line(struct gallery *g, const char *begin)
{
	u32 i;

	for (i = 0; i < HZ; i++) {
		while (rig_log_next(&g->log)) {
			if (strstarts(g->log.text, begin))
				return;
			if (g->log.level > LOGLEVEL_WARNING || strstarts(g->log.text, "event: ") ||
			    strstarts(g->log.text, "CMD_SYNC timeout: "))
				continue;
			/* two faults in a row are too many for a queue of one */
			if (!g->row->evtq_log2 && strstarts(g->log.text, "event queue overflow"))
				continue;
			KUNIT_FAIL(g->test, "unexpected: %s", g->log.text);
		}
		schedule_timeout_uninterruptible(1);
	}
	KUNIT_FAIL(g->test, "not said: %s", begin);
}

/* A StreamID that is the device's alone: the last one of its row */
static u32 own_sid(const struct gallery *g, const struct rig_device *d)
{
	const struct machine_device *dev = &g->row->devices[d == g->d[1]];

	return dev->sids[dev->n - 1];
}

/* A fault of a device is in the log by its name, where the SMMU can interrupt */
static void fault(struct gallery *g, struct rig_device *d, u64 iova)
{
	struct model_access a = { .sid = own_sid(g, d), .iova = iova };
	u64 before = READ_ONCE(g->s->evtq.records);
	struct kunit *test = g->test;
	char begin[96];

	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(g->smmu->model, &a));
	KUNIT_EXPECT_EQ(test, EVENT_F_TRANSLATION, a.event);
	deliver_msi(g, MSI_EVENT, g->s->evtq.irq);
	if (!(g->row->uses & (USES_EVENTQ | USES_COMBINED))) {
		KUNIT_EXPECT_EQ(test, before, READ_ONCE(g->s->evtq.records));
		smmu_evtq_drain(g->s);
	}
	snprintf(begin, sizeof(begin),
		 "event: F_TRANSLATION client: %s sid: 0x%x ssid: 0x0 iova: 0x%llx",
		 dev_name(d->dev), a.sid, iova);
	expect_line(g, begin);
}

/* A page request is refused. Without an interrupt nobody hears it, and the device waits on. */
static void page_request(struct gallery *g, struct rig_device *d)
{
	struct model_page_request request = { .sid = own_sid(g, d), .last = true, .read = true };
	bool heard = g->row->uses & (USES_PRIQ | USES_COMBINED);
	u8 answer = MODEL_UNANSWERED;
	u32 i;

	KUNIT_EXPECT_EQ(g->test, 0, model_page_request(g->smmu->model, &request));
	deliver_msi(g, MSI_PRI, g->s->priq.irq);
	for (i = 0; heard && i < HZ && answer == MODEL_UNANSWERED; i++) {
		schedule_timeout_uninterruptible(1);
		answer = model_page_answer(g->smmu->model, &request);
	}
	KUNIT_EXPECT_EQ(g->test, heard ? PRI_RESP_FAILURE : MODEL_UNANSWERED, answer);
}

/* Accesses at both ends of the address space, before, while and after something is mapped there */
static void use(struct gallery *g, struct rig_device *d, bool stage2)
{
	struct kunit *test = g->test;
	struct iommu_domain *domain;
	u64 iova[2], pa[2];
	size_t size;
	u32 i, oas;

	domain = stage2 ? rig_domain_s2(test, d) : rig_domain(test, d);
	size = 1UL << __ffs(domain->pgsize_bitmap);
	if (PAGE_SIZE == SZ_4K)
		KUNIT_EXPECT_EQ(test, g->row->leaf_kb, size / SZ_1K);
	oas = size == SZ_64K ? g->row->oas : min_t(u32, g->row->oas, 48);
	if (stage2)
		KUNIT_EXPECT_EQ(test, DMA_BIT_MASK(oas), domain->geometry.aperture_end);
	iova[0] = 4 * size;
	iova[1] = domain->geometry.aperture_end + 1 - size;
	pa[0] = 0x400 * size;
	pa[1] = BIT_ULL(oas) - size;

	KUNIT_EXPECT_EQ(test, 0x12345678, rig_access(g->rig, d, 0x12345678, true));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(g->rig, d, iova[i], false));
		KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, iova[i], pa[i], size,
						   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	}
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, pa[i] + 8, rig_access(g->rig, d, iova[i] + 8, true));
	KUNIT_EXPECT_EQ(test, size, iommu_unmap(domain, iova[0], size));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(g->rig, d, iova[0], false));
	KUNIT_EXPECT_EQ(test, pa[1], rig_access(g->rig, d, iova[1], false));
	KUNIT_EXPECT_EQ(test, size, iommu_unmap(domain, iova[1], size));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(g->rig, d, iova[1], false));
	/* what is said until here is not about the fault */
	smmu_evtq_drain(g->s);
	fault(g, d, iova[0]);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static void use_devices(struct gallery *g)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(g->d); i++) {
		const struct machine_device *dev = &g->row->devices[i];

		if (!g->d[i])
			continue;
		if (dev->ats_required)
			KUNIT_EXPECT_TRUE(g->test, g->d[i]->ats);
		use(g, g->d[i], !(g->row->features & SMMU_FEAT_S1));
		/* with both stages, a domain of stage 2 is one that may be a nest parent */
		if (g->row->features & SMMU_FEAT_NESTING)
			use(g, g->d[i], true);
		if (g->row->features & SMMU_FEAT_PRI)
			page_request(g, g->d[i]);
	}
}

/* What a device does that has been removed goes nowhere, and the other one goes on */
static void remove_one(struct gallery *g)
{
	struct model_access a = { .sid = own_sid(g, g->d[0]), .iova = 0x1000 };

	rig_remove(g->d[0]);
	KUNIT_EXPECT_EQ(g->test, -EFAULT, model_access(g->smmu->model, &a));
	if (g->d[1])
		use(g, g->d[1], !(g->row->features & SMMU_FEAT_S1));
}

static ktime_t virtual_clock(struct smmu_cmdq *q)
{
	return ns_to_ktime(model_now());
}

/* The command queue stands still for a while in the middle of an unmap, and then goes on */
static void stand_still(struct gallery *g)
{
	struct rig_device *d = g->d[1];
	struct kunit *test = g->test;
	struct iommu_domain *domain;

	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, SZ_64K, SZ_1M, SZ_64K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, SZ_1M, rig_access(g->rig, d, SZ_64K, false));
	rig_log_begin(&g->log);
	smmu_activate_raw_stub(test, smmu_cmdq_clock, virtual_clock);
	model_latency(g->smmu->model, CMD_SYNC, g->row->still_ms * (u64)NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, SZ_64K, iommu_unmap(domain, SZ_64K, SZ_64K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(g->rig, d, SZ_64K, false));
	model_latency(g->smmu->model, CMD_SYNC, 0);
	KUNIT_EXPECT_EQ(test, g->row->shut, smmu_device_is_dead(g->s));
	if (g->row->shut) {
		expect_line(g, "SHUT: ");
		expect_line(g, "devices behind this SMMU have no DMA until it works again");
	}
	model_advance(g->row->still_ms * (u64)NSEC_PER_MSEC);
	if (g->row->shut) {
		KUNIT_EXPECT_NE(test, 0, g->rig->retry_ms);
		KUNIT_EXPECT_TRUE(test, rig_restart(g->rig, 0));
		expect_line(g, "this SMMU is back after ");
	}
	smmu_deactivate_raw_stub(test, smmu_cmdq_clock);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	use(g, d, false);
}

/* The driver does not bind, and says why, and what the SMMU is */
static void expect_refused(struct gallery *g)
{
	const struct machine_row *row = g->row;
	char line[LOG_LINE];

	KUNIT_EXPECT_NULL(g->test, g->smmu->dev->driver);
	KUNIT_EXPECT_FALSE(g->test, model_is_on(g->smmu->model));
	snprintf(line, sizeof(line), "%s (IDR0 %08x IDR1 %08x IDR3 %08x IDR5 %08x IIDR %08x)",
		 row->says[0], row->idr[0], row->idr[1], row->idr[3], row->idr[5], row->iidr);
	expect_says(g, line);
}

static void comes_up(struct kunit *test)
{
	struct gallery *g = open_gallery(test);

	if (g->row->refused) {
		expect_refused(g);
		return;
	}
	expect_made(g);
	add_devices(g);
	use_devices(g);
	if (g->row->still_ms)
		stand_still(g);
	remove_one(g);
	close_gallery(g);
}

static void append(char *text, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(text + used, TEXT - used, fmt, ap);
	va_end(ap);
}

/* The row, as the file `machine` has to print it */
static void print_row(struct gallery *g, char *text)
{
	const struct machine_row *row = g->row;
	u32 i, j, size = row->fw.size ?: SZ_128K;

	append(text, "idr");
	for (i = 0; i < 6; i++)
		append(text, " %08x", row->idr[i]);
	append(text, "\niidr %08x\naidr %08x\n", row->iidr, row->aidr);
	if (row->iort)
		append(text, "firmware iort model %u flags 0x%x\n", row->iort_model,
		       row->iort_flags);
	else
		append(text, "firmware dt%s%s arm,smmu-v3%s%s\n", row->fw.compatible ? " " : "",
		       row->fw.compatible ?: "", row->fw.property ? " " : "",
		       row->fw.property ?: "");
	append(text, "coherent %u\nsize 0x%x\ninterrupts", row->fw.coherent, size);
	for (i = 0; i < MACHINE_LINES; i++)
		if (row->fw.lines & BIT(i))
			append(text, " %s", machine_line_name(i));
	append(text, "\nmsi %u\npage %uK\nel2 %u\n", row->msi, (u32)(PAGE_SIZE / SZ_1K), row->el2);
	for (i = 0; i < ARRAY_SIZE(g->d); i++) {
		const struct machine_device *dev = &row->devices[i];

		if (!dev->n)
			continue;
		append(text, "device %s sids", dev_name(g->d[i]->dev));
		for (j = 0; j < dev->n; j++)
			append(text, " 0x%x", dev->sids[j]);
		append(text, " ssid_bits %u%s%s\n", dev->ssid_bits, dev->ats ? " ats" : "",
		       dev->ats_required ? " ats_required" : "");
	}
}

/* What the file `machine` in debugfs prints is what the machine is */
static void prints_its_row(struct kunit *test)
{
	char *text = kunit_kzalloc(test, TEXT, GFP_KERNEL);
	char *printed = kunit_kzalloc(test, TEXT, GFP_KERNEL);
	struct seq_file s = { .buf = printed, .size = TEXT };
	struct gallery *g;

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_NOT_NULL(test, printed);
	g = open_gallery(test);
	add_devices(g);
	print_row(g, text);
	smmu_debugfs_machine(&s, rig_iommu(g->smmu));
	KUNIT_EXPECT_STREQ(test, text, printed);
	close_gallery(g);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(agrees_with_its_log, logged_gen_params),
	KUNIT_CASE_PARAM(comes_up, row_gen_params),
	KUNIT_CASE_PARAM(prints_its_row, driven_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_machines", .test_cases = cases };
kunit_test_suite(suite);
