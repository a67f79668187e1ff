/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters; what they mean is said once, in params.c. */
#ifndef SMMU_DRV_PARAMS_H
#define SMMU_DRV_PARAMS_H

#include <linux/types.h>

struct smmu_tuning;

/* SMMU_FEAT_* to treat as absent */
u32 smmu_param_disabled(void);
/* Queues: their size and how commands are inserted, and what a crash kernel does without */
void smmu_param_tuning(struct smmu_tuning *tuning);
/* The latter: a small command queue, and no other */
void smmu_param_kdump(struct smmu_tuning *tuning);
/* take SMMUs over although devices behind them are driven already */
bool smmu_param_force(void);

#endif
