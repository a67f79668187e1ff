/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of guests' stage 1, and how they reach the guest.
 *
 *	event thread			worker of the vSMMU
 *	------------			-------------------
 *	evtq.lock, streams_lock
 *	smmu_vevent_report(): queued -> delivered: iommufd's locks, and none of this driver's
 *
 * The event thread must not call iommufd. The lock over a vIOMMU's vEVENTQs is held while user
 * memory is written, and user memory may keep the writer waiting for ever (userfaultfd, FUSE). If
 * the event thread waited there with its locks held, every attach of the host would stop.
 *
 * An event in the queue belongs to its vSMMU. When the vIOMMU is destroyed, the queue is dropped
 * and the event that is being delivered is waited for; an attach never does that. The queue is
 * bounded. An event that finds no room is reported by the host, and counted ("vevents_lost" in
 * debugfs).
 *
 * An event never carries a vSID that has been given to another device meanwhile. When a vDEVICE is
 * destroyed, the events queued under its vSID are dropped, and the next vDEVICE with that vSID
 * waits for the event that is being delivered.
 */
#ifndef SMMU_DRV_VEVENT_H
#define SMMU_DRV_VEVENT_H

#include <linux/bits.h>
#include <linux/kconfig.h>
#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct device;
struct smmu_event;
struct smmu_iommu;
struct smmu_master;
struct smmu_vsmmu;

/* How many events of one vSMMU may wait for its worker */
#define SMMU_VEVENTS_MAX	128

/**
 * struct smmu_vevents - the events of a struct smmu_vsmmu
 * @lock: protects the fields below it; innermost lock
 * @queued: events in the queue, oldest first
 * @nr: number of events in @queued
 * @under_way: vSID of the event that the worker is delivering, with SMMU_VEVENT_BUSY; or 0
 * @delivered: woken up when @under_way becomes 0
 * @work: the worker
 */
struct smmu_vevents {
	spinlock_t lock;	/* @queued, @nr, @under_way */
	struct list_head queued;
	u32 nr;
	u64 under_way;
	wait_queue_head_t delivered;
	struct work_struct work;
};

#define SMMU_VEVENT_BUSY	BIT_ULL(32)

/*
 * Called when the worker could not deliver an event, because there is no vEVENTQ or no memory.
 * Process context, no locks held.
 */
typedef void smmu_vevent_unheard(struct smmu_iommu *iommu, struct device *dev,
				 const struct smmu_event *event);

#if COMPAT_IOMMUFD

/* Called when the module is loaded and unloaded. Return: 0 or -ENOMEM */
int smmu_vevent_init(void);
void smmu_vevent_exit(void);

/*
 * Have a worker do what may wait for user memory. Any context; whoever owns @work ends it before
 * the module is unloaded.
 */
void smmu_vevent_work(struct work_struct *work);
/* The same, @delay jiffies later, unless it waits already */
void smmu_vevent_work_after(struct delayed_work *work, unsigned long delay);

/* Initialise the events of a new vSMMU, which nothing uses yet */
void smmu_vevent_start(struct smmu_vevents *events);
/*
 * Drop the events of a vSMMU that no master points to any more. Waits for the worker, and so for
 * user memory.
 */
void smmu_vevent_stop(struct smmu_vevents *events);

/*
 * Drop the events that are queued under a vSID, because its vDEVICE is destroyed. No master has the
 * vSID any more.
 */
void smmu_vevent_forget(struct smmu_vevents *events, u32 vsid);

/**
 * smmu_vevent_wait() - wait before a device gets a vSID
 * @events: of the vSMMU
 * @vsid: smmu_vevent_forget() was called for it, if another device had it before
 *
 * Waits for an event of the device that had the vSID before, if one is being delivered.
 * Return: 0, or -EINTR when the task is killed while it waits
 */
int smmu_vevent_wait(struct smmu_vevents *events, u32 vsid);

/**
 * smmu_vevent_report() - tell the guest of a fault
 * @master: owner of the stream, or NULL; iommu->streams_lock is held
 * @event: decoded
 * @unheard: called when the event cannot be delivered after all
 *
 * Does not sleep.
 * Return: true when the event is queued; else the host reports it
 */
bool smmu_vevent_report(struct smmu_master *master, const struct smmu_event *event,
			smmu_vevent_unheard *unheard);

#else

static inline int smmu_vevent_init(void)
{
	return 0;
}

static inline void smmu_vevent_exit(void)
{
}

static inline bool smmu_vevent_report(struct smmu_master *master, const struct smmu_event *event,
				      smmu_vevent_unheard *unheard)
{
	return false;
}

#endif

#endif
