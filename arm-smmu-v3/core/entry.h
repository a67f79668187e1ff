/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hitless entry writer: it changes an STE or CD that hardware may read at any time.
 *
 * Hardware reads 64 bits at once and nothing larger (3.21.3), in any order, and may keep what it
 * has read until a CFGI + CMD_SYNC. So between two syncs at most one word that both states use may
 * change its meaning. With the masks of used bits the writer goes in three steps:
 *
 * 1. write the bits of the target that the present state ignores; sync
 * 2. write the one word whose used bits differ; sync
 * 3. write what the target ignores (clear the leftovers); sync
 *
 * If more than one word must change in step 2, there is no hitless order: the entry goes through V
 * = 0 (first word 0, then all other words, then word 0 again).
 *
 * Some states must not even follow each other directly, because hardware caches what they lead to
 * and does not note which of them led there. Such a change goes through a third state (via()).
 *
 * Memory order: what the target leads to is visible before the first store (dma_wmb()). Stores
 * that must not pass each other have a sync() between them, which contains the barrier towards the
 * SMMU. Within a step the order does not matter.
 *
 * Safe bits may differ although both states use them. They are written in step 1, but only if more
 * than one word would have to change in step 2 otherwise. Which bits are used must not depend on a
 * safe bit, nor on a bit that the same entry does not use.
 */
#ifndef SMMU_CORE_ENTRY_H
#define SMMU_CORE_ENTRY_H

#include <linux/types.h>

#define SMMU_ENTRY_WORDS	8

struct smmu_entry_writer;

/**
 * struct smmu_entry_ops - functions for one kind of entry (STE or CD)
 * @used: gives the bits that hardware reads, see smmu_ste_used()
 * @safe: see smmu_ste_safe(); NULL where nothing is safe
 * @via: see smmu_ste_via(); may be NULL
 * @sync: makes hardware forget what it has cached of the entry, and waits for that. Where it does
 *	not wait until that is done, it sets @stopped of the writer, and nothing more is written.
 */
struct smmu_entry_ops {
	void (*used)(const __le64 *words, __le64 *used);
	void (*safe)(const __le64 *cur, const __le64 *target, __le64 *safe);
	bool (*via)(const __le64 *cur, const __le64 *target, __le64 *via);
	void (*sync)(struct smmu_entry_writer *writer);
};

/**
 * struct smmu_entry_writer - one write
 * @ops: functions for the kind of entry
 * @stopped: false at the start; true when @sync has not waited. Hardware may then use the entry as
 *	it was, and before it is written again, hardware has to forget what it has cached of it.
 */
struct smmu_entry_writer {
	const struct smmu_entry_ops *ops;
	bool stopped;
};

/**
 * smmu_entry_write() - change @entry to @target
 * @writer: ops; the caller embeds it in a struct with what sync() needs
 * @entry: SMMU_ENTRY_WORDS words in memory that hardware reads; nothing else may write them
 * @target: wanted state
 *
 * Each word is written by a single 64-bit store (WRITE_ONCE). A step that changes nothing is not
 * followed by a sync. If @entry equals @target already, the function still syncs once, because
 * hardware may have cached an earlier state of the entry.
 *
 * Return: true when the change was hitless, false when it went through V = 0 or via()
 */
bool smmu_entry_write(struct smmu_entry_writer *writer, __le64 *entry,
		      const __le64 *target);

/**
 * smmu_entry_fill() - write an entry of which the SMMU uses the first word alone until it changes
 * @entry: an entry with V = 0, or an STE that aborts
 * @target: wanted state
 *
 * The first word is written last, behind a barrier. Sends no command: what the SMMU has cached of
 * the entry is up to the caller.
 */
void smmu_entry_fill(__le64 *entry, const __le64 *target);

#endif
