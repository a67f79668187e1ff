/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Insertion by compare-and-swap, for comparison: what the in-tree driver's authors have published
 * as an idea, in words of its own. And an insertion that is wrong, which the simulator has to find
 * out.
 */
#ifndef MANYCPU_CAS_H
#define MANYCPU_CAS_H

#include <linux/types.h>

struct smmu_cmd;
struct smmu_cmdq;
struct smmu_deadline;
struct smmu_device;
struct smmu_ticket;

/* Allocate what the queues need for it, after the driver has made them */
void cas_init(struct smmu_device *smmu);

/* As smmu_cmdq_post() with SMMU_POST_NEW */
int cas_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
	     struct smmu_deadline *deadline, struct smmu_ticket *ticket);

/* The place in the queue is taken by a load and a store. Never waits for room. */
int torn_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
	      struct smmu_ticket *ticket);

#endif
