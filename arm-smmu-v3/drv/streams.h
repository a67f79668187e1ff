/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which masters own which StreamID of an SMMU.
 *
 * Bridges, DMA-alias quirks and masks in a device tree give one StreamID to several devices. Then
 * the SMMU cannot tell which of the devices a request comes from. All of them are in one IOMMU
 * group, so that they never have different users. But a group is not attached in one go: a reset
 * blocks one device, and release and hotplug concern one device at a time. Therefore one of a
 * stream's owners *rules*: the STE shows what that owner is attached to. The owner with the newest
 * attach that is not to blocked rules. When the ruler is blocked or leaves, another owner that is
 * attached takes over (the *heir*). Only where there is none does the STE abort.
 *
 * ATS, PASIDs and guests need a stream that means one device. A device that has ever shared a
 * stream has none of them.
 *
 * The owners of a stream form a chain that begins with the ruler. The chain is made of memory that
 * belongs to the owners, so that a new ruler needs no allocation. It is written under the lock of
 * the owners (master_lock.h), which all owners share where there are several. Where an owner is
 * added or removed, iommu->streams_lock is held as well.
 */
#ifndef SMMU_DRV_STREAMS_H
#define SMMU_DRV_STREAMS_H

#include <linux/types.h>

struct iommu_group;
struct smmu_iommu;
struct smmu_master;

/**
 * struct smmu_stream - one master owns one StreamID
 * @master: owner; constant
 * @next: another owner of the same StreamID, or NULL
 */
struct smmu_stream {
	struct smmu_master *master;
	struct smmu_stream *next;
};

/**
 * smmu_streams_claim() - make the master an owner of all its StreamIDs, or of none
 * @iommu: SMMU
 * @master: sids filled, streams zeroed
 *
 * Other owners of a StreamID lose what only a single owner can have (@shared is set for all).
 * While one of them already uses ATS, PASIDs or a guest's STE, the new master is refused. Its
 * requests cannot be told from those of that owner, so they go where that owner's requests go.
 * Process context. Takes the lock of the other owners, where there are any, and waits for them.
 * Return: 0; -ENODEV, or -ENOMEM, with one line logged
 */
int smmu_streams_claim(struct smmu_iommu *iommu, struct smmu_master *master);

/**
 * smmu_streams_release_locked() - give all StreamIDs of a master back
 * @iommu: SMMU
 * @master: rules no stream that it shares, see smmu_install_leave_locked()
 *
 * The STEs stay as they are (abort or bypass). RCU readers may still hold a pointer to the master.
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
 * smmu_streams_next() - go through the masters of an SMMU that rule their first StreamID
 * @iommu: SMMU
 * @sid: 0 at the start; the function moves it on
 *
 * Masters come and go meanwhile. A device that may have ATS rules its StreamIDs, because it shares
 * none. Takes streams_lock.
 * Return: the next master, referenced, or NULL at the end
 */
struct smmu_master *smmu_streams_next(struct smmu_iommu *iommu, unsigned long *sid);

/* Find a master by the name of its device. Takes streams_lock. Return: as smmu_streams_next() */
struct smmu_master *smmu_streams_find(struct smmu_iommu *iommu, const char *name);

/**
 * smmu_streams_ruler() - find the master that rules a StreamID
 * @iommu: SMMU; streams_lock or the lock of an owner is held, or rcu_read_lock()
 * @sid: any number, as it comes from an event record
 * Return: master or NULL
 */
struct smmu_master *smmu_streams_ruler(struct smmu_iommu *iommu, u32 sid);

/* Does the master's @i-th StreamID have other owners? As for smmu_streams_ruler() */
bool smmu_streams_shared_locked(const struct smmu_master *master, u32 i);

/* Make the master the ruler of its @i-th stream. Does not allocate. */
void smmu_streams_rule_locked(struct smmu_master *master, u32 i);

/* Find another owner of the master's @i-th stream that is not blocked, NULL for none */
struct smmu_master *smmu_streams_heir_locked(const struct smmu_master *master, u32 i);

#endif
