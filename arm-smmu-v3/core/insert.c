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
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inserter_init);

bool smmu_insert_admits(const struct smmu_inserter *ins, u64 cons)
{
	lockdep_assert_irqs_disabled();
	/*
	 * No order is needed, and a stale value does no harm. Let L be the limit that the newest
	 * @cons allows. A context that reserves past L has read a @reserved at or below L before.
	 * That happens once per context: its own fetch-add has shown it a position past L, and
	 * from then on it reads that or something newer (coherence of one location on one CPU). So
	 * past L there is at most one batch of each context, and the headroom has room for that. A
	 * stale @cons only lowers L. One entry stays free, as smmu_cmdq_room() wants it.
	 */
	return (u64)atomic64_read(&ins->reserved) - cons <
	       smmu_q_entries(ins->log2) - ins->headroom;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_insert_admits);

u64 smmu_insert_reserved(struct smmu_inserter *ins)
{
	/* write @edits before the position is read; pairs with atomic64_fetch_add() below */
	smp_mb();
	return atomic64_read(&ins->reserved);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_insert_reserved);

/* End of the batches that lie published in a row from @pos on */
static u64 published_end(const struct smmu_inserter *ins, u64 pos)
{
	for (;;) {
		/* pairs with smp_store_release() in smmu_insert(), see there */
		u64 end = smp_load_acquire(&ins->ends[smmu_q_slot(pos, ins->log2)]);

		/* an end from an earlier lap is at or before @pos */
		if (end <= pos)
			return pos;
		pos = end;
	}
}

/* What a turn adds to the bell */
static u64 turn_size(const struct smmu_inserter *ins)
{
	return SMMU_BELL_ARRIVAL << ins->turn_log2;
}

/* The bell at the beginning of the turn of an arrival, which found the bell at @bell */
static u64 turn_of(const struct smmu_inserter *ins, u64 bell)
{
	return bell & ~(turn_size(ins) - 1);
}

/* What @handed says when the bell is for the first arrival of @turn; never 0 */
static u64 handed_to(u64 turn)
{
	return turn | 1;
}

/*
 * Runs in the owner of the bell. A context that finds the bell owned has published its batch
 * before it raises the bell. So when the count is 0 after atomic64_sub_return(), the last pass
 * could see the batches of all those contexts. The RMWs are fully ordered: atomic64_add_return() in
 * smmu_insert() pairs with atomic64_sub_return() here, both ways.
 *
 * An arrival of a later turn means that the first of the next turn has come. It found the bell
 * owned, because the count does not become 0 as long as there is an owner, so it waits in
 * take_over(). What the bell counts is left to it.
 */
static void ring_published(struct smmu_inserter *ins, u64 turn)
{
	u64 bell, seen, end;

	do {
		bell = atomic64_read(&ins->bell);
		if (turn_of(ins, bell - SMMU_BELL_ARRIVAL) != turn) {
			/* pairs with smp_cond_load_acquire() in take_over() */
			smp_store_release(&ins->handed, handed_to(turn + turn_size(ins)));
			return;
		}
		seen = bell & SMMU_BELL_COUNT;
		/*
		 * Read the count before the ends: a context that is counted in @seen has published
		 * before the RMW that counted it. Pairs with atomic64_add_return() in
		 * smmu_insert().
		 */
		smp_rmb();
		end = published_end(ins, ins->rung);
		if (end != ins->rung) {
			/*
			 * Written before the doorbell, so that no reader of CONS refuses a true
			 * value; and after the slots of all CPUs, so that who sees this position
			 * may read and edit the commands in front of it. Pairs with
			 * smp_load_acquire() in smmu_cmdq_posted().
			 */
			smp_store_release(&ins->rung, end);
			ins->ops->doorbell(ins, end);
		}
		smmu_insert_pause(ins, 2);
	} while (atomic64_sub_return(seen, &ins->bell) & SMMU_BELL_COUNT);
}

/* Runs in the first arrival of @turn, which found the bell owned: it is the next owner */
static void take_over(struct smmu_inserter *ins, u64 turn)
{
	/*
	 * The owner is in its last pass, or waits itself for the one before it. What it has rung
	 * is visible; pairs with smp_store_release() in ring_published().
	 */
	smp_cond_load_acquire(&ins->handed, VAL == handed_to(turn));
	/* read by nobody but the next who takes over; this owner writes it again before that */
	WRITE_ONCE(ins->handed, 0);
	ring_published(ins, turn);
}

u64 smmu_insert(struct smmu_inserter *ins, const struct smmu_cmd *cmd, u32 n)
{
	u64 pos, end, addr, bell;
	u32 i;

	lockdep_assert_irqs_disabled();

	/* fully ordered, because @edits is read after it: pairs with smmu_insert_reserved() */
	pos = atomic64_fetch_add(n, &ins->reserved);
	end = pos + n;
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
	 * The SMMU fetches these slots because of a PROD that another CPU may write: the owner of
	 * the bell, when it has seen the end below. That needs three links
	 * (Documentation/litmus/publish-doorbell.litmus):
	 *
	 * 1. dma_wmb() puts the slots before the end, also for an SMMU that is not coherent. The
	 *    slots are not cacheable then and the end is, and a release orders the two for
	 *    CPUs only. With a coherent SMMU the release would be enough.
	 * 2. The release and the acquire: a CPU that sees the end has these slots propagated to it,
	 *    and does what follows after that.
	 * 3. The doorbell waits for all writes that its CPU has issued or that were propagated to
	 *    that CPU, as writel() does (memory-barriers.txt, "Kernel I/O barrier effects").
	 *    Without that, the acquire would carry the slots to the owner and no further.
	 *
	 * The SMMU does its part by 3.5.2: it reads no slot before PROD has covered it.
	 */
	dma_wmb();
	/* pairs with smp_load_acquire() in published_end() */
	smp_store_release(&ins->ends[smmu_q_slot(pos, ins->log2)], end);
	smmu_insert_pause(ins, 1);

	bell = atomic64_add_return(SMMU_BELL_ARRIVAL + 1, &ins->bell) - (SMMU_BELL_ARRIVAL + 1);
	if (!(bell & SMMU_BELL_COUNT))
		ring_published(ins, turn_of(ins, bell));
	else if (unlikely((bell & ~SMMU_BELL_COUNT) == turn_of(ins, bell)))
		take_over(ins, turn_of(ins, bell));
	return pos;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_insert);
