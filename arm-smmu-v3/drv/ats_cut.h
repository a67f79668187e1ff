/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cutting off a device that leaves an ATC_INV unanswered.
 *
 * Such a device holds up a CMD_SYNC, and everything behind it in the queue, for as long as PCIe
 * allows (about a minute). The first CPU whose deadline passes takes ATS and bus mastering away
 * from the devices of the streams that the CMD_SYNC waits for. It does so in config space, and can
 * do so in any context. From then on nothing that the ATCs of these devices hold can be used. Later
 * smmu_ats_recover() finds out which of the devices did not answer, see ats.h.
 */
#ifndef SMMU_DRV_ATS_CUT_H
#define SMMU_DRV_ATS_CUT_H

#include <linux/types.h>

struct smmu_array;
struct smmu_device;
struct smmu_iommu;

/**
 * smmu_ats_cut() - cut off the device of a stream, so that its ATC is not used from here on
 * @smmu: SMMU
 * @sid: StreamID, as a command names it
 *
 * Any context. Has smmu_ats_recover() run later.
 * Return: false when no device with ATS on has this StreamID
 */
bool smmu_ats_cut(struct smmu_device *smmu, u32 sid);

/* Call smmu_ats_cut() for all ATS entries of one SMMU in an array; under rcu_read_lock() */
void smmu_ats_cut_array(struct smmu_device *smmu, const struct smmu_array *array);

/* Have smmu_ats_recover() run in @ms milliseconds; any context. Suites replace this function. */
void smmu_ats_recover_later(struct smmu_iommu *iommu, u32 ms);

#endif
