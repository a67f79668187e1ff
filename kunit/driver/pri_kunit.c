// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests of devices that should not send any, because they have no PRI or it is off. Each
 * group of requests gets an answer, which is a permanent failure, and nothing else happens. The
 * devices of these cases are errant: unknown ones, ones with PASIDs, and ones that send more than
 * the queue holds. Devices with PRI are in page_request_kunit.c.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>

#include <smmuv3/cmd.h>
#include <smmuv3/event.h>
#include <smmuv3/regs.h>

#include "drv/iommu.h"
#include "hw/recordq.h"
#include "driver/rig.h"

#define ENTRIES		8
#define ENTRIES_LOG2	3
#define PAGE_ADDR	0x40001000ULL

static struct model *pri_smmu(struct kunit *test, struct rig *rig, bool irq)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_ATS | IDR0_PRI;
	cfg.idr[1] |= FIELD_PREP(IDR1_PRIQS, ENTRIES_LOG2) | FIELD_PREP(IDR1_SSIDSIZE, 4);
	return (irq ? rig_smmu_irq : rig_smmu)(test, rig, 0, &cfg)->model;
}

/* Do what the interrupt would do */
static void drain(struct rig *rig)
{
	smmu_priq_thread(0, &rig_iommu(rig->smmu[0])->smmu);
}

static u64 answers(struct model *m)
{
	static struct model_stats stats;	/* too large for the stack */

	model_stats(m, &stats);
	return stats.cmds[CMD_PRI_RESP];
}

static struct model_page_request request(u32 sid, u16 prg)
{
	return (struct model_page_request) {
		.sid = sid, .prg = prg, .addr = PAGE_ADDR, .read = true, .last = true,
	};
}

/* Each group gets one answer, whichever device has sent it, with the PASID that the group had */
static void answers_groups(struct kunit *test)
{
	/* a device that is attached, and two that the driver does not know */
	static const u32 sids[] = { 0, 0x4243, 0xffff };
	struct rig *rig = rig_new(test);
	struct model *m = pri_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	u32 i, ssid;

	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		for (ssid = 0; ssid < 3; ssid++) {
			struct model_page_request r = request(i ? sids[i] : d->sid, 0x1f0 + ssid);
			u64 before = answers(m);

			r.ssv = ssid;
			r.ssid = ssid;
			r.last = false;
			KUNIT_ASSERT_EQ(test, 0, model_page_request(m, &r));
			r.addr += PAGE_SIZE;
			r.write = true;
			KUNIT_ASSERT_EQ(test, 0, model_page_request(m, &r));
			drain(rig);
			KUNIT_EXPECT_EQ(test, before, answers(m));
			r.last = true;
			KUNIT_ASSERT_EQ(test, 0, model_page_request(m, &r));
			KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, model_page_answer(m, &r));
			drain(rig);
			KUNIT_EXPECT_EQ(test, PRI_RESP_FAILURE, model_page_answer(m, &r));
			KUNIT_EXPECT_EQ(test, before + 1, answers(m));
		}
	}
	KUNIT_EXPECT_EQ(test, 27, rig_iommu(rig->smmu[0])->smmu.priq.records);
	rig_check(test, rig);
}

/*
 * A Stop Marker is no request and gets no answer (chapter 8). The same record without a PASID is a
 * request.
 */
static void leaves_stop_markers(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model *m = pri_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	struct model_page_request r = request(d->sid, 7);

	r.read = false;
	r.ssv = true;
	r.ssid = 3;
	KUNIT_ASSERT_EQ(test, 0, model_page_request(m, &r));
	drain(rig);
	KUNIT_EXPECT_EQ(test, 0, answers(m));
	rig_check(test, rig);

	r.ssv = false;
	KUNIT_ASSERT_EQ(test, 0, model_page_request(m, &r));
	drain(rig);
	KUNIT_EXPECT_EQ(test, PRI_RESP_FAILURE, model_page_answer(m, &r));
	KUNIT_EXPECT_EQ(test, 2, rig_iommu(rig->smmu[0])->smmu.priq.records);
	rig_check(test, rig);
}

/*
 * A StreamID or a PASID that no device behind this SMMU can have gets no answer, because the
 * command would be illegal.
 */
static void leaves_impossible_streams(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model *m = pri_smmu(test, rig, false);
	struct model_page_request r = request(0x7fffffff, 1);

	KUNIT_ASSERT_EQ(test, 0, model_page_request(m, &r));
	drain(rig);
	KUNIT_EXPECT_EQ(test, 0, answers(m));
	KUNIT_EXPECT_EQ(test, 1, rig_iommu(rig->smmu[0])->smmu.priq.records);
	/* nor does a PASID that the SMMU cannot have */
	r = request(0, 1);
	r.ssv = true;
	r.ssid = 1 << 4;
	KUNIT_ASSERT_EQ(test, 0, model_page_request(m, &r));
	drain(rig);
	KUNIT_EXPECT_EQ(test, 0, answers(m));
	rig_check(test, rig);
}

/*
 * More requests than the queue holds: the SMMU answers those that do not fit, the driver answers
 * the others, and later requests get in again.
 */
static void overflows(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model *m = pri_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	struct smmu_recordq *q = &rig_iommu(rig->smmu[0])->smmu.priq;
	struct model_page_request r = {};
	u32 round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < ENTRIES + 5; i++) {
			r = request(d->sid, i);
			KUNIT_ASSERT_EQ(test, i < ENTRIES ? 0 : -ENOSPC,
					model_page_request(m, &r));
		}
		drain(rig);
		for (i = 0; i < ENTRIES; i++) {
			r = request(d->sid, i);
			KUNIT_EXPECT_EQ(test, PRI_RESP_FAILURE, model_page_answer(m, &r));
		}
		KUNIT_EXPECT_EQ(test, (round + 1) * ENTRIES, answers(m));
		KUNIT_EXPECT_EQ(test, round + 1, q->overflows);
		KUNIT_EXPECT_EQ(test, (round + 1) * ENTRIES, q->records);
	}
	rig_check(test, rig);
}

/* An error of the queue is acknowledged, and requests get in again after it */
static void survives_an_abort(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model *m = pri_smmu(test, rig, true);
	struct rig_device *d = rig_device(test, rig, 0);
	struct smmu_device *smmu = &rig_iommu(rig->smmu[0])->smmu;
	struct model_page_request r = request(d->sid, 1);
	u32 i;
	int ret;

	model_raise(m, GERROR_PRIQ_ABT_ERR);
	for (i = 0; i < 10000 && !atomic_read(&smmu->gerrors); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->gerrors));
	for (i = 0; i < 1000; i++) {
		ret = model_page_request(m, &r);
		if (ret != -EFAULT)
			break;
		usleep_range(1000, 2000);
	}
	KUNIT_ASSERT_EQ(test, 0, ret);
	for (i = 0; i < 1000 && model_page_answer(m, &r) != PRI_RESP_FAILURE; i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_LT(test, i, 1000);
	rig_check(test, rig);
}

/*
 * Is there an overflow that the driver has not acknowledged? Until then the SMMU answers every
 * request itself.
 */
static bool overflowed(struct model *m)
{
	return (model_read(m, SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_PROD, 4) ^
		model_read(m, SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_CONS, 4)) & QUEUE_OVERFLOW;
}

/*
 * Requests come as fast as possible, through the interrupt: each group has one answer, from the
 * SMMU or from the driver.
 */
static void storms(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model *m = pri_smmu(test, rig, true);
	struct rig_device *d = rig_device(test, rig, 0);
	u32 ours = 0, its = 0, i, burst, wait;

	for (burst = 0; burst < 100; burst++) {
		for (i = 0; i < 3 * ENTRIES; i++) {
			struct model_page_request r = request(d->sid, i);
			int ret = model_page_request(m, &r);

			KUNIT_ASSERT_TRUE(test, !ret || ret == -ENOSPC);
			ours += !ret;
			its += ret == -ENOSPC;
		}
		for (wait = 0; wait < 50000 && (answers(m) != ours || overflowed(m)); wait++)
			usleep_range(100, 200);
		/* the device takes its answers, so that the next burst can use their indexes */
		for (i = 0; i < 3 * ENTRIES; i++) {
			struct model_page_request r = request(d->sid, i);

			model_page_answer(m, &r);
		}
	}
	KUNIT_EXPECT_EQ(test, ours, answers(m));
	KUNIT_EXPECT_GE(test, ours, 100 * ENTRIES);
	KUNIT_EXPECT_GT(test, its, 0);
	kunit_info(test, "answered by us %u, by the SMMU %u", ours, its);
	/* the device's DMA works after all that */
	KUNIT_EXPECT_EQ(test, PAGE_ADDR, rig_access(rig, d, PAGE_ADDR, false));
	rig_check(test, rig);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(answers_groups),
	KUNIT_CASE(leaves_stop_markers),
	KUNIT_CASE(leaves_impossible_streams),
	KUNIT_CASE(overflows),
	KUNIT_CASE(survives_an_abort),
	KUNIT_CASE(storms),
	{}
};

static struct kunit_suite suite = { .name = "smmu_pri", .test_cases = cases };
kunit_test_suite(suite);
