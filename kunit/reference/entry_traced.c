// SPDX-License-Identifier: GPL-2.0-only
/*
 * entry.c built a second time, as traced_entry_write(): its WRITE_ONCE() tells the model of
 * hardware about every single store, and its dma_wmb() about the barrier. It has a file of its
 * own, so that no other code sees the macros.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/barrier.h>

#include "entry_hw.h"

#undef WRITE_ONCE
#define WRITE_ONCE(word, value)		entry_hw_store(&(word), value)
#undef dma_wmb
#define dma_wmb()			entry_hw_barrier()
#define smmu_entry_write		traced_entry_write
#define smmu_entry_fill			traced_entry_fill
#include "../../arm-smmu-v3/core/entry.c"
