// SPDX-License-Identifier: GPL-2.0-only
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/sizes.h>

#include "guest_judge.h"

/* Bits by their numbers, as the figures of chapter 4 show them, without the opcode */
static const struct form {
	u8 opcode;
	bool stream;	/* bits 63:32 of word 0 are a StreamID */
	bool address;	/* a TLBI by VA */
	u64 w0;
	u64 w1;
} forms[] = {
	/* 4.3.3: SubstreamID, StreamID; Leaf. SSec (10) does not exist on the Non-secure queue */
	{ 0x05, true, false, GENMASK_ULL(63, 12), BIT_ULL(0) },
	/* 4.3.4 */
	{ 0x06, true, false, GENMASK_ULL(63, 32), 0 },
	/* 4.4.2.1: VMID */
	{ 0x10, false, false, GENMASK_ULL(47, 32), 0 },
	/* 4.4.2.2: VMID, ASID */
	{ 0x11, false, false, GENMASK_ULL(63, 32), 0 },
	/* 4.4.2.4: NUM, SCALE, VMID, ASID; Leaf, TTL, TG, Address. TTL128 (7) is not used */
	{ 0x12, false, true, GENMASK_ULL(16, 12) | GENMASK_ULL(25, 20) | GENMASK_ULL(63, 32),
	  BIT_ULL(0) | GENMASK_ULL(9, 8) | GENMASK_ULL(11, 10) | GENMASK_ULL(63, 12) },
	/* 4.4.2.3: the same without ASID */
	{ 0x13, false, true, GENMASK_ULL(16, 12) | GENMASK_ULL(25, 20) | GENMASK_ULL(47, 32),
	  BIT_ULL(0) | GENMASK_ULL(9, 8) | GENMASK_ULL(11, 10) | GENMASK_ULL(63, 12) },
	/* 4.4.4.1 */
	{ 0x30, false, false, 0, 0 },
	/* 4.5.1: Global, SSV, SubstreamID, StreamID; Size, Address */
	{ 0x40, true, false, BIT_ULL(9) | BIT_ULL(11) | GENMASK_ULL(63, 12),
	  GENMASK_ULL(5, 0) | GENMASK_ULL(63, 12) },
};

static const struct form *find(u8 opcode)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].opcode == opcode)
			return &forms[i];
	return NULL;
}

bool guest_judge_form(u8 opcode, u64 *w0, u64 *w1)
{
	const struct form *form = find(opcode);

	*w0 = form ? form->w0 : 0;
	*w1 = form ? form->w1 : 0;
	return form;
}

bool guest_judge_has_stream(u8 opcode)
{
	const struct form *form = find(opcode);

	return form && form->stream;
}

/* 4.4.1.1: is the address aligned for its granule and level? */
static bool aligned(u64 w1, u32 tg, u32 ttl)
{
	/* by granule (4K, 16K, 64K) and level: log2 of what a leaf covers; level 0 is any level */
	static const u8 shift[3][4] = {
		{ 12, 30, 21, 12 },
		{ 14, 36, 25, 14 },
		{ 16, 42, 29, 16 },
	};

	return !(w1 >> 12 << 12 & ((1ULL << shift[tg - 1][ttl]) - 1));
}

static bool range_is_right(const struct smmu_features *feat, u64 w0, u64 w1)
{
	static const u32 granules[] = { SZ_4K, SZ_16K, SZ_64K };
	u32 num = w0 >> 12 & 0x1f, scale = w0 >> 20 & 0x3f;
	u32 ttl = w1 >> 8 & 3, tg = w1 >> 10 & 3;
	bool ds = feat->flags & SMMU_FEAT_DS;

	/* each of these is RES0 without a granule, and all are without IDR3.RIL */
	if (!tg)
		return !num && !scale && !ttl;
	if (!(feat->flags & SMMU_FEAT_RIL) || !(feat->granules & granules[tg - 1]))
		return false;
	/* this combination is reserved: CERROR_ILL */
	if (!num && !scale && !ttl)
		return false;
	/* SCALE has five bits without DS; with DS, 39 is the largest value that is defined */
	if (scale > (ds ? 39 : 31))
		return false;
	/* level 1 of 16K has leaves with DS only */
	if (tg == 2 && ttl == 1 && !ds)
		return false;
	return aligned(w1, tg, ttl);
}

static enum verdict judge_tlbi(const struct smmu_features *feat, u16 vmid,
			       const struct form *form, u64 w0, u64 w1, u64 out[2])
{
	u64 everything = 0x10 | (u64)vmid << 32;

	/* 4.4: the upper half of an 8-bit ASID is RES0. The guest's VMID never reaches the host. */
	if ((form->opcode == 0x11 || form->opcode == 0x12) && w0 >> 48 >> feat->asid_bits)
		return VERDICT_REFUSE;
	out[0] = (w0 & ~GENMASK_ULL(47, 32)) | (u64)vmid << 32;
	out[1] = w1;
	if (form->opcode == 0x30)
		out[0] = everything;
	if (!form->address)
		return VERDICT_SEND;
	if (!range_is_right(feat, w0, w1))
		return VERDICT_REFUSE;
	/*
	 * one address: an SMMU with ranges may hang on it, and only this also hits global entries
	 */
	if (feat->flags & SMMU_FEAT_RIL && !(w1 & GENMASK_ULL(11, 10))) {
		out[0] = everything;
		out[1] = 0;
	}
	return VERDICT_SEND;
}

static enum verdict judge_atc_inv(const struct smmu_features *feat,
				  const struct judged_stream *s, u64 w0, u64 w1, u64 out[2])
{
	u32 ssid = w0 >> 12 & 0xfffff;
	bool ssv = w0 & BIT_ULL(11);

	/* ILLEGAL without ATS; the largest span is 2^64 bytes */
	if (!(feat->flags & SMMU_FEAT_ATS) || (w1 & 0x3f) > 52)
		return VERDICT_REFUSE;
	/* 4.1.7; SSV must be 0 if there are no SubstreamIDs */
	if (ssv && (!feat->ssid_bits || ssid >> feat->ssid_bits))
		return VERDICT_REFUSE;
	if (!s->ats || (ssv && (!s->ssid_bits || ssid >> s->ssid_bits)))
		return VERDICT_NOTHING;
	/* without SSV, SubstreamID and Global are ignored */
	if (!ssv)
		out[0] &= ~(GENMASK_ULL(31, 12) | BIT_ULL(9));
	return VERDICT_SEND;
}

enum verdict guest_judge(const struct smmu_features *feat, u16 vmid,
			 const struct judged_stream *streams, u32 n, u64 w0, u64 w1, u64 out[2])
{
	const struct form *form = find(w0 & 0xff);
	const struct judged_stream *s = NULL;
	u32 i;

	if (!form || w0 & ~(form->w0 | 0xff) || w1 & ~form->w1)
		return VERDICT_REFUSE;
	if (!form->stream)
		return judge_tlbi(feat, vmid, form, w0, w1, out);

	for (i = 0; i < n; i++)
		if (streams[i].vsid == w0 >> 32)
			s = &streams[i];
	if (!s)
		return VERDICT_REFUSE;
	out[0] = (w0 & U32_MAX) | (u64)s->sid << 32;
	out[1] = w1;
	if (form->opcode == 0x40)
		return judge_atc_inv(feat, s, w0, w1, out);
	/* 4.1.7: the SubstreamID selects the CD, and has the SMMU's width */
	if (form->opcode == 0x05 && (w0 >> 12 & 0xfffff) >> feat->ssid_bits)
		return VERDICT_REFUSE;
	return VERDICT_SEND;
}
