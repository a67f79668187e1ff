/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the ID registers. What they mean is decided in core/ident.c. */
#ifndef SMMU_HW_IDREGS_H
#define SMMU_HW_IDREGS_H

struct smmu_device;
struct smmu_idregs;

/* Read all ID registers into @regs. Of @smmu only @base is used. */
void smmu_idregs_read(struct smmu_device *smmu, struct smmu_idregs *regs);

#endif
