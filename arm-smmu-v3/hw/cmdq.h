/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command queue: a post gives a ticket, and a wait takes the ticket.
 *
 * Callers post to an SMMU. The post chooses one queue of that SMMU for all its commands and writes
 * the queue into the ticket. From there on the queue is an object that knows its SMMU, its
 * registers and its errors. Every SMMU has the architected queue, and some have more: cmdq_set.h.
 *
 * There are two ways to insert commands. The choice is made for each queue when its memory is
 * allocated: *lock* uses one raw spinlock (cmdq_lock.c), *combine* uses no lock and no retry loop
 * (core/insert.h, cmdq_combine.c). Both allocate nothing and work in any context. Positions are
 * 64-bit and never wrap (core/queue.h). Errors and timeouts are returned only to the callers that
 * wait for the commands concerned.
 *
 * The driver sees completion in CONS, or, where the SMMU can send MSIs into coherent memory, in
 * one word to which every CMD_SYNC writes its position. A poll of the word is a load instead of a
 * register read. CONS stays the fallback, and takes over where MSIs turn out not to arrive.
 *
 *	cmdq_pos	what was posted, what the SMMU has consumed, whether a CMD_SYNC is complete
 *	cmdq_error	errors of commands, and which tickets they concern
 *	cmdq_set	which queue takes a post
 *	cmdq_edit	replaces ATC_INVs to devices that were cut off
 *	cmdq_poll	one turn of a polling loop: GERROR, deadline
 *	cmdq_lock, cmdq_combine		insertion
 *	cmdq		functions for other files: memory, posts, waits
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

/* Number of failed commands whose positions are kept for the callers that wait for them */
#define SMMU_CMDQ_ERRORS	16
/* An element of that list: the position, and whether a device has left an ATC_INV unanswered */
#define SMMU_CMDQ_ERR_SHIFT	1
#define SMMU_CMDQ_ERR_ATC	BIT(0)

/**
 * struct smmu_cmdq_stats - counters of one CPU, which it writes with interrupts off
 * @cmds: commands posted
 * @syncs: CMD_SYNCs among them
 * @posts: batches inserted
 * @doorbells: writes of PROD
 * @full: posts that had to wait for room
 * @shorts: posts of two commands, one of them a CMD_SYNC, with a doorbell, which are in none of the
 *	others (cmdq_short.h)
 */
struct smmu_cmdq_stats {
	u64 cmds;
	u64 syncs;
	u64 posts;
	u64 doorbells;
	u64 full;
	u64 shorts;
};

/* A caller that waits for the queue, by what its context lets it do meanwhile */
enum smmu_waiter {
	SMMU_WAITER_SLEEPS,
	SMMU_WAITER_POLLS,
	SMMU_WAITER_IRQS_OFF,
	SMMU_WAITERS
};

/* A longer wait is counted and traced, and the caller first leaves what others may want */
#define SMMU_LONG_WAIT_US	1000

/*
 * For how long a caller that need not wait waits for a queue that stands. Long enough for any SMMU
 * that works, also under a hypervisor that gives its time to others.
 */
#define SMMU_BRIEF_US		20000

/* No device: the queue stands for another reason */
#define SMMU_NO_SID		U32_MAX

/**
 * struct smmu_stand - the standstill of a queue at one command
 * @lock: protects the others; irq-safe, no other lock is taken under it
 * @pos: where the queue was seen last
 * @seen: when
 * @us: for how long it has been seen there
 * @sid: StreamID of the device that it waits for there, or SMMU_NO_SID
 */
struct smmu_stand {
	raw_spinlock_t lock;
	u64 pos;
	ktime_t seen;
	u64 us;
	u32 sid;
};

/* Where the registers of a queue are, and what their fields are */
enum smmu_cmdq_kind {
	SMMU_CMDQ_MAIN,		/* CMDQ_* of register page 0, enabled by CR0.CMDQEN */
	SMMU_CMDQ_ECMDQ,	/* of a control page */
	SMMU_CMDQ_VCMDQ,	/* of a CMDQ-V companion */
};

/**
 * struct smmu_cmdq - a command queue
 * @smmu: the SMMU to which the queue belongs
 * @kind: enum smmu_cmdq_kind
 * @nr: its number in the SMMU, 0 for the architected one
 * @out: it was taken out of service, see cmdq_set.h. Written under @lock, READ_ONCE by others.
 * @bell: fields that every write of PROD carries beside the position: EN and ERRACK of an ECMDQ.
 *	Under @lock; only *lock* inserts into such a queue.
 * @reg_base: BASE register of the queue
 * @reg_prod: PROD register
 * @reg_cons: CONS register
 * @mem: entries
 * @room: number of entries that may be in use, see smmu_cmdq_room()
 * @combine: commands are inserted by *combine*, else by *lock*; constant after allocation
 * @stats: counters of each CPU
 * @cons: a position that the SMMU is known to have reached. It only moves forward. Written with
 *	cmpxchg in smmu_cmdq_refresh(), loaded with acquire by every reader.
 * @sync_word: word to which each CMD_SYNC writes the low half of its end position; NULL without
 *	MSIs. Written by the SMMU, loaded with acquire by waiters.
 * @sync_dma: bus address of @sync_word
 * @polled_word: @sync_word, or NULL once MSIs turned out not to arrive. Set to NULL with xchg(),
 *	loaded with READ_ONCE.
 * @missing: end of a CMD_SYNC that CONS had passed while the word did not show it, 0 for none. A
 *	waiter writes it with release after it has read CONS; the next waiter loads it with acquire
 *	before it reads the word.
 * @err_pos: ring of the positions of failed commands, shifted by SMMU_CMDQ_ERR_SHIFT, with
 *	SMMU_CMDQ_ERR_ATC; under smmu->gerror_lock
 * @err_seq: number of errors so far. Written with release after @err_pos, loaded with acquire by
 *	waiters.
 * @abt_pos: position of the command whose fetch was aborted last, under smmu->gerror_lock
 * @abt_tries: number of aborts in a row at @abt_pos
 * @timeouts: number of waits and posts that were given up
 * @long_waits: number of waits and posts that took longer than SMMU_LONG_WAIT_US
 * @longest_us: the longest of them that is over
 * @stand: for how long it has stood for a device; see charge() in cmdq_poll.c
 * @lock: *lock* only: protects @prod, the slots and the doorbell. Innermost lock, irq-safe.
 * @prod: *lock* only: position of the next free slot. Written under @lock with release, loaded with
 *	acquire by pollers.
 * @ins: *combine* only: state of the algorithm. @ins.edits is for both: it becomes true when posts
 *	have to be edited for the first time, and stays so, see cmdq_edit.h.
 * @ends: *combine* only: the words of @ins.ends
 * @cpus: *combine* only: what each CPU keeps for @ins
 * @nodes: *combine* only: one for each node, or NULL on a machine with one
 */
struct smmu_cmdq {
	struct smmu_device *smmu;
	u8 kind;
	u16 nr;
	bool out;
	u32 bell;
	void __iomem *reg_base;
	void __iomem *reg_prod;
	void __iomem *reg_cons;
	struct smmu_queue_mem mem;
	u32 room;
	bool combine;
	struct smmu_cmdq_stats __percpu *stats;
	u64 cons ____cacheline_aligned_in_smp;
	u32 *sync_word ____cacheline_aligned_in_smp;
	dma_addr_t sync_dma;
	u32 *polled_word;
	u64 missing;
	u64 err_pos[SMMU_CMDQ_ERRORS];
	u32 err_seq;
	u32 abt_tries;
	u64 abt_pos;
	atomic_t timeouts;
	atomic_t long_waits[SMMU_WAITERS];
	atomic64_t longest_us;
	struct smmu_stand stand;

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	u64 prod;

	struct smmu_inserter ins;
	u64 *ends;
	struct smmu_inserter_cpu __percpu *cpus;
	struct smmu_inserter_node *nodes;
};

/*
 * Count a post of @n commands, of which @syncs are CMD_SYNC. Interrupts are off. Return: the
 * counters of this CPU.
 */
static inline struct smmu_cmdq_stats *smmu_cmdq_count(struct smmu_cmdq *q, u32 n, u32 syncs)
{
	struct smmu_cmdq_stats *stats = this_cpu_ptr(q->stats);

	stats->posts++;
	stats->cmds += n;
	stats->syncs += syncs;
	return stats;
}

/**
 * struct smmu_cmdq_set - the queues of an SMMU besides the architected one
 * @q: the queues
 * @nr: how many
 * @on: they take posts. Written with release, loaded with acquire by posts.
 * @few: they take only what the queues of a virtual machine's companion take: TLBI_NH_ASID,
 *	TLBI_NH_VA, ATC_INV, CMD_SYNC. Written before @on.
 * @of_cpu: for each CPU the index in @q of the queue that takes its TLBIs
 */
struct smmu_cmdq_set {
	struct smmu_cmdq *q;
	u32 nr;
	bool on;
	bool few;
	u16 *of_cpu;
};

/* How a post begins */
enum smmu_post {
	SMMU_POST_NEW,
	SMMU_POST_MORE,		/* more commands of the ticket, on the same queue */
	SMMU_POST_NEW_ATC,	/* ATC_INVs may follow in a later part of the same post */
};

/**
 * struct smmu_ticket - the commands of a post, for a wait
 * @q: the queue to which they were posted
 * @first: position of the first command
 * @end: position behind the last command, which is a CMD_SYNC
 * @err_seq: @q->err_seq before the post
 */
struct smmu_ticket {
	struct smmu_cmdq *q;
	u64 first;
	u64 end;
	u32 err_seq;
};

/**
 * struct smmu_deadline - how long a walk or another operation waits
 * @q: the queue that it waited for last, NULL as long as the clock was not read
 * @pos: position at which that queue stands
 * @moved: when it was first seen there
 * @began: when the clock was first read
 * @start: when it was first read in the post or wait under way
 * @until: end of the wait, whatever moves; 0 for none
 * @brief_us: the caller has something to do before it waits for long. A post or a wait for which
 *	the queue still stands after so many microseconds returns -EAGAIN, the caller clears
 *	@brief_us and goes on, or leaves it at that. 0 for a caller that just waits.
 * @killable: the wait ends when the current task is killed. For callers in process context that
 *	can do without the result.
 * @to_main: a queue was taken out that the caller had posted to, and all its new posts go to the
 *	architected queue: the queue of a CPU to which it was moved may stand as well
 * @is_long: SMMU_LONG_WAIT_US are over, and the wait under way was counted
 * @sid: StreamID of the device for which the queue stood last, or SMMU_NO_SID
 *
 * A deadline starts as {}, perhaps with @until, @brief_us and @killable, or by
 * smmu_deadline_start(). The clock is read the first time that something does not complete at once,
 * which hardly ever happens. A queue has its time anew whenever it moves: a long queue of slow
 * commands is not one that does not work.
 */
struct smmu_deadline {
	struct smmu_cmdq *q;
	ktime_t began;
	ktime_t until;
	u32 brief_us;
	bool killable;
	bool to_main;
	bool is_long;
	u32 sid;
	u64 pos;
	ktime_t moved;
	ktime_t start;
};

/*
 * As {} with @brief_us, without the memset() that every walk and every attach would call. What is
 * left out is written before it is read.
 */
static inline void smmu_deadline_start(struct smmu_deadline *deadline, u32 brief_us)
{
	deadline->q = NULL;
	deadline->began = 0;
	deadline->until = 0;
	deadline->brief_us = brief_us;
	deadline->killable = false;
	deadline->to_main = false;
	deadline->is_long = false;
	deadline->sid = 0;
}

/**
 * smmu_cmdq_alloc() - allocate the architected queue, with the lock
 * @smmu: SMMU with its features decoded
 * Return: 0 or -ENOMEM
 */
int smmu_cmdq_alloc(struct smmu_device *smmu);

/**
 * smmu_cmdq_init() - the part of it that every queue needs
 * @q: zeroed, with its registers, @smmu, @kind and @nr
 * @log2: log2 of the number of entries wanted
 * @enable: field CR0_* that enables the queue, 0 for none
 * Return: 0 or -ENOMEM
 */
int smmu_cmdq_init(struct smmu_cmdq *q, u8 log2, u32 enable);
/* Undo that; the SMMU does not use the queue any more, or see smmu_device_free_queue() */
void smmu_cmdq_exit(struct smmu_cmdq *q);
/* Take everything that was posted for done; nobody reads the queue. See smmu_cmdq_forget(). */
void smmu_cmdq_start_anew(struct smmu_cmdq *q);
void smmu_cmdq_free(struct smmu_device *smmu);
/* Free all other queues. The SMMU was stopped. Memory of a queue that is busy is withheld. */
void smmu_cmdq_free_more(struct smmu_device *smmu);

/* Start with position 0; nobody uses the queue */
void smmu_cmdq_reset(struct smmu_device *smmu);

/*
 * Wait until everything is done that was posted to any queue of the SMMU before this call, as long
 * as the queue goes on. Any context, but it may take as long as a device takes that is silent.
 */
void smmu_cmdq_drain(struct smmu_device *smmu);

/* Write BASE, PROD and CONS of a disabled queue, so that it is empty at the position posted last */
void smmu_cmdq_program(struct smmu_device *smmu);

/**
 * smmu_cmdq_forget() - take everything that was posted for done
 * @smmu: SMMU that is off
 *
 * Positions go on from there, so nobody who waits for an old one waits for ever, or takes a new one
 * for it. Nobody who begins to wait reads a register.
 */
void smmu_cmdq_forget(struct smmu_device *smmu);

/**
 * smmu_cmdq_post() - insert commands
 * @smmu: SMMU with an enabled queue
 * @cmd: commands. If the caller will wait, the last one must be a CMD_SYNC.
 * @n: number of commands, at least 1. More than the queue holds are inserted in pieces.
 * @deadline: how long the post may wait for room
 * @ticket: out. Several posts of one operation may share a ticket: the first writes it, and the
 *	others extend it with SMMU_POST_MORE.
 * @how: start the ticket, or extend it on the queue that it names
 *
 * Any context, with interrupts on or off. Only the lock of the queue is taken.
 * Return: 0; -ETIMEDOUT when there was no room in time; -ESHUTDOWN when the SMMU is dead; -EINTR
 *	when @deadline is killable and the task was killed; -EAGAIN after @deadline->brief_us;
 *	-ECANCELED when the queue was taken out of service. After -EAGAIN and -ECANCELED the first
 *	of several pieces may be in the queue; a new post begins with all of them. After -ECANCELED
 *	a new post with the same @deadline goes to the architected queue, which has no -ECANCELED.
 */
int smmu_cmdq_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		   struct smmu_deadline *deadline, struct smmu_ticket *ticket,
		   enum smmu_post how);

/**
 * smmu_cmdq_wait() - wait until the last CMD_SYNC of a ticket is complete
 * @ticket: from smmu_cmdq_post()
 * @deadline: shared with the post
 *
 * Any context. This function polls, and looks at GERROR while it does, because the interrupt
 * handler may have to run on this CPU, which may have interrupts off (7.1). Where the wait is long
 * and the caller may sleep, it sleeps between two polls.
 * Return: 0; -EIO when an illegal command of the ticket was skipped; -EREMOTEIO when a device has
 *	not confirmed an ATC_INV of the ticket, and all other commands are done: the device was cut
 *	off, so that its ATC holds nothing that it can use; -ETIMEDOUT, -ESHUTDOWN, -EINTR, -EAGAIN,
 *	-ECANCELED as for smmu_cmdq_post(). After -ETIMEDOUT and -EINTR the SMMU may still do the
 *	commands later; after -EAGAIN the caller waits again.
 *
 * After 0, an ATC_INV to a device that was cut off meanwhile may have been left out.
 */
int smmu_cmdq_wait(const struct smmu_ticket *ticket, struct smmu_deadline *deadline);

/* Has the SMMU consumed all commands that were posted to it before this call, on all queues? */
bool smmu_cmdq_is_idle(struct smmu_device *smmu);

/**
 * enum smmu_sync_word - where the driver sees the completion of a CMD_SYNC
 * @SMMU_SYNC_WORD_NONE: in CONS, because there is no word
 * @SMMU_SYNC_WORD_POLLED: in the word
 * @SMMU_SYNC_WORD_RETIRED: in CONS, because MSIs did not arrive in the word
 */
enum smmu_sync_word {
	SMMU_SYNC_WORD_NONE,
	SMMU_SYNC_WORD_POLLED,
	SMMU_SYNC_WORD_RETIRED,
};

/**
 * struct smmu_cmdq_state - the state of a command queue
 * @entries: size of the queue
 * @prod: register PROD
 * @cons: register CONS
 * @posted: position up to which commands were made visible to the SMMU
 * @sum: counters of all CPUs, added up. They are read one after the other, so they need not be of
 *	the same moment.
 * @errors: number of commands that failed
 * @timeouts: number of waits and posts that were given up
 * @long_waits: number of waits and posts that took long, by enum smmu_waiter
 * @longest_us: the longest of them that is over
 * @word: where the driver sees completion
 */
struct smmu_cmdq_state {
	u32 entries;
	u32 prod;
	u32 cons;
	u64 posted;
	struct smmu_cmdq_stats sum;
	u32 errors;
	u32 timeouts;
	u32 long_waits[SMMU_WAITERS];
	u64 longest_us;
	enum smmu_sync_word word;
};

/* Read the state of a queue, for debugfs and tests. Any context. The queue is allocated. */
void smmu_cmdq_look_at(struct smmu_cmdq *q, struct smmu_cmdq_state *state);
/* The same of the architected queue, but with the counters of all queues, added up */
void smmu_cmdq_look(struct smmu_device *smmu, struct smmu_cmdq_state *state);

#endif
