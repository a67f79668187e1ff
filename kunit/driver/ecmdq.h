/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SMMU with enhanced command queues, and devices that may be silent: what its suites begin with
 */
#ifndef KUNIT_ON_MODEL_ECMDQ_H
#define KUNIT_ON_MODEL_ECMDQ_H

#include "driver/silence.h"

/* Numbers of queues, as model_cmdq_done() counts them */
#define ECMDQ_MAIN	0
#define ECMDQ_ATC	1
#define ECMDQ_TLBI	2

/* 2^@log2_pages control pages with 2^@log2_each queues */
void ecmdq_config(struct model_config *cfg, u32 log2_pages, u32 log2_each);
struct silence *ecmdq_make_with(struct kunit *test, struct model_config *cfg);
/* One control page with 16 queues */
struct silence *ecmdq_make(struct kunit *test);

struct smmu_device *ecmdq_hw(struct silence *s);
/* Commands that a queue has done, and all those for TLBIs together */
u64 ecmdq_done(struct silence *s, u32 nr);
u64 ecmdq_tlbi_done(struct silence *s);
/* The queue that TLBIs of this CPU go to; the caller stays on the CPU */
u32 ecmdq_tlbi_queue(struct silence *s);

/* Make a domain with a page, and attach the device */
struct iommu_domain *ecmdq_mapped(struct kunit *test, struct rig_device *d);
/*
 * Unmap the page, see that the device does not reach it, and map it again. Return: time that the
 * unmap took, in us
 */
u64 ecmdq_unmap(struct kunit *test, struct silence *s, struct rig_device *d,
		struct iommu_domain *domain);

#endif
