/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readers of the arrays: walks, and commands of guests. They rely on two things while they run: the
 * array they have loaded, and the command queues of the SMMUs that it names.
 *
 * A reader begins under rcu_read_lock(), which costs nothing, and nearly always ends there. But a
 * device that does not answer can keep it waiting for a minute, and RCU reports a stall after 21
 * seconds. So a reader that has to wait for long *steps out*: from there on SRCU keeps the same two
 * things, for as long as it takes, and the reader may sleep. Everybody who frees what readers use
 * waits for both kinds.
 *
 * A reader that has stepped out may still have an ATC_INV for a device whose ATS goes off
 * meanwhile: leave_arrays() in ats.c waits only for readers that have not. A device without ATS
 * need not answer an ATC_INV, and the queue would stand for that long. So what a reader posts after
 * it has stepped out is edited, and smmu_ats_is_cut() has it leave out ATC_INVs of devices whose
 * ATS is off. What it had posted before, leave_arrays() lets the queues finish.
 */
#ifndef SMMU_DRV_READERS_H
#define SMMU_DRV_READERS_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "hw/cmdq.h"
#include "hw/cmdq_edit.h"

struct smmu_array;

/**
 * struct smmu_reader - one reader, on its stack
 * @deadline: of its posts and waits; brief until the reader has stepped out
 * @idx: of SRCU, once it has
 * @again: what was posted has to be posted once more
 */
struct smmu_reader {
	struct smmu_deadline deadline;
	int idx;
	bool again;
};

/*
 * Before the first smmu_reader_begin(), or in a reader that has called rcu_read_lock() itself. The
 * rest of @reader need not be cleared.
 */
static inline void smmu_reader_init(struct smmu_reader *reader)
{
	smmu_deadline_start(&reader->deadline, SMMU_LONG_WAIT_US);
	reader->again = false;
}

/* Begin to read. Any context. */
static inline void smmu_reader_begin(struct smmu_reader *reader)
{
	reader->again = false;
	rcu_read_lock();
}

/* Has a reader stepped out that has not ended? Any context, after a grace period of RCU. */
bool smmu_readers_are_out(void);

/* Leave rcu_read_lock(), and keep what the reader uses all the same. May be called again. */
void smmu_reader_step_out(struct smmu_reader *reader);

/* For smmu_reader_post() and smmu_reader_wait(), where the first attempt has returned @err */
int smmu_reader_post_again(struct smmu_reader *reader, struct smmu_device *smmu,
			   const struct smmu_cmd *cmd, u32 n, struct smmu_ticket *ticket,
			   enum smmu_post how, int err);
int smmu_reader_wait_again(struct smmu_reader *reader, const struct smmu_ticket *ticket, int err);

/* As smmu_cmdq_post(); the reader steps out where that takes long */
static __always_inline int smmu_reader_post(struct smmu_reader *reader, struct smmu_device *smmu,
					    const struct smmu_cmd *cmd, u32 n,
					    struct smmu_ticket *ticket,
					    enum smmu_post how)
{
	int ret;

	if (unlikely(!reader->deadline.brief_us))
		smmu_cmdq_edit_all(smmu);
	ret = smmu_cmdq_post(smmu, cmd, n, &reader->deadline, ticket, how);
	if (unlikely(ret))
		ret = smmu_reader_post_again(reader, smmu, cmd, n, ticket, how, ret);
	return ret;
}

/* As smmu_cmdq_wait(); the reader steps out where that takes long */
static __always_inline int smmu_reader_wait(struct smmu_reader *reader,
					    const struct smmu_ticket *ticket)
{
	int ret = smmu_cmdq_wait(ticket, &reader->deadline);

	if (unlikely(ret))
		ret = smmu_reader_wait_again(reader, ticket, ret);
	return ret;
}

/* For smmu_reader_end(), after the reader has stepped out */
void smmu_reader_end_out(struct smmu_reader *reader);

/* End to read; the reader may begin again. Any context. */
static inline void smmu_reader_end(struct smmu_reader *reader)
{
	if (likely(reader->deadline.brief_us))
		rcu_read_unlock();
	else
		smmu_reader_end_out(reader);
}

/**
 * smmu_readers_wait() - wait for all readers that have begun before this call
 *
 * Process context, no lock is held that a reader may want. May take as long as a device takes that
 * does not answer.
 */
void smmu_readers_wait(void);

/*
 * As smmu_readers_wait(), but for a second at most: a reader may wait for another SMMU. Process
 * context. Return: false when the time was not enough
 */
bool smmu_readers_wait_brief(void);

/**
 * smmu_readers_free() - free an array when no reader uses it any more
 * @array: published until now, or NULL
 *
 * Any context; does not wait.
 */
void smmu_readers_free(struct smmu_array *array);

/* Wait until all arrays are freed, before the module goes. Process context. */
void smmu_readers_exit(void);

#endif
