/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_device - one SMMU as hardware: registers, queues, tables.
 *
 * hw knows struct device, MMIO and DMA memory, and nothing of the IOMMU core. drv
 * embeds it, hears of events and errors through struct smmu_device_ops, and decides
 * what they mean.
 *
 * The driver data of @dev is this structure.
 *
 * Life: smmu_device_init() maps and decodes and changes nothing;
 * smmu_device_start() resets and enables; smmu_device_stop() undoes it in reverse.
 * Interrupts are freed before the memory that their handlers use, and no command is
 * posted to a queue that is not enabled.
 */
#ifndef SMMU_HW_DEVICE_H
#define SMMU_HW_DEVICE_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <smmuv3/features.h>

#include "core/ident.h"
#include "core/inst.h"
#include "hw/cmdq.h"
#include "hw/recordq.h"
#include "hw/strtab.h"

struct device;
struct smmu_device;
struct smmu_event;

/* Registers answer and queues move within this time, or the SMMU is taken as dead */
#define SMMU_REG_TIMEOUT_US	100000
#define SMMU_CMD_TIMEOUT_MS	2000
/* A device may take a minute for an ATC_INV, give or take a half (PCIe, ATS) */
#define SMMU_ATC_TIMEOUT_MS	100000

/**
 * struct smmu_device_ops - what hw tells the layer above
 * @event: a decoded event record; event queue thread, may sleep
 * @lost: the SMMU was shut because it no longer answers; any context
 * @atc_stuck: the queue waits for an ATC_INV of this stream for too long: see that its device
 *	does not use what its ATC holds; any context. False when there is no such device.
 */
struct smmu_device_ops {
	void (*event)(struct smmu_device *smmu, const struct smmu_event *event);
	void (*lost)(struct smmu_device *smmu);
	bool (*atc_stuck)(struct smmu_device *smmu, u32 sid);
};

/**
 * struct smmu_tuning - what the user chooses
 * @queue_cap: log2 cap on queue sizes, 0 for none
 * @combine: insert commands without a lock, see cmdq.h
 */
struct smmu_tuning {
	u8 queue_cap;
	bool combine;
};

/**
 * struct smmu_device - see the head of this file
 * @inst: what the core knows of it
 * @dev: platform device
 * @ops: upcalls
 * @base: register page 0
 * @page1: register page 1 (page 0 again with SMMU_ERRATUM_PAGE0_ONLY)
 * @phys: physical address of page 0, for logs
 * @iidr: IIDR as read
 * @tuning: the user's choices
 * @cmdq: command queue
 * @evtq: event queue
 * @priq: PRI queue, memory only with SMMU_FEAT_PRI
 * @strtab: stream table
 * @gerror_lock: serialises acknowledging GERROR between the handler and pollers
 * @shut_lock: serialises smmu_device_shut(); irq-safe, taken with no other lock of hw
 * @irq_gerror: Linux interrupt or 0
 * @irq_combined: one line for all, or 0
 * @was_enabled: SMMUEN was set when we came: another kernel's SMMU, perhaps with DMA
 * @msi: interrupts are MSIs
 * @started: smmu_device_start() has succeeded
 * @off: set with @dead where the SMMU has acknowledged that it translates nothing
 * @dead: shut for good or stopped. Written under @shut_lock, by smmu_device_stop() or by a
 *	smmu_device_start() that fails, with release; READ_ONCE by everybody who posts.
 * @gerrors: global errors seen
 */
struct smmu_device {
	struct smmu_inst inst;
	struct device *dev;
	const struct smmu_device_ops *ops;
	void __iomem *base;
	void __iomem *page1;
	phys_addr_t phys;
	u32 iidr;
	struct smmu_tuning tuning;
	struct smmu_cmdq cmdq;
	struct smmu_recordq evtq;
	struct smmu_recordq priq;
	struct smmu_strtab strtab;
	raw_spinlock_t gerror_lock;
	raw_spinlock_t shut_lock;
	int irq_gerror;
	int irq_combined;
	bool was_enabled;
	bool msi;
	bool started;
	bool off;
	bool dead;
	atomic_t gerrors;
};

static inline struct smmu_device *smmu_device_of(struct smmu_inst *inst)
{
	return container_of(inst, struct smmu_device, inst);
}

static inline bool smmu_has(const struct smmu_device *smmu, u32 feat)
{
	return smmu->inst.feat.flags & feat;
}

/**
 * struct smmu_wired - wired interrupts from firmware, 0 where there is none
 * @event: event queue
 * @pri: PRI queue
 * @gerror: global errors
 * @combined: all in one
 */
struct smmu_wired {
	int event;
	int pri;
	int gerror;
	int combined;
};

/**
 * smmu_device_init() - read what the SMMU is; changes nothing in it
 * @smmu: zeroed but for @inst, @dev, @ops, @base, @page1, @phys
 * @env: firmware's word
 * @tuning: copied
 * Return: 0 or what smmu_ident_decode() returns, with one line logged
 */
int smmu_device_init(struct smmu_device *smmu, const struct smmu_ident_env *env,
		     const struct smmu_tuning *tuning);

/* The ID registers as they stand */
void smmu_idregs_read(struct smmu_device *smmu, struct smmu_idregs *regs);

/**
 * smmu_device_alloc() - queues and stream table in memory, nothing enabled
 * @smmu: initialised
 * Return: 0 or -ENOMEM; on error nothing is left behind
 */
int smmu_device_alloc(struct smmu_device *smmu);

/**
 * smmu_device_start() - reset, program and enable
 * @smmu: allocated; streams that need bypass have their STEs already
 * @wired: interrupts
 * @kdump: crash kernel: no event and PRI queues, they only carry old faults
 * Return: 0 or an error; on error the SMMU is stopped, as by smmu_device_stop()
 */
int smmu_device_start(struct smmu_device *smmu, const struct smmu_wired *wired,
		      bool kdump);

/**
 * smmu_device_stop() - interrupts off, translation off (GBPA decides then)
 * @smmu: started or not
 *
 * Posts fail with -ESHUTDOWN from here on, at once: after a shutdown others may still try.
 */
void smmu_device_stop(struct smmu_device *smmu);

/**
 * smmu_device_free() - give back queues and tables; the id spaces stay
 * @smmu: stopped, no array names it and nobody is about to post
 *
 * See smmu_device_free_dma() for an SMMU that does not stop.
 */
void smmu_device_free(struct smmu_device *smmu);

/**
 * smmu_device_free_dma() - give back memory that the SMMU was led to
 * @smmu: SMMU
 * @bytes: as allocated with dma_alloc_coherent()
 * @virt: likewise
 * @dma: likewise
 *
 * An SMMU that is told to stop and does not confirm it (smmu_device_is_adrift()) may go on to
 * read its tables and to write its event queue. The memory is withheld then, for good:
 * what another owner puts there would be taken for STEs and CDs.
 */
void smmu_device_free_dma(struct smmu_device *smmu, size_t bytes, void *virt, dma_addr_t dma);

/**
 * smmu_device_shut() - the SMMU no longer does as told: abort everything through it
 * @smmu: any state
 * @why: for the log
 *
 * Any context. Sets GBPA.ABORT, clears SMMUEN, marks it dead: no translation that
 * was not confirmed as invalidated can be used any more. Idempotent; returns when that
 * is so, whoever did it.
 */
void smmu_device_shut(struct smmu_device *smmu, const char *why);

static inline bool smmu_device_is_dead(const struct smmu_device *smmu)
{
	/* pairs with the releases in smmu_device_shut() and turn_off() */
	return READ_ONCE(smmu->dead);
}

/* Dead, and known to translate nothing: its TLBs do not matter any more */
static inline bool smmu_device_is_off(const struct smmu_device *smmu)
{
	/* pairs with the release of @dead, before which @off is written */
	return smp_load_acquire(&smmu->dead) && smmu->off;
}

/* Dead, but not known to be off: it may go on with the tables and the tags that it has */
static inline bool smmu_device_is_adrift(const struct smmu_device *smmu)
{
	/* likewise */
	return smp_load_acquire(&smmu->dead) && !smmu->off;
}

#endif
