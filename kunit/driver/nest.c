// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/sizes.h>

#include "core/event.h"
#include "drv/fault.h"
#include "driver/nest.h"

static struct iommu_domain *new_parent(struct kunit *test, struct rig_device *d)
{
	struct iommu_domain *parent = rig_domain_s2(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(parent, NEST_IPA, NEST_PA, SZ_4K,
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(parent, NEST_IPA2, NEST_PA2, SZ_4K,
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	return parent;
}

struct guest *nest_guest(struct kunit *test, struct machine_smmu *smmu,
			 struct iommu_domain *parent, struct rig_device *d, u32 vsid)
{
	struct guest *g;
	int ret;

	g = guest_new(test, smmu, parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	guest_device(test, g, d, vsid);
	return g;
}

void nest_config(struct model_config *cfg, bool pasids)
{
	model_config_default(cfg);
	cfg->idr[3] |= IDR3_FWB;
	if (pasids)
		FIELD_MODIFY(IDR1_SSIDSIZE, &cfg->idr[1], NEST_PASID_BITS);
}

void nest_make_on(struct kunit *test, struct nest *n, struct rig *rig, struct machine_smmu *smmu)
{
	n->rig = rig;
	n->smmu = smmu;
	n->d = rig_device(test, rig, 0);
	n->parent = new_parent(test, n->d);
	n->g = nest_guest(test, smmu, n->parent, n->d, NEST_VSID);
	n->t = guest_table(test, smmu, n->parent, 5);
	guest_map(test, n->t, NEST_VA, NEST_IPA);
}

void nest_make(struct kunit *test, struct nest *n, bool atc, bool pasids)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;

	nest_config(&cfg, pasids);
	rig->atc = atc;
	rig->ssid_bits = pasids ? NEST_PASID_BITS : 0;
	nest_make_on(test, n, rig, rig_smmu(test, rig, 0, &cfg));
}

void nest_free(struct kunit *test, struct nest *n)
{
	KUNIT_EXPECT_EQ(test, 0, rig_attach(n->d, &smmu_identity_domain));
	guest_destroy(n->g);
	iommu_domain_free(n->parent);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(n->smmu)->smmu.inst.vmids));
}

void nest_fault(struct nest *n, struct rig_device *d)
{
	struct smmu_event event = {
		.id = EVENT_F_TRANSLATION,
		.translation = true,
		.sid = d->sid,
		.raw = { EVENT_F_TRANSLATION, 0, 0xdead000, 0 },
	};

	event.raw[0] |= FIELD_PREP(EVENT0_SID, d->sid);
	smmu_fault_report(&rig_iommu(n->smmu)->smmu, &event);
}
