/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of a guest: what it may say, in what words they reach the queue that the whole
 * host shares.
 *
 * A guest invalidates what its own stage 1 has filled: TLB entries under its vSMMU's VMID, CDs
 * and ATCs of its own streams. Everything else is refused, bit by bit: one command that the
 * SMMU finds illegal stops the queue for everybody.
 *
 * Each command is rebuilt from the fields that it may have, with the VMID or the StreamID
 * replaced by the host's, and judged by smmu_cmd_illegal(). What the guest's SMMU would
 * refuse, or might, is refused. What it would ignore is left out: an ATC_INV's Global and
 * SubstreamID without SSV, the whole ATC_INV for a PASID that the device does not have.
 *
 * A TLBI by address without a granule is right on any SMMU, but there are some with range
 * invalidation that hang on it (range.c). The granule of the guest's tables is not known
 * here, so everything under its VMID goes instead. TLBI_NH_ASID would not do: it leaves
 * global entries, which TLBI_NH_VA does not (4.4.2.2, 4.4.2.4).
 *
 * SMMU_ERRATUM_REPEAT_TLBI is the guest's business: hw_info tells it to issue everything twice.
 *
 * Pure: no locks, no memory, any context that @ops allow.
 */
#ifndef SMMU_CORE_GUEST_H
#define SMMU_CORE_GUEST_H

#include <linux/types.h>

#include <smmuv3/cmd.h>
#include <smmuv3/features.h>

/**
 * struct smmu_guest_stream - a stream of the guest as the host knows it
 * @sid: StreamID
 * @ats: its ATS is on
 * @ssid_bits: PASIDs of the device, in bits; 0: it sends none, and must be sent none
 */
struct smmu_guest_stream {
	u32 sid;
	bool ats;
	u8 ssid_bits;
};

/**
 * struct smmu_guest_ops - what only the layer above knows
 * @stream: look a virtual StreamID up; false when the guest has none such
 */
struct smmu_guest_ops {
	bool (*stream)(void *ctx, u32 vsid, struct smmu_guest_stream *out);
};

/**
 * struct smmu_guest - whose commands
 * @vmid: of the vSMMU
 * @feat: of the SMMU
 * @ops: constant
 * @ctx: for @ops
 */
struct smmu_guest {
	u16 vmid;
	const struct smmu_features *feat;
	const struct smmu_guest_ops *ops;
	void *ctx;
};

/**
 * smmu_guest_cmd() - translate one command
 * @guest: whose
 * @in: any 128 bits
 * @out: the host's command, written on 1 only
 *
 * Return: 1 with a command to issue; 0 when there is nothing to do (an ATC_INV for a stream
 *	whose ATS is off, or for a PASID beyond the device's); -EIO when it is refused
 */
int smmu_guest_cmd(const struct smmu_guest *guest, const struct smmu_cmd *in,
		   struct smmu_cmd *out);

/**
 * smmu_guest_block() - translate commands up to the first that is refused
 * @guest: whose
 * @in: commands
 * @n: how many
 * @out: room for @n; the caller adds the CMD_SYNC
 * @out_n: out: commands to issue
 * @err: out: 0 or -EIO
 * Return: how many of @in were taken
 */
u32 smmu_guest_block(const struct smmu_guest *guest, const struct smmu_cmd *in, u32 n,
		     struct smmu_cmd *out, u32 *out_n, int *err);

#endif
