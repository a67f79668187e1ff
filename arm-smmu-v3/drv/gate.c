// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/workqueue.h>

#include <kunit/static_stub.h>

#include "drv/arrays.h"
#include "drv/binding.h"
#include "drv/gate.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"

void smmu_gate_close_locked(struct smmu_binding *binding)
{
	smmu_master_assert(binding->master);

	guard(mutex)(&binding->master->iommu->streams_lock);
	binding->gate = SMMU_GATE_CLOSED;
}

void smmu_gate_open_locked(struct smmu_binding *binding, bool fresh)
{
	struct smmu_master *master = binding->master;

	smmu_master_assert(master);

	if (!binding->iopf)
		return;
	guard(mutex)(&master->iommu->streams_lock);
	binding->gate = fresh ? SMMU_GATE_OPEN : SMMU_GATE_RETRY;
	if (fresh)
		return;
	master->gates_wait = true;
	smmu_gate_open_later(master->iommu);
}

void smmu_gate_open_later(struct smmu_iommu *iommu)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_gate_open_later, iommu);
	queue_work(system_dfl_wq, &iommu->gates);
}

static void open_gate(struct smmu_binding *binding)
{
	if (binding->gate == SMMU_GATE_RETRY)
		binding->gate = SMMU_GATE_OPEN;
}

/* Called under the mutex of the group: the IOMMU core is not in the middle of a change */
static int open_gates(struct device *dev, void *data)
{
	struct smmu_master *master = data;
	struct smmu_binding *binding;
	unsigned long ssid;

	if (dev != master->dev)
		return 0;
	guard(mutex)(&master->iommu->streams_lock);
	/* PASIDs come and go under this one */
	guard(mutex)(&smmu_arrays_mutex);
	open_gate(&master->rid);
	xa_for_each(&master->pasids, ssid, binding)
		open_gate(binding);
	return 0;
}

/* Find a master whose gates wait. Return: it, referenced, and its group; NULL for none */
static struct smmu_master *next_waiting(struct smmu_iommu *iommu, struct iommu_group **group)
{
	struct smmu_master *master;

	guard(mutex)(&iommu->streams_lock);
	list_for_each_entry(master, &iommu->masters, node) {
		if (!master->gates_wait)
			continue;
		master->gates_wait = false;
		/* the IOMMU core has the device as long as the master is in the list */
		*group = iommu_group_get(master->dev);
		if (*group)
			return smmu_master_get(master);
	}
	return NULL;
}

void smmu_gate_work(struct work_struct *work)
{
	struct smmu_iommu *iommu = container_of(work, struct smmu_iommu, gates);
	struct iommu_group *group;
	struct smmu_master *master;

	while ((master = next_waiting(iommu, &group))) {
		iommu_group_for_each_dev(group, master, open_gates);
		iommu_group_put(group);
		smmu_master_put(master);
	}
}

enum smmu_gate smmu_gate_of(struct smmu_master *master, bool ssv, u32 ssid)
{
	struct smmu_binding *binding = &master->rid;

	lockdep_assert_held(&master->iommu->streams_lock);

	guard(mutex)(&smmu_arrays_mutex);
	/* PASID 0 is no PASID of ours; the RID has that place */
	if (ssv)
		binding = ssid ? xa_load(&master->pasids, ssid) : NULL;
	return binding ? binding->gate : SMMU_GATE_CLOSED;
}
