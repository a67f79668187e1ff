// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/ktime.h>

#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/mmio.h"

/* Polls between two looks at the clock and at GERROR */
#define POLLS_PER_CHECK		16

ktime_t smmu_cmdq_deadline(void)
{
	return ktime_add_ms(ktime_get(), SMMU_CMD_TIMEOUT_MS);
}

int smmu_cmdq_alloc(struct smmu_device *smmu)
{
	raw_spin_lock_init(&smmu->cmdq.lock);
	return smmu_queue_mem_alloc(smmu->dev, &smmu->cmdq.mem,
				    smmu->inst.feat.cmdq_log2,
				    sizeof(struct smmu_cmd), "cmdq");
}

void smmu_cmdq_free(struct smmu_device *smmu)
{
	smmu_queue_mem_free(smmu->dev, &smmu->cmdq.mem);
}

void smmu_cmdq_program(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;

	q->prod = 0;
	q->cons = 0;
	smmu_reg_write64(smmu->base, SMMU_CMDQ_BASE, smmu_queue_mem_base(&q->mem));
	smmu_reg_write(smmu->base, SMMU_CMDQ_PROD, 0);
	smmu_reg_write(smmu->base, SMMU_CMDQ_CONS, 0);
}

/*
 * Where is the consumer? The base is loaded before CONS (acquire, pairs with the
 * cmpxchg below): CONS is then at or ahead of it, and the difference modulo 2N is the
 * true one. The other way round another CPU could move the base past the CONS value in
 * hand, and the difference would come out up to two queue lengths too large. prod is
 * loaded last, so that what CONS has reached is never refused.
 */
static u64 refresh_cons(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	u64 base = smp_load_acquire(&q->cons);
	u32 reg = smmu_reg_read(smmu->base, SMMU_CMDQ_CONS);
	u64 pos;

	/* the CONS read before the prod load; pairs with WRITE_ONCE in post_piece() */
	rmb();
	if (!smmu_q_cons_pos(base, READ_ONCE(q->prod), reg, q->mem.log2, &pos))
		return base;
	if (pos != base) {
		/* lost to somebody who saw more, or as much: fine either way */
		u64 old = cmpxchg(&q->cons, base, pos);

		if (old > pos)
			pos = old;
	}
	return pos;
}

/* Room for n commands and the lock held, or an error and no lock */
static int lock_with_room(struct smmu_device *smmu, u32 n, ktime_t deadline,
			  unsigned long *flags)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	u32 size = smmu_q_entries(q->mem.log2);
	u32 polls = 0;
	bool waited = false;

	for (;;) {
		if (smmu_device_is_dead(smmu))
			return -ESHUTDOWN;
		raw_spin_lock_irqsave(&q->lock, *flags);
		if (q->prod + n - READ_ONCE(q->cons) <= size ||
		    q->prod + n - refresh_cons(smmu) <= size) {
			q->stats.full += waited;
			return 0;
		}
		raw_spin_unlock_irqrestore(&q->lock, *flags);

		waited = true;
		if (++polls % POLLS_PER_CHECK == 0) {
			smmu_gerror_poll(smmu);
			if (ktime_after(ktime_get(), deadline)) {
				atomic_inc(&q->timeouts);
				return -ETIMEDOUT;
			}
		}
		cpu_relax();
	}
}

static int post_piece(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		      ktime_t deadline, struct smmu_ticket *ticket, bool cont)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	struct smmu_cmd *slots = q->mem.virt;
	u64 pos;
	unsigned long flags;
	u32 i;
	int ret;

	ret = lock_with_room(smmu, n, deadline, &flags);
	if (ret)
		return ret;

	pos = q->prod;
	for (i = 0; i < n; i++) {
		slots[smmu_q_slot(pos + i, q->mem.log2)] = cmd[i];
		q->stats.syncs += smmu_cmd_opcode(&cmd[i]) == CMD_SYNC;
	}
	/* pairs with READ_ONCE in refresh_cons() and smmu_cmdq_error(): refuse no true CONS */
	WRITE_ONCE(q->prod, pos + n);
	/* the slots before PROD: the SMMU reads them once it sees PROD (3.5.1) */
	smmu_reg_write_ordered(smmu->base, SMMU_CMDQ_PROD,
			       smmu_q_reg(pos + n, q->mem.log2));
	q->stats.cmds += n;
	q->stats.doorbells++;
	raw_spin_unlock_irqrestore(&q->lock, flags);

	if (!cont)
		ticket->first = pos;
	ticket->end = pos + n;
	return 0;
}

int smmu_cmdq_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		   ktime_t deadline, struct smmu_ticket *ticket, bool cont)
{
	u32 piece, size = smmu_q_entries(smmu->cmdq.mem.log2);
	int ret;

	if (!cont)
		/* pairs with the release in smmu_cmdq_error() */
		ticket->err_seq = smp_load_acquire(&smmu->cmdq.err_seq);
	for (; n; n -= piece, cmd += piece, cont = true) {
		piece = min(n, size);
		ret = post_piece(smmu, cmd, piece, deadline, ticket, cont);
		if (ret)
			return ret;
	}
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

static int wait_slow(struct smmu_device *smmu, u64 end, ktime_t deadline)
{
	u32 polls = 0;

	while (refresh_cons(smmu) < end) {
		if (++polls % POLLS_PER_CHECK == 0) {
			smmu_gerror_poll(smmu);
			if (smmu_device_is_dead(smmu))
				return -ESHUTDOWN;
			if (ktime_after(ktime_get(), deadline))
				/* one last look: we may have been away for long */
				return refresh_cons(smmu) < end ? -ETIMEDOUT : 0;
		}
		cpu_relax();
	}
	return 0;
}

int smmu_cmdq_wait(struct smmu_device *smmu, const struct smmu_ticket *ticket,
		   ktime_t deadline)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	int ret = 0;

	/* pairs with the cmpxchg in refresh_cons(): what the SMMU did is visible */
	if (smp_load_acquire(&q->cons) < ticket->end)
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
