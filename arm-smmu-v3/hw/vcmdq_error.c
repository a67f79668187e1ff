// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bits.h>
#include <linux/dev_printk.h>

#include <smmuv3/cmdqv.h>

#include "hw/cmdq_error.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/mmio.h"
#include "hw/vcmdq_error.h"

/* Registers of page 0 are found from CONS, which is the first of them */
static_assert(!VCMDQ_CONS);

static u32 active_errors(const struct smmu_cmdq *q, u32 *gerror)
{
	*gerror = smmu_reg_read(q->reg_cons, VCMDQ_GERROR);
	return *gerror ^ smmu_reg_read(q->reg_cons, VCMDQ_GERRORN);
}

bool smmu_vcmdq_poll(struct smmu_cmdq *q)
{
	struct smmu_device *smmu = q->smmu;
	u32 gerror, active = 0;
	unsigned long flags;

	/* pairs with WRITE_ONCE() in power.c and in smmu_cmdq_take_out() */
	if (READ_ONCE(smmu->asleep) || READ_ONCE(q->out))
		return false;
	if (!active_errors(q, &gerror))
		return false;
	/* as in smmu_gerror_poll(): only one of those that see the error acknowledges it */
	raw_spin_lock_irqsave(&smmu->gerror_lock, flags);
	if (!READ_ONCE(q->out))
		active = active_errors(q, &gerror);
	if (active & VCMDQ_GERROR_CMDQ_ERR && !smmu_cmdq_error(q))
		smmu_cmdq_take_out(q, "it cannot go on after an error");
	else if (active)
		smmu_reg_write_ordered(q->reg_cons, VCMDQ_GERRORN, gerror);
	raw_spin_unlock_irqrestore(&smmu->gerror_lock, flags);
	return active;
}
