/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SMMU with several command queues, and devices that may be silent: what its suites begin with.
 * Most cases are the same for ECMDQs and for the queues of a CMDQ-V companion.
 */
#ifndef KUNIT_ON_MODEL_QUEUES_H
#define KUNIT_ON_MODEL_QUEUES_H

#include "driver/silence.h"

/* Numbers of queues, as model_cmdq_done() counts them */
#define QUEUES_MAIN	0
#define QUEUES_ATC	1
#define QUEUES_TLBI	2

/* Give an SMMU that is described already queues of the suite's kind; ECMDQs unless changed */
void queues_add(struct model_config *cfg);
/* Functions for suites, to be called before their first case, which choose the kind */
int queues_are_ecmdqs(struct kunit_suite *suite);
int queues_are_vcmdqs(struct kunit_suite *suite);

/* The default SMMU with such queues: 16 of them */
void queues_config(struct model_config *cfg);
struct silence *queues_make_with(struct kunit *test, struct model_config *cfg);
struct silence *queues_make(struct kunit *test);

struct smmu_device *queues_hw(struct silence *s);
/* Commands that a queue has done, and all those for TLBIs together */
u64 queues_done(struct silence *s, u32 nr);
u64 queues_tlbi_done(struct silence *s);
/* The queue that TLBIs of this CPU go to; the caller stays on the CPU */
u32 queues_tlbi_queue(struct silence *s);

/* Make a domain with a page, and attach the device */
struct iommu_domain *queues_mapped(struct kunit *test, struct rig_device *d);
/*
 * Unmap the page, see that the device does not reach it, and map it again. Return: time that the
 * unmap took, in us
 */
u64 queues_unmap(struct kunit *test, struct silence *s, struct rig_device *d,
		 struct iommu_domain *domain);

#endif
