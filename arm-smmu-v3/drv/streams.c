// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>

#include "drv/arrays.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/streams.h"
#include "hw/strtab.h"

static struct smmu_stream *first_owner(struct smmu_iommu *iommu, u32 sid)
{
	return xa_load(&iommu->streams, sid);
}

bool smmu_streams_has_aliases(const struct smmu_master *master)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_streams_has_aliases, master);

	return dev_is_pci(master->dev) && master->nr_sids > 1;
}

/*
 * What does the owner use that it cannot have when another device has the StreamID, too? @own: the
 * StreamID is that device's own. Return: text for the log, or NULL for nothing
 */
static const char *only_alone(const struct smmu_stream *stream, bool own)
{
	const struct smmu_master *owner = stream->master;

	/*
	 * the master is attached to a guest's STE, or was before a reset that is under way, or is
	 * about to be
	 */
	if (owner->nested_id || owner->vdev)
		return "is used by a guest";
	if (owner->ats_required)
		return "must have ATS";
	/* it remains the one device whose own StreamID it is */
	if (stream->own && !own && owner->nr_sids == 1)
		return NULL;
	if (owner->ats_on || owner->ats_failed || owner->ats_suspended)
		return "has ATS on";
	if (owner->nr_pasids)
		return "has PASIDs attached";
	return NULL;
}

/*
 * May the master become one more owner of its @i-th stream? Asks @owner, whose lock is held, or all
 * owners if it is NULL.
 */
static bool may_join(const struct smmu_master *master, u32 i, const struct smmu_master *owner)
{
	const struct smmu_stream *s = first_owner(master->iommu, master->sids[i]);
	const char *why;

	if (s && master->ats_required) {
		dev_err(master->dev, "StreamID 0x%x belongs to %s, too, so it has no ATS, without which this device does not work; there is no IOMMU for it, and its DMA goes where the DMA of that device goes\n",
			master->sids[i], dev_name(s->master->dev));
		return false;
	}
	for (; s; s = s->next) {
		if (owner && s->master != owner)
			continue;
		why = only_alone(s, master->streams[i].own);
		if (!why)
			continue;
		dev_err(master->dev, "StreamID 0x%x belongs to %s, which %s; there is no IOMMU for this device, and its DMA goes where the DMA of that device goes\n",
			master->sids[i], dev_name(s->master->dev), why);
		return false;
	}
	return true;
}

/*
 * A second owner comes. The CD table of a first owner that has no other StreamID becomes that of
 * the stream, and nothing is written. Else the STE goes on leading to the table of the first owner,
 * which it keeps up to date, until the STE is written next: see show() in install.c. That must not
 * need memory.
 */
static int make_common(struct smmu_iommu *iommu, struct smmu_stream *first)
{
	struct smmu_common *common = kzalloc_obj(*common);
	struct smmu_master *owner = first->master;
	int ret = 0;

	if (!common)
		return -ENOMEM;
	common->principal = owner;
	common->owners = 1;
	if (owner->nr_sids == 1) {
		/* debugfs reads the table without the lock of the master */
		guard(mutex)(&smmu_arrays_mutex);
		common->cdtab = owner->cdtab;
		owner->cdtab = (struct smmu_cdtab) {};
	} else if (smmu_cdtab_exists(&owner->cdtab)) {
		ret = smmu_cdtab_alloc(&iommu->smmu, &common->cdtab, 0);
	}
	if (ret) {
		kfree(common);
		return ret;
	}
	/*
	 * orders the content before the pointer; pairs with smp_load_acquire() in
	 * smmu_streams_principal()
	 */
	smp_store_release(&first->common, common);
	return 0;
}

/* Append to the chain of owners, because the newcomer is attached to nothing yet */
static int join_stream(struct smmu_iommu *iommu, struct smmu_master *master, u32 i)
{
	struct smmu_stream *stream = &master->streams[i], *last;
	struct smmu_stream *first = first_owner(iommu, master->sids[i]);
	int ret;

	if (!first)
		return xa_err(xa_store(&iommu->streams, master->sids[i], stream, GFP_KERNEL));
	if (!may_join(master, i, NULL))
		return -ENODEV;
	ret = first->common ? 0 : make_common(iommu, first);
	if (ret)
		return ret;
	stream->common = first->common;
	stream->common->owners++;
	for (last = first; last->next; last = last->next)
		;
	last->next = stream;
	return 0;
}

static int claim_one(struct smmu_iommu *iommu, struct smmu_master *master, u32 i)
{
	u32 sid = master->sids[i];
	int ret;

	ret = smmu_strtab_claim(&iommu->smmu, sid);
	if (ret == -ERANGE) {
		dev_err(master->dev, "StreamID 0x%x is out of range of %s (%u bits); this device has no DMA\n",
			sid, dev_name(iommu->smmu.dev), iommu->smmu.strtab.log2);
		return -ENODEV;
	}
	if (!ret)
		ret = join_stream(iommu, master, i);
	if (ret == -ENOMEM)
		dev_err(master->dev, "there is no memory for StreamID 0x%x; this device has no DMA\n",
			sid);
	return ret;
}

static void take_out(struct smmu_stream *stream, u32 sid)
{
	struct smmu_iommu *iommu = stream->master->iommu;
	struct smmu_stream *s = first_owner(iommu, sid);

	if (s == stream) {
		/* xa_store() needs no memory to replace an entry or to erase it */
		xa_store(&iommu->streams, sid, stream->next, 0);
		return;
	}
	for (; s->next != stream; s = s->next)
		;
	s->next = stream->next;
}

static bool is_shared(const struct smmu_master *master)
{
	bool shared = false;
	u32 i;

	for (i = 0; i < master->nr_sids; i++)
		shared |= smmu_streams_shared_locked(master, i);
	return shared;
}

static bool is_principal(const struct smmu_master *master)
{
	if (smmu_streams_has_aliases(master))
		return false;
	return !master->shared ||
	       (master->nr_sids == 1 && master->streams[0].common->principal == master);
}

/* Find out who may have ATS and PASIDs, after an owner has come or gone */
static void set_roles(struct smmu_iommu *iommu, u32 sid)
{
	struct smmu_stream *first = first_owner(iommu, sid), *s;
	struct smmu_master *principal = NULL;
	u32 own = 0;

	if (!first || !first->common)
		return;
	for (s = first; s; s = s->next) {
		own += s->own;
		if (s->own || !first->next)
			principal = s->master;
	}
	if (own > 1 || (principal && first->next && principal->nr_sids > 1))
		principal = NULL;
	/* pairs with READ_ONCE() in smmu_streams_principal() */
	WRITE_ONCE(first->common->principal, principal);
	for (s = first; s; s = s->next) {
		s->master->shared = is_shared(s->master);
		WRITE_ONCE(s->master->principal, is_principal(s->master));
	}
}

/* No STE leads to the table of a stream that is left by its last owner */
static void leave_one(struct smmu_iommu *iommu, struct smmu_master *master, u32 i)
{
	struct smmu_stream *stream = &master->streams[i];
	struct smmu_common *common = stream->common;

	take_out(stream, master->sids[i]);
	if (!common)
		return;
	if (--common->owners) {
		set_roles(iommu, master->sids[i]);
		return;
	}
	smmu_cdtab_free(&iommu->smmu, &common->cdtab);
	/* readers may have found the stream before it was taken out */
	kfree_rcu(common, rcu);
}

static void tell_owners(struct smmu_iommu *iommu, struct smmu_master *master)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		set_roles(iommu, master->sids[i]);
		if (!smmu_streams_shared_locked(master, i))
			continue;
		dev_info(master->dev, "this device shares StreamID 0x%x with %s\n", master->sids[i],
			 dev_name(first_owner(iommu, master->sids[i])->master->dev));
	}
	master->shared = is_shared(master);
	WRITE_ONCE(master->principal, is_principal(master));
}

/* Masters that share nothing any more have their own locks again. The shared lock is held. */
static void give_locks_back(struct smmu_iommu *iommu, struct smmu_master *master)
{
	struct smmu_stream *s;
	u32 i;

	lockdep_assert_held(&iommu->shared_lock);
	lockdep_assert_held(&iommu->streams_lock);

	for (i = 0; i < master->nr_sids; i++)
		for (s = first_owner(iommu, master->sids[i]); s; s = s->next)
			if (!s->master->shared && smmu_master_lock_is_shared(s->master))
				smmu_master_own_lock_locked(s->master);
}

/* Any owner of one of the master's StreamIDs; first one that does not use the shared lock */
static struct smmu_master *find_owner(struct smmu_iommu *iommu, const struct smmu_master *master)
{
	struct smmu_master *owner = NULL;
	struct smmu_stream *first;
	u32 i;

	lockdep_assert_held(&iommu->streams_lock);

	for (i = 0; i < master->nr_sids; i++) {
		first = first_owner(iommu, master->sids[i]);
		if (!first)
			continue;
		owner = first->master;
		/* where there are several owners, all use the shared lock */
		if (!smmu_master_lock_is_shared(owner))
			return owner;
	}
	return owner;
}

/*
 * Have an owner use the shared lock, unless it would refuse the master: then it keeps its own.
 * Return: false when it refuses the master
 */
static bool share_lock(struct smmu_iommu *iommu, const struct smmu_master *master,
		       struct smmu_master *owner)
{
	bool ok = true;
	u32 i;

	smmu_master_lock(owner);
	mutex_lock(&iommu->streams_lock);
	for (i = 0; i < master->nr_sids && ok; i++)
		ok = may_join(master, i, owner);
	mutex_unlock(&iommu->streams_lock);
	if (ok)
		smmu_master_share_lock_unlock(owner);
	else
		smmu_master_unlock(owner);
	return ok;
}

/*
 * Take streams_lock, with a lock that keeps the other owners of the master's StreamIDs as they are.
 * Where there are none, nothing else is taken, so that adding a device waits for nobody. @shared is
 * set where the shared lock is held as well.
 * Return: 0; -ENODEV when an owner refuses the master. Both locks are held then as well.
 */
static int lock_owners(struct smmu_iommu *iommu, struct smmu_master *master, bool *shared)
{
	struct smmu_master *owner;
	int ret = 0;

	*shared = false;
	for (;;) {
		mutex_lock(&iommu->streams_lock);
		owner = find_owner(iommu, master);
		if (ret || !owner || (*shared && smmu_master_lock_is_shared(owner)))
			return ret;
		smmu_master_get(owner);
		mutex_unlock(&iommu->streams_lock);
		if (*shared)
			smmu_master_unlock(master);
		if (!share_lock(iommu, master, owner))
			ret = -ENODEV;
		smmu_master_put(owner);
		/* nobody else knows the new master yet */
		master->lock = &iommu->shared_lock;
		smmu_master_lock(master);
		*shared = true;
	}
}

static int claim_all(struct smmu_iommu *iommu, struct smmu_master *master)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < master->nr_sids && !ret; i++)
		ret = claim_one(iommu, master, i);
	if (ret) {
		/* the StreamID at which it failed is not claimed, those before it are */
		for (i--; i; i--)
			leave_one(iommu, master, i - 1);
		return ret;
	}
	tell_owners(iommu, master);
	list_add_tail(&master->node, &iommu->masters);
	return 0;
}

int smmu_streams_claim(struct smmu_iommu *iommu, struct smmu_master *master)
{
	bool shared;
	int ret;

	ret = lock_owners(iommu, master, &shared);
	if (!ret)
		ret = claim_all(iommu, master);
	if (ret && shared)
		give_locks_back(iommu, master);
	mutex_unlock(&iommu->streams_lock);
	if (shared)
		smmu_master_unlock(master);
	return ret;
}

void smmu_streams_release_locked(struct smmu_iommu *iommu, struct smmu_master *master)
{
	u32 i;

	smmu_master_assert(master);

	mutex_lock(&iommu->streams_lock);
	for (i = 0; i < master->nr_sids; i++)
		leave_one(iommu, master, i);
	if (smmu_master_lock_is_shared(master))
		give_locks_back(iommu, master);
	list_del(&master->node);
	mutex_unlock(&iommu->streams_lock);
}

struct iommu_group *smmu_streams_group(struct smmu_iommu *iommu, struct smmu_master *master)
{
	struct iommu_group *group = NULL, *of;
	struct smmu_stream *s;
	u32 i;

	/*
	 * an owner stays in its group until smmu_streams_release_locked() has given its StreamIDs
	 * back
	 */
	guard(mutex)(&iommu->streams_lock);
	for (i = 0; i < master->nr_sids; i++) {
		for (s = first_owner(iommu, master->sids[i]); s; s = s->next) {
			of = s->master == master ? NULL : iommu_group_get(s->master->dev);
			if (!of)
				continue;
			if (group && of != group) {
				dev_err(master->dev, "this device shares StreamIDs with group %d and with group %d\n",
					iommu_group_id(group), iommu_group_id(of));
				iommu_group_put(of);
				iommu_group_put(group);
				return ERR_PTR(-ENODEV);
			}
			if (group)
				iommu_group_put(of);
			group = of;
		}
	}
	return group;
}

struct smmu_master *smmu_streams_next(struct smmu_iommu *iommu, unsigned long *sid)
{
	struct smmu_master *master;
	struct smmu_stream *stream;

	guard(mutex)(&iommu->streams_lock);
	while ((stream = xa_find(&iommu->streams, sid, ULONG_MAX, XA_PRESENT))) {
		master = smmu_streams_principal(stream);
		/* each master at its first StreamID */
		if (master && master->sids[0] == *sid) {
			(*sid)++;
			return smmu_master_get(master);
		}
		(*sid)++;
	}
	return NULL;
}

struct smmu_master *smmu_streams_lock_next(struct smmu_iommu *iommu, unsigned long *sid,
					   bool (*wants)(const struct smmu_master *master))
{
	struct smmu_master *master;

	while ((master = smmu_streams_next(iommu, sid))) {
		if (!wants(master))
			smmu_master_put(master);
		else if (smmu_master_lock_live(master))
			return master;
	}
	return NULL;
}

struct smmu_master *smmu_streams_find(struct smmu_iommu *iommu, const char *name)
{
	struct smmu_master *master;

	guard(mutex)(&iommu->streams_lock);
	list_for_each_entry(master, &iommu->masters, node)
		if (!strcmp(name, dev_name(master->dev)))
			return smmu_master_get(master);
	return NULL;
}

struct smmu_master *smmu_streams_ruler(struct smmu_iommu *iommu, u32 sid)
{
	struct smmu_stream *stream = first_owner(iommu, sid);

	return stream ? stream->master : NULL;
}

struct smmu_master *smmu_streams_principal(const struct smmu_stream *stream)
{
	/* pairs with smp_store_release() in make_common() */
	const struct smmu_common *common = smp_load_acquire(&stream->common);

	/* pairs with WRITE_ONCE() in set_roles() */
	return common ? READ_ONCE(common->principal) : stream->master;
}

struct smmu_master *smmu_streams_ats_user(struct smmu_iommu *iommu, u32 sid)
{
	struct smmu_stream *stream = first_owner(iommu, sid);

	return stream ? smmu_streams_principal(stream) : NULL;
}

struct smmu_stream *smmu_streams_first(struct smmu_iommu *iommu, u32 sid)
{
	return first_owner(iommu, sid);
}

struct smmu_cdtab *smmu_streams_cdtab_locked(struct smmu_master *master)
{
	struct smmu_common *common = master->streams[0].common;

	return master->nr_sids == 1 && common ? &common->cdtab : &master->cdtab;
}

bool smmu_streams_shared_locked(const struct smmu_master *master, u32 i)
{
	const struct smmu_stream *first = first_owner(master->iommu, master->sids[i]);

	/* a StreamID that is not claimed any more has no other owners */
	return first && first->next;
}

void smmu_streams_rule_locked(struct smmu_stream *stream, u32 sid)
{
	struct smmu_iommu *iommu = stream->master->iommu;
	struct smmu_stream *first = first_owner(iommu, sid);

	smmu_master_assert(stream->master);

	if (first == stream)
		return;
	guard(mutex)(&iommu->streams_lock);
	take_out(stream, sid);
	stream->next = first;
	/* needs no memory, as in take_out(); RCU readers find the old ruler or the new one */
	xa_store(&iommu->streams, sid, stream, 0);
}
