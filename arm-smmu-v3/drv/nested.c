// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nested domains: a guest's STE over the parent of its vSMMU. There is no page table and no
 * array in one: what must be invalidated is in the parent's array, under the vSMMU's VMID.
 */
#include <linux/bitfield.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "core/array.h"
#include "core/ste.h"
#include "drv/attach.h"
#include "drv/attachment.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/master.h"
#include "drv/vsmmu.h"

/**
 * struct smmu_nested
 * @domain: the core's part
 * @vsmmu: its vSMMU, which iommufd keeps alive for as long
 * @host: the SMMU, referenced
 * @id: its number, see smmu_nested_id()
 * @vste: words 0 and 1, checked, little-endian; all zero for abort
 */
struct smmu_nested {
	struct iommu_domain domain;
	struct smmu_vsmmu *vsmmu;
	struct smmu_host *host;
	u64 id;
	__le64 vste[2];
};

static atomic64_t ids = ATOMIC64_INIT(0);

static struct smmu_nested *nested_of(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_nested, domain);
}

static u32 config_of(const struct smmu_nested *nested)
{
	return FIELD_GET(STE0_CONFIG, le64_to_cpu(nested->vste[0]));
}

struct smmu_vsmmu *smmu_nested_vsmmu(const struct smmu_nested *nested)
{
	return nested->vsmmu;
}

u64 smmu_nested_id(const struct smmu_nested *nested)
{
	return nested->id;
}

void smmu_nested_ste(const struct smmu_nested *nested, const struct smmu_features *feat,
		     const struct smmu_ste_s2 *s2, struct smmu_ste *ste)
{
	smmu_ste_make_nested(ste, feat, nested->vste, s2);
}

/* A bypass STE refuses ATS in the guest's eyes, so it has none */
static bool wants_ats(const struct smmu_nested *nested)
{
	return config_of(nested) == STE_CONFIG_S1 &&
	       FIELD_GET(STE1_EATS, le64_to_cpu(nested->vste[1])) == STE_EATS_FULL;
}

/*
 * The guest's PASIDs are not known here, so when the parent changes they are all invalidated at
 * once, by the Global flag. A device that does not know it keeps what it holds under them.
 */
static bool may_hide(const struct smmu_master *master, const struct smmu_nested *nested)
{
	return FIELD_GET(STE0_S1CDMAX, le64_to_cpu(nested->vste[0])) && master->ssid_bits &&
	       !master->ats_global;
}

/* The core has attached it here before, and nothing of its own since */
static bool comes_back(const struct smmu_master *master, const struct smmu_nested *nested)
{
	return nested->id == master->nested_id || nested->id == master->nested_before;
}

int smmu_nested_prepare(struct smmu_master *master, const struct smmu_nested *nested,
			struct smmu_attachment *next, bool *ats)
{
	struct smmu_vsmmu *vsmmu = nested->vsmmu;

	lockdep_assert_held(&smmu_attach_mutex);

	if (master->host != vsmmu->host)
		return -EINVAL;
	if (!vsmmu->parent->pt.needs.s2fwb && !smmu_master_canwbs(master))
		return -EINVAL;
	if (config_of(nested) == STE_CONFIG_S1 && !smmu_vsmmu_knows(vsmmu, master) &&
	    !comes_back(master, nested))
		return -ENOENT;
	if (config_of(nested) == STE_CONFIG_ABORT)
		return 0;
	*ats = master->ats_capable && wants_ats(nested);
	if (*ats && may_hide(master, nested)) {
		if (master->ats_required)
			return -EINVAL;
		*ats = false;
	}

	next->domain = vsmmu->parent;
	next->tag = (struct smmu_tag) {
		.inst = &master->host->smmu.inst,
		.type = SMMU_INV_S2_VMID_VSMMU,
		.id = vsmmu->vmid,
	};
	return 0;
}

static int attach_dev(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	return smmu_attach_nested(dev_iommu_priv_get(dev), nested_of(domain));
}

static void nested_free(struct iommu_domain *domain)
{
	struct smmu_nested *nested = nested_of(domain);

	smmu_host_put(nested->host);
	kfree(nested);
	module_put(THIS_MODULE);
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = attach_dev,
	.free = nested_free,
};

struct iommu_domain *smmu_nested_alloc(struct iommufd_viommu *viommu, u32 flags,
				       const struct iommu_user_data *user_data)
{
	struct smmu_vsmmu *vsmmu = container_of(viommu, struct smmu_vsmmu, core);
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
	nested->host = smmu_host_get(vsmmu->host);
	__module_get(THIS_MODULE);
	return &nested->domain;
}
