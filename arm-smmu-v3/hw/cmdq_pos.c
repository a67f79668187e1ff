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
	const u64 *posted = q->combine ? &q->ins.rung : &q->prod;

	/*
	 * pairs with smp_store_release() in smmu_cmdq_post_lock(), and in ring_published(),
	 * core/insert.c: the slots in front of the position are visible
	 */
	return smp_load_acquire(posted);
}

u64 smmu_cmdq_end(struct smmu_cmdq *q)
{
	unsigned long flags;
	u64 end;

	if (q->combine) {
		end = smmu_insert_reserved(&q->ins);
		while (smmu_cmdq_posted(q) < end)
			cpu_relax();
		return end;
	}
	raw_spin_lock_irqsave(&q->lock, flags);
	end = q->prod;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return end;
}

u64 smmu_cmdq_start_edits(struct smmu_cmdq *q)
{
	/* pairs with READ_ONCE() in smmu_insert() and smmu_cmdq_post_lock() */
	WRITE_ONCE(q->ins.edits, true);
	return smmu_cmdq_end(q);
}

/*
 * The base (@cons) is loaded before CONS is read (acquire, pairs with the cmpxchg below). So CONS
 * is at the base or ahead of it, and the difference modulo 2N is the true one. In the other order
 * another CPU could move the base past the value of CONS that was read, and the difference would
 * be up to two queue lengths too large. The posted position is loaded last, so that it is never
 * behind the value of CONS.
 */
u64 smmu_cmdq_refresh(struct smmu_cmdq *q)
{
	/* pairs with cmpxchg() below */
	u64 base = smp_load_acquire(&q->cons);
	u32 reg = smmu_reg_read(q->reg_cons, 0);
	u64 pos;

	/* read CONS before the posted position is loaded; pairs with the barrier of the doorbell */
	rmb();
	if (!smmu_q_cons_pos(base, smmu_cmdq_posted(q), reg, q->mem.log2, &pos))
		return base;
	if (pos != base) {
		/* another CPU may have moved the base as far, or farther; both are right */
		u64 old = cmpxchg(&q->cons, base, pos);

		if (old > pos)
			pos = old;
	}
	return pos;
}

u64 smmu_cmdq_progress(const struct smmu_cmdq *q)
{
	/* pairs with cmpxchg() in smmu_cmdq_refresh() */
	u64 pos = smp_load_acquire(&q->cons), posted;
	/* pairs with xchg() in smmu_cmdq_retire_word() */
	const u32 *word = READ_ONCE(q->polled_word);
	u32 behind;

	if (!word)
		return pos;
	/* pairs with the SMMU's write; the posted position is loaded later, so it is not behind */
	behind = smp_load_acquire(word);
	posted = smmu_cmdq_posted(q);
	behind = lower_32_bits(posted) - behind;
	return behind < posted - pos ? posted - behind : pos;
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

/* Is @word the position of a CMD_SYNC at @end or later, and of one that was posted? */
static bool word_says(const struct smmu_cmdq *q, u32 word, u64 end)
{
	if (likely(word == lower_32_bits(end)))
		return true;
	/* the word was loaded before the posted position, so a true word is not ahead of it */
	return smmu_sync_word_reached(word, end) &&
	       smmu_sync_word_reached(lower_32_bits(smmu_cmdq_posted(q)), word);
}

/*
 * Do MSIs arrive? CONS shows that the CMD_SYNC at @end is complete. Its MSI may still be under way,
 * but the MSI of an earlier CMD_SYNC must have arrived (4.7.3). This function is called only by
 * waits for which the word did not show completion for a while.
 */
static void check_word(struct smmu_cmdq *q, const u32 *word, u64 end)
{
	/* another waiter has read CONS before it wrote this; pairs with the release below */
	u64 other = smp_load_acquire(&q->missing);
	/*
	 * Loaded after this CPU has read CONS: rmb() in smmu_cmdq_refresh(). And before the posted
	 * position, as word_says() wants it: a true word is refused else, and taken for a missing
	 * one. Pairs with the SMMU's write.
	 */
	u32 now = smp_load_acquire(word);
	/* low halves of positions can be compared only when the positions are close */
	bool near = other && abs_diff(end, other) < BIT(30);

	if (near && other != end && !word_says(q, now, min(end, other)))
		smmu_cmdq_retire_word(q, "one is missing behind a later CMD_SYNC");
	else if (!word_says(q, now, end))
		/* written after this CPU has read CONS; pairs with the acquire above */
		smp_store_release(&q->missing, end);
}

bool smmu_cmdq_reached(struct smmu_cmdq *q, u64 end, bool ask_cons, u32 *word)
{
	/* pairs with xchg() in smmu_cmdq_retire_word() */
	u32 *polled = READ_ONCE(q->polled_word);

	if (!polled) {
		*word = lower_32_bits(end);
		return smmu_cmdq_refresh(q) >= end;
	}
	/* pairs with the SMMU's write: what the SMMU did before the CMD_SYNC is visible */
	*word = smp_load_acquire(polled);
	if (word_says(q, *word, end))
		return true;
	if (!ask_cons || smmu_cmdq_refresh(q) < end)
		return false;
	check_word(q, polled, end);
	return true;
}
