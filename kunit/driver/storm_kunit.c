// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command queue under load: more threads than CPUs, queues from 16 entries on, interrupts on
 * and off, both ways to insert. The consumer is the model, which sees every command once, in the
 * order of the queue.
 *
 * Each thread numbers its commands (thread and number in the ASID field of TLBI_NH_ASID). No
 * command may be lost, doubled or overtaken, and a thread that has waited must find its commands
 * done.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

#include "core/cmd.h"
#include "hw/cmdq.h"
#include "hw/cmdq_combine.h"
#include "driver/rig.h"

#define THREADS		6
#define ROUNDS		1500
#define NUMBER		GENMASK(11, 0)
#define THREAD		GENMASK(15, 12)

/**
 * struct weather - parameters of one run
 * @name: name of the case
 * @how: how the SMMU inserts commands
 * @log2: log2 of the number of entries of the queue
 * @longest: most commands of a post, without its CMD_SYNC
 * @sync_ns: latency of a CMD_SYNC
 * @nodes: CPUs take their places as groups
 */
struct weather {
	const char *name;
	enum rig_insertion how;
	u8 log2;
	u8 longest;
	u32 sync_ns;
	bool nodes;
};

static const struct weather weathers[] = {
	{ "lock, 16 entries", RIG_LOCK, 4, 15, 300 },
	{ "lock, 64 entries", RIG_LOCK, 6, 40, 300 },
	{ "lock, 256 entries", RIG_LOCK, 8, 63, 1000 },
	{ "lock, posts longer than the queue", RIG_LOCK, 4, 50, 300 },
	{ "combine asked for, 16 entries", RIG_COMBINE, 4, 15, 300 },
	{ "combine, 256 entries", RIG_COMBINE, 8, 63, 1000 },
	{ "combine, 256 entries, long posts", RIG_COMBINE, 8, 150, 300 },
	{ "combine, 4096 entries", RIG_COMBINE, 12, 63, 1000 },
	{ "combine, several nodes, 256 entries", RIG_COMBINE, 8, 63, 1000, true },
	{ "combine, several nodes, long posts", RIG_COMBINE, 9, 150, 300, true },
};

KUNIT_ARRAY_PARAM_DESC(weather, weathers, name);

static bool several_nodes(void)
{
	return true;
}

/**
 * struct storm - state of a run
 * @smmu: the SMMU
 * @weather: parameters of the run
 * @done: number of commands that the model has done, by thread
 * @posted: number of commands that the thread has posted
 * @wrong: number of commands that came out of order
 */
struct storm {
	struct smmu_device *smmu;
	const struct weather *weather;
	u64 done[THREADS];
	u64 posted[THREADS];
	u32 wrong;
};

struct caster {
	struct storm *s;
	struct task_struct *task;
	struct completion over;
	struct rnd_state rnd;
	u32 nr;
	struct smmu_cmd cmd[256];
};

/* Called with the model's lock held */
static void see(void *data, const struct smmu_cmd *cmd)
{
	u64 asid = FIELD_GET(CMD0_TLBI_ASID, le64_to_cpu(cmd->w[0]));
	struct storm *s = data;
	u32 nr = FIELD_GET(THREAD, asid);

	if (smmu_cmd_opcode(cmd) != CMD_TLBI_NH_ASID)
		return;
	if (nr >= THREADS || FIELD_GET(NUMBER, asid) != (s->done[nr] & NUMBER))
		s->wrong++;
	else
		WRITE_ONCE(s->done[nr], s->done[nr] + 1);
}

static int cast_once(struct caster *c)
{
	struct storm *s = c->s;
	u32 n = 1 + prandom_u32_state(&c->rnd) % s->weather->longest, i;
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	int ret;

	for (i = 0; i < n; i++)
		smmu_cmd_tlbi_asid(&c->cmd[i], FIELD_PREP(THREAD, c->nr) |
				   ((s->posted[c->nr] + i) & NUMBER), false);
	smmu_cmd_sync(&c->cmd[n]);
	ret = smmu_cmdq_post(s->smmu, c->cmd, n + 1, &deadline, &ticket, SMMU_POST_NEW);
	if (ret)
		return ret;
	s->posted[c->nr] += n;
	ret = smmu_cmdq_wait(&ticket, &deadline);
	/*
	 * only this thread posts its commands, so all that it has posted is done, and nothing else
	 */
	if (!ret && READ_ONCE(s->done[c->nr]) != s->posted[c->nr])
		ret = -ESTALE;
	return ret;
}

static int cast(void *data)
{
	struct caster *c = data;
	unsigned long flags;
	int ret = 0;
	u32 i;

	for (i = 0; i < ROUNDS && !ret; i++) {
		bool off = prandom_u32_state(&c->rnd) & 1;

		if (off)
			local_irq_save(flags);
		ret = cast_once(c);
		if (off)
			local_irq_restore(flags);
		cond_resched();
	}
	complete(&c->over);
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	return ret;
}

static void report(struct kunit *test, struct storm *s)
{
	struct smmu_cmdq_state state;

	smmu_cmdq_look(s->smmu, &state);
	kunit_info(test, "%llu posts, %llu commands, %llu doorbells, %llu posts waited for room\n",
		   state.sum.posts, state.sum.cmds, state.sum.doorbells, state.sum.full);
	KUNIT_EXPECT_LE(test, state.sum.doorbells, state.sum.posts);
}

static void storms(struct kunit *test)
{
	const struct weather *weather = test->param_value;
	struct caster *c = kunit_kcalloc(test, THREADS, sizeof(*c), GFP_KERNEL);
	struct storm *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_ASSERT_NOT_NULL(test, s);
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_CMDQS, &cfg.idr[1], weather->log2);
	rig->insertion = weather->how;
	if (weather->nodes)
		kunit_activate_static_stub(test, smmu_cmdq_combine_nodes, several_nodes);
	rig_smmu(test, rig, 0, &cfg);
	s->smmu = &rig_iommu(rig->smmu[0])->smmu;
	s->weather = weather;
	model_latency(rig->smmu[0]->model, CMD_SYNC, weather->sync_ns);
	model_latency(rig->smmu[0]->model, CMD_TLBI_NH_ASID, 50);
	model_trace(rig->smmu[0]->model, see, s);
	for (i = 0; i < THREADS; i++) {
		c[i].s = s;
		c[i].nr = i;
		init_completion(&c[i].over);
		prandom_seed_state(&c[i].rnd, 77 + i);
		c[i].task = kthread_run(cast, &c[i], "storm-%u", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c[i].task);
	}
	for (i = 0; i < THREADS; i++) {
		/* a kthread that is stopped before it has begun never runs, and returns -EINTR */
		wait_for_completion(&c[i].over);
		KUNIT_EXPECT_EQ(test, 0, kthread_stop(c[i].task));
	}
	model_trace(rig->smmu[0]->model, NULL, NULL);
	KUNIT_EXPECT_EQ(test, 0, s->wrong);
	for (i = 0; i < THREADS; i++)
		KUNIT_EXPECT_EQ(test, s->posted[i], s->done[i]);
	report(test, s);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM_ATTR(storms, weather_gen_params, { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite suite = { .name = "smmu_storm", .test_cases = cases };
kunit_test_suite(suite);
