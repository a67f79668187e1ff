// SPDX-License-Identifier: GPL-2.0-only
/*
 * The errata tables and the names of known parts.
 *
 * IIDR holds the implementer as a JEP106 code; its Variant is the rN and its Revision the pN of a
 * part's rNpN. For the driver an erratum means either a feature less or a flag that the command
 * paths observe, and both only for the SMMU that has the erratum.
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/types.h>

#include <smmuv3/regs.h>

#include "errata.h"
#include "ident.h"

#define IMPL_ARM		0x43b
#define IMPL_HISILICON		0x736
#define IMPL_NVIDIA		0x36b

#define ARM_MMU_600		0x483
#define ARM_MMU_700		0x487
#define ARM_MMU_L1		0x48a
#define ARM_MMU_S3		0x498

/* Variant and Revision as one number that grows with the release */
#define RELEASE(r, p)		((r) << 4 | (p))
#define RELEASE_ANY		RELEASE(16, 0)

/**
 * struct iidr_erratum - one erratum, or several with the same scope
 * @implementer: IIDR.Implementer
 * @product: IIDR.ProductID
 * @before: releases before this one have the erratum
 * @lost: SMMU_FEAT_* that must not be used
 * @care: SMMU_ERRATUM_* to observe
 */
struct iidr_erratum {
	u16 implementer;
	u16 product;
	u16 before;
	u32 lost;
	u32 care;
};

static const struct iidr_erratum iidr_errata[] = {
	/* 1209401: no nesting before r2p0 */
	{ IMPL_ARM, ARM_MMU_600, RELEASE(2, 0), .lost = SMMU_FEAT_NESTING },
	/* 3777127 and others: no broadcast TLB maintenance, all releases */
	{ IMPL_ARM, ARM_MMU_700, RELEASE_ANY, .lost = SMMU_FEAT_BTM },
	/* 2268618 (no nesting), 2812531 (no nesting, CMD_SYNC per batch): fixed in r1p1 */
	{ IMPL_ARM, ARM_MMU_700, RELEASE(1, 1), .lost = SMMU_FEAT_NESTING,
	  .care = SMMU_ERRATUM_SYNC_PER_BATCH },
	/* 3878312: no broadcast TLB maintenance, all releases */
	{ IMPL_ARM, ARM_MMU_L1, RELEASE_ANY, .lost = SMMU_FEAT_BTM },
	/* 3995052: no broadcast TLB maintenance, all releases */
	{ IMPL_ARM, ARM_MMU_S3, RELEASE_ANY, .lost = SMMU_FEAT_BTM },
};

void smmu_errata_apply(u32 iidr, u32 *flags, u32 *errata)
{
	u32 release = RELEASE(FIELD_GET(IIDR_VARIANT, iidr),
			      FIELD_GET(IIDR_REVISION, iidr));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(iidr_errata); i++) {
		const struct iidr_erratum *e = &iidr_errata[i];

		if (e->implementer != FIELD_GET(IIDR_IMPLEMENTER, iidr) ||
		    e->product != FIELD_GET(IIDR_PRODUCTID, iidr) ||
		    release >= e->before)
			continue;
		*flags &= ~e->lost;
		*errata |= e->care;
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_errata_apply);

u32 smmu_errata_of_model(u32 model)
{
	switch (model) {
	case SMMU_MODEL_HISILICON_HI161X:
		/* Hip06, Hip07: 161010701 */
		return SMMU_ERRATUM_NO_PREFETCH;
	case SMMU_MODEL_CAVIUM_CN99XX:
		/* ThunderX2: 74 */
		return SMMU_ERRATUM_PAGE0_ONLY;
	default:
		return 0;
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_errata_of_model);

const struct smmu_dt_erratum smmu_dt_errata[] = {
	{ .property = "hisilicon,broken-prefetch-cmd",
	  .errata = SMMU_ERRATUM_NO_PREFETCH },
	{ .property = "cavium,cn9900-broken-page1-regspace",
	  .errata = SMMU_ERRATUM_PAGE0_ONLY },
	/* T264-SMMU-3 */
	{ .compatible = "nvidia,tegra264-smmu",
	  .errata = SMMU_ERRATUM_REPEAT_TLBI },
	{}
};
EXPORT_SYMBOL_IF_KUNIT(smmu_dt_errata);

static const char *arm_part(u32 product)
{
	switch (product) {
	case ARM_MMU_600:
		return "Arm MMU-600";
	case ARM_MMU_700:
		return "Arm MMU-700";
	case ARM_MMU_L1:
		return "Arm MMU L1";
	case ARM_MMU_S3:
		return "Arm MMU S3";
	default:
		return "Arm part";
	}
}

const char *smmu_ident_part(u32 iidr)
{
	switch (FIELD_GET(IIDR_IMPLEMENTER, iidr)) {
	case IMPL_ARM:
		return arm_part(FIELD_GET(IIDR_PRODUCTID, iidr));
	case IMPL_HISILICON:
		return "HiSilicon part";
	case IMPL_NVIDIA:
		return "NVIDIA part";
	default:
		return "unknown part";
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ident_part);
