/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk: invalidate a range of a domain on every SMMU that the domain's array names.
 *
 * This is the home of the ordering argument: why the array is changed before the STE or CD. The
 * other side of it is in smmu_binding_enter_locked().
 *
 *	walker				attacher
 *	------				--------
 *	change the page table		publish the array (or revive entries)
 *	smp_mb()			smp_mb()
 *	load the array			STE/CD write, CFGI + SYNC
 *					SMMU reads the page table
 *
 * Either the walker sees the new entry and invalidates, or it does not see the entry, and then
 * the SMMU begins to walk after the page-table change and never sees the old table. When a
 * device leaves a domain, the order is the reverse: first the STE or CD leads away from the page
 * table, and that is confirmed; only then do the entries lose their user. A walker that still
 * sees the entries sends an invalidation that is not needed and does no harm.
 *
 * This argument is not enough for an ATC, because an ATC may be filled from the TLB. That happens
 * where the tag was in use before, by another device or another PASID. Between a walker's load of
 * the array and its TLBI, the TLB still holds the translation that the walker wants to remove.
 * The new device may copy it into its ATC, and the TLBI does not reach the ATC. Therefore a CPU
 * that makes ATS entries live increments @ats_seq of the domain before the device can use them.
 * A walker reads @ats_seq before it loads the array, and again when the SMMUs have confirmed
 * everything. If the values differ, it walks once more, and by then the TLB is clean. No change
 * is missed, because the steps have this order: @ats_seq, then the CD or STE, then the
 * translation, then the end of the TLBI, then the walker's second read.
 */
#ifndef SMMU_DRV_WALK_H
#define SMMU_DRV_WALK_H

#include <linux/kconfig.h>
#include <linux/types.h>

struct smmu_domain;
struct smmu_range;

/**
 * smmu_walk_range() - invalidate a range; returns when every SMMU has confirmed it
 * @sd: domain whose page table was changed
 * @range: what was changed
 *
 * Any context. A device that does not answer an ATC_INV is cut off (ats_cut.h). Where an SMMU does
 * not confirm, the whole SMMU is flushed, and if that fails, too, or its queue stands still, it is
 * shut. So an invalidation never returns while a stale translation can be used.
 */
void smmu_walk_range(struct smmu_domain *sd, const struct smmu_range *range);

#if IS_ENABLED(CONFIG_KUNIT)
void smmu_walk_pause(struct smmu_domain *sd);
#endif

/* io-pgtable's callbacks; @cookie is the struct smmu_domain */
void smmu_walk_flush_all(void *cookie);
void smmu_walk_flush_tables(unsigned long iova, size_t size, size_t granule, void *cookie);

#endif
