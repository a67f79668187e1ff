/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stalls of guests: faults of a guest's stage 1 that wait for the answer of its VMM (Arm IHI 0070,
 * 3.12.2). iopf.h says how a fault goes to a handler and comes back as a CMD_RESUME. This file
 * decides whether the faults of a guest's device may stall, and sees that each ends once and in
 * time, whatever guest and VMM do.
 *
 * A transaction that stalls occupies a place in the SMMU and may hold up other devices (3.12.2.3),
 * and a guest decides for how long. So nothing of a guest stalls unless the administrator says how
 * many transactions may (guest_stalls). The other conditions are those of
 * smmu_guest_stall_may_locked().
 *
 *	attach		SOON	the STE lets faults stall, and the IOMMU core does not know
 *				yet whose they are: each is tried again
 *	worker		OPEN	the attach is over: a fault goes to the handler and is counted
 *	anything bad	OVER	each fault is aborted; S1STALLD, where the SMMU has the choice
 *	detach		NONE
 *
 * A device gets OVER when an answer is late (guest_stall_ms), when it goes on beyond the quota, and
 * when its vDEVICE is destroyed. It stays there until the next attach.
 *
 * Leaving: a stalled transaction that is tried again is translated by what the STE says at that
 * time, and a transaction that is to be terminated may be tried once more before (3.12.2.2). So the
 * STE aborts until every transaction is ended and its CMD_RESUME consumed; only then comes the next
 * STE. The SMMU does not tell when it has terminated them, so this is the most that can be done.
 * What has no record, because it is a duplicate or the queue is full, is tried again when the one
 * before it ends, or when there is room, and then aborts as well. CMD_STALL_TERM would end it too,
 * but would leave records of transactions that must not be answered any more.
 */
#ifndef SMMU_DRV_GUEST_STALL_H
#define SMMU_DRV_GUEST_STALL_H

#include <linux/kconfig.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct iommu_domain;
struct smmu_event;
struct smmu_iommu;
struct smmu_master;
struct smmu_vsmmu;

/* See the head of this file */
enum smmu_stall_state {
	SMMU_STALL_NONE,
	SMMU_STALL_SOON,
	SMMU_STALL_OPEN,
	SMMU_STALL_OVER,
};

/* What becomes of a stalled fault */
enum smmu_stall_fate {
	SMMU_STALL_IS_HOSTS,	/* it is none of a guest's */
	SMMU_STALL_ABORT,
	SMMU_STALL_RETRY,
	SMMU_STALL_REPORT,	/* it is counted, and goes to the handler */
};

/* So many faults beyond the quota, without an answer in between, and a device gets OVER */
#define SMMU_STALL_REFUSALS	64

/**
 * struct smmu_guest_stalls - stalled transactions of guests, of one SMMU
 * @lock: protects all but @expire, and held while a CMD_RESUME for one of them is posted, so that
 *	whoever has ended the transactions of a device knows that all answers were posted
 * @open: struct stall, oldest first
 * @nr: their number
 * @last: number of the newest; never 0 for one
 * @refused: how many were aborted because there were too many
 * @late: how many were aborted because no answer came in time
 * @expire: ends those whose time is over
 */
struct smmu_guest_stalls {
	struct mutex lock;	/* @open, @nr, @last, @refused, @late */
	struct list_head open;
	u32 nr;
	u64 last;
	u64 refused;
	u64 late;
	struct delayed_work expire;
};

/**
 * struct smmu_stalls_of - a master's part
 * @vsmmu: the vSMMU through which it is attached; NULL in NONE, and without a vDEVICE
 * @state: enum smmu_stall_state
 * @seq: how often the master has got SOON
 * @refused: faults beyond the quota since the last answer
 * @work: lets the faults out when the attach is over; writes S1STALLD
 *
 * @vsmmu, @state and @seq are written under the lock of the master and iommu->streams_lock, except
 * that the event thread sets OVER under streams_lock alone. @refused is under guest_stalls.lock.
 */
struct smmu_stalls_of {
	struct smmu_vsmmu *vsmmu;
	u8 state;
	u32 seq;
	u32 refused;
	struct work_struct work;
};

#if COMPAT_IOMMUFD

/* Called when the module is loaded and unloaded. Return: 0 or -ENOMEM */
int smmu_guest_stall_init(void);
void smmu_guest_stall_exit(void);

/* For a new SMMU; for one whose masters have gone */
void smmu_guest_stall_add(struct smmu_iommu *iommu);
void smmu_guest_stall_del(struct smmu_iommu *iommu);

/* For a new master; for one that was released. The lock of the master is not held. */
void smmu_guest_stall_new(struct smmu_master *master);
void smmu_guest_stall_gone(struct smmu_master *master);

/* How many transactions of one vSMMU behind the SMMU may be stalled; 0 for none of any guest */
u32 smmu_guest_stall_quota(const struct smmu_iommu *iommu);

/* May faults of the device stall when a guest has it? This is what VMMs are told. */
bool smmu_guest_stall_capable(const struct smmu_master *master);

/**
 * smmu_guest_stall_may_locked() - may faults of the device stall in a nested domain?
 * @master: device
 * @vsmmu: vSMMU of the domain
 * @domain: nested domain
 * @vste: words 0 and 1 of the guest's STE for this device, checked
 *
 * Return: true where the device may stall, the domain has a fault queue, the guest has not set
 * S1STALLD in a STE for stage 1, and a vDEVICE tells the guest of the device
 */
bool smmu_guest_stall_may_locked(const struct smmu_master *master, const struct smmu_vsmmu *vsmmu,
				 const struct iommu_domain *domain, const __le64 *vste);

/* Parts of smmu_attach_commit_locked(): the device leaves a domain; it enters one of this vSMMU */
void smmu_guest_stall_leave_locked(struct smmu_master *master);
void smmu_guest_stall_enter_locked(struct smmu_master *master, struct smmu_vsmmu *vsmmu);

/**
 * smmu_guest_stall_join() - let faults go to the handler when the attach is over
 * @master: attached to a nested domain, in any state; its lock is not held
 *
 * The core stores whose faults they are after the attach callback has returned, so a worker waits
 * for the attach to be over.
 */
void smmu_guest_stall_join(struct smmu_master *master);

/* The device has lost its vDEVICE. Its faults are aborted until the next attach. */
void smmu_guest_stall_orphan_locked(struct smmu_master *master);

/**
 * smmu_guest_stall_open() - decide what becomes of a stalled fault of stage 1
 * @master: owner of the stream; streams_lock is held
 * @event: as the event thread has it
 * @id: out: number of the fault, for smmu_guest_stall_answer(); 0 for one that is not a guest's
 * Return: SMMU_STALL_*
 */
enum smmu_stall_fate smmu_guest_stall_open(struct smmu_master *master,
					   const struct smmu_event *event, u64 *id);

/**
 * smmu_guest_stall_answer() - answer a fault
 * @iommu: SMMU
 * @id: from smmu_guest_stall_open()
 * @retry: try the transaction again, else abort it
 *
 * Does nothing when the transaction has ended already. May sleep, for a moment.
 */
void smmu_guest_stall_answer(struct smmu_iommu *iommu, u64 id, bool retry);

#if IS_ENABLED(CONFIG_KUNIT)
/* For suites to replace, and to call in place of the work items */
ktime_t smmu_guest_stall_clock(void);
void smmu_guest_stall_expire_later(struct smmu_iommu *iommu, u32 ms);
void smmu_guest_stall_expire(struct work_struct *work);
#endif

#else

static inline int smmu_guest_stall_init(void)
{
	return 0;
}

static inline void smmu_guest_stall_exit(void)
{
}

static inline void smmu_guest_stall_add(struct smmu_iommu *iommu)
{
}

static inline void smmu_guest_stall_del(struct smmu_iommu *iommu)
{
}

static inline void smmu_guest_stall_new(struct smmu_master *master)
{
}

static inline void smmu_guest_stall_gone(struct smmu_master *master)
{
}

static inline bool smmu_guest_stall_capable(const struct smmu_master *master)
{
	return false;
}

static inline void smmu_guest_stall_leave_locked(struct smmu_master *master)
{
}

static inline void smmu_guest_stall_enter_locked(struct smmu_master *master,
						 struct smmu_vsmmu *vsmmu)
{
}

static inline enum smmu_stall_fate smmu_guest_stall_open(struct smmu_master *master,
							 const struct smmu_event *event,
							 u64 *id)
{
	return SMMU_STALL_IS_HOSTS;
}

static inline void smmu_guest_stall_answer(struct smmu_iommu *iommu, u64 id, bool retry)
{
}

#endif

#endif
