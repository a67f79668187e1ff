// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the code under test calls: for accesses and atomics by way of the compiler, which has put
 * the calls of a thread sanitizer there; for barriers, registers and time by way of kernel.h.
 *
 * A load waits for its line. A store does not: it is visible when its line has come (@drain of the
 * CPU), and what is ordered behind it waits for that: a release, a barrier, a fully ordered atomic.
 * A CPU's stack, and what else is not memory of the world, is its own and costs a step.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

static uint64_t ps(double ns)
{
	return ns * SIM_NS;
}

void sim_wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "manycpu: wrong at %.3f us", sched_now() / 1e6);
	if (cpu_now)
		fprintf(stderr, " on CPU %d", cpu_now->id);
	fprintf(stderr, ": ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(3);
}

void sim_log(const char *fmt, ...)
{
	va_list args;
	char text[300];

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sim_wrong("the driver says: %s", text);
}

/* One more step of this CPU, and then it is its turn */
static struct sim_cpu *step(void)
{
	struct sim_cpu *c = cpu_now;

	c->clock += ps(cost.step);
	sched_turn();
	return c;
}

static void drained(struct sim_cpu *c)
{
	if (c->clock < c->drain)
		c->clock = c->drain;
}

static void a_load(const volatile void *p)
{
	struct sim_cpu *c = cpu_now;

	if (!c)
		return;
	if (!line_knows((const void *)p)) {
		c->clock += ps(cost.step);
		return;
	}
	step();
	line_read(c, (const void *)p);
}

static void a_store(const volatile void *p)
{
	struct sim_cpu *c = cpu_now;
	uint64_t end;

	if (!c)
		return;
	if (!line_knows((const void *)p)) {
		c->clock += ps(cost.step);
		return;
	}
	step();
	end = line_store(c, (const void *)p);
	if (c->drain < end)
		c->drain = end;
}

/* Return: what the read-modify-write takes after the value was changed */
static uint64_t a_rmw(const volatile void *p, int order)
{
	struct sim_cpu *c = cpu_now;

	if (!c)
		return 0;
	if (order == __ATOMIC_SEQ_CST || order == __ATOMIC_ACQ_REL || order == __ATOMIC_RELEASE)
		drained(c);
	step();
	return line_knows((const void *)p) ? line_rmw(c, (const void *)p) : 0;
}

static void a_rmw_end(uint64_t more)
{
	if (cpu_now)
		cpu_now->clock += more;
}

static void a_release(int order)
{
	if (cpu_now && order != __ATOMIC_RELAXED)
		drained(cpu_now);
}

void sim_barrier(void)
{
	if (!cpu_now)
		return;
	drained(cpu_now);
	cpu_now->clock += ps(cost.barrier);
}

void sim_irqs_off(void)
{
	if (cpu_now && !cpu_now->irqs_off)
		cpu_now->irqs_off = cpu_now->clock + 1;
}

void sim_irqs_on(void)
{
	uint64_t took;

	if (!cpu_now)
		return;
	took = cpu_now->clock + 1 - cpu_now->irqs_off;
	if (cpu_now->irqs_off && cpu_now->irqs_off_max < took)
		cpu_now->irqs_off_max = took;
	cpu_now->irqs_off = 0;
}

bool sim_irqs_are_off(void)
{
	return !cpu_now || cpu_now->irqs_off;
}

/* Two ways with the port of the SMMU's registers between them; the CPU waits */
uint32_t sim_reg_read(const volatile void *reg)
{
	struct sim_cpu *c = cpu_now;
	uint32_t val;

	if (!c)
		return device_read(reg, 0);
	step();
	c->clock = device_port(c->clock + ps(cost.reg_way) / 2);
	sched_turn();
	val = device_read(reg, c->clock);
	c->clock += ps(cost.reg_port) + ps(cost.reg_way) / 2;
	return val;
}

/* The CPU goes on; what it orders behind the write waits until that is acknowledged */
void sim_reg_write(volatile void *reg, uint64_t val)
{
	struct sim_cpu *c = cpu_now;

	if (!c)
		return;
	step();
	device_write(reg, val, device_port(c->clock + ps(cost.bell_way)) + ps(cost.reg_port));
	if (c->drain < c->clock + ps(cost.bell_ack))
		c->drain = c->clock + ps(cost.bell_ack);
}

uint64_t sim_clock_ns(void)
{
	if (!cpu_now)
		return 0;
	cpu_now->clock += ps(cost.counter);
	return cpu_now->clock / SIM_NS;
}

void sim_delay_ns(double ns)
{
	cpu_now->clock += ps(ns);
}

void sim_relax(void)
{
	if (cpu_now)
		cpu_now->clock += ps(cost.relax);
}

void sim_sleep_on(const volatile void *p)
{
	if (!cpu_now)
		sim_wrong("nobody would ever wake this");
	line_sleep_on((const void *)p);
}

int sim_cpu_id(void)
{
	return cpu_now ? cpu_now->id : 0;
}

/* What the compiler calls. The names are fixed. */
#define LOAD(name)	void __tsan_##name(void *p) { a_load(p); }
#define STORE(name)	void __tsan_##name(void *p) { a_store(p); }
#define SIZES(M, name)	M(name##1) M(name##2) M(name##4) M(name##8) M(name##16)

SIZES(LOAD, read)
SIZES(LOAD, volatile_read)
SIZES(LOAD, unaligned_read)
SIZES(LOAD, unaligned_volatile_read)
SIZES(STORE, write)
SIZES(STORE, volatile_write)
SIZES(STORE, unaligned_write)
SIZES(STORE, unaligned_volatile_write)

void __tsan_init(void) { }
void __tsan_func_entry(void *p) { }
void __tsan_func_exit(void) { }

void __tsan_read_range(void *p, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i += 16)
		a_load((char *)p + i);
}

void __tsan_write_range(void *p, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i += 16)
		a_store((char *)p + i);
}

void __tsan_atomic_thread_fence(int order)
{
	sim_barrier();
}

#define ATOMIC_OP(type, bits, name, expr)					\
	type __tsan_atomic##bits##_##name(volatile type p[], type v, int order)	\
	{									\
		uint64_t more = a_rmw(p, order);				\
		type old = *p;							\
										\
		*p = expr;							\
		a_rmw_end(more);						\
		return old;							\
	}

#define ATOMICS(type, bits)							\
	type __tsan_atomic##bits##_load(const volatile type *p, int order)	\
	{									\
		a_load(p);							\
		return *p;							\
	}									\
	void __tsan_atomic##bits##_store(volatile type *p, type v, int order)	\
	{									\
		a_release(order);						\
		a_store(p);							\
		*p = v;								\
	}									\
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p,	\
				type *old, type v, int order, int failed)	\
	{									\
		uint64_t more = a_rmw(p, order);				\
		type was = *p;							\
		bool same = was == *old;					\
										\
		if (same)							\
			*p = v;							\
		else								\
			*old = was;						\
		a_rmw_end(more);						\
		return same;							\
	}									\
	ATOMIC_OP(type, bits, exchange, v)					\
	ATOMIC_OP(type, bits, fetch_add, old + v)				\
	ATOMIC_OP(type, bits, fetch_sub, old - v)				\
	ATOMIC_OP(type, bits, fetch_and, old & v)				\
	ATOMIC_OP(type, bits, fetch_or, old | v)				\
	ATOMIC_OP(type, bits, fetch_xor, old ^ v)

ATOMICS(uint8_t, 8)
ATOMICS(uint16_t, 16)
ATOMICS(uint32_t, 32)
ATOMICS(uint64_t, 64)
