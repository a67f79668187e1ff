// SPDX-License-Identifier: GPL-2.0-only
/*
 * entry.c once more, as traced_entry_write(): its WRITE_ONCE() tells the model of
 * hardware about every single store. A file of its own, since nothing else must
 * see the macro.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>

#include "entry_hw.h"

#undef WRITE_ONCE
#define WRITE_ONCE(word, value)		entry_hw_store(&(word), value)
#define smmu_entry_write		traced_entry_write
#include "../../arm-smmu-v3/core/entry.c"
