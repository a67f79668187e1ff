// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>

#include <kunit/visibility.h>

#include "cmd.h"
#include "cmd_check.h"
#include "guest.h"

/* Fields that are copied from a guest's command, by opcode; with other bits set it is refused */
struct pass {
	u64 w0;
	u64 w1;
};

#define PASS_ADDR	(CMD1_TLBI_LEAF | CMD1_TLBI_TTL | CMD1_TLBI_TG | CMD1_TLBI_VA)

static bool tlbi_pass(u8 opcode, struct pass *pass)
{
	switch (opcode) {
	case CMD_TLBI_NSNH_ALL:
	case CMD_TLBI_NH_ALL:
		*pass = (struct pass) {};
		return true;
	case CMD_TLBI_NH_ASID:
		*pass = (struct pass) { .w0 = CMD0_TLBI_ASID };
		return true;
	case CMD_TLBI_NH_VA:
		*pass = (struct pass) {
			.w0 = CMD0_TLBI_NUM | CMD0_TLBI_SCALE | CMD0_TLBI_ASID,
			.w1 = PASS_ADDR,
		};
		return true;
	case CMD_TLBI_NH_VAA:
		*pass = (struct pass) {
			.w0 = CMD0_TLBI_NUM | CMD0_TLBI_SCALE,
			.w1 = PASS_ADDR,
		};
		return true;
	default:
		return false;
	}
}

static bool stream_pass(u8 opcode, struct pass *pass)
{
	switch (opcode) {
	case CMD_CFGI_CD:
		*pass = (struct pass) { .w0 = CMD0_CFGI_SSID, .w1 = CMD1_CFGI_LEAF };
		return true;
	case CMD_CFGI_CD_ALL:
		*pass = (struct pass) {};
		return true;
	case CMD_ATC_INV:
		*pass = (struct pass) {
			.w0 = CMD0_ATC_GLOBAL | CMD0_SSV | CMD0_ATC_SSID,
			.w1 = CMD1_ATC_SIZE | CMD1_ATC_ADDR,
		};
		return true;
	default:
		return false;
	}
}

/*
 * @guest_id is the field that is replaced by @host_id. Only the bits in @pass are copied from the
 * guest's command to @out. Any other bit that is set makes the command fail, except in the id.
 */
static int rebuild_cmd(const struct smmu_guest *guest, const struct smmu_cmd *in,
		       const struct pass *pass, u8 opcode, u64 guest_id, u64 host_id,
		   struct smmu_cmd *out)
{
	u64 w0 = le64_to_cpu(in->w[0]), w1 = le64_to_cpu(in->w[1]);
	struct smmu_cmd cmd;

	if (w0 & ~(pass->w0 | guest_id | CMD0_OPCODE) || w1 & ~pass->w1)
		return -EIO;
	cmd.w[0] = cpu_to_le64((w0 & pass->w0) | host_id | opcode);
	cmd.w[1] = cpu_to_le64(w1 & pass->w1);
	if (smmu_cmd_illegal(&cmd, guest->feat))
		return -EIO;
	*out = cmd;
	return 1;
}

/* A command for one address without a granule: an SMMU with range invalidation must not get it */
static bool is_rangeless(const struct smmu_guest *guest, const struct pass *pass,
			 const struct smmu_cmd *cmd)
{
	return guest->feat->flags & SMMU_FEAT_RIL && pass->w1 & CMD1_TLBI_TG &&
	       !(le64_to_cpu(cmd->w[1]) & CMD1_TLBI_TG);
}

static int tlbi(const struct smmu_guest *guest, const struct smmu_cmd *in,
		const struct pass *pass, struct smmu_cmd *out)
{
	u8 opcode = smmu_cmd_opcode(in);
	u64 guest_id = CMD0_TLBI_VMID;
	int ret;

	/* the guest asks for everything: that is everything under its VMID */
	if (opcode == CMD_TLBI_NSNH_ALL) {
		opcode = CMD_TLBI_NH_ALL;
		guest_id = 0;
	}
	ret = rebuild_cmd(guest, in, pass, opcode, guest_id,
			  FIELD_PREP(CMD0_TLBI_VMID, guest->vmid), out);
	if (ret > 0 && is_rangeless(guest, pass, out))
		smmu_cmd_tlbi_nh_all(out, guest->vmid);
	return ret;
}

/*
 * Remove from an ATC_INV what has no meaning for the device.
 *
 * 4.5.1: without SSV, the SMMU ignores Global and SubstreamID. They are cleared, so that the
 * host's queue gets no bits that ought to be ignored and may not be. With SSV, for a PASID that
 * the device does not have, the command may have no effect, and the ATC holds nothing that it
 * could invalidate.
 * Return: false when the command need not be sent
 */
static bool atc_inv_narrow(const struct smmu_guest_stream *s, struct smmu_cmd *cmd)
{
	u64 w0 = le64_to_cpu(cmd->w[0]);

	/* with ATS off the device has nothing cached, and need not answer an ATC_INV */
	if (!s->ats)
		return false;
	if (w0 & CMD0_SSV)
		return s->ssid_bits && !(FIELD_GET(CMD0_ATC_SSID, w0) >> s->ssid_bits);
	cmd->w[0] = cpu_to_le64(w0 & ~(CMD0_ATC_GLOBAL | CMD0_ATC_SSID));
	return true;
}

static int lookup_stream(const struct smmu_guest *guest, const struct smmu_cmd *in,
			 const struct pass *pass, struct smmu_cmd *out)
{
	u32 vsid = FIELD_GET(CMD0_CFGI_SID, le64_to_cpu(in->w[0]));
	u8 opcode = smmu_cmd_opcode(in);
	struct smmu_guest_stream s = {};
	int ret;

	static_assert(CMD0_CFGI_SID == CMD0_ATC_SID);

	if (!guest->ops->stream(guest->ctx, vsid, &s))
		return -EIO;
	ret = rebuild_cmd(guest, in, pass, opcode, CMD0_CFGI_SID,
			  FIELD_PREP(CMD0_CFGI_SID, s.sid), out);
	if (ret > 0 && opcode == CMD_ATC_INV && !atc_inv_narrow(&s, out))
		return 0;
	return ret;
}

int smmu_guest_cmd(const struct smmu_guest *guest, const struct smmu_cmd *in,
		   struct smmu_cmd *out)
{
	u8 opcode = smmu_cmd_opcode(in);
	struct smmu_cmd cmd;
	struct pass pass;
	int ret = -EIO;

	if (tlbi_pass(opcode, &pass))
		ret = tlbi(guest, in, &pass, &cmd);
	else if (stream_pass(opcode, &pass))
		ret = lookup_stream(guest, in, &pass, &cmd);
	if (ret > 0)
		*out = cmd;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_guest_cmd);

u32 smmu_guest_block(const struct smmu_guest *guest, const struct smmu_cmd *in, u32 n,
		     struct smmu_cmd *out, u32 *out_n, int *err)
{
	u32 i;
	int ret;

	*out_n = 0;
	*err = 0;
	for (i = 0; i < n; i++) {
		ret = smmu_guest_cmd(guest, &in[i], &out[*out_n]);
		if (ret < 0) {
			*err = ret;
			break;
		}
		*out_n += ret;
	}
	return i;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_guest_block);

u32 smmu_guest_segments(const struct smmu_features *feat, const struct smmu_cmd *in, u32 n,
			struct smmu_cmd *out)
{
	u32 i, sid, last = 0, atc = 0, fill = 0;

	for (i = 0; i < n; i++) {
		bool is_atc = smmu_cmd_opcode(&in[i]) == CMD_ATC_INV;

		sid = smmu_cmd_atc_sid(&in[i]);
		if (atc && (!is_atc || sid != last || atc >= feat->atc_segment)) {
			smmu_cmd_sync(&out[fill++]);
			atc = 0;
		}
		out[fill++] = in[i];
		atc += is_atc;
		last = sid;
	}
	smmu_cmd_sync(&out[fill++]);
	return fill;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_guest_segments);
