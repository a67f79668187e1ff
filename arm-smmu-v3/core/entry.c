// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry writer, see entry.h for the rules.
 *
 * A change is first planned on copies: @early is the entry with every bit set to
 * its target value that may be set while the present state rules. What is then
 * left to change in bits that the target uses decides: nothing, one word (a
 * single store switches over), or more (no hitless order exists).
 *
 * Ordering: two stores that hardware must see in order always have a sync()
 * between them, so stores within a step need no order among themselves and no
 * barrier there. sync() orders them before the SMMU's next read of the entry: the
 * barrier in front of the doorbell write of its CFGI. Its reads are the
 * partner of every WRITE_ONCE() below.
 *
 * The SMMU may read the entry at any moment, asked by a device and not by a CFGI, and
 * goes on to what it points to. So the CD table or page table comes before the entry:
 * the dma_wmb() in smmu_entry_write(). Its partner is in the SMMU, which reads nothing
 * that no valid entry has led it to (3.21.3, and the order in 3.21.3.1).
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

/* The word with the valid bit, in STE and CD alike; 0 there is an invalid entry */
#define ENTRY_VALID_WORD	0

#define ENTRY_BYTES		(SMMU_ENTRY_WORDS * sizeof(__le64))

/**
 * struct entry_change - one change, planned
 * @cur_used: what hardware looks at now
 * @target_used: what it will look at
 * @early: the present state plus what may change under it
 * @switches: words in which @early and the target differ where the target looks
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

/* Everything may run ahead that the present state ignores or that is @safe */
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

/* Safe bits run ahead only where there is no hitless order without that */
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

/* One step: bring the words in @which to @to, and sync if any was different */
static void entry_step(struct smmu_entry_writer *writer, __le64 *entry,
		       const __le64 *to, unsigned long which)
{
	bool changed = false;
	unsigned int i;

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

/* @entry and @target differ, and may be neighbours */
static bool entry_change(struct smmu_entry_writer *writer, __le64 *entry,
			 const __le64 *target)
{
	static const __le64 invalid[SMMU_ENTRY_WORDS];
	const unsigned long all = GENMASK(SMMU_ENTRY_WORDS - 1, 0);
	const unsigned long valid = BIT(ENTRY_VALID_WORD);
	struct entry_change change;
	bool hitless;

	entry_plan(writer->ops, entry, target, &change);
	hitless = change_is_hitless(&change);

	if (hitless) {
		/* The word that switches takes all its bits along in one store */
		entry_step(writer, entry, change.early, all & ~change.switches);
		entry_step(writer, entry, target, change.switches);
	} else {
		entry_step(writer, entry, invalid, valid);
		entry_step(writer, entry, target, all & ~valid);
	}
	/* Hitless: what the target ignores. Else: the word that makes it valid. */
	entry_step(writer, entry, target, all);
	return hitless;
}

bool smmu_entry_write(struct smmu_entry_writer *writer, __le64 *entry,
		      const __le64 *target)
{
	__le64 via[SMMU_ENTRY_WORDS];

	/* What the target leads to comes first; pairs with the SMMU's walk, see above */
	dma_wmb();
	if (!memcmp(entry, target, ENTRY_BYTES)) {
		/* Hardware may still hold what was here before */
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
