/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding of event records. Arm IHI 0070, section 7.3. The code does not trust hardware: any 256
 * bits decode to something that can be printed.
 */
#ifndef SMMU_CORE_EVENT_H
#define SMMU_CORE_EVENT_H

#include <linux/types.h>

#include <smmuv3/event.h>

/**
 * struct smmu_event - one decoded record
 * @raw: the record, CPU endian
 * @addr: input address, if the type has one
 * @ipa: IPA (stage-2 faults) or fetch address (*_FETCH), else 0
 * @sid: StreamID
 * @ssid: SubstreamID, valid with @ssv
 * @stag: stall tag, valid with @stall
 * @id: enum smmu_event_id or an unknown value
 * @class: EVENT_CLASS_*, for translation-related types
 * @ssv: @ssid is valid
 * @stall: the transaction is stalled and waits for CMD_RESUME
 * @read: read access (else write)
 * @priv: privileged access
 * @instr: instruction fetch
 * @s2: stage-2 fault
 * @translation: one of the translation-related faults (F_TRANSLATION, F_ADDR_SIZE, F_ACCESS,
 *	F_PERMISSION): addr, read, priv, instr, class are valid
 */
struct smmu_event {
	u64 raw[EVENT_WORDS];
	u64 addr;
	u64 ipa;
	u32 sid;
	u32 ssid;
	u16 stag;
	u8 id;
	u8 class;
	bool ssv;
	bool stall;
	bool read;
	bool priv;
	bool instr;
	bool s2;
	bool translation;
};

void smmu_event_decode(const __le64 *record, struct smmu_event *event);

/* "F_TRANSLATION", ..., "unknown" */
const char *smmu_event_name(u8 id);

/* "CD", "TTD", "IN", "reserved" */
const char *smmu_event_class_name(u8 class);

#endif
