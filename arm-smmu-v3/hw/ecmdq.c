// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/cpumask.h>
#include <linux/dev_printk.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/minmax.h>

#include <smmuv3/regs.h>

#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/cmdq_pos.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/ecmdq.h"
#include "hw/handshake.h"
#include "hw/mmio.h"

/* Each queue is used by few CPUs, and a post is at most SMMU_BATCH_MAX commands at a time */
#define ENTRIES_LOG2	8

/* Number of control pages, and of ECMDQs */
static u32 nr_pages(const struct smmu_device *smmu)
{
	return BIT(smmu->inst.feat.ecmdq_pages);
}

static u32 nr_all(const struct smmu_device *smmu)
{
	return BIT(smmu->inst.feat.ecmdq_pages + smmu->inst.feat.ecmdq_each);
}

/* The registers of an ECMDQ: evenly spaced in a page (6.2.5), and the pages follow each other */
static void __iomem *regs_of(const struct smmu_device *smmu, u32 nr)
{
	return smmu->ecmdq_pages + nr * (CONTROL_PAGE_BYTES >> smmu->inst.feat.ecmdq_each);
}

/*
 * Look at what the registers say of page @n, 6.3.49 - 6.3.51. @at: out for the first page and in
 * for the others, its offset. Return: NULL, or what is wrong
 */
static const char *check_page(const struct smmu_device *smmu, void __iomem *regs, u32 n, u64 *at)
{
	u64 base = smmu_reg_read64(regs, 32 * n + CONTROL_PAGE_BASE), end;
	u64 addr = base & CONTROL_PAGE_ADDR;

	if (!(base & CONTROL_PAGE_PRESET))
		return "a control page is not in registers";
	if (FIELD_GET(CONTROL_PAGE_CMDQGS, base) != CONTROL_PAGE_CMDQGS_64K)
		return "a control page has not 64 KiB";
	if (!(smmu_reg_read(regs, 32 * n + CONTROL_PAGE_CFG) & CONTROL_PAGE_EN) ||
	    !(smmu_reg_read(regs, 32 * n + CONTROL_PAGE_STATUS) & CONTROL_PAGE_EN))
		return "a control page is not enabled";
	if (!n)
		*at = addr;
	if (addr != *at + (u64)n * CONTROL_PAGE_BYTES)
		return "the control pages are not next to each other";
	end = smmu->phys + addr + CONTROL_PAGE_BYTES;
	if (addr < SMMU_MMIO_MIN || end < smmu->phys ||
	    (end - 1) >> smmu->inst.feat.oas_bits)
		return "a control page is where none can be";
	return NULL;
}

/* Map the control pages. Return: NULL, or why not */
static const char *map_pages(struct smmu_device *smmu)
{
	u32 n = nr_pages(smmu), i;
	const char *why = NULL;
	void __iomem *regs;
	u64 at = 0;

	regs = smmu_reg_map(smmu->dev, smmu->phys + SMMU_CMDQ_CONTROL_PAGE(0), 32 * n);
	if (IS_ERR(regs))
		return "their registers cannot be mapped";
	for (i = 0; i < n && !why; i++)
		why = check_page(smmu, regs, i, &at);
	if (why)
		return why;
	regs = smmu_reg_map(smmu->dev, smmu->phys + at, n * CONTROL_PAGE_BYTES);
	if (IS_ERR(regs))
		return "the control pages cannot be mapped";
	smmu->ecmdq_pages = regs;
	return NULL;
}

/* Number of ECMDQs that are used; other queues may be used instead */
static u32 nr_used(const struct smmu_device *smmu)
{
	return smmu->more.nr && smmu->more.q[0].kind == SMMU_CMDQ_ECMDQ ? smmu->more.nr : 0;
}

static u32 nr_wanted(const struct smmu_device *smmu)
{
	u32 n = min(nr_all(smmu), SMMU_CMDQ_SET_TLBI + num_possible_cpus());

	return smmu->tuning.nr_queues ? min(n, smmu->tuning.nr_queues - 1) : n;
}

static int init_queue(struct smmu_device *smmu, u32 i)
{
	struct smmu_cmdq *q = &smmu->more.q[i];
	void __iomem *regs = regs_of(smmu, i);

	q->smmu = smmu;
	q->kind = SMMU_CMDQ_ECMDQ;
	q->nr = i + 1;
	q->reg_base = regs + ECMDQ_BASE;
	q->reg_prod = regs + ECMDQ_PROD;
	q->reg_cons = regs + ECMDQ_CONS;
	q->out = true;
	return smmu_cmdq_init(q, min(smmu->inst.feat.cmdq_log2, ENTRIES_LOG2), 0);
}

/* Return: NULL, or why there are none */
static const char *alloc_queues(struct smmu_device *smmu)
{
	u32 n = nr_wanted(smmu), i;

	if (!n)
		return NULL;
	if (smmu_cmdq_set_alloc(smmu, n))
		return "there is no memory";
	for (i = 0; i < n; i++) {
		if (!init_queue(smmu, i))
			continue;
		smmu->more.nr = i;
		smmu_cmdq_free_more(smmu);
		return "there is no memory";
	}
	dev_info(smmu->dev, "%u of %u ECMDQs are used, with %u entries each\n", n, nr_all(smmu),
		 smmu_q_entries(smmu->more.q[0].mem.log2));
	return NULL;
}

void smmu_ecmdq_alloc(struct smmu_device *smmu)
{
	const char *why;

	if (!smmu_has(smmu, SMMU_FEAT_ECMDQ))
		return;
	why = map_pages(smmu) ?: alloc_queues(smmu);
	if (why)
		dev_warn(smmu->dev, "no ECMDQs, because %s: one queue takes all commands\n", why);
}

static int await_enack(struct smmu_device *smmu, void __iomem *regs, u32 val)
{
	return smmu_reg_await(smmu, regs, ECMDQ_CONS, ECMDQ_CONS_ENACK, val);
}

/* Disable an ECMDQ of which nothing else is known; EN changes only when it was acknowledged */
static int stop_one(struct smmu_device *smmu, void __iomem *regs)
{
	u32 prod = smmu_reg_read(regs, ECMDQ_PROD);

	if (prod & ECMDQ_PROD_EN) {
		if (await_enack(smmu, regs, ECMDQ_CONS_ENACK))
			return -ETIMEDOUT;
		smmu_reg_write(regs, ECMDQ_PROD, prod & ~ECMDQ_PROD_EN);
	}
	return await_enack(smmu, regs, 0);
}

int smmu_ecmdq_stop_all(struct smmu_device *smmu)
{
	unsigned long flags;
	int ret;
	u32 i;

	if (!smmu->ecmdq_pages)
		return 0;
	for (i = 0; i < nr_all(smmu); i++) {
		ret = stop_one(smmu, regs_of(smmu, i));
		if (ret) {
			dev_err(smmu->dev, "ECMDQ %u did not acknowledge the disable\n", i);
			return ret;
		}
	}
	/* posts may use them again when smmu_ecmdq_enable() has enabled them */
	smmu_cmdq_set_use(smmu, false);
	for (i = 0; i < nr_used(smmu); i++) {
		struct smmu_cmdq *q = &smmu->more.q[i];

		raw_spin_lock_irqsave(&q->lock, flags);
		/* pairs with READ_ONCE() in smmu_cmdq_choose() and smmu_cmdq_relax() */
		WRITE_ONCE(q->out, true);
		q->bell = 0;
		raw_spin_unlock_irqrestore(&q->lock, flags);
		q->mem.busy = false;
	}
	return 0;
}

/* Write PROD with other fields beside the position */
static void write_bell(struct smmu_cmdq *q, u32 bell, bool out)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	/* pairs with READ_ONCE() in smmu_cmdq_choose() and smmu_cmdq_relax() */
	WRITE_ONCE(q->out, out);
	q->bell = bell;
	smmu_reg_write_ordered(q->reg_prod, 0, smmu_q_reg(q->prod, q->mem.log2) | bell);
	raw_spin_unlock_irqrestore(&q->lock, flags);
}

/* Begin to disable a queue that is not known to be off */
static void disable_begin(struct smmu_cmdq *q)
{
	u32 cons = smmu_reg_read(q->reg_cons, 0);

	/* PROD is read-only while EN differs from ENACK (6.3.108) */
	if (!!(q->bell & ECMDQ_PROD_EN) == !!(cons & ECMDQ_CONS_ENACK))
		write_bell(q, q->bell & ~ECMDQ_PROD_EN, true);
}

static int disable(struct smmu_cmdq *q)
{
	int ret = 0;

	disable_begin(q);
	if (q->bell & ECMDQ_PROD_EN)
		return -ETIMEDOUT;
	ret = smmu_reg_await(q->smmu, q->reg_cons, 0, ECMDQ_CONS_ENACK, 0);
	q->mem.busy = ret;
	return ret;
}

/* Write the registers of a disabled queue, so that it is empty at the position posted last */
static void program(struct smmu_cmdq *q)
{
	u32 pos = smmu_q_reg(q->prod, q->mem.log2);

	smmu_reg_write64(q->reg_base, 0, smmu_queue_mem_base(&q->mem));
	smmu_reg_write(q->reg_cons, 0, pos);
	/* an error that is still shown counts as acknowledged (3.5.6.3) */
	q->bell = smmu_reg_read(q->reg_cons, 0) & ECMDQ_CONS_ERR ? ECMDQ_PROD_ERRACK : 0;
	smmu_reg_write(q->reg_prod, 0, pos | q->bell);
}

static int enable(struct smmu_cmdq *q)
{
	int ret;

	/* one that stands still cannot be used again */
	if (q->mem.busy && disable(q))
		return -EBUSY;
	smmu_cmdq_start_anew(q);
	program(q);
	q->mem.busy = true;
	write_bell(q, q->bell | ECMDQ_PROD_EN, true);
	ret = smmu_reg_await(q->smmu, q->reg_cons, 0, ECMDQ_CONS_ENACK, ECMDQ_CONS_ENACK);
	if (!ret)
		write_bell(q, q->bell, false);
	return ret;
}

void smmu_ecmdq_enable(struct smmu_device *smmu)
{
	u32 i;

	if (!nr_used(smmu))
		return;
	for (i = 0; i < smmu->more.nr; i++) {
		struct smmu_cmdq *q = &smmu->more.q[i];

		if (q->out && enable(q))
			dev_warn(smmu->dev, "command queue %u cannot be enabled; other queues take its commands\n",
				 q->nr);
	}
	smmu_cmdq_set_use(smmu, true);
}

void smmu_ecmdq_disable(struct smmu_device *smmu, bool wait)
{
	u32 i;

	if (!nr_used(smmu))
		return;
	smmu_cmdq_set_use(smmu, false);
	for (i = 0; i < smmu->more.nr; i++) {
		struct smmu_cmdq *q = &smmu->more.q[i];

		if (!q->mem.busy)
			continue;
		if (!wait)
			disable_begin(q);
		else if (disable(q))
			dev_err(smmu->dev, "command queue %u did not acknowledge the disable\n",
				q->nr);
	}
}
