// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each CPU does: something else for a while, then an unmap of one page as drv/walk.c does it,
 * which is one TLBI and a CMD_SYNC, posted and waited for.
 */
#include <smmuv3/cmd.h>

#include "core/cmd.h"
#include "hw/cmdq.h"
#include "hw/cmdq_set.h"
#include "hw/cmdq_short.h"
#include "hw/device.h"

#include "cas.h"
#include "world.h"

/* Between half and three halves of the time that it is set to */
static void think(uint64_t *rnd)
{
	sim_delay_ns(cost.think * (0.5 + sim_random_part(rnd)));
}

/* device.c knows the TLBI by the CPU and the number in its address */
static void make(struct smmu_cmd *cmd, int cpu, u64 seq)
{
	cmd[0].w[0] = cpu_to_le64(CMD_TLBI_NH_VA);
	cmd[0].w[1] = cpu_to_le64((u64)cpu << 48 | seq << 12);
	smmu_cmd_sync(&cmd[1]);
}

static int post(struct smmu_device *smmu, const struct smmu_cmd *cmd,
		struct smmu_deadline *deadline, struct smmu_ticket *ticket)
{
	switch (setup.algo) {
	case ALGO_CAS:
		return cas_post(smmu, cmd, 2, deadline, ticket);
	case ALGO_TORN:
		return torn_post(smmu, cmd, 2, ticket);
	default:
		if (smmu_cmdq_post_short(smmu, cmd, ticket))
			return 0;
		return smmu_cmdq_post(smmu, cmd, 2, deadline, ticket, SMMU_POST_NEW);
	}
}

u64 *worker_sum;

static void add(bool locked)
{
	unsigned long flags;
	int i;

	for (i = 0; i < WORKER_ROUNDS; i++) {
		if (locked)
			raw_spin_lock_irqsave(&world_smmu->gerror_lock, flags);
		(*worker_sum)++;
		if (locked)
			raw_spin_unlock_irqrestore(&world_smmu->gerror_lock, flags);
	}
}

void worker_locked(void)
{
	add(true);
}

void worker_unlocked(void)
{
	add(false);
}

void worker(void)
{
	int cpu = raw_smp_processor_id(), ret;
	struct smmu_deadline deadline;
	struct smmu_ticket ticket;
	struct smmu_cmd cmd[2];
	u64 began, posted, seq;

	for (seq = 1;; seq++) {
		think(&cpu_now->rnd);
		make(cmd, cpu, seq);
		smmu_deadline_start(&deadline, 0);
		began = cpu_now->clock;
		ret = post(world_smmu, cmd, &deadline, &ticket);
		posted = cpu_now->clock;
		if (!ret && !smmu_cmdq_done_short(&ticket))
			ret = smmu_cmdq_wait(&ticket, &deadline);
		if (ret)
			sim_wrong("a post or a wait returned %d", ret);
		if (device_executed(cpu) != seq)
			sim_wrong("the wait for TLBI %llu is over, and it is not done",
				  (unsigned long long)seq);
		if (sim_irqs_are_off())
			sim_wrong("interrupts are off after an unmap");
		if (!run_unmap(began, posted, cpu_now->clock))
			return;
	}
}
