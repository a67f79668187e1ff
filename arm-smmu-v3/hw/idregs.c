// SPDX-License-Identifier: GPL-2.0-only
#include <smmuv3/regs.h>

#include "core/ident.h"
#include "hw/device.h"
#include "hw/idregs.h"
#include "hw/mmio.h"

void smmu_idregs_read(struct smmu_device *smmu, struct smmu_idregs *regs)
{
	static const u16 off[] = { SMMU_IDR0, SMMU_IDR1, SMMU_IDR2,
				   SMMU_IDR3, SMMU_IDR4, SMMU_IDR5 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(off); i++)
		regs->idr[i] = smmu_reg_read(smmu->base, off[i]);
	regs->idr6 = smmu_reg_read(smmu->base, SMMU_IDR6);
	regs->iidr = smmu_reg_read(smmu->base, SMMU_IIDR);
	regs->aidr = smmu_reg_read(smmu->base, SMMU_AIDR);
}
