// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>

#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq_edit.h"
#include "hw/cmdq_error.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"
#include "hw/mmio.h"

/* After this number of aborted fetches of one command the driver gives the queue up */
#define ABT_MAX		3

static const char * const cerror_name[] = {
	[CERROR_NONE] = "no error",
	[CERROR_ILL] = "illegal command",
	[CERROR_ABT] = "abort on command fetch",
	[CERROR_ATC_INV_SYNC] = "ATC invalidation not confirmed",
};

static void remember_failed(struct smmu_cmdq *q, u64 pos, bool atc)
{
	u32 seq = q->err_seq;

	/* pairs with READ_ONCE in smmu_cmdq_error_within() */
	WRITE_ONCE(q->err_pos[seq % SMMU_CMDQ_ERRORS],
		   pos << SMMU_CMDQ_ERR_SHIFT | (atc ? SMMU_CMDQ_ERR_ATC : 0));
	/* pairs with the acquire loads in smmu_cmdq_post() and smmu_cmdq_ticket_error() */
	smp_store_release(&q->err_seq, seq + 1);
}

int smmu_cmdq_error_within(const struct smmu_ticket *ticket, u32 seq)
{
	const struct smmu_cmdq *q = ticket->q;
	int ret = 0;
	u32 i;

	/*
	 * After that many errors the ring may have been overwritten while it is read, so this
	 * function cannot tell and says the worst.
	 */
	if (seq - ticket->err_seq > SMMU_CMDQ_ERRORS / 2)
		return -EIO;
	for (i = ticket->err_seq; i != seq; i++) {
		/* pairs with WRITE_ONCE in remember_failed(); visible by the acquire of @seq */
		u64 err = READ_ONCE(q->err_pos[i % SMMU_CMDQ_ERRORS]);
		u64 pos = err >> SMMU_CMDQ_ERR_SHIFT;

		if (pos < ticket->first || pos >= ticket->end)
			continue;
		if (!(err & SMMU_CMDQ_ERR_ATC))
			return -EIO;
		ret = -EREMOTEIO;
	}
	return ret;
}

/*
 * Cut off the device that an ATC_INV names. For how long the queue has stood for it is known to
 * have been silence: the next waiter must not charge it to the device's budget as well, which may
 * be after the device was given back.
 */
static void cut_off(struct smmu_cmdq *q, const struct smmu_cmd *atc_inv)
{
	u32 sid = smmu_cmd_atc_sid(atc_inv);
	unsigned long flags;

	raw_spin_lock_irqsave(&q->stand.lock, flags);
	if (q->stand.sid == sid)
		q->stand.sid = SMMU_NO_SID;
	raw_spin_unlock_irqrestore(&q->stand.lock, flags);
	q->smmu->ops->atc_silent(q->smmu, sid);
	smmu_cmdq_edit_all(q->smmu);
}

/*
 * The SMMU stops at a CMD_SYNC because a device has not answered (4.5.1). The ATC_INVs of a segment
 * are for one stream and stand directly in front of the CMD_SYNC. Its slot still holds the last of
 * them, see smmu_cmdq_room(). Return: false when there is none: then nobody knows whose ATC holds
 * what it should not.
 */
static bool atc_unanswered(struct smmu_cmdq *q, u64 pos)
{
	const struct smmu_cmd before = *smmu_cmdq_slot(q, pos - 1);

	remember_failed(q, pos, true);
	if (!pos || smmu_cmd_opcode(&before) != CMD_ATC_INV)
		return false;
	cut_off(q, &before);
	smmu_cmdq_edit_posted(q, pos + 1);
	/* write the slots before smmu_gerror_poll() acknowledges the error */
	dma_wmb();
	return true;
}

bool smmu_cmdq_error(struct smmu_cmdq *q)
{
	struct smmu_device *smmu = q->smmu;
	struct smmu_cmd *slot, bad;
	u32 cons, err;
	u64 pos;

	lockdep_assert_held(&smmu->gerror_lock);

	cons = smmu_reg_read(q->reg_cons, 0);
	if (q->kind == SMMU_CMDQ_ECMDQ)
		err = FIELD_GET(ECMDQ_CONS_ERR_REASON, cons);
	else
		err = FIELD_GET(CMDQ_CONS_ERR, cons);
	/*
	 * CONS is read before the posted position is loaded. With a position from before the
	 * failed command was posted, CONS would look impossible, see smmu_cmdq_refresh(). The base
	 * may be loaded late, because CONS stands still and no CPU moves the base past it.
	 */
	rmb();

	if (err > CERROR_ATC_INV_SYNC ||
	    !smmu_q_cons_pos(READ_ONCE(q->cons), smmu_cmdq_posted(q), cons,
			     q->mem.log2, &pos)) {
		dev_err(smmu->dev, "command queue %u: error with an unusable CONS 0x%08x\n", q->nr,
			cons);
		return false;
	}
	slot = smmu_cmdq_slot(q, pos);
	bad = *slot;
	dev_err_ratelimited(smmu->dev,
			    "command queue %u: error (cons 0x%08x): %s: %s 0x%016llx 0x%016llx\n",
			    q->nr, cons, cerror_name[err], smmu_cmd_name(smmu_cmd_opcode(&bad)),
			    le64_to_cpu(bad.w[0]), le64_to_cpu(bad.w[1]));

	switch (err) {
	case CERROR_ILL:
		remember_failed(q, pos, false);
		if (smmu_cmd_opcode(&bad) == CMD_ATC_INV)
			cut_off(q, &bad);
		/* a CMD_SYNC is legal on every SMMU, which then goes on behind it */
		smmu_cmd_sync(slot);
		/* write the slot before smmu_gerror_poll() acknowledges the error */
		dma_wmb();
		return true;
	case CERROR_ATC_INV_SYNC:
		return atc_unanswered(q, pos);
	case CERROR_ABT:
		if (q->abt_pos != pos)
			q->abt_tries = 0;
		q->abt_pos = pos;
		return ++q->abt_tries <= ABT_MAX;
	default:
		return true;
	}
}
