// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: no table makes the driver read outside of it, or go on for ever, and each question is
 *	answered as a naive reader does, which reads byte by byte with 64-bit offsets
 * input: questions (a PCI function, the length of a name, an SMMU); a name; a table
 * long: 1024
 * mutant: core/iort.c s/ \&\& node->length <= left ? node/ ? node/
 * mutant: core/iort.c s/left < sizeof(\*node)/0/
 * mutant: core/iort.c s/node->mapping_count > left/node->mapping_count - 1 > left/
 * mutant: core/iort.c s/strlen(path) < room/strlen(path) <= room/
 * mutant: core/iort.c s/data_size(node) >= offsetofend/data_size(node) + 4 >= offsetofend/
 * mutant: core/iort.c s/#define MAX_HOPS\t4/#define MAX_HOPS\t5/
 */
#include "kernel.h"

#include <acpi/actbl.h>

#include "core/iort.c"

#define NAME_MAX_LEN	15
#define SMMUS		3

/* The naive reader. A table, and what it says; a number that lies outside is NONE */
#define NONE		(~0ULL)
#define HEAD		48
#define NODE		16
#define MAP		20
#define NODES		256

struct naive {
	const u8 *bytes;
	u64 len;
	u64 nodes[NODES];
	u32 n;
};

static u64 number(const struct naive *t, u64 at, u32 bytes)
{
	u64 value = 0;
	u32 i;

	if (at + bytes > t->len)
		return NONE;
	for (i = 0; i < bytes; i++)
		value |= (u64)t->bytes[at + i] << (8 * i);
	return value;
}

/* Is there a node? It has a head, and lies in the table as a whole. */
static bool is_node(const struct naive *t, u64 at)
{
	u64 length;

	if (at < HEAD || at + NODE > t->len)
		return false;
	length = number(t, at + 1, 2);
	return length >= NODE && at + length <= t->len;
}

/* Offset of mapping @i of a node; NONE behind the last, and if they do not all lie in the table */
static u64 mapping(const struct naive *t, u64 node, u64 i)
{
	u64 count = number(t, node + 8, 4), offset = number(t, node + 12, 4);

	if (i >= count || offset < NODE || node + offset + count * MAP > t->len)
		return NONE;
	return node + offset + i * MAP;
}

/*
 * The id goes where its range says. The last id of a range may be the first of another, if firmware
 * has written the number of ids where the number less one belongs: then it goes there.
 */
static bool follow(const struct naive *t, u64 *node, u64 *id)
{
	u64 type = number(t, *node, 1), i, at, last = NONE;

	for (i = 0; (at = mapping(t, *node, i)) != NONE; i++) {
		u64 base = number(t, at, 4), count = number(t, at + 4, 4);

		if (number(t, at + 16, 4) & 1) {
			/* a named component, a root complex, a wire bridge */
			if (type != 1 && type != 2 && type != 7)
				continue;
			*id = number(t, at + 8, 4);
			*node = number(t, at + 12, 4);
			return true;
		}
		if (*id < base || *id > base + count)
			continue;
		if (*id == base || (last == NONE && *id < base + count)) {
			last = at;
			break;
		}
		if (last == NONE && *id == base + count)
			last = at;
	}
	if (last == NONE)
		return false;
	*id = (number(t, last + 8, 4) + *id - number(t, last, 4)) & U32_MAX;
	*node = number(t, last + 12, 4);
	return true;
}

/* At most four nodes on the way; ITS groups and SMMUs end it */
static bool arrives(const struct naive *t, u64 node, u64 id, u64 smmu)
{
	u64 type;
	u32 i;

	for (i = 0; i < 4 && node != smmu; i++) {
		if (!is_node(t, node))
			return false;
		type = number(t, node, 1);
		if (type == 0 || type == 3 || type == 4 || !follow(t, &node, &id))
			return false;
	}
	return node == smmu;
}

/* The chain of nodes, up to the first that is none */
static void find_nodes(struct naive *t)
{
	u64 at = number(t, 40, 4), most = number(t, 36, 4);

	for (t->n = 0; t->len >= HEAD && t->n < most && t->n < NODES && is_node(t, at); t->n++) {
		t->nodes[t->n] = at;
		at += number(t, at + 1, 2);
	}
}

/* A root complex of that segment, with the segment in it */
static bool is_rc(const struct naive *t, u64 node, u32 segment)
{
	return number(t, node, 1) == 2 && number(t, node + 1, 2) >= NODE + 16 &&
	       number(t, node + NODE + 12, 4) == segment;
}

/* The node's name, with its NUL, lies in the node */
static bool has_name(const struct naive *t, u64 node, const char *name)
{
	u64 start = NODE + 13, size = strlen(name) + 1;

	return number(t, node, 1) == 1 && start + size <= number(t, node + 1, 2) &&
	       !memcmp(t->bytes + node + start, name, size);
}

static bool naive_pci(const struct naive *t, u32 smmu, u32 segment, u32 rid)
{
	u64 to, id;
	u32 nr;

	for (nr = 0; nr < t->n; nr++) {
		to = t->nodes[nr];
		id = rid;
		if (is_rc(t, to, segment) && follow(t, &to, &id) && arrives(t, to, id, smmu))
			return true;
	}
	return false;
}

static bool naive_named(const struct naive *t, u32 smmu, const char *name)
{
	u64 node, i, at;
	u32 nr;

	for (nr = 0; nr < t->n; nr++) {
		node = t->nodes[nr];
		if (!has_name(t, node, name))
			continue;
		for (i = 0; (at = mapping(t, node, i)) != NONE; i++)
			if (number(t, at + 16, 4) & 1 &&
			    arrives(t, number(t, at + 12, 4), number(t, at + 8, 4), smmu))
				return true;
	}
	return false;
}

static int naive_pasid(const struct naive *t, u32 segment, u32 rid)
{
	u64 node, to, id, width;
	u32 nr;

	for (nr = 0; nr < t->n; nr++) {
		node = t->nodes[nr];
		to = node;
		id = rid;
		if (!is_rc(t, node, segment) || !follow(t, &to, &id))
			continue;
		/* from revision 4 on, with flags behind the width, and no mappings there */
		width = number(t, node + NODE + 17, 2) & 0x1f;
		return number(t, node + 3, 1) >= 4 && number(t, node + 1, 2) >= NODE + 24 &&
		       number(t, node + 12, 4) >= NODE + 24 && width ? (int)width : -ENOENT;
	}
	return -ENOENT;
}

static u32 naive_smmus(const struct naive *t, u32 identifier)
{
	u32 nr, n = 0;

	for (nr = 0; nr < t->n; nr++)
		n += number(t, t->nodes[nr], 1) == 4 &&
		     number(t, t->nodes[nr] + 4, 4) == identifier;
	return n;
}

static void ask(const struct smmu_iort *iort, const struct naive *t, u32 smmu, u32 segment, u32 rid,
		const char *name)
{
	MUST(smmu_iort_pci_reaches(iort, smmu, segment, rid) == naive_pci(t, smmu, segment, rid),
	     "the function is behind the SMMU, or not");
	MUST(smmu_iort_named_reaches(iort, smmu, name) == naive_named(t, smmu, name),
	     "the named device is behind the SMMU, or not");
}

void fuzz_one(struct fuzz_input *in)
{
	u32 segment = take_u8(in), rid = take_u16(in), smmu = take_u16(in), nr, asked = 0;
	u8 length = take_u8(in) % (NAME_MAX_LEN + 1);
	char *name = fuzz_copy(in, length + 1);
	struct naive t = { .len = in->left };
	struct smmu_iort iort = { .length = in->left };

	name[length] = '\0';
	t.bytes = fuzz_copy(in, in->left);
	iort.table = t.bytes;
	find_nodes(&t);

	MUST(smmu_iort_pci_pasid_bits(&iort, segment, rid) == naive_pasid(&t, segment, rid),
	     "the width of PASIDs is the naive reader's");
	MUST(smmu_iort_smmus(&iort, rid) == naive_smmus(&t, rid), "there are as many SMMUs");
	/* one at any offset, and some that are there */
	ask(&iort, &t, smmu, segment, rid, name);
	for (nr = 0; nr < t.n && asked < SMMUS; nr++) {
		if (number(&t, t.nodes[nr], 1) != 4)
			continue;
		ask(&iort, &t, t.nodes[nr], segment, rid, name);
		asked++;
	}
	free((void *)t.bytes);
	free(name);
}
