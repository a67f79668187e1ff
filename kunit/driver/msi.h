/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A platform with MSIs: an irq domain in software. Each MSI has a word of memory to be written to,
 * and the suite calls the handler.
 */
#ifndef KUNIT_ON_MODEL_MSI_H
#define KUNIT_ON_MODEL_MSI_H

#include <kunit/test.h>
#include <linux/types.h>

struct fwnode_handle;
struct irq_domain;
struct machine_smmu;

/* What MSI number n writes is this and n */
#define MSI_DATA	0x5a00

/* In the order in which the driver asks for them */
enum { MSI_EVENT, MSI_GERROR, MSI_PRI, MSIS };

/**
 * struct msis - the MSIs of one SMMU
 * @domain: what the SMMU's MSI domain has as its parent
 * @fwnode: of @domain
 * @smmu: the SMMU, not bound while @domain comes and goes
 * @word: of each MSI
 * @nr: MSIs that are handed out
 */
struct msis {
	struct irq_domain *domain;
	struct fwnode_handle *fwnode;
	struct machine_smmu *smmu;
	u32 *word;
	u32 nr;
};

/*
 * Give the SMMU MSIs until the case ends. If it is bound to the driver, it is unbound, and is left
 * so.
 */
struct msis *msi_platform(struct kunit *test, struct machine_smmu *smmu);

#endif
