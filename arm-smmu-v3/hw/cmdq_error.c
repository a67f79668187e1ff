// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command errors: what is left of the queue when the SMMU stops at a command.
 *
 * Arm IHI 0070, 4.8 (consumption and errors) and 7.1: processing stops with CONS at
 * the command, and resumes when GERRORN acknowledges. A command that is skipped was
 * not done, so its position is kept for the waiter, who must not take his ticket
 * for confirmed.
 */
#include <linux/bitfield.h>
#include <linux/dev_printk.h>

#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/device.h"
#include "hw/mmio.h"

static const char * const cerror_name[] = {
	[CERROR_NONE] = "no error",
	[CERROR_ILL] = "illegal command",
	[CERROR_ABT] = "abort on command fetch",
	[CERROR_ATC_INV_SYNC] = "ATC invalidation not confirmed",
};

static void remember(struct smmu_cmdq *q, u64 pos)
{
	u32 seq = q->err_seq;

	/* pairs with READ_ONCE in ticket_failed() */
	WRITE_ONCE(q->err_pos[seq % SMMU_CMDQ_ERRORS], pos);
	/* pairs with the acquire loads in smmu_cmdq_post() and ticket_failed() */
	smp_store_release(&q->err_seq, seq + 1);
}

bool smmu_cmdq_error(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	struct smmu_cmd *slot, bad;
	u32 cons, err;
	u64 pos;

	lockdep_assert_held(&smmu->gerror_lock);

	cons = smmu_reg_read(smmu->base, SMMU_CMDQ_CONS);
	err = FIELD_GET(CMDQ_CONS_ERR, cons);
	/*
	 * The CONS read before the prod load: with a prod from before the failed command was
	 * posted, CONS would look impossible. See smmu_cmdq_refresh(). The
	 * base may be loaded late: CONS stands still, so nobody can move it past.
	 */
	rmb();

	if (err > CERROR_ATC_INV_SYNC ||
	    !smmu_q_cons_pos(READ_ONCE(q->cons), smmu_cmdq_posted(q), cons,
			     q->mem.log2, &pos)) {
		dev_err(smmu->dev, "CMDQ error with an unusable CONS 0x%08x\n", cons);
		return false;
	}
	slot = (struct smmu_cmd *)q->mem.virt + smmu_q_slot(pos, q->mem.log2);
	bad = *slot;
	dev_err_ratelimited(smmu->dev,
			    "CMDQ error (cons 0x%08x): %s: %s 0x%016llx 0x%016llx\n",
			    cons, cerror_name[err], smmu_cmd_name(smmu_cmd_opcode(&bad)),
			    le64_to_cpu(bad.w[0]), le64_to_cpu(bad.w[1]));

	switch (err) {
	case CERROR_ILL:
		remember(q, pos);
		/* A CMD_SYNC is legal whatever the features; the wait goes on behind it */
		smmu_cmd_sync(slot, false);
		/* the slot before the acknowledge in smmu_gerror_poll() */
		dma_wmb();
		return true;
	case CERROR_ATC_INV_SYNC:
		remember(q, pos);
		return true;
	case CERROR_ABT:
		if (q->abt_pos != pos)
			q->abt_tries = 0;
		q->abt_pos = pos;
		return ++q->abt_tries <= SMMU_CMDQ_ABT_MAX;
	default:
		return true;
	}
}
