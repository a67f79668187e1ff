/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STEs and CDs that somebody else has written, and that are found in memory: is an entry one that
 * an SMMU with these features can use, and which ids and tables does it name? Arm IHI 0070, 5.2,
 * 5.4.
 *
 * The content may be anything. What this driver does not know is refused, even where the
 * specification allows it: bits that it has no name for, tables of AArch32, S1DSS and S1Fmt that
 * are reserved. So an entry that passes is one that the hitless writer can change (entry.h), and
 * memory that is no stream table does not pass for one.
 */
#ifndef SMMU_CORE_FOUND_H
#define SMMU_CORE_FOUND_H

#include <linux/types.h>

#include <smmuv3/cd.h>
#include <smmuv3/features.h>
#include <smmuv3/ste.h>

/**
 * struct smmu_found_ste - what an STE leads to
 * @live: it lets requests pass, translated or not; the rest counts only then
 * @vmid: VMID that its TLB entries carry, 0 for none
 * @s2ttb: table of stage 2, 0 for none
 * @cdtab: address of the CD table, 0 for none. With @s2ttb it is an IPA.
 * @cdmax: log2 of the number of CDs
 * @split: log2 of the CDs in a leaf; 0 for a linear table
 * @s2_stalls: faults of stage 2 stall
 * @s1_stalls: faults of stage 1 may stall if the CD says so
 */
struct smmu_found_ste {
	bool live;
	u16 vmid;
	u64 s2ttb;
	u64 cdtab;
	u8 cdmax;
	u8 split;
	bool s2_stalls;
	bool s1_stalls;
};

/**
 * smmu_found_ste() - look at an STE
 * @ste: a copy, or memory that nobody writes
 * @feat: what the SMMU has, whatever the user has disabled
 * @found: out
 * Return: NULL, or what is wrong with the STE: the end of a sentence, for the log
 */
const char *smmu_found_ste(const struct smmu_ste *ste, const struct smmu_features *feat,
			   struct smmu_found_ste *found);

/**
 * struct smmu_found_cd - what a CD leads to
 * @valid: CD.V; the rest counts only then
 * @asid: ASID
 * @ttb: tables that the SMMU may walk, 0 for none
 * @stalls: faults stall
 */
struct smmu_found_cd {
	bool valid;
	u16 asid;
	u64 ttb[2];
	bool stalls;
};

/* Look at a CD. Arguments and result are those of smmu_found_ste() */
const char *smmu_found_cd(const struct smmu_cd *cd, const struct smmu_features *feat,
			  struct smmu_found_cd *found);

#endif
