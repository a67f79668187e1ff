// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/pci.h>

#include <smmuv3/regs.h>

#include "drv/params.h"
#include "hw/recordq.h"
#include "driver/page_request.h"

struct asker_seen asker_seen;

bool asker_param_stub(void)
{
	return true;
}

bool asker_serve_stub(const struct smmu_device *smmu)
{
	return smmu->priq.mem.virt;
}

/* User space has the group, as iommufd keeps it: the kernel's layer does not answer it any more */
static int handler(struct iopf_group *group)
{
	struct iopf_fault *fault;

	asker_seen.nr++;
	asker_seen.count = 0;
	list_for_each_entry(fault, &group->faults, list)
		if (asker_seen.count < ARRAY_SIZE(asker_seen.prm))
			asker_seen.prm[asker_seen.count++] = fault->fault.prm;
	asker_seen.count = group->fault_count;
	asker_seen.domain = group->attach_handle->domain;
	if (asker_seen.look)
		asker_seen.look();
	if (asker_seen.fail)
		return -EBUSY;
	if (asker_seen.hold) {
		if (asker_seen.nr_held >= ARRAY_SIZE(asker_seen.held))
			return -EBUSY;
		iopf_group_dequeue(group);
		asker_seen.held[asker_seen.nr_held++] = group;
		return 0;
	}
	iopf_group_response(group, asker_seen.code);
	iopf_free_group(group);
	return 0;
}

void asker_answer_held(void)
{
	u32 i;

	for (i = 0; i < asker_seen.nr_held; i++) {
		iopf_group_response(asker_seen.held[i], asker_seen.code);
		iopf_free_group(asker_seen.held[i]);
	}
	asker_seen.nr_held = 0;
}

void asker_config(struct model_config *cfg, u8 log2)
{
	model_config_default(cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg->idr[1], 6);
	cfg->idr[0] |= IDR0_ATS | IDR0_PRI;
	FIELD_MODIFY(IDR1_PRIQS, &cfg->idr[1], log2);
}

struct asker *asker_new_with(struct kunit *test, u8 log2, const struct fabric_endpoint *ep, u32 n)
{
	struct asker *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct model_config cfg;

	KUNIT_ASSERT_NOT_NULL(test, a);
	memset(&asker_seen, 0, sizeof(asker_seen));
	asker_config(&cfg, log2);
	kunit_activate_static_stub(test, smmu_param_pri, asker_param_stub);
	kunit_activate_static_stub(test, smmu_priq_can_serve, asker_serve_stub);
	a->test = test;
	a->p = pci_rig_new_cfg(test, 0, &cfg, ep, n);
	a->model = a->p->smmu->model;
	a->iommu = rig_iommu(a->p->smmu);
	return a;
}

const struct fabric_endpoint asker_endpoints[ASKER_SLOTS] = {
	[WANTS] = { .ats = true, .pasid_bits = 5, .pri = true },
	[BARE] = { .ats = true, .pasid_bits = 5, .pri = true, .pri_bare = true },
	[STUCK] = { .ats = true, .pasid_bits = 5, .pri = true, .pri_stuck = true },
};

struct asker *asker_new(struct kunit *test, u8 log2)
{
	return asker_new_with(test, log2, asker_endpoints, ASKER_SLOTS);
}

struct iommu_domain *asker_domain(struct asker *a, u32 slot)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(&a->p->pdev[slot]->dev);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(a->test, domain);
	domain->iopf_handler = handler;
	return domain;
}

int asker_set(struct asker *a, u32 slot, struct iommu_domain *domain, u32 ssid)
{
	return iommu_attach_device_pasid(domain, &a->p->pdev[slot]->dev, ssid,
					 &a->handle[slot][ssid]);
}

void asker_unset(struct asker *a, u32 slot, struct iommu_domain *domain, u32 ssid)
{
	iommu_detach_device_pasid(domain, &a->p->pdev[slot]->dev, ssid);
}

struct asker *asker_attached(struct kunit *test, u32 ssid, struct iommu_domain **domain)
{
	struct asker *a = asker_new(test, 7);

	*domain = asker_domain(a, WANTS);
	KUNIT_ASSERT_EQ(test, 0, asker_set(a, WANTS, *domain, ssid));
	return a;
}

struct model_page_request asker_request(u32 ssid, u16 prg, bool last)
{
	return (struct model_page_request) {
		.ssv = ssid, .ssid = ssid, .prg = prg, .last = last, .read = true,
		.addr = PCI_RIG_IOVA & PAGE_MASK,
	};
}

void asker_drain(struct asker *a)
{
	smmu_priq_drain(&a->iommu->smmu);
}

/* Send a group of one request, and let it be handled. Return: the answer */
u8 asker_ask(struct asker *a, u32 slot, u32 ssid, u16 prg)
{
	struct model_page_request r = asker_request(ssid, prg, true);

	KUNIT_EXPECT_EQ(a->test, 0, fabric_page_request(a->p->f, slot, &r));
	asker_drain(a);
	return fabric_page_answer(a->p->f, slot, &r);
}

void asker_fine(struct asker *a)
{
	u32 i;

	for (i = 0; i < FABRIC_ENDPOINTS; i++) {
		KUNIT_EXPECT_STREQ(a->test, "", fabric_pri_wrong(a->p->f, i) ?: "");
		KUNIT_EXPECT_EQ(a->test, 0,
				model_page_waiting(a->model, fabric_sid(a->p->f, i)));
	}
	rig_check(a->test, a->p->rig);
}
