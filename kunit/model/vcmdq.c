// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue of a CMDQ-V companion: its registers in two pages, which commands it takes, and its
 * errors. VINTF 0 is the kernel's: what it must not do is a violation. What a guest does in another
 * VINTF is none, it is an error of that queue.
 */
#include <linux/bitfield.h>

#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "model/state.h"

static struct model_vcmdq *vcmdq_of(struct model_cmdq *q)
{
	return container_of(q, struct model_vcmdq, q);
}

static bool is_kernels(const struct model_vcmdq *q)
{
	return !model_vcmdq_vintf(q);
}

bool model_vcmdq_is_guests(const struct model_vcmdq *q)
{
	return !is_kernels(q);
}

bool model_vcmdq_has_failed(const struct model_vcmdq *q)
{
	return (q->gerror ^ q->gerrorn) & VCMDQ_GERROR_CMDQ_ERR;
}

void model_vcmdq_fail(struct model *m, struct model_cmdq *cmdq, u32 error)
{
	struct model_vcmdq *q = vcmdq_of(cmdq);

	FIELD_MODIFY(CMDQ_CONS_ERR, &cmdq->cons, error);
	if (model_vcmdq_has_failed(q))
		return;
	q->gerror ^= VCMDQ_GERROR_CMDQ_ERR;
	/* an edge, and a new one for each error, whatever the maps show already */
	if (m->cmdqv.int_mask & BIT_ULL(model_vcmdq_vintf(q)))
		m->stats.cmdqv_masked++;
	else if (m->ops->irq)
		m->ops->irq(m->host, MODEL_IRQ_CMDQV);
}

/*
 * Without HYP_OWN a queue takes four commands only; CMD_SYNCs send no signal on any queue; and a
 * guest's StreamIDs may have to be known
 */
bool model_vcmdq_refuses(struct model *m, struct model_cmdq *cmdq, const struct smmu_cmd *cmd)
{
	struct model_vcmdq *q = vcmdq_of(cmdq);
	const struct model_vintf *v = &m->cmdqv.vintf[model_vcmdq_vintf(q)];
	u8 opcode = smmu_cmd_opcode(cmd);
	struct smmu_cmd meant = *cmd;
	bool bad = false;

	switch (opcode) {
	case CMD_TLBI_NH_ASID:
	case CMD_TLBI_NH_VA:
		break;
	case CMD_ATC_INV:
		bad = !m->cfg.cmdqv_skips && !model_vcmdq_replace(m, cmdq, &meant);
		break;
	case CMD_SYNC:
		bad = FIELD_GET(CMD0_SYNC_CS, le64_to_cpu(cmd->w[0]));
		break;
	default:
		bad = !(v->config & VINTF_HYP_OWN);
	}
	if (bad && is_kernels(q))
		model_violate(m, "CMDQ-V: a queue does not take %s 0x%llx",
			      smmu_cmd_name(opcode), le64_to_cpu(cmd->w[0]));
	return bad;
}

/*
 * What a guest's command means: its VINTF has the VMID, and replaces StreamIDs. Return: false for a
 * StreamID that matches nothing. Nothing says in public what becomes of such a command.
 */
bool model_vcmdq_replace(struct model *m, struct model_cmdq *cmdq, struct smmu_cmd *cmd)
{
	struct model_vcmdq *q = vcmdq_of(cmdq);
	const struct model_vintf *v = &m->cmdqv.vintf[model_vcmdq_vintf(q)];
	u64 w0 = le64_to_cpu(cmd->w[0]);
	u32 s;

	if (v->config & VINTF_HYP_OWN || is_kernels(q))
		return true;
	switch (smmu_cmd_opcode(cmd)) {
	case CMD_TLBI_NH_ASID:
	case CMD_TLBI_NH_VA:
		FIELD_MODIFY(CMD0_TLBI_VMID, &w0, FIELD_GET(VINTF_VMID, v->config));
		break;
	case CMD_ATC_INV:
		for (s = 0; s < m->cmdqv.sids; s++)
			if (v->match[s] & SID_MATCH_EN &&
			    FIELD_GET(SID_MATCH_VSID, v->match[s]) == FIELD_GET(CMD0_ATC_SID, w0))
				break;
		if (s == m->cmdqv.sids)
			return false;
		FIELD_MODIFY(CMD0_ATC_SID, &w0, v->replace[s]);
		break;
	}
	cmd->w[0] = cpu_to_le64(w0);
	return true;
}

void model_vcmdq_flush(struct model *m)
{
	u32 i, j;

	for (i = 0; i < m->cmdqv.nr; i++) {
		struct model_vcmdq *q = &m->cmdqv.q[i];

		if (q->on || q->config & VCMDQ_EN)
			continue;
		q->q.atc_unsynced = false;
		q->q.atc_unanswered = false;
		for (j = 0; j < m->port_invs; j++)
			if (m->port[j].q == &q->q)
				m->port[j].q = NULL;
	}
}

/* STATUS follows CONFIG, as in cmdqv.c */
static void settle(struct model *m, struct model_vcmdq *q)
{
	bool want = q->config & VCMDQ_EN;

	if (q->q.ack_wait) {
		q->q.ack_wait--;
		return;
	}
	if (!(m->inject.no_cmdqv & MODEL_NO_VCMDQ) && (want || !q->q.stopping))
		q->on = want;
}

static void enable(struct model *m, struct model_vcmdq *q)
{
	u64 base = q->q.base;

	if (!is_kernels(q))
		return;
	if (!m->cmdqv.on || !m->cmdqv.vintf[model_vcmdq_vintf(q)].on)
		model_violate(m, "CMDQ-V: a queue is enabled in a VINTF that is off");
	if (base & ~(VCMDQ_BASE_ADDR | VCMDQ_BASE_LOG2SIZE) ||
	    base & VCMDQ_BASE_ADDR & ((16ULL << FIELD_GET(VCMDQ_BASE_LOG2SIZE, base)) - 1) ||
	    FIELD_GET(VCMDQ_BASE_LOG2SIZE, base) > FIELD_GET(IDR1_CMDQS, m->cfg.idr[1]))
		model_violate(m, "CMDQ-V: BASE is 0x%llx", base);
	if (q->q.prod || q->q.cons)
		model_violate(m, "CMDQ-V: a queue is enabled at PROD 0x%x CONS 0x%x", q->q.prod,
			      q->q.cons);
	if (q->indx)
		model_violate(m, "CMDQ-V: a queue is enabled with a CONS_INDX_BASE");
	if (model_vcmdq_has_failed(q))
		model_violate(m, "CMDQ-V: a queue is enabled with an error active");
}

static void write_config(struct model *m, struct model_vcmdq *q, u32 val)
{
	bool change = (val ^ q->config) & VCMDQ_EN;

	if (val & ~VCMDQ_EN && is_kernels(q))
		model_violate(m, "CMDQ-V: CONFIG of a queue is 0x%x", val);
	if (change && !!(q->config & VCMDQ_EN) != q->on && is_kernels(q) &&
	    !(m->inject.no_cmdqv & MODEL_NO_VCMDQ))
		model_violate(m, "CMDQ-V: EN of a queue changed before its STATUS");
	if (change && !(val & VCMDQ_EN))
		q->q.stopping |= model_vcmdq_runs(m, q) && model_in_progress(m, &q->q);
	if (change && val & VCMDQ_EN) {
		enable(m, q);
		q->q.busy_until = max(q->q.busy_until, model_now());
	}
	q->config = val;
	q->q.ack_wait = m->cfg.ack_reads;
	settle(m, q);
}

static bool is_free(struct model *m, const struct model_vcmdq *q, const char *what)
{
	bool free = !(q->config & VCMDQ_EN) && !q->on;

	if (!free && is_kernels(q))
		model_violate(m, "CMDQ-V: %s written while the queue is on", what);
	return free;
}

static void write_prod(struct model *m, struct model_vcmdq *q, u32 val, u64 now)
{
	if (q->on && is_kernels(q)) {
		model_doorbell(m, &q->q, val, now);
		return;
	}
	q->q.prod = val;
	q->q.busy_until = max(q->q.busy_until, now);
	model_step(m, now);
}

static void write_gerrorn(struct model *m, struct model_vcmdq *q, u32 val)
{
	u32 active = q->gerror ^ q->gerrorn;

	if ((val ^ q->gerrorn) & ~active && is_kernels(q))
		model_violate(m, "CMDQ-V: GERRORN acknowledges what is not active");
	if (m->inject.cmdqv_keeps_error)
		return;
	q->gerrorn = val;
	if (!model_vcmdq_has_failed(q))
		q->q.cons &= ~CMDQ_CONS_ERR;
	model_step(m, model_now());
}

static void write_page0(struct model *m, struct model_vcmdq *q, u32 reg, u32 val, u64 now)
{
	switch (reg) {
	case VCMDQ_CONS:
		if (is_free(m, q, "CONS"))
			q->q.cons = val;
		break;
	case VCMDQ_PROD:
		write_prod(m, q, val, now);
		break;
	case VCMDQ_CONFIG:
		write_config(m, q, val);
		break;
	case VCMDQ_GERRORN:
		write_gerrorn(m, q, val);
		break;
	default:
		if (is_kernels(q))
			model_violate(m, "CMDQ-V: write to 0x%x of a queue", reg);
	}
}

static u64 read_page0(struct model *m, struct model_vcmdq *q, u32 reg)
{
	switch (reg) {
	case VCMDQ_CONS:
		m->stats.cons_reads++;
		return q->q.cons;
	case VCMDQ_PROD:
		return q->q.prod;
	case VCMDQ_CONFIG:
		return q->config;
	case VCMDQ_STATUS:
		settle(m, q);
		return q->on;
	case VCMDQ_GERROR:
		return q->gerror;
	case VCMDQ_GERRORN:
		return q->gerrorn;
	default:
		if (is_kernels(q))
			model_violate(m, "CMDQ-V: read of 0x%x of a queue", reg);
		return 0;
	}
}

static u64 *page1_reg(struct model *m, struct model_vcmdq *q, u32 reg)
{
	if (reg == VCMDQ_BASE)
		return &q->q.base;
	if (reg == VCMDQ_CONS_INDX_BASE)
		return &q->indx;
	model_violate(m, "CMDQ-V: access to 0x%x of page 1 of a queue", reg);
	return NULL;
}

/*
 * Which queue is it, and which of its pages? The pages of a VINTF show those queues only that are
 * allocated to it. A guest may touch all of its page. The kernel may read there, too: a thread that
 * waits for a queue looks once more when the SMMU was shut meanwhile, and its queues were taken
 * down. Return: NULL for none
 */
static struct model_vcmdq *queue_at(struct model *m, u32 off, bool read, bool *page1)
{
	u32 l = off % CMDQV_PAGE / CMDQV_QUEUE_BYTES, v;
	struct model_vcmdq *q = NULL;

	if (off < CMDQV_VINTF_PAGES) {
		*page1 = off >= CMDQV_QUEUE_PAGE1(0);
		q = l < m->cmdqv.nr ? &m->cmdqv.q[l] : NULL;
	} else {
		v = (off - CMDQV_VINTF_PAGES) / (2 * CMDQV_PAGE);
		*page1 = (off - CMDQV_VINTF_PAGES) / CMDQV_PAGE % 2;
		q = model_cmdqv_logical(m, v, l);
		if (!q && (v || read) && !*page1)
			return NULL;
	}
	if (!q)
		model_violate(m, "CMDQ-V: there is no queue at 0x%x", off);
	return q;
}

void model_vcmdq_write(struct model *m, u32 off, u32 size, u64 val, u64 now)
{
	u32 reg = off % CMDQV_QUEUE_BYTES;
	struct model_vcmdq *q;
	bool page1;
	u64 *reg1;

	q = queue_at(m, off, false, &page1);
	if (!q)
		return;
	if (size != (page1 ? 8 : 4)) {
		if (page1 || is_kernels(q))
			model_violate(m, "CMDQ-V: write of %u bytes to 0x%x", size, off);
	} else if (!page1) {
		write_page0(m, q, reg, val, now);
	} else {
		reg1 = page1_reg(m, q, reg);
		if (reg1 && is_free(m, q, "page 1"))
			*reg1 = val;
	}
}

/* A guest that enables its queue whenever it is off */
void model_vcmdq_defy(struct model *m, struct model_vcmdq *q)
{
	if (m->inject.cmdqv_defiant && !is_kernels(q) && !q->on && !(q->config & VCMDQ_EN))
		write_config(m, q, VCMDQ_EN);
}

u64 model_vcmdq_read(struct model *m, u32 off, u32 size)
{
	struct model_vcmdq *q;
	bool page1;
	u64 *reg1, val;

	q = queue_at(m, off, true, &page1);
	/* whatever is read must not matter */
	if (!q)
		return prandom_u32_state(&m->ecmdq_rnd);
	if (!page1) {
		val = read_page0(m, q, off % CMDQV_QUEUE_BYTES);
		if (off >= CMDQV_VINTF_PAGES)
			model_vcmdq_defy(m, q);
		return val;
	}
	reg1 = page1_reg(m, q, off % CMDQV_QUEUE_BYTES);
	return reg1 ? *reg1 : 0;
}
