// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "drv/viommu.h"
#include "hw/vintf.h"
#include "iommufd/iommufd_private.h"
#include "driver/guest_queue.h"

/* How often a guest looks whether its queue has gone on */
#define LOOKS		1000

struct guest *guest_queue_guest(struct kunit *test, struct machine_smmu *smmu,
				struct iommu_domain *parent, int *ret)
{
	struct iommu_viommu_tegra241_cmdqv data = {};
	struct guest *g;

	g = guest_new_type(test, smmu, parent, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV, &data, ret);
	if (!g)
		return NULL;
	KUNIT_EXPECT_EQ(test, g->vsmmu.queues.mmap, data.out_vintf_mmap_offset);
	KUNIT_EXPECT_EQ(test, CMDQV_PAGE, data.out_vintf_mmap_length);
	return g;
}

void guest_queue_nest_slow(struct kunit *test, struct nest *n, bool atc, u32 ack_reads)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	int ret;

	nest_config(&cfg, false);
	model_config_cmdqv(&cfg, 5, 3, 1);
	cfg.ack_reads = ack_reads;
	rig->atc = atc;
	nest_make_on(test, n, rig, rig_smmu_irq(test, rig, 0, &cfg));
	rig_virtual_clock(test);
	/* this guest instead */
	guest_destroy(n->g);
	n->g = guest_queue_guest(test, n->smmu, n->parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	guest_device(test, n->g, n->d, NEST_VSID);
}

void guest_queue_nest(struct kunit *test, struct nest *n, bool atc)
{
	guest_queue_nest_slow(test, n, atc, 0);
}

u32 guest_queue_vintf(struct guest *g)
{
	return g->vsmmu.queues.vintf->nr;
}

int guest_queue_try(struct guest *g, u32 l, phys_addr_t phys, u64 bytes,
		    struct iommufd_hw_queue **core)
{
	struct iommufd_viommu *viommu = &g->vsmmu.core;
	size_t size = viommu->ops->get_hw_queue_size(viommu, IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV);
	int ret;

	if (!size)
		return -EOPNOTSUPP;
	*core = kzalloc(size, GFP_KERNEL);
	if (!*core)
		return -ENOMEM;
	refcount_set(&(*core)->obj.users, 1);
	(*core)->viommu = viommu;
	(*core)->type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV;
	(*core)->length = bytes;
	ret = viommu->ops->hw_queue_init_phys(*core, l, phys);
	if (ret)
		kfree(*core);
	return ret;
}

bool guest_queue_destroy(struct iommufd_hw_queue *core)
{
	if (!refcount_dec_if_one(&core->obj.users))
		return false;
	if (core->destroy)
		core->destroy(core);
	kfree(core);
	return true;
}

struct guest_queue *guest_queue_new(struct kunit *test, struct machine_smmu *smmu, struct guest *g,
				    u32 l)
{
	struct guest_queue *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, q);
	q->g = g;
	q->smmu = smmu;
	q->l = l;
	q->cmd = (void *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, q->cmd);
	KUNIT_ASSERT_EQ(test, 0, guest_queue_try(g, l, virt_to_phys(q->cmd), GUEST_QUEUE_BYTES,
						 &q->core));
	return q;
}

static u32 at(struct guest_queue *q, u32 reg)
{
	return CMDQV_VINTF_PAGE0(guest_queue_vintf(q->g)) + CMDQV_QUEUE_BYTES * q->l + reg;
}

u32 guest_queue_read(struct guest_queue *q, u32 reg)
{
	return model_cmdqv_read(q->smmu->model, at(q, reg), 4);
}

void guest_queue_write(struct guest_queue *q, u32 reg, u32 val)
{
	model_cmdqv_write(q->smmu->model, at(q, reg), 4, val);
}

void guest_queue_enable(struct kunit *test, struct guest_queue *q)
{
	u32 looks = LOOKS;

	q->prod = 0;
	guest_queue_write(q, VCMDQ_CONFIG, VCMDQ_EN);
	while (!(guest_queue_read(q, VCMDQ_STATUS) & VCMDQ_ENABLED) && --looks)
		;
	KUNIT_EXPECT_GT(test, looks, 0);
}

static void put(struct guest_queue *q, const struct smmu_cmd *cmd)
{
	q->cmd[q->prod++ % (1U << GUEST_QUEUE_LOG2)] = *cmd;
}

int guest_queue_post(struct guest_queue *q, const struct smmu_cmd *cmd, u32 n)
{
	u32 mask = (2U << GUEST_QUEUE_LOG2) - 1, looks, cons;
	struct smmu_cmd sync;

	while (n--)
		put(q, cmd++);
	smmu_cmd_sync(&sync);
	put(q, &sync);
	guest_queue_write(q, VCMDQ_PROD, q->prod & mask);
	for (looks = 0; looks < LOOKS; looks++) {
		if ((guest_queue_read(q, VCMDQ_GERROR) ^ guest_queue_read(q, VCMDQ_GERRORN)) &
		    VCMDQ_GERROR_CMDQ_ERR)
			return FIELD_GET(CMDQ_CONS_ERR, guest_queue_read(q, VCMDQ_CONS)) ?: -1;
		cons = guest_queue_read(q, VCMDQ_CONS);
		if ((cons & mask) == (q->prod & mask))
			return 0;
		model_advance(NSEC_PER_USEC);
	}
	return -1;
}

void guest_queue_free(struct kunit *test, struct guest_queue *q)
{
	KUNIT_EXPECT_TRUE(test, guest_queue_destroy(q->core));
	free_page((unsigned long)q->cmd);
}

static u32 errors_now(struct guest *g, u64 map[2])
{
	struct iommu_vevent_tegra241_cmdqv *data;
	struct iommufd_vevent *event;
	u32 n = 0;

	flush_delayed_work(&g->vsmmu.queues.errors);
	spin_lock(&g->errors->common.lock);
	list_for_each_entry(event, &g->errors->common.deliver, node) {
		if (event == &g->errors->lost_events_header)
			continue;
		n++;
		data = (void *)event->event_data;
		map[0] = le64_to_cpu(data->lvcmdq_err_map[0]);
		map[1] = le64_to_cpu(data->lvcmdq_err_map[1]);
	}
	spin_unlock(&g->errors->common.lock);
	return n;
}

u32 guest_queue_errors(struct guest *g, u32 least, u64 map[2])
{
	u32 i;

	/* the thread of the interrupt has to run before */
	for (i = 0; i < HZ && (i < 3 || errors_now(g, map) < least); i++)
		schedule_timeout_uninterruptible(1);
	return errors_now(g, map);
}
