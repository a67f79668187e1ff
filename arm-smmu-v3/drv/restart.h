/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing back an SMMU that was shut.
 *
 * An SMMU is shut when it does not do as told, or not in time: a queue that stands still for two
 * seconds may belong to an SMMU that is broken, or to one in an FPGA whose fabric is reconfigured.
 * While it is shut, it translates nothing, and invalidations are done without it. So what it holds
 * is stale when it comes back, and there is an order in which it may:
 *
 *  1. its queue has done everything that it was given, and SMMUEN = 0 is acknowledged
 *  2. it takes commands again; all TLB entries and cached configuration are invalidated, confirmed.
 *     Tags, CD tables and page tables that were withheld are given back: withhold.h.
 *  3. ATS goes off in all devices, and EATS in their STEs: ATCs hold what nobody has invalidated
 *  4. SMMUEN = 1: DMA goes on, of all domains at once
 *  5. device by device, the ATC is invalidated; where that is confirmed, ATS goes on
 *
 * The first try comes after a second, the next ones after twice the time of the one before, and
 * then one each minute. No master of the SMMU changes during steps 1 to 4, see master_lock.h. In
 * step 5 each master is locked in turn, so that nobody waits for the device of somebody else.
 * GBPA.ABORT stays set, so that there is nothing to wait for when the SMMU has to be shut again;
 * smmu_device_stop() clears it.
 *
 * An SMMU that was put to sleep comes back in the same way, see sleep.h.
 */
#ifndef SMMU_DRV_RESTART_H
#define SMMU_DRV_RESTART_H

#include <linux/types.h>

struct smmu_iommu;
struct work_struct;

/* The SMMU was shut: log what that means, and try to bring it back later. Any context. */
void smmu_restart_was_shut(struct smmu_iommu *iommu);

/*
 * Try it now, and turn ATS on where that is left to do, also if the SMMU was not shut. Process
 * context. Return: true when it is back.
 */
bool smmu_restart(struct smmu_iommu *iommu);

/**
 * smmu_restart_try() - steps 1 to 4
 * @iommu: SMMU that was shut, or is asleep
 * @awakes: the machine awakes; else nothing is done while it sleeps
 *
 * Process context; waits for the SMMU. Queues nothing.
 * Return: as smmu_device_restart(); -EAGAIN while the machine sleeps
 */
int smmu_restart_try(struct smmu_iommu *iommu, bool awakes);

/* Log that an SMMU is back that was shut */
void smmu_restart_is_back(struct smmu_iommu *iommu);

/**
 * smmu_restart_ats() - step 5
 * @iommu: SMMU that is back
 * @brief: do not wait for longer than SMMU_BRIEF_US for a device
 *
 * Process context; takes the lock of each master in turn.
 * Return: false when @brief was not enough for one device; it and those behind it are left to do
 */
bool smmu_restart_ats(struct smmu_iommu *iommu, bool brief);

/* The work function of iommu->restart */
void smmu_restart_work(struct work_struct *work);

/* Have smmu_restart_work() run in @ms milliseconds; any context. Suites replace this function. */
void smmu_restart_later(struct smmu_iommu *iommu, u32 ms);

#endif
