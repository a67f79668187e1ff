/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command queue: a post gives a ticket, a wait takes it.
 *
 * Callers post to an SMMU. The post chooses a queue of that SMMU for all its commands and writes
 * it into the ticket; from there on the queue is an object that knows its SMMU, its registers
 * and its errors. Today every SMMU has one queue, the architected one.
 *
 * There are two ways to insert, chosen per queue when its memory is allocated: *lock*, one raw
 * spinlock (cmdq_lock.c), and *combine*, without a lock and without a retry loop (core/insert.h,
 * cmdq_combine.c). Both allocate nothing and work in any context. Positions are 64-bit and never
 * wrap (core/queue.h). Errors and timeouts come back to whoever waits for the commands
 * concerned; nobody else is told.
 *
 * Completion is seen in CONS, or, where the SMMU sends MSIs into coherent memory, in one
 * word that every CMD_SYNC writes its position to: a poll is then a load instead of a
 * register read. CONS stays the fallback, and is all there is when MSIs turn out not to arrive.
 *
 *	cmdq_pos	what was posted, what the SMMU has consumed, is a CMD_SYNC complete
 *	cmdq_error	GERROR.CMDQ_ERR, and which tickets it concerns
 *	cmdq_poll	one turn of a polling loop: GERROR, deadline, who holds the queue up
 *	cmdq_lock, cmdq_combine		insertion
 *	cmdq		the outside: memory, posts, waits
 */
#ifndef SMMU_HW_CMDQ_H
#define SMMU_HW_CMDQ_H

#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <smmuv3/cmd.h>

#include "core/insert.h"
#include "hw/queue_mem.h"

struct smmu_device;

/* Positions of failed commands that are remembered for their waiters */
#define SMMU_CMDQ_ERRORS	16

/**
 * struct smmu_cmdq_stats - counters of one CPU, written with interrupts off
 * @cmds: commands posted
 * @syncs: CMD_SYNCs among them
 * @posts: insertions
 * @doorbells: writes of PROD
 * @full: posts that had to wait for room
 */
struct smmu_cmdq_stats {
	u64 cmds;
	u64 syncs;
	u64 posts;
	u64 doorbells;
	u64 full;
};

/**
 * struct smmu_cmdq - the queue
 * @smmu: the SMMU that it belongs to
 * @page: register page with its registers
 * @base_off: offset of its BASE register in @page
 * @prod_off: offset of its PROD register
 * @cons_off: offset of its CONS register
 * @mem: entries
 * @combine: which algorithm; constant after allocation
 * @stats: counters
 * @cons: a position that the SMMU is known to have consumed. Only moves forward:
 *	cmpxchg in cmdq_pos.c, acquire loads by everybody.
 * @sync_word: CMD_SYNCs write the low half of their end position here; NULL without MSIs.
 *	Written by the SMMU; acquire loads by waiters.
 * @sync_dma: its bus address
 * @polled_word: @sync_word, or NULL once it is out of service: xchg() then, READ_ONCE otherwise
 * @missing: end of a CMD_SYNC that CONS was past while the word did not say so, 0 for none.
 *	Release by waiters after their look at CONS, acquire before the next one's at the word.
 * @err_pos: positions of commands that failed, ring, under smmu->gerror_lock
 * @err_seq: errors so far; release after @err_pos, acquire by waiters
 * @abt_pos: command whose fetch was aborted last, under smmu->gerror_lock
 * @abt_tries: times in a row that it was
 * @timeouts: waits and posts given up
 * @lock: *lock* only: protects @prod, the slots and the doorbell; innermost, irq-safe
 * @prod: *lock* only: position of the next free slot. Under @lock; READ_ONCE by pollers.
 * @ins: *combine* only
 * @ends: *combine* only: its array
 */
struct smmu_cmdq {
	struct smmu_device *smmu;
	void __iomem *page;
	u32 base_off;
	u32 prod_off;
	u32 cons_off;
	struct smmu_queue_mem mem;
	bool combine;
	struct smmu_cmdq_stats __percpu *stats;
	u64 cons;
	u32 *sync_word;
	dma_addr_t sync_dma;
	u32 *polled_word;
	u64 missing;
	u64 err_pos[SMMU_CMDQ_ERRORS];
	u32 err_seq;
	u32 abt_tries;
	u64 abt_pos;
	atomic_t timeouts;

	raw_spinlock_t lock;
	u64 prod;

	struct smmu_inserter ins;
	u64 *ends;
};

/* A post of @n commands, @syncs of them CMD_SYNC. Interrupts are off. Return: this CPU's */
static inline struct smmu_cmdq_stats *smmu_cmdq_count(struct smmu_cmdq *q, u32 n, u32 syncs)
{
	struct smmu_cmdq_stats *stats = this_cpu_ptr(q->stats);

	stats->posts++;
	stats->cmds += n;
	stats->syncs += syncs;
	return stats;
}

/**
 * struct smmu_ticket - which commands a waiter has posted
 * @q: the queue that they were posted to
 * @first: position of the first command
 * @end: position behind the last, a CMD_SYNC
 * @err_seq: @q->err_seq before the post
 */
struct smmu_ticket {
	struct smmu_cmdq *q;
	u64 first;
	u64 end;
	u32 err_seq;
};

/**
 * struct smmu_deadline - the one deadline of a walk or an operation
 * @at: when it is over, 0 while nobody has had to look at the clock
 * @extended: devices were found that hold the queue up, and cut off: the time that PCIe
 *	allows them has to be waited for, because what the SMMU holds is not confirmed
 * @killable: a caller in process context, who can do without the answer, gives up when its
 *	task is killed
 *
 * Starts as {}. The clock is read when something does not complete at once, which is
 * hardly ever; from then on it is the same moment for everything that shares it.
 */
struct smmu_deadline {
	ktime_t at;
	bool extended;
	bool killable;
};

/**
 * smmu_cmdq_alloc() - memory of the queue, and the choice of the algorithm
 * @smmu: features decoded
 * @combine: insert without a lock; taken back, with a line in the log, where the queue is
 *	too small for the headroom that this needs
 * Return: 0 or -ENOMEM
 */
int smmu_cmdq_alloc(struct smmu_device *smmu, bool combine);
void smmu_cmdq_free(struct smmu_device *smmu);

/* BASE, PROD and CONS of a disabled queue; it starts empty */
void smmu_cmdq_program(struct smmu_device *smmu);

/**
 * smmu_cmdq_post() - insert commands
 * @smmu: SMMU with an enabled queue
 * @cmd: commands; to be waited for, the last must be a CMD_SYNC
 * @n: at least 1; more than the queue holds go in pieces
 * @deadline: how long room may be waited for
 * @ticket: out. Posts of one operation may share it: give the first's ticket to the
 *	rest with @cont
 * @cont: extend @ticket, on its queue, instead of starting it
 *
 * Any context, interrupts on or off. Only the queue's own lock is taken.
 * Return: 0, -ETIMEDOUT when no room came, -ESHUTDOWN when the SMMU is shut, -EINTR when
 *	@deadline is killable and the task was killed
 */
int smmu_cmdq_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		   struct smmu_deadline *deadline, struct smmu_ticket *ticket, bool cont);

/**
 * smmu_cmdq_wait() - until the ticket's last CMD_SYNC is complete
 * @ticket: from smmu_cmdq_post()
 * @deadline: shared with the post
 *
 * Any context; polls. Looks at GERROR itself: with interrupts off nobody else would
 * (7.1).
 * Return: 0, -EIO when one of the ticket's commands failed (it was skipped or its ATC
 *	invalidation not confirmed), -ETIMEDOUT, -ESHUTDOWN, -EINTR as above: the commands
 *	are done some time later then
 */
int smmu_cmdq_wait(const struct smmu_ticket *ticket, struct smmu_deadline *deadline);

/* Has the SMMU consumed everything that was posted to it so far? */
bool smmu_cmdq_is_idle(struct smmu_device *smmu);

/**
 * enum smmu_sync_word - how the completion of a CMD_SYNC is seen
 * @SMMU_SYNC_WORD_NONE: in CONS, there is no word
 * @SMMU_SYNC_WORD_POLLED: in the word
 * @SMMU_SYNC_WORD_RETIRED: in CONS, because MSIs did not arrive
 */
enum smmu_sync_word {
	SMMU_SYNC_WORD_NONE,
	SMMU_SYNC_WORD_POLLED,
	SMMU_SYNC_WORD_RETIRED,
};

/**
 * struct smmu_cmdq_state - what there is to be seen of an SMMU's command queue
 * @entries: its size
 * @prod: PROD as it reads
 * @cons: CONS as it reads
 * @posted: position up to which commands were made visible to the SMMU
 * @sum: all CPUs' counters; each one is true, together they need not be of one moment
 * @errors: commands that failed
 * @timeouts: waits and posts given up
 * @word: how completion is seen
 */
struct smmu_cmdq_state {
	u32 entries;
	u32 prod;
	u32 cons;
	u64 posted;
	struct smmu_cmdq_stats sum;
	u32 errors;
	u32 timeouts;
	enum smmu_sync_word word;
};

/* For debugfs and tests. Any context; the SMMU's memory is allocated. */
void smmu_cmdq_look(struct smmu_device *smmu, struct smmu_cmdq_state *state);

#endif
