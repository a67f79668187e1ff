// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/ktime.h>

#include <kunit/visibility.h>

#include <smmuv3/raw_stub.h>
#include <smmuv3/regs.h>

#include "hw/device.h"
#include "hw/handshake.h"
#include "hw/mmio.h"

/* Tests replace this function, so that time passes faster */
VISIBLE_IF_KUNIT noinline ktime_t smmu_handshake_clock(struct smmu_device *smmu)
{
	typeof(smmu_handshake_clock) *stub = smmu_raw_stub(smmu_handshake_clock);

	return stub ? stub(smmu) : ktime_get();
}

/*
 * Shall a polling loop look once more? The last look always comes after the time is over, because
 * the CPU may have been away for long.
 */
static bool poll_again(struct smmu_device *smmu, ktime_t *until)
{
	ktime_t now = smmu_handshake_clock(smmu);

	if (!*until)
		*until = ktime_add_us(now, SMMU_REG_TIMEOUT_US);
	else if (*until == KTIME_MAX)
		return false;
	if (ktime_after(now, *until))
		*until = KTIME_MAX;
	udelay(1);
	return true;
}

int smmu_reg_await(struct smmu_device *smmu, void __iomem *page, u32 off, u32 mask, u32 val)
{
	ktime_t until = 0;

	do {
		if ((smmu_reg_read(page, off) & mask) == val)
			return 0;
	} while (poll_again(smmu, &until));
	return -ETIMEDOUT;
}

static int wait_for_ack(struct smmu_device *smmu, u32 ack, u32 val)
{
	return smmu_reg_await(smmu, smmu->base, ack, U32_MAX, val);
}

int smmu_reg_write_ack(struct smmu_device *smmu, u32 reg, u32 ack, u32 val)
{
	smmu_reg_write(smmu->base, reg, val);
	return wait_for_ack(smmu, ack, val);
}

/* Set or clear GBPA.ABORT. An SMMU that is being shut keeps it set. */
static int change_abort(struct smmu_device *smmu, u32 abort)
{
	unsigned long flags;
	ktime_t until = 0;
	bool shutting;
	u32 gbpa;

	do {
		raw_spin_lock_irqsave(&smmu->shut_lock, flags);
		shutting = smmu->shutting;
		gbpa = smmu_reg_read(smmu->base, SMMU_GBPA);
		/* UPDATE reads as 1 while a write to GBPA, perhaps this one, is not complete */
		if ((abort || !shutting) &&
		    (gbpa & (GBPA_UPDATE | GBPA_ABORT)) == (abort ^ GBPA_ABORT)) {
			smmu_reg_write(smmu->base, SMMU_GBPA, (gbpa ^ GBPA_ABORT) | GBPA_UPDATE);
			WRITE_ONCE(smmu->gbpa_changed, true);
		}
		raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
		if ((gbpa & (GBPA_UPDATE | GBPA_ABORT)) == abort || (!abort && shutting))
			return 0;
		if (gbpa == U32_MAX)
			return -ENODEV;
	} while (poll_again(smmu, &until));
	return -ETIMEDOUT;
}

int smmu_gbpa_abort(struct smmu_device *smmu)
{
	return change_abort(smmu, GBPA_ABORT);
}

int smmu_gbpa_anew(struct smmu_device *smmu, u32 gbpa)
{
	bool written = false;
	unsigned long flags;
	ktime_t until = 0;
	u32 now;

	do {
		raw_spin_lock_irqsave(&smmu->shut_lock, flags);
		now = smmu_reg_read(smmu->base, SMMU_GBPA);
		/* as in change_abort() */
		if (!written && !(now & GBPA_UPDATE)) {
			smmu_reg_write(smmu->base, SMMU_GBPA, gbpa | GBPA_ABORT | GBPA_UPDATE);
			written = true;
			now |= GBPA_UPDATE;
			if (!(gbpa & GBPA_ABORT))
				/* pairs with READ_ONCE() in smmu_gbpa_restore() */
				WRITE_ONCE(smmu->gbpa_changed, true);
		}
		raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
		if ((now & (GBPA_UPDATE | GBPA_ABORT)) == GBPA_ABORT)
			return 0;
		if (now == U32_MAX)
			return -ENODEV;
	} while (poll_again(smmu, &until));
	return -ETIMEDOUT;
}

int smmu_gbpa_restore(struct smmu_device *smmu)
{
	return READ_ONCE(smmu->gbpa_changed) ? change_abort(smmu, 0) : 0;
}

int smmu_cr0_set(struct smmu_device *smmu, u32 cr0)
{
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	/* a CPU that shuts the SMMU may have cleared CR0 already: nothing would clear it again */
	if (smmu->shutting)
		ret = -EIO;
	else
		/* write CR0 after the queues and tables that the SMMU reads from then on */
		smmu_reg_write_ordered(smmu->base, SMMU_CR0, cr0);
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return ret ?: wait_for_ack(smmu, SMMU_CR0ACK, cr0);
}

int smmu_cr0_only_queue(struct smmu_device *smmu)
{
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	/* whoever stops the SMMU has cleared CR0, and nobody clears it again */
	if (smmu->for_good)
		ret = -ENODEV;
	else
		smmu_reg_write(smmu->base, SMMU_CR0, CR0_CMDQEN);
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return ret ?: wait_for_ack(smmu, SMMU_CR0ACK, CR0_CMDQEN);
}

u32 smmu_cr0_clear_begin(struct smmu_device *smmu, u32 bits)
{
	unsigned long flags;
	u32 cr0, ack;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	cr0 = smmu_reg_read(smmu->base, SMMU_CR0);
	ack = smmu_reg_read(smmu->base, SMMU_CR0ACK);
	/* a field is cleared only after the SMMU has acknowledged it as 1 (6.3.9) */
	if (cr0 & ack & bits && cr0 != U32_MAX)
		smmu_reg_write(smmu->base, SMMU_CR0, cr0 & ~(ack & bits));
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return (cr0 | ack) & bits;
}

u32 smmu_cr0_clear(struct smmu_device *smmu, u32 bits)
{
	ktime_t until = 0;
	u32 stuck;

	do
		stuck = smmu_cr0_clear_begin(smmu, bits);
	while (stuck && smmu_reg_read(smmu->base, SMMU_CR0) != U32_MAX && poll_again(smmu, &until));
	return stuck;
}
