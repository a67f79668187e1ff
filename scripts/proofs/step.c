// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: each command of a range covers what it takes away, goes on, and is legal; with range
 *	invalidation the five lowest bits of what is left are gone then, so that a range below 2^36
 *	pages takes at most eight commands
 * assumes: an iterator as smmu_tlbi_start() makes it, or as an earlier step leaves it
 * cbmc: --unwind 70
 * mutant: core/range.c s/pages == 1 \&\& !(w1 \& CMD1_TLBI_TTL)/0/
 * mutant: core/range.c s/it->addr += pages << it->shift/it->addr += (pages << it->shift) - 1/
 * mutant: core/range.c s/FIELD_PREP(CMD0_TLBI_NUM, num - 1)/FIELD_PREP(CMD0_TLBI_NUM, num - 2)/
 * mutant: core/range.c s/min_t(u64, pages, RIL_NUM_MAX)/1/
 */
#include "proof.h"

#include "core/range.c"

void harness(void)
{
	struct smmu_tlbi_iter it, was;
	u64 num, scale, ttl, tg, len, first, named;
	struct smmu_cmd cmd;

	it.w0 = nondet_u64();
	it.w1 = nondet_u64();
	it.addr = nondet_u64();
	it.mask = nondet_bool() ? CMD1_TLBI_VA : CMD1_TLBI_IPA;
	it.pages = nondet_u64();
	it.ril = nondet_bool();
	it.shift = nondet_u8();
	ASSUME(it.ril ? it.shift == 12 || it.shift == 14 || it.shift == 16 :
			it.shift >= 12 && it.shift <= 42);
	ASSUME(!(it.w0 & (CMD0_TLBI_NUM | CMD0_TLBI_SCALE)) && !(it.w1 & CMD1_TLBI_VA));
	if (it.ril)
		ASSUME(FIELD_GET(CMD1_TLBI_TG, it.w1) == (it.shift - 10) / 2);
	else
		ASSUME(!(it.w1 & (CMD1_TLBI_TG | CMD1_TLBI_TTL)));
	/* the range ends within the input addresses */
	ASSUME(it.pages && !(it.addr & ((1ULL << it.shift) - 1)));
	ASSUME(it.addr <= it.mask && (it.mask - it.addr) >> it.shift >= it.pages - 1);
	was = it;

	PROVE(smmu_tlbi_next(&it, &cmd), "while pages are left there is a command");
	num = FIELD_GET(CMD0_TLBI_NUM, cmd.w[0]) + 1;
	scale = FIELD_GET(CMD0_TLBI_SCALE, cmd.w[0]);
	ttl = FIELD_GET(CMD1_TLBI_TTL, cmd.w[1]);
	tg = FIELD_GET(CMD1_TLBI_TG, cmd.w[1]);
	len = was.pages - it.pages;
	first = was.addr >> was.shift;
	named = (cmd.w[1] & was.mask) >> was.shift;

	PROVE(len >= 1 && len <= was.pages, "each command goes on");
	PROVE(!it.pages || it.addr == was.addr + (len << was.shift), "nothing is left out");
	if (!was.ril) {
		PROVE(len == 1 && named == first && num == 1 && !scale, "one address for a leaf");
		return;
	}
	PROVE(tg && scale <= 31, "the granule is named, and SCALE has five bits");
	PROVE(named <= first && named + (num << scale) >= first + len, "the command covers it");
	PROVE(num > 1 || scale || ttl, "the form that is reserved is not used (4.4.1.1)");
	PROVE((num << scale) <= len + 1, "at most one page too many");
	if (it.pages && scale < 31)
		PROVE(__builtin_ctzll(it.pages) >= scale + 5, "five bits are gone");
	/* what the count of a whole range follows from: Documentation/proofs.rst */
	if (__builtin_ctzll(was.pages) < 31)
		PROVE(scale == __builtin_ctzll(was.pages), "SCALE is the lowest bit that is left");
	else
		PROVE(scale == 31 && len == (was.pages >> 36 ? 32ULL << 31 : was.pages),
		      "at the largest SCALE, as much as NUM allows");
}
