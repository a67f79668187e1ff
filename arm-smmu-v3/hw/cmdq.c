// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/nmi.h>
#include <linux/percpu.h>
#include <linux/slab.h>

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

	if (smmu_has(smmu, SMMU_FEAT_MSI) && smmu_has(smmu, SMMU_FEAT_COHERENT))
		q->sync_word = dma_alloc_coherent(smmu->dev, sizeof(u32), &q->sync_dma,
						  GFP_KERNEL);
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
				   sizeof(struct smmu_cmd), "cmdq");
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

	if (q->sync_word)
		smmu_device_free_dma(smmu, sizeof(u32), q->sync_word, q->sync_dma);
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

int smmu_cmdq_relax(struct smmu_device *smmu, u32 *polls, struct smmu_deadline *deadline)
{
	ktime_t now;

	cpu_relax();
	if (++*polls % POLLS_PER_CHECK)
		return 0;
	smmu_gerror_poll(smmu);
	if (smmu_device_is_dead(smmu))
		return -ESHUTDOWN;
	now = ktime_get();
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

/* Is it complete? The word is a load; CONS is asked when the word has not moved for long */
static bool reached(struct smmu_device *smmu, u64 end, u32 polls)
{
	struct smmu_cmdq *q = &smmu->cmdq;

	if (!q->sync_word || polls % POLLS_PER_CHECK == POLLS_PER_CHECK - 1)
		return smmu_cmdq_refresh(smmu) >= end;
	/* pairs with the SMMU's write: what it did before the CMD_SYNC is visible */
	return smmu_sync_word_reached(smp_load_acquire(q->sync_word), end);
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
	 * there is no word to poll, CONS often says so at the first look.
	 */
	if (smp_load_acquire(&q->cons) < ticket->end &&
	    (q->sync_word || smmu_cmdq_refresh(smmu) < ticket->end))
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
