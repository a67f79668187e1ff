/* SPDX-License-Identifier: GPL-2.0-only */
/* The SMMU that the CPUs post to */
#ifndef MANYCPU_WORLD_H
#define MANYCPU_WORLD_H

struct smmu_device;

extern struct smmu_device *world_smmu;

#endif
