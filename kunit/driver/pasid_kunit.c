// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASIDs: attach, replace and detach beside every kind of RID domain, what the STE becomes, and
 * that unmaps reach what was cached under each PASID.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/ste.h"
#include "drv/attach.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/pasid.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL
#define PA2	0x23456000ULL
#define BITS	10

static struct iommu_domain *mapped(struct kunit *test, struct rig_device *d, u64 pa)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	return domain;
}

static int set(struct rig_device *d, struct iommu_domain *domain, u32 ssid)
{
	return domain->ops->set_dev_pasid(domain, d->dev, ssid, NULL);
}

static void clear(struct kunit *test, struct rig_device *d, u32 ssid)
{
	KUNIT_EXPECT_EQ(test, 0, set(d, &smmu_blocked_domain, ssid));
}

static struct machine_smmu *new_smmu(struct kunit *test, struct rig *rig)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_CD2L;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	return rig_smmu(test, rig, 0, &cfg);
}

static struct rig_device *new_device(struct kunit *test, struct rig *rig, u32 smmu)
{
	rig->ssid_bits = BITS;
	return rig_device(test, rig, smmu);
}

static u64 s1dss(struct machine_smmu *smmu, struct rig_device *d)
{
	return FIELD_GET(STE1_S1DSS,
			 le64_to_cpu(smmu_strtab_ste(&rig_iommu(smmu)->smmu, d->sid)->w[1]));
}

static const char *kind(struct machine_smmu *smmu, struct rig_device *d)
{
	return smmu_ste_kind(smmu_strtab_ste(&rig_iommu(smmu)->smmu, d->sid));
}

/* A PASID beside identity, blocked and stage 1: requests without PASID go where they went before */
static void beside_every_rid(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct rig_device *d = new_device(test, rig, 0);
	struct iommu_domain *rid = mapped(test, d, PA), *p = mapped(test, d, PA2);
	struct {
		struct iommu_domain *domain;
		u64 goes_to;
		u64 s1dss;
	} with[] = {
		{ &smmu_identity_domain, IOVA, STE_S1DSS_BYPASS },
		{ &smmu_blocked_domain, RIG_NOWHERE, STE_S1DSS_TERMINATE },
		{ rid, PA, STE_S1DSS_SSID0 },
	};
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(with); i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, with[i].domain));
		KUNIT_ASSERT_EQ(test, 0, set(d, p, 5));
		KUNIT_EXPECT_STREQ(test, "stage1", kind(smmu, d));
		/* the domain of the RID changes while the PASID stays */
		for (j = 0; j < ARRAY_SIZE(with); j++) {
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, with[j].domain));
			KUNIT_EXPECT_EQ(test, with[j].s1dss, s1dss(smmu, d));
			KUNIT_EXPECT_EQ(test, with[j].goes_to, rig_access(rig, d, IOVA, false));
			KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, 5, IOVA, true));
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE,
					rig_access_ssid(rig, d, 6, IOVA, false));
		}
		clear(test, d, 5);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, 5, IOVA, true));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		KUNIT_EXPECT_STREQ(test, "bypass", kind(smmu, d));
	}
	iommu_domain_free(rid);
	iommu_domain_free(p);
}

/*
 * The first, the last and some middle SubstreamIDs, in several leaf tables; each on a domain of its
 * own, then all on one.
 */
static void many_pasids(struct kunit *test)
{
	static const u32 ssid[] = { 1, 63, 64, 500, (1 << BITS) - 1 };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct rig_device *d = new_device(test, rig, 0);
	struct iommu_domain *p[ARRAY_SIZE(ssid)], *shared = mapped(test, d, PA);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ssid); i++) {
		p[i] = mapped(test, d, PA2 + i * SZ_4K);
		KUNIT_ASSERT_EQ(test, 0, set(d, p[i], ssid[i]));
		KUNIT_EXPECT_EQ(test, PA2 + i * SZ_4K,
				rig_access_ssid(rig, d, ssid[i], IOVA, false));
	}
	/* all that share a domain have one ASID */
	for (i = 0; i < ARRAY_SIZE(ssid); i++) {
		KUNIT_ASSERT_EQ(test, 0, set(d, shared, ssid[i]));
		KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, ssid[i], IOVA, false));
	}
	mutex_lock(&smmu_arrays_mutex);
	KUNIT_EXPECT_EQ(test, 1, smmu_domain_array(smmu_domain_of(shared))->num);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(ssid),
			smmu_domain_array(smmu_domain_of(shared))->inv[0].users);
	mutex_unlock(&smmu_arrays_mutex);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(shared, IOVA, SZ_4K));
	for (i = 0; i < ARRAY_SIZE(ssid); i++) {
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE,
				rig_access_ssid(rig, d, ssid[i], IOVA, false));
		clear(test, d, ssid[i]);
		iommu_domain_free(p[i]);
	}
	iommu_domain_free(shared);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.asids));
}

/* ATS is on from the first PASID to the last, each PASID has an entry, and no ATC entry is stale */
static void with_ats(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct iommu_domain *rid, *a, *b;
	struct rig_device *d;

	rig->atc = true;
	d = new_device(test, rig, 0);
	rid = mapped(test, d, PA);
	a = mapped(test, d, PA);
	b = mapped(test, d, PA2);
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_ASSERT_EQ(test, 0, set(d, a, 1));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_ASSERT_EQ(test, 0, set(d, b, 2));
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, 1, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, 2, IOVA, false));
	/* replace: the ATC's entries under PASID 1 are invalidated, those under 2 stay valid */
	KUNIT_ASSERT_EQ(test, 0, set(d, b, 1));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, 1, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(b, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, 1, IOVA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, 2, IOVA, false));
	/* the RID is attached and the PASIDs are detached: ATS stays on for the RID */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	clear(test, d, 1);
	clear(test, d, 2);
	KUNIT_EXPECT_TRUE(test, d->ats);
	/* the other way round: ATS stays on for the PASID */
	KUNIT_ASSERT_EQ(test, 0, set(d, a, 1));
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, 1, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, 1, IOVA, false));
	clear(test, d, 1);
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, 1, IOVA, false));
	KUNIT_EXPECT_STREQ(test, "abort", kind(smmu, d));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(rid);
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/*
 * The device is released with PASIDs attached, which can be detached by nothing else any more. The
 * release allocates nothing, and an access of the device goes where it went before, or nowhere.
 */
static void released_with_pasids(struct kunit *test)
{
	struct model_access dma = { .ssid = 34, .ssv = true, .iova = IOVA };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct iommu_domain *rid, *p;
	struct rig_device *d;
	u32 i, sid;

	rig->atc = true;
	d = new_device(test, rig, 0);
	sid = d->sid;
	rid = mapped(test, d, PA);
	p = mapped(test, d, PA2);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
	for (i = 1; i < 100; i += 33) {
		KUNIT_ASSERT_EQ(test, 0, set(d, p, i));
		KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, i, IOVA, false));
	}
	/*
	 * the IOMMU core does not know of these PASIDs; the steps are those of
	 * iommu_deinit_device()
	 */
	dma.sid = sid;
	model_watch(smmu->model, &dma);
	rig_alloc_begin(1);
	smmu_master_lock(dev_iommu_priv_get(d->dev));
	smmu_attach_none_locked(dev_iommu_priv_get(d->dev), false);
	smmu_pasid_release_locked(dev_iommu_priv_get(d->dev));
	smmu_master_unlock(dev_iommu_priv_get(d->dev));
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	rig_watched(test, smmu, PA2, RIG_NOWHERE);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, 34, IOVA, false));
	KUNIT_EXPECT_FALSE(test, d->ats);
	rig_remove(d);
	KUNIT_EXPECT_STREQ(test, "abort",
			   smmu_ste_kind(smmu_strtab_ste(&rig_iommu(smmu)->smmu, sid)));
	mutex_lock(&smmu_arrays_mutex);
	KUNIT_EXPECT_EQ(test, 0, smmu_domain_array(smmu_domain_of(p))->num);
	KUNIT_EXPECT_TRUE(test, list_empty(&smmu_domain_of(p)->bindings));
	mutex_unlock(&smmu_arrays_mutex);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(p, IOVA, SZ_4K));
	iommu_domain_free(rid);
	iommu_domain_free(p);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.asids));
}

/* After a reset every PASID comes back without memory, even if others have made merges meanwhile */
static void comes_back(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *rid, *p;
	struct rig_device *d, *other;

	new_smmu(test, rig);
	rig->atc = true;
	d = new_device(test, rig, 0);
	other = new_device(test, rig, 0);
	rid = mapped(test, d, PA);
	p = mapped(test, d, PA2);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
	KUNIT_ASSERT_EQ(test, 0, set(d, p, 7));
	/* the steps are those of pci_dev_reset_iommu_prepare() */
	KUNIT_ASSERT_EQ(test, 0, smmu_blocked_domain.ops->attach_dev(&smmu_blocked_domain,
								     d->dev, rid));
	clear(test, d, 7);
	KUNIT_ASSERT_EQ(test, 0, set(other, p, 9));
	KUNIT_ASSERT_EQ(test, 0, set(other, rid, 8));
	rig_alloc_begin(1);
	KUNIT_EXPECT_EQ(test, 0, rid->ops->attach_dev(rid, d->dev, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, set(d, p, 7));
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, 7, IOVA, false));
	clear(test, other, 9);
	clear(test, other, 8);
	clear(test, d, 7);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(rid);
	iommu_domain_free(p);
}

static u32 array_len(struct iommu_domain *domain)
{
	u32 len;

	mutex_lock(&smmu_arrays_mutex);
	len = smmu_domain_array(smmu_domain_of(domain))->len;
	mutex_unlock(&smmu_arrays_mutex);
	return len;
}

static u32 places(struct rig_device *d)
{
	struct smmu_master *master = dev_iommu_priv_get(d->dev);
	struct smmu_binding *at;
	unsigned long ssid;
	u32 n = 0;

	mutex_lock(&smmu_arrays_mutex);
	xa_for_each(&master->pasids, ssid, at)
		n++;
	mutex_unlock(&smmu_arrays_mutex);
	return n;
}

/*
 * Every PASID in turn is attached to one domain, and some also to another: nothing grows with the
 * number of PASIDs that were ever attached.
 */
static void cycles(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *rid, *p, *other;
	struct rig_device *d;
	u32 i, ssid;

	new_smmu(test, rig);
	rig->atc = true;
	d = new_device(test, rig, 0);
	rid = mapped(test, d, PA);
	/*
	 * the RID is attached, so that a detach of a PASID does not look like a reset, and ATS
	 * stays on
	 */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
	p = mapped(test, d, PA);
	other = mapped(test, d, PA2);
	for (i = 0; i < 1500; i++) {
		ssid = 1 + i % ((1 << BITS) - 1);
		KUNIT_ASSERT_EQ(test, 0, set(d, p, ssid));
		if (i % 100 == 7) {
			KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, ssid, IOVA, false));
			KUNIT_ASSERT_EQ(test, 0, set(d, other, ssid));
			KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, ssid, IOVA, false));
		}
		/*
		 * one entry for the ASID; the next merge drops the entries that were forgotten
		 * since the last
		 */
		KUNIT_ASSERT_LE(test, array_len(p), SMMU_IDLE_PASIDS + 3);
		KUNIT_ASSERT_LE(test, array_len(other), SMMU_IDLE_PASIDS + 3);
		clear(test, d, ssid);
		KUNIT_ASSERT_LE(test, places(d), SMMU_IDLE_PASIDS);
	}
	KUNIT_EXPECT_GE(test, places(d), 8);
	iommu_domain_free(other);
	iommu_domain_free(p);
	/* the domain is gone, so no PASID can come back to it */
	KUNIT_EXPECT_EQ(test, 0, places(d));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(rid);
}

#define MANY	200

/* What the IOMMU core does to a device that is reset, with more PASIDs than are kept otherwise */
static void many_come_back(struct kunit *test)
{
	struct iommu_domain *block = &smmu_blocked_domain, *rid, *p;
	struct rig *rig = rig_new(test);
	struct rig_device *d;
	u32 i, round;

	new_smmu(test, rig);
	rig->atc = true;
	d = new_device(test, rig, 0);
	rid = mapped(test, d, PA);
	p = mapped(test, d, PA2);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
	for (i = 1; i <= MANY; i++)
		KUNIT_ASSERT_EQ(test, 0, set(d, p, i));
	/* in the second round requests without PASID are blocked before the reset, and stay so */
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, round ? block : rid));
		rig_alloc_begin(1);
		if (!round)
			KUNIT_EXPECT_EQ(test, 0, block->ops->attach_dev(block, d->dev, rid));
		for (i = 1; i <= MANY; i++)
			clear(test, d, i);
		KUNIT_EXPECT_FALSE(test, rig_alloc_end());
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, MANY, IOVA, false));
		rig_alloc_begin(1);
		if (!round)
			KUNIT_EXPECT_EQ(test, 0, rid->ops->attach_dev(rid, d->dev, block));
		for (i = 1; i <= MANY; i++)
			KUNIT_EXPECT_EQ(test, 0, set(d, p, i));
		KUNIT_EXPECT_FALSE(test, rig_alloc_end());
		KUNIT_EXPECT_TRUE(test, d->ats);
		for (i = 1; i <= MANY; i++)
			KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, i, IOVA, false));
	}
	/* without a blocked RID the PASIDs are detached for good */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
	for (i = 1; i <= MANY; i++)
		clear(test, d, i);
	KUNIT_EXPECT_EQ(test, SMMU_IDLE_PASIDS, places(d));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(rid);
	iommu_domain_free(p);
}

/* A replace that fails at another device of the group is undone, without memory */
static void reverts(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *a, *b;
	struct rig_device *d;
	u32 i;

	new_smmu(test, rig);
	rig->atc = true;
	d = new_device(test, rig, 0);
	a = mapped(test, d, PA);
	b = mapped(test, d, PA2);
	for (i = 1; i <= 2 * SMMU_IDLE_PASIDS; i++)
		KUNIT_ASSERT_EQ(test, 0, set(d, a, i));
	for (i = 1; i <= 2 * SMMU_IDLE_PASIDS; i++) {
		KUNIT_ASSERT_EQ(test, 0, set(d, b, i));
		KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, i, IOVA, false));
		rig_alloc_begin(1);
		KUNIT_EXPECT_EQ(test, 0, a->ops->set_dev_pasid(a, d->dev, i, b));
		KUNIT_EXPECT_FALSE(test, rig_alloc_end());
		KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, i, IOVA, false));
	}
	/* what the replace has made is gone, what was there before stays */
	iommu_domain_free(b);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(a, IOVA, SZ_4K));
	for (i = 1; i <= 2 * SMMU_IDLE_PASIDS; i++) {
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, i, IOVA, false));
		clear(test, d, i);
	}
	iommu_domain_free(a);
}

static void silence(struct machine_smmu *smmu, struct rig_device *d)
{
	struct model_inject inject = { .silent = d };

	if (d)
		inject.silent_sid = d->sid;
	model_inject(smmu->model, &inject);
}

/*
 * A device that has failed ATS and does not answer at the next attach either: PASIDs can be
 * attached, and work when the device answers again.
 */
static void joins_parked(struct kunit *test)
{
	struct iommu_domain *rid, *p, *next[2];
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct rig_device *d;
	u32 i;

	rig->atc = true;
	d = new_device(test, rig, 0);
	rid = mapped(test, d, PA);
	p = mapped(test, d, PA2);
	next[0] = rid;
	next[1] = &smmu_identity_domain;
	for (i = 0; i < ARRAY_SIZE(next); i++) {
		silence(smmu, d);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, 0, set(d, p, 5));
		KUNIT_EXPECT_EQ(test, 0, set(d, p, 6));
		clear(test, d, 6);
		KUNIT_EXPECT_STREQ(test, "abort", kind(smmu, d));
		KUNIT_EXPECT_FALSE(test, d->ats);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, 5, IOVA, false));
		/* an attach to the blocked domain does not bring ATS back */
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
		KUNIT_EXPECT_STREQ(test, "abort", kind(smmu, d));
		silence(smmu, NULL);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, next[i]));
		KUNIT_EXPECT_TRUE(test, d->ats);
		KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, 5, IOVA, false));
		KUNIT_EXPECT_EQ(test, i ? IOVA : PA, rig_access(rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(p, IOVA, SZ_4K));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, 5, IOVA, false));
		KUNIT_ASSERT_EQ(test, 0, iommu_map(p, IOVA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
		clear(test, d, 5);
		KUNIT_EXPECT_EQ(test, !i, d->ats);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		rig_forgive(d);
	}
	iommu_domain_free(rid);
	iommu_domain_free(p);
}

/* What the driver must refuse, without changing anything */
static void refuses(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct rig_device *d = new_device(test, rig, 0), *without;
	struct iommu_domain *p = mapped(test, d, PA), *s2 = rig_domain_s2(test, d);

	rig->ssid_bits = 0;
	without = rig_device(test, rig, 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, set(d, p, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, set(d, p, 1 << BITS));
	KUNIT_EXPECT_EQ(test, -EINVAL, set(d, s2, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, set(without, p, 1));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, s2));
	KUNIT_EXPECT_EQ(test, -EBUSY, set(d, p, 1));
	KUNIT_EXPECT_STREQ(test, "stage2", kind(smmu, d));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, set(d, p, 1));
	KUNIT_EXPECT_EQ(test, -EBUSY, s2->ops->attach_dev(s2, d->dev, NULL));
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, 1, IOVA, false));
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(rig, d, IOVA, false));
	/* detach PASIDs that were never attached */
	clear(test, d, 2);
	clear(test, d, 5000);
	clear(test, d, 1);
	iommu_domain_free(p);
	iommu_domain_free(s2);
}

/*
 * Every allocation of an attach fails once; that attach must change nothing and can be tried again.
 */
static void without_memory(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	u32 nth, failed = 0;
	struct iommu_domain *p;
	struct rig_device *d;
	int ret = -ENOMEM;

	rig->atc = true;
	rig_hush(rig);
	for (nth = 1; ; nth++) {
		/*
		 * each time with a new device, because what is there already is not allocated again
		 */
		d = new_device(test, rig, 0);
		p = mapped(test, d, PA);
		rig_alloc_begin(nth);
		ret = set(d, p, 200);
		if (!rig_alloc_end() || nth == 50)
			break;
		/* some allocations may fail, such as those of kmemleak */
		if (!ret) {
			clear(test, d, 200);
		} else {
			failed++;
			KUNIT_EXPECT_EQ(test, -ENOMEM, ret);
			KUNIT_EXPECT_STREQ(test, "bypass", kind(smmu, d));
			KUNIT_EXPECT_FALSE(test, d->ats);
			KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.asids));
		}
		iommu_domain_free(p);
		rig_remove(d);
	}
	rig_unhush(rig);
	KUNIT_EXPECT_EQ(test, 0, ret);
	/* allocations: the place of the PASID, the CD table, its levels, the array */
	KUNIT_EXPECT_GE(test, failed, 4);
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, 200, IOVA, false));
	clear(test, d, 200);
	iommu_domain_free(p);
}

/*
 * The STE stays the same, so only a CFGI_CD tells the SMMU of another CD. The case drops it and
 * sees the old translation.
 */
static void notices_lost_cfgi_cd(struct kunit *test)
{
	const struct model_inject inject = { .drop_opcode = CMD_CFGI_CD, .drop = U32_MAX };
	const struct model_inject none = {};
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct rig_device *d = new_device(test, rig, 0);
	struct iommu_domain *a = mapped(test, d, PA), *b = mapped(test, d, PA2);

	KUNIT_ASSERT_EQ(test, 0, set(d, a, 4));
	KUNIT_ASSERT_EQ(test, 0, set(d, a, 5));
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, 5, IOVA, false));
	model_inject(smmu->model, &inject);
	KUNIT_ASSERT_EQ(test, 0, set(d, b, 5));
	KUNIT_EXPECT_EQ(test, PA, rig_access_ssid(rig, d, 5, IOVA, false));

	model_inject(smmu->model, &none);
	KUNIT_ASSERT_EQ(test, 0, set(d, a, 5));
	KUNIT_ASSERT_EQ(test, 0, set(d, b, 5));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, 5, IOVA, false));
	clear(test, d, 5);
	clear(test, d, 4);
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* SMMU_ERRATUM_REPEAT_TLBI is about invalidations of configuration as well, and not about ATCs */
static void repeats_cfgi_cd(struct kunit *test)
{
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig);
	struct iommu_domain *rid, *p;
	u32 i, cfgi_cds = 0, atc_invs = 0;
	struct rig_device *d;

	KUNIT_ASSERT_NOT_NULL(test, stats);
	rig->atc = true;
	d = new_device(test, rig, 0);
	rid = mapped(test, d, PA2);
	p = mapped(test, d, PA);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, rid));
	for (i = 0; i < 2; i++) {
		rig_iommu(smmu)->smmu.inst.feat.errata = i ? SMMU_ERRATUM_REPEAT_TLBI : 0;
		KUNIT_ASSERT_EQ(test, 0, set(d, p, 5));
		model_stats_reset(smmu->model);
		clear(test, d, 5);
		model_stats(smmu->model, stats);
		if (!i) {
			cfgi_cds = stats->cmds[CMD_CFGI_CD];
			atc_invs = stats->cmds[CMD_ATC_INV];
		}
	}
	KUNIT_EXPECT_GT(test, cfgi_cds, 0);
	KUNIT_EXPECT_EQ(test, 2 * cfgi_cds, stats->cmds[CMD_CFGI_CD]);
	KUNIT_EXPECT_GT(test, atc_invs, 0);
	KUNIT_EXPECT_EQ(test, atc_invs, stats->cmds[CMD_ATC_INV]);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(rid);
	iommu_domain_free(p);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(beside_every_rid),
	KUNIT_CASE(many_pasids),
	KUNIT_CASE(with_ats),
	KUNIT_CASE(released_with_pasids),
	KUNIT_CASE(comes_back),
	KUNIT_CASE(cycles),
	KUNIT_CASE(many_come_back),
	KUNIT_CASE(reverts),
	KUNIT_CASE(joins_parked),
	KUNIT_CASE(refuses),
	KUNIT_CASE(without_memory),
	KUNIT_CASE(repeats_cfgi_cd),
	KUNIT_CASE(notices_lost_cfgi_cd),
	{}
};

static struct kunit_suite suite = { .name = "smmu_pasid", .test_cases = cases };
kunit_test_suite(suite);
