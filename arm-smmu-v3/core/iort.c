// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading an IORT; iort.h says which questions it answers.
 *
 * All positions are byte offsets from the start of the table. Only node_at() and node_maps() make
 * pointers of them, and check them first. Where firmware chose a number, it is not added to
 * another, because a sum may overflow: lengths are compared with what is left instead.
 *
 * The structures are ACPICA's. They are packed, so no alignment is assumed.
 */
#include <kunit/visibility.h>
#include <linux/acpi.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <compat/iort.h>

#include "iort.h"

/* On its way to an SMMU an id passes one node. Some more are tolerated, a loop is not. */
#define MAX_HOPS	4

/**
 * struct node_walk - a walk over all nodes, each as long as it says
 * @iort: the table
 * @offset: offset of the next node
 * @left: number of nodes that the header announces and that are still to come
 */
struct node_walk {
	const struct smmu_iort *iort;
	u32 offset;
	u32 left;
};

/**
 * struct id_maps - the ID mappings of a node
 * @map: the first mapping; valid when @count is not 0
 * @count: number of mappings
 */
struct id_maps {
	const struct acpi_iort_id_mapping *map;
	u32 count;
};

/**
 * struct hop - where a transaction goes when it leaves a node
 * @node: offset of the node that it goes to
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

/* Next node; NULL at the end, and at a node that breaks the chain */
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

/* Number of bytes of a node after its common head */
static u32 data_size(const struct acpi_iort_node *node)
{
	return node->length - sizeof(*node);
}

/* Mappings must lie within the table, not within the node: the kernel requires no more */
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

/* May the node have a single mapping? Such a mapping takes any id. */
static bool may_be_single(const struct acpi_iort_node *node)
{
	return node->type == ACPI_IORT_NODE_NAMED_COMPONENT ||
	       node->type == ACPI_IORT_NODE_PCI_ROOT_COMPLEX ||
	       node->type == ACPI_IORT_NODE_IWB;
}

/*
 * Send @id through the mappings of @node. id_count is the number of ids less one, but some tables
 * have the number there. So if another range begins with the last id of a range, the id belongs to
 * that other range.
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

/* Does a transaction that arrives at @at.node with @at.id go on to @smmu? */
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

/* Flags of a root complex, the last field of revision 4; ACPICA has no name for it */
#define RC_FLAGS		20
#define RC_PASID_REVISION	4

/*
 * Only a width counts. Both fields are 0 in tables of firmware that has never heard of them, and
 * such a machine must not lose PASIDs that work.
 */
static int pasid_bits(const struct acpi_iort_node *node)
{
	const struct acpi_iort_root_complex *rc = (const void *)node->node_data;
	int width;

	/* a shorter node may have its mappings where these fields would be */
	if (node->revision < RC_PASID_REVISION || data_size(node) < RC_FLAGS + sizeof(u32) ||
	    node->mapping_offset < sizeof(*node) + RC_FLAGS + sizeof(u32))
		return -ENOENT;
	width = rc->pasid_capabilities & ACPI_IORT_PASID_MAX_WIDTH;
	return width ?: -ENOENT;
}

int smmu_iort_pci_pasid_bits(const struct smmu_iort *iort, u32 segment, u32 rid)
{
	struct node_walk walk = walk_nodes(iort);
	const struct acpi_iort_node *node;

	while ((node = walk_next(&walk))) {
		struct hop first;

		if (is_root_complex(node, segment) && map_id(iort, node, rid, &first))
			return pasid_bits(node);
	}
	return -ENOENT;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_iort_pci_pasid_bits);

static bool is_named(const struct acpi_iort_node *node, const char *path)
{
	const struct acpi_iort_named_component *named = (const void *)node->node_data;
	size_t room;

	if (node->type != ACPI_IORT_NODE_NAMED_COMPONENT || data_size(node) < sizeof(*named))
		return false;
	room = data_size(node) - sizeof(*named);
	/* Compare the NUL too: a name without a NUL in the node is not valid */
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

u32 smmu_iort_smmus(const struct smmu_iort *iort, u32 identifier)
{
	struct node_walk walk = walk_nodes(iort);
	const struct acpi_iort_node *node;
	u32 n = 0;

	while ((node = walk_next(&walk)))
		n += node->type == ACPI_IORT_NODE_SMMU_V3 && node->identifier == identifier;
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_iort_smmus);
