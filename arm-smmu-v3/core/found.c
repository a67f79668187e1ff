// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "found.h"

/* The bits that have a name in smmuv3/ste.h. CONT, for one, must be 0: it joins STEs in caches. */
#define STE0_KNOWN	(STE0_V | STE0_CONFIG | STE0_S1FMT | STE0_S1CTXPTR | STE0_S1CDMAX)
#define STE1_KNOWN	(STE1_S1DSS | STE1_S1CIR | STE1_S1COR | STE1_S1CSH | STE1_MEV | \
			 STE1_S2FWB | STE1_S1STALLD | STE1_EATS | STE1_STRW | STE1_SHCFG)
#define STE2_KNOWN	(STE2_S2VMID | STE2_S2T0SZ | STE2_S2SL0 | STE2_S2IR0 | STE2_S2OR0 | \
			 STE2_S2SH0 | STE2_S2TG | STE2_S2PS | STE2_S2AA64 | STE2_S2ENDI | \
			 STE2_S2AFFD | STE2_S2PTW | STE2_S2HD | STE2_S2HA | STE2_S2S | STE2_S2R)

/* Config: bit 2 lets requests pass, bit 1 is stage 2, bit 0 is stage 1 (5.2) */
#define CONFIG_PASS	BIT(2)
#define CONFIG_STAGE2	BIT(1)
#define CONFIG_STAGE1	BIT(0)

/* TG0 and S2TG have the same encoding */
static bool has_granule(const struct smmu_features *feat, u8 tg)
{
	static const u32 size[] = { SZ_4K, SZ_64K, SZ_16K, 0 };

	return feat->granules & size[tg];
}

static bool beyond(const struct smmu_features *feat, u64 address)
{
	return address >> feat->oas_bits;
}

static const char *check_s1(u64 w0, u64 w1, const struct smmu_features *feat,
			    struct smmu_found_ste *found)
{
	u8 fmt = FIELD_GET(STE0_S1FMT, w0), strw = FIELD_GET(STE1_STRW, w1), l1_log2;
	u64 size = sizeof(struct smmu_cd);

	if (!(feat->flags & SMMU_FEAT_S1))
		return "stage 1 on an SMMU that has none";
	if (strw != STE_STRW_NSEL1 && (strw != STE_STRW_EL2 || !(feat->flags & SMMU_FEAT_HYP)))
		return "STRW";
	found->cdtab = w0 & STE0_S1CTXPTR;
	found->cdmax = FIELD_GET(STE0_S1CDMAX, w0);
	found->s1_stalls = (feat->flags & SMMU_FEAT_STALL) && !(w1 & STE1_S1STALLD);
	if (!found->cdtab || beyond(feat, found->cdtab))
		return "S1ContextPtr";
	if (found->cdmax > feat->ssid_bits)
		return "S1CDMax";
	if (!found->cdmax)
		return NULL;
	if (FIELD_GET(STE1_S1DSS, w1) > STE_S1DSS_SSID0)
		return "S1DSS";
	switch (fmt) {
	case STE_S1FMT_LINEAR:
		size <<= found->cdmax;
		break;
	case STE_S1FMT_4K_L2:
	case STE_S1FMT_64K_L2:
		if (!(feat->flags & SMMU_FEAT_CDTAB_2LVL))
			return "S1Fmt";
		found->split = fmt == STE_S1FMT_4K_L2 ? CDTAB_L2_4K_BITS : CDTAB_L2_64K_BITS;
		l1_log2 = found->cdmax > found->split ? found->cdmax - found->split : 0;
		/* aligned to its size, or to 64 bytes */
		if ((sizeof(u64) << l1_log2) > size)
			size = sizeof(u64) << l1_log2;
		break;
	default:
		return "S1Fmt";
	}
	return found->cdtab & (size - 1) ? "S1ContextPtr" : NULL;
}

static const char *check_s2(u64 w1, u64 w2, u64 w3, const struct smmu_features *feat,
			    struct smmu_found_ste *found)
{
	u8 t0sz = FIELD_GET(STE2_S2T0SZ, w2);

	if (!(feat->flags & SMMU_FEAT_S2))
		return "stage 2 on an SMMU that has none";
	if (!(w2 & STE2_S2AA64) || w2 & STE2_S2ENDI)
		return "S2AA64";
	if (!has_granule(feat, FIELD_GET(STE2_S2TG, w2)))
		return "S2TG";
	/* 3.4: at least 25 bits, at most what comes out */
	if (t0sz > 39 || 64 - t0sz > feat->oas_bits)
		return "S2T0SZ";
	if (w2 & (STE2_S2HA | STE2_S2HD) && !(feat->flags & SMMU_FEAT_HA))
		return "S2HA";
	if (w1 & STE1_S2FWB && !(feat->flags & SMMU_FEAT_S2FWB))
		return "S2FWB";
	found->s2ttb = w3 & STE3_S2TTB;
	if (!found->s2ttb || beyond(feat, found->s2ttb))
		return "S2TTB";
	if (!found->vmid)
		return "S2VMID";
	found->s2_stalls = w2 & STE2_S2S;
	if (found->s2_stalls && !(feat->flags & SMMU_FEAT_STALL))
		return "S2S";
	if (found->s2_stalls && FIELD_GET(STE1_EATS, w1))
		return "EATS beside S2S";
	return NULL;
}

static const char *check_eats(u64 w1, u8 config, const struct smmu_features *feat)
{
	switch (FIELD_GET(STE1_EATS, w1)) {
	case STE_EATS_ABORT:
		return NULL;
	case STE_EATS_FULL:
		return feat->flags & SMMU_FEAT_ATS ? NULL : "EATS on an SMMU that has no ATS";
	case STE_EATS_S1CHK:
		if (feat->flags & SMMU_FEAT_ATS && config == STE_CONFIG_S1_S2)
			return NULL;
		break;
	}
	return "EATS";
}

const char *smmu_found_ste(const struct smmu_ste *ste, const struct smmu_features *feat,
			   struct smmu_found_ste *found)
{
	u64 w0 = le64_to_cpu(ste->w[0]), w1 = le64_to_cpu(ste->w[1]);
	u64 w2 = le64_to_cpu(ste->w[2]), w3 = le64_to_cpu(ste->w[3]);
	u8 config = FIELD_GET(STE0_CONFIG, w0);
	const char *why;

	*found = (struct smmu_found_ste) {};
	/* nothing else in an STE with V = 0 means anything */
	if (!(w0 & STE0_V))
		return NULL;
	if (w0 & ~STE0_KNOWN || w1 & ~STE1_KNOWN || w2 & ~STE2_KNOWN || w3 & ~STE3_S2TTB ||
	    ste->w[4] || ste->w[5] || ste->w[6] || ste->w[7])
		return "bits that are reserved or unknown";
	if (!(config & CONFIG_PASS))
		return config ? "Config" : NULL;

	found->live = true;
	if (config == STE_CONFIG_BYPASS)
		return NULL;
	/* a stage 1 alone carries its VMID, too, unless it is of EL2 */
	if (config & CONFIG_STAGE2 || FIELD_GET(STE1_STRW, w1) == STE_STRW_NSEL1)
		found->vmid = FIELD_GET(STE2_S2VMID, w2);
	if (found->vmid >> feat->vmid_bits)
		return "S2VMID";
	why = check_eats(w1, config, feat);
	if (!why && config & CONFIG_STAGE1)
		why = check_s1(w0, w1, feat, found);
	if (!why && config & CONFIG_STAGE2)
		why = check_s2(w1, w2, w3, feat, found);
	return why;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_found_ste);

const char *smmu_found_cd(const struct smmu_cd *cd, const struct smmu_features *feat,
			  struct smmu_found_cd *found)
{
	u64 w0 = le64_to_cpu(cd->w[0]);

	*found = (struct smmu_found_cd) { .valid = w0 & CD0_V };
	if (!found->valid)
		return NULL;
	if (!(w0 & CD0_AA64))
		return "AA64";
	found->asid = FIELD_GET(CD0_ASID, w0);
	if (found->asid >> feat->asid_bits)
		return "ASID";
	if (!(w0 & CD0_EPD0)) {
		found->ttb[0] = le64_to_cpu(cd->w[1]) & CD1_TTB0;
		if (!has_granule(feat, FIELD_GET(CD0_TG0, w0)))
			return "TG0";
		if (!found->ttb[0] || beyond(feat, found->ttb[0]))
			return "TTB0";
	}
	if (!(w0 & CD0_EPD1)) {
		/* TTB1 has the place in word 2 that TTB0 has in word 1 */
		found->ttb[1] = le64_to_cpu(cd->w[2]) & CD1_TTB0;
		if (!found->ttb[1] || beyond(feat, found->ttb[1]))
			return "TTB1";
	}
	found->stalls = w0 & CD0_S;
	if (found->stalls && !(feat->flags & SMMU_FEAT_STALL))
		return "S on an SMMU that does not stall";
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_found_cd);
