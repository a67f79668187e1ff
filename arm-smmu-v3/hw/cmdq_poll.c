// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/nmi.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include <kunit/visibility.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq_edit.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/shut.h"
#include "hw/vcmdq_error.h"

/* Longest sleep between two looks at the queue */
#define SLEEP_MAX_US	1000

/* First word of the command at a position that was posted. smmu_cmdq_edit() may be changing it. */
static u64 word_at(const struct smmu_cmdq *q, u64 pos)
{
	return le64_to_cpu(READ_ONCE(smmu_cmdq_slot(q, pos)->w[0]));
}

/*
 * StreamID of the device that the queue waits for, or SMMU_NO_SID. A CMD_SYNC completes only when
 * the devices of all ATC_INVs in front of it have answered (4.7.3). CONS stands at the CMD_SYNC, or
 * at an ATC_INV that the SMMU could not send yet.
 */
static u32 waits_for(const struct smmu_cmdq *q, u64 pos)
{
	u64 here;

	/* with *combine*, a slot may be reserved and not written yet */
	if (pos >= smmu_cmdq_posted(q))
		return SMMU_NO_SID;
	here = word_at(q, pos);
	if (FIELD_GET(CMD0_OPCODE, here) == CMD_SYNC && pos)
		here = word_at(q, pos - 1);
	if (FIELD_GET(CMD0_OPCODE, here) != CMD_ATC_INV)
		return SMMU_NO_SID;
	return FIELD_GET(CMD0_ATC_SID, here);
}

/* Tests replace this function, to let time pass while a polling CPU is away */
noinline ktime_t smmu_cmdq_clock(struct smmu_cmdq *q)
{
	typeof(smmu_cmdq_clock) *stub = smmu_raw_stub(smmu_cmdq_clock);

	return stub ? stub(q) : ktime_get();
}

/*
 * Tests replace this function. preemptible() is false where the kernel does not count; where it
 * does, it does not know of rcu_read_lock() in a kernel that preempts readers.
 */
VISIBLE_IF_KUNIT noinline bool smmu_cmdq_may_sleep(struct smmu_cmdq *q)
{
	typeof(smmu_cmdq_may_sleep) *stub = smmu_raw_stub(smmu_cmdq_may_sleep);

	return stub ? stub(q) : preemptible() && !rcu_preempt_depth();
}

/* Likewise */
VISIBLE_IF_KUNIT noinline void smmu_cmdq_sleep(struct smmu_cmdq *q, u32 us)
{
	typeof(smmu_cmdq_sleep) *stub = smmu_raw_stub(smmu_cmdq_sleep);

	if (stub)
		stub(q, us);
	else
		usleep_range(us, 2 * us);
}

/* Likewise. Where the CPU has WFET, or an event stream, it waits for an event meanwhile. */
VISIBLE_IF_KUNIT noinline void smmu_cmdq_pause(struct smmu_cmdq *q, u32 ns)
{
	typeof(smmu_cmdq_pause) *stub = smmu_raw_stub(smmu_cmdq_pause);

	if (stub)
		stub(q, ns);
	else
		ndelay(ns);
}

static u32 pause_ns(u32 polls)
{
	u32 looks = polls / SMMU_CMDQ_WORD_POLLS;

	if (!looks)
		return 0;
	return min(SMMU_CMDQ_PAUSE_NS << min(looks - 1, 8), SMMU_CMDQ_PAUSE_MAX_NS);
}

void smmu_cmdq_hold_off(struct smmu_cmdq *q, u32 *polls, u32 front)
{
	u32 left = SMMU_CMDQ_WORD_POLLS - 1 - *polls % SMMU_CMDQ_WORD_POLLS;
	u32 n = min(front, left);

	if (!n)
		return;
	smmu_cmdq_pause(q, n * SMMU_CMDQ_FRONT_NS);
	/* smmu_cmdq_relax() counts one */
	*polls += n - 1;
}

static enum smmu_waiter waiter(struct smmu_cmdq *q)
{
	if (irqs_disabled())
		return SMMU_WAITER_IRQS_OFF;
	return smmu_cmdq_may_sleep(q) ? SMMU_WAITER_SLEEPS : SMMU_WAITER_POLLS;
}

/*
 * May a queue that has not moved from @pos for @stood_ms go on standing? Where all that was posted
 * is done, and this CPU waits for room, it is only CONS that lags behind.
 */
static bool may_stand(const struct smmu_cmdq *q, u64 pos, s64 stood_ms, u32 sid)
{
	return stood_ms <= SMMU_CMD_TIMEOUT_MS ||
	       (stood_ms <= SMMU_ATC_TIMEOUT_MS &&
		(sid != SMMU_NO_SID || pos >= smmu_cmdq_posted(q)));
}

/*
 * Add up for how long the queue has stood for a device, between two looks of whatever waiters, and
 * tell drv when the device has answered. That is noticed by the next waiter that looks, maybe hours
 * later, and counts for the time at which the queue was last seen to stand. A waiter that finds
 * another one here leaves it to that.
 */
static void charge(struct smmu_cmdq *q, u64 pos, u32 sid, ktime_t now)
{
	struct smmu_stand *s = &q->stand, over = { .sid = SMMU_NO_SID };
	unsigned long flags;

	if (!raw_spin_trylock_irqsave(&s->lock, flags))
		return;
	/* this CPU may have been away since it read the clock, and another one been here */
	if (s->sid == sid && s->pos == pos) {
		if (ktime_after(now, s->seen)) {
			s->us += ktime_us_delta(now, s->seen);
			s->seen = now;
		}
	} else if (pos > s->pos || s->sid == SMMU_NO_SID) {
		over.sid = s->sid;
		over.us = s->us;
		over.seen = s->seen;
		s->sid = sid;
		s->pos = pos;
		s->us = 0;
		s->seen = now;
	}
	raw_spin_unlock_irqrestore(&s->lock, flags);

	/* what is in the queue stays as it is: only a queue that has stopped can be edited */
	if (over.sid != SMMU_NO_SID && over.us > SMMU_LONG_WAIT_US &&
	    q->smmu->ops->atc_answered(q->smmu, over.sid, over.us, over.seen))
		smmu_cmdq_edit_all(q->smmu);
}

/*
 * Where the queue stands, and in @sid for which device, if for one. What is charged to a device
 * must be seen after the clock was read: this CPU may have been away between its last look at CONS
 * and the clock, and the device may have answered meanwhile.
 */
static u64 where_it_stands(struct smmu_cmdq *q, u32 *sid)
{
	u64 pos = smmu_cmdq_progress(q);

	*sid = waits_for(q, pos);
	if (*sid != SMMU_NO_SID) {
		smmu_cmdq_refresh(q);
		pos = smmu_cmdq_progress(q);
		*sid = waits_for(q, pos);
	}
	return pos;
}

/*
 * Has the queue stood still for too long? @now is later than the caller's last look at CONS. CONS
 * alone does not convict: where there is a word, both have to stand.
 */
static bool stands_still(struct smmu_cmdq *q, struct smmu_deadline *deadline, ktime_t now)
{
	u64 pos = where_it_stands(q, &deadline->sid);

	charge(q, pos, deadline->sid, now);
	if (deadline->q == q && deadline->pos == pos) {
		if (may_stand(q, pos, ktime_ms_delta(now, deadline->moved), deadline->sid))
			return false;
		/* this CPU may have been away for long since it looked */
		smmu_cmdq_refresh(q);
		if (smmu_cmdq_progress(q) == pos)
			return true;
	}
	deadline->q = q;
	deadline->pos = smmu_cmdq_progress(q);
	deadline->moved = now;
	return false;
}

/* The wait takes long. Sleep for an eighth of its length, but not so long that it matters. */
static int wait_long(struct smmu_cmdq *q, struct smmu_deadline *deadline, ktime_t now, s64 us)
{
	enum smmu_waiter who = waiter(q);

	/* this CPU may have been away since it looked, and the queue may have gone on */
	if (deadline->brief_us && us > deadline->brief_us) {
		smmu_cmdq_refresh(q);
		return smmu_cmdq_progress(q) == deadline->pos ? -EAGAIN : 0;
	}
	if (!deadline->is_long)
		atomic_inc(&q->long_waits[who]);
	deadline->is_long = true;
	if (who == SMMU_WAITER_IRQS_OFF &&
	    ktime_ms_delta(now, deadline->began) > SMMU_IRQS_OFF_MS)
		return -ETIMEDOUT;
	if (who == SMMU_WAITER_SLEEPS)
		smmu_cmdq_sleep(q, min_t(s64, us / 8, SLEEP_MAX_US));
	else
		touch_nmi_watchdog();
	return 0;
}

int smmu_cmdq_relax(struct smmu_cmdq *q, u32 *polls, struct smmu_deadline *deadline,
		    bool reads_cons)
{
	u32 ns = reads_cons ? pause_ns(*polls) : 0, before = *polls;
	ktime_t now;
	s64 us;

	if (ns)
		smmu_cmdq_pause(q, ns);
	else
		cpu_relax();
	*polls += reads_cons ? SMMU_CMDQ_WORD_POLLS / SMMU_CMDQ_POLLS : 1;
	if (*polls / SMMU_CMDQ_WORD_POLLS == before / SMMU_CMDQ_WORD_POLLS)
		return 0;
	smmu_gerror_poll(q->smmu);
	if (q->kind == SMMU_CMDQ_VCMDQ)
		smmu_vcmdq_poll(q);
	if (smmu_device_is_dead(q->smmu))
		return -ESHUTDOWN;
	/* pairs with WRITE_ONCE() in smmu_cmdq_take_out() */
	if (READ_ONCE(q->out))
		return -ECANCELED;
	if (deadline->killable && fatal_signal_pending(current))
		return -EINTR;
	now = smmu_cmdq_clock(q);
	if (!deadline->began)
		deadline->began = now;
	/* the first look of a post or a wait; a wait behind a long post is one with it */
	if (before < SMMU_CMDQ_WORD_POLLS && !deadline->is_long)
		deadline->start = now;
	if (stands_still(q, deadline, now) ||
	    (deadline->until && ktime_after(now, deadline->until)))
		return -ETIMEDOUT;
	us = ktime_us_delta(now, deadline->start);
	if (us <= SMMU_LONG_WAIT_US)
		return 0;
	if (!reads_cons)
		*polls += SMMU_CMDQ_WORD_POLLS - SMMU_CMDQ_LONG_POLLS;
	return wait_long(q, deadline, now, us);
}

void smmu_cmdq_end_long(struct smmu_cmdq *q, struct smmu_deadline *deadline, int ret)
{
	s64 us, longest;

	deadline->is_long = false;
	us = ktime_us_delta(smmu_cmdq_clock(q), deadline->start);
	longest = atomic64_read(&q->longest_us);
	while (us > longest && !atomic64_try_cmpxchg(&q->longest_us, &longest, us))
		;
	q->smmu->ops->waited(q->smmu, waiter(q), us, deadline->sid, ret);
}
