/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry writer and hardware that reads the entry at the worst moments, for proofs. Between two
 * syncs hardware may hold each word as it was at the first sync or as it is now, whichever, and may
 * read them more than once. What an entry means to it is stated by the proof, apart from the masks
 * that the driver computes.
 */
#ifndef WRITER_H
#define WRITER_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/string.h>

#include <asm/barrier.h>

#include "proof.h"

static void store(__le64 *word, __le64 value);
static void barrier_is_here(void);

#undef WRITE_ONCE
#define WRITE_ONCE(word, value)		store(&(word), value)
#undef dma_wmb
#define dma_wmb()			barrier_is_here()

#include "core/entry.c"

/* The kernel has it in assembler or in lib/ */
#undef hweight_long
unsigned long __sw_hweight64(u64 w)
{
	unsigned long n = 0;
	u32 i;

	/* entry.c counts words of an entry */
	PROVE(w < 1 << SMMU_ENTRY_WORDS, "there are as many bits as words");
	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		n += w >> i & 1;
	return n;
}

/* Meaning of an entry; of an invalid one, nothing counts */
struct meaning {
	bool valid;
	bool abort;
	u64 w[4];
};

/* What a proof says of its kind of entry */
static struct meaning meaning_of(const __le64 *words);
/* More that must hold of what hardware reads at any moment, and at two moments between two syncs */
static void must_hold(const __le64 *words, const __le64 *too);

static __le64 mem[SMMU_ENTRY_WORDS], synced[SMMU_ENTRY_WORDS];
static __le64 old[SMMU_ENTRY_WORDS], target[SMMU_ENTRY_WORDS];
static u8 stores[SMMU_ENTRY_WORDS];
static bool ordered, unsynced, broken;

static void store(__le64 *word, __le64 value)
{
	u32 i = word - mem;

	PROVE(ordered, "what the target leads to is visible first");
	PROVE(!stores[i], "a word is stored once between two syncs");
	stores[i]++;
	unsynced = true;
	*word = value;
}

static void barrier_is_here(void)
{
	ordered = true;
}

static bool same(const struct meaning *a, const struct meaning *b)
{
	return a->valid == b->valid &&
	       (!a->valid || (a->w[0] == b->w[0] && a->w[1] == b->w[1] && a->w[2] == b->w[2] &&
			      a->w[3] == b->w[3]));
}

/* Hardware puts words of before and of after together */
static void read_entry(__le64 *seen)
{
	u32 i;

	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		seen[i] = nondet_bool() ? synced[i] : mem[i];
}

static void sync(struct smmu_entry_writer *writer)
{
	__le64 seen[SMMU_ENTRY_WORDS], too[SMMU_ENTRY_WORDS];
	struct meaning is, was, will;
	u32 i;

	read_entry(seen);
	read_entry(too);
	must_hold(seen, too);
	is = meaning_of(seen);
	was = meaning_of(old);
	will = meaning_of(target);
	if (!same(&is, &was) && !same(&is, &will)) {
		PROVE(!is.valid || is.abort, "old, new, invalid or abort: nothing else");
		broken = true;
	}
	for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
		synced[i] = mem[i];
		stores[i] = 0;
	}
	unsynced = false;
}

/* Change @old to @target; both are set */
static void prove_write(struct smmu_entry_writer *writer)
{
	bool hitless;
	u32 i;

	for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
		mem[i] = old[i];
		synced[i] = old[i];
	}
	hitless = smmu_entry_write(writer, mem, target);
	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		PROVE(mem[i] == target[i], "the target is there");
	PROVE(!unsynced, "a sync follows the last store");
	PROVE(!(hitless && broken), "what is called hitless is");
}

#endif
