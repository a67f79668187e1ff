/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests on the model: vSMMUs with vDEVICEs and a vEVENTQ, made in the steps of iommufd's ioctls,
 * and what a guest has in its memory: CDs and stage-1 tables. The parent maps all memory in which
 * tables lie one to one, so that the guest physical address of a table is its physical address. The
 * case maps everything else.
 */
#ifndef KUNIT_ON_MODEL_GUEST_H
#define KUNIT_ON_MODEL_GUEST_H

#include <linux/io-pgtable.h>
#include <linux/iommufd.h>

#include "drv/viommu.h"
#include "drv/vsmmu.h"
#include "driver/rig.h"

struct iommufd_veventq;

/**
 * struct guest - one vSMMU with its devices
 * @vsmmu: initialized by smmu_viommu_init()
 * @queue: vEVENTQ of the vSMMU
 * @errors: vEVENTQ of its own command queues, if it has those
 * @ictx: what iommufd has for user space
 */
struct guest {
	struct smmu_vsmmu vsmmu;
	struct iommufd_veventq *queue;
	struct iommufd_veventq *errors;
	struct iommufd_ctx *ictx;
};

/**
 * struct guest_table - a guest's CD with a stage-1 table
 * @cd: a page of CDs, of which the first is used
 * @ops: the table; addresses in it are guest physical
 * @asid: ASID in the CD
 */
struct guest_table {
	struct smmu_cd *cd;
	struct io_pgtable_ops *ops;
	u16 asid;
};

/*
 * Add SMMU number @i with the stage-2 attributes that nesting needs (S2FWB); else the default
 * config.
 */
struct machine_smmu *guest_smmu(struct kunit *test, struct rig *rig, u32 i);

/*
 * Make a vSMMU on @smmu over @parent. It is destroyed with the test at the latest. Return: NULL
 * with *@ret on error.
 */
struct guest *guest_new(struct kunit *test, struct machine_smmu *smmu,
			struct iommu_domain *parent, int *ret);
/*
 * For guest_new_type() and guest_domain(): let the nth allocation of the driver fail, 0 for none;
 * and were there so many?
 */
extern u32 guest_fail_nth;
extern bool guest_failed;

/*
 * The same, of another type. For IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV: guest_queue.h. @data: what user
 * space hands in, or NULL; out: what it gets
 */
struct guest *guest_new_type(struct kunit *test, struct machine_smmu *smmu,
			     struct iommu_domain *parent, enum iommu_viommu_type type,
			     struct iommu_viommu_tegra241_cmdqv *data, int *ret);
void guest_destroy(struct guest *g);

/*
 * Let the guest see the device under StreamID @vsid, as IOMMU_VDEVICE_ALLOC. Return: 0 or an error.
 */
int guest_try_device(struct guest *g, struct rig_device *d, u32 vsid);
void guest_device(struct kunit *test, struct guest *g, struct rig_device *d, u32 vsid);
/* Destroy the vDEVICE with StreamID @vsid, if there is one. Any thread may call this. */
void guest_no_device(struct guest *g, u32 vsid);

/**
 * guest_events() - count what has come through the vEVENTQ so far
 * @g: guest
 * @last: out, the latest event; may be NULL; not written when there was no event
 * Return: number of events
 */
u32 guest_events(struct guest *g, struct iommu_vevent_arm_smmuv3 *last);

/*
 * Make a nested domain from words 0 and 1 of a vSTE. Return: the domain, which the caller frees, or
 * an ERR_PTR.
 */
struct iommu_domain *guest_domain(struct kunit *test, struct guest *g, u64 w0, u64 w1);
struct iommu_domain *guest_bypass(struct kunit *test, struct guest *g);
struct iommu_domain *guest_abort(struct kunit *test, struct guest *g);
struct iommu_domain *guest_s1(struct kunit *test, struct guest *g,
			      const struct guest_table *t, bool ats);
/*
 * Like guest_s1(), with 2^@cdmax CDs, all equal to the first, which requests without PASID use,
 * too.
 */
struct iommu_domain *guest_s1_pasids(struct kunit *test, struct guest *g,
				     const struct guest_table *t, bool ats, u8 cdmax);

/* Make a CD and a table in memory that @parent maps one to one from now on; freed with the test */
struct guest_table *guest_table(struct kunit *test, struct machine_smmu *smmu,
				struct iommu_domain *parent, u16 asid);
void guest_map(struct kunit *test, struct guest_table *t, u64 iova, u64 ipa);
void guest_unmap(struct kunit *test, struct guest_table *t, u64 iova);

/**
 * guest_commands() - hand over commands as IOMMU_HWPT_INVALIDATE would
 * @test: test
 * @g: guest
 * @cmd: commands
 * @num: in: number of commands; out: number of commands that were done
 * Return: 0 or an error
 */
int guest_commands(struct kunit *test, struct guest *g, const struct smmu_cmd *cmd, u32 *num);
/* Hand over one command, which must succeed */
void guest_command(struct kunit *test, struct guest *g, const struct smmu_cmd *cmd);

#endif
