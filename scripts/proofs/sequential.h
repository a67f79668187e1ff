/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For proofs about one writer alone: the kernel's macros that are written in assembler, which CBMC
 * cannot read, as plain C. So these proofs say nothing about the order in which others see stores.
 * What WARNs is proved never to happen, and a function is never replaced by a suite's.
 */
#ifndef SEQUENTIAL_H
#define SEQUENTIAL_H

#include <linux/atomic.h>
#include <linux/bug.h>

#include <asm/barrier.h>
#include <kunit/static_stub.h>

#include "proof.h"

#undef atomic_inc
#define atomic_inc(v)			((void)(v)->counter++)
#undef atomic_dec
#define atomic_dec(v)			((void)(v)->counter--)
#undef smp_store_release
/* nobody else is there */
#define smp_store_release(p, v)		((void)(*(p) = (v)))
#undef smp_load_acquire
/* likewise */
#define smp_load_acquire(p)		(*(p))

#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition)					\
({								\
	bool warns = !!(condition);				\
								\
	PROVE(!warns, "nothing is warned of");			\
	warns;							\
})

#undef KUNIT_STATIC_STUB_REDIRECT
#define KUNIT_STATIC_STUB_REDIRECT(...)	do { } while (0)

#endif
