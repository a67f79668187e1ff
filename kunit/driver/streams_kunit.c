// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several devices with one StreamID, and devices that the driver cannot drive. Whatever is wrong
 * with one of them, its SMMU is registered and the other devices work. Devices come by hotplug, or
 * are there before the SMMU is probed; in the second case many errors would make the IOMMU core
 * undo the registration.
 */
#include <kunit/static_stub.h>
#include <linux/device.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "core/tag.h"
#include "drv/binding.h"
#include "drv/master.h"
#include "drv/streams.h"
#include "hw/strtab.h"
#include "driver/guest.h"
#include "driver/log.h"
#include "driver/rig.h"

#define IOVA		0x40001000ULL
#define PAGE_A		0x11111000ULL
#define PAGE_B		0x22222000ULL
#define SHARED		0x500
#define BEYOND		0x10000		/* the default SMMU has 16 bits */

/* Devices of a case that are not in the rig, because they have no group, or had none at first */
struct plugged {
	struct device *dev[4];
	u32 n;
};

static void unplug_all(void *data)
{
	struct plugged *p = data;
	u32 i;

	for (i = 0; i < p->n; i++)
		if (p->dev[i])
			machine_remove_device(p->dev[i]);
}

/* To be called after rig_new(), so that the devices are removed before the rig's SMMUs */
static struct plugged *plugged_new(struct kunit *test)
{
	struct plugged *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unplug_all, p));
	return p;
}

static struct device *plug(struct kunit *test, struct plugged *p, struct machine_smmu *smmu,
			   const u32 *sids, u32 n)
{
	struct device *dev = machine_add_device(smmu, sids, n, 0, false);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	p->dev[p->n++] = dev;
	return dev;
}

/* Unbind the SMMU's driver and bind it again, so that devices are there before their SMMU is */
static void take_away(struct machine_smmu *smmu)
{
	device_release_driver(smmu->dev);
}

static void give_back(struct kunit *test, struct machine_smmu *smmu)
{
	KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	KUNIT_EXPECT_TRUE(test, model_is_on(smmu->model));
}

static u64 look(struct machine_smmu *smmu, u32 sid, u64 iova)
{
	struct model_access a = { .sid = sid, .iova = iova };

	return model_access(smmu->model, &a) ? RIG_NOWHERE : a.pa;
}

static struct smmu_master *master_of(struct device *dev)
{
	return dev_iommu_priv_get(dev);
}

/*
 * Attach one device alone, as the IOMMU core does around a reset and while it goes through a group.
 */
static void attach_alone(struct kunit *test, struct device *dev, struct iommu_domain *domain)
{
	KUNIT_ASSERT_EQ(test, 0, domain->ops->attach_dev(domain, dev, NULL));
}

static bool same_group(struct device *a, struct device *b)
{
	struct iommu_group *ga = iommu_group_get(a), *gb = iommu_group_get(b);
	bool same = ga && ga == gb;

	iommu_group_put(ga);
	iommu_group_put(gb);
	return same;
}

/**
 * struct pair - two devices with a StreamID each of their own, and one that they share
 * @smmu: their SMMU
 * @a: the first device
 * @b: the second device
 * @domain: maps IOVA to PAGE_A
 * @other: maps IOVA to PAGE_B
 */
struct pair {
	struct machine_smmu *smmu;
	struct rig_device *a;
	struct rig_device *b;
	struct iommu_domain *domain;
	struct iommu_domain *other;
};

static const u32 sids_a[] = { 0x520, SHARED }, sids_b[] = { 0x528, SHARED };

static void map(struct kunit *test, struct iommu_domain *domain, u64 pa)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
}

static void pair_new(struct kunit *test, struct rig *rig, struct pair *p)
{
	p->smmu = rig_smmu(test, rig, 0, NULL);
	p->a = rig_device_sids(test, rig, 0, sids_a, 2);
	p->b = rig_device_sids(test, rig, 0, sids_b, 2);
	p->domain = rig_domain(test, p->a);
	p->other = rig_domain(test, p->b);
	map(test, p->domain, PAGE_A);
	map(test, p->other, PAGE_B);
}

static void pair_end(struct pair *p)
{
	rig_remove(p->a);
	rig_remove(p->b);
	iommu_domain_free(p->domain);
	iommu_domain_free(p->other);
}

/* Check where the three StreamIDs of a pair lead */
static void expect(struct kunit *test, struct pair *p, u64 a, u64 shared, u64 b)
{
	KUNIT_EXPECT_EQ(test, a, look(p->smmu, sids_a[0], IOVA));
	KUNIT_EXPECT_EQ(test, shared, look(p->smmu, SHARED, IOVA));
	KUNIT_EXPECT_EQ(test, b, look(p->smmu, sids_b[0], IOVA));
}

static void hotplug(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct pair p;
	struct rig_device *innocent;

	pair_new(test, rig, &p);
	innocent = rig_device(test, rig, 0);
	KUNIT_EXPECT_TRUE(test, same_group(p.a->dev, p.b->dev));
	KUNIT_EXPECT_FALSE(test, same_group(p.a->dev, innocent->dev));
	expect(test, &p, IOVA, IOVA, IOVA);

	/* the attach is for the group, so for both devices */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(p.a, p.domain));
	expect(test, &p, PAGE_A, PAGE_A, PAGE_A);
	iommu_unmap(p.domain, IOVA, SZ_4K);
	expect(test, &p, RIG_NOWHERE, RIG_NOWHERE, RIG_NOWHERE);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(rig, innocent, IOVA, false));
	pair_end(&p);
}

/*
 * Two devices with one StreamID are there before the SMMU. An error for the second one would make
 * the IOMMU core undo the registration, so that no device had an SMMU.
 */
static void there_before_the_smmu(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct plugged *p = plugged_new(test);
	const u32 alone = 7;

	take_away(smmu);
	plug(test, p, smmu, sids_a, 2);
	plug(test, p, smmu, sids_b, 2);
	plug(test, p, smmu, &alone, 1);
	KUNIT_ASSERT_FALSE(test, device_iommu_mapped(p->dev[0]));
	give_back(test, smmu);
	KUNIT_EXPECT_TRUE(test, same_group(p->dev[0], p->dev[1]));
	KUNIT_EXPECT_TRUE(test, device_iommu_mapped(p->dev[2]));
	KUNIT_EXPECT_FALSE(test, same_group(p->dev[0], p->dev[2]));
	KUNIT_EXPECT_EQ(test, IOVA, look(smmu, SHARED, IOVA));
	KUNIT_EXPECT_EQ(test, IOVA, look(smmu, alone, IOVA));
}

static void beyond_the_table(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct plugged *p = plugged_new(test);
	const u32 bad[] = { 0x21, BEYOND }, good = 0x21, late[] = { 0x22, BEYOND + 1 };

	take_away(smmu);
	plug(test, p, smmu, bad, 2);
	plug(test, p, smmu, &good, 1);
	give_back(test, smmu);
	/* the refused device owns none of its StreamIDs, so the other device shares none */
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(p->dev[0]));
	KUNIT_ASSERT_TRUE(test, device_iommu_mapped(p->dev[1]));
	KUNIT_EXPECT_FALSE(test, master_of(p->dev[1])->shared);
	plug(test, p, smmu, late, 2);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(p->dev[2]));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(smmu, late[0], IOVA));
	KUNIT_EXPECT_EQ(test, IOVA, look(smmu, good, IOVA));
}

/*
 * A device has one StreamID of each of two devices in groups of their own. It is refused, because
 * groups cannot be merged.
 */
static void between_two_groups(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct plugged *p = plugged_new(test);
	const u32 one = 1, two = 2, both[] = { 1, 2, 3 };
	struct iommu_domain *domain;
	struct rig_device *d;

	d = rig_device_sids(test, rig, 0, &one, 1);
	rig_device_sids(test, rig, 0, &two, 1);
	plug(test, p, smmu, both, 3);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(p->dev[0]));
	KUNIT_EXPECT_EQ(test, IOVA, look(smmu, one, IOVA));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(smmu, 3, IOVA));
	/* nothing of the refused device is left */
	domain = rig_domain(test, d);
	map(test, domain, PAGE_A);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(smmu, one, IOVA));
	KUNIT_EXPECT_EQ(test, IOVA, look(smmu, two, IOVA));
	KUNIT_EXPECT_PTR_EQ(test, master_of(d->dev),
			    smmu_streams_ruler(rig_iommu(smmu), one));
	rig_remove(d);
	iommu_domain_free(domain);
}

/* A reset blocks one device of a group, and the DMA of the other goes on without a gap */
static void one_is_blocked(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct pair p;
	struct model_access watch = { .sid = SHARED, .iova = IOVA };
	u32 i;

	pair_new(test, rig, &p);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(p.a, p.domain));
	for (i = 0; i < 2; i++) {
		struct device *resets = i ? p.b->dev : p.a->dev;

		model_watch(p.smmu->model, &watch);
		attach_alone(test, resets, &smmu_blocked_domain);
		expect(test, &p, i ? PAGE_A : RIG_NOWHERE, PAGE_A, i ? RIG_NOWHERE : PAGE_A);
		attach_alone(test, resets, p.domain);
		expect(test, &p, PAGE_A, PAGE_A, PAGE_A);
		rig_watched(test, p.smmu, PAGE_A);
	}
	/* when both devices are blocked, their common StreamID is blocked, too */
	attach_alone(test, p.a->dev, &smmu_blocked_domain);
	attach_alone(test, p.b->dev, &smmu_blocked_domain);
	expect(test, &p, RIG_NOWHERE, RIG_NOWHERE, RIG_NOWHERE);
	attach_alone(test, p.b->dev, p.domain);
	expect(test, &p, RIG_NOWHERE, PAGE_A, PAGE_A);
	attach_alone(test, p.a->dev, p.domain);
	expect(test, &p, PAGE_A, PAGE_A, PAGE_A);
	pair_end(&p);
}

/*
 * The IOMMU core changes the domains of the devices of a group one by one. The common StreamID
 * shows the newest attach that is not blocked.
 */
static void newest_attach_rules(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct pair p;

	pair_new(test, rig, &p);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(p.a, p.domain));
	attach_alone(test, p.b->dev, p.other);
	expect(test, &p, PAGE_A, PAGE_B, PAGE_B);
	attach_alone(test, p.a->dev, &smmu_identity_domain);
	expect(test, &p, IOVA, IOVA, PAGE_B);
	attach_alone(test, p.a->dev, &smmu_blocked_domain);
	expect(test, &p, RIG_NOWHERE, PAGE_B, PAGE_B);
	/* no StreamID leads to this domain any more, so its mapping may be removed */
	iommu_unmap(p.domain, IOVA, SZ_4K);
	attach_alone(test, p.a->dev, p.other);
	expect(test, &p, PAGE_B, PAGE_B, PAGE_B);
	iommu_unmap(p.other, IOVA, SZ_4K);
	expect(test, &p, RIG_NOWHERE, RIG_NOWHERE, RIG_NOWHERE);
	/* makes the group's domain again what the IOMMU core believes it to be */
	attach_alone(test, p.a->dev, p.domain);
	attach_alone(test, p.b->dev, p.domain);
	pair_end(&p);
}

static void pull_out(struct rig_device *d)
{
	iommu_group_put(d->group);
	machine_remove_device(d->dev);
	d->dev = NULL;
}

/*
 * One device of two is removed: the DMA of the other goes on, and the domain of the first is not
 * used any more.
 */
static void one_is_removed(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct pair p;
	u32 i;

	for (i = 0; i < 2; i++) {
		struct rig_device *goes, *stays;

		pair_new(test, rig, &p);
		goes = i ? p.b : p.a;
		stays = i ? p.a : p.b;
		KUNIT_ASSERT_EQ(test, 0, rig_attach(p.a, p.domain));
		pull_out(goes);
		expect(test, &p, i ? PAGE_A : RIG_NOWHERE, PAGE_A, i ? RIG_NOWHERE : PAGE_A);
		iommu_unmap(p.domain, IOVA, SZ_4K);
		expect(test, &p, RIG_NOWHERE, RIG_NOWHERE, RIG_NOWHERE);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(stays, p.other));
		KUNIT_EXPECT_EQ(test, PAGE_B, look(p.smmu, SHARED, IOVA));
		pair_end(&p);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(p.smmu, SHARED, IOVA));
		KUNIT_EXPECT_NULL(test, smmu_streams_ruler(rig_iommu(p.smmu), SHARED));
		rig_remove_smmu(rig, 0);
	}
}

/* Devices that call a StreamID their own cannot be told apart, so they get no ATS and no PASIDs */
static void no_ats_for_two(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct rig_device *a, *b;
	u32 sid = SHARED;

	rig_smmu(test, rig, 0, NULL);
	rig->atc = true;
	a = rig_device_sids(test, rig, 0, &sid, 1);
	KUNIT_ASSERT_TRUE(test, master_of(a->dev)->ats_capable);
	KUNIT_EXPECT_TRUE(test, device_iommu_capable(a->dev, IOMMU_CAP_PCI_ATS_SUPPORTED));
	b = rig_device_sids(test, rig, 0, &sid, 1);
	KUNIT_EXPECT_FALSE(test, master_of(a->dev)->principal);
	KUNIT_EXPECT_FALSE(test, master_of(b->dev)->principal);
	KUNIT_EXPECT_FALSE(test, device_iommu_capable(a->dev, IOMMU_CAP_PCI_ATS_SUPPORTED));
	domain = rig_domain(test, a);
	map(test, domain, PAGE_A);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, domain));
	KUNIT_EXPECT_FALSE(test, a->ats || b->ats);
	KUNIT_EXPECT_EQ(test, PAGE_A, rig_access(rig, b, IOVA, false));
	rig_remove(a);
	rig_remove(b);
	iommu_domain_free(domain);
}

/*
 * ATS is on already when a second device with the same StreamID comes. It is refused, and nothing
 * changes.
 */
static void newcomer_meets_ats(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct plugged *p = plugged_new(test);
	struct iommu_domain *domain;
	struct rig_device *a;
	u32 sid = SHARED;

	rig->atc = true;
	a = rig_device_sids(test, rig, 0, &sid, 1);
	domain = rig_domain(test, a);
	map(test, domain, PAGE_A);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, domain));
	KUNIT_ASSERT_TRUE(test, a->ats);
	plug(test, p, smmu, &sid, 1);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(p->dev[0]));
	KUNIT_EXPECT_TRUE(test, master_of(a->dev)->ats_capable);
	KUNIT_EXPECT_EQ(test, PAGE_A, rig_access(rig, a, IOVA, false));
	rig_remove(a);
	iommu_domain_free(domain);
}

static void newcomer_meets_guest(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = guest_smmu(test, rig, 0);
	struct plugged *p = plugged_new(test);
	struct iommu_domain *parent, *nested;
	u32 sid = SHARED, mine = 0x77;
	struct rig_device *a, *b;
	struct guest *g;
	int ret;

	a = rig_device_sids(test, rig, 0, &sid, 1);
	parent = rig_domain_s2(test, a);
	map(test, parent, PAGE_A);
	g = guest_new(test, smmu, parent, &ret);
	KUNIT_ASSERT_NOT_NULL(test, g);
	guest_device(test, g, a, 1);
	nested = guest_bypass(test, g);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, nested);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, nested));
	plug(test, p, smmu, &sid, 1);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(p->dev[0]));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(smmu, sid, IOVA));
	/*
	 * a second device is refused during a reset, too, because the guest's device has to come
	 * back
	 */
	KUNIT_EXPECT_EQ(test, 0, smmu_blocked_domain.ops->attach_dev(&smmu_blocked_domain, a->dev,
								     nested));
	guest_no_device(g, 1);
	plug(test, p, smmu, &sid, 1);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(p->dev[1]));
	KUNIT_EXPECT_EQ(test, 0, nested->ops->attach_dev(nested, a->dev, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(smmu, sid, IOVA));

	/* and a device that shares a StreamID cannot be given to a guest */
	b = rig_device_sids(test, rig, 0, &mine, 1);
	plug(test, p, smmu, &mine, 1);
	KUNIT_EXPECT_TRUE(test, same_group(b->dev, p->dev[2]));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, guest_try_device(g, b, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, rig_attach(b, nested));
	KUNIT_EXPECT_EQ(test, IOVA, look(smmu, mine, IOVA));
	rig_remove(a);
	iommu_domain_free(nested);
	guest_destroy(g);
	iommu_domain_free(parent);
}

static int no_reserve(u32 nr_sids)
{
	return -ENOMEM;
}

/* How often the log says that there is no memory for a device */
static u32 no_memory(struct rig_log *log)
{
	u32 n = 0;

	while (rig_log_next(log))
		n += log->level == LOGLEVEL_ERR && strstarts(log->text, "there is no memory, ");
	return n;
}

/*
 * A device cannot be probed for want of memory. Any error but -ENODEV would have made the IOMMU
 * core undo the registration of the SMMU. The log says it of this device, and of no other.
 */
static void no_memory_for_one(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct plugged *p = plugged_new(test);
	const u32 sid = 9;
	struct rig_log log;

	take_away(smmu);
	plug(test, p, smmu, &sid, 1);
	kunit_activate_static_stub(test, smmu_binding_reserve, no_reserve);
	rig_log_begin(&log);
	give_back(test, smmu);
	KUNIT_EXPECT_EQ(test, 1, no_memory(&log));
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(p->dev[0]));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(smmu, sid, IOVA));
	kunit_deactivate_static_stub(test, smmu_binding_reserve);
	plug(test, p, smmu, &sid, 1);
	KUNIT_EXPECT_TRUE(test, device_iommu_mapped(p->dev[1]));
	KUNIT_EXPECT_EQ(test, 0, no_memory(&log));
}

static int no_tag(const struct smmu_array *array, struct smmu_inst *inst, u8 type,
		  struct smmu_tag *tag)
{
	return -ENOSPC;
}

/*
 * A device joins a group, and there is no tag for its first attach to the group's domain. (With
 * 8-bit ASIDs and 256 devices there would be none.) The IOMMU core would undo the registration of
 * the SMMU for that error. So the driver reports success, and the device's own stream aborts.
 */
static void first_attach_cannot_be(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	const u32 own[] = { SHARED, 0x600 };
	struct iommu_domain *domain;
	struct rig_device *a, *b;
	u32 sid = SHARED;

	a = rig_device_sids(test, rig, 0, &sid, 1);
	domain = rig_domain_s2(test, a);
	map(test, domain, PAGE_A);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, domain));
	kunit_activate_static_stub(test, smmu_tag_get, no_tag);
	b = rig_device_sids(test, rig, 0, own, 2);
	kunit_deactivate_static_stub(test, smmu_tag_get);
	KUNIT_EXPECT_TRUE(test, same_group(a->dev, b->dev));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(smmu, SHARED, IOVA));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(smmu, 0x600, IOVA));
	/* later attaches may fail, and return the error */
	kunit_activate_static_stub(test, smmu_tag_get, no_tag);
	KUNIT_EXPECT_EQ(test, -ENOSPC, domain->ops->attach_dev(domain, b->dev, NULL));
	kunit_deactivate_static_stub(test, smmu_tag_get);
	attach_alone(test, b->dev, domain);
	KUNIT_EXPECT_EQ(test, PAGE_A, look(smmu, 0x600, IOVA));
	rig_remove(a);
	rig_remove(b);
	iommu_domain_free(domain);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(hotplug),
	KUNIT_CASE(there_before_the_smmu),
	KUNIT_CASE(beyond_the_table),
	KUNIT_CASE(between_two_groups),
	KUNIT_CASE(one_is_blocked),
	KUNIT_CASE(newest_attach_rules),
	KUNIT_CASE(one_is_removed),
	KUNIT_CASE(no_ats_for_two),
	KUNIT_CASE(newcomer_meets_ats),
	KUNIT_CASE(newcomer_meets_guest),
	KUNIT_CASE(no_memory_for_one),
	KUNIT_CASE(first_attach_cannot_be),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_streams",
	.test_cases = cases,
};

kunit_test_suite(suite);
