// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of guests' VINTFs as memory, for programs that map them. What a program has written
 * there is taken as a write to the register; then the registers are shown there. A write of what
 * the register shows already is not seen: no register of a queue does anything at such a write.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/mm.h>

#include <smmuv3/cmdqv.h>

#include "model/state.h"

static u32 *word(struct model *m, u32 v, u32 l, u32 reg)
{
	return m->cmdqv.ram + CMDQV_VINTF_PAGE0(v) + CMDQV_QUEUE_BYTES * l + reg;
}

static const u32 regs[MODEL_SHOWN] = {
	VCMDQ_CONS, VCMDQ_PROD, VCMDQ_CONFIG, VCMDQ_STATUS, VCMDQ_GERROR, VCMDQ_GERRORN,
};

static bool is_written(u32 reg)
{
	return reg != VCMDQ_STATUS && reg != VCMDQ_GERROR;
}

static void look(struct model *m, u32 v, u32 l, u64 now)
{
	struct model_shown *shown = &m->cmdqv.shown[v * m->cmdqv.each + l];
	struct model_vcmdq *q = model_cmdqv_logical(m, v, l);
	u32 at = CMDQV_VINTF_PAGE0(v) + CMDQV_QUEUE_BYTES * l, i, val, old;

	for (i = 0; i < MODEL_SHOWN; i++) {
		val = READ_ONCE(*word(m, v, l, regs[i]));
		if (val == shown->val[i])
			continue;
		/* what the program has written before is seen after this: the queue's entries */
		smp_rmb();
		if (q && is_written(regs[i]))
			model_vcmdq_write(m, at + regs[i], 4, val, now);
		shown->val[i] = val;
	}
	for (i = 0; i < MODEL_SHOWN; i++) {
		val = q ? model_vcmdq_read(m, at + regs[i], 4) : 0;
		old = shown->val[i];
		/* the program may be writing: then the next look finds that */
		if (val != old && cmpxchg(word(m, v, l, regs[i]), old, val) == old)
			shown->val[i] = val;
	}
}

void model_vpage_look(struct model *m, u64 now)
{
	u32 v, l;

	if (!m->cmdqv.ram)
		return;
	for (v = 1; v < m->cmdqv.nr_vintfs; v++)
		for (l = 0; l < m->cmdqv.each; l++)
			look(m, v, l, now);
}

bool model_cmdqv_show(struct model *m, void *ram)
{
	m->cmdqv.shown = kvcalloc(m->cmdqv.nr, sizeof(*m->cmdqv.shown), GFP_KERNEL);
	if (!m->cmdqv.shown)
		return false;
	m->cmdqv.ram = ram;
	return true;
}

void model_cmdqv_look(struct model *m)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	model_vpage_look(m, model_now());
	raw_spin_unlock_irqrestore(&m->lock, flags);
}
EXPORT_SYMBOL_NS_GPL(model_cmdqv_look, "SMMUV3_MODEL");
