// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry writer; entry.h has the rules.
 *
 * A change is planned on copies first: @early is the entry in which every bit that may change
 * under the present state has its target value. What is then left to change in bits that the
 * target uses decides how the change is made: nothing is left, one word is (a single store
 * switches over), or more than one (there is no hitless order).
 *
 * Ordering: two stores that hardware must see in order always have a sync() between them, so
 * stores within a step need no order and no barrier. sync() orders them before the SMMU's next
 * read of the entry, by the barrier in front of the doorbell write of its CFGI. The SMMU's reads
 * are the partner of every WRITE_ONCE() below.
 *
 * The SMMU may also read the entry at any other moment, because a device sends a transaction, and
 * it then follows the pointers in it. So the CD table or page table must be visible before the
 * entry: that is the dma_wmb() in smmu_entry_write(). Its partner is in the SMMU, which reads
 * nothing that no valid entry has led it to (3.21.3, and the order in 3.21.3.1).
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/barrier.h>

#include "entry.h"

/* Word that has the valid bit, in STE and CD alike; an entry with 0 there is invalid */
#define ENTRY_VALID_WORD	0

#define ENTRY_BYTES		(SMMU_ENTRY_WORDS * sizeof(__le64))

/**
 * struct entry_change - one planned change
 * @cur_used: bits that hardware reads now
 * @target_used: bits that hardware will read
 * @early: the present state, plus all that may change under it
 * @switches: words in which @early and the target differ in bits that the target uses
 */
struct entry_change {
	__le64 cur_used[SMMU_ENTRY_WORDS];
	__le64 target_used[SMMU_ENTRY_WORDS];
	__le64 early[SMMU_ENTRY_WORDS];
	unsigned long switches;
};

static bool change_is_hitless(const struct entry_change *change)
{
	return hweight_long(change->switches) <= 1;
}

/* Bits that the present state ignores or that are @safe get their target value early */
static void change_plan(struct entry_change *change, const __le64 *cur,
			const __le64 *target, const __le64 *safe)
{
	unsigned int i;

	change->switches = 0;
	for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
		__le64 keep = change->cur_used[i] & ~safe[i];
		__le64 early = (cur[i] & keep) | (target[i] & ~keep);

		change->early[i] = early;
		if ((early ^ target[i]) & change->target_used[i])
			change->switches |= BIT(i);
	}
}

/* Safe bits change early only if there is no hitless order without that */
static void entry_plan(const struct smmu_entry_ops *ops, const __le64 *cur,
		       const __le64 *target, struct entry_change *change)
{
	__le64 safe[SMMU_ENTRY_WORDS] = {};

	ops->used(cur, change->cur_used);
	ops->used(target, change->target_used);
	change_plan(change, cur, target, safe);
	if (change_is_hitless(change) || !ops->safe)
		return;

	ops->safe(cur, target, safe);
	change_plan(change, cur, target, safe);
}

/* One step: write the words in @which as @to has them, and sync if any of them was different */
static void entry_step(struct smmu_entry_writer *writer, __le64 *entry,
		       const __le64 *to, unsigned long which)
{
	bool changed = false;
	unsigned int i;

	if (writer->stopped)
		return;
	for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
		if (!(which & BIT(i)) || entry[i] == to[i])
			continue;
		/* Pairs with the SMMU's 64-bit read of the word */
		WRITE_ONCE(entry[i], to[i]);
		changed = true;
	}

	if (changed)
		writer->ops->sync(writer);
}

/* Change @entry to @target; the two differ, and may follow each other directly */
static bool entry_change(struct smmu_entry_writer *writer, __le64 *entry,
			 const __le64 *target)
{
	static const __le64 invalid[SMMU_ENTRY_WORDS];
	const unsigned long all = GENMASK(SMMU_ENTRY_WORDS - 1, 0);
	const unsigned long valid = BIT(ENTRY_VALID_WORD);
	struct entry_change change __uninitialized;
	bool hitless;

	entry_plan(writer->ops, entry, target, &change);
	hitless = change_is_hitless(&change);

	if (hitless) {
		/* The word that switches over changes all its bits in one store */
		entry_step(writer, entry, change.early, all & ~change.switches);
		entry_step(writer, entry, target, change.switches);
	} else {
		entry_step(writer, entry, invalid, valid);
		entry_step(writer, entry, target, all & ~valid);
	}
	/* If hitless, clear what the target ignores. Else make the entry valid. */
	entry_step(writer, entry, target, all);
	return hitless;
}

bool smmu_entry_write(struct smmu_entry_writer *writer, __le64 *entry,
		      const __le64 *target)
{
	__le64 via[SMMU_ENTRY_WORDS] __uninitialized;

	/* What the target leads to must be visible first; pairs with the SMMU's walk, see above */
	dma_wmb();
	if (!memcmp(entry, target, ENTRY_BYTES)) {
		/* Hardware may have cached what was here before */
		writer->ops->sync(writer);
		return true;
	}
	if (!writer->ops->via || !writer->ops->via(entry, target, via))
		return entry_change(writer, entry, target);

	entry_change(writer, entry, via);
	entry_change(writer, entry, target);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_entry_write);

void smmu_entry_fill(__le64 *entry, const __le64 *target)
{
	unsigned int i;

	/* Each store pairs with the SMMU's 64-bit read of the word */
	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		if (i != ENTRY_VALID_WORD)
			WRITE_ONCE(entry[i], target[i]);
	/* The other words are visible before the first; pairs with the SMMU's reads (3.21.3) */
	dma_wmb();
	WRITE_ONCE(entry[ENTRY_VALID_WORD], target[ENTRY_VALID_WORD]);
}
