// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pfn.h>

#include "hw/cmdqv_en.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/mmio.h"
#include "hw/vintf_queue.h"

/* Bytes of one command */
#define ENTRY_BYTES	16
#define LEAST_BYTES	(2 * ENTRY_BYTES)

/* Number of a queue among those of all VINTFs */
static u32 number(const struct smmu_vintf *v, u32 l)
{
	return v->nr * v->smmu->cmdqv.layout.each + l;
}

static void __iomem *in_vintf(const struct smmu_vintf *v, u32 l)
{
	return v->smmu->cmdqv.base + CMDQV_VINTF_PAGE0(v->nr) + CMDQV_QUEUE_BYTES * l;
}

static void __iomem *in_all(const struct smmu_vintf *v, u32 l)
{
	return v->smmu->cmdqv.base + CMDQV_QUEUE_PAGE0(number(v, l));
}

/* Clear EN of a queue. Return: false when it is not confirmed */
static bool turn_off(const struct smmu_vintf *v, void __iomem *queue)
{
	smmu_reg_write(queue, VCMDQ_CONFIG, 0);
	return !smmu_cmdqv_confirm(v->smmu, queue + VCMDQ_STATUS, false);
}

static bool is_on(void __iomem *queue)
{
	return (smmu_reg_read(queue, VCMDQ_CONFIG) | smmu_reg_read(queue, VCMDQ_STATUS)) & VCMDQ_EN;
}

/* Of a queue that is off, and that no guest can reach */
static void clear(const struct smmu_vintf *v, u32 l)
{
	smmu_cmdqv_clear(in_all(v, l),
			 v->smmu->cmdqv.base + CMDQV_QUEUE_PAGE1(number(v, l)));
}

static void set_base(const struct smmu_vintf *v, u32 l)
{
	void __iomem *page1 = v->smmu->cmdqv.base + CMDQV_QUEUE_PAGE1(number(v, l));

	smmu_reg_write64(page1, VCMDQ_BASE, (v->queue[l].phys & VCMDQ_BASE_ADDR) |
			 FIELD_PREP(VCMDQ_BASE_LOG2SIZE, v->queue[l].log2));
}

/* The guest enables it */
bool smmu_vintf_queue_begin(struct smmu_vintf *v, u32 l)
{
	/* as whoever had it before has left it */
	if (is_on(in_all(v, l)) && !turn_off(v, in_all(v, l)))
		return false;
	v->queue[l].stuck = false;
	clear(v, l);
	/* the guest may set EN as soon as it can reach the queue */
	set_base(v, l);
	smmu_cmdqv_assign(v->smmu, v->nr, l, true);
	return true;
}

/* Return: false when the queue may go on */
static bool end(struct smmu_vintf *v, u32 l)
{
	bool off;

	turn_off(v, in_vintf(v, l));
	smmu_cmdqv_assign(v->smmu, v->nr, l, false);
	/* the guest may have set EN again, but can do so no more */
	off = !is_on(in_all(v, l)) || turn_off(v, in_all(v, l));
	if (off)
		clear(v, l);
	/*
	 * An ATC_INV that the guest has left without a CMD_SYNC, and that its device does not
	 * answer, would be an error of the next owner's CMD_SYNC. The queue itself is off before.
	 */
	smmu_issue_drain(v->smmu);
	return off;
}

static u64 nr_pages(const struct smmu_vintf_queue *q)
{
	return PFN_UP(q->phys + (ENTRY_BYTES << q->log2)) - PFN_DOWN(q->phys);
}

static void get_pages(const struct smmu_vintf_queue *q)
{
	u64 i;

	for (i = 0; i < nr_pages(q); i++)
		get_page(pfn_to_page(PFN_DOWN(q->phys) + i));
}

void smmu_vintf_queue_release(struct smmu_vintf *v, u32 l)
{
	struct smmu_vintf_queue *q = &v->queue[l];
	u64 i;

	for (i = 0; q->held && i < nr_pages(q); i++)
		put_page(pfn_to_page(PFN_DOWN(q->phys) + i));
	q->held = false;
}

/* Are these addresses in the page tables of the kernel, so that they can be referenced? */
static bool is_memory(phys_addr_t phys, u64 bytes)
{
	u64 pfn;

	for (pfn = PFN_DOWN(phys); pfn < PFN_UP(phys + bytes); pfn++)
		if (!pfn_valid(pfn))
			return false;
	return true;
}

static bool can_be(const struct smmu_vintf *v, u32 l, phys_addr_t phys, u64 bytes)
{
	u64 most = (u64)ENTRY_BYTES << v->smmu->inst.feat.cmdq_log2;

	return l < v->smmu->cmdqv.layout.each && is_power_of_2(bytes) && bytes >= LEAST_BYTES &&
	       bytes <= most && IS_ALIGNED(phys, bytes) && !(phys & ~VCMDQ_BASE_ADDR) &&
	       is_memory(phys, bytes);
}

/* The guest has it from now on, or has it no more. Of one that it gets nothing is lost yet. */
static void set_taken(struct smmu_vintf *v, struct smmu_vintf_queue *q, bool taken)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	q->taken = taken;
	q->lost = false;
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

int smmu_vintf_queue_get(struct smmu_vintf *v, u32 l, phys_addr_t phys, u64 bytes)
{
	struct smmu_vintf_queue *q;

	if (!can_be(v, l, phys, bytes))
		return -EINVAL;
	q = &v->queue[l];
	guard(mutex)(&v->lock);
	/* one that is held is the guest's, or it was not confirmed off, and has its last pages */
	if ((l && !v->queue[l - 1].taken) || q->held || v->stopped || !smmu_vintf_is_alive(v))
		return -EIO;
	q->phys = phys;
	q->log2 = ilog2(bytes / ENTRY_BYTES);
	get_pages(q);
	q->held = true;
	if (!smmu_vintf_queue_begin(v, l)) {
		/* it was not told of these pages */
		smmu_vintf_queue_release(v, l);
		return -EIO;
	}
	set_taken(v, q, true);
	return 0;
}

/* The last means against a queue that does not stop, at the cost of the guest's other queues */
static bool turn_vintf_off(struct smmu_vintf *v)
{
	v->stopped = true;
	dev_warn(v->smmu->dev, "CMDQ-V: a queue of a guest does not stop, so VINTF %u is stopped\n",
		 v->nr);
	return smmu_cmdqv_vintf_off(v->smmu, v->nr);
}

void smmu_vintf_queue_put(struct smmu_vintf *v, u32 l)
{
	struct smmu_vintf_queue *q = &v->queue[l];
	bool done;

	guard(mutex)(&v->lock);
	set_taken(v, q, false);
	if (smmu_vintf_is_alive(v)) {
		q->stuck = !end(v, l);
		done = !q->stuck || turn_vintf_off(v);
	} else {
		done = !v->smmu->cmdqv.on;
	}
	if (done)
		smmu_vintf_queue_release(v, l);
	else
		dev_err(v->smmu->dev, "CMDQ-V: memory of a queue of a guest is withheld\n");
}
