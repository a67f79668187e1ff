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
#include <linux/prandom.h>

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

static const struct model_vcmdq *vcmdq_of(const struct model_cmdq *q)
{
	return container_of_const(q, struct model_vcmdq, q);
}

static bool is_on(const struct model *m, const struct model_cmdq *q)
{
	if (q->kind == MODEL_VCMDQ)
		return vcmdq_of(q)->on;
	return q->kind == MODEL_ECMDQ ? model_ecmdq_is_on(q) : m->r.cr0ack & CR0_CMDQEN;
}

/* Was the queue told to be on? It may be stopping */
static bool may_go_on(const struct model *m, const struct model_cmdq *q)
{
	if (q->kind == MODEL_VCMDQ)
		return model_vcmdq_runs(m, vcmdq_of(q));
	return q->kind == MODEL_ECMDQ ? q->prod & ECMDQ_PROD_EN : m->r.cr0 & CR0_CMDQEN;
}

static bool has_failed(const struct model *m, const struct model_cmdq *q)
{
	if (q->kind == MODEL_VCMDQ)
		return model_vcmdq_has_failed(vcmdq_of(q));
	if (q->kind == MODEL_ECMDQ)
		return model_ecmdq_has_failed(q);
	return (m->r.gerror ^ m->r.gerrorn) & GERROR_CMDQ_ERR;
}

bool model_in_progress(const struct model *m, const struct model_cmdq *q)
{
	return is_on(m, q) && !idle(q) && !has_failed(m, q);
}

static void fail(struct model *m, struct model_cmdq *q, u32 error)
{
	q->stopping = false;
	if (q->kind == MODEL_VCMDQ) {
		model_vcmdq_fail(m, q, error);
		return;
	}
	if (q->kind == MODEL_ECMDQ) {
		q->cons ^= ECMDQ_CONS_ERR;
		FIELD_MODIFY(ECMDQ_CONS_ERR_REASON, &q->cons, error);
		model_set_gerror(m, GERROR_CMDQP_ERR);
		return;
	}
	FIELD_MODIFY(CMDQ_CONS_ERR, &q->cons, error);
	model_set_gerror(m, GERROR_CMDQ_ERR);
}

/* As injections count queues: 1 is the main queue */
static u32 number(const struct model *m, const struct model_cmdq *q)
{
	if (q->kind == MODEL_VCMDQ)
		return vcmdq_of(q) - m->cmdqv.q + m->nr_ecmdqs + 2;
	return q->kind == MODEL_ECMDQ ? q - m->ecmdq + 2 : 1;
}

static u32 nr_queues(const struct model *m)
{
	return 1 + m->nr_ecmdqs + m->cmdqv.nr;
}

/* The main queue, the ECMDQs, the queues of the companion */
static struct model_cmdq *queue(struct model *m, u32 nr)
{
	if (!nr)
		return &m->cmdq;
	return nr <= m->nr_ecmdqs ? &m->ecmdq[nr - 1] : &m->cmdqv.q[nr - 1 - m->nr_ecmdqs].q;
}

u64 model_cmdq_done(struct model *m, u32 nr)
{
	unsigned long flags;
	u64 done = 0;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	if (nr < nr_queues(m))
		done = queue(m, nr)->done;
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return done;
}

/* Does this command stop the queue? */
static bool refuses(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd)
{
	u8 opcode = smmu_cmd_opcode(cmd);
	const char *why;

	if (m->inject.abort_fetch &&
	    (!m->inject.abort_queue || m->inject.abort_queue == number(m, q))) {
		fail(m, q, CERROR_ABT);
		return true;
	}
	if (m->inject.ill_in && !--m->inject.ill_in) {
		fail(m, q, CERROR_ILL);
		return true;
	}
	if (q->kind == MODEL_VCMDQ && model_vcmdq_refuses(m, q, cmd)) {
		fail(m, q, CERROR_ILL);
		return true;
	}
	why = smmu_cmd_illegal(cmd, &m->feat);
	if (why) {
		if (q->kind != MODEL_VCMDQ || !model_vcmdq_is_guests(vcmdq_of(q)))
			model_violate(m, "illegal %s 0x%016llx 0x%016llx: %s",
				      smmu_cmd_name(opcode), le64_to_cpu(cmd->w[0]),
				      le64_to_cpu(cmd->w[1]), why);
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

/*
 * Count the ATC_INVs that are outstanding at @when, of all queues, or with @own of this one only.
 * Those of this queue that are over by then are forgotten; those of another queue are not, because
 * that queue's time may be behind. @next: out, when the next one is over
 */
static u32 port_count(struct model *m, const struct model_cmdq *q, bool own, u64 when, u64 *next)
{
	u32 i, n = 0, count = 0;

	*next = U64_MAX;
	for (i = 0; i < m->port_invs; i++) {
		const struct model_port_inv *inv = &m->port[i];

		if (inv->due <= when && (inv->q == q || !inv->q))
			continue;
		if (inv->due > when && (!own || inv->q == q)) {
			*next = min(*next, inv->due);
			count++;
		}
		m->port[n++] = *inv;
	}
	m->port_invs = n;
	return count;
}

/*
 * Can the command begin by @now, as far as the root port is concerned? An ATC_INV needs a place
 * there, and a CMD_SYNC waits until all of its queue are over. The command then begins when that is
 * so.
 */
static bool port_ready(struct model *m, struct model_cmdq *q, u8 opcode, u64 now)
{
	u32 most = opcode == CMD_SYNC ? 0 : MODEL_PORT_INVS - 1;
	u64 next;

	if (opcode != CMD_SYNC && opcode != CMD_ATC_INV)
		return true;
	while (port_count(m, q, opcode == CMD_SYNC, q->busy_until, &next) > most) {
		if (next > now)
			return false;
		q->busy_until = next;
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

/* Do what the command says */
static void execute(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd)
{
	struct smmu_cmd meant = *cmd;
	u8 opcode = smmu_cmd_opcode(cmd);
	bool known = q->kind != MODEL_VCMDQ || model_vcmdq_replace(m, q, &meant);

	if (m->trace)
		m->trace(m->trace_data, &meant);
	model_watch_once(m);
	m->by_guest = q->kind == MODEL_VCMDQ && model_vcmdq_is_guests(vcmdq_of(q));
	if (known && !dropped(m, opcode))
		model_exec(m, q, &meant);
	m->by_guest = false;
	if (q->kind == MODEL_CMDQ && opcode == CMD_SYNC)
		model_vcmdq_flush(m);
	model_stall_early(m, opcode);
	model_watch_once(m);
}

static bool stands(const struct model *m, const struct model_cmdq *q)
{
	u32 nr = number(m, q);

	return m->inject.stands == nr || (m->inject.stands == MODEL_ALL_BUT_MAIN && nr > 1);
}

/* Consume one command, if it is done by @now. Return: false when the queue has none */
static bool consume(struct model *m, struct model_cmdq *q, u64 now)
{
	u32 slot = smmu_q_slot(q->cons, log2size(q));
	const struct smmu_cmd *cmd;
	u8 opcode;

	/*
	 * 7.1: no command is consumed while the error is active. 6.3.9.3: a command in progress is
	 * consumed, and no other is fetched.
	 */
	if (!model_in_progress(m, q) || stands(m, q))
		return false;
	if (!may_go_on(m, q) && !q->stopping) {
		q->busy_until = max(q->busy_until, now);
		return false;
	}
	cmd = model_mem(m, (q->base & QUEUE_BASE_ADDR) + slot * sizeof(*cmd), sizeof(*cmd),
			model_queues_cacheable(m));
	if (!cmd) {
		model_violate(m, "the command queue is not in memory");
		fail(m, q, CERROR_ABT);
		return false;
	}
	opcode = smmu_cmd_opcode(cmd);
	if (opcode == CMD_SYNC &&
	    (m->inject.lost_sync || (m->inject.lost_plain_sync && !q->atc_unsynced)))
		return false;
	if (q->busy_until + m->latency[opcode] > now)
		return false;
	if (!port_ready(m, q, opcode, now) || refuses(m, q, cmd))
		return false;
	q->busy_until += m->latency[opcode];
	q->done++;
	m->stats.cmds[opcode]++;
	execute(m, q, cmd);
	q->cons += queue_index(q, q->cons + 1) - queue_index(q, q->cons);
	q->stopping = false;
	return true;
}

/*
 * 3.5.6.1: there is no order between queues. Let them go on one by one, each at a random place, for
 * a random while, until none can go on.
 */
static void step_all(struct model *m, u64 now)
{
	u32 n = nr_queues(m), first = prandom_u32_state(&m->ecmdq_rnd) % n, i, left;
	bool any;

	do {
		any = false;
		for (i = 0; i < n; i++) {
			struct model_cmdq *q = queue(m, (first + i) % n);

			if (!model_in_progress(m, q))
				continue;
			left = prandom_u32_state(&m->ecmdq_rnd) % 4;
			while (left-- && consume(m, q, now))
				;
			any |= consume(m, q, now);
		}
	} while (any);
}

void model_step(struct model *m, u64 now)
{
	u32 i;

	if (m->inject.dead || m->unpowered)
		return;
	for (i = 0; i < 1 + m->nr_ecmdqs; i++)
		model_msi_due(m, queue(m, i), now);
	if (nr_queues(m) > 1)
		step_all(m, now);
	else
		while (consume(m, &m->cmdq, now))
			;
}

void model_doorbell(struct model *m, struct model_cmdq *q, u32 prod, u64 now)
{
	u32 n = queue_index(q, prod - queue_index(q, q->cons));
	u32 ahead = queue_index(q, prod - q->prod), size = 1U << log2size(q);
	bool on = is_on(m, q);

	/* before the queue is on, a write only sets the position at which it begins */
	if (on) {
		m->stats.doorbells++;
		if (n > size)
			model_violate(m, "PROD 0x%x is more than the queue ahead of CONS 0x%x",
				      prod, q->cons);
		if (ahead > size)
			model_violate(m, "PROD goes back from 0x%x to 0x%x", q->prod, prod);
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
