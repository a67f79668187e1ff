// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "driver/pci_rig.h"

#define BITS	6

const struct fabric_endpoint pci_rig_endpoints[PCI_SLOTS] = {
	[FULL] = { .ats = true, .global = true, .pasid_bits = BITS },
	[ATS_ONLY] = { .ats = true },
};

void pci_rig_let_go(struct pci_rig *p, u32 i)
{
	iommu_group_put(p->group[i]);
	pci_dev_put(p->pdev[i]);
	p->group[i] = NULL;
	p->pdev[i] = NULL;
}

static void teardown(void *data)
{
	struct pci_rig *p = data;
	u32 i;

	for (i = 0; i < FABRIC_ENDPOINTS; i++)
		if (p->pdev[i])
			pci_rig_let_go(p, i);
	fabric_free(p->f);
}

void pci_rig_take(struct kunit *test, struct pci_rig *p, u32 i)
{
	p->pdev[i] = fabric_dev(p->f, i);
	KUNIT_ASSERT_NOT_NULL(test, p->pdev[i]);
	p->group[i] = iommu_group_get(&p->pdev[i]->dev);
	KUNIT_ASSERT_NOT_NULL(test, p->group[i]);
	pci_set_master(p->pdev[i]);
}

struct pci_rig *pci_rig_new(struct kunit *test, u32 nr)
{
	return pci_rig_new_with(test, nr, pci_rig_endpoints, PCI_SLOTS);
}

struct pci_rig *pci_rig_new_with(struct kunit *test, u32 nr, const struct fabric_endpoint *ep,
				 u32 n)
{
	struct model_config cfg;

	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	return pci_rig_new_cfg(test, nr, &cfg, ep, n);
}

struct pci_rig *pci_rig_new_cfg(struct kunit *test, u32 nr, const struct model_config *cfg,
				const struct fabric_endpoint *ep, u32 n)
{
	struct pci_rig *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->rig = rig_new(test);
	kunit_deactivate_static_stub(test, smmu_ats_pci_capable);
	kunit_deactivate_static_stub(test, smmu_ats_pci_global);
	kunit_deactivate_static_stub(test, smmu_ats_pci_required);
	smmu_deactivate_raw_stub(test, smmu_ats_pci_enable);
	smmu_deactivate_raw_stub(test, smmu_ats_pci_disable);
	smmu_deactivate_raw_stub(test, smmu_ats_pci_anew);
	smmu_deactivate_raw_stub(test, smmu_ats_pci_cut);
	smmu_deactivate_raw_stub(test, smmu_ats_pci_same);
	kunit_deactivate_static_stub(test, smmu_ats_pci_give_back);
	smmu_deactivate_raw_stub(test, smmu_ats_recover_later);
	p->smmu = rig_smmu(test, p->rig, nr, cfg);
	p->f = fabric_new(p->smmu, ep, n);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p->f);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, teardown, p));
	for (i = 0; i < n; i++)
		pci_rig_take(test, p, i);
	return p;
}

struct iommu_domain *pci_rig_mapped(struct kunit *test, struct pci_rig *p, u32 i, u64 pa)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(&p->pdev[i]->dev);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, PCI_RIG_IOVA, pa, SZ_4K,
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	return domain;
}

u64 pci_rig_dma(struct pci_rig *p, u32 i, u32 ssid)
{
	struct model_access a = { .ssid = ssid, .ssv = ssid, .iova = PCI_RIG_IOVA };

	return fabric_access(p->f, i, &a) ? RIG_NOWHERE : a.pa;
}

void pci_rig_silence(struct pci_rig *p, u32 i)
{
	model_inject(p->smmu->model, &(struct model_inject) {
		.silent = true,
		.silent_sid = fabric_sid(p->f, i),
		.silent_ns = NSEC_PER_USEC,
	});
}
