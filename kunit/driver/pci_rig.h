/* SPDX-License-Identifier: GPL-2.0-only */
/* One model SMMU with a PCI host bridge in software and three endpoints behind it. */
#ifndef KUNIT_ON_MODEL_PCI_RIG_H
#define KUNIT_ON_MODEL_PCI_RIG_H

#include "model/fabric.h"
#include "driver/rig.h"

#define PCI_RIG_IOVA	0x40001000ULL

/* An endpoint with ATS and PASIDs; one with ATS alone; one with neither */
enum { FULL, ATS_ONLY, PLAIN, PCI_SLOTS };

extern const struct fabric_endpoint pci_rig_endpoints[PCI_SLOTS];

struct pci_rig {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct fabric *f;
	struct pci_dev *pdev[FABRIC_ENDPOINTS];
	struct iommu_group *group[FABRIC_ENDPOINTS];
};

/*
 * Add SMMU number @nr and find what is behind it; config space is that of the host bridge, not a
 * stub.
 */
struct pci_rig *pci_rig_new(struct kunit *test, u32 nr);
/* Like pci_rig_new(), with other endpoints */
struct pci_rig *pci_rig_new_with(struct kunit *test, u32 nr, const struct fabric_endpoint *ep,
				 u32 n);
/* Like pci_rig_new_with(), with an SMMU of another kind */
struct pci_rig *pci_rig_new_cfg(struct kunit *test, u32 nr, const struct model_config *cfg,
				const struct fabric_endpoint *ep, u32 n);
/* Take references to what is in a slot and turn bus mastering on; and drop the references */
void pci_rig_take(struct kunit *test, struct pci_rig *p, u32 i);
void pci_rig_let_go(struct pci_rig *p, u32 i);

/* Make a domain that maps the page at PCI_RIG_IOVA */
struct iommu_domain *pci_rig_mapped(struct kunit *test, struct pci_rig *p, u32 i, u64 pa);

/* Let the device access PCI_RIG_IOVA. Return: where the access goes, or RIG_NOWHERE */
u64 pci_rig_dma(struct pci_rig *p, u32 i, u32 ssid);

/* From now on the device does not answer an ATC_INV */
void pci_rig_silence(struct pci_rig *p, u32 i);

#endif
