// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs as coroutines, the events of the SMMU, and whose turn it is: a heap by time. Who comes first
 * of two with the same time is who was put in first, so a run depends on its seed only.
 *
 * A coroutine begins with makecontext(). All later switches are _setjmp() and _longjmp(), which
 * make no system call.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "sim.h"

#define STACK_BYTES	(64 << 10)
#define HEAP_MAX	(1 << 20)

struct entry {
	uint64_t time;
	uint64_t order;
	uint64_t value;
	int32_t cpu;		/* -1: an event */
	uint32_t which;
	enum sim_event what;
};

struct sim_cpu *cpu_now;

static struct sim_cpu cpus[SIM_CPUS];
static jmp_buf at[SIM_CPUS];
static bool begun[SIM_CPUS];
static char *stacks;
static int nr_cpus;
static jmp_buf main_at;

static struct entry *heap;
static int heap_n;
static uint64_t orders, now;

uint64_t sched_now(void)
{
	return now;
}

struct sim_cpu *sched_cpu(int cpu)
{
	return &cpus[cpu];
}

int sim_cpus(void)
{
	return nr_cpus;
}

int sim_node_of(int cpu)
{
	return cpus[cpu].socket;
}

static bool earlier(const struct entry *a, const struct entry *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void push(struct entry e)
{
	int i, up;

	if (heap_n == HEAP_MAX)
		sim_wrong("too many events");
	e.order = orders++;
	for (i = heap_n++; i; i = up) {
		up = (i - 1) / 2;
		if (!earlier(&e, &heap[up]))
			break;
		heap[i] = heap[up];
	}
	heap[i] = e;
}

static struct entry pop(void)
{
	struct entry first = heap[0], last = heap[--heap_n];
	int i, down;

	for (i = 0; (down = 2 * i + 1) < heap_n; i = down) {
		if (down + 1 < heap_n && earlier(&heap[down + 1], &heap[down]))
			down++;
		if (!earlier(&heap[down], &last))
			break;
		heap[i] = heap[down];
	}
	heap[i] = last;
	return first;
}

static void first_run(void)
{
	struct sim_cpu *c = cpu_now;

	c->run();
	/* this CPU is not in the heap any more: let the others go on, and come back never */
	sched_sleep();
	abort();
}

static void switch_to(int cpu)
{
	cpu_now = &cpus[cpu];
	if (begun[cpu])
		_longjmp(at[cpu], 1);
	begun[cpu] = true;
	{
		ucontext_t context;

		getcontext(&context);
		context.uc_stack.ss_sp = stacks + (size_t)cpu * STACK_BYTES;
		context.uc_stack.ss_size = STACK_BYTES;
		context.uc_link = NULL;
		makecontext(&context, first_run, 0);
		setcontext(&context);
	}
}

/* Handle events until it is a CPU's turn, and switch to it. Comes back only to CPU @self. */
static void next(int self)
{
	while (heap_n) {
		struct entry e = pop();

		now = e.time;
		if (e.cpu < 0) {
			if (e.what == EVENT_LINE)
				line_event(e.time, e.which);
			else
				device_event(e.time, e.what, e.which, e.value);
			continue;
		}
		if (e.cpu == self) {
			cpu_now = &cpus[self];
			return;
		}
		if (self < 0 || !_setjmp(at[self]))
			switch_to(e.cpu);
		return;
	}
	/* nobody is left */
	cpu_now = NULL;
	_longjmp(main_at, 1);
}

void sched_turn(void)
{
	struct sim_cpu *c = cpu_now;

	if (!heap_n || heap[0].time >= c->clock) {
		now = c->clock;
		return;
	}
	push((struct entry) { .time = c->clock, .cpu = c->id });
	next(c->id);
	now = c->clock;
}

void sched_sleep(void)
{
	next(cpu_now->id);
}

void sched_wake(int cpu, uint64_t time)
{
	struct sim_cpu *c = &cpus[cpu];

	if (c->clock < time)
		c->clock = time;
	c->asleep = false;
	push((struct entry) { .time = c->clock, .cpu = cpu });
}

void sched_event(uint64_t time, enum sim_event what, uint32_t which, uint64_t value)
{
	struct entry e = {
		.time = time, .cpu = -1, .what = what, .which = which, .value = value
	};

	push(e);
}

void sched_reset(void)
{
	if (!heap)
		heap = malloc(HEAP_MAX * sizeof(*heap));
	if (!stacks) {
		stacks = mmap(NULL, (size_t)SIM_CPUS * STACK_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (!heap || stacks == MAP_FAILED)
			sim_wrong("no memory");
	}
	memset(begun, 0, sizeof(begun));
	memset(cpus, 0, sizeof(cpus));
	nr_cpus = 0;
	heap_n = 0;
	orders = 0;
	now = 0;
	cpu_now = NULL;
}

struct sim_cpu *sched_add(int socket, void (*run)(void), uint64_t seed)
{
	struct sim_cpu *c = &cpus[nr_cpus];

	if (nr_cpus == SIM_CPUS)
		sim_wrong("too many CPUs");
	c->id = nr_cpus++;
	c->socket = socket;
	c->run = run;
	c->next_asleep = -1;
	c->rnd = seed * 0x9e3779b97f4a7c15ULL + 0x5851f42d4c957f2dULL * (c->id + 1);
	c->rnd |= 1;
	return c;
}

void sched_run(void)
{
	int i;

	for (i = 0; i < nr_cpus; i++)
		push((struct entry) { .cpu = i });
	if (!_setjmp(main_at))
		next(-1);
	for (i = 0; i < nr_cpus; i++)
		if (cpus[i].asleep)
			sim_wrong("CPU %d sleeps, and nothing is left that could wake it", i);
}
