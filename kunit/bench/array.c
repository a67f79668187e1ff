// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of merge, revive and unref in an array with a given number of entries, used as an
 * attach and a detach use them. core/array.c is built into this module, so that it can be timed
 * with any driver loaded, or with none.
 */
#include <kunit/visibility.h>
#include <linux/export.h>

#undef EXPORT_SYMBOL_IF_KUNIT
#define EXPORT_SYMBOL_IF_KUNIT(name)
#include "../../arm-smmu-v3/core/array.c"

#include <linux/sched/clock.h>
#include <linux/sched.h>

#include "../../arm-smmu-v3/drv/pasid.h"
#include "array_bench.h"

static struct smmu_inst smmu = { .nr = 1 };

static struct smmu_array *of(u32 entries, u32 first_sid, u32 step)
{
	struct smmu_inv inv = { .inst = &smmu, .type = SMMU_INV_S1_ASID, .id = 1, .pgshift = 12 };
	struct smmu_array *array = smmu_array_alloc(entries, GFP_KERNEL);
	u32 i;

	if (!array)
		return NULL;
	smmu_array_add(array, &inv);
	inv.type = SMMU_INV_ATS;
	for (i = 1; i < entries; i++) {
		inv.id = first_sid + (i - 1) * step;
		smmu_array_add(array, &inv);
	}
	return array;
}

int bench_array(u32 entries, u32 warmup, u32 reps, struct array_times *times)
{
	struct smmu_array *array = of(entries, 2, 2);
	/* one device joins in the middle, another one comes back */
	struct smmu_array *joins = of(2, entries | 1, 0);
	struct smmu_array *returns = of(min(entries, 2U), max(2U, entries & ~1U), 0);
	int ret = array && joins && returns ? 0 : -ENOMEM;
	struct smmu_array *merged;
	u64 t0, t1, t2, t3;
	u32 i;

	for (i = 0; i < warmup + reps && !ret; i++) {
		t0 = local_clock();
		merged = smmu_array_merge(array, joins, GFP_KERNEL);
		t1 = local_clock();
		if (IS_ERR(merged)) {
			ret = PTR_ERR(merged);
			break;
		}
		if (merged->len != entries + 1)
			ret = -EIO;
		smmu_array_free(merged);
		t2 = local_clock();
		if (!smmu_array_revive(array, returns))
			ret = -EIO;
		t3 = local_clock();
		if (i >= warmup) {
			times->merge[i - warmup] = t1 - t0;
			times->revive[i - warmup] = t3 - t2;
		}
		t0 = local_clock();
		smmu_array_unref(array, returns);
		t1 = local_clock();
		if (i >= warmup)
			times->unref[i - warmup] = t1 - t0;
		cond_resched();
	}
	smmu_array_free(array);
	smmu_array_free(joins);
	smmu_array_free(returns);
	return ret;
}

/* Attach PASID @ssid, detach it, and forget the PASID that was detached longest ago */
static struct smmu_array *cycle(struct smmu_array *array, struct smmu_array *scratch, u32 ssid,
				u32 *time)
{
	struct smmu_inv tlb = { .inst = &smmu, .type = SMMU_INV_S1_ASID, .id = 1, .pgshift = 12 };
	struct smmu_inv ats = { .inst = &smmu, .type = SMMU_INV_ATS, .id = 2, .ssid = ssid };
	struct smmu_array *merged;
	struct smmu_inv *old;
	u64 start;

	smmu_array_clear(scratch);
	smmu_array_add(scratch, &tlb);
	smmu_array_add(scratch, &ats);
	start = local_clock();
	merged = smmu_array_merge(array, scratch, GFP_KERNEL);
	*time = local_clock() - start;
	if (IS_ERR(merged))
		return merged;
	smmu_array_free(array);
	smmu_array_unref(merged, scratch);
	if (ssid > SMMU_IDLE_PASIDS) {
		ats.ssid = ssid - SMMU_IDLE_PASIDS;
		old = smmu_array_find(merged, &ats);
		if (old)
			smmu_array_forget(merged, old);
	}
	return merged;
}

int bench_pasids(u32 ever, u32 warmup, u32 reps, u32 *merge)
{
	struct smmu_array *array = smmu_array_alloc(0, GFP_KERNEL);
	struct smmu_array *scratch = smmu_array_alloc(2, GFP_KERNEL), *next;
	int ret = array && scratch ? 0 : -ENOMEM;
	u32 i, time;

	for (i = 0; i < ever + warmup + reps && !ret; i++) {
		next = cycle(array, scratch, i + 1, &time);
		if (IS_ERR(next)) {
			ret = PTR_ERR(next);
			break;
		}
		array = next;
		if (i >= ever + warmup)
			merge[i - ever - warmup] = time;
		cond_resched();
	}
	smmu_array_free(array);
	smmu_array_free(scratch);
	return ret;
}
