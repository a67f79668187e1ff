/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of an SMMU: how the driver shuts an SMMU that does not do as told, and what may be done
 * with its tags and its memory afterwards.
 *
 * Words: an SMMU is *dead* when it was shut or stopped: the driver sends it no commands any more.
 * A dead SMMU is *off* when it has acknowledged that it translates nothing, and *adrift* when it
 * has not. An SMMU adrift may go on using the tables, queues and tags that it was given.
 *
 * An SMMU that was shut, and is off, may come back: smmu_device_restart() in hw/device.h. One that
 * was stopped does not.
 *
 * The functions of this file that give back or free memory may sleep; all others work in any
 * context. Locking: @shut_lock of struct smmu_device.
 */
#ifndef SMMU_HW_SHUT_H
#define SMMU_HW_SHUT_H

#include <linux/types.h>

#include <smmuv3/regs.h>

#include "hw/device.h"

/**
 * smmu_shut() - abort all DMA through an SMMU that does not do as told
 * @smmu: SMMU, in any state
 * @why: reason, for the log
 *
 * This function sets GBPA.ABORT, clears SMMUEN and marks the SMMU dead. An SMMU that acknowledges
 * this can no longer use a translation whose invalidation was not confirmed. CMDQEN stays 1.
 *
 * The function may be called several times, also at once. On return all of the work is done. A
 * second caller repeats the work instead of waiting for the first, because it may be an interrupt
 * handler that has interrupted the first. smmu_issue_shut() does more, for callers for which the
 * command queue may still work.
 */
void smmu_shut(struct smmu_device *smmu, const char *why);

/**
 * smmu_shut_begin() - the first half of smmu_shut(), for a caller with work between the halves
 * @smmu: SMMU, in any state
 * @off: out, for smmu_shut_end(): fields of CR0 that the SMMU has acknowledged as 0
 * Return: false, with nothing done, when the SMMU is dead already
 */
bool smmu_shut_begin(struct smmu_device *smmu, u32 *off);

/**
 * smmu_shut_end() - the second half: mark the SMMU dead, log that, tell the layer above
 * @smmu: SMMU
 * @off: from smmu_shut_begin(); each of its calls that returned true needs one of this
 * @why: reason, for the log
 */
void smmu_shut_end(struct smmu_device *smmu, u32 off, const char *why);

/* As smmu_shut_end(), for an SMMU that does as told: nothing is logged, and nobody is told */
void smmu_shut_end_quietly(struct smmu_device *smmu, u32 off);

/* Was smmu_shut_begin() called? If so, the SMMU must not be enabled any more. */
bool smmu_shut_has_begun(struct smmu_device *smmu);

/* Try once more to get an SMMU off that is adrift. Waits up to two seconds. Any context. */
void smmu_shut_settle(struct smmu_device *smmu);

/* As if the SMMU had been shut, and nothing may undo that: it is being stopped. Any context. */
void smmu_shut_for_good(struct smmu_device *smmu);
bool smmu_shut_is_for_good(struct smmu_device *smmu);

/**
 * smmu_shut_undo() - take commands again
 * @smmu: SMMU that was shut, has acknowledged SMMUEN = 0, and has done all commands that it got
 *
 * For smmu_device_restart(). SMMUEN stays 0, so that nothing is translated until everything that
 * was not invalidated meanwhile is.
 * Return: 0; -EBUSY while another CPU is still between smmu_shut_begin() and smmu_shut_end(), which
 *	would take the SMMU for off afterwards; -ENODEV when it is not dead, or was stopped
 */
int smmu_shut_undo(struct smmu_device *smmu);

/**
 * smmu_shut_set_dead() - mark the SMMU dead
 * @smmu: SMMU
 * @off: fields of CR0 that the SMMU has acknowledged as 0
 * Return: true when the SMMU was not dead before this call
 */
bool smmu_shut_set_dead(struct smmu_device *smmu, u32 off);

/**
 * smmu_device_free_dma() - free memory of tables that the SMMU reads while it translates
 * @smmu: SMMU
 * @bytes: as allocated with dma_alloc_coherent()
 * @virt: likewise
 * @dma: likewise
 *
 * An SMMU adrift may go on reading its tables. Their memory is then withheld, because the SMMU
 * would take what the next owner of the memory writes there for STEs and CDs. smmu_shut_give_back()
 * gives it back, unless there is no memory to remember it, or the SMMU was stopped and cannot come
 * back.
 */
void smmu_device_free_dma(struct smmu_device *smmu, size_t bytes, void *virt, dma_addr_t dma);

/**
 * smmu_device_free_queue() - free the memory of a queue
 * @smmu: SMMU
 * @busy: the SMMU may still use the queue
 * @bytes: as allocated with dma_alloc_coherent()
 * @virt: likewise
 * @dma: likewise
 *
 * A queue that the SMMU has not acknowledged as disabled may still be in use. Its memory is then
 * withheld for good.
 */
void smmu_device_free_queue(struct smmu_device *smmu, bool busy, size_t bytes, void *virt,
			    dma_addr_t dma);

/**
 * smmu_shut_give_back() - free the memory that was withheld
 * @smmu: SMMU that has confirmed that it uses nothing of it: it has invalidated everything since,
 *	or it is stopped. If it is adrift, the memory is withheld for good.
 */
void smmu_shut_give_back(struct smmu_device *smmu);

static inline bool smmu_device_is_dead(const struct smmu_device *smmu)
{
	/* pairs with the release in smmu_shut_set_dead() */
	return READ_ONCE(smmu->dead);
}

/*
 * Is the SMMU dead, but may it still use what the fields @enable of CR0 enable, because it has not
 * acknowledged them as 0?
 */
static inline bool smmu_device_uses(const struct smmu_device *smmu, u32 enable)
{
	/*
	 * Pairs with the release of @dead in smmu_shut_set_dead(), which writes @on before. @on
	 * only loses bits, until smmu_shut_undo(). That is called while no master changes, so a
	 * caller that decides by the answer what may be freed or used again is part of such a
	 * change, or comes when nothing can be undone any more.
	 */
	return smp_load_acquire(&smmu->dead) && READ_ONCE(smmu->on) & enable;
}

/* Is the SMMU dead, but not known to be off? It may go on using the tables and tags that it has. */
static inline bool smmu_device_is_adrift(const struct smmu_device *smmu)
{
	return smmu_device_uses(smmu, CR0_SMMUEN);
}

/* Is the SMMU dead and known to translate nothing? Then the content of its TLBs has no effect. */
static inline bool smmu_device_is_off(const struct smmu_device *smmu)
{
	return smmu_device_is_dead(smmu) && !smmu_device_is_adrift(smmu);
}

#endif
