// SPDX-License-Identifier: GPL-2.0-only
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

bool smmu_cmdqv_is_gone(struct smmu_device *smmu)
{
	return smmu_reg_read(smmu->cmdqv.base, CMDQV_CONFIG) == U32_MAX;
}
