// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <kunit/static_stub.h>

#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/streams.h"

/* ATS Enable and the bit SMMU_CUT change together. Taken under hw/'s gerror_lock. */
static DEFINE_RAW_SPINLOCK(cut_lock);

void smmu_ats_recover_later(struct smmu_iommu *iommu, u32 ms)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_ats_recover_later, iommu, ms);

	queue_delayed_work(system_dfl_wq, &iommu->recover, msecs_to_jiffies(ms));
}

void smmu_ats_cut_one(struct smmu_master *master)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cut_lock, flags);
	set_bit(SMMU_CUT, &master->ats_cut);
	smmu_ats_pci_cut(master);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
}

int smmu_ats_enable(struct smmu_master *master)
{
	unsigned long flags;
	int ret = -EIO;

	raw_spin_lock_irqsave(&cut_lock, flags);
	if (!test_bit(SMMU_CUT, &master->ats_cut))
		ret = smmu_ats_pci_enable(master);
	raw_spin_unlock_irqrestore(&cut_lock, flags);
	return ret;
}

void smmu_ats_cut(struct smmu_device *smmu, u32 sid)
{
	struct smmu_iommu *iommu = smmu_iommu_of(smmu);
	struct smmu_master *master, *other;
	struct smmu_stream *stream;
	unsigned long i;

	rcu_read_lock();
	/* smmu_master_release() waits for readers before it frees the master */
	master = smmu_streams_ruler(iommu, sid);
	if (master && master->ats_capable && !test_bit(SMMU_CUT, &master->ats_cut)) {
		dev_err(master->dev, "the device does not answer ATC_INV; it is cut off\n");
		xa_for_each(&iommu->streams, i, stream) {
			other = stream->master;
			if (other == master ||
			    (READ_ONCE(other->ats_on) && smmu_ats_pci_same(other, master)))
				smmu_ats_cut_one(other);
		}
		smmu_ats_recover_later(iommu, 0);
	}
	rcu_read_unlock();
}

bool smmu_ats_is_cut(struct smmu_device *smmu, u32 sid)
{
	struct smmu_master *master;
	bool cut;

	rcu_read_lock();
	master = smmu_streams_ruler(smmu_iommu_of(smmu), sid);
	cut = !master || !master->ats_capable || test_bit(SMMU_CUT, &master->ats_cut);
	rcu_read_unlock();
	return cut;
}
