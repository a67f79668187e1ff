// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: a record decodes to the fields that 7.3 gives its type, to 0 where it has none, and to
 *	names
 * input: 32 bytes, an event record
 * long: 32
 * mutant: core/event.c s/id >= ARRAY_SIZE(event_types) || //
 * mutant: core/event.c s/(has & HAS_IPA) \&\& event->s2/has \& HAS_IPA/
 * mutant: core/event.c s/(has & HAS_STALL) \&\& //
 */
#include "kernel.h"

#include "core/event.c"

enum { ADDR = 1, RNW = 2, ACCESS = 4, STAGE = 8, IPA = 16, FETCH = 32, STALL = 64 };

#define FAULT	(ADDR | RNW | ACCESS | STAGE | IPA | STALL)

/* 7.3.2 to 7.3.20: fields by type */
static const u8 fields[256] = {
	[0x01] = ADDR, [0x03] = FETCH, [0x05] = ADDR, [0x07] = ADDR | RNW, [0x09] = FETCH,
	[0x0b] = ADDR | RNW | ACCESS | STAGE | FETCH,
	[0x10] = FAULT, [0x11] = FAULT, [0x12] = FAULT, [0x13] = FAULT,
	[0x20] = ADDR | RNW | ACCESS | STAGE | IPA, [0x24] = ADDR, [0x25] = FETCH,
};

static u64 bits(u64 word, u32 high, u32 low)
{
	return word << (63 - high) >> (63 - high + low);
}

void fuzz_one(struct fuzz_input *in)
{
	__le64 *record = fuzz_copy(in, EVENT_WORDS * sizeof(*record));
	const u64 *w = (const u64 *)record;
	u8 has = fields[w[0] & 0xff];
	bool s2 = has & STAGE && bits(w[1], 39, 39), stall = has & STALL && bits(w[1], 31, 31);
	struct smmu_event e;
	u64 ipa = 0;

	memset(&e, 0xa5, sizeof(e));
	smmu_event_decode(record, &e);
	if (has & IPA && s2)
		ipa = bits(w[3], 51, 12) << 12;
	if (has & FETCH)
		ipa = bits(w[3], 51, 3) << 3;
	MUST(!memcmp(e.raw, w, sizeof(e.raw)), "the record is kept");
	MUST(e.id == bits(w[0], 7, 0) && e.sid == bits(w[0], 63, 32), "type and StreamID");
	MUST(e.ssv == bits(w[0], 11, 11) && e.ssid == (e.ssv ? bits(w[0], 31, 12) : 0),
	     "a SubstreamID with SSV");
	MUST(e.addr == (has & ADDR ? w[2] : 0), "an address where the type has one");
	MUST(e.read == (has & RNW && bits(w[1], 35, 35)), "read or write");
	MUST(e.priv == (has & ACCESS && bits(w[1], 33, 33)), "privileged");
	MUST(e.instr == (has & ACCESS && bits(w[1], 34, 34)), "instruction");
	MUST(e.s2 == s2 && e.class == (has & STAGE ? bits(w[1], 41, 40) : 0), "stage and class");
	MUST(e.ipa == ipa, "an IPA or a fetch address where the type has one");
	MUST(e.stall == stall && e.stag == (stall ? bits(w[1], 15, 0) : 0), "stalls");
	MUST(e.translation == (has == FAULT), "four types are translation faults");
	MUST(strlen(smmu_event_name(e.id)) && strlen(smmu_event_class_name(e.class)), "names");
	free(record);
}
