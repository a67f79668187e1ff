/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a queue: naturally aligned DMA memory, smaller when there is not enough. */
#ifndef SMMU_HW_QUEUE_MEM_H
#define SMMU_HW_QUEUE_MEM_H

#include <linux/types.h>

struct smmu_device;

/**
 * struct smmu_queue_mem - entries in memory
 * @virt: CPU address
 * @dma: bus address
 * @log2: log2 of the entries
 * @entry: bytes of an entry
 * @enable: CR0_* that lets the SMMU use it
 */
struct smmu_queue_mem {
	void *virt;
	dma_addr_t dma;
	u32 enable;
	u8 log2;
	u8 entry;
};

/**
 * smmu_queue_mem_alloc() - halve the size until it fits
 * @smmu: SMMU
 * @mem: out
 * @log2: wanted
 * @entry: bytes of an entry
 * @enable: CR0_* that lets the SMMU use it
 * @name: for the log
 * Return: 0 or -ENOMEM
 */
int smmu_queue_mem_alloc(struct smmu_device *smmu, struct smmu_queue_mem *mem, u8 log2,
			 u8 entry, u32 enable, const char *name);

/* See smmu_device_free_queue() */
void smmu_queue_mem_free(struct smmu_device *smmu, struct smmu_queue_mem *mem);

/* Value for a *Q_BASE register */
u64 smmu_queue_mem_base(const struct smmu_queue_mem *mem);

#endif
