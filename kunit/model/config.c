// SPDX-License-Identifier: GPL-2.0-only
/*
 * STEs and CDs as hardware reads them: fetched word by word, each word in one access and nothing
 * larger in one access (3.21.3), cached, and checked (chapter 5).
 *
 * An entry that is valid but wrong was written by a wrong driver, or is a mixture of two entries
 * that were right. Both are violations. V = 0 is no violation, but an event.
 */
#include <linux/bitfield.h>
#include <linux/sizes.h>

#include <smmuv3/event.h>
#include <smmuv3/regs.h>

#include "core/ident.h"
#include "model/state.h"

#define STE0_FIELDS	(STE0_V | STE0_CONFIG | STE0_S1FMT | STE0_S1CTXPTR | STE0_S1CDMAX)
#define STE1_FIELDS	(STE1_S1DSS | STE1_S1CIR | STE1_S1COR | STE1_S1CSH | STE1_PPAR | \
			 STE1_MEV | STE1_S2FWB | STE1_S1STALLD | STE1_EATS | STE1_STRW | STE1_SHCFG)
#define STE2_FIELDS	(STE2_S2VMID | STE2_S2T0SZ | STE2_S2SL0 | STE2_S2IR0 | STE2_S2OR0 | \
			 STE2_S2SH0 | STE2_S2TG | STE2_S2PS | STE2_S2AA64 | STE2_S2ENDI | \
			 STE2_S2AFFD | STE2_S2PTW | STE2_S2HD | STE2_S2HA | STE2_S2S | STE2_S2R)
#define CD0_FIELDS	(CD0_T0SZ | CD0_TG0 | CD0_IR0 | CD0_OR0 | CD0_SH0 | CD0_EPD0 | CD0_ENDI | \
			 CD0_EPD1 | CD0_V | CD0_IPS | CD0_AFFD | CD0_TBI0 | CD0_AA64 | CD0_HD | \
			 CD0_HA | CD0_S | CD0_R | CD0_A | CD0_ASET | CD0_ASID)

static bool read_words(struct model *m, u64 pa, bool cacheable, enum model_depth depth, __le64 *w,
		       u32 n)
{
	u64 val;
	u32 i;

	for (i = 0; i < n; i++) {
		if (!model_mem_read64(m, pa + i * sizeof(*w), cacheable, depth, &val))
			return false;
		w[i] = cpu_to_le64(val);
	}
	return true;
}

/* 5.1: the descriptor of level 1. The SMMU may cache it whether it is valid or not. */
static u8 ste_address(struct model *m, u32 sid, bool cached, u64 *pa)
{
	u8 log2 = FIELD_GET(STRTAB_BASE_CFG_LOG2SIZE, m->r.strtab_cfg);
	u8 split = FIELD_GET(STRTAB_BASE_CFG_SPLIT, m->r.strtab_cfg);
	u64 base = m->r.strtab_base & STRTAB_BASE_ADDR, desc;
	u32 span;

	if ((u64)sid >> log2)
		return EVENT_C_BAD_STREAMID;
	if (FIELD_GET(STRTAB_BASE_CFG_FMT, m->r.strtab_cfg) == STRTAB_FMT_LINEAR) {
		/* 6.3.24: the low bits of the address are taken as 0 */
		base &= ~((64ULL << log2) - 1);
		*pa = base + sid * 64ULL;
		return 0;
	}
	base &= ~((8ULL << (log2 - split)) - 1);
	if (!cached || !model_cfg_get_l1(m, sid >> split, &desc)) {
		if (!model_mem_read64(m, base + (sid >> split) * 8ULL,
				      model_strtab_cacheable(m), MODEL_L1STD, &desc)) {
			model_violate(m, "stream table: no memory at level 1");
			return EVENT_F_STE_FETCH;
		}
		if (cached)
			model_cfg_put_l1(m, sid >> split, desc);
	}
	span = FIELD_GET(STRTAB_L1_SPAN, desc);
	if (desc & ~(STRTAB_L1_SPAN | STRTAB_L1_L2PTR) || span > split + 1)
		model_violate(m, "stream table: bad level-1 descriptor 0x%llx", desc);
	sid &= (1U << split) - 1;
	if (!span || sid >> (span - 1))
		return EVENT_C_BAD_STREAMID;
	*pa = (desc & STRTAB_L1_L2PTR) + sid * 64ULL;
	return 0;
}

u8 model_fetch_ste(struct model *m, u32 sid, bool cached, struct smmu_ste *ste)
{
	u64 pa;
	u8 event;

	if (cached && model_cfg_get_ste(m, sid, ste))
		return 0;
	event = ste_address(m, sid, cached, &pa);
	if (event)
		return event;
	if (!read_words(m, pa, model_strtab_cacheable(m), MODEL_STE, ste->w, STE_WORDS)) {
		model_violate(m, "stream 0x%x: no memory for its STE", sid);
		return EVENT_F_STE_FETCH;
	}
	if (cached)
		model_cfg_put_ste(m, sid, ste);
	return 0;
}

bool model_strtab_cacheable(const struct model *m)
{
	return m->r.cr1 & (CR1_TABLE_IC | CR1_TABLE_OC);
}

/* Below a stage 2 the attributes of both stages count, and the guest chooses its own */
bool model_cds_cacheable(const struct smmu_ste *ste)
{
	return FIELD_GET(STE0_CONFIG, le64_to_cpu(ste->w[0])) == STE_CONFIG_S1_S2 ||
	       le64_to_cpu(ste->w[1]) & (STE1_S1CIR | STE1_S1COR);
}

/* Does the SMMU have the granule? @tg is encoded as in CD.TG0 and S2TG, which are alike. */
static bool has_granule(struct model *m, u8 tg)
{
	static const u32 size[] = { SZ_4K, SZ_64K, SZ_16K, 0 };

	return m->feat.granules & size[tg];
}

static const char *bad_s1(struct model *m, u64 w0, u64 w1)
{
	u8 cdmax = FIELD_GET(STE0_S1CDMAX, w0);

	if (!(m->feat.flags & SMMU_FEAT_S1))
		return "stage 1 on an SMMU without";
	if (!(w0 & STE0_S1CTXPTR))
		return "no CD table";
	if (m->cfg.noncoherent && w1 & (STE1_S1CIR | STE1_S1COR))
		return "cacheable CDs, and the SMMU is not coherent";
	if (cdmax > m->feat.ssid_bits)
		return "S1CDMax";
	if (cdmax && FIELD_GET(STE0_S1FMT, w0) == 3)
		return "S1Fmt";
	if (cdmax && FIELD_GET(STE1_S1DSS, w1) == 3)
		return "S1DSS";
	if (w1 & STE1_S1STALLD && !(m->feat.flags & SMMU_FEAT_STALL))
		return "S1STALLD without a choice of stalls";
	if (FIELD_GET(STE1_STRW, w1) == STE_STRW_EL2 && !(m->feat.flags & SMMU_FEAT_HYP))
		return "STRW EL2";
	return NULL;
}

static const char *bad_s2(struct model *m, u64 w1, u64 w2, u64 w3)
{
	u8 t0sz = FIELD_GET(STE2_S2T0SZ, w2);

	if (!(m->feat.flags & SMMU_FEAT_S2))
		return "stage 2 on an SMMU without";
	if (!(w2 & STE2_S2AA64))
		return "S2AA64";
	if (!has_granule(m, FIELD_GET(STE2_S2TG, w2)))
		return "S2TG";
	if (64 - t0sz > m->feat.oas_bits || t0sz > 39)
		return "S2T0SZ";
	if (smmu_oas_decode(FIELD_GET(STE2_S2PS, w2)) > m->feat.oas_bits)
		return "S2PS";
	if (FIELD_GET(STE2_S2VMID, w2) >> m->feat.vmid_bits)
		return "S2VMID";
	if (!FIELD_GET(STE2_S2VMID, w2))
		return "VMID 0 for a stage 2";
	if (!(w3 & STE3_S2TTB))
		return "no S2TTB";
	if (m->cfg.noncoherent && w2 & (STE2_S2IR0 | STE2_S2OR0))
		return "cacheable walks of stage 2, and the SMMU is not coherent";
	if (!(w2 & STE2_S2S) && m->feat.flags & SMMU_FEAT_STALL_FORCE)
		return "no S2S, and the SMMU can only stall";
	if (w2 & STE2_S2S && !(m->feat.flags & (SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE)))
		return "S2S without stalls";
	if (w2 & STE2_S2S && FIELD_GET(STE1_EATS, w1) == STE_EATS_FULL)
		return "EATS beside S2S";
	if (w2 & (STE2_S2HA | STE2_S2HD) && !(m->feat.flags & SMMU_FEAT_HA))
		return "S2HA";
	if (w1 & STE1_S2FWB && !(m->feat.flags & SMMU_FEAT_S2FWB))
		return "S2FWB";
	return NULL;
}

static const char *bad_ste(struct model *m, const struct smmu_ste *ste, u8 config)
{
	u64 w0 = le64_to_cpu(ste->w[0]), w1 = le64_to_cpu(ste->w[1]);
	u64 w2 = le64_to_cpu(ste->w[2]), w3 = le64_to_cpu(ste->w[3]);
	const char *why = NULL;

	if (w0 & ~STE0_FIELDS || w1 & ~STE1_FIELDS || w2 & ~STE2_FIELDS || w3 & ~STE3_S2TTB)
		return "reserved bits";
	/* 5.2: with bit 2 clear everything aborts, whatever the other fields say */
	if (!(config & BIT(2)))
		return config ? "reserved Config" : NULL;
	/* 5.2: RES0 without PRI, and without SubstreamIDs */
	if (w1 & STE1_PPAR && !(m->feat.flags & SMMU_FEAT_PRI && m->feat.ssid_bits))
		return "PPAR";
	if (FIELD_GET(STE1_EATS, w1) && !(m->feat.flags & SMMU_FEAT_ATS))
		return "EATS on an SMMU without ATS";
	if (FIELD_GET(STE1_EATS, w1) == 3)
		return "reserved EATS";
	if (config & BIT(0))
		why = bad_s1(m, w0, w1);
	if (!why && config & BIT(1))
		why = bad_s2(m, w1, w2, w3);
	return why;
}

u8 model_check_ste(struct model *m, u32 sid, const struct smmu_ste *ste)
{
	u64 w0 = le64_to_cpu(ste->w[0]);
	const char *why;

	if (!(w0 & STE0_V))
		return EVENT_C_BAD_STE;
	why = bad_ste(m, ste, FIELD_GET(STE0_CONFIG, w0));
	if (!why)
		return 0;
	model_violate(m, "STE 0x%x: %s (%016llx %016llx %016llx %016llx)", sid, why, w0,
		      le64_to_cpu(ste->w[1]), le64_to_cpu(ste->w[2]), le64_to_cpu(ste->w[3]));
	return EVENT_C_BAD_STE;
}

/* 5.2: with stage 2 the pointers to CDs are IPAs */
static u8 cd_pa(struct model *m, const struct model_stage *s2, u64 ipa, struct model_walk *walk,
		u64 *pa)
{
	u8 event;

	*pa = ipa;
	if (!s2)
		return 0;
	event = model_walk(m, s2, ipa, false, walk);
	*pa = walk->pa;
	return event;
}

/* 5.4, 3.3.2: the CD table is linear, or has two levels with leaves of 4 KiB or 64 KiB */
static u8 cd_address(struct model *m, u32 ssid, const struct smmu_ste *ste,
		     const struct model_stage *s2, struct model_walk *walk, u64 *pa)
{
	u64 w0 = le64_to_cpu(ste->w[0]), base = w0 & STE0_S1CTXPTR, desc;
	u8 fmt = FIELD_GET(STE0_S1FMT, w0), split, event;

	if (!FIELD_GET(STE0_S1CDMAX, w0) || fmt == STE_S1FMT_LINEAR)
		return cd_pa(m, s2, base + ssid * 64ULL, walk, pa);
	split = fmt == STE_S1FMT_4K_L2 ? 6 : 10;
	event = cd_pa(m, s2, base + (ssid >> split) * 8ULL, walk, pa);
	if (event)
		return event;
	if (!model_mem_read64(m, *pa, model_cds_cacheable(ste), MODEL_L1CD, &desc))
		return EVENT_F_CD_FETCH;
	if (!(desc & CDTAB_L1_V))
		return EVENT_C_BAD_SUBSTREAMID;
	return cd_pa(m, s2, (desc & CDTAB_L1_L2PTR) + (ssid & ((1U << split) - 1)) * 64ULL, walk,
		     pa);
}

u8 model_fetch_cd(struct model *m, u32 sid, u32 ssid, const struct smmu_ste *ste,
		  const struct model_stage *s2, bool cached, struct smmu_cd *cd,
		  struct model_walk *walk)
{
	u64 pa;
	u8 event;

	if (cached && model_cfg_get_cd(m, sid, ssid, cd))
		return 0;
	event = cd_address(m, ssid, ste, s2, walk, &pa);
	if (!event && !read_words(m, pa, model_cds_cacheable(ste), MODEL_CD, cd->w, CD_WORDS))
		event = EVENT_F_CD_FETCH;
	if (event == EVENT_F_CD_FETCH)
		model_violate(m, "stream 0x%x: no memory for its CD", sid);
	if (!event && cached)
		model_cfg_put_cd(m, sid, ssid, cd);
	return event;
}

static const char *bad_cd(struct model *m, u64 w0, u64 w1)
{
	u8 t0sz = FIELD_GET(CD0_T0SZ, w0);

	if (w0 & ~CD0_FIELDS || w1 & ~(CD1_TTB0 | CD1_HAFT))
		return "reserved bits";
	if (!(w0 & CD0_AA64))
		return "AA64";
	if (w0 & CD0_ENDI)
		return "ENDI";
	if (FIELD_GET(CD0_ASID, w0) >> m->feat.asid_bits)
		return "ASID";
	if (smmu_oas_decode(FIELD_GET(CD0_IPS, w0)) > m->feat.oas_bits)
		return "IPS";
	if (!(w0 & CD0_EPD1))
		return "TTB1 is not disabled";
	if (w0 & (CD0_HA | CD0_HD) && !(m->feat.flags & SMMU_FEAT_HA))
		return "HA without hardware access flag";
	if (w0 & CD0_HD && !(m->feat.flags & SMMU_FEAT_HD))
		return "HD without hardware dirty state";
	if (w0 & CD0_S && !(m->feat.flags & (SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE)))
		return "S without stalls";
	if (!(w0 & CD0_S) && m->feat.flags & SMMU_FEAT_STALL_FORCE)
		return "no S where faults always stall";
	if (w0 & CD0_EPD0)
		return NULL;
	if (m->cfg.noncoherent && w0 & (CD0_IR0 | CD0_OR0))
		return "cacheable walks, and the SMMU is not coherent";
	if (!has_granule(m, FIELD_GET(CD0_TG0, w0)))
		return "TG0";
	if (64 - t0sz > m->feat.va_bits || t0sz > 39)
		return "T0SZ";
	if (!(w1 & CD1_TTB0))
		return "no TTB0";
	if (!FIELD_GET(CD0_ASID, w0))
		return "ASID 0";
	return NULL;
}

u8 model_check_cd(struct model *m, u32 sid, const struct smmu_cd *cd)
{
	u64 w0 = le64_to_cpu(cd->w[0]);
	const char *why;

	if (!(w0 & CD0_V))
		return EVENT_C_BAD_CD;
	why = bad_cd(m, w0, le64_to_cpu(cd->w[1]));
	if (!why)
		return 0;
	model_violate(m, "CD of stream 0x%x: %s (%016llx %016llx)", sid, why, w0,
		      le64_to_cpu(cd->w[1]));
	return EVENT_C_BAD_CD;
}

static u8 granule_shift(u8 tg)
{
	static const u8 shift[] = { 12, 16, 14, 12 };

	return shift[tg];
}

void model_stage1(struct model *m, const struct smmu_ste *ste, const struct smmu_cd *cd,
		  struct model_stage *st)
{
	u64 w0 = le64_to_cpu(cd->w[0]), ste1 = le64_to_cpu(ste->w[1]);
	u8 bits;

	*st = (struct model_stage) {
		.key.asid = FIELD_GET(CD0_ASID, w0),
		.key.vmid = FIELD_GET(STE2_S2VMID, le64_to_cpu(ste->w[2])),
		.key.el2 = FIELD_GET(STE1_STRW, ste1) == STE_STRW_EL2,
		.ttb = le64_to_cpu(cd->w[1]) & CD1_TTB0,
		.ias = 64 - FIELD_GET(CD0_T0SZ, w0),
		.oas = smmu_oas_decode(FIELD_GET(CD0_IPS, w0)),
		.pgshift = granule_shift(FIELD_GET(CD0_TG0, w0)),
		.hd = w0 & CD0_HD,
		.affd = w0 & CD0_AFFD,
		.cacheable = w0 & (CD0_IR0 | CD0_OR0),
	};
	bits = st->pgshift - 3;
	st->level = 4 - DIV_ROUND_UP(st->ias - st->pgshift, bits);
}

/* S2SL0 counts levels from the other end, and differently with each granule */
void model_stage2(struct model *m, const struct smmu_ste *ste, struct model_stage *st)
{
	u64 w2 = le64_to_cpu(ste->w[2]);
	u8 sl0 = FIELD_GET(STE2_S2SL0, w2);

	*st = (struct model_stage) {
		.key.vmid = FIELD_GET(STE2_S2VMID, w2),
		.key.stage2 = true,
		.ttb = le64_to_cpu(ste->w[3]) & STE3_S2TTB,
		.ias = 64 - FIELD_GET(STE2_S2T0SZ, w2),
		.oas = smmu_oas_decode(FIELD_GET(STE2_S2PS, w2)),
		.pgshift = granule_shift(FIELD_GET(STE2_S2TG, w2)),
		.hd = w2 & STE2_S2HD,
		.affd = w2 & STE2_S2AFFD,
		.cacheable = w2 & (STE2_S2IR0 | STE2_S2OR0),
	};
	st->level = (st->pgshift == 12 ? 2 : 3) - sl0;
}
