/* SPDX-License-Identifier: GPL-2.0-only */
/* CD builders, and which bits of a CD hardware reads. Arm IHI 0070, section 5.4. */
#ifndef SMMU_CORE_CD_H
#define SMMU_CORE_CD_H

#include <linux/types.h>

#include <smmuv3/cd.h>
#include <smmuv3/features.h>

/**
 * struct smmu_cd_s1 - stage-1 translation through TTB0
 * @ttb: TTB0
 * @mair: MAIR
 * @asid: ASID
 * @t0sz: 64 - input bits
 * @tg: CD_TG0_*
 * @ir0: inner cacheability of walks
 * @or0: outer cacheability of walks
 * @sh0: shareability of walks
 * @ips: output size encoding
 * @hd: hardware dirty state (HD and HA)
 * @ha: hardware access flag
 * @haft: hardware access flag in table descriptors too; needs @ha
 * @stall: CD.S, faults may stall
 * @aset: ASET = 1: the ASID is not shared with the CPUs; with false the CD takes part in BTM
 */
struct smmu_cd_s1 {
	u64 ttb;
	u64 mair;
	u16 asid;
	u8 t0sz;
	u8 tg;
	u8 ir0;
	u8 or0;
	u8 sh0;
	u8 ips;
	bool hd;
	bool ha;
	bool haft;
	bool stall;
	bool aset;
};

void smmu_cd_make_s1(struct smmu_cd *cd, const struct smmu_features *feat,
		     const struct smmu_cd_s1 *s1);

/**
 * smmu_cd_make_dead() - the CD of an address space that is gone: every access faults, quietly
 * @cd: out: EPD0 | EPD1, R = 0; the CD needs no tag and no table
 * @feat: features; where faults can only stall, S stays 1 and the faults are recorded
 * @asid: ASID of the CD before, kept so that the change is hitless
 */
void smmu_cd_make_dead(struct smmu_cd *cd, const struct smmu_features *feat,
		       u16 asid);

void smmu_cd_make_invalid(struct smmu_cd *cd);

/*
 * This has the same contract as smmu_ste_used(). Every field of a CD affects the translation, so
 * none is safe to change early.
 */
void smmu_cd_used(const __le64 *words, __le64 *used);

#endif
