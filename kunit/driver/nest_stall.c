// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/string.h>

#include "drv/guest_stall.h"
#include "drv/master.h"
#include "drv/params.h"
#include "hw/recordq.h"
#include "driver/nest_stall.h"

struct nest_vmm nest_vmm;

static u32 quota(void)
{
	return nest_vmm.quota;
}

static ktime_t now(void)
{
	return nest_vmm.now;
}

static void expire_later(struct smmu_iommu *iommu, u32 ms)
{
	nest_vmm.expire_ms = ms;
}

/* iommufd's handler takes the fault out of the list of the device's, too */
static int take(struct iopf_group *group)
{
	if (nest_vmm.fail || nest_vmm.nr == NEST_STALL_MAX)
		return -EBUSY;
	iopf_group_dequeue(group);
	nest_vmm.prm = group->last_fault.fault.prm;
	nest_vmm.group[nest_vmm.nr++] = group;
	nest_vmm.seen++;
	return 0;
}

void nest_stall_answer(u32 i, enum iommu_page_response_code code)
{
	struct iopf_group *group = nest_vmm.group[i];

	nest_vmm.nr--;
	memmove(&nest_vmm.group[i], &nest_vmm.group[i + 1],
		(nest_vmm.nr - i) * sizeof(nest_vmm.group[0]));
	iopf_group_response(group, code);
	iopf_free_group(group);
}

struct iommu_domain *nest_stall_domain(struct kunit *test, struct nest_stall *s, bool queue,
				       u64 more)
{
	u64 w0 = STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1) | virt_to_phys(s->n.t->cd) |
		 FIELD_PREP(STE0_S1CDMAX, NEST_PASID_BITS);
	u64 w1 = FIELD_PREP(STE1_S1CIR, STE_S1C_WBRA) | FIELD_PREP(STE1_S1COR, STE_S1C_WBRA) |
		 FIELD_PREP(STE1_S1CSH, 3) | FIELD_PREP(STE1_S1DSS, STE_S1DSS_SSID0) | more;
	struct iommu_domain *domain = guest_domain(test, s->n.g, w0, w1);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	if (queue)
		domain->iopf_handler = take;
	return domain;
}

int nest_stall_attach(struct rig_device *d, struct iommu_domain *domain)
{
	struct smmu_master *master = dev_iommu_priv_get(d->dev);
	int ret = rig_attach(d, domain);
	u32 i;

	for (i = nest_vmm.nr; !ret && i--; )
		if (nest_vmm.group[i]->fault_param->dev == d->dev)
			nest_stall_answer(i, IOMMU_PAGE_RESP_INVALID);
	/* the worker lets faults out */
	flush_work(&master->stalls.work);
	return ret;
}

void nest_stall_events(struct nest_stall *s)
{
	smmu_evtq_drain(&rig_iommu(s->n.smmu)->smmu);
	flush_work(&s->master->stalls.work);
}

void nest_stall_pass(struct nest_stall *s, u32 ms)
{
	nest_vmm.now = ktime_add_ms(nest_vmm.now, ms);
	smmu_guest_stall_expire(&rig_iommu(s->n.smmu)->guest_stalls.expire.work);
}

void nest_stall_make(struct kunit *test, struct nest_stall *s, u32 model)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	u32 i;

	memset(&nest_vmm, 0, sizeof(nest_vmm));
	nest_vmm.quota = 4;
	kunit_activate_static_stub(test, smmu_param_guest_stalls, quota);
	kunit_activate_static_stub(test, smmu_guest_stall_clock, now);
	kunit_activate_static_stub(test, smmu_guest_stall_expire_later, expire_later);
	nest_config(&cfg, true);
	FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], model);
	FIELD_MODIFY(IDR5_STALL_MAX, &cfg.idr[5], NEST_STALL_MAX);
	rig->ssid_bits = NEST_PASID_BITS;
	rig->can_stall = true;
	nest_make_on(test, &s->n, rig, rig_smmu(test, rig, 0, &cfg));
	s->master = dev_iommu_priv_get(s->n.d->dev);
	s->n.t->cd[0].w[0] |= cpu_to_le64(CD0_S);
	for (i = 1; i < BIT(NEST_PASID_BITS); i++)
		s->n.t->cd[i] = s->n.t->cd[0];
	s->s1 = nest_stall_domain(test, s, true, 0);
}

void nest_stall_free(struct kunit *test, struct nest_stall *s)
{
	struct smmu_guest_stalls *stalls = &rig_iommu(s->n.smmu)->guest_stalls;

	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s->n.d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, nest_vmm.nr);
	KUNIT_EXPECT_EQ(test, 0, stalls->nr);
	KUNIT_EXPECT_TRUE(test, list_empty(&stalls->open));
	KUNIT_EXPECT_EQ(test, 0, s->n.g->vsmmu.stalls);
	KUNIT_EXPECT_EQ(test, 0, s->master->nr_iopf);
	KUNIT_EXPECT_EQ(test, 0, model_stalled(s->n.smmu->model));
	iommu_domain_free(s->s1);
	nest_free(test, &s->n);
}
