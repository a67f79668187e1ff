// SPDX-License-Identifier: GPL-2.0-only
/* Options, and a line of CSV for each run */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define MOST		32	/* values of an option */
#define LOG2_MAIN	16	/* log2 of the entries that the driver asks for at most */

static const char * const algo_names[] = { "lock", "combine", "cas" };

struct values {
	int n;
	int v[MOST];
};

static const char help[] =
	"usage: manycpu [options]\n"
	"Runs the driver's insertion code on simulated CPUs and prints a line of CSV for each run.\n"
	"  --algo LIST      lock,combine,cas (all)\n"
	"  --cpus LIST      numbers of CPUs, up to %d (1,4,16,64)\n"
	"  --queues LIST    numbers of queues that take TLBIs; n: one for each CPU (1)\n"
	"  --samples N      N draws from the ranges of costs; 0: the typical costs (0)\n"
	"  --first N        number of the first draw (1)\n"
	"  --seed N         of everything that is random (1)\n"
	"  --unmaps N       unmaps to measure in a run, at least 20 for each CPU (4000)\n"
	"  --log2 N         log2 of the entries of each queue (%d)\n"
	"  --poll-cons      no MSIs: completion is seen in CONS\n"
	"  --set NAME=NS    one cost, for all runs\n"
	"  --costs          print the table of costs\n"
	"  --selftest       is the simulator itself right? Prints 'ok NAME' or 'not ok NAME'\n";

static void usage(FILE *to)
{
	fprintf(to, help, SIM_CPUS, LOG2_MAIN);
}

static void bad(const char *what, const char *value)
{
	fprintf(stderr, "manycpu: %s: '%s'; see --help\n", what, value);
	exit(2);
}

static long number(const char *text, long low, long high, const char *what)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < low || n > high)
		bad(what, text);
	return n;
}

/* A list of numbers; where there is @n_is, the letter n stands for it */
static void numbers(struct values *to, char *text, long high, int n_is, const char *what)
{
	char *one;

	for (to->n = 0; (one = strsep(&text, ",")); to->n++) {
		if (to->n == MOST)
			bad("too many values", one);
		to->v[to->n] = n_is && !strcmp(one, "n") ? n_is : number(one, 1, high, what);
	}
}

static void algos(struct values *to, char *text)
{
	char *one;
	int i;

	for (to->n = 0; (one = strsep(&text, ",")); to->n++) {
		for (i = 0; i < ALGO_TORN && strcmp(one, algo_names[i]); i++)
			;
		if (i == ALGO_TORN || to->n == MOST)
			bad("no such way to insert", one);
		to->v[to->n] = i;
	}
}

#define SETS	16
static struct {
	char *name;
	double value;
} sets[SETS];
static int nr_sets;

static void set(char *text)
{
	char *eq = strchr(text, '='), *end;
	struct sim_cost c;

	if (!eq || nr_sets == SETS)
		bad("NAME=NS is wanted", text);
	*eq = 0;
	sets[nr_sets].name = text;
	sets[nr_sets].value = strtod(eq + 1, &end);
	if (*end || sets[nr_sets].value < 0 || !cost_set(&c, text, sets[nr_sets].value))
		bad("no such cost, or no time", text);
	nr_sets++;
}

/* Costs of a draw: the same ones for all numbers of CPUs and queues and all ways to insert */
static void draw(struct sim_setup *s, long sample, uint64_t seed)
{
	uint64_t rnd = (seed * 0x9e3779b97f4a7c15ULL + sample * 0xd1342543de82ef95ULL) | 1;
	int i;

	cost_typical(&s->cost);
	s->far_rmw = false;
	if (sample) {
		for (i = 0; i < 8; i++)
			sim_random(&rnd);
		cost_draw(&s->cost, &rnd);
		s->far_rmw = sim_random(&rnd) >> 63;
	}
	for (i = 0; i < nr_sets; i++)
		cost_set(&s->cost, sets[i].name, sets[i].value);
	if (s->cost.socket < 1)
		s->cost.socket = 1;
}

static void one_run(struct sim_setup *s, bool each, long sample, uint64_t seed, long unmaps)
{
	struct sim_result r;
	char queues[16] = "n";

	s->seed = seed + 1000 * sample;
	s->unmaps = unmaps > 20 * s->cpus ? unmaps : 20 * s->cpus;
	run_world(s, &r);
	if (!each)
		snprintf(queues, sizeof(queues), "%d", s->queues);
	printf("%s,%s,%d,%ld,%llu,%d,", algo_names[s->algo], queues, s->cpus, sample,
	       (unsigned long long)seed, s->far_rmw);
	printf("%.0f,%.0f,%.0f,%.0f,%.1f,%.0f,%.0f,", r.unmaps_s, r.p50, r.p99, r.max, r.post,
	       r.post_p99, r.irqs_off_max);
	printf("%.3f,%.3f,%.2f,%.3f,%.3f,%.0f,%016llx\n", r.bells, r.reads, r.tries, r.fair,
	       r.busy, r.can, (unsigned long long)r.digest);
	fflush(stdout);
}

enum {
	ALGO = 1, CPUS, QUEUES, SAMPLES, FIRST, SEED, UNMAPS, LOG2, POLL, SET, COSTS, SELFTEST, HELP
};

static const struct option options[] = {
	{ "algo", 1, NULL, ALGO }, { "cpus", 1, NULL, CPUS }, { "queues", 1, NULL, QUEUES },
	{ "samples", 1, NULL, SAMPLES }, { "first", 1, NULL, FIRST }, { "seed", 1, NULL, SEED },
	{ "unmaps", 1, NULL, UNMAPS }, { "log2", 1, NULL, LOG2 }, { "poll-cons", 0, NULL, POLL },
	{ "set", 1, NULL, SET }, { "costs", 0, NULL, COSTS }, { "selftest", 0, NULL, SELFTEST },
	{ "help", 0, NULL, HELP }, {}
};

int main(int argc, char **argv)
{
	struct values algo = { 3, { 0, 1, 2 } }, cpus = { 4, { 1, 4, 16, 64 } },
		      queues = { 1, { 1 } };
	struct sim_setup s = { .log2 = LOG2_MAIN, .word = true };
	long samples = 0, first = 1, unmaps = 4000, k;
	uint64_t seed = 1;
	int opt, c, q, a;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case ALGO:
			algos(&algo, optarg);
			break;
		case CPUS:
			numbers(&cpus, optarg, SIM_CPUS, 0, "no number of CPUs");
			break;
		case QUEUES:
			numbers(&queues, optarg, SIM_CPUS, -1, "no number of queues");
			break;
		case SAMPLES:
			samples = number(optarg, 0, 100000, "no number of draws");
			break;
		case FIRST:
			first = number(optarg, 1, 100000, "no number of a draw");
			break;
		case SEED:
			seed = number(optarg, 0, 1L << 40, "no seed");
			break;
		case UNMAPS:
			unmaps = number(optarg, 1, 10000000, "no number of unmaps");
			break;
		case LOG2:
			s.log2 = number(optarg, 2, 16, "no size of a queue");
			break;
		case POLL:
			s.word = false;
			break;
		case SET:
			set(optarg);
			break;
		case COSTS:
			cost_list();
			return 0;
		case SELFTEST:
			return selftest() ? 1 : 0;
		case HELP:
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc)
		bad("no such argument", argv[optind]);
	printf("algo,queues,cpus,sample,seed,far_rmw,unmaps_s,p50,p99,max,post,post_p99,");
	printf("irqs_off_max,bells,reads,tries,fair,busy,can,digest\n");
	for (k = samples ? first : 0; k < (samples ? first + samples : 1); k++)
		for (q = 0; q < queues.n; q++)
			for (c = 0; c < cpus.n; c++)
				for (a = 0; a < algo.n; a++) {
					draw(&s, k, seed);
					s.algo = algo.v[a];
					s.cpus = cpus.v[c];
					s.queues = queues.v[q] < 0 ? s.cpus : queues.v[q];
					one_run(&s, queues.v[q] < 0, k, seed, unmaps);
				}
	return 0;
}
