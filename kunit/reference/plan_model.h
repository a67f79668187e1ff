/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan under test, and what it should have done.
 *
 * Every walk goes through plan_run(). It checks what holds for any walk (one post per SMMU, legal
 * commands in every batch and nothing else written, a CMD_SYNC at the end of a post) and writes
 * all commands into a log. plan_model() makes the log that is wanted: it goes over the array once
 * for each phase of each SMMU and knows no batches.
 */
#ifndef SMMU_KUNIT_PLAN_MODEL_H
#define SMMU_KUNIT_PLAN_MODEL_H

#include <linux/types.h>

#include "core/cmd.h"
#include "core/plan.h"

#define PLAN_SMMUS	8
#define PLAN_LINES	8192
#define PLAN_ENTRIES	600
#define PLAN_SOIL	0xee

struct kunit;

struct plan_line {
	struct smmu_inst *inst;
	struct smmu_cmd cmd;
	bool split;		/* last command of a batch, the post goes on */
};

struct plan_log {
	struct plan_line *line;
	u32 n;
};

/* test->priv of the suite. SMMUs 0 to 7 have range invalidation and no errata. */
struct plan_rig {
	struct kunit *test;
	struct smmu_inst *inst;
	struct smmu_array *array;
	struct smmu_batch *batch;
	struct plan_log got;
	struct plan_log want;
	u32 batches;
	u32 posts;
};

/* Make a rig; @test owns all its memory */
struct plan_rig *plan_rig_new(struct kunit *test);

/* Change an SMMU: it has all stages, ATS, EL2, and @flags */
void plan_feat(struct smmu_inst *inst, u32 flags, u32 errata);

/* Add an entry to the array */
void plan_add(struct plan_rig *rig, u32 smmu, u8 type, u32 id, u32 ssid);

/*
 * Call smmu_plan_next() once, check and log the batch; false at the end of the walk. @post: SMMU
 * whose post is under way, NULL at first
 */
bool plan_step(struct plan_rig *rig, struct smmu_plan *plan,
	       struct smmu_inst **post);

/* Make a whole walk and log it in rig->got */
void plan_run(struct plan_rig *rig, const struct smmu_range *range);

/* Check what holds for every batch */
void plan_check_batch(struct plan_rig *rig);

/* Log the wanted walk in rig->want */
void plan_model(struct plan_rig *rig, const struct smmu_range *range);

/* Compare rig->got with rig->want */
void plan_compare(struct plan_rig *rig);

void plan_run_and_compare(struct plan_rig *rig, const struct smmu_range *range);

static inline bool plan_is_sync(const struct smmu_cmd *cmd)
{
	return smmu_cmd_opcode(cmd) == CMD_SYNC;
}

#endif
