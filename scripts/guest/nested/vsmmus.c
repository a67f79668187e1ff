// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several vSMMUs over one nest parent: on one SMMU, where each has a VMID of its own, and on
 * different SMMUs. What one guest does must not affect the others; what the host does to the parent
 * affects all guests.
 */
#include "nested.h"
#include "stage1.h"
#include "tags.h"

#define ASID	9
#define VSID	5
#define MAX	3

/* A guest's vSMMU with one device in its stage 1, in which slot 3 leads to page @page */
struct guest {
	struct vdev *dev;
	uint32_t viommu;
	uint32_t vdevice;
	uint32_t hwpt;
	struct stage1 s1;
	int page;
};

FIXTURE(vsmmus) {
	struct guest guest[MAX];
	unsigned int domains;
};

FIXTURE_SETUP(vsmmus)
{
	self->domains = nr_domains();
	setup_ram(itd(0));
}

FIXTURE_TEARDOWN_PARENT(vsmmus)
{
	EXPECT_FINE(all_clean(self->domains));
}

/* Start a guest; all guests have the same vSID, ASID and addresses */
static void start(struct guest *guest, unsigned int nr, struct vdev *dev)
{
	guest->dev = dev;
	guest->page = 10 * (nr + 1);
	stage1_init(&guest->s1, nr * 8, ASID);
	stage1_map(&guest->s1, 3, guest->page);
	guest->viommu = viommu_for(dev);
	guest->vdevice = vdevice_for(guest->viommu, dev, VSID);
	guest->hwpt = stage1_for(guest->viommu, dev, &guest->s1);
	must(attach(dev, guest->hwpt), "attach");
}

/* Does each guest reach its own page? Return: NULL, or what is wrong */
static const char *look(const struct guest *guest, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		int page = lands(guest[i].dev, dva(3));

		if (page != guest[i].page)
			return why("guest %u: DMA lands on page %d, not %d", i, page,
				   guest[i].page);
	}
	return NULL;
}

/* The page table of every guest changes, but only guest @who invalidates it */
static const char *only_one(struct guest *guest, unsigned int n, unsigned int who,
			    const struct command *cmd)
{
	const char *wrong = look(guest, n);
	unsigned int i;

	for (i = 0; i < n; i++)
		stage1_map(&guest[i].s1, 3, guest[i].page + 1);
	wrong = wrong ?: look(guest, n);
	if (invalidate1(guest[who].viommu, cmd->w[0], cmd->w[1]))
		return why("guest %u: command 0x%lx: %s", who, cmd->w[0], strerror(errno));
	guest[who].page++;
	wrong = wrong ?: look(guest, n);
	for (i = 0; i < n; i++) {
		if (i == who)
			continue;
		if (invalidate1(guest[i].viommu, TLBI_NH_ALL, 0))
			return why("guest %u: NH_ALL: %s", i, strerror(errno));
		guest[i].page++;
	}
	return wrong ?: look(guest, n);
}

static const struct command tlbis[] = {
	{ { TLBI_NH_VA | CMD0_ASID(ASID), DVA + 3 * GUEST_PAGE } },
	{ { TLBI_NH_ASID | CMD0_ASID(ASID), 0 } },
	{ { TLBI_NH_ALL, 0 } },
	{ { TLBI_NSNH_ALL, 0 } },
};

/* Every guest has page 40 in slot 4. The host unmaps it and maps page 41 instead. */
static const char *parent_changes(struct guest *guest, unsigned int n)
{
	const char *wrong = NULL;
	unsigned int i;
	int page;

	for (i = 0; i < n; i++) {
		stage1_map(&guest[i].s1, 4, 40);
		page = lands(guest[i].dev, dva(4));
		if (page != 40)
			return why("guest %u: DMA lands on page %d, not 40", i, page);
	}
	unmap(ioas, data_ipa(40), PAGE);
	for (i = 0; i < n && !wrong; i++) {
		page = lands(guest[i].dev, dva(4));
		if (page != NOWHERE)
			wrong = why("guest %u: DMA lands on page %d, unmapped", i, page);
	}
	map(ioas, data_ipa(40), data_mem(41), PAGE);
	for (i = 0; i < n && !wrong; i++) {
		page = lands(guest[i].dev, dva(4));
		if (page != 41)
			wrong = why("guest %u: DMA lands on page %d, not 41", i, page);
	}
	unmap(ioas, data_ipa(40), PAGE);
	map(ioas, data_ipa(40), data_mem(40), PAGE);
	return wrong ?: look(guest, n);
}

CASE(vsmmus, on_one_smmu)
{
	struct guest *guest = self->guest;
	unsigned int i;

	if (!has_debugfs())
		SKIP(return, "the in-tree driver gives all vSMMUs one VMID");
	start(&guest[0], 0, itd(0));
	start(&guest[1], 1, dev_at(0, ITD_ID, 1));
	EXPECT_FINE(tags_are(guest[0].dev->smmu, 0, 2, 2));
	for (i = 0; i < 4; i++)
		ASSERT_FINE(only_one(guest, 2, i % 2, &tlbis[i]));
	ASSERT_FINE(parent_changes(guest, 2));
	/* one device is attached to the parent itself: a third VMID */
	ASSERT_EQ(0, attach(guest[1].dev, parent));
	EXPECT_FINE(tags_are(guest[0].dev->smmu, 1, 1, 1));
	EXPECT_EQ(20, lands(guest[1].dev, data_ipa(20)));
	ASSERT_EQ(0, attach(guest[1].dev, guest[1].hwpt));
	EXPECT_FINE(tags_are(guest[0].dev->smmu, 0, 2, 2));
	ASSERT_FINE(look(guest, 2));
	/* one device leaves, which must not affect the other */
	dev_detach(guest[0].dev);
	EXPECT_FINE(tags_are(guest[0].dev->smmu, 0, 1, 1));
	ASSERT_FINE(look(&guest[1], 1));
	dev_detach(guest[1].dev);
	EXPECT_FINE(tags_are(guest[0].dev->smmu, 0, 0, 0));
}

CASE(vsmmus, on_three_smmus)
{
	struct guest *guest = self->guest;
	uint32_t id;
	unsigned int i;

	if (!has_debugfs()) {
		ASSERT_EQ(EINVAL, new_viommu(itd(1), parent, &id));
		SKIP(return, "the in-tree driver has a parent on one SMMU only");
	}
	for (i = 0; i < 3; i++)
		start(&guest[i], i, itd(i));
	for (i = 0; i < 3; i++)
		EXPECT_FINE(tags_are(guest[i].dev->smmu, 0, 1, 1));
	for (i = 0; i < 4; i++)
		ASSERT_FINE(only_one(guest, 3, i % 3, &tlbis[i]));
	ASSERT_FINE(parent_changes(guest, 3));
	/* a device is attached to the parent itself, and another one to the bypass of its guest */
	ASSERT_EQ(0, attach(guest[1].dev, parent));
	ASSERT_EQ(0, attach(guest[2].dev, bypass_for(guest[2].viommu, guest[2].dev)));
	EXPECT_FINE(tags_are(guest[0].dev->smmu, 0, 1, 1));
	EXPECT_FINE(tags_are(guest[1].dev->smmu, 1, 0, 0));
	EXPECT_FINE(tags_are(guest[2].dev->smmu, 0, 1, 1));
	unmap(ioas, data_ipa(30), PAGE);
	EXPECT_EQ(NOWHERE, lands(guest[1].dev, data_ipa(30)));
	EXPECT_EQ(NOWHERE, lands(guest[2].dev, data_ipa(30)));
	EXPECT_EQ(31, lands(guest[1].dev, data_ipa(31)));
	EXPECT_EQ(31, lands(guest[2].dev, data_ipa(31)));
	for (i = 0; i < 3; i++)
		dev_detach(guest[i].dev);
	for (i = 0; i < 3; i++)
		EXPECT_FINE(tags_are(guest[i].dev->smmu, 0, 0, 0));
}

/* A vSMMU belongs to one SMMU; a device behind another SMMU is refused */
CASE(vsmmus, not_for_other_smmus)
{
	struct guest *guest = self->guest;
	uint32_t id;

	start(&guest[0], 0, itd(0));
	ASSERT_EQ(EINVAL, new_nested(guest[0].viommu, itd(1), STE0_V |
				     STE0_CONFIG(STE_BYPASS), 0, &id));
	ASSERT_EQ(EINVAL, new_vdevice(guest[0].viommu, itd(1), VSID + 1, &id));
	ASSERT_EQ(EINVAL, attach(itd(1), guest[0].hwpt));
	ASSERT_EQ(EINVAL, attach(itd(1), bypass_for(guest[0].viommu, guest[0].dev)));
	ASSERT_EQ(EINVAL, attach(itd(1), abort_for(guest[0].viommu, guest[0].dev)));
	EXPECT_EQ(NOWHERE, lands(itd(1), data_ipa(10)));
	EXPECT_FINE(tags_are(itd(1)->smmu, 0, 0, 0));
	EXPECT_FINE(tags_are(itd(0)->smmu, 0, 1, 1));
	ASSERT_FINE(look(guest, 1));
}

/* The VMIDs of existing vSMMUs differ; those of destroyed ones are used again */
CASE(vsmmus, vmids)
{
	unsigned int i, j, id[24] = { 0 };
	uint32_t viommu[24];

	for (i = 0; i < 24; i++) {
		viommu[i] = viommu_for(itd(0));
		must(attach(itd(0), bypass_for(viommu[i], itd(0))), "attach");
		ASSERT_EQ(10, lands(itd(0), data_ipa(10)));
		if (!has_debugfs())
			continue;
		ASSERT_FINE(tags_are(itd(0)->smmu, 0, 1, 1));
		ASSERT_EQ(1, tag_users(itd(0)->smmu, "S2_VMID_VSMMU", &id[i]));
		ASSERT_NE(0, id[i]);
		for (j = 0; j < i; j++)
			ASSERT_NE(id[j], id[i]);
	}
	dev_detach(itd(0));
	for (i = 0; i < 1000; i++) {
		uint32_t one;

		ASSERT_EQ(0, new_viommu(itd(0), parent, &one));
		ASSERT_EQ(0, remove_object(one));
	}
	viommu[0] = viommu_for(itd(0));
	must(attach(itd(0), bypass_for(viommu[0], itd(0))), "attach");
	if (has_debugfs()) {
		/* low numbers are used first, and all but 25 are free */
		ASSERT_EQ(1, tag_users(itd(0)->smmu, "S2_VMID_VSMMU", &id[0]));
		EXPECT_LE(id[0], 32);
	}
}

TEST_HARNESS_MAIN
