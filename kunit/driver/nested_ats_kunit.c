// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATS with a stage 2 where the device or the SMMU limits it. The other cases with guests are in
 * nested_kunit.c.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include <smmuv3/cd.h>
#include <smmuv3/regs.h>

#include "drv/domain.h"
#include "drv/master.h"
#include "driver/nest.h"
#include "driver/pci_rig.h"

/* Make a nest whose device does not support an ATC_INV for all PASIDs at once (Global) */
static void make_weak(struct kunit *test, struct nest *n, bool required)
{
	const struct model_inject inject = { .no_global = true };
	struct rig *rig = rig_new(test);
	struct model_config cfg;

	nest_config(&cfg, true);
	rig->atc = true;
	rig->ssid_bits = NEST_PASID_BITS;
	rig->no_global = true;
	rig->ats_required = required;
	nest_make_on(test, n, rig, rig_smmu(test, rig, 0, &cfg));
	model_inject(rig->smmu[0]->model, &inject);
}

static void expect_all(struct kunit *test, struct nest *n, u64 pa)
{
	u32 ssid;

	KUNIT_EXPECT_EQ(test, pa, rig_access(n->rig, n->d, NEST_VA, false));
	for (ssid = 1; ssid < 4; ssid++)
		KUNIT_EXPECT_EQ(test, pa, rig_access_ssid(n->rig, n->d, ssid, NEST_VA, false));
}

/*
 * Under a guest's PASIDs such a device would keep what the parent has unmapped. So it gets no ATS
 * with a vSTE that has PASIDs; a device that needs ATS to work is refused that vSTE, and stays at
 * the one without PASIDs.
 */
static const struct weak {
	const char *name;
	bool required;
	int attach;
} weaks[] = {
	{ "works without ATS", false, 0 },
	{ "needs ATS", true, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(weak, weaks, name);

static void pasids_without_global(struct kunit *test)
{
	const struct weak *weak = test->param_value;
	struct iommu_domain *one, *four, *bypass;
	struct nest n;

	make_weak(test, &n, weak->required);
	one = guest_s1_pasids(test, n.g, n.t, true, 0);
	four = guest_s1_pasids(test, n.g, n.t, true, 2);
	/* where a guest bypasses stage 1, there are no PASIDs, whatever the rest of its STE says */
	bypass = guest_domain(test, n.g, STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_BYPASS) |
			      FIELD_PREP(STE0_S1CDMAX, 2), 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bypass);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, bypass));
	KUNIT_EXPECT_EQ(test, weak->required, n.d->ats);
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_IPA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, one));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_ASSERT_EQ(test, weak->attach, rig_attach(n.d, four));
	KUNIT_EXPECT_EQ(test, weak->required, n.d->ats);
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	if (!weak->attach)
		expect_all(test, &n, NEST_PA);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.parent, NEST_IPA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));
	if (!weak->attach)
		expect_all(test, &n, RIG_NOWHERE);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(one);
	iommu_domain_free(four);
	iommu_domain_free(bypass);
	nest_free(test, &n);
}

/*
 * Where an SMMU can only stall, faults of stage 2 stall as well (S2S = 1), and an STE with S2S and
 * full ATS is illegal (5.2). A device goes without ATS as long as it has a stage 2, and one that
 * needs ATS is refused all of these domains. A stage 1 of the host has ATS.
 */
static void stalls_only(struct kunit *test)
{
	const struct weak *weak = test->param_value;
	struct iommu_domain *s1, *guest, *bypass;
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	struct nest n;

	nest_config(&cfg, false);
	FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], IDR0_STALL_ALWAYS);
	rig->atc = true;
	rig->ssid_bits = NEST_PASID_BITS;
	rig->ats_required = weak->required;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], NEST_PASID_BITS);
	nest_make_on(test, &n, rig, rig_smmu(test, rig, 0, &cfg));
	n.t->cd[0].w[0] |= cpu_to_le64(CD0_S);
	s1 = rig_domain(test, n.d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(s1, NEST_IPA, NEST_PA2, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
	guest = guest_s1(test, n.g, n.t, true);
	bypass = guest_bypass(test, n.g);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, NEST_PA2, rig_access(n.rig, n.d, NEST_IPA, false));
	KUNIT_EXPECT_EQ(test, weak->attach, rig_attach(n.d, n.parent));
	KUNIT_EXPECT_EQ(test, weak->required, n.d->ats);
	KUNIT_EXPECT_EQ(test, weak->required ? NEST_PA2 : NEST_PA,
			rig_access(n.rig, n.d, NEST_IPA, false));
	KUNIT_EXPECT_EQ(test, weak->attach, rig_attach(n.d, guest));
	KUNIT_EXPECT_EQ(test, weak->required, n.d->ats);
	if (!weak->required)
		KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	KUNIT_EXPECT_EQ(test, weak->attach, rig_attach(n.d, bypass));
	KUNIT_EXPECT_EQ(test, weak->required, n.d->ats);
	KUNIT_EXPECT_EQ(test, weak->required ? NEST_PA2 : NEST_PA,
			rig_access(n.rig, n.d, NEST_IPA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(guest);
	iommu_domain_free(bypass);
	nest_free(test, &n);
}

/* Global Invalidate Supported is bit 6 of the ATS capability in config space */
static void config_space(struct kunit *test)
{
	static const bool global[PCI_SLOTS] = { [FULL] = true };
	struct pci_rig *p = pci_rig_new(test, 0);
	u32 i;

	for (i = 0; i < PCI_SLOTS; i++) {
		struct smmu_master *master = dev_iommu_priv_get(&p->pdev[i]->dev);

		KUNIT_EXPECT_EQ(test, global[i], master->ats_global);
		KUNIT_EXPECT_FALSE(test, master->ats_required);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(pasids_without_global, weak_gen_params),
	KUNIT_CASE_PARAM(stalls_only, weak_gen_params),
	KUNIT_CASE(config_space),
	{}
};

static struct kunit_suite suite = { .name = "smmu_nested_ats", .test_cases = cases };
kunit_test_suite(suite);
