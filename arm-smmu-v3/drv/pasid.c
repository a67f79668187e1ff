// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coming back must not fail. After a reset the IOMMU core attaches every PASID to the domain where
 * it was. And when a change of domain fails at one device of a group, the IOMMU core attaches the
 * devices before it to the old domain again. Therefore everything for which an attach needs memory
 * is kept when a PASID leaves a domain: its place in the master, and its parked ATS entries in the
 * array of one domain, the one that it left last. For a PASID that has gone from A to B these are
 * the entries in A, and the same for a PASID that was detached from A.
 *
 * This is not done for all PASIDs that there ever were. Of those that are not attached only the
 * last few are kept, because a PASID does not come back after others have come and gone. But while
 * requests without PASID are blocked, there may be a reset, for which the IOMMU core detaches all
 * PASIDs. Then as many are kept as were attached at a time since the blocking began.
 */
#include <linux/iommu.h>
#include <linux/slab.h>

#include "drv/arrays.h"
#include "drv/ats.h"
#include "drv/ats_pci.h"
#include "drv/binding.h"
#include "drv/change.h"
#include "drv/domain.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/pasid.h"
#include "drv/streams.h"

/**
 * struct smmu_pasid - a SubstreamID of a master
 * @binding: what the PASID is attached to; in master->pasids
 * @left: the domain to which the PASID may come back, other than that of @binding; or NULL
 * @left_node: in @left->left
 * @idle: in master->idle, while the PASID is attached to nothing
 */
struct smmu_pasid {
	struct smmu_binding binding;
	struct smmu_domain *left;
	struct list_head left_node;
	struct list_head idle;
};

static struct smmu_pasid *pasid_of(struct smmu_binding *binding)
{
	return container_of(binding, struct smmu_pasid, binding);
}

static struct smmu_pasid *get_pasid(struct smmu_master *master, u32 ssid)
{
	struct smmu_binding *binding = xa_load(&master->pasids, ssid);
	struct smmu_pasid *pasid;
	int ret;

	if (binding)
		return pasid_of(binding);
	pasid = kzalloc_obj(*pasid, GFP_KERNEL_ACCOUNT);
	if (!pasid)
		return NULL;
	pasid->binding.master = master;
	pasid->binding.ssid = ssid;
	INIT_LIST_HEAD(&pasid->binding.node);
	INIT_LIST_HEAD(&pasid->left_node);
	INIT_LIST_HEAD(&pasid->idle);
	scoped_guard(mutex, &smmu_arrays_mutex)
		ret = xa_err(xa_store(&master->pasids, ssid, &pasid->binding, GFP_KERNEL));
	if (ret) {
		kfree(pasid);
		return NULL;
	}
	return pasid;
}

/*
 * Set the domain to which the PASID may come back, NULL for none. Entries in the previous such
 * domain are forgotten, unless the PASID has come back to it and uses them.
 */
static void set_left(struct smmu_pasid *pasid, struct smmu_domain *left)
{
	lockdep_assert_held(&smmu_arrays_mutex);

	if (pasid->left && pasid->left != pasid->binding.domain)
		smmu_binding_forget_ats_locked(&pasid->binding, pasid->left);
	list_del_init(&pasid->left_node);
	pasid->left = left;
	if (left)
		list_add_tail(&pasid->left_node, &left->left);
}

/* Commit a change of a PASID, which may come back to @left from there on */
static void commit(struct smmu_pasid *pasid, struct smmu_change *change, struct smmu_domain *left)
{
	struct smmu_domain *old = pasid->binding.domain;

	if (old) {
		scoped_guard(mutex, &smmu_arrays_mutex)
			smmu_domain_keep_locked(old);
	}
	smmu_change_commit_locked(change);
	guard(mutex)(&smmu_arrays_mutex);
	set_left(pasid, left);
	if (old)
		smmu_domain_let_go_locked(old);
}

static void set_idle(struct smmu_pasid *pasid, bool idle)
{
	struct smmu_master *master = pasid->binding.master;

	if (idle == !list_empty(&pasid->idle))
		return;
	if (idle) {
		list_add_tail(&pasid->idle, &master->idle);
		master->nr_idle++;
	} else {
		list_del_init(&pasid->idle);
		master->nr_idle--;
	}
}

/* Free a PASID that is attached to nothing and that will not come back */
static void drop_pasid(struct smmu_pasid *pasid)
{
	guard(mutex)(&smmu_arrays_mutex);
	set_left(pasid, NULL);
	set_idle(pasid, false);
	xa_erase(&pasid->binding.master->pasids, pasid->binding.ssid);
	kfree(pasid);
}

static void trim_idle(struct smmu_master *master)
{
	u32 max = SMMU_IDLE_PASIDS;

	if (master->kind == SMMU_RID_BLOCKED)
		max = max(max, master->max_idle);
	while (master->nr_idle > max)
		drop_pasid(list_first_entry(&master->idle, struct smmu_pasid, idle));
}

static int prepare_pasid(struct smmu_master *master, struct smmu_binding *next)
{
	struct smmu_device *smmu = &master->iommu->smmu;
	int ret;

	if (!next->ssid || next->ssid >> master->ssid_bits || next->domain->pt.needs.stage2 ||
	    !master->principal)
		return -EINVAL;
	if ((!smmu_rid_is_static(master->kind) && master->kind != SMMU_RID_S1) ||
	    !smmu_install_others_have_cds_locked(master))
		return -EBUSY;
	ret = smmu_change_allowed_locked(master, next->domain);
	if (ret)
		return ret;
	ret = smmu_install_table_locked(master) ?: smmu_install_room_locked(master);
	if (ret)
		return ret;
	ret = smmu_cdtab_reserve(smmu, smmu_streams_cdtab_locked(master), next->ssid);
	return ret == -ERANGE ? -EINVAL : ret;
}

/* Make a change of one PASID; requests without PASID stay what they are */
static struct smmu_change pasid_change(struct smmu_binding *binding, struct smmu_binding *next)
{
	struct smmu_master *master = binding->master;

	return (struct smmu_change) {
		.binding = binding,
		.next = next,
		.rid.kind = master->kind,
		.rid.binding = &master->rid,
		.nr_pasids = master->nr_pasids - !!binding->domain + !!next->domain,
	};
}

int smmu_pasid_attach(struct smmu_master *master, struct smmu_domain *sd, u32 ssid)
{
	struct smmu_binding next = {
		.master = master,
		.domain = sd,
		.ssid = ssid,
	};
	struct smmu_change change;
	struct smmu_domain *old;
	struct smmu_pasid *pasid;
	int ret;

	guard(smmu_change)(master);
	ret = prepare_pasid(master, &next);
	if (ret)
		return ret;
	pasid = get_pasid(master, ssid);
	if (!pasid)
		return -ENOMEM;
	old = pasid->binding.domain;
	change = pasid_change(&pasid->binding, &next);
	ret = smmu_change_prepare_locked(&change, &sd->domain);
	if (ret) {
		/* this PASID was made by this call */
		if (!old && list_empty(&pasid->idle))
			drop_pasid(pasid);
		return ret;
	}
	commit(pasid, &change, old == sd ? NULL : old);
	set_idle(pasid, false);
	master->max_idle = max(master->max_idle, master->nr_pasids);
	return 0;
}

void smmu_pasid_detach_locked(struct smmu_master *master, u32 ssid)
{
	struct smmu_binding *binding = xa_load(&master->pasids, ssid);
	struct smmu_binding next = { .master = master, .ssid = ssid };
	struct smmu_change change;

	smmu_master_assert(master);

	if (!binding || !binding->domain)
		return;
	change = pasid_change(binding, &next);
	commit(pasid_of(binding), &change, binding->domain);
	set_idle(pasid_of(binding), true);
	trim_idle(master);
}

void smmu_pasid_release_locked(struct smmu_master *master)
{
	const struct smmu_rid rid = { .kind = master->kind, .binding = &master->rid };
	bool table = master->nr_pasids || master->ats_always, answers = true;
	struct smmu_binding *binding;
	unsigned long ssid;

	smmu_master_assert(master);

	master->nr_pasids = 0;
	master->ats_always = false;
	/* ATS must not come back in a device that goes away */
	master->ats_suspended = false;
	if (master->ats_on)
		answers = smmu_ats_off_locked(master);
	/*
	 * the STE leads away from the CD table for good, so no request reads it any more and the
	 * table can be freed as it is; but a table of several devices stays
	 */
	if (table && !master->ats_failed)
		smmu_install_stes_locked(master, &rid, false, false);
	xa_for_each(&master->pasids, ssid, binding) {
		if (master->streams[0].common && binding->domain)
			smmu_install_no_cd_locked(master, ssid);
		smmu_binding_move_locked(binding, NULL);
		drop_pasid(pasid_of(binding));
	}
	if (!answers)
		smmu_ats_fail_locked(master);
}

/* Return: the master of a PASID that may come back to @sd, referenced, or NULL */
static struct smmu_master *find_left(struct smmu_domain *sd, u32 *ssid)
{
	struct smmu_pasid *pasid;

	guard(mutex)(&smmu_arrays_mutex);
	pasid = list_first_entry_or_null(&sd->left, struct smmu_pasid, left_node);
	if (!pasid)
		return NULL;
	*ssid = pasid->binding.ssid;
	return smmu_master_get(pasid->binding.master);
}

static void forget_left(struct smmu_master *master, struct smmu_domain *sd, u32 ssid)
{
	struct smmu_binding *binding = xa_load(&master->pasids, ssid);

	if (!binding || pasid_of(binding)->left != sd)
		return;
	if (!binding->domain) {
		drop_pasid(pasid_of(binding));
		return;
	}
	guard(mutex)(&smmu_arrays_mutex);
	set_left(pasid_of(binding), NULL);
}

void smmu_pasid_domain_gone(struct smmu_domain *sd)
{
	struct smmu_master *master;
	u32 ssid;

	while ((master = find_left(sd, &ssid))) {
		if (!smmu_master_lock_live(master))
			continue;
		forget_left(master, sd, ssid);
		smmu_master_unlock_put(master);
	}
}
