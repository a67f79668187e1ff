// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVA: one domain for a process on every SMMU, MMU notifiers, the exit of the process before,
 * during and after unbinding, and what the driver must refuse. The bonds are made by the IOMMU
 * core.
 */
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>

#include <compat/mm.h>

#include "core/array.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "hw/recordq.h"
#include "driver/silence.h"
#include "driver/sva_rig.h"

#define VA	0x40001000ULL
#define PA2	0x23456000ULL
#define SMMUS	4
#define EACH	2
#define DEVICES	(SMMUS * EACH)

static struct iommu_sva *bind(struct kunit *test, struct rig_device *d, struct sva_proc *proc)
{
	struct iommu_sva *bond = iommu_sva_bind_device(d->dev, proc->mm);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	return bond;
}

static u64 access(struct rig *rig, struct rig_device *d, u32 pasid, u64 va)
{
	return rig_access_ssid(rig, d, pasid, va, false);
}

static void machine(struct kunit *test, struct rig *rig, struct rig_device **d)
{
	u32 i;

	for (i = 0; i < SMMUS; i++)
		sva_smmu(test, rig, i);
	for (i = 0; i < DEVICES; i++)
		d[i] = sva_device(test, rig, i / EACH);
}

static void expect_no_tags(struct kunit *test, struct rig *rig)
{
	struct smmu_iommu *iommu;
	u32 i;

	for (i = 0; i < RIG_SMMUS; i++) {
		if (!rig->smmu[i])
			continue;
		iommu = rig_iommu(rig->smmu[i]);
		KUNIT_EXPECT_TRUE(test, ida_is_empty(&iommu->smmu.inst.asids));
	}
}

/*
 * A process has one domain, with one entry for each SMMU, and every device uses the memory of the
 * process.
 */
static void one_domain(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct sva_proc *proc = sva_proc_new(test, NULL);
	struct iommu_sva *bond[DEVICES];
	struct rig_device *d[DEVICES];
	struct smmu_domain *sd;
	u32 i, pasid;

	machine(test, rig, d);
	KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA, SZ_4K));
	for (i = 0; i < DEVICES; i++)
		bond[i] = bind(test, d[i], proc);
	pasid = iommu_sva_get_pasid(bond[0]);
	for (i = 0; i < DEVICES; i++) {
		KUNIT_EXPECT_EQ(test, pasid, iommu_sva_get_pasid(bond[i]));
		KUNIT_EXPECT_PTR_EQ(test, bond[0]->handle.domain, bond[i]->handle.domain);
		KUNIT_EXPECT_EQ(test, PA, access(rig, d[i], pasid, VA));
		/* a second bind of the same device and process returns the same bond */
		KUNIT_EXPECT_PTR_EQ(test, bond[i], bind(test, d[i], proc));
		iommu_sva_unbind_device(bond[i]);
	}
	sd = smmu_domain_of(bond[0]->handle.domain);
	mutex_lock(&smmu_arrays_mutex);
	KUNIT_EXPECT_EQ(test, SMMUS, smmu_domain_array(sd)->num);
	for (i = 0; i < SMMUS; i++)
		KUNIT_EXPECT_EQ(test, EACH, smmu_domain_array(sd)->inv[i].users);
	mutex_unlock(&smmu_arrays_mutex);

	sva_unmap(proc, VA, SZ_4K);
	for (i = 0; i < DEVICES; i++)
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(rig, d[i], pasid, VA));
	KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA2, SZ_4K));
	for (i = 0; i < DEVICES; i++) {
		KUNIT_EXPECT_EQ(test, PA2, access(rig, d[i], pasid, VA));
		iommu_sva_unbind_device(bond[i]);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(rig, d[i], pasid, VA));
	}
	mmu_notifier_synchronize();
	expect_no_tags(test, rig);
}

/* Notifiers for ranges of every size, and for the whole mm */
static void notifiers(struct kunit *test)
{
	static const size_t sizes[] = { SZ_4K, SZ_64K, SZ_2M, SZ_8M };
	struct rig *rig = rig_new(test);
	struct sva_proc *proc = sva_proc_new(test, NULL);
	struct iommu_sva *bond[DEVICES];
	struct rig_device *d[DEVICES];
	u64 pa[DEVICES];
	u32 i, j, pasid;

	machine(test, rig, d);
	for (i = 0; i < DEVICES; i++)
		bond[i] = bind(test, d[i], proc);
	pasid = iommu_sva_get_pasid(bond[0]);
	for (j = 0; j < ARRAY_SIZE(sizes); j++) {
		KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA, sizes[j]));
		for (i = 0; i < DEVICES; i++) {
			pa[i] = PA + sizes[j] / DEVICES / SZ_4K * i * SZ_4K;
			KUNIT_EXPECT_EQ(test, pa[i], access(rig, d[i], pasid, VA + pa[i] - PA));
		}
		/* a fork makes all pages read-only, and invalidates the whole mm */
		mmu_notifier_arch_invalidate_secondary_tlbs(proc->mm, 0, ULONG_MAX);
		for (i = 0; i < SMMUS; i++)
			KUNIT_EXPECT_FALSE(test, model_has_asid(rig->smmu[i]->model, 1));
		for (i = 0; i < DEVICES; i++)
			KUNIT_EXPECT_EQ(test, pa[i], access(rig, d[i], pasid, VA + pa[i] - PA));
		sva_unmap(proc, VA, sizes[j]);
		for (i = 0; i < DEVICES; i++)
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE,
					access(rig, d[i], pasid, VA + pa[i] - PA));
	}
	/* an empty range */
	mmu_notifier_arch_invalidate_secondary_tlbs(proc->mm, VA, VA);
	for (i = 0; i < DEVICES; i++)
		iommu_sva_unbind_device(bond[i]);
}

/* The SMMU has walked no table and reported no event; with ATS, it refuses translation requests */
static void expect_silence(struct kunit *test, struct machine_smmu *smmu)
{
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stats);
	model_stats(smmu->model, stats);
	KUNIT_EXPECT_EQ(test, 0, stats->walks);
	KUNIT_EXPECT_EQ(test, 0, stats->events);
}

static const struct with_or_without {
	const char *name;
	bool ats;
} with_or_without[] = {
	{ "without ATS", false },
	{ "with ATS", true },
};

KUNIT_ARRAY_PARAM_DESC(with_or_without, with_or_without, name);

/* The process exits while its devices go on: their accesses fail, without an event */
static void exits_while_bound(struct kunit *test)
{
	const struct with_or_without *with = test->param_value;
	struct rig *rig = rig_new(test);
	struct sva_proc *proc, *other = sva_proc_new(test, NULL);
	struct iommu_sva *bond[DEVICES], *second;
	struct rig_device *d[DEVICES];
	u32 i, pasid, pasid2;

	rig->atc = with->ats;
	proc = sva_proc_new(test, NULL);
	machine(test, rig, d);
	KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA, SZ_4K));
	KUNIT_ASSERT_EQ(test, 0, sva_map(other, VA, PA2, SZ_4K));
	for (i = 0; i < DEVICES; i++)
		bond[i] = bind(test, d[i], proc);
	second = bind(test, d[0], other);
	pasid = iommu_sva_get_pasid(bond[0]);
	pasid2 = iommu_sva_get_pasid(second);
	for (i = 0; i < DEVICES; i++)
		KUNIT_EXPECT_EQ(test, PA, access(rig, d[i], pasid, VA));
	KUNIT_EXPECT_EQ(test, PA2, access(rig, d[0], pasid2, VA));

	sva_proc_exit(proc);
	for (i = 0; i < SMMUS; i++)
		model_stats_reset(rig->smmu[i]->model);
	for (i = 0; i < DEVICES; i++)
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(rig, d[i], pasid, VA));
	for (i = 0; i < SMMUS; i++)
		expect_silence(test, rig->smmu[i]);
	KUNIT_EXPECT_EQ(test, PA2, access(rig, d[0], pasid2, VA));
	/* the domain of a dead process cannot be attached any more */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			bond[0]->handle.domain->ops->set_dev_pasid(bond[0]->handle.domain,
								   d[1]->dev, 77, NULL));
	for (i = 0; i < DEVICES; i++)
		iommu_sva_unbind_device(bond[i]);
	KUNIT_EXPECT_EQ(test, PA2, access(rig, d[0], pasid2, VA));
	iommu_sva_unbind_device(second);
	mmu_notifier_synchronize();
	expect_no_tags(test, rig);
}

/* A process exits while a device behind another SMMU does not answer: that does not concern it */
static void exits_meanwhile(struct kunit *test)
{
	struct sva_proc *proc = sva_proc_new(test, NULL);
	struct silence_stuck *stuck;
	struct iommu_domain *from, *to;
	struct rig_device *d, *silent;
	struct iommu_sva *bond;
	struct silence *s;
	u64 began;
	u32 pasid;

	s = silence_make(test);
	sva_smmu(test, s->rig, 1);
	silent = rig_device(test, s->rig, 0);
	from = silence_use(test, s, silent);
	to = rig_domain(test, silent);
	d = sva_device(test, s->rig, 1);
	KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA, SZ_4K));
	bond = bind(test, d, proc);
	pasid = iommu_sva_get_pasid(bond);
	KUNIT_EXPECT_EQ(test, PA, access(s->rig, d, pasid, VA));
	stuck = silence_stick(test, s, silent, to);
	began = model_now();
	sva_proc_exit(proc);
	silence_took(test, began, "the exit", SILENCE_SHORT_US);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(s->rig, d, pasid, VA));
	began = model_now();
	iommu_sva_unbind_device(bond);
	silence_took(test, began, "unbinding", SILENCE_SHORT_US);
	KUNIT_EXPECT_FALSE(test, completion_done(&stuck->done));
	silence_unstick(stuck);
	silence_leave(test, s, silent, from);
	iommu_domain_free(to);
	mmu_notifier_synchronize();
	expect_no_tags(test, s->rig);
}

static int exit_it(void *data)
{
	sva_proc_exit(data);
	return 0;
}

/* Exit and unbind at the same time, in many rounds: no CD becomes valid again */
static void exit_races_unbind(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_sva *bond[DEVICES];
	struct rig_device *d[DEVICES];
	struct task_struct *task;
	struct sva_proc *proc;
	u32 i, round, pasid;

	machine(test, rig, d);
	for (round = 0; round < 50; round++) {
		proc = sva_proc_new(test, NULL);
		KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA, SZ_4K));
		for (i = 0; i < DEVICES; i++)
			bond[i] = bind(test, d[i], proc);
		pasid = iommu_sva_get_pasid(bond[0]);
		for (i = 0; i < DEVICES; i++)
			KUNIT_ASSERT_EQ(test, PA, access(rig, d[i], pasid, VA));
		task = kthread_create(exit_it, proc, "sva-exit");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
		get_task_struct(task);
		wake_up_process(task);
		for (i = 0; i < DEVICES; i++) {
			iommu_sva_unbind_device(bond[i]);
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(rig, d[i], pasid, VA));
		}
		kthread_stop_put(task);
		for (i = 0; i < DEVICES; i++)
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(rig, d[i], pasid, VA));
	}
	mmu_notifier_synchronize();
	expect_no_tags(test, rig);
}

/* A munmap() invalidates the ATCs under the PASID */
static void with_ats(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct sva_proc *proc = sva_proc_new(test, NULL);
	struct iommu_sva *bond[DEVICES];
	struct rig_device *d[DEVICES];
	u32 i, pasid;

	rig->atc = true;
	machine(test, rig, d);
	KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA, SZ_4K));
	for (i = 0; i < DEVICES; i++)
		bond[i] = bind(test, d[i], proc);
	pasid = iommu_sva_get_pasid(bond[0]);
	for (i = 0; i < DEVICES; i++) {
		KUNIT_EXPECT_TRUE(test, d[i]->ats);
		KUNIT_EXPECT_EQ(test, PA, access(rig, d[i], pasid, VA));
	}
	sva_unmap(proc, VA, SZ_4K);
	for (i = 0; i < DEVICES; i++) {
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(rig, d[i], pasid, VA));
		iommu_sva_unbind_device(bond[i]);
		KUNIT_EXPECT_FALSE(test, d[i]->ats);
	}
}

/*
 * A fault on a page that the process has but that is not mapped yet, and one that the process may
 * not write.
 */
static void page_faults(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = sva_smmu(test, rig, 0);
	struct rig_device *d = sva_device(test, rig, 0);
	struct iommu_sva *bond;
	struct sva_proc *proc;
	unsigned long va;
	u16 good, bad;
	u32 pasid;
	u64 pa;

	KUNIT_ASSERT_EQ(test, 0, kunit_attach_mm());
	va = kunit_vm_mmap(test, NULL, 0, SZ_64K, PROT_READ, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_TRUE(test, va && !IS_ERR_VALUE(va));
	proc = sva_proc_new(test, current->mm);
	bond = bind(test, d, proc);
	pasid = iommu_sva_get_pasid(bond);

	KUNIT_ASSERT_EQ(test, -EINPROGRESS, rig_try(rig, d, pasid, va, false, &pa, &good));
	/* the process may only read the page */
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, rig_try(rig, d, pasid, va, true, &pa, &bad));
	smmu_evtq_drain(&rig_iommu(smmu)->smmu);
	iopf_queue_flush_dev(d->dev);
	KUNIT_EXPECT_EQ(test, RESUME_RETRY, model_answer(smmu->model, good));
	KUNIT_EXPECT_EQ(test, RESUME_ABORT, model_answer(smmu->model, bad));

	/* unbind while a fault is pending */
	KUNIT_ASSERT_EQ(test, -EINPROGRESS,
			rig_try(rig, d, pasid, va + SZ_4K, false, &pa, &good));
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_NE(test, MODEL_UNANSWERED, model_answer(smmu->model, good));
}

/*
 * Page table formats of the CPUs that an SMMU cannot walk: first of the first device that is bound,
 * then of the second device alone.
 */
static void refuses(struct kunit *test)
{
	struct compat_mm_format was = machine_mm_format;
	struct {
		const char *what;
		struct compat_mm_format form;
		u32 clear3;
		bool narrow;
	} with[] = {
		{ "as it is", was },
		{ "LPA2", { .mair = was.mair, .va_bits = 52, .pa_bits = 40 } },
		{ "output size", { .mair = was.mair, .va_bits = 48, .pa_bits = 48 } },
		{ "HAFT", { .mair = was.mair, .va_bits = 48, .pa_bits = 40, .haft = true } },
		{ "BBM", { .mair = was.mair, .va_bits = 48, .pa_bits = 40, .bbm = true },
		  IDR3_BBML },
	};
	struct rig *rig = rig_new(test);
	struct sva_proc *proc = sva_proc_new(test, NULL);
	struct rig_device *d;
	struct iommu_sva *bond;
	struct model_config cfg;
	u32 i;

	was.mair = machine_mm_format.mair;
	for (i = 0; i < ARRAY_SIZE(with); i++) {
		sva_smmu(test, rig, 7);
		rig_remove_smmu(rig, 7);
		machine_mm_format = with[i].form;
		model_config_default(&cfg);
		FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 8);
		cfg.idr[3] &= ~with[i].clear3;
		rig_smmu(test, rig, i, &cfg);
		d = sva_device(test, rig, i);
		bond = iommu_sva_bind_device(d->dev, proc->mm);
		if (i)
			KUNIT_EXPECT_EQ_MSG(test, -EOPNOTSUPP, PTR_ERR(bond), "%s", with[i].what);
		else
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
		if (!IS_ERR(bond))
			iommu_sva_unbind_device(bond);
	}
	machine_mm_format = was;
	/*
	 * the first SMMU can walk the format, so there is a domain; the second has less than 40
	 * bits of output
	 */
	d = &rig->device[0];
	bond = bind(test, d, proc);
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 8);
	FIELD_MODIFY(IDR5_OAS, &cfg.idr[5], 1);
	rig_smmu(test, rig, 6, &cfg);
	d = sva_device(test, rig, 6);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, PTR_ERR(iommu_sva_bind_device(d->dev, proc->mm)));
	/* a device without PASIDs */
	rig->ssid_bits = 0;
	d = rig_device(test, rig, 0);
	KUNIT_EXPECT_TRUE(test, IS_ERR(iommu_sva_bind_device(d->dev, proc->mm)));
	iommu_sva_unbind_device(bond);
}

/* Every allocation of a bond fails once */
static void without_memory(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct sva_proc *proc = sva_proc_new(test, NULL);
	struct iommu_sva *bond = ERR_PTR(-ENOMEM);
	struct rig_device *d;
	bool hit = true;
	u32 nth;

	sva_smmu(test, rig, 0);
	d = sva_device(test, rig, 0);
	KUNIT_ASSERT_EQ(test, 0, sva_map(proc, VA, PA, SZ_4K));
	rig_hush(rig);
	for (nth = 1; nth < 100; nth++) {
		rig_alloc_begin(nth);
		bond = iommu_sva_bind_device(d->dev, proc->mm);
		hit = rig_alloc_end();
		if (!hit)
			break;
		/* some allocations may fail */
		if (!IS_ERR(bond))
			iommu_sva_unbind_device(bond);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, access(rig, d, 1, VA));
		mmu_notifier_synchronize();
		expect_no_tags(test, rig);
	}
	rig_unhush(rig);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bond));
	KUNIT_EXPECT_GT(test, nth, 8);
	KUNIT_EXPECT_EQ(test, PA, access(rig, d, iommu_sva_get_pasid(bond), VA));
	iommu_sva_unbind_device(bond);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_domain),
	KUNIT_CASE(notifiers),
	KUNIT_CASE_PARAM(exits_while_bound, with_or_without_gen_params),
	KUNIT_CASE(exits_meanwhile),
	KUNIT_CASE(exit_races_unbind),
	KUNIT_CASE(with_ats),
	KUNIT_CASE(page_faults),
	KUNIT_CASE(refuses),
	KUNIT_CASE(without_memory),
	{}
};

static struct kunit_suite suite = { .name = "smmu_sva", .test_cases = cases };
kunit_test_suite(suite);
