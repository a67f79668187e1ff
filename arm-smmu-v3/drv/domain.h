/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_domain - a paging or SVA domain: one page table and one array.
 *
 * There is no SMMU in it. Which SMMUs must hear of a change stands in the array, and
 * comes and goes with attachments. The domain holds a reference to this module and, through
 * its page table, to the device of the SMMU it was made for; it may outlive every device.
 */
#ifndef SMMU_DRV_DOMAIN_H
#define SMMU_DRV_DOMAIN_H

#include <linux/iommu.h>
#include <linux/list.h>

#include "drv/pgtable.h"

struct smmu_array;
struct smmu_device;

/**
 * struct smmu_domain
 * @domain: the core's part
 * @pt: page table; of an SVA domain, only what it needs: the table is the mm's
 * @invs: the array; never NULL. Read under RCU, replaced under smmu_attach_mutex.
 * @bindings: struct smmu_binding.node; under smmu_attach_mutex
 * @left: PASIDs that may come back to it, see pasid.c; under smmu_attach_mutex
 * @node: in smmu_domains; under smmu_attach_mutex
 * @id: for debugfs and traces, never reused
 * @nest_parent: stage 2 meant to sit under guests
 * @enforced: enforce_cache_coherency() has promised coherent access: no device that is not
 *	known for it is attached; under smmu_attach_mutex
 * @ats_seq: how often entries of an ATC have come alive; see walk.h
 * @unconfirmed: an SMMU may still hold translations of it: the page table is not freed
 * @sva: the page table is that of @domain.mm, see sva.h
 * @mm_gone: the mm has exited: its CDs translate nothing; under smmu_attach_mutex
 */
struct smmu_domain {
	struct iommu_domain domain;
	struct smmu_pgtable pt;
	struct smmu_array __rcu *invs;
	struct list_head bindings;
	struct list_head left;
	struct list_head node;
	u32 id;
	u32 ats_seq;
	bool nest_parent;
	bool enforced;
	bool unconfirmed;
	bool sva;
	bool mm_gone;
};

static inline struct smmu_domain *smmu_domain_of(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_domain, domain);
}

extern const struct iommu_domain_ops smmu_paging_ops;
extern const struct iommu_dirty_ops smmu_dirty_ops;

struct iommu_domain *smmu_domain_alloc_paging(struct device *dev, u32 flags,
					      const struct iommu_user_data *user_data);

/* Hardware dirty state that the SMMU's walks make coherent */
bool smmu_dirty_capable(const struct smmu_device *smmu);

/**
 * smmu_domain_new() - a domain without a page table, known to nobody
 * @size: of what begins with the domain
 *
 * Holds a reference to this module: an iommufd or VFIO file may hold the domain when every
 * device has gone.
 * Return: domain with an empty array, or NULL
 */
struct smmu_domain *smmu_domain_new(size_t size);

/**
 * smmu_domain_leave_all() - first half of freeing: nothing leads to the domain any more
 * @sd: domain
 *
 * What is still attached is blocked, with a warning: the core has lost it. Its tags are
 * given back. Walks of the array may go on. Takes the attach mutex.
 */
void smmu_domain_leave_all(struct smmu_domain *sd);

/**
 * smmu_domain_finish() - second half: no walk of the array can begin any more
 * @sd: gone on return
 */
void smmu_domain_finish(struct smmu_domain *sd);

#endif
