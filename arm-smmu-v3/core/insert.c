// SPDX-License-Identifier: GPL-2.0-only
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <asm/barrier.h>

#include <kunit/visibility.h>

#include <smmuv3/raw_stub.h>

#include "cmd.h"
#include "insert.h"
#include "queue.h"

/* Tests hold a context up here, to force an interleaving */
VISIBLE_IF_KUNIT void smmu_insert_pause(struct smmu_inserter *ins, int point)
{
	typeof(smmu_insert_pause) *stub = smmu_raw_stub(smmu_insert_pause);

	if (stub)
		stub(ins, point);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_insert_pause);

bool smmu_inserter_init(struct smmu_inserter *ins, const struct smmu_inserter_ops *ops,
			struct smmu_cmd *slots, u64 *ends, u8 log2, u32 contexts,
			u32 max_batch)
{
	u64 headroom = (u64)contexts * max_batch;

	/* half the queue at most, or contexts would do nothing but wait for admission */
	if (headroom > smmu_q_entries(log2) / 2)
		return false;
	*ins = (struct smmu_inserter) {
		.ops = ops,
		.slots = slots,
		.ends = ends,
		.headroom = headroom,
		.log2 = log2,
		.turn_log2 = SMMU_TURN_LOG2,
	};
	smmu_inserter_start(ins, 0);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inserter_init);

/* The word of the batch that starts at @pos */
static u64 *word_of(const struct smmu_inserter *ins, u64 pos)
{
	return &ins->ends[smmu_q_slot(pos, ins->log2)];
}

/* What that word is while the token lies there */
static u64 token_at(u64 pos)
{
	return pos | SMMU_TOKEN;
}

void smmu_inserter_start(struct smmu_inserter *ins, u64 pos)
{
	atomic64_set(&ins->reserved, pos);
	ins->rung = pos;
	*word_of(ins, pos) = token_at(pos);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inserter_start);

bool smmu_insert_admits(const struct smmu_inserter *ins, const struct smmu_inserter_cpu *me,
			u64 cons)
{
	lockdep_assert_irqs_disabled();
	/*
	 * No shared word is read, and no order is needed. Let L be the limit that the newest @cons
	 * allows. A context whose batch ends past L is not admitted again before @cons moves on:
	 * its @last is past L from then on. So past L there is at most one batch of each context,
	 * and the headroom has room for that. A stale @cons only lowers L. One entry stays free, as
	 * smmu_cmdq_room() wants it: where a batch starts at L, the context of the one that ends
	 * there has none past L. @last of a context that was away for long is behind @cons.
	 */
	return (s64)(me->last - cons) < (s64)smmu_q_entries(ins->log2) - ins->headroom;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_insert_admits);

u64 smmu_insert_reserved(struct smmu_inserter *ins)
{
	/* write @edits before the position is read; pairs with atomic64_fetch_add() below */
	smp_mb();
	return atomic64_read(&ins->reserved);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_insert_reserved);

/*
 * Is the batch that starts at @pos published, where its word is @end? The end of an earlier lap is
 * at or before @pos, and a token of an earlier lap is negative.
 */
static bool is_published(u64 end, u64 pos)
{
	return (s64)end > (s64)pos;
}

/* Has the batch from @pos to @end the first position of a turn? */
static bool begins_turn(const struct smmu_inserter *ins, u64 pos, u64 end)
{
	u64 turn = BIT_ULL(ins->turn_log2);

	return ((pos + turn - 1) & ~(turn - 1)) < end;
}

/*
 * Runs in the holder of the token. Everything below @pos is published, and everything below @rung
 * was made visible.
 *
 * The doorbell comes before the token leaves, so that PROD only grows: the releases with which it
 * leaves pair with xchg() and smp_cond_load_acquire() in smmu_insert()
 * (Documentation/litmus/token-hand-over.litmus).
 */
static void ring_published(struct smmu_inserter *ins, u64 rung, u64 pos)
{
	for (;;) {
		u64 *word = word_of(ins, pos);
		/* pairs with xchg() in smmu_insert(), see there */
		u64 end = smp_load_acquire(word);

		if (is_published(end, pos) && !begins_turn(ins, pos, end)) {
			pos = end;
		} else if (pos != rung) {
			/*
			 * Written before the doorbell, so that no reader of CONS refuses a true
			 * value; and after the slots of all CPUs, so that who sees this position
			 * may read and edit the commands in front of it. Pairs with
			 * smp_load_acquire() in smmu_cmdq_posted().
			 */
			smp_store_release(&ins->rung, pos);
			ins->ops->doorbell(ins, pos);
			rung = pos;
			smmu_insert_pause(ins, 2);
		} else if (is_published(end, pos)) {
			/* its context waits for this */
			smp_store_release(word, token_at(pos));
			return;
		} else if (cmpxchg_release(word, end, token_at(pos)) == end) {
			return;
		}
	}
}

/* Take the places of a group. @me leads it, and has the first ones. Return: the place of @me */
static u64 lead_group(struct smmu_inserter *ins, struct smmu_inserter_cpu *me)
{
	struct smmu_inserter_cpu *last = me, *cpu = me, *next;
	u64 pos, place, end;
	u32 k, n = me->n;

	for (k = 1; k < SMMU_GROUP_MAX; k++) {
		/* pairs with smp_store_release() in take_place(): its @n is visible */
		next = smp_load_acquire(&last->next);
		if (!next)
			break;
		last = next;
		n += last->n;
	}
	/* fully ordered: take_place() says why */
	pos = atomic64_fetch_add(n, &ins->reserved);
	/* pairs with smp_store_release() in take_place() */
	next = smp_load_acquire(&last->next);
	if (!next && cmpxchg(&me->node->tail, last, NULL) != last)
		next = smp_cond_load_acquire(&last->next, VAL);
	if (next)
		/* pairs with smp_cond_load_acquire() in take_place() */
		smp_store_release(&next->pos, SMMU_PLACE_LEADS);
	next = READ_ONCE(me->next);
	for (place = pos + me->n; cpu != last; place = end) {
		cpu = next;
		/* loaded before it is told its place, because then it may come again at once */
		next = READ_ONCE(cpu->next);
		end = place + cpu->n;
		/* pairs with smp_cond_load_acquire() in take_place() */
		smp_store_release(&cpu->pos, place);
	}
	return pos;
}

/*
 * Take a place. Fully ordered, because @edits is read after it: pairs with smmu_insert_reserved().
 * Where another CPU takes it, its fetch-add is ordered so, and the place comes by release and
 * acquire (Documentation/litmus/edits-group.litmus).
 */
static u64 take_place(struct smmu_inserter *ins, struct smmu_inserter_cpu *me, u32 n)
{
	struct smmu_inserter_cpu *before;
	u64 pos;

	if (!me->node)
		return atomic64_fetch_add(n, &ins->reserved);
	me->n = n;
	WRITE_ONCE(me->next, NULL);
	WRITE_ONCE(me->pos, SMMU_PLACE_WAITS);
	/* fully ordered: who comes behind finds the three */
	before = xchg(&me->node->tail, me);
	if (before) {
		/* pairs with smp_load_acquire() in lead_group() */
		smp_store_release(&before->next, me);
		/* pairs with smp_store_release() in lead_group() */
		pos = smp_cond_load_acquire(&me->pos, VAL != SMMU_PLACE_WAITS);
		if (pos != SMMU_PLACE_LEADS)
			return pos;
	}
	return lead_group(ins, me);
}

u64 smmu_insert(struct smmu_inserter *ins, struct smmu_inserter_cpu *me,
		const struct smmu_cmd *cmd, u32 n)
{
	u64 pos, end, addr, *word;
	u32 i;

	lockdep_assert_irqs_disabled();

	pos = take_place(ins, me, n);
	end = pos + n;
	me->last = end;
	smmu_insert_pause(ins, 0);

	for (i = 0; i < n; i++)
		ins->slots[smmu_q_slot(pos + i, ins->log2)] = cmd[i];
	if (unlikely(READ_ONCE(ins->edits)))
		ins->ops->edit(ins, pos, end);
	/* a CPU that takes the word out of service writes 0 */
	addr = READ_ONCE(ins->sync_addr);
	if (addr && smmu_cmd_opcode(&cmd[n - 1]) == CMD_SYNC)
		smmu_cmd_sync_msi(&ins->slots[smmu_q_slot(end - 1, ins->log2)], addr, end);

	/*
	 * The SMMU fetches these slots because of a PROD that another CPU may write: the holder of
	 * the token, when it has seen the end below. That needs three links
	 * (Documentation/litmus/publish-doorbell.litmus):
	 *
	 * 1. dma_wmb() puts the slots before the end, also for an SMMU that is not coherent. The
	 *    slots are not cacheable then and the end is, and a release orders the two for
	 *    CPUs only. With a coherent SMMU the xchg() would be enough.
	 * 2. The xchg() and the acquire: a CPU that sees the end has these slots propagated to it,
	 *    and does what follows after that.
	 * 3. The doorbell waits for all writes that its CPU has issued or that were propagated to
	 *    that CPU, as writel() does (memory-barriers.txt, "Kernel I/O barrier effects").
	 *    Without that, the acquire would carry the slots to the holder and no further.
	 *
	 * The SMMU does its part by 3.5.2: it reads no slot before PROD has covered it.
	 */
	dma_wmb();
	word = word_of(ins, pos);
	/*
	 * Publish, and take the token if it lies there. Fully ordered: pairs with
	 * smp_load_acquire() and cmpxchg_release() in ring_published().
	 */
	if (xchg(word, end) != token_at(pos)) {
		smmu_insert_pause(ins, 1);
		if (likely(!begins_turn(ins, pos, end)))
			return pos;
		/* pairs with smp_store_release() in ring_published() */
		smp_cond_load_acquire(word, VAL == token_at(pos));
	}
	ring_published(ins, pos, end);
	return pos;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_insert);
