// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "core/array.h"
#include "core/range.h"
#include "drv/arrays.h"
#include "drv/binding.h"
#include "drv/domain.h"
#include "drv/install.h"
#include "drv/iommu.h"
#include "drv/master_lock.h"
#include "drv/mmtable.h"
#include "drv/pasid.h"
#include "drv/sva.h"
#include "drv/walk.h"

/**
 * struct sva_domain - the domain of one mm, for all SMMUs
 * @sd: first, because smmu_domain_finish() frees it
 * @notifier: of the mm
 */
struct sva_domain {
	struct smmu_domain sd;
	struct mmu_notifier notifier;
};

static_assert(offsetof(struct sva_domain, sd) == 0);

static struct smmu_domain *domain_of(struct mmu_notifier *mn)
{
	return &container_of(mn, struct sva_domain, notifier)->sd;
}

static struct mmu_notifier *notifier_of(struct smmu_domain *sd)
{
	return &container_of(sd, struct sva_domain, sd)->notifier;
}

/* Called under the page-table lock; @end is the first byte after, or ULONG_MAX for everything */
static void sva_invalidate(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
			   unsigned long end)
{
	struct smmu_domain *sd = domain_of(mn);
	const struct smmu_range range = {
		.all = !start && end == ULONG_MAX,
		.start = start,
		.last = end - 1,
		/*
		 * the pages may be of any size; page tables may have been freed with them, and the
		 * caller does not say so
		 */
	};

	if (end > start)
		smmu_walk_range(sd, &range);
}

/*
 * The process exits while devices are attached. This takes the lock of each master in turn, so that
 * the CD of a PASID that is being detached does not become valid again. A PASID that is being
 * attached either is in the domain's list by now, or finds @mm_gone. That cannot deadlock, because
 * no function of this driver drops the last reference to the mm under the lock of a master.
 */
static void mm_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct smmu_domain *sd = domain_of(mn);
	struct smmu_binding *binding;
	struct smmu_master *master;
	u32 ssid;

	/* pairs with READ_ONCE() in smmu_install_cd_locked(); the mutex orders it */
	scoped_guard(mutex, &smmu_arrays_mutex)
		WRITE_ONCE(sd->mm_gone, true);
	while ((master = smmu_domain_find(sd, true, &ssid))) {
		if (!smmu_master_lock_live(master))
			continue;
		binding = xa_load(&master->pasids, ssid);
		if (binding && binding->domain == sd)
			smmu_install_cd_locked(binding, false);
		smmu_master_unlock_put(master);
	}
	smmu_walk_flush_all(sd);
}

/* Called when no notifier runs for this mm any more */
static void free_notifier(struct mmu_notifier *mn)
{
	smmu_domain_finish(domain_of(mn));
}

static const struct mmu_notifier_ops notifier_ops = {
	.arch_invalidate_secondary_tlbs = sva_invalidate,
	.release = mm_release,
	.free_notifier = free_notifier,
};

static int sva_set_dev_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
			     struct iommu_domain *old)
{
	int ret;

	/* this reference keeps the page tables while the PASID is attached */
	if (!mmget_not_zero(domain->mm))
		return -EINVAL;
	ret = smmu_pasid_attach(dev_iommu_priv_get(dev), smmu_domain_of(domain), pasid);
	mmput(domain->mm);
	return ret;
}

/*
 * The notifier is freed last, and the domain with it, because the notifier may be walking the array
 * right now
 */
static void sva_free(struct iommu_domain *domain)
{
	struct smmu_domain *sd = smmu_domain_of(domain);

	smmu_domain_leave_all(sd);
	mmu_notifier_put(notifier_of(sd));
}

static const struct iommu_domain_ops sva_ops = {
	.set_dev_pasid = sva_set_dev_pasid,
	.free = sva_free,
};

struct iommu_domain *smmu_sva_alloc(struct device *dev, struct mm_struct *mm)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_domain *sd;
	int ret;

	if (!smmu_has(&master->iommu->smmu, SMMU_FEAT_SVA))
		return ERR_PTR(-EOPNOTSUPP);
	sd = smmu_domain_new(sizeof(struct sva_domain));
	if (!sd)
		return ERR_PTR(-ENOMEM);
	smmu_mmtable_needs(&sd->pt.needs);
	sd->pt.pgshift = PAGE_SHIFT;
	sd->sva = true;
	sd->domain.pgsize_bitmap = PAGE_SIZE;
	sd->domain.ops = &sva_ops;
	notifier_of(sd)->ops = &notifier_ops;
	ret = mmu_notifier_register(notifier_of(sd), mm);
	if (ret) {
		smmu_domain_finish(sd);
		return ERR_PTR(ret);
	}
	smmu_arrays_add(sd);
	return &sd->domain;
}

void smmu_sva_exit(void)
{
	mmu_notifier_synchronize();
}
