/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command errors: what is left of the queue when the SMMU stops at a command.
 *
 * Arm IHI 0070, 4.8 (consumption and errors) and 7.1: processing stops with CONS at
 * the command, and resumes when GERRORN acknowledges. A command that is skipped was
 * not done, so its position is kept for the waiter, who must not take its ticket
 * for confirmed.
 */
#ifndef SMMU_HW_CMDQ_ERROR_H
#define SMMU_HW_CMDQ_ERROR_H

#include <linux/types.h>

#include "hw/cmdq.h"

/**
 * smmu_cmdq_error() - GERROR.CMDQ_ERR is active: name it, step over it
 * @q: queue; its SMMU's gerror_lock is held, interrupts off
 *
 * CERROR_ILL: the command is replaced by a CMD_SYNC. CERROR_ATC_INV_SYNC: the sync is
 * repeated by the SMMU. CERROR_ABT: the SMMU fetches it again, a few times.
 * Return: false when the queue is beyond help
 */
bool smmu_cmdq_error(struct smmu_cmdq *q);

/* For the next function: is an error up to @seq one of the ticket's commands? */
bool smmu_cmdq_error_within(const struct smmu_ticket *ticket, u32 seq);

/* Did one of the ticket's commands fail? */
static inline bool smmu_cmdq_ticket_failed(const struct smmu_ticket *ticket)
{
	/* pairs with the release in remember_failed(), cmdq_error.c: err_pos is complete below */
	u32 seq = smp_load_acquire(&ticket->q->err_seq);

	return unlikely(seq != ticket->err_seq) && smmu_cmdq_error_within(ticket, seq);
}

#endif
