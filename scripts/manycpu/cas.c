// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each CPU takes its place by a compare-and-swap of @tail, which it repeats until it succeeds. Who
 * finds nobody gathering is the owner of a batch: it marks @tail, writes its commands, waits until
 * the owner before it has rung, closes the batch, waits until all commands of the batch are there,
 * and rings once. A bit for each slot says whether its command is there, in the sense of the lap.
 * The other CPUs of the batch only write their commands and set their bits.
 *
 * The published code also counts who waits for the queue, in one word that all CPUs change. That is
 * left out, so the figures are better than its.
 */
#include "core/cmd.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/mmio.h"

#include "cas.h"

#define GATHERING	BIT_ULL(63)

struct cas {
	u64 tail ____cacheline_aligned_in_smp;
	u64 turn ____cacheline_aligned_in_smp;	/* position of the owner that may ring */
	atomic64_t *there ____cacheline_aligned_in_smp;	/* a bit for each slot */
};

static struct cas *all;

void cas_init(struct smmu_device *smmu)
{
	u32 i;

	all = sim_alloc(smmu_cmdqs(smmu) * sizeof(*all), SIM_LINE, 0);
	for (i = 0; i < smmu_cmdqs(smmu); i++) {
		u32 words = max(smmu_q_entries(smmu_cmdq_at(smmu, i)->mem.log2) / 64, 1u);

		all[i].there = sim_alloc(words * sizeof(*all[i].there), SIM_LINE, 0);
	}
}

static struct smmu_cmdq *choose(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n)
{
	return smmu->more.on ? smmu_cmdq_choose(smmu, cmd, n, false) : smmu_main_cmdq(smmu);
}

/* The bits of the slots from @pos to @end that are in one word */
static u64 bits(u64 pos, u64 end, u8 log2)
{
	u32 slot = smmu_q_slot(pos, log2);
	u64 n = min(end - pos, (u64)min(64 - slot % 64, smmu_q_entries(log2) - slot));

	return (n == 64 ? U64_MAX : BIT_ULL(n) - 1) << slot % 64;
}

static atomic64_t *word_of(struct cas *c, u64 pos, u8 log2)
{
	return &c->there[smmu_q_slot(pos, log2) / 64];
}

static void tell(struct cas *c, u64 pos, u64 end, u8 log2)
{
	u64 mask;

	for (; pos < end; pos += __builtin_popcountll(mask)) {
		mask = bits(pos, end, log2);
		/* the commands are there before the bits are; pairs with the load in gather() */
		atomic64_fetch_xor(mask, word_of(c, pos, log2));
	}
}

static void gather(struct cas *c, u64 pos, u64 end, u8 log2)
{
	u64 mask, want;

	for (; pos < end; pos += __builtin_popcountll(mask)) {
		mask = bits(pos, end, log2);
		/* odd laps clear the bits that even laps have set */
		want = pos >> log2 & 1 ? 0 : mask;
		/* pairs with atomic64_fetch_xor() in tell() */
		smp_cond_load_acquire((u64 *)&word_of(c, pos, log2)->counter, (VAL & mask) == want);
	}
}

/* Take @n slots. Interrupts are off when it returns 0. @old: out, @tail before */
static int reserve(struct smmu_cmdq *q, struct cas *c, u32 n, struct smmu_deadline *deadline,
		   unsigned long *flags, u64 *old)
{
	u32 polls = 0, tries = 0;
	int ret;

	local_irq_save(*flags);
	*old = READ_ONCE(c->tail);
	for (;;) {
		u64 end = (*old & ~GATHERING) + n;

		if (!smmu_cmdq_fits(q, end, q->room)) {
			local_irq_restore(*flags);
			ret = smmu_cmdq_relax(q, &polls, deadline, true);
			if (ret)
				return ret;
			local_irq_save(*flags);
			*old = READ_ONCE(c->tail);
			continue;
		}
		tries++;
		if (try_cmpxchg(&c->tail, old, end | GATHERING))
			break;
	}
	run_tries(tries);
	return 0;
}

int cas_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
	     struct smmu_deadline *deadline, struct smmu_ticket *ticket)
{
	struct smmu_cmdq *q = choose(smmu, cmd, n);
	struct cas *c = &all[q->nr];
	u8 log2 = q->mem.log2;
	unsigned long flags;
	u64 old, pos;
	int ret;
	u32 i;

	ret = reserve(q, c, n, deadline, &flags, &old);
	if (ret)
		return ret;
	pos = old & ~GATHERING;
	*ticket = (struct smmu_ticket) { .q = q, .first = pos, .end = pos + n };
	for (i = 0; i < n; i++)
		*smmu_cmdq_slot(q, pos + i) = cmd[i];
	if (READ_ONCE(q->polled_word))
		smmu_cmd_sync_msi(smmu_cmdq_slot(q, pos + n - 1), q->sync_dma, pos + n);
	dma_wmb();
	tell(c, pos, pos + n, log2);
	if (!(old & GATHERING)) {
		u64 end;

		/* pairs with the release below, of the owner before */
		smp_cond_load_acquire(&c->turn, VAL == pos);
		end = __atomic_fetch_and(&c->tail, ~GATHERING, __ATOMIC_RELAXED) & ~GATHERING;
		gather(c, pos, end, log2);
		/* pairs with READ_ONCE() in smmu_cmdq_posted() */
		WRITE_ONCE(q->prod, end);
		smmu_reg_write_ordered(q->reg_prod, 0, smmu_q_reg(end, log2));
		/* pairs with the acquire above, of the next owner */
		smp_store_release(&c->turn, end);
	}
	local_irq_restore(flags);
	return 0;
}

int torn_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
	      struct smmu_ticket *ticket)
{
	struct smmu_cmdq *q = smmu_main_cmdq(smmu);
	u64 pos = READ_ONCE(q->prod);
	u32 i;

	*ticket = (struct smmu_ticket) { .q = q, .first = pos, .end = pos + n };
	for (i = 0; i < n; i++)
		*smmu_cmdq_slot(q, pos + i) = cmd[i];
	smmu_cmd_sync_msi(smmu_cmdq_slot(q, pos + n - 1), q->sync_dma, pos + n);
	WRITE_ONCE(q->prod, pos + n);
	smmu_reg_write_ordered(q->reg_prod, 0, smmu_q_reg(pos + n, q->mem.log2));
	return 0;
}
