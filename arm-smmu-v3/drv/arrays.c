// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rcupdate.h>
#include <linux/wait_bit.h>

#include "core/array.h"
#include "core/tag.h"
#include "drv/arrays.h"
#include "drv/readers.h"

/* For what the mutex protects see arrays.h */
DEFINE_MUTEX(smmu_arrays_mutex);
LIST_HEAD(smmu_domains);

void smmu_arrays_add(struct smmu_domain *sd)
{
	mutex_lock(&smmu_arrays_mutex);
	list_add_tail(&sd->node, &smmu_domains);
	mutex_unlock(&smmu_arrays_mutex);
}

void smmu_domain_let_go_locked(struct smmu_domain *sd)
{
	lockdep_assert_held(&smmu_arrays_mutex);

	/* pairs with READ_ONCE() in smmu_domain_wait_leavers() */
	WRITE_ONCE(sd->leavers, sd->leavers - 1);
	if (sd->leavers)
		return;
	/* orders @leavers before the look for a waiter; pairs with prepare_to_wait_event() */
	smp_mb();
	wake_up_var(&sd->leavers);
}

void smmu_domain_wait_leavers(struct smmu_domain *sd)
{
	/* pairs with WRITE_ONCE() in smmu_domain_let_go_locked() */
	wait_var_event(&sd->leavers, !READ_ONCE(sd->leavers));
}

void smmu_arrays_publish_locked(struct smmu_domain *sd, struct smmu_array *array)
{
	struct smmu_array *old = smmu_domain_array(sd);
	const char *broken;

	lockdep_assert_held(&smmu_arrays_mutex);

	/* kernels with lock debugging check every array, too */
	if (IS_ENABLED(CONFIG_PROVE_LOCKING)) {
		broken = smmu_array_check(array);
		WARN_ONCE(broken, "array of domain %u: %s\n", sd->id, broken);
	}
	/* pairs with rcu_dereference() in smmu_walk_range() */
	rcu_assign_pointer(sd->invs, array);
	smmu_readers_free(old);
}

u32 smmu_arrays_reclaim_locked(struct smmu_inst *inst, u8 type)
{
	struct smmu_domain *sd;
	u32 n = 0;

	lockdep_assert_held(&smmu_arrays_mutex);

	list_for_each_entry(sd, &smmu_domains, node)
		n += smmu_tag_reclaim(smmu_domain_array(sd), inst, type);
	return n;
}

void smmu_arrays_forget_stream(struct smmu_inst *inst, u32 sid)
{
	struct smmu_domain *sd;

	guard(mutex)(&smmu_arrays_mutex);
	list_for_each_entry(sd, &smmu_domains, node)
		smmu_array_forget_stream(smmu_domain_array(sd), inst, sid);
}

void smmu_arrays_forget_smmu(struct smmu_inst *inst)
{
	struct smmu_domain *sd;
	struct smmu_array *purged;

	mutex_lock(&smmu_arrays_mutex);
	list_for_each_entry(sd, &smmu_domains, node) {
		smmu_tag_reclaim(smmu_domain_array(sd), inst, SMMU_INV_TYPES);
		purged = smmu_array_purge(smmu_domain_array(sd), GFP_KERNEL | __GFP_NOFAIL);
		if (purged)
			smmu_arrays_publish_locked(sd, purged);
	}
	mutex_unlock(&smmu_arrays_mutex);
	smmu_readers_wait();
}
