// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep of the whole machine: devices of all kinds before and after, what changes meanwhile, stale
 * caches, and registers that hold anything. Sleep of SMMUs and devices that do not do as told is in
 * sleep_errors_kunit.c.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/pm_wakeup.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>

#include "drv/ats_pci.h"
#include "drv/master.h"
#include "drv/sleep.h"
#include "drv/streams.h"
#include "hw/recordq.h"
#include "driver/msi.h"
#include "driver/nest.h"
#include "driver/pci_rig.h"
#include "driver/sleep.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL
#define PA2	0x23456000ULL
#define SSID	5

enum way { BY_S1, BY_S2, BY_IDENTITY, BY_BLOCKED, BY_PASID, BY_NESTED, WAYS };

/**
 * struct world - a device that is attached in some way
 * @n: the machine, and all of a nested domain
 * @domain: what it is attached to
 * @way: how
 * @goes_to: where its access goes
 */
struct world {
	struct nest n;
	struct iommu_domain *domain;
	enum way way;
	u64 goes_to;
};

static const struct night {
	const char *name;
	enum way way;
	bool ats;
	enum sleep_kind kind;
	enum rig_insertion insertion;
} nights[] = {
	{ "stage 1, idle", BY_S1, false, SLEEP_IDLE, RIG_LOCK },
	{ "stage 1, RAM", BY_S1, false, SLEEP_RAM, RIG_LOCK },
	{ "stage 1, RAM, combine", BY_S1, false, SLEEP_RAM, RIG_COMBINE },
	{ "stage 1, disk", BY_S1, false, SLEEP_DISK, RIG_COMBINE },
	{ "stage 1 with ATS, idle", BY_S1, true, SLEEP_IDLE, RIG_COMBINE },
	{ "stage 1 with ATS, RAM", BY_S1, true, SLEEP_RAM, RIG_LOCK },
	{ "stage 1 with ATS, disk", BY_S1, true, SLEEP_DISK, RIG_LOCK },
	{ "stage 2, RAM", BY_S2, false, SLEEP_RAM, RIG_LOCK },
	{ "stage 2 with ATS, disk", BY_S2, true, SLEEP_DISK, RIG_COMBINE },
	{ "identity, RAM", BY_IDENTITY, false, SLEEP_RAM, RIG_LOCK },
	{ "blocked, RAM", BY_BLOCKED, false, SLEEP_RAM, RIG_LOCK },
	{ "blocked, disk", BY_BLOCKED, false, SLEEP_DISK, RIG_LOCK },
	{ "PASID, RAM", BY_PASID, false, SLEEP_RAM, RIG_COMBINE },
	{ "PASID with ATS, disk", BY_PASID, true, SLEEP_DISK, RIG_LOCK },
	{ "nested, RAM", BY_NESTED, false, SLEEP_RAM, RIG_LOCK },
	{ "nested, disk", BY_NESTED, false, SLEEP_DISK, RIG_LOCK },
	{ "nested with ATS, idle", BY_NESTED, true, SLEEP_IDLE, RIG_COMBINE },
	{ "nested with ATS, RAM", BY_NESTED, true, SLEEP_RAM, RIG_COMBINE },
};

KUNIT_ARRAY_PARAM_DESC(night, nights, name);

static struct iommu_domain *mapped(struct kunit *test, struct rig_device *d, u64 pa)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	return domain;
}

static void make(struct kunit *test, struct world *w, const struct night *night)
{
	struct rig *rig = rig_new(test);
	struct rig_device *d;
	struct model_config cfg;

	*w = (struct world) { .way = night->way, .goes_to = PA };
	nest_config(&cfg, true);
	rig->insertion = night->insertion;
	rig->atc = night->ats;
	rig->ssid_bits = NEST_PASID_BITS;
	if (night->way == BY_NESTED) {
		nest_make_on(test, &w->n, rig, rig_smmu(test, rig, 0, &cfg));
		w->domain = guest_s1(test, w->n.g, w->n.t, night->ats);
		w->goes_to = NEST_PA;
		KUNIT_ASSERT_EQ(test, 0, rig_attach(w->n.d, w->domain));
		return;
	}
	w->n.rig = rig;
	w->n.smmu = rig_smmu(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	w->n.d = d;
	w->domain = night->way == BY_S2 ? rig_domain_s2(test, d) : rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(w->domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	switch (night->way) {
	case BY_PASID:
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		KUNIT_ASSERT_EQ(test, 0, w->domain->ops->set_dev_pasid(w->domain, d->dev, SSID,
								       NULL));
		break;
	case BY_IDENTITY:
		w->goes_to = IOVA;
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		break;
	case BY_BLOCKED:
		w->goes_to = RIG_NOWHERE;
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
		break;
	default:
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, w->domain));
	}
}

static u64 dma(struct world *w)
{
	if (w->way == BY_PASID)
		return rig_access_ssid(w->n.rig, w->n.d, SSID, IOVA, false);
	return rig_access(w->n.rig, w->n.d, w->way == BY_NESTED ? NEST_VA : IOVA, false);
}

/* Unmap what the device accesses. Does it go nowhere from then on? */
static void unmap(struct kunit *test, struct world *w)
{
	if (w->way == BY_NESTED)
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(w->n.parent, NEST_IPA, SZ_4K));
	else
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(w->domain, IOVA, SZ_4K));
	if (w->way != BY_IDENTITY && w->way != BY_BLOCKED)
		w->goes_to = RIG_NOWHERE;
}

static void leave(struct kunit *test, struct world *w)
{
	struct iommu_domain *blocked = &smmu_blocked_domain;

	if (w->way == BY_PASID)
		KUNIT_EXPECT_EQ(test, 0, blocked->ops->set_dev_pasid(blocked, w->n.d->dev, SSID,
								     w->domain));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(w->n.d, &smmu_identity_domain));
	iommu_domain_free(w->domain);
	if (w->way == BY_NESTED)
		nest_free(test, &w->n);
}

/*
 * DMA goes on after each sleep as before it, and is refused from before the power goes until the
 * SMMU has its tables. Invalidations work afterwards.
 */
static void goes_on(struct kunit *test)
{
	const struct night *night = test->param_value;
	struct sleep_regs regs;
	struct world w;
	bool ats;
	u32 i;

	make(test, &w, night);
	sleep_regs_read(w.n.smmu, &regs);
	ats = w.n.d->ats;
	KUNIT_EXPECT_EQ(test, night->ats && night->way != BY_IDENTITY && night->way != BY_BLOCKED,
			ats);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
		sleep_down(w.n.rig);
		KUNIT_EXPECT_FALSE(test, w.n.d->ats);
		KUNIT_EXPECT_EQ(test, 0, model_read(w.n.smmu->model, SMMU_CR0ACK, 4));
		KUNIT_EXPECT_EQ(test, 0, model_read(w.n.smmu->model, SMMU_IRQ_CTRLACK, 4));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, dma(&w));
		sleep_through(w.n.rig, night->kind);
		sleep_up_first(w.n.rig);
		/* another kernel's ATS does not help the device */
		KUNIT_EXPECT_EQ(test, w.n.d->ats ? RIG_NOWHERE : w.goes_to, dma(&w));
		sleep_up_then(w.n.rig);
		KUNIT_EXPECT_EQ(test, ats, w.n.d->ats);
		KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
		sleep_regs_same(test, w.n.smmu, &regs);
	}
	KUNIT_EXPECT_FALSE(test, w.n.rig->retry_ms);
	/* errors of another kernel are none of this one */
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig_iommu(w.n.smmu)->smmu.gerrors));
	unmap(test, &w);
	KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
	leave(test, &w);
}

/*
 * No phase of sleep takes memory, so none can fail for want of it: the devices that memory is
 * written out to sleep already, and their interrupts are off.
 */
static void takes_no_memory(struct kunit *test)
{
	const struct night *night = test->param_value;
	struct world w;
	bool ats;

	make(test, &w, night);
	ats = w.n.d->ats;
	rig_alloc_begin(1);
	sleep_down(w.n.rig);
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	sleep_through(w.n.rig, night->kind);
	rig_alloc_begin(1);
	sleep_up_first(w.n.rig);
	sleep_up_then(w.n.rig);
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	KUNIT_EXPECT_EQ(test, ats, w.n.d->ats);
	KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
	unmap(test, &w);
	KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
	leave(test, &w);
}

/*
 * What is unmapped while the SMMU sleeps is gone when it awakes, although every cache has kept it.
 * The unmap waits for nothing.
 */
static void unmapped_asleep(struct kunit *test)
{
	const struct night *night = test->param_value;
	struct world w;
	u64 began;

	make(test, &w, night);
	KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
	sleep_down(w.n.rig);
	began = model_now();
	unmap(test, &w);
	KUNIT_EXPECT_EQ(test, began, model_now());
	sleep_through(w.n.rig, night->kind);
	sleep_up_first(w.n.rig);
	if (!w.n.d->ats)
		KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
	sleep_up_then(w.n.rig);
	KUNIT_EXPECT_EQ(test, w.goes_to, dma(&w));
	leave(test, &w);
}

static const struct other {
	const char *name;
	bool ats;
	enum sleep_kind kind;
} others[] = {
	{ "idle", false, SLEEP_IDLE },
	{ "RAM", false, SLEEP_RAM },
	{ "ATS, RAM", true, SLEEP_RAM },
	{ "ATS, disk", true, SLEEP_DISK },
};

KUNIT_ARRAY_PARAM_DESC(other, others, name);

/* Devices change domains, come and go while the SMMU sleeps; none gets ATS before it awakes */
static void attached_asleep(struct kunit *test)
{
	const struct other *other = test->param_value;
	struct rig *rig = rig_new(test);
	struct rig_device *d, *e, *f, *gone;
	struct iommu_domain *a, *b;

	rig_smmu(test, rig, 0, NULL);
	rig->atc = other->ats;
	d = rig_device(test, rig, 0);
	e = rig_device(test, rig, 0);
	gone = rig_device(test, rig, 0);
	a = mapped(test, d, PA);
	b = mapped(test, d, PA2);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(gone, a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, gone, IOVA, false));

	sleep_down(rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, b));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(e, a));
	f = rig_device(test, rig, 0);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(f, b));
	rig_remove(gone);
	KUNIT_EXPECT_FALSE(test, d->ats || e->ats || f->ats);
	sleep_through(rig, other->kind);
	gone->ats = false;
	sleep_up_first(rig);
	sleep_up_then(rig);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, e, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(rig, f, IOVA, false));
	KUNIT_EXPECT_EQ(test, other->ats, d->ats);
	KUNIT_EXPECT_EQ(test, other->ats, e->ats);
	KUNIT_EXPECT_EQ(test, other->ats, f->ats);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(b, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, f, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(e, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(f, &smmu_identity_domain));
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* The PM core calls the sleep off when ATS is off in the devices: it goes on again */
static void called_off(struct kunit *test)
{
	const struct night night = { .way = BY_S1, .ats = true, .insertion = RIG_LOCK };
	struct world w;

	make(test, &w, &night);
	KUNIT_EXPECT_EQ(test, PA, dma(&w));
	KUNIT_EXPECT_EQ(test, 0, smmu_sleep_late(w.n.smmu->dev));
	KUNIT_EXPECT_FALSE(test, w.n.d->ats);
	KUNIT_EXPECT_EQ(test, PA, dma(&w));
	sleep_up_then(w.n.rig);
	KUNIT_EXPECT_TRUE(test, w.n.d->ats);
	KUNIT_EXPECT_EQ(test, PA, dma(&w));
	unmap(test, &w);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, dma(&w));
	leave(test, &w);
}

/*
 * From the driver's last write before sleep to its first after it GBPA decides. In between nothing
 * passes untranslated: not before all of the SMMU is off, and not while it is programmed anew.
 */
static void nothing_untranslated(struct kunit *test)
{
	const struct night night = { .way = BY_S1, .insertion = RIG_COMBINE };
	struct model_access a = { .iova = IOVA };
	struct model_watch seen;
	struct world w;

	make(test, &w, &night);
	a.sid = w.n.d->sid;
	model_watch(w.n.smmu->model, &a);
	sleep_down(w.n.rig);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, dma(&w));
	rig_watched(test, w.n.smmu, PA, RIG_NOWHERE);
	sleep_through(w.n.rig, SLEEP_RAM);
	/* GBPA out of reset lets it pass: the driver can do nothing about that */
	KUNIT_EXPECT_EQ(test, IOVA, dma(&w));
	model_watch(w.n.smmu->model, &a);
	sleep_up_first(w.n.rig);
	sleep_up_then(w.n.rig);
	model_watched(w.n.smmu->model, &seen);
	model_watch(w.n.smmu->model, NULL);
	KUNIT_EXPECT_GT(test, seen.looks, 0);
	KUNIT_ASSERT_EQ(test, 3, seen.nr);
	KUNIT_EXPECT_EQ(test, IOVA, seen.pa[0]);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, seen.pa[1]);
	KUNIT_EXPECT_EQ(test, PA, seen.pa[2]);
	KUNIT_EXPECT_EQ(test, PA, dma(&w));
	leave(test, &w);
}

static u32 gbpa(struct machine_smmu *smmu)
{
	return model_read(smmu->model, SMMU_GBPA, 4);
}

static bool is_idle;

static bool is_idle_stub(struct smmu_iommu *iommu)
{
	return is_idle;
}

static const struct gbpa {
	const char *name;
	u32 found;
	enum sleep_kind kind;
	bool stays_on;
} gbpas[] = {
	{ "bypass, idle", 0x1130, SLEEP_IDLE },
	{ "bypass, RAM", 0x1130, SLEEP_RAM },
	{ "bypass, disk", 0x1130, SLEEP_DISK },
	{ "abort, RAM", GBPA_ABORT | 0x2010, SLEEP_RAM },
	{ "bypass, stays on, but the power goes", 0x1130, SLEEP_RAM, true },
};

KUNIT_ARRAY_PARAM_DESC(gbpa, gbpas, name);

/*
 * The acknowledge of SMMUEN = 0 does not say that transactions which had begun are over; a flush
 * that is complete says so (4.7.3). The memory may be another's before the machine is without
 * power.
 */
static void flushed_when_off(struct kunit *test)
{
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);

	KUNIT_ASSERT_NOT_NULL(test, stats);
	model_stats_reset(smmu->model);
	sleep_down(rig);
	model_stats(smmu->model, stats);
	KUNIT_EXPECT_GE(test, stats->cmds[CMD_TLBI_NSNH_ALL], 1);
	KUNIT_EXPECT_GE(test, stats->cmds[CMD_SYNC], 1);
	sleep_up_first(rig);
	sleep_up_then(rig);
}

/* When the driver leaves the SMMU, all of GBPA is what it was, although the machine has slept */
static void gbpa_stays(struct kunit *test)
{
	const struct gbpa *g = test->param_value;
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);

	device_release_driver(smmu->dev);
	model_write(smmu->model, SMMU_GBPA, 4, g->found | GBPA_UPDATE);
	while (gbpa(smmu) & GBPA_UPDATE)
		;
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	is_idle = g->stays_on;
	kunit_activate_static_stub(test, smmu_sleep_is_idle, is_idle_stub);
	if (g->stays_on)
		KUNIT_ASSERT_EQ(test, 0, device_init_wakeup(rig_device(test, rig, 0)->dev, true));
	sleep_once(rig, g->kind);
	KUNIT_EXPECT_EQ(test, g->found | GBPA_ABORT, gbpa(smmu));
	sleep_once(rig, g->kind);
	device_release_driver(smmu->dev);
	while (gbpa(smmu) & GBPA_UPDATE)
		;
	KUNIT_EXPECT_EQ(test, g->found, gbpa(smmu));
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
}

static const enum rig_insertion insertions[] = { RIG_LOCK, RIG_COMBINE };

static void insertion_desc(const enum rig_insertion *i, char *desc)
{
	strscpy(desc, *i == RIG_LOCK ? "lock" : "combine", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(insertion, insertions, insertion_desc);

/* Positions of the command queue go on: it wraps several times, and sleeps come at any place */
static void positions(struct kunit *test)
{
	const struct night night = {
		.way = BY_S1, .insertion = *(const enum rig_insertion *)test->param_value,
	};
	struct world w;
	u32 i, j;

	make(test, &w, &night);
	unmap(test, &w);
	for (i = 0; i < 40; i++) {
		for (j = 0; j < 3 * i; j++) {
			KUNIT_ASSERT_EQ(test, 0, iommu_map(w.domain, IOVA, PA, SZ_4K, IOMMU_READ,
							   GFP_KERNEL));
			KUNIT_EXPECT_EQ(test, PA, dma(&w));
			unmap(test, &w);
			KUNIT_ASSERT_EQ(test, RIG_NOWHERE, dma(&w));
		}
		sleep_once(w.n.rig, i % (SLEEP_DISK + 1));
		/* nothing of before is in the queue */
		KUNIT_EXPECT_EQ(test, 0, model_pending(w.n.smmu->model));
	}
	leave(test, &w);
}

/* Events that were recorded before the SMMU fell asleep are reported, and those after it, too */
static void events(struct kunit *test)
{
	const struct night night = { .way = BY_BLOCKED };
	struct smmu_recordq *q;
	struct world w;

	make(test, &w, &night);
	q = &rig_iommu(w.n.smmu)->smmu.evtq;
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(w.n.smmu->model,
						    &(struct model_access) { .sid = 0xfff0 }));
	KUNIT_EXPECT_EQ(test, 0, q->records);
	sleep_down(w.n.rig);
	KUNIT_EXPECT_EQ(test, 1, q->records);
	sleep_through(w.n.rig, SLEEP_DISK);
	/* the registers of the queue hold anything, and nobody takes records by them */
	smmu_evtq_drain(&rig_iommu(w.n.smmu)->smmu);
	KUNIT_EXPECT_EQ(test, 1, q->records);
	sleep_up_first(w.n.rig);
	sleep_up_then(w.n.rig);
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(w.n.smmu->model,
						    &(struct model_access) { .sid = 0xfff0 }));
	smmu_evtq_drain(&rig_iommu(w.n.smmu)->smmu);
	KUNIT_EXPECT_EQ(test, 2, q->records);
	KUNIT_EXPECT_EQ(test, 0, q->overflows);
	leave(test, &w);
}

/* A message may change while the registers cannot be written: a CPU goes offline */
static void move_msi(struct kunit *test, struct msis *m, u32 irq, u32 index)
{
	struct irq_data *data = irq_get_irq_data(irq);
	u64 addr = virt_to_phys(&m->word[MSIS + index]);
	struct msi_msg msg = {
		.address_hi = upper_32_bits(addr),
		.address_lo = lower_32_bits(addr),
		.data = MSI_DATA + MSIS + index,
	};

	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_ASSERT_NOT_NULL(test, data->chip->irq_write_msi_msg);
	data->chip->irq_write_msi_msg(data, &msg);
}

static void msis_anew(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct smmu_device *smmu;
	struct model_config cfg;
	struct msis *m;

	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI | IDR0_PRI;
	FIELD_MODIFY(IDR1_PRIQS, &cfg.idr[1], 5);
	m = msi_platform(test, rig_smmu_irq(test, rig, 0, &cfg));
	KUNIT_ASSERT_EQ(test, 1, device_attach(m->smmu->dev));
	smmu = &rig_iommu(m->smmu)->smmu;
	KUNIT_ASSERT_TRUE(test, smmu->msi);

	sleep_down(rig);
	sleep_through(rig, SLEEP_DISK);
	move_msi(test, m, smmu->irq_gerror, MSI_GERROR);
	sleep_up_first(rig);
	sleep_up_then(rig);
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(m->smmu->model,
						    &(struct model_access) { .sid = 0xfff0 }));
	KUNIT_EXPECT_EQ(test, MSI_DATA + MSI_EVENT, READ_ONCE(m->word[MSI_EVENT]));
	model_raise(m->smmu->model, GERROR_MSI_EVENTQ_ABT_ERR);
	KUNIT_EXPECT_EQ(test, 0, READ_ONCE(m->word[MSI_GERROR]));
	KUNIT_EXPECT_EQ(test, MSI_DATA + MSIS + MSI_GERROR,
			READ_ONCE(m->word[MSIS + MSI_GERROR]));
	KUNIT_EXPECT_EQ(test, 0, model_page_request(m->smmu->model, &(struct model_page_request) {
				.sid = 0x42, .last = true, .read = true }));
	KUNIT_EXPECT_EQ(test, MSI_DATA + MSI_PRI, READ_ONCE(m->word[MSI_PRI]));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->evtq.irq));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->irq_gerror));
	KUNIT_EXPECT_EQ(test, 0, generic_handle_irq_safe(smmu->priq.irq));
}

/* Without MSIs the registers for them hold anything, too: an MSI must not go there */
static void no_msis(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;
	char text[80];

	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI;
	smmu = rig_smmu(test, rig, 0, &cfg);
	sleep_once(rig, SLEEP_RAM);
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(smmu->model,
						    &(struct model_access) { .sid = 0xfff0 }));
	KUNIT_EXPECT_EQ(test, 0, model_violation(smmu->model, text, sizeof(text)));
}

static const struct device_link *link_to(struct device *dev, struct device *smmu)
{
	const struct device_link *link;

	list_for_each_entry(link, &dev->links.suppliers, c_node)
		if (link->supplier == smmu)
			return link;
	return NULL;
}

static u32 consumers(struct device *smmu)
{
	return list_count_nodes(&smmu->links.consumers);
}

static bool yes_alias(const struct smmu_master *master)
{
	return true;
}

static bool yes_required(struct smmu_master *master)
{
	return true;
}

/* A device that does not work without ATS, and has aliases, gets no IOMMU */
static void plug_what_is_refused(struct kunit *test, struct pci_rig *p)
{
	kunit_activate_static_stub(test, smmu_streams_has_aliases, yes_alias);
	kunit_activate_static_stub(test, smmu_ats_pci_required, yes_required);
	fabric_rescan(p->f);
	fabric_unplug(p->f, FULL);
	kunit_deactivate_static_stub(test, smmu_streams_has_aliases);
	kunit_deactivate_static_stub(test, smmu_ats_pci_required);
}

/*
 * Devices are linked to their SMMU. The link binds no drivers, and goes with the device. A device
 * of the device tree has one already, which stays. PCI devices have none of their own: each holds
 * that of their host bridge, which sleeps after them.
 */
static void linked(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct device *smmu = p->smmu->dev;
	struct rig_device *d = rig_device(test, p->rig, 0);
	struct device *bridge = &pci_find_host_bridge(p->pdev[FULL]->bus)->dev;
	const struct device_link *link = link_to(d->dev, smmu);
	u32 i, n = consumers(smmu), held;

	KUNIT_ASSERT_NOT_NULL(test, link);
	KUNIT_EXPECT_TRUE(test, link->flags & DL_FLAG_STATELESS);
	for (i = 0; i < PCI_SLOTS; i++)
		KUNIT_EXPECT_NULL(test, link_to(&p->pdev[i]->dev, smmu));
	link = link_to(bridge, smmu);
	KUNIT_ASSERT_NOT_NULL(test, link);
	KUNIT_EXPECT_EQ(test, DL_FLAG_STATELESS, link->flags);
	held = kref_read(&link->kref);
	KUNIT_EXPECT_GE(test, held, PCI_SLOTS);
	rig_remove(d);
	KUNIT_EXPECT_EQ(test, n - 1, consumers(smmu));
	pci_rig_let_go(p, FULL);
	fabric_unplug(p->f, FULL);
	KUNIT_EXPECT_EQ(test, held - 1, kref_read(&link->kref));
	plug_what_is_refused(test, p);
	KUNIT_EXPECT_EQ(test, held - 1, kref_read(&link->kref));
	fabric_rescan(p->f);
	pci_rig_take(test, p, FULL);
	KUNIT_EXPECT_EQ(test, held, kref_read(&link->kref));
	for (i = 0; i < PCI_SLOTS; i++) {
		KUNIT_ASSERT_PTR_EQ(test, link, link_to(bridge, smmu));
		pci_rig_let_go(p, i);
		fabric_unplug(p->f, i);
	}
	KUNIT_EXPECT_EQ(test, n - 2, consumers(smmu));
}

/* Endpoints of a real PCI core: what config space holds after a sleep, and ATS */
static void pci(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);
	u16 ctrl = 0;
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
	for (i = 0; i <= SLEEP_DISK; i++) {
		sleep_down(p->rig);
		KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
		KUNIT_EXPECT_FALSE(test, p->pdev[FULL]->ats_enabled);
		/* the PCI core does what it does after it has given the device power */
		KUNIT_EXPECT_EQ(test, 0, pci_save_state(p->pdev[FULL]));
		sleep_through(p->rig, i);
		if (i == SLEEP_RAM)
			fabric_lose_power(p->f, FULL);
		if (i == SLEEP_DISK) {
			fabric_set_ats(p->f, FULL);
			fabric_set_ats(p->f, ATS_ONLY);
		}
		sleep_up_first(p->rig);
		pci_restore_state(p->pdev[FULL]);
		if (i == SLEEP_DISK)
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
		sleep_up_then(p->rig);
		KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
		KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
	}
	/* this one had ATS only with the other kernel; VFs rely on its unit */
	pci_read_config_word(p->pdev[ATS_ONLY], p->pdev[ATS_ONLY]->ats_cap + PCI_ATS_CTRL, &ctrl);
	KUNIT_EXPECT_EQ(test, 0, ctrl);
	iommu_detach_group(domain, p->group[FULL]);
	iommu_domain_free(domain);
}

static const struct waker {
	const char *name;
	bool may_wake;
	bool to_idle;
	bool lost;
} wakers[] = {
	{ "idle, may wake", true, true, false },
	{ "idle, may wake, but the power goes", true, true, true },
	{ "idle, may not wake", false, true, false },
	{ "RAM, may wake", true, false, true },
};

KUNIT_ARRAY_PARAM_DESC(waker, wakers, name);

/*
 * The MSI of a device that may wake the machine from suspend to idle gets through its SMMU. If the
 * power goes all the same, the SMMU comes back as ever.
 */
static void wakes(struct kunit *test)
{
	const struct night night = { .way = BY_S1, .ats = true, .insertion = RIG_COMBINE };
	const struct waker *waker = test->param_value;
	bool stays = waker->may_wake && waker->to_idle;
	struct sleep_regs regs;
	struct world w;
	u32 i;

	make(test, &w, &night);
	KUNIT_ASSERT_EQ(test, 0, device_init_wakeup(w.n.d->dev, waker->may_wake));
	is_idle = waker->to_idle;
	kunit_activate_static_stub(test, smmu_sleep_is_idle, is_idle_stub);
	sleep_regs_read(w.n.smmu, &regs);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, PA, dma(&w));
		sleep_down(w.n.rig);
		KUNIT_EXPECT_FALSE(test, w.n.d->ats);
		KUNIT_EXPECT_EQ(test, stays ? PA : RIG_NOWHERE, dma(&w));
		if (waker->lost)
			sleep_through(w.n.rig, SLEEP_RAM);
		sleep_up_first(w.n.rig);
		KUNIT_EXPECT_EQ(test, PA, dma(&w));
		sleep_up_then(w.n.rig);
		KUNIT_EXPECT_TRUE(test, w.n.d->ats);
		KUNIT_EXPECT_EQ(test, PA, dma(&w));
		sleep_regs_same(test, w.n.smmu, &regs);
	}
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig_iommu(w.n.smmu)->shuts));
	unmap(test, &w);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, dma(&w));
	device_init_wakeup(w.n.d->dev, false);
	leave(test, &w);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(goes_on, night_gen_params),
	KUNIT_CASE_PARAM(takes_no_memory, night_gen_params),
	KUNIT_CASE_PARAM(unmapped_asleep, night_gen_params),
	KUNIT_CASE_PARAM(attached_asleep, other_gen_params),
	KUNIT_CASE(called_off),
	KUNIT_CASE(nothing_untranslated),
	KUNIT_CASE(flushed_when_off),
	KUNIT_CASE_PARAM(gbpa_stays, gbpa_gen_params),
	KUNIT_CASE_PARAM(positions, insertion_gen_params),
	KUNIT_CASE(events),
	KUNIT_CASE(msis_anew),
	KUNIT_CASE(no_msis),
	KUNIT_CASE_PARAM(wakes, waker_gen_params),
	KUNIT_CASE(linked),
	KUNIT_CASE(pci),
	{}
};

static struct kunit_suite suite = { .name = "smmu_sleep", .test_cases = cases };
kunit_test_suite(suite);
