/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of a guest: which of them it may use, and how they are rewritten for the queue that the
 * whole host shares.
 *
 * A guest may invalidate what its own stage 1 has filled: TLB entries under its vSMMU's VMID, and
 * CDs and ATCs of its own streams. Everything else is refused, down to single bits, because one
 * command that the SMMU finds illegal stops the queue for the whole host.
 *
 * Each command is rebuilt from the fields that it may have, with the host's VMID or StreamID in
 * place of the guest's, and checked by smmu_cmd_illegal(). What the guest's SMMU would refuse, or
 * might refuse, is refused. What it would ignore is left out: an ATC_INV's Global and SubstreamID
 * without SSV, and the whole ATC_INV for a PASID that the device does not have.
 *
 * A TLBI by address without a granule is right on any SMMU, but some SMMUs with range invalidation
 * hang on it (range.c). The code here does not know the granule of the guest's tables, so it
 * invalidates everything under the VMID instead. TLBI_NH_ASID would not be enough: it leaves
 * global entries, which TLBI_NH_VA does not (4.4.2.2, 4.4.2.4).
 *
 * SMMU_ERRATUM_REPEAT_TLBI is left to the guest: hw_info tells it to issue everything twice.
 *
 * The functions are pure: they take no locks and no memory, and run in any context that @ops
 * allow.
 */
#ifndef SMMU_CORE_GUEST_H
#define SMMU_CORE_GUEST_H

#include <linux/types.h>

#include <smmuv3/cmd.h>
#include <smmuv3/features.h>

/**
 * struct smmu_guest_stream - what the host knows of a guest's stream
 * @sid: StreamID
 * @ats: ATS is on for the device
 * @ssid_bits: width of the device's PASIDs; 0: the device uses none, and must not be sent any
 */
struct smmu_guest_stream {
	u32 sid;
	bool ats;
	u8 ssid_bits;
};

/**
 * struct smmu_guest_ops - functions of the layer above
 * @stream: looks a virtual StreamID up; false when the guest has no such stream
 */
struct smmu_guest_ops {
	bool (*stream)(void *ctx, u32 vsid, struct smmu_guest_stream *out);
};

/**
 * struct smmu_guest - the guest whose commands are translated
 * @vmid: VMID of its vSMMU
 * @feat: features of the SMMU
 * @ops: constant
 * @ctx: argument for @ops
 */
struct smmu_guest {
	u16 vmid;
	const struct smmu_features *feat;
	const struct smmu_guest_ops *ops;
	void *ctx;
};

/**
 * smmu_guest_cmd() - translate one command
 * @guest: the guest that issues it
 * @in: any 128 bits
 * @out: the host's command, written only when 1 is returned
 *
 * Return: 1 when @out is to be issued; 0 when there is nothing to do (an ATC_INV for a stream
 *	whose ATS is off, or for a PASID that the device does not have); -EIO when the command is
 *	refused
 */
int smmu_guest_cmd(const struct smmu_guest *guest, const struct smmu_cmd *in,
		   struct smmu_cmd *out);

/**
 * smmu_guest_block() - translate commands up to the first that is refused
 * @guest: the guest that issues them
 * @in: commands
 * @n: number of commands
 * @out: has room for @n commands, without CMD_SYNCs, see smmu_guest_segments()
 * @out_n: out: number of commands to issue
 * @err: out: 0 or -EIO
 * Return: number of commands of @in that were taken
 */
u32 smmu_guest_block(const struct smmu_guest *guest, const struct smmu_cmd *in, u32 n,
		     struct smmu_cmd *out, u32 *out_n, int *err);

/**
 * smmu_guest_segments() - add the CMD_SYNCs to commands of a guest
 * @feat: features of the SMMU
 * @in: translated commands without CMD_SYNCs
 * @n: number of commands, at least 1
 * @out: has room for 2 * @n commands
 *
 * The ATC_INVs of a segment are for one stream, as in plan.h, and stand directly in front of its
 * CMD_SYNC. The last command is a CMD_SYNC.
 * Return: number of commands in @out
 */
u32 smmu_guest_segments(const struct smmu_features *feat, const struct smmu_cmd *in, u32 n,
			struct smmu_cmd *out);

#endif
