// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: whatever a domain, a vSMMU and the SMMU do next - get a tag and undo it or attach, detach
 *	without a confirmed flush, reclaim, give back, allocate, withhold or free a VMID - no id is
 *	in two hands, none is lost, what is withheld is counted, and an id is refused only when all
 *	are taken. By induction: it is true at the start, and each step from any state in which it
 *	is true leaves it true.
 * assumes: ids of 3 bits on one SMMU; an IDA is a set that may lack memory; one vSMMU, in this
 *	domain; other domains hold any ids; no flush is under way in a domain that goes; what an
 *	attach makes of the array is the proof merge
 * cbmc: --unwind 10
 * mutant: core/tag.c s/if (!tag->fresh)/if (0)/
 * mutant: core/tag.c s/ || inv->type == SMMU_INV_S2_VMID_VSMMU)/)/
 * mutant: core/tag.c s/^\t\tforget_tag(array, inv);//
 * mutant: core/tag.c /^\t\tida_free(tag_ida/d
 * mutant: core/tag.c s/inv->type != type || inv->flushes)/inv->type != type)/
 * mutant: core/tag.c s/tag_ida(inst, type), 1, BIT/tag_ida(inst, type), 0, BIT/
 * mutant: core/array.c s/if (!inv->forgotten)/if (1)/
 */
#include "sequential.h"

#include "core/array.c"
#include "core/tag.c"

#define BITS	3
#define IDS	8	/* of BITS bits */
#define ROOM	4	/* an entry of each type that belongs to a tag */
#define NONE	ROOM

/*
 * Who has an id. ELSEWHERE is another domain, a tag that was got and is not merged yet, or the
 * tables of an earlier kernel.
 */
enum owner { NOBODY, ENTRY, ELSEWHERE, VSMMU, WITHHELD, FOR_GOOD, OWNERS };

static struct smmu_inst inst;
static struct room {
	struct rcu_head rcu;
	u32 num, len, max;
	struct smmu_inv inv[ROOM];
} room;

/* The IDAs of ASIDs and VMIDs, and those of what is withheld */
static bool taken[2][IDS], known[2][IDS];
static u8 owner[2][IDS];
static u32 vmid;	/* of the vSMMU, 0 for none */

static bool *set_of(struct ida *ida)
{
	if (ida == &inst.asids)
		return taken[0];
	if (ida == &inst.vmids)
		return taken[1];
	return ida == &inst.withheld_asids ? known[0] : known[1];
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	bool *set = set_of(ida);
	u32 id;

	if (nondet_bool())
		return -ENOMEM;
	PROVE(max < IDS, "an id has no more bits than the SMMU says");
	for (id = 0; id < IDS; id++) {
		if (id < min || id > max || set[id])
			continue;
		set[id] = true;
		return id;
	}
	return -ENOSPC;
}

void ida_free(struct ida *ida, unsigned int id)
{
	bool *set = set_of(ida);

	PROVE(id < IDS && set[id], "only what is taken is freed");
	set[id] = false;
}

int ida_find_first_range(struct ida *ida, unsigned int min, unsigned int max)
{
	bool *set = set_of(ida);
	u32 id;

	for (id = 0; id < IDS; id++)
		if (id >= min && id <= max && set[id])
			return id;
	return -ENOENT;
}

static struct smmu_array *array(void)
{
	return (struct smmu_array *)&room;
}

/* Index of the entry of a type that is not forgotten, or NONE */
static u32 entry_of(u8 type)
{
	u32 i, at = NONE;

	for (i = 0; i < ROOM; i++)
		if (i < room.len && room.inv[i].type == type && !room.inv[i].forgotten)
			at = i;
	return at;
}

static bool is_id(u32 id)
{
	return id && id < IDS;
}

static void get(void)
{
	u8 type = nondet_bool() ? SMMU_INV_S1_ASID : SMMU_INV_S2_VMID;
	struct smmu_tag tag;
	u32 id, at = entry_of(type);
	int ret = smmu_tag_get(array(), &inst, type, &tag);

	if (ret == -ENOSPC)
		for (id = 1; id < IDS; id++)
			PROVE(owner[type][id] != NOBODY, "an id is refused when all are taken");
	if (ret)
		return;
	PROVE(is_id(tag.id) && tag.inst == &inst && tag.type == type, "a tag is complete");
	PROVE(tag.fresh == (at == NONE), "an id is new when the domain has none");
	if (!tag.fresh)
		PROVE(tag.id == room.inv[at].id, "else it is the domain's");
	else
		PROVE(owner[type][tag.id] == NOBODY, "a new id has no owner");
	if (nondet_bool())
		smmu_tag_undo(&tag);
	else if (tag.fresh)
		owner[type][tag.id] = ELSEWHERE;
}

/* As a detach does whose flush is not confirmed */
static void withhold(void)
{
	u8 type = nondet_bool() ? SMMU_INV_S1_ASID : SMMU_INV_S2_VMID;
	u32 id, at = entry_of(type);

	if (at == NONE || room.inv[at].users)
		return;
	id = room.inv[at].id;
	smmu_tag_withhold(&inst, type, id);
	smmu_array_forget(array(), &room.inv[at]);
	/* without memory nobody knows the id any more */
	owner[type][id] = known[type][id] ? WITHHELD : FOR_GOOD;
}

static void reclaim(void)
{
	u8 which = nondet_u8(), type;
	u32 at, expected = 0;

	ASSUME(which <= SMMU_INV_S2_VMID || which == SMMU_INV_TYPES);
	for (type = SMMU_INV_S1_ASID; type <= SMMU_INV_S2_VMID_S1_CLEAR; type++) {
		at = entry_of(type);
		if (at == NONE)
			continue;
		if (which == SMMU_INV_TYPES)
			ASSUME(!room.inv[at].flushes);
		if (room.inv[at].users || type > SMMU_INV_S2_VMID ||
		    (which != SMMU_INV_TYPES && (which != type || room.inv[at].flushes)))
			continue;
		owner[type][room.inv[at].id] = NOBODY;
		expected++;
	}
	PROVE(smmu_tag_reclaim(array(), nondet_bool() ? &inst : NULL, which) == expected,
	      "what is parked is reclaimed, and counted");
}

/* A vSMMU is made, or goes: its devices are detached, and its VMID is flushed, or withheld */
static void guest(void)
{
	u32 at = entry_of(SMMU_INV_S2_VMID_VSMMU);
	int id;

	if (!vmid) {
		id = smmu_tag_alloc_vmid(&inst);
		if (id < 0)
			return;
		PROVE(is_id(id) && owner[1][id] == NOBODY, "a VMID has no owner");
		owner[1][id] = VSMMU;
		vmid = id;
		return;
	}
	if (at != NONE && room.inv[at].users)
		return;
	smmu_array_forget_vmid(array(), &inst, vmid);
	PROVE(entry_of(SMMU_INV_S2_VMID_VSMMU) == NONE &&
	      entry_of(SMMU_INV_S2_VMID_S1_CLEAR) == NONE, "no entry has the VMID");
	if (nondet_bool()) {
		smmu_tag_withhold(&inst, SMMU_INV_S2_VMID_VSMMU, vmid);
		owner[1][vmid] = known[1][vmid] ? WITHHELD : FOR_GOOD;
	} else {
		smmu_tag_free(&inst, SMMU_INV_S2_VMID_VSMMU, vmid);
		owner[1][vmid] = NOBODY;
	}
	vmid = 0;
}

static void comes_back(void)
{
	u32 type, id;

	smmu_tag_give_back(&inst);
	for (type = 0; type < 2; type++)
		for (id = 0; id < IDS; id++)
			if (owner[type][id] == WITHHELD)
				owner[type][id] = NOBODY;
}

/* What is true of an entry that is in use or parked */
static bool entry_is_right(const struct smmu_inv *inv)
{
	switch (inv->type) {
	case SMMU_INV_S1_ASID:
	case SMMU_INV_S2_VMID:
		return is_id(inv->id) && owner[inv->type][inv->id] == ENTRY;
	case SMMU_INV_S2_VMID_VSMMU:
	case SMMU_INV_S2_VMID_S1_CLEAR:
		return vmid && inv->id == vmid;
	default:
		return false;
	}
}

/* What is true between steps: assumed before, proved afterwards */
static void between_steps(bool before)
{
	u32 type, id, i, other, withheld = 0;

#define TRUE(condition, text) do {			\
	bool is_true = (condition);			\
							\
	if (before)					\
		ASSUME(is_true);			\
	else						\
		PROVE(is_true, text);			\
} while (0)
	TRUE(room.len <= ROOM && room.max == ROOM, "the array has room");
	TRUE(!smmu_array_check(array()), "the array is in order");
	for (i = 0; i < ROOM; i++) {
		const struct smmu_inv *inv = &room.inv[i];

		if (i >= room.len || inv->forgotten)
			continue;
		TRUE(entry_is_right(inv), "an entry has an id of its own");
		for (other = 0; other < i; other++)
			TRUE(room.inv[other].forgotten || room.inv[other].type != inv->type,
			     "it is the only one of its type");
	}
	for (type = 0; type < 2; type++)
		for (id = 0; id < IDS; id++) {
			u8 o = owner[type][id];

			TRUE(o < OWNERS && (id || !o), "0 has no owner");
			TRUE(taken[type][id] == (o != NOBODY), "an id is free when nobody has it");
			TRUE(known[type][id] == (o == WITHHELD), "what comes back is known");
			TRUE((o == VSMMU) == (type && vmid && vmid == id), "a vSMMU has its VMID");
			i = entry_of(type);
			if (o == ENTRY)
				TRUE(i != NONE && room.inv[i].id == id, "no id is lost");
			withheld += o == WITHHELD || o == FOR_GOOD;
		}
	TRUE(vmid < IDS, "a VMID has no more bits");
	TRUE(inst.withheld.counter == withheld, "what is withheld is counted");
	i = entry_of(SMMU_INV_S2_VMID_VSMMU);
	other = entry_of(SMMU_INV_S2_VMID_S1_CLEAR);
	TRUE(other == NONE || (i != NONE && room.inv[i].users == room.inv[other].users),
	     "the two entries of a vSMMU are attached together");
#undef TRUE
}

static void any_state(void)
{
	u32 type, id, i;

	inst.withheld.counter = nondet_u32();
	vmid = nondet_u32();
	room.num = nondet_u32();
	room.len = nondet_u32();
	for (i = 0; i < ROOM; i++) {
		struct smmu_inv *inv = &room.inv[i];

		inv->inst = &inst;
		inv->id = nondet_u32();
		inv->type = nondet_u8();
		inv->forgotten = nondet_bool();
		inv->users = nondet_bool();
		inv->flushes = nondet_u8();
	}
	for (type = 0; type < 2; type++)
		for (id = 0; id < IDS; id++) {
			taken[type][id] = nondet_bool();
			known[type][id] = nondet_bool();
			owner[type][id] = nondet_u8();
		}
}

void harness(void)
{
	inst.feat.asid_bits = BITS;
	inst.feat.vmid_bits = BITS;
	room.max = ROOM;
	/* nothing is in use on an SMMU that has just been initialised */
	between_steps(false);

	any_state();
	between_steps(true);
	switch (nondet_u8()) {
	case 0:
		get();
		break;
	case 1:
		withhold();
		break;
	case 2:
		reclaim();
		break;
	case 3:
		guest();
		break;
	default:
		comes_back();
	}
	between_steps(false);
}
