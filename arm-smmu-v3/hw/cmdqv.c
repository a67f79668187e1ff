// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/dev_printk.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include <smmuv3/cmdqv.h>

#include "core/plan.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/cmdq_set.h"
#include "hw/cmdqv.h"
#include "hw/device.h"
#include "hw/mmio.h"

/* Entries of a queue: as many as its CPUs may post at a time, within these */
#define LOG2_LEAST	8
#define LOG2_MOST	10

/* Map its registers. Return: NULL, or why there are no queues */
static const char *map_registers(struct smmu_device *smmu)
{
	struct smmu_cmdqv *c = &smmu->cmdqv;
	void __iomem *base;
	const char *why;

	if (c->bytes < CMDQV_PAGE)
		return "its registers are too small";
	base = smmu_reg_map(smmu->dev, c->phys, c->bytes);
	if (IS_ERR(base))
		return "its registers cannot be mapped";
	/* from here on it can be switched off, even where it cannot be used */
	c->base = base;
	why = smmu_cmdqv_decode(smmu_reg_read(base, CMDQV_PARAM), c->bytes, &c->layout);
	if (why)
		return why;
	if (!smmu_has(smmu, SMMU_FEAT_COHERENT))
		return "the SMMU is not coherent";
	return smmu->more.nr ? "there are ECMDQs" : NULL;
}

bool smmu_cmdqv_is_used(const struct smmu_device *smmu)
{
	return smmu->more.nr && smmu->more.q[0].kind == SMMU_CMDQ_VCMDQ;
}

static u32 nr_wanted(const struct smmu_device *smmu)
{
	u32 n = min(smmu->cmdqv.layout.each, SMMU_CMDQ_SET_TLBI + num_possible_cpus());

	return smmu->tuning.nr_queues ? min(n, smmu->tuning.nr_queues - 1) : n;
}

static u8 log2_wanted(const struct smmu_device *smmu, u32 n)
{
	u32 cpus = DIV_ROUND_UP(num_possible_cpus(), max(n - SMMU_CMDQ_SET_TLBI, 1));

	return min(clamp(order_base_2(cpus * SMMU_BATCH_MAX), LOG2_LEAST, LOG2_MOST),
		   smmu->inst.feat.cmdq_log2);
}

static int init_queue(struct smmu_device *smmu, u32 l, u8 log2)
{
	struct smmu_cmdq *q = &smmu->more.q[l];
	u32 at = CMDQV_QUEUE_BYTES * l;
	int ret;

	q->smmu = smmu;
	q->kind = SMMU_CMDQ_VCMDQ;
	q->nr = l + 1;
	q->reg_base = smmu->cmdqv.base + CMDQV_VINTF_PAGE1(0) + at + VCMDQ_BASE;
	q->reg_prod = smmu->cmdqv.base + CMDQV_VINTF_PAGE0(0) + at + VCMDQ_PROD;
	q->reg_cons = smmu->cmdqv.base + CMDQV_VINTF_PAGE0(0) + at + VCMDQ_CONS;
	q->out = true;
	ret = smmu_cmdq_init(q, log2, 0);
	if (ret)
		return ret;
	/* BASE has no room for more address bits */
	if (q->mem.dma & ~VCMDQ_BASE_ADDR) {
		smmu_cmdq_exit(q);
		return -ENOMEM;
	}
	return 0;
}

static const char *alloc_queues(struct smmu_device *smmu)
{
	u32 n = nr_wanted(smmu), i;

	if (!n)
		return NULL;
	if (smmu_cmdq_set_alloc(smmu, n))
		return "there is no memory";
	for (i = 0; i < n; i++) {
		if (!init_queue(smmu, i, log2_wanted(smmu, n)))
			continue;
		smmu->more.nr = i;
		smmu_cmdq_free_more(smmu);
		return "there is no memory";
	}
	dev_info(smmu->dev, "%u of %u queues of CMDQ-V are used, with %u entries each\n", n,
		 smmu->cmdqv.layout.each, smmu_q_entries(smmu->more.q[0].mem.log2));
	return NULL;
}

void smmu_cmdqv_init(struct smmu_device *smmu)
{
	raw_spin_lock_init(&smmu->cmdqv.guests_lock);
	INIT_LIST_HEAD(&smmu->cmdqv.guests);
	INIT_LIST_HEAD(&smmu->cmdqv.withheld);
}

void smmu_cmdqv_alloc(struct smmu_device *smmu)
{
	const char *why;

	if (!smmu->cmdqv.bytes)
		return;
	why = map_registers(smmu) ?: alloc_queues(smmu);
	if (why)
		dev_warn(smmu->dev, "CMDQ-V is not used, because %s\n", why);
}
