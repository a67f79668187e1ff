// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/cmd.h"
#include "core/event.h"
#include "core/ste.h"
#include "drv/guest_stall.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/params.h"
#include "drv/vsmmu.h"
#include "hw/recordq.h"
#include "hw/resume.h"
#include "hw/strtab.h"

/* For how long the worker waits where the SMMU sleeps */
#define ASLEEP_MS	1000

/**
 * struct stall - a stalled transaction that waits for the answer of a VMM
 * @node: in smmu_guest_stalls.open
 * @id: number, as its fault carries it
 * @master: the device, which ends it before it is released
 * @vsmmu: its vSMMU, which the device leaves before that is destroyed
 * @until: when it is aborted
 * @sid: StreamID
 * @epoch: smmu->epoch when it was reported
 * @stag: stall tag
 */
struct stall {
	struct list_head node;
	u64 id;
	struct smmu_master *master;
	struct smmu_vsmmu *vsmmu;
	ktime_t until;
	u32 sid;
	u32 epoch;
	u16 stag;
};

/* A worker may wait for an attach, so it is none of the system's. Its end waits for all workers. */
static struct workqueue_struct *workqueue;

int smmu_guest_stall_init(void)
{
	workqueue = alloc_workqueue("smmuv3-stall", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return workqueue ? 0 : -ENOMEM;
}

void smmu_guest_stall_exit(void)
{
	destroy_workqueue(workqueue);
}

VISIBLE_IF_KUNIT noinline ktime_t smmu_guest_stall_clock(void)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_guest_stall_clock);
	return ktime_get();
}

VISIBLE_IF_KUNIT noinline void smmu_guest_stall_expire_later(struct smmu_iommu *iommu, u32 ms)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_guest_stall_expire_later, iommu, ms);
	queue_delayed_work(workqueue, &iommu->guest_stalls.expire, msecs_to_jiffies(ms));
}

/* Half of the places are the host's, whatever guests do */
static u32 guests_share(const struct smmu_iommu *iommu)
{
	return iommu->smmu.inst.feat.stall_max / 2;
}

u32 smmu_guest_stall_quota(const struct smmu_iommu *iommu)
{
	return min(smmu_param_guest_stalls(), guests_share(iommu));
}

bool smmu_guest_stall_capable(const struct smmu_master *master)
{
	return COMPAT_IOPF && master->can_stall &&
	       smmu_guest_stall_quota(master->iommu);
}

bool smmu_guest_stall_may_locked(const struct smmu_master *master, const struct smmu_vsmmu *vsmmu,
				 const struct iommu_domain *domain, const __le64 *vste)
{
	smmu_master_assert(master);

	if (!domain->iopf_handler || smmu_ste_config(vste) != STE_CONFIG_S1 ||
	    !smmu_guest_stall_capable(master))
		return false;
	/* where there is no choice the guest's S1STALLD means nothing */
	if (vste[1] & cpu_to_le64(STE1_S1STALLD) &&
	    !smmu_has(&master->iommu->smmu, SMMU_FEAT_STALL_FORCE))
		return false;
	return master->vdev && master->vdev->core.viommu == &vsmmu->core;
}

static void set_state(struct smmu_master *master, enum smmu_stall_state state,
		      struct smmu_vsmmu *vsmmu)
{
	smmu_master_assert(master);

	mutex_lock(&master->iommu->streams_lock);
	WRITE_ONCE(master->stalls.state, state); /* as in smmu_guest_stall_join() */
	master->stalls.vsmmu = vsmmu;
	if (state == SMMU_STALL_SOON)
		master->stalls.seq++;
	mutex_unlock(&master->iommu->streams_lock);
}

/* The event thread may set OVER meanwhile, and nothing else */
static u8 state_of(struct smmu_master *master)
{
	u8 state;

	mutex_lock(&master->iommu->streams_lock);
	state = master->stalls.state;
	mutex_unlock(&master->iommu->streams_lock);
	return state;
}

/*
 * End a transaction. One that has ended with the SMMU, because that was shut or has slept, is only
 * forgotten. Pairs with WRITE_ONCE() in smmu_shut_undo().
 */
static void end(struct smmu_iommu *iommu, struct stall *s, u8 action)
{
	lockdep_assert_held(&iommu->guest_stalls.lock);

	list_del(&s->node);
	iommu->guest_stalls.nr--;
	s->vsmmu->stalls--;
	if (s->epoch == READ_ONCE(iommu->smmu.epoch))
		smmu_resume(&iommu->smmu, s->sid, s->stag, action);
	kfree(s);
}

/* Abort all transactions of a master for which a VMM has to answer */
static void end_all(struct smmu_master *master)
{
	struct smmu_guest_stalls *stalls = &master->iommu->guest_stalls;
	struct stall *s, *next;

	guard(mutex)(&stalls->lock);
	list_for_each_entry_safe(s, next, &stalls->open, node)
		if (s->master == master)
			end(master->iommu, s, RESUME_ABORT);
}

void smmu_guest_stall_leave_locked(struct smmu_master *master)
{
	struct smmu_device *smmu = &master->iommu->smmu;
	struct smmu_ste ste;

	smmu_master_assert(master);

	/* 1. no fault goes to the handler any more */
	set_state(master, SMMU_STALL_OVER, NULL);
	/* 2. nothing stalls any more, and what is tried again aborts; confirmed */
	smmu_ste_make_abort(&ste);
	smmu_strtab_write(smmu, master->sids[0], &ste, false);
	/* 3. abort what has stalled since the last look at the event queue */
	smmu_evtq_drain(smmu);
	/* 4. abort the rest */
	end_all(master);
	/* 5. the SMMU has all answers before it can see the next STE */
	smmu_resume_flush(smmu);
	smmu_strtab_settle(smmu, master->sids[0]);
	set_state(master, SMMU_STALL_NONE, NULL);
}

void smmu_guest_stall_enter_locked(struct smmu_master *master, struct smmu_vsmmu *vsmmu)
{
	set_state(master, SMMU_STALL_SOON, vsmmu);
	scoped_guard(mutex, &master->iommu->guest_stalls.lock)
		master->stalls.refused = 0;
}

/* A guest's CD with S is illegal from here on (5.5), so the guest's faults are C_BAD_CD */
static void write_s1stalld(struct smmu_master *master)
{
	struct smmu_device *smmu = &master->iommu->smmu;
	struct smmu_ste ste = *smmu_strtab_ste(smmu, master->sids[0]);

	smmu_master_assert(master);

	if (smmu_has(smmu, SMMU_FEAT_STALL_FORCE) || smmu_ste_config(ste.w) != STE_CONFIG_S1_S2)
		return;
	ste.w[1] |= cpu_to_le64(STE1_S1STALLD);
	smmu_strtab_write(smmu, master->sids[0], &ste, false);
}

/* Let nothing of the device stall any more */
static void stop(struct smmu_master *master, struct smmu_vsmmu *vsmmu)
{
	set_state(master, SMMU_STALL_OVER, vsmmu);
	write_s1stalld(master);
	end_all(master);
}

void smmu_guest_stall_orphan_locked(struct smmu_master *master)
{
	smmu_master_assert(master);

	if (state_of(master) != SMMU_STALL_NONE)
		stop(master, NULL);
}

static void queue(struct smmu_master *master)
{
	smmu_master_get(master);
	if (!queue_work(workqueue, &master->stalls.work))
		smmu_master_put(master);
}

static int is_over(struct device *dev, void *unused)
{
	return 1;
}

/* Wait until the attach that is under way is over; it holds the mutex of the group */
static void wait_for_attach(struct iommu_group *group)
{
	iommu_group_for_each_dev(group, NULL, is_over);
	iommu_group_put(group);
}

/* Return: the group of a device that has been attached and whose faults are held back, or NULL */
static struct iommu_group *look_at(struct smmu_master *master, u32 *seq)
{
	*seq = master->stalls.seq;
	switch (state_of(master)) {
	case SMMU_STALL_OVER:
		stop(master, master->stalls.vsmmu);
		return NULL;
	case SMMU_STALL_SOON:
		return iommu_group_get(master->dev);
	default:
		return NULL;
	}
}

static void let_out(struct smmu_master *master, u32 seq)
{
	/* the core calls no attach of this device without the mutex, so @seq says which it was */
	if (master->stalls.seq == seq && state_of(master) == SMMU_STALL_SOON)
		set_state(master, SMMU_STALL_OPEN, master->stalls.vsmmu);
}

static void stall_work(struct work_struct *work)
{
	struct smmu_master *master = container_of(work, struct smmu_master, stalls.work);
	struct iommu_group *group;
	u32 seq;

	if (!smmu_master_lock_live(master))
		return;
	group = look_at(master, &seq);
	smmu_master_unlock(master);
	if (!group) {
		smmu_master_put(master);
		return;
	}
	wait_for_attach(group);
	if (!smmu_master_lock_live(master))
		return;
	let_out(master, seq);
	smmu_master_unlock_put(master);
}

void smmu_guest_stall_join(struct smmu_master *master)
{
	/* pairs with WRITE_ONCE() in set_state() and fits() */
	if (READ_ONCE(master->stalls.state) != SMMU_STALL_NONE)
		queue(master);
}

void smmu_guest_stall_new(struct smmu_master *master)
{
	INIT_WORK(&master->stalls.work, stall_work);
}

/* The worker may wait for the mutex of the group, which the caller may hold: do not wait for it */
void smmu_guest_stall_gone(struct smmu_master *master)
{
	if (cancel_work(&master->stalls.work))
		smmu_master_put(master);
}

/* Does another one fit? One that does not is counted. */
static bool fits(struct smmu_master *master)
{
	struct smmu_guest_stalls *stalls = &master->iommu->guest_stalls;

	if (master->stalls.vsmmu->stalls < smmu_guest_stall_quota(master->iommu) &&
	    stalls->nr < guests_share(master->iommu))
		return true;
	stalls->refused++;
	if (++master->stalls.refused == SMMU_STALL_REFUSALS) {
		dev_notice_ratelimited(master->dev,
				       "a guest has too many stalled transactions of this device: they are aborted, until it is attached anew\n");
		WRITE_ONCE(master->stalls.state, SMMU_STALL_OVER); /* as above */
		queue(master);
	}
	return false;
}

static enum smmu_stall_fate count(struct smmu_master *master, const struct smmu_event *event,
				  u64 *id)
{
	struct smmu_guest_stalls *stalls = &master->iommu->guest_stalls;
	u32 ms = smmu_param_guest_stall_ms();
	struct stall *s;

	guard(mutex)(&stalls->lock);
	if (!fits(master))
		return SMMU_STALL_ABORT;
	s = kmalloc_obj(*s, GFP_NOWAIT);
	if (!s)
		return SMMU_STALL_ABORT;
	*s = (struct stall) {
		.id = ++stalls->last,
		.master = master,
		.vsmmu = master->stalls.vsmmu,
		.until = ktime_add_ms(smmu_guest_stall_clock(), ms),
		.sid = event->sid,
		.stag = event->stag,
		/* as in end() */
		.epoch = READ_ONCE(master->iommu->smmu.epoch),
	};
	list_add_tail(&s->node, &stalls->open);
	s->vsmmu->stalls++;
	if (!stalls->nr++)
		smmu_guest_stall_expire_later(master->iommu, ms);
	*id = s->id;
	return SMMU_STALL_REPORT;
}

enum smmu_stall_fate smmu_guest_stall_open(struct smmu_master *master,
					   const struct smmu_event *event, u64 *id)
{
	lockdep_assert_held(&master->iommu->streams_lock);

	*id = 0;
	switch (master->stalls.state) {
	case SMMU_STALL_NONE:
		return SMMU_STALL_IS_HOSTS;
	case SMMU_STALL_SOON:
		return SMMU_STALL_RETRY;
	case SMMU_STALL_OPEN:
		return count(master, event, id);
	default:
		return SMMU_STALL_ABORT;
	}
}

void smmu_guest_stall_answer(struct smmu_iommu *iommu, u64 id, bool retry)
{
	struct stall *s;

	guard(mutex)(&iommu->guest_stalls.lock);
	list_for_each_entry(s, &iommu->guest_stalls.open, node) {
		if (s->id != id)
			continue;
		s->master->stalls.refused = 0;
		end(iommu, s, retry ? RESUME_RETRY : RESUME_ABORT);
		return;
	}
}

/* Return: the device, referenced, that has waited longest for an answer, if too long; or NULL */
static struct smmu_master *find_late(struct smmu_iommu *iommu)
{
	struct smmu_guest_stalls *stalls = &iommu->guest_stalls;
	struct stall *s;
	s64 ns;

	guard(mutex)(&stalls->lock);
	s = list_first_entry_or_null(&stalls->open, struct stall, node);
	if (!s)
		return NULL;
	ns = ktime_to_ns(ktime_sub(s->until, smmu_guest_stall_clock()));
	if (ns <= 0)
		return smmu_master_get(s->master);
	smmu_guest_stall_expire_later(iommu, DIV_ROUND_UP_ULL(ns, NSEC_PER_MSEC));
	return NULL;
}

/* Count what is late of a master; an answer may have come meanwhile */
static u32 count_late(struct smmu_master *master)
{
	struct smmu_guest_stalls *stalls = &master->iommu->guest_stalls;
	ktime_t now = smmu_guest_stall_clock();
	struct stall *s;
	u32 n = 0;

	guard(mutex)(&stalls->lock);
	list_for_each_entry(s, &stalls->open, node)
		n += s->master == master && !ktime_after(s->until, now);
	stalls->late += n;
	return n;
}

VISIBLE_IF_KUNIT void smmu_guest_stall_expire(struct work_struct *work)
{
	struct smmu_iommu *iommu = container_of(to_delayed_work(work), struct smmu_iommu,
						guest_stalls.expire);
	struct smmu_master *master;

	/* pairs with WRITE_ONCE() in ats_cut.c */
	if (READ_ONCE(iommu->asleep)) {
		smmu_guest_stall_expire_later(iommu, ASLEEP_MS);
		return;
	}
	while ((master = find_late(iommu))) {
		if (!smmu_master_lock_live(master))
			continue;
		if (count_late(master)) {
			dev_notice_ratelimited(master->dev,
					       "a stalled transaction of a guest was not answered in %u ms: this device's are aborted, until it is attached anew\n",
					       smmu_param_guest_stall_ms());
			stop(master, master->stalls.vsmmu);
		}
		smmu_master_unlock_put(master);
	}
}

void smmu_guest_stall_add(struct smmu_iommu *iommu)
{
	mutex_init(&iommu->guest_stalls.lock);
	INIT_LIST_HEAD(&iommu->guest_stalls.open);
	INIT_DELAYED_WORK(&iommu->guest_stalls.expire, smmu_guest_stall_expire);
}

void smmu_guest_stall_del(struct smmu_iommu *iommu)
{
	cancel_delayed_work_sync(&iommu->guest_stalls.expire);
	WARN_ON(!list_empty(&iommu->guest_stalls.open));
}
