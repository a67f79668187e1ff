// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "drv/ats_cut.h"
#include "drv/guest_queue.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/vevent.h"
#include "drv/vsmmu.h"
#include "hw/issue.h"
#include "hw/vintf.h"

/**
 * struct guest_queue - a HW queue
 * @core: iommufd's part, first
 * @below: the queue with the next lower number, which stays as long as this one; NULL for none
 * @l: number of the logical queue
 */
struct guest_queue {
	struct iommufd_hw_queue core;
	struct guest_queue *below;
	u32 l;
};

static struct guest_queue *queue_of(struct iommufd_hw_queue *core)
{
	return container_of(core, struct guest_queue, core);
}

void *smmu_guest_queues_info(struct smmu_device *smmu, u32 *length)
{
	const struct smmu_cmdqv_layout *layout = &smmu->cmdqv.layout;
	struct iommu_hw_info_tegra241_cmdqv *info;

	if (!smmu_vintf_possible(smmu))
		return ERR_PTR(-EOPNOTSUPP);
	info = kzalloc_obj(*info);
	if (!info)
		return ERR_PTR(-ENOMEM);
	/* a guest has one VINTF */
	info->version = layout->version;
	info->log2vcmdqs = ilog2(layout->each);
	info->log2vsids = ilog2(layout->sids);
	*length = sizeof(*info);
	return info;
}

static void report_errors(struct work_struct *work)
{
	struct smmu_guest_queues *queues = container_of(to_delayed_work(work),
							struct smmu_guest_queues, errors);
	struct smmu_vsmmu *vsmmu = container_of(queues, struct smmu_vsmmu, queues);
	/* pairs with smp_store_release() in smmu_guest_queues_start() */
	struct smmu_vintf *v = smp_load_acquire(&queues->vintf);
	struct iommu_vevent_tegra241_cmdqv event;
	u64 map[2];

	/* hardware has reported an error while the VINTF was brought up; it has no queue yet */
	if (!v)
		return;
	/* pairs with READ_ONCE() in has_errors() */
	WRITE_ONCE(queues->reported, jiffies);
	down_read(&vsmmu->iommu->restart_lock);
	smmu_vintf_errors(v, map);
	up_read(&vsmmu->iommu->restart_lock);
	/* the guest may have seen and acknowledged them itself */
	if (!map[0] && !map[1])
		return;
	event.lvcmdq_err_map[0] = cpu_to_le64(map[0]);
	event.lvcmdq_err_map[1] = cpu_to_le64(map[1]);
	if (iommufd_viommu_report_event(&vsmmu->core, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV, &event,
					sizeof(event)))
		atomic_inc(&vsmmu->iommu->vevents_lost);
}

/* Between two reports: a guest can make an error and acknowledge it as fast as it likes */
#define REST	(msecs_to_jiffies(10) + 1)

static void has_errors(void *owner)
{
	struct smmu_vsmmu *vsmmu = owner;
	/* pairs with WRITE_ONCE() in report_errors() */
	unsigned long next = READ_ONCE(vsmmu->queues.reported) + REST, now = jiffies;

	/* the first error at once */
	smmu_vevent_work_after(&vsmmu->queues.errors, time_before(now, next) ? next - now : 0);
}

static int map_page(struct smmu_vsmmu *vsmmu, const struct iommu_user_data *user_data)
{
	struct iommu_viommu_tegra241_cmdqv data = {};
	int ret;

	ret = iommufd_viommu_alloc_mmap(&vsmmu->core, smmu_vintf_page(vsmmu->queues.vintf),
					CMDQV_PAGE, &vsmmu->queues.mmap);
	if (ret)
		return ret;
	data.out_vintf_mmap_offset = vsmmu->queues.mmap;
	data.out_vintf_mmap_length = CMDQV_PAGE;
	ret = iommu_copy_struct_to_user(user_data, &data, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
					out_vintf_mmap_length);
	if (ret)
		iommufd_viommu_destroy_mmap(&vsmmu->core, vsmmu->queues.mmap);
	return ret;
}

static bool put_vintf(struct smmu_vsmmu *vsmmu)
{
	bool off;

	smmu_vintf_silence(vsmmu->queues.vintf);
	cancel_delayed_work_sync(&vsmmu->queues.errors);
	/* the SMMU is neither stopped nor started meanwhile */
	down_read(&vsmmu->iommu->restart_lock);
	off = smmu_vintf_put(vsmmu->queues.vintf);
	up_read(&vsmmu->iommu->restart_lock);
	return off;
}

int smmu_guest_queues_start(struct smmu_vsmmu *vsmmu, const struct iommu_user_data *user_data,
			    bool *free)
{
	struct iommu_viommu_tegra241_cmdqv data;
	struct smmu_vintf *v;
	int ret;

	*free = true;
	if (!user_data)
		return -EINVAL;
	/* before anything is made: both are only written */
	ret = iommu_copy_struct_from_user(&data, user_data, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
					  out_vintf_mmap_length);
	if (ret)
		return ret;
	INIT_DELAYED_WORK(&vsmmu->queues.errors, report_errors);
	vsmmu->queues.reported = jiffies - REST;
	mutex_init(&vsmmu->queues.lock);
	xa_init(&vsmmu->queues.all);
	down_read(&vsmmu->iommu->restart_lock);
	v = smmu_vintf_get(&vsmmu->iommu->smmu, vsmmu->vmid, has_errors, vsmmu);
	up_read(&vsmmu->iommu->restart_lock);
	if (IS_ERR(v)) {
		/* hardware may have reported an error meanwhile */
		cancel_delayed_work_sync(&vsmmu->queues.errors);
		*free = PTR_ERR(v) != -EBUSY;
		return PTR_ERR(v);
	}
	/* pairs with smp_load_acquire() in report_errors() */
	smp_store_release(&vsmmu->queues.vintf, v);
	/* a report that came before has done nothing; there is no queue yet that has an error */
	smmu_vintf_unmask(v);
	ret = map_page(vsmmu, user_data);
	if (ret)
		*free = put_vintf(vsmmu);
	return ret;
}

bool smmu_guest_queues_stop(struct smmu_vsmmu *vsmmu)
{
	if (!vsmmu->queues.vintf)
		return true;
	iommufd_viommu_destroy_mmap(&vsmmu->core, vsmmu->queues.mmap);
	return put_vintf(vsmmu);
}

size_t smmu_guest_queue_size(struct iommufd_viommu *viommu, enum iommu_hw_queue_type type)
{
	if (type != IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV || !smmu_vsmmu_of(viommu)->queues.vintf)
		return 0;
	return HW_QUEUE_STRUCT_SIZE(struct guest_queue, core);
}

/*
 * A queue keeps the one below, because hardware has them in ascending order. Not by
 * iommufd_hw_queue_depend(), because another thread may be destroying that one: then its count of
 * users is 0 already, and it waits for the lock.
 */
static bool keep(struct guest_queue *q)
{
	return !q || refcount_inc_not_zero(&q->core.obj.users);
}

static void unkeep(struct guest_queue *q)
{
	if (q)
		refcount_dec(&q->core.obj.users);
}

/* iommufd unpins the queue's pages next */
static void queue_destroy(struct iommufd_hw_queue *core)
{
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(core->viommu);
	struct guest_queue *q = queue_of(core);

	guard(mutex)(&vsmmu->queues.lock);
	down_read(&vsmmu->iommu->restart_lock);
	smmu_vintf_queue_put(vsmmu->queues.vintf, q->l);
	up_read(&vsmmu->iommu->restart_lock);
	xa_erase(&vsmmu->queues.all, q->l);
	unkeep(q->below);
}

/* Called under the lock of the queues. Return: 0 or an error, with nothing done */
static int queue_begin(struct smmu_vsmmu *vsmmu, struct guest_queue *q, phys_addr_t base)
{
	int ret;

	if (q->l) {
		q->below = xa_load(&vsmmu->queues.all, q->l - 1);
		if (!q->below)
			return -EIO;
	}
	ret = xa_insert(&vsmmu->queues.all, q->l, q, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret == -EBUSY ? -EEXIST : ret;
	ret = -EIO;
	if (!keep(q->below))
		goto erase;
	down_read(&vsmmu->iommu->restart_lock);
	ret = smmu_vintf_queue_get(vsmmu->queues.vintf, q->l, base, q->core.length);
	up_read(&vsmmu->iommu->restart_lock);
	if (!ret)
		return 0;
	unkeep(q->below);
erase:
	xa_erase(&vsmmu->queues.all, q->l);
	return ret;
}

int smmu_guest_queue_init(struct iommufd_hw_queue *core, u32 index, phys_addr_t base)
{
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(core->viommu);
	struct guest_queue *q = queue_of(core);
	int ret;

	if (index >= vsmmu->iommu->smmu.cmdqv.layout.each)
		return -EINVAL;
	q->l = index;
	guard(mutex)(&vsmmu->queues.lock);
	ret = queue_begin(vsmmu, q, base);
	if (!ret)
		core->destroy = queue_destroy;
	return ret;
}

int smmu_guest_queues_join(struct smmu_vdevice *vdev)
{
	struct smmu_vintf *v = smmu_vsmmu_of(vdev->core.viommu)->queues.vintf;
	int ret;

	if (!v)
		return 0;
	if (vdev->core.virt_id >> SMMU_VSID_BITS)
		return -EINVAL;
	ret = smmu_vintf_sid_get(v, vdev->core.virt_id, vdev->master->sids[0]);
	if (ret < 0)
		return ret;
	vdev->place = ret;
	return 0;
}

void smmu_guest_queues_match_locked(struct smmu_vdevice *vdev)
{
	struct smmu_vintf *v = smmu_vsmmu_of(vdev->core.viommu)->queues.vintf;

	smmu_master_assert(vdev->master);

	if (v)
		smmu_ats_match(vdev->master, v, vdev->place);
}

void smmu_guest_queues_leave(struct smmu_vdevice *vdev)
{
	struct smmu_vintf *v = smmu_vsmmu_of(vdev->core.viommu)->queues.vintf;

	if (!v)
		return;
	smmu_ats_match(vdev->master, NULL, 0);
	/* ATC_INVs of the guest that are under way */
	smmu_issue_drain(&vdev->master->iommu->smmu);
	smmu_vintf_sid_put(v, vdev->place);
}
