// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoder of TLB invalidation commands, see tlbi_oracle.h. It uses plain shifts and plain numbers,
 * because the field macros belong to the code under test.
 */
#include <asm/byteorder.h>
#include <linux/string.h>

#include "tlbi_oracle.h"

u8 tlbi_leaf_shift(u8 granule_shift, u8 level)
{
	static const struct {
		u8 granule, shift[4];
	} sizes[] = {
		{ 12, { 0, 30, 21, 12 } },
		{ 14, { 0, 36, 25, 14 } },
		{ 16, { 0, 42, 29, 16 } },
	};
	int i;

	for (i = 0; i < 3; i++)
		if (sizes[i].granule == granule_shift && level < 4)
			return sizes[i].shift[level];
	return 0;
}

static void decode_range(u64 w0, u64 w1, u8 entry_shift,
			 struct tlbi_effect *effect)
{
	static const u8 granule[4] = { 0, 12, 14, 16 };
	u64 addr = w1 & ~0xfffULL;
	u64 count = ((w0 >> 12) & 0x1f) + 1;
	unsigned int scale = (w0 >> 20) & 0x3f;
	u64 size;

	effect->scope = TLBI_SCOPE_RANGE;
	effect->leaf = w1 & 1;
	effect->tg = granule[(w1 >> 10) & 3];
	if (!effect->tg) {
		effect->first = addr & ~((1ULL << entry_shift) - 1);
		effect->last = effect->first + (1ULL << entry_shift) - 1;
		return;
	}

	effect->level = (w1 >> 8) & 3;
	effect->first = addr;
	effect->last = ~0ULL;
	if (scale + effect->tg >= 64)
		return;
	size = count << (scale + effect->tg);
	/* 4.4.1.1: the end of a range does not wrap */
	if (size >> (scale + effect->tg) == count && addr + (size - 1) >= addr)
		effect->last = addr + (size - 1);
}

static void decode_tag(u64 w0, bool asid, bool vmid, struct tlbi_effect *effect)
{
	effect->has_asid = asid;
	effect->has_vmid = vmid;
	if (asid)
		effect->asid = w0 >> 48;
	if (vmid)
		effect->vmid = w0 >> 32;
}

void tlbi_decode(const struct smmu_cmd *cmd, u8 entry_shift,
		 struct tlbi_effect *effect)
{
	u64 w0 = le64_to_cpu(cmd->w[0]);
	u64 w1 = le64_to_cpu(cmd->w[1]);
	u8 op = w0 & 0xff;

	memset(effect, 0, sizeof(*effect));
	effect->s1 = op != 0x2a;
	effect->s2 = op == 0x28 || op == 0x2a || op == 0x30;
	effect->el2 = op >= 0x20 && op <= 0x23;

	switch (op) {
	case 0x10:	/* NH_ALL */
	case 0x28:	/* S12_VMALL */
		effect->scope = TLBI_SCOPE_TAG;
		decode_tag(w0, false, true, effect);
		break;
	case 0x11:	/* NH_ASID */
		effect->scope = TLBI_SCOPE_TAG;
		decode_tag(w0, true, true, effect);
		break;
	case 0x21:	/* EL2_ASID */
		effect->scope = TLBI_SCOPE_TAG;
		decode_tag(w0, true, false, effect);
		break;
	case 0x12:	/* NH_VA */
		decode_range(w0, w1, entry_shift, effect);
		decode_tag(w0, true, true, effect);
		break;
	case 0x13:	/* NH_VAA */
	case 0x2a:	/* S2_IPA */
		decode_range(w0, w1, entry_shift, effect);
		decode_tag(w0, false, true, effect);
		break;
	case 0x22:	/* EL2_VA */
		decode_range(w0, w1, entry_shift, effect);
		decode_tag(w0, true, false, effect);
		break;
	case 0x23:	/* EL2_VAA */
		decode_range(w0, w1, entry_shift, effect);
		break;
	case 0x20:	/* EL2_ALL */
	case 0x30:	/* NSNH_ALL */
		effect->scope = TLBI_SCOPE_ALL;
		break;
	default:
		memset(effect, 0, sizeof(*effect));
	}
}
