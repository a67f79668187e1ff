/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_domain - a paging or SVA domain: one page table and one array.
 *
 * A domain names no SMMU. The array says which SMMUs must be told of a change of the page table,
 * and attaches and detaches change the array. The domain holds a reference to this module and,
 * through its page table, to the device of the SMMU it was made for; it may outlive every device.
 */
#ifndef SMMU_DRV_DOMAIN_H
#define SMMU_DRV_DOMAIN_H

#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/list.h>

#include "drv/pgtable.h"

struct smmu_array;
struct smmu_device;
struct smmu_master;

/**
 * struct smmu_domain - see the head of this file
 * @domain: the IOMMU core's part
 * @pt: page table; in an SVA domain only @pt.needs and @pt.pgshift are used, because the table is
 *	that of the mm
 * @invs: the array; never NULL. Read under RCU, replaced under smmu_arrays_mutex.
 * @bindings: struct smmu_binding.node; under smmu_arrays_mutex
 * @left: PASIDs that have left the domain and may come back, see pasid.c; under smmu_arrays_mutex
 * @node: in smmu_domains; under smmu_arrays_mutex
 * @walks: number of walks while waits of an SMMU were counted (hw/waits.h)
 * @unconfirmed: instance numbers of SMMUs that may still use the page table, see withhold.h; under
 *	smmu_arrays_mutex
 * @leavers: number of threads that are leaving the domain, or have just left it, and still use it;
 *	under smmu_arrays_mutex, see smmu_domain_keep_locked()
 * @id: for debugfs and traces, never reused
 * @ats_seq: how often ATS entries have become live; see walk.h
 * @nest_parent: the domain is stage 2 and may be the parent of nested domains
 * @enforced: enforce_cache_coherency() has promised coherent access, so no device is attached that
 *	may access memory without coherency; under smmu_arrays_mutex
 * @for_good: there was no memory to put an SMMU into @unconfirmed; under smmu_arrays_mutex
 * @withheld: the domain is freed, but for its page table; under smmu_arrays_mutex
 * @sva: the page table is that of @domain.mm, see sva.h
 * @mm_gone: the mm has exited, and its CDs translate nothing; under smmu_arrays_mutex
 */
struct smmu_domain {
	struct iommu_domain domain;
	struct smmu_pgtable pt;
	struct smmu_array __rcu *invs;
	struct list_head bindings;
	struct list_head left;
	struct list_head node;
	atomic64_t walks;
	struct ida unconfirmed;
	u32 leavers;
	u32 id;
	u32 ats_seq;
	bool nest_parent;
	bool enforced;
	bool for_good;
	bool withheld;
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

/* Does the SMMU have hardware dirty state, and are its walks coherent? */
bool smmu_dirty_capable(const struct smmu_device *smmu);

/**
 * smmu_domain_new() - allocate a domain without a page table, which is in no list yet
 * @size: size of the structure that begins with the domain
 *
 * The domain holds a reference to this module, because an iommufd or VFIO file may hold the domain
 * when every device has gone.
 * Return: domain with an empty array, or NULL
 */
struct smmu_domain *smmu_domain_new(size_t size);

/**
 * smmu_domain_find() - find a device that is attached to a domain
 * @sd: domain
 * @live: skip those whose CD is that of an mm that has exited
 * @ssid: out: SubstreamID, 0 for the RID
 *
 * Takes smmu_arrays_mutex. The caller takes the lock of the master, and then looks whether that
 * SubstreamID is still attached.
 * Return: the device's master, referenced, or NULL when there is none
 */
struct smmu_master *smmu_domain_find(struct smmu_domain *sd, bool live, u32 *ssid);

/**
 * smmu_domain_leave_all() - first half of freeing: see that nothing leads to the domain any more
 * @sd: domain
 *
 * A device that is still attached is blocked, with a warning, because the IOMMU core has lost track
 * of it. This function waits for threads that are just leaving the domain. The domain's tags are
 * given back. Walks of the array may go on. A paging domain is left to smmu_withhold_table(). Takes
 * smmu_arrays_mutex, and the locks of masters.
 */
void smmu_domain_leave_all(struct smmu_domain *sd);

/**
 * smmu_domain_finish() - second half of freeing: no walk of the array can begin any more
 * @sd: freed on return
 */
void smmu_domain_finish(struct smmu_domain *sd);

#endif
