// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices with PRI that do not keep to the rules: they send requests twice, or too many, for PASIDs
 * that are not there, and Stop Markers anywhere, and the PRI queue overflows. Each group has one
 * answer all the same, and what a device costs is bounded.
 */
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/prandom.h>

#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>

#include "hw/recordq.h"
#include "driver/page_request.h"

#define SSID	3

/* The last request of a group comes twice, before and after the answer */
static void twice(struct kunit *test)
{
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	struct model_page_request r = asker_request(SSID, 7, true), again = r;
	u32 i;

	asker_seen.hold = true;
	again.again = true;
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &again));
	asker_drain(a);
	KUNIT_EXPECT_EQ(test, 1, asker_seen.nr);
	KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, fabric_page_answer(a->p->f, WANTS, &r));
	asker_answer_held();
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, fabric_page_answer(a->p->f, WANTS, &r));
	asker_fine(a);
	/* the index is free for another group */
	asker_seen.hold = false;
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, SSID, 7));
	asker_unset(a, WANTS, domain, SSID);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* A device sends more than it was allowed: what it costs the kernel is bounded, and it is told */
static void more_than_allowed(struct kunit *test)
{
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	u32 i, reqs, more = 40, told = 0;
	struct model_page_request r;

	reqs = fabric_pri_reqs(a->p->f, WANTS);
	/* requests that are not the last of their group */
	for (i = 0; i < more; i++) {
		r = asker_request(SSID, 5, false);
		r.addr += i * PAGE_SIZE;
		r.rude = true;
		KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
		asker_drain(a);
	}
	r.last = true;
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
	asker_drain(a);
	KUNIT_EXPECT_EQ(test, reqs + 1, asker_seen.count);
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, fabric_page_answer(a->p->f, WANTS, &r));
	/* groups */
	asker_seen.hold = true;
	asker_seen.code = IOMMU_PAGE_RESP_INVALID;
	asker_seen.nr = 0;
	for (i = 0; i < more; i++) {
		r = asker_request(SSID, i, true);
		r.rude = true;
		KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
		asker_drain(a);
		told += fabric_page_answer(a->p->f, WANTS, &r) == PRI_RESP_SUCCESS;
	}
	KUNIT_EXPECT_EQ(test, reqs, asker_seen.nr);
	KUNIT_EXPECT_EQ(test, more - reqs, told);
	asker_answer_held();
	asker_fine(a);
	asker_unset(a, WANTS, domain, SSID);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* Requests for PASIDs that are not attached are invalid, and cost the device nothing else */
static void unknown_pasids(struct kunit *test)
{
	static const u32 ssids[] = { 0, SSID + 1, 31, 32, 63 };
	struct iommu_domain *domain;
	struct asker *a = asker_attached(test, SSID, &domain);
	struct model_page_request r;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ssids); i++) {
		r = asker_request(ssids[i], i, true);
		KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
		asker_drain(a);
		KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, fabric_page_answer(a->p->f, WANTS, &r));
	}
	/* an answer with a PASID that the SMMU does not have would be an illegal command */
	r = asker_request(64, 10, true);
	r.again = true;
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
	asker_drain(a);
	KUNIT_EXPECT_EQ(test, 0, asker_seen.nr);
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, SSID, 7));
	asker_unset(a, WANTS, domain, SSID);
	/* the device goes on, and its PRI is off */
	r = asker_request(SSID, 9, true);
	r.rude = true;
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
	asker_drain(a);
	KUNIT_EXPECT_EQ(test, PRI_RESP_INVALID, fabric_page_answer(a->p->f, WANTS, &r));
	KUNIT_EXPECT_EQ(test, 1, asker_seen.nr);
	iommu_domain_free(domain);
	asker_fine(a);
}

/* What a group asks for under another PASID than its last request is no part of it */
static void mixed_pasids(struct kunit *test)
{
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, WANTS);
	struct model_page_request r;
	u32 ssid;

	for (ssid = 1; ssid < 3; ssid++)
		KUNIT_ASSERT_EQ(test, 0, asker_set(a, WANTS, domain, ssid));
	for (ssid = 1; ssid < 3; ssid++) {
		r = asker_request(ssid, 3, false);
		KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
	}
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, 1, 3));
	KUNIT_EXPECT_EQ(test, 2, asker_seen.count);
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, 2, 3));
	KUNIT_EXPECT_EQ(test, 1, asker_seen.count);
	for (ssid = 1; ssid < 3; ssid++)
		asker_unset(a, WANTS, domain, ssid);
	iommu_domain_free(domain);
	asker_fine(a);
}

/*
 * A Stop Marker in the middle of groups: it has no answer, it ends what its PASID has begun, and
 * nothing else
 */
static void stop_markers(struct kunit *test)
{
	struct asker *a = asker_new(test, 7);
	struct iommu_domain *domain = asker_domain(a, WANTS);
	struct model_page_request r, stop = asker_request(1, 0, true);
	u32 ssid;

	stop.read = false;
	for (ssid = 1; ssid < 3; ssid++) {
		KUNIT_ASSERT_EQ(test, 0, asker_set(a, WANTS, domain, ssid));
		r = asker_request(ssid, ssid, false);
		KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &r));
	}
	KUNIT_ASSERT_EQ(test, 0, fabric_page_request(a->p->f, WANTS, &stop));
	asker_drain(a);
	KUNIT_EXPECT_EQ(test, 0, asker_seen.nr);
	rig_check(test, a->p->rig);
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, 2, 2));
	KUNIT_EXPECT_EQ(test, 2, asker_seen.count);
	KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, 1, 1));
	KUNIT_EXPECT_EQ(test, 1, asker_seen.count);
	for (ssid = 1; ssid < 3; ssid++)
		asker_unset(a, WANTS, domain, ssid);
	iommu_domain_free(domain);
	asker_fine(a);
}

static struct asker *looking;
static u32 acknowledged;

/* Is an overflow acknowledged while requests from before it are being taken? */
static void look_at_overflow(void)
{
	u32 prod = model_read(looking->model, SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_PROD, 4);
	u32 cons = model_read(looking->model, SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_CONS, 4);

	acknowledged += !((prod ^ cons) & QUEUE_OVERFLOW);
}

/*
 * The queue overflows, and the end of a group is lost, which the SMMU answers. What came of the
 * group before is no part of the next group with that index. The overflow is acknowledged after the
 * requests before it were taken, because new ones get in then.
 */
static void overflow(struct kunit *test)
{
	struct asker *a = asker_new(test, 3);
	struct iommu_domain *domain = asker_domain(a, WANTS);
	struct model_page_request r;
	u32 i, round;

	looking = a;
	acknowledged = 0;
	KUNIT_ASSERT_EQ(test, 0, asker_set(a, WANTS, domain, SSID));
	for (round = 1; round < 4; round++) {
		asker_seen.nr = 0;
		asker_seen.look = look_at_overflow;
		for (i = 0; i < 12; i++) {
			/* one begins and does not end, six are whole, the rest is lost */
			r = asker_request(SSID, i && i < 7 ? i : 0, i && i != 7);
			r.rude = true;
			KUNIT_ASSERT_EQ(test, i < 8 ? 0 : -ENOSPC,
					fabric_page_request(a->p->f, WANTS, &r));
		}
		asker_drain(a);
		KUNIT_EXPECT_EQ(test, 6, asker_seen.nr);
		KUNIT_EXPECT_EQ(test, 0, acknowledged);
		asker_seen.look = NULL;
		for (i = 1; i < 7; i++) {
			r = asker_request(SSID, i, true);
			KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS,
					fabric_page_answer(a->p->f, WANTS, &r));
		}
		KUNIT_EXPECT_EQ(test, PRI_RESP_SUCCESS, asker_ask(a, WANTS, SSID, 0));
		KUNIT_EXPECT_EQ(test, 1, asker_seen.count);
		KUNIT_EXPECT_EQ(test, round, a->iommu->smmu.priq.overflows);
	}
	asker_unset(a, WANTS, domain, SSID);
	iommu_domain_free(domain);
	asker_fine(a);
}

static unsigned int seed;
module_param_named(page_request_seed, seed, uint, 0444);

#define OPS	3000

/* Which PASIDs are attached */
static bool on[2][6];

/*
 * A device whose PRI is off sends nothing, because a reset, which the driver does not notice then,
 * could come before the answer.
 */
static void send_at_random(struct asker *a, struct rnd_state *rnd)
{
	u32 slot = prandom_u32_state(rnd) % 2, kind = prandom_u32_state(rnd) % 16;
	u32 ssid = prandom_u32_state(rnd) % 6;
	/* PASIDs have indexes of their own, because an index is that of one group at a time */
	struct model_page_request r = asker_request(ssid, 2 * ssid + prandom_u32_state(rnd) % 2,
						    prandom_u32_state(rnd) % 2);

	r.rude = kind < 8 && memchr_inv(on[slot], 0, sizeof(on[slot]));
	if (kind == 8)
		r = (struct model_page_request) { .ssv = true, .ssid = r.ssid, .last = true };
	fabric_page_request(a->p->f, slot, &r);
}

static void take_answers(struct asker *a)
{
	u32 slot, ssid, prg;

	for (slot = 0; slot < 2; slot++) {
		for (ssid = 0; ssid < 6; ssid++) {
			for (prg = 0; prg < 12; prg++) {
				struct model_page_request r = asker_request(ssid, prg, true);

				fabric_page_answer(a->p->f, slot, &r);
			}
		}
	}
}

/* Two devices, rude ones, with PASIDs that come and go, and a small queue */
static void at_random(struct kunit *test)
{
	struct asker *a = asker_new(test, 4);
	struct iommu_domain *domain[2] = { asker_domain(a, WANTS), asker_domain(a, BARE) };
	struct rnd_state rnd;
	u32 i, slot, ssid;

	seed = seed ?: get_random_u32();
	kunit_info(test, "page_request_seed=%u", seed);
	prandom_seed_state(&rnd, seed);
	memset(on, 0, sizeof(on));
	for (i = 0; i < OPS; i++) {
		slot = prandom_u32_state(&rnd) % 2;
		ssid = 1 + prandom_u32_state(&rnd) % 5;
		asker_seen.code = prandom_u32_state(&rnd) % 3 ? IOMMU_PAGE_RESP_SUCCESS :
							  IOMMU_PAGE_RESP_INVALID;
		switch (prandom_u32_state(&rnd) % 16) {
		case 0:
			if (on[slot][ssid])
				asker_unset(a, slot, domain[slot], ssid);
			else
				KUNIT_ASSERT_EQ(test, 0, asker_set(a, slot, domain[slot], ssid));
			on[slot][ssid] = !on[slot][ssid];
			break;
		case 1:
			if (prandom_u32_state(&rnd) % 2)
				break;
			asker_drain(a);
			take_answers(a);
			break;
		case 2:
			asker_seen.hold = prandom_u32_state(&rnd) % 2;
			break;
		case 3:
			asker_answer_held();
			break;
		case 4:
			asker_seen.fail = !(prandom_u32_state(&rnd) % 4);
			break;
		case 5:
			if (!(prandom_u32_state(&rnd) % 16))
				KUNIT_EXPECT_EQ(test, 0, pci_reset_function(a->p->pdev[slot]));
			break;
		default:
			send_at_random(a, &rnd);
		}
	}
	for (slot = 0; slot < 2; slot++)
		for (ssid = 0; ssid < 6; ssid++)
			if (on[slot][ssid])
				asker_unset(a, slot, domain[slot], ssid);
	asker_drain(a);
	asker_answer_held();
	KUNIT_EXPECT_EQ(test, 0, a->iommu->pri_credits);
	KUNIT_EXPECT_GT(test, atomic_read(&a->iommu->page_faults), 10);
	asker_fine(a);
	for (slot = 0; slot < 2; slot++)
		iommu_domain_free(domain[slot]);
	kunit_info(test, "%d groups, %llu requests, %llu overflows",
		   atomic_read(&a->iommu->page_faults), a->iommu->smmu.priq.records,
		   a->iommu->smmu.priq.overflows);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(twice),
	KUNIT_CASE(more_than_allowed),
	KUNIT_CASE(unknown_pasids),
	KUNIT_CASE(mixed_pasids),
	KUNIT_CASE(stop_markers),
	KUNIT_CASE(overflow),
	KUNIT_CASE(at_random),
	{}
};

static struct kunit_suite suite = { .name = "smmu_page_request_rude", .test_cases = cases };
kunit_test_suite(suite);
