// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue arithmetic, see queue.h. Each function depends on its arguments only; hw/ loads the
 * registers and the shared positions in the right order.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/types.h>

#include "queue.h"

bool smmu_q_pending(u32 prod, u32 cons, u8 log2, u32 *n)
{
	u32 distance;

	if (prod == SMMU_Q_REG_DEAD || cons == SMMU_Q_REG_DEAD)
		return false;

	distance = smmu_q_reg((u64)prod - cons, log2);
	if (distance > smmu_q_entries(log2))
		return false;

	*n = distance;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_q_pending);
