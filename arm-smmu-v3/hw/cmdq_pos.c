// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "core/queue.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"
#include "hw/mmio.h"

u64 smmu_cmdq_posted(const struct smmu_cmdq *q)
{
	/* pairs with WRITE_ONCE in smmu_cmdq_post_lock() and in ring_published(), core/insert.c */
	return READ_ONCE(*(q->combine ? &q->ins.rung : &q->prod));
}

/*
 * The base is loaded before CONS (acquire, pairs with the cmpxchg below): CONS is then at
 * or ahead of it, and the difference modulo 2N is the true one. The other way round
 * another CPU could move the base past the CONS value in hand, and the difference would
 * come out up to two queue lengths too large. What was posted is loaded last, so that
 * what CONS has reached is never refused.
 */
u64 smmu_cmdq_refresh(struct smmu_cmdq *q)
{
	/* pairs with cmpxchg() below */
	u64 base = smp_load_acquire(&q->cons);
	u32 reg = smmu_reg_read(q->page, q->cons_off);
	u64 pos;

	/* the CONS read before the load; pairs with the doorbell's barrier */
	rmb();
	if (!smmu_q_cons_pos(base, smmu_cmdq_posted(q), reg, q->mem.log2, &pos))
		return base;
	if (pos != base) {
		/* another CPU may have seen as much, or more: fine either way */
		u64 old = cmpxchg(&q->cons, base, pos);

		if (old > pos)
			pos = old;
	}
	return pos;
}

void smmu_cmdq_retire_word(struct smmu_cmdq *q, const char *why)
{
	/* pairs with READ_ONCE() in smmu_cmdq_reached(), smmu_cmdq_wait(), smmu_cmdq_post_lock() */
	if (!xchg(&q->polled_word, NULL))
		return;
	/* pairs with READ_ONCE() in smmu_insert() */
	WRITE_ONCE(q->ins.sync_addr, 0);
	dev_warn(q->smmu->dev, "MSIs of CMD_SYNCs do not arrive (%s): polling CMDQ_CONS instead\n",
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
static void check_word(struct smmu_cmdq *q, const u32 *word, u64 end)
{
	/* a look at CONS before it, another waiter's; pairs with the release below */
	u64 other = smp_load_acquire(&q->missing);
	/* after our own look at CONS: rmb() in smmu_cmdq_refresh() */
	u32 now = READ_ONCE(*word);
	/* further apart the halves cannot be compared */
	bool near = other && abs_diff(end, other) < BIT(30);

	if (near && other != end && !word_says(q, now, min(end, other)))
		smmu_cmdq_retire_word(q, "one is missing behind a later CMD_SYNC");
	else if (!word_says(q, now, end))
		/* our look at CONS before it; pairs with the acquire above */
		smp_store_release(&q->missing, end);
}

bool smmu_cmdq_reached(struct smmu_cmdq *q, u64 end, bool ask_cons)
{
	/* pairs with xchg() in smmu_cmdq_retire_word() */
	u32 *word = READ_ONCE(q->polled_word);
	u32 seen;

	if (!word)
		return smmu_cmdq_refresh(q) >= end;
	/* pairs with the SMMU's write: what it did before the CMD_SYNC is visible */
	seen = smp_load_acquire(word);
	if (word_says(q, seen, end))
		return true;
	if (!ask_cons || smmu_cmdq_refresh(q) < end)
		return false;
	check_word(q, word, end);
	return true;
}
