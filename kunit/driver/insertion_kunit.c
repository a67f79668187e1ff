// SPDX-License-Identifier: GPL-2.0-only
/* How commands are inserted into the architected queue: as the user, CPUs and queues want it */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/topology.h>

#include <smmuv3/regs.h>

#include "hw/cmdq.h"
#include "hw/cmdq_combine.h"
#include "driver/queues.h"

/* Queues besides the architected one */
enum more { NONE, ONE, SEVERAL, COMPANION };

static const struct choice {
	const char *name;
	enum rig_insertion how;
	u32 cpus;
	u8 log2;
	enum more more;
	bool kdump;
	bool combine;
	bool nodes;
} choices[] = {
	{ "one CPU", RIG_AUTO, 1, 8 },
	{ "four CPUs", RIG_AUTO, 4, 8 },
	{ "almost enough CPUs", RIG_AUTO, SMMU_COMBINE_CPUS - 1, 8 },
	{ "enough CPUs", RIG_AUTO, SMMU_COMBINE_CPUS, 8, .combine = true },
	{ "many CPUs", RIG_AUTO, 4096, 8, .combine = true },
	{ "many CPUs, several nodes", RIG_AUTO, 4096, 8, .combine = true, .nodes = true },
	{ "many CPUs, small queue", RIG_AUTO, 4096, 7 },
	{ "many CPUs, several nodes, small queue", RIG_AUTO, 4096, 7, .nodes = true },
	{ "many CPUs, ECMDQs", RIG_AUTO, 4096, 8, SEVERAL },
	{ "many CPUs, one ECMDQ, for ATC_INVs", RIG_AUTO, 4096, 8, ONE, .combine = true },
	{ "many CPUs, companion", RIG_AUTO, 4096, 8, COMPANION },
	{ "many CPUs, crash kernel", RIG_AUTO, 4096, 8, .kdump = true },
	{ "lock wanted, many CPUs", RIG_LOCK, 4096, 8 },
	{ "combine wanted, one CPU", RIG_COMBINE, 1, 8, .combine = true },
	{ "combine wanted, ECMDQs", RIG_COMBINE, 1, 8, SEVERAL, .combine = true },
	{ "combine wanted, small queue", RIG_COMBINE, 1, 7 },
};

KUNIT_ARRAY_PARAM_DESC(choice, choices, name);

static u32 cpus;

static u32 cpus_stub(void)
{
	return cpus;
}

static bool nodes;

static bool nodes_stub(void)
{
	return nodes;
}

static void configure(struct model_config *cfg, const struct choice *c)
{
	model_config_default(cfg);
	cfg->idr[0] |= IDR0_MSI;
	FIELD_MODIFY(IDR1_CMDQS, &cfg->idr[1], c->log2);
	if (c->more == COMPANION)
		model_config_cmdqv(cfg, 5, 1, 1);
	else if (c->more != NONE)
		model_config_ecmdqs(cfg, 0, c->more == ONE ? 0 : 4, 1);
}

/* Each CPU takes its places with those of its node, where there are several */
static void expect_nodes(struct kunit *test, struct smmu_cmdq *q, bool several)
{
	int cpu;

	KUNIT_EXPECT_EQ(test, several, !!q->nodes);
	if (!q->combine)
		return;
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_PTR_EQ(test, several ? &q->nodes[cpu_to_node(cpu)] : NULL,
				    per_cpu_ptr(q->cpus, cpu)->node);
}

/* Commands are inserted so and counted, and an unmap works */
static void chooses(struct kunit *test)
{
	const struct choice *c = test->param_value;
	struct smmu_cmdq_state before, after;
	struct iommu_domain *domain;
	struct smmu_device *smmu;
	struct model_config cfg;
	struct rig_device *d;
	struct rig *rig;

	cpus = c->cpus;
	nodes = c->nodes;
	rig = rig_new(test);
	kunit_activate_static_stub(test, smmu_cmdq_combine_nodes, nodes_stub);
	kunit_activate_static_stub(test, smmu_cmdq_combine_cpus, cpus_stub);
	rig->insertion = c->how;
	rig->kdump = c->kdump;
	configure(&cfg, c);
	smmu = &rig_iommu(rig_smmu(test, rig, 0, &cfg))->smmu;
	KUNIT_EXPECT_EQ(test, c->combine, smmu_main_cmdq(smmu)->combine);
	expect_nodes(test, smmu_main_cmdq(smmu), c->combine && c->nodes);
	KUNIT_EXPECT_EQ(test, c->more == ONE ? 1 : c->more ? 1 + num_possible_cpus() : 0,
			smmu->more.nr);
	d = rig_device(test, rig, 0);
	domain = queues_mapped(test, d);
	smmu_cmdq_look(smmu, &before);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	smmu_cmdq_look(smmu, &after);
	KUNIT_EXPECT_EQ(test, 2, after.sum.cmds - before.sum.cmds);
	KUNIT_EXPECT_EQ(test, 1, after.sum.syncs - before.sum.syncs);
	KUNIT_EXPECT_EQ(test, 1, after.sum.posts - before.sum.posts);
	KUNIT_EXPECT_EQ(test, 1, after.sum.doorbells - before.sum.doorbells);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	rig_remove(d);
	iommu_domain_free(domain);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(chooses, choice_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_insertion", .test_cases = cases };
kunit_test_suite(suite);
