/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Range encoders: they turn an address range into by-address TLBI commands for one entry, or into
 * an ATC_INV span. They are pure iterators: no allocation, no globals. Arm IHI 0070, 4.4.1.1
 * (range-based invalidation) and 4.5.1 (ATC_INV spans).
 */
#ifndef SMMU_CORE_RANGE_H
#define SMMU_CORE_RANGE_H

#include <linux/types.h>

#include <smmuv3/cmd.h>

struct smmu_inv;
struct smmu_features;

/**
 * struct smmu_range - what has changed in the page table
 * @start: first byte, any alignment
 * @last: last byte, inclusive, so that the whole address space can be named
 * @pgshift: log2 of the leaf size that changed, 0 if unknown or mixed (then the entry's granule is
 *	the stride, and no level hint is given). A contiguous size (64 KiB or 32 MiB of 4 KiB
 *	granules, for example) counts as the leaves that it consists of
 * @leaf: only last-level entries changed; table entries stay valid
 * @all: everything has changed: use the whole-tag opcode; the other fields are ignored
 */
struct smmu_range {
	u64 start;
	u64 last;
	u8 pgshift;
	bool leaf;
	bool all;
};

/*
 * The leaf size of each level of a granule's tables. Level 0 is the last level here, and each
 * level adds @pgshift - 3 bits. Sizes in between are contiguous sizes: many leaves that a TLB may
 * hold as one, or not.
 */
static inline u8 smmu_leaf_level(u8 shift, u8 pgshift)
{
	return shift > pgshift ? (shift - pgshift) / (pgshift - 3) : 0;
}

static inline u8 smmu_leaf_shift(u8 level, u8 pgshift)
{
	return pgshift + level * (pgshift - 3);
}

/**
 * smmu_range_prefers_all() - is the whole-tag opcode the better command?
 * @feat: features of the SMMU that would get it
 * @range: the range, not @all
 * @pgshift: the entry's granule
 *
 * Return: without range invalidation, true once the range has as many leaves as a table has
 *	entries (2^(pgshift - 3)), because beyond that an unmap could become a soft lockup. With
 *	range invalidation, true when the range needs more than 16 commands, as only huge unaligned
 *	ranges do.
 */
bool smmu_range_prefers_all(const struct smmu_features *feat,
			    const struct smmu_range *range, u8 pgshift);

/**
 * struct smmu_tlbi_iter - goes through a range as commands for one entry
 * @w0: word 0 of the command, without NUM and SCALE
 * @w1: word 1 of the command, without address
 * @addr: next address
 * @mask: bits of the address field
 * @pages: granules (RIL) or strides left; 0 is the end
 * @shift: log2 of what @pages counts
 * @ril: commands have NUM and SCALE
 *
 * Opaque; set up by smmu_tlbi_start().
 */
struct smmu_tlbi_iter {
	u64 w0, w1;
	u64 addr;
	u64 mask;
	u64 pages;
	u8 shift;
	bool ril;
};

/**
 * smmu_tlbi_start() - begin to go through a range, which must not be @all
 * @it: iterator
 * @inv: a TLB entry: S1_ASID (NH_VA or EL2_VA), S2_VMID or S2_VMID_VSMMU (S2_IPA)
 * @range: what to invalidate
 */
void smmu_tlbi_start(struct smmu_tlbi_iter *it, const struct smmu_inv *inv,
		     const struct smmu_range *range);

/**
 * smmu_tlbi_next() - make the next command
 * @it: iterator
 * @cmd: filled
 * Return: true when @cmd was filled, false when the range is covered
 */
bool smmu_tlbi_next(struct smmu_tlbi_iter *it, struct smmu_cmd *cmd);

/**
 * smmu_tlbi_only() - make the command of a range that needs only one
 * @inv: as for smmu_tlbi_start()
 * @range: as for smmu_tlbi_start()
 * @cmd: filled with the first command
 * Return: false when the range needs more than one command
 */
bool smmu_tlbi_only(const struct smmu_inv *inv, const struct smmu_range *range,
		    struct smmu_cmd *cmd);

/**
 * smmu_atc_span() - find the smallest naturally aligned power-of-two span that covers a range
 * @start: first byte
 * @last: last byte
 * @addr: out: start of the span, 4 KiB aligned
 * @size: out: log2 of the span in 4 KiB pages, ATC_SIZE_ALL for everything
 */
void smmu_atc_span(u64 start, u64 last, u64 *addr, u8 *size);

#endif
