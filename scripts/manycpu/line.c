// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory of cache lines. A line is changed in the cache of one CPU (@owner), or clean in the
 * caches of any number of CPUs (@has) and in the last-level cache of its home socket. Who does not
 * have it asks its home. The home serves one after the other, in the order in which they have
 * asked: @busy is when it can begin with the next one. Caches are never full.
 *
 * A load or a read-modify-write takes place when its turn has come and the line is there. A CPU
 * that got a line for itself keeps it for a moment, so a compare-and-swap that has failed may
 * succeed at the second try. A store does not wait: its value is there for others at once, and the
 * time that it takes is put in front of those who wait.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim.h"

#define NOBODY	(-1)

struct line {
	uint64_t has[SIM_CPUS / 64];
	uint64_t busy;
	int16_t owner;
	int16_t asleep;		/* first CPU that sleeps until the line changes */
	int16_t first, last;	/* CPUs that wait for their turn */
	uint8_t home;
	bool known;
};

static struct line *lines;
static size_t lines_bytes;
static const char *memory;
static size_t memory_bytes;

static uint64_t ps(double ns)
{
	return ns * SIM_NS;
}

bool line_knows(const void *p)
{
	return (size_t)((const char *)p - memory) < memory_bytes;
}

static struct line *line_of(const void *p)
{
	struct line *l = &lines[((const char *)p - memory) / SIM_LINE];

	if (!l->known) {
		l->known = true;
		l->owner = NOBODY;
		l->asleep = NOBODY;
		l->first = NOBODY;
	}
	return l;
}

void line_reset(void *base, size_t bytes)
{
	if (lines)
		munmap(lines, lines_bytes);
	memory = base;
	memory_bytes = bytes;
	lines_bytes = bytes / SIM_LINE * sizeof(*lines);
	lines = mmap(NULL, lines_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (lines == MAP_FAILED)
		sim_wrong("no memory");
}

void line_set_home(const void *p, size_t bytes, int socket)
{
	size_t i;

	for (i = 0; i < bytes; i += SIM_LINE)
		line_of((const char *)p + i)->home = socket;
}

static bool has(const struct line *l, int cpu)
{
	return l->has[cpu / 64] >> cpu % 64 & 1;
}

static unsigned int others(const struct line *l, int cpu)
{
	unsigned int n = 0, i;

	for (i = 0; i < SIM_CPUS / 64; i++)
		n += __builtin_popcountll(l->has[i]);
	return n - (cpu >= 0 && has(l, cpu));
}

static void only(struct line *l, int cpu)
{
	memset(l->has, 0, sizeof(l->has));
	if (cpu >= 0)
		l->has[cpu / 64] |= 1ULL << cpu % 64;
	l->owner = cpu;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void wake(struct line *l, uint64_t time)
{
	int cpu = l->asleep, next;

	for (l->asleep = NOBODY; cpu != NOBODY; cpu = next) {
		next = sched_cpu(cpu)->next_asleep;
		sched_cpu(cpu)->next_asleep = NOBODY;
		sched_wake(cpu, time);
	}
}

/* From where does the line come, when @c does not have it? */
static uint64_t way(const struct sim_cpu *c, const struct line *l)
{
	if (l->owner != NOBODY)
		return ps(sim_node_of(l->owner) == c->socket ? cost.near : cost.far_dirty);
	return ps(l->home == c->socket ? cost.llc : cost.far);
}

/* Copies to be dropped; a changed line has none but its owner's, which is the line */
static uint64_t drop(const struct line *l, int but)
{
	return l->owner == NOBODY ? ps(cost.drop * others(l, but)) : 0;
}

/* It is the turn of @c, at @now. Return: when it has the line, or when its access is done there */
static uint64_t serve(struct line *l, const struct sim_cpu *c, uint64_t now)
{
	uint64_t end;

	if (c->wants == WANTS_COPY) {
		end = now + way(c, l);
		/* a changed line has to come from its owner, and then it is clean */
		l->busy = l->owner != NOBODY ? end : now + ps(cost.serve);
		l->owner = NOBODY;
		l->has[c->id / 64] |= 1ULL << c->id % 64;
		return end;
	}
	if (c->wants == WANTS_LINE) {
		end = now + way(c, l) + drop(l, c->id);
		l->busy = end + ps(cost.hold);
		only(l, c->id);
	} else {
		end = now + drop(l, NOBODY) + ps(cost.far_rmw);
		if (l->owner != NOBODY)
			end += ps(sim_node_of(l->owner) == l->home ? cost.near : cost.far_dirty);
		l->busy = end;
		only(l, NOBODY);
	}
	wake(l, end);
	return end;
}

static uint32_t number(const struct line *l)
{
	return l - lines;
}

void line_event(uint64_t now, uint32_t which)
{
	struct line *l = &lines[which];
	struct sim_cpu *c = sched_cpu(l->first);

	/* a store has come in front */
	if (now >= l->busy) {
		l->first = c->next_waiting;
		sched_wake(c->id, serve(l, c, now));
	}
	if (l->first != NOBODY)
		sched_event(l->busy, EVENT_LINE, which, 0);
}

/* Wait for the turn of @c, and for the line */
static void ask(struct line *l, struct sim_cpu *c, enum sim_wants wants)
{
	c->wants = wants;
	if (l->first == NOBODY && c->clock >= l->busy) {
		c->clock = serve(l, c, c->clock);
		sched_turn();
		return;
	}
	c->next_waiting = NOBODY;
	if (l->first == NOBODY) {
		l->first = c->id;
		sched_event(later(c->clock, l->busy), EVENT_LINE, number(l), 0);
	} else {
		sched_cpu(l->last)->next_waiting = c->id;
	}
	l->last = c->id;
	sched_sleep();
}

void line_read(struct sim_cpu *c, const void *p)
{
	struct line *l = line_of(p);

	if (!has(l, c->id))
		ask(l, c, WANTS_COPY);
}

/*
 * A read-modify-write in the CPU's own cache, or, where that is asked for, at the line's home,
 * unless the CPU has the line for itself already. Return: what it takes after it is done
 */
uint64_t line_rmw(struct sim_cpu *c, const void *p)
{
	struct line *l = line_of(p);

	if (l->owner == c->id) {
		wake(l, c->clock);
		return ps(cost.rmw);
	}
	if (!setup.far_rmw) {
		ask(l, c, WANTS_LINE);
		return ps(cost.rmw);
	}
	ask(l, c, WANTS_RMW);
	return ps(l->home == c->socket ? cost.llc : cost.far);
}

/* Return: when the store is done */
uint64_t line_store(const struct sim_cpu *c, const void *p)
{
	struct line *l = line_of(p);

	if (l->owner == c->id) {
		wake(l, c->clock);
		return c->clock;
	}
	l->busy = later(c->clock, l->busy) + way(c, l) + drop(l, c->id);
	only(l, c->id);
	wake(l, l->busy);
	return l->busy;
}

uint64_t line_dma_write(const void *p, uint64_t now)
{
	struct line *l = line_of(p);

	l->busy = later(now, l->busy) + ps(cost.serve) + drop(l, NOBODY);
	only(l, NOBODY);
	wake(l, l->busy);
	return l->busy;
}

/* The SMMU takes no copy, and leaves the line to who has it */
uint64_t line_dma_read(const void *p, uint64_t now)
{
	return later(now, line_of(p)->busy);
}

/*
 * A CPU whose copy was dropped after it was read does not sleep, as one that waits for an event on
 * arm64 does not. Who has dropped it may not have changed the line yet.
 */
void line_sleep_on(const void *p)
{
	struct line *l = line_of(p);

	if (!has(l, cpu_now->id))
		return;
	cpu_now->asleep = true;
	cpu_now->next_asleep = l->asleep;
	l->asleep = cpu_now->id;
	sched_sleep();
}
