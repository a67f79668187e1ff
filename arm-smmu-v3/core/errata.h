/* SPDX-License-Identifier: GPL-2.0-only */
/* Errata of an SMMU: by its IIDR where that names the part, else by what firmware says. */
#ifndef SMMU_CORE_ERRATA_H
#define SMMU_CORE_ERRATA_H

#include <linux/types.h>

#include <smmuv3/features.h>

/* IORT, SMMUv3 node, field Model */
#define SMMU_MODEL_GENERIC		0
#define SMMU_MODEL_HISILICON_HI161X	1
#define SMMU_MODEL_CAVIUM_CN99XX	2

/**
 * struct smmu_dt_erratum - an erratum that a device tree node may name
 * @property: boolean property, or NULL
 * @compatible: compatible string, or NULL
 * @errata: SMMU_ERRATUM_*
 */
struct smmu_dt_erratum {
	const char *property;
	const char *compatible;
	u32 errata;
};

/* Table for a caller that can read device trees; it ends with an all-zero element */
extern const struct smmu_dt_erratum smmu_dt_errata[];

/**
 * smmu_errata_of_model() - errata by the IORT model
 * @model: SMMU_MODEL_*; other models have no errata
 * Return: SMMU_ERRATUM_*, for struct smmu_ident_env
 */
u32 smmu_errata_of_model(u32 model);

/**
 * smmu_errata_apply() - remove features that do not work and add errata to observe
 * @iidr: IIDR
 * @flags: in and out: SMMU_FEAT_*
 * @errata: in and out: SMMU_ERRATUM_*
 */
void smmu_errata_apply(u32 iidr, u32 *flags, u32 *errata);

#endif
