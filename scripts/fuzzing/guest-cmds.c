// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: of a block of a guest's commands the driver makes what the judge of the suites makes,
 *	which was written apart from the driver, up to the first that is refused; what is sent is
 *	legal, is for the vSMMU's VMID or a stream of the guest, and has its CMD_SYNCs where they
 *	have to be
 * input: features; VMID; up to 3 devices; commands
 * long: 400
 * mutant: core/guest.c s/CMD0_TLBI_VMID, guest->vmid), out/CMD0_TLBI_VMID, 0), out/
 * mutant: core/guest.c s/smmu_cmd_tlbi_nh_all(out, guest->vmid)/smmu_cmd_tlbi_nh_all(out, 0)/
 * mutant: core/guest.c s/ || w1 \& ~pass->w1//
 * mutant: core/guest.c s/(!is_atc || sid != last || /(!is_atc || /
 * mutant: core/guest.c s/if (!s->ats)/if (0)/
 * mutant: core/cmd_check.c s/field(w0, SSID) >> feat->ssid_bits/0/
 * mutant: core/cmd_check.c s/if (w1 \& ttl_align(tg, ttl))/if (0)/
 */
#include "kernel.h"

#include "core/guest.c"
#include "core/cmd.c"
#undef LEAF
#undef SID
#include "core/cmd_check.c"

#include "reference/guest_judge.c"
#include "reference/tlbi_oracle.c"

#include "features.h"

#define DEVICES		3
#define CMDS		24

struct guest {
	struct judged_stream streams[DEVICES];
	u32 n;
};

static bool stream(void *ctx, u32 vsid, struct smmu_guest_stream *out)
{
	struct guest *guest = ctx;
	u32 i;

	for (i = 0; i < guest->n; i++) {
		if (guest->streams[i].vsid != vsid)
			continue;
		out->sid = guest->streams[i].sid;
		out->ats = guest->streams[i].ats;
		out->ssid_bits = guest->streams[i].ssid_bits;
		return true;
	}
	return false;
}

/* Their StreamIDs in the guest are small, so that commands meet them */
static void take_devices(struct fuzz_input *in, const struct smmu_features *feat,
			 struct guest *guest)
{
	u32 i;

	guest->n = take_u8(in) % (DEVICES + 1);
	for (i = 0; i < guest->n; i++) {
		u8 bits = take_u8(in);

		guest->streams[i] = (struct judged_stream) {
			.vsid = i | (bits & 0x1e) << 1,
			.sid = take_u32(in) & (u32)((1ULL << feat->sid_bits) - 1),
			.ats = bits & 1,
			.ssid_bits = (bits >> 5) * 3 > feat->ssid_bits ? 0 : (bits >> 5) * 3,
		};
	}
}

static bool is_own_stream(const struct guest *guest, u32 sid)
{
	u32 i;

	for (i = 0; i < guest->n; i++)
		if (guest->streams[i].sid == sid)
			return true;
	return false;
}

/* What is sent can reach nothing but what is the guest's */
static void check_sent(const struct smmu_guest *guest, const struct smmu_cmd *cmd)
{
	u8 opcode = smmu_cmd_opcode(cmd);
	struct tlbi_effect effect;

	MUST(!smmu_cmd_illegal(cmd, guest->feat), "what is sent is legal");
	tlbi_decode(cmd, 12, &effect);
	if (effect.scope == TLBI_SCOPE_NONE) {
		MUST(opcode == CMD_CFGI_CD || opcode == CMD_CFGI_CD_ALL || opcode == CMD_ATC_INV,
		     "the opcode is one of a guest's");
		MUST(is_own_stream(guest->ctx, cmd->w[0] >> 32), "the StreamID is the guest's");
		return;
	}
	MUST(effect.scope != TLBI_SCOPE_ALL && effect.has_vmid && effect.vmid == guest->vmid,
	     "the VMID is the vSMMU's");
	MUST(!effect.el2 && effect.s1 && !effect.s2, "its own stage 1, and nothing else");
	MUST(!(guest->feat->flags & SMMU_FEAT_RIL) || effect.scope == TLBI_SCOPE_TAG || effect.tg,
	     "no address without a granule where there are ranges");
}

/* plan.h: ATC_INVs of one stream between two CMD_SYNCs, right in front of the second */
static void check_segments(const struct smmu_features *feat, const struct smmu_cmd *sent, u32 n,
			   const struct smmu_cmd *out, u32 total)
{
	u32 i, atcs = 0, at = 0, sid = 0;

	MUST(total <= 2 * n, "there is room");
	for (i = 0; i < total; i++) {
		u8 opcode = smmu_cmd_opcode(&out[i]);

		if (opcode == CMD_SYNC) {
			atcs = 0;
			continue;
		}
		MUST(at < n && !memcmp(&out[i], &sent[at], sizeof(*out)), "all are sent, in order");
		at++;
		if (opcode != CMD_ATC_INV) {
			MUST(!atcs, "a CMD_SYNC comes right behind ATC_INVs");
			continue;
		}
		MUST(!atcs || sid == out[i].w[0] >> 32, "ATC_INVs of one stream");
		sid = out[i].w[0] >> 32;
		MUST(++atcs <= feat->atc_segment, "no more ATC_INVs than the queue has room for");
	}
	MUST(at == n && smmu_cmd_opcode(&out[total - 1]) == CMD_SYNC, "a CMD_SYNC is the last");
}

void fuzz_one(struct fuzz_input *in)
{
	static const struct smmu_guest_ops ops = { .stream = stream };
	struct smmu_features feat = take_nesting_features(in);
	struct guest devices;
	struct smmu_guest guest = { .feat = &feat, .ops = &ops, .ctx = &devices };
	struct smmu_cmd *cmds, *out, *all;
	u32 i, n, taken, sent, sent_wanted = 0;
	int err;

	guest.vmid = take_u16(in) & (feat.vmid_bits == 16 ? 0xffff : 0xff);
	if (!guest.vmid)
		guest.vmid = 1;
	take_devices(in, &feat, &devices);
	n = in->left / sizeof(*cmds);
	if (n > CMDS)
		n = CMDS;
	if (!n)
		return;
	cmds = fuzz_copy(in, n * sizeof(*cmds));
	out = malloc(n * sizeof(*out));
	all = malloc(2 * n * sizeof(*all));

	taken = smmu_guest_block(&guest, cmds, n, out, &sent, &err);
	MUST(taken <= n && sent <= taken, "no more than there are");
	MUST(err == (taken < n ? -EIO : 0), "an error where a command is refused");
	for (i = 0; i < n; i++) {
		u64 words[2];
		enum verdict want = guest_judge(&feat, guest.vmid, devices.streams, devices.n,
						cmds[i].w[0], cmds[i].w[1], words);

		MUST((want == VERDICT_REFUSE) == (i == taken), "refused as the judge does");
		if (want == VERDICT_REFUSE)
			break;
		if (want == VERDICT_NOTHING)
			continue;
		MUST(sent_wanted < sent, "sent as the judge does");
		MUST(out[sent_wanted].w[0] == words[0] && out[sent_wanted].w[1] == words[1],
		     "the bits are those of the judge");
		check_sent(&guest, &out[sent_wanted]);
		sent_wanted++;
	}
	MUST(sent == sent_wanted, "nothing but what the judge sends");
	if (sent)
		check_segments(&feat, out, sent, all, smmu_guest_segments(&feat, out, sent, all));
	free(all);
	free(out);
	free(cmds);
}
