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

/* The queues of VINTF 0 that have an error, 64 of them from @first on */
static bool poll_queues(struct smmu_device *smmu, u32 first, u64 map)
{
	struct smmu_cmdq_set *set = &smmu->more;
	bool known = false;
	u32 i;

	for (i = first; i < set->nr && i < first + 64; i++)
		if (map & BIT_ULL(i - first))
			known |= smmu_vcmdq_poll(&set->q[i]) || READ_ONCE(set->q[i].out);
	return known;
}

/*
 * The map of VINTFs is two words, because its address is not aligned. A CPU that polls may have
 * acknowledged the error before.
 */
irqreturn_t smmu_vcmdq_irq(int irq, void *data)
{
	struct smmu_device *smmu = data;
	void __iomem *base = smmu->cmdqv.base;
	bool known = false;
	u64 vintfs, map;
	u32 i;

	/* pairs with WRITE_ONCE() in power.c */
	if (READ_ONCE(smmu->asleep))
		return IRQ_NONE;
	vintfs = smmu_reg_read(base, CMDQV_VINTF_ERR_MAP) |
		 (u64)smmu_reg_read(base, CMDQV_VINTF_ERR_MAP + 4) << 32;
	for (i = 0; i < 2 && vintfs & BIT_ULL(0); i++) {
		map = smmu_reg_read64(base, CMDQV_VINTF(0) + VINTF_LVCMDQ_ERR_MAP(i));
		known |= poll_queues(smmu, 64 * i, map);
	}
	if (!known && vintfs)
		dev_warn_ratelimited(smmu->dev, "CMDQ-V: an interrupt for queues that are not in use (VINTFs 0x%llx)\n",
				     vintfs);
	return known ? IRQ_HANDLED : IRQ_NONE;
}
