/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array of invalidations: for one domain, what must be invalidated where.
 *
 * One entry is one thing to invalidate on one SMMU. Entries are sorted by
 * instance number, type, id, ssid, so that one pass over the array meets each
 * SMMU once and, within it, TLB entries before ATS entries.
 *
 * Readers (the walk) hold only rcu_read_lock(). They look at the first
 * @num entries, skip those with users == 0 and never write. Everything else
 * is the writer's: drv serialises writers of one array with the attach mutex
 * and publishes new arrays with rcu_assign_pointer().
 *
 * An entry whose users have gone is *parked*, whatever its type: it stays where it is,
 * readers skip it, and smmu_array_revive() gives it users again in place. Coming back to a
 * domain must not fail, so merge and purge carry parked entries along, and no other device
 * that comes or goes in between can make the way back need memory. Where the type carries a
 * tag (ASID or VMID, see smmu_inv_has_tag()), the id is flushed, in no TLB, and reserved for
 * this array meanwhile.
 *
 * When nobody can come back any more, the entry is *forgotten*: trash that is neither found
 * nor revived, and that the next merge or purge drops. So it goes when the id is given away
 * (smmu_tag_reclaim()), the device goes (smmu_array_forget_stream()), the vSMMU goes
 * (smmu_array_forget_vmid()), or a flush is not confirmed (smmu_array_forget()).
 *
 * Lengths: readers see [0, num); the writer sees [0, len), len >= num. Entries without users
 * at the end of the array are cut from num, not from len, so cutting costs no
 * memory traffic and revival can undo it.
 *
 * The core publishes nothing and frees nothing that a reader may see.
 */
#ifndef SMMU_CORE_ARRAY_H
#define SMMU_CORE_ARRAY_H

#include <linux/gfp_types.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct smmu_inst;

/* The order is the order of commands within one SMMU's post. */
enum smmu_inv_type {
	SMMU_INV_S1_ASID,		/* stage 1 (paging, SVA): id = ASID */
	SMMU_INV_S2_VMID,		/* stage 2: id = VMID */
	SMMU_INV_S2_VMID_VSMMU,		/* nest parent through a vSMMU: id = its VMID */
	SMMU_INV_S2_VMID_S1_CLEAR,	/* guest stage 1 under that VMID */
	SMMU_INV_ATS,			/* id = StreamID, ssid */
	SMMU_INV_ATS_FULL,		/* id = StreamID: IOVA unknown to the device */
	SMMU_INV_TYPES
};

#define SMMU_INV_ALL_PASIDS	1

/**
 * struct smmu_inv - one entry
 * @inst: the SMMU; not referenced, see inst.h
 * @id: ASID, VMID or StreamID, by @type
 * @ssid: SubstreamID, ATS only; else 0. With ATS_FULL 0 stands for what came without a PASID,
 *	SMMU_INV_ALL_PASIDS for what came with any.
 * @type: enum smmu_inv_type
 * @pgshift: log2 of the domain's granule (12, 14 or 16)
 * @forgotten: writer only, readers never look: see smmu_array_forget()
 * @place: in scratch arrays only: see smmu_array_add_parked()
 * @users: attachments that need this entry; with 0 readers skip it.
 *	Concurrent: WRITE_ONCE by the writer (unref, revive), READ_ONCE by readers.
 */
struct smmu_inv {
	struct smmu_inst *inst;
	u32 id;
	u32 ssid;
	u8 type;
	u8 pgshift;
	bool forgotten;
	bool place;
	u32 users;
};

/**
 * struct smmu_array - sorted entries of one domain
 * @rcu: for kvfree_rcu() by drv
 * @num: entries readers look at. Concurrent: smp_store_release() by the writer
 *	when it grows (revive) or shrinks, smp_load_acquire() by readers.
 * @len: entries in use, writer only; @len >= @num
 * @max: entries there is room for
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

/* Nobody uses this entry, but somebody may come back to it. Writer context. */
static inline bool smmu_inv_is_parked(const struct smmu_inv *inv)
{
	return !inv->users && !inv->forgotten;
}

/**
 * smmu_inv_cmp() - the order of entries: instance number, type, id, ssid
 * @a: left
 * @b: right
 * Return: <0, 0, >0. Granule and users do not take part.
 */
int smmu_inv_cmp(const struct smmu_inv *a, const struct smmu_inv *b);

/**
 * smmu_array_alloc() - new empty array
 * @max: room for so many entries; 0 is legal
 * @gfp: allocation flags; kvmalloc, may sleep with GFP_KERNEL
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
 * smmu_array_add() - put an entry into an unpublished scratch array, in order
 * @scratch: room for one more is the caller's promise (WARNs and drops otherwise)
 * @inv: copied; users is set to 1. An equal entry that is there already is left as is.
 *
 * Scratch arrays describe one master's attachment: sorted, no duplicates.
 */
void smmu_array_add(struct smmu_array *scratch, const struct smmu_inv *inv);

/**
 * smmu_array_add_parked() - the same for an entry that is wanted later
 * @scratch: as smmu_array_add()
 * @inv: copied; users is set to 0. An equal entry that is there already is left as is.
 *
 * Revive and merge see to it that the array holds the entry, but give it no user: a new one
 * is parked from the start. So it can be brought to life later without memory.
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
 * @array: writer context
 * @key: inst, type, id, ssid
 * Return: the entry in @array or NULL
 */
struct smmu_inv *smmu_array_find(struct smmu_array *array,
				 const struct smmu_inv *key);

/**
 * smmu_array_find_tag() - any entry, live or parked, of (inst, type)
 * @array: writer context
 * @inst: SMMU
 * @type: a type with a tag, not SMMU_INV_S2_VMID_VSMMU (WARNs: a vSMMU's VMID is
 *	its own and is never searched for)
 * Return: the entry or NULL
 */
const struct smmu_inv *smmu_array_find_tag(const struct smmu_array *array,
					   const struct smmu_inst *inst, u8 type);

/**
 * smmu_array_revive() - attach without allocating, where every entry is there
 * @array: the published array, writer context
 * @add: scratch of the master being attached
 *
 * If @array holds every entry of @add, live or parked, each gains a user in place (none where
 * it was added as parked), and num grows as needed. Otherwise, and when one of them is
 * forgotten, nothing changes. The caller orders this before its STE or CD write, see
 * drv/walk.h. What unref has left in @add's users does not matter.
 *
 * Return: true when done, false when smmu_array_merge() is needed
 */
bool smmu_array_revive(struct smmu_array *array, const struct smmu_array *add);

/**
 * smmu_array_merge() - new array = old plus one master's entries
 * @old: published array, unchanged by this
 * @add: sorted scratch array; its users are not looked at
 * @gfp: allocation flags
 *
 * Equal entries gain a user, new ones get 1; those that were added as parked gain none.
 * Parked entries are carried along, forgotten ones dropped. A forgotten one that @add
 * names again is a new entry.
 *
 * Return: unpublished array owned by the caller, or ERR_PTR(-ENOMEM)
 */
struct smmu_array *smmu_array_merge(const struct smmu_array *old,
				    const struct smmu_array *add, gfp_t gfp);

/**
 * smmu_array_unref() - take one master's entries out, in place; cannot fail
 * @array: published array, writer context
 * @del: scratch of what was attached. On return del->inv[i].users is 0 where the
 *	entry has just lost its last user, 1 where others still use it.
 *
 * What has lost its last user is parked. Missing entries or users that are 0 already WARN
 * and are skipped (their del->inv[i].users is 1: nothing to flush).
 */
void smmu_array_unref(struct smmu_array *array, struct smmu_array *del);

/**
 * smmu_array_purge() - copy without the forgotten entries; parked ones stay
 * @old: published array, unchanged by this
 * @gfp: allocation flags
 * Return: unpublished array, NULL when there is nothing to drop or no memory
 */
struct smmu_array *smmu_array_purge(const struct smmu_array *old, gfp_t gfp);

/**
 * smmu_array_forget() - nobody can come back to this entry
 * @array: writer context
 * @inv: a parked entry of @array, of any type (WARNs and does nothing if it is not)
 *
 * It can be neither found nor revived any more, and the next merge or purge drops it. Its
 * tag, where it has one, is the caller's to free, withhold or leave to the vSMMU.
 * Just this entry: where others go with it, see the functions below.
 */
void smmu_array_forget(struct smmu_array *array, struct smmu_inv *inv);

/**
 * smmu_array_forget_stream() - a stream's device goes away: forget what was kept for it
 * @array: writer context
 * @inst: SMMU
 * @sid: StreamID
 *
 * Its parked SMMU_INV_ATS and SMMU_INV_ATS_FULL entries, of every SubstreamID. The device
 * has left the domain before: an entry that is live WARNs and stays.
 *
 * Return: how many were forgotten
 */
u32 smmu_array_forget_stream(struct smmu_array *array, const struct smmu_inst *inst, u32 sid);

/**
 * smmu_array_forget_vmid() - a vSMMU is destroyed: forget what was kept for it
 * @array: the nest parent's, writer context
 * @inst: the vSMMU's SMMU
 * @vmid: the vSMMU's; the caller frees it afterwards
 *
 * Its parked SMMU_INV_S2_VMID_VSMMU and SMMU_INV_S2_VMID_S1_CLEAR entries. Its devices have
 * left before: an entry that is live WARNs and stays.
 *
 * Return: how many were forgotten
 */
u32 smmu_array_forget_vmid(struct smmu_array *array, const struct smmu_inst *inst, u32 vmid);

/**
 * smmu_array_next_live() - reader's iterator
 * @array: under rcu_read_lock(), or writer
 * @pos: in: index to start from; out: index of the returned entry
 * @num: smmu_array_count() taken once by the caller
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

/* How many entries a reader looks at */
static inline u32 smmu_array_count(const struct smmu_array *array)
{
	/* pairs with smp_store_release() in set_num(), array.c */
	return smp_load_acquire(&array->num);
}

/**
 * smmu_array_check() - is the array well-formed? For tests and debug kernels.
 * @array: writer context or unpublished
 * Return: NULL, or a string that names the broken rule (unsorted, duplicate,
 *	no SMMU, bad type, ssid on a TLB entry, num > len, len > max, live entry
 *	behind num, forgotten entry that is live)
 */
const char *smmu_array_check(const struct smmu_array *array);

#endif
