// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>

#include <smmuv3/regs.h>

#include "hw/device.h"
#include "hw/queue_mem.h"
#include "hw/shut.h"

/* The driver asks for at most 64 Ki entries, because larger queues have no use */
#define QUEUE_LOG2_WANTED	16

static size_t queue_bytes(const struct smmu_queue_mem *mem)
{
	return (size_t)mem->entry << mem->log2;
}

int smmu_queue_mem_alloc(struct smmu_device *smmu, struct smmu_queue_mem *mem, u8 log2,
			 u8 entry, u32 enable, const char *name)
{
	mem->entry = entry;
	mem->enable = enable;
	for (mem->log2 = min_t(u8, log2, QUEUE_LOG2_WANTED);; mem->log2--) {
		mem->virt = dma_alloc_coherent(smmu->dev, queue_bytes(mem), &mem->dma,
					       GFP_KERNEL | __GFP_NOWARN);
		/*
		 * A queue must be aligned to its size (6.3.26). Coherent memory is, except
		 * memory from CMA that is larger than CONFIG_CMA_ALIGNMENT.
		 */
		if (mem->virt && !(mem->dma & (queue_bytes(mem) - 1)))
			break;
		smmu_queue_mem_free(smmu, mem);
		if (queue_bytes(mem) <= PAGE_SIZE || !mem->log2) {
			dev_err(smmu->dev, "no memory for %s (%zu bytes)\n",
				name ?: "a command queue", queue_bytes(mem));
			return -ENOMEM;
		}
	}
	if (name)
		dev_info(smmu->dev, "allocated %u entries for %s\n", 1U << mem->log2, name);
	return 0;
}

void smmu_queue_mem_free(struct smmu_device *smmu, struct smmu_queue_mem *mem)
{
	if (mem->virt)
		smmu_device_free_queue(smmu, mem->busy || smmu_device_uses(smmu, mem->enable),
				       queue_bytes(mem), mem->virt, mem->dma);
	mem->virt = NULL;
}

u64 smmu_queue_mem_base(const struct smmu_queue_mem *mem)
{
	return (mem->dma & QUEUE_BASE_ADDR) | QUEUE_BASE_ALLOC |
	       FIELD_PREP(QUEUE_BASE_LOG2SIZE, mem->log2);
}
