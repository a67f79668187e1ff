// SPDX-License-Identifier: GPL-2.0-only
/*
 * proves: of any 128 bits that a guest gives as a command the driver makes what the judge of the
 *	suites makes, which was written apart, from the specification: refused, nothing, or sent,
 *	and then these bits. What is sent is legal, and has the vSMMU's VMID or a StreamID of the
 *	guest.
 * assumes: features within bounds; a guest of two devices, anything else about them
 * cbmc: --unwind 10
 * mutant: core/guest.c s/CMD0_TLBI_VMID, guest->vmid), out/CMD0_TLBI_VMID, 0), out/
 * mutant: core/guest.c s/smmu_cmd_tlbi_nh_all(out, guest->vmid)/smmu_cmd_tlbi_nh_all(out, 0)/
 * mutant: core/guest.c s/ || w1 \& ~pass->w1//
 * mutant: core/cmd_check.c s/field(w0, SSID) >> feat->ssid_bits/0/
 * mutant: core/cmd_check.c s/if (w1 \& ttl_align(tg, ttl))/if (0)/
 */
#include "proof.h"

#include "core/guest.c"
#include "core/cmd.c"
#undef LEAF
#undef SID
#include "core/cmd_check.c"

#include "reference/guest_judge.c"

static struct judged_stream streams[2];

static bool stream(void *ctx, u32 vsid, struct smmu_guest_stream *out)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		if (streams[i].vsid != vsid)
			continue;
		out->sid = streams[i].sid;
		out->ats = streams[i].ats;
		out->ssid_bits = streams[i].ssid_bits;
		return true;
	}
	return false;
}

static const struct smmu_guest_ops ops = { .stream = stream };

void harness(void)
{
	struct smmu_features feat = any_features();
	struct smmu_guest guest = { .vmid = nondet_u16(), .feat = &feat, .ops = &ops };
	struct smmu_cmd in, out, old;
	enum verdict want;
	u64 words[2];
	u32 i;
	int ret;

	ASSUME(features_ok(&feat) && feat.flags & SMMU_FEAT_NESTING);
	ASSUME(guest.vmid && !(guest.vmid >> feat.vmid_bits));
	for (i = 0; i < 2; i++) {
		streams[i].vsid = nondet_u32();
		streams[i].sid = nondet_u32();
		streams[i].ats = nondet_bool();
		streams[i].ssid_bits = nondet_u8();
		ASSUME(streams[i].ssid_bits <= feat.ssid_bits);
		ASSUME(!((u64)streams[i].sid >> feat.sid_bits));
	}
	ASSUME(streams[0].vsid != streams[1].vsid);
	in.w[0] = nondet_u64();
	in.w[1] = nondet_u64();
	out.w[0] = nondet_u64();
	out.w[1] = nondet_u64();
	old = out;

	ret = smmu_guest_cmd(&guest, &in, &out);
	want = guest_judge(&feat, guest.vmid, streams, 2, in.w[0], in.w[1], words);
	PROVE(ret == (want == VERDICT_SEND ? 1 : want == VERDICT_NOTHING ? 0 : -EIO),
	      "the driver decides as the judge does");
	if (ret != 1) {
		PROVE(out.w[0] == old.w[0] && out.w[1] == old.w[1], "nothing is written");
		return;
	}
	PROVE(out.w[0] == words[0] && out.w[1] == words[1], "the bits are those of the judge");
	PROVE(!smmu_cmd_illegal(&out, &feat), "what is sent is legal");
	if (smmu_cmd_opcode(&out) < 0x10 || smmu_cmd_opcode(&out) == CMD_ATC_INV)
		PROVE(out.w[0] >> 32 == streams[0].sid || out.w[0] >> 32 == streams[1].sid,
		      "the StreamID is one of the guest's");
	else
		PROVE((out.w[0] >> 32 & 0xffff) == guest.vmid, "the VMID is the vSMMU's");
}
