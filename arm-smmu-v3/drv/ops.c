// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include <compat/iommu_ops.h>
#include <smmuv3/regs.h>

#include "drv/deferred.h"
#include "drv/domain.h"
#include "drv/domains_static.h"
#include "drv/guest_queue.h"
#include "drv/guest_stall.h"
#include "drv/iommu.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/ops.h"
#include "drv/resv.h"
#include "drv/sva.h"
#include "drv/viommu.h"
#include "hw/idregs.h"

static bool dev_capable(struct device *dev, enum iommu_cap cap)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_device *smmu = &master->iommu->smmu;

	/* pairs with WRITE_ONCE() in streams.c */
	if (compat_cap_is_ats(cap))
		return master->ats_capable && READ_ONCE(master->principal);
	switch (cap) {
	case IOMMU_CAP_DEFERRED_FLUSH:
	case IOMMU_CAP_NOEXEC:
		return true;
	case IOMMU_CAP_DIRTY_TRACKING:
		return smmu_dirty_capable(smmu);
	case IOMMU_CAP_ENFORCE_CACHE_COHERENCY:
		return smmu_master_is_coherent(master);
	case IOMMU_CAP_CACHE_COHERENCY:
		return smmu_has(smmu, SMMU_FEAT_COHERENT);
	default:
		return false;
	}
}

#if COMPAT_IOMMUFD
/* IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI, an enum of 7.3 and later */
#define HW_INFO_REPEAT_TLBI_CFGI	BIT(0)

/*
 * Hide what a guest would use and be refused: range invalidation where this driver does not use it
 * on the SMMU, and stalls, where faults of a guest's stage 1 do not stall. An SMMU that can do
 * nothing but stall is shown as it is; stalled transactions that nobody may answer are aborted.
 */
static void mask_idregs(const struct smmu_master *master, struct smmu_idregs *regs)
{
	const struct smmu_device *smmu = &master->iommu->smmu;

	/* a guest has one command queue; its VMM reads it */
	regs->idr[1] &= ~IDR1_ECMDQ;
	if (!smmu_has(smmu, SMMU_FEAT_RIL))
		regs->idr[3] &= ~IDR3_RIL;
	if (!smmu_has(smmu, SMMU_FEAT_STALL_FORCE) && !smmu_guest_stall_capable(master))
		FIELD_MODIFY(IDR0_STALL_MODEL, &regs->idr[0], IDR0_STALL_NEVER);
}

/* Report what a VMM may tell its guest about the SMMU; the caller frees the result */
static void *hw_info(struct device *dev, u32 *length, enum iommu_hw_info_type *type)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_device *smmu = &master->iommu->smmu;
	struct iommu_hw_info_arm_smmuv3 *hw;
	struct smmu_idregs regs;
	u32 flags = 0;

	static_assert(sizeof(hw->idr) == sizeof(regs.idr));

	switch (*type) {
	case IOMMU_HW_INFO_TYPE_DEFAULT:
		*type = IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
		break;
	case IOMMU_HW_INFO_TYPE_ARM_SMMUV3:
		break;
	case IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV:
		return smmu_guest_queues_info(smmu, length);
	default:
		return ERR_PTR(-EOPNOTSUPP);
	}
	/* a guest's commands are passed on as they come, so the guest has to repeat them itself */
	if (smmu->inst.feat.errata & SMMU_ERRATUM_REPEAT_TLBI)
		flags = HW_INFO_REPEAT_TLBI_CFGI;
	smmu_idregs_read(smmu, &regs);
	mask_idregs(master, &regs);

	*length = sizeof(*hw);
	hw = kmalloc_obj(*hw);
	if (!hw)
		return ERR_PTR(-ENOMEM);
	*hw = (struct iommu_hw_info_arm_smmuv3) {
		.flags = flags,
		.iidr = regs.iidr,
		.aidr = regs.aidr,
	};
	memcpy(hw->idr, regs.idr, sizeof(hw->idr));
	return hw;
}
#endif

static int of_xlate(struct device *dev, const struct of_phandle_args *args)
{
	return iommu_fwspec_add_ids(dev, args->args, 1);
}

/*
 * HiSilicon's PCIe tune and trace device addresses memory by physical address only. A device that
 * is not trusted is translated even if it has these IDs. It may only claim to be that device, and
 * the IOMMU core refuses identity for it, and with it the whole SMMU.
 */
static int def_domain_type(struct device *dev)
{
	struct pci_dev *pdev = dev_is_pci(dev) ? to_pci_dev(dev) : NULL;
	const struct smmu_master *master = dev_iommu_priv_get(dev);

	if (pdev && pdev->vendor == PCI_VENDOR_ID_HUAWEI && pdev->device == 0xa12e &&
	    !pdev->untrusted)
		return IOMMU_DOMAIN_IDENTITY;
	/* where a device that must have ATS has none in identity; arm64 kernels have the DMA API */
	if (IS_ENABLED(CONFIG_IOMMU_DMA) && master && master->ats_required && !master->ats_always)
		return IOMMU_DOMAIN_DMA;
	return 0;
}

static bool is_attach_deferred(struct device *dev)
{
	return smmu_deferred(dev_iommu_priv_get(dev), def_domain_type(dev));
}

/* older kernels allocate domains for a bus, and pass no device */
static struct iommu_domain *alloc_paging(struct device *dev)
{
	return dev ? smmu_domain_alloc_paging(dev, 0, NULL) : ERR_PTR(-EOPNOTSUPP);
}

const struct iommu_ops smmu_iommu_ops = {
	.owner = THIS_MODULE,
	.capable = dev_capable,
	.probe_device = smmu_master_probe,
	.release_device = smmu_master_release,
	.device_group = smmu_master_group,
	.of_xlate = of_xlate,
	.get_resv_regions = smmu_resv_regions,
	.def_domain_type = def_domain_type,
	.is_attach_deferred = is_attach_deferred,
	.identity_domain = &smmu_identity_domain,
	COMPAT_OPS_BLOCKED(&smmu_blocked_domain),
	COMPAT_OPS_RELEASE(&smmu_blocked_domain),
	.domain_alloc_sva = smmu_sva_alloc,
	.page_response = smmu_iopf_answer,
	/* faults with any PASID of a guest go to the nested domain's handler */
	.user_pasid_table = COMPAT_IOMMUFD,
	COMPAT_OPS_PAGING(alloc_paging, smmu_domain_alloc_paging),
	COMPAT_OPS_GUESTS(hw_info, smmu_viommu_size, smmu_viommu_init),
	.default_domain_ops = &smmu_paging_ops,
};
