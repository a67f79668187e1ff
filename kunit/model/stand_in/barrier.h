/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included in front of every file of a build on user-mode Linux. The barriers that count for an
 * SMMU that is not coherent go to memory.h. Barriers between CPUs stay what they are, although the
 * kernel makes them of the others there.
 */
#ifndef MODEL_STAND_IN_BARRIER_H
#define MODEL_STAND_IN_BARRIER_H

#include <linux/compiler.h>
#include <asm/barrier.h>

void memory_barrier(void);

static __always_inline void model_smp_mb(void)
{
	/* as __smp_mb() of user-mode Linux */
	mb();
}

static __always_inline void model_smp_wmb(void)
{
	/* as __smp_wmb() of user-mode Linux */
	wmb();
}

#undef __smp_mb
#undef __smp_wmb
#undef mb
#undef wmb
#undef dma_wmb
#define __smp_mb()	model_smp_mb()
#define __smp_wmb()	model_smp_wmb()
#define mb()		memory_barrier() /* counts for the SMMU */
#define wmb()		memory_barrier() /* likewise */
#define dma_wmb()	memory_barrier() /* likewise */

#endif
