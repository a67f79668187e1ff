/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of guests' stage 1 on their way to the guest.
 *
 *	event thread			worker of the vSMMU
 *	------------			-------------------
 *	evtq.lock, streams_lock
 *	smmu_vevent_report(): queued -> delivered: iommufd's locks, and nothing of ours
 *
 * Into iommufd the event thread must not go: the lock over a vIOMMU's vEVENTQs is held while user
 * memory is written, and user memory may keep whoever writes it waiting for ever (userfaultfd,
 * FUSE). With the locks of the event thread held, that would stop every attach of the host.
 *
 * What is queued belongs to its vSMMU: the vIOMMU's end drops it and waits for the one that is
 * under way, an attach never does. The queue is bounded; what finds no room is the host's to
 * report, and counted ("vevents_lost" in debugfs).
 *
 * An event never carries a vSID that has been given to another device meanwhile: what is queued
 * under it goes with the vDEVICE, and the next vDEVICE of that vSID waits for the one under way.
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

/* Events of one vSMMU that may wait for its worker */
#define SMMU_VEVENTS_MAX	128

/**
 * struct smmu_vevents - part of a struct smmu_vsmmu
 * @lock: protects what follows; innermost
 * @queued: oldest first
 * @nr: how many
 * @under_way: vSID of the event that the worker is delivering, and SMMU_VEVENT_BUSY; or 0
 * @delivered: woken up when that changes
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

/* The worker found nobody to tell: no vEVENTQ, no memory. Process context, no locks held. */
typedef void smmu_vevent_unheard(struct smmu_iommu *iommu, struct device *dev,
				 const struct smmu_event *event);

#if IS_ENABLED(CONFIG_IOMMUFD)

/* With the module. Return: 0 or -ENOMEM */
int smmu_vevent_init(void);
void smmu_vevent_exit(void);

/* With a vSMMU: nobody knows it yet */
void smmu_vevent_start(struct smmu_vevents *events);
/* No master names it any more. Waits for the worker, and so for user memory. */
void smmu_vevent_stop(struct smmu_vevents *events);

/* The vSID has lost its device: drop what is queued under it. No master has it any more. */
void smmu_vevent_forget(struct smmu_vevents *events, u32 vsid);

/**
 * smmu_vevent_wait() - before a device gets the vSID
 * @events: of the vSMMU
 * @vsid: forgotten, if it was another's
 *
 * Return: 0, or -EINTR when killed while waiting for an event of whoever had it before
 */
int smmu_vevent_wait(struct smmu_vevents *events, u32 vsid);

/**
 * smmu_vevent_report() - tell the guest of a fault
 * @master: whose, or NULL; iommu->streams_lock held
 * @event: decoded
 * @unheard: what to do when it cannot be delivered after all
 * Return: true when it is on its way; else it is the host's to report. Does not sleep.
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
