// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: what smmu_array_merge() makes is in order; it has each entry of both arrays once, but for
 *	those that are forgotten, and nothing else; each has as many users as it should; flushes
 *	under way are kept; a reader meets each entry that has a user
 * assumes: a published array of up to 3 entries that smmu_array_check() accepts, a scratch array of
 *	up to 2; one writer; memory may lack
 * cbmc: --unwind 7
 * mutant: core/array.c s/inv->users += !add->inv\[m->j\].place;/inv->users++;/
 * mutant: core/array.c s/^\tif (cmp >= 0) {/\tif (cmp > 0) {/
 * mutant: core/array.c s/\(new->num = cut_tail(new, new->len\));/\1 - 1);/
 * mutant: core/array.c s/cmp = smmu_inv_cmp(&old->inv\[m->i\], &add->inv\[m->j\])/cmp = -1/
 */
#include <linux/err.h>

#include "arrays.h"

static void what_was_there(void)
{
	const struct smmu_inv *was = &old.inv[any_entry(&old)];
	u32 at = place_of(&made, was), too = place_of(&scratch, was);

	ASSUME(!was->forgotten);
	PROVE(at != NONE, "what was there is there");
	PROVE(made.inv[at].users == was->users + (too != NONE && !scratch.inv[too].place),
	      "a user more, where one is added");
	PROVE(made.inv[at].flushes == was->flushes, "flushes under way are kept");
	PROVE(made.inv[at].pgshift == was->pgshift, "so is the granule");
}

static void what_is_new(void)
{
	const struct smmu_inv *new = &scratch.inv[any_entry(&scratch)];
	u32 at = place_of(&made, new);

	PROVE(at != NONE, "what is new is there");
	if (place_of(&old, new) != NONE)
		return;
	PROVE(made.inv[at].users == !new->place, "it has its user");
	PROVE(!made.inv[at].flushes, "none of its flushes is under way");
	PROVE(made.inv[at].pgshift == new->pgshift, "it has its granule");
}

static void nothing_else(void)
{
	u32 at = any_entry(&made);

	PROVE(!made.inv[at].forgotten, "what is forgotten is not there");
	PROVE(place_of(&old, &made.inv[at]) != NONE || place_of(&scratch, &made.inv[at]) != NONE,
	      "nothing else is there");
	PROVE(!made.inv[at].users || reader_meets(&made, made.num, at), "a reader meets it");
}

void harness(void)
{
	any_array(&old, OLD, true);
	any_array(&scratch, SCRATCH, false);
	if (IS_ERR(smmu_array_merge(array_in(&old), array_in(&scratch), GFP_KERNEL)))
		return;
	switch (nondet_u8()) {
	case 0:
		PROVE(!smmu_array_check(array_in(&made)), "it is in order, each entry once");
		break;
	case 1:
		what_was_there();
		break;
	case 2:
		what_is_new();
		break;
	default:
		nothing_else();
	}
}
