// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a device's DMA goes under each kind of HWPT, and when changes take effect. A change of the
 * guest takes effect when the guest invalidates it, not before. A change of the host under a
 * running guest takes effect at once.
 */
#include "nested.h"
#include "stage1.h"
#include "tags.h"

#define VSID	0x77
#define ASID	5

FIXTURE(translate) {
	unsigned int domains;
};

static struct vdev *dev;
static uint32_t viommu;
static struct stage1 s1;

FIXTURE_VARIANT(translate) {
	unsigned int smmu;
};

FIXTURE_VARIANT_ADD(translate, smmu0) { .smmu = 0 };
FIXTURE_VARIANT_ADD(translate, smmu1) { .smmu = 1 };
FIXTURE_VARIANT_ADD(translate, smmu2) { .smmu = 2 };

FIXTURE_SETUP(translate)
{
	self->domains = nr_domains();
	dev = itd(variant->smmu);
	setup_ram(dev);
	stage1_init(&s1, 8, ASID);
}

FIXTURE_TEARDOWN_PARENT(translate)
{
	EXPECT_FINE(all_clean(self->domains));
}

/* Make a vSMMU and attach the device to its guest's stage 1, in which slot N leads to page N */
static void run_guest(void)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		stage1_map(&s1, i, i);
	viommu = viommu_for(dev);
	vdevice_for(viommu, dev, VSID);
	must(attach(dev, stage1_for(viommu, dev, &s1)), "attach");
}

CASE(translate, stage1_hwpt)
{
	char text[65536], *domain;
	unsigned int tags, id;
	uint32_t hwpt = new_hwpt(dev, ioas);

	ASSERT_EQ(0, attach(dev, hwpt));
	EXPECT_EQ(3, lands(dev, data_ipa(3)));
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(DATA)));
	if (has_debugfs()) {
		domain = domain_of(text, sizeof(text), dev - devs);
		ASSERT_TRUE(domain);
		EXPECT_TRUE(strstr(domain, "S1_ASID"));
		EXPECT_EQ(1, users_of(domain, dev->smmu, &tags, &id));
	}
	EXPECT_FINE(ste_is(dev, "stage1"));
	EXPECT_FINE(tags_are(dev->smmu, 0, 0, 0));
	dev_detach(dev);
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(3)));
}

CASE(translate, raw_parent)
{
	ASSERT_EQ(0, attach(dev, parent));
	EXPECT_EQ(4, lands(dev, data_ipa(4)));
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(DATA)));
	EXPECT_FINE(ste_is(dev, "stage2"));
	EXPECT_FINE(tags_are(dev->smmu, 1, 0, 0));
	unmap(ioas, data_ipa(4), PAGE);
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(4)));
	map(ioas, data_ipa(4), data_mem(5), PAGE);
	EXPECT_EQ(5, lands(dev, data_ipa(4)));
	dev_detach(dev);
	EXPECT_FINE(tags_are(dev->smmu, 0, 0, 0));
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(5)));
}

/* The guest's SMMU is off: no vDEVICE is needed */
CASE(translate, bypass)
{
	viommu = viommu_for(dev);
	EXPECT_FINE(tags_are(dev->smmu, 0, 0, 0));
	ASSERT_EQ(0, attach(dev, bypass_for(viommu, dev)));
	EXPECT_EQ(6, lands(dev, data_ipa(6)));
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(DATA)));
	EXPECT_FINE(ste_is(dev, "stage2"));
	EXPECT_FINE(tags_are(dev->smmu, 0, 1, 1));
	unmap(ioas, data_ipa(6), PAGE);
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(6)));
	map(ioas, data_ipa(6), data_mem(7), PAGE);
	EXPECT_EQ(7, lands(dev, data_ipa(6)));
	dev_detach(dev);
	EXPECT_FINE(tags_are(dev->smmu, 0, 0, 0));
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(7)));
}

CASE(translate, abort)
{
	uint32_t hwpt[3];
	unsigned int i;

	viommu = viommu_for(dev);
	hwpt[0] = abort_for(viommu, dev);
	/* an STE with V = 0 may have any other bits */
	hwpt[1] = nested_for(viommu, dev, 0, 0);
	hwpt[2] = nested_for(viommu, dev, ~STE0_V, ~0ull);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, attach(dev, hwpt[i]));
		EXPECT_EQ(NOWHERE, lands(dev, data_ipa(6)));
		EXPECT_FINE(ste_is(dev, "abort"));
		EXPECT_FINE(tags_are(dev->smmu, 0, 0, 0));
	}
}

CASE(translate, stage1)
{
	run_guest();
	EXPECT_EQ(3, lands(dev, dva(3)));
	/* a hole, an IPA, an address beyond the tables */
	EXPECT_EQ(NOWHERE, lands(dev, dva(16)));
	EXPECT_EQ(NOWHERE, lands(dev, data_ipa(3)));
	EXPECT_EQ(NOWHERE, lands(dev, 1ull << 39));
	EXPECT_FINE(ste_is(dev, "nested"));
	EXPECT_FINE(tags_are(dev->smmu, 0, 1, 1));
	dev_detach(dev);
	EXPECT_FINE(tags_are(dev->smmu, 0, 0, 0));
	EXPECT_EQ(NOWHERE, lands(dev, dva(3)));
}

CASE(translate, edu_carries_data)
{
	static const char text[16] = "carried by edu";

	dev = edu(variant->smmu);
	stage1_map(&s1, 1, 20);
	stage1_map(&s1, 2, 21);
	viommu = viommu_for(dev);
	vdevice_for(viommu, dev, VSID);
	ASSERT_EQ(0, attach(dev, stage1_for(viommu, dev, &s1)));
	memcpy(data_mem(20), text, sizeof(text));
	edu_carry(dev, dva(1), dva(2) + 64);
	EXPECT_EQ(0, memcmp(data_mem(21) + 64, text, sizeof(text)));
	/* a page that is read-only is not written */
	memset(data_mem(21), 0, PAGE);
	edu_carry(dev, dva(1), dva(3));
	EXPECT_EQ(0, memcmp(data_mem(20), text, sizeof(text)));
	EXPECT_EQ(0, *(char *)data_mem(21));
}

/* Without a vDEVICE there is no vSID: the attach is refused, and the device stays where it was */
CASE(translate, stage1_wants_vdevice)
{
	uint32_t hwpt, vdevice;

	viommu = viommu_for(dev);
	hwpt = stage1_for(viommu, dev, &s1);
	stage1_map(&s1, 3, 30);
	ASSERT_EQ(ENOENT, attach(dev, hwpt));
	EXPECT_EQ(NOWHERE, lands(dev, dva(3)));
	ASSERT_EQ(0, attach(dev, bypass_for(viommu, dev)));
	ASSERT_EQ(ENOENT, attach(dev, hwpt));
	EXPECT_EQ(3, lands(dev, data_ipa(3)));
	EXPECT_FINE(tags_are(dev->smmu, 0, 1, 1));
	vdevice = vdevice_for(viommu, dev, VSID);
	ASSERT_EQ(0, attach(dev, hwpt));
	EXPECT_EQ(30, lands(dev, dva(3)));
	/*
	 * the vDEVICE is destroyed: the translation stays, but commands with its vSID do not work
	 * any more
	 */
	ASSERT_EQ(0, invalidate1(viommu, CFGI_CD | CMD0_SID(VSID), CMD1_LEAF));
	ASSERT_EQ(0, remove_object(vdevice));
	EXPECT_EQ(30, lands(dev, dva(3)));
	EXPECT_EQ(EIO, invalidate1(viommu, CFGI_CD | CMD0_SID(VSID), CMD1_LEAF));
}

/* Commands that invalidate slot 3, and commands that do not */
static const struct {
	const char *name;
	uint64_t w0, w1;
	bool reaches;
} commands[] = {
	{ "NH_VA", TLBI_NH_VA | CMD0_ASID(ASID), DVA + 3 * GUEST_PAGE, true },
	{ "NH_VA leaf", TLBI_NH_VA | CMD0_ASID(ASID), (DVA + 3 * GUEST_PAGE) | CMD1_LEAF, true },
	{ "NH_VAA", TLBI_NH_VAA, DVA + 3 * GUEST_PAGE, true },
	{ "NH_ASID", TLBI_NH_ASID | CMD0_ASID(ASID), 0, true },
	{ "NH_ALL", TLBI_NH_ALL, 0, true },
	{ "NSNH_ALL", TLBI_NSNH_ALL, 0, true },
	/* whatever VMID the guest names, its own is meant */
	{ "NH_ASID of VMID 0xbad", TLBI_NH_ASID | CMD0_ASID(ASID) | CMD0_VMID(0xbad), 0, true },
	{ "NH_ALL of VMID 1", TLBI_NH_ALL | CMD0_VMID(1), 0, true },
	/* 8 pages from slot 0 on: (NUM + 1) << SCALE */
	{ "NH_VA range", TLBI_NH_VA | CMD0_ASID(ASID) | CMD0_NUM(7),
	  DVA | CMD1_TG_4K | CMD1_TTL(3), true },
	{ "NH_VAA range", TLBI_NH_VAA | CMD0_NUM(0) | CMD0_SCALE(3),
	  DVA | CMD1_TG_4K, true },
	/* with a granule, because without one the host invalidates more, see nesting.rst */
	{ "NH_VA of a neighbour", TLBI_NH_VA | CMD0_ASID(ASID),
	  (DVA + 4 * GUEST_PAGE) | CMD1_TG_4K | CMD1_TTL(3), false },
	{ "NH_VA of another ASID", TLBI_NH_VA | CMD0_ASID(ASID + 1),
	  (DVA + 3 * GUEST_PAGE) | CMD1_TG_4K | CMD1_TTL(3), false },
	{ "NH_ASID of another", TLBI_NH_ASID | CMD0_ASID(ASID + 1), 0, false },
	{ "range in front", TLBI_NH_VA | CMD0_ASID(ASID) | CMD0_NUM(2),
	  DVA | CMD1_TG_4K | CMD1_TTL(3), false },
};

/* The guest changes its page table: the old translation is used until the guest invalidates it */
CASE(translate, guest_tlbi)
{
	unsigned int i;
	int old = 3, new;

	run_guest();
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		new = 20 + i;
		ASSERT_EQ(old, lands(dev, dva(3))) TH_LOG("%s", commands[i].name);
		stage1_map(&s1, 3, new);
		ASSERT_EQ(old, lands(dev, dva(3))) TH_LOG("%s", commands[i].name);
		ASSERT_EQ(0, invalidate1(viommu, commands[i].w0, commands[i].w1))
			TH_LOG("%s", commands[i].name);
		ASSERT_EQ(commands[i].reaches ? new : old, lands(dev, dva(3)))
			TH_LOG("%s", commands[i].name);
		if (!commands[i].reaches)
			ASSERT_EQ(0, invalidate1(viommu, TLBI_NH_ALL, 0));
		old = new;
	}
	/* to no page, and from no page, which is in no TLB */
	ASSERT_EQ(old, lands(dev, dva(3)));
	stage1_unmap(&s1, 3);
	EXPECT_EQ(old, lands(dev, dva(3)));
	ASSERT_EQ(0, invalidate1(viommu, commands[0].w0, commands[0].w1));
	EXPECT_EQ(NOWHERE, lands(dev, dva(3)));
	stage1_map(&s1, 3, 3);
	EXPECT_EQ(3, lands(dev, dva(3)));
}

/* The guest changes its CD: another address space with another ASID */
CASE(translate, guest_cfgi)
{
	static const struct {
		uint64_t w0, w1;
	} cfgi[] = {
		{ CFGI_CD | CMD0_SID(VSID), CMD1_LEAF },
		{ CFGI_CD | CMD0_SID(VSID), 0 },
		{ CFGI_CD_ALL | CMD0_SID(VSID), 0 },
	};
	struct stage1 other;
	unsigned int i;
	int now = 3;

	run_guest();
	stage1_init(&other, 16, ASID + 1);
	stage1_map(&other, 3, 33);
	for (i = 0; i < 3; i++) {
		const struct stage1 *to = i % 2 ? &s1 : &other;

		ASSERT_EQ(now, lands(dev, dva(3)));
		stage1_write_cd(&s1, to->asid, to->first + 1);
		ASSERT_EQ(now, lands(dev, dva(3)));
		/*
		 * an invalidation of another device's CD has no effect; here that device does not
		 * even exist
		 */
		ASSERT_EQ(EIO, invalidate1(viommu, CFGI_CD | CMD0_SID(VSID + 1), 0));
		ASSERT_EQ(now, lands(dev, dva(3)));
		ASSERT_EQ(0, invalidate1(viommu, cfgi[i].w0, cfgi[i].w1));
		now = i % 2 ? 3 : 33;
		ASSERT_EQ(now, lands(dev, dva(3)));
	}
}

/* The host changes stage 2 under a guest that does not know of it */
CASE(translate, stage2_under_guest)
{
	unsigned int i;

	run_guest();
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(3, lands(dev, dva(3)));
		unmap(ioas, data_ipa(3), PAGE);
		ASSERT_EQ(NOWHERE, lands(dev, dva(3)));
		ASSERT_EQ(4, lands(dev, dva(4)));
		map(ioas, data_ipa(3), data_mem(40 + i), PAGE);
		ASSERT_EQ(40 + i, lands(dev, dva(3)));
		unmap(ioas, data_ipa(3), PAGE);
		map(ioas, data_ipa(3), data_mem(3), PAGE);
	}
	/* the pages with the guest's CD and page tables; the CD itself may be cached */
	ASSERT_EQ(4, lands(dev, dva(4)));
	unmap(ioas, table_ipa(0), TABLES * PAGE);
	EXPECT_EQ(NOWHERE, lands(dev, dva(4)));
	EXPECT_EQ(NOWHERE, lands(dev, dva(5)));
	map(ioas, table_ipa(0), table_mem(0), TABLES * PAGE);
	EXPECT_EQ(4, lands(dev, dva(4)));
	EXPECT_EQ(5, lands(dev, dva(5)));
	EXPECT_FINE(tags_are(dev->smmu, 0, 1, 1));
}

/* Many pages at once, from the first to the last, while the guest uses all of them */
CASE(translate, stage2_many)
{
	unsigned int i;

	run_guest();
	for (i = 0; i < 16; i++)
		ASSERT_EQ(i, lands(dev, dva(i)));
	unmap(ioas, data_ipa(0), 16 * PAGE);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(NOWHERE, lands(dev, dva(i)));
	map(ioas, data_ipa(0), data_mem(16), 16 * PAGE);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(16 + i, lands(dev, dva(i)));
}

/* Two devices of a guest behind one vSMMU share its VMID */
CASE(translate, two_devices)
{
	struct vdev *other = edu(variant->smmu);

	run_guest();
	vdevice_for(viommu, other, VSID + 1);
	ASSERT_EQ(0, attach(other, bypass_for(viommu, other)));
	EXPECT_FINE(tags_are(dev->smmu, 0, 2, 1));
	ASSERT_EQ(0, attach(other, stage1_for(viommu, other, &s1)));
	EXPECT_FINE(tags_are(dev->smmu, 0, 2, 1));
	EXPECT_EQ(3, lands(dev, dva(3)));
	dev_detach(dev);
	EXPECT_FINE(tags_are(dev->smmu, 0, 1, 1));
	EXPECT_EQ(NOWHERE, lands(dev, dva(3)));
	memcpy(data_mem(1), "still there", 12);
	edu_carry(other, dva(1), dva(2));
	EXPECT_STREQ("still there", data_mem(2));
	dev_detach(other);
	EXPECT_FINE(tags_are(dev->smmu, 0, 0, 0));
}

TEST_HARNESS_MAIN
