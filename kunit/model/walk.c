// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page table walks: VMSAv8-64 with 4, 16 and 64 KiB granules, stage 1, stage 2, and stage 1 whose
 * tables and output go through stage 2.
 *
 * Leaves and intermediate entries are added to the TLB as they are found. A fault adds nothing,
 * because hardware never caches what does not translate.
 */
#include <linux/atomic.h>

#include <smmuv3/event.h>

#include "model/state.h"

#define D_VALID			BIT_ULL(0)
#define D_TABLE			BIT_ULL(1)	/* at level 3: page */
#define D_S1_RDONLY		BIT_ULL(7)
#define D_S2_READ		BIT_ULL(6)
#define D_S2_WRITE		BIT_ULL(7)
#define D_AF			BIT_ULL(10)
#define D_DBM			BIT_ULL(51)

static u8 level_shift(const struct model_stage *st, u8 level)
{
	return st->pgshift + (3 - level) * (st->pgshift - 3);
}

static u64 out_addr(const struct model_stage *st, u64 desc)
{
	u64 pa = desc & GENMASK_ULL(47, st->pgshift);

	/* 64 KiB granule: bits 51:48 are in bits 15:12 */
	if (st->pgshift == 16)
		pa |= (desc & GENMASK_ULL(15, 12)) << 36;
	return pa;
}

static bool block_allowed(const struct model_stage *st, u8 level)
{
	return level == 2 || (level == 1 && st->pgshift == 12) || level == 3;
}

/* Translate through stage 2 if there is one. Return: 0 or an event id */
static u8 parent_pa(struct model *m, const struct model_stage *st, u64 ipa, bool write,
		    struct model_walk *out, u64 *pa)
{
	struct model_walk walk;
	u8 event;

	*pa = ipa;
	if (!st->parent)
		return 0;
	event = model_walk(m, st->parent, ipa, write, &walk);
	if (event) {
		out->s2 = true;
		out->ipa = ipa;
		return event;
	}
	*pa = walk.pa;
	out->shift = min(out->shift, walk.shift);
	out->write &= walk.write;
	return 0;
}

/* Where does the walk begin? At the lowest table that is in the TLB. */
static u8 begin(struct model *m, const struct model_stage *st, u64 va, u64 *table)
{
	struct model_tlb key = st->key;
	const struct model_tlb *e;

	key.va = va;
	e = model_tlb_find(m, &key, true);
	if (!e) {
		*table = st->ttb;
		return st->level;
	}
	*table = e->pa;
	return e->level;
}

static void remember(struct model *m, const struct model_stage *st, u64 va, u8 shift, u64 pa,
		     u8 level, bool table, bool read, bool write)
{
	struct model_tlb e = st->key;

	e.va = va >> shift << shift;
	e.shift = shift;
	e.pa = table ? pa : pa >> shift << shift;
	e.level = level;
	e.table = table;
	e.read = read;
	e.write = write;
	model_tlb_add(m, &e);
}

/*
 * Hardware dirty state: DBM makes a read-only leaf writable at the first write (stage 1: AP, stage
 * 2: S2AP).
 */
static bool make_dirty(struct model *m, const struct model_stage *st, __le64 *slot, u64 desc)
{
	u64 dirty = st->key.stage2 ? desc | D_S2_WRITE : desc & ~D_S1_RDONLY;

	if (!st->hd || !(desc & D_DBM))
		return false;
	/* 3.15: the update need not be atomic, and the CPUs need not see it */
	if (!st->cacheable || m->cfg.noncoherent)
		model_violate(m, "hardware dirty state past the CPUs' caches");
	return cmpxchg64((u64 *)slot, (__force u64)cpu_to_le64(desc),
			 (__force u64)cpu_to_le64(dirty)) == (__force u64)cpu_to_le64(desc);
}

static u8 take_leaf(struct model *m, const struct model_stage *st, u64 va, bool write, u64 desc,
		    u8 level, __le64 *slot, struct model_walk *out)
{
	bool s2 = st->key.stage2, can_read, can_write;
	u8 event;
	u64 pa;

	out->shift = level_shift(st, level);
	if (!(desc & D_AF) && !st->affd)
		return EVENT_F_ACCESS;
	can_read = !s2 || desc & D_S2_READ;
	can_write = s2 ? desc & D_S2_WRITE : !(desc & D_S1_RDONLY);
	if (write && !can_write)
		can_write = make_dirty(m, st, slot, desc);
	if (write ? !can_write : !can_read)
		return EVENT_F_PERMISSION;

	pa = out_addr(st, desc);
	pa = (pa >> out->shift << out->shift) | (va & (BIT_ULL(out->shift) - 1));
	if (pa >> st->oas)
		return EVENT_F_ADDR_SIZE;
	out->write = can_write;
	event = parent_pa(m, st, pa, write, out, &pa);
	if (event)
		return event;
	out->pa = pa;
	remember(m, st, va, out->shift, pa, level, false, can_read, out->write);
	return 0;
}

static u8 walk_tables(struct model *m, const struct model_stage *st, u64 va, bool write,
		      struct model_walk *out)
{
	u64 table, pa, desc;
	u8 level, event;

	m->stats.walks++;
	for (level = begin(m, st, va, &table);; level++) {
		u8 shift = level_shift(st, level);
		u64 idx = va >> shift;
		__le64 *slot;

		/* the first table has as many entries as the input bits need */
		if (level != st->level)
			idx &= BIT_ULL(st->pgshift - 3) - 1;
		out->shift = 63;
		event = parent_pa(m, st, table + idx * 8, false, out, &pa);
		if (event)
			return event;
		slot = model_mem(m, pa, sizeof(*slot), st->cacheable);
		if (!slot) {
			model_violate(m, "walk of 0x%llx: no memory for a table at 0x%llx", va, pa);
			return EVENT_F_WALK_EABT;
		}
		desc = le64_to_cpu(READ_ONCE(*slot));
		if (!(desc & D_VALID) || (level == 3 && !(desc & D_TABLE)))
			return EVENT_F_TRANSLATION;
		if (level == 3 || !(desc & D_TABLE)) {
			if (!block_allowed(st, level))
				return EVENT_F_TRANSLATION;
			return take_leaf(m, st, va, write, desc, level, slot, out);
		}
		table = out_addr(st, desc);
		if (table >> st->oas)
			return EVENT_F_ADDR_SIZE;
		remember(m, st, va, shift, table, level + 1, true, false, false);
	}
}

u8 model_walk(struct model *m, const struct model_stage *st, u64 va, bool write,
	      struct model_walk *out)
{
	struct model_tlb key = st->key;
	const struct model_tlb *e;

	*out = (struct model_walk) { .s2 = st->key.stage2, .ipa = st->key.stage2 ? va : 0 };
	if (va >> st->ias)
		return EVENT_F_TRANSLATION;
	key.va = va;
	e = model_tlb_find(m, &key, false);
	/* a write to a clean page has to update the page table */
	if (!e || (write && !e->write && st->hd))
		return walk_tables(m, st, va, write, out);
	if (write ? !e->write : !e->read)
		return EVENT_F_PERMISSION;
	out->hit = true;
	out->shift = e->shift;
	out->write = e->write;
	out->pa = e->pa | (va & (BIT_ULL(e->shift) - 1));
	return 0;
}
