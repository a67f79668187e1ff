/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's queued spinlock, compiled once more for the contexts of an arena: they wait by
 * letting others go on, and its read-modify-writes are counted.
 */
#ifndef KUNIT_MODELS_QUEUED_LOCK_H
#define KUNIT_MODELS_QUEUED_LOCK_H

#include <linux/types.h>

/* Nobody holds it */
void queued_lock_init(void);
void queued_lock(void);
void queued_unlock(void);

/* The kernel's function, under this name */
struct qspinlock;
void traced_lock_slowpath(struct qspinlock *lock, u32 val);

#endif
