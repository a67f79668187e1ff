/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Editing commands that were inserted and are not consumed yet.
 *
 * A device that has left one ATC_INV unanswered leaves the next one unanswered too, and each costs
 * the time-out of the root port. Commands to it may be in the queue already, of any number of
 * posts. While GERROR.CMDQ_ERR is active the SMMU consumes no command (7.1) and reads those behind
 * CONS again when the error is acknowledged (3.21.2). So before the acknowledge, the ATC_INVs to a
 * device that was cut off become CMD_SYNCs without a signal. They were not done. Nothing relies on
 * them, because the device uses nothing that its ATC holds.
 *
 * A post that is being inserted meanwhile is edited by its own CPU. Either that CPU sees
 * @edits of the queue between its reservation and its doorbell, or its post is before the end up to
 * which smmu_cmdq_edit_posted() edits:
 *
 *	error handler				poster
 *	edits = true				reserve
 *	full barrier				full barrier
 *	end = what is reserved			read edits, edit its own commands
 *	wait until that is published		publish
 *	edit
 */
#ifndef SMMU_HW_CMDQ_EDIT_H
#define SMMU_HW_CMDQ_EDIT_H

#include <linux/types.h>

#include "hw/cmdq.h"

struct smmu_device;

/**
 * smmu_cmdq_edit() - replace ATC_INVs to devices that were cut off
 * @q: queue
 * @from: position of the first command
 * @end: position behind the last
 *
 * The commands are of this CPU and not published yet, or GERROR.CMDQ_ERR is active. The caller
 * orders the writes before the doorbell or the acknowledge. Any context.
 */
void smmu_cmdq_edit(struct smmu_cmdq *q, u64 from, u64 end);

/**
 * smmu_cmdq_edit_posted() - the same for all commands from a position on
 * @q: queue; GERROR.CMDQ_ERR is active, and the gerror_lock of its SMMU is held
 * @from: position of the first command
 *
 * Waits for CPUs that are between reservation and doorbell, which have interrupts off there and
 * wait for nothing.
 */
void smmu_cmdq_edit_posted(struct smmu_cmdq *q, u64 from);

/*
 * Have every post to every queue of the SMMU edited from now on: a device was cut off, or the
 * caller posts what may name devices whose ATS is off by now. Any context; the lock of no queue is
 * held.
 */
void smmu_cmdq_edit_all(struct smmu_device *smmu);

#endif
