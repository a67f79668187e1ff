/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays for proofs: of two SMMUs, with any content that smmu_array_check() accepts. Memory comes
 * from typed objects, because CBMC takes too long over bytes that become structures. What must be
 * true of each entry is stated of one that may be any.
 */
#ifndef ARRAYS_H
#define ARRAYS_H

#include <linux/mm.h>
#include <linux/slab.h>

#include "sequential.h"

#undef kvmalloc
#define kvmalloc(size, gfp)	make_room(size, gfp)

static void *make_room(size_t size, gfp_t gfp);

#include "core/array.c"

#define OLD	3	/* entries of the published array */
#define SCRATCH	2	/* entries of the scratch array */
#define ROOM	(OLD + SCRATCH)
#define NONE	ROOM

struct room {
	struct rcu_head rcu;
	u32 num, len, max;
	struct smmu_inv inv[ROOM];
};

static struct room old, scratch, made;
static struct smmu_inst insts[2];

/* Each function under proof asks for one array at most */
static void *make_room(size_t size, gfp_t gfp)
{
	PROVE(size <= sizeof(struct room), "no more room is asked for than both arrays fill");
	PROVE(!made.max, "one array is asked for");
	return nondet_bool() ? NULL : &made;
}

static inline struct smmu_array *array_in(struct room *room)
{
	return (struct smmu_array *)room;
}

static void any_array(struct room *room, u32 max, bool published)
{
	u32 i;

	insts[1].nr = 1;
	room->max = max;
	room->len = nondet_u32();
	room->num = published ? nondet_u32() : room->len;
	ASSUME(room->len <= max && room->num <= room->len);
	for (i = 0; i < max; i++) {
		struct smmu_inv *inv = &room->inv[i];

		inv->inst = nondet_bool() ? &insts[0] : &insts[1];
		inv->id = nondet_u32();
		inv->ssid = nondet_u32();
		inv->type = nondet_u8();
		inv->pgshift = nondet_u8();
		inv->forgotten = published && nondet_bool();
		inv->users = nondet_u32();
		if (published)
			inv->flushes = nondet_u8();
		else
			inv->place = nondet_bool();
		/* a device is attached less than 2^32 times */
		ASSUME(published ? inv->users < U32_MAX : inv->users == !inv->place);
	}
	ASSUME(!smmu_array_check(array_in(room)));
}

/* Index of the entry that is @inv and not forgotten, or NONE */
static u32 place_of(const struct room *room, const struct smmu_inv *inv)
{
	u32 i, at = NONE;

	for (i = 0; i < ROOM; i++)
		if (i < room->len && !room->inv[i].forgotten && inv_is(&room->inv[i], inv))
			at = i;
	return at;
}

/* An entry that may be any of those in use */
static u32 any_entry(const struct room *room)
{
	u32 at = nondet_u32();

	ASSUME(at < room->len);
	return at;
}

/*
 * Would a reader that has got @num before meet entry @at? It looks at all entries below @num, and
 * skips those without users.
 */
static inline bool reader_meets(const struct room *room, u32 num, u32 at)
{
	u32 pos = at;

	return smmu_array_next_live(array_in((struct room *)room), &pos, num) && pos == at;
}

#endif
