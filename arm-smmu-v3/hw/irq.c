// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/device.h>
#include <linux/interrupt.h>

#include <compat/msi.h>
#include <smmuv3/regs.h>

#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/handshake.h"
#include "hw/irq.h"
#include "hw/mmio.h"
#include "hw/recordq.h"

enum msi_index { MSI_EVENT, MSI_GERROR, MSI_PRI };

static const u32 msi_cfg0[] = {
	[MSI_EVENT] = SMMU_EVENTQ_IRQ_CFG0,
	[MSI_GERROR] = SMMU_GERROR_IRQ_CFG0,
	[MSI_PRI] = SMMU_PRIQ_IRQ_CFG0,
};

/* With one line for everything, the handlers look at each source, because any may have raised it */
static irqreturn_t combined_hard(int irq, void *data)
{
	smmu_gerror_poll(data);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t combined_thread(int irq, void *data)
{
	smmu_evtq_thread(irq, data);
	smmu_priq_thread(irq, data);
	return IRQ_HANDLED;
}

#ifdef CONFIG_GENERIC_MSI_IRQ
static void program_msi(struct smmu_device *smmu, const struct msi_desc *desc)
{
	const struct msi_msg *msg = &desc->msg;
	u32 cfg0 = msi_cfg0[desc->msi_index];
	u64 addr = ((u64)msg->address_hi << 32) | msg->address_lo;

	smmu_reg_write64(smmu->base, cfg0, addr & IRQ_CFG0_ADDR);
	smmu_reg_write(smmu->base, cfg0 + IRQ_CFG1, msg->data);
	smmu_reg_write(smmu->base, cfg0 + IRQ_CFG2,
		       FIELD_PREP(IRQ_CFG2_MEMATTR, MEMATTR_DEVICE_NGNRE));
}

/* The last message is kept for rewrite_msis(), because the MSI core does not keep it */
static void write_msi(struct msi_desc *desc, struct msi_msg *msg)
{
	struct smmu_device *smmu = dev_get_drvdata(msi_desc_to_dev(desc));

	desc->msg = *msg;
	/* a CPU that goes offline before the machine sleeps gives its interrupts to another one */
	if (!READ_ONCE(smmu->asleep))
		program_msi(smmu, desc);
}

static bool setup_msis(struct smmu_device *smmu)
{
	bool pri = smmu_has(smmu, SMMU_FEAT_PRI);
	int ret;

	if (!smmu_has(smmu, SMMU_FEAT_MSI) || !smmu->dev->msi.domain)
		return false;
	ret = platform_device_msi_init_and_alloc_irqs(smmu->dev, pri ? 3 : 2, write_msi);
	if (ret) {
		dev_warn(smmu->dev, "no MSIs (%d), using wired interrupts\n", ret);
		return false;
	}
	smmu->evtq.irq = msi_get_virq(smmu->dev, MSI_EVENT);
	smmu->irq_gerror = msi_get_virq(smmu->dev, MSI_GERROR);
	smmu->priq.irq = pri ? msi_get_virq(smmu->dev, MSI_PRI) : 0;
	return true;
}

static void free_msis(struct smmu_device *smmu)
{
	platform_device_msi_free_irqs_all(smmu->dev);
}

static void rewrite_msis(struct smmu_device *smmu)
{
	struct msi_desc *desc;

	guard(msi_descs_lock)(smmu->dev);
	msi_for_each_desc(desc, smmu->dev, MSI_DESC_ASSOCIATED)
		program_msi(smmu, desc);
}
#else
static bool setup_msis(struct smmu_device *smmu)
{
	return false;
}

static void free_msis(struct smmu_device *smmu)
{
}

static void rewrite_msis(struct smmu_device *smmu)
{
}
#endif

/*
 * Turn all MSIs off with an address of 0 (6.3.21). The registers are UNKNOWN after reset, or hold
 * what the kernel before has written. They are cleared also where this driver uses no MSIs or no
 * PRI, so this function looks at IDR0 and not at the features.
 */
static void clear_msis(struct smmu_device *smmu)
{
	u32 idr0 = smmu_reg_read(smmu->base, SMMU_IDR0);
	unsigned int i;

	if (!(idr0 & IDR0_MSI))
		return;
	for (i = 0; i < ARRAY_SIZE(msi_cfg0); i++)
		if (i != MSI_PRI || idr0 & IDR0_PRI)
			smmu_reg_write64(smmu->base, msi_cfg0[i], 0);
}

/* Request one interrupt; where that fails, *@irq becomes 0, as if there were no interrupt */
static void request_line(struct smmu_device *smmu, int *irq, irq_handler_t hard,
			 irq_handler_t thread, const char *name)
{
	int ret;

	if (!*irq) {
		dev_warn(smmu->dev, "no %s interrupt\n", name);
		return;
	}
	/*
	 * ONESHOT masks the line until the thread has run. Edges are latched meanwhile, and a level
	 * that stays active must not interrupt again and again.
	 */
	ret = request_threaded_irq(*irq, hard, thread, thread ? IRQF_ONESHOT : 0, name, smmu);
	if (ret) {
		dev_warn(smmu->dev, "cannot request the %s interrupt %d (%d)\n", name, *irq, ret);
		*irq = 0;
	}
}

int smmu_irq_mask(struct smmu_device *smmu)
{
	return smmu_reg_write_ack(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, 0);
}

int smmu_irq_unmask(struct smmu_device *smmu)
{
	u32 enable = IRQ_CTRL_GERROR;

	if (smmu->evtq.mem.virt)
		enable |= IRQ_CTRL_EVENTQ;
	if (smmu->priq.mem.virt)
		enable |= IRQ_CTRL_PRIQ;
	return smmu_reg_write_ack(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, enable);
}

int smmu_irq_anew(struct smmu_device *smmu)
{
	int ret = smmu_irq_mask(smmu);

	if (ret)
		return ret;
	clear_msis(smmu);
	if (smmu->msi)
		rewrite_msis(smmu);
	return 0;
}

int smmu_irq_setup(struct smmu_device *smmu, const struct smmu_wired *wired)
{
	int ret;

	ret = smmu_irq_mask(smmu);
	if (ret) {
		dev_err(smmu->dev, "SMMU did not acknowledge the disable of interrupts (IRQ_CTRLACK)\n");
		return ret;
	}
	clear_msis(smmu);

	/* where firmware names one line for everything, the driver uses it and no MSIs */
	smmu->irq_combined = wired->combined;
	smmu->msi = !smmu->irq_combined && setup_msis(smmu);
	if (!smmu->msi) {
		smmu->evtq.irq = wired->event;
		smmu->priq.irq = wired->pri;
		smmu->irq_gerror = wired->gerror;
	}

	if (smmu->irq_combined) {
		request_line(smmu, &smmu->irq_combined, combined_hard, combined_thread,
			     "arm-smmu-v3-combined");
	} else {
		if (smmu->evtq.mem.virt)
			request_line(smmu, &smmu->evtq.irq, NULL, smmu_evtq_thread,
				     "arm-smmu-v3-evtq");
		request_line(smmu, &smmu->irq_gerror, smmu_gerror_irq, NULL,
			     "arm-smmu-v3-gerror");
		if (smmu->priq.mem.virt)
			request_line(smmu, &smmu->priq.irq, NULL, smmu_priq_thread,
				     "arm-smmu-v3-priq");
	}

	ret = smmu_irq_unmask(smmu);
	if (ret) {
		dev_err(smmu->dev, "SMMU did not acknowledge the enable of interrupts (IRQ_CTRLACK)\n");
		smmu_irq_teardown(smmu);
	}
	return ret;
}

static void free_line(struct smmu_device *smmu, int *irq)
{
	if (*irq)
		free_irq(*irq, smmu);
	*irq = 0;
}

void smmu_irq_teardown(struct smmu_device *smmu)
{
	smmu_irq_mask(smmu);
	if (smmu->irq_combined) {
		free_line(smmu, &smmu->irq_combined);
	} else {
		if (smmu->evtq.mem.virt)
			free_line(smmu, &smmu->evtq.irq);
		free_line(smmu, &smmu->irq_gerror);
		if (smmu->priq.mem.virt)
			free_line(smmu, &smmu->priq.irq);
	}
	if (smmu->msi) {
		clear_msis(smmu);
		free_msis(smmu);
		smmu->msi = false;
	}
}
