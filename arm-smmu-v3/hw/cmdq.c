// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/nmi.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <smmuv3/regs.h>

#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq_algo.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/mmio.h"

/* Polls between two looks at the clock and at GERROR */
#define POLLS_PER_CHECK		16

/* One coherent word for completions; without it CONS is polled, which always works */
static void alloc_sync_word(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;

	if (smmu_has(smmu, SMMU_FEAT_MSI) && smmu_has(smmu, SMMU_FEAT_COHERENT) &&
	    !smmu->tuning.poll_cons)
		q->sync_word = dma_alloc_coherent(smmu->dev, sizeof(u32), &q->sync_dma,
						  GFP_KERNEL);
}

/* CMDQEN = 0 does not wait for an MSI (6.3.9.3): either the last one is there, or it may come */
static void free_sync_word(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	u32 posted = lower_32_bits(smmu_cmdq_posted(q));

	if (!q->sync_word)
		return;
	/* pairs with the SMMU's write */
	if (READ_ONCE(*q->sync_word) == posted || !smmu_device_is_dead(smmu))
		dma_free_coherent(smmu->dev, sizeof(u32), q->sync_word, q->sync_dma);
	else
		dev_notice(smmu->dev, "an MSI may be under way: its word is withheld\n");
}

int smmu_cmdq_alloc(struct smmu_device *smmu, bool combine)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	int ret;

	raw_spin_lock_init(&q->lock);
	q->stats = alloc_percpu(struct smmu_cmdq_stats);
	if (!q->stats)
		return -ENOMEM;
	ret = smmu_queue_mem_alloc(smmu, &q->mem, smmu->inst.feat.cmdq_log2,
				   sizeof(struct smmu_cmd), CR0_CMDQEN, "cmdq");
	if (ret) {
		free_percpu(q->stats);
		return ret;
	}
	alloc_sync_word(smmu);
	q->combine = combine && smmu_cmdq_combine_init(smmu);
	return 0;
}

void smmu_cmdq_free(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;

	free_sync_word(smmu);
	kvfree(q->ends);
	smmu_queue_mem_free(smmu, &q->mem);
	free_percpu(q->stats);
}

void smmu_cmdq_program(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;

	q->prod = 0;
	q->cons = 0;
	if (q->sync_word)
		*q->sync_word = 0;
	q->polled_word = q->sync_word;
	q->missing = 0;
	if (q->combine)
		smmu_cmdq_combine_reset(q);
	smmu_reg_write64(smmu->base, SMMU_CMDQ_BASE, smmu_queue_mem_base(&q->mem));
	smmu_reg_write(smmu->base, SMMU_CMDQ_PROD, 0);
	smmu_reg_write(smmu->base, SMMU_CMDQ_CONS, 0);
}

void smmu_cmdq_stats(struct smmu_device *smmu, struct smmu_cmdq_stats *sum)
{
	int cpu;

	*sum = (struct smmu_cmdq_stats) {};
	for_each_possible_cpu(cpu) {
		const struct smmu_cmdq_stats *stats = per_cpu_ptr(smmu->cmdq.stats, cpu);

		sum->cmds += READ_ONCE(stats->cmds);
		sum->syncs += READ_ONCE(stats->syncs);
		sum->posts += READ_ONCE(stats->posts);
		sum->doorbells += READ_ONCE(stats->doorbells);
		sum->full += READ_ONCE(stats->full);
	}
}

u64 smmu_cmdq_posted(const struct smmu_cmdq *q)
{
	/* pairs with WRITE_ONCE in smmu_cmdq_post_lock() and in ring(), core/insert.c */
	return READ_ONCE(*(q->combine ? &q->ins.rung : &q->prod));
}

bool smmu_cmdq_is_idle(struct smmu_device *smmu)
{
	/* in this order: what is posted later is not meant */
	u64 posted = smmu_cmdq_posted(&smmu->cmdq);

	return smmu_cmdq_refresh(smmu) >= posted;
}

/*
 * The base is loaded before CONS (acquire, pairs with the cmpxchg below): CONS is then at
 * or ahead of it, and the difference modulo 2N is the true one. The other way round
 * another CPU could move the base past the CONS value in hand, and the difference would
 * come out up to two queue lengths too large. What was posted is loaded last, so that
 * what CONS has reached is never refused.
 */
u64 smmu_cmdq_refresh(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	/* pairs with cmpxchg() below */
	u64 base = smp_load_acquire(&q->cons);
	u32 reg = smmu_reg_read(smmu->base, SMMU_CMDQ_CONS);
	u64 pos;

	/* the CONS read before the load; pairs with the doorbell's barrier */
	rmb();
	if (!smmu_q_cons_pos(base, smmu_cmdq_posted(q), reg, q->mem.log2, &pos))
		return base;
	if (pos != base) {
		/* lost to somebody who saw more, or as much: fine either way */
		u64 old = cmpxchg(&q->cons, base, pos);

		if (old > pos)
			pos = old;
	}
	return pos;
}

/* A place where tests make the time pass that a poller was away */
VISIBLE_IF_KUNIT noinline ktime_t smmu_cmdq_clock(struct smmu_device *smmu)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_cmdq_clock, smmu);
	return ktime_get();
}

int smmu_cmdq_relax(struct smmu_device *smmu, u32 *polls, struct smmu_deadline *deadline)
{
	ktime_t now;

	cpu_relax();
	if (++*polls % POLLS_PER_CHECK)
		return 0;
	smmu_gerror_poll(smmu);
	if (smmu_device_is_dead(smmu))
		return -ESHUTDOWN;
	if (deadline->killable && fatal_signal_pending(current))
		return -EINTR;
	now = smmu_cmdq_clock(smmu);
	if (!deadline->at)
		deadline->at = ktime_add_ms(now, SMMU_CMD_TIMEOUT_MS);
	if (deadline->extended)
		/* a minute with interrupts off is what it takes to be right */
		touch_nmi_watchdog();
	if (!ktime_after(now, deadline->at))
		return 0;
	if (deadline->extended || !smmu_cmdq_blame_atc(smmu))
		return -ETIMEDOUT;
	deadline->extended = true;
	deadline->at = ktime_add_ms(now, SMMU_ATC_TIMEOUT_MS);
	return 0;
}

static __always_inline int post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
				struct smmu_deadline *deadline, u64 *pos)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	int ret;

	if (q->combine)
		ret = smmu_cmdq_post_combine(smmu, cmd, n, deadline, pos);
	else
		ret = smmu_cmdq_post_lock(smmu, cmd, n, deadline, pos);
	if (unlikely(ret == -ETIMEDOUT))
		atomic_inc(&q->timeouts);
	return ret;
}

int smmu_cmdq_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		   struct smmu_deadline *deadline, struct smmu_ticket *ticket, bool cont)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	u32 most = q->combine ? SMMU_BATCH_MAX : smmu_q_entries(q->mem.log2);
	u64 pos;
	int ret;

	if (!cont)
		/* pairs with the release in smmu_cmdq_error() */
		ticket->err_seq = smp_load_acquire(&q->err_seq);
	/* more than a queue of few entries takes at once */
	for (; unlikely(n > most); n -= most, cmd += most, cont = true) {
		ret = post(smmu, cmd, most, deadline, &pos);
		if (ret)
			return ret;
		if (!cont)
			ticket->first = pos;
	}
	ret = post(smmu, cmd, n, deadline, &pos);
	if (ret)
		return ret;
	if (!cont)
		ticket->first = pos;
	ticket->end = pos + n;
	return 0;
}

/* Did one of the ticket's commands fail? */
static bool ticket_failed(struct smmu_cmdq *q, const struct smmu_ticket *ticket)
{
	/* pairs with the release in smmu_cmdq_error(): err_pos is complete below it */
	u32 seq = smp_load_acquire(&q->err_seq);
	u32 i;

	if (likely(seq == ticket->err_seq))
		return false;
	/* overwritten in the meantime: cannot tell, so assume the worst */
	if (seq - ticket->err_seq > SMMU_CMDQ_ERRORS / 2)
		return true;
	for (i = ticket->err_seq; i != seq; i++) {
		u64 pos = READ_ONCE(q->err_pos[i % SMMU_CMDQ_ERRORS]);

		if (pos >= ticket->first && pos < ticket->end)
			return true;
	}
	return false;
}

void smmu_cmdq_retire_word(struct smmu_device *smmu, const char *why)
{
	struct smmu_cmdq *q = &smmu->cmdq;

	/* pairs with READ_ONCE() in reached(), smmu_cmdq_wait() and smmu_cmdq_post_lock() */
	if (!xchg(&q->polled_word, NULL))
		return;
	/* pairs with READ_ONCE() in smmu_insert() */
	WRITE_ONCE(q->ins.sync_addr, 0);
	dev_warn(smmu->dev, "MSIs of CMD_SYNCs do not arrive (%s): polling CMDQ_CONS instead\n",
		 why);
}

/* The word is that of a CMD_SYNC at @end or behind, and of one that was posted */
static bool word_says(const struct smmu_cmdq *q, u32 word, u64 end)
{
	if (likely(word == lower_32_bits(end)))
		return true;
	/* what the SMMU has reported was posted before: the word was loaded first */
	return smmu_sync_word_reached(word, end) &&
	       smmu_sync_word_reached(lower_32_bits(smmu_cmdq_posted(q)), word);
}

/*
 * CONS says that the CMD_SYNC at @end is complete. Its MSI may be under way still, but not that
 * of an earlier one (4.7.3). Only waits that the word has kept waiting come here.
 */
static void check_word(struct smmu_device *smmu, const u32 *word, u64 end)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	/* a look at CONS before it, another waiter's; pairs with the release below */
	u64 other = smp_load_acquire(&q->missing);
	/* after our own look at CONS: rmb() in smmu_cmdq_refresh() */
	u32 now = READ_ONCE(*word);
	/* further apart the halves cannot be compared */
	bool near = other && abs_diff(end, other) < BIT(30);

	if (near && other != end && !word_says(q, now, min(end, other)))
		smmu_cmdq_retire_word(smmu, "one is missing behind a later CMD_SYNC");
	else if (!word_says(q, now, end))
		/* our look at CONS before it; pairs with the acquire above */
		smp_store_release(&q->missing, end);
}

/* Is it complete? The word is a load; CONS is asked when it has not moved for long */
static bool reached(struct smmu_device *smmu, u64 end, u32 polls)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	/* pairs with xchg() in smmu_cmdq_retire_word() */
	u32 *word = READ_ONCE(q->polled_word);
	u32 seen;

	if (!word)
		return smmu_cmdq_refresh(smmu) >= end;
	/* pairs with the SMMU's write: what it did before the CMD_SYNC is visible */
	seen = smp_load_acquire(word);
	if (word_says(q, seen, end))
		return true;
	if (polls % POLLS_PER_CHECK != POLLS_PER_CHECK - 1 || smmu_cmdq_refresh(smmu) < end)
		return false;
	check_word(smmu, word, end);
	return true;
}

static int wait_slow(struct smmu_device *smmu, u64 end, struct smmu_deadline *deadline)
{
	u32 polls = 0;
	int ret = 0;

	while (!reached(smmu, end, polls) && !ret)
		ret = smmu_cmdq_relax(smmu, &polls, deadline);
	/* one last look: we may have been away for long */
	if (ret == -ETIMEDOUT && smmu_cmdq_refresh(smmu) >= end)
		ret = 0;
	return ret;
}

int smmu_cmdq_wait(struct smmu_device *smmu, const struct smmu_ticket *ticket,
		   struct smmu_deadline *deadline)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	int ret = 0;

	/*
	 * Pairs with the cmpxchg in smmu_cmdq_refresh(): what the SMMU did is visible. Where
	 * there is no word to poll (xchg() in smmu_cmdq_retire_word()), CONS often says so at
	 * the first look.
	 */
	if (smp_load_acquire(&q->cons) < ticket->end &&
	    (READ_ONCE(q->polled_word) || smmu_cmdq_refresh(smmu) < ticket->end))
		ret = wait_slow(smmu, ticket->end, deadline);
	if (ret == -ETIMEDOUT) {
		atomic_inc(&q->timeouts);
		dev_err_ratelimited(smmu->dev,
				    "CMD_SYNC timeout: prod 0x%08x cons 0x%08x, waiting for %llu\n",
				    smmu_reg_read(smmu->base, SMMU_CMDQ_PROD),
				    smmu_reg_read(smmu->base, SMMU_CMDQ_CONS), ticket->end);
		return ret;
	}
	if (!ret && ticket_failed(q, ticket))
		return -EIO;
	return ret;
}
