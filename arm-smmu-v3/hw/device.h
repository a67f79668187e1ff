/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_device - one SMMU as hardware: registers, queues, tables.
 *
 * The files of hw know struct device, MMIO and DMA memory, and nothing of the IOMMU core. drv
 * embeds the structure, hears of events and errors through struct smmu_device_ops, and decides
 * what they mean. The driver data of @dev is this structure.
 *
 * The same SMMU is a struct smmu_inst in core, which this structure embeds, and a struct smmu_iommu
 * in drv, which embeds this structure: Documentation/map.rst.
 *
 * The functions below are the top of hw and use all of its other files, every one of which
 * includes this header for the structure. The order of the files is in scripts/check-layers.
 *
 * Life: smmu_device_init() reads the ID registers and changes nothing; smmu_device_start() resets
 * and enables; smmu_device_stop() undoes that in reverse. Interrupts are freed before the memory
 * that their handlers use, and no command is posted to a queue that is not enabled. How an SMMU
 * ends that does not do what it is told: hw/shut.h.
 */
#ifndef SMMU_HW_DEVICE_H
#define SMMU_HW_DEVICE_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <smmuv3/features.h>
#include <smmuv3/regs.h>

#include "core/ident.h"
#include "core/inst.h"
#include "hw/cmdq.h"
#include "hw/recordq.h"
#include "hw/strtab.h"

struct device;
struct smmu_device;
struct smmu_event;

/* Registers answer and queues move within this time, or the SMMU is taken for dead */
#define SMMU_REG_TIMEOUT_US	1000000
#define SMMU_CMD_TIMEOUT_MS	2000
/* A device may take a minute for an ATC_INV, give or take a half (PCIe, ATS) */
#define SMMU_ATC_TIMEOUT_MS	100000

/**
 * struct smmu_device_ops - what hw tells the layer above
 * @event: a decoded event record; event queue thread, may sleep
 * @was_shut: the SMMU was shut because it no longer answers; any context
 * @atc_stuck: the queue waits for an ATC_INV of this stream for too long: see that its device
 *	does not use what its ATC holds; any context. False when there is no such device.
 */
struct smmu_device_ops {
	void (*event)(struct smmu_device *smmu, const struct smmu_event *event);
	void (*was_shut)(struct smmu_device *smmu);
	bool (*atc_stuck)(struct smmu_device *smmu, u32 sid);
};

/**
 * struct smmu_tuning - what the user chooses
 * @queue_cap: log2 cap on queue sizes, 0 for none
 * @combine: insert commands without a lock, see cmdq.h
 * @poll_cons: completion is seen in CMDQ_CONS only, no CMD_SYNC sends an MSI
 * @no_records: neither event nor PRI queue: a crash kernel's would only carry old faults
 */
struct smmu_tuning {
	u8 queue_cap;
	bool combine;
	bool poll_cons;
	bool no_records;
};

/**
 * struct smmu_device - see the head of this file
 * @inst: what the layer core knows of the SMMU
 * @dev: platform device
 * @ops: upcalls
 * @base: register page 0
 * @page1: register page 1 (page 0 again with SMMU_ERRATUM_PAGE0_ONLY)
 * @phys: physical address of page 0, for logs
 * @iidr: IIDR as read
 * @tuning: the user's choices
 * @cmdq: the architected command queue; smmu_main_cmdq() finds it
 * @evtq: event queue, no memory with @tuning.no_records
 * @priq: PRI queue, memory only with SMMU_FEAT_PRI, and likewise
 * @strtab: stream table
 * @gerror_lock: serialises acknowledging GERROR between the handler and pollers
 * @shut_lock: protects @shutting, @on, @dead (writing) and each look at GBPA and CR0 with the
 *	write that comes of it. Irq-safe, taken with no other lock of hw, never held while the
 *	SMMU is waited for.
 * @irq_gerror: Linux interrupt or 0
 * @irq_combined: one line for all, or 0
 * @was_enabled: SMMUEN was set when the driver found the SMMU: another kernel's, perhaps with DMA
 * @msi: interrupts are MSIs
 * @started: smmu_device_start() has succeeded
 * @shutting: somebody has begun to shut the SMMU, so it must not be enabled any more
 * @on: CR0_* that are not known to be off; of use only once @dead is set
 * @dead: shut for good or stopped. Written with release, after @on; READ_ONCE by everybody who
 *	posts. See hw/shut.h.
 * @gerrors: global errors seen
 * @withheld: pieces of memory that the SMMU was led to and that are not given back
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
	bool shutting;
	u32 on;
	bool dead;
	atomic_t gerrors;
	atomic_t withheld;
};

static inline struct smmu_device *smmu_device_of(struct smmu_inst *inst)
{
	return container_of(inst, struct smmu_device, inst);
}

/**
 * smmu_main_cmdq() - the architected command queue, whose errors GERROR.CMDQ_ERR tells of
 * @smmu: SMMU
 *
 * For hw/cmdq.c, which chooses the queue of a post, and hw/gerror.c. Everybody else posts to the
 * SMMU and finds the queue in the ticket.
 * Return: the queue
 */
static inline struct smmu_cmdq *smmu_main_cmdq(struct smmu_device *smmu)
{
	return &smmu->cmdq;
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
 * @env: what firmware says of the SMMU
 * @tuning: copied
 * Return: 0 or what smmu_ident_decode() returns, with one line logged
 */
int smmu_device_init(struct smmu_device *smmu, const struct smmu_ident_env *env,
		     const struct smmu_tuning *tuning);

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
 * Return: 0 or an error with a line logged; on error the SMMU is stopped, as by
 *	smmu_device_stop()
 */
int smmu_device_start(struct smmu_device *smmu, const struct smmu_wired *wired);

/**
 * smmu_device_stop() - interrupts off, translation off (GBPA decides then)
 * @smmu: started or not
 *
 * Posts fail with -ESHUTDOWN from here on, at once: after a shutdown drivers may still unmap.
 */
void smmu_device_stop(struct smmu_device *smmu);

/**
 * smmu_device_free() - give back queues and tables; the id spaces stay
 * @smmu: stopped, no array names it and nobody is about to post
 *
 * Memory that an SMMU adrift may still use is withheld: see smmu_device_free_dma().
 */
void smmu_device_free(struct smmu_device *smmu);

#endif
