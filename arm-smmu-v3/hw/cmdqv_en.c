// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>

#include "hw/cmdqv_en.h"
#include "hw/device.h"
#include "hw/handshake.h"
#include "hw/mmio.h"

int smmu_cmdqv_confirm(struct smmu_device *smmu, void __iomem *status, bool on)
{
	return smmu_reg_await(smmu, status, 0, SMMU_CMDQV_ON, on ? SMMU_CMDQV_ON : 0);
}

int smmu_cmdqv_set_en(struct smmu_device *smmu, u32 config, u32 status, u32 val)
{
	smmu_reg_write(smmu->cmdqv.base, config, val);
	return smmu_cmdqv_confirm(smmu, smmu->cmdqv.base + status, val & SMMU_CMDQV_ON);
}

u32 smmu_cmdqv_config_off(struct smmu_device *smmu, u32 config)
{
	return smmu_reg_read(smmu->cmdqv.base, config) & ~SMMU_CMDQV_ON;
}

bool smmu_cmdqv_turn_off(struct smmu_device *smmu, u32 config, u32 status)
{
	return !smmu_cmdqv_set_en(smmu, config, status, smmu_cmdqv_config_off(smmu, config));
}

bool smmu_cmdqv_vintf_off(struct smmu_device *smmu, u32 vintf)
{
	return smmu_cmdqv_turn_off(smmu, CMDQV_VINTF(vintf) + VINTF_CONFIG,
				   CMDQV_VINTF(vintf) + VINTF_STATUS);
}

void smmu_cmdqv_assign(struct smmu_device *smmu, u32 vintf, u32 l, bool allocated)
{
	smmu_reg_write(smmu->cmdqv.base, CMDQV_CMDQ_ALLOC(vintf * smmu->cmdqv.layout.each + l),
		       FIELD_PREP(CMDQ_ALLOC_VINTF, vintf) | FIELD_PREP(CMDQ_ALLOC_LVCMDQ, l) |
		       (allocated ? CMDQ_ALLOC_ALLOCATED : 0));
}

void smmu_cmdqv_clear(void __iomem *page0, void __iomem *page1)
{
	u32 gerror = smmu_reg_read(page0, VCMDQ_GERROR);

	smmu_reg_write(page0, VCMDQ_PROD, 0);
	smmu_reg_write(page0, VCMDQ_CONS, 0);
	smmu_reg_write64(page1, VCMDQ_BASE, 0);
	smmu_reg_write64(page1, VCMDQ_CONS_INDX_BASE, 0);
	if (gerror != smmu_reg_read(page0, VCMDQ_GERRORN))
		smmu_reg_write(page0, VCMDQ_GERRORN, gerror);
}

bool smmu_cmdqv_is_gone(struct smmu_device *smmu)
{
	return smmu_reg_read(smmu->cmdqv.base, CMDQV_CONFIG) == U32_MAX;
}
