/* SPDX-License-Identifier: GPL-2.0-only */
/* A device in a guest: what most suites of nesting begin with. */
#ifndef KUNIT_ON_MODEL_NEST_H
#define KUNIT_ON_MODEL_NEST_H

#include "driver/guest.h"

#define NEST_VA		0x7000001000ULL
#define NEST_VA2	0x7000002000ULL
/* Guest physical addresses beyond all memory, so that the parent may map them as the case wants */
#define NEST_IPA	0x40000001000ULL
#define NEST_IPA2	0x40000002000ULL
#define NEST_PA		0x12345000ULL
#define NEST_PA2	0x23456000ULL
#define NEST_VSID	0x77
/* Number of PASIDs of a device that has some, as bits */
#define NEST_PASID_BITS	4

/**
 * struct nest - one SMMU, one device, a parent that maps IPA to PA, a guest that maps VA to IPA
 * @rig: the machine
 * @smmu: SMMU number 0
 * @d: the device
 * @parent: the stage 2, which maps IPA2 to PA2, too
 * @g: the guest, which knows the device by NEST_VSID
 * @t: the guest's table, with ASID 5
 */
struct nest {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct rig_device *d;
	struct iommu_domain *parent;
	struct guest *g;
	struct guest_table *t;
};

/* The config of a nest's SMMU: with S2FWB; @pasids: with SubstreamIDs, too */
void nest_config(struct model_config *cfg, bool pasids);

/* Make a nest; @atc: the device has ATS; @pasids: the device has PASIDs */
void nest_make(struct kunit *test, struct nest *n, bool atc, bool pasids);
/* Make a nest in a machine to which the case has already added @smmu */
void nest_make_on(struct kunit *test, struct nest *n, struct rig *rig, struct machine_smmu *smmu);
/* Detach the device and check that nothing is left; the caller has freed its nested domains */
void nest_free(struct kunit *test, struct nest *n);

/* Make one more guest over a parent; the guest knows @d by @vsid */
struct guest *nest_guest(struct kunit *test, struct machine_smmu *smmu,
			 struct iommu_domain *parent, struct rig_device *d, u32 vsid);

/* Report a translation fault of a device as the event thread does */
void nest_fault(struct nest *n, struct rig_device *d);

#endif
