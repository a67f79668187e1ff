// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <compat/mm.h>

#include "driver/sva_rig.h"

#define BITS	8

static LIST_HEAD(procs);
static DEFINE_SPINLOCK(procs_lock);

static u64 ttb_of(const struct mm_struct *mm)
{
	struct sva_proc *proc;
	u64 ttb = 0;

	spin_lock(&procs_lock);
	list_for_each_entry(proc, &procs, node)
		if (proc->mm == mm)
			ttb = proc->ttb;
	spin_unlock(&procs_lock);
	return ttb;
}

struct machine_smmu *sva_smmu(struct kunit *test, struct rig *rig, u32 i)
{
	struct model_config cfg;

	machine_mm_ttb = ttb_of;
	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	/* some SMMUs have wide tags, some narrow ones; some have range invalidation */
	if (i & 1)
		cfg.idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	if (i & 2)
		cfg.idr[3] &= ~IDR3_RIL;
	return rig_smmu(test, rig, i, &cfg);
}

struct rig_device *sva_device(struct kunit *test, struct rig *rig, u32 smmu)
{
	struct rig_device *d;

	rig->ssid_bits = BITS;
	rig->can_stall = !rig->atc;
	d = rig_device(test, rig, smmu);
	/* the identity domain would let requests with PASIDs through, too, while none is bound */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	return d;
}

/* Called when a table is freed. The CPUs announce that by the same notifier. */
static void flush_walk(unsigned long va, size_t size, size_t granule, void *cookie)
{
	struct sva_proc *proc = cookie;

	mmu_notifier_arch_invalidate_secondary_tlbs(proc->mm, va, va + size);
}

static void flush_all(void *cookie)
{
	struct sva_proc *proc = cookie;

	if (!proc->dead)
		mmu_notifier_arch_invalidate_secondary_tlbs(proc->mm, 0, ULONG_MAX);
}

static const struct iommu_flush_ops flush_ops = {
	.tlb_flush_all = flush_all,
	.tlb_flush_walk = flush_walk,
};

static void free_proc(void *data)
{
	struct sva_proc *proc = data;

	sva_proc_exit(proc);
	spin_lock(&procs_lock);
	list_del(&proc->node);
	spin_unlock(&procs_lock);
	free_io_pgtable_ops(proc->table);
	mmdrop(proc->mm);
	kfree(proc);
}

struct sva_proc *sva_proc_new(struct kunit *test, struct mm_struct *mm)
{
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = SZ_4K | SZ_2M,
		.ias = 48,
		.oas = 40,
		.coherent_walk = true,
		.tlb = &flush_ops,
	};
	struct sva_proc *proc = kzalloc_obj(*proc);

	KUNIT_ASSERT_NOT_NULL(test, proc);
	proc->mm = mm ?: mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, proc->mm);
	mmgrab(proc->mm);
	/* an mm of the caller is not ended here */
	proc->dead = mm;
	proc->table = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, proc);
	KUNIT_ASSERT_NOT_NULL(test, proc->table);
	proc->ttb = cfg.arm_lpae_s1_cfg.ttbr;
	machine_mm_format.mair = cfg.arm_lpae_s1_cfg.mair;
	spin_lock(&procs_lock);
	list_add(&proc->node, &procs);
	spin_unlock(&procs_lock);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_proc, proc));
	return proc;
}

void sva_proc_exit(struct sva_proc *proc)
{
	if (proc->dead)
		return;
	proc->dead = true;
	mmput(proc->mm);
}

/* io-pgtable maps up to the end of one table at a time, so this loops */
int sva_map(struct sva_proc *proc, u64 va, u64 pa, size_t size)
{
	size_t mapped, done = 0;
	int ret = 0;

	while (!ret && done < size) {
		mapped = 0;
		ret = proc->table->map_pages(proc->table, va + done, pa + done, SZ_4K,
					     (size - done) / SZ_4K, IOMMU_READ | IOMMU_WRITE,
					     GFP_KERNEL, &mapped);
		done += mapped;
	}
	return ret;
}

void sva_unmap(struct sva_proc *proc, u64 va, size_t size)
{
	size_t n, done = 0;

	do {
		n = proc->table->unmap_pages(proc->table, va + done, SZ_4K,
					     (size - done) / SZ_4K, NULL);
		done += n;
	} while (n && done < size);
	mmu_notifier_arch_invalidate_secondary_tlbs(proc->mm, va, va + size);
}
