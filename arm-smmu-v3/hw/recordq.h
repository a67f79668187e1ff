/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues that the SMMU writes and we read: event queue and PRI queue.
 *
 * Handlers take records until the queue is empty: only then does the next record raise an
 * interrupt (Arm IHI 0070, 7.2 - 7.4, 8). A fault storm cannot keep a CPU: after some
 * milliseconds of work they sleep, and what does not fit meanwhile is lost.
 */
#ifndef SMMU_HW_RECORDQ_H
#define SMMU_HW_RECORDQ_H

#include <linux/irqreturn.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "hw/queue_mem.h"

struct smmu_device;

/**
 * struct smmu_recordq - one queue
 * @mem: entries; mem.virt is NULL where there is no such queue
 * @page: register page with PROD and CONS
 * @prod: offset in @page
 * @cons: offset in @page
 * @base: offset of the *_BASE register in page 0
 * @irq: Linux interrupt or 0
 * @name: for the log
 * @take: what becomes of a record; may sleep
 * @lock: taking records, one taker at a time
 * @records: records taken
 * @overflows: times records were lost
 * @pauses: times the handler slept with records left
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
	struct mutex lock;	/* one taker at a time */
	u64 records;
	u64 overflows;
	u64 pauses;
};

int smmu_recordq_alloc(struct smmu_device *smmu);
void smmu_recordq_free(struct smmu_device *smmu);
void smmu_recordq_program(struct smmu_recordq *q, void __iomem *page0);

/*
 * Take the events that are there now: what the SMMU reported before the call has been handed
 * over when this returns. May sleep; not from the take callback.
 */
void smmu_evtq_drain(struct smmu_device *smmu);

/* Threaded handlers; @data is the struct smmu_device */
irqreturn_t smmu_evtq_thread(int irq, void *data);
irqreturn_t smmu_priq_thread(int irq, void *data);

#endif
