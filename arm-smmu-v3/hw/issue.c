// SPDX-License-Identifier: GPL-2.0-only
#include "core/cmd.h"
#include "core/plan.h"
#include "hw/cmdq.h"
#include "hw/device.h"
#include "hw/issue.h"

int smmu_issue(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n)
{
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	int ret;

	ret = smmu_cmdq_post(smmu, cmd, n, &deadline, &ticket, false);
	if (ret)
		return ret;
	return smmu_cmdq_wait(smmu, &ticket, &deadline);
}

/* CFGI and TLBI with their CMD_SYNC, twice where it takes two */
static int issue_as_needed(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n)
{
	int ret = smmu_issue(smmu, cmd, n);

	if (!ret && (smmu->inst.feat.errata & SMMU_ERRATUM_REPEAT_TLBI))
		ret = smmu_issue(smmu, cmd, n);
	return ret;
}

int smmu_issue_flush_all(struct smmu_device *smmu)
{
	struct smmu_cmd cmd[4];
	u32 n = 0;

	smmu_cmd_cfgi_all(&cmd[n++]);
	if (smmu_has(smmu, SMMU_FEAT_HYP))
		smmu_cmd_tlbi_el2_all(&cmd[n++]);
	smmu_cmd_tlbi_nsnh_all(&cmd[n++]);
	smmu_cmd_sync(&cmd[n++], false);
	return issue_as_needed(smmu, cmd, n);
}

void smmu_issue_resume(struct smmu_device *smmu, u32 sid, u16 stag, u8 action)
{
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd;

	smmu_cmd_resume(&cmd, sid, stag, action);
	smmu_cmdq_post(smmu, &cmd, 1, &deadline, &ticket, false);
}

void smmu_issue_cfgi(struct smmu_device *smmu, struct smmu_cmd *cmd, u32 n)
{
	int ret;

	smmu_cmd_sync(&cmd[n++], false);
	ret = issue_as_needed(smmu, cmd, n);
	if (ret && ret != -ESHUTDOWN && smmu_issue_flush_all(smmu))
		smmu_device_shut(smmu, "configuration invalidation not confirmed");
}
