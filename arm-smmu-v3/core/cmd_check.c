// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the specification forbids in a command.
 *
 * This file is written from the text of Arm IHI 0070, chapter 4, with field positions of its own.
 * So it can find mistakes of the builders and of the range encoder, and judge a guest's command
 * before the command reaches a queue that the whole host shares. It is strict: what is CONSTRAINED
 * UNPREDICTABLE (ids that the SMMU does not have, a level hint on a misaligned address) is
 * forbidden like what raises CERROR_ILL. What the specification calls IGNORED is legal. The rules
 * are those of the Non-secure queue.
 *
 * One row for each opcode says which bits may be set and which features must be there; a few rules
 * about values follow. Address bits above the input size are not checked: hardware may apply TBI
 * to them, and no error follows.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/sizes.h>

#include <kunit/visibility.h>

#include <smmuv3/cmd.h>
#include <smmuv3/features.h>

#include "cmd_check.h"

/* Fields, by first and last bit within the word */
#define OPCODE		GENMASK_ULL(7, 0)
#define ATC_GLOBAL	BIT_ULL(9)
#define SSV		BIT_ULL(11)
#define SSID		GENMASK_ULL(31, 12)
#define SID		GENMASK_ULL(63, 32)
#define NUM		GENMASK_ULL(16, 12)
#define SCALE		GENMASK_ULL(25, 20)
#define VMID		GENMASK_ULL(47, 32)
#define ASID		GENMASK_ULL(63, 48)
#define ACTION		GENMASK_ULL(13, 12)
#define CS		GENMASK_ULL(13, 12)
#define MSH		GENMASK_ULL(23, 22)
#define MSIATTR		GENMASK_ULL(27, 24)
#define MSIDATA		GENMASK_ULL(63, 32)

#define LEAF		BIT_ULL(0)
#define RANGE		GENMASK_ULL(4, 0)
#define TTL		GENMASK_ULL(9, 8)
#define TG		GENMASK_ULL(11, 10)
#define VA		GENMASK_ULL(63, 12)
#define IPA		GENMASK_ULL(51, 12)
#define PF_SIZE		GENMASK_ULL(4, 0)
#define PF_STRIDE	GENMASK_ULL(9, 5)
#define ATC_SIZE	GENMASK_ULL(5, 0)
#define PRGINDEX	GENMASK_ULL(8, 0)
#define RESP		GENMASK_ULL(13, 12)
#define STAG		GENMASK_ULL(15, 0)
#define MSIADDR		GENMASK_ULL(51, 2)

/* @w0 and @w1: bits that may be set; @need: features, any of which is enough */
struct cmd_rule {
	u64 w0;
	u64 w1;
	u32 need;
	const char *missing;
};

#define NEED_S1		.need = SMMU_FEAT_S1, .missing = "no stage 1"
#define NEED_S2		.need = SMMU_FEAT_S2, .missing = "no stage 2"
#define NEED_HYP	.need = SMMU_FEAT_HYP, .missing = "no EL2 world"
#define NEED_STALL	.need = SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE, \
			.missing = "no stalls"

static const struct cmd_rule cmd_rules[] = {
	/* 4.2; this queue has neither NS (bit 9) nor SSec (bit 10) */
	[0x01] = { .w0 = SSV | SSID | SID },
	[0x02] = { .w0 = SSV | SSID | SID, .w1 = PF_SIZE | PF_STRIDE | VA },
	/* 4.3 */
	[0x03] = { .w0 = SID, .w1 = LEAF },
	[0x04] = { .w0 = SID, .w1 = RANGE },
	[0x05] = { .w0 = SSID | SID, .w1 = LEAF, NEED_S1 },
	[0x06] = { .w0 = SID, NEED_S1 },
	/* 4.4.2 */
	[0x10] = { .w0 = VMID, NEED_S1 },
	[0x11] = { .w0 = VMID | ASID, NEED_S1 },
	[0x12] = { .w0 = NUM | SCALE | VMID | ASID,
		   .w1 = LEAF | TTL | TG | VA, NEED_S1 },
	[0x13] = { .w0 = NUM | SCALE | VMID,
		   .w1 = LEAF | TTL | TG | VA, NEED_S1 },
	[0x20] = { NEED_HYP },
	[0x21] = { .w0 = ASID, NEED_HYP },
	[0x22] = { .w0 = NUM | SCALE | ASID,
		   .w1 = LEAF | TTL | TG | VA, NEED_HYP },
	[0x23] = { .w0 = NUM | SCALE, .w1 = LEAF | TTL | TG | VA, NEED_HYP },
	/* 4.4.3 */
	[0x28] = { .w0 = VMID, NEED_S2 },
	[0x2a] = { .w0 = NUM | SCALE | VMID,
		   .w1 = LEAF | TTL | TG | IPA, NEED_S2 },
	/* 4.4.4; legal with either stage */
	[0x30] = { .need = SMMU_FEAT_S1 | SMMU_FEAT_S2, .missing = "no stage" },
	/* 4.5 */
	[0x40] = { .w0 = ATC_GLOBAL | SSV | SSID | SID, .w1 = ATC_SIZE | VA,
		   .need = SMMU_FEAT_ATS, .missing = "no ATS" },
	[0x41] = { .w0 = SSV | SSID | SID, .w1 = PRGINDEX | RESP,
		   .need = SMMU_FEAT_PRI, .missing = "no PRI" },
	/* 4.7 */
	[0x44] = { .w0 = ACTION | SID, .w1 = STAG, NEED_STALL },
	[0x45] = { .w0 = SID, NEED_STALL },
	[0x46] = { .w0 = CS | MSH | MSIATTR | MSIDATA, .w1 = MSIADDR },
};

static u64 field(u64 word, u64 mask)
{
	return (word & mask) >> __builtin_ctzll(mask);
}

/* 4.1.7: StreamIDs. A range command ignores the low bits of its StreamID (4.3.2). */
static const char *check_sid(u64 w0, u64 w1, const struct smmu_features *feat)
{
	u64 sid = field(w0, SID);

	if ((w0 & OPCODE) == 0x04)
		sid = sid >> (field(w1, RANGE) + 1) << (field(w1, RANGE) + 1);
	if (sid >> feat->sid_bits)
		return "StreamID too large";
	return NULL;
}

/* 4.1.6, 4.1.7: SubstreamIDs. Without SSV the SMMU ignores the SubstreamID. */
static const char *check_ssid(u64 w0, const struct smmu_features *feat)
{
	/* 4.3.3: CMD_CFGI_CD has no SSV: its SubstreamID always counts */
	bool ssv = (w0 & OPCODE) == 0x05 || w0 & SSV;

	if (w0 & SSV && !feat->ssid_bits)
		return "SSV without SubstreamIDs";
	if (ssv && field(w0, SSID) >> feat->ssid_bits)
		return "SubstreamID too large";
	return NULL;
}

/* 4.4, 4.4.2: an id space of 8 bits leaves the upper half of the field RES0 */
static const char *check_tags(u64 w0, const struct smmu_features *feat)
{
	if (field(w0, ASID) >> feat->asid_bits)
		return "ASID too large";
	if (!(feat->flags & SMMU_FEAT_S2) && field(w0, VMID))
		return "VMID without stage 2";
	if (field(w0, VMID) >> feat->vmid_bits)
		return "VMID too large";
	return NULL;
}

/* 4.4.1.1: address bits that must be zero with a level hint */
static u64 ttl_align(unsigned int tg, unsigned int ttl)
{
	static const u8 top[4][4] = {
		/*	 TTL 0	1	2	3 */
		[1] = {	0,	29,	20,	0 },
		[2] = {	13,	35,	24,	13 },
		[3] = {	15,	41,	28,	15 },
	};

	return top[tg][ttl] ? GENMASK_ULL(top[tg][ttl], 12) : 0;
}

/* 4.4.1.1: range-based invalidation and level hint */
static const char *check_ril(u64 w0, u64 w1, const struct smmu_features *feat)
{
	static const u32 granule[4] = { 0, SZ_4K, SZ_16K, SZ_64K };
	bool ds = feat->flags & SMMU_FEAT_DS;
	unsigned int tg = field(w1, TG);
	unsigned int ttl = field(w1, TTL);
	u64 scale = field(w0, SCALE);

	if (!tg) {
		if (w0 & (NUM | SCALE))
			return "NUM or SCALE without TG";
		return ttl ? "TTL without TG" : NULL;
	}
	if (!(feat->flags & SMMU_FEAT_RIL))
		return "TG without range invalidation";
	if (!(feat->granules & granule[tg]))
		return "TG is no granule of this SMMU";
	if (!(w0 & (NUM | SCALE)) && !ttl)
		return "NUM, SCALE and TTL all 0 with TG";
	if (scale > (ds ? 39 : 31))
		return "SCALE too large";
	if (tg == 2 && ttl == 1 && !ds)
		return "TTL 1 with a 16K granule";
	if (w1 & ttl_align(tg, ttl))
		return ttl ? "address not aligned for TTL" :
			     "address not aligned for TG";
	return NULL;
}

static const char *check_values(u64 w0, u64 w1,
				const struct smmu_features *feat)
{
	switch (w0 & OPCODE) {
	case 0x01:
	case 0x02:
		if (feat->errata & SMMU_ERRATUM_NO_PREFETCH)
			return "prefetch, by erratum";
		break;
	case 0x40:
		/* 4.5.1: a misaligned span is aligned by the SMMU */
		if (field(w1, ATC_SIZE) > 52)
			return "span too large";
		break;
	case 0x41:
		if (field(w1, RESP) == 3)
			return "reserved response";
		break;
	case 0x46:
		if (field(w0, CS) == 3)
			return "reserved completion signal";
		break;
	}
	return NULL;
}

const char *smmu_cmd_illegal(const struct smmu_cmd *cmd,
			     const struct smmu_features *feat)
{
	u64 w0 = le64_to_cpu(cmd->w[0]);
	u64 w1 = le64_to_cpu(cmd->w[1]);
	const struct cmd_rule *rule;
	const char *why = NULL;
	u8 opcode = w0 & OPCODE;

	if (opcode >= ARRAY_SIZE(cmd_rules))
		return "unknown opcode";
	rule = &cmd_rules[opcode];
	if (!rule->w0 && !rule->need)
		return "unknown opcode";
	if (rule->need && !(feat->flags & rule->need))
		return rule->missing;
	if (w0 & ~(rule->w0 | OPCODE) || w1 & ~rule->w1)
		return "reserved bit set";

	if (opcode >= 0x10 && opcode < 0x40) {
		why = check_tags(w0, feat);
		if (!why && rule->w1 & TG)
			why = check_ril(w0, w1, feat);
	} else if (opcode != 0x46) {
		why = check_sid(w0, w1, feat);
		if (!why && rule->w0 & SSID)
			why = check_ssid(w0, feat);
	}
	return why ?: check_values(w0, w1, feat);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_illegal);
