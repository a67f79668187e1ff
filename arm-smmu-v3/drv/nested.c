// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <compat/iommu.h>

#include "core/array.h"
#include "core/ste.h"
#include "drv/ats.h"
#include "drv/attach.h"
#include "drv/binding.h"
#include "drv/change.h"
#include "drv/domain.h"
#include "drv/guest_stall.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/nested.h"
#include "drv/vsmmu.h"

/**
 * struct smmu_nested - a guest's STE over the nest parent of a vSMMU
 * @domain: the IOMMU core's part
 * @vsmmu: the vSMMU, which iommufd keeps alive as long as the domain
 * @iommu: the SMMU, referenced
 * @id: number of the nested domain: never 0, and never used again, even when the domain is gone
 * @vste: words 0 and 1, checked, little-endian; all zero for abort
 */
struct smmu_nested {
	struct iommu_domain domain;
	struct smmu_vsmmu *vsmmu;
	struct smmu_iommu *iommu;
	u64 id;
	__le64 vste[2];
};

static atomic64_t ids = ATOMIC64_INIT(0);

static struct smmu_nested *nested_of(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_nested, domain);
}

/*
 * A guest expects that its bypass STE refuses ATS, so only an STE with stage 1 can have ATS. But a
 * device that must have ATS could not even be found out about by its guest's firmware. What such a
 * device holds under a bypass is the parent's alone, and the host invalidates it without the guest.
 */
static bool wants_ats(const struct smmu_master *master, const __le64 *vste)
{
	if (smmu_ste_config(vste) == STE_CONFIG_BYPASS)
		return master->ats_required;
	return smmu_ste_config(vste) == STE_CONFIG_S1 &&
	       FIELD_GET(STE1_EATS, le64_to_cpu(vste[1])) == STE_EATS_FULL;
}

/*
 * Could the device keep translations under a guest's PASIDs when the parent changes? The host does
 * not know these PASIDs, so it invalidates them all at once, by the Global flag. A device that does
 * not support that flag keeps what it holds under them.
 */
static bool may_hide(const struct smmu_master *master, const __le64 *vste)
{
	return smmu_ste_config(vste) == STE_CONFIG_S1 &&
	       FIELD_GET(STE0_S1CDMAX, le64_to_cpu(vste[0])) && master->ssid_bits &&
	       !master->ats_global;
}

/*
 * A bridge is in the group of a guest's device where the two cannot be isolated from each other,
 * and iommufd attaches the whole group. The guest knows nothing of such a bridge, so the guest's
 * STE is not for it. Its requests (MSIs, mostly) use the guest's physical addresses, like those of
 * a device that the guest lets bypass stage 1.
 */
static const __le64 bypass[2] = {
	cpu_to_le64(STE0_V | FIELD_PREP_CONST(STE0_CONFIG, STE_CONFIG_BYPASS)),
};

static const __le64 *vste_for_locked(struct smmu_master *master, const struct smmu_nested *nested)
{
	if (master->bridge && !smmu_vsmmu_knows_locked(nested->vsmmu, master))
		return bypass;
	return nested->vste;
}

/*
 * Was @nested the last thing that the master was attached to, or the last but one? Then the IOMMU
 * core may attach the master to it again, and that must not fail.
 */
static bool comes_back(const struct smmu_master *master, const struct smmu_nested *nested)
{
	return nested->id == master->nested_id || nested->id == master->nested_before;
}

/*
 * Fill in what attaching to @nested with @vste means: domain and tag of @next (none for a vSTE that
 * aborts), and @ats, whether guest and host want ATS.
 *
 * A device without a vSID must not be attached to stage 1, unless it returns there. The IOMMU core
 * has attached it there before. It does so again after a reset, or after an attach that failed for
 * other devices, and WARNs when that fails. The vDEVICE may have been destroyed meanwhile.
 *
 * Return: 0; -EINVAL for a nested domain of another SMMU, for a device that could bypass the
 *	caches, and for a device that needs ATS where the SMMU cannot have it beside a stage 2, or
 *	where the guest has PASIDs and the device could keep what the guest has unmapped; -ENOENT
 *	for stage 1 without a vSID
 */
static int bind_to_parent(struct smmu_master *master, const struct smmu_nested *nested,
			  const __le64 *vste, struct smmu_binding *next, bool *ats)
{
	struct smmu_vsmmu *vsmmu = nested->vsmmu;

	if (master->iommu != vsmmu->iommu)
		return -EINVAL;
	if (!vsmmu->parent->pt.needs.s2fwb && !master->canwbs)
		return -EINVAL;
	if (smmu_ste_config(vste) == STE_CONFIG_S1 && !smmu_vsmmu_knows_locked(vsmmu, master) &&
	    !comes_back(master, nested))
		return -ENOENT;
	if (smmu_ste_config(vste) == STE_CONFIG_ABORT)
		return 0;
	*ats = master->ats_capable && wants_ats(master, vste);
	if (*ats && (may_hide(master, vste) || !smmu_ats_with_s2(master))) {
		if (master->ats_required)
			return -EINVAL;
		*ats = false;
	}

	next->domain = vsmmu->parent;
	next->tag = (struct smmu_tag) {
		.inst = &master->iommu->smmu.inst,
		.type = SMMU_INV_S2_VMID_VSMMU,
		.id = vsmmu->vmid,
	};
	return 0;
}

static int prepare_nested(struct smmu_master *master, const struct smmu_nested *nested,
			  struct smmu_change *change)
{
	const struct iommu_domain *faults = NULL;
	int ret;

	change->rid.vste = vste_for_locked(master, nested);
	ret = bind_to_parent(master, nested, change->rid.vste, change->next,
			     &change->rid.vste_ats);
	if (ret)
		return ret;
	if (master->nr_pasids)
		return -EBUSY;
	/* a guest gets only a stream that no other device has */
	if (master->shared)
		return -EINVAL;
	if (change->next->domain)
		ret = smmu_change_allowed_locked(master, change->next->domain);
	if (smmu_guest_stall_may_locked(master, nested->vsmmu, &nested->domain, change->rid.vste))
		faults = &nested->domain;
	return ret ?: smmu_change_prepare_locked(change, faults);
}

/*
 * Return: 0; -EINVAL, -EBUSY, -ENOSPC and -ENOMEM as smmu_attach_paging(), other errors as
 * bind_to_parent(). On error nothing has changed.
 */
static int attach_nested(struct smmu_master *master, struct smmu_nested *nested)
{
	struct smmu_binding next = { .master = master };
	struct smmu_change change = {
		.binding = &master->rid,
		.next = &next,
		.rid.kind = SMMU_RID_NESTED,
		.rid.binding = &next,
	};
	int ret;

	guard(smmu_change)(master);
	ret = prepare_nested(master, nested, &change);
	if (!ret)
		smmu_attach_commit_locked(&change, nested->vsmmu, nested->id);
	return ret;
}

COMPAT_ATTACH_DEV(nested_attach_dev)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_nested *nested = nested_of(domain);
	int ret;

	ret = attach_nested(master, nested);
	if (!ret) {
		smmu_vsmmu_join(master, nested->vsmmu);
		smmu_guest_stall_join(master);
	}
	return ret;
}

static void nested_free(struct iommu_domain *domain)
{
	struct smmu_nested *nested = nested_of(domain);

	smmu_iommu_put(nested->iommu);
	kfree(nested);
	module_put(THIS_MODULE);
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = nested_attach_dev,
	.free = nested_free,
};

struct iommu_domain *smmu_nested_alloc(struct iommufd_viommu *viommu, u32 flags,
				       const struct iommu_user_data *user_data)
{
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(viommu);
	struct iommu_hwpt_arm_smmuv3 arg;
	struct smmu_nested *nested;
	int ret;

	if (flags)
		return ERR_PTR(-EOPNOTSUPP);
	ret = iommu_copy_struct_from_user(&arg, user_data, IOMMU_HWPT_DATA_ARM_SMMUV3, ste);
	if (!ret)
		ret = smmu_ste_check_vste(arg.ste);
	if (ret)
		return ERR_PTR(ret);
	nested = kzalloc_obj(*nested, GFP_KERNEL_ACCOUNT);
	if (!nested)
		return ERR_PTR(-ENOMEM);

	if (arg.ste[0] & cpu_to_le64(STE0_V)) {
		nested->vste[0] = arg.ste[0];
		nested->vste[1] = arg.ste[1];
	}
	nested->domain.type = IOMMU_DOMAIN_NESTED;
	nested->domain.ops = &nested_ops;
	nested->vsmmu = vsmmu;
	nested->id = atomic64_inc_return(&ids);
	nested->iommu = smmu_iommu_get(vsmmu->iommu);
	__module_get(THIS_MODULE);
	return &nested->domain;
}
