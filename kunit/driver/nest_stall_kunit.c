// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of guests that stall: which of them do, how a VMM answers them, and how they end where it
 * does not. The model counts each CMD_RESUME too many as a violation, and each transaction without
 * one as a failure.
 */
#include <linux/bitfield.h>
#include <linux/sizes.h>

#include <smmuv3/cmd.h>
#include <smmuv3/event.h>

#include "drv/guest_stall.h"
#include "drv/iopf.h"
#include "drv/master.h"
#include "drv/restart.h"
#include "hw/recordq.h"
#include "driver/nest_stall.h"

/* The parameter guest_stall_ms */
#define DEADLINE_MS	1000

/* Make an access that stalls. Return: its tag */
static u16 stall_ssid(struct kunit *test, struct nest_stall *s, u32 ssid, u64 va, bool write)
{
	u16 stag = 0;
	u64 pa;

	KUNIT_ASSERT_EQ(test, -EINPROGRESS,
			rig_try(s->n.rig, s->n.d, ssid, va, write, &pa, &stag));
	return stag;
}

static u16 stall(struct kunit *test, struct nest_stall *s, u64 va)
{
	return stall_ssid(test, s, 0, va, false);
}

/* An access that is refused, and does not stall. Return: its event */
static u8 refused(struct kunit *test, struct nest_stall *s, u64 va)
{
	return rig_event(s->n.rig, s->n.d, va, false);
}

static u8 answer_to(struct nest_stall *s, u16 stag)
{
	return model_answer(s->n.smmu->model, stag);
}

/* A fault stalls, its VMM has the page mapped, and the transaction goes on */
static void is_answered(struct kunit *test, struct nest_stall *s)
{
	u16 stag = stall(test, s, NEST_VA2);

	nest_stall_events(s);
	nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, answer_to(s, stag));
}

static u64 ste_word(struct nest_stall *s, u32 i)
{
	return le64_to_cpu(smmu_strtab_ste(&rig_iommu(s->n.smmu)->smmu, s->n.d->sid)->w[i]);
}

static u8 state(struct nest_stall *s)
{
	return READ_ONCE(s->master->stalls.state);
}

/* The core does not attach to what is attached already */
static void attach(struct kunit *test, struct nest_stall *s)
{
	KUNIT_ASSERT_EQ(test, 0, nest_stall_attach(s->n.d, &smmu_blocked_domain));
	KUNIT_ASSERT_EQ(test, 0, nest_stall_attach(s->n.d, s->s1));
	KUNIT_ASSERT_EQ(test, SMMU_STALL_OPEN, state(s));
}

/* For requests without PASID, and for PASIDs, which only the guest's CD table knows */
static void answered(struct kunit *test)
{
	struct nest_stall s;
	u32 ssid;
	u16 stag;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	KUNIT_EXPECT_FALSE(test, ste_word(&s, 1) & STE1_S1STALLD);
	KUNIT_EXPECT_FALSE(test, ste_word(&s, 2) & STE2_S2S);
	for (ssid = 0; ssid < 16; ssid += 5) {
		stag = stall_ssid(test, &s, ssid, NEST_VA2, ssid & 1);
		KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, answer_to(&s, stag));
		nest_stall_events(&s);
		KUNIT_ASSERT_EQ(test, 1, nest_vmm.nr);
		KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, answer_to(&s, stag));
		KUNIT_EXPECT_EQ(test, NEST_VA2, nest_vmm.prm.addr);
		KUNIT_EXPECT_EQ(test, ssid, nest_vmm.prm.pasid);
		KUNIT_EXPECT_EQ(test, !!ssid,
				!!(nest_vmm.prm.flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID));
		KUNIT_EXPECT_EQ(test, ssid & 1 ? IOMMU_FAULT_PERM_WRITE : IOMMU_FAULT_PERM_READ,
				nest_vmm.prm.perm);
		guest_map(test, s.n.t, NEST_VA2, NEST_IPA2);
		nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
		KUNIT_EXPECT_EQ(test, RESUME_RETRY, answer_to(&s, stag));
		KUNIT_EXPECT_EQ(test, NEST_PA2, ssid ?
				rig_access_ssid(s.n.rig, s.n.d, ssid, NEST_VA2, false) :
				rig_access(s.n.rig, s.n.d, NEST_VA2, false));
		guest_unmap(test, s.n.t, NEST_VA2);
		guest_command(test, s.n.g, &(struct smmu_cmd) { {
			cpu_to_le64(CMD_TLBI_NSNH_ALL) } });
		stag = stall_ssid(test, &s, ssid, NEST_VA2, false);
		nest_stall_events(&s);
		nest_stall_answer(0, IOMMU_PAGE_RESP_INVALID);
		KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	}
	KUNIT_EXPECT_EQ(test, 8, nest_vmm.seen);
	/* a queue that takes no fault */
	nest_vmm.fail = true;
	stag = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	KUNIT_EXPECT_EQ(test, 0, rig_iommu(s.n.smmu)->guest_stalls.nr);
	nest_stall_free(test, &s);
}

static const struct no_stall {
	const char *name;
	bool no_queue;
	bool stalld;
	bool no_quota;
	bool no_device;
} no_stalls[] = {
	{ "no fault queue", .no_queue = true },
	{ "the guest's S1STALLD", .stalld = true },
	{ "guest_stalls is 0", .no_quota = true },
	{ "the device cannot stall", .no_device = true },
};

KUNIT_ARRAY_PARAM_DESC(no_stall, no_stalls, name);

/*
 * Where one of the conditions is not met, S1STALLD is set. A CD with S is illegal then, and one
 * without has its faults aborted.
 */
static void does_not_stall(struct kunit *test)
{
	const struct no_stall *p = test->param_value;
	struct iommu_domain *domain;
	struct nest_stall s;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	if (p->no_quota)
		nest_vmm.quota = 0;
	if (p->no_device)
		s.master->can_stall = false;
	domain = nest_stall_domain(test, &s, !p->no_queue, p->stalld ? STE1_S1STALLD : 0);
	KUNIT_ASSERT_EQ(test, 0, nest_stall_attach(s.n.d, domain));
	KUNIT_EXPECT_EQ(test, SMMU_STALL_NONE, state(&s));
	KUNIT_EXPECT_TRUE(test, ste_word(&s, 1) & STE1_S1STALLD);
	KUNIT_EXPECT_FALSE(test, ste_word(&s, 2) & STE2_S2S);
	KUNIT_EXPECT_EQ(test, EVENT_C_BAD_CD, refused(test, &s, NEST_VA));
	s.n.t->cd[0].w[0] &= ~cpu_to_le64(CD0_S);
	guest_command(test, s.n.g, &(struct smmu_cmd) { {
		cpu_to_le64(CMD_CFGI_CD_ALL | FIELD_PREP(CMD0_CFGI_SID, NEST_VSID)) } });
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(s.n.rig, s.n.d, NEST_VA, false));
	KUNIT_EXPECT_EQ(test, EVENT_F_TRANSLATION, refused(test, &s, NEST_VA2));
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, 0, nest_vmm.seen);
	KUNIT_EXPECT_EQ(test, 2, guest_events(s.n.g, NULL));
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, &smmu_identity_domain));
	iommu_domain_free(domain);
	nest_stall_free(test, &s);
}

/* A fault of stage 2 is the host's: it aborts, whatever the guest's CD says */
static void stage_2(struct kunit *test)
{
	struct nest_stall s;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	guest_map(test, s.n.t, NEST_VA2, NEST_IPA2 + SZ_4K);
	KUNIT_EXPECT_EQ(test, EVENT_F_TRANSLATION, refused(test, &s, NEST_VA2));
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, 0, nest_vmm.seen);
	KUNIT_EXPECT_EQ(test, 0, guest_events(s.n.g, NULL));
	nest_stall_free(test, &s);
}

/* Answers that come twice, or to what never was, or after the end; each changes nothing */
static void once(struct kunit *test)
{
	struct iommu_page_response resp = { .code = IOMMU_PAGE_RESP_SUCCESS };
	struct iopf_fault fault[2];
	struct nest_stall s;
	u16 stag[2];
	u32 i;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	for (i = 0; i < 2; i++) {
		stag[i] = stall(test, &s, NEST_VA2 + i * SZ_4K);
		nest_stall_events(&s);
		fault[i] = nest_vmm.group[i]->last_fault;
	}
	nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, answer_to(&s, stag[0]));
	/* the same answer again, with its tag in use for the next fault or not */
	resp.grpid = fault[0].fault.prm.grpid;
	smmu_iopf_answer(s.n.d->dev, &fault[0], &resp);
	fault[0].fault.prm.private_data[1] += 100;
	smmu_iopf_answer(s.n.d->dev, &fault[0], &resp);
	/* the number alone counts, not what the group says */
	resp.grpid = fault[1].fault.prm.grpid;
	smmu_iopf_answer(s.n.d->dev, &fault[0], &resp);
	KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, answer_to(&s, stag[1]));
	KUNIT_EXPECT_EQ(test, 1, rig_iommu(s.n.smmu)->guest_stalls.nr);
	/* a code that there is not is an abort */
	resp.code = 77;
	smmu_iopf_answer(s.n.d->dev, &fault[1], &resp);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[1]));
	nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	/* after the detach */
	stag[0] = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	fault[0] = nest_vmm.group[0]->last_fault;
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[0]));
	smmu_iopf_answer(s.n.d->dev, &fault[0], &resp);
	nest_stall_free(test, &s);
}

/* Beyond the quota faults are aborted, and the guest is told; with an answer there is room again */
static void quota(struct kunit *test)
{
	struct iommu_vevent_arm_smmuv3 last = {};
	struct nest_stall s;
	u16 stag[6];
	u32 i;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	for (i = 0; i < 6; i++)
		stag[i] = stall(test, &s, NEST_VA2 + i * SZ_4K);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, 4, nest_vmm.nr);
	KUNIT_EXPECT_EQ(test, 2, rig_iommu(s.n.smmu)->guest_stalls.refused);
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, i < 4 ? MODEL_UNANSWERED : RESUME_ABORT,
				answer_to(&s, stag[i]));
	KUNIT_EXPECT_EQ(test, 2, guest_events(s.n.g, &last));
	KUNIT_EXPECT_EQ(test, NEST_VSID, u64_get_bits(le64_to_cpu(last.evt[0]), EVENT0_SID));
	KUNIT_EXPECT_FALSE(test, le64_to_cpu(last.evt[1]) & (EVENT1_STALL | EVENT1_STAG));
	KUNIT_EXPECT_EQ(test, NEST_VA2 + 5 * SZ_4K, le64_to_cpu(last.evt[2]));
	nest_stall_answer(1, IOMMU_PAGE_RESP_INVALID);
	stag[5] = stall(test, &s, NEST_VA2 + 5 * SZ_4K);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, 4, nest_vmm.nr);
	KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, answer_to(&s, stag[5]));
	nest_stall_free(test, &s);
}

/* Guests together get no more than half of what the SMMU has */
static void share_of_all(struct kunit *test)
{
	struct iommu_domain *other;
	struct nest_stall s, t;
	u32 i;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	nest_vmm.quota = 100;
	attach(test, &s);
	t = s;
	t.n.d = rig_device(test, s.n.rig, 0);
	t.master = dev_iommu_priv_get(t.n.d->dev);
	t.n.g = nest_guest(test, s.n.smmu, s.n.parent, t.n.d, 0x88);
	other = nest_stall_domain(test, &t, true, 0);
	KUNIT_ASSERT_EQ(test, 0, nest_stall_attach(t.n.d, other));
	for (i = 0; i < 5; i++) {
		stall(test, &s, NEST_VA2 + i * SZ_4K);
		stall(test, &t, NEST_VA2 + i * SZ_4K);
	}
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, NEST_STALL_SHARE, nest_vmm.nr);
	KUNIT_EXPECT_EQ(test, 4, s.n.g->vsmmu.stalls);
	KUNIT_EXPECT_EQ(test, 4, t.n.g->vsmmu.stalls);
	/* one leaves, and only its own are ended */
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(t.n.d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 4, nest_vmm.nr);
	KUNIT_EXPECT_EQ(test, 4, model_stalled(s.n.smmu->model));
	iommu_domain_free(other);
	guest_destroy(t.n.g);
	nest_stall_free(test, &s);
}

/*
 * A device that goes on beyond the quota does not stall any more, until the next attach. It may do
 * so for longer where the VMM answers meanwhile.
 */
static void flood(struct kunit *test)
{
	struct nest_stall s;
	u32 i, round;
	u16 stag;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	for (i = 0; i < 4; i++)
		stall(test, &s, NEST_VA2 + i * SZ_4K);
	nest_stall_events(&s);
	for (round = 0; round < 2; round++) {
		for (i = 1; i < SMMU_STALL_REFUSALS; i++) {
			stag = stall(test, &s, NEST_VA2 + 5 * SZ_4K);
			nest_stall_events(&s);
			KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
		}
		nest_stall_answer(0, IOMMU_PAGE_RESP_INVALID);
		stall(test, &s, NEST_VA2 + (6 + round) * SZ_4K);
		nest_stall_events(&s);
		KUNIT_ASSERT_EQ(test, SMMU_STALL_OPEN, state(&s));
		KUNIT_ASSERT_EQ(test, 4, nest_vmm.nr);
	}
	for (i = 0; i < SMMU_STALL_REFUSALS; i++) {
		KUNIT_EXPECT_FALSE(test, ste_word(&s, 1) & STE1_S1STALLD);
		stag = stall(test, &s, NEST_VA2 + 5 * SZ_4K);
		nest_stall_events(&s);
		KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	}
	KUNIT_EXPECT_EQ(test, SMMU_STALL_OVER, state(&s));
	KUNIT_EXPECT_TRUE(test, ste_word(&s, 1) & STE1_S1STALLD);
	KUNIT_EXPECT_EQ(test, 0, model_stalled(s.n.smmu->model));
	KUNIT_EXPECT_EQ(test, EVENT_C_BAD_CD, refused(test, &s, NEST_VA2));
	/* answers to what has ended */
	while (nest_vmm.nr)
		nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	attach(test, &s);
	stag = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, 1, nest_vmm.nr);
	nest_stall_free(test, &s);
}

/* An answer is late: what the device has stalled is aborted, and nothing stalls any more */
static void late(struct kunit *test)
{
	struct nest_stall s;
	u16 stag[3];

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	stag[0] = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, DEADLINE_MS, nest_vmm.expire_ms);
	nest_vmm.now = ktime_add_ms(nest_vmm.now, 300);
	stag[1] = stall(test, &s, NEST_VA2 + SZ_4K);
	nest_stall_events(&s);
	/* the first is answered in time, and the driver waits for the second */
	nest_stall_pass(&s, DEADLINE_MS - 301);
	KUNIT_EXPECT_EQ(test, 1, nest_vmm.expire_ms);
	nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, answer_to(&s, stag[0]));
	nest_stall_pass(&s, 1);
	KUNIT_EXPECT_EQ(test, 300, nest_vmm.expire_ms);
	KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, answer_to(&s, stag[1]));
	nest_stall_pass(&s, 299);
	KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, answer_to(&s, stag[1]));
	/* one more that is not late, and one that nobody has looked at yet */
	stag[0] = stall(test, &s, NEST_VA2 + 2 * SZ_4K);
	nest_stall_events(&s);
	stag[2] = stall(test, &s, NEST_VA2 + 3 * SZ_4K);
	nest_stall_pass(&s, 1);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[1]));
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[0]));
	KUNIT_EXPECT_EQ(test, 1, rig_iommu(s.n.smmu)->guest_stalls.late);
	KUNIT_EXPECT_EQ(test, SMMU_STALL_OVER, state(&s));
	KUNIT_EXPECT_TRUE(test, ste_word(&s, 1) & STE1_S1STALLD);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[2]));
	KUNIT_EXPECT_EQ(test, 0, s.n.g->vsmmu.stalls);
	/* too late */
	nest_stall_answer(1, IOMMU_PAGE_RESP_SUCCESS);
	nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	attach(test, &s);
	is_answered(test, &s);
	nest_stall_free(test, &s);
}

/*
 * The device leaves while the VMM has one fault, has answered another, the event queue has a third,
 * and there are some without a record, which are tried again when the one like it ends. In the next
 * domain their addresses lead somewhere; none may get there, although the model tries them again
 * after each command.
 */
static void leaves(struct kunit *test)
{
	struct model_stall_stats stats;
	struct iommu_domain *next;
	struct nest_stall s;
	u32 seed, i, unrecorded = 0;
	u16 stag[6];

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	next = rig_domain(test, s.n.d);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0, iommu_map(next, NEST_VA2 + i * SZ_4K, NEST_PA, SZ_4K,
						   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	for (seed = 1; seed < 9; seed++) {
		attach(test, &s);
		model_stalling(s.n.smmu->model, MODEL_STALLS, seed);
		stag[0] = stall(test, &s, NEST_VA2);
		stag[1] = stall(test, &s, NEST_VA2 + SZ_4K);
		nest_stall_events(&s);
		KUNIT_EXPECT_EQ(test, 2, nest_vmm.nr);
		for (i = 2; i < 6; i++)
			stag[i] = stall(test, &s, NEST_VA2 + 2 * SZ_4K);
		if (seed & 1)
			nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
		KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, seed & 2 ? next :
							   &smmu_identity_domain));
		model_stall_stats(s.n.smmu->model, &stats);
		KUNIT_EXPECT_EQ_MSG(test, 0, stats.early, "a transaction went to 0x%llx",
				    stats.early_pa);
		unrecorded += stats.unrecorded;
		model_stalling(s.n.smmu->model, MODEL_STALLS, 0);
		for (i = 0; i < 6; i++)
			KUNIT_EXPECT_EQ(test, i || !(seed & 1) ? RESUME_ABORT : RESUME_RETRY,
					answer_to(&s, stag[i]));
		KUNIT_EXPECT_EQ(test, 0, rig_iommu(s.n.smmu)->guest_stalls.nr);
	}
	KUNIT_EXPECT_GT(test, unrecorded, 8);
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, &smmu_identity_domain));
	iommu_domain_free(next);
	nest_stall_free(test, &s);
}

/* The guest gives the device another STE of its own: stalls go on, and none is left behind */
static void another_ste(struct kunit *test)
{
	struct iommu_domain *other;
	struct nest_stall s;
	u16 stag;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	other = nest_stall_domain(test, &s, true, 0);
	attach(test, &s);
	stag = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	KUNIT_ASSERT_EQ(test, 0, nest_stall_attach(s.n.d, other));
	KUNIT_EXPECT_EQ(test, SMMU_STALL_OPEN, state(&s));
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	stag = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, 1, nest_vmm.nr);
	attach(test, &s);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	KUNIT_EXPECT_EQ(test, 1, s.master->nr_iopf);
	iommu_domain_free(other);
	nest_stall_free(test, &s);
}

static struct nest_stall *in_attach;

/* Called with the mutex of the group held, as the core has it during an attach */
static int attach_and_fault(struct device *dev, void *data)
{
	struct kunit *test = data;
	struct nest_stall *s = in_attach;
	u16 stag;

	KUNIT_EXPECT_EQ(test, 0, s->s1->ops->attach_dev(s->s1, dev, &smmu_identity_domain));
	stag = stall(test, s, NEST_VA2);
	smmu_evtq_drain(&rig_iommu(s->n.smmu)->smmu);
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, answer_to(s, stag));
	KUNIT_EXPECT_EQ(test, SMMU_STALL_SOON, state(s));
	KUNIT_EXPECT_EQ(test, 0, nest_vmm.seen);
	return 1;
}

/* The core does not know before the end of the attach whose faults they are: none is lost */
static void during_attach(struct kunit *test)
{
	struct nest_stall s;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	in_attach = &s;
	iommu_group_for_each_dev(s.n.d->group, test, attach_and_fault);
	flush_work(&s.master->stalls.work);
	KUNIT_EXPECT_EQ(test, SMMU_STALL_OPEN, state(&s));
	/* for the core it was not attached */
	KUNIT_EXPECT_EQ(test, 0, smmu_identity_domain.ops->attach_dev(&smmu_identity_domain,
								      s.n.d->dev, s.s1));
	attach(test, &s);
	stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, 1, nest_vmm.seen);
	nest_stall_free(test, &s);
}

/* The vDEVICE goes, and with it whoever could be told: nothing is stalled, and nothing will be */
static void vdevice_goes(struct kunit *test)
{
	struct nest_stall s;
	u16 stag;

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	stag = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	guest_no_device(s.n.g, NEST_VSID);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	KUNIT_EXPECT_TRUE(test, ste_word(&s, 1) & STE1_S1STALLD);
	KUNIT_EXPECT_EQ(test, 0, s.n.g->vsmmu.stalls);
	KUNIT_EXPECT_EQ(test, EVENT_C_BAD_CD, refused(test, &s, NEST_VA2));
	/* the core may bring it back there after a reset */
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, s.s1));
	KUNIT_EXPECT_EQ(test, SMMU_STALL_NONE, state(&s));
	KUNIT_EXPECT_TRUE(test, ste_word(&s, 1) & STE1_S1STALLD);
	KUNIT_EXPECT_EQ(test, 0, nest_vmm.nr);
	nest_stall_free(test, &s);
}

/* The device is unplugged with a fault in the VMM's hands and one in the event queue */
static void device_goes(struct kunit *test)
{
	struct nest_stall s;
	u16 stag[2];

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	stag[0] = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	stag[1] = stall(test, &s, NEST_VA2 + SZ_4K);
	/* iommufd lets the device go first */
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, &smmu_identity_domain));
	guest_no_device(s.n.g, NEST_VSID);
	rig_remove(s.n.d);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[0]));
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[1]));
	KUNIT_EXPECT_EQ(test, 0, nest_vmm.nr);
	iommu_domain_free(s.s1);
	guest_destroy(s.n.g);
	iommu_domain_free(s.n.parent);
}

/* An SMMU that is shut has ended every transaction; a tag may be another's when it is back */
static void shut(struct kunit *test)
{
	struct nest_stall s;
	u16 stag[2];

	nest_stall_make(test, &s, IDR0_STALL_BOTH);
	attach(test, &s);
	stag[0] = stall(test, &s, NEST_VA2);
	stag[1] = stall(test, &s, NEST_VA2 + SZ_4K);
	nest_stall_events(&s);
	smmu_shut(&rig_iommu(s.n.smmu)->smmu, "test");
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[0]));
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag[1]));
	KUNIT_ASSERT_TRUE(test, rig_restart(s.n.rig, 0));
	KUNIT_EXPECT_EQ(test, 2, rig_iommu(s.n.smmu)->guest_stalls.nr);
	nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	nest_stall_pass(&s, DEADLINE_MS);
	KUNIT_EXPECT_EQ(test, 0, rig_iommu(s.n.smmu)->guest_stalls.nr);
	attach(test, &s);
	is_answered(test, &s);
	nest_stall_free(test, &s);
}

/*
 * An SMMU that can only stall. With a fault queue the VMM answers; without, or after a late answer,
 * each fault is aborted at once, and the guest is told of it as of one that has not stalled. S2S
 * must be set, and a fault of stage 2 has nobody to answer it.
 */
static void always(struct kunit *test)
{
	struct iommu_vevent_arm_smmuv3 last = {};
	struct iommu_domain *plain, *stalld;
	struct nest_stall s;
	u16 stag;

	nest_stall_make(test, &s, IDR0_STALL_ALWAYS);
	attach(test, &s);
	KUNIT_EXPECT_FALSE(test, ste_word(&s, 1) & STE1_S1STALLD);
	KUNIT_EXPECT_TRUE(test, ste_word(&s, 2) & STE2_S2S);
	is_answered(test, &s);
	guest_map(test, s.n.t, NEST_VA2, NEST_IPA2 + SZ_4K);
	stag = stall(test, &s, NEST_VA2);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	KUNIT_EXPECT_EQ(test, 1, nest_vmm.seen);
	KUNIT_EXPECT_EQ(test, 0, guest_events(s.n.g, NULL));

	stag = stall(test, &s, NEST_VA2 + SZ_4K);
	nest_stall_events(&s);
	nest_stall_pass(&s, DEADLINE_MS);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	KUNIT_EXPECT_EQ(test, SMMU_STALL_OVER, state(&s));
	KUNIT_EXPECT_FALSE(test, ste_word(&s, 1) & STE1_S1STALLD);
	stag = stall(test, &s, NEST_VA2 + SZ_4K);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	KUNIT_EXPECT_EQ(test, 1, guest_events(s.n.g, NULL));

	plain = nest_stall_domain(test, &s, false, STE1_S1STALLD);
	KUNIT_ASSERT_EQ(test, 0, nest_stall_attach(s.n.d, plain));
	KUNIT_EXPECT_EQ(test, SMMU_STALL_NONE, state(&s));
	stag = stall(test, &s, NEST_VA2 + SZ_4K);
	nest_stall_events(&s);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, answer_to(&s, stag));
	KUNIT_EXPECT_EQ(test, 2, nest_vmm.seen);
	KUNIT_EXPECT_EQ(test, 2, guest_events(s.n.g, &last));
	KUNIT_EXPECT_FALSE(test, le64_to_cpu(last.evt[1]) & (EVENT1_STALL | EVENT1_STAG));
	/* the guest cannot choose either */
	stalld = nest_stall_domain(test, &s, true, STE1_S1STALLD);
	KUNIT_ASSERT_EQ(test, 0, nest_stall_attach(s.n.d, stalld));
	KUNIT_EXPECT_FALSE(test, ste_word(&s, 1) & STE1_S1STALLD);
	stag = stall(test, &s, NEST_VA2 + SZ_4K);
	nest_stall_events(&s);
	KUNIT_ASSERT_EQ(test, 1, nest_vmm.nr);
	nest_stall_answer(0, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, answer_to(&s, stag));
	KUNIT_EXPECT_EQ(test, 0, nest_stall_attach(s.n.d, &smmu_identity_domain));
	iommu_domain_free(stalld);
	iommu_domain_free(plain);
	nest_stall_free(test, &s);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(answered),
	KUNIT_CASE_PARAM(does_not_stall, no_stall_gen_params),
	KUNIT_CASE(stage_2),
	KUNIT_CASE(once),
	KUNIT_CASE(quota),
	KUNIT_CASE(share_of_all),
	KUNIT_CASE(flood),
	KUNIT_CASE(late),
	KUNIT_CASE(leaves),
	KUNIT_CASE(another_ste),
	KUNIT_CASE(during_attach),
	KUNIT_CASE(vdevice_goes),
	KUNIT_CASE(device_goes),
	KUNIT_CASE(shut),
	KUNIT_CASE(always),
	{}
};

static struct kunit_suite suite = { .name = "smmu_nest_stall", .test_cases = cases };
kunit_test_suite(suite);
