// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rcupdate.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/array.h"
#include "core/plan.h"
#include "drv/domain.h"
#include "drv/readers.h"
#include "drv/trace.h"
#include "drv/walk.h"
#include "hw/cmdq.h"
#include "hw/device.h"
#include "hw/issue.h"

/* Posts that may be outstanding before the first is waited for */
#define WALK_POSTS		12

/**
 * struct walk - what one walk of an array has on the stack
 * @reader: keeps the array, once the walk has stepped out
 * @deadline: brief until then
 */
struct walk {
	int reader;
	struct smmu_deadline deadline;
};

/* From here on the walk may wait for long: it keeps neither RCU nor, if it may sleep, a CPU */
static void step_out(struct walk *w)
{
	if (w->deadline.brief)
		w->reader = smmu_reader_step_out();
	w->deadline.brief = false;
}

static void make_good(struct walk *w, struct smmu_device *smmu, int err)
{
	step_out(w);
	smmu_issue_make_good(smmu, err, "an invalidation was not confirmed");
}

/* Post once more where @err says that this would have taken long, and return @err otherwise */
static noinline int post_long(struct walk *w, const struct smmu_batch *batch,
			      struct smmu_ticket *ticket, bool cont, int err)
{
	if (err != -EAGAIN)
		return err;
	step_out(w);
	return smmu_cmdq_post(smmu_device_of(batch->inst), batch->cmd, batch->n, &w->deadline,
			      ticket, cont);
}

/* Likewise for a wait, and make good for what was not confirmed then */
static noinline void wait_long(struct walk *w, const struct smmu_ticket *ticket, int err)
{
	struct smmu_device *smmu = ticket->q->smmu;

	if (err == -EAGAIN) {
		step_out(w);
		err = smmu_cmdq_wait(ticket, &w->deadline);
	}
	trace_smmu_wait(smmu, ticket->end, err);
	if (err)
		make_good(w, smmu, err);
}

static __always_inline int walk_post(struct walk *w, const struct smmu_batch *batch,
				     struct smmu_ticket *ticket, bool cont)
{
	struct smmu_device *smmu = smmu_device_of(batch->inst);
	int ret = smmu_cmdq_post(smmu, batch->cmd, batch->n, &w->deadline, ticket, cont);

	if (unlikely(ret))
		ret = post_long(w, batch, ticket, cont, ret);
	return ret;
}

static __always_inline void walk_wait(struct walk *w, const struct smmu_ticket *ticket)
{
	int ret = smmu_cmdq_wait(ticket, &w->deadline);

	if (unlikely(ret))
		wait_long(w, ticket, ret);
	else
		trace_smmu_wait(ticket->q->smmu, ticket->end, 0);
}

/*
 * Walk an array that needs one post to one SMMU. Return: false when the array needs more than that,
 * and then nothing has been done.
 */
static bool walk_single(struct walk *w, struct smmu_domain *sd, const struct smmu_array *array,
			const struct smmu_range *range)
{
	struct smmu_batch batch __uninitialized;
	struct smmu_ticket ticket;
	struct smmu_device *smmu;
	int ret;

	if (!smmu_plan_single(array, range, &batch))
		return false;
	smmu = smmu_device_of(batch.inst);
	ret = walk_post(w, &batch, &ticket, false);
	trace_smmu_post(smmu, sd->id, batch.cmd, batch.n, ret);
	if (unlikely(ret))
		make_good(w, smmu, ret);
	else
		walk_wait(w, &ticket);
	return true;
}

static void walk_posts(struct walk *w, struct smmu_domain *sd, const struct smmu_array *array,
		       const struct smmu_range *range)
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
			ret = walk_post(w, &batch, &tickets[n], cont);
		trace_smmu_post(smmu, sd->id, batch.cmd, batch.n, ret);
		cont = !batch.end;
		if (cont)
			continue;
		if (unlikely(ret))
			make_good(w, smmu, ret);
		else
			n++;
		if (n == WALK_POSTS) {
			walk_wait(w, &tickets[0]);
			memmove(&tickets[0], &tickets[1], sizeof(tickets) - sizeof(tickets[0]));
			n--;
		}
	} while (smmu_plan_next(&plan, &batch));

	for (i = 0; i < n; i++)
		walk_wait(w, &tickets[i]);
}

/* Tests hold a walker up here: it has loaded the array and has sent nothing yet */
VISIBLE_IF_KUNIT noinline void smmu_walk_pause(struct smmu_domain *sd)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_walk_pause, sd);
}

void smmu_walk_range(struct smmu_domain *sd, const struct smmu_range *range)
{
	struct walk w __uninitialized;
	const struct smmu_array *array;
	u32 seq;

	/*
	 * This barrier orders the page-table change before the load of the array. Pairs with
	 * smp_mb() in smmu_binding_enter_locked(); see walk.h.
	 */
	smp_mb();
	trace_smmu_invalidate(sd->id, range);
	smmu_deadline_brief(&w.deadline);
	for (;;) {
		rcu_read_lock();
		/* pairs with smp_store_release() in ats_came_alive(), binding.c */
		seq = smp_load_acquire(&sd->ats_seq);
		array = rcu_dereference(sd->invs);
		smmu_walk_pause(sd);
		if (!walk_single(&w, sd, array, range))
			walk_posts(&w, sd, array, range);
		if (likely(w.deadline.brief))
			rcu_read_unlock();
		else
			smmu_reader_end(w.reader);
		/*
		 * this read comes after the SMMUs have confirmed: smmu_cmdq_wait() has the barrier
		 */
		if (likely(READ_ONCE(sd->ats_seq) == seq))
			break;
		w.deadline.brief = true;
	}
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
