/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hitless entry writer: change an STE or CD that hardware may read at any time.
 *
 * Hardware reads 64 bits at once and nothing larger (3.21.3), in any order, and may
 * keep what it read until a CFGI + CMD_SYNC. So between two syncs at most one word
 * that both states use may change meaning. With the masks of used bits:
 *
 *  1. write the bits of the target that the present state ignores; sync
 *  2. write the one word whose used bits differ; sync
 *  3. write what the target ignores (clear the leftovers); sync
 *
 * Where more than one word must change at step 2 there is no hitless order: the
 * entry goes through V = 0 (word 0 first, everything else, word 0 last).
 *
 * Two states that must not even be neighbours, because hardware caches what they lead
 * to without regard to which of them led there, have a third one in between (via()).
 *
 * Memory order: what the target leads to is visible before the first store
 * (dma_wmb()). Stores that must not pass each other have a sync() between them,
 * which contains the barrier towards the SMMU; within a step no order matters.
 *
 * Safe bits run ahead in step 1 where otherwise more than one word would have to
 * change in step 2, and only there. Which bits are used must not depend on a safe
 * bit, nor on a bit that the same entry does not use.
 */
#ifndef SMMU_CORE_ENTRY_H
#define SMMU_CORE_ENTRY_H

#include <linux/types.h>

#define SMMU_ENTRY_WORDS	8

struct smmu_entry_writer;

/**
 * struct smmu_entry_ops - what kind of entry it is
 * @used: bits hardware reads, see smmu_ste_used()
 * @safe: see smmu_ste_safe(); may be NULL
 * @via: see smmu_ste_via(); may be NULL
 * @sync: make hardware forget what it has cached of the entry, and wait
 */
struct smmu_entry_ops {
	void (*used)(const __le64 *words, __le64 *used);
	void (*safe)(const __le64 *cur, const __le64 *target, __le64 *safe);
	bool (*via)(const __le64 *cur, const __le64 *target, __le64 *via);
	void (*sync)(struct smmu_entry_writer *writer);
};

struct smmu_entry_writer {
	const struct smmu_entry_ops *ops;
};

/**
 * smmu_entry_write() - bring @entry to @target
 * @writer: ops; embed it to carry context for sync()
 * @entry: SMMU_ENTRY_WORDS words in memory that hardware reads; this is the only writer
 * @target: wanted state
 *
 * Word stores are single 64-bit stores (WRITE_ONCE). No sync is issued for a step
 * that changes nothing; when @entry equals @target already, one sync is issued all the
 * same, because a previous holder's state may be cached.
 *
 * Return: true when the change was hitless, false when it went through V = 0 or via()
 */
bool smmu_entry_write(struct smmu_entry_writer *writer, __le64 *entry,
		      const __le64 *target);

#endif
