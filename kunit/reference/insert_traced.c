// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/insert.c built a second time, as traced_insert(): every atomic read-modify-write in it
 * reports to the arena. It has a file of its own, so that no other code sees the macros.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>

#define smmu_inserter_init	traced_inserter_init
#define smmu_inserter_start	traced_inserter_start
#define smmu_insert_admits	traced_insert_admits
#define smmu_insert		traced_insert
#define smmu_insert_reserved	traced_insert_reserved
#define smmu_insert_pause	traced_insert_pause

#include "core/cmd.h"
#include "core/insert.h"
#include "core/queue.h"
#include "reference/arena.h"
#include "reference/insert_traced.h"

/* A context inserts with interrupts off, as it must; at a switch it is another CPU's turn */
static void traced_rmw(bool shared)
{
	local_irq_enable();
	arena_rmw(shared);
	local_irq_disable();
}

#define atomic64_fetch_add(i, v)				\
	({ traced_rmw(true); (atomic64_fetch_add)(i, v); })

static unsigned long do_xchg(unsigned long *p, unsigned long new)
{
	traced_rmw(false);
	return xchg(p, new);
}

static unsigned long do_cmpxchg(unsigned long *p, unsigned long old, unsigned long new)
{
	traced_rmw(false);
	return cmpxchg(p, old, new);
}

/* Of the word of a batch, and of the word of a node, which is a pointer */
#undef xchg
#undef cmpxchg
#undef cmpxchg_release
#define xchg(p, new)						\
({								\
	typeof(p) _w = (p);					\
								\
	(typeof(*_w))do_xchg((unsigned long *)_w, (unsigned long)(new));	\
})
#define cmpxchg(p, old, new)					\
({								\
	typeof(p) _w = (p);					\
								\
	(typeof(*_w))do_cmpxchg((unsigned long *)_w, (unsigned long)(old), (unsigned long)(new)); \
})
#define cmpxchg_release(p, old, new)	cmpxchg(p, old, new)

/* One more turn of a loop that waits: others go on */
static void traced_wait(void)
{
	local_irq_enable();
	arena_wait();
	local_irq_disable();
}

#undef smp_cond_load_acquire
#define smp_cond_load_acquire(p, cond)				\
({								\
	typeof(p) _p = (p);					\
	typeof(*_p) VAL;					\
								\
	while (VAL = READ_ONCE(*_p), !(cond))			\
		traced_wait();					\
	VAL;							\
})

/* An atomic that is added to insert.c must be added here too */
#pragma GCC poison atomic64_fetch_add_relaxed atomic64_cmpxchg atomic64_try_cmpxchg atomic64_xchg
#pragma GCC poison atomic_cmpxchg atomic_try_cmpxchg atomic_xchg atomic_fetch_or atomic_fetch_add
#pragma GCC poison atomic_inc atomic_dec atomic_add atomic_sub atomic_or atomic_inc_return
#pragma GCC poison atomic_dec_return atomic_dec_and_test atomic_add_return atomic_fetch_inc
#pragma GCC poison atomic_sub_return atomic64_fetch_inc atomic64_fetch_or atomic64_fetch_andnot
#pragma GCC poison atomic64_add_return atomic64_sub_return
#undef try_cmpxchg
#undef try_cmpxchg_release
#undef xchg_relaxed
#undef raw_spin_lock

#include "../../arm-smmu-v3/core/insert.c"
