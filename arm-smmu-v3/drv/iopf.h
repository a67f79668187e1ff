/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that somebody answers: a device that may stall, on a domain with a fault handler
 * (SVA, iommufd's fault queues). The event goes to the kernel's I/O page fault layer, its
 * answer becomes CMD_RESUME (Arm IHI 0070, 3.12.2, 4.6.1).
 *
 *	SMMU: event, stalled ----> event thread ----> iommu_report_device_fault()
 *	                                                   | queued, or to user space
 *	SMMU: CMD_RESUME <---- smmu_iopf_answer() <--------+
 *
 * Leaving the domain: first its CD or STE goes, so that nothing new stalls for it. Then the
 * event queue is emptied up to where it is, the handlers in the kernel are waited for, and
 * what is left (with user space) is answered with failure. Only then may the core free the
 * domain. This takes place outside the attach mutex: a handler may drop the last reference
 * to an mm, and the mm's end takes that mutex.
 */
#ifndef SMMU_DRV_IOPF_H
#define SMMU_DRV_IOPF_H

#include <linux/types.h>

struct device;
struct iommu_domain;
struct iommu_page_response;
struct iopf_fault;
struct smmu_binding;
struct smmu_event;
struct smmu_iommu;
struct smmu_master;

#ifdef CONFIG_IOMMU_IOPF
/* At probe; may sleep. Return: 0, -ENOMEM; nothing to do without stalls */
int smmu_iopf_init(struct smmu_iommu *iommu);
/* The event interrupt is gone */
void smmu_iopf_exit(struct smmu_iommu *iommu);

/* May its faults stall, if a domain's handler answers them? Called once, at probe */
bool smmu_iopf_capable(const struct smmu_master *master);

/**
 * smmu_iopf_enter_locked() - its faults will be answered
 * @next: attachment that is being made; @next->iopf is set where the device can stall and
 *	the domain has a handler
 * @domain: what the core attaches: next->domain, or the nested domain over it
 *
 * Attach mutex held. Return: 0, -ENOMEM
 */
int smmu_iopf_enter_locked(struct smmu_binding *next, const struct iommu_domain *domain);

/**
 * smmu_iopf_leave_locked() - the attachment has gone, or was not made
 * @at: @at->iopf is cleared. Attach mutex held; smmu_iopf_flush() has to follow.
 */
void smmu_iopf_leave_locked(struct smmu_binding *at);

/**
 * smmu_iopf_flush() - see that no fault of what was left is under way
 * @master: the SMMU has confirmed that it left. See the head of this file.
 *
 * Neither the attach mutex nor streams_lock is held. May wait for handlers.
 */
void smmu_iopf_flush(struct smmu_master *master);

/**
 * smmu_iopf_report() - a stalled translation fault
 * @master: whose stream it is; streams_lock held
 * @event: of the event thread
 * @ended: out: the transaction was answered, or will be
 * Return: true when a handler has it; else a line in the log is due
 */
bool smmu_iopf_report(struct smmu_master *master, const struct smmu_event *event,
		      bool *ended);

/* The core's page_response */
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
