/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of SMMU_FEAT_*: debugfs prints them, and the parameter disable_features takes them. */
#ifndef SMMU_CORE_FEATURE_H
#define SMMU_CORE_FEATURE_H

#include <linux/types.h>

/* Name of bit @bit of smmu_features.flags; NULL from SMMU_FEAT_NR on */
const char *smmu_feature_name(unsigned int bit);

/**
 * smmu_feature_parse() - convert names to flags
 * @list: names with ',' or '+' between them; a newline may end it. An empty list names no feature.
 * @flags: out: SMMU_FEAT_*; not written on error
 * Return: 0, or -EINVAL for an unknown name
 */
int smmu_feature_parse(const char *list, u32 *flags);

#endif
