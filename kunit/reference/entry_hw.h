/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of hardware that reads STEs and CDs at the worst moments.
 *
 * Between two syncs it may hold, for each word on its own, any value that the word
 * has had since the sync before. After every single word store, and at every sync,
 * all combinations of such values are put together, and each must mean exactly what
 * the old or the target entry means, or be invalid where the writer says that the
 * change was not hitless. What an entry means is decided here, not by
 * smmu_ste_used().
 *
 * CDs that an STE has led to are cached besides, by their number alone, until the next
 * sync: an STE must never meet one that was read under another stage 2.
 *
 * entry.c is built a second time with its WRITE_ONCE() and dma_wmb() replaced, so that
 * every store is seen ("traced", entry_traced.c), and whether a barrier came before all.
 * The real object runs through the same cases; there, all stores since the last sync count
 * as made at once, in any order.
 */
#ifndef SMMU_KUNIT_ENTRY_HW_H
#define SMMU_KUNIT_ENTRY_HW_H

#include <core/entry.h>

struct kunit;

/**
 * struct entry_hw_home - under what a CD was read
 * @cached: there is one
 * @stage2: through a stage 2
 * @vmid: its VMID
 * @ttb: its table
 */
struct entry_hw_home {
	bool cached;
	bool stage2;
	u16 vmid;
	u64 ttb;
};

/* V = 0, and at most a step before and after: no word takes more values */
#define ENTRY_HW_VALUES		4

/**
 * struct entry_hw - hardware, and what the writer is up to
 * @writer: under test
 * @test: to report to
 * @mem: the entry that hardware reads
 * @held: values that hardware may hold of each word; the last one is in @mem
 * @num: how many
 * @old: state before the change
 * @target: state to be
 * @is_cd: CD rules, else STE
 * @traced: stores come through entry_hw_store()
 * @garbage: entries may have bits set that they ignore
 * @broken: some combination was invalid, or abort, and neither @old nor @target is
 * @ordered: a barrier came before the first store of this change
 * @cds: home of the CDs that are cached
 * @syncs: counted
 * @what: for messages
 */
struct entry_hw {
	struct smmu_entry_writer writer;
	struct kunit *test;
	__le64 mem[SMMU_ENTRY_WORDS];
	__le64 held[SMMU_ENTRY_WORDS][ENTRY_HW_VALUES];
	unsigned int num[SMMU_ENTRY_WORDS];
	__le64 old[SMMU_ENTRY_WORDS];
	__le64 target[SMMU_ENTRY_WORDS];
	bool is_cd;
	bool traced;
	bool garbage;
	bool broken;
	bool ordered;
	struct entry_hw_home cds;
	unsigned int syncs;
	char what[96];
};

/* A word store of the traced writer, into the model of the test that runs */
void entry_hw_store(__le64 *word, __le64 value);
/* Its dma_wmb() */
void entry_hw_barrier(void);

/* smmu_entry_write() with its stores watched */
bool traced_entry_write(struct smmu_entry_writer *writer, __le64 *entry,
			const __le64 *target);

static inline void entry_hw_words_to_cpu(u64 *to, const __le64 *from)
{
	unsigned int i;

	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		to[i] = le64_to_cpu(from[i]);
}

/* Put @entry in place, as if it had been there for long. test->priv must be @hw. */
void entry_hw_reset(struct entry_hw *hw, bool is_cd, bool traced, const __le64 *entry);

/*
 * Have the writer make one change and watch it; what hardware holds is kept from
 * the change before. Returns what the writer says: hitless or not.
 */
bool entry_hw_write(struct entry_hw *hw, const __le64 *target);

#endif
