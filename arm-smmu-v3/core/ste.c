// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stream table entries: builders, and which bits of an STE mean something.
 *
 * The functions here do not touch memory that hardware reads: the entry writer puts an STE there.
 * Builders never make an STE that is illegal by 5.2 on an SMMU with the given features, whatever
 * the caller asks for. Stalls and full ATS exclude each other; if both are asked for, stalls win.
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>

#include <smmuv3/regs.h>

#include "ste.h"

/* Config consists of three switches: pass (do not abort), stage 2, stage 1 (5.2) */
#define CONFIG_STAGE1		BIT(0)
#define CONFIG_STAGE2		BIT(1)
#define CONFIG_PASS		BIT(2)

#define STE1_S1_FIELDS		(STE1_S1CIR | STE1_S1COR | STE1_S1CSH | \
				 STE1_S1STALLD | STE1_STRW | STE1_PPAR)
#define STE2_S2_FIELDS		(STE2_S2T0SZ | STE2_S2SL0 | STE2_S2IR0 | \
				 STE2_S2OR0 | STE2_S2SH0 | STE2_S2TG | \
				 STE2_S2PS | STE2_S2AA64 | STE2_S2ENDI | \
				 STE2_S2AFFD | STE2_S2PTW | STE2_S2HD | \
				 STE2_S2HA | STE2_S2S | STE2_S2R)

static void ste_set(struct smmu_ste *ste, u64 w0, u64 w1, u64 w2, u64 w3)
{
	memset(ste, 0, sizeof(*ste));
	ste->w[0] = cpu_to_le64(w0);
	ste->w[1] = cpu_to_le64(w1);
	ste->w[2] = cpu_to_le64(w2);
	ste->w[3] = cpu_to_le64(w3);
}

static u64 ste_word0(u64 config)
{
	return STE0_V | FIELD_PREP(STE0_CONFIG, config);
}

/* Transactions keep the attributes of their device; without the override hardware ignores SHCFG */
static u64 ste_shcfg(const struct smmu_features *feat)
{
	if (!(feat->flags & SMMU_FEAT_ATTR_OVR))
		return 0;
	return FIELD_PREP(STE1_SHCFG, STE_SHCFG_INCOMING);
}

/* Attributes with which the SMMU fetches CDs: those with which CPUs map the table */
static u64 ste_cd_attrs(const struct smmu_features *feat)
{
	u64 cache = STE_S1C_NC, share = SMMU_SH_OUTER;

	if (feat->flags & SMMU_FEAT_COHERENT) {
		cache = STE_S1C_WBRA;
		share = SMMU_SH_INNER;
	}
	return FIELD_PREP(STE1_S1CIR, cache) | FIELD_PREP(STE1_S1COR, cache) |
	       FIELD_PREP(STE1_S1CSH, share);
}

static bool ste_stalls(const struct smmu_features *feat, bool wanted)
{
	if (feat->flags & SMMU_FEAT_STALL_FORCE)
		return true;
	return wanted && (feat->flags & SMMU_FEAT_STALL);
}

/* S1STALLD may be set only where hardware leaves the choice to software (STALL_MODEL 0) */
static u64 ste_stalld(const struct smmu_features *feat, bool stall)
{
	if (!(feat->flags & SMMU_FEAT_STALL) || ste_stalls(feat, stall))
		return 0;
	return STE1_S1STALLD;
}

void smmu_ste_make_abort(struct smmu_ste *ste)
{
	ste_set(ste, ste_word0(STE_CONFIG_ABORT), 0, 0, 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_make_abort);

void smmu_ste_make_bypass(struct smmu_ste *ste, const struct smmu_features *feat)
{
	ste_set(ste, ste_word0(STE_CONFIG_BYPASS), ste_shcfg(feat), 0, 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_make_bypass);

void smmu_ste_make_s1(struct smmu_ste *ste, const struct smmu_features *feat,
		      const struct smmu_ste_s1 *s1)
{
	u64 word0, word1;

	word0 = ste_word0(STE_CONFIG_S1) | (s1->cdtab & STE0_S1CTXPTR);
	word1 = ste_cd_attrs(feat) | ste_stalld(feat, s1->stall) |
		FIELD_PREP(STE1_EATS, s1->eats);

	/* These fields count only with SubstreamIDs, which a single CD does not have */
	if (s1->s1cdmax) {
		word0 |= FIELD_PREP(STE0_S1FMT, s1->fmt) |
			 FIELD_PREP(STE0_S1CDMAX, s1->s1cdmax);
		word1 |= FIELD_PREP(STE1_S1DSS, s1->s1dss);
		if (s1->s1dss == STE_S1DSS_BYPASS)
			word1 |= ste_shcfg(feat);
	}

	/* RES0 without PRI or without SubstreamIDs (5.2) */
	if (s1->ppar && feat->flags & SMMU_FEAT_PRI && feat->ssid_bits)
		word1 |= STE1_PPAR;

	/* Use the CPUs' translation regime, so that ASIDs mean the same to both */
	if (feat->flags & SMMU_FEAT_E2H)
		word1 |= FIELD_PREP(STE1_STRW, STE_STRW_EL2);

	/* Word 2 is 0: VMID 0 stands for all STEs without stage 2 */
	ste_set(ste, word0, word1, 0, 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_make_s1);

void smmu_ste_make_s2(struct smmu_ste *ste, const struct smmu_features *feat,
		      const struct smmu_ste_s2 *s2)
{
	bool stall = ste_stalls(feat, s2->stall);
	u64 word1, word2;

	word1 = ste_shcfg(feat);
	if (s2->s2fwb)
		word1 |= STE1_S2FWB;
	if (!stall)
		word1 |= FIELD_PREP(STE1_EATS, s2->eats);

	word2 = FIELD_PREP(STE2_S2VMID, s2->vmid) |
		FIELD_PREP(STE2_S2T0SZ, s2->t0sz) |
		FIELD_PREP(STE2_S2SL0, s2->sl0) |
		FIELD_PREP(STE2_S2IR0, s2->ir0) |
		FIELD_PREP(STE2_S2OR0, s2->or0) |
		FIELD_PREP(STE2_S2SH0, s2->sh0) |
		FIELD_PREP(STE2_S2TG, s2->tg) |
		FIELD_PREP(STE2_S2PS, s2->ps) |
		STE2_S2AA64 | STE2_S2PTW | STE2_S2R;
	if (s2->hd)
		word2 |= STE2_S2HD | STE2_S2HA;
	if (stall)
		word2 |= STE2_S2S;

	ste_set(ste, ste_word0(STE_CONFIG_S2), word1, word2,
		s2->ttb & STE3_S2TTB);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_make_s2);

int smmu_ste_check_vste(const __le64 vste[2])
{
	u64 word0 = le64_to_cpu(vste[0]);
	u64 word1 = le64_to_cpu(vste[1]);

	if (!(word0 & STE0_V))
		return 0;
	if ((word0 & ~VSTE0_ALLOWED) || (word1 & ~VSTE1_ALLOWED))
		return -EIO;

	switch (FIELD_GET(STE0_CONFIG, word0)) {
	case STE_CONFIG_ABORT:
	case STE_CONFIG_BYPASS:
	case STE_CONFIG_S1:
		break;
	default:
		return -EIO;
	}

	switch (FIELD_GET(STE1_EATS, word1)) {
	case STE_EATS_ABORT:
	case STE_EATS_FULL:
		return 0;
	default:
		return -EIO;
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_check_vste);

/*
 * Put the guest's stage 1 on the stage 2 that is already in @ste. The guest chooses its CD table;
 * the host decides whether its faults may stall the SMMU.
 */
static void ste_add_guest_s1(struct smmu_ste *ste,
			     const struct smmu_features *feat, u64 word0,
			     u64 word1, bool stall)
{
	const u64 take0 = STE0_S1FMT | STE0_S1CTXPTR | STE0_S1CDMAX;
	const u64 take1 = STE1_S1DSS | STE1_S1CIR | STE1_S1COR | STE1_S1CSH;
	u64 nested0, nested1;

	nested0 = ste_word0(STE_CONFIG_S1_S2) | (word0 & take0);
	/* A guest may cause floods of faults: let the SMMU merge them */
	nested1 = le64_to_cpu(ste->w[1]) | (word1 & take1) | STE1_MEV;
	nested1 |= ste_stalld(feat, stall && !(word1 & STE1_S1STALLD));

	ste->w[0] = cpu_to_le64(nested0);
	ste->w[1] = cpu_to_le64(nested1);
}

void smmu_ste_make_nested(struct smmu_ste *ste, const struct smmu_features *feat,
			  const __le64 vste[2], const struct smmu_ste_s2 *s2)
{
	u64 word0 = le64_to_cpu(vste[0]);
	u64 word1 = le64_to_cpu(vste[1]);
	u64 config = FIELD_GET(STE0_CONFIG, word0);
	struct smmu_ste_s2 parent = *s2;

	if (!(word0 & STE0_V) || !(config & CONFIG_PASS)) {
		smmu_ste_make_abort(ste);
		return;
	}

	/* With guest bypass ATS is refused; a guest's stage 1 has ATS if guest and host allow it */
	if (!(config & CONFIG_STAGE1) ||
	    FIELD_GET(STE1_EATS, word1) != STE_EATS_FULL)
		parent.eats = STE_EATS_ABORT;

	smmu_ste_make_s2(ste, feat, &parent);
	if (config & CONFIG_STAGE1)
		ste_add_guest_s1(ste, feat, word0, word1, s2->s1_stall);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_make_nested);

static u64 ste_config(const __le64 *words)
{
	u8 config = smmu_ste_config(words);

	return config & CONFIG_PASS ? config : STE_CONFIG_ABORT;
}

/*
 * Bits that stage 1 uses. S1FMT and S1DSS mean nothing without SubstreamIDs, and TLB entries carry
 * a VMID in the EL1 world only.
 */
static void ste_used_s1(u64 word0, u64 word1, u64 *used)
{
	used[0] |= STE0_S1CTXPTR | STE0_S1CDMAX;
	used[1] |= STE1_S1_FIELDS | STE1_EATS | STE1_MEV;

	if (word0 & STE0_S1CDMAX) {
		used[0] |= STE0_S1FMT;
		used[1] |= STE1_S1DSS;
		if (FIELD_GET(STE1_S1DSS, word1) == STE_S1DSS_BYPASS)
			used[1] |= STE1_SHCFG;
	}
	if (FIELD_GET(STE1_STRW, word1) == STE_STRW_NSEL1)
		used[2] |= STE2_S2VMID;
}

void smmu_ste_used(const __le64 *words, __le64 *used)
{
	u64 mask[STE_WORDS] = { STE0_V };
	u64 word0 = le64_to_cpu(words[0]);
	u64 word1 = le64_to_cpu(words[1]);
	u64 config = ste_config(words);
	unsigned int i;

	if (word0 & STE0_V) {
		mask[0] |= STE0_CONFIG;
		if (config == STE_CONFIG_BYPASS)
			mask[1] |= STE1_SHCFG;
		if (config & CONFIG_STAGE1)
			ste_used_s1(word0, word1, mask);
		if (config & CONFIG_STAGE2) {
			mask[1] |= STE1_S2FWB | STE1_EATS | STE1_MEV | STE1_SHCFG;
			mask[2] |= STE2_S2VMID | STE2_S2_FIELDS;
			mask[3] |= STE3_S2TTB;
		}
	}

	for (i = 0; i < STE_WORDS; i++)
		used[i] = cpu_to_le64(mask[i]);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_used);

/*
 * May EATS change before the rest? The device uses no ATS while EATS changes (drv turns ATS on
 * after the STE is written, and off before). So EATS decides only whether the device could cheat,
 * and both states trust it, or it is about to lose that trust.
 *
 * Full ATS together with S2S is a bad STE and must never be seen, even with a stage 2 that the
 * present Config ignores. A change to full is fine when neither state stalls. A change from full
 * to off is fine even when the target stalls, if the same step cannot set S2S, which is so if the
 * present state already uses word 2. S1CHK stays as it is, because Config decides whether it is
 * legal.
 */
static bool ste_eats_is_safe(const __le64 *cur, const __le64 *target)
{
	u64 cur_eats = FIELD_GET(STE1_EATS, le64_to_cpu(cur[1]));
	u64 target_eats = FIELD_GET(STE1_EATS, le64_to_cpu(target[1]));
	bool cur_s2s = le64_to_cpu(cur[2]) & STE2_S2S;
	bool target_s2s = le64_to_cpu(target[2]) & STE2_S2S;

	if (cur_eats > STE_EATS_FULL || target_eats > STE_EATS_FULL)
		return false;
	if (!cur_s2s && !target_s2s)
		return true;
	return !cur_s2s && target_eats == STE_EATS_ABORT &&
	       (ste_config(cur) & CONFIG_STAGE2);
}

void smmu_ste_safe(const __le64 *cur, const __le64 *target, __le64 *safe)
{
	u64 mask = STE1_MEV;

	if (ste_eats_is_safe(cur, target))
		mask |= STE1_EATS;

	memset(safe, 0, sizeof(struct smmu_ste));
	safe[1] = cpu_to_le64(mask);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_safe);

static bool ste_has_cds(const __le64 *ste)
{
	return le64_to_cpu(ste[0]) & STE0_V && ste_config(ste) & CONFIG_STAGE1;
}

/* Do addresses in CDs mean the same under both STEs? */
static bool ste_same_stage2(const __le64 *a, const __le64 *b)
{
	u64 differ = ste_config(a) ^ ste_config(b);

	if (differ & CONFIG_STAGE2)
		return false;
	if (!(ste_config(a) & CONFIG_STAGE2))
		return true;
	return !((a[2] ^ b[2]) & cpu_to_le64(STE2_S2VMID)) &&
	       !((a[3] ^ b[3]) & cpu_to_le64(STE3_S2TTB));
}

bool smmu_ste_via(const __le64 *cur, const __le64 *target, __le64 *via)
{
	if (!ste_has_cds(cur) || !ste_has_cds(target) || ste_same_stage2(cur, target))
		return false;

	memset(via, 0, sizeof(struct smmu_ste));
	via[0] = cpu_to_le64(ste_word0(STE_CONFIG_ABORT));
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_via);

const char *smmu_ste_kind(const struct smmu_ste *ste)
{
	if (!(le64_to_cpu(ste->w[0]) & STE0_V))
		return "invalid";

	switch (ste_config(ste->w)) {
	case STE_CONFIG_BYPASS:
		return "bypass";
	case STE_CONFIG_S1:
		return "stage1";
	case STE_CONFIG_S2:
		return "stage2";
	case STE_CONFIG_S1_S2:
		return "nested";
	default:
		return "abort";
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_kind);
