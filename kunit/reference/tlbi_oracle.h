/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a TLB invalidation command does, read back from its 128 bits. This is written from Arm IHI
 * 0070, section 4.4, and shares nothing with the encoder: the tests of the range encoder and of
 * the plan, and the model of an SMMU, rely on it.
 */
#ifndef SMMU_KUNIT_TLBI_ORACLE_H
#define SMMU_KUNIT_TLBI_ORACLE_H

#include <linux/types.h>

#include <smmuv3/cmd.h>

enum tlbi_scope {
	TLBI_SCOPE_NONE,	/* no TLB invalidation at all */
	TLBI_SCOPE_RANGE,	/* addresses [first, last] of one tag */
	TLBI_SCOPE_TAG,		/* everything of one tag */
	TLBI_SCOPE_ALL,		/* everything */
};

/**
 * struct tlbi_effect - TLB entries that must go
 * @scope: what the command is about; fields that do not belong to that are 0
 * @s1: entries of stage 1 go
 * @s2: entries of stage 2 go
 * @el2: entries of the EL2 world go, else of EL1
 * @has_asid: only entries with @asid go
 * @has_vmid: only entries with @vmid go
 * @leaf: only last-level entries go; else cached tables as well
 * @tg: log2 of the granule that entries must have been made with, 0 for any
 * @level: level of the leaf entries, 0 for any
 * @asid: ASID
 * @vmid: VMID
 * @first: first byte
 * @last: last byte, inclusive
 */
struct tlbi_effect {
	enum tlbi_scope scope;
	bool s1;
	bool s2;
	bool el2;
	bool has_asid;
	bool has_vmid;
	bool leaf;
	u8 tg;
	u8 level;
	u16 asid;
	u16 vmid;
	u64 first;
	u64 last;
};

/**
 * tlbi_decode() - decode the effect of a command
 * @cmd: any command
 * @entry_shift: log2 of the size of the TLB entries that the caller is interested in. A command
 *	without a range hits the entry around its address, whatever the entry's size: first and
 *	last are that entry's. (That is what the command means. It must still not be sent to an
 *	SMMU that has ranges, because some of these hang on it.)
 * @effect: filled
 */
void tlbi_decode(const struct smmu_cmd *cmd, u8 entry_shift,
		 struct tlbi_effect *effect);

/* log2 of the leaf size at a level of a granule's tables; 0 if there are no leaves */
u8 tlbi_leaf_shift(u8 granule_shift, u8 level);

#endif
