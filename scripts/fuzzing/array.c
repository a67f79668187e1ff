// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: after each of any operations on an array it holds what a naive model does, which counts
 *	the users of each key: masters attach, by revival or by a merge, some with entries that they
 *	need later, and detach; entries, streams and vSMMUs are forgotten, forgotten entries are
 *	purged, memory runs short
 * input: operations, a byte each and its arguments
 * long: 128
 * mutant: core/array.c s/inv->users += !add->inv\[m->j\].place/inv->users += 1/
 * mutant: core/array.c s/num = max(num, at + 1)/num = max(num, at)/
 * mutant: core/array.c s/new->num = cut_tail(new, new->len)/new->num = new->len/
 * mutant: core/array.c s/|| array->inv\[at\].forgotten ||/||/
 * mutant: core/array.c s/kvfree(array)/(void)array/
 * mutant: core/array.c s/hi = mid;/hi = mid ? mid - 1 : 0;/
 * mutant: core/array.c s/1\], &scratch->inv\[at\],/1], \&scratch->inv[at + 1],/
 */
#include "kernel.h"

#include <compat/cmp.h>

#include "core/array.c"

#include "reference/array_model.c"

#define MASTERS		4
#define MASTER_KEYS	4
#define PLACES		2

struct master {
	struct smmu_array *scratch, *detach;
	u32 keys[MASTER_KEYS], places[PLACES];
	u32 n, n_places;
	bool attached;
};

struct play {
	struct fuzz_input *in;
	struct smmu_inst inst[MODEL_INSTS];
	struct array_model model;
	struct smmu_array *array;
	struct master master[MASTERS];
};

static void replace(struct play *p, struct smmu_array *new)
{
	smmu_array_free(p->array);
	p->array = new;
	model_drop_trash(&p->model);
}

static void choose(struct play *p, struct master *m)
{
	u8 form = take_u8(p->in);
	u32 i, key, had, want = 1 + form % MASTER_KEYS, places = (form >> 4) % (PLACES + 1);
	struct smmu_inv inv;

	smmu_array_clear(m->scratch);
	m->n = 0;
	m->n_places = 0;
	for (i = 0; i < want + places; i++) {
		key = take_u8(p->in) % MODEL_KEYS;
		had = m->scratch->len;
		if (!model_inv(&p->model, key, &inv))
			continue;
		if (i < want)
			smmu_array_add(m->scratch, &inv);
		else
			smmu_array_add_parked(m->scratch, &inv);
		/* adding an entry twice is legal and has no effect */
		if (m->scratch->len == had)
			continue;
		if (i < want)
			m->keys[m->n++] = key;
		else
			m->places[m->n_places++] = key;
	}
	MUST(!smmu_array_check(m->scratch), "a scratch array is sorted");
}

static void attach(struct play *p, struct master *m, bool revive)
{
	struct smmu_array *new;
	bool can;

	if (revive) {
		can = model_can_revive(&p->model, m->keys, m->n) &&
		      model_can_revive(&p->model, m->places, m->n_places);
		MUST(smmu_array_revive(p->array, m->scratch) == can, "revived if all are there");
		if (!can)
			return;
	} else {
		new = smmu_array_merge(p->array, m->scratch, GFP_KERNEL);
		MUST(IS_ERR(new) == fuzz_no_memory, "a merge needs memory and nothing else");
		if (IS_ERR(new))
			return;
		replace(p, new);
	}
	model_attach(&p->model, m->keys, m->n);
	model_reserve(&p->model, m->places, m->n_places);
	m->attached = true;
}

static void detach(struct play *p, struct master *m)
{
	struct smmu_inv inv;
	u32 i, key;

	/* places have no user */
	smmu_array_clear(m->detach);
	for (i = 0; i < m->n; i++) {
		model_inv(&p->model, m->keys[i], &inv);
		smmu_array_add(m->detach, &inv);
	}
	smmu_array_unref(p->array, m->detach);
	model_detach(&p->model, m->keys, m->n);
	for (i = 0; i < m->detach->len; i++) {
		key = model_key(&p->model, &m->detach->inv[i]);
		MUST(m->detach->inv[i].users == !!p->model.users[key], "who has no user left");
	}
	m->attached = false;
}

static void purge(struct play *p)
{
	bool want = model_has_trash(&p->model) && !fuzz_no_memory;
	struct smmu_array *new = smmu_array_purge(p->array, GFP_KERNEL);

	MUST(!!new == want, "a purge where there is something to drop");
	if (new)
		replace(p, new);
}

static void find(struct play *p, bool forget)
{
	u32 key = take_u8(p->in) % MODEL_KEYS;
	struct smmu_inv *found, inv;

	if (!model_inv(&p->model, key, &inv))
		return;
	found = smmu_array_find(p->array, &inv);
	MUST(!!found == (p->model.state[key] == MODEL_HELD), "found if it is held");
	MUST(!found || model_key(&p->model, found) == key, "the one that was asked for");
	if (!forget || !model_parked(&p->model, key))
		return;
	smmu_array_forget(p->array, found);
	model_forget(&p->model, key);
}

/* A device or a vSMMU goes away after all users of its entries are gone */
static void leave(struct play *p, bool stream)
{
	u8 who = take_u8(p->in);
	struct model_leaver leaver = {
		.nr = who % MODEL_INSTS,
		.first = stream ? SMMU_INV_ATS : SMMU_INV_S2_VMID_VSMMU,
		.last = stream ? SMMU_INV_ATS_FULL : SMMU_INV_S2_VMID_S1_CLEAR,
		.id = (who >> 4) % MODEL_IDS,
	};
	struct smmu_inst *inst = p->model.inst[leaver.nr];
	u32 n;

	if (model_leaver_lives(&p->model, &leaver))
		return;
	n = stream ? smmu_array_forget_stream(p->array, inst, leaver.id) :
		     smmu_array_forget_vmid(p->array, inst, leaver.id);
	MUST(n == model_forget_leaver(&p->model, &leaver), "all its entries are forgotten");
}

static void step(struct play *p)
{
	u8 what = take_u8(p->in);
	struct master *m = &p->master[what >> 4 & 3];

	fuzz_no_memory = what & 0x80;
	switch (what & 7) {
	case 0:
		purge(p);
		break;
	case 1:
	case 2:
		find(p, what & 1);
		break;
	case 3:
	case 4:
		leave(p, what & 1);
		break;
	case 5:
		if (!m->attached)
			choose(p, m);
		break;
	default:
		if (m->attached)
			detach(p, m);
		else if (m->scratch->len)
			attach(p, m, what & 1);
	}
	fuzz_no_memory = false;
	MUST(!model_differs(&p->model, p->array), "the array holds what the model does");
}

void fuzz_one(struct fuzz_input *in)
{
	struct play p = { .in = in };
	u32 i;

	/* higher numbers live at lower addresses */
	for (i = 0; i < MODEL_INSTS; i++) {
		p.model.inst[i] = &p.inst[MODEL_INSTS - 1 - i];
		p.model.inst[i]->nr = i;
	}
	p.array = smmu_array_alloc(0, GFP_KERNEL);
	for (i = 0; i < MASTERS; i++) {
		p.master[i].scratch = smmu_array_alloc(MASTER_KEYS + PLACES, GFP_KERNEL);
		p.master[i].detach = smmu_array_alloc(MASTER_KEYS, GFP_KERNEL);
	}
	while (in->left)
		step(&p);
	for (i = 0; i < MASTERS; i++) {
		smmu_array_free(p.master[i].scratch);
		smmu_array_free(p.master[i].detach);
	}
	smmu_array_free(p.array);
}
