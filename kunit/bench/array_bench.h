/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KUNIT_BENCH_ARRAY_BENCH_H
#define KUNIT_BENCH_ARRAY_BENCH_H

#include <linux/types.h>

/* Times in ns, one for each repetition */
struct array_times {
	u32 *merge;
	u32 *revive;
	u32 *unref;
};

/**
 * bench_array() - time the array's part of an attach and of a detach
 * @entries: number of entries in the array: one TLB entry, the others ATS
 * @warmup: number of rounds that are not counted
 * @reps: number of rounds that are counted
 * @times: out, @reps of each
 * Return: 0, -ENOMEM, or -EIO when the array has not done what it should
 */
int bench_array(u32 entries, u32 warmup, u32 reps, struct array_times *times);

/**
 * bench_pasids() - time the merge for a new PASID, after other PASIDs have come and gone
 * @ever: number of PASIDs that were attached to the domain before, one after the other
 * @warmup: number of rounds that are not counted
 * @reps: number of rounds that are counted, each with a PASID of its own
 * @merge: out, @reps of it
 * Return: as bench_array()
 *
 * The rounds do to the array what an attach and a detach do in drv/pasid.c: the entries of the
 * last SMMU_IDLE_PASIDS that were detached stay, others are forgotten.
 */
int bench_pasids(u32 ever, u32 warmup, u32 reps, u32 *merge);

#endif
