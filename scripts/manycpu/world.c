// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the world, and in it the SMMU with its queues, made by the driver's own functions. What
 * the driver does with an SMMU that fails is not linked: nothing fails here.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include <smmuv3/features.h>
#include <smmuv3/regs.h>

#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/cmdq_combine.h"
#include "hw/cmdq_edit.h"
#include "hw/cmdq_error.h"
#include "hw/cmdq_set.h"
#include "hw/device.h"
#include "hw/shut.h"
#include "hw/vcmdq_error.h"
#include "hw/waits.h"

#include "cas.h"
#include "world.h"

#define MEMORY_BYTES	(1UL << 30)
#define PERCPU_MAX	(96 << 10)

/* The registers of the further queues, as device.c has them */
#define MORE_REGS(i)	(0x100000 + 0x100 * (i))

struct smmu_device *world_smmu;

/* The first of each CPU's variables: the linker names the ends of a section */
extern char __start_percpu_area[], __stop_percpu_area[];
static char reserve[64 << 10] __attribute__((section("percpu_area"), aligned(SIM_LINE), used));
static size_t reserve_used;

static char *memory, *percpu;
static size_t used;

void *sim_alloc(size_t bytes, size_t align, int socket)
{
	void *p;

	used = (used + align - 1) / align * align;
	if (used + bytes > MEMORY_BYTES)
		sim_wrong("no memory");
	p = memory + used;
	used += (bytes + SIM_LINE - 1) / SIM_LINE * SIM_LINE;
	line_set_home(p, bytes, socket);
	return p;
}

size_t sim_percpu_offset(int cpu)
{
	return percpu + (size_t)cpu * PERCPU_MAX - __start_percpu_area;
}

void *sim_percpu_alloc(size_t bytes)
{
	void *p = reserve + reserve_used;

	reserve_used += (bytes + 7) / 8 * 8;
	if (reserve_used > sizeof(reserve))
		sim_wrong("no memory for variables of a CPU");
	return p;
}

/* Fresh pages, all zero, and an empty directory */
static void make_memory(void)
{
	int i;

	if (memory)
		munmap(memory, MEMORY_BYTES);
	memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		sim_wrong("no memory");
	used = 0;
	reserve_used = 0;
	line_reset(memory, MEMORY_BYTES);
	if (__stop_percpu_area - __start_percpu_area > PERCPU_MAX)
		sim_wrong("no room for variables of a CPU");
	percpu = sim_alloc((size_t)PERCPU_MAX * SIM_CPUS, PAGE_SIZE, 0);
	for (i = 0; i < sim_cpus(); i++)
		line_set_home(percpu + (size_t)i * PERCPU_MAX, PERCPU_MAX, sim_node_of(i));
}

/* As in hw/ecmdq.c; to combine on many CPUs takes more entries */
static u8 more_log2(void)
{
	u8 log2 = 8;

	while (setup.algo == ALGO_COMBINE &&
	       smmu_q_entries(log2) < 2 * SMMU_BATCH_MAX * (u32)sim_cpus())
		log2++;
	return min(log2, (u8)setup.log2);
}

/* One queue more than those for TLBIs, which ATC_INVs would have */
static void make_more(struct smmu_device *smmu)
{
	u32 n = SMMU_CMDQ_SET_TLBI + setup.queues, i;

	if (smmu_cmdq_set_alloc(smmu, n))
		sim_wrong("no memory");
	for (i = 0; i < n; i++) {
		struct smmu_cmdq *q = &smmu->more.q[i];
		char *regs = smmu->base + MORE_REGS(i);

		q->smmu = smmu;
		q->kind = SMMU_CMDQ_ECMDQ;
		q->nr = i + 1;
		q->reg_base = regs + ECMDQ_BASE;
		q->reg_prod = regs + ECMDQ_PROD;
		q->reg_cons = regs + ECMDQ_CONS;
		if (smmu_cmdq_init(q, more_log2(), 0))
			sim_wrong("no memory");
		q->combine = setup.algo == ALGO_COMBINE && smmu_cmdq_combine_init(q);
	}
	smmu_cmdq_set_use(smmu, true);
}

/* A wait took longer than a millisecond */
static void waited(struct smmu_device *smmu, enum smmu_waiter who, u64 us, u32 sid, int ret)
{
}

void world_make(void)
{
	static const struct smmu_device_ops ops = { .waited = waited };
	struct smmu_device *smmu;
	u32 i;

	make_memory();
	device_reset();
	smmu = sim_alloc(sizeof(*smmu), SIM_LINE, 0);
	world_smmu = smmu;
	smmu->base = DEVICE_REGS;
	smmu->ops = &ops;
	smmu->inst.feat.cmdq_log2 = setup.log2;
	smmu->inst.feat.flags = SMMU_FEAT_COHERENT | (setup.word ? SMMU_FEAT_MSI : 0);
	smmu->tuning.insertion = setup.algo == ALGO_COMBINE ? SMMU_INSERT_COMBINE :
							      SMMU_INSERT_LOCK;
	if (smmu_cmdq_alloc(smmu))
		sim_wrong("no memory");
	if (setup.queues > 1)
		make_more(smmu);
	smmu_cmdq_combine_choose(smmu);
	smmu_cmdq_reset(smmu);
	for (i = 0; i < smmu_cmdqs(smmu); i++) {
		struct smmu_cmdq *q = smmu_cmdq_at(smmu, i);

		if (setup.algo == ALGO_COMBINE && !q->combine)
			sim_wrong("a queue of 2^%u entries is too small to combine on %d CPUs",
				  setup.log2, sim_cpus());
		device_add_queue(i, q->mem.virt, q->mem.log2);
	}
	cas_init(smmu);
}

/* What is not linked */
void smmu_cmdq_edit(struct smmu_cmdq *q, u64 from, u64 end)
{
	sim_wrong("a command is edited");
}

void smmu_cmdq_edit_all(struct smmu_device *smmu)
{
	sim_wrong("commands are edited");
}

bool smmu_cmdq_error(struct smmu_cmdq *q)
{
	sim_wrong("the queue has an error");
}

int smmu_cmdq_error_within(const struct smmu_ticket *ticket, u32 seq)
{
	sim_wrong("a command has failed");
}

bool smmu_vcmdq_poll(struct smmu_cmdq *q)
{
	sim_wrong("there are no queues of a companion");
}

void smmu_shut(struct smmu_device *smmu, const char *why)
{
	sim_wrong("the SMMU is shut: %s", why);
}

void smmu_device_free_queue(struct smmu_device *smmu, bool busy, size_t bytes, void *virt,
			    dma_addr_t dma)
{
	sim_wrong("a queue is freed");
}

void smmu_waits_count(struct smmu_device *smmu, u64 ns)
{
	sim_wrong("waits are counted");
}
