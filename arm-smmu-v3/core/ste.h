/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STE builders, and which bits of an STE hardware reads. Arm IHI 0070, section 5.2.
 *
 * Builders write all eight words; fields that the configuration ignores are 0. What the features
 * do not allow (stalls, S1STALLD, full ATS together with stalls) is left out even if the caller
 * asks for it, so that the result is never an illegal STE.
 */
#ifndef SMMU_CORE_STE_H
#define SMMU_CORE_STE_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

#include <smmuv3/features.h>
#include <smmuv3/ste.h>

/**
 * struct smmu_ste_s1 - stage 1 through a CD table
 * @cdtab: bus address of the CD table (level 1 or linear), 64-byte aligned
 * @s1cdmax: log2 of the number of SubstreamIDs, 0 for one CD
 * @fmt: STE_S1FMT_*
 * @s1dss: STE_S1DSS_*: what happens to requests without SubstreamID when @s1cdmax > 0
 * @eats: STE_EATS_*
 * @stall: faults may stall (else S1STALLD is set where the SMMU implements stalls)
 * @ppar: automatic answers to page requests have a PASID; left out where there is no PRI (5.2)
 */
struct smmu_ste_s1 {
	u64 cdtab;
	u8 s1cdmax;
	u8 fmt;
	u8 s1dss;
	u8 eats;
	bool stall;
	bool ppar;
};

/**
 * struct smmu_ste_s2 - stage 2
 * @ttb: S2TTB
 * @vmid: VMID
 * @t0sz: 64 - input bits
 * @sl0: start level field
 * @ir0: inner cacheability of walks
 * @or0: outer cacheability of walks
 * @sh0: shareability of walks
 * @tg: S2TG encoding as VTCR has it (0: 4K, 1: 64K, 2: 16K)
 * @ps: output size encoding
 * @eats: STE_EATS_*
 * @s2fwb: S2FWB
 * @stall: S2S; never together with @eats (5.2: bad STE); stage 2 always records faults (S2R)
 * @s1_stall: faults of a guest's stage 1 over it may stall, where the guest wants that. Apart from
 *	@stall, because a guest's VMM answers faults of stage 1 only.
 * @hd: hardware dirty state (S2HD, and S2HA with it)
 */
struct smmu_ste_s2 {
	u64 ttb;
	u16 vmid;
	u8 t0sz;
	u8 sl0;
	u8 ir0;
	u8 or0;
	u8 sh0;
	u8 tg;
	u8 ps;
	u8 eats;
	bool s2fwb;
	bool stall;
	bool s1_stall;
	bool hd;
};

void smmu_ste_make_abort(struct smmu_ste *ste);
void smmu_ste_make_bypass(struct smmu_ste *ste, const struct smmu_features *feat);
void smmu_ste_make_s1(struct smmu_ste *ste, const struct smmu_features *feat,
		      const struct smmu_ste_s1 *s1);
void smmu_ste_make_s2(struct smmu_ste *ste, const struct smmu_features *feat,
		      const struct smmu_ste_s2 *s2);

/* Bits of a guest's vSTE that it may set, words 0 and 1 */
#define VSTE0_ALLOWED	(STE0_V | STE0_CONFIG | STE0_S1FMT | VSTE0_S1CTXPTR | STE0_S1CDMAX)
/* An IPA has at most 52 bits; the field's bits above the address size are RES0 (5.2) */
#define VSTE0_S1CTXPTR	GENMASK_ULL(51, 6)
#define VSTE1_ALLOWED	(STE1_S1DSS | STE1_S1CIR | STE1_S1COR | STE1_S1CSH | \
			 STE1_S1STALLD | STE1_EATS)

/**
 * smmu_ste_check_vste() - may this guest STE be nested?
 * @vste: words 0 and 1 as the guest wrote them, little-endian
 * Return: 0; -EIO if Config is not abort, bypass or stage 1, EATS is neither off nor full, or a
 *	bit that is not allowed is set. With V = 0 the other bits do not matter, because the vSTE
 *	becomes an abort STE. Nothing else is checked, because other mistakes harm only the guest.
 */
int smmu_ste_check_vste(const __le64 vste[2]);

/**
 * smmu_ste_make_nested() - put a checked vSTE on top of a stage 2
 * @ste: out: abort, stage 2 only (guest bypass) or stage 1 + 2
 * @feat: features
 * @vste: has passed smmu_ste_check_vste()
 * @s2: stage 2 of the parent, with the vSMMU's VMID; s2->eats is what the host allows: the guest's
 *	EATS counts only with it. The same holds for s2->s1_stall: without it the guest's stage 1
 *	gets S1STALLD.
 */
void smmu_ste_make_nested(struct smmu_ste *ste, const struct smmu_features *feat,
			  const __le64 vste[2], const struct smmu_ste_s2 *s2);

/**
 * smmu_ste_used() - bits of an STE that hardware reads
 * @words: STE_WORDS little-endian words
 * @used: out: mask of the same size; hardware ignores the bits outside it
 *
 * The hitless writer is built on this, see entry.h.
 */
void smmu_ste_used(const __le64 *words, __le64 *used);

/**
 * smmu_ste_safe() - bits in which old and new may differ freely during one step, although both use
 * them
 * @cur: STE in place
 * @target: STE to be
 * @safe: out: mask. MEV always, because it is only a hint; EATS between off and full, because the
 *	device uses no ATS meanwhile, except where full ATS could meet S2S.
 */
void smmu_ste_safe(const __le64 *cur, const __le64 *target, __le64 *safe);

/**
 * smmu_ste_via() - must a change go through a third STE?
 * @cur: STE in place
 * @target: STE to be
 * @via: written when true is returned: the STE to have in between, abort
 *
 * The SMMU caches CDs by StreamID and SubstreamID, not by the table that they were read from
 * (4.3.3), until the CFGI_STE that follows a change (4.3.1). So between the store and that
 * CFGI_STE it may use a CD under the other STE. If both STEs have the same stage 2, or none, only
 * the owner of both CD tables sees old and new mixed. If stage 2 differs (present or not, S2VMID,
 * S2TTB), the addresses in a guest's CD would mean something else: physical memory, or another
 * guest's. The addresses of the CD tables say nothing about this: the host chooses one, a guest
 * the other.
 *
 * Abort has a price, so the first kind of change does without: an abort STE answers a Translation
 * Request with UR (3.9.1.2), and ATS stays on meanwhile.
 *
 * Return: true with @via written, false when @cur may become @target directly
 */
bool smmu_ste_via(const __le64 *cur, const __le64 *target, __le64 *via);

/* Name for logs: "abort", "bypass", "stage1", "stage2", "nested", "invalid" */
const char *smmu_ste_kind(const struct smmu_ste *ste);

/* STE.Config of an STE of the host or of a guest, whatever V says */
static inline u8 smmu_ste_config(const __le64 *words)
{
	return FIELD_GET(STE0_CONFIG, le64_to_cpu(words[0]));
}

#endif
