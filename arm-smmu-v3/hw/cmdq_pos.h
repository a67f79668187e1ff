/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Positions of a command queue: what was posted, what the SMMU has consumed, and the word that
 * CMD_SYNCs write their position to. Inside the command queue only, as the other headers
 * whose names begin with cmdq_ are.
 */
#ifndef SMMU_HW_CMDQ_POS_H
#define SMMU_HW_CMDQ_POS_H

#include <linux/types.h>

#include "hw/cmdq.h"

/* Position up to which commands were made visible to the SMMU */
u64 smmu_cmdq_posted(const struct smmu_cmdq *q);

/**
 * smmu_cmdq_refresh() - look at CONS
 * @q: queue
 * Return: a position that the SMMU has reached, never behind one returned before
 */
u64 smmu_cmdq_refresh(struct smmu_cmdq *q);

/* Is there room up to @most entries in use when the producer is at @prod? */
static inline bool smmu_cmdq_fits(struct smmu_cmdq *q, u64 prod, u32 most)
{
	return prod - READ_ONCE(q->cons) <= most || prod - smmu_cmdq_refresh(q) <= most;
}

/**
 * smmu_cmdq_reached() - is a CMD_SYNC complete?
 * @q: queue
 * @end: position behind the CMD_SYNC
 * @ask_cons: look at CONS too where a word is polled, because the word has not said so for long
 * Return: true when it is
 */
bool smmu_cmdq_reached(struct smmu_cmdq *q, u64 end, bool ask_cons);

/**
 * smmu_cmdq_retire_word() - MSIs of CMD_SYNCs do not arrive: completion is seen in CONS only
 * @q: queue; any context
 * @why: for the log
 *
 * A word that is not written any more would in the end be taken for one that is ahead.
 */
void smmu_cmdq_retire_word(struct smmu_cmdq *q, const char *why);

#endif
