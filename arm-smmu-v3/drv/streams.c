// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>

#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/streams.h"
#include "hw/strtab.h"

static struct smmu_stream *first_owner(struct smmu_iommu *iommu, u32 sid)
{
	return xa_load(&iommu->streams, sid);
}

/*
 * What does the owner use that needs a stream with one owner? Text for the log, or NULL for
 * nothing.
 */
static const char *only_alone(const struct smmu_master *owner)
{
	if (owner->ats_on || owner->ats_failed)
		return "has ATS on";
	if (owner->nr_pasids)
		return "has PASIDs attached";
	/*
	 * the master is attached to a guest's STE, or was before a reset that is under way, or is
	 * about to be
	 */
	if (owner->nested_id || owner->vdev)
		return "is used by a guest";
	return NULL;
}

/* May the master become one more owner? */
static bool may_join(const struct smmu_master *master, u32 sid, const struct smmu_stream *others)
{
	const char *why;

	for (; others; others = others->next) {
		why = only_alone(others->master);
		if (!why)
			continue;
		dev_err(master->dev, "StreamID 0x%x belongs to %s, which %s; there is no IOMMU for this device, and its DMA goes where the DMA of that device goes\n",
			sid, dev_name(others->master->dev), why);
		return false;
	}
	return true;
}

/* Append to the chain of owners, so that the ruler stays the same */
static int join_stream(struct smmu_iommu *iommu, struct smmu_stream *stream, u32 sid)
{
	struct smmu_stream *others = first_owner(iommu, sid), *last;

	if (!others)
		return xa_err(xa_store(&iommu->streams, sid, stream, GFP_KERNEL));
	if (!may_join(stream->master, sid, others))
		return -ENODEV;
	for (last = others; last->next; last = last->next)
		;
	last->next = stream;
	return 0;
}

static int claim_one(struct smmu_iommu *iommu, struct smmu_master *master, u32 i)
{
	struct smmu_stream *stream = &master->streams[i];
	u32 sid = master->sids[i];
	int ret;

	stream->master = master;
	ret = smmu_strtab_claim(&iommu->smmu, sid);
	if (ret == -ERANGE) {
		dev_err(master->dev, "StreamID 0x%x is out of range of %s (%u bits); this device has no DMA\n",
			sid, dev_name(iommu->smmu.dev), iommu->smmu.strtab.log2);
		return -ENODEV;
	}
	if (!ret)
		ret = join_stream(iommu, stream, sid);
	if (ret == -ENOMEM)
		dev_err(master->dev, "there is no memory for StreamID 0x%x; this device has no DMA\n",
			sid);
	return ret;
}

static void leave_one(struct smmu_iommu *iommu, struct smmu_master *master, u32 i)
{
	struct smmu_stream *stream = &master->streams[i], *s = first_owner(iommu, master->sids[i]);

	if (s == stream) {
		/* xa_store() needs no memory to replace an entry or to erase it */
		xa_store(&iommu->streams, master->sids[i], stream->next, 0);
		return;
	}
	for (; s->next != stream; s = s->next)
		;
	s->next = stream->next;
}

/* The owner does not use yet what this function takes away: may_join() has checked that */
static void now_shared(struct smmu_master *master)
{
	master->shared = true;
	WRITE_ONCE(master->ats_capable, false);
}

static void tell_owners(struct smmu_iommu *iommu, struct smmu_master *master)
{
	struct smmu_stream *s;
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		if (!smmu_streams_shared_locked(master, i))
			continue;
		for (s = first_owner(iommu, master->sids[i]); s; s = s->next)
			now_shared(s->master);
		dev_info(master->dev, "this device shares StreamID 0x%x with %s\n", master->sids[i],
			 dev_name(first_owner(iommu, master->sids[i])->master->dev));
	}
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
 * Take streams_lock, with a lock that keeps the other owners of the master's StreamIDs as they are.
 * Where there are none, nothing else is taken, so that adding a device waits for nobody.
 * Return: true where the shared lock is held as well
 */
static bool lock_owners(struct smmu_iommu *iommu, struct smmu_master *master)
{
	struct smmu_master *owner;
	bool shared = false;

	for (;;) {
		mutex_lock(&iommu->streams_lock);
		owner = find_owner(iommu, master);
		if (!owner || (shared && smmu_master_lock_is_shared(owner)))
			return shared;
		smmu_master_get(owner);
		mutex_unlock(&iommu->streams_lock);
		if (shared)
			smmu_master_unlock(master);
		smmu_master_share_lock(owner);
		smmu_master_put(owner);
		/* nobody else knows the new master yet */
		master->lock = &iommu->shared_lock;
		smmu_master_lock(master);
		shared = true;
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
	bool shared = lock_owners(iommu, master);
	int ret = claim_all(iommu, master);

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
	struct smmu_stream *stream;

	guard(mutex)(&iommu->streams_lock);
	while ((stream = xa_find(&iommu->streams, sid, ULONG_MAX, XA_PRESENT))) {
		/* each master at its first StreamID */
		if (stream->master->sids[0] == (*sid)++)
			return smmu_master_get(stream->master);
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

bool smmu_streams_shared_locked(const struct smmu_master *master, u32 i)
{
	const struct smmu_stream *first = first_owner(master->iommu, master->sids[i]);

	/* a StreamID that is not claimed any more has no other owners */
	return first && first->next;
}

void smmu_streams_rule_locked(struct smmu_master *master, u32 i)
{
	struct smmu_stream *stream = &master->streams[i];
	struct smmu_stream *first = first_owner(master->iommu, master->sids[i]);

	smmu_master_assert(master);

	if (first == stream)
		return;
	leave_one(master->iommu, master, i);
	stream->next = first;
	/* needs no memory, as in leave_one(); RCU readers find the old ruler or the new one */
	xa_store(&master->iommu->streams, master->sids[i], stream, 0);
}

struct smmu_master *smmu_streams_heir_locked(const struct smmu_master *master, u32 i)
{
	struct smmu_stream *s;

	smmu_master_assert(master);

	for (s = first_owner(master->iommu, master->sids[i]); s; s = s->next)
		if (s->master != master && s->master->kind != SMMU_RID_BLOCKED)
			return s->master;
	return NULL;
}
