// SPDX-License-Identifier: GPL-2.0-only
/* One run: make the world, let the CPUs unmap, count. The first unmaps are not counted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Unmaps of each CPU; with a small queue for each CPU, so that all slots have been used */
#define WARM_UP		4
#define WARM_UP_EACH	140

#define LONG_ENOUGH	(20000000 * SIM_NS)

struct sim_setup setup;

static double *took, *posts;
static uint64_t done, first, counted, of_cpu[SIM_CPUS], begin_at, end_at, tries, digest;
static struct device_counts before;
static uint64_t busy_before;

static void begin_counting(uint64_t now)
{
	int i;

	begin_at = now;
	before = device_counts;
	busy_before = device_busy();
	tries = 0;
	for (i = 0; i < setup.cpus; i++)
		sched_cpu(i)->irqs_off_max = 0;
}

/* All are counted, or it has taken long, and there are as many as CPUs */
static bool enough(uint64_t now)
{
	return counted == setup.unmaps ||
	       (now - begin_at > LONG_ENOUGH && counted >= (uint64_t)setup.cpus);
}

bool run_unmap(uint64_t began, uint64_t posted, uint64_t ended)
{
	uint64_t nr = done++;

	digest = (digest ^ (ended - began) ^ cpu_now->id) * 0x100000001b3ULL;
	if (nr == first)
		begin_counting(ended);
	if (nr <= first)
		return true;
	if (enough(ended))
		return false;
	took[counted] = (ended - began) / (double)SIM_NS;
	posts[counted++] = (posted - began) / (double)SIM_NS;
	of_cpu[cpu_now->id]++;
	end_at = ended;
	return !enough(ended);
}

void run_tries(unsigned int n)
{
	tries += n;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What the SMMU could do: CMD_SYNCs and MSIs of several queues overlap, TLBIs do not */
static double smmu_can(void)
{
	/* the write of a word takes the line at least from who waits for that CMD_SYNC */
	double msi = setup.word ? cost.msi + cost.serve + cost.drop : 0;
	double one = 1e9 / fmax(cost.command + cost.sync, msi);
	int queues = setup.queues < setup.cpus ? setup.queues : setup.cpus;

	return fmin(one * queues, 1e9 / cost.command);
}

static void figure(struct sim_result *r)
{
	uint64_t n = counted, i, least = UINT64_MAX, span = end_at - begin_at;
	double sum = 0;

	qsort(took, n, sizeof(*took), compare);
	for (i = 0; i < n; i++)
		sum += posts[i];
	qsort(posts, n, sizeof(*posts), compare);
	*r = (struct sim_result) {
		.unmaps_s = n / (span / 1e12),
		.p50 = took[n / 2],
		.p99 = took[n * 99 / 100],
		.max = took[n - 1],
		.post = sum / n,
		.post_p99 = posts[n * 99 / 100],
		.bells = (device_counts.bells - before.bells) / (double)n,
		.reads = (device_counts.reads - before.reads) / (double)n,
		.tries = tries / (double)n,
		.busy = (device_busy() - busy_before) / (double)span / setup.queues,
		.can = smmu_can(),
		.digest = digest,
	};
	for (i = 0; i < (uint64_t)setup.cpus; i++) {
		if (of_cpu[i] < least)
			least = of_cpu[i];
		r->irqs_off_max = fmax(r->irqs_off_max, sched_cpu(i)->irqs_off_max / 1e3);
	}
	r->fair = least * (double)setup.cpus / n;
}

void run_world(const struct sim_setup *s, struct sim_result *r)
{
	int i;

	setup = *s;
	cost = s->cost;
	setup.sockets = (s->cpus + (int)cost.socket - 1) / (int)cost.socket;
	took = calloc(s->unmaps, sizeof(*took));
	posts = calloc(s->unmaps, sizeof(*posts));
	if (!took || !posts)
		sim_wrong("no memory");
	done = 0;
	counted = 0;
	digest = s->seed;
	first = (uint64_t)(s->queues == s->cpus ? WARM_UP_EACH : WARM_UP) * s->cpus;
	memset(of_cpu, 0, sizeof(of_cpu));
	sched_reset();
	for (i = 0; i < s->cpus; i++)
		sched_add(i / (int)cost.socket, worker, s->seed);
	world_make();
	sched_run();
	figure(r);
	free(took);
	free(posts);
}
