// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "core/array.h"
#include "core/cmd.h"
#include "drv/attach.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/master.h"
#include "drv/streams.h"

/* One TLB entry of stage 1, or two of a nest parent */
#define TLB_ENTRIES_MAX		2

static int cmp_sid(const void *a, const void *b)
{
	u32 l = *(const u32 *)a, r = *(const u32 *)b;

	return l < r ? -1 : l > r;
}

/* Sorted, and each StreamID once: aliases behind a PCI bridge name the same twice */
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

static void free_master(struct smmu_master *master)
{
	smmu_array_free(master->attach);
	smmu_array_free(master->detach);
	kfree(master);
}

static struct smmu_master *alloc_master(struct device *dev, struct smmu_host *host)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmu_master *master;

	master = kzalloc(struct_size(master, sids, fwspec->num_ids), GFP_KERNEL);
	if (!master)
		return NULL;
	master->nr_sids = fwspec->num_ids;
	master->dev = dev;
	master->host = host;
	INIT_LIST_HEAD(&master->domain_node);
	copy_sids(master, fwspec);
	master->attach = smmu_array_alloc(TLB_ENTRIES_MAX, GFP_KERNEL);
	master->detach = smmu_array_alloc(TLB_ENTRIES_MAX, GFP_KERNEL);
	if (!master->attach || !master->detach) {
		free_master(master);
		return NULL;
	}
	return master;
}

struct iommu_device *smmu_master_probe(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmu_master *master;
	struct smmu_host *host;
	int ret;

	if (!fwspec || !fwspec->num_ids)
		return ERR_PTR(-ENODEV);
	if (WARN_ON_ONCE(dev_iommu_priv_get(dev)))
		return ERR_PTR(-EBUSY);
	host = smmu_host_find(fwspec->iommu_fwnode);
	if (!host)
		return ERR_PTR(-ENODEV);

	master = alloc_master(dev, host);
	if (!master)
		return ERR_PTR(-ENOMEM);
	ret = smmu_streams_claim(host, master);
	if (ret) {
		free_master(master);
		return ERR_PTR(ret);
	}
	dev_iommu_priv_set(dev, master);
	return &host->iommu;
}

/*
 * The core has attached the release domain (blocked, or identity for a device with direct
 * mappings), so no domain is left and no STE points to the CD table.
 */
void smmu_master_release(struct device *dev)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_host *host = master->host;

	mutex_lock(&smmu_attach_mutex);
	if (WARN_ON(master->domain))
		smmu_attach_none(master, false);
	mutex_unlock(&smmu_attach_mutex);

	smmu_streams_release(host, master);
	/* on an SMMU that did not confirm, somebody may still read it */
	if (!smmu_device_is_dead(&host->smmu))
		smmu_cdtab_free(&host->smmu, &master->cdtab);
	free_master(master);
}

bool smmu_master_canwbs(const struct smmu_master *master)
{
	return dev_iommu_fwspec_get(master->dev)->flags & IOMMU_FWSPEC_PCI_RC_CANWBS;
}
