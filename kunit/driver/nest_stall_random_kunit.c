// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two guests do what they like with stalls, and so does their VMM, on an SMMU that uses all that
 * the specification leaves open: a few places, where the last one that is taken holds up everybody,
 * transactions without records, and transactions that are tried early. A device of the host goes
 * on, no transaction of a guest gets anywhere but to the guest's memory, and each ends.
 */
#include <linux/bitfield.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>

#include "drv/guest_stall.h"
#include "drv/master.h"
#include "driver/nest_stall.h"

static uint nest_stall_seed = 20261126;
module_param(nest_stall_seed, uint, 0444);
MODULE_PARM_DESC(nest_stall_seed, "seed of the random runs of stalls (smmu_nest_stall_random)");

static uint nest_stall_ops = 3000;
module_param(nest_stall_ops, uint, 0444);
MODULE_PARM_DESC(nest_stall_ops, "number of steps of each of them");

#define PAGES		6
#define IPA		0x40000010000ULL
#define PA		0x30000000ULL
#define HOST_IOVA	0x50000000ULL
#define HOST_PA		0x60000000ULL
#define GUESTS		2

/* A transaction that has stalled: its device waits */
struct waiting {
	bool used;
	u16 stag;
};

/**
 * struct run - one run
 * @s: the guests; the first has made the machine
 * @s1: nested domain of each
 * @map: which pages each guest's table has
 * @waiting: stalled transactions
 * @innocent: device of the host
 * @domain: its domain
 */
static struct run {
	struct kunit *test;
	struct rnd_state rnd;
	struct nest_stall s[GUESTS];
	struct iommu_domain *s1[GUESTS];
	bool map[GUESTS][PAGES];
	struct waiting waiting[MODEL_STALLS];
	struct rig_device *innocent;
	struct iommu_domain *domain;
	u32 stalled;
	u32 held_up;
} r;

static u32 dice(u32 n)
{
	return prandom_u32_state(&r.rnd) % n;
}

static u64 va(u32 page)
{
	return NEST_VA2 + page * SZ_4K;
}

/* Devices take their answers, and give up their places */
static void take_answers(void)
{
	u32 i;

	for (i = 0; i < MODEL_STALLS; i++)
		if (r.waiting[i].used &&
		    model_answer(r.s[0].n.smmu->model, r.waiting[i].stag) != MODEL_UNANSWERED)
			r.waiting[i].used = false;
}

static void access(u32 g)
{
	u16 stag;
	u32 i;
	u64 pa;
	int ret;

	for (i = 0; i < MODEL_STALLS && r.waiting[i].used; i++)
		;
	if (i == MODEL_STALLS)
		return;
	ret = rig_try(r.s[g].n.rig, r.s[g].n.d, dice(2) ? dice(BIT(NEST_PASID_BITS)) : 0,
		      va(dice(PAGES)), dice(2), &pa, &stag);
	if (ret != -EINPROGRESS)
		return;
	r.waiting[i] = (struct waiting) { .used = true, .stag = stag };
	r.stalled++;
}

static void map(u32 g, u32 page)
{
	struct smmu_cmd cmd = { { cpu_to_le64(CMD_TLBI_NSNH_ALL) } };

	if (r.map[g][page]) {
		guest_unmap(r.test, r.s[g].n.t, va(page));
		guest_command(r.test, r.s[g].n.g, &cmd);
	} else {
		guest_map(r.test, r.s[g].n.t, va(page), IPA + page * SZ_4K);
	}
	r.map[g][page] ^= true;
}

static void attach(u32 g)
{
	struct rig_device *d = r.s[g].n.d;

	switch (dice(4)) {
	case 0:
		KUNIT_EXPECT_EQ(r.test, 0, nest_stall_attach(d, &smmu_identity_domain));
		break;
	case 1:
		KUNIT_EXPECT_EQ(r.test, 0, nest_stall_attach(d, &smmu_blocked_domain));
		fallthrough;
	default:
		KUNIT_EXPECT_EQ(r.test, 0, nest_stall_attach(d, r.s1[g]));
	}
}

/* The host's device gets through when the deadlines are over, at the latest */
static void innocent(void)
{
	u64 pa;
	u16 stag;
	int ret;
	u32 i;

	for (i = 0; i < 8; i++) {
		ret = rig_try(r.s[0].n.rig, r.innocent, 0, HOST_IOVA, false, &pa, &stag);
		if (ret != -EAGAIN)
			break;
		r.held_up++;
		nest_stall_events(&r.s[0]);
		nest_stall_pass(&r.s[0], 1000);
		take_answers();
	}
	KUNIT_EXPECT_EQ(r.test, 0, ret);
	KUNIT_EXPECT_EQ(r.test, HOST_PA, pa);
	KUNIT_EXPECT_LE_MSG(r.test, i, 3, "the host's device waits for guests");
}

static void step(void)
{
	u32 g = dice(GUESTS);

	switch (dice(20)) {
	case 0 ... 9:
		access(g);
		break;
	case 10 ... 11:
		nest_stall_events(&r.s[g]);
		break;
	case 12 ... 14:
		if (nest_vmm.nr)
			nest_stall_answer(dice(nest_vmm.nr), dice(2));
		break;
	case 15:
		map(g, dice(PAGES));
		break;
	case 16:
		nest_stall_pass(&r.s[0], dice(600));
		break;
	case 17:
		if (!dice(4))
			attach(g);
		break;
	case 18:
		innocent();
		break;
	default:
		take_answers();
	}
}

static void check(void)
{
	struct smmu_guest_stalls *stalls = &rig_iommu(r.s[0].n.smmu)->guest_stalls;
	struct model_stall_stats stats;
	u32 g, sum = 0;

	for (g = 0; g < GUESTS; g++) {
		KUNIT_ASSERT_LE(r.test, r.s[g].n.g->vsmmu.stalls, nest_vmm.quota);
		sum += r.s[g].n.g->vsmmu.stalls;
	}
	KUNIT_ASSERT_EQ(r.test, sum, stalls->nr);
	KUNIT_ASSERT_LE(r.test, stalls->nr, NEST_STALL_SHARE);
	model_stall_stats(r.s[0].n.smmu->model, &stats);
	if (stats.early)
		KUNIT_ASSERT_TRUE_MSG(r.test, stats.early_pa >= PA &&
				      stats.early_pa < PA + PAGES * SZ_4K,
				      "a transaction went to 0x%llx", stats.early_pa);
}

static void set_up(struct kunit *test, u32 model)
{
	struct nest_stall *t = &r.s[1];
	u32 i, g;

	memset(&r, 0, sizeof(r));
	r.test = test;
	prandom_seed_state(&r.rnd, nest_stall_seed + model);
	nest_stall_make(test, &r.s[0], model);
	nest_vmm.quota = 5;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(r.s[0].n.parent, IPA, PA, PAGES * SZ_4K,
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	*t = r.s[0];
	t->n.d = rig_device(test, t->n.rig, 0);
	t->master = dev_iommu_priv_get(t->n.d->dev);
	t->n.g = nest_guest(test, t->n.smmu, t->n.parent, t->n.d, 0x88);
	t->n.t = guest_table(test, t->n.smmu, t->n.parent, 7);
	t->n.t->cd[0].w[0] |= cpu_to_le64(CD0_S);
	for (i = 1; i < BIT(NEST_PASID_BITS); i++)
		t->n.t->cd[i] = t->n.t->cd[0];
	for (g = 0; g < GUESTS; g++)
		r.s1[g] = nest_stall_domain(test, &r.s[g], true, 0);
	r.innocent = rig_device(test, t->n.rig, 0);
	r.domain = rig_domain(test, r.innocent);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(r.domain, HOST_IOVA, HOST_PA, SZ_4K,
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(r.innocent, r.domain));
	model_stalling(t->n.smmu->model, NEST_STALL_MAX, nest_stall_seed);
}

static void clean_up(struct kunit *test)
{
	u32 g, i;

	for (g = 0; g < GUESTS; g++)
		KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(r.s[g].n.d, &smmu_identity_domain));
	nest_stall_events(&r.s[0]);
	check();
	take_answers();
	for (i = 0; i < MODEL_STALLS; i++)
		KUNIT_EXPECT_FALSE(test, r.waiting[i].used);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(r.innocent, &smmu_identity_domain));
	iommu_domain_free(r.domain);
	for (g = 0; g < GUESTS; g++)
		iommu_domain_free(r.s1[g]);
	guest_destroy(r.s[1].n.g);
	nest_stall_free(test, &r.s[0]);
}

static void random(struct kunit *test, u32 model)
{
	struct model_stall_stats stats;
	u32 i;

	set_up(test, model);
	for (i = 0; i < nest_stall_ops; i++) {
		step();
		check();
	}
	model_stall_stats(r.s[0].n.smmu->model, &stats);
	kunit_info(test, "seed %u: %u operations: %u stalled, %u to the VMM, %u refused, %u late, %u unrecorded, %u early, %u held up\n",
		   nest_stall_seed, nest_stall_ops, r.stalled, nest_vmm.seen,
		   (u32)rig_iommu(r.s[0].n.smmu)->guest_stalls.refused,
		   (u32)rig_iommu(r.s[0].n.smmu)->guest_stalls.late, stats.unrecorded,
		   stats.early, stats.held_up);
	KUNIT_EXPECT_GT(test, r.stalled, nest_stall_ops / 30);
	KUNIT_EXPECT_GT(test, nest_vmm.seen, nest_stall_ops / 60);
	KUNIT_EXPECT_GT(test, stats.unrecorded, 0);
	KUNIT_EXPECT_GT(test, stats.early, 0);
	clean_up(test);
}

static void by_choice(struct kunit *test)
{
	random(test, IDR0_STALL_BOTH);
}

static void always(struct kunit *test)
{
	random(test, IDR0_STALL_ALWAYS);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_SLOW(by_choice),
	KUNIT_CASE_SLOW(always),
	{}
};

static struct kunit_suite suite = { .name = "smmu_nest_stall_random", .test_cases = cases };
kunit_test_suite(suite);
