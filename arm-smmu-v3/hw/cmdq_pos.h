/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Positions of a command queue: what was posted, what the SMMU has consumed, and the word to which
 * CMD_SYNCs write their position. Only files of the command queue and hw/gerror.c include this
 * header and the others whose names begin with cmdq_. scripts/spin/word.pml is a model of the word.
 */
#ifndef SMMU_HW_CMDQ_POS_H
#define SMMU_HW_CMDQ_POS_H

#include <linux/types.h>

#include "core/queue.h"
#include "hw/cmdq.h"

/* The slot of a position */
static inline struct smmu_cmd *smmu_cmdq_slot(const struct smmu_cmdq *q, u64 pos)
{
	return (struct smmu_cmd *)q->mem.virt + smmu_q_slot(pos, q->mem.log2);
}

/*
 * Number of entries that may be in use. One stays free, so that the command in front of CONS is
 * still there when the SMMU stops at a CMD_SYNC: it names the device that has not answered. A queue
 * of one entry cannot afford that.
 */
static inline u32 smmu_cmdq_room(u8 log2)
{
	return max(smmu_q_entries(log2), 2) - 1;
}

/* Position up to which commands were made visible to the SMMU, and to this CPU */
u64 smmu_cmdq_posted(const struct smmu_cmdq *q);

/**
 * smmu_cmdq_refresh() - look at CONS
 * @q: queue
 * Return: a position that the SMMU has reached. It never goes back behind @q->cons.
 */
u64 smmu_cmdq_refresh(struct smmu_cmdq *q);

/**
 * smmu_cmdq_progress() - how far the SMMU is known to have come
 * @q: queue
 *
 * CONS may lag behind what the SMMU has done, and the word shows it then. This is for deadlines: a
 * slot is free when CONS has passed it, and not sooner.
 * Return: @q->cons, or the end of the CMD_SYNC that the word shows, whichever is later
 */
u64 smmu_cmdq_progress(const struct smmu_cmdq *q);

/**
 * smmu_cmdq_end() - position behind everything that CPUs have begun to post
 * @q: queue; any context, its lock is not held
 *
 * Waits for CPUs that are between reservation and doorbell.
 * Return: position; everything in front of it is published
 */
u64 smmu_cmdq_end(struct smmu_cmdq *q);

/**
 * smmu_cmdq_start_edits() - have every post edited from now on
 * @q: queue; any context, its lock is not held
 *
 * Waits for CPUs that are between reservation and doorbell. See cmdq_edit.h.
 * Return: position behind the last command of posts that are not edited by their own CPU; all of
 *	them are published
 */
u64 smmu_cmdq_start_edits(struct smmu_cmdq *q);

/* With the producer at @prod, are at most @most entries in use? CONS is read only if needed. */
static inline bool smmu_cmdq_fits(struct smmu_cmdq *q, u64 prod, u32 most)
{
	return prod - READ_ONCE(q->cons) <= most || prod - smmu_cmdq_refresh(q) <= most;
}

/**
 * smmu_cmdq_reached() - is a CMD_SYNC complete?
 * @q: queue
 * @end: position behind the CMD_SYNC
 * @ask_cons: where a word is polled, look at CONS too, because the word has not shown it for long
 * @word: out, what the word said; the low half of @end where there is none
 * Return: true when it is
 */
bool smmu_cmdq_reached(struct smmu_cmdq *q, u64 end, bool ask_cons, u32 *word);

/**
 * smmu_cmdq_retire_word() - use CONS instead of the word, because MSIs do not arrive
 * @q: queue; any context
 * @why: reason, for the log
 *
 * The word must not be polled any more, because after 2^31 further positions a word that is no
 * longer written would look as if it were ahead.
 */
void smmu_cmdq_retire_word(struct smmu_cmdq *q, const char *why);

#endif
