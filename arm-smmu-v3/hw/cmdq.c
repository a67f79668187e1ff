// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/cmdq_combine.h"
#include "hw/cmdq_error.h"
#include "hw/cmdq_lock.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/mmio.h"
#include "hw/shut.h"
#include "hw/waits.h"

/*
 * Allocate one coherent word in which CMD_SYNCs report completion. Without it the driver polls
 * CONS, which always works, so a failure is no error.
 */
static void alloc_sync_word(struct smmu_cmdq *q)
{
	struct smmu_device *smmu = q->smmu;

	if (q->kind != SMMU_CMDQ_VCMDQ &&
	    smmu_has(smmu, SMMU_FEAT_MSI) && smmu_has(smmu, SMMU_FEAT_COHERENT) &&
	    !smmu->tuning.poll_cons)
		q->sync_word = dma_alloc_coherent(smmu->dev, sizeof(u32), &q->sync_dma,
						  GFP_KERNEL);
}

/*
 * CMDQEN = 0 does not wait for MSIs (6.3.9.3). So the word is freed only when the MSI of the last
 * CMD_SYNC has arrived, or when the SMMU was never started.
 */
static void free_sync_word(struct smmu_cmdq *q)
{
	struct smmu_device *smmu = q->smmu;
	u32 posted = lower_32_bits(smmu_cmdq_posted(q));

	if (!q->sync_word)
		return;
	/* pairs with the SMMU's write */
	if (READ_ONCE(*q->sync_word) == posted || !smmu_device_is_dead(smmu))
		dma_free_coherent(smmu->dev, sizeof(u32), q->sync_word, q->sync_dma);
	else
		dev_notice(smmu->dev, "the word for MSIs of CMD_SYNCs is withheld, because an MSI may be under way\n");
}

int smmu_cmdq_init(struct smmu_cmdq *q, u8 log2, u32 enable)
{
	struct smmu_device *smmu = q->smmu;
	int ret;

	raw_spin_lock_init(&q->lock);
	raw_spin_lock_init(&q->stand.lock);
	q->stand.sid = SMMU_NO_SID;
	q->stats = alloc_percpu(struct smmu_cmdq_stats);
	if (!q->stats)
		return -ENOMEM;
	ret = smmu_queue_mem_alloc(smmu, &q->mem, log2, sizeof(struct smmu_cmd), enable,
				   q->kind == SMMU_CMDQ_MAIN ? "cmdq" : NULL);
	if (ret) {
		free_percpu(q->stats);
		return ret;
	}
	q->room = smmu_cmdq_room(q->mem.log2);
	alloc_sync_word(q);
	return 0;
}

int smmu_cmdq_alloc(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = smmu_main_cmdq(smmu);
	int ret;

	q->smmu = smmu;
	q->kind = SMMU_CMDQ_MAIN;
	q->reg_base = smmu->base + SMMU_CMDQ_BASE;
	q->reg_prod = smmu->base + SMMU_CMDQ_PROD;
	q->reg_cons = smmu->base + SMMU_CMDQ_CONS;
	ret = smmu_cmdq_init(q, smmu->inst.feat.cmdq_log2, CR0_CMDQEN);
	if (ret)
		return ret;
	/* with the CMD_SYNC, a segment is in one piece of a post */
	smmu->inst.feat.atc_segment = clamp(q->room - 1, 1, SMMU_SEGMENT_MAX);
	return 0;
}

void smmu_cmdq_exit(struct smmu_cmdq *q)
{
	free_sync_word(q);
	smmu_cmdq_combine_free(q);
	smmu_queue_mem_free(q->smmu, &q->mem);
	free_percpu(q->stats);
}

void smmu_cmdq_free(struct smmu_device *smmu)
{
	smmu_cmdq_exit(smmu_main_cmdq(smmu));
}

void smmu_cmdq_free_more(struct smmu_device *smmu)
{
	u32 i;

	for (i = 0; i < smmu->more.nr; i++)
		smmu_cmdq_exit(&smmu->more.q[i]);
	smmu_cmdq_set_free(smmu);
}

static void start(struct smmu_cmdq *q)
{
	q->prod = 0;
	q->cons = 0;
	if (q->sync_word)
		*q->sync_word = 0;
	q->polled_word = q->sync_word;
	q->missing = 0;
	q->ins.edits = false;
	if (q->combine)
		smmu_cmdq_combine_reset(q);
}

void smmu_cmdq_reset(struct smmu_device *smmu)
{
	u32 i;

	for (i = 0; i < smmu_cmdqs(smmu); i++)
		start(smmu_cmdq_at(smmu, i));
}

void smmu_cmdq_program(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = smmu_main_cmdq(smmu);
	u32 pos = smmu_q_reg(smmu_cmdq_posted(q), q->mem.log2);

	smmu_reg_write64(q->reg_base, 0, smmu_queue_mem_base(&q->mem));
	smmu_reg_write(q->reg_cons, 0, pos);
	smmu_reg_write(q->reg_prod, 0, pos);
}

void smmu_cmdq_start_anew(struct smmu_cmdq *q)
{
	/* pairs with cmpxchg() in smmu_cmdq_refresh() */
	u64 end = smmu_cmdq_end(q), old = READ_ONCE(q->cons);
	unsigned long flags;

	/* forward only, as in smmu_cmdq_refresh() */
	while (old < end && !try_cmpxchg(&q->cons, &old, end))
		;
	/* the queue is not read; what is on its way is older, and waiters look at CONS, too */
	if (q->sync_word)
		WRITE_ONCE(*q->sync_word, lower_32_bits(end));
	raw_spin_lock_irqsave(&q->stand.lock, flags);
	q->stand.sid = SMMU_NO_SID;
	raw_spin_unlock_irqrestore(&q->stand.lock, flags);
}

void smmu_cmdq_forget(struct smmu_device *smmu)
{
	u32 i;

	for (i = 0; i < smmu_cmdqs(smmu); i++)
		smmu_cmdq_start_anew(smmu_cmdq_at(smmu, i));
}

/* Choose the queue of an SMMU for a post. No other place makes this choice. */
static inline struct smmu_cmdq *choose_queue(struct smmu_device *smmu, const struct smmu_cmd *cmd,
					     u32 n, const struct smmu_deadline *deadline,
					     const struct smmu_ticket *ticket, enum smmu_post how)
{
	if (how == SMMU_POST_MORE)
		return ticket->q;
	/* pairs with smp_store_release() in smmu_cmdq_set_use() */
	if (unlikely(smp_load_acquire(&smmu->more.on)) && !deadline->to_main)
		return smmu_cmdq_choose(smmu, cmd, n, how == SMMU_POST_NEW_ATC);
	return smmu_main_cmdq(smmu);
}

/*
 * A post or a wait has ended with an error. If it has taken too long, and no device is the reason,
 * the queue may be, and is taken out. A device would hold up the next queue as well. Who has posted
 * to a queue that is taken out posts once more, to the architected queue.
 */
static int give_up(struct smmu_cmdq *q, struct smmu_deadline *deadline, int err)
{
	if (err == -ETIMEDOUT) {
		atomic_inc(&q->timeouts);
		if (deadline->sid == SMMU_NO_SID && smmu_cmdq_take_out(q, "it stands still"))
			err = -ECANCELED;
	}
	if (err == -ECANCELED)
		deadline->to_main = true;
	return err;
}

static __always_inline int post_piece(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n,
				      struct smmu_deadline *deadline, u64 *pos)
{
	int ret;

	if (q->combine)
		ret = smmu_cmdq_post_combine(q, cmd, n, deadline, pos);
	else
		ret = smmu_cmdq_post_lock(q, cmd, n, deadline, pos);
	if (unlikely(ret)) {
		ret = give_up(q, deadline, ret);
		smmu_cmdq_waited(q, deadline, ret);
	}
	return ret;
}

/*
 * Number of commands, at most @most, up to a CMD_SYNC. Commands of other CPUs may come between two
 * pieces, and the ATC_INVs of a segment are for one stream. Where nothing fits, a piece of TLBIs
 * is cut anywhere.
 */
static u32 whole_segments(const struct smmu_cmd *cmd, u32 most)
{
	u32 n = most;

	while (n && smmu_cmd_opcode(&cmd[n - 1]) != CMD_SYNC)
		n--;
	return n ?: most;
}

int smmu_cmdq_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		   struct smmu_deadline *deadline, struct smmu_ticket *ticket, enum smmu_post how)
{
	struct smmu_cmdq *q = choose_queue(smmu, cmd, n, deadline, ticket, how);
	bool cont = how == SMMU_POST_MORE;
	u32 most = q->combine ? SMMU_BATCH_MAX : q->room, piece;
	u64 pos;
	int ret;

	if (!cont) {
		ticket->q = q;
		/* pairs with the release in remember_failed(), cmdq_error.c */
		ticket->err_seq = smp_load_acquire(&q->err_seq);
	}
	/* a small queue takes the commands in several pieces */
	for (; unlikely(n > most); n -= piece, cmd += piece, cont = true) {
		piece = whole_segments(cmd, most);
		ret = post_piece(q, cmd, piece, deadline, &pos);
		if (ret)
			return ret;
		if (!cont)
			ticket->first = pos;
	}
	ret = post_piece(q, cmd, n, deadline, &pos);
	if (ret)
		return ret;
	if (!cont)
		ticket->first = pos;
	ticket->end = pos + n;
	return 0;
}

/*
 * Shall a poll of the word look at CONS too? Only the poll before smmu_cmdq_relax() looks at the
 * clock does so.
 */
static bool asks_cons(u32 polls)
{
	return polls % SMMU_CMDQ_WORD_POLLS == SMMU_CMDQ_WORD_POLLS - 1;
}

static int wait_slow(const struct smmu_ticket *ticket, struct smmu_deadline *deadline)
{
	struct smmu_cmdq *q = ticket->q;
	u32 polls = 0, word;
	u64 end = ticket->end;
	int ret = 0;

	while (!smmu_cmdq_reached(q, end, asks_cons(polls), &word) && !ret) {
		s32 front = lower_32_bits(ticket->first) - word;

		/* in a long wait little is written that polls could hold up, and who can sleeps */
		if (front > 0 && q->combine && !deadline->is_long)
			smmu_cmdq_hold_off(q, &polls, front);
		/* pairs with xchg() in smmu_cmdq_retire_word() */
		ret = smmu_cmdq_relax(q, &polls, deadline, !READ_ONCE(q->polled_word));
	}
	/* look once more, because this CPU may have been away for long before the time was over */
	if (ret == -ETIMEDOUT && smmu_cmdq_refresh(q) >= end)
		ret = 0;
	smmu_cmdq_waited(q, deadline, ret);
	return ret;
}

static __always_inline int wait_for(const struct smmu_ticket *ticket,
				    struct smmu_deadline *deadline)
{
	struct smmu_cmdq *q = ticket->q;
	int ret = 0;

	/*
	 * Pairs with the cmpxchg in smmu_cmdq_refresh(): what the SMMU did before is visible.
	 * Where there is no word to poll (xchg() in smmu_cmdq_retire_word()), the first look at
	 * CONS often shows that the CMD_SYNC is complete.
	 */
	if (smp_load_acquire(&q->cons) < ticket->end &&
	    (READ_ONCE(q->polled_word) || smmu_cmdq_refresh(q) < ticket->end))
		ret = wait_slow(ticket, deadline);
	if (unlikely(ret))
		ret = give_up(q, deadline, ret);
	if (ret == -ETIMEDOUT) {
		dev_err_ratelimited(q->smmu->dev,
				    "CMD_SYNC timeout: prod 0x%08x cons 0x%08x, waiting for %llu\n",
				    smmu_reg_read(q->reg_prod, 0),
				    smmu_reg_read(q->reg_cons, 0), ticket->end);
		return ret;
	}
	return ret ?: smmu_cmdq_ticket_error(ticket);
}

/* Out of line, so that nobody saves registers for it who does not count */
static noinline int wait_counted(const struct smmu_ticket *ticket, struct smmu_deadline *deadline)
{
	struct smmu_cmdq *q = ticket->q;
	ktime_t start = smmu_cmdq_clock(q);
	int ret = wait_for(ticket, deadline);

	smmu_waits_count(q->smmu, ktime_to_ns(ktime_sub(smmu_cmdq_clock(q), start)));
	return ret;
}

int smmu_cmdq_wait(const struct smmu_ticket *ticket, struct smmu_deadline *deadline)
{
	if (smmu_waits_are_counted())
		return wait_counted(ticket, deadline);
	return wait_for(ticket, deadline);
}

void smmu_cmdq_drain(struct smmu_device *smmu)
{
	u32 i;

	for (i = 0; i < smmu_cmdqs(smmu); i++) {
		struct smmu_cmdq *q = smmu_cmdq_at(smmu, i);
		struct smmu_deadline deadline = {};
		u64 posted = smmu_cmdq_posted(q);
		struct smmu_ticket ticket = {
			.q = q,
			.first = posted,
			.end = posted,
			.err_seq = READ_ONCE(q->err_seq),
		};

		/* nobody waits for a queue that was taken out; an error is for who has posted */
		if (!READ_ONCE(q->out))
			smmu_cmdq_wait(&ticket, &deadline);
	}
}

static bool is_idle(struct smmu_cmdq *q)
{
	/* loaded before CONS is read, because commands that are posted later do not count */
	u64 posted = smmu_cmdq_posted(q);

	return smmu_cmdq_refresh(q) >= posted;
}

bool smmu_cmdq_is_idle(struct smmu_device *smmu)
{
	struct smmu_cmdq *q;
	u32 i;

	for (i = 0; i < smmu_cmdqs(smmu); i++) {
		q = smmu_cmdq_at(smmu, i);
		/* nobody waits for a queue that was taken out */
		if (!READ_ONCE(q->out) && !is_idle(q))
			return false;
	}
	return true;
}

static enum smmu_sync_word sync_word_state(const struct smmu_cmdq *q)
{
	if (!q->sync_word)
		return SMMU_SYNC_WORD_NONE;
	/* pairs with xchg() in smmu_cmdq_retire_word() */
	return READ_ONCE(q->polled_word) ? SMMU_SYNC_WORD_POLLED : SMMU_SYNC_WORD_RETIRED;
}

void smmu_cmdq_look_at(struct smmu_cmdq *q, struct smmu_cmdq_state *state)
{
	/* the registers of a companion's queue are there only while it is allocated */
	bool there = q->kind != SMMU_CMDQ_VCMDQ || !READ_ONCE(q->out);
	int cpu, i;

	*state = (struct smmu_cmdq_state) {
		.entries = smmu_q_entries(q->mem.log2),
		.prod = there ? smmu_reg_read(q->reg_prod, 0) : 0,
		.cons = there ? smmu_reg_read(q->reg_cons, 0) : 0,
		.posted = smmu_cmdq_posted(q),
		/* pairs with the release in remember_failed(), which needs no order here */
		.errors = READ_ONCE(q->err_seq),
		.timeouts = atomic_read(&q->timeouts),
		.longest_us = atomic64_read(&q->longest_us),
		.word = sync_word_state(q),
	};
	for (i = 0; i < SMMU_WAITERS; i++)
		state->long_waits[i] = atomic_read(&q->long_waits[i]);
	for_each_possible_cpu(cpu) {
		/* pairs with the plain additions of smmu_cmdq_count(), the doorbells and shorts */
		const struct smmu_cmdq_stats *stats = per_cpu_ptr(q->stats, cpu);
		u64 shorts = READ_ONCE(stats->shorts);

		state->sum.cmds += READ_ONCE(stats->cmds) + 2 * shorts;
		state->sum.syncs += READ_ONCE(stats->syncs) + shorts;
		state->sum.posts += READ_ONCE(stats->posts) + shorts;
		state->sum.doorbells += READ_ONCE(stats->doorbells) + shorts;
		state->sum.full += READ_ONCE(stats->full);
	}
}

static void add_counters(struct smmu_cmdq_state *state, const struct smmu_cmdq_state *more)
{
	int i;

	state->sum.cmds += more->sum.cmds;
	state->sum.syncs += more->sum.syncs;
	state->sum.posts += more->sum.posts;
	state->sum.doorbells += more->sum.doorbells;
	state->sum.full += more->sum.full;
	state->errors += more->errors;
	state->timeouts += more->timeouts;
	for (i = 0; i < SMMU_WAITERS; i++)
		state->long_waits[i] += more->long_waits[i];
	state->longest_us = max(state->longest_us, more->longest_us);
}

void smmu_cmdq_look(struct smmu_device *smmu, struct smmu_cmdq_state *state)
{
	struct smmu_cmdq_state more;
	u32 i;

	smmu_cmdq_look_at(smmu_main_cmdq(smmu), state);
	for (i = 1; i < smmu_cmdqs(smmu); i++) {
		smmu_cmdq_look_at(smmu_cmdq_at(smmu, i), &more);
		add_counters(state, &more);
	}
}
