/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KUNIT_STATIC_STUB_REDIRECT() for functions that are called under raw spinlocks.
 *
 * KUnit looks the replacement up under a spinlock, which sleeps on PREEMPT_RT, and lockdep reports
 * that on every kernel. No kernel with CONFIG_KUNIT and CONFIG_PREEMPT_RT runs the suites, so
 * lockdep is told to look away while the replacement is looked up, and only then.
 */
#ifndef SMMUV3_RAW_STUB_H
#define SMMUV3_RAW_STUB_H

#include <kunit/static_stub.h>
#include <linux/lockdep.h>

#if IS_ENABLED(CONFIG_KUNIT)
#define SMMU_RAW_STUB_REDIRECT(fn, args...)						\
do {											\
	struct kunit *raw_stub_test = kunit_get_current_test();				\
	typeof(&fn) raw_stub;								\
											\
	if (likely(!raw_stub_test))							\
		break;									\
	{										\
		static DEFINE_WAIT_OVERRIDE_MAP(raw_stub_map, LD_WAIT_CONFIG);		\
											\
		lock_map_acquire_try(&raw_stub_map);					\
		raw_stub = kunit_hooks.get_static_stub_address(raw_stub_test, &fn);	\
		lock_map_release(&raw_stub_map);					\
	}										\
	if (raw_stub)									\
		return raw_stub(args);							\
} while (0)
#else
#define SMMU_RAW_STUB_REDIRECT(fn, args...)	do {} while (0)
#endif

#endif
