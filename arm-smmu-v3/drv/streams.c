// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>

#include "drv/host.h"
#include "drv/master.h"
#include "drv/streams.h"
#include "hw/strtab.h"

static int claim_one(struct smmu_host *host, struct smmu_master *master, u32 sid)
{
	struct smmu_master *owner;
	int ret;

	ret = smmu_strtab_claim(&host->smmu, sid);
	if (ret == -ERANGE) {
		dev_err(master->dev, "StreamID 0x%x is out of range of %s (%u bits)\n", sid,
			dev_name(host->smmu.dev), host->smmu.strtab.log2);
		return ret;
	}
	if (ret)
		return ret;
	ret = xa_insert(&host->streams, sid, master, GFP_KERNEL);
	if (ret == -EBUSY) {
		owner = xa_load(&host->streams, sid);
		dev_err(master->dev, "StreamID 0x%x belongs to %s already; no DMA for this device\n",
			sid, dev_name(owner->dev));
		return -EEXIST;
	}
	return ret;
}

int smmu_streams_claim(struct smmu_host *host, struct smmu_master *master)
{
	int ret = 0;
	u32 i;

	mutex_lock(&host->streams_lock);
	for (i = 0; i < master->nr_sids && !ret; i++)
		ret = claim_one(host, master, master->sids[i]);
	if (ret) {
		/* the last one was not claimed, what is before it was */
		for (i--; i; i--)
			xa_erase(&host->streams, master->sids[i - 1]);
	} else {
		list_add_tail(&master->node, &host->masters);
	}
	mutex_unlock(&host->streams_lock);
	return ret;
}

void smmu_streams_release(struct smmu_host *host, struct smmu_master *master)
{
	u32 i;

	mutex_lock(&host->streams_lock);
	for (i = 0; i < master->nr_sids; i++)
		xa_erase(&host->streams, master->sids[i]);
	list_del(&master->node);
	mutex_unlock(&host->streams_lock);
}

struct smmu_master *smmu_streams_owner(struct smmu_host *host, u32 sid)
{
	lockdep_assert_held(&host->streams_lock);
	return xa_load(&host->streams, sid);
}
