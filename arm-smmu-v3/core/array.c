// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an array is built, changed in place and checked.
 *
 * There are two kinds of array. A scratch array belongs to one caller, which needs no marked
 * accesses. A published array has readers at any time. So only two things in it ever change, and
 * neither moves an entry: smmu_inv.users and smmu_array.num. Merge and purge, which move entries,
 * make a new array, which the caller publishes; the old one stays valid for the readers that have
 * it.
 *
 * Readers and in-place changes run without a lock between them:
 *
 *	writer					reader
 *	smmu_array_revive():			smmu_array_count():
 *	  (1) users 0 -> 1			  (a) num, acquire
 *	  (2) num grows, release		smmu_array_next_live():
 *	smmu_array_unref():			  (b) users
 *	  (3) users 1 -> 0
 *	  (4) num shrinks, release
 *
 * Every entry of [0, len) was written before the array was published, so (b) finds a whole entry
 * for any num that (a) may return, old or new. (2) pairs with (a): a reader that looks as far as a
 * revived entry sees it live. An entry that is live all the time is never behind num, and each
 * change of its users is a single store of one nonzero value over another, so no reader misses it.
 * Whether a reader meets an entry that is just coming or going does not matter to the array.
 * drv/walk.h says why it does not matter to the SMMU either, and which barriers the caller needs
 * for that.
 *
 * Writers of one array take turns under a mutex of drv, which core/ does not know. What a writer
 * reads back was written by a writer, so those reads need no marking.
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <compat/cmp.h>

#include "array.h"
#include "inst.h"

/* Whether smmu_inv_cmp() returns 0, in fewer instructions */
static bool inv_is(const struct smmu_inv *a, const struct smmu_inv *b)
{
	return a->inst == b->inst && a->type == b->type && a->id == b->id && a->ssid == b->ssid;
}

int smmu_inv_cmp(const struct smmu_inv *a, const struct smmu_inv *b)
{
	return cmp_int(a->inst->nr, b->inst->nr) ?:
	       cmp_int(a->type, b->type) ?:
	       cmp_int(a->id, b->id) ?:
	       cmp_int(a->ssid, b->ssid);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inv_cmp);

struct smmu_array *smmu_array_alloc(u32 max, gfp_t gfp)
{
	struct smmu_array *array;

	KUNIT_STATIC_STUB_REDIRECT(smmu_array_alloc, max, gfp);

	array = kvmalloc(struct_size(array, inv, max), gfp);
	if (!array)
		return NULL;

	array->num = 0;
	array->len = 0;
	array->max = max;
	return array;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_alloc);

void smmu_array_free(struct smmu_array *array)
{
	kvfree(array);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_free);

static void add_inv(struct smmu_array *scratch, const struct smmu_inv *inv, bool place)
{
	u32 at = scratch->len;

	/* Search from the back, because callers mostly add in order */
	while (at) {
		int cmp = smmu_inv_cmp(&scratch->inv[at - 1], inv);

		if (!cmp)
			return;
		if (cmp < 0)
			break;
		at--;
	}

	if (WARN_ON_ONCE(scratch->len == scratch->max))
		return;

	if (at < scratch->len)
		memmove(&scratch->inv[at + 1], &scratch->inv[at],
			(scratch->len - at) * sizeof(*inv));
	scratch->inv[at] = *inv;
	scratch->inv[at].users = !place;
	scratch->inv[at].forgotten = false;
	scratch->inv[at].place = place;
	scratch->num = ++scratch->len;
}

void smmu_array_add(struct smmu_array *scratch, const struct smmu_inv *inv)
{
	add_inv(scratch, inv, false);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_add);

void smmu_array_add_parked(struct smmu_array *scratch, const struct smmu_inv *inv)
{
	add_inv(scratch, inv, true);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_add_parked);

/* Index of the first entry that is not before @key, or @array->len */
static u32 lower_bound(const struct smmu_array *array,
		       const struct smmu_inv *key)
{
	u32 lo = 0, hi = array->len;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (smmu_inv_cmp(&array->inv[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct smmu_inv *smmu_array_find(struct smmu_array *array,
				 const struct smmu_inv *key)
{
	u32 at = lower_bound(array, key);

	if (at == array->len || array->inv[at].forgotten ||
	    !inv_is(&array->inv[at], key))
		return NULL;
	return &array->inv[at];
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_find);

const struct smmu_inv *smmu_array_find_tag(const struct smmu_array *array,
					   const struct smmu_inst *inst, u8 type)
{
	const struct smmu_inv key = {
		.inst = (struct smmu_inst *)inst,
		.type = type,
	};
	u32 at;

	if (WARN_ON_ONCE(!smmu_inv_has_tag(type) ||
			 type == SMMU_INV_S2_VMID_VSMMU))
		return NULL;

	for (at = lower_bound(array, &key); at < array->len; at++) {
		const struct smmu_inv *inv = &array->inv[at];

		if (inv->inst != inst || inv->type != type)
			break;
		if (!inv->forgotten)
			return inv;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_find_tag);

/* @num without the entries at its end that have no users */
static u32 cut_tail(const struct smmu_array *array, u32 num)
{
	while (num && !array->inv[num - 1].users)
		num--;
	return num;
}

/* Let readers see the first @num entries of a published array */
static void set_num(struct smmu_array *array, u32 num)
{
	if (num == array->num)
		return;

	/*
	 * Pairs with smp_load_acquire() in smmu_array_count(): a reader that gets this length also
	 * sees the users of all entries up to it.
	 */
	smp_store_release(&array->num, num);
}

bool smmu_array_revive(struct smmu_array *array, struct smmu_array *add)
{
	u32 num = array->num;
	u32 i;

	/* until the second pass, users of a scratch entry is the index of the entry found */
	for (i = 0; i < add->len; i++) {
		struct smmu_inv *inv = smmu_array_find(array, &add->inv[i]);

		if (!inv)
			return false;
		add->inv[i].users = inv - array->inv;
	}

	for (i = 0; i < add->len; i++) {
		u32 at = add->inv[i].users;
		struct smmu_inv *inv = &array->inv[at];

		/* Pairs with READ_ONCE() in smmu_array_next_live() */
		WRITE_ONCE(inv->users, inv->users + !add->inv[i].place);
		if (inv->users)
			num = max(num, at + 1);
		add->inv[i].users = inv->flushes;
	}

	/* Entries between the old end and the new one may have no users: readers skip those */
	set_num(array, num);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_revive);

/* Two sorted arrays that are being merged into one */
struct merge {
	const struct smmu_array *old;
	const struct smmu_array *add;
	u32 i;			/* index of the next entry of @old */
	u32 j;			/* index of the next entry of @add */
};

/* Write the next entry of the result, in order, to @inv; false at the end */
static bool merge_next(struct merge *m, struct smmu_inv *inv)
{
	const struct smmu_array *old = m->old, *add = m->add;
	int cmp;

	while (m->i < old->len && old->inv[m->i].forgotten)
		m->i++;

	if (m->i == old->len && m->j == add->len)
		return false;

	if (m->i == old->len)
		cmp = 1;
	else if (m->j == add->len)
		cmp = -1;
	else
		cmp = smmu_inv_cmp(&old->inv[m->i], &add->inv[m->j]);

	if (cmp <= 0) {
		*inv = old->inv[m->i++];
	} else {
		*inv = add->inv[m->j];
		inv->users = 0;
		inv->forgotten = false;
		inv->flushes = 0;
	}
	if (cmp >= 0) {
		inv->users += !add->inv[m->j].place;
		m->j++;
	}
	return true;
}

struct smmu_array *smmu_array_merge(const struct smmu_array *old,
				    const struct smmu_array *add, gfp_t gfp)
{
	struct merge m = { .old = old, .add = add };
	struct smmu_array *new;
	struct smmu_inv inv;
	u32 count = 0;

	while (merge_next(&m, &inv))
		count++;

	new = smmu_array_alloc(count, gfp);
	if (!new)
		return ERR_PTR(-ENOMEM);

	m.i = 0;
	m.j = 0;
	while (merge_next(&m, &inv))
		new->inv[new->len++] = inv;

	new->num = cut_tail(new, new->len);
	return new;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_merge);

void smmu_array_unref(struct smmu_array *array, struct smmu_array *del)
{
	u32 i;

	for (i = 0; i < del->len; i++) {
		struct smmu_inv *inv = smmu_array_find(array, &del->inv[i]);

		del->inv[i].users = 1;
		if (WARN_ON_ONCE(!inv || !inv->users))
			continue;

		/* Pairs with READ_ONCE() in smmu_array_next_live() */
		WRITE_ONCE(inv->users, inv->users - 1);
		if (!inv->users)
			del->inv[i].users = 0;
	}

	/*
	 * A reader that has the old length skips the entries that are cut, because they have no
	 * user, or it read users just before this.
	 */
	set_num(array, cut_tail(array, array->num));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_unref);

struct smmu_array *smmu_array_purge(const struct smmu_array *old, gfp_t gfp)
{
	struct smmu_array *new;
	u32 i, count = 0;

	for (i = 0; i < old->len; i++)
		count += !old->inv[i].forgotten;
	if (count == old->len)
		return NULL;

	new = smmu_array_alloc(count, gfp);
	if (!new)
		return NULL;

	for (i = 0; i < old->len; i++)
		if (!old->inv[i].forgotten)
			new->inv[new->len++] = old->inv[i];

	new->num = cut_tail(new, new->len);
	return new;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_purge);

void smmu_array_forget(struct smmu_array *array, struct smmu_inv *inv)
{
	if (WARN_ON_ONCE(inv < array->inv || inv >= array->inv + array->len ||
			 !smmu_inv_is_parked(inv)))
		return;

	/* A reader may be looking at this entry, but readers do not look at this member */
	inv->forgotten = true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_forget);

/* Every entry of (@inst, @type, @id) that is not forgotten yet, of any SubstreamID */
static u32 forget_id(struct smmu_array *array, const struct smmu_inst *inst, u8 type, u32 id)
{
	const struct smmu_inv key = {
		.inst = (struct smmu_inst *)inst,
		.type = type,
		.id = id,
	};
	u32 at, n = 0;

	for (at = lower_bound(array, &key); at < array->len; at++) {
		struct smmu_inv *inv = &array->inv[at];

		if (inv->inst != inst || inv->type != type || inv->id != id)
			break;
		if (inv->forgotten || WARN_ON_ONCE(inv->users))
			continue;
		smmu_array_forget(array, inv);
		n++;
	}
	return n;
}

u32 smmu_array_forget_stream(struct smmu_array *array, const struct smmu_inst *inst, u32 sid)
{
	return forget_id(array, inst, SMMU_INV_ATS, sid) +
	       forget_id(array, inst, SMMU_INV_ATS_FULL, sid);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_forget_stream);

u32 smmu_array_forget_vmid(struct smmu_array *array, const struct smmu_inst *inst, u32 vmid)
{
	return forget_id(array, inst, SMMU_INV_S2_VMID_VSMMU, vmid) +
	       forget_id(array, inst, SMMU_INV_S2_VMID_S1_CLEAR, vmid);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_forget_vmid);

static const char *check_inv(const struct smmu_inv *inv)
{
	if (!inv->inst)
		return "no SMMU";
	if (inv->type >= SMMU_INV_TYPES)
		return "bad type";
	if (inv->ssid && !smmu_inv_is_ats(inv->type))
		return "ssid on a TLB entry";
	if (inv->forgotten && inv->users)
		return "forgotten entry is live";
	return NULL;
}

const char *smmu_array_check(const struct smmu_array *array)
{
	u32 i;

	if (array->len > array->max)
		return "len > max";
	if (array->num > array->len)
		return "num > len";

	for (i = 0; i < array->len; i++) {
		const char *broken = check_inv(&array->inv[i]);
		int cmp;

		if (broken)
			return broken;
		if (i >= array->num && array->inv[i].users)
			return "live entry behind num";
		if (!i)
			continue;

		cmp = smmu_inv_cmp(&array->inv[i - 1], &array->inv[i]);
		if (cmp > 0)
			return "unsorted";
		if (!cmp)
			return "duplicate";
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_array_check);
