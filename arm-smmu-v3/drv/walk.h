/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk: invalidate a range of a domain wherever its array says.
 *
 * Ordering, with the other side in attach.c:
 *
 *	walker				attacher
 *	------				--------
 *	change the page table		publish the array (or revive entries)
 *	smp_mb()			STE/CD write: dma_wmb(), then CFGI + SYNC
 *	load the array			SMMU reads the page table
 *
 * Either the walker sees the new entry and invalidates, or the SMMU begins to walk after
 * the page-table change and never sees the old one.
 */
#ifndef SMMU_DRV_WALK_H
#define SMMU_DRV_WALK_H

#include <linux/types.h>

struct smmu_domain;
struct smmu_range;

/**
 * smmu_walk_range() - invalidate; returns when every SMMU has confirmed
 * @domain: domain whose page table was changed
 * @range: what was changed
 *
 * Any context. Where an SMMU does not confirm, the devices whose ATCs it was about lose ATS
 * and bus mastering, and the SMMU is flushed whole and, failing that, shut: an
 * invalidation never returns with a stale translation in use.
 */
void smmu_walk_range(struct smmu_domain *domain, const struct smmu_range *range);

/* io-pgtable's callbacks; @cookie is the struct smmu_domain */
void smmu_walk_flush_all(void *cookie);
void smmu_walk_flush_tables(unsigned long iova, size_t size, size_t granule, void *cookie);

#endif
