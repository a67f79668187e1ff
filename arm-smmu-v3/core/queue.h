/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue arithmetic: 64-bit positions against the PROD and CONS registers.
 *
 * A register holds an index and, one bit above it, the wrap flag (Arm IHI 0070,
 * 3.5.1): it counts modulo 2N for a queue of N entries. A position counts entries
 * since reset and never wraps. All functions are pure.
 */
#ifndef SMMU_CORE_QUEUE_H
#define SMMU_CORE_QUEUE_H

#include <linux/types.h>

/*
 * What a read returns from a device that has dropped off the bus. No index
 * register can look like this: bits above 20 that are not RES0 are error codes
 * and overflow flags, and never all set together with each other.
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
 * smmu_q_cons_pos() - CONS register as a position
 * @base: a position that the consumer is known to have reached, loaded (acquire)
 *	before the register was read; older than 2N entries is never the case
 * @limit: the published producer position
 * @reg: CONS as read; bits above wrap and index are ignored
 * @log2: log2 of the entries
 * @pos: out: the consumer's position
 *
 * position = base + ((reg - base) mod 2N). Anything past @limit cannot be true,
 * and neither can all ones, which is how a dead device reads: refused, *@pos is
 * left alone.
 *
 * Return: true when *@pos was set
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
 * smmu_q_pending() - entries between a consumer's and a producer's register
 * @prod: PROD as read
 * @cons: CONS as read
 * @log2: log2 of the entries
 * @n: out: 0..N
 * Return: false when the two cannot belong together (more than N apart), or one
 *	of them is all ones, as from a dead device
 */
bool smmu_q_pending(u32 prod, u32 cons, u8 log2, u32 *n);

#endif
