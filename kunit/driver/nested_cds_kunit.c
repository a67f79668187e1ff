// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes from one CD table to another. CDs are cached by StreamID and SubstreamID, and a guest
 * chooses the address of its table, which may equal that of the host's table. A guest's CD must
 * never be used with an STE that does not have the guest's stage 2. And where the stage 2 stays the
 * same, translation must not stop for a moment.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "drv/master.h"
#include "hw/strtab.h"
#include "driver/guest.h"

#define VA	0x7000001000ULL
/* Beyond all memory, so that only the parent leads from here to PA2 */
#define IPA2	0x40000002000ULL
#define PA	0x12345000ULL
#define PA2	0x23456000ULL
#define VSID	0x77

/**
 * struct cds - the host's CD table and a guest's at one address
 * @rig: machine
 * @smmu: the SMMU
 * @d: device
 * @host: domain of the host, maps VA to PA; attached first
 * @parent: stage 2; maps memory one to one, except the page of the host's CD table
 * @g: guest
 * @t: the guest's CD and table, which maps VA to IPA2
 * @ptr: physical address of the host's CD table, and guest physical address of the guest's CD
 */
struct cds {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct rig_device *d;
	struct iommu_domain *host;
	struct iommu_domain *parent;
	struct guest *g;
	struct guest_table *t;
	u64 ptr;
};

static void map(struct kunit *test, struct iommu_domain *domain, u64 from, u64 to, size_t size)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, from, to, size, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
}

static void make_cds(struct kunit *test, struct cds *c, bool atc)
{
	u64 from = ALIGN_DOWN(virt_to_phys((void *)PAGE_OFFSET), SZ_2M);
	u64 end = ALIGN(virt_to_phys(high_memory - 1) + 1, SZ_2M), page;
	struct smmu_master *master;
	int ret;

	c->rig = rig_new(test);
	c->rig->atc = atc;
	c->smmu = guest_smmu(test, c->rig, 0);
	c->d = rig_device(test, c->rig, 0);
	c->host = rig_domain(test, c->d);
	map(test, c->host, VA, PA, SZ_4K);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c->d, c->host));
	master = dev_iommu_priv_get(c->d->dev);
	c->ptr = master->cdtab.dma;
	page = c->ptr & PAGE_MASK;
	KUNIT_ASSERT_EQ(test, c->ptr, page);
	KUNIT_ASSERT_EQ(test, 0, master->cdtab.cdmax);

	c->parent = rig_domain_s2(test, c->d);
	map(test, c->parent, IPA2, PA2, SZ_4K);
	map(test, c->parent, from, from, page - from);
	map(test, c->parent, page + PAGE_SIZE, page + PAGE_SIZE, end - page - PAGE_SIZE);
	c->g = guest_new(test, c->smmu, c->parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	guest_device(test, c->g, c->d, VSID);
	c->t = guest_table(test, c->smmu, c->parent, 5);
	guest_map(test, c->t, VA, IPA2);
	map(test, c->parent, page, virt_to_phys(c->t->cd), PAGE_SIZE);
}

static void free_cds(struct kunit *test, struct cds *c)
{
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c->d, &smmu_identity_domain));
	guest_destroy(c->g);
	iommu_domain_free(c->parent);
	iommu_domain_free(c->host);
}

/* Make a nested domain of stage 1 with one CD at guest physical address @ptr */
static struct iommu_domain *vste_at(struct kunit *test, struct guest *g, u64 ptr, bool ats)
{
	struct iommu_domain *domain;

	domain = guest_domain(test, g, STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1) | ptr,
			      FIELD_PREP(STE1_S1CIR, STE_S1C_WBRA) |
			      FIELD_PREP(STE1_S1COR, STE_S1C_WBRA) |
			      FIELD_PREP(STE1_S1CSH, 3) | FIELD_PREP(STE1_EATS, ats));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	return domain;
}

static const struct smmu_ste *ste_of(struct cds *c)
{
	return smmu_strtab_ste(&rig_iommu(c->smmu)->smmu, c->d->sid);
}

/* Attach while the device accesses VA all the time: each access reaches @old, @new or nothing */
static void attach_watched(struct kunit *test, struct cds *c, struct iommu_domain *to, u64 old,
			   u64 new)
{
	const struct model_access dma = { .sid = c->d->sid, .iova = VA };
	struct model_watch seen;
	u32 i;

	KUNIT_EXPECT_EQ(test, old, rig_access(c->rig, c->d, VA, false));
	model_watch(c->smmu->model, &dma);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c->d, to));
	model_watched(c->smmu->model, &seen);
	model_watch(c->smmu->model, NULL);
	KUNIT_EXPECT_GE(test, seen.nr, 2);
	for (i = 0; i < seen.nr; i++)
		KUNIT_EXPECT_TRUE_MSG(test, seen.pa[i] == old || seen.pa[i] == new ||
				      seen.pa[i] == RIG_NOWHERE, "%llx", seen.pa[i]);
	KUNIT_EXPECT_EQ(test, new, rig_access(c->rig, c->d, VA, false));
}

/* The guest's CD table has the address of the host's: neither is ever used in place of the other */
static void one_address(struct kunit *test)
{
	struct iommu_domain *guest;
	struct cds c;
	u64 w0;
	u32 i;

	make_cds(test, &c, false);
	guest = vste_at(test, c.g, c.ptr, false);
	w0 = le64_to_cpu(ste_of(&c)->w[0]);
	for (i = 0; i < 3; i++) {
		attach_watched(test, &c, guest, PA, PA2);
		/* the STEs differ in nothing but Config; else nothing could be confused */
		KUNIT_EXPECT_EQ(test, 0, (w0 ^ le64_to_cpu(ste_of(&c)->w[0])) & ~STE0_CONFIG);
		attach_watched(test, &c, c.host, PA2, PA);
	}
	iommu_domain_free(guest);
	free_cds(test, &c);
}

/* Two guests with two VMIDs share one stage 2, and their CD tables have one address */
static void one_address_two_vmids(struct kunit *test)
{
	struct iommu_domain *s1_a, *s1_b;
	struct guest *b;
	struct cds c;
	int ret;

	make_cds(test, &c, false);
	b = guest_new(test, c.smmu, c.parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	s1_a = vste_at(test, c.g, c.ptr, false);
	s1_b = vste_at(test, b, c.ptr, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c.d, s1_a));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(c.rig, c.d, VA, false));
	/* a device belongs to one guest at a time */
	guest_no_device(c.g, VSID);
	guest_device(test, b, c.d, VSID);
	attach_watched(test, &c, s1_b, PA2, PA2);
	/* a TLB entry of A's CD under B's VMID would stay when A is gone */
	KUNIT_EXPECT_FALSE(test, model_has_vmid(c.smmu->model, c.g->vsmmu.vmid));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c.d, &smmu_identity_domain));
	iommu_domain_free(s1_a);
	iommu_domain_free(s1_b);
	guest_destroy(b);
	free_cds(test, &c);
}

struct stes {
	const struct smmu_ste *ste;
	u32 looks;
	u32 off;
};

/* Look at the STE at each command */
static void look(void *data, const struct smmu_cmd *cmd)
{
	struct stes *s = data;
	u64 w0 = le64_to_cpu(READ_ONCE(s->ste->w[0]));

	s->looks++;
	s->off += !(w0 & STE0_V) || FIELD_GET(STE0_CONFIG, w0) != STE_CONFIG_S1_S2;
}

/* Attach to another CD table of the same guest: ATS and both stages stay on all the time */
static void one_stage2(struct kunit *test)
{
	struct iommu_domain *s1, *other;
	struct guest_table *t;
	struct stes s = {};
	struct cds c;

	make_cds(test, &c, true);
	t = guest_table(test, c.smmu, c.parent, 6);
	guest_map(test, t, VA, IPA2);
	s1 = vste_at(test, c.g, c.ptr, true);
	other = vste_at(test, c.g, virt_to_phys(t->cd), true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c.d, s1));
	KUNIT_EXPECT_TRUE(test, c.d->ats);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(c.rig, c.d, VA, false));

	s.ste = ste_of(&c);
	model_trace(c.smmu->model, look, &s);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c.d, other));
	model_trace(c.smmu->model, NULL, NULL);
	KUNIT_EXPECT_GT(test, s.looks, 0);
	KUNIT_EXPECT_EQ(test, 0, s.off);
	KUNIT_EXPECT_TRUE(test, c.d->ats);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(c.rig, c.d, VA, false));

	/* an attach to the host's own table does have such a moment, so the count can see one */
	s = (struct stes) { .ste = ste_of(&c) };
	model_trace(c.smmu->model, look, &s);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c.d, c.host));
	model_trace(c.smmu->model, NULL, NULL);
	KUNIT_EXPECT_GT(test, s.off, 0);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(c.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(other);
	free_cds(test, &c);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_address),
	KUNIT_CASE(one_address_two_vmids),
	KUNIT_CASE(one_stage2),
	{}
};

static struct kunit_suite suite = { .name = "smmu_nested_cds", .test_cases = cases };
kunit_test_suite(suite);
