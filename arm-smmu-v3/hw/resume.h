/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers to stalled transactions (CMD_RESUME), and to page request groups (CMD_PRI_RESP) that a
 * handler has had.
 *
 * The SMMU answers the device and not the caller, so nobody waits for an answer to be done (4.6.1).
 * Nor does anybody wait until a queue that stands has room for one: faults are handled under locks
 * that other devices of the SMMU need. Answers that find no room are kept, and a work item posts
 * them. In which order they go does not matter, because each names its transaction.
 */
#ifndef SMMU_HW_RESUME_H
#define SMMU_HW_RESUME_H

#include <linux/llist.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct smmu_device;

/**
 * struct smmu_resumes - answers that wait for room
 * @waiting: struct resume, each allocated
 * @work: posts them
 */
struct smmu_resumes {
	struct llist_head waiting;
	struct work_struct work;
};

/* Called once, before any fault is reported */
void smmu_resume_init(struct smmu_device *smmu);

/* No fault is reported or answered any more. Waits for the work item; the SMMU is stopped. */
void smmu_resume_exit(struct smmu_device *smmu);

/**
 * smmu_resume() - answer a stalled transaction
 * @smmu: SMMU
 * @sid: StreamID of the transaction
 * @stag: STAG of the transaction, from its event
 * @action: RESUME_*
 *
 * Any context. Takes SMMU_BRIEF_US at most, unless there is no room in the queue and no memory
 * either. Where the SMMU is shut before the answer is posted, there is nothing to answer any more.
 */
void smmu_resume(struct smmu_device *smmu, u32 sid, u16 stag, u8 action);

/**
 * smmu_resume_group() - answer a page request group
 * @smmu: SMMU
 * @sid: StreamID of the device
 * @ssid: PASID of the answer, with @ssv
 * @ssv: the answer has a PASID
 * @prg: index of the group
 * @resp: PRI_RESP_*
 *
 * As smmu_resume(). The caller bounds how many answers of a device there can be at a time.
 */
void smmu_resume_group(struct smmu_device *smmu, u32 sid, u32 ssid, bool ssv, u16 prg, u8 resp);

/* Do answers wait for room, because the command queue stands? Any context. */
bool smmu_resume_waits(struct smmu_device *smmu);

/* Wait until the answers that are kept are posted, or the SMMU is shut. May sleep. */
void smmu_resume_flush(struct smmu_device *smmu);

#if IS_ENABLED(CONFIG_KUNIT)
/* For tests to replace, and to call in place of the work item */
void smmu_resume_later(struct smmu_device *smmu);
void smmu_resume_work(struct work_struct *work);
#endif

#endif
