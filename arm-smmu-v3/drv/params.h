/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters. params.c describes each of them, for modinfo. */
#ifndef SMMU_DRV_PARAMS_H
#define SMMU_DRV_PARAMS_H

#include <linux/types.h>

struct smmu_tuning;

/* SMMU_FEAT_* to treat as absent */
u32 smmu_param_disabled(void);
/*
 * Get what the parameters say about queues: their size, how commands are inserted, and whether
 * completion is polled. In a crash kernel smmu_param_kdump() is applied, too.
 */
void smmu_param_tuning(struct smmu_tuning *tuning);
/*
 * Restrict @tuning to what a crash kernel needs: a small command queue, and no other queue; and let
 * it adopt the tables of the kernel before
 */
void smmu_param_kdump(struct smmu_tuning *tuning);
/* May devices ask for pages (PRI)? */
bool smmu_param_pri(void);
/* How many transactions of one guest may be stalled at a time; and for how many ms, at least 1 */
u32 smmu_param_guest_stalls(void);
u32 smmu_param_guest_stall_ms(void);
/* Take SMMUs over although devices behind them are in use already? */
bool smmu_param_force(void);

#endif
