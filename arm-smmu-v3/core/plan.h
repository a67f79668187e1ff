/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan: array + range -> ordered commands, batch by batch, SMMU by SMMU.
 *
 * For each SMMU in the array one post:
 *
 *	TLBI ... SYNC [NH_ALL ... SYNC] [ATC_INV ... SYNC]
 *
 * in one pass over its entries. Commands behind a CMD_SYNC do not begin before it
 * completes (4.7.3), so the order needs no CPU wait. A post that is longer than a
 * batch comes as several batches; only the last one ends the SMMU's post.
 * NH_ALL (S2_VMID_S1_CLEAR) is left out where the same VMID got S12_VMALL.
 *
 * The iterator allocates nothing and reads the array under rcu_read_lock().
 */
#ifndef SMMU_CORE_PLAN_H
#define SMMU_CORE_PLAN_H

#include <linux/types.h>

#include <smmuv3/cmd.h>

#include "array.h"
#include "range.h"

/* Room for a post in one queue insertion; 1 KiB of stack, never zeroed */
#define SMMU_BATCH_MAX		64

/**
 * struct smmu_batch - commands for one SMMU, to be inserted in one go
 * @inst: whose queue
 * @n: commands in @cmd
 * @end: this is the end of the SMMU's post, cmd[n - 1] is its last CMD_SYNC;
 *	otherwise more batches of the same SMMU follow at once
 * @cmd: n of them are valid
 */
struct smmu_batch {
	struct smmu_inst *inst;
	u32 n;
	bool end;
	struct smmu_cmd cmd[SMMU_BATCH_MAX];
};

/**
 * struct smmu_plan - iterator state; small, lives on the stack
 * @array: the array that the plan is of
 * @range: what was changed
 * @tlbi: commands of the entry before @pos
 * @inst: SMMU of the post under way, or NULL
 * @num: entries, read once
 * @pos: next entry
 * @repeat_from: first entry of the phase
 * @phase: of the post: TLBI, NH_ALL, ATC
 * @unsynced: commands since the last CMD_SYNC
 * @repeated: second round of SMMU_ERRATUM_REPEAT_TLBI
 *
 * Opaque; set up by smmu_plan_start().
 */
struct smmu_plan {
	const struct smmu_array *array;
	struct smmu_range range;
	struct smmu_tlbi_iter tlbi;
	struct smmu_inst *inst;
	u32 num;
	u32 pos;
	u32 repeat_from;
	u8 phase;
	bool unsynced;
	bool repeated;
};

/**
 * smmu_plan_start() - begin a walk
 * @plan: iterator
 * @array: under rcu_read_lock() until the last smmu_plan_next()
 * @range: copied
 */
void smmu_plan_start(struct smmu_plan *plan, const struct smmu_array *array,
		     const struct smmu_range *range);

/**
 * smmu_plan_next() - fill the next batch
 * @plan: iterator
 * @batch: filled; a batch never mixes SMMUs. With SMMU_ERRATUM_SYNC_PER_BATCH every
 *	batch ends in a CMD_SYNC.
 * Return: false when there is nothing left (then @batch is undefined)
 */
bool smmu_plan_next(struct smmu_plan *plan, struct smmu_batch *batch);

/**
 * smmu_plan_single() - the whole plan, where it is one entry and one command
 * @array: as for smmu_plan_start()
 * @range: as for smmu_plan_start()
 * @batch: filled on true: one post, as smmu_plan_next() would
 *
 * Nearly every unmap of the DMA API: a domain of one SMMU without ATS, a range that one TLBI
 * covers.
 * Return: false when it is anything else
 */
bool smmu_plan_single(const struct smmu_array *array, const struct smmu_range *range,
		      struct smmu_batch *batch);

/**
 * smmu_plan_tag_flush() - whole-tag flush of one id, with its CMD_SYNC
 * @inv: a TLB entry that has just lost its last user
 * @batch: filled: one post
 */
void smmu_plan_tag_flush(const struct smmu_inv *inv, struct smmu_batch *batch);

#endif
