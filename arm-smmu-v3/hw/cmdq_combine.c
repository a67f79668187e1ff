// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/dev_printk.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/cmd.h"
#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq_combine.h"
#include "hw/cmdq_edit.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/mmio.h"
#include "hw/shut.h"

static void ring_doorbell(struct smmu_inserter *ins, u64 pos)
{
	struct smmu_cmdq *q = container_of(ins, struct smmu_cmdq, ins);

	/* writes PROD after the slots of all CPUs: the third link in smmu_insert() */
	smmu_reg_write_ordered(q->reg_prod, 0, smmu_q_reg(pos, ins->log2));
	this_cpu_ptr(q->stats)->doorbells++;
}

static void edit(struct smmu_inserter *ins, u64 from, u64 end)
{
	smmu_cmdq_edit(container_of(ins, struct smmu_cmdq, ins), from, end);
}

static const struct smmu_inserter_ops inserter_ops = { .doorbell = ring_doorbell, .edit = edit };

VISIBLE_IF_KUNIT bool smmu_cmdq_combine_nodes(void)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_cmdq_combine_nodes);
	return num_possible_nodes() > 1;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_combine_nodes);

static bool alloc(struct smmu_cmdq *q)
{
	q->ends = kvcalloc(smmu_q_entries(q->mem.log2), sizeof(*q->ends), GFP_KERNEL);
	q->cpus = alloc_percpu(struct smmu_inserter_cpu);
	if (!q->ends || !q->cpus)
		return false;
	if (!smmu_cmdq_combine_nodes())
		return true;
	q->nodes = kcalloc(nr_node_ids, sizeof(*q->nodes), GFP_KERNEL);
	return q->nodes;
}

/* A CPU whose node is not known takes its places alone */
static void join_nodes(struct smmu_cmdq *q)
{
	int cpu, node;

	for_each_possible_cpu(cpu) {
		node = cpu_to_node(cpu);
		if (node != NUMA_NO_NODE)
			per_cpu_ptr(q->cpus, cpu)->node = &q->nodes[node];
	}
}

bool smmu_cmdq_combine_init(struct smmu_cmdq *q)
{
	if (!alloc(q) || !smmu_inserter_init(&q->ins, &inserter_ops, q->mem.virt, q->ends,
					     q->mem.log2, nr_cpu_ids, SMMU_BATCH_MAX)) {
		dev_info(q->smmu->dev, "a queue of %u entries is too small for cmdq=combine with %u CPUs, using the lock\n",
			 smmu_q_entries(q->mem.log2), nr_cpu_ids);
		smmu_cmdq_combine_free(q);
		return false;
	}
	if (q->nodes)
		join_nodes(q);
	return true;
}

void smmu_cmdq_combine_free(struct smmu_cmdq *q)
{
	kvfree(q->ends);
	free_percpu(q->cpus);
	kfree(q->nodes);
	q->ends = NULL;
	q->cpus = NULL;
	q->nodes = NULL;
}

VISIBLE_IF_KUNIT u32 smmu_cmdq_combine_cpus(void)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_cmdq_combine_cpus);
	return num_present_cpus();
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_combine_cpus);

/* Is it faster than the lock? */
static bool pays(const struct smmu_device *smmu)
{
	return smmu_cmdq_combine_cpus() >= SMMU_COMBINE_CPUS && smmu->more.nr <= SMMU_CMDQ_SET_TLBI;
}

void smmu_cmdq_combine_choose(struct smmu_device *smmu)
{
	struct smmu_cmdq *q = smmu_main_cmdq(smmu);
	enum smmu_insertion how = smmu->tuning.insertion;

	if (how == SMMU_INSERT_AUTO ? pays(smmu) : how == SMMU_INSERT_COMBINE)
		q->combine = smmu_cmdq_combine_init(q);
}

void smmu_cmdq_combine_reset(struct smmu_cmdq *q)
{
	int cpu;

	memset(q->ends, 0, smmu_q_entries(q->mem.log2) * sizeof(*q->ends));
	smmu_inserter_start(&q->ins, 0);
	for_each_possible_cpu(cpu)
		per_cpu_ptr(q->cpus, cpu)->last = 0;
	q->ins.sync_addr = q->polled_word ? q->sync_dma : 0;
}

int smmu_cmdq_post_combine(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n,
			   struct smmu_deadline *deadline, u64 *pos)
{
	struct smmu_inserter_cpu *me;
	unsigned long flags;
	u32 i, syncs = 0, polls = 0;
	int ret = 0;

	for (;;) {
		if (smmu_device_is_dead(q->smmu))
			return -ESHUTDOWN;
		local_irq_save(flags);
		me = this_cpu_ptr(q->cpus);
		if (smmu_insert_admits(&q->ins, me, READ_ONCE(q->cons)) ||
		    smmu_insert_admits(&q->ins, me, smmu_cmdq_refresh(q)))
			break;
		local_irq_restore(flags);
		/* there was a last look after the time was over: this CPU may have been away */
		if (ret)
			return ret;
		ret = smmu_cmdq_relax(q, &polls, deadline, true);
	}
	if (polls)
		this_cpu_ptr(q->stats)->full++;
	for (i = 0; i < n; i++)
		syncs += smmu_cmd_opcode(&cmd[i]) == CMD_SYNC;
	smmu_cmdq_count(q, n, syncs);
	*pos = smmu_insert(&q->ins, me, cmd, n);
	local_irq_restore(flags);
	return 0;
}
