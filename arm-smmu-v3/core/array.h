/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array of one domain: what must be invalidated, and on which SMMU, when the domain's page
 * table changes.
 *
 * One entry is one thing to invalidate on one SMMU. Entries are sorted by instance number, type,
 * id and SubstreamID, so that one pass over the array meets each SMMU once and, within it, TLB
 * entries before ATS entries.
 *
 * Readers (drv/readers.h) hold rcu_read_lock(), or SRCU. They look at the first @num entries, skip
 * those with users == 0, and write nothing. All the rest is the writer's. drv lets one writer at a
 * time change an array (smmu_arrays_mutex) and publishes a new array with rcu_assign_pointer().
 *
 * An entry that has lost its last user is *parked*, whatever its type: it stays in its place,
 * readers skip it, and smmu_array_revive() gives it users again in place. A device that comes back
 * to a domain must not fail for lack of memory. So merge and purge copy parked entries too,
 * whichever other devices come and go in between. A parked entry whose type carries a tag (ASID or
 * VMID, see smmu_inv_has_tag()) keeps its id: no TLB holds anything under that id as soon as its
 * flush is over, and no other array gets it.
 *
 * An entry is *forgotten* when no device can come back to it: it is neither found nor revived any
 * more, and the next merge or purge drops it. This happens when its id is given away
 * (smmu_tag_reclaim()), its device goes away (smmu_array_forget_stream()), its vSMMU is destroyed
 * (smmu_array_forget_vmid()), or the flush of its tag is not confirmed (smmu_array_forget()).
 *
 * Lengths: readers see [0, num); the writer sees [0, len), len >= num. When the last entries have
 * no users, num shrinks and len does not, so that nothing is copied and a revival can raise num
 * again.
 *
 * The functions here publish no array, and free none that a reader may see: drv does.
 */
#ifndef SMMU_CORE_ARRAY_H
#define SMMU_CORE_ARRAY_H

#include <linux/gfp_types.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct smmu_inst;

/* Commands for one SMMU are posted in this order. */
enum smmu_inv_type {
	SMMU_INV_S1_ASID,		/* stage 1 (paging, SVA): id = ASID */
	SMMU_INV_S2_VMID,		/* stage 2: id = VMID */
	SMMU_INV_S2_VMID_VSMMU,		/* nest parent through a vSMMU: id = its VMID */
	SMMU_INV_S2_VMID_S1_CLEAR,	/* guest stage 1 under that VMID */
	SMMU_INV_ATS,			/* id = StreamID, ssid */
	SMMU_INV_ATS_FULL,		/* id = StreamID: the whole ATC, IOVA unknown */
	SMMU_INV_TYPES
};

#define SMMU_INV_ALL_PASIDS	1

/**
 * struct smmu_inv - one entry
 * @inst: the SMMU; the entry holds no reference, see inst.h
 * @id: ASID, VMID or StreamID, by @type
 * @ssid: SubstreamID of an ATS entry; 0 in TLB entries. In an ATS_FULL entry, 0 stands for
 *	requests without a PASID and SMMU_INV_ALL_PASIDS for requests with any PASID.
 * @type: enum smmu_inv_type
 * @pgshift: log2 of the domain's granule (12, 14 or 16)
 * @forgotten: see smmu_array_forget(); only the writer reads and writes it
 * @place: in a scratch array: see smmu_array_add_parked()
 * @flushes: in any other array, of an entry with a tag: number of flushes of the tag that are under
 *	way, see smmu_inv_flush_begin(); only the writer reads and writes it
 * @users: number of attachments that need this entry; readers skip it when this is 0. Concurrent:
 *	WRITE_ONCE by the writer (unref, revive), READ_ONCE by readers.
 */
struct smmu_inv {
	struct smmu_inst *inst;
	u32 id;
	u32 ssid;
	u8 type;
	u8 pgshift;
	bool forgotten;
	union {
		bool place;
		u8 flushes;
	};
	u32 users;
};

/**
 * struct smmu_array - sorted entries of one domain
 * @rcu: for drv, which frees the array when no reader uses it any more
 * @num: number of entries that readers look at. Concurrent: smp_store_release() by the writer when
 *	it grows (revive) or shrinks (unref), smp_load_acquire() by readers.
 * @len: number of entries in use, for the writer only; @len >= @num
 * @max: number of entries that there is room for
 * @inv: the entries
 */
struct smmu_array {
	struct rcu_head rcu;
	u32 num;
	u32 len;
	u32 max;
	struct smmu_inv inv[] __counted_by(max);
};

static inline bool smmu_inv_has_tag(u8 type)
{
	return type <= SMMU_INV_S2_VMID_VSMMU;
}

static inline bool smmu_inv_is_ats(u8 type)
{
	return type == SMMU_INV_ATS || type == SMMU_INV_ATS_FULL;
}

/* The entry has no user, but may be given one again. Writer context. */
static inline bool smmu_inv_is_parked(const struct smmu_inv *inv)
{
	return !inv->users && !inv->forgotten;
}

/**
 * smmu_inv_flush_begin() - the tag of an entry is about to be flushed
 * @inv: entry of a published array that has lost its last user; writer context
 *
 * drv lets other writers in while it waits for the flush. A writer that revives the entry meanwhile
 * flushes the tag as well, before a device uses it: what was unmapped while the entry had no user
 * may still be in a TLB. And smmu_tag_reclaim() leaves the entry alone.
 *
 * A count that has reached its end stays there. Then each revival flushes the tag, and the id is
 * free again only when the domain is.
 */
static inline void smmu_inv_flush_begin(struct smmu_inv *inv)
{
	if (inv->flushes < U8_MAX)
		inv->flushes++;
}

/* The flush is over, confirmed or not. Writer context. */
static inline void smmu_inv_flush_end(struct smmu_inv *inv)
{
	if (inv->flushes < U8_MAX)
		inv->flushes--;
}

/**
 * smmu_inv_cmp() - the order of entries: instance number, type, id, ssid
 * @a: left
 * @b: right
 * Return: <0, 0, >0. Granule and users are not compared.
 */
int smmu_inv_cmp(const struct smmu_inv *a, const struct smmu_inv *b);

/**
 * smmu_array_alloc() - allocate an empty array
 * @max: number of entries to make room for; 0 is allowed
 * @gfp: allocation flags; the memory comes from kvmalloc(), which may sleep with GFP_KERNEL
 * Return: the array, owned by the caller, or NULL
 */
struct smmu_array *smmu_array_alloc(u32 max, gfp_t gfp);

/**
 * smmu_array_free() - free an array that no reader can see (never published, or
 * after a grace period)
 * @array: may be NULL
 */
void smmu_array_free(struct smmu_array *array);

/**
 * smmu_array_add() - put an entry into a scratch array, in order
 * @scratch: an array that is not published. The caller has made room for one more entry; without
 *	room the function WARNs and adds nothing.
 * @inv: is copied, with users = 1. If @scratch has an equal entry already, nothing changes.
 *
 * A scratch array describes the attachment of one master: sorted, without duplicates.
 */
void smmu_array_add(struct smmu_array *scratch, const struct smmu_inv *inv);

/**
 * smmu_array_add_parked() - the same for an entry that will be needed later
 * @scratch: as for smmu_array_add()
 * @inv: is copied, with users = 0. If @scratch has an equal entry already, nothing changes.
 *
 * Revive and merge make sure that the domain's array holds the entry, but give it no user: an
 * entry that is new there is parked from the start. So a later revive needs no memory for it.
 */
void smmu_array_add_parked(struct smmu_array *scratch, const struct smmu_inv *inv);

/* Empty a scratch array for reuse. */
static inline void smmu_array_clear(struct smmu_array *scratch)
{
	scratch->num = 0;
	scratch->len = 0;
}

/**
 * smmu_array_find() - look an entry up, parked ones included, forgotten ones not
 * @array: in writer context
 * @key: inst, type, id and ssid of the entry
 * Return: the entry in @array or NULL
 */
struct smmu_inv *smmu_array_find(struct smmu_array *array,
				 const struct smmu_inv *key);

/**
 * smmu_array_find_tag() - find any entry of (inst, type), live or parked
 * @array: in writer context
 * @inst: SMMU
 * @type: a type with a tag, not SMMU_INV_S2_VMID_VSMMU (WARNs): a vSMMU brings its own VMID, which
 *	is never searched for
 * Return: the entry or NULL
 */
const struct smmu_inv *smmu_array_find_tag(const struct smmu_array *array,
					   const struct smmu_inst *inst, u8 type);

/**
 * smmu_array_revive() - attach in place, without memory, if every entry is there
 * @array: the published array, in writer context
 * @add: scratch array of the master that is being attached; the users in it do not matter. When the
 *	function returns true, add->inv[i].users is the number of flushes of the entry's tag that
 *	are under way.
 *
 * If @array holds every entry of @add, live or parked, each gains a user in place (none if it was
 * added as parked), and num grows as needed. If one of them is missing or forgotten, nothing
 * changes. The caller orders this before its STE or CD write, see drv/walk.h.
 *
 * Return: true when done, false when smmu_array_merge() is needed
 */
bool smmu_array_revive(struct smmu_array *array, struct smmu_array *add);

/**
 * smmu_array_merge() - make a new array of the old one and one master's entries
 * @old: the published array, which stays as it is
 * @add: sorted scratch array; the users in it do not matter
 * @gfp: allocation flags
 *
 * An entry that both have gains a user, a new entry gets one; an entry that was added as parked
 * gains none. Parked entries of @old are copied, forgotten ones are dropped. If @add names a
 * forgotten entry again, the result has it as a new entry.
 *
 * Return: an array that is not published, owned by the caller, or ERR_PTR(-ENOMEM)
 */
struct smmu_array *smmu_array_merge(const struct smmu_array *old,
				    const struct smmu_array *add, gfp_t gfp);

/**
 * smmu_array_unref() - take the users of one master's entries away, in place; cannot fail
 * @array: the published array, in writer context
 * @del: scratch array of what was attached. On return del->inv[i].users is 0 where the entry has
 *	just lost its last user, 1 where it has other users.
 *
 * An entry that has lost its last user is parked. For an entry that is missing or has no user, the
 * function WARNs, skips it and sets del->inv[i].users to 1, because there is nothing to flush.
 */
void smmu_array_unref(struct smmu_array *array, struct smmu_array *del);

/**
 * smmu_array_purge() - copy an array without its forgotten entries; parked ones stay
 * @old: the published array, which stays as it is
 * @gfp: allocation flags
 * Return: an array that is not published; NULL when there is nothing to drop or no memory
 */
struct smmu_array *smmu_array_purge(const struct smmu_array *old, gfp_t gfp);

/**
 * smmu_array_forget() - forget an entry: no device can come back to it
 * @array: in writer context
 * @inv: a parked entry of @array, of any type (else the function WARNs and does nothing)
 *
 * The entry can be neither found nor revived any more, and the next merge or purge drops it. If it
 * has a tag, the caller frees the tag, withholds it, or leaves it to the vSMMU. This function
 * forgets one entry; the functions below forget all entries of a stream or of a vSMMU.
 */
void smmu_array_forget(struct smmu_array *array, struct smmu_inv *inv);

/**
 * smmu_array_forget_stream() - forget the entries of a stream whose device goes away
 * @array: in writer context
 * @inst: SMMU
 * @sid: StreamID
 *
 * The function forgets the stream's parked SMMU_INV_ATS and SMMU_INV_ATS_FULL entries, of every
 * SubstreamID. The device has left the domain before: a live entry WARNs and stays.
 *
 * Return: number of entries forgotten
 */
u32 smmu_array_forget_stream(struct smmu_array *array, const struct smmu_inst *inst, u32 sid);

/**
 * smmu_array_forget_vmid() - forget the entries of a vSMMU that is destroyed
 * @array: the nest parent's, in writer context
 * @inst: the vSMMU's SMMU
 * @vmid: the vSMMU's VMID; the caller frees it afterwards
 *
 * The function forgets the parked SMMU_INV_S2_VMID_VSMMU and SMMU_INV_S2_VMID_S1_CLEAR entries of
 * the VMID. The vSMMU's devices have left before: a live entry WARNs and stays.
 *
 * Return: number of entries forgotten
 */
u32 smmu_array_forget_vmid(struct smmu_array *array, const struct smmu_inst *inst, u32 vmid);

/**
 * smmu_array_next_live() - find the next live entry, for readers
 * @array: kept by a reader, or in writer context
 * @pos: in: index to start from; out: index of the returned entry
 * @num: what smmu_array_count() returned; the caller calls it once for a whole pass
 * Return: the next entry with users != 0 at or after *@pos, or NULL
 */
static inline const struct smmu_inv *
smmu_array_next_live(const struct smmu_array *array, u32 *pos, u32 num)
{
	for (; *pos < num; (*pos)++)
		/* pairs with WRITE_ONCE in smmu_array_unref() and smmu_array_revive() */
		if (READ_ONCE(array->inv[*pos].users))
			return &array->inv[*pos];
	return NULL;
}

/* Number of entries that a reader looks at */
static inline u32 smmu_array_count(const struct smmu_array *array)
{
	/* pairs with smp_store_release() in set_num(), array.c */
	return smp_load_acquire(&array->num);
}

/**
 * smmu_array_check() - check that the array is well-formed, for tests and debug kernels
 * @array: in writer context or not published
 * Return: NULL, or a string that names the broken rule (unsorted, duplicate, no SMMU, bad type,
 *	ssid on a TLB entry, num > len, len > max, live entry behind num, forgotten entry that is
 *	live)
 */
const char *smmu_array_check(const struct smmu_array *array);

#endif
