/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of hardware that reads STEs and CDs at the worst moments.
 *
 * Between two syncs the model may hold, for each word on its own, any value that the word has had
 * since the sync before. After every single word store, and at every sync, it puts together all
 * combinations of such values. Each must mean exactly what the old or the target entry means, or
 * be invalid if the writer says that the change was not hitless. What an entry means is decided
 * here, not by smmu_ste_used().
 *
 * The model also caches the CDs that an STE has led to, by their number alone, until the next
 * sync: an STE must never meet a CD that was read under another stage 2.
 *
 * entry.c is built a second time ("traced", entry_traced.c) with other macros for WRITE_ONCE() and
 * dma_wmb(), so that the model sees every store, and sees whether a barrier came before all
 * stores. The real object runs through the same cases; there, all stores since the last sync count
 * as made at once, in any order.
 */
#ifndef SMMU_KUNIT_ENTRY_HW_H
#define SMMU_KUNIT_ENTRY_HW_H

#include <core/entry.h>

struct kunit;

/**
 * struct entry_hw_home - the stage 2 under which a CD was read
 * @cached: a CD is cached
 * @stage2: it was read through a stage 2
 * @vmid: VMID of that stage 2
 * @ttb: table of that stage 2
 */
struct entry_hw_home {
	bool cached;
	bool stage2;
	u16 vmid;
	u64 ttb;
};

/* V = 0, and at most one step before and one after: no word takes more values */
#define ENTRY_HW_VALUES		4

/**
 * struct entry_hw - the hardware, and the change that the writer is making
 * @writer: the writer under test
 * @test: test to report to
 * @mem: the entry that hardware reads
 * @held: values that hardware may hold of each word; the last one is in @mem
 * @num: number of values in @held, for each word
 * @old: state before the change
 * @target: state to be
 * @is_cd: CD rules, else STE
 * @traced: stores come through entry_hw_store()
 * @garbage: entries may have bits set that they ignore
 * @broken: some combination was invalid or abort, while neither @old nor @target is
 * @ordered: a barrier came before the first store of this change
 * @cds: where the cached CDs were read
 * @syncs: number of syncs
 * @what: name of the case, for messages
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

/* The traced writer stores a word, into the model of the test that runs */
void entry_hw_store(__le64 *word, __le64 value);
/* The traced writer's dma_wmb() */
void entry_hw_barrier(void);

/* smmu_entry_write() whose stores the model sees */
bool traced_entry_write(struct smmu_entry_writer *writer, __le64 *entry,
			const __le64 *target);
void traced_entry_fill(__le64 *entry, const __le64 *target);

static inline void entry_hw_words_to_cpu(u64 *to, const __le64 *from)
{
	unsigned int i;

	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		to[i] = le64_to_cpu(from[i]);
}

/* Put @entry in place, as if it had been there for long. test->priv must be @hw. */
void entry_hw_reset(struct entry_hw *hw, bool is_cd, bool traced, const __le64 *entry);

/*
 * Let the writer make one change, and watch it; what hardware holds is kept from the change
 * before. Returns what the writer says: hitless or not.
 */
bool entry_hw_write(struct entry_hw *hw, const __le64 *target);

#endif
