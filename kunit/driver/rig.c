// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/console.h>
#include <linux/debug_locks.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <compat/arch.h>

#include <smmuv3/raw_stub.h>

#include "core/array.h"
#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/params.h"
#include "drv/restart.h"
#include "hw/cmdq_poll.h"
#include "hw/handshake.h"
#include "iommu-priv.h"
#include "driver/rig.h"

static char *rig_queues = "";
module_param_named(queues, rig_queues, charp, 0444);
MODULE_PARM_DESC(queues, "Queues that the suites' SMMUs have beside the main one: ecmdq, cmdqv");

/* Parameters of the SMMU that is being added */
static struct smmu_tuning next_tuning;

static void tuning_stub(struct smmu_tuning *tuning)
{
	*tuning = next_tuning;
}

/*
 * The machine of the case. Its devices have no config space, so stubs keep in it what would be
 * written there.
 */
static struct rig *the_rig;

static struct rig_device *device_of(struct smmu_master *master)
{
	u32 i;

	for (i = 0; i < the_rig->nr_devices; i++)
		if (the_rig->device[i].dev == master->dev)
			return &the_rig->device[i];
	/* its first attach comes before it is in the rig */
	return the_rig->adding;
}

static bool ats_capable_stub(struct smmu_master *master)
{
	return the_rig->atc && smmu_has(&master->iommu->smmu, SMMU_FEAT_ATS);
}

/*
 * Is ATS Enable set in the device, or in any of those that have the StreamID? Read without the
 * lock, because the SMMU may see a slightly older state.
 */
static bool ats_enable(void *data, u32 sid)
{
	struct rig *rig = the_rig;
	bool found = false;
	u32 i;

	for (i = 0; i < READ_ONCE(rig->nr_devices); i++) {
		const struct rig_device *d = &rig->device[i];

		if (d->sid != sid || &rig->smmu[d->smmu] != data || !READ_ONCE(d->dev))
			continue;
		if (READ_ONCE(d->ats))
			return true;
		found = true;
	}
	return !found;
}

static bool ats_global_stub(struct smmu_master *master)
{
	return !the_rig->no_global;
}

static bool ats_required_stub(struct smmu_master *master)
{
	return the_rig->ats_required;
}

/* Set ATS Enable. The lock makes a request that is in progress end before config space changes. */
static void set_ats(struct smmu_master *master, bool ats)
{
	struct rig_device *d = device_of(master);
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&d->config, flags);
	for (i = 0; ats && !d->ats && !the_rig->keeps_atc && i < master->nr_sids; i++)
		model_new_device(the_rig->smmu[d->smmu]->model, master->sids[i]);
	d->ats = ats;
	raw_spin_unlock_irqrestore(&d->config, flags);
}

static int ats_enable_stub(struct smmu_master *master)
{
	if (the_rig->no_ats)
		return the_rig->no_ats;
	set_ats(master, true);
	return 0;
}

/* Devices of one physical device have the same number there, 0 for none */
static bool ats_same_stub(const struct smmu_master *a, const struct smmu_master *b)
{
	u32 physical = device_of((struct smmu_master *)a)->physical;

	return physical && physical == device_of((struct smmu_master *)b)->physical;
}

static void ats_disable_stub(struct smmu_master *master)
{
	set_ats(master, false);
}

/* The driver calls this only while ATS is off for it */
static void ats_anew_stub(struct smmu_master *master)
{
	set_ats(master, false);
}

static void ats_cut_stub(struct smmu_master *master)
{
	rig_cut(device_of(master));
}

void rig_cut(struct rig_device *d)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&d->config, flags);
	d->ats = false;
	d->cut = true;
	d->mastered |= d->bus_master;
	d->bus_master = false;
	raw_spin_unlock_irqrestore(&d->config, flags);
}

static bool ats_give_back_stub(struct smmu_master *master)
{
	struct rig_device *d = device_of(master);
	unsigned long flags;

	/* a device that is just being added */
	if (!d)
		return true;
	raw_spin_lock_irqsave(&d->config, flags);
	d->bus_master |= d->mastered;
	d->mastered = false;
	raw_spin_unlock_irqrestore(&d->config, flags);
	return true;
}

static void recover_stub(struct smmu_iommu *iommu, u32 ms)
{
	WRITE_ONCE(the_rig->recover, true);
}

void rig_recover(struct rig *rig)
{
	u32 i;

	rig->recover = false;
	for (i = 0; i < RIG_SMMUS; i++)
		if (rig->smmu[i])
			smmu_ats_recover(rig_iommu(rig->smmu[i]));
}

static void restart_stub(struct smmu_iommu *iommu, u32 ms)
{
	WRITE_ONCE(the_rig->retry_ms, ms);
}

bool rig_restart(struct rig *rig, u32 nr)
{
	rig->retry_ms = 0;
	return smmu_restart(rig_iommu(rig->smmu[nr]));
}

void rig_forgive(struct rig_device *d)
{
	smmu_master_lock(dev_iommu_priv_get(d->dev));
	smmu_ats_forgive_locked(dev_iommu_priv_get(d->dev));
	smmu_master_unlock(dev_iommu_priv_get(d->dev));
}

/*
 * Time passes for the model, and other threads may run. Who sleeps while others do is in the same
 * time: a thread that cannot run for long because of them would else find that it has waited for
 * the sleeps of all.
 */
static void sleep_stub(struct smmu_cmdq *q, u32 us)
{
	static atomic_t sleepers = ATOMIC_INIT(0);

	model_advance(us * (u64)NSEC_PER_USEC / atomic_inc_return(&sleepers));
	schedule();
	atomic_dec(&sleepers);
}

static void pause_stub(struct smmu_cmdq *q, u32 ns)
{
	model_advance(ns);
}

static ktime_t virtual_clock(struct smmu_cmdq *q)
{
	return ns_to_ktime(model_now());
}

void rig_virtual_clock(struct kunit *test)
{
	smmu_activate_raw_stub(test, smmu_cmdq_clock, virtual_clock);
}

/* An SMMU that does not acknowledge costs no real time */
static ktime_t handshake_clock_stub(struct smmu_device *smmu)
{
	model_advance(NSEC_PER_SEC / 2500);
	return ns_to_ktime(model_now());
}

static void stub_devices(struct kunit *test)
{
	smmu_activate_raw_stub(test, smmu_handshake_clock, handshake_clock_stub);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, sleep_stub);
	smmu_activate_raw_stub(test, smmu_cmdq_pause, pause_stub);
	kunit_activate_static_stub(test, smmu_ats_pci_capable, ats_capable_stub);
	kunit_activate_static_stub(test, smmu_ats_pci_global, ats_global_stub);
	kunit_activate_static_stub(test, smmu_ats_pci_required, ats_required_stub);
	smmu_activate_raw_stub(test, smmu_ats_pci_enable, ats_enable_stub);
	smmu_activate_raw_stub(test, smmu_ats_pci_disable, ats_disable_stub);
	smmu_activate_raw_stub(test, smmu_ats_pci_anew, ats_anew_stub);
	smmu_activate_raw_stub(test, smmu_ats_pci_cut, ats_cut_stub);
	smmu_activate_raw_stub(test, smmu_ats_pci_same, ats_same_stub);
	kunit_activate_static_stub(test, smmu_ats_pci_give_back, ats_give_back_stub);
	smmu_activate_raw_stub(test, smmu_ats_recover_later, recover_stub);
	smmu_activate_raw_stub(test, smmu_restart_later, restart_stub);
}

/* The id of the next group: the smallest that no group has */
static int next_group(void)
{
	struct iommu_group *group = iommu_group_alloc();
	int id;

	if (IS_ERR(group))
		return PTR_ERR(group);
	id = iommu_group_id(group);
	iommu_group_put(group);
	return id;
}

static void teardown(void *data)
{
	struct rig *rig = data;
	u32 i;

	for (i = 0; i < rig->nr_devices; i++)
		rig_remove(&rig->device[i]);
	for (i = 0; i < RIG_SMMUS; i++)
		rig_remove_smmu(rig, i);
	compat_hyp_mode = false;
	KUNIT_EXPECT_EQ_MSG(rig->test, rig->next_group, next_group(),
			    "a group of a device is left");
}

struct rig *rig_new(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig->next_group = next_group();
	the_rig = rig;
	stub_devices(test);
	kunit_activate_static_stub(test, smmu_param_tuning, tuning_stub);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, teardown, rig));
	return rig;
}

static enum smmu_insertion rig_insertion(const struct rig *rig, u32 i)
{
	switch (rig->insertion) {
	case RIG_MIXED:
		return i & 1 ? SMMU_INSERT_COMBINE : SMMU_INSERT_LOCK;
	case RIG_LOCK:
		return SMMU_INSERT_LOCK;
	case RIG_COMBINE:
		return SMMU_INSERT_COMBINE;
	default:
		return SMMU_INSERT_AUTO;
	}
}

struct machine_smmu *rig_smmu_with(struct kunit *test, struct rig *rig, u32 i,
				   const struct model_config *cfg,
				   const struct machine_firmware *fw)
{
	next_tuning = (struct smmu_tuning) {
		.insertion = rig_insertion(rig, i),
		.poll_cons = rig->poll_cons,
	};
	if (rig->kdump)
		smmu_param_kdump(&next_tuning);
	KUNIT_ASSERT_LT(test, i, RIG_SMMUS);
	KUNIT_ASSERT_NULL(test, rig->smmu[i]);
	rig->smmu[i] = machine_add_smmu_with(cfg, fw);
	if (IS_ERR(rig->smmu[i])) {
		int err = PTR_ERR(rig->smmu[i]);

		rig->smmu[i] = NULL;
		KUNIT_FAIL_AND_ABORT(test, "SMMU %u: %d", i, err);
	}
	model_ats_enable(rig->smmu[i]->model, ats_enable, &rig->smmu[i]);
	return rig->smmu[i];
}

/* Give an SMMU queues as the parameter says, unless the suite has an opinion of its own */
static void add_queues(struct model_config *cfg)
{
	if (cfg->cmdqv_param || cfg->idr[1] & IDR1_ECMDQ)
		return;
	if (!strcmp(rig_queues, "ecmdq"))
		model_config_ecmdqs(cfg, 1, 1, 1);
	else if (!strcmp(rig_queues, "cmdqv"))
		model_config_cmdqv(cfg, 3, 1, 1);
}

static struct machine_smmu *add_smmu(struct kunit *test, struct rig *rig, u32 i,
				     const struct model_config *cfg, bool irqs)
{
	struct machine_firmware fw = {
		.lines = irqs ? MACHINE_USUAL_LINES : 0,
		.coherent = !rig->noncoherent,
	};
	struct model_config own;

	if (cfg)
		own = *cfg;
	else
		model_config_default(&own);
	add_queues(&own);
	rig_smmu_with(test, rig, i, &own, &fw);
	KUNIT_ASSERT_NOT_NULL_MSG(test, rig->smmu[i]->dev->driver, "SMMU %u is not probed", i);
	return rig->smmu[i];
}

struct machine_smmu *rig_smmu(struct kunit *test, struct rig *rig, u32 i,
			      const struct model_config *cfg)
{
	return add_smmu(test, rig, i, cfg, false);
}

struct machine_smmu *rig_smmu_irq(struct kunit *test, struct rig *rig, u32 i,
				  const struct model_config *cfg)
{
	return add_smmu(test, rig, i, cfg, true);
}

struct rig_device *rig_device_sids(struct kunit *test, struct rig *rig, u32 smmu,
				   const u32 *sids, u32 n)
{
	struct rig_device *d = &rig->device[rig->nr_devices];
	struct device *dev;

	KUNIT_ASSERT_LT(test, rig->nr_devices, RIG_DEVICES);
	*d = (struct rig_device) {
		.smmu = smmu,
		.sid = sids[0],
		.atc = rig->atc,
		.needs_ats = rig->ats_required,
		.physical = rig->physical,
		.bus_master = true,
	};
	raw_spin_lock_init(&d->config);
	rig->adding = d;
	dev = machine_add_device(rig->smmu[smmu], sids, n, rig->ssid_bits, rig->can_stall);
	rig->adding = NULL;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	d->dev = dev;
	rig->nr_devices++;
	d->group = iommu_group_get(dev);
	KUNIT_ASSERT_NOT_NULL(test, d->group);
	return d;
}

/* The StreamIDs are spread over level-2 tables */
struct rig_device *rig_device(struct kunit *test, struct rig *rig, u32 smmu)
{
	u32 sid = 3 + rig->nr_devices * 0x41;

	return rig_device_sids(test, rig, smmu, &sid, 1);
}

void rig_remove(struct rig_device *d)
{
	if (!d->dev)
		return;
	/* the IOMMU core WARNs when a device is removed that is not in its default domain */
	if (d->group)
		iommu_detach_group_handle(&smmu_identity_domain, d->group);
	iommu_group_put(d->group);
	machine_remove_device(d->dev);
	d->dev = NULL;
}

void rig_remove_smmu(struct rig *rig, u32 i)
{
	char text[160];

	if (!rig->smmu[i])
		return;
	if (model_violation(rig->smmu[i]->model, text, sizeof(text)) && !rig->forgive)
		KUNIT_FAIL(rig->test, "SMMU %u: %s", i, text);
	if (rig->smmu[i]->dev->driver && model_is_on(rig->smmu[i]->model)) {
		/* an SMMU without interrupts has not reported the last faults yet */
		smmu_evtq_drain(&rig_iommu(rig->smmu[i])->smmu);
		if (model_stalled(rig->smmu[i]->model) && !rig->forgive)
			KUNIT_FAIL(rig->test, "SMMU %u: faults without an answer", i);
	}
	machine_remove_smmu(rig->smmu[i]);
	rig->smmu[i] = NULL;
}

int rig_attach(struct rig_device *d, struct iommu_domain *domain)
{
	int ret = iommu_replace_group_handle(d->group, domain, &d->handle);

	/* whether faults go to the domain is known when the worker has run */
	if (the_rig->can_stall)
		flush_work(&rig_iommu(the_rig->smmu[d->smmu])->gates);
	return ret;
}

struct iommu_domain *rig_domain(struct kunit *test, struct rig_device *d)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(d->dev);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	return domain;
}

struct iommu_domain *rig_domain_s2(struct kunit *test, struct rig_device *d)
{
	struct iommu_domain *domain;

	domain = iommu_paging_domain_alloc_flags(d->dev, IOMMU_HWPT_ALLOC_NEST_PARENT);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	return domain;
}

void rig_at_el2(struct rig *rig)
{
	/* teardown() sets it back */
	compat_hyp_mode = true;
}

static int access(struct rig *rig, struct rig_device *d, struct model_access *a)
{
	unsigned long flags;
	int ret = -EFAULT;

	raw_spin_lock_irqsave(&d->config, flags);
	a->ats = d->atc && d->ats;
	if (d->bus_master && (a->ats || !d->needs_ats))
		ret = model_access(rig->smmu[d->smmu]->model, a);
	raw_spin_unlock_irqrestore(&d->config, flags);
	return ret;
}

u64 rig_access_ssid(struct rig *rig, struct rig_device *d, u32 ssid, u64 iova, bool write)
{
	struct model_access a = {
		.sid = d->sid,
		.ssid = ssid,
		.ssv = true,
		.iova = iova,
		.write = write,
	};

	return access(rig, d, &a) ? RIG_NOWHERE : a.pa;
}

u64 rig_access(struct rig *rig, struct rig_device *d, u64 iova, bool write)
{
	struct model_access a = { .sid = d->sid, .iova = iova, .write = write };

	return access(rig, d, &a) ? RIG_NOWHERE : a.pa;
}

int rig_try(struct rig *rig, struct rig_device *d, u32 ssid, u64 iova, bool write, u64 *pa,
	    u16 *stag)
{
	struct model_access a = {
		.sid = d->sid,
		.ssid = ssid,
		.ssv = ssid,
		.iova = iova,
		.write = write,
	};
	int ret = access(rig, d, &a);

	*pa = a.pa;
	*stag = a.stag;
	return ret;
}

u8 rig_event(struct rig *rig, struct rig_device *d, u64 iova, bool write)
{
	struct model_access a = { .sid = d->sid, .iova = iova, .write = write };

	return access(rig, d, &a) ? a.event : 0xff;
}

void rig_wrong(struct rig_wrong *wrong, const char *fmt, ...)
{
	va_list ap;

	if (atomic_inc_return(&wrong->count) > 1)
		return;
	va_start(ap, fmt);
	vscnprintf(wrong->first, sizeof(wrong->first), fmt, ap);
	va_end(ap);
}

u32 rig_ats_entries(struct iommu_domain *domain)
{
	const struct smmu_inv *inv;
	struct smmu_array *array;
	u32 n = 0, pos;

	mutex_lock(&smmu_arrays_mutex);
	array = smmu_domain_array(smmu_domain_of(domain));
	for (pos = 0; (inv = smmu_array_next_live(array, &pos, smmu_array_count(array))); pos++)
		n += smmu_inv_is_ats(inv->type);
	mutex_unlock(&smmu_arrays_mutex);
	return n;
}

bool rig_tag_is_used(struct smmu_inst *inst, u8 type, u32 id)
{
	struct smmu_domain *sd;
	bool found = false;
	u32 i;

	mutex_lock(&smmu_arrays_mutex);
	list_for_each_entry(sd, &smmu_domains, node) {
		struct smmu_array *array = smmu_domain_array(sd);

		for (i = 0; i < array->len; i++) {
			const struct smmu_inv *inv = &array->inv[i];

			found |= inv->inst == inst && inv->type == type && inv->id == id &&
				 inv->users;
		}
	}
	mutex_unlock(&smmu_arrays_mutex);
	return found;
}

void rig_check(struct kunit *test, struct rig *rig)
{
	char text[160];
	u32 i;

	for (i = 0; i < RIG_SMMUS; i++)
		if (rig->smmu[i] && model_violation(rig->smmu[i]->model, text, sizeof(text)))
			KUNIT_FAIL(test, "SMMU %u: %s", i, text);
}

void rig_watched_at(struct kunit *test, struct machine_smmu *smmu, const u64 *pa, u32 n)
{
	struct model_watch seen;
	u32 i, j;

	model_watched(smmu->model, &seen);
	model_watch(smmu->model, NULL);
	KUNIT_EXPECT_GT_MSG(test, seen.looks, 0, "no command: nobody looked meanwhile");
	KUNIT_EXPECT_FALSE_MSG(test, seen.overflow, "went to more places than could be kept");
	for (i = 0; i < seen.nr; i++) {
		for (j = 0; j < n && seen.pa[i] != pa[j]; j++)
			;
		KUNIT_EXPECT_LT_MSG(test, j, n, "went to 0x%llx on the way", seen.pa[i]);
	}
}

#ifdef CONFIG_FAULT_INJECTION
/*
 * Find a switch of fault injection. By default only allocations that may not wait fail, and only
 * those of two pages or more, which excludes nearly all allocations of the driver. The switches are
 * only in debugfs.
 */
static void *knob(const char *what, const char *name)
{
	struct dentry *dir = debugfs_lookup(what, NULL), *file = NULL;
	void *var = NULL;

	if (!IS_ERR_OR_NULL(dir))
		file = debugfs_lookup(name, dir);
	if (!IS_ERR_OR_NULL(file)) {
		var = d_inode(file)->i_private;
		dput(file);
		dput(dir);
	}
	return var;
}

static bool prepare_failures(void)
{
	bool *slab = knob("failslab", "ignore-gfp-wait");
	bool *pages = knob("fail_page_alloc", "ignore-gfp-wait");
	u32 *order = knob("fail_page_alloc", "min-order");

	if (WARN_ON(!slab || !pages || !order))
		return false;
	*slab = false;
	*pages = false;
	*order = 0;
	return true;
}

void rig_alloc_begin(u32 nth)
{
	static bool ready;

	if (!ready)
		ready = prepare_failures();
	current->fail_nth = nth;
}

/* Would an allocation have failed? If not, "nothing was allocated" would prove nothing. */
static bool would_have_failed(void)
{
	struct page *page;
	void *p;

	current->fail_nth = 1;
	p = kmalloc(64, GFP_KERNEL | __GFP_NOWARN);
	current->fail_nth = 1;
	page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
	current->fail_nth = 0;
	kfree(p);
	if (page)
		__free_page(page);
	return !p && !page;
}

bool rig_alloc_end(void)
{
	bool failed = !current->fail_nth;

	if (!failed && !would_have_failed()) {
		if (kunit_get_current_test())
			KUNIT_FAIL(kunit_get_current_test(),
				   "allocations do not fail when told to");
		else
			WARN(1, "allocations do not fail when told to");
	}
	current->fail_nth = 0;
	return failed;
}
#else
/* Without fault injection a case cannot show anything about allocations */
void rig_alloc_begin(u32 nth)
{
	WARN(1, "this kernel has no fault injection");
}

bool rig_alloc_end(void)
{
	return false;
}
#endif

/* Has the kernel warned? A hidden warning leaves a taint behind. */
static bool has_warned(void)
{
	return test_taint(TAINT_WARN) || !debug_locks;
}

void rig_hush(struct rig *rig)
{
	rig->warned = has_warned();
	rig->loglevel = console_loglevel;
	/* errors are still printed */
	console_loglevel = LOGLEVEL_WARNING;
}

void rig_unhush(struct rig *rig)
{
	console_loglevel = rig->loglevel;
	if (has_warned() && !rig->warned)
		KUNIT_FAIL(rig->test, "the kernel has warned meanwhile");
}

MODULE_IMPORT_NS("IOMMUFD_INTERNAL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
