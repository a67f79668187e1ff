/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command insertion without a retry loop, for many CPUs.
 *
 * With a cmpxchg loop on the producer position, every CPU tries until it succeeds. Here each CPU
 * takes its place in the queue with one fetch-add and never retries. Three rules make that
 * possible:
 *
 * - Admission before reservation. A context goes on only while its own last batch is so far behind
 *   that a largest batch of every context still has room. So a reservation never has to wait for
 *   room, and no context leaves a hole that another must fill. smmu_insert_admits() says why it
 *   need not look at what the others have reserved.
 * - Interrupts are off from admission to the doorbell. So each CPU is in here at most once, and
 *   the number of contexts is the number of CPUs.
 * - A batch is published by its end position, in a word beside its first slot. Positions
 *   are 64-bit and grow, so a word from an earlier lap is never taken for a new one.
 *
 * One write of the doorbell serves several batches. There is one *token*, and its holder rings. The
 * token lies in the word of the first batch that is not published yet, and who publishes that batch
 * takes the token with the same exchange. The holder rings for all batches that lie published in a
 * row, and leaves the token in the next word by a compare-and-swap. Where that fails, the next
 * batch was published meanwhile, and the holder goes on. Who finds no token leaves the ringing to
 * the holder, or to those in front who have not published yet. Only the holder reads words of
 * others.
 *
 * No context rings for the others for long. So many positions are a *turn*, and a holder does not
 * pass the batch with the first position of a turn. The context of that batch waits for the token,
 * unless it lies there already. So a holder serves the batches of one turn, and nobody waits for
 * more than that the batches in front are published and rung for.
 *
 * An insertion takes one atomic read-modify-write on the shared position and one on its own word,
 * and each doorbell takes at most one more, on the next word. So there are at most three per
 * insertion, without any retry.
 *
 * On a machine with several nodes the word of the position would go from node to node for nearly
 * each insertion. So CPUs of a node that come at the same time take their places as a *group*, with
 * one fetch-add. They queue up on a word of their node, as waiters for a lock of Mellor-Crummey and
 * Scott do. The first one leads: it adds up what the next few want, takes that, makes the one
 * behind them the next leader, and gives each its place. That takes two more read-modify-writes,
 * on the word of the node.
 *
 * scripts/spin/insert.pml is a model of this algorithm with the same names, and group.pml is one of
 * how a group takes its places.
 */
#ifndef SMMU_CORE_INSERT_H
#define SMMU_CORE_INSERT_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/types.h>

#include <smmuv3/cmd.h>

struct smmu_inserter;

/* In the word of the batch that is to be published next: the token */
#define SMMU_TOKEN		BIT_ULL(63)

/* log2 of the positions of a turn */
#define SMMU_TURN_LOG2		6

/* CPUs of a group */
#define SMMU_GROUP_MAX		16

/**
 * struct smmu_inserter_node - the CPUs of a node that take their places
 * @tail: the last one in the queue, or NULL
 */
struct smmu_inserter_node {
	struct smmu_inserter_cpu *tail;
} ____cacheline_aligned_in_smp;

/**
 * struct smmu_inserter_cpu - what a CPU keeps for an inserter; all zero at first, but for @node
 * @node: its node, or NULL to take places alone
 * @last: end of its last batch
 * @next: the CPU behind it in the queue of the node, written by that one with release
 * @pos: place of its batch, or SMMU_PLACE_*; written by the leader of its group, with release
 * @n: number of commands of its batch
 *
 * A CPU writes it with interrupts off. Others write @next and @pos while it is in the queue.
 */
struct smmu_inserter_cpu {
	struct smmu_inserter_node *node;
	u64 last;
	struct smmu_inserter_cpu *next;
	u64 pos;
	u32 n;
} ____cacheline_aligned_in_smp;

/* Values of @pos that are no position: it waits for one, and it is the leader of its group */
#define SMMU_PLACE_WAITS	U64_MAX
#define SMMU_PLACE_LEADS	(U64_MAX - 1)

/**
 * struct smmu_inserter_ops - what the queue does for the inserter
 * @doorbell: makes the consumer see everything below @pos. The holder of the token calls it, with
 *	growing positions. It writes the register after all writes that this CPU has issued or
 *	seen, as writel() does: smmu_insert() says why.
 * @edit: while @edits of the inserter is set: may change the commands of a batch that only this
 *	context can see yet
 */
struct smmu_inserter_ops {
	void (*doorbell)(struct smmu_inserter *ins, u64 pos);
	void (*edit)(struct smmu_inserter *ins, u64 from, u64 end);
};

/**
 * struct smmu_inserter - producer side of one queue
 * @ops: see above
 * @slots: the queue, 2^@log2 commands
 * @ends: one word for each slot: end position of the batch that starts there, or the token
 * @sync_addr: bus address of the word to which CMD_SYNCs report, 0 for none. It may become 0 while
 *	other CPUs insert: WRITE_ONCE by the writer, READ_ONCE in smmu_insert().
 * @edits: batches are edited. It may become true while other CPUs insert: WRITE_ONCE by the writer,
 *	see smmu_insert_reserved()
 * @headroom: entries that admission keeps free: contexts * largest batch
 * @log2: log2 of the entries
 * @turn_log2: log2 of the positions of a turn
 * @reserved: position of the next free slot; every context takes its place by fetch-add
 * @rung: everything below this was made visible to the consumer; written by the holder of the token
 *	with release, loaded with acquire by others
 */
struct smmu_inserter {
	const struct smmu_inserter_ops *ops;
	struct smmu_cmd *slots;
	u64 *ends;
	u64 sync_addr;
	u32 headroom;
	u8 log2;
	u8 turn_log2;
	bool edits;
	atomic64_t reserved ____cacheline_aligned_in_smp;
	u64 rung ____cacheline_aligned_in_smp;
};

/**
 * smmu_inserter_init() - set up the inserter of an empty queue
 * @ins: out
 * @ops: constant
 * @slots: 2^@log2 commands
 * @ends: 2^@log2 zeroed words
 * @log2: log2 of the entries
 * @contexts: largest number of contexts between admission and doorbell at once: nr_cpu_ids
 * @max_batch: largest batch that will be inserted
 * Return: false when the queue is too small for the headroom; the caller must then use another
 *	algorithm
 */
bool smmu_inserter_init(struct smmu_inserter *ins, const struct smmu_inserter_ops *ops,
			struct smmu_cmd *slots, u64 *ends, u8 log2, u32 contexts,
			u32 max_batch);

/**
 * smmu_inserter_start() - let an empty queue begin at a position
 * @ins: inserter that nobody uses. Its words are zero, or from positions before @pos.
 * @pos: position of the first batch. If positions go back, the caller clears @last of all CPUs.
 */
void smmu_inserter_start(struct smmu_inserter *ins, u64 pos);

/**
 * smmu_insert_admits() - may this context insert a batch now?
 * @ins: inserter
 * @me: this CPU
 * @cons: a position that the consumer is known to have reached
 *
 * The caller has interrupts off. If the answer is yes, they stay off until smmu_insert() has
 * returned. If it is no, the caller enables them, waits for the consumer, and asks again.
 * Return: true for yes
 */
bool smmu_insert_admits(const struct smmu_inserter *ins, const struct smmu_inserter_cpu *me,
			u64 cons);

/**
 * smmu_insert() - put a batch in, and ring the doorbell or leave that to the holder of the token
 * @ins: inserter that has admitted this context
 * @me: this CPU
 * @cmd: commands; if the last is a CMD_SYNC and @ins->sync_addr is set, it becomes one that writes
 *	the low half of the batch's end position there
 * @n: 1 to the largest batch
 * Return: position of the first command; the batch ends at that + @n
 */
u64 smmu_insert(struct smmu_inserter *ins, struct smmu_inserter_cpu *me,
		const struct smmu_cmd *cmd, u32 n);

/**
 * smmu_insert_reserved() - position up to which contexts have reserved
 * @ins: inserter
 *
 * Orders a write of @ins->edits before the read of the position: a context that has reserved
 * behind it sees the write.
 * Return: position
 */
u64 smmu_insert_reserved(struct smmu_inserter *ins);

#if IS_ENABLED(CONFIG_KUNIT)
/*
 * Tests replace this. @point: 0 reserved, 1 published and no token found, 2 rung, before the next
 * word is looked at again.
 */
void smmu_insert_pause(struct smmu_inserter *ins, int point);
#endif

/* Has a CMD_SYNC that reports to the word reached @end? The compare is signed: the word wraps. */
static inline bool smmu_sync_word_reached(u32 word, u64 end)
{
	return (s32)(word - (u32)(end & 0xffffffff)) >= 0;
}

#endif
