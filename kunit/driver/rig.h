/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every suite on the model needs: a machine with some SMMUs and some devices behind them. It
 * is torn down when the case ends, and the case fails if a model has seen a violation by then.
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

#define RIG_SMMUS	40
#define RIG_DEVICES	256

struct iommu_domain;

/**
 * struct rig_device - a device
 * @dev: the device, NULL when it was removed
 * @group: its group, referenced
 * @smmu: index of its SMMU
 * @sid: its (first) StreamID
 * @config: lock of the bits in config space, which change only between requests of the device
 * @ats: ATS is on in the device
 * @bus_master: the device may send requests
 * @cut: the driver has turned ATS and bus mastering off at some time
 * @mastered: the device might do so before the driver has turned bus mastering off
 * @atc: the device has an ATC
 * @needs_ats: it uses nothing but what it has asked for, so without ATS it reaches nothing
 * @physical: functions of one physical device have the same number here; 0 is a device of its own
 * @handle: attach handle for the IOMMU core
 */
struct rig_device {
	struct device *dev;
	struct iommu_group *group;
	u32 smmu;
	u32 sid;
	bool atc;
	bool needs_ats;
	u32 physical;
	raw_spinlock_t config;	/* of @ats, @bus_master, @mastered */
	bool ats;
	bool bus_master;
	bool mastered;
	bool cut;
	struct iommu_attach_handle handle;
};

/* How an SMMU inserts commands: by the number of the SMMU, or as the case wants */
enum rig_insertion { RIG_MIXED, RIG_LOCK, RIG_COMBINE, RIG_AUTO };

/**
 * struct rig - the machine of one test case
 * @test: the case
 * @smmu: SMMUs, NULL where there is none
 * @device: devices
 * @nr_devices: number of devices
 * @adding: the device that is being added; its group may have a domain in which it has ATS at once
 * @insertion: how SMMUs insert commands that are added from now on
 * @atc: devices added from now on have an ATC
 * @physical: number of the physical device of devices added from now on
 * @no_global: devices added from now on do not support the Global flag of ATC_INV
 * @ats_required: devices added from now on do not work without ATS
 * @ssid_bits: SubstreamID bits of devices added from now on
 * @can_stall: faults of devices added from now on may stall
 * @keeps_atc: a defect of the devices: setting ATS Enable does not empty the ATC
 * @no_ats: error of pci_enable_ats(), 0 for none
 * @recover: a device was cut off since the last rig_recover()
 * @retry_ms: in how many ms the driver wants to try to bring an SMMU back, 0 for not at all
 * @poll_cons: no CMD_SYNC of SMMUs added from now on sends an MSI
 * @kdump: SMMUs added from now on are those of a crash kernel
 * @noncoherent: firmware says of SMMUs added from now on that they are not coherent
 * @forgive: violations are part of the test
 * @next_group: the id that a new group would have had at first
 * @loglevel: console log level before rig_hush()
 * @warned: the kernel had warned before rig_hush()
 */
struct rig {
	struct kunit *test;
	struct machine_smmu *smmu[RIG_SMMUS];
	struct rig_device device[RIG_DEVICES];
	u32 nr_devices;
	struct rig_device *adding;
	enum rig_insertion insertion;
	bool poll_cons;
	bool kdump;
	bool noncoherent;
	bool atc;
	bool keeps_atc;
	int no_ats;
	u32 physical;
	bool no_global;
	bool ats_required;
	bool recover;
	u32 retry_ms;
	u32 ssid_bits;
	bool can_stall;
	bool forgive;
	int next_group;
	int loglevel;
	bool warned;
};

/* What went wrong in a case with several threads: how often, and a text about the first time */
struct rig_wrong {
	atomic_t count;
	char first[160];
};

__printf(2, 3) void rig_wrong(struct rig_wrong *wrong, const char *fmt, ...);

/*
 * Have the deadlines of command queues rest on the virtual clock, too. Without this they rest on
 * real time, so a thread that does not run for long makes a wait a long one, which sleeps, and that
 * moves the virtual clock. A case that measures virtual time needs it. Until the case ends.
 */
void rig_virtual_clock(struct kunit *test);

/* Make an empty machine. Everything in it is removed when the case ends, devices first. */
struct rig *rig_new(struct kunit *test);

/* Add SMMU number @i and probe it; NULL is the default config */
struct machine_smmu *rig_smmu(struct kunit *test, struct rig *rig, u32 i,
			      const struct model_config *cfg);
/* Like rig_smmu(), with interrupts */
struct machine_smmu *rig_smmu_irq(struct kunit *test, struct rig *rig, u32 i,
				  const struct model_config *cfg);

/* Like rig_smmu(), as firmware describes it. If the driver refuses it, dev->driver is NULL. */
struct machine_smmu *rig_smmu_with(struct kunit *test, struct rig *rig, u32 i,
				   const struct model_config *cfg,
				   const struct machine_firmware *fw);

/* Add a device behind SMMU @smmu, in the default (identity) domain, with a StreamID of its own */
struct rig_device *rig_device(struct kunit *test, struct rig *rig, u32 smmu);
struct rig_device *rig_device_sids(struct kunit *test, struct rig *rig, u32 smmu,
				   const u32 *sids, u32 n);

/* Let the kernel run at EL2, for SMMUs with IDR0.HYP that are added from now on */
void rig_at_el2(struct rig *rig);

/* Unplug a device, remove an SMMU */
void rig_remove(struct rig_device *d);
void rig_remove_smmu(struct rig *rig, u32 i);

/* Attach, whatever is attached; identity and blocked domains, too. Return: 0 or an error */
int rig_attach(struct rig_device *d, struct iommu_domain *domain);

/* Make a domain for the device; the caller frees it */
struct iommu_domain *rig_domain(struct kunit *test, struct rig_device *d);
struct iommu_domain *rig_domain_s2(struct kunit *test, struct rig_device *d);

/* Let the device access @iova. Return: where the access goes, or RIG_NOWHERE */
#define RIG_NOWHERE	(~0ULL)
u64 rig_access(struct rig *rig, struct rig_device *d, u64 iova, bool write);
/* Make an access that must go nowhere. Return: its event, 0 for none */
u8 rig_event(struct rig *rig, struct rig_device *d, u64 iova, bool write);

/* Like rig_access(), with a SubstreamID */
u64 rig_access_ssid(struct rig *rig, struct rig_device *d, u32 ssid, u64 iova, bool write);

/*
 * Make an access of a device that may stall. Return: 0 with *@pa, -EFAULT, -EINPROGRESS with
 * *@stag, -EAGAIN; see model_access() and model_answer().
 */
int rig_try(struct rig *rig, struct rig_device *d, u32 ssid, u64 iova, bool write, u64 *pa,
	    u16 *stag);

/* Turn ATS and bus mastering off in the device's config space, as the driver does it */
void rig_cut(struct rig_device *d);

/*
 * Do what the work item would do: find out which of the devices that were cut off does not answer.
 */
void rig_recover(struct rig *rig);

/* Do what the work item would do for an SMMU that was shut. Return: true when the SMMU is back */
bool rig_restart(struct rig *rig, u32 nr);

/* An administrator clears what is held against a device */
void rig_forgive(struct rig_device *d);

static inline struct smmu_iommu *rig_iommu(struct machine_smmu *smmu)
{
	return smmu_iommu_of(dev_get_drvdata(smmu->dev));
}

/*
 * End model_watch() and check that each access went to one of @pa. The case fails, too, if the SMMU
 * was sent no command meanwhile, because then there was no access during the change.
 */
#define rig_watched(test, smmu, ...)						\
	rig_watched_at(test, smmu, (const u64 []){ __VA_ARGS__ },		\
		       sizeof((const u64 []){ __VA_ARGS__ }) / sizeof(u64))
void rig_watched_at(struct kunit *test, struct machine_smmu *smmu, const u64 *pa, u32 n);

/* Number of live ATS entries in a domain's array */
u32 rig_ats_entries(struct iommu_domain *domain);

/* Has an entry of this type, SMMU_INV_*, with this id a user on this SMMU? */
bool rig_tag_is_used(struct smmu_inst *inst, u8 type, u32 id);

/* Fail the case if one of the models has seen a violation */
void rig_check(struct kunit *test, struct rig *rig);

/*
 * Let the @nth allocation of this task from here on fail. rig_alloc_end() returns whether there
 * were so many; with 1, whether anything was allocated at all. If there were fewer, it tests
 * whether an allocation would have failed, and fails the case if not.
 */
void rig_alloc_begin(u32 nth);
bool rig_alloc_end(void);

/*
 * Injected failures write stacks to the console. Hide them; this hides the kernel's own warnings,
 * too, so rig_unhush() fails the case if there was one.
 */
void rig_hush(struct rig *rig);
void rig_unhush(struct rig *rig);

#endif
