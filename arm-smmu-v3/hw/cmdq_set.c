// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/dev_printk.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/cmdq_error.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/mmio.h"

/* Give each CPU one of @n queues; neighbours, node by node, share one */
static void share_out(u16 *of_cpu, u32 n)
{
	u32 cpus = num_possible_cpus(), seen = 0;
	int node, cpu;

	for_each_node(node) {
		for_each_possible_cpu(cpu)
			if (cpu_to_node(cpu) == node)
				of_cpu[cpu] = SMMU_CMDQ_SET_TLBI + (u64)seen++ * n / cpus;
	}
}

int smmu_cmdq_set_alloc(struct smmu_device *smmu, u32 nr)
{
	struct smmu_cmdq_set *set = &smmu->more;

	set->q = kvcalloc(nr, sizeof(*set->q), GFP_KERNEL);
	set->of_cpu = kcalloc(nr_cpu_ids, sizeof(*set->of_cpu), GFP_KERNEL);
	if (!set->q || !set->of_cpu) {
		smmu_cmdq_set_free(smmu);
		return -ENOMEM;
	}
	if (nr > SMMU_CMDQ_SET_TLBI)
		share_out(set->of_cpu, nr - SMMU_CMDQ_SET_TLBI);
	set->nr = nr;
	return 0;
}

void smmu_cmdq_set_free(struct smmu_device *smmu)
{
	struct smmu_cmdq_set *set = &smmu->more;

	kvfree(set->q);
	kfree(set->of_cpu);
	*set = (struct smmu_cmdq_set) {};
}

void smmu_cmdq_set_use(struct smmu_device *smmu, bool on)
{
	/* pairs with smp_load_acquire() in choose_queue(), cmdq.c */
	smp_store_release(&smmu->more.on, on);
}

/* Does a queue take a TLBI that takes few commands? */
static bool is_of_few(u8 opcode)
{
	return opcode == CMD_TLBI_NH_ASID || opcode == CMD_TLBI_NH_VA;
}

/* Which queue takes the commands? Return: index in the set, or -1 for the architected queue */
static int index_for(const struct smmu_cmdq_set *set, const struct smmu_cmd *cmd, u32 n, bool atc)
{
	bool tlbi = false;
	u32 i;

	for (i = 0; i < n; i++) {
		u8 opcode = smmu_cmd_opcode(&cmd[i]);

		switch (opcode) {
		case CMD_SYNC:
			break;
		case CMD_ATC_INV:
			atc = true;
			break;
		case CMD_TLBI_NH_ALL ... CMD_TLBI_NSNH_ALL:
			if (set->few && !is_of_few(opcode))
				return -1;
			tlbi = true;
			break;
		default:
			return -1;
		}
	}
	if (atc)
		return SMMU_CMDQ_SET_ATC;
	return tlbi && set->nr > SMMU_CMDQ_SET_TLBI ? set->of_cpu[raw_smp_processor_id()] : -1;
}

struct smmu_cmdq *smmu_cmdq_choose(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
				   bool atc)
{
	struct smmu_cmdq_set *set = &smmu->more;
	int i = index_for(set, cmd, n, atc);

	/* pairs with WRITE_ONCE() in smmu_cmdq_take_out() */
	return i < 0 || READ_ONCE(set->q[i].out) ? smmu_main_cmdq(smmu) : &set->q[i];
}

bool smmu_cmdq_take_out(struct smmu_cmdq *q, const char *why)
{
	unsigned long flags;
	bool first;

	if (q->kind == SMMU_CMDQ_MAIN)
		return false;
	raw_spin_lock_irqsave(&q->lock, flags);
	first = !q->out;
	/* pairs with READ_ONCE() in smmu_cmdq_choose() and smmu_cmdq_relax() */
	WRITE_ONCE(q->out, true);
	raw_spin_unlock_irqrestore(&q->lock, flags);
	if (first)
		dev_warn(q->smmu->dev, "command queue %u is taken out of service, because %s; other queues take its commands\n",
			 q->nr, why);
	return true;
}

/* The acknowledge is in the register that is the doorbell, so it needs the lock of the doorbell */
static void acknowledge(struct smmu_cmdq *q)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	q->bell ^= ECMDQ_PROD_ERRACK;
	smmu_reg_write_ordered(q->reg_prod, 0, smmu_q_reg(q->prod, q->mem.log2) | q->bell);
	raw_spin_unlock_irqrestore(&q->lock, flags);
}

void smmu_cmdq_set_errors(struct smmu_device *smmu)
{
	struct smmu_cmdq *q;
	u32 i, cons;

	lockdep_assert_held(&smmu->gerror_lock);

	for (i = 0; i < smmu->more.nr; i++) {
		q = &smmu->more.q[i];
		/* pairs with WRITE_ONCE() in smmu_cmdq_take_out() */
		if (q->kind != SMMU_CMDQ_ECMDQ || READ_ONCE(q->out))
			continue;
		cons = smmu_reg_read(q->reg_cons, 0);
		/* only a holder of gerror_lock changes ERRACK */
		if (!(cons & ECMDQ_CONS_ENACK) ||
		    !(cons & ECMDQ_CONS_ERR) == !(q->bell & ECMDQ_PROD_ERRACK))
			continue;
		if (smmu_cmdq_error(q))
			acknowledge(q);
		else
			smmu_cmdq_take_out(q, "it cannot go on after an error");
	}
}
