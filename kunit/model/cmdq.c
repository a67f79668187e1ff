// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command queue: commands are consumed in order, one at a time, on the virtual clock.
 *
 * A command begins when the one before it is done, or when the doorbell rings on an idle queue, and
 * is done after its latency. The model works out what is done only when a register or memory access
 * looks at it. The driver cannot tell the difference, because commands only act on the caches of
 * this instance and on words in memory that are polled through its registers.
 */
#include <linux/bitfield.h>

#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/cmd_check.h"
#include "core/queue.h"
#include "model/state.h"

static u8 log2size(const struct model_cmdq *q)
{
	return FIELD_GET(QUEUE_BASE_LOG2SIZE, q->base);
}

static u32 queue_index(const struct model_cmdq *q, u32 reg)
{
	return reg & ((2U << log2size(q)) - 1);
}

static bool idle(const struct model_cmdq *q)
{
	return queue_index(q, q->prod) == queue_index(q, q->cons);
}

bool model_cmdq_is_empty(const struct model_cmdq *q)
{
	return idle(q);
}

u32 model_pending(struct model *m)
{
	struct model_cmdq *q = &m->cmdq;
	unsigned long flags;
	u32 n;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	n = queue_index(q, q->prod - queue_index(q, q->cons));
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return n;
}

bool model_in_progress(const struct model *m, const struct model_cmdq *q)
{
	return m->r.cr0ack & CR0_CMDQEN && !idle(q) &&
	       !((m->r.gerror ^ m->r.gerrorn) & GERROR_CMDQ_ERR);
}

static void fail(struct model *m, struct model_cmdq *q, u32 error)
{
	q->stopping = false;
	FIELD_MODIFY(CMDQ_CONS_ERR, &q->cons, error);
	model_set_gerror(m, GERROR_CMDQ_ERR);
}

/* Does this command stop the queue? */
static bool refuses(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd)
{
	u8 opcode = smmu_cmd_opcode(cmd);
	const char *why;

	if (m->inject.abort_fetch) {
		fail(m, q, CERROR_ABT);
		return true;
	}
	if (m->inject.ill_in && !--m->inject.ill_in) {
		fail(m, q, CERROR_ILL);
		return true;
	}
	why = smmu_cmd_illegal(cmd, &m->feat);
	if (why) {
		model_violate(m, "illegal %s 0x%016llx 0x%016llx: %s", smmu_cmd_name(opcode),
			      le64_to_cpu(cmd->w[0]), le64_to_cpu(cmd->w[1]), why);
		fail(m, q, CERROR_ILL);
		return true;
	}
	if (opcode == CMD_SYNC && q->atc_unsynced && m->inject.atc_timeouts) {
		m->inject.atc_timeouts--;
		q->atc_unsynced = false;
		fail(m, q, CERROR_ATC_INV_SYNC);
		return true;
	}
	/*
	 * 4.5.1: the error is known when the root port has stopped waiting for the device, see
	 * below
	 */
	if (opcode == CMD_SYNC && q->atc_unanswered) {
		q->atc_unanswered = false;
		q->atc_unsynced = false;
		fail(m, q, CERROR_ATC_INV_SYNC);
		return true;
	}
	return false;
}

static bool dropped(struct model *m, u8 opcode)
{
	if (!m->inject.drop ||
	    (m->inject.drop_opcode != opcode && m->inject.drop_also != opcode))
		return false;
	m->inject.drop--;
	return true;
}

/* Forget the outstanding ATC_INVs that are over at @when. Return: when the next one is */
static u64 port_next(struct model *m, u64 when)
{
	u64 next = U64_MAX;
	u32 i, n = 0;

	for (i = 0; i < m->atc_out; i++) {
		if (m->atc_due[i] <= when)
			continue;
		next = min(next, m->atc_due[i]);
		m->atc_due[n++] = m->atc_due[i];
	}
	m->atc_out = n;
	return next;
}

/*
 * Can the command begin by @now, as far as the root port is concerned? An ATC_INV needs a place
 * there, and a CMD_SYNC waits until all are over. The command then begins when that is so.
 */
static bool port_ready(struct model *m, struct model_cmdq *q, u8 opcode, u64 now)
{
	u64 next;

	if (opcode != CMD_SYNC && opcode != CMD_ATC_INV)
		return true;
	next = port_next(m, q->busy_until);
	while (opcode == CMD_SYNC ? m->atc_out > 0 : m->atc_out == MODEL_PORT_INVS) {
		if (next > now)
			return false;
		q->busy_until = next;
		next = port_next(m, next);
	}
	return true;
}

void model_devices(struct model *m, u64 (*fn)(void *data, u32 sid), void *data, u64 port_ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	m->device = fn;
	m->device_data = data;
	m->port_ns = port_ns;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

static void step(struct model *m, struct model_cmdq *q, u64 now)
{
	model_msi_due(m, q, now);
	/* 7.1: no command is consumed while the error is active */
	while (model_in_progress(m, q)) {
		u32 slot = smmu_q_slot(q->cons, log2size(q));
		const struct smmu_cmd *cmd;
		u8 opcode;

		/* 6.3.9.3: a command in progress is consumed, and no other is fetched */
		if (!(m->r.cr0 & CR0_CMDQEN) && !q->stopping)
			break;
		cmd = model_mem(m, (q->base & QUEUE_BASE_ADDR) + slot * sizeof(*cmd),
				sizeof(*cmd), model_queues_cacheable(m));
		if (!cmd) {
			model_violate(m, "the command queue is not in memory");
			fail(m, q, CERROR_ABT);
			break;
		}
		opcode = smmu_cmd_opcode(cmd);
		if (opcode == CMD_SYNC &&
		    (m->inject.lost_sync || (m->inject.lost_plain_sync && !q->atc_unsynced)))
			break;
		if (q->busy_until + m->latency[opcode] > now)
			break;
		if (!port_ready(m, q, opcode, now))
			break;
		if (refuses(m, q, cmd))
			break;
		q->busy_until += m->latency[opcode];
		m->stats.cmds[opcode]++;
		if (m->trace)
			m->trace(m->trace_data, cmd);
		model_watch_once(m);
		if (!dropped(m, opcode))
			model_exec(m, q, cmd);
		model_stall_early(m, opcode);
		model_watch_once(m);
		q->cons = (q->cons & CMDQ_CONS_ERR) | queue_index(q, q->cons + 1);
		q->stopping = false;
	}
}

void model_step(struct model *m, u64 now)
{
	if (!m->inject.dead && !m->unpowered)
		step(m, &m->cmdq, now);
}

void model_doorbell(struct model *m, u32 prod, u64 now)
{
	bool on = m->r.cr0ack & CR0_CMDQEN;
	struct model_cmdq *q = &m->cmdq;
	u32 n = queue_index(q, prod - queue_index(q, q->cons));

	/* before the queue is on, a write only sets the position at which it begins */
	if (on) {
		m->stats.doorbells++;
		if (n > 1U << log2size(q))
			model_violate(m, "PROD 0x%x is more than the queue ahead of CONS 0x%x",
				      prod, q->cons);
		if (idle(q))
			q->busy_until = max(q->busy_until, now);
	} else if (n) {
		model_violate(m, "doorbell while the command queue is off");
	}
	q->prod = prod;
	model_step(m, now);
}

void model_trace(struct model *m, void (*fn)(void *data, const struct smmu_cmd *cmd), void *data)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	m->trace = fn;
	m->trace_data = data;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}
