// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/sizes.h>

#include <compat/mm.h>

#include "core/cd.h"
#include "core/ident.h"
#include "drv/mmtable.h"

/* Normal memory, write-back, read and write allocate; inner shareable */
#define WALK_WBWA	1
#define WALK_INNER	3

#if PAGE_SHIFT == 16
#define TG		CD_TG0_64K
#elif PAGE_SHIFT == 14
#define TG		CD_TG0_16K
#else
#define TG		CD_TG0_4K
#endif

void smmu_mmtable_needs(struct smmu_pt_needs *needs)
{
	struct compat_mm_format form;

	compat_mm_format(&form);
	*needs = (struct smmu_pt_needs) {
		.granule = PAGE_SIZE,
		.ias = form.va_bits,
		.oas = form.pa_bits,
		.coherent = true,
		.feats = (form.haft ? SMMU_FEAT_HAFT : 0) | (form.bbm ? SMMU_FEAT_BBML2 : 0),
	};
}

bool smmu_mmtable_walkable(const struct smmu_features *feat, const char **why)
{
	struct smmu_pt_needs needs;

	smmu_mmtable_needs(&needs);
	if (!(feat->flags & SMMU_FEAT_S1) || !feat->ssid_bits) {
		*why = "the SMMU has no SubstreamIDs";
		return false;
	}
	/* 52-bit addresses in small granules need descriptors of another format (LPA2) */
	if (needs.ias > 48 && PAGE_SIZE != SZ_64K) {
		*why = "the CPUs use LPA2";
		return false;
	}
	return smmu_can_walk(feat, &needs, why);
}

void smmu_mmtable_cd(const struct mm_struct *mm, const struct smmu_features *feat,
		     struct smmu_cd_s1 *s1)
{
	struct compat_mm_format form;

	compat_mm_format(&form);
	*s1 = (struct smmu_cd_s1) {
		.ttb = compat_mm_ttb(mm),
		.mair = form.mair,
		.t0sz = 64 - form.va_bits,
		.tg = TG,
		.ir0 = WALK_WBWA,
		.or0 = WALK_WBWA,
		.sh0 = WALK_INNER,
		.ips = smmu_oas_encode(form.pa_bits),
		/*
		 * the DBM and write-permission bits of the CPUs mean the same to the SMMU (VMSA,
		 * DBM)
		 */
		.ha = feat->flags & SMMU_FEAT_HA,
		.hd = feat->flags & SMMU_FEAT_HD,
		.haft = form.haft,
		.aset = true,
	};
}
