/* SPDX-License-Identifier: GPL-2.0-only */
/* Flushing tags that have lost their last user, and withholding those that did not flush. */
#ifndef SMMU_DRV_TAGFLUSH_H
#define SMMU_DRV_TAGFLUSH_H

struct smmu_array;
struct smmu_domain;

/**
 * smmu_domain_unref() - take an attachment's entries out; flush and park its tags
 * @domain: the domain that is left; attach mutex held
 * @del: scratch array of what was attached; its users are overwritten
 *
 * Cannot fail, does not allocate. Must come after the STE/CD that used the tags are gone and
 * that is confirmed. A tag whose flush is not confirmed is withheld.
 */
void smmu_domain_unref(struct smmu_domain *domain, struct smmu_array *del);

#endif
