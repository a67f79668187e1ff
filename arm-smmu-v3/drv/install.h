/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing the STEs and CDs of a master, according to what the master is attached to. No function
 * here can fail or allocate. On return every write is confirmed, or the SMMU is shut. Only with
 * @brief does a function give up when the SMMU takes longer than SMMU_BRIEF_US: it returns false,
 * and smmu_install_settle_locked() is called before the same is tried again.
 */
#ifndef SMMU_DRV_INSTALL_H
#define SMMU_DRV_INSTALL_H

#include "drv/master.h"

/**
 * struct smmu_rid - what requests without PASID are to go through
 * @kind: kind
 * @binding: S1, S2 and nested: the domain, the tag, and whether ATS is on
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
 * Write all STEs of the master. @ats says whether ATS is on, where the configuration can have ATS.
 * The STE of a StreamID that other devices have too shows the attachment of the ruler, and its CD
 * is written here as well: streams.h. Such an STE is never written with @brief.
 */
bool smmu_install_stes_locked(struct smmu_master *master, const struct smmu_rid *rid, bool ats,
			      bool brief);

/* Make all STEs of the master abort all requests, those with PASID and of other owners included */
void smmu_install_abort_locked(struct smmu_master *master);

/**
 * smmu_install_shows_locked() - will the streams of a master show what it is attached to?
 * @of: master that shares StreamIDs
 * @master: another owner of them, or @of itself
 * @rid: what @master goes through then
 *
 * They do not where another owner rules that is attached to something else.
 * Return: true when all of them do, as far as @master has them, too
 */
bool smmu_install_shows_locked(const struct smmu_master *of, const struct smmu_master *master,
			       const struct smmu_rid *rid);

/* Would the STEs lead to CDs, whichever of the other owners of the master's StreamIDs rules? */
bool smmu_install_others_have_cds_locked(const struct smmu_master *master);

/* Has any owner of the master's StreamIDs PASIDs attached? */
bool smmu_install_have_pasids_locked(const struct smmu_master *master);

/* Has one of the master's streams an STE of the kernel before, see hw/adopt.h? */
bool smmu_install_is_foreign(const struct smmu_master *master);

/*
 * Hand the streams that the master rules to their other owners. The master is being released. An
 * STE of the kernel before stays as it is.
 */
void smmu_install_leave_locked(struct smmu_master *master);

/* Do all STEs of the master abort? */
bool smmu_install_aborts_locked(const struct smmu_master *master);

/* Wait until the SMMU holds nothing of STEs and CDs of the master that were written before */
void smmu_install_settle_locked(const struct smmu_master *master);

/*
 * Make sure that there are CD tables for the master's streams, with room for its PASIDs if it may
 * have any. Takes smmu_arrays_mutex. Return: 0 or -ENOMEM
 */
int smmu_install_table_locked(struct smmu_master *master);

/*
 * Make sure that the table with the CDs of the master's PASIDs has room for them. A stream may have
 * a table from a time when none of its owners had PASIDs. Not for the attach of a RID, because
 * coming back must not need memory. Return: 0 or -ENOMEM
 */
int smmu_install_room_locked(struct smmu_master *master);

/*
 * Write the CD of @binding->ssid, whose leaf table exists. With SubstreamID 0 this is for streams
 * that only the master has; smmu_install_stes_locked() does the others.
 */
bool smmu_install_cd_locked(struct smmu_binding *binding, bool brief);

/* Make the CD of this SubstreamID invalid. Does nothing where there never was one. */
void smmu_install_no_cd_locked(struct smmu_master *master, u32 ssid);

#endif
