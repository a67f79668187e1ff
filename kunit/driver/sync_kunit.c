// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the driver notices that commands are done: the word to which CMD_SYNCs write their position,
 * an SMMU whose MSIs do not arrive, and posters and waiters that did not run when it happened.
 *
 * SMMU 0 inserts its commands under a lock and SMMU 1 without one. Each case runs on both.
 */
#include <linux/bitfield.h>
#include <linux/device.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/issue.h"
#include "driver/rig.h"

static const u32 victims[] = { 0, 1 };

static void victim_desc(const u32 *i, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "SMMU %u", *i);
}

KUNIT_ARRAY_PARAM(victim, victims, victim_desc);

/* Duration of a command, long enough that it is not done before the wait for it begins */
#define TLBI_NS		20000

/**
 * struct watched - an SMMU with MSIs
 * @model: its model
 * @smmu: the driver's device
 * @done: number of TLBIs that the model has done
 * @msis: number of CMD_SYNCs that send an MSI
 */
struct watched {
	struct model *model;
	struct smmu_device *smmu;
	u64 done;
	u32 msis;
};

/* Called with the model's lock held */
static void see(void *data, const struct smmu_cmd *cmd)
{
	struct watched *w = data;

	if (smmu_cmd_opcode(cmd) == CMD_TLBI_NH_ASID)
		w->done++;
	if (smmu_cmd_opcode(cmd) == CMD_SYNC &&
	    FIELD_GET(CMD0_SYNC_CS, le64_to_cpu(cmd->w[0])) == SYNC_CS_IRQ)
		w->msis++;
}

static void stop_watching(void *data)
{
	model_trace(data, NULL, NULL);
}

static struct watched *watch(struct kunit *test, struct rig *rig)
{
	struct watched *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u32 victim = *(const u32 *)test->param_value;
	struct model_config cfg;

	KUNIT_ASSERT_NOT_NULL(test, w);
	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_MSI;
	w->model = rig_smmu_irq(test, rig, victim, &cfg)->model;
	w->smmu = &rig_iommu(rig->smmu[victim])->smmu;
	model_latency(w->model, CMD_TLBI_NH_ASID, TLBI_NS);
	model_trace(w->model, see, w);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_watching, w->model));
	return w;
}

/* Issue a TLBI, which must be done when the wait for it returns */
static void issue(struct kunit *test, struct watched *w)
{
	u64 done = w->done;
	struct smmu_cmd cmd[2];

	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue(w->smmu, cmd, 2));
	KUNIT_EXPECT_EQ(test, done + 1, w->done);
}

static void issue_many(struct kunit *test, struct watched *w, u32 n)
{
	while (n--)
		issue(test, w);
}

static bool has_word(struct watched *w)
{
	return READ_ONCE(smmu_main_cmdq(w->smmu)->polled_word);
}

/* Move all positions forward by whole turns of the queue's registers, while nothing is in flight */
static void skip_to(struct kunit *test, struct watched *w, u64 near)
{
	struct smmu_cmdq *q = smmu_main_cmdq(w->smmu);
	u64 turn = 2ULL << q->mem.log2;
	u64 by = round_down(near - smmu_cmdq_posted(q), turn);

	/* this call also moves q->cons up to the last position */
	KUNIT_ASSERT_TRUE(test, smmu_cmdq_is_idle(w->smmu));
	q->cons += by;
	q->prod += q->combine ? 0 : by;
	if (q->combine)
		smmu_inserter_start(&q->ins, q->ins.rung + by);
}

/* The word is polled as long as it is written, even if that is late, which 4.7.3 allows */
static void keeps_the_word(struct kunit *test)
{
	const struct model_inject late = { .late_msi_ns = 1000000 };
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);

	issue_many(test, w, 20);
	KUNIT_EXPECT_EQ(test, 20, w->msis);
	model_inject(w->model, &late);
	issue_many(test, w, 50);
	KUNIT_EXPECT_TRUE(test, has_word(w));
	KUNIT_EXPECT_EQ(test, 70, w->msis);
}

/* A lost MSI looks like a late one, because the next MSI writes a newer position */
static void forgives_one(struct kunit *test)
{
	const struct model_inject inject = { .drop_msis = 1 };
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	u32 i;

	for (i = 0; i < 5; i++) {
		model_inject(w->model, &inject);
		issue_many(test, w, 3);
	}
	KUNIT_EXPECT_TRUE(test, has_word(w));
}

/*
 * If the word is not written even after a later CMD_SYNC, it is not read again and no MSI is sent
 * any more.
 */
static void retires_the_word(struct kunit *test)
{
	const struct model_inject inject = { .drop_msis = U32_MAX };
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	u32 msis;

	issue_many(test, w, 3);
	model_inject(w->model, &inject);
	issue_many(test, w, 2);
	KUNIT_EXPECT_FALSE(test, has_word(w));
	msis = w->msis;
	issue_many(test, w, 10);
	KUNIT_EXPECT_EQ(test, msis, w->msis);
}

/* The SMMU reports the aborted MSI as a global error, and the handler stops the use of the word */
static void retires_when_aborted(struct kunit *test)
{
	const struct model_inject inject = { .abort_msis = true };
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	u32 i;

	model_inject(w->model, &inject);
	issue(test, w);
	for (i = 0; i < 100 && has_word(w); i++)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_FALSE(test, has_word(w));
	issue_many(test, w, 3);
}

/*
 * If the word is not written for 2^31 positions, it looks as if it were ahead of all that were
 * posted. The driver must not believe it; the waits before that have used CONS.
 */
static void no_word_from_the_future(struct kunit *test)
{
	const struct model_inject inject = { .drop_msis = U32_MAX };
	static const u64 places[] = { BIT_ULL(31), 3ULL << 30, BIT_ULL(32) + BIT_ULL(31) };
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	u32 i;

	issue_many(test, w, 3);
	model_inject(w->model, &inject);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		skip_to(test, w, places[i] + 64);
		issue(test, w);
	}
	issue_many(test, w, 600);
	KUNIT_EXPECT_FALSE(test, has_word(w));
}

/* Whatever the word contains, a position that was never posted is not done */
static void no_word_ahead(struct kunit *test)
{
	static const u32 aheads[] = { 3, 100, 513, BIT(20), BIT(31) - 1 };
	const struct model_inject inject = { .drop_msis = U32_MAX };
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	struct smmu_cmdq *q = smmu_main_cmdq(w->smmu);
	u32 i;

	model_inject(w->model, &inject);
	for (i = 0; i < ARRAY_SIZE(aheads); i++) {
		*q->sync_word = smmu_cmdq_posted(q) + aheads[i];
		issue(test, w);
	}
}

/* With sync_poll there is no word at all; other MSIs are still used */
static void polls_cons_if_told(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct watched *w;

	rig->poll_cons = true;
	w = watch(test, rig);
	KUNIT_EXPECT_NULL(test, smmu_main_cmdq(w->smmu)->sync_word);
	KUNIT_EXPECT_TRUE(test, smmu_has(w->smmu, SMMU_FEAT_MSI));
	issue_many(test, w, 10);
	KUNIT_EXPECT_EQ(test, 0, w->msis);
}

static u32 away_looks;

/*
 * The second read of the clock is ten seconds later than the first, and all commands are done by
 * then.
 */
static ktime_t away(struct smmu_cmdq *q)
{
	if (++away_looks == 2)
		model_advance(10 * NSEC_PER_SEC);
	return ms_to_ktime(away_looks == 1 ? 1000 : 11000);
}

/*
 * A poster that runs again late and finds room uses it, and a waiter that runs again late and finds
 * its commands done returns success.
 */
static void looks_again(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	struct smmu_cmdq *q = smmu_main_cmdq(w->smmu);
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[64];
	u32 i, n = 3;

	model_latency(w->model, CMD_TLBI_NH_ASID, NSEC_PER_SEC / 100);
	for (i = 0; i < ARRAY_SIZE(cmd) - 1; i++)
		smmu_cmd_tlbi_asid(&cmd[i], 1, false);
	smmu_cmd_sync(&cmd[i]);
	for (i = 0; i < n; i++)
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(w->smmu, cmd, ARRAY_SIZE(cmd), &deadline,
							&ticket, SMMU_POST_NEW));
	away_looks = 0;
	smmu_activate_raw_stub(test, smmu_cmdq_clock, away);
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_post(w->smmu, cmd, ARRAY_SIZE(cmd), &deadline, &ticket,
						SMMU_POST_NEW));
	KUNIT_EXPECT_EQ(test, 2, away_looks);
	away_looks = 0;
	deadline = (struct smmu_deadline) {};
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	/* a third read says how long it has taken */
	KUNIT_EXPECT_EQ(test, 3, away_looks);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&q->timeouts));
}

/**
 * struct patience - a wait and what it may cost
 * @us: how long the SMMU takes
 * @reads: most reads of CONS; without pauses one read takes 0.1 us
 */
static const struct patience {
	u32 us;
	u32 reads;
} patiences[] = {
	{ 1, 20 }, { 10, 64 }, { 100, 128 }, { 500, 200 },
};

static void patience_desc(const struct patience *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u us", p->us);
}

KUNIT_ARRAY_PARAM(patience, patiences, patience_desc);

/*
 * Who polls CONS reads it less often the longer the wait takes, and is not late by more than a
 * tenth of the wait. The SMMU has no MSIs; the two insert in different ways.
 */
static void pauses(struct kunit *test)
{
	const struct patience *p = test->param_value;
	struct rig *rig = rig_new(test);
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	struct smmu_cmd cmd[2];
	u64 began, ns;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, stats);
	rig_virtual_clock(test);
	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	for (i = 0; i < 2; i++) {
		struct machine_smmu *smmu = rig_smmu(test, rig, i, NULL);

		model_latency(smmu->model, CMD_TLBI_NH_ASID, p->us * NSEC_PER_USEC);
		model_stats_reset(smmu->model);
		began = model_now();
		KUNIT_EXPECT_EQ(test, 0, smmu_issue(&rig_iommu(smmu)->smmu, cmd, 2));
		ns = model_now() - began;
		model_stats(smmu->model, stats);
		kunit_info(test, "SMMU %u: %llu reads in %llu ns", i, stats->cons_reads, ns);
		KUNIT_EXPECT_LE(test, stats->cons_reads, p->reads);
		KUNIT_EXPECT_GE(test, ns, p->us * NSEC_PER_USEC);
		KUNIT_EXPECT_LE(test, ns, p->us * NSEC_PER_USEC * 11 / 10 + 500);
	}
}

static struct model *held_model;
static u32 nr_held;
static u64 held_ns;

/* The model goes on when it is looked at; an SMMU goes on while a CPU makes a pause */
static void held(struct smmu_cmdq *q, u32 ns)
{
	nr_held++;
	held_ns += ns;
	model_advance(ns);
	model_cached(held_model);
}

static void watch_holds(struct kunit *test, struct model *m)
{
	held_model = m;
	nr_held = 0;
	held_ns = 0;
	smmu_activate_raw_stub(test, smmu_cmdq_pause, held);
}

/* The pause for so many commands in front, after so many polls, and how many polls it counts for */
static void holds_off(struct kunit *test)
{
	static const struct {
		u32 polls, front, commands, more;
	} holds[] = {
		{ 0, 1, 1, 0 },
		{ 0, 7, 7, 6 },
		{ SMMU_CMDQ_WORD_POLLS, 100, 100, 99 },
		{ 7, S32_MAX, SMMU_CMDQ_WORD_POLLS - 8, SMMU_CMDQ_WORD_POLLS - 9 },
		/* the last poll before a look is the one that asks CONS, and none is left out */
		{ SMMU_CMDQ_WORD_POLLS - 2, 100, 1, 0 },
		{ SMMU_CMDQ_WORD_POLLS - 1, 100, 0, 0 },
	};
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct smmu_cmdq *q = smmu_main_cmdq(&rig_iommu(smmu)->smmu);
	u32 i, polls;

	watch_holds(test, smmu->model);
	for (i = 0; i < ARRAY_SIZE(holds); i++) {
		held_ns = 0;
		polls = holds[i].polls;
		smmu_cmdq_hold_off(q, &polls, holds[i].front);
		KUNIT_EXPECT_EQ_MSG(test, SMMU_CMDQ_FRONT_NS * holds[i].commands, held_ns, "%u", i);
		KUNIT_EXPECT_EQ_MSG(test, holds[i].polls + holds[i].more, polls, "%u", i);
	}
}

/*
 * Who waits behind the commands of others polls the word a few times, and is not late. Who has only
 * its own commands in the queue makes no pause, nor does who has got the lock.
 */
static void behind_others(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];
	u32 i, others = 40;
	u64 began, alone, took;

	rig_virtual_clock(test);
	watch_holds(test, w->model);
	model_latency(w->model, CMD_TLBI_NH_ASID, 100);
	model_latency(w->model, CMD_SYNC, 200);
	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	began = model_now();
	issue(test, w);
	alone = model_now() - began;
	KUNIT_EXPECT_EQ(test, 0, nr_held);

	began = model_now();
	for (i = 0; i <= others; i++)
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(w->smmu, cmd, 2, &deadline, &ticket,
							SMMU_POST_NEW));
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	took = model_now() - began;
	kunit_info(test, "%u pauses of %llu ns together, in %llu ns; alone %llu ns", nr_held,
		   held_ns, took, alone);
	KUNIT_EXPECT_EQ(test, smmu_main_cmdq(w->smmu)->combine, nr_held > 0);
	KUNIT_EXPECT_LE(test, nr_held, others);
	KUNIT_EXPECT_LE(test, held_ns, others * alone);
	KUNIT_EXPECT_LE(test, took, (others + 1) * alone);
	KUNIT_EXPECT_TRUE(test, has_word(w));
}

/* In a long wait a look comes after fewer polls: a waiter that sleeps should not burn its CPU */
static void looks_in_a_long_wait(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	struct smmu_cmdq *q = smmu_main_cmdq(w->smmu);
	struct smmu_deadline deadline = {};
	u32 polls = SMMU_CMDQ_WORD_POLLS - 1;

	rig_virtual_clock(test);
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_relax(q, &polls, &deadline, false));
	KUNIT_EXPECT_EQ(test, SMMU_CMDQ_WORD_POLLS, polls);
	model_advance(2 * SMMU_LONG_WAIT_US * NSEC_PER_USEC);
	polls = 2 * SMMU_CMDQ_WORD_POLLS - 1;
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_relax(q, &polls, &deadline, false));
	KUNIT_EXPECT_EQ(test, 3 * SMMU_CMDQ_WORD_POLLS - SMMU_CMDQ_LONG_POLLS, polls);
	smmu_cmdq_waited(q, &deadline, 0);
}

/* A waiter that sleeps need not be kept from the word, and would only burn its CPU */
static void sleeps_instead(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct watched *w = watch(test, rig);
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];
	u32 i;

	rig_virtual_clock(test);
	watch_holds(test, w->model);
	model_latency(w->model, CMD_TLBI_NH_ASID, 20 * NSEC_PER_MSEC);
	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0, smmu_cmdq_post(w->smmu, cmd, 2, &deadline, &ticket,
							SMMU_POST_NEW));
	KUNIT_EXPECT_EQ(test, 0, smmu_cmdq_wait(&ticket, &deadline));
	KUNIT_EXPECT_EQ(test, smmu_main_cmdq(w->smmu)->combine, held_ns > 0);
	KUNIT_EXPECT_LE(test, held_ns, 2 * SMMU_LONG_WAIT_US * NSEC_PER_USEC);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(holds_off),
	KUNIT_CASE_PARAM(behind_others, victim_gen_params),
	KUNIT_CASE_PARAM(looks_in_a_long_wait, victim_gen_params),
	KUNIT_CASE_PARAM(sleeps_instead, victim_gen_params),
	KUNIT_CASE_PARAM(pauses, patience_gen_params),
	KUNIT_CASE_PARAM(keeps_the_word, victim_gen_params),
	KUNIT_CASE_PARAM(forgives_one, victim_gen_params),
	KUNIT_CASE_PARAM(retires_the_word, victim_gen_params),
	KUNIT_CASE_PARAM(retires_when_aborted, victim_gen_params),
	KUNIT_CASE_PARAM(no_word_from_the_future, victim_gen_params),
	KUNIT_CASE_PARAM(no_word_ahead, victim_gen_params),
	KUNIT_CASE_PARAM(polls_cons_if_told, victim_gen_params),
	KUNIT_CASE_PARAM(looks_again, victim_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_sync", .test_cases = cases };
kunit_test_suite(suite);
