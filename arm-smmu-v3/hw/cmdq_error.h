/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command errors: what the driver does when the SMMU stops at a command.
 *
 * Arm IHI 0070, 4.8 (consumption and errors) and 7.1: the SMMU stops with CONS at the command, and
 * goes on when the driver acknowledges the error, in GERRORN, or for an ECMDQ in its PROD
 * (3.5.6.3). A command that is skipped was not
 * done. So the driver keeps its position, and the wait for its ticket returns an error.
 */
#ifndef SMMU_HW_CMDQ_ERROR_H
#define SMMU_HW_CMDQ_ERROR_H

#include <linux/types.h>

#include "hw/cmdq.h"

/**
 * smmu_cmdq_error() - log an active error of the queue, and prepare the queue to go on
 * @q: queue. The gerror_lock of its SMMU is held, and interrupts are off.
 *
 * CERROR_ILL: this function replaces the command by a CMD_SYNC. CERROR_ATC_INV_SYNC: the device
 * that has not answered is cut off, later ATC_INVs to it are replaced, and the SMMU repeats the
 * CMD_SYNC. CERROR_ABT: the SMMU fetches the command again; the driver accepts that a few times.
 * Return: false when the queue cannot go on
 */
bool smmu_cmdq_error(struct smmu_cmdq *q);

/* For smmu_cmdq_ticket_error(): the error of the commands that failed before @seq */
int smmu_cmdq_error_within(const struct smmu_ticket *ticket, u32 seq);

/* Did a command of the ticket fail? Return: 0, -EIO, -EREMOTEIO, see smmu_cmdq_wait() */
static inline int smmu_cmdq_ticket_error(const struct smmu_ticket *ticket)
{
	/* pairs with the release in remember_failed(), cmdq_error.c: err_pos is visible */
	u32 seq = smp_load_acquire(&ticket->q->err_seq);

	return likely(seq == ticket->err_seq) ? 0 : smmu_cmdq_error_within(ticket, seq);
}

#endif
