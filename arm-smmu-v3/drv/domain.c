// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include <compat/gather.h>
#include <compat/iommu.h>

#include "core/array.h"
#include "core/range.h"
#include "core/tag.h"
#include "drv/arrays.h"
#include "drv/attach.h"
#include "drv/binding.h"
#include "drv/domain.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/pasid.h"
#include "drv/readers.h"
#include "drv/walk.h"
#include "drv/withhold.h"

static atomic_t domain_ids = ATOMIC_INIT(0);

struct smmu_domain *smmu_domain_new(size_t size)
{
	struct smmu_array *array = smmu_array_alloc(0, GFP_KERNEL);
	struct smmu_domain *sd = kzalloc(size, GFP_KERNEL);

	if (!array || !sd) {
		smmu_array_free(array);
		kfree(sd);
		return NULL;
	}
	RCU_INIT_POINTER(sd->invs, array);
	INIT_LIST_HEAD(&sd->bindings);
	INIT_LIST_HEAD(&sd->left);
	INIT_LIST_HEAD(&sd->node);
	ida_init(&sd->unconfirmed);
	sd->id = atomic_inc_return(&domain_ids);
	__module_get(THIS_MODULE);
	return sd;
}

struct smmu_master *smmu_domain_find(struct smmu_domain *sd, bool live, u32 *ssid)
{
	struct smmu_binding *binding;

	guard(mutex)(&smmu_arrays_mutex);
	list_for_each_entry(binding, &sd->bindings, node) {
		/* pairs with WRITE_ONCE() in smmu_install_cd_locked() */
		if (live && READ_ONCE(binding->cd_dead))
			continue;
		*ssid = binding->ssid;
		return smmu_master_get(binding->master);
	}
	return NULL;
}

/*
 * The IOMMU core takes a device for attached to the next domain even when that attach failed
 * (without memory, say). The device's SMMU must not go on walking a page table that is freed.
 */
static void block_locked(struct smmu_master *master, struct smmu_domain *sd, u32 ssid)
{
	struct smmu_binding *binding = ssid ? xa_load(&master->pasids, ssid) : &master->rid;

	if (!binding || binding->domain != sd)
		return;
	dev_WARN(master->dev,
		 "domain %u is freed while this device is attached to it; the device is blocked\n",
		 sd->id);
	if (ssid)
		smmu_pasid_detach_locked(master, ssid);
	else
		smmu_attach_none_locked(master, false);
}

static void block_all(struct smmu_domain *sd)
{
	struct smmu_master *master;
	u32 ssid;

	while ((master = smmu_domain_find(sd, false, &ssid))) {
		if (!smmu_master_lock_live(master))
			continue;
		block_locked(master, sd, ssid);
		smmu_master_unlock_put(master);
	}
}

/* Does nothing lead to the domain any more? */
static bool is_left_locked(const struct smmu_domain *sd)
{
	return list_empty(&sd->bindings) && list_empty(&sd->left) && !sd->leavers;
}

void smmu_domain_leave_all(struct smmu_domain *sd)
{
	for (;;) {
		block_all(sd);
		smmu_domain_wait_leavers(sd);
		/* after the wait, because a PASID that leaves may come back */
		smmu_pasid_domain_gone(sd);
		mutex_lock(&smmu_arrays_mutex);
		if (likely(is_left_locked(sd)))
			break;
		mutex_unlock(&smmu_arrays_mutex);
	}
	list_del(&sd->node);
	if (!sd->sva)
		smmu_withhold_begin_locked(sd);
	/* a parked tag was flushed when its last user left */
	smmu_tag_reclaim(smmu_domain_array(sd), NULL, SMMU_INV_TYPES);
	mutex_unlock(&smmu_arrays_mutex);
}

void smmu_domain_finish(struct smmu_domain *sd)
{
	/* an unmap that is still under way may be reading the array */
	smmu_readers_free(rcu_dereference_protected(sd->invs, true));
	ida_destroy(&sd->unconfirmed);
	kfree(sd);
	module_put(THIS_MODULE);
}

bool smmu_dirty_capable(const struct smmu_device *smmu)
{
	return smmu_has(smmu, SMMU_FEAT_HD);
}

/* Allocate the page table and set what the IOMMU core reads of it */
static int build_table(struct smmu_domain *sd, struct smmu_device *smmu, bool stage2, bool dirty)
{
	bool s2fwb = sd->nest_parent && smmu_has(smmu, SMMU_FEAT_S2FWB);
	int ret;

	ret = smmu_pgtable_alloc(&sd->pt, smmu, stage2, dirty, s2fwb, sd);
	if (ret)
		return ret;
	sd->domain.pgsize_bitmap = smmu_pgtable_sizes(&sd->pt);
	sd->domain.geometry.aperture_end = DMA_BIT_MASK(sd->pt.needs.ias);
	sd->domain.geometry.force_aperture = true;
	if (dirty)
		sd->domain.dirty_ops = &smmu_dirty_ops;
	return 0;
}

struct iommu_domain *smmu_domain_alloc_paging(struct device *dev, u32 flags,
					      const struct iommu_user_data *user_data)
{
	const u32 known = IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING |
			  IOMMU_HWPT_ALLOC_PASID;
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_device *smmu = &master->iommu->smmu;
	bool parent = flags & IOMMU_HWPT_ALLOC_NEST_PARENT;
	bool dirty = flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	bool stage2 = parent || !smmu_has(smmu, SMMU_FEAT_S1);
	struct smmu_domain *sd;
	int ret;

	if (user_data || flags & ~known)
		return ERR_PTR(-EOPNOTSUPP);
	if (parent && (flags != IOMMU_HWPT_ALLOC_NEST_PARENT ||
		       !smmu_has(smmu, SMMU_FEAT_NESTING)))
		return ERR_PTR(-EOPNOTSUPP);
	if (stage2 && flags & (IOMMU_HWPT_ALLOC_DIRTY_TRACKING | IOMMU_HWPT_ALLOC_PASID))
		return ERR_PTR(-EOPNOTSUPP);
	if (dirty && !smmu_dirty_capable(smmu))
		return ERR_PTR(-EOPNOTSUPP);

	sd = smmu_domain_new(sizeof(*sd));
	if (!sd)
		return ERR_PTR(-ENOMEM);
	sd->nest_parent = parent;
	ret = build_table(sd, smmu, stage2, dirty);
	if (ret) {
		smmu_domain_finish(sd);
		return ERR_PTR(ret);
	}
	sd->domain.type = IOMMU_DOMAIN_UNMANAGED;
	sd->domain.ops = &smmu_paging_ops;
	smmu_arrays_add(sd);
	return &sd->domain;
}

static void domain_free(struct iommu_domain *domain)
{
	struct smmu_domain *sd = smmu_domain_of(domain);

	smmu_domain_leave_all(sd);
	if (smmu_withhold_table(sd))
		return;
	smmu_pgtable_free(&sd->pt);
	smmu_domain_finish(sd);
}

static int map_pages(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	return smmu_pgtable_map(&smmu_domain_of(domain)->pt, iova, paddr, pgsize, pgcount,
				prot, gfp, mapped);
}

/*
 * The gather is filled here, once for the whole call. A range that does not touch what is gathered
 * so far gets a sync of its own. Leaves of different sizes do not: they only cost the level hint.
 * Out of line, so that an unmap in lazy mode saves no registers for it.
 */
static noinline size_t unmap_and_gather(struct iommu_domain *domain, unsigned long iova,
					size_t pgsize, size_t pgcount,
					struct iommu_iotlb_gather *gather)
{
	struct smmu_pgtable *pt = &smmu_domain_of(domain)->pt;
	size_t size = smmu_pgtable_unmap(pt, iova, pgsize, pgcount);

	if (!size)
		return 0;
	if (iommu_iotlb_gather_is_disjoint(gather, iova, size))
		iommu_iotlb_sync(domain, gather);
	compat_gather_add_level(gather, smmu_leaf_level(__ffs(pgsize), pt->pgshift));
	iommu_iotlb_gather_add_range(gather, iova, size);
	return size;
}

/*
 * io-pgtable does not get the gather, because it would loop over the pages for a callback that the
 * driver does not have.
 */
static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	/* in lazy mode the flush invalidates everything */
	if (iommu_iotlb_gather_queued(gather))
		return smmu_pgtable_unmap(&smmu_domain_of(domain)->pt, iova, pgsize, pgcount);
	return unmap_and_gather(domain, iova, pgsize, pgcount, gather);
}

static void flush_iotlb_all(struct iommu_domain *domain)
{
	smmu_walk_flush_all(smmu_domain_of(domain));
}

static void iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	struct smmu_domain *sd = smmu_domain_of(domain);
	u8 levels = compat_gather_levels(gather);
	struct smmu_range range = {
		.start = gather->start,
		.last = gather->end,
	};

	/* else the sizes are mixed or unknown: use the granule, and no level hint */
	if (is_power_of_2(levels)) {
		range.pgshift = smmu_leaf_shift(__ffs(levels), sd->pt.pgshift);
		range.leaf = true;
	}
	smmu_walk_range(sd, &range);
}

static phys_addr_t iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	return smmu_pgtable_phys(&smmu_domain_of(domain)->pt, iova);
}

COMPAT_ATTACH_DEV(paging_attach_dev)
{
	return smmu_attach_paging(dev_iommu_priv_get(dev), smmu_domain_of(domain));
}

static int paging_set_dev_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
				struct iommu_domain *old)
{
	return smmu_pasid_attach(dev_iommu_priv_get(dev), smmu_domain_of(domain), pasid);
}

/*
 * Can every device on the domain be kept from non-coherent access? If so, attach refuses devices
 * that cannot.
 */
static bool enforce_cache_coherency(struct iommu_domain *domain)
{
	struct smmu_domain *sd = smmu_domain_of(domain);
	struct smmu_binding *binding;
	bool ret = true;

	mutex_lock(&smmu_arrays_mutex);
	list_for_each_entry(binding, &sd->bindings, node)
		ret &= smmu_master_is_coherent(binding->master);
	sd->enforced = ret;
	mutex_unlock(&smmu_arrays_mutex);
	return ret;
}

static int read_and_clear_dirty(struct iommu_domain *domain, unsigned long iova,
				size_t size, unsigned long flags,
				struct iommu_dirty_bitmap *dirty)
{
	return smmu_pgtable_dirty(&smmu_domain_of(domain)->pt, iova, size, flags, dirty);
}

/*
 * Hardware dirty state (HD) is on from the start; the IOMMU core clears the bitmap before it
 * enables tracking
 */
static int set_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	return 0;
}

const struct iommu_dirty_ops smmu_dirty_ops = {
	.set_dirty_tracking = set_dirty_tracking,
	.read_and_clear_dirty = read_and_clear_dirty,
};

const struct iommu_domain_ops smmu_paging_ops = {
	.attach_dev = paging_attach_dev,
	.set_dev_pasid = paging_set_dev_pasid,
	.map_pages = map_pages,
	.unmap_pages = unmap_pages,
	.flush_iotlb_all = flush_iotlb_all,
	.iotlb_sync = iotlb_sync,
	.iova_to_phys = iova_to_phys,
	.enforce_cache_coherency = enforce_cache_coherency,
	.free = domain_free,
};
