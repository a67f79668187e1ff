/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EN of a CMDQ-V companion, of its VINTFs and of its queues. Each is bit 0 of a register CONFIG,
 * and bit 0 of a register STATUS confirms it. Functions that wait do so for SMMU_REG_TIMEOUT_US at
 * most, in any context.
 */
#ifndef SMMU_HW_CMDQV_EN_H
#define SMMU_HW_CMDQV_EN_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#include <smmuv3/cmdqv.h>

struct smmu_device;

#define SMMU_CMDQV_ON	BIT(0)
static_assert(CMDQV_EN == SMMU_CMDQV_ON && CMDQV_ENABLED == SMMU_CMDQV_ON &&
	      VINTF_EN == SMMU_CMDQV_ON && VINTF_ENABLED == SMMU_CMDQV_ON &&
	      VCMDQ_EN == SMMU_CMDQV_ON && VCMDQ_ENABLED == SMMU_CMDQV_ON);

/* Wait until the register STATUS says that it is on, or off. Return: 0 or -ETIMEDOUT */
int smmu_cmdqv_confirm(struct smmu_device *smmu, void __iomem *status, bool on);

/* Write EN, and the other fields of the register CONFIG with it, and have it confirmed */
int smmu_cmdqv_set_en(struct smmu_device *smmu, u32 config, u32 status, u32 val);

/* Fields of a register CONFIG beside EN, which stay */
u32 smmu_cmdqv_config_off(struct smmu_device *smmu, u32 config);

/* Clear EN and have it confirmed. Return: false when it is not known to be off */
bool smmu_cmdqv_turn_off(struct smmu_device *smmu, u32 config, u32 status);

/* The same of a VINTF */
bool smmu_cmdqv_vintf_off(struct smmu_device *smmu, u32 vintf);

/* Write which VINTF has a queue, as its logical queue @l, and whether it can be reached there */
void smmu_cmdqv_assign(struct smmu_device *smmu, u32 vintf, u32 l, bool allocated);

/* Clear the registers of a queue that is off; @page0 and @page1 are its own, in either view */
void smmu_cmdqv_clear(void __iomem *page0, void __iomem *page1);

/* Registers of a companion that is gone read as all ones */
bool smmu_cmdqv_is_gone(struct smmu_device *smmu);

#endif
