/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan: from an array and a range to ordered commands, batch by batch, SMMU by SMMU.
 *
 * Each SMMU in the array gets one post:
 *
 *	TLBI ... SYNC [NH_ALL ... SYNC] [ATC_INV ... SYNC] [ATC_INV ... SYNC] ...
 *
 * in one pass over its entries. Commands behind a CMD_SYNC do not begin before it completes
 * (4.7.3), so the CPU does not have to wait for the order. A post that is longer than a batch
 * comes as several batches, of which the last one says that it ends the post. NH_ALL
 * (S2_VMID_S1_CLEAR) is left out where the same VMID got S12_VMALL.
 *
 * What lies between two CMD_SYNCs is a *segment*. All ATC_INVs of a segment are for one StreamID,
 * because a CMD_SYNC that fails does not say which device has not answered (4.5.1). A segment has
 * @atc_segment of the SMMU's features of them at most, and none is cut where a batch ends.
 *
 * The iterator allocates nothing and writes nothing but itself; the caller keeps the array.
 */
#ifndef SMMU_CORE_PLAN_H
#define SMMU_CORE_PLAN_H

#include <linux/types.h>

#include <smmuv3/cmd.h>

#include "array.h"
#include "range.h"

/* Room for the commands of one queue insertion; 1 KiB of stack, never zeroed */
#define SMMU_BATCH_MAX		64

/*
 * Most ATC_INVs between two CMD_SYNCs. A root port keeps at least so many outstanding for a
 * function (PCIe: it has 32 ITags); one more would begin only when the device has answered an
 * earlier one, or has let it time out.
 */
#define SMMU_SEGMENT_MAX	32

/**
 * struct smmu_batch - commands for one SMMU, to be inserted in one go
 * @inst: the SMMU
 * @n: number of commands in @cmd
 * @end: the batch ends the SMMU's post, and cmd[n - 1] is the post's last CMD_SYNC; otherwise more
 *	batches for the same SMMU follow at once
 * @atc: this batch or a later one of the post may have ATC_INVs
 * @cmd: the commands; the first @n are valid
 */
struct smmu_batch {
	struct smmu_inst *inst;
	u32 n;
	bool end;
	bool atc;
	struct smmu_cmd cmd[SMMU_BATCH_MAX];
};

/**
 * struct smmu_plan - state of the iterator; it is small and lives on the stack
 * @array: the array that is walked
 * @range: what to invalidate
 * @tlbi: commands that are left of the entry before @pos
 * @inst: SMMU of the post under way, or NULL
 * @num: number of entries, read once
 * @pos: index of the next entry
 * @repeat_from: index of the first entry of the phase
 * @phase: phase of the post: TLBI, NH_ALL, ATC
 * @atc_sid: StreamID of the segment's ATC_INVs
 * @atc_n: number of ATC_INVs in the segment
 * @atc: the post under way may have ATC_INVs
 * @unsynced: there are commands after the last CMD_SYNC
 * @repeated: in the second round of SMMU_ERRATUM_REPEAT_TLBI
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
	u32 atc_sid;
	u8 atc_n;
	bool atc;
	u8 phase;
	bool unsynced;
	bool repeated;
};

/**
 * smmu_plan_start() - begin a walk
 * @plan: iterator
 * @array: the array; the caller keeps it until the last smmu_plan_next(), see drv/readers.h
 * @range: what to invalidate; it is copied
 */
void smmu_plan_start(struct smmu_plan *plan, const struct smmu_array *array,
		     const struct smmu_range *range);

/**
 * smmu_plan_next() - fill the next batch
 * @plan: iterator
 * @batch: filled; a batch never mixes SMMUs. With SMMU_ERRATUM_SYNC_PER_BATCH every batch ends in
 *	a CMD_SYNC.
 * Return: false when there is nothing left (then @batch is undefined)
 */
bool smmu_plan_next(struct smmu_plan *plan, struct smmu_batch *batch);

/**
 * smmu_plan_single() - make the whole plan at once, if it is one entry and one command
 * @array: as for smmu_plan_start()
 * @range: as for smmu_plan_start()
 * @batch: filled when true is returned: one post, as smmu_plan_next() would fill it
 *
 * This is so for nearly every unmap of the DMA API: its domain is on one SMMU without ATS, and one
 * TLBI covers the range.
 * Return: false when the plan is anything else
 */
bool smmu_plan_single(const struct smmu_array *array, const struct smmu_range *range,
		      struct smmu_batch *batch);

/**
 * smmu_plan_tag_flush() - flush all of one tag, with a CMD_SYNC
 * @inv: a TLB entry that has just lost its last user
 * @batch: filled with one post
 */
void smmu_plan_tag_flush(const struct smmu_inv *inv, struct smmu_batch *batch);

#endif
