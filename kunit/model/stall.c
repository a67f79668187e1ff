// SPDX-License-Identifier: GPL-2.0-only
/* Stalled transactions, 3.12.2 and 4.7.1: each waits for one CMD_RESUME. */
#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>

#include "model/state.h"

static struct model_stall *find(struct model *m, u16 stag)
{
	u32 i;

	for (i = 0; i < MODEL_STALLS; i++)
		if (m->stall[i].used && m->stall[i].stag == stag)
			return &m->stall[i];
	return NULL;
}

static struct model_stall *free_one(struct model *m)
{
	u32 i, n = m->stall_places ?: MODEL_STALLS;

	for (i = 0; i < n; i++)
		if (!m->stall[i].used)
			return &m->stall[i];
	return NULL;
}

bool model_stall_room(struct model *m)
{
	return free_one(m);
}

static void add(struct model *m, struct model_access *a, u16 like)
{
	*free_one(m) = (struct model_stall) {
		.used = true,
		.there = true,
		.stag = a->stag,
		.like = like,
		.answer = MODEL_UNANSWERED,
		.a = *a,
	};
	/* a tag may be in use for long, so take the next one that is free */
	do
		m->stag++;
	while (find(m, m->stag));
}

void model_stall_add(struct model *m, struct model_access *a)
{
	add(m, a, a->stag);
}

static bool chance(struct model *m)
{
	return m->stall_chance && prandom_u32_state(&m->stall_rnd) & 1;
}

/* 3.12.2.1: the same stream, page and kind of access */
static bool is_like(const struct model_stall *s, const struct model_access *a)
{
	return s->used && s->answer == MODEL_UNANSWERED && s->like == s->stag &&
	       s->a.sid == a->sid && s->a.ssv == a->ssv && s->a.ssid == a->ssid &&
	       s->a.write == a->write && s->a.iova >> 12 == a->iova >> 12;
}

bool model_stall_quietly(struct model *m, struct model_access *a)
{
	u32 i;

	for (i = 0; i < MODEL_STALLS; i++) {
		if (!is_like(&m->stall[i], a) || !chance(m))
			continue;
		add(m, a, m->stall[i].stag);
		m->stall_stats.unrecorded++;
		return true;
	}
	return false;
}

bool model_stall_holds_up(struct model *m)
{
	if (!m->stall_chance || free_one(m) || !chance(m))
		return false;
	m->stall_stats.held_up++;
	return true;
}

static void passed(struct model *m, struct model_stall *s)
{
	s->there = false;
	s->passed = true;
	m->stall_stats.early++;
	m->stall_stats.early_pa = s->a.pa;
}

void model_stall_early(struct model *m, u8 opcode)
{
	struct model_stall *s;
	u32 i;

	for (i = 0; m->stall_chance && i < MODEL_STALLS; i++) {
		s = &m->stall[i];
		if (!s->used || !s->there)
			continue;
		if (model_would_pass(m, &s->a))
			passed(m, s);
		else if (opcode == CMD_SYNC && s->answer != MODEL_UNANSWERED)
			s->there = false;
	}
}

/* 3.12.2.1: one without a record is tried again, and may stall again, with a record */
static void try_again(struct model *m, struct model_stall *s)
{
	int ret = model_retry(m, &s->a);

	if (!ret)
		passed(m, s);
	if (ret == -EINPROGRESS) {
		s->like = s->stag;
	} else {
		s->there = false;
		s->answer = ret == -EFAULT ? RESUME_ABORT : RESUME_RETRY;
	}
}

static void give_answer(struct model *m, struct model_stall *s, u8 answer)
{
	u32 i;

	s->answer = answer;
	for (i = 0; i < MODEL_STALLS; i++)
		if (m->stall[i].used && m->stall[i].like == s->stag && &m->stall[i] != s &&
		    m->stall[i].answer == MODEL_UNANSWERED)
			try_again(m, &m->stall[i]);
}

void model_stall_resume(struct model *m, u32 sid, u16 stag, u8 action)
{
	struct model_stall *s = find(m, stag);

	if (!s || s->a.sid != sid || s->answer != MODEL_UNANSWERED || s->like != s->stag)
		model_violate(m, "RESUME of what is not stalled: stream 0x%x tag 0x%x", sid, stag);
	else
		give_answer(m, s, action);
}

void model_stall_end(struct model *m)
{
	u32 i;

	for (i = 0; i < MODEL_STALLS; i++) {
		m->stall[i].there = false;
		if (m->stall[i].used && m->stall[i].answer == MODEL_UNANSWERED)
			m->stall[i].answer = RESUME_ABORT;
	}
}

void model_stalling(struct model *m, u32 places, u32 seed)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	m->stall_places = places;
	m->stall_chance = seed;
	m->stall_stats = (struct model_stall_stats) {};
	prandom_seed_state(&m->stall_rnd, seed);
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

void model_stall_stats(struct model *m, struct model_stall_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	*stats = m->stall_stats;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

u8 model_answer(struct model *m, u16 stag)
{
	u8 answer = MODEL_UNANSWERED;
	struct model_stall *s;
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	s = find(m, stag);
	if (s) {
		answer = s->answer;
		s->used = answer == MODEL_UNANSWERED;
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return answer;
}
EXPORT_SYMBOL_NS_GPL(model_answer, "SMMUV3_MODEL");

u32 model_stalled(struct model *m)
{
	unsigned long flags;
	u32 i, n = 0;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	for (i = 0; i < MODEL_STALLS; i++)
		n += m->stall[i].used && m->stall[i].answer == MODEL_UNANSWERED;
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return n;
}
EXPORT_SYMBOL_NS_GPL(model_stalled, "SMMUV3_MODEL");
