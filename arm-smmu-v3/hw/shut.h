/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of an SMMU: shutting one that no longer does what it is told, and what may be done
 * with its tags and its memory afterwards.
 *
 * Words: an SMMU is *dead* when it was shut or stopped: it gets no commands any more. A dead SMMU
 * is *off* when it has acknowledged that it translates nothing, and *adrift* when it has not: an
 * SMMU adrift may go on using what it was led to.
 *
 * Everything here works in any context. Locking: @shut_lock of struct smmu_device.
 */
#ifndef SMMU_HW_SHUT_H
#define SMMU_HW_SHUT_H

#include <linux/types.h>

#include <smmuv3/regs.h>

#include "hw/device.h"

/**
 * smmu_shut() - the SMMU no longer does what it is told: abort everything through it
 * @smmu: any state
 * @why: for the log
 *
 * Sets GBPA.ABORT, clears SMMUEN, marks the SMMU dead: no translation that was not confirmed as
 * invalidated can be used any more. CMDQEN stays 1. Idempotent; on return all of that is done,
 * whoever did it. A second caller repeats the whole work instead of waiting for the first,
 * because it may be an interrupt in the middle of the first. smmu_issue_shut() does more where
 * the command queue may still work.
 */
void smmu_shut(struct smmu_device *smmu, const char *why);

/**
 * smmu_shut_begin() - the first half of smmu_shut(), for callers with work in between
 * @smmu: any state
 * @off: out, for smmu_shut_end(): fields of CR0 that are acknowledged as 0
 * Return: false, with nothing done, when the SMMU is dead already
 */
bool smmu_shut_begin(struct smmu_device *smmu, u32 *off);

/**
 * smmu_shut_end() - the second half: mark the SMMU dead, log it, tell the layer above
 * @smmu: SMMU
 * @off: from smmu_shut_begin()
 * @why: for the log
 */
void smmu_shut_end(struct smmu_device *smmu, u32 off, const char *why);

/* Has anybody called smmu_shut_begin()? An SMMU of which that is true must not be enabled. */
bool smmu_shut_has_begun(struct smmu_device *smmu);

/**
 * smmu_shut_set_dead() - mark the SMMU dead
 * @smmu: SMMU
 * @off: fields of CR0 that are acknowledged as 0
 * Return: true when this is the call that made it dead
 */
bool smmu_shut_set_dead(struct smmu_device *smmu, u32 off);

/**
 * smmu_device_free_dma() - give back memory that the SMMU is led to while it translates
 * @smmu: SMMU
 * @bytes: as allocated with dma_alloc_coherent()
 * @virt: likewise
 * @dma: likewise
 *
 * An SMMU adrift may go on to read its tables. The memory is withheld then, for good: what another
 * owner puts there would be taken for STEs and CDs.
 */
void smmu_device_free_dma(struct smmu_device *smmu, size_t bytes, void *virt, dma_addr_t dma);

/**
 * smmu_device_free_queue() - the same for a queue, which has an enable bit of its own
 * @smmu: SMMU
 * @enable: CR0_CMDQEN, CR0_EVENTQEN or CR0_PRIQEN
 * @bytes: as allocated with dma_alloc_coherent()
 * @virt: likewise
 * @dma: likewise
 */
void smmu_device_free_queue(struct smmu_device *smmu, u32 enable, size_t bytes, void *virt,
			    dma_addr_t dma);

static inline bool smmu_device_is_dead(const struct smmu_device *smmu)
{
	/* pairs with the release in smmu_shut_set_dead() */
	return READ_ONCE(smmu->dead);
}

/* Dead, and it may still do what these bits of CR0 are for: that they are off is not confirmed */
static inline bool smmu_device_uses(const struct smmu_device *smmu, u32 enable)
{
	/* pairs with the release of @dead, before which @on is written; @on only loses bits */
	return smp_load_acquire(&smmu->dead) && READ_ONCE(smmu->on) & enable;
}

/* Dead, but not known to be off: the SMMU may go on with the tables and the tags that it has */
static inline bool smmu_device_is_adrift(const struct smmu_device *smmu)
{
	return smmu_device_uses(smmu, CR0_SMMUEN);
}

/* Dead, and known to translate nothing: its TLBs do not matter any more */
static inline bool smmu_device_is_off(const struct smmu_device *smmu)
{
	return smmu_device_is_dead(smmu) && !smmu_device_is_adrift(smmu);
}

#endif
