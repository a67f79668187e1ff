// SPDX-License-Identifier: GPL-2.0-only
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include <smmuv3/features.h>

#include "feature.h"

static const char * const names[] = {
	[ilog2(SMMU_FEAT_S1)] = "stage1",
	[ilog2(SMMU_FEAT_S2)] = "stage2",
	[ilog2(SMMU_FEAT_NESTING)] = "nesting",
	[ilog2(SMMU_FEAT_STRTAB_2LVL)] = "strtab-2lvl",
	[ilog2(SMMU_FEAT_CDTAB_2LVL)] = "cdtab-2lvl",
	[ilog2(SMMU_FEAT_RIL)] = "range-inv",
	[ilog2(SMMU_FEAT_MSI)] = "msi",
	[ilog2(SMMU_FEAT_ATS)] = "ats",
	[ilog2(SMMU_FEAT_PRI)] = "pri",
	[ilog2(SMMU_FEAT_STALL)] = "stall",
	[ilog2(SMMU_FEAT_STALL_FORCE)] = "stall-force",
	[ilog2(SMMU_FEAT_HYP)] = "hyp",
	[ilog2(SMMU_FEAT_E2H)] = "e2h",
	[ilog2(SMMU_FEAT_HA)] = "hw-access",
	[ilog2(SMMU_FEAT_HD)] = "hw-dirty",
	[ilog2(SMMU_FEAT_HAFT)] = "haft",
	[ilog2(SMMU_FEAT_COHERENT)] = "coherent",
	[ilog2(SMMU_FEAT_S2FWB)] = "s2fwb",
	[ilog2(SMMU_FEAT_BBML2)] = "bbml2",
	[ilog2(SMMU_FEAT_BTM)] = "btm",
	[ilog2(SMMU_FEAT_VAX)] = "vax",
	[ilog2(SMMU_FEAT_ATTR_OVR)] = "attr-ovr",
	[ilog2(SMMU_FEAT_SVA)] = "sva",
	[ilog2(SMMU_FEAT_DS)] = "lpa2",
	[ilog2(SMMU_FEAT_ECMDQ)] = "ecmdq",
};

static_assert(ARRAY_SIZE(names) == SMMU_FEAT_NR);

const char *smmu_feature_name(unsigned int bit)
{
	return bit < ARRAY_SIZE(names) ? names[bit] : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_feature_name);

static u32 flag_of(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], name, len))
			return BIT(i);
	return 0;
}

int smmu_feature_parse(const char *list, u32 *flags)
{
	u32 all = 0, flag;
	size_t len;

	while (*list && *list != '\n') {
		len = strcspn(list, ",+\n");
		flag = flag_of(list, len);
		if (!flag)
			return -EINVAL;
		all |= flag;
		list += len;
		/* only a name may follow a separator */
		if (*list == ',' || *list == '+') {
			list++;
			if (!*list || *list == '\n')
				return -EINVAL;
		}
	}
	*flags = all;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_feature_parse);
