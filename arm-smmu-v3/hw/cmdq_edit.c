// SPDX-License-Identifier: GPL-2.0-only
#include "core/cmd.h"
#include "hw/cmdq_edit.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"

void smmu_cmdq_edit(struct smmu_cmdq *q, u64 from, u64 end)
{
	for (; from != end; from++) {
		struct smmu_cmd *cmd = smmu_cmdq_slot(q, from);

		if (smmu_cmd_opcode(cmd) == CMD_ATC_INV &&
		    q->smmu->ops->atc_is_cut(q->smmu, smmu_cmd_atc_sid(cmd)))
			smmu_cmd_sync(cmd);
	}
}

void smmu_cmdq_edit_posted(struct smmu_cmdq *q, u64 from)
{
	lockdep_assert_held(&q->smmu->gerror_lock);

	smmu_cmdq_edit(q, from, smmu_cmdq_start_edits(q));
}

void smmu_cmdq_edit_all(struct smmu_device *smmu)
{
	u32 i;

	for (i = 0; i < smmu_cmdqs(smmu); i++)
		smmu_cmdq_start_edits(smmu_cmdq_at(smmu, i));
}
