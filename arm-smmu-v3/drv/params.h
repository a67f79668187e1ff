/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters; what they mean is said once, in params.c. */
#ifndef SMMU_DRV_PARAMS_H
#define SMMU_DRV_PARAMS_H

#include <linux/types.h>

/* SMMU_FEAT_* to treat as absent */
u32 smmu_param_disabled(void);
/* log2 cap on queue entries, 0 for none */
u8 smmu_param_queue_cap(void);
/* take SMMUs over although devices behind them are driven already */
bool smmu_param_force(void);

#endif
