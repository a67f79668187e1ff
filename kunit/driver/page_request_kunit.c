// SPDX-License-Identifier: GPL-2.0-only
/*
 * PRI: devices that ask for pages, and handlers that answer. Each group has one answer, with the
 * PASID that the device expects, whatever the device, the handler or the queue does: the model has
 * a violation for an answer that nobody waits for, and config space one for what software must not
 * do to PRI.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>
#include <smmuv3/ste.h>

#include "iommu-priv.h"
#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/gate.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/params.h"
#include "drv/pri.h"
#include "hw/issue.h"
#include "hw/recordq.h"
#include "hw/strtab.h"
#include "driver/page_request.h"
#include "driver/sleep.h"

#define SSID	3

static struct smmu_master *master_of(struct asker *a, u32 slot)
{
	return dev_iommu_priv_get(&a->p->pdev[slot]->dev);
}

/* The device asks, and user space keeps this group and those that follow */
static void hold_one(struct kunit *test, struct asker *a, u32 slot,
		     struct model_page_request *held)
{
	asker_seen.hold = true;
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, slot, held));
	asker_drain(a);
}

struct kind {
	const char *name;
	u32 slot;
	u32 ssid;
};

static const struct kind kinds[] = {
	{ "PASID, which the answer has", WANTS, SSID },
	{ "PASID, which the answer does not have", BARE, SSID },
	{ "RID", WANTS, 0 },
	{ "RID of the other device", BARE, 0 },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static int enter(struct asker *a, const struct kind *k, struct iommu_domain *domain)
{
	int ret;

	if (k->ssid)
		return asker_set(a, k->slot, domain, k->ssid);
	ret = iommu_replace_group_handle(a->p->group[k->slot], domain, &a->handle[k->slot][0]);
	flush_work(&a->iommu->gates);
	return ret;
}

static void leave(struct asker *a, const struct kind *k, struct iommu_domain *domain)
{
	if (k->ssid)
		asker_unset(a, k->slot, domain, k->ssid);
	else
		iommu_detach_group_handle(domain, a->p->group[k->slot]);
}

/*
 * A group of three requests goes to the handler in one piece, and its answer to the device. PRI is
 * on while there is a handler, as struct pci_dev says, and off before ATS and afterwards.
 */
static void serves(struct kunit *test)
{
	const struct kind *k = test->param_value;
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, k->slot);
	struct pci_dev *pdev = a->p->pdev[k->slot];
	struct model_page_request r;
	u32 i, round;

	KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, k->slot));
	for (round = 0; round < 3; round++) {
		KUNIT_ASSERT_EQ(test, 0, enter(a, k, domain));
		KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, k->slot));
		KUNIT_EXPECT_TRUE(test, pdev->pri_enabled);
		KUNIT_EXPECT_EQ(test, pdev->pri_reqs_alloc, fabric_pri_reqs(a->p->f, k->slot));
		KUNIT_EXPECT_EQ(test, FABRIC_PRI_MAX, pdev->pri_reqs_alloc);
		for (i = 0; i < 3; i++) {
			r = asker_request(k->ssid, 0x1f1, i == 2);
			r.addr += i * PAGE_SIZE;
			r.write = i;
			r.exec = r.ssv && i == 1;
			r.priv = r.ssv && i == 2;
			KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, k->slot, &r));
			KUNIT_EXPECT_EQ(test, round, asker_seen.nr);
			if (i == 1)
				asker_drain(a);
		}
		asker_seen.code = round == 1 ? IOMMU_PAGE_RESP_FAILURE : IOMMU_PAGE_RESP_SUCCESS;
		asker_drain(a);
		KUNIT_EXPECT_EQ(test, round + 1, asker_seen.nr);
		KUNIT_ASSERT_EQ(test, 3, asker_seen.count);
		for (i = 0; i < 3; i++) {
			KUNIT_EXPECT_EQ(test, (PCI_RIG_IOVA & PAGE_MASK) + i * PAGE_SIZE,
					asker_seen.prm[i].addr);
			KUNIT_EXPECT_EQ(test, k->ssid, asker_seen.prm[i].pasid);
			KUNIT_EXPECT_EQ(test, IOMMU_FAULT_PERM_READ |
					(i ? IOMMU_FAULT_PERM_WRITE : 0) |
					(k->ssid && i == 1 ? IOMMU_FAULT_PERM_EXEC : 0) |
					(k->ssid && i == 2 ? IOMMU_FAULT_PERM_PRIV : 0),
					asker_seen.prm[i].perm);
		}
		/* one failure must not cost the device its PRI */
		KUNIT_EXPECT_EQ(test, round == 1 ? PRI_RESP_INVALID : PRI_RESP_SUCCESS,
				fabric_page_answer(a->p->f, k->slot, &r));
		KUNIT_EXPECT_EQ(test, 0, iommu_map(domain, r.addr, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, r.addr, SZ_4K));
		leave(a, k, domain);
		KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, k->slot));
		KUNIT_EXPECT_FALSE(test, pdev->pri_enabled);
		asker_fine(a);
	}
	KUNIT_EXPECT_EQ(test, 0, a->iommu->pri_credits);
	iommu_domain_free(domain);
}

/* STE.PPAR says what the device expects of automatic answers, in an STE with a CD table */
static void ppar(struct kunit *test)
{
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain[2];
	u32 i;

	for (i = WANTS; i <= BARE; i++) {
		const struct smmu_ste *ste;

		domain[i] = asker_domain(a, i);
		KUNIT_ASSERT_EQ(test, 0, asker_set(a, i, domain[i], SSID));
		ste = smmu_strtab_ste(&a->iommu->smmu, fabric_sid(a->p->f, i));
		KUNIT_EXPECT_EQ(test, i == WANTS, !!(le64_to_cpu(ste->w[1]) & BIT_ULL(18)));
		asker_unset(a, i, domain[i], SSID);
		iommu_domain_free(domain[i]);
	}
	asker_fine(a);
}

/*
 * The domain is left while user space has a group, and while one is in the queue. Both have an
 * answer when the detach returns. What user space says later goes nowhere, even when the device has
 * sent a new group with that index meanwhile.
 */
static void left_with_groups(struct kunit *test)
{
	const struct kind *k = test->param_value;
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, k->slot);
	struct model_page_request held = asker_request(k->ssid, 1, true);
	struct model_page_request queued = asker_request(k->ssid, 2, true);
	struct iopf_group *late;

	KUNIT_ASSERT_EQ(test, 0, enter(a, k, domain));
	hold_one(test, a, k->slot, &held);
	KUNIT_ASSERT_EQ(test, 1, asker_seen.nr_held);
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, k->slot, &queued));
	leave(a, k, domain);
	KUNIT_EXPECT_EQ(test, 1, asker_seen.nr);
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, fabric_page_answer(a->p->f, k->slot, &queued));
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, fabric_page_answer(a->p->f, k->slot, &held));
	KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, k->slot));

	KUNIT_ASSERT_EQ(test, 0, enter(a, k, domain));
	late = asker_seen.held[0];
	asker_seen.nr_held = 0;
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, k->slot, &held));
	asker_drain(a);
	KUNIT_ASSERT_EQ(test, 1, asker_seen.nr_held);
	iopf_group_response(late, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(late);
	KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, fabric_page_answer(a->p->f, k->slot, &held));
	asker_answer_held();
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, fabric_page_answer(a->p->f, k->slot, &held));
	leave(a, k, domain);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* One PASID leaves while another one has PRI: PRI stays on, and the other's group waits on */
static void one_of_two_leaves(struct kunit *test)
{
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, WANTS);
	struct model_page_request held = asker_request(1, 1, true);

	KUNIT_ASSERT_EQ(test, 0, asker_set(a, WANTS, domain, 1));
	KUNIT_ASSERT_EQ(test, 0, asker_set(a, WANTS, domain, 2));
	hold_one(test, a, WANTS, &held);
	asker_seen.hold = false;
	asker_unset(a, WANTS, domain, 2);
	KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, WANTS));
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, asker_ask(a, WANTS, 2, 2));
	KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, fabric_page_answer(a->p->f, WANTS, &held));
	asker_answer_held();
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, fabric_page_answer(a->p->f, WANTS, &held));
	asker_unset(a, WANTS, domain, 1);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* ATS stays on for the RID when the only PASID with a handler leaves, and PRI goes off */
static void ats_stays(struct kunit *test)
{
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, WANTS);
	struct iommu_domain *plain = pci_rig_mapped(test, a->p, WANTS, PA);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(plain, a->p->group[WANTS]));
	KUNIT_EXPECT_TRUE(test, fabric_ats(a->p->f, WANTS));
	KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, WANTS));
	KUNIT_ASSERT_EQ(test, 0, asker_set(a, WANTS, domain, SSID));
	KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, WANTS));
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, asker_ask(a, WANTS, 0, 1));
	asker_unset(a, WANTS, domain, SSID);
	KUNIT_EXPECT_TRUE(test, fabric_ats(a->p->f, WANTS));
	KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, WANTS));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(a->p, WANTS, 0) & PAGE_MASK);
	iommu_detach_group(plain, a->p->group[WANTS]);
	iommu_domain_free(plain);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* PASID 0 is not the RID, whose requests have no PASID */
static void pasid_zero(struct kunit *test)
{
	const struct kind k = { .slot = WANTS };
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, WANTS);
	struct model_page_request r = asker_request(0, 9, true);

	KUNIT_ASSERT_EQ(test, 0, enter(a, &k, domain));
	r.ssv = true;
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
	asker_drain(a);
	KUNIT_EXPECT_EQ(test, 0, asker_seen.nr);
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, fabric_page_answer(a->p->f, WANTS, &r));
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, 0, 9));
	leave(a, &k, domain);
	iommu_domain_free(domain);
	asker_fine(a);
}

static void open_never(struct smmu_iommu *iommu)
{
}

/*
 * The RID goes from one domain with a handler to another. Until the IOMMU core has noted the new
 * one, no request goes to either, and the device is told to ask again.
 */
static void replaced(struct kunit *test)
{
	const struct kind k = { .slot = WANTS };
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *one = asker_domain(a, WANTS), *two = asker_domain(a, WANTS);
	struct iommu_attach_handle second = {};

	KUNIT_ASSERT_EQ(test, 0, enter(a, &k, one));
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, 0, 1));
	KUNIT_EXPECT_PTR_EQ(test, one, asker_seen.domain);
	asker_seen.code = IOMMU_PAGE_RESP_INVALID;
	kunit_activate_static_stub(test, smmu_gate_open_later, open_never);
	KUNIT_ASSERT_EQ(test, 0, iommu_replace_group_handle(a->p->group[WANTS], two, &second));
	KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, WANTS));
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, 0, 2));
	KUNIT_EXPECT_EQ(test, 1, asker_seen.nr);
	smmu_gate_work(&a->iommu->gates);
	kunit_deactivate_static_stub(test, smmu_gate_open_later);
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, asker_ask(a, WANTS, 0, 3));
	KUNIT_EXPECT_PTR_EQ(test, two, asker_seen.domain);
	leave(a, &k, two);
	iommu_domain_free(one);
	iommu_domain_free(two);
	asker_fine(a);
}

/* A device that does not stop has its requests forgotten before PRI goes on again */
static void does_not_stop(struct kunit *test)
{
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, STUCK);
	u32 i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, asker_set(a, STUCK, domain, SSID));
		KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, STUCK));
		KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, STUCK, SSID, i));
		asker_unset(a, STUCK, domain, SSID);
	}
	iommu_domain_free(domain);
	asker_fine(a);
}

/*
 * A reset of the function, with a group in the hands of user space: PRI is off during the reset and
 * on after it, and what user space says of before goes nowhere
 */
static void function_reset(struct kunit *test)
{
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	struct model_page_request held = asker_request(SSID, 1, true);

	hold_one(test, a, WANTS, &held);
	asker_seen.hold = false;
	KUNIT_ASSERT_EQ(test, 0, pci_reset_function(a->p->pdev[WANTS]));
	KUNIT_EXPECT_EQ(test, 1, fabric_resets(a->p->f, WANTS));
	KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, WANTS));
	KUNIT_EXPECT_EQ(test, FABRIC_PRI_MAX, fabric_pri_reqs(a->p->f, WANTS));
	KUNIT_EXPECT_TRUE(test, a->p->pdev[WANTS]->pri_enabled);
	asker_answer_held();
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, SSID, 1));
	asker_unset(a, WANTS, domain, SSID);
	iommu_domain_free(domain);
	asker_fine(a);
}

/*
 * A reset after the last domain with a handler has gone, which had a group in the hands of user
 * space: the device has its answer before the reset
 */
static void left_and_reset(struct kunit *test)
{
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	struct model_page_request held = asker_request(SSID, 1, true);

	hold_one(test, a, WANTS, &held);
	asker_unset(a, WANTS, domain, SSID);
	KUNIT_ASSERT_EQ(test, 0, pci_reset_function(a->p->pdev[WANTS]));
	asker_answer_held();
	iommu_domain_free(domain);
	asker_fine(a);
}

/* The SMMU is shut and comes back; it sleeps and awakes. PRI goes off and on with ATS. */
static void away(struct kunit *test)
{
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	struct model_page_request held = asker_request(SSID, 1, true);
	u32 i;

	for (i = 0; i < 4; i++) {
		hold_one(test, a, WANTS, &held);
		asker_seen.hold = false;
		if (i & 1) {
			sleep_down(a->p->rig);
			KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, WANTS));
			KUNIT_EXPECT_FALSE(test, a->p->pdev[WANTS]->pri_enabled);
			sleep_through(a->p->rig, SLEEP_RAM);
			if (i & 2)
				fabric_lose_power(a->p->f, WANTS);
			sleep_up_first(a->p->rig);
			if (i & 2)
				pci_set_master(a->p->pdev[WANTS]);
			sleep_up_then(a->p->rig);
		} else {
			smmu_issue_shut(&a->iommu->smmu, "test");
			KUNIT_ASSERT_TRUE(test, rig_restart(a->p->rig, 0));
		}
		KUNIT_EXPECT_TRUE(test, fabric_ats(a->p->f, WANTS));
		KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, WANTS));
		fabric_page_answer(a->p->f, WANTS, &held);
		asker_answer_held();
		KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, SSID, 2));
	}
	asker_unset(a, WANTS, domain, SSID);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* The device is unplugged while user space has a group, and PRI is on */
static void unplugged(struct kunit *test)
{
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	struct model_page_request held = asker_request(SSID, 1, true);

	hold_one(test, a, WANTS, &held);
	pci_rig_let_go(a->p, WANTS);
	fabric_unplug(a->p->f, WANTS);
	KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, WANTS));
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, model_page_answer(a->model, &held));
	KUNIT_EXPECT_EQ(test, 0, a->iommu->pri_credits);
	iopf_free_group(asker_seen.held[0]);
	fabric_rescan(a->p->f);
	pci_rig_take(test, a->p, WANTS);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* A device that is cut off loses PRI with ATS */
static void cut_off(struct kunit *test)
{
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	struct smmu_master *master = master_of(a, WANTS);

	smmu_ats_cut_one(master, SMMU_CUT_SILENT);
	KUNIT_EXPECT_FALSE(test, fabric_ats(a->p->f, WANTS));
	KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, WANTS));
	smmu_master_lock(master);
	smmu_ats_fail_locked(master);
	smmu_master_unlock(master);
	KUNIT_EXPECT_FALSE(test, master->pri->on);
	KUNIT_EXPECT_EQ(test, 0, a->iommu->pri_credits);
	asker_unset(a, WANTS, domain, SSID);
	iommu_domain_free(domain);
	asker_fine(a);
}

/*
 * What all devices may have under way fits into the queue, with room for a Stop Marker. A device
 * for which nothing is left goes without PRI until somebody has given something back.
 */
static void credits(struct kunit *test)
{
	struct fabric_endpoint ep[FABRIC_ENDPOINTS];
	struct iommu_domain *domain[FABRIC_ENDPOINTS];
	u32 i, sum = 0, last = FABRIC_ENDPOINTS - 1;
	struct asker *a;

	for (i = 0; i < FABRIC_ENDPOINTS; i++)
		ep[i] = asker_endpoints[WANTS];
	a = asker_new_with(test, 3, ep, FABRIC_ENDPOINTS);
	for (i = 0; i < FABRIC_ENDPOINTS; i++) {
		domain[i] = asker_domain(a, i);
		KUNIT_ASSERT_EQ(test, 0, asker_set(a, i, domain[i], SSID));
		KUNIT_EXPECT_EQ(test, i != last, fabric_pri(a->p->f, i));
		if (fabric_pri(a->p->f, i))
			sum += fabric_pri_reqs(a->p->f, i);
	}
	KUNIT_EXPECT_EQ(test, 7, sum);
	asker_unset(a, 0, domain[0], SSID);
	asker_unset(a, last, domain[last], SSID);
	KUNIT_ASSERT_EQ(test, 0, asker_set(a, last, domain[last], SSID));
	KUNIT_EXPECT_TRUE(test, fabric_pri(a->p->f, last));
	for (i = 0; i < FABRIC_ENDPOINTS; i++) {
		if (i)
			asker_unset(a, i, domain[i], SSID);
		iommu_domain_free(domain[i]);
	}
	KUNIT_EXPECT_EQ(test, 0, a->iommu->pri_credits);
	asker_fine(a);
}

struct lack {
	const char *name;
	bool param, irq, smmu, device;
};

static const struct lack lacks[] = {
	{ "the parameter is off", .param = true },
	{ "PRI without its interrupt", .irq = true },
	{ "the SMMU has no PRI", .smmu = true },
	{ "the device has no PRI", .device = true },
};

KUNIT_ARRAY_PARAM_DESC(lack, lacks, name);

/* Where something is missing there is no PRI, and all else is as ever */
static void goes_without(struct kunit *test)
{
	const struct lack *lack = test->param_value;
	struct fabric_endpoint ep = asker_endpoints[WANTS];
	struct asker *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct model_page_request r = asker_request(SSID, 1, true);
	struct iommu_domain *domain;
	struct model_config cfg;

	KUNIT_ASSERT_NOT_NULL(test, a);
	memset(&asker_seen, 0, sizeof(asker_seen));
	asker_config(&cfg, 5);
	if (lack->smmu)
		cfg.idr[0] &= ~IDR0_PRI;
	ep.pri = !lack->device;
	if (!lack->param)
		kunit_activate_static_stub(test, smmu_param_pri, asker_param_stub);
	if (!lack->irq)
		kunit_activate_static_stub(test, smmu_priq_can_serve, asker_serve_stub);
	a->test = test;
	a->p = pci_rig_new_cfg(test, 0, &cfg, &ep, 1);
	a->model = a->p->smmu->model;
	a->iommu = rig_iommu(a->p->smmu);
	KUNIT_EXPECT_NULL(test, master_of(a, 0)->pri);
	domain = asker_domain(a, 0);
	KUNIT_ASSERT_EQ(test, 0, asker_set(a, 0, domain, SSID));
	KUNIT_EXPECT_TRUE(test, fabric_ats(a->p->f, 0));
	KUNIT_EXPECT_FALSE(test, fabric_pri(a->p->f, 0));
	r.rude = true;
	if (!lack->smmu) {
		KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, 0, &r));
		asker_drain(a);
		KUNIT_EXPECT_EQ(test, PRI_RESP_FAILURE, fabric_page_answer(a->p->f, 0, &r));
	}
	KUNIT_EXPECT_EQ(test, 0, asker_seen.nr);
	asker_unset(a, 0, domain, SSID);
	iommu_domain_free(domain);
	asker_fine(a);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(serves, kind_gen_params),
	KUNIT_CASE(ppar),
	KUNIT_CASE_PARAM(left_with_groups, kind_gen_params),
	KUNIT_CASE(one_of_two_leaves),
	KUNIT_CASE(ats_stays),
	KUNIT_CASE(pasid_zero),
	KUNIT_CASE(replaced),
	KUNIT_CASE(does_not_stop),
	KUNIT_CASE(function_reset),
	KUNIT_CASE(left_and_reset),
	KUNIT_CASE(away),
	KUNIT_CASE(unplugged),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(credits),
	KUNIT_CASE_PARAM(goes_without, lack_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_page_request", .test_cases = cases };
kunit_test_suite(suite);
