// SPDX-License-Identifier: GPL-2.0-only
#include "core/cmd.h"
#include "hw/cmdq.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/shut.h"

/* Time for a flush on an empty queue, where the caller cannot wait for long */
#define SETTLE_MS	20

static int issue_by(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		    struct smmu_deadline *deadline)
{
	struct smmu_ticket ticket;
	int ret;

	do {
		ret = smmu_cmdq_post(smmu, cmd, n, deadline, &ticket, SMMU_POST_NEW);
		if (!ret)
			ret = smmu_cmdq_wait(&ticket, deadline);
		/* the queue was taken out; @deadline has noted that, and the main queue is next */
	} while (ret == -ECANCELED);
	return ret;
}

static int issue(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n, bool brief)
{
	struct smmu_deadline deadline __uninitialized;

	smmu_deadline_start(&deadline, brief ? SMMU_BRIEF_US : 0);
	return issue_by(smmu, cmd, n, &deadline);
}

int smmu_issue(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n)
{
	return issue(smmu, cmd, n, false);
}

/* Issue CFGI and TLBI with their CMD_SYNC, twice where an erratum needs it */
static int issue_as_needed(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
			   bool brief)
{
	int ret = issue(smmu, cmd, n, brief);

	if (!ret && (smmu->inst.feat.errata & SMMU_ERRATUM_REPEAT_TLBI))
		ret = issue(smmu, cmd, n, brief);
	return ret;
}

/*
 * The commands of flush_all(). Configuration comes first, because a prefetch may fill the TLB by
 * configuration that is still cached (4.3.6). A CMD_SYNC stands between the two, because only it
 * keeps them in order (4.7.3), and because some SMMUs need one kind of invalidation for each
 * CMD_SYNC.
 */
#define FLUSH_ALL_CMDS	5

static u32 flush_all(struct smmu_device *smmu, struct smmu_cmd *cmd)
{
	u32 n = 0;

	smmu_cmd_cfgi_all(&cmd[n++]);
	smmu_cmd_sync(&cmd[n++]);
	if (smmu_has(smmu, SMMU_FEAT_HYP))
		smmu_cmd_tlbi_el2_all(&cmd[n++]);
	smmu_cmd_tlbi_nsnh_all(&cmd[n++]);
	smmu_cmd_sync(&cmd[n++]);
	return n;
}

int smmu_issue_flush_all(struct smmu_device *smmu)
{
	struct smmu_cmd cmd[FLUSH_ALL_CMDS];

	return issue_as_needed(smmu, cmd, flush_all(smmu, cmd), false);
}

int smmu_issue_drain(struct smmu_device *smmu)
{
	struct smmu_cmd cmd;

	smmu_cmd_sync(&cmd);
	return issue(smmu, &cmd, 1, true);
}

void smmu_issue_quiesce(struct smmu_device *smmu)
{
	struct smmu_deadline deadline = {
		.until = ktime_add_ms(ktime_get(), SETTLE_MS),
	};
	struct smmu_cmd cmd[FLUSH_ALL_CMDS];

	if (smmu_cmdq_is_idle(smmu))
		issue_by(smmu, cmd, flush_all(smmu, cmd), &deadline);
}

void smmu_issue_shut(struct smmu_device *smmu, const char *why)
{
	u32 off;

	if (!smmu_shut_begin(smmu, &off))
		return;
	if (off)
		smmu_issue_quiesce(smmu);
	smmu_shut_end(smmu, off, why);
}

int smmu_issue_cfgi(struct smmu_device *smmu, struct smmu_cmd *cmd, u32 n, bool brief)
{
	int ret;

	smmu_cmd_sync(&cmd[n++]);
	ret = issue_as_needed(smmu, cmd, n, brief);
	if (ret == -EAGAIN)
		return ret;
	smmu_issue_make_good(smmu, ret, "configuration invalidation not confirmed");
	return 0;
}

void smmu_issue_make_good(struct smmu_device *smmu, int err, const char *why)
{
	switch (err) {
	case 0:
	case -ESHUTDOWN:
	case -EREMOTEIO:
		return;
	case -EIO:
		if (!smmu_issue_flush_all(smmu))
			return;
		break;
	}
	smmu_issue_shut(smmu, why);
}

int smmu_issue_batch_end(struct smmu_issue_batch *batch)
{
	u32 n = batch->n;

	batch->n = 0;
	if (!n || batch->ret)
		return batch->ret;
	if (batch->config) {
		batch->ret = smmu_issue_cfgi(batch->smmu, batch->cmd, n, batch->brief);
		return batch->ret;
	}
	smmu_cmd_sync(&batch->cmd[n++]);
	batch->ret = issue(batch->smmu, batch->cmd, n, batch->brief);
	return batch->ret;
}
