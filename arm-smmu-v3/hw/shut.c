// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/slab.h>

#include <smmuv3/regs.h>

#include "hw/device.h"
#include "hw/handshake.h"
#include "hw/shut.h"

/* Mark the SMMU dead; @shutters of those that have begun to shut it are done with it */
static bool set_dead(struct smmu_device *smmu, u32 off, u32 shutters)
{
	unsigned long flags;
	bool first;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	first = !smmu->dead;
	smmu->shutters -= shutters;
	smmu->shutting = true;
	/* pairs with READ_ONCE() in smmu_device_uses() */
	WRITE_ONCE(smmu->on, smmu->on & ~off);
	/*
	 * @dead is set after the SMMU has acknowledged what it acknowledges, because a reader that
	 * sees @dead takes an unconfirmed invalidation for done. Pairs with the loads in
	 * smmu_device_is_dead() and smmu_device_uses().
	 */
	smp_store_release(&smmu->dead, true);
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return first;
}

bool smmu_shut_set_dead(struct smmu_device *smmu, u32 off)
{
	return set_dead(smmu, off, 0);
}

static bool look_at(struct smmu_device *smmu, const bool *flag)
{
	unsigned long flags;
	bool ret;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	ret = *flag;
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	return ret;
}

bool smmu_shut_has_begun(struct smmu_device *smmu)
{
	return look_at(smmu, &smmu->shutting);
}

bool smmu_shut_is_for_good(struct smmu_device *smmu)
{
	return look_at(smmu, &smmu->for_good);
}

bool smmu_shut_begin(struct smmu_device *smmu, u32 *off)
{
	unsigned long flags;
	bool dead;
	int ret;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	dead = smmu->dead;
	if (!dead) {
		smmu->shutting = true;
		smmu->shutters++;
	}
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	if (dead)
		return false;
	/*
	 * Without GBPA.ABORT, SMMUEN = 0 would let all DMA through to physical addresses. Stale
	 * translations do less harm, so SMMUEN then stays 1.
	 */
	ret = smmu_gbpa_abort(smmu);
	/* the queues stay enabled, because the SMMU may never acknowledge CMDQEN = 0 */
	*off = ret ? 0 : CR0_SMMUEN & ~smmu_cr0_clear(smmu, CR0_SMMUEN);
	return true;
}

void smmu_shut_end(struct smmu_device *smmu, u32 off, const char *why)
{
	if (!set_dead(smmu, off, 1))
		return;
	dev_alert(smmu->dev, "SHUT: %s. All DMA through this SMMU %s; other SMMUs go on.\n", why,
		  off ? "aborts" : "should abort, but the SMMU did not confirm it");
	smmu->ops->was_shut(smmu);
}

void smmu_shut_end_quietly(struct smmu_device *smmu, u32 off)
{
	set_dead(smmu, off, 1);
}

void smmu_shut_settle(struct smmu_device *smmu)
{
	/* as in smmu_shut_begin(): SMMUEN stays 1 where GBPA does not say abort */
	if (smmu_device_is_adrift(smmu) && !smmu_gbpa_abort(smmu))
		smmu_shut_set_dead(smmu, CR0_SMMUEN & ~smmu_cr0_clear(smmu, CR0_SMMUEN));
}

void smmu_shut_for_good(struct smmu_device *smmu)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	smmu->shutting = true;
	smmu->for_good = true;
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
}

int smmu_shut_undo(struct smmu_device *smmu)
{
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	if (!smmu->dead || smmu->for_good)
		ret = -ENODEV;
	else if (smmu->shutters)
		ret = -EBUSY;
	if (!ret) {
		smmu->shutting = false;
		/* pairs with READ_ONCE() in iopf.c */
		WRITE_ONCE(smmu->epoch, smmu->epoch + 1);
		/* pairs with READ_ONCE() in smmu_device_uses() */
		WRITE_ONCE(smmu->on, U32_MAX);
		/* pairs with READ_ONCE() in smmu_device_is_dead() */
		WRITE_ONCE(smmu->dead, false);
	}
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	/*
	 * A walk that still finds the SMMU dead posts nothing. It has changed the page table before
	 * it looked, so what the SMMU reads from here on is what it has written. Pairs with
	 * smp_mb() in smmu_walk_range().
	 */
	smp_mb();
	return ret;
}

void smmu_shut(struct smmu_device *smmu, const char *why)
{
	u32 off;

	if (smmu_shut_begin(smmu, &off))
		smmu_shut_end(smmu, off, why);
}

/**
 * struct withheld_mem - memory that an SMMU adrift may still use
 * @node: in smmu->withheld_mem
 * @bytes: as allocated with dma_alloc_coherent()
 * @virt: likewise
 * @dma: likewise
 */
struct withheld_mem {
	struct list_head node;
	size_t bytes;
	void *virt;
	dma_addr_t dma;
};

/* The memory itself cannot say what it is, because the SMMU reads it */
static void remember(struct smmu_device *smmu, size_t bytes, void *virt, dma_addr_t dma)
{
	struct withheld_mem *mem = kmalloc_obj(*mem);
	unsigned long flags;

	if (!mem)
		return;
	mem->bytes = bytes;
	mem->virt = virt;
	mem->dma = dma;
	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	list_add(&mem->node, &smmu->withheld_mem);
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
}

void smmu_shut_give_back(struct smmu_device *smmu)
{
	bool in_use = smmu_device_is_adrift(smmu);
	struct withheld_mem *mem, *next;
	unsigned long flags;
	LIST_HEAD(list);

	raw_spin_lock_irqsave(&smmu->shut_lock, flags);
	list_splice_init(&smmu->withheld_mem, &list);
	raw_spin_unlock_irqrestore(&smmu->shut_lock, flags);
	list_for_each_entry_safe(mem, next, &list, node) {
		if (!in_use) {
			dma_free_coherent(smmu->dev, mem->bytes, mem->virt, mem->dma);
			atomic_dec(&smmu->withheld);
		}
		kfree(mem);
	}
}

static void withhold(struct smmu_device *smmu, size_t bytes)
{
	atomic_inc(&smmu->withheld);
	dev_alert_ratelimited(smmu->dev,
			      "%zu bytes are withheld, because the SMMU may still use them\n",
			      bytes);
}

void smmu_device_free_dma(struct smmu_device *smmu, size_t bytes, void *virt, dma_addr_t dma)
{
	if (!smmu_device_is_adrift(smmu)) {
		dma_free_coherent(smmu->dev, bytes, virt, dma);
		return;
	}
	withhold(smmu, bytes);
	if (!smmu_shut_is_for_good(smmu))
		remember(smmu, bytes, virt, dma);
}

/* Queues are freed only when the SMMU was stopped */
void smmu_device_free_queue(struct smmu_device *smmu, bool busy, size_t bytes, void *virt,
			    dma_addr_t dma)
{
	if (busy)
		withhold(smmu, bytes);
	else
		dma_free_coherent(smmu->dev, bytes, virt, dma);
}
