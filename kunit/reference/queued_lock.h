/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's queued spinlock, compiled a second time for the contexts of an arena: a context
 * that waits lets others go on, and read-modify-writes are counted.
 */
#ifndef KUNIT_MODELS_QUEUED_LOCK_H
#define KUNIT_MODELS_QUEUED_LOCK_H

#include <linux/types.h>

/* Set up the lock; no context holds it */
void queued_lock_init(void);
void queued_lock(void);
void queued_unlock(void);

/* The kernel's function has this name here */
struct qspinlock;
void traced_lock_slowpath(struct qspinlock *lock, u32 val);

#endif
