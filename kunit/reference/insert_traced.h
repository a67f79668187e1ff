/* SPDX-License-Identifier: GPL-2.0-only */
/* core/insert.c with atomics that report to the arena; core/insert.h describes the functions */
#ifndef KUNIT_MODELS_INSERT_TRACED_H
#define KUNIT_MODELS_INSERT_TRACED_H

#include <linux/types.h>

struct smmu_cmd;
struct smmu_inserter;
struct smmu_inserter_cpu;

bool traced_insert_admits(const struct smmu_inserter *ins, const struct smmu_inserter_cpu *me,
			  u64 cons);
u64 traced_insert(struct smmu_inserter *ins, struct smmu_inserter_cpu *me,
		  const struct smmu_cmd *cmd, u32 n);

#endif
