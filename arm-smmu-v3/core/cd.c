// SPDX-License-Identifier: GPL-2.0-only
/*
 * Context descriptors: builders, and which bits of a CD mean something.
 *
 * The CDs made here translate through TTB0 only (EPD1 is always set), by little-endian AArch64
 * tables. The functions here do not touch memory that hardware reads: the entry writer puts a CD
 * there.
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/types.h>

#include "cd.h"

/* Fields that a walk through TTB0 needs; with EPD0 hardware ignores them (5.4) */
#define CD0_WALK0	(CD0_T0SZ | CD0_TG0 | CD0_IR0 | CD0_OR0 | CD0_SH0)

/*
 * A is set (abort, no RAZ/WI), because terminating silently is optional for an implementation
 * (IDR0.TERM_MODEL). EPD1 is set, because the table half behind TTB1 is never used.
 */
#define CD0_COMMON	(CD0_V | CD0_AA64 | CD0_EPD1 | CD0_A)

/* S must be 1 where the SMMU can only stall, and 0 where it never does (5.4) */
static bool cd_stalls(const struct smmu_features *feat, bool wanted)
{
	if (feat->flags & SMMU_FEAT_STALL_FORCE)
		return true;
	return wanted && (feat->flags & SMMU_FEAT_STALL);
}

void smmu_cd_make_s1(struct smmu_cd *cd, const struct smmu_features *feat,
		     const struct smmu_cd_s1 *s1)
{
	u64 word0 = CD0_COMMON | CD0_R;

	word0 |= FIELD_PREP(CD0_T0SZ, s1->t0sz) |
		 FIELD_PREP(CD0_TG0, s1->tg) |
		 FIELD_PREP(CD0_IR0, s1->ir0) |
		 FIELD_PREP(CD0_OR0, s1->or0) |
		 FIELD_PREP(CD0_SH0, s1->sh0) |
		 FIELD_PREP(CD0_IPS, s1->ips) |
		 FIELD_PREP(CD0_ASID, s1->asid);
	if (s1->aset)
		word0 |= CD0_ASET;
	/* HD without HA is an illegal CD */
	if (s1->hd)
		word0 |= CD0_HD | CD0_HA;
	if (s1->ha)
		word0 |= CD0_HA;
	if (cd_stalls(feat, s1->stall))
		word0 |= CD0_S;

	memset(cd, 0, sizeof(*cd));
	cd->w[0] = cpu_to_le64(word0);
	cd->w[1] = cpu_to_le64((s1->ttb & CD1_TTB0) | (s1->haft ? CD1_HAFT : 0));
	cd->w[3] = cpu_to_le64(s1->mair);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cd_make_s1);

void smmu_cd_make_dead(struct smmu_cd *cd, const struct smmu_features *feat,
		       u16 asid)
{
	u64 word0 = CD0_COMMON | CD0_EPD0 | CD0_ASET |
		    FIELD_PREP(CD0_ASID, asid);

	/* Stalled faults are recorded even with R = 0, which hides only the other faults */
	if (cd_stalls(feat, false))
		word0 |= CD0_S;

	memset(cd, 0, sizeof(*cd));
	cd->w[0] = cpu_to_le64(word0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cd_make_dead);

void smmu_cd_make_invalid(struct smmu_cd *cd)
{
	memset(cd, 0, sizeof(*cd));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cd_make_invalid);

void smmu_cd_used(const __le64 *words, __le64 *used)
{
	u64 word0 = le64_to_cpu(words[0]);
	u64 ignored;

	if (!(word0 & CD0_V)) {
		memset(used, 0, sizeof(struct smmu_cd));
		used[0] = cpu_to_le64(CD0_V);
		return;
	}

	memset(used, 0xff, sizeof(struct smmu_cd));
	if (!(word0 & CD0_EPD0))
		return;

	used[0] &= cpu_to_le64(~CD0_WALK0);
	ignored = CD1_TTB0;
	if (word0 & CD0_EPD1) {
		/*
		 * There is no walk at all, so neither attributes nor the table access flag are
		 * used
		 */
		ignored |= CD1_HAFT;
		used[3] &= cpu_to_le64(~CD3_MAIR);
	}
	used[1] &= cpu_to_le64(~ignored);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cd_used);
