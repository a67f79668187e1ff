// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every change from one attachment to another through the IOMMU core's own attach, with accesses
 * before it, between any two of its commands, and after it.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>
#include <smmuv3/event.h>

#include "core/array.h"
#include "drv/binding.h"
#include "drv/domain.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL

enum state { BLOCKED, IDENTITY, S1_A, S1_B, S2_A, S2_B, STATES };

static const char * const state_name[STATES] = {
	"blocked", "identity", "stage 1", "another stage 1", "stage 2", "another stage 2",
};

/* Where an access to IOVA ends in each state */
static const u64 goes_to[STATES] = {
	RIG_NOWHERE, IOVA, 0x11111000, 0x22222000, 0x33333000, 0x44444000,
};

struct move {
	u8 from;
	u8 to;
};

static struct move moves[STATES * STATES];

static const void *move_gen(struct kunit *test, const void *prev, char *desc)
{
	const struct move *last = prev;
	struct move *m = last ? &moves[last - moves + 1] : moves;

	/* the IOMMU core does nothing from a state to itself, so there is nothing to watch */
	while (m < moves + ARRAY_SIZE(moves) && (m - moves) / STATES == (m - moves) % STATES)
		m++;
	if (m == moves + ARRAY_SIZE(moves))
		return NULL;
	m->from = (m - moves) / STATES;
	m->to = (m - moves) % STATES;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s to %s", state_name[m->from],
		 state_name[m->to]);
	return m;
}

/*
 * Does the device always get either the old or the new translation? It does where one word of the
 * STE changes.
 */
static bool is_hitless(const struct move *m)
{
	if (m->from == BLOCKED || m->to == BLOCKED)
		return true;
	return m->from == IDENTITY || m->to == IDENTITY;
}

struct states {
	struct iommu_domain *domain[STATES];
};

static void make_states(struct kunit *test, struct rig_device *d, struct states *s)
{
	u32 i;

	s->domain[BLOCKED] = &smmu_blocked_domain;
	s->domain[IDENTITY] = &smmu_identity_domain;
	for (i = S1_A; i < STATES; i++) {
		s->domain[i] = i < S2_A ? rig_domain(test, d) : rig_domain_s2(test, d);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(s->domain[i], IOVA, goes_to[i], SZ_4K,
						   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	}
}

static void free_states(struct states *s)
{
	u32 i;

	for (i = S1_A; i < STATES; i++)
		iommu_domain_free(s->domain[i]);
}

static void moves_over(struct kunit *test)
{
	const struct move *move = test->param_value;
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct model_access watch = { .sid = d->sid, .iova = IOVA };
	u64 old = goes_to[move->from], new = goes_to[move->to];
	struct states s;

	make_states(test, d, &s);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, s.domain[move->from]));
	KUNIT_EXPECT_EQ(test, old, rig_access(rig, d, IOVA, false));

	model_watch(smmu->model, &watch);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, s.domain[move->to]));
	KUNIT_EXPECT_EQ(test, new, rig_access(rig, d, IOVA, false));
	rig_watched(test, smmu, old, new, is_hitless(move) ? new : RIG_NOWHERE);
	rig_check(test, rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	free_states(&s);
}

/**
 * struct order - is the array ahead of the STE at an attach, and behind it at a detach?
 * @domain: the domain whose array is looked at
 * @smmu: the SMMU whose STE is looked at
 * @sid: StreamID of the STE
 * @commands: number of commands at which both were looked at
 * @late: number of commands at which the SMMU translated by the domain, and a walk of the domain
 *	would have missed the SMMU
 */
struct order {
	struct smmu_domain *domain;
	struct smmu_device *smmu;
	u32 sid;
	u32 commands;
	u32 late;
};

static void look(void *data, const struct smmu_cmd *cmd)
{
	struct order *o = data;
	u64 w0 = le64_to_cpu(READ_ONCE(smmu_strtab_ste(o->smmu, o->sid)->w[0]));
	/* bits 0 and 1 of Config: stage 1, stage 2 */
	bool used = w0 & STE0_V && FIELD_GET(STE0_CONFIG, w0) & 3, live = false;
	const struct smmu_array *array;
	const struct smmu_inv *inv;
	u32 pos, num;

	rcu_read_lock();
	array = rcu_dereference(o->domain->invs);
	num = smmu_array_count(array);
	for (pos = 0; (inv = smmu_array_next_live(array, &pos, num)); pos++)
		live |= inv->inst == &o->smmu->inst;
	rcu_read_unlock();
	o->commands++;
	o->late += used && !live;
}

/* The first attach makes a new array, the second revives its entries */
static void array_is_ahead(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct order o = { .smmu = &rig_iommu(smmu)->smmu, .sid = d->sid };
	struct states s;
	u32 state, round;

	make_states(test, d, &s);
	for (state = S1_A; state < STATES; state++) {
		o.domain = smmu_domain_of(s.domain[state]);
		model_trace(smmu->model, look, &o);
		for (round = 0; round < 2; round++) {
			KUNIT_EXPECT_EQ(test, 0, rig_attach(d, s.domain[state]));
			KUNIT_EXPECT_EQ(test, goes_to[state], rig_access(rig, d, IOVA, false));
			KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
		}
		model_trace(smmu->model, NULL, NULL);
	}
	KUNIT_EXPECT_GT(test, o.commands, 4 * (STATES - S1_A));
	KUNIT_EXPECT_EQ(test, 0, o.late);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	free_states(&s);
}

/* No move may leave anything behind that disturbs the next one */
static void goes_round(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct states s;
	u32 from, to;

	make_states(test, d, &s);
	for (from = 0; from < STATES; from++) {
		for (to = 0; to < STATES; to++) {
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, s.domain[from]));
			KUNIT_EXPECT_EQ(test, goes_to[from], rig_access(rig, d, IOVA, true));
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, s.domain[to]));
			KUNIT_EXPECT_EQ(test, goes_to[to], rig_access(rig, d, IOVA, true));
		}
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	free_states(&s);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.asids));
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.vmids));
}

/* Commands of an attach, and what it may need of them */
struct need {
	u32 to;
	u32 cfgi_cd;
	u32 syncs;
};

/*
 * A CD to which no STE leads is in no cache, so writing or clearing it needs no command: an attach
 * to a page table writes the STE in two steps, and leaving one flushes the tag, too. Between two
 * page tables the CD is written in three steps, and the STE stays what it is.
 */
static void no_needless_commands(struct kunit *test)
{
	static const struct need needs[] = {
		{ S1_A, 0, 2 }, { S1_B, 3, 4 }, { IDENTITY, 0, 3 },
		{ S1_A, 0, 2 }, { BLOCKED, 0, 3 },
	};
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	struct states s;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, stats);
	make_states(test, d, &s);
	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct need *need = &needs[i];

		model_stats_reset(smmu->model);
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, s.domain[need->to]));
		model_stats(smmu->model, stats);
		KUNIT_EXPECT_EQ_MSG(test, need->cfgi_cd, stats->cmds[CMD_CFGI_CD], "step %u", i);
		KUNIT_EXPECT_EQ_MSG(test, need->syncs, stats->cmds[CMD_SYNC], "step %u", i);
		KUNIT_EXPECT_EQ(test, goes_to[need->to], rig_access(rig, d, IOVA, false));
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	free_states(&s);
}

/* A device with several StreamIDs, which are not sorted; one is there twice */
static void many_streams(struct kunit *test)
{
	static const u32 sids[] = { 0x777, 3, 0x102, 3, 0x101 };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device_sids(test, rig, 0, sids, ARRAY_SIZE(sids));
	struct states s;
	u32 state, i;

	make_states(test, d, &s);
	for (state = 0; state < STATES; state++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, s.domain[state]));
		for (i = 0; i < ARRAY_SIZE(sids); i++) {
			struct model_access a = { .sid = sids[i], .iova = IOVA };
			int ret = model_access(smmu->model, &a);

			KUNIT_EXPECT_EQ(test, goes_to[state], ret ? RIG_NOWHERE : a.pa);
		}
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	free_states(&s);
}

/*
 * The SMMU may have cached that there is no level-2 table. When there is one, the driver must
 * invalidate that.
 */
static void level_one_changes(struct kunit *test)
{
	static const u32 sids[] = { 0x4200, 0x4201, 0x5200 };
	struct rig *rig = rig_new(test);
	struct rig_device *d;
	u32 i;

	rig_smmu(test, rig, 0, NULL);
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		struct model_access a = { .sid = sids[i], .iova = IOVA };

		KUNIT_EXPECT_EQ(test, -EFAULT, model_access(rig->smmu[0]->model, &a));
		KUNIT_EXPECT_EQ(test, i == 1 ? 0 : EVENT_C_BAD_STREAMID, a.event);
		d = rig_device_sids(test, rig, 0, &sids[i], 1);
		KUNIT_EXPECT_EQ(test, IOVA, rig_access(rig, d, IOVA, true));
	}
}

/* Every allocation of an attach fails once; an attach that fails must change nothing */
static void survives_no_memory(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct states s;
	u32 state, nth;
	int ret;

	make_states(test, d, &s);
	rig_hush(rig);
	for (state = S1_A; state < STATES; state += 2) {
		for (nth = 1; ; nth++) {
			u64 expect;

			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
			rig_alloc_begin(nth);
			ret = rig_attach(d, s.domain[state]);
			if (!rig_alloc_end())
				break;
			expect = ret ? IOVA : goes_to[state];
			KUNIT_EXPECT_EQ(test, expect, rig_access(rig, d, IOVA, false));
			rig_check(test, rig);
		}
		KUNIT_EXPECT_EQ(test, 0, ret);
		/* allocations: the array, and for stage 1 the CD table */
		KUNIT_EXPECT_GT(test, nth, state == S1_A ? 2 : 1);
	}
	rig_unhush(rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	free_states(&s);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.asids));
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.vmids));
}

/*
 * Room is reserved for a master with more StreamIDs than any before it. The first attempt fails,
 * which must not harm other masters.
 */
static void reserves_once(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct rig_device *d;
	struct states s;
	u32 many = 50;	/* so large that the allocation has to come from kmalloc() */

	rig_smmu(test, rig, 0, NULL);
	d = rig_device(test, rig, 0);
	make_states(test, d, &s);
	smmu_binding_exit();
	KUNIT_ASSERT_EQ(test, 0, smmu_binding_reserve(1));
	rig_hush(rig);
	rig_alloc_begin(1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, smmu_binding_reserve(many));
	KUNIT_EXPECT_TRUE(test, rig_alloc_end());
	rig_unhush(rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, s.domain[S1_A]));
	KUNIT_EXPECT_EQ(test, goes_to[S1_A], rig_access(rig, d, IOVA, false));

	KUNIT_EXPECT_EQ(test, 0, smmu_binding_reserve(many));
	/* there is room for this number now, and for less */
	rig_alloc_begin(1);
	KUNIT_EXPECT_EQ(test, 0, smmu_binding_reserve(many));
	KUNIT_EXPECT_EQ(test, 0, smmu_binding_reserve(1));
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, s.domain[S1_B]));
	KUNIT_EXPECT_EQ(test, goes_to[S1_B], rig_access(rig, d, IOVA, false));
	rig_check(test, rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	free_states(&s);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(moves_over, move_gen),
	KUNIT_CASE(array_is_ahead),
	KUNIT_CASE(goes_round),
	KUNIT_CASE(no_needless_commands),
	KUNIT_CASE(many_streams),
	KUNIT_CASE(level_one_changes),
	KUNIT_CASE(survives_no_memory),
	KUNIT_CASE(reserves_once),
	{}
};

static struct kunit_suite suite = { .name = "smmu_attach", .test_cases = cases };
kunit_test_suite(suite);
