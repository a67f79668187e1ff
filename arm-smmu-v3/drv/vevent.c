// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stage-2 fault is about an address that the host has chosen, and it stays with the host. All
 * other events of the list in struct iommu_vevent_arm_smmuv3 go into the vEVENTQ of the vSMMU, with
 * the guest's StreamID.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/slab.h>

#include "core/event.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/vevent.h"
#include "drv/vsmmu.h"

/*
 * A workqueue of the driver's own, because user memory may hold a worker up, and that must not keep
 * other work from being done
 */
static struct workqueue_struct *workqueue;

/**
 * struct vevent - an event in the queue
 * @node: in smmu_vevents.queued
 * @event: the event as the host sees it
 * @dev: the device, referenced
 * @vsid: StreamID of the device in the guest
 * @unheard: see vevent.h
 */
struct vevent {
	struct list_head node;
	struct smmu_event event;
	struct device *dev;
	u32 vsid;
	smmu_vevent_unheard *unheard;
};

int smmu_vevent_init(void)
{
	workqueue = alloc_workqueue("smmuv3-vevent", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return workqueue ? 0 : -ENOMEM;
}

void smmu_vevent_exit(void)
{
	destroy_workqueue(workqueue);
}

void smmu_vevent_work(struct work_struct *work)
{
	queue_work(workqueue, work);
}

void smmu_vevent_work_after(struct delayed_work *work, unsigned long delay)
{
	queue_delayed_work(workqueue, work, delay);
}

static void vevent_drop(struct vevent *v)
{
	put_device(v->dev);
	kfree(v);
}

/* Take the oldest event out of the queue; it is under way from here on */
static struct vevent *vevent_take(struct smmu_vevents *events)
{
	struct vevent *v;

	spin_lock(&events->lock);
	v = list_first_entry_or_null(&events->queued, struct vevent, node);
	if (v) {
		list_del(&v->node);
		events->nr--;
		events->under_way = SMMU_VEVENT_BUSY | v->vsid;
	}
	spin_unlock(&events->lock);
	return v;
}

static void vevent_done(struct smmu_vevents *events)
{
	spin_lock(&events->lock);
	events->under_way = 0;
	spin_unlock(&events->lock);
	wake_up_all(&events->delivered);
}

static int vevent_send(struct smmu_vsmmu *vsmmu, const struct vevent *v)
{
	struct iommu_vevent_arm_smmuv3 vevent;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vevent.evt); i++)
		vevent.evt[i] = cpu_to_le64(v->event.raw[i]);
	vevent.evt[0] &= ~cpu_to_le64(EVENT0_SID);
	vevent.evt[0] |= cpu_to_le64(FIELD_PREP(EVENT0_SID, v->vsid));
	/* the transaction was aborted: a vEVENTQ has no way for an answer */
	if (v->event.stall)
		vevent.evt[1] &= ~cpu_to_le64(EVENT1_STALL | EVENT1_STAG);
	return iommufd_viommu_report_event(&vsmmu->core, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, &vevent,
					   sizeof(vevent));
}

static void vevent_deliver(struct work_struct *work)
{
	struct smmu_vevents *events = container_of(work, struct smmu_vevents, work);
	struct smmu_vsmmu *vsmmu = container_of(events, struct smmu_vsmmu, events);
	struct vevent *v;

	while ((v = vevent_take(events))) {
		if (vevent_send(vsmmu, v))
			v->unheard(vsmmu->iommu, v->dev, &v->event);
		vevent_done(events);
		vevent_drop(v);
		cond_resched();
	}
}

void smmu_vevent_start(struct smmu_vevents *events)
{
	spin_lock_init(&events->lock);
	INIT_LIST_HEAD(&events->queued);
	init_waitqueue_head(&events->delivered);
	INIT_WORK(&events->work, vevent_deliver);
}

void smmu_vevent_stop(struct smmu_vevents *events)
{
	struct vevent *v, *next;

	cancel_work_sync(&events->work);
	list_for_each_entry_safe(v, next, &events->queued, node)
		vevent_drop(v);
}

void smmu_vevent_forget(struct smmu_vevents *events, u32 vsid)
{
	struct vevent *v, *next;
	LIST_HEAD(gone);

	spin_lock(&events->lock);
	list_for_each_entry_safe(v, next, &events->queued, node) {
		if (v->vsid != vsid)
			continue;
		list_move(&v->node, &gone);
		events->nr--;
	}
	spin_unlock(&events->lock);
	list_for_each_entry_safe(v, next, &gone, node)
		vevent_drop(v);
}

static bool vevent_under_way(struct smmu_vevents *events, u32 vsid)
{
	bool ret;

	spin_lock(&events->lock);
	ret = events->under_way == (SMMU_VEVENT_BUSY | vsid);
	spin_unlock(&events->lock);
	return ret;
}

int smmu_vevent_wait(struct smmu_vevents *events, u32 vsid)
{
	return wait_event_killable(events->delivered, !vevent_under_way(events, vsid)) ? -EINTR : 0;
}

/* Is the event in the list in struct iommu_vevent_arm_smmuv3, and not about stage 2? */
static bool is_guest_event(const struct smmu_event *event)
{
	switch (event->id) {
	case EVENT_C_BAD_STE:
	case EVENT_F_STREAM_DISABLED:
	case EVENT_C_BAD_SUBSTREAMID:
	case EVENT_C_BAD_CD:
		return true;
	case EVENT_F_TRANSLATION:
	case EVENT_F_ADDR_SIZE:
	case EVENT_F_ACCESS:
	case EVENT_F_PERMISSION:
		return !event->s2;
	default:
		return false;
	}
}

static bool vevent_enqueue(struct smmu_vevents *events, struct vevent *v)
{
	bool fits;

	spin_lock(&events->lock);
	fits = events->nr < SMMU_VEVENTS_MAX;
	if (fits) {
		list_add_tail(&v->node, &events->queued);
		events->nr++;
	}
	spin_unlock(&events->lock);
	return fits;
}

bool smmu_vevent_report(struct smmu_master *master, const struct smmu_event *event,
			smmu_vevent_unheard *unheard)
{
	struct vevent *v;

	if (!master || !master->vsmmu || !is_guest_event(event))
		return false;
	lockdep_assert_held(&master->iommu->streams_lock);

	/*
	 * no reclaim, because it may wait for user space's file systems while these locks are held
	 */
	v = kmalloc_obj(*v, GFP_NOWAIT);
	if (v) {
		v->event = *event;
		v->dev = get_device(master->dev);
		v->vsid = master->vsid;
		v->unheard = unheard;
		if (vevent_enqueue(&master->vsmmu->events, v)) {
			smmu_vevent_work(&master->vsmmu->events.work);
			return true;
		}
		vevent_drop(v);
	}
	atomic_inc(&master->iommu->vevents_lost);
	return false;
}
