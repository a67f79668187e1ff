/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in memory while the CPUs' caches hold something else: what an SMMU sees that does not
 * look into them.
 *
 * A page is in one of three states:
 *
 *  - not cacheable, by dma_alloc_coherent() for a device that does not snoop: a CPU's write is in
 *    memory at once
 *  - cacheable and mapped, by dma_map_single() and the like for such a device: what is in memory is
 *    what the CPU had written when it mapped the page, or cleaned it with
 *    dma_sync_single_for_device()
 *  - neither: what is in memory was never cleaned, and may be anything
 *
 * By memory_set_weak() writes to pages that are not cacheable linger, too, until a barrier orders
 * them for observers outside of the CPUs' shareability domain: dma_wmb(), wmb(), mb(), or a
 * register write that has one. smp_mb() and acquire and release are none. An access then sees
 * either what is settled, or the newest value; see model_glance().
 *
 * The second and third state are what a driver can get wrong. A clean takes exactly the bytes that
 * it names, because a cache line may be short.
 *
 * The DMA API tells this file what happens by dma_map_ops, so the kernel needs ARCH_HAS_DMA_OPS.
 * User-mode Linux has it by scripts/kunit-uml/Kconfig. On arm64 it comes with XEN only; there every
 * SMMU of the model sees what the CPUs see.
 */
#ifndef KUNIT_MODEL_MEMORY_H
#define KUNIT_MODEL_MEMORY_H

#include <linux/kconfig.h>
#include <linux/types.h>

struct device;

/* Does this kernel tell what the CPUs' caches hold? */
#define MEMORY_HAS_CACHES	IS_ENABLED(CONFIG_ARCH_HAS_DMA_OPS)

/* The device does not snoop. Called before it is added. */
void memory_set_noncoherent(struct device *dev);

/**
 * memory_behind() - memory as somebody sees it who does not look into the CPUs' caches
 * @pa: physical address
 * @settled: as of the last barrier, if the memory is weak
 *
 * Context: interrupts are off for as long as the result is used
 * Return: where the bytes from @pa to the end of the page are, or NULL when they were never cleaned
 */
void *memory_behind(u64 pa, bool settled);

/*
 * Let writes linger from now on; @at_barrier is called before each barrier has its effect. NULL: no
 * more. For one thread only.
 */
void memory_set_weak(void (*at_barrier)(void));

/* The barriers of the driver, by stand_in/barrier.h */
void memory_barrier(void);

/* Number of pages that are not cacheable, or mapped, for some device that does not snoop */
u32 memory_pages(void);

#endif
