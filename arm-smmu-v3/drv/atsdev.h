/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ATS as the device's config space has it. What is not PCI has no ATS. Suites replace these
 * where their devices have no config space.
 */
#ifndef SMMU_DRV_ATSDEV_H
#define SMMU_DRV_ATSDEV_H

#include <linux/types.h>

struct smmu_master;

/* Device, root complex and SMMU all have it, and the smallest unit is agreed on */
bool smmu_atsdev_capable(struct smmu_master *master);
int smmu_atsdev_enable(struct smmu_master *master);
void smmu_atsdev_disable(struct smmu_master *master);

/* ATS and bus mastering off behind the PCI core's back; any context */
void smmu_atsdev_cut(struct smmu_master *master);
/* Undo that: bus mastering as the device's driver wants it, and ATS if @ats */
void smmu_atsdev_restore(struct smmu_master *master, bool ats);

/* Unplugged: nobody will answer */
bool smmu_atsdev_gone(struct smmu_master *master);

/* Have smmu_ats_settle() run soon; any context */
struct smmu_host;
void smmu_atsdev_settle_soon(struct smmu_host *host);

#endif
