// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel/locking/qspinlock.c as arm64 uses it, with a CPU for each context of the arena. The
 * atomics, the loops that wait, and the per-CPU data are replaced.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/hardirq.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/prefetch.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <trace/events/lock.h>

#include "reference/arena.h"
#include "reference/queued_lock.h"

/* Keep out this architecture's own queued spinlock, and its use as the architecture's spinlock */
#define _ASM_X86_QSPINLOCK_H
#define __no_arch_spinlock_redefine
#define arch_spinlock_t		kunit_spinlock_t
#undef __ARCH_SPIN_LOCK_UNLOCKED
#include <asm-generic/qspinlock.h>
#include <asm-generic/mcs_spinlock.h>

#undef __percpu
#define __percpu
#undef this_cpu_ptr
#undef per_cpu_ptr
#undef __this_cpu_dec
#undef smp_processor_id
#undef DEFINE_PER_CPU_ALIGNED
#undef EXPORT_SYMBOL
#define NODES			(4 * INSERT_CONTEXTS)
#define per_cpu_ptr(p, cpu)	((typeof(p))((char *)(p) + (cpu) * 4 * sizeof(struct qnode)))
#define smp_processor_id()	((int)arena_running())
#define this_cpu_ptr(p)		per_cpu_ptr(p, smp_processor_id())
#define __this_cpu_dec(v)	((*this_cpu_ptr(&(v)))--)
#define DEFINE_PER_CPU_ALIGNED(type, name)	struct qnode name
#define EXPORT_SYMBOL(name)

#undef smp_cond_load_relaxed
#undef smp_cond_load_acquire
#define smp_cond_load_relaxed(p, cond)			\
({							\
	typeof(p) __p = (p);				\
	typeof(*__p) VAL;				\
							\
	while (VAL = READ_ONCE(*__p), !(cond))		\
		arena_wait();				\
	VAL;						\
})
#define smp_cond_load_acquire(p, cond)	smp_cond_load_relaxed(p, cond)

static bool swapped(bool won)
{
	if (!won)
		arena_retry();
	return won;
}

#define atomic_fetch_or_acquire(i, v)				\
	({ arena_rmw(true); (atomic_fetch_or_acquire)(i, v); })
#define atomic_try_cmpxchg_acquire(v, old, new)			\
	({ arena_rmw(true); swapped((atomic_try_cmpxchg_acquire)(v, old, new)); })
#define atomic_try_cmpxchg_relaxed(v, old, new)			\
	({ arena_rmw(true); swapped((atomic_try_cmpxchg_relaxed)(v, old, new)); })
#undef xchg_relaxed
#define xchg_relaxed(p, new)	({ arena_rmw(true); xchg(p, new); })

static u32 traced_set_pending(struct qspinlock *lock)
{
	return atomic_fetch_or_acquire(_Q_PENDING_VAL, &lock->val);
}

#undef queued_fetch_set_pending_acquire
#undef _Q_PENDING_LOOPS
#define queued_fetch_set_pending_acquire	traced_set_pending
#include <../kernel/locking/qspinlock.h>
/* number of nodes in all; each context uses the first of its four */
#undef _Q_MAX_NODES
#define _Q_MAX_NODES		NODES

/* The inline function has been compiled without these replacements */
static bool traced_trylock(struct qspinlock *lock)
{
	int val = atomic_read(&lock->val);

	return !val && atomic_try_cmpxchg_acquire(&lock->val, &val, _Q_LOCKED_VAL);
}

#define queued_spin_trylock		traced_trylock
#define queued_spin_lock_slowpath	traced_lock_slowpath

#include <../kernel/locking/qspinlock.c>

static struct qspinlock the_lock;

void queued_lock_init(void)
{
	memset(&the_lock, 0, sizeof(the_lock));
	memset(qnodes, 0, sizeof(qnodes));
}

void queued_lock(void)
{
	int val = 0;

	if (!atomic_try_cmpxchg_acquire(&the_lock.val, &val, _Q_LOCKED_VAL))
		traced_lock_slowpath(&the_lock, val);
}

void queued_unlock(void)
{
	queued_spin_unlock(&the_lock);
}
