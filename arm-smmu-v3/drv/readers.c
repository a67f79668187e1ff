// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>
#include <linux/time64.h>

#include "core/array.h"
#include "drv/readers.h"

/* How long smmu_readers_wait_brief() waits */
#define BRIEF_MS	1000

/* Readers that have stepped out, and their number */
DEFINE_STATIC_SRCU(out);
static atomic_t nr_out;

bool smmu_readers_are_out(void)
{
	/* pairs with atomic_inc() in smmu_reader_step_out(), by the grace period between them */
	return atomic_read(&nr_out);
}

void smmu_reader_step_out(struct smmu_reader *reader)
{
	if (!reader->deadline.brief_us)
		return;
	/* before RCU is left: see the two grace periods below */
	reader->idx = srcu_read_lock(&out);
	reader->deadline.brief_us = 0;
	/* before RCU is left: pairs with atomic_read() in smmu_readers_are_out() */
	atomic_inc(&nr_out);
	rcu_read_unlock();
}

int smmu_reader_post_again(struct smmu_reader *reader, struct smmu_device *smmu,
			   const struct smmu_cmd *cmd, u32 n, struct smmu_ticket *ticket,
			   enum smmu_post how, int err)
{
	if (err != -EAGAIN)
		return err;
	smmu_reader_step_out(reader);
	smmu_cmdq_edit_all(smmu);
	return smmu_cmdq_post(smmu, cmd, n, &reader->deadline, ticket, how);
}

int smmu_reader_wait_again(struct smmu_reader *reader, const struct smmu_ticket *ticket, int err)
{
	if (err != -EAGAIN)
		return err;
	smmu_reader_step_out(reader);
	return smmu_cmdq_wait(ticket, &reader->deadline);
}

void smmu_reader_end_out(struct smmu_reader *reader)
{
	atomic_dec(&nr_out);
	srcu_read_unlock(&out, reader->idx);
	reader->deadline.brief_us = SMMU_LONG_WAIT_US;
}

void smmu_readers_wait(void)
{
	/* after this, a reader that has begun before has ended or has stepped out */
	synchronize_rcu();
	synchronize_srcu(&out);
}

bool smmu_readers_wait_brief(void)
{
	unsigned long cookie;
	u32 ms;

	synchronize_rcu_expedited();
	cookie = start_poll_synchronize_srcu(&out);
	for (ms = 0; ms < BRIEF_MS; ms++) {
		if (poll_state_synchronize_srcu(&out, cookie))
			return true;
		fsleep(USEC_PER_MSEC);
	}
	return false;
}

static void free_array(struct rcu_head *rcu)
{
	smmu_array_free(container_of(rcu, struct smmu_array, rcu));
}

/* As smmu_readers_wait() */
static void free_array_out(struct rcu_head *rcu)
{
	call_srcu(&out, rcu, free_array);
}

void smmu_readers_free(struct smmu_array *array)
{
	if (array)
		call_rcu(&array->rcu, free_array_out);
}

void smmu_readers_exit(void)
{
	rcu_barrier();
	srcu_barrier(&out);
}
