/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way: post one TLBI with its CMD_SYNC to the architected queue, and see that it is
 * complete.
 *
 * Nearly every unmap of the DMA API does just that. More than a third of the instructions of such
 * an unmap were calls between files, and copies of two commands on their way through them. So this
 * is inline in the walk, across what cmdq.c, cmdq_lock.c and cmdq_pos.c do otherwise. Whatever is
 * not as simple as that makes the functions return false, and the caller goes the general way.
 */
#ifndef SMMU_HW_CMDQ_SHORT_H
#define SMMU_HW_CMDQ_SHORT_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"
#include "hw/mmio.h"
#include "hw/shut.h"
#include "hw/waits.h"

/**
 * smmu_cmdq_post_short() - post a TLBI and a CMD_SYNC, if that is possible at once
 * @smmu: SMMU
 * @cmd: the two commands. There is no ATC_INV among them, so the post is not edited (cmdq_edit.h).
 * @ticket: out
 *
 * Any context, takes the lock of the queue.
 * Return: false, with nothing posted, where there are several queues, the queue has no lock or no
 *	room, or the SMMU is dead
 */
static __always_inline bool smmu_cmdq_post_short(struct smmu_device *smmu,
						 const struct smmu_cmd *cmd,
						 struct smmu_ticket *ticket)
{
	struct smmu_cmdq *q = smmu_main_cmdq(smmu);
	struct smmu_cmd *slots, *sync;
	unsigned long flags;
	u64 from, end;
	u8 log2;

	/* pairs with smp_store_release() in smmu_cmdq_set_use() */
	if (q->combine || smp_load_acquire(&smmu->more.on) || smmu_device_is_dead(smmu))
		return false;
	ticket->q = q;
	/* pairs with the release in remember_failed(), cmdq_error.c */
	ticket->err_seq = smp_load_acquire(&q->err_seq);
	raw_spin_lock_irqsave(&q->lock, flags);
	from = q->prod;
	end = from + 2;
	/* pairs with cmpxchg() in smmu_cmdq_refresh() */
	if (unlikely(end - READ_ONCE(q->cons) > q->room)) {
		raw_spin_unlock_irqrestore(&q->lock, flags);
		return false;
	}
	slots = q->mem.virt;
	log2 = q->mem.log2;
	sync = &slots[smmu_q_slot(from + 1, log2)];
	slots[smmu_q_slot(from, log2)] = cmd[0];
	*sync = cmd[1];
	/* pairs with xchg() in smmu_cmdq_retire_word() */
	if (READ_ONCE(q->polled_word))
		smmu_cmd_sync_msi(sync, q->sync_dma, end);
	/* as in smmu_cmdq_post_lock() */
	smp_store_release(&q->prod, end);
	/* write PROD after the slots, because the SMMU reads them once it sees PROD (3.5.2) */
	smmu_reg_write_ordered(q->reg_prod, 0, smmu_q_reg(end, log2));
	this_cpu_ptr(q->stats)->shorts++;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	ticket->first = from;
	ticket->end = end;
	return true;
}

/**
 * smmu_cmdq_done_short() - are the commands of a short post done, at the first look at CONS?
 * @ticket: from smmu_cmdq_post_short()
 *
 * CONS is compared with the end of the post, as the register has it. That is enough: both lie
 * between q->cons and the posted position, which are less than the queue's size apart, so no two
 * positions there have the same index and wrap bit. q->cons stays where it is. A post that finds no
 * room any more goes the general way, which reads CONS and moves it: one of every q->room / 2.
 * Return: true when they are, and none has failed
 */
static __always_inline bool smmu_cmdq_done_short(const struct smmu_ticket *ticket)
{
	struct smmu_cmdq *q = ticket->q;
	u32 cons;

	/* pairs with xchg() in smmu_cmdq_retire_word() */
	if (smmu_waits_are_counted() || READ_ONCE(q->polled_word))
		return false;
	cons = smmu_reg_read(q->reg_cons, 0);
	if (smmu_q_reg(cons ^ ticket->end, q->mem.log2) || cons == SMMU_Q_REG_DEAD)
		return false;
	/* as in smmu_cmdq_refresh(): what the SMMU did is visible, and an error is remembered */
	rmb();
	/* pairs with the release in remember_failed(), cmdq_error.c */
	return likely(smp_load_acquire(&q->err_seq) == ticket->err_seq);
}

#endif
