// SPDX-License-Identifier: GPL-2.0-only
/* Stalled transactions, 3.12.2 and 4.6: each waits for one CMD_RESUME. */
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
	u32 i;

	for (i = 0; i < MODEL_STALLS; i++)
		if (!m->stall[i].used)
			return &m->stall[i];
	return NULL;
}

bool model_stall_room(struct model *m)
{
	return free_one(m);
}

void model_stall_add(struct model *m, struct model_access *a)
{
	*free_one(m) = (struct model_stall) {
		.used = true,
		.stag = a->stag,
		.sid = a->sid,
		.answer = MODEL_UNANSWERED,
	};
	/* a tag may be in use for long, so take the next one that is free */
	do
		m->stag++;
	while (find(m, m->stag));
}

void model_stall_resume(struct model *m, u32 sid, u16 stag, u8 action)
{
	struct model_stall *s = find(m, stag);

	if (!s || s->sid != sid || s->answer != MODEL_UNANSWERED)
		model_violate(m, "RESUME of what is not stalled: stream 0x%x tag 0x%x", sid, stag);
	else
		s->answer = action;
}

void model_stall_end(struct model *m)
{
	u32 i;

	for (i = 0; i < MODEL_STALLS; i++)
		if (m->stall[i].used && m->stall[i].answer == MODEL_UNANSWERED)
			m->stall[i].answer = RESUME_ABORT;
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
