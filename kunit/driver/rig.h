/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every suite on the model needs: a machine of some SMMUs with some devices behind them,
 * torn down by itself, and found without violations when it is.
 */
#ifndef KUNIT_ON_MODEL_RIG_H
#define KUNIT_ON_MODEL_RIG_H

#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/spinlock.h>

#include <smmuv3/regs.h>

#include "drv/domains_static.h"
#include "drv/iommu.h"
#include "hw/shut.h"
#include "model/machine.h"

#define RIG_SMMUS	8
#define RIG_DEVICES	256

struct iommu_domain;

/**
 * struct rig_device - a device
 * @dev: the device, NULL once it is removed
 * @group: its group, referenced
 * @smmu: index of its SMMU
 * @sid: its (first) StreamID
 * @config: what config space says changes between requests of the device
 * @ats: ATS is on in the device
 * @bus_master: it may send requests
 * @mastered: it might before the driver took that away
 * @atc: it has an ATC
 * @handle: for the core
 */
struct rig_device {
	struct device *dev;
	struct iommu_group *group;
	u32 smmu;
	u32 sid;
	bool atc;
	raw_spinlock_t config;	/* @ats, @bus_master, @mastered */
	bool ats;
	bool bus_master;
	bool mastered;
	struct iommu_attach_handle handle;
};

/* How an SMMU inserts commands: by the number of the SMMU, or as the case wants */
enum rig_insertion { RIG_MIXED, RIG_LOCK, RIG_COMBINE };

/**
 * struct rig - the machine of one test case
 * @test: the case
 * @smmu: SMMUs, NULL where there is none
 * @device: devices
 * @nr_devices: how many
 * @insertion: of the SMMUs added from now on
 * @atc: the devices added from now on have an ATC
 * @no_global: and do not know the Global flag of ATC_INV
 * @ats_required: and do not work without ATS
 * @ssid_bits: PASIDs of the devices added from now on
 * @can_stall: their faults may stall
 * @keeps_atc: a defect of the devices: ATS Enable from 0 to 1 does not empty the ATC
 * @no_ats: errno of pci_enable_ats()
 * @recover: a device was cut off since rig_recover()
 * @poll_cons: no CMD_SYNC of the SMMUs added from now on sends an MSI
 * @kdump: the SMMUs added from now on are a crash kernel's
 * @noncoherent: firmware says so of the SMMUs added from now on
 * @forgive: violations are part of the test
 * @loglevel: before rig_hush()
 * @warned: the kernel had warned before it
 */
struct rig {
	struct kunit *test;
	struct machine_smmu *smmu[RIG_SMMUS];
	struct rig_device device[RIG_DEVICES];
	u32 nr_devices;
	enum rig_insertion insertion;
	bool poll_cons;
	bool kdump;
	bool noncoherent;
	bool atc;
	bool keeps_atc;
	int no_ats;
	bool no_global;
	bool ats_required;
	bool recover;
	u32 ssid_bits;
	bool can_stall;
	bool forgive;
	int loglevel;
	bool warned;
};

/* What went wrong in a case of several threads: how often, and the first time in words */
struct rig_wrong {
	atomic_t count;
	char first[160];
};

__printf(2, 3) void rig_wrong(struct rig_wrong *wrong, const char *fmt, ...);

/* An empty machine; everything in it goes when the case ends, devices first */
struct rig *rig_new(struct kunit *test);

/* SMMU number @i, probed; NULL is the default config */
struct machine_smmu *rig_smmu(struct kunit *test, struct rig *rig, u32 i,
			      const struct model_config *cfg);
/* The same with interrupts */
struct machine_smmu *rig_smmu_irq(struct kunit *test, struct rig *rig, u32 i,
				  const struct model_config *cfg);

/* A device behind SMMU @smmu, in the default (identity) domain, with a StreamID of its own */
struct rig_device *rig_device(struct kunit *test, struct rig *rig, u32 smmu);
struct rig_device *rig_device_sids(struct kunit *test, struct rig *rig, u32 smmu,
				   const u32 *sids, u32 n);

/* CPUs whose kernel runs at EL2, for SMMUs with IDR0.HYP that are added from now on */
void rig_at_el2(struct rig *rig);

/* Unplug it */
void rig_remove(struct rig_device *d);
void rig_remove_smmu(struct rig *rig, u32 i);

/* Attach, from whatever there was; identity and blocked domains too. Return: 0 or an error */
int rig_attach(struct rig_device *d, struct iommu_domain *domain);

/* New domains made for the device; freed by the caller */
struct iommu_domain *rig_domain(struct kunit *test, struct rig_device *d);
struct iommu_domain *rig_domain_s2(struct kunit *test, struct rig_device *d);

/* The device accesses @iova. Return: where it went, or RIG_NOWHERE */
#define RIG_NOWHERE	(~0ULL)
u64 rig_access(struct rig *rig, struct rig_device *d, u64 iova, bool write);
/* The event of an access that went nowhere, 0 for silence */
u8 rig_event(struct rig *rig, struct rig_device *d, u64 iova, bool write);

/* The same with a SubstreamID */
u64 rig_access_ssid(struct rig *rig, struct rig_device *d, u32 ssid, u64 iova, bool write);

/*
 * An access of a device that may stall. Return: 0 with *@pa, -EFAULT, -EINPROGRESS with *@stag,
 * -EAGAIN; see model_access() and model_answer()
 */
int rig_try(struct rig *rig, struct rig_device *d, u32 ssid, u64 iova, bool write, u64 *pa,
	    u16 *stag);

/* ATS and bus mastering off in its config space, as the driver does it */
void rig_cut(struct rig_device *d);

/* What the work item would do: find the culprit among the devices that were cut off */
void rig_recover(struct rig *rig);

static inline struct smmu_iommu *rig_iommu(struct machine_smmu *smmu)
{
	return smmu_iommu_of(dev_get_drvdata(smmu->dev));
}

/*
 * The end of model_watch(): the access went nowhere else than to one of @pa. Fails the case, too,
 * when the SMMU was sent no command meanwhile: then nobody looked during the change.
 */
#define rig_watched(test, smmu, ...)						\
	rig_watched_at(test, smmu, (const u64 []){ __VA_ARGS__ },		\
		       sizeof((const u64 []){ __VA_ARGS__ }) / sizeof(u64))
void rig_watched_at(struct kunit *test, struct machine_smmu *smmu, const u64 *pa, u32 n);

/* Live ATS entries in a domain's array */
u32 rig_ats_entries(struct iommu_domain *domain);

/* Fail the case if one of the models has seen a violation */
void rig_check(struct kunit *test, struct rig *rig);

/*
 * The @nth allocation of this task from here on fails. rig_alloc_end() says whether there were so
 * many: with 1, whether anything was allocated at all. Where there were not, it tries whether
 * one would have failed, and fails the case if not.
 */
void rig_alloc_begin(u32 nth);
bool rig_alloc_end(void);

/*
 * Injected failures write stacks to the console. While they are hidden the kernel's own
 * warnings are so too; the end fails the case when there was one.
 */
void rig_hush(struct rig *rig);
void rig_unhush(struct rig *rig);

#endif
