// SPDX-License-Identifier: GPL-2.0-only
/* Setting up one SMMU and taking it down again. Each step has a function that undoes it. */
#include <linux/bitfield.h>
#include <linux/dev_printk.h>

#include <smmuv3/regs.h>

#include "core/ident.h"
#include "core/tag.h"
#include "hw/adopt.h"
#include "hw/cmdq.h"
#include "hw/cmdq_combine.h"
#include "hw/cmdqv.h"
#include "hw/cmdqv_irq.h"
#include "hw/cmdqv_run.h"
#include "hw/device.h"
#include "hw/ecmdq.h"
#include "hw/gerror.h"
#include "hw/handshake.h"
#include "hw/idregs.h"
#include "hw/irq.h"
#include "hw/issue.h"
#include "hw/mmio.h"
#include "hw/power.h"
#include "hw/recordq.h"
#include "hw/reset.h"
#include "hw/resume.h"
#include "hw/shut.h"
#include "hw/strtab.h"
#include "hw/waits.h"

int smmu_device_init(struct smmu_device *smmu, const struct smmu_ident_env *env,
		     const struct smmu_tuning *tuning)
{
	struct smmu_features *feat = &smmu->inst.feat;
	struct smmu_idregs regs;
	const char *why = "";
	int ret;

	raw_spin_lock_init(&smmu->gerror_lock);
	raw_spin_lock_init(&smmu->shut_lock);
	INIT_LIST_HEAD(&smmu->withheld_mem);
	smmu_resume_init(smmu);
	smmu_cmdqv_init(smmu);
	smmu->on = U32_MAX;
	smmu_idregs_read(smmu, &regs);
	smmu->iidr = regs.iidr;

	ret = smmu_ident_decode(&regs, env, feat, &why);
	if (ret) {
		dev_err(smmu->dev,
			"the driver cannot use this SMMU: %s (IDR0 %08x IDR1 %08x IDR3 %08x IDR5 %08x IIDR %08x)\n",
			why, regs.idr[0], regs.idr[1], regs.idr[3], regs.idr[5], regs.iidr);
		return ret;
	}
	smmu->tuning = *tuning;
	if (tuning->queue_cap) {
		feat->cmdq_log2 = min(feat->cmdq_log2, tuning->queue_cap);
		feat->evtq_log2 = min(feat->evtq_log2, tuning->queue_cap);
		feat->priq_log2 = min(feat->priq_log2, tuning->queue_cap);
	}
	smmu->was_enabled = smmu_reg_read(smmu->base, SMMU_CR0) & CR0_SMMUEN;

	dev_info(smmu->dev, "%s r%lup%lu: oas %u-bit, ias %u-bit, features 0x%08x, errata 0x%x\n",
		 smmu_ident_part(regs.iidr), FIELD_GET(IIDR_VARIANT, regs.iidr),
		 FIELD_GET(IIDR_REVISION, regs.iidr), feat->oas_bits, feat->va_bits,
		 feat->flags, feat->errata);
	return 0;
}

int smmu_device_alloc(struct smmu_device *smmu)
{
	int ret;

	ret = smmu_cmdq_alloc(smmu);
	if (ret)
		return ret;
	smmu_ecmdq_alloc(smmu);
	smmu_cmdqv_alloc(smmu);
	smmu_cmdq_combine_choose(smmu);
	ret = smmu_recordq_alloc(smmu);
	if (ret)
		goto free_cmdq;
	if (smmu_adopt(smmu))
		return 0;
	ret = smmu_strtab_alloc(smmu);
	if (ret)
		goto free_records;
	return 0;

free_records:
	smmu_recordq_free(smmu);
free_cmdq:
	smmu_cmdq_free_more(smmu);
	smmu_cmdq_free(smmu);
	return ret;
}

/*
 * Turn off translation and the queues. Drivers of devices go on unmapping after a shutdown. Their
 * posts then fail, which does no harm because the SMMU translates nothing any more.
 */
static void turn_off(struct smmu_device *smmu, bool quiesce)
{
	u32 stuck;

	/* on removal, while the SMMU is on; nobody posts any more */
	if (quiesce && !smmu_device_is_dead(smmu))
		smmu_cmdqv_disable(smmu, true);
	stuck = smmu_cr0_clear(smmu, CR0_SMMUEN);
	if (quiesce && !stuck && smmu->started && !smmu_device_is_dead(smmu))
		smmu_issue_quiesce(smmu);
	/* from here on nobody waits for the queue */
	smmu_shut_set_dead(smmu, CR0_SMMUEN & ~stuck);
	/* a queue that waits for a device is disabled when the device answers, and not sooner */
	if (!quiesce && smmu->started && !smmu_cmdq_is_idle(smmu)) {
		smmu_ecmdq_disable(smmu, false);
		smmu_cmdqv_disable(smmu, false);
		smmu_cr0_clear_begin(smmu, ~stuck);
		return;
	}
	smmu_ecmdq_disable(smmu, true);
	smmu_cmdqv_disable(smmu, true);
	stuck |= smmu_cr0_clear(smmu, ~stuck);
	if (stuck)
		dev_err(smmu->dev, "SMMU did not acknowledge the disable (CR0ACK 0x%x)\n", stuck);
	smmu_shut_set_dead(smmu, ~stuck);
}

int smmu_device_start(struct smmu_device *smmu, const struct smmu_wired *wired)
{
	int ret;

	if (smmu->strtab.adopted) {
		/* smmu_adopt() has stopped the queues, and the SMMU uses this driver's tables */
		ret = smmu_gerror_take_over(smmu);
		if (ret)
			goto disable;
	} else {
		if (smmu->was_enabled)
			dev_warn(smmu->dev, "SMMU was found enabled; its traffic aborts while it is reset\n");
		/* on error nothing is undone: the SMMU does not yet use memory of this driver */
		ret = smmu_reset_disable(smmu);
		if (ret)
			return ret;
	}
	ret = smmu_reset_prepare(smmu);
	if (ret)
		goto disable;
	/* after the registers of the queues are programmed, because a handler may run at once */
	ret = smmu_irq_setup(smmu, wired);
	if (ret)
		goto disable;
	/* an error that became active before interrupts were enabled has raised none */
	smmu_gerror_poll(smmu);
	ret = smmu_reset_enable(smmu);
	/*
	 * The GERROR handler may have begun to shut the SMMU before or while CR0 was written. An
	 * SMMU that is enabled but dead would translate without getting invalidations.
	 */
	if (!ret && smmu_shut_has_begun(smmu)) {
		dev_err(smmu->dev, "SMMU was shut while it was being enabled\n");
		ret = -EIO;
	}
	if (ret) {
		smmu_irq_teardown(smmu);
		goto disable;
	}
	smmu_cmdqv_irq_setup(smmu);
	smmu->started = true;
	return 0;

disable:
	turn_off(smmu, true);
	return ret;
}

void smmu_device_stop(struct smmu_device *smmu, bool quiesce)
{
	if (!smmu->started)
		return;
	/* before SMMUEN is cleared, so that nothing passes untranslated that was aborted before */
	if (smmu_gbpa_restore(smmu))
		dev_warn(smmu->dev, "GBPA does not change: DMA of devices behind this SMMU aborts\n");
	smmu_shut_for_good(smmu);
	turn_off(smmu, quiesce);
	smmu->started = false;
	smmu_cmdqv_irq_teardown(smmu);
	smmu_irq_teardown(smmu);
}

/* May an SMMU that was shut take commands again, with its registers as they are? */
static int ready(struct smmu_device *smmu)
{
	smmu_gerror_poll(smmu);
	/* pairs with WRITE_ONCE() in smmu_gerror_poll() */
	if (READ_ONCE(smmu->failed))
		return -ENODEV;
	/* registers of an SMMU that is gone read as all ones */
	if (smmu_reg_read(smmu->base, SMMU_GERROR) == U32_MAX)
		return -EBUSY;
	if (!smmu_device_is_off(smmu))
		return -EBUSY;
	/* its queues need not be idle: they begin anew, and may need SMMUEN to go on */
	smmu_cmdqv_disable(smmu, true);
	return smmu_cmdq_is_idle(smmu) ? 0 : -EBUSY;
}

int smmu_device_restart(struct smmu_device *smmu)
{
	int ret;

	if (!smmu_device_is_dead(smmu))
		return -EALREADY;
	ret = READ_ONCE(smmu->asleep) ? smmu_sleep_end(smmu) : ready(smmu);
	if (!ret)
		ret = smmu_shut_undo(smmu);
	if (ret)
		return ret;
	if (smmu_issue_flush_all(smmu)) {
		smmu_shut(smmu, "it has not come back");
		return -EBUSY;
	}
	/* no TLB holds a tag, and nothing that the SMMU has cached leads to memory of before */
	smmu_tag_give_back(&smmu->inst);
	smmu_shut_give_back(smmu);
	return 0;
}

int smmu_device_reenable(struct smmu_device *smmu)
{
	int ret = smmu_reset_enable(smmu);

	if (ret)
		smmu_shut(smmu, "it has not come back");
	return ret;
}

void smmu_device_free(struct smmu_device *smmu)
{
	smmu_resume_exit(smmu);
	smmu_strtab_free(smmu);
	smmu_recordq_free(smmu);
	smmu_cmdq_free_more(smmu);
	smmu_cmdq_free(smmu);
	smmu_shut_give_back(smmu);
	smmu_waits_free(smmu);
}
