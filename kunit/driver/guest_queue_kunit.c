// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command queues that guests drive themselves (drv/guest_queue.h, hw/vintf.h): what they do and do
 * not reach, and what is left when hardware, a guest or its VMM does not do as it should.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "drv/ats_cut.h"
#include "drv/iommu.h"
#include "drv/restart.h"
#include "drv/sleep.h"
#include "hw/issue.h"
#include "hw/shut.h"
#include "driver/guest_queue.h"
#include "driver/sleep.h"

/* Of guest_queue_nest() */
#define VINTFS		8
#define EACH		4

static u32 reg(struct nest *n, u32 off)
{
	return model_cmdqv_read(n->smmu->model, off, 4);
}

static u32 vintf_reg(struct nest *n, struct guest *g, u32 off)
{
	return reg(n, CMDQV_VINTF(guest_queue_vintf(g)) + off);
}

static u32 alloc_reg(struct nest *n, u32 v, u32 l)
{
	return reg(n, CMDQV_CMDQ_ALLOC(v * EACH + l));
}

static bool is_allocated(struct nest *n, u32 v, u32 l)
{
	return alloc_reg(n, v, l) & CMDQ_ALLOC_ALLOCATED;
}

static struct smmu_device *hw(struct nest *n)
{
	return &rig_iommu(n->smmu)->smmu;
}

/* Is nothing of the VINTF left? */
static void expect_free(struct kunit *test, struct nest *n, u32 v)
{
	u32 l, s;

	KUNIT_EXPECT_EQ(test, 0, reg(n, CMDQV_VINTF(v) + VINTF_CONFIG) & VINTF_EN);
	KUNIT_EXPECT_EQ(test, 0, reg(n, CMDQV_VINTF(v) + VINTF_STATUS));
	for (s = 0; s < hw(n)->cmdqv.layout.sids; s++)
		KUNIT_EXPECT_EQ(test, 0, reg(n, CMDQV_VINTF(v) + VINTF_SID_MATCH(s)));
	for (l = 0; l < EACH; l++) {
		u32 page0 = CMDQV_QUEUE_PAGE0(v * EACH + l);

		KUNIT_EXPECT_FALSE(test, is_allocated(n, v, l));
		KUNIT_EXPECT_EQ(test, 0, reg(n, page0 + VCMDQ_CONFIG));
		KUNIT_EXPECT_EQ(test, 0, reg(n, page0 + VCMDQ_PROD));
		KUNIT_EXPECT_EQ(test, reg(n, page0 + VCMDQ_GERROR), reg(n, page0 + VCMDQ_GERRORN));
		KUNIT_EXPECT_EQ(test, 0, model_cmdqv_read(n->smmu->model, VCMDQ_BASE +
							  CMDQV_QUEUE_PAGE1(v * EACH + l), 8));
	}
}

/*
 * A guest's TLBI reaches what is cached under its own VMID, and nothing of another guest that has
 * the same ASID; also when the guest writes another VMID into its command.
 */
static void invalidates(struct kunit *test)
{
	struct iommu_domain *s1, *s1_too;
	struct guest_table *t_too;
	struct guest_queue *q, *q_too;
	struct rig_device *d_too;
	struct guest *too;
	struct smmu_cmd cmd;
	struct nest n;
	int ret;

	guest_queue_nest(test, &n, false);
	d_too = rig_device(test, n.rig, 0);
	too = guest_queue_guest(test, n.smmu, n.parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	guest_device(test, too, d_too, NEST_VSID);
	t_too = guest_table(test, n.smmu, n.parent, 5);
	guest_map(test, t_too, NEST_VA, NEST_IPA2);
	s1 = guest_s1(test, n.g, n.t, false);
	s1_too = guest_s1(test, too, t_too, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d_too, s1_too));
	KUNIT_EXPECT_NE(test, guest_queue_vintf(n.g), guest_queue_vintf(too));
	KUNIT_EXPECT_EQ(test, FIELD_PREP(VINTF_VMID, n.g->vsmmu.vmid) | VINTF_EN,
			vintf_reg(&n, n.g, VINTF_CONFIG));

	q = guest_queue_new(test, n.smmu, n.g, 0);
	q_too = guest_queue_new(test, n.smmu, too, 0);
	guest_queue_enable(test, q);
	guest_queue_enable(test, q_too);
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	KUNIT_EXPECT_EQ(test, NEST_PA2, rig_access(n.rig, d_too, NEST_VA, false));
	guest_unmap(test, n.t, NEST_VA);
	guest_unmap(test, t_too, NEST_VA);
	/* it says that it is the other one */
	smmu_cmd_tlbi_asid(&cmd, 5, false);
	cmd.w[0] |= cpu_to_le64(FIELD_PREP(CMD0_TLBI_VMID, too->vsmmu.vmid));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));
	KUNIT_EXPECT_EQ(test, NEST_PA2, rig_access(n.rig, d_too, NEST_VA, false));
	smmu_cmd_tlbi_asid(&cmd, 5, false);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q_too, &cmd, 1));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, d_too, NEST_VA, false));

	guest_queue_free(test, q);
	guest_queue_free(test, q_too);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d_too, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(s1_too);
	ret = guest_queue_vintf(too);
	guest_destroy(too);
	expect_free(test, &n, ret);
	ret = guest_queue_vintf(n.g);
	nest_free(test, &n);
	expect_free(test, &n, ret);
}

static u32 match(struct nest *n)
{
	return vintf_reg(n, n->g, VINTF_SID_MATCH(0));
}

#define MATCHES_VSID(vsid)	(FIELD_PREP(SID_MATCH_VSID, vsid) | SID_MATCH_EN)
#define MATCHES			MATCHES_VSID(NEST_VSID)

/* A guest's ATC_INV reaches its own devices while they have ATS, whatever turns it off */
static void reaches_atc(struct kunit *test)
{
	struct iommu_domain *s1, *plain;
	struct guest_queue *q;
	struct smmu_cmd cmd;
	struct nest n;

	guest_queue_nest(test, &n, true);
	s1 = guest_s1(test, n.g, n.t, true);
	plain = guest_s1(test, n.g, n.t, false);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	KUNIT_EXPECT_EQ(test, n.d->sid, vintf_reg(&n, n.g, VINTF_SID_REPLACE(0)));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	guest_unmap(test, n.t, NEST_VA);
	smmu_cmd_tlbi_asid(&cmd, 5, false);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	smmu_cmd_atc_inv(&cmd, NEST_VSID, 0, 0, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, plain));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	/* a reset */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	/* the vDEVICE comes and goes while ATS is on */
	guest_no_device(n.g, NEST_VSID);
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	KUNIT_EXPECT_EQ(test, 0, vintf_reg(&n, n.g, VINTF_SID_REPLACE(0)));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	guest_device(test, n.g, n.d, NEST_VSID);
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	/* no name of another */
	smmu_cmd_atc_inv(&cmd, NEST_VSID + 1, 0, 0, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, CERROR_ILL, guest_queue_post(q, &cmd, 1));
	guest_queue_free(test, q);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(plain);
	nest_free(test, &n);
}

/* The second device of a guest has a place of its own, and when it goes the first keeps its own */
static void two_devices(struct kunit *test)
{
	struct iommu_domain *s1;
	struct rig_device *too;
	struct guest_queue *q;
	struct smmu_cmd cmd;
	struct nest n;

	guest_queue_nest(test, &n, true);
	too = rig_device(test, n.rig, 0);
	guest_device(test, n.g, too, NEST_VSID + 1);
	s1 = guest_s1(test, n.g, n.t, true);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(too, s1));
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	KUNIT_EXPECT_EQ(test, MATCHES_VSID(NEST_VSID + 1), vintf_reg(&n, n.g, VINTF_SID_MATCH(1)));
	KUNIT_EXPECT_EQ(test, too->sid, vintf_reg(&n, n.g, VINTF_SID_REPLACE(1)));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	KUNIT_EXPECT_EQ(test, n.d->sid, vintf_reg(&n, n.g, VINTF_SID_REPLACE(0)));

	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, too, NEST_VA, false));
	guest_unmap(test, n.t, NEST_VA);
	smmu_cmd_tlbi_asid(&cmd, 5, false);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, &cmd, 1));
	smmu_cmd_atc_inv(&cmd, NEST_VSID + 1, 0, 0, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, too, NEST_VA, false));

	guest_no_device(n.g, NEST_VSID + 1);
	KUNIT_EXPECT_EQ(test, 0, vintf_reg(&n, n.g, VINTF_SID_MATCH(1)));
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	smmu_cmd_atc_inv(&cmd, NEST_VSID, 0, 0, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, &cmd, 1));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));
	guest_queue_free(test, q);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(too, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/*
 * A device that leaves its guest's ATC_INV unanswered, and is cut off by the host's, matches no
 * more
 */
static void cut_off(struct kunit *test)
{
	struct iommu_domain *s1;
	struct nest n;

	guest_queue_nest(test, &n, true);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	smmu_ats_cut(hw(&n), n.d->sid);
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	rig_recover(n.rig);
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	rig_forgive(n.d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* Arguments from user space that cannot be */
static void bad_arguments(struct kunit *test)
{
	struct iommu_viommu_tegra241_cmdqv data = {};
	u64 most = 16ULL << 8;
	struct iommufd_hw_queue *core;
	struct rig_device *d;
	struct guest_queue *q;
	phys_addr_t phys;
	struct nest n;
	void *page;
	int ret;
	u32 i;

	guest_queue_nest(test, &n, false);
	hw(&n)->inst.feat.cmdq_log2 = 8;
	page = (void *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	phys = virt_to_phys(page);
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, EACH, phys, SZ_4K, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, U32_MAX, phys, SZ_4K, &core));
	KUNIT_EXPECT_EQ(test, -EIO, guest_queue_try(n.g, 1, phys, SZ_4K, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, phys, 0, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, phys, 16, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, phys, 48, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, phys, 2 * most, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, phys, U64_MAX, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, phys + 32, 64, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, BIT_ULL(48), 64, &core));
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_queue_try(n.g, 0, BIT_ULL(47), 64, &core));
	KUNIT_EXPECT_EQ(test, 0, n.g->vsmmu.core.ops->get_hw_queue_size(&n.g->vsmmu.core, 77));
	q = guest_queue_new(test, n.smmu, n.g, 0);
	KUNIT_EXPECT_EQ(test, -EEXIST, guest_queue_try(n.g, 0, phys, SZ_4K, &core));
	KUNIT_EXPECT_EQ(test, 1, page_count(virt_to_page(page)));
	KUNIT_EXPECT_EQ(test, 2, page_count(virt_to_page(q->cmd)));
	/* the least that there is, in the middle of a page */
	KUNIT_ASSERT_EQ(test, 0, guest_queue_try(n.g, 1, phys + 32, 32, &core));
	KUNIT_EXPECT_EQ(test, 2, page_count(virt_to_page(page)));
	/* the queue above keeps it */
	KUNIT_EXPECT_FALSE(test, guest_queue_destroy(q->core));
	KUNIT_EXPECT_TRUE(test, guest_queue_destroy(core));
	KUNIT_EXPECT_EQ(test, 1, page_count(virt_to_page(page)));
	guest_queue_free(test, q);
	free_page((unsigned long)page);

	/* a vSID has 20 bits here, and a VINTF has so many places */
	d = rig_device(test, n.rig, 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, guest_try_device(n.g, d, BIT(20)));
	KUNIT_EXPECT_EQ(test, 0, guest_try_device(n.g, d, BIT(20) - 1));
	/* a vDEVICE that is refused takes no place */
	for (i = 0; i < hw(&n)->cmdqv.layout.sids; i++)
		KUNIT_EXPECT_EQ(test, -EEXIST, guest_try_device(n.g, d, 1));
	KUNIT_EXPECT_EQ(test, 0, guest_try_device(n.g, rig_device(test, n.rig, 0), 1));
	/* types */
	KUNIT_EXPECT_NULL(test, guest_new_type(test, n.smmu, n.parent,
					       IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV, NULL, &ret));
	KUNIT_EXPECT_EQ(test, -EINVAL, ret);
	KUNIT_EXPECT_NULL(test, guest_new_type(test, n.smmu, n.parent,
					       IOMMU_VIOMMU_TYPE_ARM_SMMUV3, &data, &ret));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ret);
	nest_free(test, &n);
}

/* Places of StreamIDs and VINTFs run out, and come back */
static void runs_out(struct kunit *test)
{
	struct guest *g[VINTFS] = {};
	struct nest n;
	u32 i, v, sids;
	int ret;

	guest_queue_nest(test, &n, false);
	sids = hw(&n)->cmdqv.layout.sids;
	for (i = 1; i <= sids; i++)
		KUNIT_EXPECT_EQ(test, i < sids ? 0 : -ENOSPC,
				guest_try_device(n.g, rig_device(test, n.rig, 0), i));
	guest_no_device(n.g, 1);
	KUNIT_EXPECT_EQ(test, 0, guest_try_device(n.g, rig_device(test, n.rig, 0), sids + 1));
	for (i = 1; i < VINTFS; i++) {
		g[i] = guest_queue_guest(test, n.smmu, n.parent, &ret);
		KUNIT_EXPECT_EQ(test, i < VINTFS - 1 ? 0 : -ENOSPC, ret);
	}
	v = guest_queue_vintf(g[3]);
	guest_destroy(g[3]);
	g[3] = guest_queue_guest(test, n.smmu, n.parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, v, guest_queue_vintf(g[3]));
	for (i = 1; i < VINTFS - 1; i++)
		guest_destroy(g[i]);
	nest_free(test, &n);
}

/* Where memory lacks, nothing is left behind, and the next try works */
static void without_memory(struct kunit *test)
{
	u32 failed = 0, nth;
	struct guest *g;
	struct nest n;
	int ret;

	guest_queue_nest(test, &n, false);
	rig_hush(n.rig);
	for (nth = 1; nth < 50; nth++) {
		guest_fail_nth = nth;
		g = guest_queue_guest(test, n.smmu, n.parent, &ret);
		guest_fail_nth = 0;
		if (g)
			guest_destroy(g);
		else
			KUNIT_EXPECT_EQ(test, -ENOMEM, ret);
		failed += !g;
		KUNIT_EXPECT_TRUE(test, list_is_singular(&hw(&n)->cmdqv.guests));
		if (!guest_failed)
			break;
	}
	/* the VINTF, and the place of its page for user space */
	KUNIT_EXPECT_GE(test, failed, 2);
	rig_unhush(n.rig);
	nest_free(test, &n);
}

/* A guest that enables its queue again as soon as it is off does not keep it */
static void defiant(struct kunit *test)
{
	const struct model_inject defiant = { .cmdqv_defiant = true }, well = {};
	struct guest_queue *q;
	struct page *page;
	struct nest n;

	guest_queue_nest(test, &n, false);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	page = virt_to_page(q->cmd);
	get_page(page);
	guest_queue_enable(test, q);
	model_inject(n.smmu->model, &defiant);
	guest_queue_free(test, q);
	model_inject(n.smmu->model, &well);
	KUNIT_EXPECT_EQ(test, 1, page_count(page));
	put_page(page);
	expect_free(test, &n, guest_queue_vintf(n.g) + 1);
	KUNIT_EXPECT_EQ(test, 0, reg(&n, CMDQV_QUEUE_PAGE0(guest_queue_vintf(n.g) * EACH) +
				     VCMDQ_STATUS));
	/* it may have another */
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	guest_queue_free(test, q);
	/* it may be on before anything else is done with it */
	model_inject(n.smmu->model, &defiant);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	KUNIT_EXPECT_EQ(test, VCMDQ_EN, guest_queue_read(q, VCMDQ_CONFIG));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	guest_queue_free(test, q);
	nest_free(test, &n);
}

/*
 * An ATC_INV that a guest has left without a CMD_SYNC, and that its device does not answer, is no
 * error of whoever has the queue next
 */
static void leaves_an_atc_inv(struct kunit *test)
{
	struct model_inject silent = { .silent = true, .silent_ns = NSEC_PER_SEC }, well = {};
	struct iommu_domain *s1;
	struct guest_queue *q;
	struct nest n;

	guest_queue_nest(test, &n, true);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	silent.silent_sid = n.d->sid;
	model_inject(n.smmu->model, &silent);
	smmu_cmd_atc_inv(&q->cmd[0], NEST_VSID, 0, 0, 0, ATC_SIZE_ALL);
	guest_queue_write(q, VCMDQ_PROD, 1);
	model_advance(NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, 1, guest_queue_read(q, VCMDQ_CONS));
	guest_queue_free(test, q);
	model_inject(n.smmu->model, &well);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	model_advance(2 * (u64)NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	guest_queue_free(test, q);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

static const struct stuck {
	const char *name;
	u8 what;
	bool page_kept;
	bool vintf_kept;
} stucks[] = {
	{ "a queue", MODEL_NO_VCMDQ, false, true },
	{ "its VINTF", MODEL_NO_VINTF, false, true },
	{ "both", MODEL_NO_VCMDQ | MODEL_NO_VINTF, true, true },
};

KUNIT_ARRAY_PARAM_DESC(stuck, stucks, name);

/*
 * What is not confirmed off is withheld, with its VMID and the guest's pages, until the companion
 * has been off
 */
static void withheld(struct kunit *test)
{
	const struct stuck *stuck = test->param_value;
	struct model_inject inject = { .no_cmdqv = stuck->what }, well = {};
	struct guest *g[VINTFS] = {};
	struct guest_queue *q;
	struct page *page;
	struct nest n;
	u32 v, i, vmid;
	int ret;

	guest_queue_nest(test, &n, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	v = guest_queue_vintf(n.g);
	vmid = n.g->vsmmu.vmid;
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	page = virt_to_page(q->cmd);
	get_page(page);
	model_inject(n.smmu->model, &inject);
	guest_queue_free(test, q);
	KUNIT_EXPECT_EQ(test, 1 + stuck->page_kept, page_count(page));
	KUNIT_EXPECT_FALSE(test, is_allocated(&n, v, 0));
	guest_destroy(n.g);
	model_inject(n.smmu->model, &well);
	/* nobody gets it */
	for (i = 1; i < VINTFS; i++) {
		g[i] = guest_queue_guest(test, n.smmu, n.parent, &ret);
		KUNIT_EXPECT_EQ(test, i < VINTFS - 1 ? 0 : -ENOSPC, ret);
		if (!g[i])
			break;
		KUNIT_EXPECT_NE(test, v, guest_queue_vintf(g[i]));
		KUNIT_EXPECT_NE(test, vmid, g[i]->vsmmu.vmid);
	}
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&hw(&n)->inst.withheld));
	/* until the SMMU has been off */
	smmu_shut(hw(&n), "for the test");
	KUNIT_EXPECT_TRUE(test, rig_restart(n.rig, 0));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&hw(&n)->inst.withheld));
	KUNIT_EXPECT_EQ(test, 1, page_count(page));
	put_page(page);
	n.g = guest_queue_guest(test, n.smmu, n.parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, v, guest_queue_vintf(n.g));
	while (--i)
		guest_destroy(g[i]);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	guest_queue_free(test, q);
	nest_free(test, &n);
}

/*
 * The SMMU was shut, and is back: a guest has its queues and StreamIDs again. It is told, because
 * the queues are off.
 */
static void comes_back(struct kunit *test)
{
	struct iommu_domain *s1;
	struct guest_queue *q;
	struct smmu_cmd cmd;
	u64 map[2] = {};
	struct nest n;
	u32 v;

	guest_queue_nest(test, &n, true);
	s1 = guest_s1(test, n.g, n.t, true);
	v = guest_queue_vintf(n.g);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	smmu_shut(hw(&n), "for the test");
	KUNIT_EXPECT_EQ(test, -1, guest_queue_post(q, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_errors(n.g, 0, map));
	KUNIT_EXPECT_TRUE(test, rig_restart(n.rig, 0));
	KUNIT_EXPECT_EQ(test, 1, guest_queue_errors(n.g, 1, map));
	KUNIT_EXPECT_EQ(test, BIT_ULL(0), map[0]);
	KUNIT_EXPECT_EQ(test, FIELD_PREP(VINTF_VMID, n.g->vsmmu.vmid) | VINTF_EN,
			vintf_reg(&n, n.g, VINTF_CONFIG));
	KUNIT_EXPECT_TRUE(test, is_allocated(&n, v, 0));
	KUNIT_EXPECT_FALSE(test, is_allocated(&n, v, 1));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_read(q, VCMDQ_STATUS));
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	guest_queue_enable(test, q);
	smmu_cmd_atc_inv(&cmd, NEST_VSID, 0, 0, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, &cmd, 1));
	guest_queue_free(test, q);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/*
 * The companion does not come back with its SMMU: the guest is told, and what it had can be freed
 */
static void stays_away(struct kunit *test)
{
	const struct model_inject inject = { .cmdqv_gone = true }, well = {};
	struct guest_queue *q;
	u64 map[2] = {};
	struct nest n;
	u32 v;

	guest_queue_nest(test, &n, false);
	v = guest_queue_vintf(n.g);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	smmu_shut(hw(&n), "for the test");
	model_inject(n.smmu->model, &inject);
	KUNIT_EXPECT_TRUE(test, rig_restart(n.rig, 0));
	KUNIT_EXPECT_EQ(test, 1, guest_queue_errors(n.g, 1, map));
	KUNIT_EXPECT_EQ(test, BIT_ULL(0), map[0]);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue_drain(hw(&n)));
	model_inject(n.smmu->model, &well);
	/* it is back with the next reset */
	smmu_shut(hw(&n), "for the test");
	KUNIT_EXPECT_TRUE(test, rig_restart(n.rig, 0));
	KUNIT_EXPECT_EQ(test, 2, guest_queue_errors(n.g, 2, map));
	KUNIT_EXPECT_TRUE(test, is_allocated(&n, v, 0));
	guest_queue_enable(test, q);
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	guest_queue_free(test, q);
	nest_free(test, &n);
}

/* What is destroyed while the SMMU is shut is withheld, and free when it is back */
static void destroyed_while_shut(struct kunit *test)
{
	struct guest_queue *q;
	struct page *page;
	struct nest n;
	u32 v;

	guest_queue_nest(test, &n, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	v = guest_queue_vintf(n.g);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	page = virt_to_page(q->cmd);
	get_page(page);
	smmu_shut(hw(&n), "for the test");
	guest_queue_free(test, q);
	KUNIT_EXPECT_EQ(test, 2, page_count(page));
	guest_destroy(n.g);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&hw(&n)->inst.withheld));
	KUNIT_EXPECT_TRUE(test, rig_restart(n.rig, 0));
	KUNIT_EXPECT_EQ(test, 1, page_count(page));
	put_page(page);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&hw(&n)->inst.withheld));
	/* no register leads to the page that could be used again without being written before */
	KUNIT_EXPECT_FALSE(test, is_allocated(&n, v, 0));
	KUNIT_EXPECT_EQ(test, 0, reg(&n, CMDQV_QUEUE_PAGE0(v * EACH) + VCMDQ_CONFIG));
	KUNIT_EXPECT_EQ(test, 0, reg(&n, CMDQV_VINTF(v) + VINTF_CONFIG) & VINTF_EN);
	iommu_domain_free(n.parent);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&hw(&n)->inst.vmids));
}

/*
 * The driver is unbound and bound again while a VMM has its vSMMU yet, and with it the page of
 * registers mapped. What the VMM does with it reaches nobody else's queues.
 */
static void outlives_the_driver(struct kunit *test)
{
	struct guest_queue *q, *other;
	struct iommu_domain *parent;
	struct guest *g;
	struct nest n;
	u32 v;
	int ret;

	guest_queue_nest(test, &n, false);
	v = guest_queue_vintf(n.g);
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	guest_no_device(n.g, NEST_VSID);
	rig_remove(n.d);
	device_release_driver(n.smmu->dev);
	KUNIT_ASSERT_EQ(test, 1, device_attach(n.smmu->dev));
	n.d = rig_device(test, n.rig, 0);
	parent = rig_domain_s2(test, n.d);
	g = guest_queue_guest(test, n.smmu, parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	KUNIT_EXPECT_NE(test, v, guest_queue_vintf(g));
	other = guest_queue_new(test, n.smmu, g, 0);
	guest_queue_enable(test, other);
	guest_queue_write(q, VCMDQ_CONFIG, 0);
	guest_queue_write(q, VCMDQ_PROD, 7);
	guest_queue_write(q, VCMDQ_CONFIG, VCMDQ_EN);
	KUNIT_EXPECT_FALSE(test, is_allocated(&n, v, 0));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(other, NULL, 0));
	guest_queue_free(test, q);
	guest_destroy(n.g);
	guest_queue_free(test, other);
	guest_destroy(g);
	/* only now it is another's */
	g = guest_queue_guest(test, n.smmu, parent, &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, v, guest_queue_vintf(g));
	guest_destroy(g);
	iommu_domain_free(parent);
	iommu_domain_free(n.parent);
}

static bool is_idle;

static bool is_idle_stub(struct smmu_iommu *iommu)
{
	return is_idle;
}

/*
 * A machine does not sleep where that would lose a guest's queues; where the SMMU stays on, it does
 */
static void sleeps(struct kunit *test)
{
	struct iommu_domain *s1;
	struct guest_queue *q;
	struct nest n;

	guest_queue_nest(test, &n, true);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	kunit_activate_static_stub(test, smmu_sleep_is_idle, is_idle_stub);
	is_idle = false;
	/* a VINTF without queues is restored */
	sleep_once(n.rig, SLEEP_RAM);
	KUNIT_EXPECT_EQ(test, FIELD_PREP(VINTF_VMID, n.g->vsmmu.vmid) | VINTF_EN,
			vintf_reg(&n, n.g, VINTF_CONFIG));
	q = guest_queue_new(test, n.smmu, n.g, 0);
	guest_queue_enable(test, q);
	KUNIT_EXPECT_EQ(test, -EBUSY, smmu_sleep_late(n.smmu->dev));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	is_idle = true;
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	sleep_down(n.rig);
	KUNIT_EXPECT_EQ(test, 0, match(&n));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	sleep_up_first(n.rig);
	sleep_up_then(n.rig);
	KUNIT_EXPECT_EQ(test, MATCHES, match(&n));
	KUNIT_EXPECT_EQ(test, 0, guest_queue_post(q, NULL, 0));
	guest_queue_free(test, q);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(invalidates),
	KUNIT_CASE(reaches_atc),
	KUNIT_CASE(two_devices),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(bad_arguments),
	KUNIT_CASE(runs_out),
	KUNIT_CASE(without_memory),
	KUNIT_CASE(defiant),
	KUNIT_CASE(leaves_an_atc_inv),
	KUNIT_CASE_PARAM(withheld, stuck_gen_params),
	KUNIT_CASE(comes_back),
	KUNIT_CASE(stays_away),
	KUNIT_CASE(destroyed_while_shut),
	KUNIT_CASE(outlives_the_driver),
	KUNIT_CASE(sleeps),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_guest_queue",
	.suite_init = queues_are_vcmdqs,
	.test_cases = cases,
};

kunit_test_suite(suite);
