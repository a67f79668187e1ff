// SPDX-License-Identifier: GPL-2.0-only
/*
 * A crash kernel finds an SMMU enabled: DMA under way goes on with the tables of the kernel before
 * until a driver attaches the device.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/sizes.h>

#include <smmuv3/cd.h>

#include "core/cmd.h"
#include "core/tag.h"
#include "drv/firmware.h"
#include "drv/iommu.h"
#include "hw/adopt.h"
#include "hw/cmdq.h"
#include "hw/shut.h"
#include "hw/strtab.h"
#include "driver/crashed.h"

#define IOVA		CRASHED_IOVA
#define PAGE		CRASHED_PAGE
#define PAGE_NEW	0x22222000ULL
#define SID		0x23
/* So large that to reserve it takes memory */
#define OLD_ASID		0x123
#define VMID		5

/* How the stream with SID translates */
enum form { S1, S1_LINEAR, S1_4K, S1_64K, S2, BYPASS };

static void write_form(struct crashed *c, enum form form)
{
	switch (form) {
	case S1:
		return crashed_s1(c, SID, OLD_ASID);
	case S1_LINEAR:
		return crashed_ssids(c, SID, STE_S1FMT_LINEAR, 3, 0, OLD_ASID);
	case S1_4K:
		return crashed_ssids(c, SID, STE_S1FMT_4K_L2, 9, 0, OLD_ASID);
	case S1_64K:
		return crashed_ssids(c, SID, STE_S1FMT_64K_L2, 12, 0, OLD_ASID);
	case S2:
		return crashed_s2(c, SID, VMID);
	case BYPASS:
		return crashed_bypass(c, SID);
	}
}

struct way {
	const char *name;
	enum form form;
	bool two_level;
};

static const struct way ways[] = {
	{ "linear, one CD", S1, false },
	{ "linear, linear CDs", S1_LINEAR, false },
	{ "linear, stage 2", S2, false },
	{ "linear, bypass", BYPASS, false },
	{ "two levels, one CD", S1, true },
	{ "two levels, CDs in 4K", S1_4K, true },
	{ "two levels, CDs in 64K", S1_64K, true },
	{ "two levels, stage 2", S2, true },
	{ "two levels, bypass", BYPASS, true },
};

KUNIT_ARRAY_PARAM_DESC(way, ways, name);

static struct crashed *make(struct kunit *test, bool two_level, enum form form)
{
	struct model_config cfg;
	struct crashed *c;

	crashed_config(&cfg, two_level);
	c = crashed_make(test, &cfg);
	write_form(c, form);
	return c;
}

static void find_and_adopt(struct crashed *c)
{
	KUNIT_ASSERT_TRUE(c->test, crashed_find(c));
	KUNIT_ASSERT_TRUE(c->test, crashed_is_adopted(c));
	KUNIT_EXPECT_TRUE(c->test, crashed_has_said(c, "SMMU was found enabled; "));
	KUNIT_EXPECT_FALSE(c->test, crashed_has_said(c, "the stream table of the kernel before"));
	/* a mapping of what is in use stays, and no other */
	KUNIT_EXPECT_EQ(c->test, 1, c->mapped);
}

static struct rig_device *plug(struct crashed *c, u32 sid)
{
	return rig_device_sids(c->test, c->rig, 0, &sid, 1);
}

/* A domain of the crash kernel, in which IOVA leads elsewhere */
static struct iommu_domain *new_domain(struct crashed *c, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(c->test, d);

	KUNIT_ASSERT_EQ(c->test, 0, iommu_map(domain, IOVA, PAGE_NEW, SZ_4K,
					      IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	return domain;
}

/* DMA goes on all the time, and from the attach on it goes where the new domain says */
static void goes_on(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct crashed *c = make(test, way->two_level, way->form);
	u64 old = way->form == BYPASS ? IOVA : PAGE;
	struct model_access a = { .sid = SID, .iova = IOVA };
	struct iommu_domain *domain;
	struct rig_device *d;

	crashed_leave(c);
	KUNIT_ASSERT_EQ(test, old, crashed_access(c, SID, IOVA));
	model_watch(c->smmu->model, &a);
	find_and_adopt(c);
	rig_watched(test, c->smmu, old);
	KUNIT_EXPECT_EQ(test, CR0_SMMUEN | CR0_CMDQEN | CR0_ATSCHK,
			model_read(c->smmu->model, SMMU_CR0ACK, 4));
	KUNIT_EXPECT_TRUE(test, model_read(c->smmu->model, SMMU_GBPA, 4) & GBPA_ABORT);

	d = plug(c, SID);
	KUNIT_EXPECT_EQ(test, old, rig_access(c->rig, d, IOVA, true));
	domain = new_domain(c, d);
	model_watch(c->smmu->model, &a);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	rig_watched(test, c->smmu, old, PAGE_NEW, RIG_NOWHERE);
	KUNIT_EXPECT_EQ(test, PAGE_NEW, rig_access(c->rig, d, IOVA, true));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(c->rig, d, IOVA, false));
	rig_remove(d);
	iommu_domain_free(domain);
	rig_check(test, c->rig);
}

/* From one CD table to another there is no moment without a translation */
static void attach_is_hitless(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct model_access a = { .sid = SID, .iova = IOVA };
	struct iommu_domain *domain;
	struct rig_device *d;

	crashed_leave(c);
	find_and_adopt(c);
	d = plug(c, SID);
	domain = new_domain(c, d);
	model_watch(c->smmu->model, &a);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	rig_watched(test, c->smmu, PAGE, PAGE_NEW);
	rig_remove(d);
	iommu_domain_free(domain);
}

/* Streams that are not in use abort; so do those that no table covers */
static void others_abort(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct iommu_domain *domain;
	struct rig_device *d;

	/* a level-2 table in which nothing is in use, and an STE that is not valid */
	crashed_ste(c, 0x400);
	crashed_ste(c, SID + 1)->w[0] = 0;
	crashed_leave(c);
	find_and_adopt(c);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID + 1, IOVA));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, 0x400, IOVA));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, 0x800, IOVA));
	/* the old level-2 tables are as they were, and unused */
	KUNIT_EXPECT_EQ(test, 0, le64_to_cpu(c->l1[4]));
	crashed_bypass(c, SID);
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	/* such a stream is attached at once */
	d = plug(c, SID + 1);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(c->rig, d, IOVA, false));
	d = plug(c, 0x400);
	domain = new_domain(c, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PAGE_NEW, rig_access(c->rig, d, IOVA, false));
	rig_remove(d);
	iommu_domain_free(domain);
}

/* A device that is released before a driver has attached it leaves its STE as it is */
static void released_while_deferred(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct iommu_domain *domain;
	struct rig_device *d;
	u32 i;

	crashed_leave(c);
	find_and_adopt(c);
	for (i = 0; i < 2; i++) {
		d = plug(c, SID);
		rig_remove(d);
		KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	}
	d = plug(c, SID);
	domain = new_domain(c, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PAGE_NEW, rig_access(c->rig, d, IOVA, false));
	/* from here on it is like any other */
	rig_remove(d);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
	iommu_domain_free(domain);
	d = plug(c, SID);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(c->rig, d, IOVA, false));
}

/* Two devices with one StreamID: the one that is attached decides; the STE stays until then */
static void shared_stream(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct rig_device *d, *e;
	struct iommu_domain *domain;

	crashed_leave(c);
	find_and_adopt(c);
	d = plug(c, SID);
	e = plug(c, SID);
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	rig_remove(d);
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	domain = new_domain(c, e);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(e, domain));
	KUNIT_EXPECT_EQ(test, PAGE_NEW, crashed_access(c, SID, IOVA));
	rig_remove(e);
	iommu_domain_free(domain);
}

/* A device whose default domain is identity would never be attached later */
static void identity_is_not_deferred(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct rig_device *d;

	c->identity = true;
	crashed_leave(c);
	find_and_adopt(c);
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	d = plug(c, SID);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(c->rig, d, IOVA, false));
}

/* Who takes the device away from its driver, as VFIO does, stops its DMA */
static void blocked(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct rig_device *d;

	crashed_leave(c);
	find_and_adopt(c);
	d = plug(c, SID);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(c->rig, d, IOVA, false));
}

static int no_tag(const struct smmu_array *array, struct smmu_inst *inst, u8 type,
		  struct smmu_tag *tag)
{
	return -ENOSPC;
}

/* The first attach fails: DMA of the new driver does not go through the old tables */
static void first_attach_fails(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct iommu_domain *domain;
	struct rig_device *d;

	crashed_leave(c);
	find_and_adopt(c);
	d = plug(c, SID);
	domain = new_domain(c, d);
	kunit_activate_static_stub(test, smmu_tag_get, no_tag);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(c->rig, d, IOVA, false));
	kunit_deactivate_static_stub(test, smmu_tag_get);
	rig_remove(d);
	iommu_domain_free(domain);
}

static bool is_free(struct ida *ida, u32 id)
{
	int ret = ida_alloc_range(ida, id, id, GFP_KERNEL);

	if (ret >= 0)
		ida_free(ida, id);
	return ret >= 0;
}

/* Every id that the old tables name is reserved, and no other */
static void ids_are_reserved(struct kunit *test)
{
	struct model_config cfg;
	struct smmu_inst *inst;
	struct crashed *c;
	u32 id;

	crashed_config(&cfg, true);
	cfg.idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	c = crashed_make(test, &cfg);
	crashed_s1(c, 0x10, 1);
	crashed_ssids(c, 0x11, STE_S1FMT_LINEAR, 4, 15, 2);
	crashed_ssids(c, 0x12, STE_S1FMT_4K_L2, 10, 1023, 3);
	crashed_ssids(c, 0x113, STE_S1FMT_64K_L2, 12, 4000, 4);
	/* the same id twice, and a CD that is not valid */
	crashed_s1(c, 0x114, 255);
	crashed_s1(c, 0x115, 255);
	crashed_s1(c, 0x116, 9);
	c->cd->w[0] &= ~cpu_to_le64(CD0_V);
	crashed_s2(c, 0x217, 1);
	crashed_s2(c, 0x218, 254);
	/* a guest, whose CD table is at an address of its own */
	crashed_s2(c, 0x219, 6);
	crashed_ste(c, 0x219)->w[0] = cpu_to_le64(STE0_V |
						  FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1_S2) |
						  0x123000);
	/* an STE that aborts names nothing */
	crashed_s2(c, 0x21a, 8);
	crashed_ste(c, 0x21a)->w[0] = cpu_to_le64(STE0_V);
	crashed_leave(c);
	find_and_adopt(c);
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access_ssid(c, 0x12, 1023, IOVA));
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access_ssid(c, 0x113, 4000, IOVA));
	inst = &rig_iommu(c->smmu)->smmu.inst;
	for (id = 1; id < 256; id++) {
		KUNIT_EXPECT_EQ_MSG(test, id > 4 && id != 255, is_free(&inst->asids, id),
				    "ASID %u", id);
		KUNIT_EXPECT_EQ_MSG(test, id != 1 && id != 254 && id != 6,
				    is_free(&inst->vmids, id), "VMID %u", id);
	}
}

/* Stage-1 tables of old and new streams do not meet in the TLB, whatever the old ids are */
static void ids_do_not_meet(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct iommu_domain *domain;
	struct rig_device *d;

	/* the first ids that the driver would give out */
	crashed_s1(c, 0x30, 1);
	crashed_s2(c, 0x31, 1);
	crashed_leave(c);
	find_and_adopt(c);
	d = plug(c, SID);
	domain = new_domain(c, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, 0x30, IOVA));
	KUNIT_EXPECT_EQ(test, PAGE_NEW, rig_access(c->rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, 0x30, IOVA));
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, 0x31, IOVA));
	rig_remove(d);
	iommu_domain_free(domain);
}

/* Errors of the crashed kernel are acknowledged, and its command queue is replaced */
static void errors_of_before(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct smmu_device *s;

	crashed_leave(c);
	model_raise(c->smmu->model, GERROR_ALL & ~GERROR_SFM_ERR);
	find_and_adopt(c);
	/* and none is taken for one of this driver's commands */
	s = &rig_iommu(c->smmu)->smmu;
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&s->gerrors));
	KUNIT_EXPECT_EQ(test, 0, smmu_main_cmdq(s)->err_seq);
	KUNIT_EXPECT_EQ(test, 0, (model_read(c->smmu->model, SMMU_GERROR, 4) ^
				  model_read(c->smmu->model, SMMU_GERRORN, 4)) & GERROR_ALL);
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
}

/*
 * The crashed kernel had unmapped a page, and its TLBI was not consumed any more: the translation
 * that is still in the TLB goes.
 */
static void lost_invalidations(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);

	crashed_leave(c);
	KUNIT_ASSERT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	KUNIT_ASSERT_EQ(test, SZ_4K, iommu_unmap(c->s1, IOVA, SZ_4K));
	KUNIT_ASSERT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	find_and_adopt(c);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
}

/* With queues for records, they are the driver's at once, and not full of old records */
static void queues_of_records(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct smmu_device *s;

	c->tuning.no_records = false;
	crashed_leave(c);
	find_and_adopt(c);
	s = &rig_iommu(c->smmu)->smmu;
	KUNIT_EXPECT_TRUE(test, model_read(c->smmu->model, SMMU_CR0ACK, 4) & CR0_EVENTQEN);
	smmu_evtq_drain(s);
	KUNIT_EXPECT_EQ(test, 0, s->evtq.records);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, 0xff00, IOVA));
	smmu_evtq_drain(s);
	KUNIT_EXPECT_EQ(test, 1, s->evtq.records);
	KUNIT_EXPECT_EQ(test, 0, s->evtq.overflows);
}

/* An RMR's stream keeps the STE that it has; one that has none gets a bypass */
static void preset_stub(struct smmu_iommu *iommu)
{
	smmu_strtab_preset_bypass(&iommu->smmu, SID);
	smmu_strtab_preset_bypass(&iommu->smmu, SID + 1);
	smmu_strtab_preset_bypass(&iommu->smmu, 0x900);
}

static void rmr(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);

	kunit_activate_static_stub(test, smmu_firmware_preset, preset_stub);
	crashed_leave(c);
	find_and_adopt(c);
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	KUNIT_EXPECT_EQ(test, IOVA, crashed_access(c, SID + 1, IOVA));
	KUNIT_EXPECT_EQ(test, IOVA, crashed_access(c, 0x900, IOVA));
}

/* The SMMU is shut and comes back: streams that wait for their driver go on as before */
static void shut_and_back(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);
	struct iommu_domain *domain;
	struct rig_device *d;

	crashed_s2(c, SID + 1, VMID);
	crashed_leave(c);
	find_and_adopt(c);
	d = plug(c, SID + 1);
	domain = new_domain(c, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	smmu_shut(&rig_iommu(c->smmu)->smmu, "of the test");
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
	KUNIT_EXPECT_TRUE(test, rig_restart(c->rig, 0));
	KUNIT_EXPECT_EQ(test, PAGE, crashed_access(c, SID, IOVA));
	KUNIT_EXPECT_EQ(test, PAGE_NEW, rig_access(c->rig, d, IOVA, false));
	rig_remove(d);
	iommu_domain_free(domain);
}

/* After the driver is removed, DMA aborts, and another probe finds the SMMU disabled */
static void removed(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);

	crashed_leave(c);
	find_and_adopt(c);
	device_release_driver(c->smmu->dev);
	KUNIT_EXPECT_EQ(test, 0, c->mapped);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
	KUNIT_ASSERT_TRUE(test, crashed_find(c));
	KUNIT_EXPECT_FALSE(test, crashed_is_adopted(c));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
}

/* Only a crash kernel adopts */
static void not_without_a_crash(struct kunit *test)
{
	struct crashed *c = make(test, true, S1);

	c->tuning.adopt = false;
	crashed_leave(c);
	KUNIT_ASSERT_TRUE(test, crashed_find(c));
	KUNIT_EXPECT_FALSE(test, crashed_is_adopted(c));
	KUNIT_EXPECT_FALSE(test, crashed_has_said(c, "the stream table of the kernel before"));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, crashed_access(c, SID, IOVA));
}

/* Every allocation of a probe fails once. Either the table is adopted, or DMA aborts. */
static void no_memory(struct kunit *test)
{
	struct crashed *c = make(test, true, S1_4K);
	bool hit = true, bound;
	u32 nth, adopted = 0, aborted = 0;
	struct smmu_inst *inst;
	u64 to;

	rig_hush(c->rig);
	for (nth = 1; hit && nth < 1000; nth++) {
		memset(c->l1, 0, SZ_16K);
		c->l1[0] = cpu_to_le64(virt_to_phys(c->l2[0]) |
				       FIELD_PREP(STRTAB_L1_SPAN, STRTAB_SPLIT_BITS + 1));
		model_write(c->smmu->model, SMMU_CR0, 4, 0);
		crashed_leave(c);
		rig_alloc_begin(nth);
		bound = device_attach(c->smmu->dev) == 1;
		hit = rig_alloc_end();
		to = crashed_access(c, SID, IOVA);
		if (bound && crashed_is_adopted(c)) {
			KUNIT_EXPECT_EQ(test, PAGE, to);
			adopted++;
		} else if (bound) {
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE, to);
			inst = &rig_iommu(c->smmu)->smmu.inst;
			KUNIT_EXPECT_TRUE(test, is_free(&inst->asids, OLD_ASID));
			aborted++;
		}
		device_release_driver(c->smmu->dev);
		KUNIT_EXPECT_EQ(test, 0, c->mapped);
	}
	rig_unhush(c->rig);
	KUNIT_EXPECT_FALSE(test, hit);
	KUNIT_EXPECT_GT(test, adopted, 1);
	/* with KASAN, and one CPU, two */
	KUNIT_EXPECT_GE(test, aborted, 2);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(goes_on, way_gen_params),
	KUNIT_CASE(attach_is_hitless),
	KUNIT_CASE(others_abort),
	KUNIT_CASE(released_while_deferred),
	KUNIT_CASE(shared_stream),
	KUNIT_CASE(identity_is_not_deferred),
	KUNIT_CASE(blocked),
	KUNIT_CASE(first_attach_fails),
	KUNIT_CASE(ids_are_reserved),
	KUNIT_CASE(ids_do_not_meet),
	KUNIT_CASE(errors_of_before),
	KUNIT_CASE(lost_invalidations),
	KUNIT_CASE(queues_of_records),
	KUNIT_CASE(rmr),
	KUNIT_CASE(shut_and_back),
	KUNIT_CASE(removed),
	KUNIT_CASE(not_without_a_crash),
	KUNIT_CASE(no_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_adopt",
	.test_cases = cases,
};

kunit_test_suite(suite);
