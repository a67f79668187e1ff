/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest whose faults stall, and its VMM, which has the faults in a queue and answers them as
 * iommufd does for it. The clock of the deadline is the case's.
 */
#ifndef KUNIT_ON_MODEL_NEST_STALL_H
#define KUNIT_ON_MODEL_NEST_STALL_H

#include "driver/nest.h"

/* IDR5.STALL_MAX of the SMMU; half of these are for guests */
#define NEST_STALL_MAX		16
#define NEST_STALL_SHARE	(NEST_STALL_MAX / 2)

/**
 * struct nest_stall - see the head of this file
 * @n: the guest
 * @master: its device
 * @s1: nested domain with the VMM's queue
 */
struct nest_stall {
	struct nest n;
	struct smmu_master *master;
	struct iommu_domain *s1;
};

/**
 * struct nest_vmm - the VMM; there is one
 * @group: faults without an answer, oldest first
 * @nr: number of them
 * @seen: how many faults there were
 * @prm: the newest
 * @fail: the queue takes none
 * @quota: the parameter guest_stalls
 * @now: time
 * @expire_ms: in how many ms the driver looks at the deadlines; 0 for never
 */
struct nest_vmm {
	struct iopf_group *group[NEST_STALL_MAX];
	u32 nr;
	u32 seen;
	struct iommu_fault_page_request prm;
	bool fail;
	u32 quota;
	ktime_t now;
	u32 expire_ms;
};

extern struct nest_vmm nest_vmm;

/* Make a guest on an SMMU with IDR0.STALL_MODEL = @model. Not attached yet. */
void nest_stall_make(struct kunit *test, struct nest_stall *s, u32 model);
void nest_stall_free(struct kunit *test, struct nest_stall *s);

/* Make a nested domain of the guest, with the VMM's queue or without */
struct iommu_domain *nest_stall_domain(struct kunit *test, struct nest_stall *s, bool queue,
				       u64 more);

/* Attach, as iommufd does: what the VMM still has of the device is answered with "invalid" */
int nest_stall_attach(struct rig_device *d, struct iommu_domain *domain);

/* Take the events out of the queue */
void nest_stall_events(struct nest_stall *s);

/* The VMM answers its @i-th fault */
void nest_stall_answer(u32 i, enum iommu_page_response_code code);

/* Time passes, and the driver looks at deadlines */
void nest_stall_pass(struct nest_stall *s, u32 ms);

#endif
