// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CMDQ-V companion: what enables it, its interfaces (VINTFs), and which queues they have. The
 * registers of a queue are in vcmdq.c.
 *
 * No specification is public. Where nothing is known of what hardware does, the model does what is
 * worst for a driver: a companion or a VINTF that is disabled keeps all that it holds, and its
 * queues go on when it is enabled again.
 */
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "model/state.h"

/* A field of CONFIG that no driver knows */
#define CONFIG_OTHER		BIT(5)

bool model_cmdqv_make(struct model *m)
{
	u32 param = m->cfg.cmdqv_param, log2 = FIELD_GET(CMDQV_PARAM_LOG2QUEUES, param), i;
	struct model_cmdqv *c = &m->cmdqv;

	if (!param)
		return true;
	/* PARAM may promise more than there is */
	c->nr_vintfs = 1U << min_t(u32, FIELD_GET(CMDQV_PARAM_LOG2VINTFS, param), 6);
	c->nr = max(1U << min(log2, 7), c->nr_vintfs);
	c->each = c->nr / c->nr_vintfs;
	c->sids = 1U << min_t(u32, FIELD_GET(CMDQV_PARAM_LOG2SIDS, param), 4);
	m->inject.no_cmdqv = m->cfg.cmdqv_stuck;
	c->config = CONFIG_OTHER;
	c->vintf = kvcalloc(c->nr_vintfs, sizeof(*c->vintf), GFP_KERNEL);
	c->q = kvcalloc(c->nr, sizeof(*c->q), GFP_KERNEL);
	if (!c->vintf || !c->q) {
		model_cmdqv_free(m);
		return false;
	}
	for (i = 0; i < c->nr; i++) {
		c->q[i].q.kind = MODEL_VCMDQ;
		c->q[i].q.busy_until = model_now();
	}
	if (m->cfg.cmdqv_on)
		model_cmdqv_run(m);
	return true;
}

void model_cmdqv_free(struct model *m)
{
	kvfree(m->cmdqv.vintf);
	kvfree(m->cmdqv.q);
	kvfree(m->cmdqv.shown);
	m->cmdqv = (struct model_cmdqv) {};
}

/*
 * Another kernel has left it on: every VINTF is enabled, and has the queues of the next one, each
 * with a command in it that has failed, at an address that is no memory, and behind an ATC_INV
 * that was not answered
 */
void model_cmdqv_run(struct model *m)
{
	struct model_cmdqv *c = &m->cmdqv;
	u32 i;

	if (!c->nr)
		return;
	c->config |= CMDQV_EN;
	c->on = true;
	for (i = 0; i < c->nr_vintfs; i++) {
		c->vintf[i].config = VINTF_EN | FIELD_PREP(VINTF_VMID, i + 1);
		c->vintf[i].on = true;
		c->vintf[i].match[0] = SID_MATCH_EN | FIELD_PREP(SID_MATCH_VSID, i);
	}
	for (i = 0; i < c->nr; i++) {
		struct model_vcmdq *q = &c->q[i];

		q->alloc = CMDQ_ALLOC_ALLOCATED |
			   FIELD_PREP(CMDQ_ALLOC_VINTF, (i / c->each + 1) % c->nr_vintfs) |
			   FIELD_PREP(CMDQ_ALLOC_LVCMDQ, i % c->each);
		q->config = VCMDQ_EN;
		q->on = true;
		q->q.base = BIT_ULL(47) | 4;
		q->q.atc_unsynced = true;
		q->q.atc_unanswered = true;
		q->q.prod = 1;
		q->q.cons = FIELD_PREP(CMDQ_CONS_ERR, CERROR_ABT);
		q->gerror = VCMDQ_GERROR_CMDQ_ERR;
	}
}

/* Out of reset everything is off; what has no reset value holds anything */
void model_cmdqv_power_off(struct model *m)
{
	struct model_cmdqv *c = &m->cmdqv;
	struct rnd_state *rnd = &m->ecmdq_rnd;
	u32 i;

	c->config = CONFIG_OTHER;
	c->on = false;
	c->int_mask = 0;
	for (i = 0; i < c->nr_vintfs; i++) {
		c->vintf[i] = (struct model_vintf) {
			.config = prandom_u32_state(rnd) & (VINTF_VMID | VINTF_HYP_OWN),
			.match = { prandom_u32_state(rnd), prandom_u32_state(rnd) },
		};
	}
	for (i = 0; i < c->nr; i++) {
		c->q[i] = (struct model_vcmdq) {
			.alloc = prandom_u32_state(rnd) & ~CMDQ_ALLOC_ALLOCATED,
			.q = {
				.kind = MODEL_VCMDQ,
				.base = prandom_u32_state(rnd),
				.prod = prandom_u32_state(rnd) & 0xff,
				.cons = prandom_u32_state(rnd) & 0xff,
				.busy_until = c->q[i].q.busy_until,
			},
		};
	}
}

u32 model_vcmdq_vintf(const struct model_vcmdq *q)
{
	return FIELD_GET(CMDQ_ALLOC_VINTF, q->alloc);
}

/* The queue that a VINTF has as logical queue @l. Return: NULL for none */
struct model_vcmdq *model_cmdqv_logical(struct model *m, u32 v, u32 l)
{
	struct model_cmdqv *c = &m->cmdqv;
	u32 i;

	for (i = 0; i < c->nr; i++)
		if (c->q[i].alloc & CMDQ_ALLOC_ALLOCATED && model_vcmdq_vintf(&c->q[i]) == v &&
		    FIELD_GET(CMDQ_ALLOC_LVCMDQ, c->q[i].alloc) == l)
			return &c->q[i];
	return NULL;
}

/* May the queue begin a command? It is on, and everything around it was told to be on, and is */
bool model_vcmdq_runs(const struct model *m, const struct model_vcmdq *q)
{
	const struct model_cmdqv *c = &m->cmdqv;
	const struct model_vintf *v;

	if (!(q->alloc & CMDQ_ALLOC_ALLOCATED) || model_vcmdq_vintf(q) >= c->nr_vintfs)
		return false;
	v = &c->vintf[model_vcmdq_vintf(q)];
	return q->on && q->config & VCMDQ_EN && v->on && v->config & VINTF_EN && c->on &&
	       c->config & CMDQV_EN && m->r.cr0 & m->r.cr0ack & CR0_SMMUEN &&
	       m->r.cr0 & m->r.cr0ack & CR0_CMDQEN;
}

/* Does the queue run, with a command that it has begun? */
static bool has_begun(const struct model *m, const struct model_vcmdq *q)
{
	return model_vcmdq_runs(m, q) && model_in_progress(m, &q->q);
}

void model_cmdqv_stopping(struct model *m, u32 v)
{
	struct model_cmdqv *c = &m->cmdqv;
	u32 i;

	for (i = 0; i < c->nr; i++)
		if (v == MODEL_ALL_VINTFS || model_vcmdq_vintf(&c->q[i]) == v)
			c->q[i].q.stopping |= has_begun(m, &c->q[i]);
}

/* Is a queue of the VINTF in the middle of a command, although it was told to stop? */
static bool is_busy(const struct model *m, u32 v)
{
	const struct model_cmdqv *c = &m->cmdqv;
	u32 i;

	for (i = 0; i < c->nr; i++)
		if (c->q[i].q.stopping &&
		    (v == MODEL_ALL_VINTFS || model_vcmdq_vintf(&c->q[i]) == v))
			return true;
	return false;
}

/* A driver changes EN when STATUS has followed the last change, or never will */
static void check_en(struct model *m, u32 stuck, u32 was, u32 val, bool on, const char *what)
{
	if ((val ^ was) & BIT(0) && (was & BIT(0)) != on && !(m->inject.no_cmdqv & stuck))
		model_violate(m, "CMDQ-V: EN of %s changed before its STATUS", what);
}

/* STATUS follows CONFIG, some reads later; when disabled, after the commands in progress */
static void settle(struct model *m, u32 v, u32 stuck, u32 config, u32 *wait, bool *on)
{
	bool want = config & BIT(0);

	if (*wait) {
		(*wait)--;
		return;
	}
	if (!(m->inject.no_cmdqv & stuck) && (want || !is_busy(m, v)))
		*on = want;
}

static void settle_vintf(struct model *m, u32 v)
{
	struct model_vintf *vintf = &m->cmdqv.vintf[v];

	settle(m, v, MODEL_NO_VINTF, vintf->config, &vintf->ack_wait, &vintf->on);
}

static void settle_all(struct model *m)
{
	struct model_cmdqv *c = &m->cmdqv;

	settle(m, MODEL_ALL_VINTFS, MODEL_NO_COMPANION, c->config, &c->ack_wait, &c->on);
}

static void write_config(struct model *m, u32 val)
{
	struct model_cmdqv *c = &m->cmdqv;

	if ((val ^ c->config) & ~CMDQV_EN)
		model_violate(m, "CMDQ-V: CONFIG 0x%x changes fields beside EN", val);
	check_en(m, MODEL_NO_COMPANION, c->config, val, c->on, "the companion");
	if (val & ~c->config & CMDQV_EN && !(m->r.cr0ack & CR0_SMMUEN))
		model_violate(m, "CMDQ-V: enabled before the SMMU");
	if (c->config & ~val & CMDQV_EN)
		model_cmdqv_stopping(m, MODEL_ALL_VINTFS);
	c->config = val;
	c->ack_wait = m->cfg.ack_reads;
	settle_all(m);
}

static void write_alloc(struct model *m, u32 nr, u32 val)
{
	struct model_vcmdq *q = &m->cmdqv.q[nr];
	u32 v = FIELD_GET(CMDQ_ALLOC_VINTF, val), l = FIELD_GET(CMDQ_ALLOC_LVCMDQ, val);
	bool was = q->alloc & CMDQ_ALLOC_ALLOCATED, is = val & CMDQ_ALLOC_ALLOCATED;

	if (!m->cmdqv.on)
		model_violate(m, "CMDQ-V: queue %u allocated while the companion is off", nr);
	if (v >= m->cmdqv.nr_vintfs || l >= m->cmdqv.each)
		model_violate(m, "CMDQ-V: queue %u allocated to VINTF %u as %u", nr, v, l);
	if (val & ~(CMDQ_ALLOC_ALLOCATED | CMDQ_ALLOC_VINTF | CMDQ_ALLOC_LVCMDQ))
		model_violate(m, "CMDQ-V: CMDQ_ALLOC reserved bits 0x%x", val);
	/* a guest can enable a queue that it has at any time */
	if ((was || is) && model_vcmdq_runs(m, q) && !model_vcmdq_is_guests(q))
		model_violate(m, "CMDQ-V: allocation of queue %u changed while it is in use", nr);
	if (!was && is && (q->alloc ^ val) & ~CMDQ_ALLOC_ALLOCATED)
		model_violate(m, "CMDQ-V: queue %u was not assigned before it is allocated", nr);
	if (!was && is && !m->cmdqv.vintf[v].on)
		model_violate(m, "CMDQ-V: queue %u allocated to VINTF %u, which is off", nr, v);
	/* in ascending order, and back in descending order */
	if (!was && is && l && !model_cmdqv_logical(m, v, l - 1))
		model_violate(m, "CMDQ-V: logical queue %u before the one below", l);
	if (was && !is && m->cmdqv.vintf[v].on && model_cmdqv_logical(m, v, l + 1))
		model_violate(m, "CMDQ-V: logical queue %u gone before the one above", l);
	q->alloc = val;
	if (is)
		model_vcmdq_defy(m, q);
}

static void write_vintf(struct model *m, u32 v, u32 reg, u32 val)
{
	struct model_vintf *vintf = &m->cmdqv.vintf[v];
	u32 s;

	switch (reg) {
	case VINTF_CONFIG:
		if (m->cfg.cmdqv_no_hyp)
			val &= ~VINTF_HYP_OWN;
		if (!m->cmdqv.on)
			model_violate(m, "CMDQ-V: VINTF %u written while the companion is off", v);
		if (val & VINTF_EN && (val ^ vintf->config) & (VINTF_VMID | VINTF_HYP_OWN))
			model_violate(m, "CMDQ-V: VINTF %u enabled before it has its VMID", v);
		check_en(m, MODEL_NO_VINTF, vintf->config, val, vintf->on, "a VINTF");
		if (vintf->config & ~val & VINTF_EN)
			model_cmdqv_stopping(m, v);
		vintf->config = val;
		vintf->ack_wait = m->cfg.ack_reads;
		settle_vintf(m, v);
		break;
	case VINTF_SID_MATCH(0) ... VINTF_SID_MATCH(CMDQV_SIDS_MAX) - 4:
		s = (reg - VINTF_SID_MATCH(0)) / 4;
		if (s >= m->cmdqv.sids || val & ~(SID_MATCH_EN | SID_MATCH_VSID))
			model_violate(m, "CMDQ-V: SID_MATCH %u is 0x%x", s, val);
		vintf->match[s] = val;
		break;
	case VINTF_SID_REPLACE(0) ... VINTF_SID_REPLACE(CMDQV_SIDS_MAX) - 4:
		s = (reg - VINTF_SID_REPLACE(0)) / 4;
		if (s >= m->cmdqv.sids || vintf->match[s] & SID_MATCH_EN)
			model_violate(m, "CMDQ-V: SID_REPLACE %u changed while it is used", s);
		vintf->replace[s] = val;
		break;
	default:
		model_violate(m, "CMDQ-V: write to 0x%x of VINTF %u", reg, v);
	}
}

static void write_common(struct model *m, u32 off, u32 size, u32 val)
{
	struct model_cmdqv *c = &m->cmdqv;
	u32 v = (off - CMDQV_VINTF(0)) / 0x100;

	if (size != 4 || off % 4)
		model_violate(m, "CMDQ-V: write of %u bytes to 0x%x", size, off);
	else if (off == CMDQV_CONFIG)
		write_config(m, val);
	else if (off == CMDQV_VINTF_INT_MASK)
		c->int_mask = (c->int_mask & ~(u64)U32_MAX) | val;
	else if (off == CMDQV_VINTF_INT_MASK + 4)
		c->int_mask = (c->int_mask & U32_MAX) | (u64)val << 32;
	else if (off >= CMDQV_CMDQ_ALLOC(0) && off < CMDQV_CMDQ_ALLOC(c->nr))
		write_alloc(m, (off - CMDQV_CMDQ_ALLOC(0)) / 4, val);
	else if (off >= CMDQV_VINTF(0) && v < c->nr_vintfs)
		write_vintf(m, v, off % 0x100, val);
	else
		model_violate(m, "CMDQ-V: write to 0x%x", off);
}

/* Does the queue with this number have an error? An allocated one, where @v asks for its VINTF */
static bool has_error(struct model *m, u32 nr)
{
	const struct model_vcmdq *q = &m->cmdqv.q[nr];

	return q->alloc & CMDQ_ALLOC_ALLOCATED && (q->gerror ^ q->gerrorn) & VCMDQ_GERROR_CMDQ_ERR;
}

static u64 error_map(struct model *m, u32 first, u32 most, u32 v)
{
	u64 map = 0;
	u32 i, bit;

	for (i = 0; i < m->cmdqv.nr; i++) {
		if (!has_error(m, i))
			continue;
		if (v == MODEL_ALL_VINTFS)
			bit = model_vcmdq_vintf(&m->cmdqv.q[i]);
		else if (model_vcmdq_vintf(&m->cmdqv.q[i]) == v)
			bit = FIELD_GET(CMDQ_ALLOC_LVCMDQ, m->cmdqv.q[i].alloc);
		else
			continue;
		if (bit >= first && bit < first + most)
			map |= BIT_ULL(bit - first);
	}
	return map;
}

static u32 queue_map(struct model *m, u32 word)
{
	u32 map = 0, i;

	for (i = 32 * word; i < 32 * (word + 1) && i < m->cmdqv.nr; i++)
		map |= has_error(m, i) ? BIT(i % 32) : 0;
	return map;
}

static u64 read_vintf(struct model *m, u32 v, u32 reg, u32 size)
{
	struct model_vintf *vintf = &m->cmdqv.vintf[v];

	switch (reg) {
	case VINTF_CONFIG:
		return vintf->config;
	case VINTF_STATUS:
		settle_vintf(m, v);
		return vintf->on;
	case VINTF_SID_MATCH(0) ... VINTF_SID_MATCH(CMDQV_SIDS_MAX) - 4:
		return vintf->match[(reg - VINTF_SID_MATCH(0)) / 4];
	case VINTF_SID_REPLACE(0) ... VINTF_SID_REPLACE(CMDQV_SIDS_MAX) - 4:
		return vintf->replace[(reg - VINTF_SID_REPLACE(0)) / 4];
	case VINTF_LVCMDQ_ERR_MAP(0):
	case VINTF_LVCMDQ_ERR_MAP(1):
		if (size != 8)
			model_violate(m, "CMDQ-V: map of VINTF %u read as %u bytes", v, size);
		return error_map(m, (reg - VINTF_LVCMDQ_ERR_MAP(0)) * 8, 64, v) |
		       (v ? 0 : m->inject.cmdqv_queues[(reg - VINTF_LVCMDQ_ERR_MAP(0)) / 8]);
	default:
		model_violate(m, "CMDQ-V: read of 0x%x of VINTF %u", reg, v);
		return 0;
	}
}

static u64 read_common(struct model *m, u32 off, u32 size)
{
	struct model_cmdqv *c = &m->cmdqv;
	u32 v = (off - CMDQV_VINTF(0)) / 0x100;

	if (off % size)
		model_violate(m, "CMDQ-V: read of %u bytes at 0x%x", size, off);
	if (off >= CMDQV_VINTF(0) && v < c->nr_vintfs)
		return read_vintf(m, v, off % 0x100, size);
	switch (off) {
	case CMDQV_CONFIG:
		return c->config;
	case CMDQV_PARAM:
		return m->cfg.cmdqv_param;
	case CMDQV_STATUS:
		settle_all(m);
		return c->on;
	case CMDQV_VINTF_ERR_MAP:
		return lower_32_bits(error_map(m, 0, 64, MODEL_ALL_VINTFS) |
				     m->inject.cmdqv_vintfs);
	case CMDQV_VINTF_ERR_MAP + 4:
		return upper_32_bits(error_map(m, 0, 64, MODEL_ALL_VINTFS) |
				     m->inject.cmdqv_vintfs);
	case CMDQV_VINTF_INT_MASK:
		return lower_32_bits(c->int_mask);
	case CMDQV_VINTF_INT_MASK + 4:
		return upper_32_bits(c->int_mask);
	case CMDQV_CMDQ_ERR_MAP(0):
	case CMDQV_CMDQ_ERR_MAP(1):
	case CMDQV_CMDQ_ERR_MAP(2):
	case CMDQV_CMDQ_ERR_MAP(3):
		return queue_map(m, (off - CMDQV_CMDQ_ERR_MAP(0)) / 4);
	}
	if (off >= CMDQV_CMDQ_ALLOC(0) && off < CMDQV_CMDQ_ALLOC(c->nr))
		return c->q[(off - CMDQV_CMDQ_ALLOC(0)) / 4].alloc;
	model_violate(m, "CMDQ-V: read of 0x%x", off);
	return 0;
}

void model_cmdqv_write(struct model *m, u32 off, u32 size, u64 val)
{
	unsigned long flags;

	model_advance(m->cfg.write_ns);
	raw_spin_lock_irqsave(&m->lock, flags);
	if (!m->inject.dead && !m->inject.cmdqv_gone && !model_unpowered(m, off)) {
		model_step(m, model_now());
		model_vpage_look(m, model_now());
		if (off < CMDQV_PAGE)
			write_common(m, off, size, val);
		else
			model_vcmdq_write(m, off, size, val, model_now());
		model_vpage_look(m, model_now());
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

u64 model_cmdqv_read(struct model *m, u32 off, u32 size)
{
	unsigned long flags;
	u64 val = ~0ULL;

	model_advance(m->cfg.read_ns);
	raw_spin_lock_irqsave(&m->lock, flags);
	if (!m->inject.dead && !m->inject.cmdqv_gone && !model_unpowered(m, off)) {
		model_step(m, model_now());
		model_vpage_look(m, model_now());
		val = off < CMDQV_PAGE ? read_common(m, off, size) :
					 model_vcmdq_read(m, off, size);
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return val;
}

void model_cmdqv_interrupt(struct model *m)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	if (m->ops->irq)
		m->ops->irq(m->host, MODEL_IRQ_CMDQV);
	raw_spin_unlock_irqrestore(&m->lock, flags);
}
