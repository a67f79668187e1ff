// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's PM core suspends and resumes all devices of the machine, with the driver's callbacks
 * among those of others.
 */
#include <linux/device.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/pm_domain.h>

#include "drv/sleep.h"
#include "driver/pci_rig.h"
#include "driver/sleep.h"

#define PA	0x12345000ULL

/* The driver has the same callbacks for all transitions */
static void callbacks(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	const struct dev_pm_ops *pm = rig_smmu(test, rig, 0, NULL)->dev->driver->pm;

	if (!IS_ENABLED(CONFIG_PM_SLEEP))
		kunit_skip(test, "this kernel does not sleep");
	KUNIT_ASSERT_NOT_NULL(test, pm);
	KUNIT_EXPECT_TRUE(test, pm->suspend_late == smmu_sleep_late);
	KUNIT_EXPECT_TRUE(test, pm->freeze_late == smmu_sleep_late);
	KUNIT_EXPECT_TRUE(test, pm->poweroff_late == smmu_sleep_late);
	KUNIT_EXPECT_TRUE(test, pm->suspend_noirq == smmu_sleep_noirq);
	KUNIT_EXPECT_TRUE(test, pm->freeze_noirq == smmu_sleep_noirq);
	KUNIT_EXPECT_TRUE(test, pm->poweroff_noirq == smmu_sleep_noirq);
	KUNIT_EXPECT_TRUE(test, pm->resume_noirq == smmu_wake_noirq);
	KUNIT_EXPECT_TRUE(test, pm->thaw_noirq == smmu_wake_noirq);
	KUNIT_EXPECT_TRUE(test, pm->restore_noirq == smmu_wake_noirq);
	KUNIT_EXPECT_TRUE(test, pm->resume_early == smmu_wake_early);
	KUNIT_EXPECT_TRUE(test, pm->thaw_early == smmu_wake_early);
	KUNIT_EXPECT_TRUE(test, pm->restore_early == smmu_wake_early);
}

#ifdef CONFIG_PM_SLEEP

/* What a device finds in its own callbacks */
static struct {
	struct pci_rig *p;
	struct rig_device *d;
	u64 goes_to[4];
	bool ats[4];
} seen;

static int look(u32 i)
{
	seen.goes_to[i] = rig_access(seen.p->rig, seen.d, PCI_RIG_IOVA, false);
	seen.ats[i] = seen.d->ats;
	return 0;
}

static int suspend_late(struct device *dev)
{
	return look(0);
}

static int suspend_noirq(struct device *dev)
{
	return look(1);
}

static int resume_noirq(struct device *dev)
{
	return look(2);
}

static int resume_early(struct device *dev)
{
	return look(3);
}

static struct dev_pm_domain pm_domain = {
	.ops = {
		.suspend_late = suspend_late,
		.suspend_noirq = suspend_noirq,
		.resume_noirq = resume_noirq,
		.resume_early = resume_early,
	},
};

/*
 * A device has DMA in its last callback before sleep, and in its first one after it. A PCI device,
 * whose callbacks are those of the PCI core, has ATS again.
 */
static void whole_machine(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA), *other;
	struct rig_device *d = rig_device(test, p->rig, 0);
	u32 i, round;
	int ret;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	other = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(other, PCI_RIG_IOVA, PA, PAGE_SIZE, IOMMU_READ,
					   GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, other));
	dev_pm_domain_set(d->dev, &pm_domain);
	for (round = 0; round < 3; round++) {
		seen.p = p;
		seen.d = d;
		KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
		ret = dpm_suspend_start(PMSG_SUSPEND);
		KUNIT_EXPECT_EQ(test, 0, ret);
		if (!ret)
			ret = dpm_suspend_end(PMSG_SUSPEND);
		KUNIT_EXPECT_EQ(test, 0, ret);
		if (!ret) {
			KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
			sleep_through(p->rig, round);
			if (round)
				fabric_lose_power(p->f, FULL);
			dpm_resume_start(PMSG_RESUME);
		}
		dpm_resume_end(PMSG_RESUME);
		for (i = 0; i < ARRAY_SIZE(seen.goes_to); i++)
			KUNIT_EXPECT_EQ_MSG(test, PA, seen.goes_to[i], "callback %u", i);
		KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
		KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
	}
	dev_pm_domain_set(d->dev, NULL);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(other);
	iommu_detach_group(domain, p->group[FULL]);
	iommu_domain_free(domain);
}
#else
static void whole_machine(struct kunit *test)
{
	kunit_skip(test, "this kernel does not sleep");
}
#endif

static struct kunit_case cases[] = {
	KUNIT_CASE(callbacks),
	KUNIT_CASE(whole_machine),
	{}
};

static struct kunit_suite suite = { .name = "smmu_sleep_pm", .test_cases = cases };
kunit_test_suite(suite);
