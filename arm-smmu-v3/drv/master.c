// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/log2.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <compat/iommu.h>

#include "drv/arrays.h"
#include "drv/ats.h"
#include "drv/attach.h"
#include "drv/binding.h"
#include "drv/change.h"
#include "drv/firmware.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/pasid.h"
#include "drv/pri.h"
#include "drv/sleep.h"
#include "drv/streams.h"

static int cmp_sid(const void *a, const void *b)
{
	u32 l = *(const u32 *)a, r = *(const u32 *)b;

	return l < r ? -1 : l > r;
}

/*
 * Copy the StreamIDs, sorted and each one once: aliases behind a PCI bridge name the same StreamID
 * twice
 */
static void copy_sids(struct smmu_master *master, const struct iommu_fwspec *fwspec)
{
	u32 i, n = 0;

	memcpy(master->sids, fwspec->ids, fwspec->num_ids * sizeof(u32));
	sort(master->sids, fwspec->num_ids, sizeof(u32), cmp_sid, NULL);
	for (i = 0; i < fwspec->num_ids; i++)
		if (!n || master->sids[n - 1] != master->sids[i])
			master->sids[n++] = master->sids[i];
	master->nr_sids = n;
}

/*
 * Firmware gives the StreamID of the device itself first, and those of its aliases after it,
 * because that is the order of pci_for_each_dma_alias()
 */
static void fill_streams(struct smmu_master *master, const struct iommu_fwspec *fwspec)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		master->streams[i].master = master;
		master->streams[i].own = master->sids[i] == fwspec->ids[0];
	}
}

static struct smmu_master *alloc_master(struct device *dev, struct smmu_iommu *iommu)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmu_master *master;

	master = kzalloc(struct_size(master, sids, fwspec->num_ids), GFP_KERNEL);
	if (!master)
		return NULL;
	kref_init(&master->ref);
	mutex_init(&master->own_lock);
	master->lock = &master->own_lock;
	INIT_WORK(&master->finish, smmu_change_finish_work);
	smmu_guest_stall_new(master);
	master->nr_sids = fwspec->num_ids;
	master->dev = dev;
	master->iommu = smmu_iommu_get(iommu);
	master->canwbs = fwspec->flags & IOMMU_FWSPEC_PCI_RC_CANWBS;
	master->bridge = dev_is_pci(dev) && pci_is_bridge(to_pci_dev(dev));
	master->rid.master = master;
	INIT_LIST_HEAD(&master->rid.node);
	xa_init(&master->pasids);
	INIT_LIST_HEAD(&master->idle);
	copy_sids(master, fwspec);
	master->streams = kzalloc_objs(*master->streams, master->nr_sids);
	if (!master->streams || smmu_binding_reserve(master->nr_sids)) {
		smmu_master_put(master);
		return NULL;
	}
	fill_streams(master, fwspec);
	return master;
}

/*
 * PASIDs have to be enabled before ATS (PCIe, PASID capability), and they stay enabled. Requests
 * with a PASID that is not attached are terminated.
 */
static void enable_pasid(struct smmu_master *master)
{
	u8 ssid_bits = master->iommu->smmu.inst.feat.ssid_bits;
	u32 bits = 0;
	int n, rc;

	if (!dev_is_pci(master->dev)) {
		device_property_read_u32(master->dev, "pasid-num-bits", &bits);
		master->ssid_bits = min_t(u32, bits, ssid_bits);
		return;
	}
	n = pci_max_pasids(to_pci_dev(master->dev));
	if (n <= 0 || !ssid_bits)
		return;
	rc = smmu_firmware_pasid_bits(to_pci_dev(master->dev));
	if (rc > 0)
		ssid_bits = min_t(u8, ssid_bits, rc);
	if (pci_enable_pasid(to_pci_dev(master->dev),
			     pci_pasid_features(to_pci_dev(master->dev))))
		return;
	master->ssid_bits = min_t(u8, ilog2(n), ssid_bits);
}

static void disable_pasid(struct smmu_master *master)
{
	if (dev_is_pci(master->dev) && to_pci_dev(master->dev)->pasid_enabled)
		pci_disable_pasid(to_pci_dev(master->dev));
}

/* Afterwards nobody finds the master by a StreamID. No STE leads to its CD table. */
static void drop_master(struct smmu_master *master)
{
	struct smmu_iommu *iommu = master->iommu;

	smmu_master_lock(master);
	smmu_streams_release_locked(iommu, master);
	master->gone = true;
	smmu_master_unlock(master);
	if (cancel_work_sync(&master->finish))
		smmu_master_put(master);
	smmu_guest_stall_gone(master);
	disable_pasid(master);
	smmu_sleep_unlink(master);
	/*
	 * wait for readers that found the master by its StreamID in order to cut its device off,
	 * see smmu_ats_cut()
	 */
	synchronize_rcu_expedited();
	/* an SMMU that comes back at this moment would not give back what is withheld here */
	smmu_master_lock(master);
	smmu_cdtab_free(&iommu->smmu, &master->cdtab);
	smmu_master_unlock_put(master);
}

/*
 * The IOMMU core tolerates one error only, -ENODEV. With any other error it undoes the registration
 * of the whole SMMU, and then no device behind it has an IOMMU. Therefore this function returns
 * -ENODEV whatever is wrong with a device, and the log says what it is. The device's StreamIDs
 * abort as long as no master has them.
 */
struct iommu_device *smmu_master_probe(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmu_master *master;
	struct smmu_iommu *iommu;
	int ret = 0;

	if (!fwspec || !fwspec->num_ids || WARN_ON_ONCE(dev_iommu_priv_get(dev)))
		return ERR_PTR(-ENODEV);
	iommu = smmu_iommu_find(fwspec->iommu_fwnode);
	if (!iommu)
		return ERR_PTR(-ENODEV);

	master = alloc_master(dev, iommu);
	if (!master) {
		dev_err(dev, "there is no memory, and so no IOMMU for this device\n");
		return ERR_PTR(-ENODEV);
	}
	smmu_ats_probe_required(master);
	if (smmu_streams_claim(iommu, master)) {
		/* readers may have found it by a StreamID that it had for a moment */
		synchronize_rcu();
		smmu_master_put(master);
		return ERR_PTR(-ENODEV);
	}
	/* whether they are used depends on who else has the StreamIDs, which changes */
	if (!smmu_streams_has_aliases(master)) {
		enable_pasid(master);
		ret = smmu_ats_probe(master);
	} else if (master->ats_required) {
		dev_err(dev, "this device does not work without ATS, and has alias StreamIDs, for which there is none; there is no IOMMU for it, and its DMA aborts\n");
		ret = -ENODEV;
	}
	if (ret == -ENOMEM)
		dev_err(dev, "there is no memory, and so no IOMMU for this device\n");
	if (ret) {
		drop_master(master);
		return ERR_PTR(-ENODEV);
	}
	smmu_pri_probe(master);
	dev_iommu_priv_set(dev, master);
	smmu_sleep_link(master);
	master->can_stall = smmu_iopf_capable(master);
	return &iommu->core;
}

static int is_device(struct device *dev, void *unused)
{
	return 1;
}

/*
 * Find a group for a device: the group that its bus gives it, or @others, the group of the other
 * owners of its StreamIDs. PCI has rules about which devices must be in one group, and two groups
 * cannot be merged, so that @others may be impossible. Consumes the reference to @others.
 */
static struct iommu_group *join_group(struct device *dev, struct iommu_group *others)
{
	struct iommu_group *group;

	if (!dev_is_pci(dev))
		return others ?: generic_device_group(dev);
	group = pci_device_group(dev);
	if (!others || IS_ERR_OR_NULL(group)) {
		iommu_group_put(others);
		return group;
	}
	if (group == others || !iommu_group_for_each_dev(group, NULL, is_device)) {
		/* the same group, or a new group without devices */
		iommu_group_put(group);
		return others;
	}
	dev_err(dev, "this device shares StreamIDs with group %d, but belongs to group %d\n",
		iommu_group_id(others), iommu_group_id(group));
	iommu_group_put(group);
	iommu_group_put(others);
	return ERR_PTR(-ENODEV);
}

struct iommu_group *smmu_master_group(struct device *dev)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct iommu_group *group;

	group = smmu_streams_group(master->iommu, master);
	if (!IS_ERR(group))
		group = join_group(dev, group);
	if (!IS_ERR_OR_NULL(group))
		return group;
	dev_err(dev, "there is no group (%pe), and so no IOMMU for this device\n", group);
	/* see smmu_master_probe() */
	return ERR_PTR(-ENODEV);
}

/*
 * Forget the parked entries of the master in all domains, because no device will come back to them.
 * Those of a StreamID that has other owners are theirs.
 */
static void forget_streams(struct smmu_master *master)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++)
		if (!smmu_streams_shared_locked(master, i))
			smmu_arrays_forget_stream(&master->iommu->smmu.inst, master->sids[i]);
}

/*
 * The IOMMU core has attached the release domain (blocked, or identity for a device with direct
 * mappings), so requests without PASID have no domain. PASIDs may still have one, and the IOMMU
 * core does not remember them.
 */
void smmu_master_release(struct device *dev)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);

	scoped_guard(smmu_change, master) {
		if (WARN_ON(master->rid.domain))
			smmu_attach_none_locked(master, false);
		smmu_pasid_release_locked(master);
		smmu_ats_leave_locked(master);
		/* the streams that it shares must not show it any more, now or later */
		WRITE_ONCE(master->kind, SMMU_RID_BLOCKED);
		smmu_install_leave_locked(master);
		forget_streams(master);
	}
	drop_master(master);
}
