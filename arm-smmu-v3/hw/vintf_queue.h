/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues that guests drive themselves, in their VINTF (vintf.h).
 *
 * A guest has the registers of page 0 of its queues mapped: PROD, CONS, EN, GERRORN. BASE is in
 * page 1, which no guest has.
 *
 * * A guest can set EN of its queue at any time, also while the driver clears it. So a queue is
 *   taken away from its VINTF, where the guest cannot reach it any more, and then looked at once
 *   more, through the page of all queues.
 *   For the same reason BASE is written before the VINTF gets the queue.
 * * The pages of a queue are referenced by the driver itself, from the time that hardware is told
 *   of them until the queue is confirmed off. iommufd unpins them as soon as the queue is
 *   destroyed. Where a queue does not stop, its VINTF is stopped; where that does not stop either,
 *   the pages are withheld until the companion is confirmed off.
 */
#ifndef SMMU_HW_VINTF_QUEUE_H
#define SMMU_HW_VINTF_QUEUE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include <smmuv3/cmdqv.h>

#include "hw/device.h"
#include "hw/shut.h"

struct smmu_vintf;

/*
 * Called with struct smmu_vintf.owner when a queue of the VINTF has an error. Any context, under
 * guests_lock.
 */
typedef void smmu_vintf_error(void *owner);

/**
 * struct smmu_vintf_queue - a queue of a guest
 * @phys: address of its entries
 * @log2: their number
 * @taken: the guest has it
 * @held: the pages are referenced: hardware was told of them, and was not confirmed to be done
 *	since
 * @stuck: it was not confirmed off
 * @lost: the guest has to be told that it is off
 */
struct smmu_vintf_queue {
	phys_addr_t phys;
	u8 log2;
	bool taken;
	bool held;
	bool stuck;
	bool lost;
};

/**
 * struct smmu_vintf - an interface of a guest
 * @smmu: SMMU of the companion
 * @node: in @smmu->cmdqv.guests, or in @smmu->cmdqv.withheld
 * @nr: its number, from 1 on
 * @vmid: VMID of the vSMMU
 * @up: it is on, as far as is known
 * @stopped: it was stopped because a queue did not stop, and the guest has nothing of it any more
 * @error: see above; NULL when nobody wants to know
 * @owner: for @error
 * @lock: serialises changes of @queue and @stopped
 * @sids: StreamIDs that it replaces
 * @queue: its logical queues, as many as the companion has for each VINTF
 */
struct smmu_vintf {
	struct smmu_device *smmu;
	struct list_head node;
	u32 nr;
	u16 vmid;
	bool up;
	bool stopped;
	smmu_vintf_error *error;
	void *owner;
	struct mutex lock;	/* @queue, @stopped */
	struct {
		u32 sid;
		u32 vsid;
		bool taken;
		bool on;
	} sids[CMDQV_SIDS_MAX];
	struct smmu_vintf_queue queue[];
};

/*
 * May registers of the VINTF be accessed? Not when the SMMU is shut, asleep or unbound. Where it
 * was shut, what hardware has of the VINTF it keeps until the companion is stopped.
 */
static inline bool smmu_vintf_is_alive(const struct smmu_vintf *v)
{
	/* pairs with WRITE_ONCE() in vintf.c */
	return READ_ONCE(v->up) && !smmu_device_is_dead(v->smmu);
}

/**
 * smmu_vintf_queue_get() - give a guest a queue in its own memory
 * @v: VINTF
 * @l: number of the logical queue, from user space
 * @phys: address of the entries, contiguous, in pages that are pinned now
 * @bytes: their size, from user space
 *
 * The guest enables the queue. Process context.
 * Return: 0; -EINVAL for a number, an address or a size that cannot be; -EIO when the guest has it,
 *	or has not the queue below it, or hardware does not do as told
 */
int smmu_vintf_queue_get(struct smmu_vintf *v, u32 l, phys_addr_t phys, u64 bytes);

/**
 * smmu_vintf_queue_put() - take a queue from its guest
 * @v: VINTF
 * @l: number of the logical queue, the highest that the guest has
 *
 * Afterwards hardware does not read the pages any more, or they are withheld. Process context;
 * posts a CMD_SYNC.
 */
void smmu_vintf_queue_put(struct smmu_vintf *v, u32 l);

/*
 * Give queue @l, which nobody uses, to the guest that has it. Return: false when it does not stop
 */
bool smmu_vintf_queue_begin(struct smmu_vintf *v, u32 l);

/* Drop the references to the pages of a queue */
void smmu_vintf_queue_release(struct smmu_vintf *v, u32 l);

#endif
