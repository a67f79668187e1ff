// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the simulator itself right? Traces whose times were added up by hand; the kernel's lock; an
 * insertion that is wrong; every way to insert, with queues that wrap.
 */
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

void __tsan_read8(void *p);
void __tsan_volatile_read8(void *p);
void __tsan_write8(void *p);
uint64_t __tsan_atomic64_fetch_add(volatile uint64_t *p, uint64_t v, int order);

static int failed;
static char why[200];

static void expect(uint64_t got, uint64_t want, const char *what)
{
	if (got != want && !*why)
		snprintf(why, sizeof(why), "%s: %llu ps, by hand %llu", what,
			 (unsigned long long)got, (unsigned long long)want);
}

__attribute__((format(printf, 2, 3)))
static void told(bool good, const char *fmt, ...)
{
	va_list args;

	printf(good ? "ok " : "not ok ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	if (!good && *why)
		printf(" %s", why);
	printf("\n");
	failed += !good;
	*why = 0;
}

/* Costs that cannot be taken for each other, in nanoseconds */
static const struct sim_cost plain = {
	.step = 1, .llc = 30, .near = 70, .far = 150, .far_dirty = 220, .serve = 7, .drop = 2,
	.hold = 11, .rmw = 5, .far_rmw = 13, .barrier = 6, .relax = 3, .counter = 4,
	.bell_ack = 80, .bell_way = 120, .reg_way = 250, .reg_port = 12, .fetch = 200,
	.command = 15, .sync = 60, .msi = 190, .socket = 2, .think = 1000,
};

static uint64_t ns(double t)
{
	return t * SIM_NS;
}

static uint64_t *word;

/* CPUs 0 and 1 are of socket 0, which is the home of the line; CPU 2 is of socket 1 */
static void trace_of_a_line(void)
{
	struct sim_cpu *c = cpu_now;

	switch (c->id) {
	case 0:
		__tsan_write8(word);
		expect(c->clock, ns(1), "a store goes on at once");
		sim_barrier();
		expect(c->clock, ns(1 + 30 + 6), "and a barrier waits for it");
		__tsan_read8(word);
		expect(c->clock, ns(38), "a hit");
		sim_delay_ns(1000 - 38);
		__tsan_atomic64_fetch_add(word, 1, __ATOMIC_SEQ_CST);
		expect(c->clock, ns(1000 + 1 + 220 + 5), "an atomic, the line changed far away");
		__tsan_atomic64_fetch_add(word, 1, __ATOMIC_SEQ_CST);
		expect(c->clock, ns(1226 + 1 + 5), "another one");
		break;
	case 1:
		sim_delay_ns(100);
		__tsan_read8(word);
		expect(c->clock, ns(100 + 1 + 70), "a load, the line changed near");
		break;
	default:
		sim_delay_ns(300);
		__tsan_read8(word);
		expect(c->clock, ns(300 + 1 + 150), "a load, the line clean far away");
		__tsan_write8(word);
		expect(c->clock, ns(452), "a store");
		sim_barrier();
		expect(c->clock, ns(452 + 150 + 2 * 2 + 6), "two copies to drop");
	}
}

/* CPU 0 asks for the line at 1 ns, and CPU 1 half a nanosecond later */
static void trace_of_turns(void)
{
	struct sim_cpu *c = cpu_now;

	sim_delay_ns(0.5 * c->id);
	__tsan_atomic64_fetch_add(word, 1, __ATOMIC_SEQ_CST);
	if (!c->id)
		expect(c->clock, ns(1 + 30 + 5), "the first");
	else
		expect(c->clock, ns(1 + 30 + 11 + 70 + 5), "the second");
}

static void trace_far(void)
{
	struct sim_cpu *c = cpu_now;

	sim_delay_ns(0.5 * c->id);
	__tsan_atomic64_fetch_add(word, 1, __ATOMIC_SEQ_CST);
	if (!c->id)
		expect(c->clock, ns(1 + 13 + 30), "the first, at the line's home");
	else
		expect(c->clock, ns(1 + 13 + 13 + 30), "the second");
}

/*
 * CPU 0 sleeps until the word changes. CPU 2 asks for the line after CPU 0 did, and has it dropped
 * the copy of CPU 0 before that has read it: nobody would wake CPU 0 when CPU 2 changes the word.
 */
static void trace_of_sleep(void)
{
	struct sim_cpu *c = cpu_now;

	switch (c->id) {
	case 0:
		while (__tsan_volatile_read8(word), !*(volatile uint64_t *)word)
			sim_sleep_on(word);
		/* reads 0 at 31, asks again at 32, and has its turn at 160 + 11 */
		expect(c->clock, ns(171 + 220), "the one who waits");
		break;
	case 1:
		/* is late, and sleeps until the line is taken away from it */
		sim_delay_ns(1000);
		while (__tsan_volatile_read8(word), *(volatile uint64_t *)word < 2)
			sim_sleep_on(word);
		/* woken at 2001 + 150 + 2 * 2; has its turn 11 later */
		expect(c->clock, ns(2155 + 11 + 220), "the one who sleeps");
		break;
	default:
		sim_delay_ns(0.5);
		__tsan_atomic64_fetch_add(word, 1, __ATOMIC_SEQ_CST);
		/* its turn is at 8, and there is a copy to drop */
		expect(c->clock, ns(8 + 150 + 2 + 5), "the one who changes the word");
		c->clock = ns(2000);
		__tsan_atomic64_fetch_add(word, 1, __ATOMIC_SEQ_CST);
		break;
	}
}

static void at(double t, uint64_t executed, uint32_t cons, uint32_t in_word, const char *what)
{
	struct sim_cpu *c = cpu_now;

	c->clock = ns(t);
	sched_turn();
	expect(device_executed(0), executed, what);
	expect(device_read(DEVICE_REGS + 0x9c, c->clock), cons, what);
	expect(*(uint32_t *)word, in_word, what);
}

/* Two TLBIs with a CMD_SYNC each; the doorbell of 4 commands is written at 1 ns */
static void trace_of_commands(void)
{
	uint64_t *slots = word + 8;
	int i;

	for (i = 0; i < 4; i += 2) {
		slots[2 * i] = 0x12;
		slots[2 * i + 1] = (i / 2 + 1) << 12;
		slots[2 * i + 2] = 0x46 | 1 << 12 | (uint64_t)(i + 2) << 32;
		slots[2 * i + 3] = (uint64_t)word;
	}
	sim_reg_write(DEVICE_REGS + 0x98, 4);
	expect(cpu_now->clock, ns(1), "a doorbell goes on at once");
	/* 1 + 120 on the way, 12 in the port, 200 to fetch: 333 */
	at(347, 0, 0, 0, "before the TLBI is done");
	at(349, 1, 1, 0, "the TLBI is done after 15");
	at(407, 1, 1, 0, "before the CMD_SYNC is");
	at(409, 1, 2, 0, "the CMD_SYNC is done after 60");
	at(424, 2, 3, 0, "the second TLBI after 15");
	at(597, 2, 3, 0, "before the MSI arrives");
	at(599, 2, 3, 2, "the MSI arrives after 190");
	/* visible after 7; the second CMD_SYNC would have been done at 483 */
	at(604, 2, 3, 2, "the second CMD_SYNC waits for that");
	at(606, 2, 4, 2, "until 605");
	at(794, 2, 4, 2, "before its MSI arrives");
	at(796, 2, 4, 4, "after 190");
}

static void trace(const char *name, void (*run)(void), int cpus, bool far_rmw)
{
	int i;

	cost = plain;
	setup = (struct sim_setup) { .cpus = cpus, .queues = 1, .log2 = 4, .sockets = 2,
				     .far_rmw = far_rmw };
	sched_reset();
	for (i = 0; i < cpus; i++)
		sched_add(i / 2, run, 1);
	world_make();
	word = sim_alloc(4096, 4096, 0);
	device_reset();
	device_add_queue(0, word + 8, 4);
	sched_run();
	told(!*why, "%s", name);
}

static void locks(const char *name, bool lock, bool good)
{
	uint64_t sum;
	int i;

	cost = plain;
	setup = (struct sim_setup) { .cpus = 16, .queues = 1, .log2 = 8, .sockets = 8 };
	sched_reset();
	for (i = 0; i < 16; i++)
		sched_add(i / 2, lock ? worker_locked : worker_unlocked, i);
	world_make();
	worker_sum = sim_alloc(64, 64, 0);
	sched_run();
	sum = *worker_sum;
	snprintf(why, sizeof(why), "the sum is %llu of %d", (unsigned long long)sum,
		 16 * WORKER_ROUNDS);
	told((sum == 16 * WORKER_ROUNDS) == good, "%s", name);
	*why = 0;
}

static void typical(struct sim_setup *s, int algo, int cpus, int queues, unsigned int log2)
{
	*s = (struct sim_setup) { .algo = algo, .cpus = cpus, .queues = queues, .log2 = log2,
				  .word = true, .seed = 1, .unmaps = 60 * cpus };
	cost_typical(&s->cost);
}

/* Does the run end well? In a process of its own, because a run that goes wrong ends it */
static bool ends_well(const struct sim_setup *s)
{
	struct sim_result r;
	int status, null;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, 2);
		run_world(s, &r);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void ways(void)
{
	static const struct {
		int algo, cpus, queues;
		unsigned int log2;
		bool far_rmw;
	} runs[] = {
		{ ALGO_LOCK, 1, 1, 16 }, { ALGO_LOCK, 64, 1, 16 }, { ALGO_LOCK, 256, 1, 8 },
		{ ALGO_LOCK, 16, 1, 3 }, { ALGO_LOCK, 64, 8, 8 }, { ALGO_LOCK, 64, 64, 8 },
		{ ALGO_COMBINE, 1, 1, 16 }, { ALGO_COMBINE, 2, 1, 8 }, { ALGO_COMBINE, 64, 1, 16 },
		{ ALGO_COMBINE, 64, 1, 13 }, { ALGO_COMBINE, 256, 1, 16 },
		{ ALGO_COMBINE, 64, 8, 16, true }, { ALGO_COMBINE, 64, 64, 16 },
		{ ALGO_CAS, 1, 1, 16 }, { ALGO_CAS, 64, 1, 16 }, { ALGO_CAS, 16, 1, 3 },
		{ ALGO_CAS, 256, 1, 8 }, { ALGO_CAS, 64, 8, 16, true },
	};
	struct sim_setup s;
	unsigned int i;

	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		typical(&s, runs[i].algo, runs[i].cpus, runs[i].queues, runs[i].log2);
		s.far_rmw = runs[i].far_rmw;
		told(ends_well(&s),
		     "every command once and in order: algo %d, %d CPUs, %d queues of 2^%u",
		     s.algo, s.cpus, s.queues, s.log2);
	}
	typical(&s, ALGO_LOCK, 8, 1, 16);
	s.word = false;
	told(ends_well(&s), "completion in CONS");
	typical(&s, ALGO_TORN, 1, 1, 16);
	told(ends_well(&s), "an insertion that is wrong is right on one CPU");
	typical(&s, ALGO_TORN, 4, 1, 16);
	told(!ends_well(&s), "and is found out on four");
}

static void seeds(void)
{
	struct sim_result a, b, c;
	struct sim_setup s;

	typical(&s, ALGO_COMBINE, 32, 1, 16);
	run_world(&s, &a);
	run_world(&s, &b);
	told(a.digest == b.digest && a.unmaps_s == b.unmaps_s, "a seed gives the same run again");
	s.seed++;
	run_world(&s, &c);
	told(a.digest != c.digest, "another seed gives another run");
}

/* Not the simulator's business, but nothing else tells how many polls a wait takes */
static void reads(void)
{
	struct sim_result r;
	struct sim_setup s;

	typical(&s, ALGO_LOCK, 1, 1, 16);
	run_world(&s, &r);
	snprintf(why, sizeof(why), "%.2f reads for each unmap", r.reads);
	told(r.reads < 0.1, "who polls a word and need not wait for others reads no register");
	*why = 0;
}

static void draws(void)
{
	uint64_t rnd = 1;
	bool good = true;
	int i;

	for (i = 0; i < 1000; i++) {
		struct sim_cost c;

		cost_draw(&c, &rnd);
		good = good && cost_in_range(&c);
	}
	told(good, "draws are in their ranges");
}

int selftest(void)
{
	trace("the time of accesses to a line", trace_of_a_line, 3, false);
	trace("the time of two who want a line", trace_of_turns, 2, false);
	trace("the time of atomics at the line's home", trace_far, 2, true);
	trace("the time of a sleep, with nobody who sleeps for ever", trace_of_sleep, 3, false);
	trace("the time of commands", trace_of_commands, 1, false);
	locks("the kernel's lock keeps the others out", true, true);
	locks("and without it they come in between", false, false);
	draws();
	seeds();
	reads();
	ways();
	return failed;
}
