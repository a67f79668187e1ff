// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window for MSIs in domains of user space is where firmware reserves nothing.
 */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "drv/firmware.h"
#include "drv/resv.h"
#include "driver/log.h"
#include "driver/rig.h"
#include "model/node.h"

#define BASE	SMMU_MSI_WINDOW_BASE
#define REGIONS	4

/**
 * struct layout - what firmware reserves
 * @name: name of the case
 * @oas: IDR5.OAS
 * @base: where the window is, 0 for nowhere
 * @r: start and length of each region; a length of 0 counts for nothing
 */
struct layout {
	const char *name;
	u8 oas;
	u64 base;
	u64 r[REGIONS][2];
};

static const struct layout layouts[] = {
	{ "nothing", 4, BASE },
	{ "elsewhere", 4, BASE, { { 0x1000, SZ_64K }, { SZ_4G, SZ_1G } } },
	{ "up to the window", 4, BASE, { { BASE - SZ_4K, SZ_4K } } },
	{ "from its end on", 4, BASE, { { BASE + SZ_1M, SZ_4K } } },
	{ "its first page", 4, BASE + SZ_1M, { { BASE, SZ_4K } } },
	{ "its last page", 4, BASE + SZ_1M, { { BASE + SZ_1M - SZ_4K, SZ_4K } } },
	{ "all of it and more", 4, BASE + SZ_2M, { { BASE - SZ_1M, SZ_2M + SZ_4K } } },
	{ "the next one, too, later in the list first", 4, BASE + 3 * SZ_1M,
	  { { BASE + SZ_2M, SZ_4K }, { BASE + SZ_1M, SZ_4K }, { BASE, SZ_4K } } },
	{ "everything behind", 4, SZ_1M, { { BASE, SZ_4G - BASE } } },
	{ "everything below 4 GiB", 4, SZ_4G, { { 0, SZ_4G } } },
	{ "the same, with 32 bits", 0, 0, { { 0, SZ_4G } } },
	{ "all but a window and a half", 0, BASE + SZ_1M,
	  { { 0, BASE + SZ_512K }, { BASE + SZ_2M, SZ_4G - BASE - SZ_2M } } },
	{ "to the end of all numbers", 4, SZ_1M, { { BASE, 0 - (u64)BASE } } },
	{ "all numbers but the last", 4, 0, { { 0, U64_MAX } } },
	{ "no bytes", 4, BASE, { { BASE, 0 } } },
};

KUNIT_ARRAY_PARAM_DESC(layout, layouts, name);

static int reserved_stub(struct smmu_device *smmu, struct list_head *reserved)
{
	const struct layout *l = kunit_get_current_test()->param_value;
	struct iommu_resv_region *r;
	u32 i;

	for (i = 0; i < REGIONS; i++) {
		r = iommu_alloc_resv_region(l->r[i][0], l->r[i][1], 0, IOMMU_RESV_RESERVED,
					    GFP_KERNEL);
		if (!r)
			return -ENOMEM;
		list_add_tail(&r->list, reserved);
	}
	return 0;
}

/* Where the device's window is, 0 for nowhere */
static u64 window(struct kunit *test, struct device *dev)
{
	struct iommu_resv_region *r;
	LIST_HEAD(list);
	u64 base = 0;

	iommu_get_resv_regions(dev, &list);
	list_for_each_entry(r, &list, list) {
		if (r->type != IOMMU_RESV_SW_MSI)
			continue;
		KUNIT_EXPECT_EQ(test, 0, base);
		KUNIT_EXPECT_EQ(test, SMMU_MSI_WINDOW_SIZE, r->length);
		base = r->start;
	}
	iommu_put_resv_regions(dev, &list);
	return base;
}

/* What is said of the window: nothing, a line, or an error */
static void expect_said(struct kunit *test, struct rig_log *log, u64 base)
{
	u32 errors = 0, moved = 0;

	while (rig_log_next(log)) {
		errors += strstarts(log->text, "firmware reserves all addresses") &&
			  log->level == LOGLEVEL_ERR;
		moved += strstarts(log->text, "MSIs in domains of user space are at 0x");
	}
	KUNIT_EXPECT_EQ(test, !base, errors);
	KUNIT_EXPECT_EQ(test, base && base != BASE, moved);
}

/* All devices of an SMMU have the same window, and any other SMMU with the same firmware has it */
static void is_free(struct kunit *test)
{
	const struct layout *l = test->param_value;
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	struct rig_log log;
	u32 i;

	kunit_activate_static_stub(test, smmu_firmware_reserved, reserved_stub);
	model_config_default(&cfg);
	FIELD_MODIFY(IDR5_OAS, &cfg.idr[5], l->oas);
	for (i = 0; i < 2; i++) {
		rig_log_begin(&log);
		rig_smmu(test, rig, i, &cfg);
		expect_said(test, &log, l->base);
		KUNIT_EXPECT_EQ(test, l->base, window(test, rig_device(test, rig, i)->dev));
		KUNIT_EXPECT_EQ(test, l->base, window(test, rig_device(test, rig, i)->dev));
	}
}

static int no_memory_stub(struct smmu_device *smmu, struct list_head *reserved)
{
	return -ENOMEM;
}

/* Without memory to look, the SMMU is not driven: a window at a wrong place would do harm later */
static void without_memory(struct kunit *test)
{
	const struct machine_firmware fw = { .coherent = true };
	struct rig *rig = rig_new(test);
	struct model_config cfg;

	kunit_activate_static_stub(test, smmu_firmware_reserved, no_memory_stub);
	model_config_default(&cfg);
	KUNIT_EXPECT_NULL(test, rig_smmu_with(test, rig, 0, &cfg, &fw)->dev->driver);
}

/**
 * struct tree - an iommu-addresses property
 * @name: name of the case
 * @base: where the window is
 * @n: number of values
 * @value: in turn which device (1: one that is there), an address, a length
 */
static const struct tree {
	const char *name;
	u64 base;
	u32 n;
	u32 value[6];
} trees[] = {
	{ "one", BASE + SZ_1M, 3, { 1, BASE, SZ_64K } },
	{ "the first of two", BASE + SZ_1M, 6, { 1, BASE, SZ_4K, 1, 0x1000, SZ_4K } },
	{ "the second of two", BASE + SZ_1M, 6, { 1, 0x1000, SZ_4K, 1, BASE, SZ_4K } },
	{ "elsewhere", BASE, 3, { 1, SZ_1G, SZ_64K } },
	{ "of an unknown device", BASE, 3, { 2, BASE, SZ_64K } },
	{ "too short", BASE, 2, { 1, BASE } },
	{ "a rest that is too short", BASE + SZ_1M, 5, { 1, BASE, SZ_4K, 1, BASE + SZ_1M } },
};

KUNIT_ARRAY_PARAM_DESC(tree, trees, name);

/* Append a number of @n cells. Return: number of cells so far */
static u32 append(u32 *cell, u32 at, u32 n, u32 value)
{
	while (--n)
		cell[at++] = 0;
	cell[at++] = value;
	return at;
}

static void remove_node(void *node)
{
	machine_node_remove(node);
}

/* The device tree names the device for which addresses are reserved; here that is an SMMU */
static void in_the_device_tree(struct kunit *test)
{
	const struct tree *tree = test->param_value;
	struct rig *rig = rig_new(test);
	struct machine_node *node = kunit_kzalloc(test, sizeof(*node), GFP_KERNEL);
	u32 phandle, cell[2 * ARRAY_SIZE(tree->value)], width[3], i, n = 0;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, node);
	phandle = machine_phandle(rig_smmu(test, rig, 0, NULL));
	KUNIT_EXPECT_EQ(test, BASE, window(test, rig_device(test, rig, 0)->dev));
	width[0] = 1;
	width[1] = of_n_addr_cells(rig->smmu[0]->dev->of_node);
	width[2] = of_n_size_cells(rig->smmu[0]->dev->of_node);
	KUNIT_ASSERT_LE(test, width[1] + width[2], 4);
	for (i = 0; i < tree->n; i++)
		n = append(cell, n, width[i % 3],
			   i % 3 ? tree->value[i] : phandle + 0x1000 * (tree->value[i] - 1));
	KUNIT_ASSERT_EQ(test, 0, machine_node_new(node, "reserved"));
	ret = of_changeset_add_prop_u32_array(&node->cs, node->np, "iommu-addresses", cell, n);
	KUNIT_ASSERT_EQ(test, 0, machine_node_apply(node, ret));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_node, node));
	rig_smmu(test, rig, 1, NULL);
	KUNIT_EXPECT_EQ(test, tree->base, window(test, rig_device(test, rig, 1)->dev));
	/* the one that was there stays where it is */
	KUNIT_EXPECT_EQ(test, BASE, window(test, rig_device(test, rig, 0)->dev));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(is_free, layout_gen_params),
	KUNIT_CASE(without_memory),
	KUNIT_CASE_PARAM(in_the_device_tree, tree_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_resv", .test_cases = cases };
kunit_test_suite(suite);
