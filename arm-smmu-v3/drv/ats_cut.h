/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cutting off a device that leaves an ATC_INV unanswered.
 *
 * Such a device holds up a CMD_SYNC, and with it everything on the queue, for as long as PCIe
 * allows (about a minute). Whoever loses patience first takes ATS and bus mastering away from the
 * streams that the CMD_SYNC waits for. That is done in config space and works in any context.
 * From then on nothing that their ATCs hold can be used. Which of the devices it was is found
 * out later by smmu_ats_recover(), see ats.h.
 */
#ifndef SMMU_DRV_ATS_CUT_H
#define SMMU_DRV_ATS_CUT_H

#include <linux/types.h>

struct smmu_array;
struct smmu_device;
struct smmu_iommu;

/**
 * smmu_ats_cut() - this stream's device does not use its ATC from here on
 * @smmu: SMMU
 * @sid: StreamID, as a command says
 *
 * Any context. Has smmu_ats_recover() run later.
 * Return: false when no device with ATS on has this StreamID
 */
bool smmu_ats_cut(struct smmu_device *smmu, u32 sid);

/* The same for all ATS entries of one SMMU in an array, under rcu_read_lock() */
void smmu_ats_cut_array(struct smmu_device *smmu, const struct smmu_array *array);

/* Have smmu_ats_recover() run in @ms; any context. Suites replace it. */
void smmu_ats_recover_later(struct smmu_iommu *iommu, u32 ms);

#endif
