// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bringing an SMMU up and down: the order of register writes.
 *
 * Arm IHI 0070, 6.3.9 (CR0 and its acknowledge), 6.3.14 (GBPA), 3.11 (reset, enable
 * and initialisation). Caches of configuration and translation have an UNKNOWN
 * content out of reset, so everything is invalidated before SMMUEN.
 */
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/iopoll.h>

#include <smmuv3/regs.h>

#include "hw/control.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/mmio.h"

int smmu_ctrl_write(struct smmu_device *smmu, u32 reg, u32 ack, u32 val)
{
	u32 got;

	smmu_reg_write(smmu->base, reg, val);
	return read_poll_timeout_atomic(smmu_reg_read, got, got == val, 1,
					SMMU_REG_TIMEOUT_US, false, smmu->base, ack);
}

int smmu_gbpa_abort(struct smmu_device *smmu)
{
	u32 gbpa;
	int ret;

	/* UPDATE reads 1 while an earlier write is still under way */
	ret = read_poll_timeout_atomic(smmu_reg_read, gbpa, !(gbpa & GBPA_UPDATE), 1,
				       SMMU_REG_TIMEOUT_US, false, smmu->base, SMMU_GBPA);
	if (ret)
		return ret;
	smmu_reg_write(smmu->base, SMMU_GBPA, gbpa | GBPA_ABORT | GBPA_UPDATE);
	return read_poll_timeout_atomic(smmu_reg_read, gbpa, !(gbpa & GBPA_UPDATE), 1,
					SMMU_REG_TIMEOUT_US, false, smmu->base, SMMU_GBPA);
}

int smmu_ctrl_disable(struct smmu_device *smmu)
{
	int ret = 0;

	/*
	 * An SMMU that somebody else left enabled may have DMA under way by
	 * translations that mean nothing to us (a crashed kernel's). Bypass would let
	 * it loose on physical addresses.
	 */
	if (smmu->was_enabled)
		ret = smmu_gbpa_abort(smmu);
	return smmu_ctrl_write(smmu, SMMU_CR0, SMMU_CR0ACK, 0) ?: ret;
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
	smmu_recordq_program(&smmu->evtq, smmu->base);
	if (smmu_has(smmu, SMMU_FEAT_PRI))
		smmu_recordq_program(&smmu->priq, smmu->base);
}

int smmu_ctrl_prepare(struct smmu_device *smmu)
{
	int ret;

	program_memory(smmu);
	ret = smmu_ctrl_write(smmu, SMMU_CR0, SMMU_CR0ACK, CR0_CMDQEN);
	if (ret) {
		dev_err(smmu->dev, "command queue does not come up (CR0ACK)\n");
		return ret;
	}
	ret = smmu_issue_flush_all(smmu);
	if (ret)
		dev_err(smmu->dev, "initial invalidation failed (%pe)\n", ERR_PTR(ret));
	return ret;
}

int smmu_ctrl_enable(struct smmu_device *smmu, bool records)
{
	u32 cr0 = CR0_CMDQEN;
	int ret;

	if (records) {
		cr0 |= CR0_EVENTQEN;
		if (smmu_has(smmu, SMMU_FEAT_PRI))
			cr0 |= CR0_PRIQEN;
	}
	if (smmu_has(smmu, SMMU_FEAT_ATS))
		cr0 |= CR0_ATSCHK;
	ret = smmu_ctrl_write(smmu, SMMU_CR0, SMMU_CR0ACK, cr0);
	if (!ret)
		ret = smmu_ctrl_write(smmu, SMMU_CR0, SMMU_CR0ACK, cr0 | CR0_SMMUEN);
	if (ret)
		dev_err(smmu->dev, "does not enable (CR0ACK)\n");
	return ret;
}
