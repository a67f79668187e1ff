/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stubs for functions that are called with interrupts off, under raw spinlocks or by interrupt
 * handlers.
 *
 * KUnit looks up what kunit_activate_static_stub() was told under a spinlock, which sleeps on
 * PREEMPT_RT. Here no lock is taken. As with KUnit's stubs, only a thread of a test gets one, and
 * they end with the test.
 */
#ifndef SMMUV3_RAW_STUB_H
#define SMMUV3_RAW_STUB_H

#include <linux/compiler.h>

#include <kunit/test-bug.h>

#if IS_ENABLED(CONFIG_KUNIT)
void *smmu_raw_stub_find(void *fn);
void smmu_raw_stub_set(struct kunit *test, void *fn, void *stub);
void smmu_raw_stub_clear(struct kunit *test, void *fn);

/* As kunit_activate_static_stub(), for a function that asks smmu_raw_stub() */
#define smmu_activate_raw_stub(test, fn, stub) ({	\
	typeof(fn) *fn_ = (fn), *stub_ = (stub);	\
							\
	smmu_raw_stub_set((test), fn_, stub_);		\
})

/* As kunit_deactivate_static_stub() */
#define smmu_deactivate_raw_stub(test, fn) smmu_raw_stub_clear((test), (fn))
#endif

/**
 * smmu_raw_stub() - what KUNIT_STATIC_STUB_REDIRECT() would call
 * @fn: the function that asks
 *
 * The caller calls what it gets, and nothing else. Any context.
 * Return: the function that a suite has activated in its place, or NULL
 */
static inline void *smmu_raw_stub(void *fn)
{
#if IS_ENABLED(CONFIG_KUNIT)
	if (unlikely(kunit_get_current_test()))
		return smmu_raw_stub_find(fn);
#endif
	return NULL;
}

#endif
