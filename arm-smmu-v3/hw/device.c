// SPDX-License-Identifier: GPL-2.0-only
/* Putting one SMMU together and taking it apart; each step has its undo. */
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>

#include <smmuv3/regs.h>

#include "hw/control.h"
#include "hw/device.h"
#include "hw/irq.h"

int smmu_device_alloc(struct smmu_device *smmu)
{
	int ret;

	ret = smmu_cmdq_alloc(smmu, smmu->tuning.combine);
	if (ret)
		return ret;
	ret = smmu_recordq_alloc(smmu);
	if (ret)
		goto free_cmdq;
	ret = smmu_strtab_alloc(smmu);
	if (ret)
		goto free_records;
	return 0;

free_records:
	smmu_recordq_free(smmu);
free_cmdq:
	smmu_cmdq_free(smmu);
	return ret;
}

static void turn_off(struct smmu_device *smmu)
{
	smmu->off = !smmu_ctrl_write(smmu, SMMU_CR0, SMMU_CR0ACK, 0);
	if (!smmu->off)
		dev_err(smmu->dev, "does not disable (CR0ACK)\n");
	/*
	 * At shutdown drivers go on unmapping: the queue takes nothing any more, and nothing
	 * is translated. Also keeps smmu_device_shut() from touching GBPA.
	 * Pairs with the loads in smmu_device_is_dead(), _is_off() and _is_adrift().
	 */
	smp_store_release(&smmu->dead, true);
}

/*
 * The GERROR handler may have shut the SMMU before or while CR0 was written to enable it. On,
 * but dead, it would translate while nobody invalidates.
 */
static bool shut_meanwhile(struct smmu_device *smmu)
{
	unsigned long flags;
	bool dead;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	dead = smmu->dead;
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return dead;
}

int smmu_device_start(struct smmu_device *smmu, const struct smmu_wired *wired, bool kdump)
{
	int ret;

	if (smmu->was_enabled)
		dev_warn(smmu->dev, "found enabled; aborting its traffic while it is reset\n");
	ret = smmu_ctrl_disable(smmu);
	if (ret) {
		dev_err(smmu->dev, "does not disable (%pe)\n", ERR_PTR(ret));
		return ret;
	}
	ret = smmu_ctrl_prepare(smmu);
	if (ret)
		goto disable;
	/* after the queues have their registers: a handler may run at once */
	ret = smmu_irq_setup(smmu, wired);
	if (ret)
		goto disable;
	ret = smmu_ctrl_enable(smmu, !kdump);
	if (!ret && shut_meanwhile(smmu)) {
		dev_err(smmu->dev, "was shut while it was being enabled\n");
		ret = -EIO;
	}
	if (ret) {
		smmu_irq_teardown(smmu);
		goto disable;
	}
	smmu->started = true;
	return 0;

disable:
	turn_off(smmu);
	return ret;
}

void smmu_device_stop(struct smmu_device *smmu)
{
	if (!smmu->started)
		return;
	smmu->started = false;
	turn_off(smmu);
	smmu_irq_teardown(smmu);
}

void smmu_device_free(struct smmu_device *smmu)
{
	smmu_strtab_free(smmu);
	smmu_recordq_free(smmu);
	smmu_cmdq_free(smmu);
}

void smmu_device_free_dma(struct smmu_device *smmu, size_t bytes, void *virt, dma_addr_t dma)
{
	if (!smmu_device_is_adrift(smmu))
		dma_free_coherent(smmu->dev, bytes, virt, dma);
	else
		dev_alert_ratelimited(smmu->dev, "%zu bytes withheld, it may still use them\n",
				      bytes);
}

void smmu_device_shut(struct smmu_device *smmu, const char *why)
{
	int gbpa = 0, cr0 = 0;
	unsigned long flags;
	bool first;

	/*
	 * Whoever reads "dead" takes an invalidation that was not confirmed for done, so it
	 * becomes true only when the SMMU is off, and who comes second waits for that.
	 * Interrupts off: a handler on this CPU may come here, too.
	 */
	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	first = !smmu->dead;
	if (first) {
		gbpa = smmu_gbpa_abort(smmu);
		/* the queues stay readable; the event queue is of no more use */
		cr0 = smmu_ctrl_write(smmu, SMMU_CR0, SMMU_CR0ACK, 0);
		smmu->off = !gbpa && !cr0;
		/* the acknowledge before it; pairs as in turn_off() */
		smp_store_release(&smmu->dead, true);
	}
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	if (!first)
		return;
	dev_alert(smmu->dev, "SHUT: %s. All DMA through it %s; other SMMUs go on.\n", why,
		  gbpa || cr0 ? "should abort, but the SMMU does not confirm it" : "aborts");
	smmu->ops->lost(smmu);
}
