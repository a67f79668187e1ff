/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_vsmmu - a guest's SMMU over one nest parent, behind one SMMU.
 *
 * It owns a VMID from its creation to its end, whatever is attached; nobody else finds or
 * shares it. Any number of them may sit over one parent, on one SMMU or on several. Devices
 * are attached through it with nested domains (nested.c), guest commands come in through it
 * (guestcmd.c), and faults of guests' stage 1 go out (vevent.c).
 *
 * It and each nested domain hold a reference to the SMMU and to the module: they live until
 * their file descriptor is closed, and every device may have gone by then.
 *
 * Without CONFIG_IOMMUFD there are none.
 */
#ifndef SMMU_DRV_VSMMU_H
#define SMMU_DRV_VSMMU_H

#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/types.h>

#include <smmuv3/ste.h>

#include "drv/vevent.h"

struct smmu_attachment;
struct smmu_domain;
struct smmu_features;
struct smmu_guest_stream;
struct smmu_host;
struct smmu_master;
struct smmu_nested;
struct smmu_ste_s2;

/**
 * struct smmu_vsmmu
 * @core: iommufd's part, first
 * @host: its SMMU, referenced
 * @parent: nest parent; iommufd keeps it alive for as long
 * @vmid: its own VMID
 * @events: on their way to the guest
 */
struct smmu_vsmmu {
	struct iommufd_viommu core;
	struct smmu_host *host;
	struct smmu_domain *parent;
	u16 vmid;
	struct smmu_vevents events;
};

/**
 * struct smmu_vdevice - a device as a guest knows it
 * @core: iommufd's part, first; its @virt_id is the vSID
 * @master: the device; iommufd destroys the vDEVICE before it lets the device go
 */
struct smmu_vdevice {
	struct iommufd_vdevice core;
	struct smmu_master *master;
};

#if IS_ENABLED(CONFIG_KUNIT)
void smmu_vsmmu_pause(struct smmu_vsmmu *vsmmu);
#endif

#if IS_ENABLED(CONFIG_IOMMUFD)

/* iommu_ops: size 0 where there can be none for the device */
size_t smmu_vsmmu_size(struct device *dev, enum iommu_viommu_type type);
int smmu_vsmmu_init(struct iommufd_viommu *viommu, struct iommu_domain *parent,
		    const struct iommu_user_data *user_data);

/* iommufd_viommu_ops */
struct iommu_domain *smmu_nested_alloc(struct iommufd_viommu *viommu, u32 flags,
				       const struct iommu_user_data *user_data);
int smmu_vsmmu_invalidate(struct iommufd_viommu *viommu, struct iommu_user_data_array *array);

/**
 * smmu_nested_prepare() - what attaching to a nested domain means
 * @master: device; attach mutex held
 * @nested: domain
 * @next: out: domain and tag; no domain for an abort vSTE
 * @ats: out: both sides want ATS
 *
 * A device without a vSID is not let onto stage 1, but back onto it: the core has attached it
 * there before, does so again after a reset or an attach that failed for others, and WARNs when it
 * cannot; the vDEVICE may have been destroyed meanwhile.
 *
 * Return: 0; -EINVAL for another SMMU's, for a device that could bypass the caches, and for
 *	PASIDs with ATS where the device needs ATS and could keep what a guest has unmapped;
 *	-ENOENT for stage 1 without a vSID
 */
int smmu_nested_prepare(struct smmu_master *master, const struct smmu_nested *nested,
			struct smmu_attachment *next, bool *ats);

/* The STE: the guest's on the parent's @s2 */
void smmu_nested_ste(const struct smmu_nested *nested, const struct smmu_features *feat,
		     const struct smmu_ste_s2 *s2, struct smmu_ste *ste);

struct smmu_vsmmu *smmu_nested_vsmmu(const struct smmu_nested *nested);

/* Its number: never 0, and never another's, even after it is gone */
u64 smmu_nested_id(const struct smmu_nested *nested);

/**
 * smmu_vsmmu_stream() - a stream of the guest as the host knows it
 * @vsmmu: the guest's SMMU
 * @vsid: any number
 * @out: filled where there is such a stream
 *
 * Under rcu_read_lock(), and an ATC_INV has to be issued before that is given back: @out->ats
 * stays true for that long. Nothing else is needed to keep what @out says.
 * Return: false where the guest has no such stream
 */
bool smmu_vsmmu_stream(struct smmu_vsmmu *vsmmu, u32 vsid, struct smmu_guest_stream *out);

/* Does the device have a vSID there? Attach mutex held. */
bool smmu_vsmmu_knows(const struct smmu_vsmmu *vsmmu, const struct smmu_master *master);

/**
 * smmu_vsmmu_leave() - the master's STE is about to become that of somebody else
 * @master: attach mutex held
 * @next: whose it will be, NULL for nobody's. Nothing to do where it is the same vSMMU's.
 *
 * From here on no guest hears of the master's faults.
 */
void smmu_vsmmu_leave(struct smmu_master *master, const struct smmu_vsmmu *next);

/**
 * smmu_vsmmu_join() - the guest hears of the master's faults from now on
 * @master: attached through @vsmmu, which is confirmed; attach mutex not held
 * @vsmmu: the guest's SMMU
 *
 * What the SMMU has reported before belongs to whoever had the stream then: the event queue is
 * emptied first. Without a vSID there is nothing to do.
 */
void smmu_vsmmu_join(struct smmu_master *master, struct smmu_vsmmu *vsmmu);

#else

static inline int smmu_nested_prepare(struct smmu_master *master,
				      const struct smmu_nested *nested,
				      struct smmu_attachment *next, bool *ats)
{
	return -EOPNOTSUPP;
}

static inline void smmu_nested_ste(const struct smmu_nested *nested,
				   const struct smmu_features *feat,
				   const struct smmu_ste_s2 *s2, struct smmu_ste *ste)
{
}

static inline struct smmu_vsmmu *smmu_nested_vsmmu(const struct smmu_nested *nested)
{
	return NULL;
}

static inline u64 smmu_nested_id(const struct smmu_nested *nested)
{
	return 0;
}

static inline void smmu_vsmmu_leave(struct smmu_master *master, const struct smmu_vsmmu *next)
{
}

static inline void smmu_vsmmu_join(struct smmu_master *master, struct smmu_vsmmu *vsmmu)
{
}

#define smmu_vsmmu_size		NULL
#define smmu_vsmmu_init		NULL

#endif

#endif
