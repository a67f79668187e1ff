// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: revive, unref, forget and purge keep an array in order, move no entry of a published one
 *	and count users as stated; a reader meets each entry that lives throughout, with the length
 *	of before and with that of after; purge drops what is forgotten and nothing else
 * assumes: a published array of up to 3 entries that smmu_array_check() accepts, a scratch array of
 *	up to 2; one writer; a reader sees a store as soon as it is made; memory may lack
 * cbmc: --unwind 7
 * mutant: core/array.c s/num = max(num, at + 1)/num = at + 1/
 * mutant: core/array.c s/set_num(array, cut_tail(array, array->num))/set_num(array, 0)/
 * mutant: core/array.c s/inv->users + !add->inv\[i\].place/inv->users + 1/
 * mutant: core/array.c s/at == array->len || array->inv\[at\].forgotten ||/at == array->len ||/
 * mutant: core/array.c s/if (!old->inv\[i\].forgotten)/if (i)/
 */
#include "arrays.h"

static struct room was;

/* True of every change in place */
static void same_place(void)
{
	u32 at = any_entry(&was);

	PROVE(old.len == was.len && old.max == was.max, "it has as many entries");
	PROVE(inv_is(&old.inv[at], &was.inv[at]), "no entry moves");
	if (!was.inv[at].users || !old.inv[at].users)
		return;
	PROVE(reader_meets(&old, was.num, at), "met with the length of before");
	PROVE(reader_meets(&old, old.num, at), "met with the length of after");
}

static void in_order(void)
{
	PROVE(!smmu_array_check(array_in(&old)), "the array is in order");
}

static void revive(void)
{
	struct room added = scratch;
	bool done = smmu_array_revive(array_in(&old), array_in(&scratch));
	u32 at, place;

	if (done) {
		at = any_entry(&added);
		place = place_of(&was, &added.inv[at]);
		PROVE(place != NONE, "it is done if every entry is there");
		PROVE(scratch.inv[at].users == was.inv[place].flushes, "the flushes are told");
	}
	if (!was.len)
		return;
	at = any_entry(&was);
	place = place_of(&added, &was.inv[at]);
	PROVE(old.inv[at].forgotten == was.inv[at].forgotten, "none is forgotten");
	PROVE(old.inv[at].users == was.inv[at].users +
	      (done && !was.inv[at].forgotten && place != NONE && !added.inv[place].place),
	      "one user more");
}

static void unref(void)
{
	struct room gone = scratch;
	u32 i, at, place;

	/* what is detached was attached */
	for (i = 0; i < SCRATCH; i++)
		if (i < gone.len) {
			place = place_of(&was, &gone.inv[i]);
			ASSUME(place != NONE && was.inv[place].users);
		}
	smmu_array_unref(array_in(&old), array_in(&scratch));
	if (gone.len) {
		at = any_entry(&gone);
		place = place_of(&was, &gone.inv[at]);
		PROVE(scratch.inv[at].users == (was.inv[place].users > 1), "the last user is told");
	}
	if (!was.len)
		return;
	at = any_entry(&was);
	PROVE(old.inv[at].users == was.inv[at].users -
	      (!was.inv[at].forgotten && place_of(&gone, &was.inv[at]) != NONE), "one user less");
	PROVE(!old.num || old.num == was.num || old.inv[old.num - 1].users,
	      "the length ends with a live entry");
}

static void forget(void)
{
	u32 at = any_entry(&was), other = any_entry(&was);

	ASSUME(!was.inv[at].users && !was.inv[at].forgotten);
	smmu_array_forget(array_in(&old), &old.inv[at]);
	PROVE(place_of(&old, &was.inv[at]) == NONE, "it is not found any more");
	PROVE(old.inv[other].users == was.inv[other].users, "no user comes or goes");
	PROVE(old.inv[other].forgotten == (other == at || was.inv[other].forgotten),
	      "nothing else changes");
}

static void purge(void)
{
	u32 at, place, i, kept = 0;

	if (!smmu_array_purge(array_in(&old), GFP_KERNEL))
		return;
	for (i = 0; i < OLD; i++)
		kept += i < was.len && !was.inv[i].forgotten;
	PROVE(made.len == kept && kept < was.len, "what is forgotten is dropped");
	PROVE(!smmu_array_check(array_in(&made)), "the new array is in order");
	at = any_entry(&was);
	ASSUME(!was.inv[at].forgotten);
	place = place_of(&made, &was.inv[at]);
	PROVE(place != NONE && made.inv[place].users == was.inv[at].users &&
	      made.inv[place].flushes == was.inv[at].flushes, "the others are copied");
}

void harness(void)
{
	any_array(&old, OLD, true);
	any_array(&scratch, SCRATCH, false);
	was = old;
	switch (nondet_u8()) {
	case 0:
		revive();
		break;
	case 1:
		unref();
		break;
	case 2:
		forget();
		break;
	default:
		purge();
	}
	if (nondet_bool())
		in_order();
	else
		same_place();
}
