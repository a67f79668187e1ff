/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables that an SMMU may still use.
 *
 * When the flush of a tag is not confirmed, not even by an SMMU that is shut, the TLB and the walks
 * of that SMMU may still lead to the page table (hw/shut.h: the SMMU is adrift). The domain
 * remembers the SMMU, by its instance number. While a domain remembers an SMMU, its page table is
 * not freed; if the domain is freed, the table is withheld together with the struct smmu_domain.
 * When the SMMU comes back, it has invalidated everything, and is forgotten. So it is when it was
 * removed and has confirmed that it translates nothing. A table that is withheld is freed when the
 * last SMMU is forgotten.
 *
 * ATCs need no thought here: they hold addresses of pages, and no page table.
 *
 * Nothing here concerns the page tables of processes (SVA), which are not the driver's.
 */
#ifndef SMMU_DRV_WITHHOLD_H
#define SMMU_DRV_WITHHOLD_H

#include <linux/types.h>

struct smmu_domain;
struct smmu_inst;

/*
 * The SMMU may still use the page table of @sd. smmu_arrays_mutex is held. May sleep. Without
 * memory the table is withheld for good.
 */
void smmu_withhold_note_locked(struct smmu_domain *sd, const struct smmu_inst *inst);

/**
 * smmu_withhold_begin_locked() - a domain is being freed, and leaves the list of all domains
 * @sd: paging domain that is in no list any more
 *
 * Until smmu_withhold_table(), SMMUs that come back are looked for in the domain all the same.
 * smmu_arrays_mutex is held.
 */
void smmu_withhold_begin_locked(struct smmu_domain *sd);

/**
 * smmu_withhold_table() - is the page table of a domain to be withheld?
 * @sd: after smmu_withhold_begin_locked(). Nobody has the domain any more, but readers may have its
 *	array.
 *
 * Takes smmu_arrays_mutex.
 * Return: false when no SMMU uses the page table, and the caller frees both the table and @sd; true
 *	when @sd and its table are not the caller's any more
 */
bool smmu_withhold_table(struct smmu_domain *sd);

/**
 * smmu_withhold_end_locked() - free what was withheld because of an SMMU
 * @inst: SMMU that has confirmed that it has nothing cached, or that it translates nothing and does
 *	not come back
 *
 * smmu_arrays_mutex is held.
 */
void smmu_withhold_end_locked(const struct smmu_inst *inst);

/* Number of page tables that are withheld at the moment. Any context. */
u32 smmu_withheld_tables(void);

#endif
