/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the ID registers; what they mean is decided in core/ident.c. */
#ifndef SMMU_HW_IDREGS_H
#define SMMU_HW_IDREGS_H

struct smmu_device;
struct smmu_idregs;

/* The ID registers as they stand; @smmu needs no more than its register page */
void smmu_idregs_read(struct smmu_device *smmu, struct smmu_idregs *regs);

#endif
