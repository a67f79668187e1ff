// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/ktime.h>
#include <linux/nmi.h>
#include <linux/sched/signal.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/cmd.h"
#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/shut.h"

/*
 * Which device blocks the queue? A CMD_SYNC completes only when the device of every ATC_INV in
 * front of it has answered (Arm IHI 0070, 4.7.3), and the commands behind the CMD_SYNC wait with
 * it. CONS stands at the CMD_SYNC, or at an ATC_INV that the SMMU could not send yet.
 *
 * Slots that CONS has passed are free and may be overwritten, so the commands read from them are
 * only a suspicion. A device that is suspected wrongly is soon found to answer. When the ATC_INV of
 * the device that does not answer is overwritten, no device is found and the wait times out.
 */
static struct smmu_cmd read_cmd(const struct smmu_cmdq *q, u64 pos)
{
	const struct smmu_cmd *slot = (const struct smmu_cmd *)q->mem.virt +
				      smmu_q_slot(pos, q->mem.log2);
	struct smmu_cmd cmd;

	/* another CPU may be writing to the slot, see above */
	cmd.w[0] = READ_ONCE(slot->w[0]);
	cmd.w[1] = READ_ONCE(slot->w[1]);
	return cmd;
}

static bool blame_device(struct smmu_device *smmu, const struct smmu_cmd *cmd)
{
	return smmu_cmd_opcode(cmd) == CMD_ATC_INV &&
	       smmu->ops->atc_stuck(smmu, FIELD_GET(CMD0_ATC_SID, le64_to_cpu(cmd->w[0])));
}

/* Hand the streams of these ATC_INVs to ops->atc_stuck(). Return: true when a device was found */
static bool blame_atc(struct smmu_cmdq *q)
{
	u64 pos = smmu_cmdq_refresh(q);
	struct smmu_cmd cmd;
	bool found;
	u32 i;

	/* the SMMU has consumed everything, so no ATC_INV blocks the queue */
	if (pos >= smmu_cmdq_posted(q))
		return false;
	cmd = read_cmd(q, pos);
	if (smmu_cmd_opcode(&cmd) != CMD_SYNC && smmu_cmd_opcode(&cmd) != CMD_ATC_INV)
		return false;
	found = blame_device(q->smmu, &cmd);
	for (i = 1; i <= SMMU_BATCH_MAX && i <= pos; i++) {
		cmd = read_cmd(q, pos - i);
		if (smmu_cmd_opcode(&cmd) == CMD_SYNC)
			break;
		found |= blame_device(q->smmu, &cmd);
	}
	return found;
}

/* Tests replace this function, to let time pass while a polling CPU is away */
VISIBLE_IF_KUNIT noinline ktime_t smmu_cmdq_clock(struct smmu_cmdq *q)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_cmdq_clock, q);
	return ktime_get();
}

int smmu_cmdq_relax(struct smmu_cmdq *q, u32 *polls, struct smmu_deadline *deadline)
{
	ktime_t now;

	cpu_relax();
	if (++*polls % SMMU_CMDQ_POLLS)
		return 0;
	smmu_gerror_poll(q->smmu);
	if (smmu_device_is_dead(q->smmu))
		return -ESHUTDOWN;
	if (deadline->killable && fatal_signal_pending(current))
		return -EINTR;
	now = smmu_cmdq_clock(q);
	if (!deadline->at)
		deadline->at = ktime_add_ms(now, SMMU_CMD_TIMEOUT_MS);
	if (deadline->extended)
		/* this CPU may poll for more than a minute with interrupts off */
		touch_nmi_watchdog();
	if (!ktime_after(now, deadline->at))
		return 0;
	if (deadline->extended || !blame_atc(q))
		return -ETIMEDOUT;
	deadline->extended = true;
	deadline->at = ktime_add_ms(now, SMMU_ATC_TIMEOUT_MS);
	return 0;
}
