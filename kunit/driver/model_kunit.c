// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the model itself: it must walk page tables as io-pgtable writes them, and it must see
 * what it is made to see. Each kind of stale state is made by dropping just the command that would
 * remove it.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include <smmuv3/event.h>

#include "core/cmd.h"
#include "hw/issue.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

/**
 * struct format - a page table format that the walk must understand
 * @name: name of the case
 * @idr5: granule and output size
 * @stage2: a stage-2 table, else stage 1
 */
struct format {
	const char *name;
	u32 idr5;
	bool stage2;
};

#define FORMAT(gran, oas, s2) \
	{ .name = #gran " OAS " #oas " " #s2, .idr5 = IDR5_GRAN##gran | (oas), .stage2 = s2 }

static const struct format formats[] = {
	FORMAT(4K, 0, false), FORMAT(4K, 2, false), FORMAT(4K, 5, false),
	FORMAT(16K, 1, false), FORMAT(16K, 3, false), FORMAT(16K, 5, false),
	FORMAT(64K, 0, false), FORMAT(64K, 4, false), FORMAT(64K, 5, false),
	FORMAT(4K, 0, true), FORMAT(4K, 2, true), FORMAT(4K, 4, true), FORMAT(4K, 5, true),
	FORMAT(16K, 1, true), FORMAT(16K, 2, true), FORMAT(16K, 5, true),
	FORMAT(64K, 0, true), FORMAT(64K, 4, true), FORMAT(64K, 5, true),
};

KUNIT_ARRAY_PARAM_DESC(format, formats, name);

#define SPOTS	24

struct spot {
	u64 iova;
	u64 size;
};

static u64 rnd64(struct rnd_state *rnd)
{
	return (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);
}

/*
 * Choose a size that the format has and a place for it; size 0 if something is mapped there
 * already.
 */
static void choose(struct rnd_state *rnd, struct iommu_domain *domain, struct spot *spot, u32 i)
{
	u32 skip = prandom_u32_state(rnd) % hweight_long(domain->pgsize_bitmap), j;
	unsigned long bits = domain->pgsize_bitmap;

	while (skip--)
		bits &= bits - 1;
	spot[i].size = 1ULL << __ffs(bits);
	spot[i].iova = (rnd64(rnd) & domain->geometry.aperture_end) / spot[i].size * spot[i].size;
	for (j = 0; j < i; j++)
		if (spot[i].iova < spot[j].iova + spot[j].size &&
		    spot[j].iova < spot[i].iova + spot[i].size)
			spot[i].size = 0;
}

/* Mappings of random sizes at random places: the model and io-pgtable must agree on all of them */
static void walks_formats(struct kunit *test)
{
	const struct format *f = test->param_value;
	struct rig *rig = rig_new(test);
	struct spot spot[SPOTS] = {};
	struct iommu_domain *domain;
	struct model_config cfg;
	struct rig_device *d;
	struct rnd_state rnd;
	u32 i, mapped = 0;

	prandom_seed_state(&rnd, 0x5317 + f->idr5);
	model_config_default(&cfg);
	cfg.idr[5] = f->idr5;
	rig_smmu(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	domain = f->stage2 ? rig_domain_s2(test, d) : rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	for (i = 0; i < SPOTS; i++) {
		u64 pa = rnd64(&rnd) & GENMASK_ULL(30, 12);

		choose(&rnd, domain, spot, i);
		if (!spot[i].size)
			continue;
		pa = pa / spot[i].size * spot[i].size;
		mapped += !iommu_map(domain, spot[i].iova, pa, spot[i].size,
				     IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
	}
	for (i = 0; i < 2 * SPOTS; i++) {
		u64 iova = spot[i % SPOTS].iova + (prandom_u32_state(&rnd) & (SZ_4K - 1));
		u64 pa = iommu_iova_to_phys(domain, iova);

		KUNIT_EXPECT_EQ_MSG(test, pa ?: RIG_NOWHERE, rig_access(rig, d, iova, i & 1),
				    "at 0x%llx", iova);
	}
	KUNIT_EXPECT_GE(test, mapped, 4);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/**
 * struct loss - a command whose loss must show
 * @name: name of the case
 * @opcode: opcode of the commands that are dropped
 * @stage2: the domain is of stage 2
 * @ril: the SMMU has range invalidation
 */
struct loss {
	const char *name;
	u8 opcode;
	bool stage2;
	bool ril;
};

static const struct loss losses[] = {
	{ "TLBI_NH_VA at unmap", CMD_TLBI_NH_VA, false, true },
	{ "TLBI_NH_VA at unmap, no range", CMD_TLBI_NH_VA, false, false },
	{ "TLBI_S2_IPA at unmap", CMD_TLBI_S2_IPA, true, true },
	{ "TLBI_S2_IPA at unmap, no range", CMD_TLBI_S2_IPA, true, false },
};

KUNIT_ARRAY_PARAM_DESC(loss, losses, name);

static void sees_lost_unmap(struct kunit *test)
{
	const struct loss *loss = test->param_value;
	struct model_inject inject = { .drop_opcode = loss->opcode, .drop = U32_MAX };
	const struct model_inject none = {};
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct model_config cfg;
	struct rig_device *d;
	u32 i;

	model_config_default(&cfg);
	if (!loss->ril)
		cfg.idr[3] &= ~IDR3_RIL;
	rig_smmu(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	domain = loss->stage2 ? rig_domain_s2(test, d) : rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
		model_inject(rig->smmu[0]->model, i ? &inject : &none);
		KUNIT_ASSERT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
		KUNIT_EXPECT_EQ(test, i ? PA : RIG_NOWHERE, rig_access(rig, d, IOVA, false));
		model_inject(rig->smmu[0]->model, &none);
	}
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/*
 * A tag that is not invalidated stays in the TLB. An STE or CD that is not invalidated stays in
 * use.
 */
static void sees_lost_detach(struct kunit *test)
{
	static const struct {
		u8 opcode;
		u8 also;
		bool stage2;
		bool other;	/* attach to another domain, else to the blocked one */
		u64 goes;
	} row[] = {
		{ CMD_TLBI_NH_ASID, 0, false, false, RIG_NOWHERE },
		{ CMD_TLBI_S12_VMALL, 0, true, false, RIG_NOWHERE },
		{ CMD_CFGI_STE, 0, true, false, PA },
		/* a CFGI_STE would invalidate the CD, too (4.3.1) */
		{ CMD_CFGI_CD, CMD_CFGI_STE, false, true, PA },
	};
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *a, *b;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		struct model_inject inject = {
			.drop_opcode = row[i].opcode,
			.drop_also = row[i].also,
			.drop = U32_MAX,
		};
		const struct model_inject none = {};

		a = row[i].stage2 ? rig_domain_s2(test, d) : rig_domain(test, d);
		b = rig_domain(test, d);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
		model_inject(smmu->model, &inject);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, row[i].other ? b : &smmu_blocked_domain));
		model_inject(smmu->model, &none);
		/* the tag was invalidated, but a stale STE or CD brings it back */
		KUNIT_EXPECT_EQ(test, row[i].goes, rig_access(rig, d, IOVA, false));
		KUNIT_EXPECT_TRUE(test, row[i].stage2 ? model_has_vmid(smmu->model, 1) :
							model_has_asid(smmu->model, 1));
		KUNIT_ASSERT_EQ(test, 0, smmu_issue_flush_all(&rig_iommu(smmu)->smmu));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		iommu_domain_free(a);
		iommu_domain_free(b);
	}
}

/* The waiter gets -EIO for an illegal command, and the model reports it */
static void sees_illegal(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct smmu_cmd cmd[2];
	struct machine_smmu *smmu;
	struct model_config cfg;

	rig->forgive = true;
	model_config_default(&cfg);
	cfg.idr[3] &= ~IDR3_RIL;
	smmu = rig_smmu(test, rig, 0, &cfg);
	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue(&rig_iommu(smmu)->smmu, cmd, 2));
	KUNIT_EXPECT_EQ(test, 0, model_violation(smmu->model, NULL, 0));
	cmd[0].w[0] |= cpu_to_le64(BIT_ULL(9));
	KUNIT_EXPECT_EQ(test, -EIO, smmu_issue(&rig_iommu(smmu)->smmu, cmd, 2));
	KUNIT_EXPECT_EQ(test, 1, model_violation(smmu->model, NULL, 0));
	smmu_cmd_atc_inv(&cmd[0], 3, 0, false, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue(&rig_iommu(smmu)->smmu, cmd, 2));
	KUNIT_EXPECT_EQ(test, 2, model_violation(smmu->model, NULL, 0));
}

/* An ATC keeps what it has been given until an ATC_INV, whatever happens to the TLB */
static void has_atc(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct smmu_device *hw = &rig_iommu(smmu)->smmu;
	struct iommu_domain *domain = rig_domain(test, d);
	struct smmu_cmd cmd[2];
	struct smmu_ste ste;

	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	d->atc = true;
	d->ats = true;
	KUNIT_EXPECT_EQ(test, EVENT_F_BAD_ATS_TREQ, rig_event(rig, d, IOVA, false));
	/* the driver does not know of this ATC, so the case turns ATS on in the STE */
	ste = *smmu_strtab_ste(hw, d->sid);
	ste.w[1] |= cpu_to_le64(FIELD_PREP(STE1_EATS, STE_EATS_FULL));
	smmu_strtab_write(hw, d->sid, &ste, false);
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	smmu_cmd_atc_inv(&cmd[0], d->sid, 0, false, IOVA + SZ_4K, 0);
	smmu_cmd_sync(&cmd[1]);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue(hw, cmd, 2));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	smmu_cmd_atc_inv(&cmd[0], d->sid, 0, false, IOVA - SZ_4K, 1);
	KUNIT_EXPECT_EQ(test, 0, smmu_issue(hw, cmd, 2));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* A watch counts its looks, and says so when there were more places than it can keep */
static void watches(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct smmu_device *hw = &rig_iommu(smmu)->smmu;
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain = rig_domain(test, d);
	struct model_access dma = { .sid = d->sid, .iova = IOVA };
	struct model_watch seen;
	struct smmu_cmd cmd[2];
	u32 i;

	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_sync(&cmd[1]);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	model_watch(smmu->model, &dma);
	model_watched(smmu->model, &seen);
	KUNIT_EXPECT_EQ(test, 0, seen.looks);
	KUNIT_EXPECT_EQ(test, 1, seen.nr);
	/* each access ends somewhere else; an unmap and a command of our own cause the looks */
	for (i = 1; i <= MODEL_WATCH_MAX; i++) {
		KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA + i * SZ_4K, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_ASSERT_EQ(test, 0, smmu_issue(hw, cmd, 2));
		model_watched(smmu->model, &seen);
		KUNIT_EXPECT_EQ(test, i == MODEL_WATCH_MAX, seen.overflow);
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	}
	model_watched(smmu->model, &seen);
	KUNIT_EXPECT_EQ(test, MODEL_WATCH_MAX, seen.nr);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, seen.pa[0]);
	/*
	 * there are two commands, with a look before and after each; at least so many, because
	 * unmaps send commands, too
	 */
	KUNIT_EXPECT_GE(test, seen.looks, 2 * 4 * MODEL_WATCH_MAX);
	/* the result of a watch that has ended stays; a new watch begins anew */
	model_watch(smmu->model, NULL);
	i = seen.looks;
	KUNIT_ASSERT_EQ(test, 0, smmu_issue(hw, cmd, 2));
	model_watched(smmu->model, &seen);
	KUNIT_EXPECT_EQ(test, i, seen.looks);
	model_watch(smmu->model, &dma);
	model_watched(smmu->model, &seen);
	KUNIT_EXPECT_EQ(test, 0, seen.looks);
	KUNIT_EXPECT_FALSE(test, seen.overflow);
	model_watch(smmu->model, NULL);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* A command is done when its time has come, and only polling moves the clock */
static void keeps_time(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct smmu_device *hw = &rig_iommu(smmu)->smmu;
	struct smmu_cmd cmd[3];
	u64 start;

	rig_virtual_clock(test);
	model_latency(smmu->model, CMD_SYNC, 10000);
	model_latency(smmu->model, CMD_TLBI_NH_ASID, 500);
	smmu_cmd_tlbi_asid(&cmd[0], 1, false);
	smmu_cmd_tlbi_asid(&cmd[1], 2, false);
	smmu_cmd_sync(&cmd[2]);
	start = model_now();
	KUNIT_EXPECT_EQ(test, 0, smmu_issue(hw, cmd, 3));
	KUNIT_EXPECT_GE(test, model_now() - start, 11000);
	KUNIT_EXPECT_LT(test, model_now() - start, 13000);
	start = model_now();
	KUNIT_EXPECT_EQ(test, start, model_now());
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(walks_formats, format_gen_params),
	KUNIT_CASE_PARAM(sees_lost_unmap, loss_gen_params),
	KUNIT_CASE(sees_lost_detach),
	KUNIT_CASE(sees_illegal),
	KUNIT_CASE(has_atc),
	KUNIT_CASE(keeps_time),
	KUNIT_CASE(watches),
	{}
};

static struct kunit_suite suite = { .name = "smmu_model", .test_cases = cases };
kunit_test_suite(suite);
