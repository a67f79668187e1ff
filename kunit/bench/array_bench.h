/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KUNIT_BENCH_ARRAY_BENCH_H
#define KUNIT_BENCH_ARRAY_BENCH_H

#include <linux/types.h>

/* One for each repetition, in ns */
struct array_times {
	u32 *merge;
	u32 *revive;
	u32 *unref;
};

/**
 * bench_array() - time the array's part of an attach and of a detach
 * @entries: in the array: one TLB entry, the others ATS
 * @warmup: rounds that are not counted
 * @reps: rounds that are
 * @times: out, @reps of each
 * Return: 0, -ENOMEM, -EIO when it has not done what it should
 */
int bench_array(u32 entries, u32 warmup, u32 reps, struct array_times *times);

/**
 * bench_pasids() - time the merge for a PASID that is new, where others have come and gone
 * @ever: PASIDs that were attached to the domain before, one after the other
 * @warmup: as above
 * @reps: as above; each with a PASID of its own
 * @merge: out, @reps of it
 * Return: as above
 *
 * What an attach and a detach do to the array, drv/pasid.c: the entries of the last
 * SMMU_IDLE_PASIDS that were detached stay, others are forgotten.
 */
int bench_pasids(u32 ever, u32 warmup, u32 reps, u32 *merge);

#endif
