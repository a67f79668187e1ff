// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bringing an SMMU up and down: the order of register writes.
 *
 * Arm IHI 0070, 6.3.9 (CR0 and its acknowledge), 6.3.14 (GBPA), 3.11 (reset, enable
 * and initialisation). Caches of configuration and translation have an UNKNOWN
 * content out of reset, so everything is invalidated before SMMUEN.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>

#include <smmuv3/regs.h>

#include "hw/control.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/issue.h"
#include "hw/mmio.h"

int smmu_ctrl_write(struct smmu_device *smmu, u32 reg, u32 ack, u32 val)
{
	u32 got;

	smmu_reg_write(smmu->base, reg, val);
	return read_poll_timeout_atomic(smmu_reg_read, got, got == val, 1,
					SMMU_REG_TIMEOUT_US, false, smmu->base, ack);
}

/* One more turn of a polling loop? The look after the last one comes after the time is over. */
static bool go_on(ktime_t *until)
{
	ktime_t now = ktime_get();

	if (!*until)
		*until = ktime_add_us(now, SMMU_REG_TIMEOUT_US);
	else if (*until == KTIME_MAX)
		return false;
	if (ktime_after(now, *until))
		*until = KTIME_MAX;
	udelay(1);
	return true;
}

int smmu_gbpa_abort(struct smmu_device *smmu)
{
	unsigned long flags;
	ktime_t until = 0;
	u32 gbpa;

	do {
		raw_spin_lock_irqsave(&smmu->shut_lock, flags);
		gbpa = smmu_reg_read(smmu->base, SMMU_GBPA);
		/* UPDATE reads 1 while an earlier write, perhaps this one, is under way */
		if (!(gbpa & (GBPA_UPDATE | GBPA_ABORT)))
			smmu_reg_write(smmu->base, SMMU_GBPA, gbpa | GBPA_ABORT | GBPA_UPDATE);
		raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
		if ((gbpa & (GBPA_UPDATE | GBPA_ABORT)) == GBPA_ABORT)
			return 0;
		if (gbpa == U32_MAX)
			return -ENODEV;
	} while (go_on(&until));
	return -ETIMEDOUT;
}

u32 smmu_ctrl_clear(struct smmu_device *smmu, u32 bits)
{
	unsigned long flags;
	ktime_t until = 0;
	u32 cr0, ack;

	do {
		raw_spin_lock_irqsave(&smmu->shut_lock, flags);
		cr0 = smmu_reg_read(smmu->base, SMMU_CR0);
		ack = smmu_reg_read(smmu->base, SMMU_CR0ACK);
		/* a field that is under way to being set must arrive there first (6.3.9) */
		if (cr0 & ack & bits && cr0 != U32_MAX)
			smmu_reg_write(smmu->base, SMMU_CR0, cr0 & ~(ack & bits));
		raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
		if (!((cr0 | ack) & bits))
			return 0;
	} while (cr0 != U32_MAX && go_on(&until));
	return (cr0 | ack) & bits;
}

/* CR0 on the way up. Not once somebody has begun to shut: he would not know. */
static int turn_on(struct smmu_device *smmu, u32 cr0)
{
	unsigned long flags;
	int ret = 0;
	u32 got;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	if (smmu->shutting)
		ret = -EIO;
	else
		smmu_reg_write(smmu->base, SMMU_CR0, cr0);
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return ret ?: read_poll_timeout_atomic(smmu_reg_read, got, got == cr0, 1,
					       SMMU_REG_TIMEOUT_US, false, smmu->base,
					       SMMU_CR0ACK);
}

int smmu_ctrl_disable(struct smmu_device *smmu)
{
	u32 stuck;
	int ret;

	/*
	 * An SMMU that somebody else left enabled may have DMA under way by
	 * translations that mean nothing to us (a crashed kernel's). Bypass would let
	 * it loose on physical addresses, so it stays as it is where it cannot abort.
	 */
	if (smmu->was_enabled) {
		ret = smmu_gbpa_abort(smmu);
		if (ret) {
			dev_err(smmu->dev, "does not abort (GBPA), left as found\n");
			return ret;
		}
	}
	/* all of CR0, but first what translates: its acknowledge waits for nothing else */
	stuck = smmu_ctrl_clear(smmu, CR0_SMMUEN) ?: smmu_ctrl_clear(smmu, U32_MAX);
	if (stuck) {
		dev_err(smmu->dev, "does not disable (CR0ACK 0x%x)\n", stuck);
		return -ETIMEDOUT;
	}
	return smmu_gerror_take_over(smmu);
}

static void program_memory(struct smmu_device *smmu)
{
	const struct smmu_strtab *strtab = &smmu->strtab;
	u32 cache = CR1_CACHE_NC, share = SMMU_SH_OUTER, cfg;

	/*
	 * How the SMMU itself reads tables and queues: as the CPUs map them. COHACC may say
	 * more than firmware, whose word it is that decides what memory the DMA API gives.
	 */
	if (smmu_has(smmu, SMMU_FEAT_COHERENT)) {
		cache = CR1_CACHE_WB;
		share = SMMU_SH_INNER;
	}
	smmu_reg_write(smmu->base, SMMU_CR1,
		       FIELD_PREP(CR1_TABLE_SH, share) |
		       FIELD_PREP(CR1_TABLE_OC, cache) | FIELD_PREP(CR1_TABLE_IC, cache) |
		       FIELD_PREP(CR1_QUEUE_SH, share) |
		       FIELD_PREP(CR1_QUEUE_OC, cache) | FIELD_PREP(CR1_QUEUE_IC, cache));

	/* PTM: take no part in the CPUs' broadcast invalidation; the array does it all */
	smmu_reg_write(smmu->base, SMMU_CR2, CR2_PTM | CR2_RECINVSID |
		       (smmu_has(smmu, SMMU_FEAT_E2H) ? CR2_E2H : 0));

	smmu_reg_write64(smmu->base, SMMU_STRTAB_BASE,
			 (strtab->dma & STRTAB_BASE_ADDR) | STRTAB_BASE_READ_ALLOC);
	cfg = FIELD_PREP(STRTAB_BASE_CFG_LOG2SIZE, strtab->log2);
	if (strtab->two_level)
		cfg |= FIELD_PREP(STRTAB_BASE_CFG_FMT, STRTAB_FMT_2LVL) |
		       FIELD_PREP(STRTAB_BASE_CFG_SPLIT, STRTAB_SPLIT_BITS);
	smmu_reg_write(smmu->base, SMMU_STRTAB_BASE_CFG, cfg);

	smmu_cmdq_program(smmu);
	if (smmu->evtq.mem.virt)
		smmu_recordq_program(&smmu->evtq, smmu->base);
	if (smmu->priq.mem.virt)
		smmu_recordq_program(&smmu->priq, smmu->base);
}

int smmu_ctrl_prepare(struct smmu_device *smmu)
{
	int ret;

	program_memory(smmu);
	ret = turn_on(smmu, CR0_CMDQEN);
	if (ret) {
		dev_err(smmu->dev, "command queue does not come up (CR0ACK)\n");
		return ret;
	}
	ret = smmu_issue_flush_all(smmu);
	if (ret)
		dev_err(smmu->dev, "initial invalidation failed (%pe)\n", ERR_PTR(ret));
	return ret;
}

int smmu_ctrl_enable(struct smmu_device *smmu)
{
	u32 cr0 = CR0_CMDQEN;
	int ret;

	if (smmu->evtq.mem.virt)
		cr0 |= CR0_EVENTQEN;
	if (smmu->priq.mem.virt)
		cr0 |= CR0_PRIQEN;
	if (smmu_has(smmu, SMMU_FEAT_ATS))
		cr0 |= CR0_ATSCHK;
	ret = turn_on(smmu, cr0);
	if (!ret)
		ret = turn_on(smmu, cr0 | CR0_SMMUEN);
	if (ret)
		dev_err(smmu->dev, "does not enable (CR0ACK)\n");
	return ret;
}
