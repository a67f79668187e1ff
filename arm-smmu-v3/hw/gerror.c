// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>

#include <smmuv3/regs.h>

#include "hw/cmdq_error.h"
#include "hw/cmdq_pos.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/mmio.h"
#include "hw/shut.h"

static const struct {
	u32 bit;
	const char *text;
} gerror_text[] = {
	{ GERROR_CMDQ_ERR, "command queue error" },
	{ GERROR_EVENTQ_ABT_ERR, "event queue write aborted, events are lost" },
	{ GERROR_PRIQ_ABT_ERR, "PRI queue write aborted, page requests are lost" },
	{ GERROR_MSI_CMDQ_ABT_ERR, "CMD_SYNC MSI write aborted" },
	{ GERROR_MSI_EVENTQ_ABT_ERR, "event queue MSI write aborted" },
	{ GERROR_MSI_PRIQ_ABT_ERR, "PRI queue MSI write aborted" },
	{ GERROR_MSI_GERROR_ABT_ERR, "GERROR MSI write aborted" },
	{ GERROR_SFM_ERR, "service failure mode entered" },
};

static void log_gerrors(struct smmu_device *smmu, u32 active)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gerror_text); i++)
		if (active & gerror_text[i].bit)
			dev_err_ratelimited(smmu->dev, "GERROR: %s\n", gerror_text[i].text);
}

int smmu_gerror_take_over(struct smmu_device *smmu)
{
	u32 gerror, gerrorn, active;
	unsigned long flags;

	raw_spin_lock_irqsave(&smmu->gerror_lock, flags);
	gerror = smmu_reg_read(smmu->base, SMMU_GERROR);
	gerrorn = smmu_reg_read(smmu->base, SMMU_GERRORN);
	active = (gerror ^ gerrorn) & GERROR_ALL;
	/* an acknowledge does not end service failure mode (6.3.19) */
	if (active && !(active & GERROR_SFM_ERR))
		smmu_reg_write(smmu->base, SMMU_GERRORN, gerrorn ^ active);
	raw_spin_unlock_irqrestore(&smmu->gerror_lock, flags);

	if (active & GERROR_SFM_ERR) {
		dev_err(smmu->dev, "SMMU was found in service failure mode; only a system reset ends it\n");
		return -EIO;
	}
	if (active)
		dev_warn(smmu->dev, "SMMU was found with errors active (GERROR 0x%x), acknowledged\n",
			 active);
	return 0;
}

/* The error does not say of which queue the MSI was */
static void retire_words(struct smmu_device *smmu)
{
	u32 i;

	for (i = 0; i < smmu_cmdqs(smmu); i++)
		smmu_cmdq_retire_word(smmu_cmdq_at(smmu, i), "one was aborted");
}

bool smmu_gerror_poll(struct smmu_device *smmu)
{
	u32 gerror, gerrorn, active;
	const char *lost = NULL;
	unsigned long flags;

	/* pairs with WRITE_ONCE() in power.c */
	if (READ_ONCE(smmu->asleep))
		return false;
	/* Pollers call this often and hardly ever find an error, so the first look takes no lock */
	gerror = smmu_reg_read(smmu->base, SMMU_GERROR);
	if (!((gerror ^ smmu_reg_read(smmu->base, SMMU_GERRORN)) & GERROR_ALL) &&
	    gerror != U32_MAX)
		return false;

	/*
	 * The handler and any number of pollers may see the same error at once. Under the lock
	 * only the first of them acknowledges it, because a second acknowledge would make the error
	 * active again.
	 */
	raw_spin_lock_irqsave(&smmu->gerror_lock, flags);
	gerror = smmu_reg_read(smmu->base, SMMU_GERROR);
	gerrorn = smmu_reg_read(smmu->base, SMMU_GERRORN);
	active = (gerror ^ gerrorn) & GERROR_ALL;
	/* reserved bits read as 0, so all ones means that the SMMU has gone */
	if (gerror == U32_MAX) {
		lost = "registers read as all ones";
		goto unlock;
	}
	if (!active)
		goto unlock;

	atomic_inc(&smmu->gerrors);
	log_gerrors(smmu, active & ~(GERROR_CMDQ_ERR | GERROR_CMDQP_ERR));
	if (active & GERROR_SFM_ERR)
		lost = "service failure mode";
	else if ((active & GERROR_CMDQ_ERR) && !smmu_cmdq_error(smmu_main_cmdq(smmu)))
		lost = "the command queue cannot go on";
	/* pairs with READ_ONCE() in smmu_device_restart() */
	WRITE_ONCE(smmu->failed, smmu->failed || lost);
	if (active & GERROR_MSI_CMDQ_ABT_ERR)
		retire_words(smmu);
	smmu_reg_write_ordered(smmu->base, SMMU_GERRORN, gerrorn ^ active);
	if (active & GERROR_CMDQP_ERR)
		smmu_cmdq_set_errors(smmu);
unlock:
	raw_spin_unlock_irqrestore(&smmu->gerror_lock, flags);

	if (lost)
		smmu_shut(smmu, lost);
	return active;
}

irqreturn_t smmu_gerror_irq(int irq, void *data)
{
	return smmu_gerror_poll(data) ? IRQ_HANDLED : IRQ_NONE;
}
