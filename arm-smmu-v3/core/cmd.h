/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command builders: one function per command, all fields explicit. Arm IHI 0070, chapter 4.
 *
 * Builders write the whole entry and check nothing; cmd_check.h has the independent check of what
 * the specification forbids.
 */
#ifndef SMMU_CORE_CMD_H
#define SMMU_CORE_CMD_H

#include <linux/bitfield.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include <smmuv3/cmd.h>
#include <smmuv3/features.h>

static inline u8 smmu_cmd_opcode(const struct smmu_cmd *cmd)
{
	return le64_to_cpu(cmd->w[0]) & CMD0_OPCODE;
}

/* StreamID of an ATC_INV */
static inline u32 smmu_cmd_atc_sid(const struct smmu_cmd *cmd)
{
	return FIELD_GET(CMD0_ATC_SID, le64_to_cpu(cmd->w[0]));
}

void smmu_cmd_cfgi_ste(struct smmu_cmd *cmd, u32 sid, bool leaf);
void smmu_cmd_cfgi_all(struct smmu_cmd *cmd);
void smmu_cmd_cfgi_cd(struct smmu_cmd *cmd, u32 sid, u32 ssid, bool leaf);
void smmu_cmd_cfgi_cd_all(struct smmu_cmd *cmd, u32 sid);
void smmu_cmd_tlbi_nsnh_all(struct smmu_cmd *cmd);
void smmu_cmd_tlbi_el2_all(struct smmu_cmd *cmd);
void smmu_cmd_tlbi_nh_all(struct smmu_cmd *cmd, u16 vmid);
void smmu_cmd_tlbi_s12_vmall(struct smmu_cmd *cmd, u16 vmid);
/* @e2h selects TLBI_EL2_ASID instead of TLBI_NH_ASID; VMID is 0 either way */
void smmu_cmd_tlbi_asid(struct smmu_cmd *cmd, u16 asid, bool e2h);
/* All PASIDs' entries of an ATC; for a device that knows Global Invalidate (4.5.1) */
void smmu_cmd_atc_inv_pasids(struct smmu_cmd *cmd, u32 sid);
/* @ssid counts only with @ssv; without it the command is for requests without a PASID */
void smmu_cmd_atc_inv(struct smmu_cmd *cmd, u32 sid, u32 ssid, bool ssv,
		      u64 addr, u8 size);
void smmu_cmd_pri_resp(struct smmu_cmd *cmd, u32 sid, u32 ssid, bool ssv,
		       u16 prgindex, u8 resp);
void smmu_cmd_resume(struct smmu_cmd *cmd, u32 sid, u16 stag, u8 action);
/* 4.7.3. Completion signal: none (poll CONS), or an MSI write of @data to @addr */
static inline void smmu_cmd_sync(struct smmu_cmd *cmd)
{
	cmd->w[0] = cpu_to_le64(CMD_SYNC | FIELD_PREP(CMD0_SYNC_CS, SYNC_CS_NONE));
	cmd->w[1] = 0;
}

void smmu_cmd_sync_msi(struct smmu_cmd *cmd, u64 addr, u32 data);

/* Name of an opcode for logs and tables, "?" if unknown */
const char *smmu_cmd_name(u8 opcode);

#endif
