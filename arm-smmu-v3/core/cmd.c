// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command builders: one function per command.
 *
 * A builder writes both words, so the caller's memory needs no clearing. A builder only knows
 * where the fields of its command are. Whether an SMMU takes the command is checked by
 * smmu_cmd_illegal(), which shares no code with this file. Section numbers are of Arm IHI 0070.
 */
#include <linux/bitfield.h>
#include <linux/export.h>

#include <kunit/visibility.h>

#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>

#include "cmd.h"

static void cmd_put(struct smmu_cmd *cmd, enum smmu_opcode opcode, u64 w0,
		    u64 w1)
{
	cmd->w[0] = cpu_to_le64(opcode | w0);
	cmd->w[1] = cpu_to_le64(w1);
}

/* 4.3.1 */
void smmu_cmd_cfgi_ste(struct smmu_cmd *cmd, u32 sid, bool leaf)
{
	cmd_put(cmd, CMD_CFGI_STE, FIELD_PREP(CMD0_CFGI_SID, sid),
		FIELD_PREP(CMD1_CFGI_LEAF, leaf));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_cfgi_ste);

/* 4.3.6: a range command of 2^32 StreamIDs */
void smmu_cmd_cfgi_all(struct smmu_cmd *cmd)
{
	cmd_put(cmd, CMD_CFGI_STE_RANGE, 0,
		FIELD_PREP(CMD1_CFGI_RANGE, CFGI_RANGE_ALL));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_cfgi_all);

/* 4.3.3 */
void smmu_cmd_cfgi_cd(struct smmu_cmd *cmd, u32 sid, u32 ssid, bool leaf)
{
	cmd_put(cmd, CMD_CFGI_CD,
		FIELD_PREP(CMD0_CFGI_SID, sid) |
		FIELD_PREP(CMD0_CFGI_SSID, ssid),
		FIELD_PREP(CMD1_CFGI_LEAF, leaf));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_cfgi_cd);

/* 4.3.4 */
void smmu_cmd_cfgi_cd_all(struct smmu_cmd *cmd, u32 sid)
{
	cmd_put(cmd, CMD_CFGI_CD_ALL, FIELD_PREP(CMD0_CFGI_SID, sid), 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_cfgi_cd_all);

/* 4.4.4.1 */
void smmu_cmd_tlbi_nsnh_all(struct smmu_cmd *cmd)
{
	cmd_put(cmd, CMD_TLBI_NSNH_ALL, 0, 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_tlbi_nsnh_all);

/* 4.4.2.7 */
void smmu_cmd_tlbi_el2_all(struct smmu_cmd *cmd)
{
	cmd_put(cmd, CMD_TLBI_EL2_ALL, 0, 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_tlbi_el2_all);

/* 4.4.2.1 */
void smmu_cmd_tlbi_nh_all(struct smmu_cmd *cmd, u16 vmid)
{
	cmd_put(cmd, CMD_TLBI_NH_ALL, FIELD_PREP(CMD0_TLBI_VMID, vmid), 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_tlbi_nh_all);

/* 4.4.3.2 */
void smmu_cmd_tlbi_s12_vmall(struct smmu_cmd *cmd, u16 vmid)
{
	cmd_put(cmd, CMD_TLBI_S12_VMALL, FIELD_PREP(CMD0_TLBI_VMID, vmid), 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_tlbi_s12_vmall);

/* 4.4.2.2, 4.4.2.10 */
void smmu_cmd_tlbi_asid(struct smmu_cmd *cmd, u16 asid, bool e2h)
{
	cmd_put(cmd, e2h ? CMD_TLBI_EL2_ASID : CMD_TLBI_NH_ASID,
		FIELD_PREP(CMD0_TLBI_ASID, asid), 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_tlbi_asid);

/* SSV and SubstreamID are at the same place in all commands that have both (4.1.6) */
static u64 cmd_ssid(u32 ssid, bool ssv)
{
	return ssv ? CMD0_SSV | FIELD_PREP(CMD0_ATC_SSID, ssid) : 0;
}

/* 4.5.1 */
void smmu_cmd_atc_inv(struct smmu_cmd *cmd, u32 sid, u32 ssid, bool ssv,
		      u64 addr, u8 size)
{
	cmd_put(cmd, CMD_ATC_INV,
		FIELD_PREP(CMD0_ATC_SID, sid) | cmd_ssid(ssid, ssv),
		(addr & CMD1_ATC_ADDR) | FIELD_PREP(CMD1_ATC_SIZE, size));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_atc_inv);

void smmu_cmd_atc_inv_pasids(struct smmu_cmd *cmd, u32 sid)
{
	cmd_put(cmd, CMD_ATC_INV,
		FIELD_PREP(CMD0_ATC_SID, sid) | cmd_ssid(0, true) | CMD0_ATC_GLOBAL,
		FIELD_PREP(CMD1_ATC_SIZE, ATC_SIZE_ALL));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_atc_inv_pasids);

/* 4.5.2 */
void smmu_cmd_pri_resp(struct smmu_cmd *cmd, u32 sid, u32 ssid, bool ssv,
		       u16 prgindex, u8 resp)
{
	cmd_put(cmd, CMD_PRI_RESP,
		FIELD_PREP(CMD0_PRI_SID, sid) | cmd_ssid(ssid, ssv),
		FIELD_PREP(CMD1_PRI_PRGINDEX, prgindex) |
		FIELD_PREP(CMD1_PRI_RESP, resp));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_pri_resp);

/* 4.7.1 */
void smmu_cmd_resume(struct smmu_cmd *cmd, u32 sid, u16 stag, u8 action)
{
	cmd_put(cmd, CMD_RESUME,
		FIELD_PREP(CMD0_RESUME_SID, sid) |
		FIELD_PREP(CMD0_RESUME_ACTION, action),
		FIELD_PREP(CMD1_RESUME_STAG, stag));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_resume);

/* CPUs poll the word at @addr, so the SMMU writes it as cacheable and inner shareable */
void smmu_cmd_sync_msi(struct smmu_cmd *cmd, u64 addr, u32 data)
{
	cmd_put(cmd, CMD_SYNC,
		FIELD_PREP(CMD0_SYNC_CS, SYNC_CS_IRQ) |
		FIELD_PREP(CMD0_SYNC_MSH, SMMU_SH_INNER) |
		FIELD_PREP(CMD0_SYNC_MSIATTR, MEMATTR_NORMAL_WB) |
		FIELD_PREP(CMD0_SYNC_MSIDATA, data),
		addr & CMD1_SYNC_MSIADDR);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_sync_msi);

const char *smmu_cmd_name(u8 opcode)
{
	switch (opcode) {
	case CMD_PREFETCH_CONFIG:
		return "PREFETCH_CONFIG";
	case CMD_PREFETCH_ADDR:
		return "PREFETCH_ADDR";
	case CMD_CFGI_STE:
		return "CFGI_STE";
	case CMD_CFGI_STE_RANGE:
		return "CFGI_STE_RANGE";
	case CMD_CFGI_CD:
		return "CFGI_CD";
	case CMD_CFGI_CD_ALL:
		return "CFGI_CD_ALL";
	case CMD_TLBI_NH_ALL:
		return "TLBI_NH_ALL";
	case CMD_TLBI_NH_ASID:
		return "TLBI_NH_ASID";
	case CMD_TLBI_NH_VA:
		return "TLBI_NH_VA";
	case CMD_TLBI_NH_VAA:
		return "TLBI_NH_VAA";
	case CMD_TLBI_EL2_ALL:
		return "TLBI_EL2_ALL";
	case CMD_TLBI_EL2_ASID:
		return "TLBI_EL2_ASID";
	case CMD_TLBI_EL2_VA:
		return "TLBI_EL2_VA";
	case CMD_TLBI_EL2_VAA:
		return "TLBI_EL2_VAA";
	case CMD_TLBI_S12_VMALL:
		return "TLBI_S12_VMALL";
	case CMD_TLBI_S2_IPA:
		return "TLBI_S2_IPA";
	case CMD_TLBI_NSNH_ALL:
		return "TLBI_NSNH_ALL";
	case CMD_ATC_INV:
		return "ATC_INV";
	case CMD_PRI_RESP:
		return "PRI_RESP";
	case CMD_RESUME:
		return "RESUME";
	case CMD_STALL_TERM:
		return "STALL_TERM";
	case CMD_SYNC:
		return "SYNC";
	}
	return "?";
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmd_name);
