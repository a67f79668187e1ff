/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which masters own which StreamID of an SMMU.
 *
 * Bridges, DMA-alias quirks and masks in a device tree give one StreamID to several devices. Then
 * the SMMU cannot tell which of the devices a request comes from. All of them are in one IOMMU
 * group, so that they never have different users. But a group is not attached in one go: a reset
 * blocks one device, and release and hotplug concern one device at a time. Therefore one of a
 * stream's owners *rules*: the STE shows what that owner is attached to. The owner with the newest
 * attach that is not to blocked rules. When the ruler is blocked or leaves, the owner with the
 * newest attach among the others takes over. Only where all are blocked does the STE abort.
 *
 * A stream that has several owners has a CD table of its own, which stays as long as any of them is
 * there. So where the owner that takes over is attached to the same domain, nothing is written.
 *
 * ATS and PASIDs are for the function whose own RID the stream is, its *principal*: it is the one
 * that an ATC_INV reaches. A device that has alias StreamIDs never has them, because nothing
 * answers to an alias; nor has a device whose StreamID two devices call their own. The ATS of the
 * principal is on only while the stream shows what the principal itself is attached to, because its
 * ATC is invalidated for that domain and no other. A guest needs a stream that means one device.
 *
 * The owners of a stream form a chain that begins with the ruler, and in which the owners that are
 * not blocked are in the order of their attaches, the newest first. The chain is made of memory
 * that belongs to the owners, so that a new ruler needs no allocation. It is written under the lock
 * of the owners (master_lock.h), which all owners share where there are several, and under
 * iommu->streams_lock.
 */
#ifndef SMMU_DRV_STREAMS_H
#define SMMU_DRV_STREAMS_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "hw/cdtab.h"

struct iommu_group;
struct smmu_iommu;
struct smmu_master;

/**
 * struct smmu_common - what the owners of a StreamID have in common
 * @cdtab: CD table of the stream; its CD of SubstreamID 0 is that of the ruler. Under the lock of
 *	the owners, written under smmu_arrays_mutex as well.
 * @principal: the owner that may have ATS and PASIDs, or NULL; read under RCU, too
 * @owners: number of owners, at least 1; iommu->streams_lock
 * @rcu: frees it
 */
struct smmu_common {
	struct smmu_cdtab cdtab;
	struct smmu_master *principal;
	u32 owners;
	struct rcu_head rcu;
};

/**
 * struct smmu_stream - one master owns one StreamID
 * @master: owner; constant
 * @next: another owner of the same StreamID, or NULL
 * @common: NULL until the StreamID has two owners for the first time
 * @own: the StreamID is that of the device itself, and no alias; constant
 */
struct smmu_stream {
	struct smmu_master *master;
	struct smmu_stream *next;
	struct smmu_common *common;
	bool own;
};

/* Is it a PCI device that uses other RIDs than its own, too? Suites replace this function. */
bool smmu_streams_has_aliases(const struct smmu_master *master);

/**
 * smmu_streams_claim() - make the master an owner of all its StreamIDs, or of none
 * @iommu: SMMU
 * @master: sids filled, streams have master and own
 *
 * Sets @shared and @principal of all owners. While another owner uses what it would lose by that
 * (ATS, PASIDs), must have ATS, or uses a guest's STE, the new master is refused, and likewise
 * where it must have ATS itself. Its requests cannot be told from those
 * of that owner, so they go where that owner's requests go. The STEs stay as they are. Process
 * context. Takes the lock of the other owners, where there are any, and waits for them.
 * Return: 0; -ENODEV, or -ENOMEM, with one line logged. On error the other owners are as before.
 */
int smmu_streams_claim(struct smmu_iommu *iommu, struct smmu_master *master);

/**
 * smmu_streams_release_locked() - give all StreamIDs of a master back
 * @iommu: SMMU
 * @master: rules no stream that it shares, see smmu_install_leave_locked()
 *
 * The STEs stay as they are. The CD table of a stream goes with its last owner. Owners that are
 * alone again have their own lock and, if they could have had them before, ATS and PASIDs. RCU
 * readers may still hold a pointer to the master.
 */
void smmu_streams_release_locked(struct smmu_iommu *iommu, struct smmu_master *master);

/**
 * smmu_streams_group() - find the group that a new master has to be in
 * @iommu: SMMU
 * @master: its StreamIDs are claimed
 * Return: the group of the other owners of its StreamIDs, referenced; NULL where there are no
 *	other owners; ERR_PTR(-ENODEV) where they are in different groups
 */
struct iommu_group *smmu_streams_group(struct smmu_iommu *iommu, struct smmu_master *master);

/**
 * smmu_streams_next() - go through the masters of an SMMU that may have ATS
 * @iommu: SMMU
 * @sid: 0 at the start; the function moves it on
 *
 * Masters come and go meanwhile. Others than those that may have ATS may be found, too. Takes
 * streams_lock.
 * Return: the next master, referenced, or NULL at the end
 */
struct smmu_master *smmu_streams_next(struct smmu_iommu *iommu, unsigned long *sid);

/**
 * smmu_streams_lock_next() - go through those of them that have something to do
 * @iommu: SMMU
 * @sid: as for smmu_streams_next()
 * @wants: does the master have something to do? Called without its lock: a master that has not may
 *	be locked for long, and is passed over.
 *
 * Takes streams_lock, and the lock of each master that it returns. May sleep.
 * Return: the next such master, referenced, and its lock is held; NULL at the end. The caller calls
 *	smmu_master_unlock_put().
 */
struct smmu_master *smmu_streams_lock_next(struct smmu_iommu *iommu, unsigned long *sid,
					   bool (*wants)(const struct smmu_master *master));

/* Find a master by the name of its device. Takes streams_lock. Return: as smmu_streams_next() */
struct smmu_master *smmu_streams_find(struct smmu_iommu *iommu, const char *name);

/**
 * smmu_streams_ruler() - find the master that rules a StreamID
 * @iommu: SMMU; streams_lock or the lock of an owner is held, or rcu_read_lock()
 * @sid: any number, as it comes from an event record
 * Return: master or NULL
 */
struct smmu_master *smmu_streams_ruler(struct smmu_iommu *iommu, u32 sid);

/* The owner of a stream that may have ATS and PASIDs, or NULL; as for smmu_streams_ruler() */
struct smmu_master *smmu_streams_principal(const struct smmu_stream *stream);

/* The same by StreamID: the device that an ATC_INV for @sid reaches. As for smmu_streams_ruler() */
struct smmu_master *smmu_streams_ats_user(struct smmu_iommu *iommu, u32 sid);

/* Does the master's @i-th StreamID have other owners? As for smmu_streams_ruler() */
bool smmu_streams_shared_locked(const struct smmu_master *master, u32 i);

/* First in the chain of the owners of a StreamID, or NULL. streams_lock or their lock is held. */
struct smmu_stream *smmu_streams_first(struct smmu_iommu *iommu, u32 sid);

/* The table with the CDs of the master's PASIDs */
struct smmu_cdtab *smmu_streams_cdtab_locked(struct smmu_master *master);

/* Make an owner the ruler of a stream. Does not allocate. Takes streams_lock. */
void smmu_streams_rule_locked(struct smmu_stream *stream, u32 sid);

#endif
