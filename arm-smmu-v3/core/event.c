// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoding of event records. One table says which fields a record of each type carries (Arm IHI
 * 0070, 7.3.2 - 7.3.20). A field that the type does not have stays 0 whatever its bits are, so
 * that no caller acts on a reserved bit.
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>

#include "event.h"

#define HAS_ADDR	BIT(0)	/* InputAddr */
#define HAS_RNW		BIT(1)
#define HAS_ACCESS	BIT(2)	/* PnU and InD, besides RnW */
#define HAS_STAGE	BIT(3)	/* S2 and CLASS */
#define HAS_IPA		BIT(4)	/* IPA, if S2 is set */
#define HAS_FETCH	BIT(5)	/* FetchAddr */
#define HAS_STALL	BIT(6)	/* Stall and STAG */

/* The four translation faults have the same layout */
#define IS_TRANSLATION	(HAS_ADDR | HAS_RNW | HAS_ACCESS | HAS_STAGE | \
			 HAS_IPA | HAS_STALL)

struct event_type {
	const char *name;
	u8 has;
};

#define EVENT_TYPE(type, fields) \
	[EVENT_##type] = { .name = #type, .has = (fields) }

static const struct event_type event_types[] = {
	EVENT_TYPE(F_UUT, HAS_ADDR),
	EVENT_TYPE(C_BAD_STREAMID, 0),
	EVENT_TYPE(F_STE_FETCH, HAS_FETCH),
	EVENT_TYPE(C_BAD_STE, 0),
	EVENT_TYPE(F_BAD_ATS_TREQ, HAS_ADDR),
	EVENT_TYPE(F_STREAM_DISABLED, 0),
	EVENT_TYPE(F_TRANSL_FORBIDDEN, HAS_ADDR | HAS_RNW),
	EVENT_TYPE(C_BAD_SUBSTREAMID, 0),
	EVENT_TYPE(F_CD_FETCH, HAS_FETCH),
	EVENT_TYPE(C_BAD_CD, 0),
	EVENT_TYPE(F_WALK_EABT, HAS_ADDR | HAS_RNW | HAS_ACCESS | HAS_STAGE |
				HAS_FETCH),
	EVENT_TYPE(F_TRANSLATION, IS_TRANSLATION),
	EVENT_TYPE(F_ADDR_SIZE, IS_TRANSLATION),
	EVENT_TYPE(F_ACCESS, IS_TRANSLATION),
	EVENT_TYPE(F_PERMISSION, IS_TRANSLATION),
	EVENT_TYPE(F_TLB_CONFLICT, HAS_ADDR | HAS_RNW | HAS_ACCESS | HAS_STAGE |
				   HAS_IPA),
	EVENT_TYPE(F_CFG_CONFLICT, 0),
	EVENT_TYPE(E_PAGE_REQUEST, HAS_ADDR),
	EVENT_TYPE(F_VMS_FETCH, HAS_FETCH),
};

static const struct event_type *event_type(u8 id)
{
	if (id >= ARRAY_SIZE(event_types) || !event_types[id].name)
		return NULL;
	return &event_types[id];
}

static void event_decode_fields(struct smmu_event *event, u8 has)
{
	u64 word1 = event->raw[1];

	event->translation = has == IS_TRANSLATION;
	if (has & HAS_ADDR)
		event->addr = event->raw[2];
	if (has & HAS_RNW)
		event->read = FIELD_GET(EVENT1_RNW, word1);
	if (has & HAS_ACCESS) {
		event->priv = FIELD_GET(EVENT1_PNU, word1);
		event->instr = FIELD_GET(EVENT1_IND, word1);
	}
	if (has & HAS_STAGE) {
		event->s2 = FIELD_GET(EVENT1_S2, word1);
		event->class = FIELD_GET(EVENT1_CLASS, word1);
	}
	if ((has & HAS_IPA) && event->s2)
		event->ipa = event->raw[3] & EVENT3_IPA;
	if (has & HAS_FETCH)
		event->ipa = event->raw[3] & EVENT3_FETCH_ADDR;
	if ((has & HAS_STALL) && FIELD_GET(EVENT1_STALL, word1)) {
		event->stall = true;
		event->stag = FIELD_GET(EVENT1_STAG, word1);
	}
}

void smmu_event_decode(const __le64 *record, struct smmu_event *event)
{
	const struct event_type *type;
	unsigned int i;

	memset(event, 0, sizeof(*event));
	for (i = 0; i < EVENT_WORDS; i++)
		event->raw[i] = le64_to_cpu(record[i]);

	event->id = FIELD_GET(EVENT0_ID, event->raw[0]);
	event->sid = FIELD_GET(EVENT0_SID, event->raw[0]);
	event->ssv = FIELD_GET(EVENT0_SSV, event->raw[0]);
	if (event->ssv)
		event->ssid = FIELD_GET(EVENT0_SSID, event->raw[0]);

	type = event_type(event->id);
	if (type)
		event_decode_fields(event, type->has);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_event_decode);

const char *smmu_event_name(u8 id)
{
	const struct event_type *type = event_type(id);

	return type ? type->name : "unknown";
}
EXPORT_SYMBOL_IF_KUNIT(smmu_event_name);

const char *smmu_event_class_name(u8 class)
{
	switch (class) {
	case EVENT_CLASS_CD:
		return "CD";
	case EVENT_CLASS_TTD:
		return "TTD";
	case EVENT_CLASS_IN:
		return "IN";
	default:
		return "reserved";
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_event_class_name);
