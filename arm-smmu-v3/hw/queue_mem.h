/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a queue: DMA memory aligned to its size, less than wanted where there is not enough. */
#ifndef SMMU_HW_QUEUE_MEM_H
#define SMMU_HW_QUEUE_MEM_H

#include <linux/types.h>

struct smmu_device;

/**
 * struct smmu_queue_mem - memory of a queue
 * @virt: CPU address
 * @dma: bus address
 * @log2: log2 of the number of entries
 * @entry: size of an entry in bytes
 * @enable: field CR0_* that enables the queue; 0 for one that CR0 does not enable
 * @busy: the SMMU has not acknowledged that such a queue is disabled
 */
struct smmu_queue_mem {
	void *virt;
	dma_addr_t dma;
	u32 enable;
	u8 log2;
	u8 entry;
	bool busy;
};

/**
 * smmu_queue_mem_alloc() - allocate a queue, with half the size again and again until that succeeds
 * @smmu: SMMU
 * @mem: out
 * @log2: log2 of the number of entries wanted
 * @entry: size of an entry in bytes
 * @enable: field CR0_* that enables the queue
 * @name: name of the queue, for the log; NULL where there are many of the kind
 * Return: 0 or -ENOMEM
 */
int smmu_queue_mem_alloc(struct smmu_device *smmu, struct smmu_queue_mem *mem, u8 log2,
			 u8 entry, u32 enable, const char *name);

/* Free or withhold the memory, see smmu_device_free_queue() */
void smmu_queue_mem_free(struct smmu_device *smmu, struct smmu_queue_mem *mem);

/* Return: value for a *Q_BASE register */
u64 smmu_queue_mem_base(const struct smmu_queue_mem *mem);

#endif
