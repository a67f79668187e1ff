/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VINTFs of guests: interfaces of a CMDQ-V companion (cmdqv.h) whose queues guests drive
 * themselves.
 *
 * A VINTF has the VMID of a vSMMU, which hardware puts into each TLBI of its queues, and a table of
 * StreamIDs, by which it replaces those of ATC_INVs. vintf_queue.h is about its queues.
 *
 * Rules:
 *
 * * A VINTF that is not confirmed off, or that has a queue which is not, is withheld until the
 *   companion is confirmed off. smmu_vintf_put() says whether that happened, because the VMID is in
 *   use then, too.
 * * User space may hold the page of a VINTF mapped when the SMMU's driver is long unbound, and
 *   perhaps bound once more. A VINTF has one owner among all of these.
 * * An SMMU that was turned off, and comes back, gives each VINTF its VMID, its StreamIDs and its
 *   queues again. The queues are off then, because where the guest was is lost; the guest is told
 *   by an error of all queues that it had.
 *
 * Locking: struct smmu_vintf.lock serialises what is done with the queues of a VINTF. The list,
 * @up, @error and @sids are under struct smmu_cmdqv.guests_lock, and so are @taken and @lost of
 * queues. The callers see to it that the SMMU is neither stopped nor started meanwhile, but it may
 * be shut at any time.
 */
#ifndef SMMU_HW_VINTF_H
#define SMMU_HW_VINTF_H

#include <linux/types.h>

#include "hw/vintf_queue.h"

/* Can guests have VINTFs? Their pages are mapped into user space, whole. */
bool smmu_vintf_possible(const struct smmu_device *smmu);

/**
 * smmu_vintf_get() - bring a VINTF up for a guest
 * @smmu: SMMU for which smmu_vintf_possible() is true
 * @vmid: VMID of the vSMMU, which nobody else has
 * @error: called from now on, until smmu_vintf_silence() is called
 * @owner: its argument
 *
 * Process context.
 * Return: the VINTF, without queues and StreamIDs; else an error pointer: -ENOSPC when none is
 *	free, -EIO when the SMMU or its companion does not work, -EBUSY when the VINTF may use
 *	@vmid all the same, -ENOMEM
 */
struct smmu_vintf *smmu_vintf_get(struct smmu_device *smmu, u16 vmid, smmu_vintf_error *error,
				  void *owner);

/* When this returns, the owner is told of no error any more */
void smmu_vintf_silence(struct smmu_vintf *v);

/**
 * smmu_vintf_put() - take a VINTF down
 * @v: VINTF whose queues are destroyed, and whose page nobody has mapped. The caller does not use
 *	it any more.
 *
 * Process context; posts a CMD_SYNC.
 * Return: false when it is not confirmed off, and may go on using its VMID
 */
bool smmu_vintf_put(struct smmu_vintf *v);

/* Physical address of the page that the guest has, of CMDQV_PAGE bytes */
phys_addr_t smmu_vintf_page(const struct smmu_vintf *v);

/**
 * smmu_vintf_sid_get() - have a StreamID of the guest replaced
 * @v: VINTF
 * @vsid: StreamID in the guest, of at most SMMU_VSID_BITS bits, which has no place yet
 * @sid: StreamID of the device
 *
 * The place matches nothing until smmu_vintf_sid_match() is called.
 * Return: number of its place, or -ENOSPC
 */
int smmu_vintf_sid_get(struct smmu_vintf *v, u32 vsid, u32 sid);

/* A StreamID of the field SID_MATCH */
#define SMMU_VSID_BITS	20

/**
 * smmu_vintf_sid_match() - let ATC_INVs of the guest reach the device, or stop them
 * @v: VINTF
 * @place: from smmu_vintf_sid_get()
 * @on: which
 *
 * Any context. ATC_INVs that the queues have taken before may be under way yet when they are
 * stopped.
 */
void smmu_vintf_sid_match(struct smmu_vintf *v, u32 place, bool on);

/* Give the place back; nothing matches any more */
void smmu_vintf_sid_put(struct smmu_vintf *v, u32 place);

/**
 * smmu_vintf_errors() - which queues of a VINTF have an error?
 * @v: VINTF
 * @map: out, a bit for each logical queue
 *
 * Process context. Queues that are off after the SMMU was are told of once. After an error that was
 * told the VINTF raises no interrupt until this is called.
 */
void smmu_vintf_errors(struct smmu_vintf *v, u64 map[2]);

/* Errors of the VINTF raise the interrupt again, if they did not. Any context. */
void smmu_vintf_unmask(struct smmu_vintf *v);

/* Does a guest have queues? They would not outlive a reset of the SMMU. */
bool smmu_vintf_has_queues(struct smmu_device *smmu);

/*
 * For the companion's interrupt: have all guests' VINTFs looked at. Any context. Return: VINTFs of
 * guests, a bit for each
 */
u64 smmu_vintf_tell(struct smmu_device *smmu);

/* The companion is being disabled: its registers are not to be accessed any more. Any context. */
void smmu_vintf_all_down(struct smmu_device *smmu);

/*
 * The SMMU is on again, and @works says whether the companion is, with all its queues free: VINTFs
 * have what they had, or not, and guests are told. Process context.
 */
void smmu_vintf_all_back(struct smmu_device *smmu, bool works);

/* The companion is confirmed off: free what was withheld. Process context. */
void smmu_vintf_let_go(struct smmu_device *smmu);

#endif
