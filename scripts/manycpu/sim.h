/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulator of many CPUs in virtual time: what its files know of each other.
 *
 * Each simulated CPU is a coroutine with a clock of its own, in picoseconds, and the one with the
 * smallest clock runs. The code that it runs is the driver's own (core/insert.c, hw/cmdq*.c) and
 * the kernel's queued spinlock. The compiler puts a call in front of every access to memory
 * (-fsanitize=thread), and access.c has the functions that are called: each access is charged to
 * the CPU's clock and may be the point at which another CPU goes on.
 *
 *	sched.c		CPUs, events, whose turn it is
 *	cost.c		the table of costs
 *	line.c		cache lines: who has them, what an access to them takes
 *	access.c	what the compiler calls, and what kernel.h calls
 *	device.c	the SMMU: registers, queues, the time of commands
 *	world.c		memory, and the driver's queues in it
 *	worker.c	what each CPU does; cas.c is one way to insert, for comparison
 *	run.c		one run and its figures
 *	selftest.c	is the simulator itself right?
 *	main.c		options and output
 *
 * There is one world at a time, and no thread.
 */
#ifndef MANYCPU_SIM_H
#define MANYCPU_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_CPUS	256
#define SIM_NS		1000ULL		/* picoseconds */
#define SIM_LINE	64

/* The table of costs: cost.c has the ranges. In nanoseconds where nothing else is said. */
#define SIM_COSTS(C)		\
	C(step)			\
	C(llc)			\
	C(near)			\
	C(far)			\
	C(far_dirty)		\
	C(serve)		\
	C(drop)			\
	C(hold)			\
	C(rmw)			\
	C(far_rmw)		\
	C(barrier)		\
	C(relax)		\
	C(counter)		\
	C(bell_ack)		\
	C(bell_way)		\
	C(reg_way)		\
	C(reg_port)		\
	C(fetch)		\
	C(command)		\
	C(sync)			\
	C(msi)			\
	C(socket)		\
	C(think)

struct sim_cost {
#define SIM_COST_FIELD(name) double name;
	SIM_COSTS(SIM_COST_FIELD)
#undef SIM_COST_FIELD
};

extern struct sim_cost cost;

void cost_typical(struct sim_cost *c);
void cost_draw(struct sim_cost *c, uint64_t *rnd);
/* Return: false when there is no such cost */
bool cost_set(struct sim_cost *c, const char *name, double value);
bool cost_in_range(const struct sim_cost *c);
void cost_list(void);

/* Random numbers; the state is never 0 */
uint64_t sim_random(uint64_t *state);
/* From 0 to 1, without 1 */
double sim_random_part(uint64_t *state);

/* What a CPU wants: a copy of a line; the line; a read-modify-write where the line is */
enum sim_wants { WANTS_COPY, WANTS_LINE, WANTS_RMW };

/* A simulated CPU */
struct sim_cpu {
	uint64_t clock;
	uint64_t drain;		/* when all its stores up to now are visible */
	int id;
	int socket;
	bool asleep;		/* until a cache line changes */
	int next_asleep;	/* the next CPU that sleeps on the same line, or -1 */
	enum sim_wants wants;	/* of the line whose turn it waits for */
	int next_waiting;	/* the next CPU that waits for its turn there, or -1 */
	uint64_t irqs_off;	/* since when, 0 for on */
	uint64_t irqs_off_max;
	uint64_t rnd;
	void (*run)(void);
};

/* The CPU that runs, NULL outside of a run */
extern struct sim_cpu *cpu_now;

/* sched.c */
enum sim_event { EVENT_BELL, EVENT_STEP, EVENT_MSI, EVENT_LINE };

struct sim_cpu *sched_add(int socket, void (*run)(void), uint64_t seed);
void sched_reset(void);
struct sim_cpu *sched_cpu(int cpu);
/* Run all CPUs until each has returned from its function */
void sched_run(void);
/* Let others go on who are earlier than this CPU */
void sched_turn(void);
/* Put the CPU that runs to sleep; sched_wake() ends that */
void sched_sleep(void);
void sched_wake(int cpu, uint64_t time);
/* @which and @value: for device_event() and line_event() */
void sched_event(uint64_t time, enum sim_event what, uint32_t which, uint64_t value);
/* Time of the last event or CPU that has run */
uint64_t sched_now(void);

/* line.c. An access of a CPU moves its clock on. */
void line_reset(void *base, size_t bytes);
void line_set_home(const void *p, size_t bytes, int socket);
bool line_knows(const void *p);
void line_read(struct sim_cpu *c, const void *p);
/* Return: what it takes after the value was changed */
uint64_t line_rmw(struct sim_cpu *c, const void *p);
/* Does not wait. Return: when it is done */
uint64_t line_store(const struct sim_cpu *c, const void *p);
/* The SMMU writes a line, from outside of the caches. Return: when that is visible */
uint64_t line_dma_write(const void *p, uint64_t now);
/* The SMMU reads a line. Return: when it is there to be read */
uint64_t line_dma_read(const void *p, uint64_t now);
/* The CPU that runs sleeps until its copy of the line is dropped */
void line_sleep_on(const void *p);
void line_event(uint64_t now, uint32_t which);

/* access.c */
void sim_barrier(void);
uint32_t sim_reg_read(const volatile void *reg);
void sim_reg_write(volatile void *reg, uint64_t val);
void sim_irqs_off(void);
void sim_irqs_on(void);
bool sim_irqs_are_off(void);
uint64_t sim_clock_ns(void);
void sim_delay_ns(double ns);
void sim_relax(void);
void sim_sleep_on(const volatile void *p);
int sim_cpu_id(void);
int sim_cpus(void);
int sim_node_of(int cpu);
size_t sim_percpu_offset(int cpu);
/* The code under test has done what it must not do; the run ends */
void sim_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* The driver logs something, which it never does here when all is well */
void sim_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* device.c */
void device_reset(void);
void device_add_queue(int nr, void *slots, unsigned int log2);
uint32_t device_read(const volatile void *reg, uint64_t now);
/* What a doorbell means; the time at which the SMMU has it was computed by the caller */
void device_write(const volatile void *reg, uint64_t val, uint64_t arrives);
/* Take a turn of the port of the registers. Return: when it begins */
uint64_t device_port(uint64_t arrives);
/* @value: of PROD, for a doorbell */
void device_event(uint64_t now, enum sim_event what, int queue, uint64_t value);
/* Has it executed the TLBI with this number of this CPU? */
uint64_t device_executed(int cpu);
uint64_t device_busy(void);

struct device_counts {
	uint64_t commands;
	uint64_t syncs;
	uint64_t bells;
	uint64_t reads;
};

extern struct device_counts device_counts;

#define DEVICE_REGS	((char *)0x7e0000000000)

/* world.c */
struct sim_setup {
	int algo;		/* enum sim_algo */
	int cpus;
	int queues;		/* that take TLBIs */
	unsigned int log2;	/* entries of each */
	int sockets;
	bool far_rmw;		/* read-modify-writes are done where the line is */
	bool word;		/* CMD_SYNCs report to a word by MSI, else CONS is polled */
	uint64_t seed;
	uint64_t unmaps;	/* to measure, all CPUs together */
	struct sim_cost cost;
};

enum sim_algo { ALGO_LOCK, ALGO_COMBINE, ALGO_CAS, ALGO_TORN, ALGOS };

extern struct sim_setup setup;

/* Allocate memory of the world */
void *sim_alloc(size_t bytes, size_t align, int socket);
void world_make(void);

/* worker.c */
void worker(void);

/* For the self-test: add to a sum, under the kernel's lock or not */
#define WORKER_ROUNDS	100
extern unsigned long long *worker_sum;
void worker_locked(void);
void worker_unlocked(void);

/* run.c */
struct sim_result {
	double unmaps_s;
	double p50, p99, max;		/* ns from the post to the end of the wait */
	double post, post_p99;		/* ns of a post: mean, and */
	double irqs_off_max;		/* ns */
	double bells, reads, tries;	/* per unmap */
	double fair;			/* unmaps of the slowest CPU / of the mean */
	double busy;			/* part of the time that the SMMU was at work */
	double can;			/* unmaps/s that the SMMU could do */
	uint64_t digest;		/* of all times */
};

/* A post and its wait are over. Return: false when the run is over */
bool run_unmap(uint64_t began, uint64_t posted, uint64_t done);
void run_tries(unsigned int n);
void run_world(const struct sim_setup *s, struct sim_result *r);

/* selftest.c; return: the number of tests that failed */
int selftest(void);

#endif
