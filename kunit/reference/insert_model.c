// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/string.h>

#include "core/queue.h"
#include "reference/insert_model.h"

/* Every command says which context inserted it, its batch, and its place in the batch */
static void set_cmd(struct smmu_cmd *cmd, u32 who, u32 seq, u32 at, u32 n)
{
	cmd->w[0] = cpu_to_le64((u64)seq << 32 | who << 8 | CMD_CFGI_STE);
	cmd->w[1] = cpu_to_le64((u64)at << 32 | n);
}

void insert_breaks(struct insert_world *w, const char *rule)
{
	if (!w->broken)
		w->broken = rule;
}

static void doorbell(struct smmu_inserter *ins, u64 pos)
{
	struct insert_world *w = insert_world_of(ins);

	if (pos <= READ_ONCE(w->prod))
		insert_breaks(w, "PROD does not grow");
	w->doorbells++;
	/* pairs with the acquire in insert_consume() */
	smp_store_release(&w->prod, pos);
}

const struct smmu_inserter_ops insert_world_ops = { .doorbell = doorbell };

/* Commands are wiped after they are taken, so that a stale one is noticed */
void insert_consume(struct insert_world *w, u64 most)
{
	/* pairs with the release in doorbell() */
	u64 prod = smp_load_acquire(&w->prod);

	if (prod - w->cons > smmu_q_entries(w->ins.log2))
		insert_breaks(w, "more visible than the queue holds");
	while (w->cons < prod && most--) {
		struct smmu_cmd *slot = &w->slots[smmu_q_slot(w->cons, w->ins.log2)];
		u64 w0 = le64_to_cpu(slot->w[0]), w1 = le64_to_cpu(slot->w[1]);
		u32 who = (w0 >> 8) & 0xff, seq = w0 >> 32, at = w1 >> 32, n = (u32)w1;

		if (who >= INSERT_CONTEXTS || at >= n) {
			insert_breaks(w, "not a command: unpublished or torn");
			return;
		}
		if (seq != w->seen_seq[who])
			insert_breaks(w, "lost, doubled or overtaken");
		if (at + 1 == n)
			w->seen_seq[who]++;
		memset(slot, 0xff, sizeof(*slot));
		/* wipe the slot before cons moves on: then an inserter may fill it again */
		smp_store_release(&w->cons, w->cons + 1);
	}
}

const struct smmu_cmd *insert_prepare(struct insert_world *w, u32 who, u32 n)
{
	struct smmu_cmd *cmd = w->cmd[who];
	u32 i, seq = w->next_seq[who]++;

	for (i = 0; i < n; i++)
		set_cmd(&cmd[i], who, seq, i, n);
	return cmd;
}

void insert_nodes(struct insert_world *w, u32 n)
{
	u32 i;

	for (i = 0; i < INSERT_CONTEXTS; i++)
		w->cpu[i].node = &w->node[i % n];
}

bool insert_admits(struct insert_world *w, u32 cpu)
{
	/* pairs with the release in insert_consume() */
	return smmu_insert_admits(&w->ins, &w->cpu[cpu], smp_load_acquire(&w->cons));
}

void insert_one(struct insert_world *w, u32 cpu, u32 who, u32 n)
{
	smmu_insert(&w->ins, &w->cpu[cpu], insert_prepare(w, who, n), n);
}

void insert_write(struct insert_world *w, u64 pos, const struct smmu_cmd *cmd, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		w->slots[smmu_q_slot(pos + i, w->ins.log2)] = cmd[i];
}

struct insert_world *insert_world_new(struct kunit *test, u8 log2, u32 contexts, u32 max_batch)
{
	struct insert_world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u32 size = smmu_q_entries(log2);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->slots = kunit_kcalloc(test, size, sizeof(*w->slots), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w->slots);
	w->ends = kunit_kcalloc(test, size, sizeof(*w->ends), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w->ends);
	memset(w->slots, 0xff, size * sizeof(*w->slots));
	w->test = test;
	w->max_batch = max_batch;
	w->max_depth = contexts;
	KUNIT_ASSERT_TRUE(test, smmu_inserter_init(&w->ins, &insert_world_ops, w->slots, w->ends,
						   log2, contexts, max_batch));
	return w;
}
