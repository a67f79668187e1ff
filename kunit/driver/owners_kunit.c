// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the owners of a StreamID have in common, and what one of them has alone: who rules, the CD
 * table of the stream, ATS and PASIDs of the function whose own StreamID it is, the lock.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "core/array.h"
#include "core/cmd.h"
#include "drv/arrays.h"
#include "drv/ats.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/streams.h"
#include "hw/issue.h"
#include "hw/strtab.h"
#include "driver/log.h"
#include "driver/rig.h"
#include "driver/sleep.h"

#define IOVA		0x40001000ULL
#define PAGE_A		0x11111000ULL
#define PAGE_B		0x22222000ULL
#define PAGE_P		0x33333000ULL
#define SHARED		0x500
#define PASID		3
#define BITS		5

/* The function whose own StreamID it is, and functions that have it as an alias */
static const u32 self[] = { SHARED }, x_sids[] = { 0x520, SHARED }, y_sids[] = { 0x4f8, SHARED },
		 z_sids[] = { 0x528, SHARED };

/**
 * struct own - an SMMU, and domains that map IOVA
 * @rig: machine
 * @smmu: the SMMU, with PASIDs
 * @a: maps IOVA to PAGE_A
 * @b: maps IOVA to PAGE_B
 * @p: maps IOVA to PAGE_P; for PASIDs
 */
struct own {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct iommu_domain *a;
	struct iommu_domain *b;
	struct iommu_domain *p;
};

static struct smmu_master *master_of(struct rig_device *d)
{
	return dev_iommu_priv_get(d->dev);
}

static struct iommu_domain *mapped(struct kunit *test, struct iommu_domain *domain, u64 pa)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	return domain;
}

static struct rig_device *add(struct kunit *test, struct own *o, const u32 *sids, u32 n)
{
	struct rig_device *d;

	/* only a function with a StreamID of its own has an ATC and PASIDs here */
	o->rig->atc = n == 1;
	o->rig->ssid_bits = n == 1 ? BITS : 0;
	d = rig_device_sids(test, o->rig, 0, sids, n);
	/* rig_access() is about the common StreamID */
	d->sid = sids[n - 1];
	return d;
}

static void own_new(struct kunit *test, struct own *o)
{
	struct rig_device *d;
	struct model_config cfg;

	o->rig = rig_new(test);
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	o->smmu = rig_smmu(test, o->rig, 0, &cfg);
	/* somebody to make domains for */
	d = rig_device(test, o->rig, 0);
	o->a = mapped(test, rig_domain(test, d), PAGE_A);
	o->b = mapped(test, rig_domain(test, d), PAGE_B);
	o->p = mapped(test, rig_domain(test, d), PAGE_P);
}

static void own_end(struct own *o)
{
	u32 i;

	for (i = 0; i < o->rig->nr_devices; i++)
		rig_remove(&o->rig->device[i]);
	iommu_domain_free(o->a);
	iommu_domain_free(o->b);
	iommu_domain_free(o->p);
}

/* Attach one device alone, as the IOMMU core does around a reset and device by device of a group */
static int attach(struct rig_device *d, struct iommu_domain *domain)
{
	return domain->ops->attach_dev(domain, d->dev, NULL);
}

static int set_pasid(struct rig_device *d, struct iommu_domain *domain)
{
	return domain->ops->set_dev_pasid(domain, d->dev, PASID, NULL);
}

static u64 look(struct own *o, u64 iova)
{
	struct model_access a = { .sid = SHARED, .iova = iova };

	return model_access(o->smmu->model, &a) ? RIG_NOWHERE : a.pa;
}

/* Remove a device that the IOMMU core takes for attached to its default domain */
static void pull(struct rig_device *d)
{
	iommu_group_put(d->group);
	machine_remove_device(d->dev);
	d->dev = NULL;
}

static const struct smmu_ste *shared_ste(struct own *o)
{
	return smmu_strtab_ste(&rig_iommu(o->smmu)->smmu, SHARED);
}

/**
 * struct traced - the table entries of the common StreamID, looked at with each command
 * @ste: its STE
 * @cd: CD of requests without PASID in the table of the stream, or NULL
 * @cfgi: number of CFGI_STEs
 * @cmds: number of commands
 * @other_words: how often anything of the STE but the address of the table was not as at first
 * @other_cds: how often the CD was not as at first
 * @first: STE as at first
 * @first_cd: CD as at first
 */
struct traced {
	const struct smmu_ste *ste;
	const struct smmu_cd *cd;
	u32 cfgi;
	u32 cmds;
	u32 other_words;
	u32 other_cds;
	struct smmu_ste first;
	struct smmu_cd first_cd;
};

static void trace(void *data, const struct smmu_cmd *cmd)
{
	u64 w0 = le64_to_cpu(cmd->w[0]);
	u32 op = FIELD_GET(CMD0_OPCODE, w0), i;
	struct traced *t = data;

	t->cmds++;
	t->cfgi += op == CMD_CFGI_STE && w0 >> 32 == SHARED;
	if (t->cd)
		t->other_cds += !!memcmp(t->cd, &t->first_cd, sizeof(t->first_cd));
	for (i = 1; i < STE_WORDS; i++)
		t->other_words += t->ste->w[i] != t->first.w[i];
	t->other_words += !!((t->ste->w[0] ^ t->first.w[0]) &
			     cpu_to_le64(STE0_V | STE0_CONFIG | STE0_S1CDMAX));
}

static void trace_begin(struct own *o, struct traced *t)
{
	*t = (struct traced) { .ste = shared_ste(o), .first = *shared_ste(o) };
	model_trace(o->smmu->model, trace, t);
}

/* The common StreamID is the first or the second of the device */
static void trace_cd(struct traced *t, struct rig_device *d)
{
	struct smmu_master *master = master_of(d);

	t->cd = smmu_cdtab_cd(&master->streams[master->sids[1] == SHARED].common->cdtab, 0);
	t->first_cd = *t->cd;
}

static void trace_end(struct own *o)
{
	model_trace(o->smmu->model, NULL, NULL);
}

/*
 * The owner with the newest attach among those that are not blocked rules, also where its attach
 * changed nothing because the ruler was attached to the same. The StreamID is at another place
 * among the StreamIDs of each of the three.
 */
static void newest_of_three(struct kunit *test)
{
	struct rig_device *x, *y, *f;
	struct own o;

	own_new(test, &o);
	x = add(test, &o, x_sids, 2);
	y = add(test, &o, y_sids, 2);
	f = add(test, &o, self, 1);
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.a));
	KUNIT_EXPECT_EQ(test, 0, attach(y, o.b));
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.b));
	KUNIT_EXPECT_EQ(test, PAGE_B, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(y, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, PAGE_B, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(f, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(y, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, IOVA, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(y, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, attach(x, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	/* what is unmapped is in no TLB, whoever used it */
	iommu_unmap(o.a, IOVA, SZ_4K);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(&o, IOVA));
	own_end(&o);
}

/*
 * The CD table is the stream's: while two devices are in one domain, resets of either and the
 * removal of either write nothing for the common StreamID.
 */
static void table_is_the_streams(struct kunit *test)
{
	struct rig_device *d[2];
	struct traced t;
	struct own o;
	u32 i, round;

	for (round = 0; round < 2; round++) {
		own_new(test, &o);
		d[0] = add(test, &o, x_sids, 2);
		d[1] = add(test, &o, y_sids, 2);
		KUNIT_EXPECT_EQ(test, 0, attach(d[0], o.a));
		KUNIT_EXPECT_EQ(test, 0, attach(d[1], o.a));
		trace_begin(&o, &t);
		trace_cd(&t, d[0]);
		for (i = 0; i < 2; i++) {
			KUNIT_EXPECT_EQ(test, 0, attach(d[i], &smmu_blocked_domain));
			KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
			KUNIT_EXPECT_EQ(test, 0, attach(d[i], o.a));
		}
		pull(d[round]);
		trace_end(&o);
		KUNIT_EXPECT_GT(test, t.cmds, 0);
		KUNIT_EXPECT_EQ(test, 0, t.cfgi);
		KUNIT_EXPECT_EQ(test, 0, t.other_cds);
		KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
		iommu_unmap(o.a, IOVA, SZ_4K);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(&o, IOVA));
		/* the trace would see a write */
		trace_begin(&o, &t);
		trace_cd(&t, d[!round]);
		KUNIT_EXPECT_EQ(test, 0, attach(d[!round], o.b));
		KUNIT_EXPECT_EQ(test, 0, attach(d[!round], &smmu_identity_domain));
		KUNIT_EXPECT_EQ(test, 0, attach(d[!round], o.b));
		trace_end(&o);
		KUNIT_EXPECT_GT(test, t.cfgi, 0);
		KUNIT_EXPECT_GT(test, t.other_cds, 0);
		KUNIT_EXPECT_EQ(test, PAGE_B, look(&o, IOVA));
		own_end(&o);
		rig_remove_smmu(o.rig, 0);
	}
}

/*
 * The first owner has a second StreamID, so its CD table cannot become the stream's. When another
 * device is attached to the same domain, one word of the STE changes, and DMA goes on meanwhile.
 */
static void one_word(struct kunit *test)
{
	const struct model_access dma = { .sid = SHARED, .iova = IOVA };
	struct rig_device *x, *y;
	struct traced t;
	struct own o;
	u64 w0;

	own_new(test, &o);
	x = add(test, &o, x_sids, 2);
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.a));
	w0 = le64_to_cpu(shared_ste(&o)->w[0]);
	model_watch(o.smmu->model, &dma);
	trace_begin(&o, &t);
	y = add(test, &o, y_sids, 2);
	KUNIT_EXPECT_EQ(test, 0, attach(y, o.a));
	trace_end(&o);
	rig_watched(test, o.smmu, PAGE_A, IOVA);
	KUNIT_EXPECT_GT(test, t.cfgi, 0);
	/* the default domain of the hotplugged device is identity */
	trace_begin(&o, &t);
	model_watch(o.smmu->model, &dma);
	KUNIT_EXPECT_EQ(test, 0, attach(x, &smmu_blocked_domain));
	rig_watched(test, o.smmu, PAGE_A);
	trace_end(&o);
	KUNIT_EXPECT_EQ(test, 0, t.other_words);
	w0 ^= le64_to_cpu(shared_ste(&o)->w[0]);
	KUNIT_EXPECT_NE(test, 0, w0 & STE0_S1CTXPTR);
	pull(x);
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	own_end(&o);
}

/* The same without a moment of identity in between: the heir is in the domain already */
static void one_word_for_the_heir(struct kunit *test)
{
	const struct model_access dma = { .sid = SHARED, .iova = IOVA };
	struct rig_device *x, *y;
	struct iommu_domain *group;
	struct traced t;
	struct own o;

	own_new(test, &o);
	x = add(test, &o, x_sids, 2);
	group = o.a;
	/* the newcomer is attached to what its group has */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(x, group));
	model_watch(o.smmu->model, &dma);
	trace_begin(&o, &t);
	y = add(test, &o, y_sids, 2);
	trace_end(&o);
	rig_watched(test, o.smmu, PAGE_A);
	KUNIT_EXPECT_PTR_EQ(test, x->group, y->group);
	KUNIT_EXPECT_GT(test, t.cfgi, 0);
	KUNIT_EXPECT_EQ(test, 0, t.other_words);
	own_end(&o);
}

/* Make F with ATS and a PASID, attached to @a, and X with the same StreamID as an alias */
static void with_alias(struct kunit *test, struct own *o, struct rig_device **f,
		       struct rig_device **x)
{
	own_new(test, o);
	*f = add(test, o, self, 1);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(*f, o->a));
	KUNIT_ASSERT_EQ(test, 0, set_pasid(*f, o->p));
	KUNIT_ASSERT_TRUE(test, (*f)->ats);
	*x = add(test, o, x_sids, 2);
}

static void expect_f(struct kunit *test, struct own *o, struct rig_device *f, bool ats, u64 pa)
{
	KUNIT_EXPECT_EQ(test, ats, f->ats);
	KUNIT_EXPECT_EQ(test, pa, rig_access(o->rig, f, IOVA, false));
	KUNIT_EXPECT_EQ(test, PAGE_P, rig_access_ssid(o->rig, f, PASID, IOVA, false));
}

/*
 * A device with an alias StreamID comes, is reset and goes, while the function whose own StreamID
 * that is uses ATS and a PASID all the time.
 */
static void principal_keeps_ats(struct kunit *test)
{
	struct rig_device *f, *x;
	struct own o;

	with_alias(test, &o, &f, &x);
	KUNIT_EXPECT_TRUE(test, master_of(f)->shared && master_of(x)->shared);
	KUNIT_EXPECT_PTR_EQ(test, f->group, x->group);
	expect_f(test, &o, f, true, PAGE_A);
	KUNIT_EXPECT_EQ(test, 0, attach(x, &smmu_blocked_domain));
	expect_f(test, &o, f, true, PAGE_A);
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.a));
	expect_f(test, &o, f, true, PAGE_A);
	/* the reset of F: its ATS goes and comes back, and X's DMA goes on */
	KUNIT_EXPECT_EQ(test, 0, attach(f, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	KUNIT_EXPECT_FALSE(test, f->ats);
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, o.p));
	expect_f(test, &o, f, true, PAGE_A);
	rig_remove(x);
	KUNIT_EXPECT_FALSE(test, master_of(f)->shared);
	/* the group left its domain */
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	expect_f(test, &o, f, true, PAGE_A);
	iommu_unmap(o.a, IOVA, SZ_4K);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(o.rig, f, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, attach(f, &smmu_identity_domain));
	own_end(&o);
}

/*
 * While the stream shows what X is attached to, F has no ATS, because its ATC would be filled with
 * translations that no unmap of F's domain drops; its PASID goes on.
 */
static void no_ats_behind_others(struct kunit *test)
{
	struct rig_device *f, *x;
	struct own o;

	with_alias(test, &o, &f, &x);
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.b));
	expect_f(test, &o, f, false, PAGE_B);
	iommu_unmap(o.b, IOVA, SZ_4K);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(o.rig, f, IOVA, false));
	mapped(test, o.b, PAGE_B);
	/* a PASID that comes does not turn it on, but has its place for later */
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, o.p));
	expect_f(test, &o, f, false, PAGE_B);
	/* X is blocked: the stream shows F again, whose next attach turns ATS on */
	KUNIT_EXPECT_EQ(test, 0, attach(x, &smmu_blocked_domain));
	expect_f(test, &o, f, false, PAGE_A);
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	expect_f(test, &o, f, true, PAGE_A);
	/* F goes to identity with its PASID, X to F's old domain; F is blocked and X is not */
	KUNIT_EXPECT_EQ(test, 0, attach(f, &smmu_identity_domain));
	expect_f(test, &o, f, true, IOVA);
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.b));
	expect_f(test, &o, f, false, PAGE_B);
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.b));
	expect_f(test, &o, f, true, PAGE_B);
	KUNIT_EXPECT_EQ(test, 0, attach(f, &smmu_blocked_domain));
	expect_f(test, &o, f, false, PAGE_B);
	iommu_unmap(o.b, IOVA, SZ_4K);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(o.rig, f, IOVA, false));
	/* PASIDs need a CD table, whoever rules */
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(o.rig, f, PASID, IOVA, false));
	own_end(&o);
}

/* Has the SMMU's IDA the ASID with which a domain is attached? */
static bool has_asid(struct own *o, struct iommu_domain *domain)
{
	struct smmu_inst *inst = &rig_iommu(o->smmu)->smmu.inst;
	const struct smmu_inv *inv;

	guard(mutex)(&smmu_arrays_mutex);
	inv = smmu_array_find_tag(smmu_domain_array(smmu_domain_of(domain)), inst,
				  SMMU_INV_S1_ASID);
	return inv && ida_exists(&inst->asids, inv->id);
}

/*
 * F, whose ATS is off because another device rules its stream, goes to a new domain, and memory is
 * short once. Where the attach succeeds all the same, without ATS, the ASID is the domain's own.
 */
static void new_domain_without_memory(struct kunit *test)
{
	struct iommu_domain *domain;
	struct rig_device *f, *x;
	struct own o;
	u32 nth = 0;
	bool hit;
	int ret;

	with_alias(test, &o, &f, &x);
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	do {
		KUNIT_EXPECT_EQ(test, 0, attach(x, o.b));
		domain = rig_domain(test, f);
		rig_alloc_begin(++nth);
		ret = attach(f, domain);
		hit = rig_alloc_end();
		KUNIT_EXPECT_TRUE_MSG(test, ret ? hit && ret == -ENOMEM : has_asid(&o, domain),
				      "allocation %u, %d", nth, ret);
		KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
		iommu_domain_free(domain);
	} while (hit && nth < 30);
	KUNIT_EXPECT_TRUE(test, nth > 1 && !hit);
	own_end(&o);
}

static void pasids_need_cds(struct kunit *test)
{
	struct iommu_domain *s2;
	struct rig_device *f, *x;
	struct own o;

	with_alias(test, &o, &f, &x);
	s2 = mapped(test, rig_domain_s2(test, f), PAGE_B);
	KUNIT_EXPECT_EQ(test, -EBUSY, attach(x, s2));
	expect_f(test, &o, f, true, PAGE_A);
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, attach(x, s2));
	KUNIT_EXPECT_EQ(test, PAGE_B, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, -EBUSY, set_pasid(f, o.p));
	/* X is not shown, but may be at any moment */
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	KUNIT_EXPECT_EQ(test, -EBUSY, set_pasid(f, o.p));
	KUNIT_EXPECT_EQ(test, 0, attach(x, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, o.p));
	expect_f(test, &o, f, true, PAGE_A);
	KUNIT_EXPECT_EQ(test, -EINVAL, set_pasid(x, o.p));
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	/* F is in stage 1, but the STE bypasses, because X does; a PASID makes it lead to CDs */
	KUNIT_EXPECT_EQ(test, 0, attach(x, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, o.p));
	expect_f(test, &o, f, false, IOVA);
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, IOVA, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(f, &smmu_identity_domain));
	rig_remove(x);
	rig_remove(f);
	iommu_domain_free(s2);
	own_end(&o);
}

/*
 * The alias is there first, and its table has one CD. The function with PASIDs comes later: the
 * stream gets a larger table, and the DMA of the other goes on meanwhile.
 */
static void larger_table(struct kunit *test)
{
	const struct model_access dma = { .sid = SHARED, .iova = IOVA };
	struct rig_device *f, *x, *y;
	struct own o;

	own_new(test, &o);
	x = add(test, &o, x_sids, 2);
	y = add(test, &o, y_sids, 2);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(x, o.a));
	KUNIT_EXPECT_EQ(test, 0, u64_get_bits(le64_to_cpu(shared_ste(&o)->w[0]), STE0_S1CDMAX));
	f = add(test, &o, self, 1);
	KUNIT_EXPECT_TRUE(test, master_of(f)->principal);
	model_watch(o.smmu->model, &dma);
	KUNIT_ASSERT_EQ(test, 0, set_pasid(f, o.p));
	rig_watched(test, o.smmu, PAGE_A);
	KUNIT_EXPECT_EQ(test, BITS, u64_get_bits(le64_to_cpu(shared_ste(&o)->w[0]), STE0_S1CDMAX));
	expect_f(test, &o, f, true, PAGE_A);
	/* the function goes with its PASID attached; its CD must not stay in the stream's table */
	pull(f);
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	f = &o.rig->device[0];
	f->sid = SHARED;
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(o.rig, f, PASID, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, attach(y, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(y, o.a));
	own_end(&o);
}

/* Two devices call one StreamID their own: neither has ATS, until one of them goes */
static void two_call_it_own(struct kunit *test)
{
	struct rig_device *a, *b;
	struct own o;

	own_new(test, &o);
	a = add(test, &o, self, 1);
	b = add(test, &o, self, 1);
	KUNIT_EXPECT_FALSE(test, master_of(a)->principal || master_of(b)->principal);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, o.a));
	KUNIT_EXPECT_FALSE(test, a->ats || b->ats);
	KUNIT_EXPECT_EQ(test, -EINVAL, set_pasid(a, o.p));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	pull(b);
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, o.b));
	KUNIT_EXPECT_TRUE(test, a->ats);
	KUNIT_EXPECT_EQ(test, PAGE_B, rig_access(o.rig, a, IOVA, false));
	own_end(&o);
}

static bool aliases_stub(const struct smmu_master *master)
{
	return master->nr_sids > 1;
}

/* A PCI device with alias StreamIDs has neither ATS nor PASIDs, although it shares none of them */
static void aliases_have_none(struct kunit *test)
{
	struct rig_device *x;
	struct own o;

	own_new(test, &o);
	kunit_activate_static_stub(test, smmu_streams_has_aliases, aliases_stub);
	o.rig->atc = true;
	o.rig->ssid_bits = BITS;
	x = rig_device_sids(test, o.rig, 0, x_sids, 2);
	KUNIT_EXPECT_FALSE(test, master_of(x)->principal);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(x, o.a));
	KUNIT_EXPECT_FALSE(test, x->ats);
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(o.a));
	KUNIT_EXPECT_EQ(test, -EINVAL, set_pasid(x, o.p));
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	own_end(&o);
}

/*
 * A function that was cut off must not have what the others are attached to, so the stream aborts
 * until the function is gone.
 */
static void cut_off(struct kunit *test)
{
	struct model_inject silent = { .silent = true, .silent_sid = SHARED };
	static const struct model_inject none;
	struct rig_device *f, *x;
	struct own o;

	with_alias(test, &o, &f, &x);
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	/* X rules, and F is cut off all the same */
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.a));
	KUNIT_EXPECT_PTR_EQ(test, master_of(x), smmu_streams_ruler(rig_iommu(o.smmu), SHARED));
	KUNIT_EXPECT_EQ(test, PAGE_A, rig_access(o.rig, f, IOVA, false));
	model_inject(o.smmu->model, &silent);
	iommu_unmap(o.a, IOVA, SZ_4K);
	model_inject(o.smmu->model, &none);
	KUNIT_EXPECT_TRUE(test, f->cut);
	KUNIT_EXPECT_FALSE(test, x->cut);
	rig_recover(o.rig);
	mapped(test, o.a, PAGE_A);
	KUNIT_EXPECT_TRUE(test, master_of(f)->ats_failed);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.b));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(&o, IOVA));
	rig_forgive(f);
	KUNIT_EXPECT_EQ(test, PAGE_B, look(&o, IOVA));
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.a));
	/* once more, and now the function is removed */
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	KUNIT_EXPECT_TRUE(test, f->ats);
	KUNIT_EXPECT_EQ(test, PAGE_A, rig_access(o.rig, f, IOVA, false));
	model_inject(o.smmu->model, &silent);
	iommu_unmap(o.a, IOVA, SZ_4K);
	model_inject(o.smmu->model, &none);
	rig_recover(o.rig);
	mapped(test, o.a, PAGE_A);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, look(&o, IOVA));
	pull(f);
	KUNIT_EXPECT_EQ(test, PAGE_A, look(&o, IOVA));
	own_end(&o);
}

/* An SMMU comes back. ATS of F is suspended, and X is attached to something else before or then. */
static void comes_back_hidden(struct kunit *test)
{
	struct rig_device *f, *x;
	struct own o;

	with_alias(test, &o, &f, &x);
	smmu_master_lock(master_of(f));
	smmu_ats_suspend_locked(master_of(f));
	smmu_master_unlock(master_of(f));
	KUNIT_EXPECT_FALSE(test, f->ats);
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.b));
	smmu_master_lock(master_of(f));
	smmu_ats_resume_locked(master_of(f), false);
	smmu_master_unlock(master_of(f));
	expect_f(test, &o, f, false, PAGE_B);
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	expect_f(test, &o, f, true, PAGE_A);
	smmu_issue_shut(&rig_iommu(o.smmu)->smmu, "the test wants it");
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.b));
	KUNIT_EXPECT_TRUE(test, rig_restart(o.rig, 0));
	expect_f(test, &o, f, false, PAGE_B);
	KUNIT_EXPECT_EQ(test, 0, attach(x, o.a));
	KUNIT_EXPECT_EQ(test, 0, attach(f, o.a));
	expect_f(test, &o, f, true, PAGE_A);
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	own_end(&o);
}

static bool own_lock(struct rig_device *d)
{
	return master_of(d)->lock == &master_of(d)->own_lock;
}

/* A device that shares nothing has its own lock, also after a newcomer was refused or has gone */
static void locks(struct kunit *test)
{
	static const u32 other[] = { 0x30 }, both[] = { 0x38, 0x30, SHARED };
	struct rig_device *a, *b, *c;
	struct device *refused;
	struct own o;

	own_new(test, &o);
	a = add(test, &o, self, 1);
	b = add(test, &o, other, 1);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, o.a));
	KUNIT_ASSERT_TRUE(test, a->ats);
	/* it calls the StreamID its own, too, and A uses ATS */
	refused = machine_add_device(o.smmu, self, 1, 0, false);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(refused));
	KUNIT_EXPECT_TRUE(test, own_lock(a));
	KUNIT_EXPECT_TRUE(test, a->ats);
	machine_remove_device(refused);
	/* A would take it, but it belongs to two groups */
	refused = machine_add_device(o.smmu, both, 3, 0, false);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(refused));
	KUNIT_EXPECT_TRUE(test, own_lock(a) && own_lock(b));
	KUNIT_EXPECT_FALSE(test, master_of(a)->shared || master_of(b)->shared);
	KUNIT_EXPECT_EQ(test, PAGE_A, rig_access(o.rig, a, IOVA, false));
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(o.rig, b, IOVA, false));
	machine_remove_device(refused);
	/* B is asked first and takes it, A refuses it */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(b, &smmu_identity_domain));
	refused = machine_add_device(o.smmu, (const u32 []){ SHARED, 0x30 }, 2, 0, false);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(refused));
	KUNIT_EXPECT_TRUE(test, own_lock(a) && own_lock(b));
	machine_remove_device(refused);
	/* one that is taken in, and goes */
	c = add(test, &o, x_sids, 2);
	KUNIT_EXPECT_FALSE(test, own_lock(a) || own_lock(c));
	pull(c);
	KUNIT_EXPECT_TRUE(test, own_lock(a));
	KUNIT_EXPECT_TRUE(test, a->ats);
	KUNIT_EXPECT_EQ(test, PAGE_A, rig_access(o.rig, a, IOVA, false));
	own_end(&o);
}

/* A fault of the common StreamID names all devices that it may be of, one with a PASID names F */
static void faults_by_name(struct kunit *test)
{
	struct model_access a = { .sid = SHARED, .iova = 0x5a5a000 };
	struct smmu_device *smmu;
	struct rig_device *f, *x;
	u32 all = 0, only_f = 0;
	struct rig_log *log;
	struct own o;

	log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, log);
	with_alias(test, &o, &f, &x);
	smmu = &rig_iommu(o.smmu)->smmu;
	smmu_evtq_drain(smmu);
	rig_log_begin(log);
	KUNIT_EXPECT_NE(test, 0, model_access(o.smmu->model, &a));
	smmu_evtq_drain(smmu);
	while (rig_log_next(log))
		all += strstr(log->text, dev_name(f->dev)) && strstr(log->text, " or ") &&
		       strstr(log->text, dev_name(x->dev));
	KUNIT_EXPECT_GT(test, all, 0);
	a.ssv = true;
	a.ssid = PASID;
	KUNIT_EXPECT_NE(test, 0, model_access(o.smmu->model, &a));
	smmu_evtq_drain(smmu);
	while (rig_log_next(log))
		only_f += strstr(log->text, dev_name(f->dev)) && !strstr(log->text, " or ");
	KUNIT_EXPECT_GT(test, only_f, 0);
	KUNIT_EXPECT_EQ(test, 0, set_pasid(f, &smmu_blocked_domain));
	own_end(&o);
}

/*
 * The machine sleeps while another owner rules: ATS goes off in the function that has it, and comes
 * back
 */
static void sleeps(struct kunit *test)
{
	struct rig_device *f, *x;
	struct own o;

	own_new(test, &o);
	f = add(test, &o, self, ARRAY_SIZE(self));
	x = add(test, &o, x_sids, ARRAY_SIZE(x_sids));
	KUNIT_ASSERT_EQ(test, 0, attach(f, o.a));
	KUNIT_ASSERT_EQ(test, 0, attach(x, o.a));
	KUNIT_ASSERT_PTR_EQ(test, master_of(x), smmu_streams_ruler(rig_iommu(o.smmu), SHARED));
	KUNIT_ASSERT_TRUE(test, f->ats);
	sleep_down(o.rig);
	KUNIT_EXPECT_FALSE(test, f->ats);
	sleep_through(o.rig, SLEEP_RAM);
	sleep_up_first(o.rig);
	KUNIT_EXPECT_FALSE(test, f->ats);
	sleep_up_then(o.rig);
	KUNIT_EXPECT_TRUE(test, f->ats);
	KUNIT_EXPECT_EQ(test, PAGE_A, rig_access(o.rig, f, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(o.a, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(o.rig, f, IOVA, false));
	own_end(&o);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(newest_of_three),
	KUNIT_CASE(table_is_the_streams),
	KUNIT_CASE(one_word),
	KUNIT_CASE(one_word_for_the_heir),
	KUNIT_CASE(principal_keeps_ats),
	KUNIT_CASE(no_ats_behind_others),
	KUNIT_CASE(new_domain_without_memory),
	KUNIT_CASE(pasids_need_cds),
	KUNIT_CASE(larger_table),
	KUNIT_CASE(two_call_it_own),
	KUNIT_CASE(aliases_have_none),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(comes_back_hidden),
	KUNIT_CASE(locks),
	KUNIT_CASE(faults_by_name),
	KUNIT_CASE(sleeps),
	{}
};

static struct kunit_suite suite = { .name = "smmu_owners", .test_cases = cases };
kunit_test_suite(suite);
