// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: whatever CONS says, a position lies in the window and never goes back; a true CONS is
 *	understood; two index registers give the entries between them, or are refused
 * assumes: a base is at most 2N entries old; at most N entries are in use (3.5.1)
 * cbmc: --unwind 2
 * mutant: core/queue.h s/here > limit/here > limit + 1/
 * mutant: core/queue.c s/distance > smmu_q_entries(log2)/distance > 2 * smmu_q_entries(log2)/
 */
#include "proof.h"

#include "core/queue.c"

static void any_register(void)
{
	u64 base = nondet_u64(), limit = nondet_u64(), pos = nondet_u64(), old = pos;
	u32 reg = nondet_u32();
	u8 log2 = nondet_u8();

	ASSUME(log2 <= 19 && base <= limit && limit < 1ULL << 62);
	if (!smmu_q_cons_pos(base, limit, reg, log2, &pos)) {
		PROVE(pos == old, "a refused register writes nothing");
		return;
	}
	PROVE(pos >= base && pos <= limit, "the position lies in the window");
	PROVE(smmu_q_reg(pos, log2) == (reg & ((2U << log2) - 1)), "it is what CONS says");
	PROVE(reg != SMMU_Q_REG_DEAD, "a dead device says nothing");
}

static void true_register(void)
{
	u64 base = nondet_u64(), limit = nondet_u64(), is = nondet_u64(), pos = nondet_u64();
	u32 flags = nondet_u32();
	u8 log2 = nondet_u8();

	ASSUME(log2 <= 19 && limit < 1ULL << 62);
	ASSUME(base <= is && is <= limit && is - base < 2ULL << log2);
	/* the error field is above the index and the wrap flag (6.3.28) */
	flags &= 0x7f000000;
	PROVE(smmu_q_cons_pos(base, limit, smmu_q_reg(is, log2) | flags, log2, &pos) && pos == is,
	      "a true CONS is understood");
}

static void both_registers(void)
{
	u64 cons = nondet_u64(), n = nondet_u64();
	u32 found, p = nondet_u32(), c = nondet_u32();
	u8 log2 = nondet_u8();

	ASSUME(log2 <= 19 && cons < 1ULL << 62 && n <= 1ULL << log2);
	PROVE(smmu_q_pending(smmu_q_reg(cons + n, log2), smmu_q_reg(cons, log2), log2, &found) &&
	      found == n, "what is between two positions is found");
	if (smmu_q_pending(p, c, log2, &found))
		PROVE(found <= 1U << log2, "never more than the queue holds");
}

void harness(void)
{
	any_register();
	true_register();
	both_registers();
}
