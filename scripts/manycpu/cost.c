// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of costs: what is typical of large arm64 servers of 2019 to 2026, and the range in
 * which such a machine may lie. Figures of machines differ by more than those of one kind of access
 * within a machine, so a draw takes each cost from its whole range, evenly on a logarithmic scale.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

struct sim_cost cost;

static const struct {
	const char *name;
	size_t at;
	double low, typical, high;
	const char *what;
} table[] = {
#define ROW(name, low, typical, high, what) \
	{ #name, offsetof(struct sim_cost, name), low, typical, high, what }
	ROW(step, 0.3, 0.6, 1.2,
	    "an access that hits the L1 cache, with the instructions around it"),
	ROW(llc, 20, 35, 60, "a line that no other CPU has changed, from the cache of this socket"),
	ROW(near, 40, 70, 120, "a line that another CPU of this socket has changed"),
	ROW(far, 90, 150, 250, "a clean line whose home is another socket"),
	ROW(far_dirty, 120, 220, 400, "a line that a CPU of another socket has changed"),
	ROW(serve, 2, 6, 20, "until the next CPU that reads the same clean line is served"),
	ROW(drop, 0.2, 0.7, 2, "for each further CPU whose copy is dropped by a write"),
	ROW(hold, 3, 10, 30,
	    "for which a CPU keeps a line that it got, until the next one can take it"),
	ROW(rmw, 2, 5, 12, "a read-modify-write of a line that this CPU has, beside the access"),
	ROW(far_rmw, 4, 10, 25,
	    "until the next read-modify-write of a line that no CPU has is done"),
	ROW(barrier, 2, 6, 20, "a barrier with nothing to wait for"),
	ROW(relax, 1, 5, 40, "cpu_relax()"),
	ROW(counter, 3, 10, 30, "a read of the counter that is the clock"),
	ROW(bell_ack, 20, 80, 250,
	    "until a register write is acknowledged; what is ordered behind waits"),
	ROW(bell_way, 50, 120, 350, "until a register write is at the SMMU"),
	ROW(reg_way, 100, 250, 700, "a register read, there and back"),
	ROW(reg_port, 4, 12, 50, "for which a register access keeps the SMMU from the next one"),
	ROW(fetch, 80, 200, 500, "until the SMMU has a command that it had not fetched"),
	ROW(command, 3, 15, 60,
	    "for which a TLBI keeps the SMMU from the next command of any queue"),
	ROW(sync, 10, 60, 400, "of a CMD_SYNC when all before it is done"),
	ROW(msi, 80, 200, 500, "until the write of a CMD_SYNC's word is at memory"),
	ROW(socket, 48, 96, 256, "CPUs of a socket"),
	ROW(think, 300, 1000, 4000, "what a CPU does between two unmaps"),
#undef ROW
};

#define ROWS	(sizeof(table) / sizeof(table[0]))

static double *field(struct sim_cost *c, unsigned int i)
{
	return (double *)((char *)c + table[i].at);
}

uint64_t sim_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

double sim_random_part(uint64_t *state)
{
	return (sim_random(state) >> 11) / 9007199254740992.0;
}

void cost_typical(struct sim_cost *c)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++)
		*field(c, i) = table[i].typical;
}

void cost_draw(struct sim_cost *c, uint64_t *rnd)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++) {
		double u = sim_random_part(rnd);

		*field(c, i) = table[i].low * pow(table[i].high / table[i].low, u);
	}
	/* a line from farther away does not come sooner */
	c->near = fmax(c->near, c->llc);
	c->far = fmax(c->far, c->near);
	c->far_dirty = fmax(c->far_dirty, c->far);
	c->socket = floor(c->socket);
}

bool cost_set(struct sim_cost *c, const char *name, double value)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++) {
		if (strcmp(table[i].name, name))
			continue;
		*field(c, i) = value;
		return true;
	}
	return false;
}

bool cost_in_range(const struct sim_cost *c)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++) {
		double v = *(const double *)((const char *)c + table[i].at);

		/* a draw may have been raised to the one before it */
		if (v < table[i].low - 1 || v > table[i].high)
			return false;
	}
	return true;
}

void cost_list(void)
{
	unsigned int i;

	printf("%-10s %6s %8s %6s  %s\n", "name", "low", "typical", "high", "what, in ns");
	for (i = 0; i < ROWS; i++)
		printf("%-10s %6g %8g %6g  %s\n", table[i].name, table[i].low, table[i].typical,
		       table[i].high, table[i].what);
}
