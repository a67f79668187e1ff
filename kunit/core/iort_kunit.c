// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading an IORT. Tables are put together by hand and asked which device is behind which SMMU;
 * then the same tables are cut short, spoiled in single fields, and filled with random bytes. Each
 * table lies in memory of just its length, so that KASAN sees an access beyond it; without KASAN,
 * a second copy with other bytes behind it shows the same.
 */
#include <kunit/test.h>
#include <linux/acpi.h>
#include <linux/prandom.h>
#include <linux/stddef.h>

#include "core/iort.h"

#define IORT_SEED	0x10f7
#define ROOM		2048

/* Where a mapping leads; in the tables below a row with to = TO_NOWHERE is the last */
enum goal { TO_NOWHERE, TO_A, TO_B, TO_ITS, TO_NODE };

/**
 * struct row - an ID mapping
 * @base: first input id
 * @count: number of ids less one
 * @out: first output id
 * @to: where it leads
 * @single: a single mapping, which takes any id
 */
struct row {
	u32 base;
	u32 count;
	u32 out;
	enum goal to;
	bool single;
};

/**
 * struct builder - an IORT that is being written
 * @bytes: the table, with ROOM bytes
 * @length: number of bytes used so far
 * @last: offset of the node that mappings are added to
 * @its: offset of the ITS, with which every table begins
 * @a: offset of the SMMU A, which follows
 * @b: offset of the SMMU B, which follows
 */
struct builder {
	u8 *bytes;
	u32 length;
	u32 last;
	u32 its;
	u32 a;
	u32 b;
};

static struct acpi_iort_node *last_node(struct builder *t)
{
	return (void *)(t->bytes + t->last);
}

static void *add_node(struct kunit *test, struct builder *t, u8 type, u32 data)
{
	struct acpi_table_iort *head = (void *)t->bytes;
	struct acpi_iort_node *node;

	KUNIT_ASSERT_LE(test, t->length + sizeof(*node) + data, ROOM);
	t->last = t->length;
	t->length += sizeof(*node) + data;
	node = last_node(t);
	node->type = type;
	node->length = sizeof(*node) + data;
	head->node_count++;
	head->header.length = t->length;
	return node->node_data;
}

static void add_map(struct kunit *test, struct builder *t, u32 base, u32 count, u32 out,
		    u32 node, bool single)
{
	struct acpi_table_iort *head = (void *)t->bytes;
	struct acpi_iort_id_mapping *map = (void *)(t->bytes + t->length);

	KUNIT_ASSERT_LE(test, t->length + sizeof(*map), ROOM);
	map->input_base = base;
	map->id_count = count;
	map->output_base = out;
	map->output_reference = node;
	map->flags = single ? ACPI_IORT_ID_SINGLE_MAPPING : 0;
	if (!last_node(t)->mapping_count++)
		last_node(t)->mapping_offset = t->length - t->last;
	last_node(t)->length += sizeof(*map);
	t->length += sizeof(*map);
	head->header.length = t->length;
}

static void add_rows(struct kunit *test, struct builder *t, const struct row *row)
{
	const u32 goals[] = { [TO_A] = t->a, [TO_B] = t->b, [TO_ITS] = t->its };

	for (; row->to != TO_NOWHERE; row++)
		add_map(test, t, row->base, row->count, row->out, goals[row->to],
			row->single);
}

static u32 add_rc(struct kunit *test, struct builder *t, u32 segment)
{
	struct acpi_iort_root_complex *rc;

	rc = add_node(test, t, ACPI_IORT_NODE_PCI_ROOT_COMPLEX, sizeof(*rc));
	rc->pci_segment_number = segment;
	return t->last;
}

static u32 add_named(struct kunit *test, struct builder *t, const char *path)
{
	struct acpi_iort_named_component *named;

	named = add_node(test, t, ACPI_IORT_NODE_NAMED_COMPONENT,
			 sizeof(*named) + strlen(path) + 1);
	memcpy(named->device_name, path, strlen(path) + 1);
	return t->last;
}

/* A header, an ITS, and the SMMUs A and B, each with a mapping to the ITS */
static struct builder *new_table(struct kunit *test)
{
	struct builder *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct acpi_table_iort *head;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->bytes = kunit_kzalloc(test, ROOM, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->bytes);
	head = (void *)t->bytes;
	memcpy(head->header.signature, ACPI_SIG_IORT, ACPI_NAMESEG_SIZE);
	head->node_offset = sizeof(*head);
	t->length = sizeof(*head);
	add_node(test, t, ACPI_IORT_NODE_ITS_GROUP, 8);
	t->its = t->last;
	add_node(test, t, ACPI_IORT_NODE_SMMU_V3, sizeof(struct acpi_iort_smmu_v3));
	t->a = t->last;
	add_map(test, t, 0, 0xffff, 0, t->its, false);
	add_node(test, t, ACPI_IORT_NODE_SMMU_V3, sizeof(struct acpi_iort_smmu_v3));
	t->b = t->last;
	add_map(test, t, 0, 0xffff, 0, t->its, false);
	return t;
}

static struct smmu_iort as_iort(const struct builder *t)
{
	return (struct smmu_iort){ t->bytes, t->length };
}

/* Which SMMU a function is behind; in these tables no RID may be behind both */
static enum goal pci_goal(struct kunit *test, const struct builder *t, u32 segment, u32 rid)
{
	struct smmu_iort iort = as_iort(t);
	bool a = smmu_iort_pci_reaches(&iort, t->a, segment, rid);
	bool b = smmu_iort_pci_reaches(&iort, t->b, segment, rid);

	KUNIT_EXPECT_FALSE(test, a && b);
	return a ? TO_A : b ? TO_B : TO_NOWHERE;
}

static enum goal named_goal(const struct builder *t, const char *path)
{
	struct smmu_iort iort = as_iort(t);
	bool a = smmu_iort_named_reaches(&iort, t->a, path);
	bool b = smmu_iort_named_reaches(&iort, t->b, path);

	return a ? TO_A : b ? TO_B : TO_NOWHERE;
}

/* Root complexes */

#define MAX_ROWS	4
#define MAX_ASKED	6

static const struct pci_case {
	const char *desc;
	struct row rows[MAX_ROWS + 1];
	struct {
		u32 rid;
		enum goal goal;
	} asked[MAX_ASKED];
	u32 nr_asked;
} pci_cases[] = {
	{
		.desc = "all of it behind one SMMU",
		.rows = { { 0, 0xffff, 0, TO_A } },
		.asked = { { 0, TO_A }, { 8, TO_A }, { 0xffff, TO_A }, { 0x10000, TO_NOWHERE } },
		.nr_asked = 4,
	}, {
		.desc = "a range each and a hole that goes to the ITS",
		.rows = { { 0, 0xfff, 0, TO_A }, { 0x1000, 0xfff, 0x1000, TO_ITS },
			  { 0x2000, 0xdfff, 0, TO_B } },
		.asked = { { 0xfff, TO_A }, { 0x1000, TO_NOWHERE }, { 0x1fff, TO_NOWHERE },
			   { 0x2000, TO_B }, { 0xffff, TO_B } },
		.nr_asked = 5,
	}, {
		.desc = "no mapping",
		.rows = { },
		.asked = { { 0, TO_NOWHERE } },
		.nr_asked = 1,
	}, {
		.desc = "one id",
		.rows = { { 0x10, 0, 0, TO_A }, { 0x12, 0, 0, TO_B } },
		.asked = { { 0x0f, TO_NOWHERE }, { 0x10, TO_A }, { 0x11, TO_NOWHERE },
			   { 0x12, TO_B } },
		.nr_asked = 4,
	}, {
		.desc = "a single mapping takes everything",
		.rows = { { 0x10, 0, 0, TO_B, true } },
		.asked = { { 0, TO_B }, { 0x10, TO_B }, { 0xffff, TO_B } },
		.nr_asked = 3,
	}, {
		.desc = "the first of two that overlap",
		.rows = { { 0, 0x100, 0, TO_A }, { 0x80, 0x100, 0, TO_B } },
		.asked = { { 0x80, TO_A }, { 0x90, TO_A }, { 0xff, TO_A }, { 0x100, TO_A },
			   { 0x101, TO_B } },
		.nr_asked = 5,
	}, {
		.desc = "a count that is the number of ids",
		.rows = { { 0, 0x100, 0, TO_A }, { 0x100, 0x100, 0, TO_B } },
		.asked = { { 0xff, TO_A }, { 0x100, TO_B }, { 0x200, TO_B },
			   { 0x201, TO_NOWHERE } },
		.nr_asked = 4,
	}, {
		.desc = "the same the other way round",
		.rows = { { 0x100, 0x100, 0, TO_B }, { 0, 0x100, 0, TO_A } },
		.asked = { { 0xff, TO_A }, { 0x100, TO_B }, { 0x200, TO_B } },
		.nr_asked = 3,
	}, {
		.desc = "the last id of two ranges",
		.rows = { { 0, 0x100, 0, TO_A }, { 0x80, 0x80, 0, TO_B },
			  { 0x100, 0, 0, TO_ITS } },
		.asked = { { 0xff, TO_A }, { 0x100, TO_NOWHERE } },
		.nr_asked = 2,
	}, {
		.desc = "a range past the last number",
		.rows = { { 0xfff0, 0xffffffff, 0, TO_A }, { 0, 0, 0, TO_B } },
		.asked = { { 0xffef, TO_NOWHERE }, { 0xfff0, TO_A }, { 1, TO_NOWHERE },
			   { 0, TO_B } },
		.nr_asked = 4,
	},
};

KUNIT_ARRAY_PARAM_DESC(iort_pci, pci_cases, desc);

static void iort_pci(struct kunit *test)
{
	const struct pci_case *c = test->param_value;
	struct builder *t = new_table(test);
	u32 i;

	add_rc(test, t, 7);
	add_map(test, t, 0, 0xffff, 0, t->a, false);
	add_rc(test, t, 3);
	add_rows(test, t, c->rows);
	for (i = 0; i < c->nr_asked; i++)
		KUNIT_EXPECT_EQ_MSG(test, pci_goal(test, t, 3, c->asked[i].rid),
				    c->asked[i].goal, "rid 0x%x", c->asked[i].rid);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 4, c->asked[0].rid), TO_NOWHERE);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 7, c->asked[0].rid),
			c->asked[0].rid <= 0xffff ? TO_A : TO_NOWHERE);
}

/* Every root complex of the segment is asked, not only the first */
static void iort_pci_two_of_a_segment(struct kunit *test)
{
	struct builder *t = new_table(test);

	add_rc(test, t, 0);
	add_map(test, t, 0, 0xff, 0, t->a, false);
	add_rc(test, t, 0);
	add_map(test, t, 0x100, 0xff, 0, t->b, false);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 0, 0x80), TO_A);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 0, 0x180), TO_B);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 0, 0x200), TO_NOWHERE);
}

/* An SMMU of any kind ends the search, and so does the ITS, wherever their own mappings lead */
static void iort_pci_search_ends(struct kunit *test)
{
	static const struct {
		u8 type;
		u32 size;
	} ends[] = {
		{ ACPI_IORT_NODE_ITS_GROUP, 8 },
		{ ACPI_IORT_NODE_SMMU, sizeof(struct acpi_iort_smmu) },
		{ ACPI_IORT_NODE_SMMU_V3, sizeof(struct acpi_iort_smmu_v3) },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		struct builder *t = new_table(test);
		u32 end;

		add_node(test, t, ends[i].type, ends[i].size);
		end = t->last;
		add_map(test, t, 0, 0xffff, 0, t->a, false);
		add_rc(test, t, 0);
		add_map(test, t, 0, 0xffff, 0, end, false);
		KUNIT_EXPECT_EQ_MSG(test, pci_goal(test, t, 0, 0), TO_NOWHERE,
				    "type %u", ends[i].type);
	}
}

/* Nodes in between: their mappings get the id that the node before put out */
static void iort_pci_through_others(struct kunit *test)
{
	struct builder *t = new_table(test);
	u32 near, mid, loop;

	add_rc(test, t, 10);
	near = t->last;
	add_map(test, t, 0x1010, 0, 0, t->b, false);
	add_map(test, t, 0x1000, 0xff, 0, t->a, false);
	mid = add_rc(test, t, 11);
	add_map(test, t, 0x500, 0xff, 0x1000, near, false);
	add_rc(test, t, 0);
	add_map(test, t, 0, 0xff, 0x500, mid, false);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 0, 0x0f), TO_A);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 0, 0x10), TO_B);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 0, 0x100), TO_NOWHERE);

	/* A PMCG may not have a single mapping: it is ignored */
	add_node(test, t, ACPI_IORT_NODE_PMCG, sizeof(struct acpi_iort_pmcg));
	mid = t->last;
	add_map(test, t, 0, 0, 0, t->a, true);
	add_map(test, t, 0, 0xff, 0, t->b, false);
	add_rc(test, t, 12);
	add_map(test, t, 0, 0xff, 0, mid, false);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 12, 3), TO_B);

	/* A named component may have one */
	mid = add_named(test, t, "\\MID");
	add_map(test, t, 0x77, 0, 0, t->b, true);
	add_rc(test, t, 16);
	add_map(test, t, 0, 0xff, 0, mid, false);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 16, 3), TO_B);

	/* Mappings in a circle: a node to itself, and two nodes to each other */
	loop = t->length;
	add_rc(test, t, 13);
	add_map(test, t, 0, 0, 0, loop, true);
	loop = t->length;
	add_rc(test, t, 14);
	add_map(test, t, 0, 0, 0, loop + sizeof(struct acpi_iort_node) +
		sizeof(struct acpi_iort_root_complex) +
		sizeof(struct acpi_iort_id_mapping), true);
	KUNIT_ASSERT_EQ(test, add_rc(test, t, 15),
			loop + last_node(t)->length + sizeof(struct acpi_iort_id_mapping));
	add_map(test, t, 0, 0, 0, loop, true);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 13, 0), TO_NOWHERE);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 14, 0), TO_NOWHERE);
}

/* Named components */

static const struct named_case {
	const char *desc;
	struct row rows[MAX_ROWS + 1];
	enum goal goal;
} named_cases[] = {
	{ "single", { { 0, 0, 5, TO_A, true } }, TO_A },
	{ "range only", { { 0, 0xff, 0, TO_A } }, TO_NOWHERE },
	{ "ITS first", { { 0, 0, 5, TO_ITS, true }, { 0, 0, 6, TO_B, true } }, TO_B },
	{ "range first", { { 0, 0xff, 5, TO_A }, { 0, 0, 6, TO_B, true } }, TO_B },
	{ "no mapping", { }, TO_NOWHERE },
};

KUNIT_ARRAY_PARAM_DESC(iort_named, named_cases, desc);

static void iort_named(struct kunit *test)
{
	const struct named_case *c = test->param_value;
	struct builder *t = new_table(test);

	/* A question about a PCI function, or another name, must not find this node */
	add_named(test, t, "\\_SB_.DEV");
	add_map(test, t, 0, 0, 1, t->a, true);
	add_named(test, t, "\\_SB_.DEV01");
	add_map(test, t, 0, 0, 2, t->b, true);
	add_named(test, t, "\\_SB_.DEV0");
	add_rows(test, t, c->rows);
	KUNIT_EXPECT_EQ(test, named_goal(t, "\\_SB_.DEV0"), c->goal);
	KUNIT_EXPECT_EQ(test, named_goal(t, "\\_SB_.DEV"), TO_A);
	KUNIT_EXPECT_EQ(test, named_goal(t, "\\_SB_.DEV01"), TO_B);
	KUNIT_EXPECT_EQ(test, named_goal(t, "\\_SB_.DE"), TO_NOWHERE);
	KUNIT_EXPECT_EQ(test, named_goal(t, ""), TO_NOWHERE);
	KUNIT_EXPECT_EQ(test, pci_goal(test, t, 0, 0), TO_NOWHERE);
}

/* One device behind two SMMUs: by one node, and by two nodes of the same name */
static void iort_named_both(struct kunit *test)
{
	struct builder *t = new_table(test);
	struct smmu_iort iort;

	add_named(test, t, "\\DEV0");
	add_map(test, t, 0, 0, 5, t->a, true);
	add_map(test, t, 0, 0, 5, t->b, true);
	add_named(test, t, "\\DEV1");
	add_map(test, t, 0, 0, 5, t->a, true);
	add_named(test, t, "\\DEV1");
	add_map(test, t, 0, 0, 5, t->b, true);
	iort = as_iort(t);
	KUNIT_EXPECT_TRUE(test, smmu_iort_named_reaches(&iort, t->a, "\\DEV0"));
	KUNIT_EXPECT_TRUE(test, smmu_iort_named_reaches(&iort, t->b, "\\DEV0"));
	KUNIT_EXPECT_TRUE(test, smmu_iort_named_reaches(&iort, t->a, "\\DEV1"));
	KUNIT_EXPECT_TRUE(test, smmu_iort_named_reaches(&iort, t->b, "\\DEV1"));
}

/* Spoiled tables */

#define VICTIM_PATH	"\\_SB_.NC00"

/* Offsets in the table that is spoiled */
struct victim {
	struct builder *t;
	u32 named;
	u32 rc;
};

/* A device of each kind is behind A; the root complex is last in the table */
static struct victim new_victim(struct kunit *test)
{
	struct victim v = { .t = new_table(test) };

	v.named = add_named(test, v.t, VICTIM_PATH);
	add_map(test, v.t, 0, 0, 1, v.t->a, true);
	v.rc = add_rc(test, v.t, 0);
	add_map(test, v.t, 0, 0xffff, 0, v.t->a, false);
	return v;
}

enum at { AT_HEAD, AT_ITS, AT_A, AT_NAMED, AT_NAMED_MAP, AT_RC, AT_RC_MAP };

#define HEAD(field)	{ AT_HEAD, offsetof(struct acpi_table_iort, field), 4 }
#define NODE(at, field, size) { at, offsetof(struct acpi_iort_node, field), size }
#define MAP(at, field)	{ at, offsetof(struct acpi_iort_id_mapping, field), 4 }
#define MAPS(bytes)	((bytes) / sizeof(struct acpi_iort_id_mapping))

static const struct spoiled_case {
	const char *desc;
	struct {
		enum at at;
		u32 offset;
		u32 size;
	} field;
	u32 value;
	bool named;
	bool rc;
} spoiled_cases[] = {
	{ "no nodes", HEAD(node_count), 0, false, false },
	{ "one node too few", HEAD(node_count), 4, true, false },
	{ "as many as there are", HEAD(node_count), 5, true, true },
	{ "more nodes than bytes", HEAD(node_count), ~0, true, true },
	{ "nodes in the header", HEAD(node_offset), 0, false, false },
	{ "nodes at the header's end", HEAD(node_offset), 47, false, false },
	{ "nodes far away", HEAD(node_offset), ~0, false, false },
	{ "nodes 16 bytes before wrap", HEAD(node_offset), -16, false, false },
	{ "nodes just past the table", HEAD(node_offset), 512, false, false },
	{ "node of no length", NODE(AT_ITS, length, 2), 0, false, false },
	{ "node shorter than its head", NODE(AT_ITS, length, 2), 15, false, false },
	{ "node longer than the table", NODE(AT_ITS, length, 2), 0xffff, false, false },
	{ "SMMU shorter than it is", NODE(AT_A, length, 2), 1, false, false },
	{ "RC longer than the table", NODE(AT_RC, length, 2), 0x1000, true, false },
	{ "RC of no length", NODE(AT_RC, length, 2), 0, true, false },
	{ "RC without its segment", NODE(AT_RC, length, 2), 16 + 15, true, false },
	{ "RC with no more than that", NODE(AT_RC, length, 2), 16 + 16, true, true },
	{ "RC of another type", NODE(AT_RC, type, 1), 0xff, true, false },
	{ "RC maps at 0", NODE(AT_RC, mapping_offset, 4), 0, true, false },
	{ "RC maps in the head", NODE(AT_RC, mapping_offset, 4), 15, true, false },
	{ "RC maps far away", NODE(AT_RC, mapping_offset, 4), ~0, true, false },
	{ "RC maps wrapping to the header", NODE(AT_RC, mapping_offset, 4), -32, true, false },
	{ "RC with a map too many", NODE(AT_RC, mapping_count, 4), 2, true, false },
	{ "RC without maps", NODE(AT_RC, mapping_count, 4), 0, true, false },
	{ "RC maps wrapping 32 bits", NODE(AT_RC, mapping_count, 4), MAPS(1ULL << 32) + 1,
	  true, false },
	{ "RC with all maps", NODE(AT_RC, mapping_count, 4), ~0, true, false },
	{ "RC to the header", MAP(AT_RC_MAP, output_reference), 0, true, false },
	{ "RC to before the nodes", MAP(AT_RC_MAP, output_reference), 47, true, false },
	{ "RC to far away", MAP(AT_RC_MAP, output_reference), ~0, true, false },
	{ "RC to 16 before wrap", MAP(AT_RC_MAP, output_reference), -16, true, false },
	{ "RC ids from elsewhere", MAP(AT_RC_MAP, input_base), 0x10000, true, false },
	{ "RC ids past the end", MAP(AT_RC_MAP, id_count), ~0, true, true },
	{ "named of another type", NODE(AT_NAMED, type, 1), 0xff, false, true },
	{ "named maps far away", NODE(AT_NAMED, mapping_offset, 4), ~0, false, true },
	{ "named maps wrapping 32 bits", NODE(AT_NAMED, mapping_count, 4), MAPS(1ULL << 32) + 1,
	  false, true },
	{ "named to nowhere", MAP(AT_NAMED_MAP, output_reference), -16, false, true },
	{ "named not single", MAP(AT_NAMED_MAP, flags), 0xfffffffe, false, true },
	{ "SMMU of another type", NODE(AT_A, type, 1), 0x1, true, true },
};

KUNIT_ARRAY_PARAM_DESC(iort_spoiled, spoiled_cases, desc);

/* Copy the bytes to memory of just their length */
static struct smmu_iort exact(struct kunit *test, const void *bytes, u32 length)
{
	struct smmu_iort iort = { .length = length };
	void *copy = kunit_kmalloc(test, length, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	iort.table = memcpy(copy, bytes, length);
	return iort;
}

static u32 map_of(const struct builder *t, u32 node)
{
	return node + ((struct acpi_iort_node *)(t->bytes + node))->mapping_offset;
}

static void iort_spoiled(struct kunit *test)
{
	const struct spoiled_case *c = test->param_value;
	struct victim v = new_victim(test);
	const u32 where[] = {
		[AT_HEAD] = 0, [AT_ITS] = v.t->its, [AT_A] = v.t->a,
		[AT_NAMED] = v.named, [AT_NAMED_MAP] = map_of(v.t, v.named),
		[AT_RC] = v.rc, [AT_RC_MAP] = map_of(v.t, v.rc),
	};
	struct smmu_iort iort;

	KUNIT_ASSERT_EQ(test, pci_goal(test, v.t, 0, 0x123), TO_A);
	KUNIT_ASSERT_EQ(test, named_goal(v.t, VICTIM_PATH), TO_A);
	/* The lowest byte comes first, as on UML and arm64 */
	memcpy(v.t->bytes + where[c->field.at] + c->field.offset, &c->value, c->field.size);
	iort = exact(test, v.t->bytes, v.t->length);
	KUNIT_EXPECT_EQ(test, smmu_iort_pci_reaches(&iort, v.t->a, 0, 0x123), c->rc);
	KUNIT_EXPECT_EQ(test, smmu_iort_named_reaches(&iort, v.t->a, VICTIM_PATH), c->named);
	kunit_kfree(test, iort.table);
}

/**
 * struct pasids - what a root complex says of PASIDs
 * @name: name of the case
 * @revision: revision of the node
 * @size: bytes of the node behind its head
 * @capabilities: PASID Capabilities
 * @flags: Flags, behind that
 * @bits: the answer
 */
static const struct pasids {
	const char *name;
	u8 revision;
	u32 size;
	u16 capabilities;
	u32 flags;
	int bits;
} pasids[] = {
	{ "before revision 4", 3, 24, 16, 1, -ENOENT },
	{ "too short", 4, 23, 16, 1, -ENOENT },
	{ "16 bits", 4, 24, 16, 1, 16 },
	{ "20 bits, in a later revision", 5, 28, 20, 1, 20 },
	{ "no flag", 4, 24, 16, 0, 16 },
	{ "reserved bits", 4, 24, 0xffe5, 1, 5 },
	{ "some, and not how many", 4, 24, 0, 1, -ENOENT },
	{ "nothing filled in", 4, 24, 0, 0, -ENOENT },
};

KUNIT_ARRAY_PARAM_DESC(pasids, pasids, name);

static void iort_pasids(struct kunit *test)
{
	const struct pasids *p = test->param_value;
	struct builder *t = new_table(test);
	struct acpi_iort_root_complex *rc;
	struct smmu_iort iort;
	u32 length, flags_at = 20;

	rc = add_node(test, t, ACPI_IORT_NODE_PCI_ROOT_COMPLEX, p->size);
	rc->pci_segment_number = 3;
	rc->pasid_capabilities = p->capabilities;
	memcpy((u8 *)rc + flags_at, &p->flags, min(p->size - flags_at, sizeof(p->flags)));
	last_node(t)->revision = p->revision;
	add_map(test, t, 0x100, 0xff, 0, t->a, false);
	iort = as_iort(t);
	KUNIT_EXPECT_EQ(test, smmu_iort_pci_pasid_bits(&iort, 3, 0x1ff), p->bits);
	KUNIT_EXPECT_EQ(test, smmu_iort_pci_pasid_bits(&iort, 3, 0x200), -ENOENT);
	KUNIT_EXPECT_EQ(test, smmu_iort_pci_pasid_bits(&iort, 2, 0x1ff), -ENOENT);
	for (length = 0; length < t->length; length++) {
		iort = exact(test, t->bytes, length);
		KUNIT_EXPECT_EQ(test, smmu_iort_pci_pasid_bits(&iort, 3, 0x1ff), -ENOENT);
	}
}

/* Bytes that would be a valid node if they did not lie in the table's header */
static void iort_spoiled_header(struct kunit *test)
{
	struct victim v = new_victim(test);
	struct acpi_table_iort *head = (void *)v.t->bytes;
	struct acpi_iort_node *node = (void *)(v.t->bytes + 8);
	u32 segment = head->node_count;	/* a node here would have its segment there */

	node->type = ACPI_IORT_NODE_PCI_ROOT_COMPLEX;
	node->length = 32;
	node->mapping_count = 1;
	node->mapping_offset = map_of(v.t, v.rc) - 8;
	head->node_offset = 8;
	KUNIT_EXPECT_EQ(test, pci_goal(test, v.t, segment, 0), TO_NOWHERE);
}

/* Bytes that would be a valid mapping if they did not lie in the node's head */
static void iort_spoiled_head(struct kunit *test)
{
	struct victim v = new_victim(test);
	struct acpi_iort_node *node = (void *)(v.t->bytes + v.rc);
	struct acpi_iort_root_complex *rc = (void *)node->node_data;

	node->mapping_offset = offsetof(struct acpi_iort_node, identifier);
	node->identifier = 0;
	rc->memory_properties = v.t->a;
	KUNIT_EXPECT_EQ(test, pci_goal(test, v.t, 0, 0), TO_NOWHERE);
}

/* A name must end inside its node */
static void iort_spoiled_name(struct kunit *test)
{
	struct victim v = new_victim(test);
	struct acpi_iort_named_component *named;
	struct acpi_iort_node *node = (void *)(v.t->bytes + v.named);
	struct smmu_iort iort = as_iort(v.t);
	u32 full = node->length;
	u32 name = sizeof(*node) + offsetof(typeof(*named), device_name);
	u32 length;

	/* A node that is shorter than the path cannot have this name */
	for (length = 0; length < name + sizeof(VICTIM_PATH); length++) {
		node->length = length;
		KUNIT_EXPECT_FALSE_MSG(test, smmu_iort_named_reaches(&iort, v.t->a,
								     VICTIM_PATH),
				       "length %u", length);
	}
	node->length = length;
	KUNIT_EXPECT_TRUE(test, smmu_iort_named_reaches(&iort, v.t->a, VICTIM_PATH));
	node->length = full;
	named = (void *)node->node_data;
	named->device_name[strlen(VICTIM_PATH)] = 'X';
	KUNIT_EXPECT_FALSE(test, smmu_iort_named_reaches(&iort, v.t->a, VICTIM_PATH));
}

/* The table is cut short anywhere: only complete nodes may give an answer */
static void iort_cut(struct kunit *test)
{
	struct victim v = new_victim(test);
	u32 named_end = v.rc, rc_end = v.t->length;
	u32 length;

	/* A node whose name is at the end of the table */
	add_named(test, v.t, "\\_SB_.END0");
	for (length = 0; length <= v.t->length; length++) {
		struct smmu_iort iort = exact(test, v.t->bytes, length);
		bool rc = smmu_iort_pci_reaches(&iort, v.t->a, 0, 1);
		bool named = smmu_iort_named_reaches(&iort, v.t->a, VICTIM_PATH);

		KUNIT_EXPECT_EQ_MSG(test, rc, length >= rc_end, "length %u", length);
		KUNIT_EXPECT_EQ_MSG(test, named, length >= named_end, "length %u", length);
		KUNIT_EXPECT_FALSE(test, smmu_iort_named_reaches(&iort, v.t->a,
								 "\\_SB_.END0"));
		kunit_kfree(test, iort.table);
	}
}

/* Random tables */

static u32 below(struct rnd_state *rnd, u32 ceil)
{
	return prandom_u32_state(rnd) % ceil;
}

/* Ask four questions; each answer is one bit */
static u32 ask(const struct smmu_iort *iort, const struct victim *v)
{
	return smmu_iort_pci_reaches(iort, v->t->a, 0, 0x123) |
	       smmu_iort_pci_reaches(iort, v->t->b, 0, 0x123) << 1 |
	       smmu_iort_named_reaches(iort, v->t->a, VICTIM_PATH) << 2 |
	       smmu_iort_named_reaches(iort, v->t->b, VICTIM_PATH) << 3;
}

/* For any bytes there is an answer, and it depends on the table only */
static void iort_random_bytes(struct kunit *test)
{
	struct victim v = new_victim(test);
	u32 size = v.t->length;
	u8 *longer = kunit_kmalloc(test, 2 * size, GFP_KERNEL);
	u8 *bytes = kunit_kmalloc(test, size, GFP_KERNEL);
	u32 yes = 0, no = 0, round, i;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, longer);
	KUNIT_ASSERT_NOT_NULL(test, bytes);
	kunit_info(test, "seed %#x", IORT_SEED);
	prandom_seed_state(&rnd, IORT_SEED);
	for (round = 0; round < 5000; round++) {
		struct smmu_iort tight = { bytes, size };
		struct smmu_iort loose = { longer, size };
		u32 answers;

		memcpy(bytes, v.t->bytes, size);
		for (i = 1 + below(&rnd, 6); i; i--)
			bytes[sizeof(struct acpi_table_header) +
			      below(&rnd, size - sizeof(struct acpi_table_header))] =
				prandom_u32_state(&rnd) >> (8 * below(&rnd, 4));
		memcpy(longer, bytes, size);
		memcpy(longer + size, v.t->bytes, size);
		answers = ask(&tight, &v);
		KUNIT_ASSERT_EQ_MSG(test, ask(&loose, &v), answers, "round %u", round);
		yes += answers != 0;
		no += answers != 5;
	}
	/* If the answer was always the same, nothing was tested */
	KUNIT_EXPECT_GT(test, yes, 500);
	KUNIT_EXPECT_GT(test, no, 500);
}

#define MODEL_ROWS	5

/*
 * The rule in other words: the first row that covers the id takes it. If the id is the last of
 * several ids of that row, the first later row that starts with the id takes it.
 */
static enum goal model_goal(const struct row *rows, u32 n, u64 id)
{
	u32 first, i;

	for (first = 0; first < n; first++)
		if (rows[first].base <= id && id <= (u64)rows[first].base + rows[first].count)
			break;
	if (first == n)
		return TO_NOWHERE;
	if (rows[first].count && id == (u64)rows[first].base + rows[first].count)
		for (i = first + 1; i < n; i++)
			if (rows[i].base == id)
				return rows[i].to;
	return rows[first].to;
}

static void iort_random_maps(struct kunit *test)
{
	struct rnd_state rnd;
	u32 round;

	kunit_info(test, "seed %#x", IORT_SEED);
	prandom_seed_state(&rnd, IORT_SEED);
	for (round = 0; round < 300; round++) {
		struct row rows[MODEL_ROWS + 1] = {};
		u32 n = 1 + below(&rnd, MODEL_ROWS);
		struct builder *t = new_table(test);
		u32 id, i;

		for (i = 0; i < n; i++)
			rows[i] = (struct row){ below(&rnd, 24), below(&rnd, 12), 0,
						TO_A + below(&rnd, 3) };
		add_rc(test, t, 0);
		add_rows(test, t, rows);
		for (id = 0; id < 40; id++) {
			enum goal want = model_goal(rows, n, id);

			if (want == TO_ITS)
				want = TO_NOWHERE;
			KUNIT_ASSERT_EQ_MSG(test, pci_goal(test, t, 0, id), want,
					    "round %u, id %u", round, id);
		}
		kunit_kfree(test, t->bytes);
		kunit_kfree(test, t);
	}
}

static struct kunit_case iort_cases[] = {
	KUNIT_CASE_PARAM(iort_pci, iort_pci_gen_params),
	KUNIT_CASE(iort_pci_two_of_a_segment),
	KUNIT_CASE(iort_pci_search_ends),
	KUNIT_CASE(iort_pci_through_others),
	KUNIT_CASE_PARAM(iort_named, iort_named_gen_params),
	KUNIT_CASE(iort_named_both),
	KUNIT_CASE_PARAM(iort_spoiled, iort_spoiled_gen_params),
	KUNIT_CASE_PARAM(iort_pasids, pasids_gen_params),
	KUNIT_CASE(iort_spoiled_header),
	KUNIT_CASE(iort_spoiled_head),
	KUNIT_CASE(iort_spoiled_name),
	KUNIT_CASE(iort_cut),
	KUNIT_CASE(iort_random_bytes),
	KUNIT_CASE(iort_random_maps),
	{}
};

static struct kunit_suite iort_suite = {
	.name = "smmu_iort",
	.test_cases = iort_cases,
};

kunit_test_suite(iort_suite);
