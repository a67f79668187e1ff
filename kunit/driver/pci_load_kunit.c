// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI devices are reset, unplugged and pulled out while all of them do DMA through ATCs and pages
 * are unmapped at the same time. Whatever happens to a device: when an unmap has returned, no
 * device reaches the page.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "drv/domain.h"
#include "hw/device.h"
#include "driver/pci_rig.h"

#define PAGES		8
#define ROUNDS		12
#define SSID		9
#define BASE		0x40000000ULL
#define SEED		20261121

/**
 * struct page_state - a page of the domain
 * @seq: odd while the page changes
 * @pa: address that the page is mapped to, 0 for none
 */
struct page_state {
	u32 seq;
	u64 pa;
};

static struct load {
	struct pci_rig *p;
	struct iommu_domain *domain;
	struct page_state page[PAGES];
	struct rig_wrong wrong;
	atomic64_t unmaps;
	atomic64_t hits;
	atomic64_t nowhere;
} load;

static u64 iova_of(u32 i)
{
	return BASE + i * SZ_2M;
}

static void change(u32 i, u32 generation)
{
	struct page_state *page = &load.page[i];
	u64 pa = 0x100000000ULL + (u64)generation * SZ_4K;

	WRITE_ONCE(page->seq, page->seq + 1);
	smp_mb(); /* an access that begins from here on knows of the change */
	if (page->pa) {
		if (iommu_unmap(load.domain, iova_of(i), SZ_4K) != SZ_4K)
			rig_wrong(&load.wrong, "page %u is not unmapped", i);
		WRITE_ONCE(page->pa, 0);
		atomic64_inc(&load.unmaps);
	} else if (!iommu_map(load.domain, iova_of(i), pa, SZ_4K, IOMMU_READ, GFP_KERNEL)) {
		WRITE_ONCE(page->pa, pa);
	}
	smp_mb(); /* @pa is written before @seq says that it is steady */
	WRITE_ONCE(page->seq, page->seq + 1);
}

static int mapper(void *data)
{
	struct rnd_state rnd;
	u32 generation = 0;

	prandom_seed_state(&rnd, SEED);
	while (!kthread_should_stop()) {
		change(prandom_u32_state(&rnd) % PAGES, ++generation);
		cond_resched();
	}
	return 0;
}

/* An access of any device, with a PASID or without; at any time it may reach nothing */
static void one_access(struct rnd_state *rnd)
{
	u32 slot = prandom_u32_state(rnd) % PCI_SLOTS, i = prandom_u32_state(rnd) % PAGES;
	bool pasid = slot == FULL && prandom_u32_state(rnd) % 2;
	struct model_access a = { .iova = iova_of(i), .ssv = pasid, .ssid = pasid ? SSID : 0 };
	struct page_state *page = &load.page[i];
	u32 seq = READ_ONCE(page->seq);
	u64 pa;

	smp_mb(); /* pairs with change() */
	pa = READ_ONCE(page->pa);
	if (fabric_access(load.p->f, slot, &a)) {
		atomic64_inc(&load.nowhere);
		return;
	}
	smp_mb(); /* pairs with change() */
	if (seq & 1 || READ_ONCE(page->seq) != seq)
		return;
	/* the device is in the identity domain, between two attachments */
	if (a.pa == iova_of(i))
		return;
	if (a.pa == pa && pa)
		atomic64_inc(&load.hits);
	else
		rig_wrong(&load.wrong,
			  "slot %u, PASID %u, page %u: 0x%llx instead of 0x%llx%s", slot, a.ssid,
			  i, a.pa, pa, a.ats ? ", with ATS" : "");
}

static int device(void *data)
{
	struct rnd_state rnd;
	u32 i;

	prandom_seed_state(&rnd, SEED + (unsigned long)data);
	for (i = 0; !kthread_should_stop(); i++) {
		one_access(&rnd);
		if (!(i % 64))
			cond_resched();
	}
	return 0;
}

static void join(struct kunit *test, u32 slot)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(load.domain, load.p->group[slot]));
	if (slot == FULL)
		KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(load.domain,
								   &load.p->pdev[slot]->dev,
								   SSID, NULL));
}

static void leave(u32 slot)
{
	if (slot == FULL)
		iommu_detach_device_pasid(load.domain, &load.p->pdev[slot]->dev, SSID);
	iommu_detach_group(load.domain, load.p->group[slot]);
}

static void reset(struct kunit *test, u32 slot)
{
	KUNIT_EXPECT_EQ(test, 0, pci_reset_function(load.p->pdev[slot]));
}

static void eject(struct kunit *test, u32 slot)
{
	struct pci_rig *p = load.p;

	leave(slot);
	pci_rig_let_go(p, slot);
	fabric_unplug(p->f, slot);
	fabric_rescan(p->f);
	pci_rig_take(test, p, slot);
	join(test, slot);
}

/*
 * Pull a device out: from one moment to the next its config space is gone and it answers no
 * ATC_INV.
 */
static void pull(struct kunit *test, u32 slot)
{
	struct pci_rig *p = load.p;

	pci_rig_silence(p, slot);
	fabric_pull(p->f, slot);
	usleep_range(500, 2000);
	leave(slot);
	pci_rig_let_go(p, slot);
	fabric_unplug(p->f, slot);
	model_inject(p->smmu->model, &(struct model_inject) {});
	fabric_rescan(p->f);
	pci_rig_take(test, p, slot);
	join(test, slot);
}

struct event {
	const char *name;
	void (*fn)(struct kunit *test, u32 slot);
};

static const struct event events[] = {
	{ "reset", reset }, { "ejected", eject }, { "pulled out", pull },
};

KUNIT_ARRAY_PARAM_DESC(event, events, name);

static void under_load(struct kunit *test)
{
	const struct event *event = test->param_value;
	struct task_struct *task[3];
	struct rnd_state rnd;
	u32 i, slot;

	memset(&load, 0, sizeof(load));
	load.p = pci_rig_new(test, 0);
	load.domain = iommu_paging_domain_alloc(&load.p->pdev[FULL]->dev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, load.domain);
	for (slot = 0; slot < PCI_SLOTS; slot++)
		join(test, slot);
	rig_hush(load.p->rig);
	for (i = 0; i < ARRAY_SIZE(task); i++) {
		task[i] = kthread_run(i ? device : mapper, (void *)(unsigned long)i,
				      "pci-load/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task[i]));
	}
	prandom_seed_state(&rnd, SEED);
	for (i = 0; i < ROUNDS; i++) {
		usleep_range(500, 2000);
		event->fn(test, prandom_u32_state(&rnd) % PCI_SLOTS);
	}
	for (i = 0; i < ARRAY_SIZE(task); i++)
		kthread_stop(task[i]);
	rig_unhush(load.p->rig);
	flush_delayed_work(&rig_iommu(load.p->smmu)->recover);

	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&load.wrong.count), "%s", load.wrong.first);
	KUNIT_EXPECT_GT(test, atomic64_read(&load.hits), 100);
	KUNIT_EXPECT_GT(test, atomic64_read(&load.unmaps), 100);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(load.p->smmu)->smmu));
	rig_check(test, load.p->rig);
	/*
	 * in the end every device is there again; an attach brings back those that have failed ATS
	 */
	for (i = 0; i < PAGES; i++)
		if (load.page[i].pa)
			change(i, 0);
	change(0, 1);
	for (slot = 0; slot < PCI_SLOTS; slot++) {
		struct model_access a = { .iova = iova_of(0) };

		leave(slot);
		join(test, slot);
		KUNIT_EXPECT_EQ(test, 0, fabric_access(load.p->f, slot, &a));
		KUNIT_EXPECT_EQ(test, load.page[0].pa, a.pa);
		leave(slot);
	}
	iommu_domain_free(load.domain);
	kunit_info(test, "%lld unmaps, %lld accesses went somewhere, %lld nowhere\n",
		   atomic64_read(&load.unmaps), atomic64_read(&load.hits),
		   atomic64_read(&load.nowhere));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(under_load, event_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_pci_load", .test_cases = cases };
kunit_test_suite(suite);
