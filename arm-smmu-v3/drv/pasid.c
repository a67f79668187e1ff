// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coming back must not fail: after a reset the core attaches every PASID to where it was, and
 * when a change of domain fails at one device of a group, those before it go back. So what an
 * attach needs memory for is kept when a PASID leaves: its place in the master, and its parked
 * ATS entries in the array of the one domain that it came from last. Of a PASID that has gone from
 * A to B those in A, of one that was detached from A the same. Not of all PASIDs that there ever
 * were: of those that are not attached, the last few, as nobody comes back after others have come
 * and gone. But while requests without PASID are blocked it may be a reset, for which the core
 * detaches them all: then as many are kept as were attached at a time since it began.
 */
#include <linux/iommu.h>
#include <linux/slab.h>

#include "drv/ats.h"
#include "drv/atsdev.h"
#include "drv/attach.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/install.h"
#include "drv/iopf.h"
#include "drv/pasid.h"

/* Requests without PASID need no CD table of their own: the STE changes with PASIDs */
static bool rid_is_static(const struct smmu_master *master)
{
	return master->kind == SMMU_RID_BLOCKED || master->kind == SMMU_RID_IDENTITY;
}

static void install_rid(struct smmu_master *master, bool ats)
{
	const struct smmu_rid rid = { .kind = master->kind, .at = &master->rid };

	if (!master->ats_parked)
		smmu_install_stes(master, &rid, ats);
}

/**
 * struct smmu_place - a SubstreamID of a master
 * @at: what it is attached to; in master->pasids
 * @left: the domain that it may come back to, another one than that of @at; or NULL
 * @left_node: in @left->left
 * @idle: in master->idle, while it is attached to nothing
 */
struct smmu_place {
	struct smmu_attachment at;
	struct smmu_domain *left;
	struct list_head left_node;
	struct list_head idle;
};

static struct smmu_place *place_of(struct smmu_attachment *at)
{
	return container_of(at, struct smmu_place, at);
}

static struct smmu_place *get_place(struct smmu_master *master, u32 ssid)
{
	struct smmu_attachment *at = xa_load(&master->pasids, ssid);
	struct smmu_place *place;

	if (at)
		return place_of(at);
	place = kzalloc_obj(*place, GFP_KERNEL_ACCOUNT);
	if (!place)
		return NULL;
	place->at.master = master;
	place->at.ssid = ssid;
	INIT_LIST_HEAD(&place->at.node);
	INIT_LIST_HEAD(&place->left_node);
	INIT_LIST_HEAD(&place->idle);
	if (xa_err(xa_store(&master->pasids, ssid, &place->at, GFP_KERNEL))) {
		kfree(place);
		return NULL;
	}
	return place;
}

/*
 * @left is NULL for none. Entries in a domain that it does not come back to are forgotten; where it
 * has come back, they are its own.
 */
static void set_left(struct smmu_place *place, struct smmu_domain *left)
{
	if (place->left && place->left != place->at.domain)
		smmu_attachment_forget_ats(&place->at, place->left);
	list_del_init(&place->left_node);
	place->left = left;
	if (left)
		list_add_tail(&place->left_node, &left->left);
}

static void set_idle(struct smmu_place *place, bool idle)
{
	struct smmu_master *master = place->at.master;

	if (idle == !list_empty(&place->idle))
		return;
	if (idle) {
		list_add_tail(&place->idle, &master->idle);
		master->nr_idle++;
	} else {
		list_del_init(&place->idle);
		master->nr_idle--;
	}
}

/* Attached to nothing, and nobody comes back */
static void drop(struct smmu_place *place)
{
	set_left(place, NULL);
	set_idle(place, false);
	xa_erase(&place->at.master->pasids, place->at.ssid);
	kfree(place);
}

static void trim(struct smmu_master *master)
{
	u32 max = SMMU_IDLE_PASIDS;

	if (master->kind == SMMU_RID_BLOCKED)
		max = max(max, master->max_idle);
	/* the device will be asked under each name before it may use its ATC again */
	if (test_bit(SMMU_CUT, &master->ats_cut))
		return;
	while (master->nr_idle > max)
		drop(list_first_entry(&master->idle, struct smmu_place, idle));
}

static int prepare(struct smmu_master *master, struct smmu_attachment *next)
{
	struct smmu_device *smmu = &master->host->smmu;
	int ret;

	if (!next->ssid || next->ssid >> master->ssid_bits || next->domain->pt.needs.stage2 ||
	    master->shared)
		return -EINVAL;
	if (!rid_is_static(master) && master->kind != SMMU_RID_S1)
		return -EBUSY;
	ret = smmu_attach_allowed(master, next->domain);
	if (ret)
		return ret;
	ret = smmu_cdtab_alloc(smmu, &master->cdtab, master->ssid_bits);
	if (ret)
		return ret;
	ret = smmu_cdtab_reserve(smmu, &master->cdtab, next->ssid);
	return ret == -ERANGE ? -EINVAL : ret;
}

/* The array includes @next; cannot fail any more */
static void commit(struct smmu_master *master, struct smmu_place *place,
		   struct smmu_attachment *next)
{
	bool first = !master->nr_pasids && rid_is_static(master);
	/* else its entries have their places, and ATS goes on when it is not parked any more */
	bool ats = first && master->ats_capable && !master->ats_parked;
	struct smmu_domain *old = place->at.domain;
	bool answers = true;

	smmu_install_cd(next);
	if (!old)
		master->nr_pasids++;
	if (first)
		install_rid(master, ats);
	if (ats) {
		answers = smmu_attachment_add_ats(next) && smmu_ats_on(master);
		if (answers && !master->ats_on) {
			smmu_ats_without(master, next);
			install_rid(master, false);
		}
	} else if (old && next->ats) {
		answers = smmu_ats_drop(master, next->ssid);
	}
	smmu_attachment_leave(&place->at);
	smmu_attachment_set(&place->at, next);
	set_idle(place, false);
	set_left(place, old == next->domain ? NULL : old);
	master->max_idle = max(master->max_idle, master->nr_pasids);
	if (!answers)
		smmu_ats_park(master);
}

int smmu_pasid_attach(struct smmu_master *master, struct smmu_domain *domain, u32 ssid)
{
	struct smmu_attachment next = {
		.master = master,
		.domain = domain,
		.ssid = ssid,
	};
	struct smmu_place *place;
	int ret;

	mutex_lock(&smmu_attach_mutex);
	ret = prepare(master, &next);
	if (ret)
		goto unlock;
	place = get_place(master, ssid);
	if (!place) {
		ret = -ENOMEM;
		goto unlock;
	}
	next.ats = master->ats_on;
	ret = smmu_iopf_enter(&next, &domain->domain);
	if (!ret)
		ret = smmu_attachment_enter(&next, master->ats_capable);
	if (!ret) {
		commit(master, place, &next);
	} else {
		smmu_iopf_leave(&next);
		/* a new one */
		if (!place->at.domain && list_empty(&place->idle))
			drop(place);
	}
unlock:
	mutex_unlock(&smmu_attach_mutex);
	smmu_iopf_settle(master);
	return ret;
}

void smmu_pasid_detach(struct smmu_master *master, u32 ssid)
{
	struct smmu_attachment *at = xa_load(&master->pasids, ssid);
	bool last, off, answers = true;
	struct smmu_domain *old;

	lockdep_assert_held(&smmu_attach_mutex);

	if (!at || !at->domain)
		return;
	old = at->domain;
	last = !--master->nr_pasids && rid_is_static(master);
	off = last && master->ats_on;
	if (off)
		answers = smmu_ats_off(master);
	if (last)
		install_rid(master, false);
	smmu_install_no_cd(master, ssid);
	if (!off && at->ats)
		answers = smmu_ats_drop(master, ssid);
	smmu_attachment_leave(at);
	set_left(place_of(at), old);
	set_idle(place_of(at), true);
	if (!answers)
		smmu_ats_park(master);
	trim(master);
}

void smmu_pasid_release(struct smmu_master *master)
{
	bool off = master->nr_pasids && master->ats_on, answers = true;
	bool attached = master->nr_pasids;
	struct smmu_attachment *at;
	unsigned long ssid;

	lockdep_assert_held(&smmu_attach_mutex);

	master->nr_pasids = 0;
	if (off)
		answers = smmu_ats_off(master);
	/* the STE leaves the CD table for good: nobody reads it, and it can go as it is */
	if (attached)
		install_rid(master, false);
	xa_for_each(&master->pasids, ssid, at) {
		smmu_attachment_leave(at);
		drop(place_of(at));
	}
	if (!answers)
		smmu_ats_park(master);
}

void smmu_pasid_domain_gone(struct smmu_domain *sd)
{
	struct smmu_place *place, *next;

	lockdep_assert_held(&smmu_attach_mutex);

	list_for_each_entry_safe(place, next, &sd->left, left_node) {
		if (place->at.domain)
			set_left(place, NULL);
		else
			drop(place);
	}
}
