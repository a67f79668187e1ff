// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "hw/device.h"
#include "hw/waits.h"

DEFINE_STATIC_KEY_FALSE(smmu_waits_key);

/* protects @waits_on of all SMMUs, and the allocation of @waits */
static DEFINE_MUTEX(waits_mutex);

void smmu_waits_count(struct smmu_device *smmu, u64 ns)
{
	/* pairs with smp_store_release() in smmu_waits_set() */
	struct smmu_waits __percpu *waits = smp_load_acquire(&smmu->waits);

	/* pairs with WRITE_ONCE() in smmu_waits_set() */
	if (!waits || !READ_ONCE(smmu->waits_on))
		return;
	this_cpu_inc(waits->n[min(fls64(ns), SMMU_WAITS_BUCKETS - 1)]);
	this_cpu_add(waits->ns, ns);
}

int smmu_waits_set(struct smmu_device *smmu, bool on)
{
	struct smmu_waits __percpu *waits;
	int cpu;

	guard(mutex)(&waits_mutex);
	waits = smmu->waits;
	if (smmu->waits_on == on)
		return 0;
	if (!on) {
		/* pairs with READ_ONCE() in smmu_waits_count() */
		WRITE_ONCE(smmu->waits_on, false);
		static_branch_dec(&smmu_waits_key);
		return 0;
	}
	if (!waits)
		waits = alloc_percpu(struct smmu_waits);
	if (!waits)
		return -ENOMEM;
	/* a wait that began when it was on before may still be added */
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(waits, cpu), 0, sizeof(struct smmu_waits));
	/* pairs with smp_load_acquire() in smmu_waits_count() */
	smp_store_release(&smmu->waits, waits);
	WRITE_ONCE(smmu->waits_on, true); /* as above */
	static_branch_inc(&smmu_waits_key);
	return 0;
}

bool smmu_waits_sum(struct smmu_device *smmu, struct smmu_waits *sum)
{
	const struct smmu_waits *one;
	int cpu, i;

	guard(mutex)(&waits_mutex);
	memset(sum, 0, sizeof(*sum));
	if (!smmu->waits)
		return false;
	for_each_possible_cpu(cpu) {
		one = per_cpu_ptr(smmu->waits, cpu);
		for (i = 0; i < SMMU_WAITS_BUCKETS; i++)
			sum->n[i] += READ_ONCE(one->n[i]); /* pairs with this_cpu_inc() above */
		sum->ns += READ_ONCE(one->ns);
	}
	return smmu->waits_on;
}

void smmu_waits_free(struct smmu_device *smmu)
{
	smmu_waits_set(smmu, false);
	free_percpu(smmu->waits);
	smmu->waits = NULL;
}
