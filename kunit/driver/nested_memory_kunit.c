// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests where memory lacks: each allocation of a step fails once. A step that fails leaves nothing
 * behind, the device goes on as before, and the next try works. The steps of a guest with queues of
 * its own: guest_queue_kunit.c.
 */
#include <linux/bitfield.h>

#include <smmuv3/ste.h>

#include "driver/nest.h"

/* More than any step allocates */
#define ALLOCATIONS	50

static bool no_vmid_but(struct nest *n, u32 vmids)
{
	u32 id, found = 0;

	for (id = 0; id < 1U << 8; id++)
		found += ida_exists(&rig_iommu(n->smmu)->smmu.inst.vmids, id);
	return found == vmids;
}

static void makes_guests(struct kunit *test)
{
	u32 failed = 0, nth;
	struct guest *g;
	struct nest n;
	int ret;

	nest_make(test, &n, false, false);
	rig_hush(n.rig);
	for (nth = 1; nth < ALLOCATIONS; nth++) {
		guest_fail_nth = nth;
		g = guest_new(test, n.smmu, n.parent, &ret);
		guest_fail_nth = 0;
		if (g)
			guest_destroy(g);
		else
			KUNIT_EXPECT_EQ(test, -ENOMEM, ret);
		failed += !g;
		KUNIT_EXPECT_TRUE(test, no_vmid_but(&n, 1));
		if (!guest_failed)
			break;
	}
	KUNIT_EXPECT_NOT_NULL(test, g);
	kunit_info(test, "%u allocations needed\n", failed);
	rig_unhush(n.rig);
	nest_free(test, &n);
}

static void makes_domains(struct kunit *test)
{
	struct iommu_domain *domain;
	u32 failed = 0, nth;
	struct nest n;

	nest_make(test, &n, false, false);
	rig_hush(n.rig);
	for (nth = 1; nth < ALLOCATIONS; nth++) {
		guest_fail_nth = nth;
		domain = guest_domain(test, n.g, STE0_V |
				      FIELD_PREP(STE0_CONFIG, STE_CONFIG_BYPASS), 0);
		guest_fail_nth = 0;
		if (IS_ERR(domain)) {
			KUNIT_EXPECT_EQ(test, -ENOMEM, PTR_ERR(domain));
			failed++;
		} else {
			iommu_domain_free(domain);
		}
		if (!guest_failed)
			break;
	}
	KUNIT_EXPECT_FALSE(test, IS_ERR(domain));
	KUNIT_EXPECT_GE(test, failed, 1);
	rig_unhush(n.rig);
	nest_free(test, &n);
}

static void sees_devices(struct kunit *test)
{
	u32 failed = 0, nth;
	struct nest n;
	bool hit = true;
	int ret = 0;

	nest_make(test, &n, false, false);
	guest_no_device(n.g, NEST_VSID);
	rig_hush(n.rig);
	for (nth = 1; hit && nth < ALLOCATIONS; nth++) {
		rig_alloc_begin(nth);
		ret = guest_try_device(n.g, n.d, NEST_VSID);
		hit = rig_alloc_end();
		if (!ret)
			guest_no_device(n.g, NEST_VSID);
		failed += !!ret;
	}
	KUNIT_EXPECT_FALSE(test, hit);
	KUNIT_EXPECT_GE(test, failed, 1);
	guest_device(test, n.g, n.d, NEST_VSID);
	rig_unhush(n.rig);
	nest_free(test, &n);
}

struct kind {
	const char *name;
	bool atc;
	bool pasids;
};

static const struct kind kinds[] = {
	{ "no ATS", false, false },
	{ "ATS", true, false },
	{ "ATS and PASIDs", true, true },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

/* A device moves into a guest, from what its DMA goes through as it is */
static void moves_in(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct iommu_domain *domain;
	u32 failed = 0, nth;
	struct nest n;
	bool hit = true;
	int ret = 0;

	nest_make(test, &n, kind->atc, kind->pasids);
	domain = guest_s1(test, n.g, n.t, kind->atc);
	rig_hush(n.rig);
	for (nth = 1; hit && nth < ALLOCATIONS; nth++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
		rig_alloc_begin(nth);
		ret = rig_attach(n.d, domain);
		hit = rig_alloc_end();
		failed += !!ret;
		KUNIT_EXPECT_TRUE(test, !ret || ret == -ENOMEM);
		KUNIT_EXPECT_EQ(test, ret ? NEST_VA : NEST_PA,
				rig_access(n.rig, n.d, NEST_VA, false));
		rig_check(test, n.rig);
	}
	KUNIT_EXPECT_FALSE(test, hit);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_GE(test, failed, 1);
	rig_unhush(n.rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(domain);
	nest_free(test, &n);
}

static struct kunit_case nested_memory_cases[] = {
	KUNIT_CASE(makes_guests),
	KUNIT_CASE(makes_domains),
	KUNIT_CASE(sees_devices),
	KUNIT_CASE_PARAM(moves_in, kind_gen_params),
	{}
};

static struct kunit_suite nested_memory_suite = {
	.name = "smmu_nested_memory",
	.test_cases = nested_memory_cases,
};

kunit_test_suite(nested_memory_suite);
