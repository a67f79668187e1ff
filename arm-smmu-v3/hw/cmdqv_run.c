// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/math.h>

#include <smmuv3/cmdqv.h>

#include "hw/cmdq.h"
#include "hw/cmdq_set.h"
#include "hw/cmdqv.h"
#include "hw/cmdqv_en.h"
#include "hw/cmdqv_run.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/mmio.h"
#include "hw/shut.h"
#include "hw/vintf.h"

#define EN		SMMU_CMDQV_ON
#define VINTF0		CMDQV_VINTF(0)

/* reg_cons and reg_base of a queue are where its pages begin */
static_assert(!VCMDQ_CONS && !VCMDQ_BASE);

static void set_out(struct smmu_cmdq *q, bool out)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	/* pairs with READ_ONCE() in smmu_cmdq_choose() and smmu_cmdq_relax() */
	WRITE_ONCE(q->out, out);
	raw_spin_unlock_irqrestore(&q->lock, flags);
}

static void all_out(struct smmu_device *smmu)
{
	u32 l;

	smmu_vintf_all_down(smmu);
	smmu_cmdq_set_use(smmu, false);
	for (l = 0; l < smmu->more.nr; l++)
		set_out(&smmu->more.q[l], true);
}

/* So that nothing goes on with old queues when the companion, which is on, is enabled again */
static void vintfs_begin_off(struct smmu_device *smmu, u32 first)
{
	u32 v, config;

	for (v = first; v < smmu->cmdqv.layout.vintfs; v++) {
		config = CMDQV_VINTF(v) + VINTF_CONFIG;
		if (smmu_reg_read(smmu->cmdqv.base, config) & EN)
			smmu_reg_write(smmu->cmdqv.base, config,
				       smmu_cmdqv_config_off(smmu, config));
	}
}

void smmu_cmdqv_stop(struct smmu_device *smmu)
{
	struct smmu_cmdqv *c = &smmu->cmdqv;
	u32 l;

	/* they are in use yet where the SMMU was put to sleep although it did not turn off */
	if (smmu_cmdqv_is_used(smmu))
		all_out(smmu);
	if (!c->base || smmu_cmdqv_is_gone(smmu))
		return;
	if (smmu_reg_read(c->base, CMDQV_CONFIG) & EN)
		vintfs_begin_off(smmu, 0);
	c->stuck = !smmu_cmdqv_turn_off(smmu, CMDQV_CONFIG, CMDQV_STATUS);
	if (c->stuck)
		dev_warn(smmu->dev, "CMDQ-V is not used, because it does not stop\n");
	if (smmu_cmdqv_is_used(smmu))
		for (l = 0; l < smmu->more.nr; l++)
			smmu->more.q[l].mem.busy &= c->stuck;
}

/* Only a queue that is allocated can be reached through its VINTF's pages */
static bool is_allocated(struct smmu_device *smmu, u32 l)
{
	return smmu_reg_read(smmu->cmdqv.base, CMDQV_CMDQ_ALLOC(l)) & CMDQ_ALLOC_ALLOCATED;
}

/*
 * Every queue is assigned to its VINTF, and none is allocated. Those of guests are told to stop, as
 * their memory may be another's.
 */
static void assign_queues(struct smmu_device *smmu)
{
	const struct smmu_cmdqv *c = &smmu->cmdqv;
	u32 i;

	/* in descending order, as a VINTF that was not confirmed off may have some of them yet */
	for (i = c->layout.queues; i--;)
		smmu_cmdqv_assign(smmu, i / c->layout.each, i % c->layout.each, false);
	for (i = c->layout.each; i < c->layout.queues; i++)
		smmu_reg_write(c->base, CMDQV_QUEUE_PAGE0(i) + VCMDQ_CONFIG, 0);
}

static void forget_sids(struct smmu_device *smmu)
{
	u32 s;

	for (s = 0; s < smmu->cmdqv.layout.sids; s++) {
		smmu_reg_write(smmu->cmdqv.base, VINTF0 + VINTF_SID_MATCH(s), 0);
		smmu_reg_write(smmu->cmdqv.base, VINTF0 + VINTF_SID_REPLACE(s), 0);
	}
}

/* Disable a queue. Without @wait, look once. Return: false when it is not off */
static bool queue_off(struct smmu_cmdq *q, bool wait)
{
	smmu_reg_write(q->reg_cons, VCMDQ_CONFIG, 0);
	if (wait)
		return !smmu_cmdqv_confirm(q->smmu, q->reg_cons + VCMDQ_STATUS, false);
	return !(smmu_reg_read(q->reg_cons, VCMDQ_STATUS) & EN);
}

/*
 * The queue begins at index 0. Positions go on: the next one that has this index, so that nobody
 * who waits for an old position waits for ever.
 */
static void begin_at_zero(struct smmu_cmdq *q)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	/* pairs with smp_load_acquire() in smmu_cmdq_posted(); there is no slot to be seen */
	WRITE_ONCE(q->prod, round_up(q->prod, 2ULL << q->mem.log2));
	raw_spin_unlock_irqrestore(&q->lock, flags);
	smmu_cmdq_start_anew(q);
}

static int queue_on(struct smmu_cmdq *q)
{
	begin_at_zero(q);
	smmu_reg_write64(q->reg_base, VCMDQ_BASE, (q->mem.dma & VCMDQ_BASE_ADDR) |
			 FIELD_PREP(VCMDQ_BASE_LOG2SIZE, q->mem.log2));
	q->mem.busy = true;
	smmu_reg_write_ordered(q->reg_cons, VCMDQ_CONFIG, EN);
	if (smmu_cmdqv_confirm(q->smmu, q->reg_cons + VCMDQ_STATUS, true))
		return -ETIMEDOUT;
	set_out(q, false);
	return 0;
}

/* Bring VINTF 0 up, without queues. Return: NULL, or why not */
static const char *vintf_on(struct smmu_device *smmu)
{
	const u32 config = VINTF0 + VINTF_CONFIG, status = VINTF0 + VINTF_STATUS;
	/* VMID 0; whether this kernel owns the hypervisor, hardware says */
	const u32 ours = VINTF_HYP_OWN;

	if (!smmu_cmdqv_vintf_off(smmu, 0))
		return "its interface does not stop";
	forget_sids(smmu);
	smmu_reg_write(smmu->cmdqv.base, config, ours);
	if (smmu_cmdqv_set_en(smmu, config, status, ours | EN))
		return "its interface does not start";
	smmu->more.few = !(smmu_reg_read(smmu->cmdqv.base, config) & VINTF_HYP_OWN);
	return NULL;
}

/* Allocate the queues, in ascending order, and have them off and clear */
static void queues_clear(struct smmu_device *smmu)
{
	bool wait = true;
	u32 l;

	for (l = 0; l < smmu->more.nr; l++) {
		struct smmu_cmdq *q = &smmu->more.q[l];

		smmu_cmdqv_assign(smmu, 0, l, true);
		/* where one does not acknowledge it, the others get no time for it */
		q->mem.busy = !queue_off(q, wait);
		if (q->mem.busy)
			wait = false;
		else
			smmu_cmdqv_clear(q->reg_cons, q->reg_base);
	}
}

/* Return: number of queues that are on */
static u32 queues_on(struct smmu_device *smmu)
{
	u32 l, n = 0;

	for (l = 0; l < smmu->more.nr; l++) {
		struct smmu_cmdq *q = &smmu->more.q[l];

		if (!q->mem.busy && !queue_on(q))
			n++;
		else
			dev_warn(smmu->dev, "command queue %u cannot be enabled; other queues take its commands\n",
				 q->nr);
	}
	return n;
}

/* Return: NULL, or why it cannot be used */
static const char *bring_up(struct smmu_device *smmu)
{
	u32 config = smmu_cmdqv_config_off(smmu, CMDQV_CONFIG);
	const char *why;

	if (smmu->cmdqv.stuck || smmu_cmdqv_set_en(smmu, CMDQV_CONFIG, CMDQV_STATUS, config))
		return "it does not stop";
	/* all that was withheld while a VINTF or a queue of a guest was not confirmed off */
	smmu_vintf_let_go(smmu);
	smmu->cmdqv.on = true;
	if (smmu_cmdqv_set_en(smmu, CMDQV_CONFIG, CMDQV_STATUS, config | EN))
		return "it does not start";
	assign_queues(smmu);
	why = vintf_on(smmu);
	if (why)
		return why;
	queues_clear(smmu);
	/*
	 * An ATC_INV that whoever had a queue before has left without a CMD_SYNC, and that a device
	 * does not answer, would be an error of the next CMD_SYNC on that queue. A CMD_SYNC on the
	 * SMMU's own queue ends that.
	 */
	if (smmu_issue_drain(smmu))
		return "the SMMU's own queue does not confirm a CMD_SYNC";
	return queues_on(smmu) ? NULL : "no queue starts";
}

void smmu_cmdqv_enable(struct smmu_device *smmu)
{
	const char *why;

	if (!smmu_cmdqv_is_used(smmu))
		return;
	why = smmu_cmdqv_is_gone(smmu) ? "its registers read as all ones" : bring_up(smmu);
	if (!why) {
		smmu_cmdq_set_use(smmu, true);
	} else {
		dev_warn(smmu->dev, "CMDQ-V is not used, because %s\n", why);
		smmu_cmdqv_disable(smmu, true);
	}
	smmu_vintf_all_back(smmu, !why);
}

/* Stop the queues one by one, in descending order, then the VINTF. Return: false when it is on */
static bool vintf_off(struct smmu_device *smmu)
{
	bool stands = false, off;
	u32 l;

	for (l = smmu->more.nr; l--;) {
		struct smmu_cmdq *q = &smmu->more.q[l];

		if (!is_allocated(smmu, l))
			continue;
		if (!stands && queue_off(q, true)) {
			q->mem.busy = false;
			smmu_cmdqv_clear(q->reg_cons, q->reg_base);
			smmu_cmdqv_assign(smmu, 0, l, false);
		} else {
			/* it keeps its place, and those below it do */
			stands = true;
			queue_off(q, false);
		}
	}
	off = smmu_cmdqv_vintf_off(smmu, 0);
	forget_sids(smmu);
	return off;
}

/* Stop the VINTF, then the companion. Each that is confirmed off stops what is in it. */
static void take_down(struct smmu_device *smmu)
{
	bool off = false, all_off;
	u32 l;

	/* one that was not confirmed on takes no writes to what is in it */
	if (smmu_reg_read(smmu->cmdqv.base, CMDQV_STATUS) & EN) {
		off = vintf_off(smmu);
		vintfs_begin_off(smmu, 1);
	}
	all_off = smmu_cmdqv_turn_off(smmu, CMDQV_CONFIG, CMDQV_STATUS);
	off |= all_off;
	for (l = 0; l < smmu->more.nr; l++)
		smmu->more.q[l].mem.busy &= !off;
	smmu->cmdqv.on = !all_off;
	if (all_off)
		smmu_vintf_let_go(smmu);
	if (!off)
		dev_err(smmu->dev, "CMDQ-V did not acknowledge the disable\n");
}

/* The same without a wait */
static void take_down_begin(struct smmu_device *smmu)
{
	const u32 config = VINTF0 + VINTF_CONFIG;
	u32 l;

	for (l = smmu->more.nr; l--;)
		if (is_allocated(smmu, l))
			queue_off(&smmu->more.q[l], false);
	smmu_reg_write(smmu->cmdqv.base, config, smmu_cmdqv_config_off(smmu, config));
	vintfs_begin_off(smmu, 1);
	smmu_reg_write(smmu->cmdqv.base, CMDQV_CONFIG, smmu_cmdqv_config_off(smmu, CMDQV_CONFIG));
}

void smmu_cmdqv_disable(struct smmu_device *smmu, bool wait)
{
	u32 l;

	if (!smmu_cmdqv_is_used(smmu))
		return;
	all_out(smmu);
	/* nobody who begins to wait reads registers of a queue that is not allocated any more */
	for (l = 0; l < smmu->more.nr && smmu_device_is_off(smmu); l++)
		smmu_cmdq_start_anew(&smmu->more.q[l]);
	if (!smmu->cmdqv.on || smmu_cmdqv_is_gone(smmu))
		return;
	if (wait)
		take_down(smmu);
	else
		take_down_begin(smmu);
}
