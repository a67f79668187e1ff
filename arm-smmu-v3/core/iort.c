// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading an IORT. See iort.h for what is asked of it.
 *
 * All positions are byte offsets from the start of the table and become pointers
 * in node_at() and node_maps() alone, which check them. Sums are avoided where
 * firmware chose a summand: lengths are compared with what is left instead.
 *
 * The structures are ACPICA's. They are packed, so no alignment is assumed.
 */
#include <kunit/visibility.h>
#include <linux/acpi.h>
#include <linux/export.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "iort.h"

/* A device's ids pass one node on their way to an SMMU; more are tolerated, a loop is not */
#define MAX_HOPS	4

/**
 * struct node_walk - over all nodes, each as long as it says
 * @iort: the table
 * @offset: of the next node
 * @left: how many more the header announces
 */
struct node_walk {
	const struct smmu_iort *iort;
	u32 offset;
	u32 left;
};

/**
 * struct id_maps - the ID mappings of a node
 * @map: the first; valid when @count is not 0
 * @count: how many
 */
struct id_maps {
	const struct acpi_iort_id_mapping *map;
	u32 count;
};

/**
 * struct hop - a node and the id with which a transaction leaves it
 * @node: offset of the node it goes to
 * @id: its id there
 */
struct hop {
	u32 node;
	u32 id;
};

static const struct acpi_iort_node *node_at(const struct smmu_iort *iort, u32 offset)
{
	const struct acpi_iort_node *node;
	u32 left;

	if (offset < sizeof(struct acpi_table_iort) || offset > iort->length)
		return NULL;
	left = iort->length - offset;
	if (left < sizeof(*node))
		return NULL;
	node = iort->table + offset;
	return node->length >= sizeof(*node) && node->length <= left ? node : NULL;
}

static struct node_walk walk_nodes(const struct smmu_iort *iort)
{
	const struct acpi_table_iort *head = iort->table;
	struct node_walk walk = { .iort = iort };

	if (iort->length >= sizeof(*head)) {
		walk.offset = head->node_offset;
		walk.left = head->node_count;
	}
	return walk;
}

/* NULL at the end, and at a node that breaks the chain */
static const struct acpi_iort_node *walk_next(struct node_walk *walk)
{
	const struct acpi_iort_node *node = NULL;

	if (walk->left)
		node = node_at(walk->iort, walk->offset);
	if (!node)
		return NULL;
	walk->left--;
	walk->offset += node->length;
	return node;
}

/* The bytes of a node past its common head */
static u32 data_size(const struct acpi_iort_node *node)
{
	return node->length - sizeof(*node);
}

/* Bounded by the table, not by the node, which is all that the kernel relies on */
static struct id_maps node_maps(const struct smmu_iort *iort, const struct acpi_iort_node *node)
{
	u32 left = iort->length - (u32)((const void *)node - iort->table);
	struct id_maps none = {};
	struct id_maps maps = {};

	if (node->mapping_offset < sizeof(*node) || node->mapping_offset > left)
		return none;
	left -= node->mapping_offset;
	if (node->mapping_count > left / sizeof(*maps.map))
		return none;
	maps.map = (const void *)node + node->mapping_offset;
	maps.count = node->mapping_count;
	return maps;
}

/* Where the single mapping is allowed, it takes whatever id comes */
static bool may_be_single(const struct acpi_iort_node *node)
{
	return node->type == ACPI_IORT_NODE_NAMED_COMPONENT ||
	       node->type == ACPI_IORT_NODE_PCI_ROOT_COMPLEX ||
	       node->type == ACPI_IORT_NODE_IWB;
}

/*
 * Send @id through the mappings of @node. id_count is the number of ids less one, which some
 * tables take for the number: so the last id of a range belongs to a range that begins with
 * it, if there is one.
 */
static bool map_id(const struct smmu_iort *iort, const struct acpi_iort_node *node, u32 id,
		   struct hop *out)
{
	struct id_maps maps = node_maps(iort, node);
	bool found = false;
	u32 i;

	for (i = 0; i < maps.count; i++) {
		const struct acpi_iort_id_mapping *map = &maps.map[i];
		u32 nth = id - map->input_base;

		if (map->flags & ACPI_IORT_ID_SINGLE_MAPPING) {
			if (!may_be_single(node))
				continue;
			*out = (struct hop){ map->output_reference, map->output_base };
			return true;
		}
		if (id < map->input_base || nth > map->id_count || (found && nth))
			continue;
		*out = (struct hop){ map->output_reference, map->output_base + nth };
		if (!nth || nth < map->id_count)
			return true;
		found = true;
	}
	return found;
}

/* Does what arrives at @at.node with @at.id go on to @smmu? */
static bool goes_on_to(const struct smmu_iort *iort, struct hop at, u32 smmu)
{
	const struct acpi_iort_node *node;
	unsigned int hops;

	for (hops = 0; at.node != smmu && hops < MAX_HOPS; hops++) {
		node = node_at(iort, at.node);
		if (!node)
			return false;
		switch (node->type) {
		case ACPI_IORT_NODE_ITS_GROUP:
		case ACPI_IORT_NODE_SMMU:
		case ACPI_IORT_NODE_SMMU_V3:
			return false;
		}
		if (!map_id(iort, node, at.id, &at))
			return false;
	}
	return at.node == smmu;
}

static bool is_root_complex(const struct acpi_iort_node *node, u32 segment)
{
	const struct acpi_iort_root_complex *rc = (const void *)node->node_data;

	return node->type == ACPI_IORT_NODE_PCI_ROOT_COMPLEX &&
	       data_size(node) >= offsetofend(typeof(*rc), pci_segment_number) &&
	       rc->pci_segment_number == segment;
}

bool smmu_iort_pci_reaches(const struct smmu_iort *iort, u32 smmu, u32 segment, u32 rid)
{
	struct node_walk walk = walk_nodes(iort);
	const struct acpi_iort_node *node;

	while ((node = walk_next(&walk))) {
		struct hop first;

		if (is_root_complex(node, segment) && map_id(iort, node, rid, &first) &&
		    goes_on_to(iort, first, smmu))
			return true;
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_iort_pci_reaches);

static bool is_named(const struct acpi_iort_node *node, const char *path)
{
	const struct acpi_iort_named_component *named = (const void *)node->node_data;
	size_t room;

	if (node->type != ACPI_IORT_NODE_NAMED_COMPONENT || data_size(node) < sizeof(*named))
		return false;
	room = data_size(node) - sizeof(*named);
	/* With the NUL: without one in the node it is no name */
	return strlen(path) < room && !memcmp(named->device_name, path, strlen(path) + 1);
}

static bool single_reaches(const struct smmu_iort *iort, const struct acpi_iort_node *node,
			   u32 smmu)
{
	struct id_maps maps = node_maps(iort, node);
	u32 i;

	for (i = 0; i < maps.count; i++) {
		const struct acpi_iort_id_mapping *map = &maps.map[i];
		struct hop first = { map->output_reference, map->output_base };

		if (map->flags & ACPI_IORT_ID_SINGLE_MAPPING && goes_on_to(iort, first, smmu))
			return true;
	}
	return false;
}

bool smmu_iort_named_reaches(const struct smmu_iort *iort, u32 smmu, const char *path)
{
	struct node_walk walk = walk_nodes(iort);
	const struct acpi_iort_node *node;

	while ((node = walk_next(&walk))) {
		if (is_named(node, path) && single_reaches(iort, node, smmu))
			return true;
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_iort_named_reaches);
