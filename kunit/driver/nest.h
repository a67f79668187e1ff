/* SPDX-License-Identifier: GPL-2.0-only */
/* A device in a guest: what most suites of nesting begin with. */
#ifndef KUNIT_ON_MODEL_NEST_H
#define KUNIT_ON_MODEL_NEST_H

#include "driver/guest.h"

#define NEST_VA		0x7000001000ULL
#define NEST_VA2	0x7000002000ULL
/* Beyond all memory, so that the parent may map them as the test wants */
#define NEST_IPA	0x40000001000ULL
#define NEST_IPA2	0x40000002000ULL
#define NEST_PA		0x12345000ULL
#define NEST_PA2	0x23456000ULL
#define NEST_VSID	0x77
/* PASIDs of a device that has some, as bits */
#define NEST_PASID_BITS	4

/**
 * struct nest - one SMMU, one device, a parent that maps IPA to PA, a guest that maps VA to IPA
 * @rig: the machine
 * @smmu: SMMU number 0
 * @d: the device
 * @parent: maps IPA2 to PA2, too
 * @g: the guest, which knows the device by NEST_VSID
 * @t: its table, with ASID 5
 */
struct nest {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct rig_device *d;
	struct iommu_domain *parent;
	struct guest *g;
	struct guest_table *t;
};

/* The SMMU of a nest: with S2FWB; @pasids: with SubstreamIDs */
void nest_config(struct model_config *cfg, bool pasids);

/* @atc: the device has ATS; @pasids: and PASIDs */
void nest_make(struct kunit *test, struct nest *n, bool atc, bool pasids);
/* The same in a machine of which the case has decided more: devices, and what the SMMU is */
void nest_make_on(struct kunit *test, struct nest *n, struct rig *rig, struct machine_smmu *smmu);
/* Detached, and nothing left behind; nested domains are the caller's to free */
void nest_free(struct kunit *test, struct nest *n);

/* One more guest over a parent, who knows @d by @vsid */
struct guest *nest_guest(struct kunit *test, struct machine_smmu *smmu,
			 struct iommu_domain *parent, struct rig_device *d, u32 vsid);

/* A translation fault of a device, as the event thread reports it */
void nest_fault(struct nest *n, struct rig_device *d);

#endif
