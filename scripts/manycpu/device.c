// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SMMU: registers, queues, and the time of commands. Each queue is done in order. TLBIs of all
 * queues share what executes them, one after the other; CMD_SYNCs of different queues do not wait
 * for each other. Register accesses of all CPUs share one port. A queue has one MSI under way at a
 * time, because a CMD_SYNC is not complete before the MSI of the one before is visible (4.7.3).
 *
 * It also judges: a command that is not the next one of its CPU was lost, done twice or overtaken.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define QUEUES		(SIM_CPUS + 2)
#define TLBI_NH_VA	0x12		/* opcodes, Arm IHI 0070, 4.1.1 */
#define SYNC		0x46
#define SYNC_CS		(3 << 12)
#define SYNC_CS_MSI	(1 << 12)
#define MSI_ADDR	0xffffffffffffcULL

/* Offsets of registers: the architected queue (6.3), and where world.c puts the others */
#define REG_PROD	0x098
#define REG_CONS	0x09c
#define REG_MORE	0x100000
#define REG_MORE_EACH	0x100
#define REG_MORE_PROD	0x08
#define REG_MORE_CONS	0x0c

struct queue {
	const uint64_t *slots;
	unsigned int log2;
	uint32_t prod;		/* registers */
	uint32_t cons;
	bool busy;
	bool msi_sent;		/* and it is not at memory yet */
	bool sync_waits;	/* for that */
	uint32_t msi_data;
	uint64_t msi_addr;
	uint64_t msi_seen;	/* when the last one was visible */
};

struct device_counts device_counts;

static struct queue queues[QUEUES];
static uint64_t port_free, unit_free, unit_busy;
static uint64_t executed[SIM_CPUS];

static uint64_t ps(double ns)
{
	return ns * SIM_NS;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void device_reset(void)
{
	memset(queues, 0, sizeof(queues));
	memset(executed, 0, sizeof(executed));
	memset(&device_counts, 0, sizeof(device_counts));
	port_free = 0;
	unit_free = 0;
	unit_busy = 0;
}

void device_add_queue(int nr, void *slots, unsigned int log2)
{
	queues[nr].slots = slots;
	queues[nr].log2 = log2;
}

uint64_t device_executed(int cpu)
{
	return executed[cpu];
}

uint64_t device_busy(void)
{
	return unit_busy;
}

uint64_t device_port(uint64_t arrives)
{
	uint64_t begin = later(arrives, port_free);

	port_free = begin + ps(cost.reg_port);
	return begin;
}

/* Which queue's register is it? @what: out, offset of the register as in REG_MORE_* */
static int queue_of(const volatile void *reg, uint32_t *what)
{
	size_t off = (const volatile char *)reg - DEVICE_REGS;

	if (off >= REG_MORE) {
		*what = (off - REG_MORE) % REG_MORE_EACH;
		return (off - REG_MORE) / REG_MORE_EACH + 1;
	}
	*what = off == REG_PROD ? REG_MORE_PROD : off == REG_CONS ? REG_MORE_CONS : 0;
	return 0;
}

uint32_t device_read(const volatile void *reg, uint64_t now)
{
	uint32_t what;
	int nr = queue_of(reg, &what);

	device_counts.reads++;
	if (what == REG_MORE_CONS)
		return queues[nr].cons;
	/* everything else that is read here is GERROR and GERRORN, without an error */
	return what == REG_MORE_PROD ? queues[nr].prod : 0;
}

void device_write(const volatile void *reg, uint64_t val, uint64_t arrives)
{
	uint32_t what;
	int nr = queue_of(reg, &what);

	if (what != REG_MORE_PROD)
		sim_wrong("a write to another register than PROD");
	device_counts.bells++;
	sched_event(arrives, EVENT_BELL, nr, val);
}

static uint32_t mask(const struct queue *q)
{
	return (2U << q->log2) - 1;
}

static const uint64_t *slot(const struct queue *q)
{
	return q->slots + 2 * (size_t)(q->cons & (mask(q) >> 1));
}

static bool is_sync(const struct queue *q)
{
	return (slot(q)[0] & 0xff) == SYNC;
}

/* Begin with the command at CONS, which the SMMU has at @now */
static void begin(int nr, uint64_t now)
{
	struct queue *q = &queues[nr];
	const uint64_t *w = slot(q);

	now = line_dma_read(w, now);
	if (is_sync(q)) {
		unit_busy += ps(cost.sync);
		sched_event(now + ps(cost.sync), EVENT_STEP, nr, 0);
		return;
	}
	now = later(now, unit_free);
	unit_free = now + ps(cost.command);
	unit_busy += ps(cost.command);
	sched_event(unit_free, EVENT_STEP, nr, 0);
}

static void ring(int nr, uint32_t val, uint64_t now)
{
	struct queue *q = &queues[nr];

	val &= mask(q);
	if (((val - q->cons) & mask(q)) < ((q->prod - q->cons) & mask(q)))
		sim_wrong("PROD of queue %d goes back, from 0x%x to 0x%x", nr, q->prod, val);
	if (((val - q->cons) & mask(q)) > 1U << q->log2)
		sim_wrong("queue %d has more commands than room", nr);
	q->prod = val;
	if (q->busy || q->prod == q->cons)
		return;
	q->busy = true;
	begin(nr, now + ps(cost.fetch));
}

static void send_msi(struct queue *q, int nr, const uint64_t *w, uint64_t now)
{
	q->msi_sent = true;
	q->msi_data = w[0] >> 32;
	q->msi_addr = w[1] & MSI_ADDR;
	sched_event(now + ps(cost.msi), EVENT_MSI, nr, 0);
}

static void execute(int nr, uint64_t now)
{
	struct queue *q = &queues[nr];
	const uint64_t *w = slot(q);
	unsigned int cpu = w[1] >> 48;
	uint64_t seq = w[1] << 16 >> 28;

	switch (w[0] & 0xff) {
	case SYNC:
		device_counts.syncs++;
		if ((w[0] & SYNC_CS) == SYNC_CS_MSI)
			send_msi(q, nr, w, now);
		break;
	case TLBI_NH_VA:
		device_counts.commands++;
		if (cpu >= SIM_CPUS || seq != executed[cpu] + 1)
			sim_wrong("queue %d: TLBI %llu of CPU %u, where %llu was done before", nr,
				  (unsigned long long)seq, cpu,
				  (unsigned long long)(cpu < SIM_CPUS ? executed[cpu] : 0));
		executed[cpu] = seq;
		break;
	default:
		sim_wrong("queue %d: no command at CONS 0x%x", nr, q->cons);
	}
}

static void done(int nr, uint64_t now)
{
	struct queue *q = &queues[nr];

	/* a CMD_SYNC is complete when the MSI of the one before is visible (4.7.3) */
	if (is_sync(q) && q->msi_sent) {
		q->sync_waits = true;
		return;
	}
	if (is_sync(q) && now < q->msi_seen) {
		sched_event(q->msi_seen, EVENT_STEP, nr, 0);
		return;
	}
	execute(nr, now);
	q->cons = (q->cons + 1) & mask(q);
	if (q->cons == q->prod)
		q->busy = false;
	else
		begin(nr, now);
}

static void msi_arrives(int nr, uint64_t now)
{
	struct queue *q = &queues[nr];
	uint32_t *word = (uint32_t *)q->msi_addr;

	if (!line_knows(word))
		sim_wrong("an MSI to nowhere");
	q->msi_seen = line_dma_write(word, now);
	*word = q->msi_data;
	q->msi_sent = false;
	if (q->sync_waits)
		sched_event(q->msi_seen, EVENT_STEP, nr, 0);
	q->sync_waits = false;
}

void device_event(uint64_t now, enum sim_event what, int queue, uint64_t value)
{
	switch (what) {
	case EVENT_BELL:
		ring(queue, value, now);
		break;
	case EVENT_STEP:
		done(queue, now);
		break;
	case EVENT_MSI:
		msi_arrives(queue, now);
		break;
	default:
		abort();
	}
}
