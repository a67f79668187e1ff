// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/ktime.h>
#include <linux/nmi.h>
#include <linux/sched/signal.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/cmd.h"
#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/shut.h"

/* Opcode at a position that was posted. smmu_cmdq_edit() may be changing the command. */
static u8 opcode_at(const struct smmu_cmdq *q, u64 pos)
{
	return FIELD_GET(CMD0_OPCODE, le64_to_cpu(READ_ONCE(smmu_cmdq_slot(q, pos)->w[0])));
}

/*
 * Does the queue wait for a device? A CMD_SYNC completes only when the devices of all ATC_INVs in
 * front of it have answered (4.7.3). CONS stands at the CMD_SYNC, or at an ATC_INV that the SMMU
 * could not send yet.
 */
static bool waits_for_device(const struct smmu_cmdq *q, u64 pos)
{
	u8 here = opcode_at(q, pos);

	return here == CMD_ATC_INV ||
	       (here == CMD_SYNC && pos && opcode_at(q, pos - 1) == CMD_ATC_INV);
}

/* Tests replace this function, to let time pass while a polling CPU is away */
VISIBLE_IF_KUNIT noinline ktime_t smmu_cmdq_clock(struct smmu_cmdq *q)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_cmdq_clock, q);
	return ktime_get();
}

/* May a queue that has not moved for @stood_ms go on standing? */
static bool may_stand(const struct smmu_cmdq *q, u64 pos, s64 stood_ms)
{
	return stood_ms <= SMMU_CMD_TIMEOUT_MS ||
	       (stood_ms <= SMMU_ATC_TIMEOUT_MS && waits_for_device(q, pos));
}

/* Has the queue stood still for too long? @now is later than the caller's last look at CONS. */
static bool stands_still(struct smmu_cmdq *q, struct smmu_deadline *deadline, ktime_t now)
{
	/* pairs with cmpxchg() in smmu_cmdq_refresh() */
	u64 pos = smp_load_acquire(&q->cons);

	if (deadline->q == q && deadline->pos == pos) {
		if (may_stand(q, pos, ktime_ms_delta(now, deadline->moved)))
			return false;
		/* this CPU may have been away for long since it looked */
		if (smmu_cmdq_refresh(q) == pos)
			return true;
	}
	deadline->q = q;
	deadline->pos = smp_load_acquire(&q->cons); /* as above */
	deadline->moved = now;
	return false;
}

int smmu_cmdq_relax(struct smmu_cmdq *q, u32 *polls, struct smmu_deadline *deadline)
{
	s64 waited;
	ktime_t now;

	cpu_relax();
	if (++*polls % SMMU_CMDQ_POLLS)
		return 0;
	smmu_gerror_poll(q->smmu);
	if (smmu_device_is_dead(q->smmu))
		return -ESHUTDOWN;
	if (deadline->killable && fatal_signal_pending(current))
		return -EINTR;
	now = smmu_cmdq_clock(q);
	if (!deadline->began)
		deadline->began = now;
	if (stands_still(q, deadline, now) ||
	    (deadline->until && ktime_after(now, deadline->until)))
		return -ETIMEDOUT;
	waited = ktime_ms_delta(now, deadline->began);
	if (waited > SMMU_IRQS_OFF_MS && irqs_disabled())
		return -ETIMEDOUT;
	if (waited > SMMU_CMD_TIMEOUT_MS)
		touch_nmi_watchdog();
	return 0;
}
