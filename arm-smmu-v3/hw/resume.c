// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/cmd.h"
#include "hw/cmdq.h"
#include "hw/device.h"
#include "hw/resume.h"

/**
 * struct resume - an answer that waits for room
 * @node: in struct smmu_resumes.waiting
 * @cmd: the command
 * @epoch: smmu->epoch when it was kept
 */
struct resume {
	struct llist_node node;
	struct smmu_cmd cmd;
	u32 epoch;
};

static int post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 brief_us)
{
	struct smmu_deadline deadline __uninitialized;
	struct smmu_ticket ticket;

	smmu_deadline_start(&deadline, brief_us);
	return smmu_cmdq_post(smmu, cmd, 1, &deadline, &ticket, SMMU_POST_NEW);
}

VISIBLE_IF_KUNIT void smmu_resume_work(struct work_struct *work)
{
	struct smmu_device *smmu = container_of(work, struct smmu_device, resumes.work);
	struct resume *resume, *next;

	llist_for_each_entry_safe(resume, next, llist_del_all(&smmu->resumes.waiting), node) {
		/*
		 * The transaction has ended when the SMMU was shut meanwhile, and the STAG may
		 * belong to another one. Pairs with WRITE_ONCE() in smmu_shut_undo(). And an error
		 * means that the SMMU is shut, or about to be.
		 */
		if (resume->epoch == READ_ONCE(smmu->epoch))
			post(smmu, &resume->cmd, 0);
		kfree(resume);
	}
}

/* Tests replace this function */
VISIBLE_IF_KUNIT noinline void smmu_resume_later(struct smmu_device *smmu)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_resume_later, smmu);
	queue_work(system_dfl_wq, &smmu->resumes.work);
}

static bool keep(struct smmu_device *smmu, const struct smmu_cmd *cmd)
{
	struct resume *resume = kmalloc_obj(*resume, GFP_NOWAIT);

	if (!resume)
		return false;
	resume->cmd = *cmd;
	resume->epoch = READ_ONCE(smmu->epoch); /* as in smmu_resume_work() */
	llist_add(&resume->node, &smmu->resumes.waiting);
	smmu_resume_later(smmu);
	return true;
}

static void answer(struct smmu_device *smmu, const struct smmu_cmd *cmd)
{
	/* where others wait for room already, this one need not find out */
	if (!smmu_resume_waits(smmu) && post(smmu, cmd, SMMU_BRIEF_US) != -EAGAIN)
		return;
	if (!keep(smmu, cmd))
		post(smmu, cmd, 0);
}

void smmu_resume(struct smmu_device *smmu, u32 sid, u16 stag, u8 action)
{
	struct smmu_cmd cmd;

	smmu_cmd_resume(&cmd, sid, stag, action);
	answer(smmu, &cmd);
}

void smmu_resume_group(struct smmu_device *smmu, u32 sid, u32 ssid, bool ssv, u16 prg, u8 resp)
{
	struct smmu_cmd cmd;

	smmu_cmd_pri_resp(&cmd, sid, ssid, ssv, prg, resp);
	answer(smmu, &cmd);
}

bool smmu_resume_waits(struct smmu_device *smmu)
{
	return !llist_empty(&smmu->resumes.waiting);
}

void smmu_resume_flush(struct smmu_device *smmu)
{
	flush_work(&smmu->resumes.work);
}

void smmu_resume_init(struct smmu_device *smmu)
{
	init_llist_head(&smmu->resumes.waiting);
	INIT_WORK(&smmu->resumes.work, smmu_resume_work);
}

void smmu_resume_exit(struct smmu_device *smmu)
{
	struct resume *resume, *next;

	cancel_work_sync(&smmu->resumes.work);
	llist_for_each_entry_safe(resume, next, llist_del_all(&smmu->resumes.waiting), node)
		kfree(resume);
}
