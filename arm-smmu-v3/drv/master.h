/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_master - a device behind an SMMU: its StreamIDs and what it is attached to.
 *
 * Made by probe_device, freed by release_device. What attach, detach and release need
 * is allocated when the master is added, at its largest, so that detaching never
 * allocates.
 */
#ifndef SMMU_DRV_MASTER_H
#define SMMU_DRV_MASTER_H

#include <linux/list.h>
#include <linux/types.h>

#include "core/tag.h"
#include "hw/cdtab.h"

struct device;
struct iommu_device;
struct smmu_array;
struct smmu_domain;
struct smmu_host;

/**
 * struct smmu_master
 * @dev: the device
 * @host: its SMMU
 * @node: in host->masters; host->streams_lock
 * @sids: StreamIDs, sorted, no duplicates
 * @nr_sids: how many
 *
 * Under smmu_attach_mutex:
 * @domain: paging domain or NULL (identity, blocked)
 * @domain_node: in domain->attached
 * @tag: tag in use with @domain
 * @cdtab: CD table, from the first stage-1 attach on
 * @attach: scratch array of the attachment being made
 * @detach: scratch array of the one being left
 * @bypass: no domain, but identity
 */
struct smmu_master {
	struct device *dev;
	struct smmu_host *host;
	struct list_head node;
	struct smmu_domain *domain;
	struct list_head domain_node;
	struct smmu_tag tag;
	struct smmu_cdtab cdtab;
	struct smmu_array *attach;
	struct smmu_array *detach;
	bool bypass;
	u32 nr_sids;
	u32 sids[] __counted_by(nr_sids);
};

struct iommu_device *smmu_master_probe(struct device *dev);
void smmu_master_release(struct device *dev);

/* Firmware promises that the device's accesses are always cacheable write-back */
bool smmu_master_canwbs(const struct smmu_master *master);

#endif
