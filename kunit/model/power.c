// SPDX-License-Identifier: GPL-2.0-only
/* Power: 3.19, and what each register holds out of reset, 6.3. */
#include <linux/bitfield.h>
#include <linux/prandom.h>

#include <smmuv3/regs.h>

#include "model/state.h"

bool model_unpowered(struct model *m, u32 off)
{
	if (m->unpowered)
		model_violate(m, "access to 0x%x without power", off);
	return m->unpowered;
}

void model_power_off(struct model *m)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	m->unpowered = true;
	model_stall_end(m);
	m->port_invs = 0;
	model_ecmdq_power_off(m);
	model_cmdqv_power_off(m);
	m->cmdq.atc_unsynced = false;
	m->cmdq.atc_unanswered = false;
	m->cmdq.stopping = false;
	m->cmdq.msi.on_its_way = false;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

static u64 any64(struct rnd_state *rnd)
{
	return (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);
}

/* UPDATE, and acknowledges, are never pending */
static void fill(struct model_regs *r, const struct model_config *cfg, struct rnd_state *rnd)
{
	u32 i;

	prandom_bytes_state(rnd, r, sizeof(*r));
	r->cr0 = 0;
	r->cr0ack = 0;
	r->irq_ctrl = 0;
	r->irq_ctrlack = 0;
	r->gerror = 0;
	r->gerrorn = 0;
	r->ack_wait = 0;
	/* there is no memory at these addresses */
	r->strtab_base = any64(rnd) | BIT_ULL(50);
	for (i = 0; i < MODEL_IRQS; i++)
		r->msi_addr[i] |= BIT_ULL(50);
	/* registers that do not exist are RES0 */
	for (i = 0; i < MODEL_IRQS; i++) {
		if (cfg->idr[0] & IDR0_MSI && (i != MODEL_IRQ_PRI || cfg->idr[0] & IDR0_PRI))
			continue;
		r->msi_addr[i] = 0;
		r->msi_data[i] = 0;
		r->msi_attr[i] = 0;
	}
}

static void fill_cmdq(struct model_cmdq *q, struct rnd_state *rnd)
{
	q->base = any64(rnd);
	q->prod = prandom_u32_state(rnd);
	q->cons = prandom_u32_state(rnd);
	q->cons_shown = q->cons;
	q->cons_shown_at = 0;
}

/* With an empty command queue, and errors of all kinds, one of the queue among them */
static void run(struct model_regs *r, struct model_cmdq *q)
{
	r->cr0 = CR0_SMMUEN | CR0_CMDQEN | CR0_EVENTQEN | CR0_ATSCHK;
	r->cr0ack = r->cr0;
	r->irq_ctrl = IRQ_CTRL_GERROR | IRQ_CTRL_EVENTQ;
	r->irq_ctrlack = r->irq_ctrl;
	r->gerror = GERROR_CMDQ_ERR | GERROR_EVENTQ_ABT_ERR | GERROR_MSI_CMDQ_ABT_ERR;
	q->cons = q->prod;
	FIELD_MODIFY(CMDQ_CONS_ERR, &q->cons, CERROR_ILL);
}

void model_power_on(struct model *m, enum model_power how, u32 gbpa, u64 seed)
{
	unsigned long flags;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, seed);
	raw_spin_lock_irqsave(&m->lock, flags);
	fill(&m->r, &m->cfg, &rnd);
	fill_cmdq(&m->cmdq, &rnd);
	m->r.gbpa = gbpa & ~GBPA_UPDATE;
	m->r.gbpa_used = m->r.gbpa;
	if (how == MODEL_POWER_FOREIGN) {
		run(&m->r, &m->cmdq);
		model_cmdqv_run(m);
	}
	m->unpowered = false;
	m->cmdq.busy_until = max(m->cmdq.busy_until, model_now());
	raw_spin_unlock_irqrestore(&m->lock, flags);
}
