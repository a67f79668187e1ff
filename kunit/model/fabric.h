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

struct model_page_request;

/**
 * struct fabric_endpoint - what is in a slot
 * @ats: the endpoint has ATS
 * @global: its ATC supports invalidations of all PASIDs at once
 * @pasid_bits: log2 of its number of PASIDs, 0 for none
 * @cxl: it speaks CXL.cache
 * @pri: it can send page requests
 * @pri_bare: it expects answers to page requests without their PASID
 * @pri_stuck: it never stops by itself after PRI was disabled, but by a reset of its PRI
 * @cxl_locked: CONFIG_LOCK is set, so that Cache_Enable, which is set, cannot be changed
 */
struct fabric_endpoint {
	bool ats;
	bool global;
	u8 pasid_bits;
	bool cxl;
	bool cxl_locked;
	bool pri;
	bool pri_bare;
	bool pri_stuck;
};

#define FABRIC_PRI_MAX	24

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

/* PRI Enable, and how many page requests the device may have under way */
bool fabric_pri(struct fabric *f, u32 slot);
u32 fabric_pri_reqs(struct fabric *f, u32 slot);

/**
 * fabric_page_request() - let a device send a page request or a Stop Marker
 * @f: bridge
 * @slot: slot of the device
 * @r: the message; StreamID and @bare are filled in
 *
 * A device that is neither @rude nor sends something @again sends only what its config space
 * allows.
 * Return: as model_page_request(); -EPERM where PRI is off, or where the device has been told that
 *	a response has failed; -EAGAIN where it has used up what it may have under way
 */
int fabric_page_request(struct fabric *f, u32 slot, struct model_page_request *r);

/*
 * As model_page_answer(); StreamID and @bare are known. A failure turns the device's PRI off, until
 * software enables it anew.
 */
u8 fabric_page_answer(struct fabric *f, u32 slot, const struct model_page_request *r);

/* What software has done to PRI in config space that it must not do, or NULL */
const char *fabric_pri_wrong(struct fabric *f, u32 slot);

#endif
