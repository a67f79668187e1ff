/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must become of a guest's command. This is a second version, written from Arm IHI 0070,
 * chapter 4, and from Documentation/nesting.rst, with tables and numbers of its own. It shares
 * nothing with core/guest.c, core/cmd.c and core/cmd_check.c, so that it can tell when one of
 * these is wrong.
 */
#ifndef SMMU_KUNIT_GUEST_JUDGE_H
#define SMMU_KUNIT_GUEST_JUDGE_H

#include <linux/types.h>

#include <smmuv3/features.h>

/**
 * struct judged_stream - a device of the guest
 * @vsid: StreamID in the guest
 * @sid: StreamID on the host
 * @ats: ATS is on
 * @ssid_bits: width of the device's PASIDs
 */
struct judged_stream {
	u32 vsid;
	u32 sid;
	bool ats;
	u8 ssid_bits;
};

enum verdict { VERDICT_REFUSE, VERDICT_NOTHING, VERDICT_SEND };

/**
 * guest_judge() - the one right outcome of a command
 * @feat: features of the SMMU
 * @vmid: VMID of the guest
 * @streams: devices of the guest
 * @n: number of devices
 * @w0: word 0 of the command, any bits
 * @w1: word 1 of the command, any bits
 * @out: the words to be sent, with VERDICT_SEND
 */
enum verdict guest_judge(const struct smmu_features *feat, u16 vmid,
			 const struct judged_stream *streams, u32 n, u64 w0, u64 w1, u64 out[2]);

/* Bits that a guest may set in commands of this opcode; false if it may not use the opcode */
bool guest_judge_form(u8 opcode, u64 *w0, u64 *w1);
bool guest_judge_has_stream(u8 opcode);

#endif
