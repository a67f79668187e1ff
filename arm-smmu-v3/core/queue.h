/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue arithmetic: 64-bit positions and the PROD and CONS registers.
 *
 * A register holds an index and, one bit above it, the wrap flag (Arm IHI 0070, 3.5.1), so it
 * counts modulo 2N for a queue of N entries. A position counts entries since reset and never
 * wraps. All functions are pure.
 */
#ifndef SMMU_CORE_QUEUE_H
#define SMMU_CORE_QUEUE_H

#include <linux/types.h>

/*
 * A read of a device that has dropped off the bus returns this. No index register can have this
 * value: its bits above 20 that are not RES0 are error codes and overflow flags, which are never
 * all set together.
 */
#define SMMU_Q_REG_DEAD			(~0U)

static inline u32 smmu_q_entries(u8 log2)
{
	return 1U << log2;
}

/* Register value (wrap and index) of a position */
static inline u32 smmu_q_reg(u64 pos, u8 log2)
{
	return pos & ((2U << log2) - 1);
}

/* Slot of a position */
static inline u32 smmu_q_slot(u64 pos, u8 log2)
{
	return pos & ((1U << log2) - 1);
}

/**
 * smmu_q_cons_pos() - convert the CONS register to a position
 * @base: a position that the consumer is known to have reached, loaded (acquire) before the
 *	register was read; it is never more than 2N entries old
 * @limit: the published producer position
 * @reg: CONS as read; bits above wrap and index are ignored
 * @log2: log2 of the entries
 * @pos: out: the consumer's position
 *
 * position = base + ((reg - base) mod 2N). A position past @limit cannot be true, and neither can
 * a register of all ones, which is what a dead device returns: both are refused and *@pos is not
 * written.
 *
 * Return: true when *@pos was written
 */
static inline bool smmu_q_cons_pos(u64 base, u64 limit, u32 reg, u8 log2, u64 *pos)
{
	/* smmu_q_reg() of the difference: how far CONS is ahead of base, mod 2N */
	u64 here = base + smmu_q_reg((u64)reg - base, log2);

	if (reg == SMMU_Q_REG_DEAD || here > limit)
		return false;

	*pos = here;
	return true;
}

/**
 * smmu_q_pending() - number of entries between a consumer's and a producer's register
 * @prod: PROD as read
 * @cons: CONS as read
 * @log2: log2 of the entries
 * @n: out: 0..N
 * Return: false when the two cannot belong together (more than N apart), or when one of them is
 *	all ones, which is what a dead device returns
 */
bool smmu_q_pending(u32 prod, u32 cons, u8 log2, u32 *n);

#endif
