// SPDX-License-Identifier: GPL-2.0-only
/* Putting one SMMU together and taking it apart; each step has its undo. */
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>

#include <smmuv3/regs.h>

#include "hw/control.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/irq.h"
#include "hw/issue.h"

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

/* @off: fields of CR0 that are acknowledged as 0. Return: we were the first */
static bool set_dead(struct smmu_device *smmu, u32 off)
{
	unsigned long flags;
	bool first;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	first = !smmu->dead;
	/* pairs with READ_ONCE() in smmu_device_uses() */
	WRITE_ONCE(smmu->on, smmu->on & ~off);
	/*
	 * The acknowledges before it: who reads "dead" takes an invalidation that was not
	 * confirmed for done. Pairs with the loads in smmu_device_is_dead() and
	 * smmu_device_uses().
	 */
	smp_store_release(&smmu->dead, true);
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return first;
}

/*
 * All of it. At shutdown drivers go on unmapping: the queue takes nothing any more, and nothing
 * is translated.
 */
static void turn_off(struct smmu_device *smmu)
{
	u32 stuck = smmu_ctrl_clear(smmu, CR0_SMMUEN);

	if (!stuck && smmu->started && !smmu_device_is_dead(smmu))
		smmu_issue_settle(smmu);
	stuck |= smmu_ctrl_clear(smmu, ~stuck);
	if (stuck)
		dev_err(smmu->dev, "does not disable (CR0ACK 0x%x)\n", stuck);
	set_dead(smmu, ~stuck);
}

/*
 * The GERROR handler may have begun to shut the SMMU before or while CR0 was written to enable
 * it. On, but dead, it would translate while nobody invalidates.
 */
static bool shut_meanwhile(struct smmu_device *smmu)
{
	unsigned long flags;
	bool shutting;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	shutting = smmu->shutting;
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return shutting;
}

int smmu_device_start(struct smmu_device *smmu, const struct smmu_wired *wired)
{
	int ret;

	if (smmu->was_enabled)
		dev_warn(smmu->dev, "found enabled; aborting its traffic while it is reset\n");
	/* it has not been led to anything of ours yet */
	ret = smmu_ctrl_disable(smmu);
	if (ret)
		return ret;
	ret = smmu_ctrl_prepare(smmu);
	if (ret)
		goto disable;
	/* after the queues have their registers: a handler may run at once */
	ret = smmu_irq_setup(smmu, wired);
	if (ret)
		goto disable;
	/* an error from before the interrupts were enabled has raised none */
	smmu_gerror_poll(smmu);
	ret = smmu_ctrl_enable(smmu);
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
	turn_off(smmu);
	smmu->started = false;
	smmu_irq_teardown(smmu);
}

void smmu_device_free(struct smmu_device *smmu)
{
	smmu_strtab_free(smmu);
	smmu_recordq_free(smmu);
	smmu_cmdq_free(smmu);
}

static void give_back(struct smmu_device *smmu, bool in_use, size_t bytes, void *virt,
		      dma_addr_t dma)
{
	if (!in_use) {
		dma_free_coherent(smmu->dev, bytes, virt, dma);
		return;
	}
	atomic_inc(&smmu->withheld);
	dev_alert_ratelimited(smmu->dev, "%zu bytes withheld, it may still use them\n", bytes);
}

void smmu_device_free_dma(struct smmu_device *smmu, size_t bytes, void *virt, dma_addr_t dma)
{
	give_back(smmu, smmu_device_is_adrift(smmu), bytes, virt, dma);
}

void smmu_device_free_queue(struct smmu_device *smmu, u32 enable, size_t bytes, void *virt,
			    dma_addr_t dma)
{
	give_back(smmu, smmu_device_uses(smmu, enable), bytes, virt, dma);
}

bool smmu_device_shut_begin(struct smmu_device *smmu, u32 *off)
{
	unsigned long flags;
	int ret;

	if (smmu_device_is_dead(smmu))
		return false;
	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	smmu->shutting = true;
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	/*
	 * Without it SMMUEN = 0 would send everything on to physical addresses: stale
	 * translations are less harm.
	 */
	ret = smmu_gbpa_abort(smmu);
	/* the queues stay as they are: CMDQEN's acknowledge may never come */
	*off = ret ? 0 : CR0_SMMUEN & ~smmu_ctrl_clear(smmu, CR0_SMMUEN);
	return true;
}

void smmu_device_shut_end(struct smmu_device *smmu, u32 off, const char *why)
{
	if (!set_dead(smmu, off))
		return;
	dev_alert(smmu->dev, "SHUT: %s. All DMA through it %s; other SMMUs go on.\n", why,
		  off ? "aborts" : "should abort, but the SMMU does not confirm it");
	smmu->ops->lost(smmu);
}

void smmu_device_shut(struct smmu_device *smmu, const char *why)
{
	u32 off;

	if (smmu_device_shut_begin(smmu, &off))
		smmu_device_shut_end(smmu, off, why);
}
