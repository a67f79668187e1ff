// SPDX-License-Identifier: GPL-2.0-only
/*
 * No verdict without evidence: what looks like a device that is silent, or like an SMMU that hangs,
 * and is not. Many cases need a second CPU at a certain moment. The clock that a waiter reads is
 * that moment, so what the other CPU does is done there.
 */
#include <linux/bitfield.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "drv/ats_cut.h"
#include "hw/cmdq_poll.h"
#include "hw/device.h"
#include "driver/silence.h"

#define MS(n)	((n) * (u64)NSEC_PER_MSEC)

/**
 * struct other_cpu - what another CPU does when a waiter reads the clock, once
 * @test: the case
 * @s: machine
 * @smmu: its SMMU
 * @is_time: is this the moment? NULL: the first one is
 * @acts: what it does then
 * @acted: it has
 * @since: number of posts at the beginning
 * @d: devices that it is about
 * @ret: out, for the case
 */
struct other_cpu {
	struct kunit *test;
	struct silence *s;
	struct smmu_device *smmu;
	bool (*is_time)(struct other_cpu *o);
	void (*acts)(struct other_cpu *o);
	bool acted;
	u64 since;
	struct rig_device *d[9];
	int ret;
};

static struct other_cpu *other;

static ktime_t clock_of_two(struct smmu_cmdq *q)
{
	ktime_t now = ns_to_ktime(model_now());

	if (!other->acted && (!other->is_time || other->is_time(other))) {
		other->acted = true;
		other->acts(other);
	}
	/* the waiter has read the clock before */
	return now;
}

static struct other_cpu *at_the_clock(struct kunit *test, struct silence *s,
				      void (*acts)(struct other_cpu *o))
{
	other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, other);
	other->test = test;
	other->s = s;
	other->smmu = &rig_iommu(s->smmu)->smmu;
	other->acts = acts;
	smmu_activate_raw_stub(test, smmu_cmdq_clock, clock_of_two);
	return other;
}

static void expect_innocent(struct kunit *test, struct silence *s, struct rig_device *d)
{
	KUNIT_EXPECT_TRUE(test, d->ats && d->bus_master);
	KUNIT_EXPECT_FALSE(test, d->cut);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
}

static struct silence *with_msis(struct kunit *test, enum rig_insertion how)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI;
	cfg.read_ns = 0;
	return silence_make_with(test, how, cfg);
}

static void forget(struct kunit *test, struct silence *s)
{
	u32 i;

	for (i = 0; i < s->rig->nr_devices; i++)
		rig_remove(&s->rig->device[i]);
	rig_remove_smmu(s->rig, 0);
}

static const u32 lags[] = { 1500, 5000 };

static void lag_desc(const u32 *ms, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u ms", *ms);
}

KUNIT_ARRAY_PARAM(lag, lags, lag_desc);

/* CONS lags behind the word to which CMD_SYNCs write their position */
static void cons_lags(struct kunit *test)
{
	u32 lag = *(const u32 *)test->param_value, how, i;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		const struct model_inject inject = { .late_cons_ns = MS(lag) }, well = {};
		struct silence *s = with_msis(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *a = silence_use(test, s, d);
		struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
		struct smmu_deadline deadline = {};
		struct smmu_cmdq_state state;
		struct smmu_ticket ticket;
		struct smmu_cmd cmd[2];
		u64 began, ms;

		model_inject(s->smmu->model, &inject);
		smmu_cmd_tlbi_asid(&cmd[0], 1, false);
		smmu_cmd_sync(&cmd[1]);
		/* the word moves in time, CONS does not */
		model_latency(s->smmu->model, CMD_TLBI_NH_ASID, MS(1500));
		began = model_now();
		for (i = 0; i < 8; i++)
			KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 2, &deadline, &ticket,
								SMMU_POST_NEW));
		KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
		KUNIT_EXPECT_GE(test, model_now() - began, MS(8 * 1500));
		KUNIT_EXPECT_LE(test, model_now() - began, MS(8 * 1500 + SLACK_MS));
		/* all is done, but for lack of CONS there is no room */
		model_latency(s->smmu->model, CMD_TLBI_NH_ASID, 0);
		for (i = 0; i < 300; i++)
			KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 2, &deadline, &ticket,
								SMMU_POST_NEW));
		KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
		/*
		 * A device that is slow: no word is written within a post, so CONS has to show in
		 * time that the queue stands at an ATC_INV
		 */
		s->ns = lag < SMMU_CMD_TIMEOUT_MS ? MS(10000) : MS(1000);
		silence_begin(s, d);
		ms = silence_unmap(test, s, d, a);
		KUNIT_EXPECT_GE(test, MS(ms + 1), s->ns);
		KUNIT_EXPECT_LE(test, MS(ms), s->ns + MS(SLACK_MS));
		expect_innocent(test, s, d);
		smmu_cmdq_look(smmu, &state);
		KUNIT_EXPECT_EQ(test, SMMU_SYNC_WORD_POLLED, state.word);
		model_inject(s->smmu->model, &well);
		silence_leave(test, s, d, a);
		forget(test, s);
	}
}

static const u32 losses[] = { 1, 1000 };

static void loss_desc(const u32 *n, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u MSIs", *n);
}

KUNIT_ARRAY_PARAM(loss, losses, loss_desc);

/* CONS is right, the word is missing, behind a device that takes its time */
static void word_missing(struct kunit *test)
{
	const struct model_inject inject = { .drop_msis = *(const u32 *)test->param_value };
	u32 how, i;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = with_msis(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *a = silence_use(test, s, d);
		u64 ms;

		s->ns = MS(4000);
		silence_begin(s, d);
		model_inject(s->smmu->model, &inject);
		for (i = 0; i < 4; i++) {
			ms = silence_unmap(test, s, d, a);
			KUNIT_EXPECT_GE(test, ms, 4000);
			KUNIT_EXPECT_LE(test, ms, 4000 + 200);
			KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ,
							   GFP_KERNEL));
		}
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu_main_cmdq(&rig_iommu(s->smmu)->smmu)
						     ->timeouts));
		expect_innocent(test, s, d);
		silence_leave(test, s, d, a);
		forget(test, s);
	}
}

#define PAGES	24

static bool is_second_piece(struct other_cpu *o)
{
	struct smmu_cmdq_state state;

	smmu_cmdq_look(o->smmu, &state);
	return state.sum.posts - o->since == 2;
}

static void posts_what_fails(struct other_cpu *o)
{
	const bool *atc = o->test->param_value;
	struct model_inject inject = { .atc_timeouts = *atc };
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];

	if (*atc)
		smmu_cmd_atc_inv(&cmd[0], o->d[0]->sid, 0, false, 0, ATC_SIZE_ALL);
	else
		smmu_cmd_tlbi_asid(&cmd[0], 7, false);
	smmu_cmd_sync(&cmd[1]);
	/* the command behind all those that are in the queue */
	if (!*atc)
		inject.ill_in = model_pending(o->s->smmu->model) + 1;
	model_inject(o->s->smmu->model, &inject);
	KUNIT_ASSERT_EQ(o->test, 0, smmu_cmdq_post(o->smmu, cmd, 2, &deadline, &ticket,
						   SMMU_POST_NEW));
	o->ret = smmu_cmdq_wait(&ticket, &deadline);
}

static const bool kinds[] = { false, true };

static void kind_desc(const bool *atc, char *desc)
{
	strscpy(desc, *atc ? "ATC_INV" : "illegal command", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_desc);

/* A command of another CPU fails, between the pieces of a post */
static void others_in_range(struct kunit *test)
{
	struct smmu_cmdq_state state;
	struct iommu_domain *a, *b;
	struct model_config cfg;
	struct rig_device *d, *e;
	struct other_cpu *o;
	struct silence *s;
	u32 i;

	model_config_default(&cfg);
	cfg.idr[3] &= ~IDR3_RIL;
	FIELD_MODIFY(IDR1_CMDQS, &cfg.idr[1], 4);
	cfg.read_ns = 0;
	s = silence_make_with(test, RIG_LOCK, cfg);
	d = rig_device(test, s->rig, 0);
	e = rig_device(test, s->rig, 0);
	a = silence_use(test, s, d);
	b = silence_use(test, s, e);
	for (i = 1; i < PAGES; i++) {
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + i * SZ_4K, PA + i * SZ_4K, SZ_4K,
						   IOMMU_READ, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, PA + i * SZ_4K, rig_access(s->rig, d, IOVA + i * SZ_4K,
								 false));
	}
	o = at_the_clock(test, s, posts_what_fails);
	o->d[0] = e;
	o->is_time = is_second_piece;
	smmu_cmdq_look(o->smmu, &state);
	o->since = state.sum.posts;
	model_latency(s->smmu->model, CMD_TLBI_NH_VA, MS(30));
	KUNIT_EXPECT_EQ(test, PAGES * SZ_4K, iommu_unmap(a, IOVA, PAGES * SZ_4K));
	KUNIT_EXPECT_TRUE(test, o->acted);
	KUNIT_EXPECT_EQ(test, *(const bool *)test->param_value ? -EREMOTEIO : -EIO, o->ret);
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA + i * SZ_4K, false));
	expect_innocent(test, s, d);
	KUNIT_EXPECT_EQ(test, *(const bool *)test->param_value, e->cut);
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/* Nine devices are pulled out at once, while another one empties its ATC */
static void pulls_out(struct other_cpu *o)
{
	const struct model_inject inject = { .atc_timeouts = ARRAY_SIZE(o->d) }, well = {};
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];
	u32 i;

	/* the waiter does not run until all of this is over */
	model_advance(o->s->ns);
	KUNIT_EXPECT_EQ(o->test, 0, model_pending(o->s->smmu->model));
	model_inject(o->s->smmu->model, &inject);
	smmu_cmd_sync(&cmd[1]);
	for (i = 0; i < ARRAY_SIZE(o->d); i++) {
		smmu_cmd_atc_inv(&cmd[0], o->d[i]->sid, 0, false, 0, ATC_SIZE_ALL);
		KUNIT_ASSERT_EQ(o->test, 0, smmu_cmdq_post(o->smmu, cmd, 2, &deadline, &ticket,
							   SMMU_POST_NEW));
		KUNIT_EXPECT_EQ(o->test, -EREMOTEIO, smmu_cmdq_wait(&ticket, &deadline));
	}
	model_inject(o->s->smmu->model, &well);
}

/* Changes during which the driver empties an ATC */
enum change { GOES_ON, STAYS_ON, GOES_OFF };

static const struct change_kind {
	const char *name;
	enum change change;
} changes[] = {
	{ "ATS goes on", GOES_ON },
	{ "ATS stays on", STAYS_ON },
	{ "ATS goes off", GOES_OFF },
};

KUNIT_ARRAY_PARAM_DESC(change, changes, name);

static enum change change_of(struct kunit *test)
{
	const struct change_kind *kind = test->param_value;

	return kind->change;
}

/*
 * Make a device that is about to change; @to: out, what to attach it to; @a: out, a domain that
 * maps IOVA to PA
 */
static struct rig_device *about_to(struct kunit *test, struct silence *s,
				   struct iommu_domain **to, struct iommu_domain **a)
{
	enum change change = change_of(test);
	struct rig_device *d = rig_device(test, s->rig, 0);

	*a = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(*a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	*to = change == GOES_OFF ? &smmu_identity_domain : *a;
	if (change == GOES_ON)
		return d;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, *a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	if (change == STAYS_ON) {
		*to = rig_domain(test, d);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(*to, IOVA, PA + SZ_4K, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
	}
	return d;
}

static u64 goes_to(enum change change)
{
	return change == GOES_ON ? PA : change == STAYS_ON ? PA + SZ_4K : IOVA;
}

static void free_both(struct iommu_domain *to, struct iommu_domain *a)
{
	if (to != a && to != &smmu_identity_domain)
		iommu_domain_free(to);
	iommu_domain_free(a);
}

/* So many commands fail meanwhile that the waiter cannot tell whether one of them was its own */
static void many_errors(struct kunit *test)
{
	enum change change = change_of(test);
	u32 how, i;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct iommu_domain *a, *to, *b = NULL;
		struct other_cpu *o;
		struct rig_device *d = about_to(test, s, &to, &a);

		o = at_the_clock(test, s, pulls_out);
		for (i = 0; i < ARRAY_SIZE(o->d); i++) {
			o->d[i] = rig_device(test, s->rig, 0);
			if (!b)
				b = rig_domain(test, d);
			KUNIT_ASSERT_EQ(test, 0, rig_attach(o->d[i], b));
		}
		s->ns = MS(500);
		silence_begin(s, d);
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, to));
		KUNIT_EXPECT_TRUE(test, o->acted);
		KUNIT_EXPECT_FALSE(test, d->cut);
		KUNIT_EXPECT_EQ(test, change != GOES_OFF, d->ats);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(o->smmu));
		KUNIT_EXPECT_EQ(test, goes_to(change), rig_access(s->rig, d, IOVA, false));
		for (i = 0; i < ARRAY_SIZE(o->d); i++)
			KUNIT_EXPECT_TRUE(test, o->d[i]->cut);
		s->n = 0;
		rig_recover(s->rig);
		forget(test, s);
		free_both(to, a);
		iommu_domain_free(b);
	}
}

/* Called with the model's lock held */
static u64 answers_after_all(void *data, u32 sid)
{
	return sid == *(const u32 *)data ? MS(150000) : 0;
}

/*
 * The CMD_SYNC behind the ATC_INV does not complete, and there is no error that names the device:
 * the SMMU is shut, and the device has ATS again when the SMMU is back
 */
static void stands_at_attach(struct kunit *test)
{
	enum change change = change_of(test);
	u32 how;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct iommu_domain *a, *to;
		struct rig_device *d = about_to(test, s, &to, &a);
		struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
		u64 began = model_now();

		model_devices(s->smmu->model, answers_after_all, &d->sid, MS(1000000));
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, to));
		KUNIT_EXPECT_LE(test, model_now() - began, MS(SMMU_ATC_TIMEOUT_MS + SLACK_MS));
		KUNIT_EXPECT_FALSE(test, d->cut);
		KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
		KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
		model_devices(s->smmu->model, NULL, NULL, 0);
		model_advance(MS(60000));
		KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
		KUNIT_EXPECT_FALSE(test, d->cut);
		KUNIT_EXPECT_EQ(test, change != GOES_OFF, d->ats);
		KUNIT_EXPECT_EQ(test, goes_to(change), rig_access(s->rig, d, IOVA, false));
		forget(test, s);
		free_both(to, a);
	}
}

/* A CPU is still between the two halves of a shut when the SMMU has done all to come back */
static void late_shutter(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	u32 off;

	KUNIT_ASSERT_TRUE(test, smmu_shut_begin(smmu, &off));
	smmu_shut(smmu, "another CPU");
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_NE(test, 0, s->rig->retry_ms);
	KUNIT_EXPECT_EQ(test, !smmu_device_is_dead(smmu), model_is_on(s->smmu->model));
	smmu_shut_end(smmu, off, "a CPU that was away");
	KUNIT_EXPECT_EQ(test, smmu_device_is_off(smmu), !model_is_on(s->smmu->model));
	KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_TRUE(test, model_is_on(s->smmu->model));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_unmap(test, s, d, a);
	silence_leave(test, s, d, a);
}

/* Another CPU sees the queue stand at the device first, at a later time */
static void sees_it_stand(struct other_cpu *o)
{
	struct smmu_deadline soon = { .until = ns_to_ktime(model_now() + MS(3000)) };
	struct smmu_ticket ticket;
	struct smmu_cmd cmd;

	smmu_cmd_sync(&cmd);
	KUNIT_ASSERT_EQ(o->test, 0, smmu_cmdq_post(o->smmu, &cmd, 1, &soon, &ticket,
						   SMMU_POST_NEW));
	KUNIT_EXPECT_EQ(o->test, -ETIMEDOUT, smmu_cmdq_wait(&ticket, &soon));
	/* the device answers before the waiter that is away looks once more */
	model_advance(o->s->ns);
}

/* A waiter is away after it has read the clock, and charges the device by that */
static void away_with_the_time(struct kunit *test)
{
	u32 how;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *a = silence_use(test, s, d);
		struct other_cpu *o = at_the_clock(test, s, sees_it_stand);

		s->ns = MS(4000);
		silence_begin(s, d);
		silence_unmap(test, s, d, a);
		KUNIT_EXPECT_TRUE(test, o->acted);
		/* the answer is charged when somebody waits next */
		s->ns = MS(100);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
		silence_unmap(test, s, d, a);
		expect_innocent(test, s, d);
		silence_leave(test, s, d, a);
		forget(test, s);
	}
}

/* A charge with a time that has been, between two others, forgives nothing */
static void budget_goes_forward(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	u64 now = model_now() + MS(1000000);

	KUNIT_EXPECT_FALSE(test, smmu_ats_charge(smmu, d->sid, 40 * USEC_PER_SEC,
						 ns_to_ktime(now)));
	KUNIT_EXPECT_FALSE(test, smmu_ats_charge(smmu, d->sid, USEC_PER_SEC,
						 ns_to_ktime(now - MS(300000))));
	KUNIT_EXPECT_FALSE(test, d->cut);
	KUNIT_EXPECT_TRUE(test, smmu_ats_charge(smmu, d->sid, 5 * USEC_PER_SEC,
						ns_to_ktime(now)));
	KUNIT_EXPECT_TRUE(test, d->cut);
	silence_leave(test, s, d, a);
}

static bool is_convicted(struct other_cpu *o)
{
	return o->d[0]->cut;
}

static void deals_with_it(struct other_cpu *o)
{
	KUNIT_EXPECT_FALSE(o->test, rcu_read_lock_held() && IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC));
	rig_recover(o->s->rig);
}

/*
 * A walk has loaded the array and has stepped out, because the queue is full. When there is room
 * again, its device has been convicted and the failure has been dealt with.
 */
static void stepped_out(struct kunit *test)
{
	u32 how;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *a = silence_use(test, s, d);
		struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
		struct other_cpu *o = at_the_clock(test, s, deals_with_it);
		struct smmu_deadline deadline = {};
		struct smmu_ticket ticket, more;
		struct smmu_cmd cmd[2];
		int ret;

		o->d[0] = d;
		o->is_time = is_convicted;
		silence_begin(s, d);
		model_stats_reset(s->smmu->model);
		smmu_cmd_atc_inv(&cmd[0], d->sid, 0, false, 0, ATC_SIZE_ALL);
		smmu_cmd_sync(&cmd[1]);
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(smmu, cmd, 2, &deadline, &ticket,
							SMMU_POST_NEW));
		do {
			struct smmu_deadline soon = {
				.until = ns_to_ktime(model_now() + MS(50)),
			};

			ret = smmu_cmdq_post(smmu, &cmd[1], 1, &soon, &more, SMMU_POST_NEW);
		} while (!ret);
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, ret);
		KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), T_MS + SLACK_MS);
		KUNIT_EXPECT_TRUE(test, o->acted);
		KUNIT_EXPECT_EQ(test, -EREMOTEIO, smmu_cmdq_wait(&ticket, &deadline));
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
		silence_leave(test, s, d, a);
		forget(test, s);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(cons_lags, lag_gen_params),
	KUNIT_CASE_PARAM(word_missing, loss_gen_params),
	KUNIT_CASE_PARAM(others_in_range, kind_gen_params),
	KUNIT_CASE_PARAM(many_errors, change_gen_params),
	KUNIT_CASE_PARAM(stands_at_attach, change_gen_params),
	KUNIT_CASE(late_shutter),
	KUNIT_CASE(away_with_the_time),
	KUNIT_CASE(budget_goes_forward),
	KUNIT_CASE(stepped_out),
	{}
};

static struct kunit_suite suite = { .name = "smmu_verdict", .test_cases = cases };
kunit_test_suite(suite);
