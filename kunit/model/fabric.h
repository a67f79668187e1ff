/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI host bridge in software, with endpoints behind a model SMMU. Their config space is
 * memory; the kernel's PCI core finds them, enables ATS and PASIDs, resets them and unplugs
 * them, and the IOMMU core groups them, all unmodified. A device has a StreamID by
 * iommu-map, and does DMA as its config space allows: bus mastering, ATS.
 */
#ifndef KUNIT_MODEL_FABRIC_H
#define KUNIT_MODEL_FABRIC_H

#include <linux/types.h>

struct fabric;
struct machine_smmu;
struct model_access;
struct pci_dev;

#define FABRIC_ENDPOINTS	8

/**
 * struct fabric_endpoint - what is in a slot
 * @ats: has ATS
 * @global: and knows invalidations of all PASIDs at once
 * @pasid_bits: log2 of its PASIDs, 0 for none
 */
struct fabric_endpoint {
	bool ats;
	bool global;
	u8 pasid_bits;
};

/*
 * With ATS Enable = 0 they answer an ATC_INV with Unsupported Request, and hold on to what is in
 * the ATC without using it; with the next ATS Enable = 1 it is gone (PCIe, implicit invalidation).
 */

/**
 * fabric_new() - a host bridge; what is behind it has been found when this returns
 * @smmu: the SMMU of all its devices; one bridge for each SMMU
 * @ep: what is in the slots
 * @n: how many, at most FABRIC_ENDPOINTS
 * Return: the bridge or an ERR_PTR
 */
struct fabric *fabric_new(struct machine_smmu *smmu, const struct fabric_endpoint *ep, u32 n);

/* Unplug all that is there, and the bridge */
void fabric_free(struct fabric *f);

/* The device in a slot, with a reference, or NULL */
struct pci_dev *fabric_dev(struct fabric *f, u32 slot);
u32 fabric_sid(struct fabric *f, u32 slot);

/* The driver core takes it away, as for an eject button; and finds it again */
void fabric_unplug(struct fabric *f, u32 slot);
void fabric_rescan(struct fabric *f);

/* It is pulled out: config space reads as ones, and the core is told that it is gone */
void fabric_pull(struct fabric *f, u32 slot);

/* What it may do at this moment, by its own config space */
bool fabric_ats(struct fabric *f, u32 slot);
bool fabric_pasid(struct fabric *f, u32 slot);
bool fabric_bus_master(struct fabric *f, u32 slot);
/* Was bus mastering on when ATS Enable last went from 0 to 1? */
bool fabric_mastered_ats(struct fabric *f, u32 slot);
/* Function level resets it has seen */
u32 fabric_resets(struct fabric *f, u32 slot);

/**
 * fabric_during_reset() - what it tries while it is being reset
 * @f: bridge
 * @slot: which
 * @a: access; NULL ends it
 */
void fabric_during_reset(struct fabric *f, u32 slot, const struct model_access *a);
/* Did one of those accesses go anywhere? */
bool fabric_reset_leaked(struct fabric *f, u32 slot);

/**
 * fabric_access() - DMA
 * @f: bridge
 * @slot: which
 * @a: StreamID and ATS are filled in
 * Return: as model_access(); -EFAULT where the device may not do DMA
 */
int fabric_access(struct fabric *f, u32 slot, struct model_access *a);

#endif
