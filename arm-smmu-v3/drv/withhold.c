// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <compat/ida.h>

#include "core/inst.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/pgtable.h"
#include "drv/readers.h"
#include "drv/withhold.h"

/* Domains that are being freed or whose page table is withheld; under smmu_arrays_mutex */
static LIST_HEAD(leaving);
static atomic_t tables = ATOMIC_INIT(0);

void smmu_withhold_note_locked(struct smmu_domain *sd, const struct smmu_inst *inst)
{
	int ret;

	lockdep_assert_held(&smmu_arrays_mutex);

	ret = ida_alloc_range(&sd->unconfirmed, inst->nr, inst->nr, GFP_KERNEL);
	/* -ENOSPC: the domain has the number already */
	if (ret == -ENOMEM)
		sd->for_good = true;
}

void smmu_withhold_begin_locked(struct smmu_domain *sd)
{
	lockdep_assert_held(&smmu_arrays_mutex);

	list_add(&sd->node, &leaving);
}

static bool is_used(struct smmu_domain *sd)
{
	return sd->for_good || !ida_is_empty(&sd->unconfirmed);
}

bool smmu_withhold_table(struct smmu_domain *sd)
{
	guard(mutex)(&smmu_arrays_mutex);
	if (!is_used(sd)) {
		list_del(&sd->node);
		return false;
	}
	pr_alert("smmuv3: the page table of domain %u is withheld, because an SMMU may still use it\n",
		 sd->id);
	sd->withheld = true;
	atomic_inc(&tables);
	module_put(THIS_MODULE);
	return true;
}

static void forget(struct smmu_domain *sd, const struct smmu_inst *inst)
{
	if (ida_exists(&sd->unconfirmed, inst->nr))
		ida_free(&sd->unconfirmed, inst->nr);
}

void smmu_withhold_end_locked(const struct smmu_inst *inst)
{
	struct smmu_domain *sd, *next;

	lockdep_assert_held(&smmu_arrays_mutex);

	list_for_each_entry(sd, &smmu_domains, node)
		forget(sd, inst);
	list_for_each_entry_safe(sd, next, &leaving, node) {
		forget(sd, inst);
		if (!sd->withheld || is_used(sd))
			continue;
		list_del(&sd->node);
		/* this walks the array, which has no live entry */
		smmu_pgtable_free(&sd->pt);
		smmu_readers_free(smmu_domain_array(sd));
		atomic_dec(&tables);
		kfree(sd);
	}
}

u32 smmu_withheld_tables(void)
{
	return atomic_read(&tables);
}
