/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of SMMU_FEAT_*: what debugfs prints, and what the parameter disable_features takes. */
#ifndef SMMU_CORE_FEATURE_H
#define SMMU_CORE_FEATURE_H

#include <linux/types.h>

/* Name of bit @bit of smmu_features.flags; NULL from SMMU_FEAT_NR on */
const char *smmu_feature_name(unsigned int bit);

/**
 * smmu_feature_parse() - names to flags
 * @list: names with ',' or '+' between them; a newline may end it. Empty is no feature.
 * @flags: out: SMMU_FEAT_*; not touched on error
 * Return: 0, or -EINVAL for a name that there is not
 */
int smmu_feature_parse(const char *list, u32 *flags);

#endif
