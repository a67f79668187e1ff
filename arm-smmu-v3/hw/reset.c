// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>

#include <smmuv3/regs.h>

#include "hw/cmdq.h"
#include "hw/cmdqv_run.h"
#include "hw/device.h"
#include "hw/ecmdq.h"
#include "hw/gerror.h"
#include "hw/handshake.h"
#include "hw/irq.h"
#include "hw/issue.h"
#include "hw/mmio.h"
#include "hw/recordq.h"
#include "hw/reset.h"
#include "hw/shut.h"

/*
 * An SMMU that another kernel left enabled may still translate DMA with that kernel's tables. With
 * SMMUEN = 0 and without GBPA.ABORT that DMA would go to physical addresses.
 */
static int abort_when_off(struct smmu_device *smmu)
{
	int ret = smmu_gbpa_abort(smmu);

	/* what GBPA was says nothing of what that kernel wants, so it is not restored */
	if (!ret)
		WRITE_ONCE(smmu->gbpa_changed, false);
	return ret;
}

const char *smmu_reset_stop_queues(struct smmu_device *smmu)
{
	u32 stuck;

	if (abort_when_off(smmu))
		return "GBPA.ABORT is not acknowledged";
	smmu_cmdqv_stop(smmu);
	if (smmu_ecmdq_stop_all(smmu))
		return "its ECMDQs do not stop";
	/* ATSCHK must not be cleared while an STE may have EATS = S1CHK (6.3.9.2) */
	stuck = smmu_cr0_clear(smmu, (u32)~(CR0_SMMUEN | CR0_ATSCHK));
	if (stuck & CR0_CMDQEN)
		return "its command queue does not stop";
	return stuck ? "its queues do not stop" : NULL;
}

int smmu_reset_disable(struct smmu_device *smmu)
{
	u32 stuck;
	int ret;

	/* an SMMU that does not acknowledge GBPA.ABORT is left as it is */
	if (smmu->was_enabled) {
		ret = abort_when_off(smmu);
		if (ret) {
			dev_err(smmu->dev, "SMMU did not acknowledge GBPA.ABORT, it is left as found\n");
			return ret;
		}
	}
	/* SMMUEN is cleared first, because its acknowledge depends on no other field of CR0 */
	stuck = smmu_cr0_clear(smmu, CR0_SMMUEN) ?: smmu_cr0_clear(smmu, U32_MAX);
	if (stuck) {
		dev_err(smmu->dev, "SMMU did not acknowledge the disable (CR0ACK 0x%x)\n", stuck);
		return -ETIMEDOUT;
	}
	smmu_cmdqv_stop(smmu);
	return smmu_ecmdq_stop_all(smmu) ?: smmu_gerror_take_over(smmu);
}

/*
 * The SMMU must read tables and queues with the attributes with which the CPUs map them. The DMA
 * API chooses those by what firmware says of the SMMU, so the feature follows firmware and not
 * IDR0.COHACC, which may be 1 where firmware says "not coherent".
 */
u32 smmu_reset_cr1(const struct smmu_device *smmu)
{
	u32 cache = CR1_CACHE_NC, share = SMMU_SH_OUTER;

	if (smmu_has(smmu, SMMU_FEAT_COHERENT)) {
		cache = CR1_CACHE_WB;
		share = SMMU_SH_INNER;
	}
	return FIELD_PREP(CR1_TABLE_SH, share) |
	       FIELD_PREP(CR1_TABLE_OC, cache) | FIELD_PREP(CR1_TABLE_IC, cache) |
	       FIELD_PREP(CR1_QUEUE_SH, share) |
	       FIELD_PREP(CR1_QUEUE_OC, cache) | FIELD_PREP(CR1_QUEUE_IC, cache);
}

/* PTM: the SMMU ignores broadcast TLBIs of CPUs, because the arrays cover everything */
u32 smmu_reset_cr2(const struct smmu_device *smmu)
{
	return CR2_PTM | CR2_RECINVSID | (smmu_has(smmu, SMMU_FEAT_E2H) ? CR2_E2H : 0);
}

/* The registers that are read-only while SMMUEN is 1 (6.3.12, 6.3.24, 6.3.25) */
static void program_translation(struct smmu_device *smmu)
{
	const struct smmu_strtab *strtab = &smmu->strtab;
	u32 cfg;

	smmu_reg_write(smmu->base, SMMU_CR2, smmu_reset_cr2(smmu));
	smmu_reg_write64(smmu->base, SMMU_STRTAB_BASE,
			 (strtab->dma & STRTAB_BASE_ADDR) | STRTAB_BASE_READ_ALLOC);
	cfg = FIELD_PREP(STRTAB_BASE_CFG_LOG2SIZE, strtab->log2);
	if (strtab->two_level)
		cfg |= FIELD_PREP(STRTAB_BASE_CFG_FMT, STRTAB_FMT_2LVL) |
		       FIELD_PREP(STRTAB_BASE_CFG_SPLIT, STRTAB_SPLIT_BITS);
	smmu_reg_write(smmu->base, SMMU_STRTAB_BASE_CFG, cfg);
}

/*
 * What CR0 has to hold on to: nothing, except in an SMMU that was adopted and never stopped
 * translating (adopt.h). ATSCHK is set before everything is invalidated, because STEs are cached
 * with it (6.3.9.2).
 */
static u32 kept_cr0(struct smmu_device *smmu)
{
	u32 cr0 = smmu_reg_read(smmu->base, SMMU_CR0);

	if (!(cr0 & CR0_SMMUEN))
		return 0;
	return CR0_SMMUEN | (smmu_has(smmu, SMMU_FEAT_ATS) ? CR0_ATSCHK : cr0 & CR0_ATSCHK);
}

static void program_memory(struct smmu_device *smmu)
{
	/* of an SMMU that was adopted, the fields for tables have this value already */
	smmu_reg_write(smmu->base, SMMU_CR1, smmu_reset_cr1(smmu));
	if (!kept_cr0(smmu))
		program_translation(smmu);
	smmu_cmdq_program(smmu);
	if (smmu->evtq.mem.virt)
		smmu_recordq_program(&smmu->evtq, smmu->base);
	if (smmu->priq.mem.virt)
		smmu_recordq_program(&smmu->priq, smmu->base);
}

int smmu_reset_prepare(struct smmu_device *smmu)
{
	int ret;

	smmu_cmdq_reset(smmu);
	program_memory(smmu);
	ret = smmu_cr0_set(smmu, CR0_CMDQEN | kept_cr0(smmu));
	if (ret) {
		dev_err(smmu->dev, "SMMU did not acknowledge the enable of its command queue (CR0ACK)\n");
		return ret;
	}
	ret = smmu_issue_flush_all(smmu);
	if (ret)
		dev_err(smmu->dev, "initial invalidation failed (%pe)\n", ERR_PTR(ret));
	return ret;
}

/* Stop an SMMU that may be running with other tables and queues. Return: 0 or text for the log */
static const char *stop(struct smmu_device *smmu)
{
	/* as in smmu_reset_disable(): nothing passes untranslated */
	if (smmu_gbpa_anew(smmu, smmu->gbpa))
		return "GBPA.ABORT";
	if (smmu_cr0_clear(smmu, CR0_SMMUEN) ?: smmu_cr0_clear(smmu, U32_MAX))
		return "the disable";
	smmu_cmdqv_stop(smmu);
	if (smmu_ecmdq_stop_all(smmu))
		return "the disable of its ECMDQs";
	/* whatever it has not acknowledged before */
	smmu_shut_set_dead(smmu, U32_MAX);
	return NULL;
}

int smmu_reset_anew(struct smmu_device *smmu)
{
	const char *what = stop(smmu);
	int ret;

	if (!what && smmu_gerror_take_over(smmu))
		return -ENODEV;
	if (!what && smmu_irq_anew(smmu))
		what = "the disable of interrupts";
	if (!what) {
		/* those that were posting when it fell asleep are done by now */
		smmu_cmdq_forget(smmu);
		program_memory(smmu);
		ret = smmu_cr0_only_queue(smmu);
		if (ret == -ENODEV)
			return ret;
		if (ret)
			what = "the enable of its command queue";
	}
	if (!what && smmu_irq_unmask(smmu))
		what = "the enable of interrupts";
	if (!what)
		return 0;
	dev_err(smmu->dev, "SMMU did not acknowledge %s\n", what);
	return -EBUSY;
}

int smmu_reset_enable(struct smmu_device *smmu)
{
	u32 cr0 = CR0_CMDQEN | kept_cr0(smmu);
	int ret;

	if (smmu->evtq.mem.virt)
		cr0 |= CR0_EVENTQEN;
	if (smmu->priq.mem.virt)
		cr0 |= CR0_PRIQEN;
	if (smmu_has(smmu, SMMU_FEAT_ATS))
		cr0 |= CR0_ATSCHK;
	ret = smmu_cr0_set(smmu, cr0);
	if (!ret)
		ret = smmu_cr0_set(smmu, cr0 | CR0_SMMUEN);
	if (ret) {
		dev_err(smmu->dev, "SMMU did not acknowledge the enable (CR0ACK)\n");
		return ret;
	}
	smmu_ecmdq_enable(smmu);
	smmu_cmdqv_enable(smmu);
	return 0;
}
