// SPDX-License-Identifier: GPL-2.0-only
/* Registers of enhanced command queues: 3.5.6, 6.2.5, 6.3.49 - 6.3.51, 6.3.107 - 6.3.109 */
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include <smmuv3/regs.h>

#include "model/state.h"

static u32 pages(const struct model *m)
{
	return 1U << FIELD_GET(IDR6_LOG2NUMP, m->cfg.idr6);
}

static u32 per_page(const struct model *m)
{
	return 1U << FIELD_GET(IDR6_LOG2NUMQ, m->cfg.idr6);
}

bool model_ecmdq_is_on(const struct model_cmdq *q)
{
	return q->cons & ECMDQ_CONS_ENACK;
}

bool model_ecmdq_has_failed(const struct model_cmdq *q)
{
	return !!(q->prod & ECMDQ_PROD_ERRACK) != !!(q->cons & ECMDQ_CONS_ERR);
}

bool model_ecmdq_any_on(const struct model *m)
{
	u32 i;

	for (i = 0; i < m->nr_ecmdqs; i++)
		if (m->ecmdq[i].prod & ECMDQ_PROD_EN || model_ecmdq_is_on(&m->ecmdq[i]))
			return true;
	return false;
}

bool model_ecmdq_has(const struct model *m, u32 off)
{
	return m->nr_ecmdqs && off >= m->cfg.ecmdq_at &&
	       off < m->cfg.ecmdq_at + pages(m) * CONTROL_PAGE_BYTES;
}

bool model_ecmdq_make(struct model *m)
{
	u32 i;

	prandom_seed_state(&m->ecmdq_rnd, m->cfg.ecmdq_seed);
	if (!(m->cfg.idr[1] & IDR1_ECMDQ) || pages(m) * per_page(m) > MODEL_ECMDQS)
		return true;
	m->ecmdq = kvcalloc(pages(m) * per_page(m), sizeof(*m->ecmdq), GFP_KERNEL);
	if (!m->ecmdq)
		return false;
	m->nr_ecmdqs = pages(m) * per_page(m);
	for (i = 0; i < m->nr_ecmdqs; i++) {
		m->ecmdq[i].kind = MODEL_ECMDQ;
		m->ecmdq[i].busy_until = model_now();
		/* on and empty, as another kernel has left it */
		if (i < m->cfg.ecmdqs_on) {
			m->ecmdq[i].prod = ECMDQ_PROD_EN;
			m->ecmdq[i].cons = ECMDQ_CONS_ENACK;
		}
	}
	return true;
}

void model_ecmdq_power_off(struct model *m)
{
	u32 i;

	for (i = 0; i < m->nr_ecmdqs; i++) {
		/* positions out of reset are UNKNOWN; EN, ENACK, ERR and ERRACK are 0 */
		m->ecmdq[i] = (struct model_cmdq) {
			.kind = MODEL_ECMDQ,
			.base = (u64)prandom_u32_state(&m->ecmdq_rnd) << 32,
			.prod = prandom_u32_state(&m->ecmdq_rnd) & ECMDQ_PROD_WR,
			.cons = prandom_u32_state(&m->ecmdq_rnd) & ECMDQ_CONS_RD,
			.busy_until = m->ecmdq[i].busy_until,
		};
	}
}

u64 model_ecmdq_page_reg(const struct model *m, u32 off)
{
	u32 n = (off - SMMU_CMDQ_CONTROL_PAGE(0)) / 32;
	enum model_bad_page bad = m->cfg.bad_page;
	u64 at = m->cfg.ecmdq_at + n * CONTROL_PAGE_BYTES;

	if (!m->nr_ecmdqs || n >= pages(m))
		return 0;
	switch (off % 32) {
	case CONTROL_PAGE_BASE:
		if (bad == MODEL_PAGE_APART && n)
			at += CONTROL_PAGE_BYTES;
		if (bad == MODEL_PAGE_OVERLAPS)
			at = n * CONTROL_PAGE_BYTES;
		return at | (bad == MODEL_PAGE_NOT_PRESET ? 0 : CONTROL_PAGE_PRESET) |
		       FIELD_PREP(CONTROL_PAGE_CMDQGS,
				  CONTROL_PAGE_CMDQGS_64K + (bad == MODEL_PAGE_NOT_64K));
	case CONTROL_PAGE_CFG:
	case CONTROL_PAGE_STATUS:
		return bad == MODEL_PAGE_OFF ? 0 : CONTROL_PAGE_EN;
	default:
		return 0;
	}
}

/* The queues are spaced evenly. Return: NULL between two of them; @reg: out, which register */
static struct model_cmdq *queue_at(struct model *m, u32 off, u32 *reg)
{
	u32 step = CONTROL_PAGE_BYTES / per_page(m);

	off -= m->cfg.ecmdq_at;
	*reg = off % step;
	return *reg < 16 ? &m->ecmdq[off / step] : NULL;
}

/* 3.5.6.2: ENACK follows; when a queue is disabled, after the command in progress */
static void settle(struct model *m, struct model_cmdq *q)
{
	bool on = q->prod & ECMDQ_PROD_EN;

	if (q->ack_wait) {
		q->ack_wait--;
		return;
	}
	if (!m->inject.no_ack && !m->inject.no_enack && (on || !q->stopping))
		FIELD_MODIFY(ECMDQ_CONS_ENACK, &q->cons, on);
}

static void enable(struct model *m, struct model_cmdq *q)
{
	if (FIELD_GET(QUEUE_BASE_LOG2SIZE, q->base) > FIELD_GET(IDR1_CMDQS, m->cfg.idr[1]))
		model_violate(m, "ECMDQ_BASE.LOG2SIZE is too large");
	if (!model_cmdq_is_empty(q))
		model_violate(m, "an ECMDQ is enabled with commands in it");
	if (model_ecmdq_has_failed(q))
		model_violate(m, "an ECMDQ is enabled while ERRACK differs from ERR");
	q->busy_until = max(q->busy_until, model_now());
}

static void write_prod(struct model *m, struct model_cmdq *q, u32 val, u64 now)
{
	bool was = q->prod & ECMDQ_PROD_EN, on = val & ECMDQ_PROD_EN;

	if (val & ~(ECMDQ_PROD_EN | ECMDQ_PROD_ERRACK | ECMDQ_PROD_WR))
		model_violate(m, "ECMDQ_PROD: reserved bits 0x%x", val);
	if (was != model_ecmdq_is_on(q)) {
		model_violate(m, "ECMDQ_PROD written while EN differs from ENACK");
		return;
	}
	if (was && on) {
		if ((val ^ q->prod) & ECMDQ_PROD_ERRACK && !model_ecmdq_has_failed(q))
			model_violate(m, "ECMDQ_PROD acknowledges an error that is not active");
		model_doorbell(m, q, val, now);
		return;
	}
	if (was)
		q->stopping = model_in_progress(m, q);
	q->prod = val;
	if (on)
		enable(m, q);
	q->ack_wait = m->cfg.ack_reads;
	if (!q->ack_wait)
		settle(m, q);
}

/* 6.3.107, 6.3.109: read-only unless EN and ENACK are both 0 */
static bool is_free(struct model *m, const struct model_cmdq *q, const char *what)
{
	bool free = !(q->prod & ECMDQ_PROD_EN) && !model_ecmdq_is_on(q);

	if (!free)
		model_violate(m, "%s written while the queue is in use", what);
	return free;
}

void model_ecmdq_write(struct model *m, u32 off, u32 size, u64 val, u64 now)
{
	struct model_cmdq *q;
	u32 reg;

	q = queue_at(m, off, &reg);
	if (q && reg == ECMDQ_BASE && size == 8) {
		if (val & QUEUE_BASE_ADDR & ((16ULL << FIELD_GET(QUEUE_BASE_LOG2SIZE, val)) - 1))
			model_violate(m, "ECMDQ_BASE is not aligned to the queue's size");
		if (is_free(m, q, "ECMDQ_BASE"))
			q->base = val;
	} else if (q && reg == ECMDQ_PROD && size == 4) {
		write_prod(m, q, val, now);
	} else if (q && reg == ECMDQ_CONS && size == 4) {
		/* hardware has ENACK */
		if (is_free(m, q, "ECMDQ_CONS"))
			q->cons = val & ~ECMDQ_CONS_ENACK;
	} else {
		model_violate(m, "write of %u bytes to 0x%x in a control page", size, off);
	}
}

u64 model_ecmdq_read(struct model *m, u32 off, u32 size)
{
	struct model_cmdq *q;
	u32 reg;

	q = queue_at(m, off, &reg);
	if (!q)
		return 0;
	switch (reg) {
	case ECMDQ_BASE:
		return q->base;
	case ECMDQ_PROD:
		return q->prod;
	case ECMDQ_CONS:
		m->stats.cons_reads++;
		settle(m, q);
		return m->inject.cons_ones ? U32_MAX : q->cons;
	default:
		model_violate(m, "read of 0x%x in a control page", off);
		return 0;
	}
}
