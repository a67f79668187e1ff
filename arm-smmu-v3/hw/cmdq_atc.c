// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds the queue up? A CMD_SYNC is not complete before every ATC_INV in front of it was
 * answered by its device (Arm IHI 0070, 4.7.3), and what comes behind the CMD_SYNC waits
 * with it. CONS stands at the CMD_SYNC, or at an ATC_INV that the SMMU could not send yet.
 *
 * Entries that CONS has passed may be overwritten as soon as they are free, so what is read
 * here of them is a suspicion. A device that is wrongly suspected is found out to be innocent
 * soon after; when the culprit's command is gone the queue is taken for dead.
 */
#include <linux/bitfield.h>

#include "core/cmd.h"
#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq_algo.h"

static struct smmu_cmd read_cmd(const struct smmu_cmdq *q, u64 pos)
{
	const struct smmu_cmd *slot = (const struct smmu_cmd *)q->mem.virt +
				      smmu_q_slot(pos, q->mem.log2);
	struct smmu_cmd cmd;

	/* others may be writing to it, see above */
	cmd.w[0] = READ_ONCE(slot->w[0]);
	cmd.w[1] = READ_ONCE(slot->w[1]);
	return cmd;
}

static bool blame(struct smmu_device *smmu, const struct smmu_cmd *cmd)
{
	return smmu_cmd_opcode(cmd) == CMD_ATC_INV &&
	       smmu->ops->atc_stuck(smmu, FIELD_GET(CMD0_ATC_SID, le64_to_cpu(cmd->w[0])));
}

bool smmu_cmdq_blame_atc(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = &smmu->cmdq;
	u64 pos = smmu_cmdq_refresh(smmu);
	struct smmu_cmd cmd;
	bool found;
	u32 i;

	/* nothing is waiting: whatever it is, it is not this */
	if (pos >= smmu_cmdq_posted(q))
		return false;
	cmd = read_cmd(q, pos);
	if (smmu_cmd_opcode(&cmd) != CMD_SYNC && smmu_cmd_opcode(&cmd) != CMD_ATC_INV)
		return false;
	found = blame(smmu, &cmd);
	for (i = 1; i <= SMMU_BATCH_MAX && i <= pos; i++) {
		cmd = read_cmd(q, pos - i);
		if (smmu_cmd_opcode(&cmd) == CMD_SYNC)
			break;
		found |= blame(smmu, &cmd);
	}
	return found;
}
