/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of each file of the driver, and of the kernel's queued spinlock, when they are built for
 * the simulator: what of the kernel they use. scripts/many-cpus makes the headers that they name
 * empty. Atomics and ordered accesses are the compiler's, which calls access.c for them; barriers,
 * registers, interrupts and time are the simulator's.
 */
#ifndef MANYCPU_KERNEL_H
#define MANYCPU_KERNEL_H

#include <stdalign.h>

#include "plain.h"
#include "sim.h"

#define __LITTLE_ENDIAN		1234
#define CONFIG_NR_CPUS		SIM_CPUS
#define CONFIG_SMP		1

#include <linux/kconfig.h>

typedef s64 ktime_t;
typedef int irqreturn_t;

#define PAGE_SIZE		4096UL

#define __lockfunc
#define ____cacheline_aligned_in_smp	__attribute__((aligned(SIM_LINE)))

/* barriers and atomics */
#define smp_mb()		sim_barrier()
#define smp_rmb()		sim_barrier()
#define smp_wmb()		sim_barrier()
#define rmb()			sim_barrier()
#define dma_wmb()		sim_barrier()

typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;

#define ATOMIC_INIT(i)		{ (i) }
#define atomic_read(v)		READ_ONCE((v)->counter)
#define atomic64_read(v)	READ_ONCE((v)->counter)
#define atomic_set(v, i)	WRITE_ONCE((v)->counter, i)
#define atomic64_set(v, i)	WRITE_ONCE((v)->counter, i)

#define RMW(fn, v, i, order)	__atomic_##fn(&(v)->counter, i, order)
#define atomic_inc(v)		((void)RMW(fetch_add, v, 1, __ATOMIC_RELAXED))
#define atomic_fetch_inc(v)	RMW(fetch_add, v, 1, __ATOMIC_SEQ_CST)
#define atomic_sub_return(i, v)	RMW(sub_fetch, v, i, __ATOMIC_SEQ_CST)
#define atomic64_fetch_add(i, v)	RMW(fetch_add, v, i, __ATOMIC_SEQ_CST)
#define atomic64_fetch_inc(v)		RMW(fetch_add, v, 1, __ATOMIC_SEQ_CST)
#define atomic64_fetch_xor(i, v)	RMW(fetch_xor, v, i, __ATOMIC_SEQ_CST)
#define atomic_fetch_or_acquire(i, v)	RMW(fetch_or, v, i, __ATOMIC_ACQUIRE)
#define TRY(p, old, val, order)	\
	__atomic_compare_exchange_n(p, old, val, false, order, __ATOMIC_RELAXED)
#define atomic_try_cmpxchg_acquire(v, old, val)	TRY(&(v)->counter, old, val, __ATOMIC_ACQUIRE)
#define atomic_try_cmpxchg_relaxed(v, old, val)	TRY(&(v)->counter, old, val, __ATOMIC_RELAXED)
#define atomic64_try_cmpxchg(v, old, val)	TRY(&(v)->counter, old, val, __ATOMIC_SEQ_CST)
#define try_cmpxchg(p, old, val)		TRY(p, old, val, __ATOMIC_SEQ_CST)
#define cmpxchg(p, o, val)						\
	({ typeof(*(p)) _old = (o); TRY(p, &_old, val, __ATOMIC_SEQ_CST); _old; })
#define cmpxchg_release(p, old, val)	cmpxchg(p, old, val)
#define xchg(p, val)		__atomic_exchange_n(p, val, __ATOMIC_SEQ_CST)
#define xchg_relaxed(p, val)	__atomic_exchange_n(p, val, __ATOMIC_RELAXED)

/* arm64 waits for an event in such a loop, and nothing goes over the wires meanwhile */
#define smp_cond_load_relaxed(p, cond)		\
({						\
	typeof(p) _p = (p);			\
	typeof(*_p) VAL;			\
						\
	while (VAL = READ_ONCE(*_p), !(cond))	\
		sim_sleep_on(_p);		\
	VAL;					\
})
#define smp_cond_load_acquire(p, cond)		smp_cond_load_relaxed(p, cond)
#define atomic_cond_read_acquire(v, cond)	smp_cond_load_relaxed(&(v)->counter, cond)
#define atomic_cond_read_relaxed(v, cond)	smp_cond_load_relaxed(&(v)->counter, cond)
#define cpu_relax()		sim_relax()
#define prefetchw(p)		((void)(p))

/* CPUs and their data: variables in a section of their own, with a copy for each CPU */
#define nr_cpu_ids		((u32)sim_cpus())
#define num_possible_cpus()	((u32)sim_cpus())
#define num_present_cpus()	((u32)sim_cpus())
#define raw_smp_processor_id()	sim_cpu_id()
#define smp_processor_id()	sim_cpu_id()
#define cpu_to_node(cpu)	sim_node_of(cpu)
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < sim_cpus(); (cpu)++)
#define num_possible_nodes()	setup.sockets
#define nr_node_ids		setup.sockets
#define NUMA_NO_NODE		(-1)
#define for_each_node(node)		for ((node) = 0; (node) < setup.sockets; (node)++)
#define DEFINE_PER_CPU_ALIGNED(type, name)	\
	__attribute__((section("percpu_area"), aligned(SIM_LINE))) typeof(type) name
#define per_cpu_ptr(p, cpu)	((typeof(p))((char *)(p) + sim_percpu_offset(cpu)))
#define this_cpu_ptr(p)		per_cpu_ptr(p, sim_cpu_id())
#define __this_cpu_dec(v)	((*this_cpu_ptr(&(v)))--)
void *sim_percpu_alloc(size_t bytes);
#define alloc_percpu(type)	((type *)sim_percpu_alloc(sizeof(type)))
#define free_percpu(p)		((void)(p))

/* the queued spinlock */
#define DECLARE_TRACEPOINT(name)
#define tracepoint_enabled(name)		false
#define trace_call__contended_release(lock)	do { } while (0)
#define trace_contention_begin(lock, flags)	do { } while (0)
#define trace_contention_end(lock, ret)		do { } while (0)
#define LCB_F_SPIN		1
#define virt_spin_lock(lock)	false
#define _Q_PENDING_LOOPS	(1 << 9)	/* as arm64 */
#include <asm-generic/qspinlock.h>

typedef struct qspinlock raw_spinlock_t;
#define raw_spin_lock_init(l)	((l)->val.counter = 0)
#define local_irq_save(flags)		((flags) = sim_irqs_are_off(), sim_irqs_off())
#define local_irq_restore(flags)	((flags) ? (void)0 : sim_irqs_on())
#define raw_spin_lock_irqsave(l, flags)		(local_irq_save(flags), queued_spin_lock(l))
#define raw_spin_unlock_irqrestore(l, flags)	(queued_spin_unlock(l), local_irq_restore(flags))
#define raw_spin_trylock_irqsave(l, flags)	\
	({ local_irq_save(flags); queued_spin_trylock(l) ?: (local_irq_restore(flags), 0); })
#define irqs_disabled()		sim_irqs_are_off()
#define lockdep_assert_held(l)	((void)(l))
#define lockdep_assert_irqs_disabled()			\
	do { if (!sim_irqs_are_off()) sim_wrong("interrupts are on"); } while (0)

/* registers and time */
#define readl_relaxed(p)	sim_reg_read(p)
#define readq_relaxed(p)	((u64)sim_reg_read(p))
#define writel_relaxed(v, p)	sim_reg_write(p, v)
#define writeq_relaxed(v, p)	sim_reg_write(p, v)
#define writel(v, p)		(sim_barrier(), sim_reg_write(p, v))
#define ktime_get()		((ktime_t)sim_clock_ns())
#define ktime_sub(a, b)		((a) - (b))
#define ktime_to_ns(t)		(t)
#define ktime_after(a, b)	((a) > (b))
#define ktime_us_delta(a, b)	(((a) - (b)) / 1000)
#define ktime_ms_delta(a, b)	(((a) - (b)) / 1000000)
#define ndelay(ns)		sim_delay_ns(ns)
#define usleep_range(a, b)	sim_delay_ns((a) * 1000.0)
#define touch_nmi_watchdog()	do { } while (0)
#define preemptible()		false
#define rcu_preempt_depth()	0
#define current			NULL
#define fatal_signal_pending(t)	false

/* memory, logs, and what only has to have a size */
#define GFP_KERNEL		0
#define __GFP_NOWARN		0
#define kvcalloc(n, size, gfp)	sim_alloc((n) * (size), SIM_LINE, 0)
#define kcalloc(n, size, gfp)	sim_alloc((n) * (size), SIM_LINE, 0)
#define kfree(p)		((void)(p))
#define kvfree(p)		((void)(p))
static inline void *dma_alloc_coherent(void *dev, size_t bytes, dma_addr_t *dma, gfp_t gfp)
{
	void *p = sim_alloc(bytes, bytes > PAGE_SIZE ? bytes : PAGE_SIZE, 0);

	*dma = (dma_addr_t)p;
	return p;
}

#define dma_free_coherent(dev, bytes, p, dma)	((void)(p))
#define dev_info(dev, ...)		do { } while (0)
#define dev_notice(dev, ...)		sim_log(__VA_ARGS__)
#define dev_warn(dev, ...)		sim_log(__VA_ARGS__)
#define dev_err(dev, ...)		sim_log(__VA_ARGS__)
#define dev_err_ratelimited(dev, ...)	sim_log(__VA_ARGS__)
#define DECLARE_STATIC_KEY_FALSE(name)	extern int name
#define static_branch_unlikely(key)	false
#define IRQ_HANDLED		1
#define IRQ_NONE		0

struct list_head { struct list_head *next, *prev; };
struct rcu_head { void *unused[2]; };
struct llist_head { void *first; };
struct work_struct { int unused; };
struct mutex { int unused; };
struct file;
struct xarray { int unused; };
struct ida { int unused; };
struct resource { int unused; };
struct device { int unused; };
#define DEFINE_RES_MEM(start, size)		{ 0 }
#define devm_ioremap_resource(dev, res)		((void)(res), NULL)

#endif
