// SPDX-License-Identifier: GPL-2.0-only
#include <linux/srcu.h>

#include "core/array.h"
#include "drv/readers.h"

/* Readers that have stepped out */
DEFINE_STATIC_SRCU(out);

int smmu_reader_step_out(void)
{
	/* before RCU is left: see the two grace periods below */
	int idx = srcu_read_lock(&out);

	rcu_read_unlock();
	return idx;
}

void smmu_reader_end(int idx)
{
	srcu_read_unlock(&out, idx);
}

void smmu_readers_wait(void)
{
	/* after this, a reader that has begun before has ended or has stepped out */
	synchronize_rcu();
	synchronize_srcu(&out);
}

static void free_array(struct rcu_head *rcu)
{
	smmu_array_free(container_of(rcu, struct smmu_array, rcu));
}

/* As smmu_readers_wait() */
static void free_array_out(struct rcu_head *rcu)
{
	call_srcu(&out, rcu, free_array);
}

void smmu_readers_free(struct smmu_array *array)
{
	if (array)
		call_rcu(&array->rcu, free_array_out);
}

void smmu_readers_exit(void)
{
	rcu_barrier();
	srcu_barrier(&out);
}
