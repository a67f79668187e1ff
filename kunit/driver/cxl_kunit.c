// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that speak CXL.cache must have ATS. When they do not answer, an SMMU need not check what
 * they do there, so Cache_Enable in their config space goes when they are cut off, and comes back
 * with ATS.
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/ste.h"
#include "drv/ats.h"
#include "drv/ats_pci.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "driver/pci_rig.h"

#define IOVA	PCI_RIG_IOVA
#define PA	0x12345000ULL

enum { ONE, OTHER, LOCKED, SLOTS };

static const struct fabric_endpoint endpoints[SLOTS] = {
	[ONE] = { .ats = true, .pasid_bits = 6, .cxl = true },
	[OTHER] = { .ats = true, .cxl = true },
	[LOCKED] = { .ats = true, .cxl = true, .cxl_locked = true },
};

static const char *kind(struct pci_rig *p, u32 i)
{
	struct smmu_device *smmu = &rig_iommu(p->smmu)->smmu;

	return smmu_ste_kind(smmu_strtab_ste(smmu, fabric_sid(p->f, i)));
}

/* Not every kernel says which devices must have ATS; one that does says that these must */
static bool must_have_ats(struct pci_rig *p, u32 i)
{
	const struct smmu_master *master = dev_iommu_priv_get(&p->pdev[i]->dev);

	return master->ats_required;
}

static void attach(struct kunit *test, struct pci_rig *p, u32 i, struct iommu_domain *domain)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[i]));
}

/* The device is cut off. The caller holds the lock of the master to see what was done at once. */
static void cut(struct kunit *test, struct pci_rig *p, u32 i, struct iommu_domain *domain)
{
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, i));
	pci_rig_silence(p, i);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, i));
	KUNIT_EXPECT_FALSE(test, fabric_bus_master(p->f, i));
}

static void recover(struct pci_rig *p)
{
	flush_delayed_work(&rig_iommu(p->smmu)->recover);
}

static void answers_again(struct kunit *test, struct pci_rig *p, struct iommu_domain *domain)
{
	model_inject(p->smmu->model, &(struct model_inject) {});
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
}

static const struct owner {
	const char *name;
	bool on;
} owners[] = {
	{ "its owner had it on", true },
	{ "its owner had it off", false },
};

KUNIT_ARRAY_PARAM_DESC(owner, owners, name);

/*
 * Cache_Enable goes at once, with ATS. It stays off while the STEs abort, though bus mastering
 * comes back meanwhile, and comes back with ATS as its owner had it.
 */
static void cache_enable(struct kunit *test)
{
	const struct owner *owner = test->param_value;
	struct pci_rig *p = pci_rig_new_with(test, 0, endpoints, SLOTS);
	struct iommu_domain *domain = pci_rig_mapped(test, p, ONE, PA);

	fabric_enable_cache(p->f, ONE, owner->on);
	fabric_enable_cache(p->f, OTHER, true);
	attach(test, p, ONE, domain);
	attach(test, p, OTHER, domain);
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, ONE, 0));
	KUNIT_EXPECT_EQ(test, owner->on, fabric_cache(p->f, ONE));
	smmu_master_lock(dev_iommu_priv_get(&p->pdev[ONE]->dev));
	cut(test, p, ONE, domain);
	KUNIT_EXPECT_FALSE(test, fabric_cache(p->f, ONE));
	smmu_master_unlock(dev_iommu_priv_get(&p->pdev[ONE]->dev));
	recover(p);
	KUNIT_EXPECT_STREQ(test, "abort", kind(p, ONE));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, ONE));
	KUNIT_EXPECT_FALSE(test, fabric_cache(p->f, ONE));
	KUNIT_EXPECT_TRUE(test, fabric_cache(p->f, OTHER));

	answers_again(test, p, domain);
	/* a reset by whoever has the device from the kernel */
	KUNIT_ASSERT_EQ(test, 0, pci_reset_function(p->pdev[ONE]));
	KUNIT_EXPECT_FALSE(test, fabric_cache(p->f, ONE));
	/* identity ends it; without ATS the device cannot use CXL.cache */
	iommu_detach_group(domain, p->group[ONE]);
	KUNIT_EXPECT_EQ(test, must_have_ats(p, ONE), fabric_ats(p->f, ONE));
	KUNIT_EXPECT_EQ(test, must_have_ats(p, ONE) && owner->on, fabric_cache(p->f, ONE));
	attach(test, p, ONE, domain);
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, ONE));
	KUNIT_EXPECT_EQ(test, owner->on, fabric_cache(p->f, ONE));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, ONE, 0));
	/* it is given back once: what the owner does afterwards stays */
	fabric_enable_cache(p->f, ONE, false);
	iommu_detach_group(domain, p->group[ONE]);
	attach(test, p, ONE, domain);
	KUNIT_EXPECT_FALSE(test, fabric_cache(p->f, ONE));
	iommu_detach_group(domain, p->group[ONE]);
	iommu_detach_group(domain, p->group[OTHER]);
	iommu_domain_free(domain);
}

/* A device that leaves the driver without ATS has its bit back, for whoever comes next */
static void released(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new_with(test, 0, endpoints, SLOTS);
	struct iommu_domain *domain = pci_rig_mapped(test, p, ONE, PA);

	fabric_enable_cache(p->f, ONE, true);
	attach(test, p, ONE, domain);
	cut(test, p, ONE, domain);
	recover(p);
	/* the IOMMU core WARNs when a device is removed that has a domain attached */
	iommu_detach_group(domain, p->group[ONE]);
	KUNIT_EXPECT_FALSE(test, fabric_cache(p->f, ONE));
	pci_rig_let_go(p, ONE);
	fabric_unplug(p->f, ONE);
	KUNIT_EXPECT_TRUE(test, fabric_cache(p->f, ONE));
	iommu_domain_free(domain);
}

/*
 * Where Cache_Enable is locked the device cannot be kept from CXL.cache. Then bus mastering stays
 * off, too, until the failure ends.
 */
static void locked(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new_with(test, 0, endpoints, SLOTS);
	struct iommu_domain *domain = pci_rig_mapped(test, p, LOCKED, PA);
	u32 i;

	KUNIT_EXPECT_TRUE(test, fabric_cache(p->f, LOCKED));
	attach(test, p, LOCKED, domain);
	cut(test, p, LOCKED, domain);
	KUNIT_EXPECT_TRUE(test, fabric_cache(p->f, LOCKED));
	for (i = 0; i < 2; i++) {
		recover(p);
		KUNIT_EXPECT_STREQ(test, "abort", kind(p, LOCKED));
		KUNIT_EXPECT_FALSE(test, fabric_bus_master(p->f, LOCKED));
		smmu_ats_recover(rig_iommu(p->smmu));
	}
	answers_again(test, p, domain);
	iommu_detach_group(domain, p->group[LOCKED]);
	recover(p);
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, LOCKED));
	attach(test, p, LOCKED, domain);
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, LOCKED));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, LOCKED, 0));
	iommu_detach_group(domain, p->group[LOCKED]);
	iommu_domain_free(domain);
}

/* An administrator's word is enough */
static void locked_and_forgiven(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new_with(test, 0, endpoints, SLOTS);
	struct iommu_domain *domain = pci_rig_mapped(test, p, LOCKED, PA);

	attach(test, p, LOCKED, domain);
	cut(test, p, LOCKED, domain);
	recover(p);
	answers_again(test, p, domain);
	smmu_master_lock(dev_iommu_priv_get(&p->pdev[LOCKED]->dev));
	smmu_ats_forgive_locked(dev_iommu_priv_get(&p->pdev[LOCKED]->dev));
	smmu_master_unlock(dev_iommu_priv_get(&p->pdev[LOCKED]->dev));
	recover(p);
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, LOCKED));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, LOCKED, 0));
	iommu_detach_group(domain, p->group[LOCKED]);
	iommu_domain_free(domain);
}

static bool all_same(const struct smmu_master *a, const struct smmu_master *b)
{
	return true;
}

static const struct sharing {
	const char *name;
	bool same;
} sharings[] = {
	{ "functions of one device", true },
	{ "two devices on a bus", false },
};

KUNIT_ARRAY_PARAM_DESC(sharing, sharings, name);

/*
 * Functions of a device have one Cache_Enable. If two are cut off, only the second to be back gives
 * it back. In this case they are devices with a register each, so that one sees who writes it.
 * Separate devices do not wait for each other.
 */
static void two_functions(struct kunit *test)
{
	const struct sharing *sharing = test->param_value;
	struct pci_rig *p = pci_rig_new_with(test, 0, endpoints, SLOTS);
	struct iommu_domain *domain = pci_rig_mapped(test, p, ONE, PA);
	struct smmu_master *other = dev_iommu_priv_get(&p->pdev[OTHER]->dev);

	if (sharing->same)
		smmu_activate_raw_stub(test, smmu_ats_pci_same_cache, all_same);
	fabric_enable_cache(p->f, ONE, true);
	attach(test, p, ONE, domain);
	attach(test, p, OTHER, domain);
	cut(test, p, ONE, domain);
	recover(p);
	answers_again(test, p, domain);
	cut(test, p, OTHER, domain);
	recover(p);
	answers_again(test, p, domain);

	iommu_detach_group(domain, p->group[ONE]);
	attach(test, p, ONE, domain);
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, ONE));
	KUNIT_EXPECT_EQ(test, !sharing->same, fabric_cache(p->f, ONE));
	KUNIT_EXPECT_FALSE(test, fabric_cache(p->f, OTHER));
	KUNIT_EXPECT_EQ(test, sharing->same, test_bit(SMMU_CUT_CACHE, &other->ats_cut));
	iommu_detach_group(domain, p->group[OTHER]);
	attach(test, p, OTHER, domain);
	/* it was off in the second device */
	KUNIT_EXPECT_EQ(test, sharing->same, fabric_cache(p->f, OTHER));
	iommu_detach_group(domain, p->group[ONE]);
	iommu_detach_group(domain, p->group[OTHER]);
	iommu_domain_free(domain);
}

/*
 * In identity the device has ATS, and with it CXL.cache; a reset stops ATS and starts it again. So
 * it is with PASIDs in the device and without.
 */
static void identity(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new_with(test, 0, endpoints, SLOTS);
	const struct model_access dma = { .iova = IOVA };
	u32 i;

	if (!must_have_ats(p, ONE))
		kunit_skip(test, "this kernel does not say which devices must have ATS");
	for (i = ONE; i <= OTHER; i++) {
		KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, i));
		KUNIT_EXPECT_STREQ(test, "stage1", kind(p, i));
		KUNIT_EXPECT_EQ(test, IOVA, pci_rig_dma(p, i, 0));
		fabric_during_reset(p->f, i, &dma);
		KUNIT_ASSERT_EQ(test, 0, pci_reset_function(p->pdev[i]));
		KUNIT_EXPECT_EQ(test, 1, fabric_resets(p->f, i));
		KUNIT_EXPECT_FALSE(test, fabric_reset_leaked(p->f, i));
		fabric_during_reset(p->f, i, NULL);
		KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, i));
		KUNIT_EXPECT_EQ(test, IOVA, pci_rig_dma(p, i, 0));
	}
	/* it is silent when it is reset: it is cut off, and identity after the reset ends that */
	fabric_enable_cache(p->f, ONE, true);
	pci_rig_silence(p, ONE);
	KUNIT_ASSERT_EQ(test, 0, pci_reset_function(p->pdev[ONE]));
	KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, ONE));
	KUNIT_EXPECT_FALSE(test, fabric_cache(p->f, ONE));
	KUNIT_EXPECT_STREQ(test, "abort", kind(p, ONE));
	model_inject(p->smmu->model, &(struct model_inject) {});
	smmu_master_lock(dev_iommu_priv_get(&p->pdev[ONE]->dev));
	smmu_ats_forgive_locked(dev_iommu_priv_get(&p->pdev[ONE]->dev));
	smmu_master_unlock(dev_iommu_priv_get(&p->pdev[ONE]->dev));
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, ONE));
	KUNIT_EXPECT_TRUE(test, fabric_cache(p->f, ONE));
	recover(p);
	KUNIT_EXPECT_EQ(test, IOVA, pci_rig_dma(p, ONE, 0));
	/* the STE of a device that is gone aborts, and leads to no table */
	pci_rig_let_go(p, OTHER);
	fabric_unplug(p->f, OTHER);
	KUNIT_EXPECT_STREQ(test, "abort", kind(p, OTHER));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(cache_enable, owner_gen_params),
	KUNIT_CASE(released),
	KUNIT_CASE_PARAM(two_functions, sharing_gen_params),
	KUNIT_CASE(locked),
	KUNIT_CASE(locked_and_forgiven),
	KUNIT_CASE(identity),
	{}
};

static struct kunit_suite suite = { .name = "smmu_cxl", .test_cases = cases };
kunit_test_suite(suite);
