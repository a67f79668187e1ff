/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_device - one SMMU as hardware: registers, queues, tables.
 *
 * The files of hw/ know struct device, MMIO and DMA memory, and nothing of the IOMMU core. drv/ is
 * told of events and errors through struct smmu_device_ops, and decides what they mean. The driver
 * data of @dev is this structure.
 *
 * The same SMMU is a struct smmu_inst in core/, which this structure embeds, and a struct
 * smmu_iommu in drv/, which embeds this structure: Documentation/map.rst.
 *
 * The functions of this file are the top of hw/ and use all other files of hw/. Every one of those
 * includes this header for the structure. The order of the files is in scripts/check-layers.
 *
 * Life of an SMMU: smmu_device_init() reads the ID registers and changes nothing,
 * smmu_device_alloc() allocates memory, smmu_device_start() resets and enables the SMMU,
 * smmu_device_stop() disables it, and smmu_device_free() frees the memory. Interrupts are freed
 * before the memory that their handlers use, and no command is posted to a queue that is not
 * enabled. hw/shut.h says how an SMMU ends that does not do as told.
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
#include "hw/cmdqv.h"
#include "hw/recordq.h"
#include "hw/resume.h"
#include "hw/strtab.h"

struct device;
struct smmu_device;
struct smmu_event;
struct smmu_page_request;
struct smmu_waits;

/*
 * An SMMU that does not acknowledge a register write within the first time, or whose command queue
 * stands still for the second, is taken for one that does not work.
 */
#define SMMU_REG_TIMEOUT_US	1000000
#define SMMU_CMD_TIMEOUT_MS	2000
/*
 * The same for a queue that stands at an ATC_INV. PCIe (ATS) allows a device a minute, plus 50 %,
 * and then the root port gives up and the SMMU goes on with an error.
 */
#define SMMU_ATC_TIMEOUT_MS	100000
/* How long a CPU may wait with interrupts off */
#define SMMU_IRQS_OFF_MS	10000

/**
 * struct smmu_device_ops - what hw tells the layer above
 * @event: takes a decoded event record. Called by the thread of the event queue; may sleep.
 * @page_request: takes a decoded record of the PRI queue, and sees to it that a group gets its
 *	answer. Called by the thread of the PRI queue, and by smmu_priq_drain(); may sleep.
 * @page_requests_lost: the PRI queue has overflown, and all requests before that were taken. Groups
 *	whose last request has not come by now have been answered by the SMMU (8.1.1).
 * @was_shut: the SMMU was shut because it does not do as told. Any context.
 * @atc_silent: the device of stream @sid has left an ATC_INV unanswered. When the callback returns,
 *	the device no longer uses what its ATC holds. Any context.
 * @atc_is_cut: is that so for the device of stream @sid, or is there no device with ATS? Then
 *	nothing relies on an ATC_INV to it. Any context.
 * @atc_answered: the device of stream @sid has answered ATC_INVs after the queue had stood for it
 *	for @us, until @now. Returns true if that was too much, and the device was cut off. Any
 *	context.
 * @waited: a post or a wait on @smmu that took longer than SMMU_LONG_WAIT_US is over, after @us,
 *	with @ret. @sid is the StreamID of the device for which the queue stood last, or
 *	SMMU_NO_SID. For tracing. Any context.
 */
struct smmu_device_ops {
	void (*event)(struct smmu_device *smmu, const struct smmu_event *event);
	void (*page_request)(struct smmu_device *smmu, const struct smmu_page_request *req);
	void (*page_requests_lost)(struct smmu_device *smmu);
	void (*was_shut)(struct smmu_device *smmu);
	void (*atc_silent)(struct smmu_device *smmu, u32 sid);
	bool (*atc_is_cut)(struct smmu_device *smmu, u32 sid);
	bool (*atc_answered)(struct smmu_device *smmu, u32 sid, u64 us, ktime_t now);
	void (*waited)(struct smmu_device *smmu, enum smmu_waiter who, u64 us, u32 sid, int ret);
};

/**
 * enum smmu_insertion - how commands are inserted into the architected queue
 * @SMMU_INSERT_LOCK: under a spinlock
 * @SMMU_INSERT_COMBINE: without a lock
 * @SMMU_INSERT_AUTO: as the number of CPUs and of queues wants it, see cmdq_combine.h
 */
enum smmu_insertion { SMMU_INSERT_LOCK, SMMU_INSERT_COMBINE, SMMU_INSERT_AUTO };

/**
 * struct smmu_tuning - what the user chooses
 * @queue_cap: log2 of the largest queue size, 0 for no limit
 * @nr_queues: most command queues, the architected one included; 0 for no limit
 * @insertion: how to insert commands
 * @poll_cons: see completion in CMDQ_CONS only; no CMD_SYNC sends an MSI
 * @adopt: let an SMMU that is found enabled go on with the tables of the kernel before, see adopt.h
 * @no_records: have no event queue and no PRI queue. For a crash kernel, whose queues would only
 *	report faults of the kernel before.
 */
struct smmu_tuning {
	u8 queue_cap;
	u32 nr_queues;
	enum smmu_insertion insertion;
	bool poll_cons;
	bool no_records;
	bool adopt;
};

/**
 * struct smmu_device - see the head of this file
 * @inst: what core/ knows of the SMMU
 * @dev: platform device
 * @ops: callbacks of drv/
 * @base: register page 0
 * @page1: register page 1 (page 0 again with SMMU_ERRATUM_PAGE0_ONLY)
 * @phys: physical address of page 0, for logs
 * @iidr: IIDR as read
 * @tuning: the user's choices
 * @cmdq: the architected command queue; smmu_main_cmdq() returns it
 * @more: the other command queues, cmdq_set.h
 * @ecmdq_pages: registers of ECMDQs, NULL without
 * @cmdqv: CMDQ-V companion; its address, size and interrupt are set before smmu_device_alloc()
 * @waits: how long waits took; NULL until somebody has asked for it, see waits.h
 * @waits_on: they are counted
 * @evtq: event queue; it has no memory when @tuning.no_records is set
 * @priq: PRI queue; it has memory only with SMMU_FEAT_PRI and without @tuning.no_records
 * @strtab: stream table
 * @resumes: answers to stalled transactions that wait for room in the command queue
 * @gerror_lock: serialises acknowledging GERROR between the handler and pollers
 * @shut_lock: protects @shutting, @on, @dead (writing), and each read of GBPA or CR0 together with
 *	the write that follows from it. Irq-safe. Taken without any other lock of hw/, and never
 *	held while the driver waits for the SMMU.
 * @irq_gerror: Linux interrupt of GERROR, or 0
 * @irq_combined: Linux interrupt of a line for everything, or 0
 * @was_enabled: SMMUEN was set when the driver found the SMMU, so another kernel has used it and
 *	DMA may be under way
 * @msi: interrupts are MSIs
 * @started: smmu_device_start() has succeeded
 * @gbpa_changed: GBPA.ABORT was 0 and was set in order to shut the SMMU. Written under @shut_lock,
 *	or before anybody else uses the SMMU.
 * @shutting: smmu_shut_begin() was called, so the SMMU must not be enabled any more
 * @for_good: and smmu_shut_undo() does not change that
 * @shutters: number of CPUs between smmu_shut_begin() and smmu_shut_end(); under @shut_lock
 * @asleep: the registers must not be accessed, because the SMMU may be without power, or may hold
 *	anything, because nobody has programmed them since. Written under evtq.lock. READ_ONCE by
 *	others; smmu_device_sleep() says what keeps them out.
 * @gbpa: GBPA when it was put to sleep
 * @epoch: number of times that it came back. SMMUEN = 0 has ended all stalled transactions before,
 *	and their STAGs may have been used again since (6.3.9.6). Under @shut_lock, READ_ONCE by
 *	others.
 * @failed: in service failure mode, or with a queue that cannot go on; only a reset ends that.
 *	Under @gerror_lock, READ_ONCE by smmu_device_restart().
 * @on: fields of CR0 that the SMMU has not acknowledged as 0; valid once @dead is set
 * @dead: the SMMU was shut or stopped. Written with release, after @on; read with
 *	READ_ONCE by every caller that posts. See hw/shut.h.
 * @gerrors: number of times that GERROR had an error active
 * @withheld: number of pieces of memory that are withheld because the SMMU may still use them
 * @withheld_mem: those that can be given back; under @shut_lock
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
	struct smmu_cmdq_set more;
	void __iomem *ecmdq_pages;
	struct smmu_cmdqv cmdqv;
	struct smmu_waits __percpu *waits;
	bool waits_on;
	struct smmu_recordq evtq;
	struct smmu_recordq priq;
	struct smmu_strtab strtab;
	struct smmu_resumes resumes;
	raw_spinlock_t gerror_lock;
	raw_spinlock_t shut_lock;
	int irq_gerror;
	int irq_combined;
	bool was_enabled;
	bool msi;
	bool started;
	bool gbpa_changed;
	bool shutting;
	bool for_good;
	u32 shutters;
	bool asleep;
	u32 gbpa;
	u32 epoch;
	bool failed;
	u32 on;
	bool dead;
	atomic_t gerrors;
	atomic_t withheld;
	struct list_head withheld_mem;
};

static inline struct smmu_device *smmu_device_of(struct smmu_inst *inst)
{
	return container_of(inst, struct smmu_device, inst);
}

/**
 * smmu_main_cmdq() - the architected command queue, whose errors GERROR.CMDQ_ERR reports
 * @smmu: SMMU
 *
 * For hw/cmdq.c, which chooses the queue of a post, and hw/gerror.c. All other code posts to the
 * SMMU and finds the queue in the ticket.
 * Return: the queue
 */
static inline struct smmu_cmdq *smmu_main_cmdq(struct smmu_device *smmu)
{
	return &smmu->cmdq;
}

/* Number of command queues, and each of them; the architected one is number 0 */
static inline u32 smmu_cmdqs(const struct smmu_device *smmu)
{
	return smmu->more.nr + 1;
}

static inline struct smmu_cmdq *smmu_cmdq_at(struct smmu_device *smmu, u32 nr)
{
	return nr ? &smmu->more.q[nr - 1] : &smmu->cmdq;
}

static inline bool smmu_has(const struct smmu_device *smmu, u32 feat)
{
	return smmu->inst.feat.flags & feat;
}

/**
 * struct smmu_wired - wired interrupts that firmware names, 0 where there is none
 * @event: event queue
 * @pri: PRI queue
 * @gerror: global errors
 * @combined: one line for everything
 */
struct smmu_wired {
	int event;
	int pri;
	int gerror;
	int combined;
};

/**
 * smmu_device_init() - read what the SMMU is, without changing anything in it
 * @smmu: zeroed, except @inst, @dev, @ops, @base, @page1 and @phys, which the caller sets
 * @env: what firmware says of the SMMU
 * @tuning: what the user chooses; copied
 * Return: 0 or what smmu_ident_decode() returns, with one line logged
 */
int smmu_device_init(struct smmu_device *smmu, const struct smmu_ident_env *env,
		     const struct smmu_tuning *tuning);

/**
 * smmu_device_alloc() - allocate queues and stream table; registers are not written
 * @smmu: initialised SMMU
 *
 * Where the stream table of the kernel before can be adopted (adopt.h), it is, and only then are
 * registers written: the queues of that kernel stop.
 * Return: 0 or -ENOMEM; on error everything is freed again
 */
int smmu_device_alloc(struct smmu_device *smmu);

/**
 * smmu_device_start() - reset, program and enable the SMMU
 * @smmu: allocated SMMU; streams that need bypass have their STEs already
 * @wired: interrupts from firmware
 * Return: 0 or an error with a line logged; on error the SMMU is stopped, as by
 *	smmu_device_stop()
 */
int smmu_device_start(struct smmu_device *smmu, const struct smmu_wired *wired);

/**
 * smmu_device_stop() - turn off translation and interrupts; GBPA then decides what DMA does
 * @smmu: started or not
 * @quiesce: wait for transactions that are in progress, because their memory is freed next. Else
 *	no command is sent.
 *
 * From here on posts fail with -ESHUTDOWN at once, because drivers of devices may still unmap after
 * a shutdown and must not wait. GBPA of an SMMU that works is what it was when the driver started
 * the SMMU, even if the SMMU was shut in between. GBPA of one that was shut stays abort.
 */
void smmu_device_stop(struct smmu_device *smmu, bool quiesce);

/**
 * smmu_device_restart() - the first half of bringing back an SMMU that was shut, or put to sleep
 * @smmu: SMMU
 *
 * Where the queue has done everything that was posted to it, and the SMMU has acknowledged SMMUEN =
 * 0, it takes commands again, and everything in its TLBs and caches is invalidated. SMMUEN stays 0.
 * Tags and memory that were withheld are given back then. An SMMU that is @asleep is stopped,
 * whatever it does, and programmed anew first.
 * Nobody else looks meanwhile at whether the SMMU is dead in order to decide what may be freed: no
 * master changes. Process context; waits for the SMMU, and for devices as far as walks have
 * posted ATC_INVs to them by then.
 * Return: 0, and then the caller makes the tables what they shall be and calls
 *	smmu_device_reenable(); -EBUSY when it cannot be now; -ENODEV when it can never be;
 *	-EALREADY when the SMMU is not dead
 */
int smmu_device_restart(struct smmu_device *smmu);

/**
 * smmu_device_reenable() - the second half: set SMMUEN
 * @smmu: after smmu_device_restart()
 * Return: 0, or an error, and then the SMMU is shut
 */
int smmu_device_reenable(struct smmu_device *smmu);

/**
 * smmu_device_free() - free queues and tables; the spaces of ASIDs and VMIDs in @inst stay
 * @smmu: stopped SMMU. No array names it, and no caller is about to post to it.
 *
 * Memory that an SMMU adrift may still use is withheld, see smmu_device_free_dma().
 */
void smmu_device_free(struct smmu_device *smmu);

#endif
