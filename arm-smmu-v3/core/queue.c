// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue arithmetic, see queue.h. Everything here is a function of its arguments;
 * loading the registers and the shared positions in the right order is up to hw.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/types.h>

#include "queue.h"

/*
 * What a read returns from a device that has dropped off the bus. No index
 * register can look like this: bits above 20 that are not RES0 are error codes
 * and overflow flags, and never all set together with each other.
 */
#define Q_REG_DEAD			(~0U)

bool smmu_q_cons_pos(u64 base, u64 limit, u32 reg, u8 log2, u64 *pos)
{
	u64 here;

	if (reg == Q_REG_DEAD)
		return false;

	/* smmu_q_reg() of the difference: how far CONS is ahead of base, mod 2N */
	here = base + smmu_q_reg((u64)reg - base, log2);
	if (here > limit)
		return false;

	*pos = here;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_q_cons_pos);

bool smmu_q_pending(u32 prod, u32 cons, u8 log2, u32 *n)
{
	u32 distance;

	if (prod == Q_REG_DEAD || cons == Q_REG_DEAD)
		return false;

	distance = smmu_q_reg((u64)prod - cons, log2);
	if (distance > smmu_q_entries(log2))
		return false;

	*n = distance;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_q_pending);
