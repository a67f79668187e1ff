// SPDX-License-Identifier: GPL-2.0-only
/*
 * 10,000 random operations on one array and 10,000 on another. After each, the array is compared
 * with the naive model. Masters attach (by revival if possible, or by a merge at once), some with
 * entries that they need later ("places"), and detach; single entries, streams and vSMMUs are
 * forgotten; forgotten entries are purged; memory runs short. A revival never has any memory.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "array_tools.h"
#include "reference/array_model.h"

#define OPS		10000
#define MASTERS		12
#define MASTER_KEYS	6
#define PLACES		2

/* Seed of the first round; each round prints its seed, so that a failure can be repeated */
static ulong array_seed = 20260117;
module_param(array_seed, ulong, 0444);

static const u32 rounds[] = { 0, 1 };

/* The keys that a master has attached, those that it uses and its places; none while n is 0 */
struct master {
	struct smmu_array *scratch, *detach;
	u32 keys[MASTER_KEYS];
	u32 places[PLACES];
	u32 n, had, n_places;
	u32 left;			/* number of merges before it was detached */
};

struct play {
	struct kunit *test;
	struct rnd_state rnd;
	struct array_model model;
	struct smmu_array *array;
	struct master master[MASTERS];
	u32 merges, revivals, unrefs, purges, forgotten, left, failures;
	u32 returns;			/* revivals after merges by others */
	u32 reserved;			/* places */
};

static u32 below(struct play *p, u32 n)
{
	return prandom_u32_state(&p->rnd) % n;
}

/* Publish an array as drv does; the old one is freed */
static void replace(struct play *p, struct smmu_array *new)
{
	smmu_array_free(p->array);
	p->array = new;
}

static void free_play(void *data)
{
	struct play *p = data;

	smmu_array_free(p->array);
}

/* Places are not among the keys, because a scratch array keeps the first of two equal entries */
static void choose_places(struct play *p, struct master *m)
{
	u32 i, want = below(p, 3) ? 0 : PLACES;

	m->n_places = 0;
	for (i = 0; i < want; i++) {
		u32 key = below(p, MODEL_KEYS), had = m->scratch->len;
		struct smmu_inv inv;

		if (!model_inv(&p->model, key, &inv))
			continue;
		smmu_array_add_parked(m->scratch, &inv);
		if (m->scratch->len > had)
			m->places[m->n_places++] = key;
	}
}

static void choose_keys(struct play *p, struct master *m)
{
	u32 want = 1 + below(p, MASTER_KEYS);

	smmu_array_clear(m->scratch);
	while (m->n < want) {
		u32 key = below(p, MODEL_KEYS);
		struct smmu_inv inv;
		u32 had = m->scratch->len;

		if (!model_inv(&p->model, key, &inv))
			continue;
		/* Adding the same entry twice is legal and has no effect */
		smmu_array_add(m->scratch, &inv);
		if (m->scratch->len == had)
			want--;
		else
			m->keys[m->n++] = key;
	}
	m->had = m->n;
	choose_places(p, m);
}

static void attached(struct play *p, struct master *m)
{
	model_attach(&p->model, m->keys, m->n);
	model_reserve(&p->model, m->places, m->n_places);
	p->reserved += m->n_places;
}

static bool play_merge(struct play *p, const struct master *m)
{
	struct kunit *test = p->test;
	bool fail = !below(p, 4);
	struct smmu_array *new;

	if (fail)
		test_fail_after(test, 0);
	new = smmu_array_merge(p->array, m->scratch, GFP_KERNEL);
	if (fail)
		test_fail_after(test, -1);

	KUNIT_ASSERT_EQ(test, IS_ERR(new), fail);
	if (fail) {
		p->failures++;
		return false;
	}
	replace(p, new);
	model_drop_trash(&p->model);
	p->merges++;
	return true;
}

static void play_attach(struct play *p, struct master *m)
{
	struct kunit *test = p->test;

	/* Most masters keep their keys when they come back; unref left marks in the scratch */
	if (!m->scratch->len || !below(p, 4)) {
		m->n = 0;
		m->left = 0;
		choose_keys(p, m);
	} else {
		m->n = m->had;
	}

	if (below(p, 4)) {
		bool can = model_can_revive(&p->model, m->keys, m->n) &&
			   model_can_revive(&p->model, m->places, m->n_places), done;

		test_fail_after(test, 0);
		done = smmu_array_revive(p->array, m->scratch);
		test_fail_after(test, -1);
		KUNIT_ASSERT_EQ(test, can, done);
		if (can) {
			p->revivals++;
			p->returns += m->left && m->left < p->merges;
			attached(p, m);
			return;
		}
	}

	if (play_merge(p, m))
		attached(p, m);
	else
		m->n = 0;
}

static void play_detach(struct play *p, struct master *m)
{
	struct smmu_array *del = m->scratch;
	struct kunit *test = p->test;
	u32 i;

	/* Places have no user, so unref must not take them out */
	if (m->n_places) {
		del = m->detach;
		smmu_array_clear(del);
		for (i = 0; i < m->n; i++) {
			struct smmu_inv inv;

			model_inv(&p->model, m->keys[i], &inv);
			smmu_array_add(del, &inv);
		}
	}
	smmu_array_unref(p->array, del);
	model_detach(&p->model, m->keys, m->n);
	KUNIT_ASSERT_EQ(test, del->len, m->n);

	for (i = 0; i < m->n; i++) {
		const struct smmu_inv *inv = &del->inv[i];
		u32 key = model_key(&p->model, inv);

		KUNIT_ASSERT_LT(test, key, MODEL_KEYS);
		KUNIT_ASSERT_EQ(test, inv->users, !!p->model.users[key]);
	}
	m->n = 0;
	m->left = p->merges;
	p->unrefs++;
}

static void play_purge(struct play *p)
{
	struct kunit *test = p->test;
	bool trash = model_has_trash(&p->model);
	bool fail = !below(p, 3);
	struct smmu_array *new;

	if (fail)
		test_fail_after(test, 0);
	new = smmu_array_purge(p->array, GFP_KERNEL);
	if (fail)
		test_fail_after(test, -1);

	KUNIT_ASSERT_EQ(test, !!new, trash && !fail);
	if (!new)
		return;
	replace(p, new);
	model_drop_trash(&p->model);
	p->purges++;
}

/* Forget the next parked entry from a random key on */
static void play_forget(struct play *p)
{
	struct kunit *test = p->test;
	u32 i, at = below(p, MODEL_KEYS);

	for (i = 0; i < MODEL_KEYS; i++) {
		u32 key = (at + i) % MODEL_KEYS;
		struct smmu_inv *found, inv;

		if (!model_parked(&p->model, key))
			continue;
		model_inv(&p->model, key, &inv);
		found = smmu_array_find(p->array, &inv);
		KUNIT_ASSERT_NOT_NULL(test, found);
		smmu_array_forget(p->array, found);
		model_forget(&p->model, key);
		p->forgotten++;
		return;
	}
}

/* A device or a vSMMU goes away after all users of its entries are gone */
static void play_leave(struct play *p)
{
	struct kunit *test = p->test;
	bool stream = below(p, 2);
	struct model_leaver leaver = {
		.nr = below(p, MODEL_INSTS),
		.first = stream ? SMMU_INV_ATS : SMMU_INV_S2_VMID_VSMMU,
		.last = stream ? SMMU_INV_ATS_FULL : SMMU_INV_S2_VMID_S1_CLEAR,
		.id = below(p, MODEL_IDS),
	};
	struct smmu_inst *inst = p->model.inst[leaver.nr];
	u32 n;

	if (model_leaver_lives(&p->model, &leaver))
		return;
	n = stream ? smmu_array_forget_stream(p->array, inst, leaver.id) :
		     smmu_array_forget_vmid(p->array, inst, leaver.id);
	KUNIT_ASSERT_EQ(test, n, model_forget_leaver(&p->model, &leaver));
	p->left += n;
}

static void play_find(struct play *p)
{
	struct kunit *test = p->test;
	u32 key = below(p, MODEL_KEYS);
	struct smmu_inv *found, inv;

	if (!model_inv(&p->model, key, &inv))
		return;
	found = smmu_array_find(p->array, &inv);
	KUNIT_ASSERT_EQ(test, !!found, p->model.state[key] == MODEL_HELD);
	if (found)
		KUNIT_ASSERT_EQ(test, key, model_key(&p->model, found));
}

static void play_one(struct play *p)
{
	struct master *m = &p->master[below(p, MASTERS)];

	switch (below(p, 16)) {
	case 0:
		play_purge(p);
		break;
	case 1:
		play_forget(p);
		break;
	case 2:
		play_leave(p);
		break;
	case 3:
		play_find(p);
		break;
	default:
		if (m->n)
			play_detach(p, m);
		else
			play_attach(p, m);
	}
}

static void describe_round(const u32 *round, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "seed %lu", array_seed + *round);
}

KUNIT_ARRAY_PARAM(round, rounds, describe_round);

static struct play *new_play(struct kunit *test)
{
	struct play *p;
	u32 i;

	p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	p->test = test;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_play, p));
	p->array = smmu_array_alloc(0, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p->array);

	for (i = 0; i < MODEL_INSTS; i++)
		p->model.inst[i] = test_inst(test, i);
	for (i = 0; i < MASTERS; i++) {
		p->master[i].scratch =
			test_keep(test, smmu_array_alloc(MASTER_KEYS + PLACES, GFP_KERNEL));
		p->master[i].detach =
			test_keep(test, smmu_array_alloc(MASTER_KEYS, GFP_KERNEL));
	}
	return p;
}

static void random_operations(struct kunit *test)
{
	ulong seed = array_seed + *(const u32 *)test->param_value;
	struct play *p = new_play(test);
	u32 i;

	kunit_info(test, "seed %lu", seed);
	prandom_seed_state(&p->rnd, seed);

	for (i = 0; i < OPS; i++) {
		const char *wrong;

		play_one(p);
		wrong = model_differs(&p->model, p->array);
		KUNIT_ASSERT_NULL_MSG(test, wrong, "seed %lu, operation %u: %s",
				      seed, i, wrong);
	}

	kunit_info(test, "%u merges, %u revivals, %u of them across merges, %u unrefs",
		   p->merges, p->revivals, p->returns, p->unrefs);
	kunit_info(test, "%u purges, %u entries forgotten, %u with stream or vSMMU, %u places",
		   p->purges, p->forgotten + p->left, p->left, p->reserved);

	/* A sequence with few operations of a kind proves nothing */
	KUNIT_EXPECT_GT(test, p->merges, 500);
	KUNIT_EXPECT_GT(test, p->revivals, 500);
	KUNIT_EXPECT_GT(test, p->returns, 500);
	KUNIT_EXPECT_GT(test, p->unrefs, 2000);
	KUNIT_EXPECT_GT(test, p->purges, 50);
	KUNIT_EXPECT_GT(test, p->forgotten, 100);
	KUNIT_EXPECT_GT(test, p->left, 200);
	KUNIT_EXPECT_GT(test, p->reserved, 500);
	KUNIT_EXPECT_GT(test, p->failures, 200);

	for (i = 0; i < MASTERS; i++)
		if (p->master[i].n)
			play_detach(p, &p->master[i]);
	KUNIT_EXPECT_NULL(test, model_differs(&p->model, p->array));
	KUNIT_EXPECT_EQ(test, smmu_array_count(p->array), 0);
}

static struct kunit_case array_random_cases[] = {
	KUNIT_CASE_PARAM(random_operations, round_gen_params),
	{}
};

static struct kunit_suite array_random_suite = {
	.name = "smmu_array_random",
	.init = array_tools_init,
	.exit = array_tools_exit,
	.test_cases = array_random_cases,
};

kunit_test_suite(array_random_suite);
