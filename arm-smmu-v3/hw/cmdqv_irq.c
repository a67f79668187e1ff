// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bits.h>
#include <linux/dev_printk.h>
#include <linux/interrupt.h>

#include <smmuv3/cmdqv.h>

#include "hw/cmdq_set.h"
#include "hw/cmdqv.h"
#include "hw/cmdqv_irq.h"
#include "hw/device.h"
#include "hw/mmio.h"
#include "hw/vcmdq_error.h"
#include "hw/vintf.h"

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
 * The map of VINTFs is two words, because its address is not aligned. A CPU that polls, or a guest,
 * may have acknowledged the error before.
 */
static irqreturn_t handle_errors(int irq, void *data)
{
	struct smmu_device *smmu = data;
	void __iomem *base = smmu->cmdqv.base;
	bool known = false;
	u64 vintfs, guests, map;
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
	/* all: nothing says which guest has acknowledged its error since, again and again */
	guests = smmu_vintf_tell(smmu);
	known |= vintfs & guests;
	if (!known && vintfs)
		dev_warn_ratelimited(smmu->dev, "CMDQ-V: an interrupt for queues that are not in use (VINTFs 0x%llx)\n",
				     vintfs);
	/* a guest cannot have the interrupt taken for one that nobody wants */
	return known || guests ? IRQ_HANDLED : IRQ_NONE;
}

void smmu_cmdqv_irq_setup(struct smmu_device *smmu)
{
	int *irq = &smmu->cmdqv.irq, ret = 0;

	if (!smmu_cmdqv_is_used(smmu))
		return;
	if (*irq)
		ret = request_threaded_irq(*irq, NULL, handle_errors, IRQF_ONESHOT,
					   "arm-smmu-v3-cmdqv", smmu);
	if (*irq && !ret)
		return;
	dev_warn(smmu->dev, "no interrupt of CMDQ-V (%d): only CPUs that wait see errors\n", ret);
	*irq = 0;
}

void smmu_cmdqv_irq_teardown(struct smmu_device *smmu)
{
	if (smmu_cmdqv_is_used(smmu) && smmu->cmdqv.irq)
		free_irq(smmu->cmdqv.irq, smmu);
	smmu->cmdqv.irq = 0;
}
