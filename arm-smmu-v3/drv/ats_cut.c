// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include <kunit/static_stub.h>

#include "core/array.h"
#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/streams.h"

void smmu_ats_recover_later(struct smmu_iommu *iommu, u32 ms)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_ats_recover_later, iommu, ms);

	queue_delayed_work(system_dfl_wq, &iommu->recover, msecs_to_jiffies(ms));
}

bool smmu_ats_cut(struct smmu_device *smmu, u32 sid)
{
	struct smmu_iommu *iommu = smmu_iommu_of(smmu);
	struct smmu_master *master;
	bool found = false;

	rcu_read_lock();
	/* smmu_master_release() waits for readers before it frees the master */
	master = smmu_streams_ruler(iommu, sid);
	if (master && master->ats_capable) {
		found = true;
		if (!test_and_set_bit(SMMU_CUT, &master->ats_cut)) {
			smmu_ats_pci_cut(master);
			smmu_ats_recover_later(iommu, 0);
		}
	}
	rcu_read_unlock();
	return found;
}

void smmu_ats_cut_array(struct smmu_device *smmu, const struct smmu_array *array)
{
	const struct smmu_inv *inv;
	u32 num = smmu_array_count(array);
	u32 pos;

	for (pos = 0; (inv = smmu_array_next_live(array, &pos, num)); pos++)
		if (inv->inst == &smmu->inst && smmu_inv_is_ats(inv->type))
			smmu_ats_cut(smmu, inv->id);
}
