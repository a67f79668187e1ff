// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>

#include "drv/ats.h"
#include "drv/attach.h"
#include "drv/binding.h"
#include "drv/change.h"
#include "drv/domain.h"
#include "drv/guest_stall.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/vsmmu.h"

/*
 * The IOMMU core may attach the master to a nested domain again, and that must not fail: see
 * nested.c
 */
static void remember_nested(struct smmu_master *master, u64 id)
{
	if (master->kind == SMMU_RID_BLOCKED || (id && id == master->nested_id))
		return;
	master->nested_before = master->nested_id;
	master->nested_id = id;
}

void smmu_attach_commit_locked(struct smmu_change *change, struct smmu_vsmmu *vsmmu,
			       u64 nested_id)
{
	struct smmu_master *master = change->binding->master;

	smmu_master_assert(master);

	change->first = !master->attached;
	master->attached = true;
	smmu_ats_end_failed_locked(master, &change->rid);
	if (change->rid.kind == SMMU_RID_BLOCKED && master->kind != SMMU_RID_BLOCKED)
		master->max_idle = master->nr_pasids;
	smmu_vsmmu_leave_locked(master, vsmmu);
	/* only OVER instead of OPEN may come meanwhile; pairs with WRITE_ONCE() in guest_stall.c */
	if (unlikely(READ_ONCE(master->stalls.state) != SMMU_STALL_NONE))
		smmu_guest_stall_leave_locked(master);
	if (vsmmu && change->next->iopf)
		smmu_guest_stall_enter_locked(master, vsmmu);
	smmu_change_commit_locked(change);
	remember_nested(master, nested_id);
}

void smmu_attach_none_locked(struct smmu_master *master, bool bypass)
{
	struct smmu_binding next = { .master = master };
	struct smmu_change change = {
		.binding = &master->rid,
		.next = &next,
		.rid.kind = bypass ? SMMU_RID_IDENTITY : SMMU_RID_BLOCKED,
		.rid.binding = &next,
		.nr_pasids = master->nr_pasids,
	};

	smmu_master_assert(master);

	smmu_attach_commit_locked(&change, NULL, 0);
}

/*
 * The IOMMU core lets no driver fail the first attach of a device: when one fails while the SMMU is
 * being registered, it undoes the registration. Therefore a device that cannot have its
 * domain is reported as attached, and its DMA aborts. So it is the only device that suffers.
 */
static int must_not_fail(struct smmu_master *master, int ret)
{
	if (ret && !master->attached) {
		dev_err(master->dev, "first attach failed (%pe): DMA of this device aborts until it is attached to another domain\n",
			ERR_PTR(ret));
		/* DMA of the new driver must not go where the kernel before wanted its own to go */
		if (smmu_install_is_foreign(master))
			smmu_attach_none_locked(master, false);
		ret = 0;
	}
	master->attached = true;
	return ret;
}

static int prepare_paging(struct smmu_master *master, struct smmu_change *change)
{
	struct smmu_domain *sd = change->next->domain;
	int ret;

	ret = smmu_change_allowed_locked(master, sd);
	if (ret)
		return ret;
	/* PASIDs need a CD table, and a stage-2 STE has none */
	if (change->rid.kind == SMMU_RID_S2 && smmu_install_have_pasids_locked(master))
		return -EBUSY;
	if (change->rid.kind == SMMU_RID_S1)
		ret = smmu_install_table_locked(master);
	return ret ?: smmu_change_prepare_locked(change, &sd->domain);
}

int smmu_attach_paging(struct smmu_master *master, struct smmu_domain *sd)
{
	struct smmu_binding next = { .master = master, .domain = sd };
	struct smmu_change change = {
		.binding = &master->rid,
		.next = &next,
		.rid.kind = sd->pt.needs.stage2 ? SMMU_RID_S2 : SMMU_RID_S1,
		.rid.binding = &next,
	};
	int ret;

	guard(smmu_change)(master);
	change.nr_pasids = master->nr_pasids;
	ret = prepare_paging(master, &change);
	if (!ret)
		smmu_attach_commit_locked(&change, NULL, 0);
	return must_not_fail(master, ret);
}
