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

struct smmu_attachment;
struct smmu_domain;
struct smmu_event;
struct smmu_features;
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
 */
struct smmu_vsmmu {
	struct iommufd_viommu core;
	struct smmu_host *host;
	struct smmu_domain *parent;
	u16 vmid;
};

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
 * @master: device
 * @nested: domain
 * @next: out: domain and tag; no domain for an abort vSTE
 * @vsid: out: the device's StreamID in the guest, where it has one
 * @ats: out: both sides want ATS
 * Return: 1 with a vSID, 0 without, -EINVAL for another SMMU's or for a device that could
 *	bypass the caches, -ENOENT for stage 1 without a vSID
 */
int smmu_nested_prepare(struct smmu_master *master, struct smmu_nested *nested,
			struct smmu_attachment *next, u32 *vsid, bool *ats);

/* The STE: the guest's on the parent's @s2 */
void smmu_nested_ste(const struct smmu_nested *nested, const struct smmu_features *feat,
		     const struct smmu_ste_s2 *s2, struct smmu_ste *ste);

struct smmu_vsmmu *smmu_nested_vsmmu(struct smmu_nested *nested);

/*
 * iommufd's knowledge of vDEVICEs, and its vEVENTQ. Suites, whose vSMMUs no iommufd knows,
 * replace them.
 */
int smmu_vsmmu_vsid(struct smmu_vsmmu *vsmmu, struct device *dev, unsigned long *vsid);
/* NULL when there is none; stays while the vDEVICE does */
struct device *smmu_vsmmu_dev(struct smmu_vsmmu *vsmmu, u32 vsid);
int smmu_vsmmu_deliver(struct smmu_vsmmu *vsmmu, struct iommu_vevent_arm_smmuv3 *vevent);

/* Whose guest hears of the master's faults from now on; attach mutex held. NULL: nobody's */
void smmu_vsmmu_set_master(struct smmu_master *master, struct smmu_vsmmu *vsmmu, u32 vsid);

/**
 * smmu_vsmmu_report() - tell the guest of a fault
 * @master: whose, or NULL; host->streams_lock held
 * @event: decoded
 * Return: true when a guest has it; else it is the host's to report. May sleep.
 */
bool smmu_vsmmu_report(struct smmu_master *master, const struct smmu_event *event);

#else

static inline int smmu_nested_prepare(struct smmu_master *master, struct smmu_nested *nested,
				      struct smmu_attachment *next, u32 *vsid,
				      bool *ats)
{
	return -EOPNOTSUPP;
}

static inline void smmu_nested_ste(const struct smmu_nested *nested,
				   const struct smmu_features *feat,
				   const struct smmu_ste_s2 *s2, struct smmu_ste *ste)
{
}

static inline struct smmu_vsmmu *smmu_nested_vsmmu(struct smmu_nested *nested)
{
	return NULL;
}

static inline void smmu_vsmmu_set_master(struct smmu_master *master, struct smmu_vsmmu *vsmmu,
					 u32 vsid)
{
}

static inline bool smmu_vsmmu_report(struct smmu_master *master,
				     const struct smmu_event *event)
{
	return false;
}

#define smmu_vsmmu_size		NULL
#define smmu_vsmmu_init		NULL

#endif

#endif
