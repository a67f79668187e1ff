// SPDX-License-Identifier: GPL-2.0-only
/* Which SMMUs there are, and how long each of them lives. */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "drv/host.h"

static LIST_HEAD(hosts);
static DEFINE_MUTEX(hosts_lock);

void smmu_host_add(struct smmu_host *host)
{
	mutex_lock(&hosts_lock);
	list_add_tail(&host->node, &hosts);
	mutex_unlock(&hosts_lock);
}

void smmu_host_del(struct smmu_host *host)
{
	mutex_lock(&hosts_lock);
	list_del(&host->node);
	mutex_unlock(&hosts_lock);
}

struct smmu_host *smmu_host_find(const struct fwnode_handle *fwnode)
{
	struct smmu_host *host, *found = NULL;

	mutex_lock(&hosts_lock);
	list_for_each_entry(host, &hosts, node)
		if (dev_fwnode(host->smmu.dev) == fwnode)
			found = host;
	mutex_unlock(&hosts_lock);
	return found;
}

struct smmu_host *smmu_host_get(struct smmu_host *host)
{
	kref_get(&host->ref);
	return host;
}

static void free_host(struct kref *ref)
{
	struct smmu_host *host = container_of(ref, struct smmu_host, ref);

	smmu_inst_destroy(&host->smmu.inst);
	put_device(host->smmu.dev);
	kfree(host);
}

void smmu_host_put(struct smmu_host *host)
{
	kref_put(&host->ref, free_host);
}
