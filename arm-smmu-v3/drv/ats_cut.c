// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/workqueue.h>

#include <smmuv3/raw_stub.h>

#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/pri_pci.h"
#include "drv/streams.h"
#include "hw/vintf.h"

/* ATS Enable and the bit SMMU_CUT change together. Taken under hw/'s gerror_lock. */
static DEFINE_RAW_SPINLOCK(cut_lock);

void smmu_ats_recover_later(struct smmu_iommu *iommu, u32 ms)
{
	typeof(smmu_ats_recover_later) *stub = smmu_raw_stub(smmu_ats_recover_later);

	if (stub)
		stub(iommu, ms);
	else
		queue_delayed_work(system_dfl_wq, &iommu->recover, msecs_to_jiffies(ms));
}

/* May ATS or PRI be enabled now? Return: 0 or why not */
static int may_enable(const struct smmu_master *master)
{
	lockdep_assert_held(&cut_lock);

	if (master->iommu->asleep)
		return -EHOSTDOWN;
	return test_bit(SMMU_CUT, &master->ats_cut) ? -EIO : 0;
}

/* Let ATC_INVs that a guest sends by queues of its own reach the device, or stop them */
static void match(struct smmu_master *master, bool on)
{
	lockdep_assert_held(&cut_lock);

	if (master->vintf)
		smmu_vintf_sid_match(master->vintf, master->vintf_place, on);
}

void smmu_ats_match(struct smmu_master *master, struct smmu_vintf *v, u32 place)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cut_lock, flags);
	/* what it had before matches nothing any more */
	match(master, false);
	master->vintf = v;
	master->vintf_place = place;
	match(master, READ_ONCE(master->ats_on) && !may_enable(master));
	raw_spin_unlock_irqrestore(&cut_lock, flags);
}

bool smmu_ats_match_off(struct smmu_master *master)
{
	unsigned long flags;
	bool had;

	raw_spin_lock_irqsave(&cut_lock, flags);
	had = master->vintf;
	match(master, false);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
	return had;
}

bool smmu_ats_cut_one(struct smmu_master *master, enum smmu_cut_why why)
{
	unsigned long flags;
	bool first;

	raw_spin_lock_irqsave(&cut_lock, flags);
	first = !test_and_set_bit(SMMU_CUT, &master->ats_cut);
	if (first) {
		master->cut_why = why;
		master->cut_at = ktime_get_boottime();
	}
	match(master, false);
	smmu_ats_pci_cut(master);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
	return first;
}

void smmu_ats_cut_log(const struct smmu_master *master)
{
	dev_err(master->dev, "the device %s; it is cut off: it has no DMA until a driver of this kernel gets it back, or it is released\n",
		smmu_cut_text(master->cut_why));
	if (test_bit(SMMU_CUT_CACHE_STUCK, &master->ats_cut))
		dev_alert(master->dev, "Cache_Enable cannot be cleared (CONFIG_LOCK?): only ATS Enable = 0 keeps this device from CXL.cache\n");
}

/* Is it cut off, and does that go on? */
static bool is_out(const struct smmu_master *master)
{
	/*
	 * In this order: smmu_ats_fail_locked() sets @ats_failed before it clears the bit, by
	 * clear_bit_unlock(), which is the partner.
	 */
	return test_bit_acquire(SMMU_CUT, &master->ats_cut) || READ_ONCE(master->ats_failed);
}

/* A function with the same Cache_Enable that is cut off, or NULL */
static struct smmu_master *cut_with(const struct smmu_master *master)
{
	struct smmu_master *other;
	struct smmu_stream *stream;
	unsigned long i;

	xa_for_each(&master->iommu->streams, i, stream) {
		other = stream->master;
		if (other != master && smmu_ats_pci_same_cache(other, master) && is_out(other))
			return other;
	}
	return NULL;
}

static void cache_back(struct smmu_master *master)
{
	struct smmu_master *other;

	lockdep_assert_held(&cut_lock);

	clear_bit(SMMU_CUT_CACHE_STUCK, &master->ats_cut);
	if (!test_and_clear_bit(SMMU_CUT_CACHE, &master->ats_cut))
		return;
	rcu_read_lock();
	other = cut_with(master);
	if (other)
		set_bit(SMMU_CUT_CACHE, &other->ats_cut);
	else
		smmu_ats_pci_cache_on(master);
	rcu_read_unlock();
}

void smmu_ats_cache_back(struct smmu_master *master)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cut_lock, flags);
	cache_back(master);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
}

int smmu_ats_enable(struct smmu_master *master)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&cut_lock, flags);
	ret = may_enable(master) ?: smmu_ats_pci_enable(master);
	if (!ret) {
		cache_back(master);
		match(master, true);
	}
	raw_spin_unlock_irqrestore(&cut_lock, flags);
	return ret;
}

int smmu_ats_enable_pri(struct smmu_master *master, u32 reqs)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&cut_lock, flags);
	ret = may_enable(master) ?: smmu_pri_pci_enable(master, reqs);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
	return ret;
}

void smmu_ats_disable_pri(struct smmu_master *master)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cut_lock, flags);
	smmu_pri_pci_disable(master);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
}

static void cut_functions(struct smmu_iommu *iommu, struct smmu_master *master,
			  enum smmu_cut_why why)
{
	struct smmu_master *other;
	struct smmu_stream *stream;
	unsigned long i;

	if (!smmu_ats_cut_one(master, why))
		return;
	smmu_ats_cut_log(master);
	xa_for_each(&iommu->streams, i, stream) {
		other = smmu_streams_principal(stream);
		if (other && other != master && READ_ONCE(other->ats_on) &&
		    smmu_ats_pci_same(other, master))
			smmu_ats_cut_one(other, why);
	}
	smmu_ats_recover_later(iommu, 0);
}

/*
 * The device that a stream names, if it uses ATS. The caller is in rcu_read_lock(), and
 * smmu_master_release() waits for readers before it frees the master.
 */
static struct smmu_master *user_of_ats(struct smmu_iommu *iommu, u32 sid)
{
	struct smmu_master *master = smmu_streams_ats_user(iommu, sid);

	return master && READ_ONCE(master->ats_on) ? master : NULL;
}

void smmu_ats_cut(struct smmu_device *smmu, u32 sid)
{
	struct smmu_iommu *iommu = smmu_iommu_of(smmu);
	struct smmu_master *master;

	rcu_read_lock();
	master = user_of_ats(iommu, sid);
	if (master)
		cut_functions(iommu, master, SMMU_CUT_SILENT);
	rcu_read_unlock();
}

/* Add to what the device has made the queue stand. Return: true when that is too much. */
static bool is_too_slow(struct smmu_master *master, u64 us, ktime_t now)
{
	unsigned long flags;
	u64 drained;
	bool much;

	raw_spin_lock_irqsave(&cut_lock, flags);
	drained = div_u64(max(ktime_us_delta(now, master->slow_at), 0) * SMMU_SLOW_DRAIN_MS,
			  MSEC_PER_SEC);
	master->slow_us -= min(master->slow_us, drained);
	if (!master->slow_us)
		master->slow_most_us = 0;
	master->slow_most_us = max(master->slow_most_us, us);
	master->slow_us += us;
	if (ktime_after(now, master->slow_at))
		master->slow_at = now;
	much = master->slow_us > SMMU_SLOW_MS * USEC_PER_MSEC &&
	       master->slow_us > master->slow_most_us + SMMU_SLOW_MORE_MS * USEC_PER_MSEC;
	raw_spin_unlock_irqrestore(&cut_lock, flags);
	return much;
}

bool smmu_ats_charge(struct smmu_device *smmu, u32 sid, u64 us, ktime_t now)
{
	struct smmu_iommu *iommu = smmu_iommu_of(smmu);
	struct smmu_master *master;
	bool cut = false;

	rcu_read_lock();
	master = user_of_ats(iommu, sid);
	if (master && is_too_slow(master, us, now)) {
		cut_functions(iommu, master, SMMU_CUT_SLOW);
		cut = true;
	}
	rcu_read_unlock();
	return cut;
}

void smmu_ats_cut_all(struct smmu_iommu *iommu)
{
	struct smmu_master *master;
	struct smmu_stream *stream;
	unsigned long flags, i;

	rcu_read_lock();
	xa_for_each(&iommu->streams, i, stream) {
		master = smmu_streams_principal(stream);
		if (!master)
			continue;
		raw_spin_lock_irqsave(&cut_lock, flags);
		set_bit(SMMU_CUT, &master->ats_cut);
		match(master, false);
		smmu_ats_pci_disable(master);
		raw_spin_unlock_irqrestore(&cut_lock, flags);
	}
	rcu_read_unlock();
}

static void set_asleep(struct smmu_iommu *iommu, bool asleep)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cut_lock, flags);
	/* pairs with READ_ONCE() where a worker looks whether it may run */
	WRITE_ONCE(iommu->asleep, asleep);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
}

void smmu_ats_sleep(struct smmu_iommu *iommu)
{
	struct smmu_master *master;

	/* from here on no device gets ATS that it has not yet */
	set_asleep(iommu, true);
	guard(mutex)(&iommu->streams_lock);
	list_for_each_entry(master, &iommu->masters, node)
		smmu_ats_disable(master);
}

void smmu_ats_wake(struct smmu_iommu *iommu)
{
	struct smmu_master *master;
	unsigned long flags;

	mutex_lock(&iommu->streams_lock);
	list_for_each_entry(master, &iommu->masters, node) {
		raw_spin_lock_irqsave(&cut_lock, flags);
		smmu_ats_pci_anew(master);
		raw_spin_unlock_irqrestore(&cut_lock, flags);
	}
	mutex_unlock(&iommu->streams_lock);
	set_asleep(iommu, false);
}

bool smmu_ats_is_cut(struct smmu_device *smmu, u32 sid)
{
	struct smmu_master *master;
	bool cut;

	rcu_read_lock();
	master = user_of_ats(smmu_iommu_of(smmu), sid);
	cut = !master || test_bit(SMMU_CUT, &master->ats_cut);
	rcu_read_unlock();
	return cut;
}

bool smmu_ats_was_cut(struct smmu_device *smmu, u32 sid)
{
	struct smmu_master *master;
	bool cut;

	rcu_read_lock();
	master = smmu_streams_ats_user(smmu_iommu_of(smmu), sid);
	cut = master && is_out(master);
	rcu_read_unlock();
	return cut;
}

void smmu_ats_disable(struct smmu_master *master)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cut_lock, flags);
	match(master, false);
	smmu_ats_pci_disable(master);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
}

void smmu_ats_clear_charge(struct smmu_master *master)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cut_lock, flags);
	master->slow_us = 0;
	raw_spin_unlock_irqrestore(&cut_lock, flags);
}
