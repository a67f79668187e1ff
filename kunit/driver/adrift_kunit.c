// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SMMU that confirms neither an invalidation nor its own disabling goes on to translate with
 * what it has: it is adrift. The driver uses nothing of that for anything else: not the SMMU's
 * tags, not its tables, not its queues, not even after the SMMU's driver has been unbound.
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/cd.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/withhold.h"
#include "hw/shut.h"
#include "driver/guest.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL
/* Reached through another table than IOVA, and in no TLB */
#define IOVA2	0x80003000ULL
#define PA2	0x23456000ULL

static const struct model_inject adrift = { .lost_sync = true, .no_ack = true };
static const struct model_inject well;

/* Memory that the SMMU reads or writes because a register, an STE or a CD points there */
static const char * const what[] = {
	"page table", "CD table", "level-2 stream table", "stream table", "command queue",
	"event queue",
};

static void led_to(const void **mem, struct smmu_device *smmu,
		   struct rig_device *d, struct iommu_domain *domain)
{
	struct smmu_master *master = dev_iommu_priv_get(d->dev);
	struct smmu_cd_s1 s1;

	smmu_pgtable_cd(&smmu_domain_of(domain)->pt, &s1);
	mem[0] = phys_to_virt(s1.ttb);
	mem[1] = smmu_cdtab_cd(&master->cdtab, 0);
	mem[2] = smmu_strtab_ste(smmu, d->sid);
	mem[3] = smmu->strtab.mem;
	mem[4] = smmu_main_cmdq(smmu)->mem.virt;
	mem[5] = smmu->evtq.mem.virt;
}

static u32 asid_of(struct iommu_domain *domain, struct smmu_device *smmu)
{
	const struct smmu_inv *inv;
	u32 id;

	mutex_lock(&smmu_arrays_mutex);
	inv = smmu_array_find_tag(smmu_domain_array(smmu_domain_of(domain)), &smmu->inst,
				  SMMU_INV_S1_ASID);
	id = inv ? inv->id : 0;
	mutex_unlock(&smmu_arrays_mutex);
	return id;
}

/*
 * Attach a device that has accessed IOVA and nothing else. Then its SMMU stops obeying, and the
 * unmap of IOVA sets it adrift.
 */
static struct iommu_domain *set_adrift(struct kunit *test, struct rig *rig, struct rig_device *d)
{
	struct smmu_device *smmu = &rig_iommu(rig->smmu[d->smmu])->smmu;
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA2, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	model_inject(rig->smmu[d->smmu]->model, &adrift);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_dead(smmu));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_off(smmu));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_adrift(smmu));
	return domain;
}

static void keeps_what_it_has(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct smmu_device *smmu = &rig_iommu(machine)->smmu;
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = set_adrift(test, rig, d), *next;
	struct model_access a = { .sid = d->sid, .iova = IOVA2 };
	u32 asid = asid_of(domain, smmu), i;
	const void *mem[ARRAY_SIZE(what)];

	led_to(mem, smmu, d, domain);

	/* the next domain gets another ASID, and that ASID is withheld in the same way */
	KUNIT_EXPECT_NE(test, 0, asid);
	next = rig_domain(test, d);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->inst.withheld));
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, next));
	KUNIT_EXPECT_NE(test, asid, asid_of(next, smmu));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&smmu->inst.withheld));
	iommu_domain_free(next);

	/* everything is freed except what the SMMU may still use, and it does use it */
	rig_remove(d);
	device_release_driver(machine->dev);
	for (i = 0; i < ARRAY_SIZE(mem); i++)
		KUNIT_EXPECT_GT_MSG(test, page_count(virt_to_page(mem[i])), 0, "%s", what[i]);
	KUNIT_EXPECT_TRUE(test, model_is_on(machine->model));
	KUNIT_EXPECT_EQ(test, 0, model_access(machine->model, &a));
	KUNIT_EXPECT_EQ(test, PA2, a.pa);

	/* another probe does not accept the SMMU before it obeys again */
	KUNIT_EXPECT_NE(test, 1, device_attach(machine->dev));
	model_inject(machine->model, &well);
	KUNIT_EXPECT_EQ(test, 1, device_attach(machine->dev));
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(machine->model, &a));
}

/*
 * An SMMU that stops only when its driver is unbound does not use its tables any more, so they can
 * be freed. The tags were withheld before that.
 */
static void stops_in_the_end(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct smmu_device *smmu = &rig_iommu(machine)->smmu;
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = set_adrift(test, rig, d);

	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	rig_remove(d);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->inst.withheld));
	model_inject(machine->model, &well);
	smmu_device_stop(smmu, true);
	KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_adrift(smmu));
}

/* The VMID of a guest on such an SMMU is not given to the next guest */
static void keeps_a_vmid(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *parent, *bypass;
	struct machine_smmu *machine;
	struct smmu_device *smmu;
	struct rig_device *d;
	struct guest *g;
	u16 vmid;
	int ret;

	machine = guest_smmu(test, rig, 0);
	smmu = &rig_iommu(machine)->smmu;
	d = rig_device(test, rig, 0);
	parent = rig_domain_s2(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(parent, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	g = guest_new(test, machine, parent, &ret);
	KUNIT_ASSERT_NOT_NULL(test, g);
	guest_device(test, g, d, 0x77);
	bypass = guest_bypass(test, g);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, bypass));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));

	model_inject(machine->model, &adrift);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(parent, IOVA, SZ_4K));
	KUNIT_EXPECT_TRUE(test, smmu_device_is_adrift(smmu));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(bypass);
	vmid = g->vsmmu.vmid;
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->inst.withheld));
	guest_destroy(g);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->inst.withheld));
	KUNIT_EXPECT_TRUE(test, ida_exists(&smmu->inst.vmids, vmid));
	iommu_domain_free(parent);
}

/* An SMMU adrift comes back after all */
static void comes_back(struct kunit *test, struct rig *rig, struct machine_smmu *machine)
{
	model_inject(machine->model, &well);
	KUNIT_ASSERT_TRUE(test, rig_restart(rig, 0));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(machine)->smmu));
}

/* How many page tables are withheld, beyond those that other cases have left behind? */
static u32 tables_before;

static u32 tables(void)
{
	return smmu_withheld_tables() - tables_before;
}

/* GBPA stands still, so that the SMMU that is being shut goes on */
static const struct model_inject no_gbpa = { .no_gbpa = true };

/*
 * What was withheld is given back when the SMMU has come back, because everything is invalidated
 * then: tags, CD tables, and the page tables of domains that were freed meanwhile.
 */
static void gives_back(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct smmu_device *smmu = &rig_iommu(machine)->smmu;
	struct rig_device *d = rig_device(test, rig, 0), *e = rig_device(test, rig, 0);
	struct iommu_domain *freed = rig_domain(test, d), *kept = rig_domain(test, e), *next;
	u32 asid;

	tables_before = smmu_withheld_tables();
	rig->forgive = true;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, freed));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(e, kept));
	asid = asid_of(freed, smmu);
	model_inject(machine->model, &no_gbpa);
	smmu_shut(smmu, "test");
	KUNIT_ASSERT_TRUE(test, smmu_device_is_adrift(smmu));

	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(e, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&smmu->inst.withheld));
	KUNIT_EXPECT_EQ(test, 0, tables());
	iommu_domain_free(freed);
	KUNIT_EXPECT_EQ(test, 1, tables());
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->withheld));
	rig_remove(d);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->withheld));
	KUNIT_EXPECT_FALSE(test, rig_restart(rig, 0));
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&smmu->inst.withheld));
	KUNIT_EXPECT_EQ(test, 1, tables());
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->withheld));

	comes_back(test, rig, machine);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->inst.withheld));
	KUNIT_EXPECT_EQ(test, 0, tables());
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->withheld));
	iommu_domain_free(kept);
	KUNIT_EXPECT_EQ(test, 0, tables());
	next = rig_domain(test, e);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(e, next));
	KUNIT_EXPECT_EQ(test, asid, asid_of(next, smmu));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(e, &smmu_identity_domain));
	iommu_domain_free(next);
}

/* A page table that two SMMUs may still use is withheld until both have come back */
static void of_two(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine[2] = { rig_smmu(test, rig, 0, NULL),
					    rig_smmu(test, rig, 1, NULL) };
	struct rig_device *d[2] = { rig_device(test, rig, 0), rig_device(test, rig, 1) };
	struct iommu_domain *domain = rig_domain(test, d[0]);
	u32 i;

	tables_before = smmu_withheld_tables();
	rig->forgive = true;
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], domain));
		model_inject(machine[i]->model, &no_gbpa);
		smmu_shut(&rig_iommu(machine[i])->smmu, "test");
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d[i], &smmu_identity_domain));
	}
	iommu_domain_free(domain);
	KUNIT_EXPECT_EQ(test, 1, tables());
	for (i = 0; i < 2; i++) {
		model_inject(machine[i]->model, &well);
		KUNIT_ASSERT_TRUE(test, rig_restart(rig, i));
		KUNIT_EXPECT_EQ(test, !i, tables());
	}
}

/*
 * An SMMU that is adrift to the last, and one that stops when the driver leaves it: the page table
 * is withheld in the first case only
 */
static void removed(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d;
	struct iommu_domain *domain;
	u32 i;

	tables_before = smmu_withheld_tables();
	rig->forgive = true;
	for (i = 0; i < 2; i++) {
		d = rig_device(test, rig, 0);
		domain = rig_domain(test, d);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
		model_inject(machine->model, i ? &adrift : &no_gbpa);
		smmu_shut(&rig_iommu(machine)->smmu, "test");
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		iommu_domain_free(domain);
		rig_remove(d);
		KUNIT_EXPECT_EQ(test, 1, tables());
		if (!i)
			model_inject(machine->model, &well);
		device_release_driver(machine->dev);
		KUNIT_EXPECT_EQ(test, i, tables());
		model_inject(machine->model, &well);
		KUNIT_ASSERT_EQ(test, 1, device_attach(machine->dev));
	}
}

/* So is the VMID of a guest that has ended meanwhile */
static void gives_back_a_vmid(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *machine = guest_smmu(test, rig, 0);
	struct smmu_device *smmu = &rig_iommu(machine)->smmu;
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *parent = rig_domain_s2(test, d);
	struct guest *g;
	u16 vmid;
	int ret;

	rig->forgive = true;
	g = guest_new(test, machine, parent, &ret);
	KUNIT_ASSERT_NOT_NULL(test, g);
	vmid = g->vsmmu.vmid;
	model_inject(machine->model, &no_gbpa);
	smmu_shut(smmu, "test");
	guest_destroy(g);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&smmu->inst.withheld));
	KUNIT_EXPECT_TRUE(test, ida_exists(&smmu->inst.vmids, vmid));
	comes_back(test, rig, machine);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->inst.withheld));
	KUNIT_EXPECT_FALSE(test, ida_exists(&smmu->inst.vmids, vmid));
	iommu_domain_free(parent);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(keeps_what_it_has),
	KUNIT_CASE(stops_in_the_end),
	KUNIT_CASE(keeps_a_vmid),
	KUNIT_CASE(gives_back),
	KUNIT_CASE(of_two),
	KUNIT_CASE(removed),
	KUNIT_CASE(gives_back_a_vmid),
	{}
};

static struct kunit_suite suite = { .name = "smmu_adrift", .test_cases = cases };
kunit_test_suite(suite);
