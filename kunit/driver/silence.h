/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What suites about hardware that does not answer begin with: a machine whose devices answer
 * ATC_INVs when the case wants. All times are of the virtual clock, which the driver's deadlines
 * use, too.
 */
#ifndef KUNIT_ON_MODEL_SILENCE_H
#define KUNIT_ON_MODEL_SILENCE_H

#include <linux/completion.h>

#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

/* How long the root port waits for an answer, and what the driver may add to that */
#define T_MS	60000
#define SLACK_MS 3000

#define MOST_SILENT	72

/**
 * struct silence - the machine of a case
 * @rig: the rig
 * @smmu: the SMMU behind which there are silent devices
 * @sid: their StreamIDs
 * @n: number of these
 * @ns: how long they take to answer
 */
struct silence {
	struct rig *rig;
	struct machine_smmu *smmu;
	u32 sid[MOST_SILENT];
	u32 n;
	u64 ns;
};

/*
 * Make a machine with one SMMU and devices with ATS. Its register reads take cfg.read_ns, or, if
 * that is 0, so long that a minute passes in a second.
 */
struct silence *silence_make_with(struct kunit *test, enum rig_insertion how,
				  struct model_config cfg);
struct silence *silence_make_how(struct kunit *test, enum rig_insertion how);
struct silence *silence_make(struct kunit *test);

/* Add SMMU number @i, whose devices answer as those of the first */
struct machine_smmu *silence_smmu(struct kunit *test, struct silence *s, u32 i);

/* Attach a device to a domain of its own that maps IOVA to PA, and access IOVA */
struct iommu_domain *silence_use(struct kunit *test, struct silence *s, struct rig_device *d);

/* From here on the device takes @s->ns to answer an ATC_INV, which is for ever unless changed */
void silence_begin(struct silence *s, struct rig_device *d);

/* Unmap IOVA, and check that nothing is stale. Return: how long it took, in ms */
u64 silence_unmap(struct kunit *test, struct silence *s, struct rig_device *d,
		  struct iommu_domain *domain);

/* All devices answer; attach this one to identity, and free the domain that it had */
void silence_leave(struct kunit *test, struct silence *s, struct rig_device *d,
		   struct iommu_domain *domain);

/* A CPU that unmaps a page of its own */
struct silence_unmapper {
	struct kunit *test;
	struct iommu_domain *domain;
	u64 iova;
	u64 ms;
	struct completion done;
};

/* Have @n threads unmap a page each, from IOVA on */
struct silence_unmapper *silence_start(struct kunit *test, struct iommu_domain *domain, u32 n);

/**
 * struct silence_stuck - a thread that changes a device that does not answer, held while it waits
 * @test: the case
 * @task: the thread
 * @d: the device
 * @to: what it attaches the device to
 * @ssid: which PASID of the device, 0 for the RID
 * @restart: bring the SMMUs of this machine back, instead of all that
 * @waits: it has begun to wait
 * @go_on: it may go on
 * @done: it has ended
 */
struct silence_stuck {
	struct kunit *test;
	struct task_struct *task;
	struct rig_device *d;
	struct iommu_domain *to;
	u32 ssid;
	struct rig *restart;
	struct completion waits;
	struct completion go_on;
	struct completion done;
};

/*
 * Let @d go silent, and have a thread attach it to @to. The thread is held when its wait for the
 * SMMU becomes long; from there on no time passes but that of the caller. silence_unstick() lets
 * the thread go on, and waits for its end.
 */
struct silence_stuck *silence_stick(struct kunit *test, struct silence *s, struct rig_device *d,
				    struct iommu_domain *to);
struct silence_stuck *silence_stick_pasid(struct kunit *test, struct silence *s,
					  struct rig_device *d, u32 ssid, struct iommu_domain *to);
/* The same with a thread that brings the SMMU back: it is held when it waits for @d */
struct silence_stuck *silence_stick_restart(struct kunit *test, struct silence *s,
					    struct rig_device *d);
void silence_unstick(struct silence_stuck *stuck);

/* What a caller may take that has nothing to wait for */
#define SILENCE_SHORT_US	1000

/* Fail the case if more than @most_us have passed since @began */
void silence_took(struct kunit *test, u64 began, const char *what, u64 most_us);

#endif
