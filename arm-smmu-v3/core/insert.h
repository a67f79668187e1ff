/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command insertion without a retry loop, for many CPUs.
 *
 * Where a cmpxchg loop on the producer position makes every CPU try until it wins, here
 * each takes its place with one fetch-add and never comes back. Three rules make that
 * possible:
 *
 *  - Admission before reservation. A context goes on only while what is in use leaves room
 *    for every other context to insert a largest batch too. So a reservation never has to
 *    wait for room, and there are no holes that somebody must fill.
 *  - Interrupts are off from admission to the doorbell: a CPU is in here at most once, and
 *    the number of contexts is the number of CPUs.
 *  - A batch is published by its end position in a word beside its first slot. Positions
 *    are 64-bit and grow, so a word from an earlier lap is never taken for a new one.
 *
 * The doorbell is combined. Whoever raises @bell from 0 owns it and rings once for all
 * batches that lie published in a row; who comes while it is owned leaves it to the
 * owner, who looks again before he goes. A batch behind an unpublished one is rung for by
 * whoever publishes the one in front.
 *
 * Atomic read-modify-writes for an insertion: one on the shared position, one on the
 * bell, and one more for each pass of an owner. A pass after the first is for somebody who
 * came meanwhile and pays none for it, so there are at most three per insertion, without
 * any retry.
 *
 * scripts/spin/insert.pml is this algorithm as a model; the names agree.
 */
#ifndef SMMU_CORE_INSERT_H
#define SMMU_CORE_INSERT_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/types.h>

#include <smmuv3/cmd.h>

struct smmu_inserter;

/**
 * struct smmu_inserter_ops - what the queue does for the inserter
 * @doorbell: make the consumer see everything below @pos. Called by one owner at a time, with
 *	growing positions; writes the register after all writes that this CPU has issued or
 *	seen, as writel() does: smmu_insert() says why.
 */
struct smmu_inserter_ops {
	void (*doorbell)(struct smmu_inserter *ins, u64 pos);
};

/**
 * struct smmu_inserter - producer side of one queue
 * @ops: see above
 * @slots: the queue, 2^@log2 commands
 * @ends: one word for each slot: end position of the batch that starts there
 * @sync_addr: bus address of the word that CMD_SYNCs report to, 0 for none. May become 0 while
 *	others insert: WRITE_ONCE, READ_ONCE in smmu_insert().
 * @headroom: entries kept free at admission: contexts * largest batch
 * @log2: log2 of the entries
 * @reserved: position of the next free slot; fetch-add by everybody
 * @bell: batches published and not yet looked at by the bell's owner
 * @rung: everything below was made visible to the consumer; written by the bell's owner,
 *	READ_ONCE by others
 */
struct smmu_inserter {
	const struct smmu_inserter_ops *ops;
	struct smmu_cmd *slots;
	u64 *ends;
	u64 sync_addr;
	u32 headroom;
	u8 log2;
	atomic64_t reserved ____cacheline_aligned_in_smp;
	atomic_t bell ____cacheline_aligned_in_smp;
	u64 rung;
};

/**
 * smmu_inserter_init() - an empty queue
 * @ins: out
 * @ops: constant
 * @slots: 2^@log2 commands
 * @ends: 2^@log2 zeroed words
 * @log2: log2 of the entries
 * @contexts: how many may be between admission and doorbell at once: nr_cpu_ids
 * @max_batch: largest batch that will be inserted
 * Return: false when the queue is too small for the headroom: use another algorithm
 */
bool smmu_inserter_init(struct smmu_inserter *ins, const struct smmu_inserter_ops *ops,
			struct smmu_cmd *slots, u64 *ends, u8 log2, u32 contexts,
			u32 max_batch);

/**
 * smmu_insert_admits() - may this context insert a batch now?
 * @ins: inserter
 * @cons: a position that the consumer is known to have reached
 *
 * Interrupts are off, and stay off until smmu_insert() has returned if the answer is yes.
 * On no, enable them, wait for the consumer, and ask again.
 * Return: true for yes
 */
bool smmu_insert_admits(const struct smmu_inserter *ins, u64 cons);

/**
 * smmu_insert() - put a batch in, ring or have it rung
 * @ins: inserter that has admitted this context
 * @cmd: commands; where the last is a CMD_SYNC and @ins->sync_addr is set, it becomes one
 *	that writes the low half of the batch's end position there
 * @n: 1 to the largest batch
 * Return: position of the first command. The batch ends at that + @n.
 */
u64 smmu_insert(struct smmu_inserter *ins, const struct smmu_cmd *cmd, u32 n);

#if IS_ENABLED(CONFIG_KUNIT)
/* For tests to replace: 0 reserved, 1 published, 2 rung, before the bell is looked at again */
void smmu_insert_pause(struct smmu_inserter *ins, int point);
#endif

/* Has a sync that reports to a word reached @end? Signed compare: the word wraps. */
static inline bool smmu_sync_word_reached(u32 word, u64 end)
{
	return (s32)(word - (u32)(end & 0xffffffff)) >= 0;
}

#endif
