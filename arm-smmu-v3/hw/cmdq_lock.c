// SPDX-License-Identifier: GPL-2.0-only
#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq_edit.h"
#include "hw/cmdq_lock.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/mmio.h"
#include "hw/shut.h"

/* Wait for room for @n commands. Returns 0 with the lock held, or an error without the lock. */
static int lock_with_room(struct smmu_cmdq *q, u32 n, struct smmu_deadline *deadline,
			  unsigned long *flags)
{
	u32 polls = 0;
	int ret = 0;

	for (;;) {
		if (smmu_device_is_dead(q->smmu))
			return -ESHUTDOWN;
		raw_spin_lock_irqsave(&q->lock, *flags);
		if (unlikely(q->out)) {
			raw_spin_unlock_irqrestore(&q->lock, *flags);
			return -ECANCELED;
		}
		if (smmu_cmdq_fits(q, q->prod + n, q->room)) {
			if (polls)
				this_cpu_ptr(q->stats)->full++;
			return 0;
		}
		raw_spin_unlock_irqrestore(&q->lock, *flags);
		/* there was a last look after the time was over: this CPU may have been away */
		if (ret)
			return ret;
		ret = smmu_cmdq_relax(q, &polls, deadline, true);
	}
}

int smmu_cmdq_post_lock(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n,
			struct smmu_deadline *deadline, u64 *pos)
{
	struct smmu_cmd *slots = q->mem.virt;
	u8 log2 = q->mem.log2;
	unsigned long flags;
	u32 i, syncs = 0;
	u64 from, end;
	int ret;

	ret = lock_with_room(q, n, deadline, &flags);
	if (ret)
		return ret;

	from = q->prod;
	end = from + n;
	for (i = 0; i < n; i++) {
		slots[smmu_q_slot(from + i, log2)] = cmd[i];
		syncs += smmu_cmd_opcode(&cmd[i]) == CMD_SYNC;
	}
	/* pairs with WRITE_ONCE() in smmu_cmdq_start_edits(), which takes the lock after it */
	if (unlikely(READ_ONCE(q->ins.edits)))
		smmu_cmdq_edit(q, from, end);
	/* pairs with xchg() in smmu_cmdq_retire_word() */
	if (READ_ONCE(q->polled_word) && smmu_cmd_opcode(&cmd[n - 1]) == CMD_SYNC)
		smmu_cmd_sync_msi(&slots[smmu_q_slot(end - 1, log2)], q->sync_dma, end);
	/*
	 * pairs with smp_load_acquire() in smmu_cmdq_posted(), behind which waits_for() reads the
	 * slots; CONS is never ahead of it
	 */
	smp_store_release(&q->prod, end);
	/* write PROD after the slots, because the SMMU reads them once it sees PROD (3.5.2) */
	smmu_reg_write_ordered(q->reg_prod, 0, smmu_q_reg(end, log2) | q->bell);
	smmu_cmdq_count(q, n, syncs)->doorbells++;
	raw_spin_unlock_irqrestore(&q->lock, flags);
	*pos = from;
	return 0;
}
