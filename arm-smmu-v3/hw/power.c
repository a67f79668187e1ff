// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/mutex.h>

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
#include "hw/power.h"
#include "hw/recordq.h"
#include "hw/reset.h"
#include "hw/shut.h"

/* Pairs with READ_ONCE() in take_some(), smmu_gerror_poll() and write_msi() */
static void note_asleep(struct smmu_device *smmu, bool asleep)
{
	guard(mutex)(&smmu->evtq.lock);
	WRITE_ONCE(smmu->asleep, asleep);
}

/* End translation */
static void go_dead(struct smmu_device *smmu)
{
	u32 off;

	if (!smmu_shut_begin(smmu, &off)) {
		smmu_shut_settle(smmu);
		return;
	}
	if (off) {
		smmu_issue_quiesce(smmu);
		smmu_shut_end_quietly(smmu, off);
	} else {
		smmu_shut_end(smmu, 0, "it does not turn off before the machine sleeps");
	}
}

/* Turn the queues off; a command that waits for a device keeps CMDQEN from being acknowledged */
static void queues_off(struct smmu_device *smmu)
{
	u32 stuck;

	/* where GBPA does not say abort, SMMUEN is still 1, and stays so */
	if (!smmu_device_is_off(smmu))
		return;
	smmu_ecmdq_disable(smmu, true);
	smmu_cmdqv_disable(smmu, true);
	stuck = smmu_cr0_clear(smmu, U32_MAX);
	smmu_shut_set_dead(smmu, ~stuck);
	if (stuck)
		dev_notice(smmu->dev, "the SMMU goes to sleep with a queue that stands (CR0ACK 0x%x)\n",
			   stuck);
}

static void keep_gbpa(struct smmu_device *smmu)
{
	u32 gbpa = smmu_reg_read(smmu->base, SMMU_GBPA);

	/* an SMMU that did not come back from its last sleep has not its own GBPA */
	if (gbpa != U32_MAX && !smmu->asleep)
		smmu->gbpa = gbpa & ~GBPA_UPDATE;
}

void smmu_device_sleep(struct smmu_device *smmu)
{
	if (!smmu_device_is_dead(smmu))
		smmu_issue_drain(smmu);
	/* errors raise no interrupt any more */
	smmu_gerror_poll(smmu);
	go_dead(smmu);
	if (smmu_irq_mask(smmu))
		dev_notice(smmu->dev, "SMMU did not acknowledge the disable of interrupts (IRQ_CTRLACK)\n");
	queues_off(smmu);
	/* what it has recorded until then would be lost with its registers */
	smmu_evtq_drain(smmu);
	keep_gbpa(smmu);
	note_asleep(smmu, true);
	if (smmu_device_is_off(smmu))
		smmu_cmdq_forget(smmu);
}

void smmu_device_stay_on(struct smmu_device *smmu)
{
	keep_gbpa(smmu);
}

bool smmu_device_was_off(struct smmu_device *smmu)
{
	/* out of reset it is 0 (6.3.9) */
	if (smmu_reg_read(smmu->base, SMMU_CR0) & CR0_SMMUEN)
		return false;
	smmu_shut_set_dead(smmu, 0);
	note_asleep(smmu, true);
	return true;
}

int smmu_sleep_end(struct smmu_device *smmu)
{
	int ret;

	if (smmu_reg_read(smmu->base, SMMU_GERROR) == U32_MAX) {
		dev_err(smmu->dev, "registers read as all ones\n");
		return -EBUSY;
	}
	ret = smmu_reset_anew(smmu);
	if (ret)
		return ret;
	/* pairs with READ_ONCE() in smmu_device_restart(); a reset ends whatever it was */
	WRITE_ONCE(smmu->failed, false);
	note_asleep(smmu, false);
	return 0;
}
