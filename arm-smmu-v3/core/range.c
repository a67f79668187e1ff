// SPDX-License-Identifier: GPL-2.0-only
/*
 * Range encoders: from an address range to by-address TLBI commands, or to one ATC span.
 *
 * With range invalidation a command covers (NUM + 1) * 2^SCALE granules from any granule-aligned
 * address (4.4.1.1). A number of pages is taken apart from its lowest set bit upwards, five bits
 * per command. So a power of two takes one command, and any number below 2^36 pages takes at most
 * eight. The small pieces come first, so all addresses keep the alignment that the range as a
 * whole has: a level hint that is right for the first command is right for all.
 *
 * Three forms must not be used. The first is NUM = SCALE = TTL = 0 with a granule, which is
 * reserved. The second is the same without a granule, a command for one address: some SMMUs with
 * range invalidation hang on it. So a single page without a level hint is rounded up to two: this
 * invalidates one page more, or one page twice where the range goes on. The third is a level hint
 * with an address that is not aligned for that level, because then it is unpredictable what is
 * invalidated. So there is no hint unless both ends of the range are aligned.
 *
 * Without range invalidation there is one command per leaf. Such a command hits whatever entry
 * holds the address, so one address in every leaf is enough.
 *
 * Units: bytes for addresses, granules (or strides) for counts. The functions are pure.
 */
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/minmax.h>

#include <kunit/visibility.h>

#include <smmuv3/cmd.h>
#include <smmuv3/features.h>

#include "array.h"
#include "inst.h"
#include "range.h"

/*
 * Every SMMU with range invalidation has five bits of SCALE. IDR5.DS adds a sixth, which is never
 * needed: a command of 2^36 pages covers at least 256 TiB.
 */
#define RIL_SCALE_MAX		31
#define RIL_NUM_MAX		32	/* the field holds NUM - 1 */
#define RIL_PAGES_MAX		((u64)RIL_NUM_MAX << RIL_SCALE_MAX)
#define RIL_CMDS_MAX		16

/* Number of @pages that the next range command takes: *@num << *@scale */
static u64 ril_take(u64 pages, u8 *num, u8 *scale)
{
	*scale = min_t(u8, __ffs64(pages), RIL_SCALE_MAX);
	pages >>= *scale;
	if (*scale < RIL_SCALE_MAX)
		*num = pages & (RIL_NUM_MAX - 1);
	else
		*num = min_t(u64, pages, RIL_NUM_MAX);
	return (u64)*num << *scale;
}

/* Number of pages of 2^@shift bytes that the range touches */
static u64 range_pages(const struct smmu_range *range, u8 shift)
{
	return (range->last >> shift) - (range->start >> shift) + 1;
}

/*
 * The leaf size that commands go by. It is never smaller than the granule, whatever the caller
 * says, and never larger than what one descriptor maps: the TLB may hold each leaf of a contiguous
 * size on its own, so each needs a command.
 */
static __always_inline u8 range_stride(const struct smmu_range *range, u8 pgshift)
{
	if (range->pgshift <= pgshift)
		return pgshift;
	return smmu_leaf_shift(smmu_leaf_level(range->pgshift, pgshift), pgshift);
}

bool smmu_range_prefers_all(const struct smmu_features *feat,
			    const struct smmu_range *range, u8 pgshift)
{
	u64 pages;
	u8 num, scale;
	int cmds;

	if (!(feat->flags & SMMU_FEAT_RIL)) {
		pages = range_pages(range, range_stride(range, pgshift));
		return pages >= 1U << (pgshift - 3);
	}

	pages = range_pages(range, pgshift);
	if (likely(pages <= RIL_PAGES_MAX))
		return false;
	for (cmds = 0; pages && cmds <= RIL_CMDS_MAX; cmds++)
		pages -= ril_take(pages, &num, &scale);
	return cmds > RIL_CMDS_MAX;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_range_prefers_all);

/*
 * 4.4.1.1, TTL: the level that holds leaves of range->pgshift, 0 for no hint. With a 16 KiB
 * granule, level 1 has leaves only if there is IDR5.DS.
 */
static __always_inline u8 range_ttl(const struct smmu_features *feat,
				    const struct smmu_range *range, u8 pgshift)
{
	u8 leaf = range_stride(range, pgshift);

	if (!range->leaf || !range->pgshift ||
	    (range->start | (range->last + 1)) & (BIT_ULL(leaf) - 1))
		return 0;
	if (leaf == pgshift)
		return 3;
	if (leaf == smmu_leaf_shift(1, pgshift))
		return 2;
	if (leaf == smmu_leaf_shift(2, pgshift) &&
	    (pgshift != 14 || feat->flags & SMMU_FEAT_DS))
		return 1;
	return 0;
}

/* Opcode and tag; the host's stage 1 has VMID 0 */
static __always_inline u64 tlbi_word0(const struct smmu_inv *inv)
{
	if (inv->type != SMMU_INV_S1_ASID)
		return CMD_TLBI_S2_IPA | FIELD_PREP(CMD0_TLBI_VMID, inv->id);
	if (inv->inst->feat.flags & SMMU_FEAT_E2H)
		return CMD_TLBI_EL2_VA | FIELD_PREP(CMD0_TLBI_ASID, inv->id);
	return CMD_TLBI_NH_VA | FIELD_PREP(CMD0_TLBI_ASID, inv->id);
}

static __always_inline void tlbi_start(struct smmu_tlbi_iter *it, const struct smmu_inv *inv,
				       const struct smmu_range *range)
{
	const struct smmu_features *feat = &inv->inst->feat;
	u8 pgshift = inv->pgshift, shift = pgshift;
	u64 w1 = range->leaf ? CMD1_TLBI_LEAF : 0;
	bool ril = feat->flags & SMMU_FEAT_RIL;

	if (ril)
		/* TG is 1, 2, 3 for a pgshift of 12, 14, 16 */
		w1 |= FIELD_PREP(CMD1_TLBI_TG, (u8)(pgshift - 10) / 2) |
		      FIELD_PREP(CMD1_TLBI_TTL, range_ttl(feat, range, pgshift));
	else
		shift = range_stride(range, pgshift);
	*it = (struct smmu_tlbi_iter) {
		.w0 = tlbi_word0(inv),
		.w1 = w1,
		.addr = range->start >> shift << shift,
		.mask = inv->type == SMMU_INV_S1_ASID ? CMD1_TLBI_VA : CMD1_TLBI_IPA,
		.pages = range_pages(range, shift),
		.shift = shift,
		.ril = ril,
	};
}

/*
 * Start of a pair of granules that contains the one at @it->addr. At the top of the address space
 * that one is the second of the pair: ranges do not wrap (4.4.1.1), but it would be no use to name
 * an address that does not exist.
 */
static u64 ril_pair(const struct smmu_tlbi_iter *it)
{
	u64 granule = BIT_ULL(it->shift);

	return (it->addr + granule) & it->mask ? it->addr : it->addr - granule;
}

/* Make the next command; the caller knows that something is left */
static __always_inline void tlbi_next(struct smmu_tlbi_iter *it, struct smmu_cmd *cmd)
{
	u64 w0 = it->w0, w1 = it->w1, addr = it->addr, pages = 1;
	u8 num, scale;

	if (it->ril) {
		pages = ril_take(it->pages, &num, &scale);
		if (pages == 1 && !(w1 & CMD1_TLBI_TTL)) {
			addr = ril_pair(it);
			num = 2;
		}
		w0 |= FIELD_PREP(CMD0_TLBI_NUM, num - 1) |
		      FIELD_PREP(CMD0_TLBI_SCALE, scale);
	}
	cmd->w[0] = cpu_to_le64(w0);
	cmd->w[1] = cpu_to_le64(w1 | (addr & it->mask));
	it->addr += pages << it->shift;
	it->pages -= pages;
}

void smmu_tlbi_start(struct smmu_tlbi_iter *it, const struct smmu_inv *inv,
		     const struct smmu_range *range)
{
	tlbi_start(it, inv, range);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tlbi_start);

bool smmu_tlbi_next(struct smmu_tlbi_iter *it, struct smmu_cmd *cmd)
{
	if (!it->pages)
		return false;

	tlbi_next(it, cmd);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tlbi_next);

bool smmu_tlbi_only(const struct smmu_inv *inv, const struct smmu_range *range,
		    struct smmu_cmd *cmd)
{
	struct smmu_tlbi_iter it;

	tlbi_start(&it, inv, range);
	tlbi_next(&it, cmd);
	return !it.pages;
}

void smmu_atc_span(u64 start, u64 last, u64 *addr, u8 *size)
{
	/* the bits in which the two ends differ must all lie inside the span */
	u8 log2 = fls64((start ^ last) >> 12);

	*size = log2;
	*addr = log2 < ATC_SIZE_ALL ? start >> (12 + log2) << (12 + log2) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_atc_span);
