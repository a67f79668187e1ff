// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: the span of an ATC_INV covers its range, is aligned to its size, and none that is smaller
 *	does
 * assumes: the range is not empty
 * cbmc: --unwind 70
 * mutant: core/range.c s/fls64((start ^ last) >> 12)/fls64((last - start) >> 12)/
 * mutant: core/range.c s/log2 < ATC_SIZE_ALL ? start/log2 <= ATC_SIZE_ALL ? start/
 */
#include "proof.h"

#include "core/range.c"

void harness(void)
{
	u64 start = nondet_u64(), last = nondet_u64(), addr, end, half;
	u8 size;

	ASSUME(start <= last);
	smmu_atc_span(start, last, &addr, &size);
	PROVE(size <= ATC_SIZE_ALL, "52 is the largest size (4.5.1)");
	if (size == ATC_SIZE_ALL) {
		PROVE(!addr, "the span of everything begins at 0");
		PROVE(start >> 63 != last >> 63, "no half of everything would do");
		return;
	}
	end = addr + (1ULL << (12 + size)) - 1;
	PROVE(addr <= start && last <= end, "the range is covered");
	PROVE(!(addr & ((1ULL << (12 + size)) - 1)), "the span is aligned to its size");
	if (size) {
		half = 1ULL << (11 + size);
		PROVE((start & half) != (last & half), "no half of the span would do");
	}
}
