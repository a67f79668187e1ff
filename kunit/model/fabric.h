/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI host bridge in software, with endpoints behind a model SMMU. Their config space is memory.
 * The unmodified PCI core of the kernel finds them, enables ATS and PASIDs, resets them and unplugs
 * them, and the unmodified IOMMU core groups them. A device has a StreamID by iommu-map, and does
 * DMA as its config space allows (bus mastering, ATS).
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
 * @ats: the endpoint has ATS
 * @global: its ATC supports invalidations of all PASIDs at once
 * @pasid_bits: log2 of its number of PASIDs, 0 for none
 * @cxl: it speaks CXL.cache
 * @cxl_locked: CONFIG_LOCK is set, so that Cache_Enable, which is set, cannot be changed
 */
struct fabric_endpoint {
	bool ats;
	bool global;
	u8 pasid_bits;
	bool cxl;
	bool cxl_locked;
};

/*
 * With ATS Enable = 0 the endpoints answer an ATC_INV with Unsupported Request, and keep what is in
 * the ATC without using it. When ATS Enable is set again, the ATC is empty (PCIe, implicit
 * invalidation).
 */

/**
 * fabric_new() - make a host bridge; the devices behind it have been found when this returns
 * @smmu: the SMMU of all its devices; each SMMU has at most one bridge
 * @ep: what is in the slots
 * @n: number of slots, at most FABRIC_ENDPOINTS
 * Return: the bridge or an ERR_PTR
 */
struct fabric *fabric_new(struct machine_smmu *smmu, const struct fabric_endpoint *ep, u32 n);

/* Unplug all devices that are there, and the bridge */
void fabric_free(struct fabric *f);

/* The device in a slot, with a reference, or NULL */
struct pci_dev *fabric_dev(struct fabric *f, u32 slot);
u32 fabric_sid(struct fabric *f, u32 slot);

/* Remove the device as for an eject button; and find it again */
void fabric_unplug(struct fabric *f, u32 slot);
void fabric_rescan(struct fabric *f);

/* Pull the device out: config space reads as ones, and the PCI core is told that it is gone */
void fabric_pull(struct fabric *f, u32 slot);

/* Config space out of reset, because the device was without power */
void fabric_lose_power(struct fabric *f, u32 slot);
/* Set ATS Enable, with a unit of its own, behind the PCI core's back: another kernel has done so */
void fabric_set_ats(struct fabric *f, u32 slot);

/* Are ATS, PASIDs and bus mastering on in the device's config space? */
bool fabric_ats(struct fabric *f, u32 slot);
bool fabric_pasid(struct fabric *f, u32 slot);
bool fabric_bus_master(struct fabric *f, u32 slot);
/* Cache_Enable, and software that sets it. A function level reset does not change it. */
bool fabric_cache(struct fabric *f, u32 slot);
void fabric_enable_cache(struct fabric *f, u32 slot, bool on);
/* Was bus mastering on when ATS Enable last went from 0 to 1? */
bool fabric_mastered_ats(struct fabric *f, u32 slot);
/* Number of function level resets of the device */
u32 fabric_resets(struct fabric *f, u32 slot);

/**
 * fabric_during_reset() - set the access that the device tries while it is being reset
 * @f: bridge
 * @slot: slot of the device
 * @a: access; NULL ends it
 */
void fabric_during_reset(struct fabric *f, u32 slot, const struct model_access *a);
/* Did one of those accesses succeed? */
bool fabric_reset_leaked(struct fabric *f, u32 slot);

/**
 * fabric_access() - let a device do DMA
 * @f: bridge
 * @slot: slot of the device
 * @a: access; StreamID and ATS are filled in
 * Return: as model_access(); -EFAULT where the device may not do DMA
 */
int fabric_access(struct fabric *f, u32 slot, struct model_access *a);

#endif
