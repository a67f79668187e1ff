/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues that the SMMU writes and the driver reads: event queue and PRI queue.
 *
 * Handlers take records until the queue is empty, because only then does the next record raise an
 * interrupt (Arm IHI 0070, 7.2 - 7.4, 8). Where faults come faster than they are handled, a handler
 * does not keep its CPU: after some milliseconds of work it sleeps for a moment, and records that
 * do not fit into the queue meanwhile are lost.
 */
#ifndef SMMU_HW_RECORDQ_H
#define SMMU_HW_RECORDQ_H

#include <linux/irqreturn.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "hw/queue_mem.h"

struct smmu_device;
struct smmu_page_request;

/**
 * struct smmu_recordq - an event queue or a PRI queue
 * @mem: memory of the queue; mem.virt is NULL where there is no such queue
 * @page: register page with PROD and CONS
 * @prod: offset of PROD in @page
 * @cons: offset of CONS in @page
 * @base: offset of the *_BASE register in page 0
 * @irq: Linux interrupt or 0
 * @name: name of the queue, for the log
 * @take: takes one record, which is a copy; may sleep
 * @lost: called when records were lost, after the last one before the loss was taken and before
 *	the loss is acknowledged. May be NULL.
 * @lock: one CPU at a time takes records
 * @records: number of records taken
 * @overflows: number of times that records were lost
 * @pauses: number of times that the handler slept before the queue was empty
 */
struct smmu_recordq {
	struct smmu_queue_mem mem;
	void __iomem *page;
	u32 prod;
	u32 cons;
	u32 base;
	int irq;
	const char *name;
	void (*take)(struct smmu_device *smmu, const __le64 *record);
	void (*lost)(struct smmu_device *smmu);
	struct mutex lock;	/* one CPU at a time takes records */
	u64 records;
	u64 overflows;
	u64 pauses;
};

int smmu_recordq_alloc(struct smmu_device *smmu);
void smmu_recordq_free(struct smmu_device *smmu);
void smmu_recordq_program(struct smmu_recordq *q, void __iomem *page0);

/*
 * Take the events that are in the queue now. When this function returns, every event that the SMMU
 * had reported before the call was handed over. May sleep. The take callback must not call it.
 */
void smmu_evtq_drain(struct smmu_device *smmu);

/* The same for page requests */
void smmu_priq_drain(struct smmu_device *smmu);

/**
 * smmu_priq_can_serve() - may devices be allowed to send page requests?
 * @smmu: SMMU that was started
 * Suites replace this function.
 * Return: true if there is a PRI queue and an interrupt that says when something is in it
 */
bool smmu_priq_can_serve(const struct smmu_device *smmu);

/**
 * smmu_priq_answer() - answer a page request group, and wait for room in the command queue
 * @smmu: SMMU
 * @req: last request of the group; its StreamID may be any number
 * @pasid: the answer has the PASID of the request, if the request has one
 * @resp: PRI_RESP_*
 *
 * Process context, without locks that other devices need. The answer goes to the device, so
 * nobody waits for it to be done (4.5.2). There is none to a StreamID or a PASID that the SMMU
 * does not have, because the command would be illegal (4.1.7).
 */
void smmu_priq_answer(struct smmu_device *smmu, const struct smmu_page_request *req, bool pasid,
		      u8 resp);

/* Threaded handlers; @data is the struct smmu_device */
irqreturn_t smmu_evtq_thread(int irq, void *data);
irqreturn_t smmu_priq_thread(int irq, void *data);

#endif
