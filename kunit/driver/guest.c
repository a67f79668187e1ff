// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core/cd.h"
#include "drv/ops.h"
#include "iommufd/iommufd_private.h"
#include "driver/guest.h"

#define GUESTS		64
#define USER_BYTES	(64 * 1024)

u32 guest_fail_nth;
bool guest_failed;

static struct guest *guests[GUESTS];
static void __user *user;

struct machine_smmu *guest_smmu(struct kunit *test, struct rig *rig, u32 i)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[3] |= IDR3_FWB;
	return rig_smmu(test, rig, i, &cfg);
}

#define QUEUE_DEPTH	512

/* What IOMMU_VEVENTQ_ALLOC does, without the file */
static struct iommufd_veventq *new_queue(struct iommufd_viommu *viommu,
					 enum iommu_veventq_type type)
{
	struct iommufd_veventq *q = kzalloc_obj(*q);

	if (!q)
		return NULL;
	spin_lock_init(&q->common.lock);
	INIT_LIST_HEAD(&q->common.deliver);
	init_waitqueue_head(&q->common.wait_queue);
	q->type = type;
	q->viommu = viommu;
	q->depth = QUEUE_DEPTH;
	INIT_LIST_HEAD(&q->lost_events_header.node);
	q->lost_events_header.header.flags = IOMMU_VEVENTQ_FLAG_LOST_EVENTS;
	down_write(&viommu->veventqs_rwsem);
	list_add_tail(&q->node, &viommu->veventqs);
	up_write(&viommu->veventqs_rwsem);
	return q;
}

static void free_queue(struct iommufd_veventq *q)
{
	struct iommufd_vevent *event, *next;

	down_write(&q->viommu->veventqs_rwsem);
	list_del(&q->node);
	up_write(&q->viommu->veventqs_rwsem);
	list_for_each_entry_safe(event, next, &q->common.deliver, node)
		if (event != &q->lost_events_header)
			kfree(event);
	kfree(q);
}

u32 guest_events(struct guest *g, struct iommu_vevent_arm_smmuv3 *last)
{
	struct iommufd_vevent *event;
	u32 n = 0;

	flush_work(&g->vsmmu.events.work);
	spin_lock(&g->queue->common.lock);
	list_for_each_entry(event, &g->queue->common.deliver, node) {
		if (event == &g->queue->lost_events_header)
			continue;
		n++;
		if (last)
			memcpy(last, event->event_data, sizeof(*last));
	}
	spin_unlock(&g->queue->common.lock);
	return n;
}

/* The steps are in the order of IOMMU_VDEVICE_ALLOC */
int guest_try_device(struct guest *g, struct rig_device *d, u32 vsid)
{
	struct iommufd_vdevice *vdev = kzalloc(g->vsmmu.core.ops->vdevice_size, GFP_KERNEL);
	struct iommufd_device *idev = kzalloc_obj(*idev);
	int ret = -ENOMEM;

	if (!vdev || !idev)
		goto free;
	idev->dev = d->dev;
	vdev->virt_id = vsid;
	vdev->viommu = &g->vsmmu.core;
	vdev->idev = idev;
	ret = xa_insert(&g->vsmmu.core.vdevs, vsid, NULL, GFP_KERNEL);
	if (ret)
		goto free;
	ret = g->vsmmu.core.ops->vdevice_init(vdev);
	if (ret) {
		xa_release(&g->vsmmu.core.vdevs, vsid);
		goto free;
	}
	xa_store(&g->vsmmu.core.vdevs, vsid, vdev, GFP_KERNEL);
	return 0;

free:
	kfree(idev);
	kfree(vdev);
	return ret;
}

void guest_device(struct kunit *test, struct guest *g, struct rig_device *d, u32 vsid)
{
	KUNIT_ASSERT_EQ(test, 0, guest_try_device(g, d, vsid));
}

/* The steps are in the order of iommufd_vdevice_destroy() */
void guest_no_device(struct guest *g, u32 vsid)
{
	struct iommufd_vdevice *vdev = xa_load(&g->vsmmu.core.vdevs, vsid);

	if (!vdev)
		return;
	if (vdev->destroy)
		vdev->destroy(vdev);
	xa_cmpxchg(&g->vsmmu.core.vdevs, vsid, vdev, NULL, GFP_KERNEL);
	kfree(vdev->idev);
	kfree(vdev);
}

static void drop(struct guest *g)
{
	xa_destroy(&g->vsmmu.core.vdevs);
	mtree_destroy(&g->ictx->mt_mmap);
	kfree(g->ictx);
	kfree(g);
}

void guest_destroy(struct guest *g)
{
	struct iommufd_vdevice *vdev;
	unsigned long vsid;
	u32 i;

	for (i = 0; i < GUESTS; i++)
		if (guests[i] == g)
			guests[i] = NULL;
	xa_for_each(&g->vsmmu.core.vdevs, vsid, vdev)
		guest_no_device(g, vsid);
	if (g->queue)
		free_queue(g->queue);
	if (g->errors)
		free_queue(g->errors);
	g->vsmmu.core.ops->destroy(&g->vsmmu.core);
	drop(g);
}

static void destroy_all(void *unused)
{
	u32 i;

	for (i = 0; i < GUESTS; i++)
		if (guests[i])
			guest_destroy(guests[i]);
	user = NULL;
}

/* Map user memory from which the driver copies its arguments */
static void prepare(struct kunit *test)
{
	if (user)
		return;
	user = (void __user *)kunit_vm_mmap(test, NULL, 0, USER_BYTES, PROT_READ | PROT_WRITE,
					    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NOT_NULL(test, (void *)(unsigned long)user);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, destroy_all, NULL));
}

struct guest *guest_new_type(struct kunit *test, struct machine_smmu *smmu,
			     struct iommu_domain *parent, enum iommu_viommu_type type,
			     struct iommu_viommu_tegra241_cmdqv *data, int *ret)
{
	struct iommu_user_data user_data = { .type = type, .len = sizeof(*data) };
	struct guest *g = kzalloc_obj(*g);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, g);
	g->ictx = kzalloc_obj(*g->ictx);
	KUNIT_ASSERT_NOT_NULL(test, g->ictx);
	mt_init_flags(&g->ictx->mt_mmap, MT_FLAGS_ALLOC_RANGE);
	prepare(test);
	user_data.uptr = user;
	if (data)
		KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, data, sizeof(*data)));
	xa_init(&g->vsmmu.core.vdevs);
	INIT_LIST_HEAD(&g->vsmmu.core.veventqs);
	init_rwsem(&g->vsmmu.core.veventqs_rwsem);
	g->vsmmu.core.ictx = g->ictx;
	g->vsmmu.core.type = type;
	g->vsmmu.core.iommu_dev = &rig_iommu(smmu)->core;
	if (guest_fail_nth)
		rig_alloc_begin(guest_fail_nth);
	*ret = smmu_viommu_init(&g->vsmmu.core, parent, data ? &user_data : NULL);
	guest_failed = guest_fail_nth && rig_alloc_end();
	if (*ret) {
		KUNIT_EXPECT_NULL(test, g->vsmmu.core.ops);
		KUNIT_EXPECT_TRUE(test, mtree_empty(&g->ictx->mt_mmap));
		drop(g);
		return NULL;
	}
	if (data)
		KUNIT_ASSERT_EQ(test, 0, copy_from_user(data, user, sizeof(*data)));
	for (i = 0; i < GUESTS && guests[i]; i++)
		;
	KUNIT_ASSERT_LT(test, i, GUESTS);
	guests[i] = g;
	g->queue = new_queue(&g->vsmmu.core, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3);
	KUNIT_ASSERT_NOT_NULL(test, g->queue);
	if (type == IOMMU_VIOMMU_TYPE_ARM_SMMUV3)
		return g;
	g->errors = new_queue(&g->vsmmu.core, IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV);
	KUNIT_ASSERT_NOT_NULL(test, g->errors);
	return g;
}

struct guest *guest_new(struct kunit *test, struct machine_smmu *smmu,
			struct iommu_domain *parent, int *ret)
{
	return guest_new_type(test, smmu, parent, IOMMU_VIOMMU_TYPE_ARM_SMMUV3, NULL, ret);
}

struct iommu_domain *guest_domain(struct kunit *test, struct guest *g, u64 w0, u64 w1)
{
	struct iommu_hwpt_arm_smmuv3 arg = { { cpu_to_le64(w0), cpu_to_le64(w1) } };
	const struct iommu_user_data data = {
		.type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.uptr = user,
		.len = sizeof(arg),
	};
	struct iommu_domain *domain;

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, &arg, sizeof(arg)));
	if (guest_fail_nth)
		rig_alloc_begin(guest_fail_nth);
	domain = g->vsmmu.core.ops->alloc_domain_nested(&g->vsmmu.core, 0, &data);
	guest_failed = guest_fail_nth && rig_alloc_end();
	/* as iommufd does */
	if (!IS_ERR(domain))
		domain->owner = &smmu_iommu_ops;
	return domain;
}

static struct iommu_domain *must(struct kunit *test, struct iommu_domain *domain)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	return domain;
}

struct iommu_domain *guest_bypass(struct kunit *test, struct guest *g)
{
	return must(test, guest_domain(test, g, STE0_V |
				       FIELD_PREP(STE0_CONFIG, STE_CONFIG_BYPASS), 0));
}

struct iommu_domain *guest_abort(struct kunit *test, struct guest *g)
{
	return must(test, guest_domain(test, g, STE0_V |
				       FIELD_PREP(STE0_CONFIG, STE_CONFIG_ABORT), 0));
}

struct iommu_domain *guest_s1_pasids(struct kunit *test, struct guest *g,
				     const struct guest_table *t, bool ats, u8 cdmax)
{
	u64 w0 = STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1) | virt_to_phys(t->cd) |
		 FIELD_PREP(STE0_S1CDMAX, cdmax);
	u64 w1 = FIELD_PREP(STE1_S1CIR, STE_S1C_WBRA) | FIELD_PREP(STE1_S1COR, STE_S1C_WBRA) |
		 FIELD_PREP(STE1_S1CSH, 3) | FIELD_PREP(STE1_EATS, ats) |
		 FIELD_PREP(STE1_S1DSS, cdmax ? STE_S1DSS_SSID0 : 0);
	u32 i;

	for (i = 1; i < 1U << cdmax; i++)
		t->cd[i] = t->cd[0];
	return must(test, guest_domain(test, g, w0, w1));
}

struct iommu_domain *guest_s1(struct kunit *test, struct guest *g,
			      const struct guest_table *t, bool ats)
{
	return guest_s1_pasids(test, g, t, ats, 0);
}

static void no_flush_all(void *cookie)
{
}

static void no_flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
}

/* A guest does not invalidate through io-pgtable, but with commands when the case wants it */
static const struct iommu_flush_ops no_flush = {
	.tlb_flush_all = no_flush_all,
	.tlb_flush_walk = no_flush_walk,
};

static void free_table(void *data)
{
	struct guest_table *t = data;

	free_io_pgtable_ops(t->ops);
	free_page((unsigned long)t->cd);
}

/* The guest's tables lie in any page of memory, so all memory is mapped one to one */
static void map_memory(struct kunit *test, struct iommu_domain *parent)
{
	phys_addr_t from = ALIGN_DOWN(virt_to_phys((void *)PAGE_OFFSET), SZ_2M);
	phys_addr_t end = virt_to_phys(high_memory - 1) + 1;

	if (iommu_iova_to_phys(parent, end - SZ_4K))
		return;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(parent, from, from, ALIGN(end - from, SZ_2M),
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
}

struct guest_table *guest_table(struct kunit *test, struct machine_smmu *smmu,
				struct iommu_domain *parent, u16 asid)
{
	struct guest_table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = SZ_4K | SZ_2M,
		.ias = 48,
		.oas = 44,
		.coherent_walk = true,
		.tlb = &no_flush,
		.iommu_dev = smmu->dev,
	};
	const struct smmu_features *feat = &rig_iommu(smmu)->smmu.inst.feat;
	struct smmu_cd_s1 s1 = {};

	KUNIT_ASSERT_NOT_NULL(test, t);
	map_memory(test, parent);
	t->asid = asid;
	t->cd = (void *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->cd);
	t->ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL);
	KUNIT_ASSERT_NOT_NULL(test, t->ops);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_table, t));
	s1.ttb = cfg.arm_lpae_s1_cfg.ttbr;
	s1.mair = cfg.arm_lpae_s1_cfg.mair;
	s1.asid = asid;
	s1.t0sz = cfg.arm_lpae_s1_cfg.tcr.tsz;
	s1.tg = cfg.arm_lpae_s1_cfg.tcr.tg;
	s1.ir0 = cfg.arm_lpae_s1_cfg.tcr.irgn;
	s1.or0 = cfg.arm_lpae_s1_cfg.tcr.orgn;
	s1.sh0 = cfg.arm_lpae_s1_cfg.tcr.sh;
	s1.ips = cfg.arm_lpae_s1_cfg.tcr.ips;
	s1.aset = true;
	smmu_cd_make_s1(t->cd, feat, &s1);
	return t;
}

void guest_map(struct kunit *test, struct guest_table *t, u64 iova, u64 ipa)
{
	size_t mapped = 0;

	KUNIT_ASSERT_EQ(test, 0, t->ops->map_pages(t->ops, iova, ipa, SZ_4K, 1,
						   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL,
						   &mapped));
	KUNIT_ASSERT_EQ(test, SZ_4K, mapped);
}

void guest_unmap(struct kunit *test, struct guest_table *t, u64 iova)
{
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	KUNIT_ASSERT_EQ(test, SZ_4K, t->ops->unmap_pages(t->ops, iova, SZ_4K, 1, &gather));
}

int guest_commands(struct kunit *test, struct guest *g, const struct smmu_cmd *cmd, u32 *num)
{
	struct iommu_user_data_array array = {
		.type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.uptr = user,
		.entry_len = sizeof(*cmd),
		.entry_num = *num,
	};
	int ret;

	KUNIT_ASSERT_LE(test, *num * sizeof(*cmd), USER_BYTES);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, cmd, *num * sizeof(*cmd)));
	ret = g->vsmmu.core.ops->cache_invalidate(&g->vsmmu.core, &array);
	*num = array.entry_num;
	return ret;
}

void guest_command(struct kunit *test, struct guest *g, const struct smmu_cmd *cmd)
{
	u32 num = 1;

	KUNIT_EXPECT_EQ(test, 0, guest_commands(test, g, cmd, &num));
	KUNIT_EXPECT_EQ(test, 1, num);
}
