/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that a handler answers: the device may stall, and its domain has a fault handler (SVA,
 * iommufd's fault queues). The event goes to the kernel's I/O page fault layer, and the answer of
 * that layer becomes a CMD_RESUME (Arm IHI 0070, 3.12.2, 4.6.1). Or the device has PRI: pri.h.
 *
 *	SMMU: event, stalled ----> event thread ----> iommu_report_device_fault()
 *	                                                   | queued, or to user space
 *	SMMU: CMD_RESUME <---- smmu_iopf_answer() <--------+
 *
 * Leaving a domain takes these steps. First the CD or STE goes, so that nothing new stalls for the
 * domain. Then the event queue is emptied up to its present end, the handlers in the kernel are
 * waited for, and faults that are still open (with user space) are answered with failure. Only then
 * may the IOMMU core free the domain. All this takes place outside the lock of the master, because
 * a handler may drop the last reference to an mm, and the end of the mm takes that lock.
 */
#ifndef SMMU_DRV_IOPF_H
#define SMMU_DRV_IOPF_H

#include <linux/iommu.h>
#include <linux/types.h>

#include "drv/master.h"

struct device;
struct iommu_page_response;
struct iopf_fault;
struct smmu_event;
struct smmu_iommu;

#if COMPAT_IOPF
/*
 * Allocate the SMMU's queue for page faults, at probe; may sleep. Does nothing where the SMMU does
 * not stall and devices may not use PRI. Return: 0, -ENOMEM
 */
int smmu_iopf_init(struct smmu_iommu *iommu);
/* Free the queue. The event interrupt is gone. */
void smmu_iopf_exit(struct smmu_iommu *iommu);

/* May faults of the device stall, if a domain's handler answers them? Called once, at probe. */
bool smmu_iopf_capable(const struct smmu_master *master);

/* The rest of smmu_iopf_enter_locked(), for a domain with a handler */
int smmu_iopf_count_locked(struct smmu_binding *next, const struct iommu_domain *domain);
/* The rest of smmu_iopf_flush(), for a master that has left such a domain */
void smmu_iopf_wait(struct smmu_master *master);

/**
 * smmu_iopf_enter_locked() - prepare that faults of a binding are answered
 * @next: binding that is being made; @next->iopf is set where the device can stall, or has PRI,
 *	and the domain has a handler
 * @domain: what the IOMMU core attaches: next->domain, or the nested domain over it
 *
 * Return: 0 or -ENOMEM
 */
static inline int smmu_iopf_enter_locked(struct smmu_binding *next,
					 const struct iommu_domain *domain)
{
	return domain->iopf_handler ? smmu_iopf_count_locked(next, domain) : 0;
}

/**
 * smmu_iopf_leave_locked() - note that a binding has left its domain, or did not enter it
 * @at: binding; @at->iopf is cleared
 *
 * The caller calls smmu_iopf_flush() after giving the lock of the master back.
 */
void smmu_iopf_leave_locked(struct smmu_binding *at);

/**
 * smmu_iopf_flush() - see that no fault of a domain that was left is under way
 * @master: the SMMU has confirmed that the master has left. See the head of this file.
 *
 * Neither the lock of the master nor streams_lock is held. May wait for handlers. The IOMMU core
 * makes one change of a master at a time.
 */
static inline void smmu_iopf_flush(struct smmu_master *master)
{
	if (READ_ONCE(master->iopf_left))
		smmu_iopf_wait(master);
}

/**
 * smmu_iopf_report() - hand a stalled translation fault to a handler
 * @master: owner of the stream; streams_lock is held
 * @event: as the event thread has it
 * @ended: out: the transaction was answered, or will be
 * Return: true when a handler has it; else the caller logs the event
 */
bool smmu_iopf_report(struct smmu_master *master, const struct smmu_event *event,
		      bool *ended);

/* iommu_ops.page_response */
void smmu_iopf_answer(struct device *dev, struct iopf_fault *fault,
		      struct iommu_page_response *resp);
#else
static inline int smmu_iopf_init(struct smmu_iommu *iommu)
{
	return 0;
}

static inline void smmu_iopf_exit(struct smmu_iommu *iommu)
{
}

static inline bool smmu_iopf_capable(const struct smmu_master *master)
{
	return false;
}

static inline int smmu_iopf_enter_locked(struct smmu_binding *next,
					 const struct iommu_domain *domain)
{
	return 0;
}

static inline void smmu_iopf_leave_locked(struct smmu_binding *at)
{
}

static inline void smmu_iopf_flush(struct smmu_master *master)
{
}

static inline bool smmu_iopf_report(struct smmu_master *master,
				    const struct smmu_event *event, bool *ended)
{
	return false;
}

#define smmu_iopf_answer	NULL
#endif

#endif
