/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who owns which StreamID of an SMMU.
 *
 * Bridges, DMA-alias quirks and masks in a device tree give one StreamID to several devices: it
 * cannot be told then whose request it was. All of them are in one IOMMU group, so that nobody
 * gives them to different users. A group is not attached in one go, though: a reset blocks one
 * device, release and hotplug come one by one. So of a stream's owners one *rules*: its STE is
 * what that one is attached to. The newest attach that is not to blocked rules; when its owner is
 * blocked or leaves, another owner that is attached takes over, and only without any does the
 * STE abort.
 *
 * ATS, PASIDs and guests need a stream that means one device. A device that has ever shared a
 * stream has none of them.
 *
 * The chain of a stream's owners, its ruler first, lives in the owners' memory: changing rulers
 * allocates nothing. It is written under smmu_attach_mutex, iommu->streams_lock as well where an
 * owner comes or goes.
 */
#ifndef SMMU_DRV_STREAMS_H
#define SMMU_DRV_STREAMS_H

#include <linux/types.h>

struct iommu_group;
struct smmu_iommu;
struct smmu_master;

/**
 * struct smmu_stream - that a master has a StreamID
 * @master: owner; constant
 * @next: another owner of the same StreamID, or NULL
 */
struct smmu_stream {
	struct smmu_master *master;
	struct smmu_stream *next;
};

/**
 * smmu_streams_claim() - all of the master's StreamIDs, or none
 * @iommu: SMMU
 * @master: sids filled, streams zeroed
 *
 * Other owners of a StreamID lose what only one owner can have (@shared is set for all). While
 * one of them uses that already (ATS, PASIDs, a guest), the newcomer is refused: its requests
 * cannot be kept out, they go where those of that owner go. Process context, takes
 * smmu_attach_mutex.
 * Return: 0; -ENODEV, or -ENOMEM, with one line logged
 */
int smmu_streams_claim(struct smmu_iommu *iommu, struct smmu_master *master);

/**
 * smmu_streams_release_locked() - give all of them back
 * @iommu: SMMU
 * @master: rules no stream that others own, see smmu_install_leave_locked(); attach mutex held
 *
 * STEs stay what they are (abort or bypass). RCU readers may still have found the master.
 */
void smmu_streams_release_locked(struct smmu_iommu *iommu, struct smmu_master *master);

/**
 * smmu_streams_group() - the group that a new master has to be in
 * @iommu: SMMU
 * @master: claimed
 * Return: the group of the others that have one of its StreamIDs, referenced; NULL where there
 *	are none; ERR_PTR(-ENODEV) where they are in different groups
 */
struct iommu_group *smmu_streams_group(struct smmu_iommu *iommu, struct smmu_master *master);

/**
 * smmu_streams_ruler() - who rules a StreamID
 * @iommu: SMMU; smmu_attach_mutex or streams_lock held, or under rcu_read_lock()
 * @sid: as an event record says, any number
 * Return: master or NULL
 */
struct smmu_master *smmu_streams_ruler(struct smmu_iommu *iommu, u32 sid);

/* Has its @i-th StreamID other owners? Attach mutex held. */
bool smmu_streams_shared_locked(const struct smmu_master *master, u32 i);

/* It rules its @i-th stream from here on. Attach mutex held. Does not allocate. */
void smmu_streams_rule_locked(struct smmu_master *master, u32 i);

/* Another owner of its @i-th stream that is not blocked, NULL for none. Attach mutex held. */
struct smmu_master *smmu_streams_heir_locked(const struct smmu_master *master, u32 i);

#endif
