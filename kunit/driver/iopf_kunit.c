// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that stall and are answered: by a domain's handler, by the driver where there is no
 * handler, and while the domain or the device goes away. Every stalled access gets exactly one
 * answer, see rig_remove_smmu().
 */
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include <kunit/static_stub.h>

#include <smmuv3/cmd.h>
#include <smmuv3/event.h>

#include "iommu-priv.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/gate.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "hw/recordq.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL
#define BITS	4

/* What the handler has seen, and what it shall do */
static struct {
	struct iommu_fault_page_request prm;
	struct iopf_group *held;
	struct iommu_domain *domain;
	struct iommu_domain *attached;
	enum iommu_page_response_code code;
	u32 nr;
	bool map;
	bool hold;
	bool slow;
	bool fail;
	atomic_t working;
} seen;

static void answer(struct iopf_group *group)
{
	if (seen.map && iommu_map(seen.domain, seen.prm.addr & PAGE_MASK, PA, SZ_4K,
				  IOMMU_READ | IOMMU_WRITE, GFP_KERNEL))
		seen.code = IOMMU_PAGE_RESP_FAILURE;
	iopf_group_response(group, seen.code);
	iopf_free_group(group);
}

static void slow_answer(struct work_struct *work)
{
	struct iopf_group *group = container_of(work, struct iopf_group, work);

	msleep(20);
	answer(group);
	atomic_dec(&seen.working);
}

static int handler(struct iopf_group *group)
{
	seen.nr++;
	seen.prm = group->last_fault.fault.prm;
	seen.attached = group->attach_handle->domain;
	if (seen.fail)
		return -EBUSY;
	if (seen.hold) {
		seen.held = group;
	} else if (seen.slow) {
		atomic_inc(&seen.working);
		INIT_WORK(&group->work, slow_answer);
		queue_work(group->fault_param->queue->wq, &group->work);
	} else {
		answer(group);
	}
	return 0;
}

static struct machine_smmu *new_smmu(struct kunit *test, struct rig *rig, bool force)
{
	struct model_config cfg;

	memset(&seen, 0, sizeof(seen));
	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	if (force)
		cfg.idr[0] |= FIELD_PREP(IDR0_STALL_MODEL, IDR0_STALL_ALWAYS);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	rig->can_stall = true;
	rig->ssid_bits = BITS;
	return rig_smmu(test, rig, 0, &cfg);
}

/* Make a domain with a handler and without mappings */
static struct iommu_domain *new_domain(struct kunit *test, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(test, d);

	domain->iopf_handler = handler;
	seen.domain = domain;
	return domain;
}

static int set(struct rig_device *d, struct iommu_domain *domain, u32 ssid)
{
	return iommu_attach_device_pasid(domain, d->dev, ssid, &d->handle);
}

static void take_events(struct machine_smmu *smmu)
{
	smmu_evtq_drain(&rig_iommu(smmu)->smmu);
}

/* Make an access that stalls. Return: its tag */
static u16 stall(struct kunit *test, struct rig *rig, struct rig_device *d, u32 ssid, bool write)
{
	u16 stag = 0;
	u64 pa;

	KUNIT_ASSERT_EQ(test, -EINPROGRESS, rig_try(rig, d, ssid, IOVA, write, &pa, &stag));
	return stag;
}

static u32 users(struct rig_device *d)
{
	struct smmu_master *master = dev_iommu_priv_get(d->dev);

	return master->nr_iopf;
}

/* The handler maps the page, and the access is tried again and reaches it; for RID and PASID */
static void handled(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = new_domain(test, d);
	u32 ssid;
	u16 stag;

	seen.map = true;
	for (ssid = 0; ssid < 16; ssid += 5) {
		if (ssid)
			KUNIT_ASSERT_EQ(test, 0, set(d, domain, ssid));
		else
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
		KUNIT_EXPECT_EQ(test, 1, users(d));
		stag = stall(test, rig, d, ssid, ssid & 1);
		KUNIT_EXPECT_EQ(test, MODEL_UNANSWERED, model_answer(smmu->model, stag));
		take_events(smmu);
		KUNIT_EXPECT_EQ(test, RESUME_RETRY, model_answer(smmu->model, stag));
		KUNIT_EXPECT_EQ(test, IOVA, seen.prm.addr);
		KUNIT_EXPECT_EQ(test, ssid & 1 ? IOMMU_FAULT_PERM_WRITE : IOMMU_FAULT_PERM_READ,
				seen.prm.perm);
		KUNIT_EXPECT_EQ(test, !!ssid,
				!!(seen.prm.flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID));
		KUNIT_EXPECT_EQ(test, ssid, seen.prm.pasid);
		KUNIT_EXPECT_EQ(test, PA, ssid ? rig_access_ssid(rig, d, ssid, IOVA, false) :
						 rig_access(rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
		if (ssid)
			iommu_detach_device_pasid(domain, d->dev, ssid);
		else
			KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		KUNIT_EXPECT_EQ(test, 0, users(d));
	}
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, 4, seen.nr);
}

/* A handler that fails, and one that answers "invalid": the device is told in both cases */
static void refused(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = new_domain(test, d);
	u16 stag;

	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	seen.fail = true;
	stag = stall(test, rig, d, 0, false);
	take_events(smmu);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, stag));
	seen.fail = false;
	seen.code = IOMMU_PAGE_RESP_INVALID;
	stag = stall(test, rig, d, 0, true);
	take_events(smmu);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, stag));
	KUNIT_EXPECT_EQ(test, 2, seen.nr);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static const struct model_of_stalls {
	const char *name;
	bool force;
} models_of_stalls[] = {
	{ "stalls where a CD says so", false },
	{ "stalls always", true },
};

KUNIT_ARRAY_PARAM_DESC(model_of_stalls, models_of_stalls, name);

/* Without a handler nothing stalls. Where an SMMU can only stall, the fault is answered at once. */
static void unanswered(struct kunit *test)
{
	const struct model_of_stalls *stalls = test->param_value;
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig, stalls->force);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = rig_domain(test, d);
	u16 stag;
	u64 pa;

	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, 0, users(d));
	if (stalls->force) {
		stag = stall(test, rig, d, 0, false);
		take_events(smmu);
		KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, stag));
	} else {
		KUNIT_EXPECT_EQ(test, -EFAULT, rig_try(rig, d, 0, IOVA, false, &pa, &stag));
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* A device that may not stall gets no stalls, whatever handler its domain has */
static void may_not_stall(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct rig_device *d;
	u16 stag;
	u64 pa;

	new_smmu(test, rig, false);
	rig->can_stall = false;
	d = rig_device(test, rig, 0);
	domain = new_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, -EFAULT, rig_try(rig, d, 0, IOVA, false, &pa, &stag));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* A device has several StreamIDs, and the answer goes to the one that has stalled */
static void many_streams(struct kunit *test)
{
	static const u32 sids[] = { 7, 9, 300, 0x1234 };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig, false);
	struct rig_device *d = rig_device_sids(test, rig, 0, sids, ARRAY_SIZE(sids));
	struct iommu_domain *domain = new_domain(test, d);
	u16 stag[ARRAY_SIZE(sids)];
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		d->sid = sids[i];
		stag[i] = stall(test, rig, d, 0, false);
	}
	seen.code = IOMMU_PAGE_RESP_FAILURE;
	take_events(smmu);
	for (i = 0; i < ARRAY_SIZE(sids); i++)
		KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, stag[i]));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/*
 * The domain is left with one fault in the event queue, one with a handler at work and one with a
 * handler that never answers. All of them are answered when the attach to the next domain returns,
 * and no handler is at work any more.
 */
static void left_with_faults(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = new_domain(test, d), *next = rig_domain(test, d);
	u16 held, slow, queued;

	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	seen.hold = true;
	held = stall(test, rig, d, 0, false);
	take_events(smmu);
	KUNIT_ASSERT_NOT_NULL(test, seen.held);
	seen.hold = false;
	seen.slow = true;
	slow = stall(test, rig, d, 0, true);
	take_events(smmu);
	queued = stall(test, rig, d, 0, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, next));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen.working));
	KUNIT_EXPECT_NE(test, MODEL_UNANSWERED, model_answer(smmu->model, held));
	KUNIT_EXPECT_NE(test, MODEL_UNANSWERED, model_answer(smmu->model, slow));
	KUNIT_EXPECT_NE(test, MODEL_UNANSWERED, model_answer(smmu->model, queued));
	KUNIT_EXPECT_EQ(test, 0, users(d));
	iommu_domain_free(domain);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(next);
}

/* The device is removed while faults of its PASID and of its RID wait */
static void device_goes(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = new_domain(test, d);
	u16 queued, held;

	KUNIT_ASSERT_EQ(test, 0, domain->ops->set_dev_pasid(domain, d->dev, 3, NULL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	seen.hold = true;
	held = stall(test, rig, d, 0, false);
	take_events(smmu);
	queued = stall(test, rig, d, 3, false);
	/* the IOMMU core does not know of the PASID, so the driver has to detach it */
	rig_remove(d);
	KUNIT_EXPECT_NE(test, MODEL_UNANSWERED, model_answer(smmu->model, held));
	KUNIT_EXPECT_NE(test, MODEL_UNANSWERED, model_answer(smmu->model, queued));
	mutex_lock(&smmu_arrays_mutex);
	KUNIT_EXPECT_TRUE(test, list_empty(&smmu_domain_of(domain)->bindings));
	mutex_unlock(&smmu_arrays_mutex);
	iommu_domain_free(domain);
}

/* As many stalls at once as there can be, a thousand in all, from an SMMU with interrupts */
static void storm(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	bool out[MODEL_STALLS] = {};
	struct machine_smmu *smmu;
	struct iommu_domain *domain;
	struct model_config cfg;
	struct rig_device *d;
	u16 tag[MODEL_STALLS];
	u32 i, stalled = 0, answered = 0, most = 0;
	unsigned long end;
	u64 pa;
	u8 got;
	int ret;

	memset(&seen, 0, sizeof(seen));
	seen.code = IOMMU_PAGE_RESP_INVALID;
	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	rig->can_stall = true;
	smmu = rig_smmu_irq(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	domain = new_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	/* an emulated CPU takes its time, more so where interrupts are threads */
	end = jiffies + 30 * HZ;
	while (answered < 1000 && time_before(jiffies, end)) {
		for (i = 0; i < MODEL_STALLS; i++) {
			if (!out[i] && stalled < 1000) {
				ret = rig_try(rig, d, 0, IOVA, false, &pa, &tag[i]);
				KUNIT_ASSERT_EQ(test, -EINPROGRESS, ret);
				out[i] = true;
				stalled++;
				continue;
			}
			got = out[i] ? model_answer(smmu->model, tag[i]) : MODEL_UNANSWERED;
			if (got == MODEL_UNANSWERED)
				continue;
			KUNIT_EXPECT_EQ(test, RESUME_ABORT, got);
			out[i] = false;
			answered++;
		}
		most = max(most, stalled - answered);
		usleep_range(50, 100);
	}
	KUNIT_EXPECT_EQ(test, 1000, answered);
	KUNIT_EXPECT_EQ(test, answered, seen.nr);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, model_stalled(smmu->model));
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, MODEL_STALLS, most);
}

/* Every allocation of an attach fails once; nothing may be left of an attach that fails */
static void without_memory(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 nth, failed = 0;
	struct iommu_domain *domain;
	struct rig_device *d;
	int ret = -ENOMEM;

	new_smmu(test, rig, false);
	rig_hush(rig);
	for (nth = 1; ; nth++) {
		/*
		 * each time with a new device, because what is there already is not allocated again
		 */
		d = rig_device(test, rig, 0);
		domain = new_domain(test, d);
		rig_alloc_begin(nth);
		ret = domain->ops->set_dev_pasid(domain, d->dev, 3, NULL);
		if (!rig_alloc_end() || nth == 50)
			break;
		/* some allocations may fail, such as those of kmemleak */
		if (!ret) {
			ret = smmu_blocked_domain.ops->set_dev_pasid(&smmu_blocked_domain, d->dev,
								     3, domain);
			KUNIT_EXPECT_EQ(test, 0, ret);
		} else {
			failed++;
			KUNIT_EXPECT_EQ(test, -ENOMEM, ret);
		}
		KUNIT_EXPECT_EQ(test, 0, users(d));
		KUNIT_EXPECT_NULL(test, rcu_access_pointer(d->dev->iommu->fault_param));
		iommu_domain_free(domain);
		rig_remove(d);
	}
	rig_unhush(rig);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_GE(test, failed, 4);
	KUNIT_EXPECT_EQ(test, 1, users(d));
	KUNIT_EXPECT_EQ(test, 0, smmu_blocked_domain.ops->set_dev_pasid(&smmu_blocked_domain,
									d->dev, 3, domain));
	KUNIT_EXPECT_EQ(test, 0, users(d));
	iommu_domain_free(domain);
}

static void open_never(struct smmu_iommu *iommu)
{
}

/*
 * A device goes from one domain with a handler to another. Until the IOMMU core has noted the new
 * one, it could find the old one for a fault, and frees that next. So the access is tried again,
 * and its fault goes to the new domain when the core is done.
 */
static void replaced(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = new_smmu(test, rig, false);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *one = new_domain(test, d), *two = new_domain(test, d);
	struct iommu_attach_handle second = {};
	u16 stag;

	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, one));
	seen.code = IOMMU_PAGE_RESP_INVALID;
	kunit_activate_static_stub(test, smmu_gate_open_later, open_never);
	KUNIT_ASSERT_EQ(test, 0, iommu_replace_group_handle(d->group, two, &second));
	stag = stall(test, rig, d, 0, true);
	take_events(smmu);
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, model_answer(smmu->model, stag));
	KUNIT_EXPECT_EQ(test, 0, seen.nr);
	smmu_gate_work(&rig_iommu(smmu)->gates);
	stag = stall(test, rig, d, 0, true);
	take_events(smmu);
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, stag));
	KUNIT_EXPECT_EQ(test, 1, seen.nr);
	KUNIT_EXPECT_PTR_EQ(test, two, seen.attached);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(one);
	iommu_domain_free(two);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(handled),
	KUNIT_CASE(refused),
	KUNIT_CASE_PARAM(unanswered, model_of_stalls_gen_params),
	KUNIT_CASE(may_not_stall),
	KUNIT_CASE(many_streams),
	KUNIT_CASE(replaced),
	KUNIT_CASE(left_with_faults),
	KUNIT_CASE(device_goes),
	KUNIT_CASE(storm),
	KUNIT_CASE(without_memory),
	{}
};

static struct kunit_suite suite = { .name = "smmu_iopf", .test_cases = cases };
kunit_test_suite(suite);
