/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk: invalidate a range of a domain wherever its array says.
 *
 * Ordering, with the other side in smmu_binding_enter():
 *
 *	walker				attacher
 *	------				--------
 *	change the page table		publish the array (or revive entries)
 *	smp_mb()			smp_mb()
 *	load the array			STE/CD write, CFGI + SYNC
 *					SMMU reads the page table
 *
 * Either the walker sees the new entry and invalidates, or the SMMU begins to walk after
 * the page-table change and never sees the old one.
 *
 * An ATC may also be filled from the TLB, where the attachment's tag was in use before: by
 * another device, or another PASID. Between a walker's load of the array and its TLBI that holds
 * what the walker has come for, and the TLBI does not reach the ATC. So whoever makes entries of
 * an ATC alive counts up @ats_seq before the device can use them, and a walker that sees another
 * count when all is confirmed walks once more: by then the TLB is clean. The count comes before
 * the CD or STE, that before the translation, that before the TLBI's end, and that before the
 * walker's second look.
 */
#ifndef SMMU_DRV_WALK_H
#define SMMU_DRV_WALK_H

#include <linux/kconfig.h>
#include <linux/types.h>

struct smmu_domain;
struct smmu_range;

/**
 * smmu_walk_range() - invalidate; returns when every SMMU has confirmed
 * @sd: domain whose page table was changed
 * @range: what was changed
 *
 * Any context. Where an SMMU does not confirm, the devices whose ATCs it was about lose ATS
 * and bus mastering, and the SMMU is flushed whole and, failing that, shut: an
 * invalidation never returns with a stale translation in use.
 */
void smmu_walk_range(struct smmu_domain *sd, const struct smmu_range *range);

#if IS_ENABLED(CONFIG_KUNIT)
void smmu_walk_pause(struct smmu_domain *sd);
#endif

/* io-pgtable's callbacks; @cookie is the struct smmu_domain */
void smmu_walk_flush_all(void *cookie);
void smmu_walk_flush_tables(unsigned long iova, size_t size, size_t granule, void *cookie);

#endif
