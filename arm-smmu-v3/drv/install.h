/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The STEs and CDs of a master, made from what it is attached to. Nothing here can fail
 * or allocate; every change is confirmed on return, or the SMMU is shut. Attach mutex held.
 */
#ifndef SMMU_DRV_INSTALL_H
#define SMMU_DRV_INSTALL_H

#include "drv/master.h"

/**
 * struct smmu_rid - what requests without PASID are to become
 * @kind: kind
 * @binding: S1, S2, nested: domain, tag and whether ATS is on
 * @vste: nested: words 0 and 1 of the guest's STE, checked
 * @vste_ats: nested: the guest's STE has ATS, and it can be given to the device
 */
struct smmu_rid {
	enum smmu_rid_kind kind;
	const struct smmu_binding *binding;
	const __le64 *vste;
	bool vste_ats;
};

/*
 * All STEs of the master; @ats where the configuration has ATS at all. A StreamID that other
 * devices have, too, follows whoever rules it: streams.h.
 */
void smmu_install_stes_locked(struct smmu_master *master, const struct smmu_rid *rid, bool ats);

/* The STEs abort whatever comes, PASIDs included; of a master that shares no stream */
void smmu_install_abort_locked(struct smmu_master *master);

/* The master is released: the streams that it has ruled go to their other owners */
void smmu_install_leave_locked(struct smmu_master *master);

/* CD of @binding->ssid, whose leaf exists */
void smmu_install_cd_locked(const struct smmu_binding *binding);

/* No CD for this SubstreamID any more; nothing to do where there never was one */
void smmu_install_no_cd_locked(struct smmu_master *master, u32 ssid);

#endif
