// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: a text, as the parameter disable_features takes it, is refused, or names features, each
 *	of them with its own name; and what the names of features say is read as these features
 * input: a set of features, a byte for the separators; a text
 * long: 200
 * mutant: core/feature.c s/strlen(names\[i\]) == len \&\& //
 * mutant: core/feature.c s/if (!\*list || \*list == .\\n.)/if (0)/
 * mutant: core/feature.c s/strcspn(list, ",+\\n")/strcspn(list, ",+")/
 */
#include "kernel.h"

#include "core/feature.c"

/* The naive reader: cut the text at its separators, and look each piece up */
static int naive(const char *text, u32 *flags)
{
	size_t len = strcspn(text, "\n"), i, start = 0;
	u32 all = 0, bit;

	for (i = 0; len && i <= len; i++) {
		if (i < len && text[i] != ',' && text[i] != '+')
			continue;
		for (bit = 0; bit < SMMU_FEAT_NR; bit++) {
			const char *name = smmu_feature_name(bit);

			if (strlen(name) == i - start && !memcmp(name, text + start, i - start))
				break;
		}
		if (bit == SMMU_FEAT_NR)
			return -EINVAL;
		all |= 1U << bit;
		start = i + 1;
	}
	*flags = all;
	return 0;
}

static void there_and_back(u32 set, u8 separators)
{
	char text[SMMU_FEAT_NR * 16] = "";
	u32 bit, flags = ~set, n = 0;

	for (bit = 0; bit < SMMU_FEAT_NR; bit++) {
		if (!(set >> bit & 1))
			continue;
		if (n++)
			strcat(text, separators >> n % 7 & 1 ? "," : "+");
		strcat(text, smmu_feature_name(bit));
	}
	if (separators & 0x80)
		strcat(text, "\n");
	MUST(!smmu_feature_parse(text, &flags) && flags == set, "names are read as their features");
}

void fuzz_one(struct fuzz_input *in)
{
	u32 set = take_u32(in) & ((1U << SMMU_FEAT_NR) - 1), flags = 0x5a5a5a5a, want = flags;
	u8 separators = take_u8(in);
	size_t len = in->left;
	char *text = fuzz_copy(in, len + 1);
	int ret = smmu_feature_parse(text, &flags);

	MUST(ret == naive(text, &want), "taken or refused as the naive reader does");
	MUST(flags == want, "the same features, or nothing written");
	MUST(!smmu_feature_name(SMMU_FEAT_NR) && !smmu_feature_name(~0U), "no other has a name");
	there_and_back(set, separators);
	free(text);
}
