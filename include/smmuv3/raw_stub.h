/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KUnit's static stubs for functions that are called under raw spinlocks or by interrupt handlers.
 *
 * KUnit looks the replacement up under a spinlock, which sleeps on PREEMPT_RT, and lockdep reports
 * that on every kernel. The suites do not run on PREEMPT_RT, so lockdep is told to look away while
 * the replacement is looked up, and only then.
 */
#ifndef SMMUV3_RAW_STUB_H
#define SMMUV3_RAW_STUB_H

#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/lockdep.h>

/**
 * smmu_raw_stub() - what KUNIT_STATIC_STUB_REDIRECT() would call
 * @fn: the function that asks
 *
 * Any context.
 * Return: the function that a suite has activated in its place, or NULL
 */
static inline void *smmu_raw_stub(void *fn)
{
#if IS_ENABLED(CONFIG_KUNIT)
	static DEFINE_WAIT_OVERRIDE_MAP(map, LD_WAIT_CONFIG);
	struct kunit *test = kunit_get_current_test();
	void *stub;

	if (likely(!test))
		return NULL;
	lock_map_acquire_try(&map);
	stub = kunit_hooks.get_static_stub_address(test, fn);
	lock_map_release(&map);
	return stub;
#else
	return NULL;
#endif
}

#endif
