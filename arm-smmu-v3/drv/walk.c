// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>

#include <smmuv3/raw_stub.h>

#include "core/array.h"
#include "core/plan.h"
#include "drv/domain.h"
#include "drv/readers.h"
#include "drv/trace.h"
#include "drv/walk.h"
#include "hw/cmdq.h"
#include "hw/cmdq_short.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/waits.h"

/* Posts that may be outstanding before the first is waited for */
#define WALK_POSTS		12

/*
 * A queue that was taken out took the commands with it, and the walk is done once more: which
 * commands they were is not known here any more.
 */
static void make_good(struct smmu_reader *reader, struct smmu_device *smmu, int err)
{
	if (err == -ECANCELED) {
		reader->again = true;
		return;
	}
	smmu_reader_step_out(reader);
	smmu_issue_make_good(smmu, err, "an invalidation was not confirmed");
}

static __always_inline int walk_post(struct smmu_reader *reader, const struct smmu_batch *batch,
				     struct smmu_ticket *ticket, bool cont)
{
	enum smmu_post how = batch->atc ? SMMU_POST_NEW_ATC : SMMU_POST_NEW;

	return smmu_reader_post(reader, smmu_device_of(batch->inst), batch->cmd, batch->n, ticket,
				cont ? SMMU_POST_MORE : how);
}

static __always_inline void walk_wait(struct smmu_reader *reader, const struct smmu_ticket *ticket)
{
	int ret = smmu_reader_wait(reader, ticket);

	trace_smmu_wait(ticket->q->smmu, ticket->end, ret);
	if (unlikely(ret))
		make_good(reader, ticket->q->smmu, ret);
}

/* One post of two commands, where the short way is not open */
static void walk_single(struct smmu_reader *reader, struct smmu_domain *sd,
			const struct smmu_batch *batch)
{
	struct smmu_ticket ticket;
	int ret;

	ret = walk_post(reader, batch, &ticket, false);
	trace_smmu_post(smmu_device_of(batch->inst), sd->id, batch->cmd, batch->n, ret);
	if (unlikely(ret))
		make_good(reader, smmu_device_of(batch->inst), ret);
	else
		walk_wait(reader, &ticket);
}

static void walk_posts(struct smmu_reader *reader, struct smmu_domain *sd,
		       const struct smmu_array *array, const struct smmu_range *range)
{
	/*
	 * These take 1.6 KiB, of which one unmap uses 100 bytes. __uninitialized keeps
	 * CONFIG_INIT_STACK_ALL_ZERO from clearing all of it.
	 */
	struct smmu_ticket tickets[WALK_POSTS] __uninitialized;
	struct smmu_plan plan __uninitialized;
	struct smmu_batch batch __uninitialized;
	bool cont = false;
	u32 n = 0, i;
	int ret = 0;

	smmu_plan_start(&plan, array, range);
	if (!smmu_plan_next(&plan, &batch))
		return;
	do {
		struct smmu_device *smmu = smmu_device_of(batch.inst);

		/*
		 * when one batch of a post is lost, the whole post is lost, and its rest is not
		 * sent
		 */
		if (!cont || !ret)
			ret = walk_post(reader, &batch, &tickets[n], cont);
		trace_smmu_post(smmu, sd->id, batch.cmd, batch.n, ret);
		cont = !batch.end;
		if (cont)
			continue;
		if (unlikely(ret))
			make_good(reader, smmu, ret);
		else
			n++;
		if (n == WALK_POSTS) {
			walk_wait(reader, &tickets[0]);
			memmove(&tickets[0], &tickets[1], sizeof(tickets) - sizeof(tickets[0]));
			n--;
		}
	} while (smmu_plan_next(&plan, &batch));

	for (i = 0; i < n; i++)
		walk_wait(reader, &tickets[i]);
}

/* Tests hold a walker up here: it has loaded the array and has sent nothing yet */
VISIBLE_IF_KUNIT noinline void smmu_walk_pause(struct smmu_domain *sd)
{
	typeof(smmu_walk_pause) *stub = smmu_raw_stub(smmu_walk_pause);

	if (stub)
		stub(sd);
}

/* For readers. @seq: out, @sd->ats_seq before the array was loaded */
static __always_inline const struct smmu_array *load_array(struct smmu_domain *sd, u32 *seq)
{
	const struct smmu_array *array;

	/* pairs with smp_store_release() in ats_came_alive(), binding.c */
	*seq = smp_load_acquire(&sd->ats_seq);
	array = rcu_dereference(sd->invs);
	smmu_walk_pause(sd);
	return array;
}

/*
 * The rest of a walk, from where the short way has stopped. The caller has called rcu_read_lock(),
 * and loaded @seq and @array. Out of line, so that the short way saves no registers for it.
 * @single: what the array needs, if that is one post of two commands; or NULL
 * @ticket: of that post, if it is made; or NULL
 */
static noinline void walk_on(struct smmu_domain *sd, const struct smmu_range *range, u32 seq,
			     const struct smmu_array *array, const struct smmu_batch *single,
			     const struct smmu_ticket *ticket)
{
	struct smmu_reader reader __uninitialized;

	smmu_reader_init(&reader);
	for (;;) {
		if (ticket)
			walk_wait(&reader, ticket);
		else if (single)
			walk_single(&reader, sd, single);
		else
			walk_posts(&reader, sd, array, range);
		smmu_reader_end(&reader);
		/*
		 * this read comes after the SMMUs have confirmed: smmu_cmdq_wait() has the barrier
		 */
		if (likely(READ_ONCE(sd->ats_seq) == seq && !reader.again))
			return;
		smmu_reader_begin(&reader);
		array = load_array(sd, &seq);
		single = NULL;
		ticket = NULL;
	}
}

void smmu_walk_range(struct smmu_domain *sd, const struct smmu_range *range)
{
	struct smmu_ticket ticket __uninitialized;
	struct smmu_batch batch __uninitialized;
	const struct smmu_array *array;
	struct smmu_device *smmu;
	u32 seq;

	/*
	 * This barrier orders the page-table change before the load of the array. Pairs with
	 * smp_mb() in smmu_binding_enter_locked(); see walk.h.
	 */
	smp_mb();
	trace_smmu_invalidate(sd->id, range);
	if (smmu_waits_are_counted())
		atomic64_inc(&sd->walks);
	do {
		/* a reader that does not wait: readers.h */
		rcu_read_lock();
		array = load_array(sd, &seq);
		if (!smmu_plan_single(array, range, &batch)) {
			walk_on(sd, range, seq, array, NULL, NULL);
			return;
		}
		smmu = smmu_device_of(batch.inst);
		if (!smmu_cmdq_post_short(smmu, batch.cmd, &ticket)) {
			walk_on(sd, range, seq, array, &batch, NULL);
			return;
		}
		trace_smmu_post(smmu, sd->id, batch.cmd, 2, 0);
		if (unlikely(!smmu_cmdq_done_short(&ticket))) {
			walk_on(sd, range, seq, array, &batch, &ticket);
			return;
		}
		trace_smmu_wait(smmu, ticket.end, 0);
		rcu_read_unlock();
		/* this read comes after the SMMU has confirmed: smmu_cmdq_done_short() */
	} while (unlikely(READ_ONCE(sd->ats_seq) != seq));
}

void smmu_walk_flush_all(void *cookie)
{
	const struct smmu_range range = { .all = true };

	smmu_walk_range(cookie, &range);
}

void smmu_walk_flush_tables(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	const struct smmu_range range = {
		.start = iova,
		.last = iova + size - 1,
		.leaf = false,
	};

	smmu_walk_range(cookie, &range);
}
