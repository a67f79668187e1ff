/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long waits for CMD_SYNCs take: a histogram for each SMMU. It is off until somebody asks for
 * it, and then costs a jump that is not taken.
 */
#ifndef SMMU_HW_WAITS_H
#define SMMU_HW_WAITS_H

#include <linux/jump_label.h>
#include <linux/types.h>

struct smmu_device;

/*
 * Bucket n is for waits of less than 2^n ns that are in no bucket before; the last is for the rest
 */
#define SMMU_WAITS_BUCKETS	40

/**
 * struct smmu_waits - waits of one CPU, or of all
 * @n: number of waits, by bucket
 * @ns: time that all waits have taken
 */
struct smmu_waits {
	u64 n[SMMU_WAITS_BUCKETS];
	u64 ns;
};

/* Number of SMMUs whose waits are counted */
DECLARE_STATIC_KEY_FALSE(smmu_waits_key);

static inline bool smmu_waits_are_counted(void)
{
	return static_branch_unlikely(&smmu_waits_key);
}

/* Count a wait of @ns on the SMMU, if its waits are counted. Any context. */
void smmu_waits_count(struct smmu_device *smmu, u64 ns);

/**
 * smmu_waits_set() - begin to count waits, from zero, or end it
 * @smmu: SMMU
 * @on: begin
 *
 * Process context. What was counted stays until the next beginning.
 * Return: 0 or -ENOMEM
 */
int smmu_waits_set(struct smmu_device *smmu, bool on);

/* Add up what all CPUs have counted. Return: waits are being counted */
bool smmu_waits_sum(struct smmu_device *smmu, struct smmu_waits *sum);

/* End it for good; nobody waits any more */
void smmu_waits_free(struct smmu_device *smmu);

#endif
