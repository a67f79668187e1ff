// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: any record decodes to fields within bounds, all from places that its type has
 * assumes: nothing
 * cbmc: --unwind 8
 * mutant: core/event.c s/id >= ARRAY_SIZE(event_types) ||//
 * mutant: core/event.c s/(has & HAS_STALL) \&\& //
 */
#include "proof.h"

#include "core/event.c"

static bool is_fault(u8 id)
{
	/* 7.3.13 to 7.3.16 */
	return id >= 0x10 && id <= 0x13;
}

void harness(void)
{
	__le64 record[EVENT_WORDS];
	struct smmu_event e;

	smmu_event_decode(record, &e);
	PROVE(smmu_event_name(e.id), "every record has a name");
	PROVE(smmu_event_class_name(e.class), "every class has a name");
	PROVE(e.class < 4 && e.ssid < 1 << 20, "fields have their widths");
	PROVE(e.ssv || !e.ssid, "no SubstreamID without SSV");
	PROVE(e.translation == is_fault(e.id), "four records are translation faults");
	PROVE(!e.stall || e.translation, "only translation faults stall");
	PROVE(e.stall || !e.stag, "no STAG without a stall");
	PROVE(e.sid == record[0] >> 32, "the StreamID is in bits 63:32");
	PROVE(e.stall == (is_fault(e.id) && record[1] >> 31 & 1), "Stall is bit 31 of word 1");
}
