// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATS: the order of the steps that turn it on and off, that no ATC ever answers with what was
 * unmapped, and what happens to devices that do not answer an ATC_INV.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/array.h"
#include "core/cmd.h"
#include "core/ste.h"
#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/walk.h"
#include "hw/device.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL
#define PA2	0x23456000ULL

static struct iommu_domain *mapped(struct kunit *test, struct rig_device *d, u64 pa)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	return domain;
}

static void remap(struct kunit *test, struct iommu_domain *domain, u64 pa)
{
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
}

/* What the state was when the SMMU executed a command */
struct moment {
	u8 op;
	bool ats;	/* ATS is on in the device */
	bool eats;	/* EATS is on in the STE */
	bool live;	/* the array has a live ATS entry */
};

struct film {
	struct rig_device *d;
	struct smmu_device *smmu;
	struct smmu_domain *domain;
	struct moment moment[32];
	u32 nr;
};

static void shoot(void *data, const struct smmu_cmd *cmd)
{
	struct film *f = data;
	const struct smmu_array *array;
	const struct smmu_inv *inv;
	struct moment *m;
	u32 pos, num;
	u64 w1;

	if (f->nr == ARRAY_SIZE(f->moment))
		return;
	m = &f->moment[f->nr++];
	w1 = le64_to_cpu(READ_ONCE(smmu_strtab_ste(f->smmu, f->d->sid)->w[1]));
	m->op = le64_to_cpu(cmd->w[0]) & CMD0_OPCODE;
	m->ats = f->d->ats;
	m->eats = FIELD_GET(STE1_EATS, w1);
	rcu_read_lock();
	array = rcu_dereference(f->domain->invs);
	num = smmu_array_count(array);
	for (pos = 0; (inv = smmu_array_next_live(array, &pos, num)); pos++)
		m->live |= smmu_inv_is_ats(inv->type);
	rcu_read_unlock();
}

/*
 * On: EATS in the STE, then the entries, then ATC_INV, then the device. Off: the device, then
 * ATC_INV, then the entries, then EATS. So the device never has ATS without an entry, and no
 * ATC_INV goes to a stream without EATS.
 */
static void order(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct iommu_domain *domain;
	u32 i, round, atc_invs = 0;
	struct film f = {};

	rig->atc = true;
	f.d = rig_device(test, rig, 0);
	f.smmu = &rig_iommu(smmu)->smmu;
	domain = mapped(test, f.d, PA);
	f.domain = smmu_domain_of(domain);
	/* in the second round the entries are revived */
	for (round = 0; round < 2; round++) {
		f.nr = 0;
		model_trace(smmu->model, shoot, &f);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(f.d, domain));
		KUNIT_EXPECT_TRUE(test, f.d->ats);
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, f.d, IOVA, false));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(f.d, &smmu_blocked_domain));
		model_trace(smmu->model, NULL, NULL);
		KUNIT_EXPECT_FALSE(test, f.d->ats);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, f.d, IOVA, false));
		KUNIT_ASSERT_LT(test, f.nr, ARRAY_SIZE(f.moment));
		for (i = 0; i < f.nr; i++) {
			const struct moment *m = &f.moment[i];

			if (m->op == CMD_ATC_INV) {
				atc_invs++;
				KUNIT_EXPECT_TRUE(test, m->eats);
				KUNIT_EXPECT_TRUE(test, m->live);
				KUNIT_EXPECT_FALSE(test, m->ats);
			}
			if (m->ats)
				KUNIT_EXPECT_TRUE(test, m->live && m->eats);
			if (m->live)
				KUNIT_EXPECT_TRUE(test, m->eats);
		}
	}
	KUNIT_EXPECT_EQ(test, 4, atc_invs);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(f.d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* An unmap reaches the ATC of every stream behind every SMMU */
static void unmap_reaches_atcs(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct rig_device *d[4];
	struct iommu_domain *domain;
	u32 i;

	rig->atc = true;
	rig_smmu(test, rig, 0, NULL);
	rig_smmu(test, rig, 1, NULL);
	for (i = 0; i < 4; i++)
		d[i] = rig_device(test, rig, i & 1);
	domain = mapped(test, d[0], PA);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], domain));
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d[i], IOVA, false));
	}
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d[i], IOVA, false));
	remap(test, domain, PA2);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, PA2, rig_access(rig, d[i], IOVA, false));
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* ATS stays on from one domain to the next; what the ATC held of the old domain is invalidated */
static void changes_domain(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct iommu_domain *a, *b;
	struct model_access dma = { .iova = IOVA, .ats = true };
	struct smmu_array *array;
	struct rig_device *d;

	rig->atc = true;
	d = rig_device(test, rig, 0);
	a = mapped(test, d, PA);
	b = mapped(test, d, PA2);
	dma.sid = d->sid;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	mutex_lock(&smmu_arrays_mutex);
	array = smmu_domain_array(smmu_domain_of(a));
	mutex_unlock(&smmu_arrays_mutex);
	/* one entry for the ASID and one for the ATC */
	KUNIT_ASSERT_NOT_NULL(test, array);
	KUNIT_EXPECT_EQ(test, 2, smmu_array_count(array));
	model_watch(smmu->model, &dma);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, b));
	rig_watched(test, smmu, PA, PA2, RIG_NOWHERE);
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(rig, d, IOVA, false));
	/* the old domain's array has forgotten the device, so a walk sends nothing */
	mutex_lock(&smmu_arrays_mutex);
	array = smmu_domain_array(smmu_domain_of(a));
	mutex_unlock(&smmu_arrays_mutex);
	KUNIT_ASSERT_NOT_NULL(test, array);
	KUNIT_EXPECT_EQ(test, 0, smmu_array_count(array));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* A device with four StreamIDs has an ATS entry and an ATC_INV for each */
static void every_stream(struct kunit *test)
{
	static const u32 sids[] = { 9, 3, 7, 0x101 };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	struct iommu_domain *domain;
	struct rig_device *d;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, stats);
	rig->atc = true;
	d = rig_device_sids(test, rig, 0, sids, ARRAY_SIZE(sids));
	domain = mapped(test, d, PA);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		d->sid = sids[i];
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	}
	model_stats_reset(smmu->model);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	model_stats(smmu->model, stats);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(sids), stats->cmds[CMD_ATC_INV]);
	KUNIT_EXPECT_EQ(test, 1, stats->doorbells);
	/* one behind the TLBI, and one for each stream */
	KUNIT_EXPECT_EQ(test, 1 + ARRAY_SIZE(sids), stats->cmds[CMD_SYNC]);
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		d->sid = sids[i];
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* Three devices attached to one domain; the second device does not answer an unmap's ATC_INV */
struct silence {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct rig_device *d[3];
	struct iommu_domain *domain;
};

static void make_silence(struct kunit *test, struct silence *s, u64 ns)
{
	struct model_inject silent = { .silent = true, .silent_ns = ns };
	struct model_config cfg;
	u32 i;

	s->rig = rig_new(test);
	s->rig->atc = true;
	s->rig->ssid_bits = 5;
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 5);
	s->smmu = rig_smmu(test, s->rig, 0, &cfg);
	for (i = 0; i < 3; i++)
		s->d[i] = rig_device(test, s->rig, 0);
	s->domain = mapped(test, s->d[0], PA);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(s->d[i], s->domain));
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, s->d[i], IOVA, false));
	}
	silent.silent_sid = s->d[1]->sid;
	model_inject(s->smmu->model, &silent);
}

static void answer(struct silence *s)
{
	static const struct model_inject none;

	model_inject(s->smmu->model, &none);
}

static void free_silence(struct kunit *test, struct silence *s)
{
	u32 i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0, rig_attach(s->d[i], &smmu_identity_domain));
	iommu_domain_free(s->domain);
}

/* Only the second device was cut off; the others have had ATS and bus mastering all the time */
static void expect_one(struct kunit *test, struct silence *s)
{
	u32 i;

	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, i != 1, s->d[i]->bus_master);
		KUNIT_EXPECT_EQ(test, i != 1, s->d[i]->ats);
		KUNIT_EXPECT_FALSE(test, i != 1 && s->d[i]->cut);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, s->d[i], IOVA, false));
	}
}

/*
 * The unmap returns with the device cut off that has not answered. The other two go on, and their
 * ATCs hold nothing old.
 */
static void finds_the_culprit(struct kunit *test)
{
	struct smmu_device *smmu;
	struct silence s;
	u32 i;

	make_silence(test, &s, 0);
	smmu = &rig_iommu(s.smmu)->smmu;
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(s.domain, IOVA, SZ_4K));
	expect_one(test, &s);
	KUNIT_EXPECT_TRUE(test, s.rig->recover);
	remap(test, s.domain, PA2);

	rig_recover(s.rig);
	for (i = 0; i < 3; i += 2) {
		KUNIT_EXPECT_TRUE(test, s.d[i]->bus_master && s.d[i]->ats);
		KUNIT_EXPECT_EQ(test, PA2, rig_access(s.rig, s.d[i], IOVA, false));
	}
	/* the device has bus mastering again, as its driver left it, but its STE aborts */
	KUNIT_EXPECT_TRUE(test, s.d[1]->bus_master);
	KUNIT_EXPECT_FALSE(test, s.d[1]->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[1], IOVA, false));
	KUNIT_EXPECT_STREQ(test, "abort", smmu_ste_kind(smmu_strtab_ste(smmu, s.d[1]->sid)));
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));

	/*
	 * the device is sent no ATC_INV any more: unmaps are quick again, and no device is cut off
	 */
	s.rig->recover = false;
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(s.domain, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, s.rig->recover);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[0], IOVA, false));

	/*
	 * neither the blocked domain nor a domain that is not the kernel's own brings ATS back, as
	 * a VMM attaches them when a guest resets the device
	 */
	remap(test, s.domain, PA);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(s.d[1], &smmu_blocked_domain));
	KUNIT_EXPECT_FALSE(test, s.d[1]->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[1], IOVA, false));
	answer(&s);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(s.d[1], s.domain));
	KUNIT_EXPECT_FALSE(test, s.d[1]->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[1], IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(s.d[1], &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(s.rig, s.d[1], IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(s.d[1], s.domain));
	KUNIT_EXPECT_TRUE(test, s.d[1]->bus_master && s.d[1]->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s.rig, s.d[1], IOVA, false));
	free_silence(test, &s);
}

/*
 * A device that is attached anew and still does not answer has failed ATS at once; the attach
 * itself does not fail.
 */
static void still_silent(struct kunit *test)
{
	struct silence s;

	make_silence(test, &s, 0);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(s.domain, IOVA, SZ_4K));
	rig_recover(s.rig);
	remap(test, s.domain, PA);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(s.d[1], &smmu_identity_domain));
	/* the identity domain needs no ATS */
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(s.rig, s.d[1], IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(s.d[1], s.domain));
	KUNIT_EXPECT_FALSE(test, s.d[1]->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[1], IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s.rig, s.d[0], IOVA, false));
	answer(&s);
	free_silence(test, &s);
}

/*
 * A device that does not answer while it is detached: the detach cannot fail, and the domain has no
 * entry of the device afterwards.
 */
static void silent_at_detach(struct kunit *test)
{
	struct silence s;
	u64 pa;

	make_silence(test, &s, 0);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(s.d[1], &smmu_blocked_domain));
	KUNIT_EXPECT_FALSE(test, s.d[1]->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[1], IOVA, false));
	rig_recover(s.rig);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(s.domain, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, s.rig->recover);
	pa = rig_access(s.rig, s.d[0], IOVA, false);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pa);
	answer(&s);
	free_silence(test, &s);
}

/* State of bus mastering when the SMMU executes the CFGI_STE for the STE that aborts */
struct parking {
	struct rig_device *d;
	u32 cfgi;
	u32 early;
};

static void look_at_parking(void *data, const struct smmu_cmd *cmd)
{
	struct parking *p = data;

	if (smmu_cmd_opcode(cmd) != CMD_CFGI_STE ||
	    FIELD_GET(CMD0_CFGI_SID, le64_to_cpu(cmd->w[0])) != p->d->sid)
		return;
	p->cfgi++;
	p->early += READ_ONCE(p->d->bus_master);
}

/* Bus mastering is given back when the STE aborts, not before, and not at all where it was off */
static void gives_bus_mastering_back(struct kunit *test)
{
	const bool *had = test->param_value;
	struct parking p = {};
	struct silence s;

	make_silence(test, &s, 0);
	p.d = s.d[1];
	p.d->bus_master = *had;
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(s.domain, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, p.d->bus_master);
	model_trace(s.smmu->model, look_at_parking, &p);
	rig_recover(s.rig);
	model_trace(s.smmu->model, NULL, NULL);
	KUNIT_EXPECT_GT(test, p.cfgi, 0);
	KUNIT_EXPECT_EQ(test, 0, p.early);
	KUNIT_EXPECT_EQ(test, *had, p.d->bus_master);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, p.d, IOVA, false));
	answer(&s);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(p.d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, *had, p.d->bus_master);
	p.d->bus_master = true;
	free_silence(test, &s);
}

static const bool had_bus_mastering[] = { true, false };

static void had_desc(const bool *had, char *desc)
{
	strscpy(desc, *had ? "was on" : "was off", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(had, had_bus_mastering, had_desc);

#define SSID	7

/*
 * Like make_silence(), with a PASID of the second device on another domain. No device supports the
 * Global flag.
 */
static struct iommu_domain *make_silence_pasid(struct kunit *test, struct silence *s, u32 silent)
{
	struct model_inject inject = { .silent = true, .no_global = true };
	struct iommu_domain *pasid;

	make_silence(test, s, 0);
	inject.silent_sid = s->d[silent]->sid;
	inject.silent_pasid = silent == 1;
	inject.silent_ssid = SSID;
	model_inject(s->smmu->model, &inject);
	pasid = mapped(test, s->d[1], PA2);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(pasid, s->d[1]->dev, SSID, NULL));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(s->rig, s->d[1], SSID, IOVA, false));
	return pasid;
}

static void free_silence_pasid(struct kunit *test, struct silence *s, struct iommu_domain *pasid)
{
	answer(s);
	iommu_detach_device_pasid(pasid, s->d[1]->dev, SSID);
	iommu_domain_free(pasid);
	free_silence(test, s);
}

/* A device that answers for requests without PASID but not for one PASID has failed ATS */
static void silent_under_a_pasid(struct kunit *test)
{
	struct iommu_domain *pasid;
	struct silence s;

	pasid = make_silence_pasid(test, &s, 1);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(pasid, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, s.d[1]->ats);
	rig_recover(s.rig);
	KUNIT_EXPECT_FALSE(test, s.d[1]->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[1], IOVA, false));
	/* no unmap waits for this device any more */
	s.rig->recover = false;
	remap(test, pasid, PA2);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(pasid, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, s.rig->recover);
	free_silence_pasid(test, &s, pasid);
}

/*
 * Setting ATS Enable need not empty the ATC. A device that did answer is not cut off because of
 * another one, so there is nothing that it misses.
 */
static void innocent_with_a_pasid(struct kunit *test)
{
	struct iommu_domain *pasid;
	struct silence s;

	pasid = make_silence_pasid(test, &s, 0);
	s.rig->keeps_atc = true;
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(s.domain, IOVA, SZ_4K));
	KUNIT_EXPECT_TRUE(test, s.d[1]->ats && s.d[1]->bus_master);
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(s.rig, s.d[1], SSID, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(pasid, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(s.rig, s.d[1], SSID, IOVA, false));
	rig_recover(s.rig);
	KUNIT_EXPECT_TRUE(test, s.d[1]->ats && s.d[1]->bus_master);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s.rig, s.d[1], IOVA, false));
	free_silence_pasid(test, &s, pasid);
}

static u8 eats(struct machine_smmu *smmu, struct rig_device *d)
{
	return FIELD_GET(STE1_EATS,
			 le64_to_cpu(smmu_strtab_ste(&rig_iommu(smmu)->smmu, d->sid)->w[1]));
}

/* The PCI core refuses to enable ATS: DMA goes on without it, and the next attach tries again */
static void cannot_be_enabled(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain, *pasid;
	struct machine_smmu *smmu;
	struct model_config cfg;
	struct rig_device *d;

	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 5);
	smmu = rig_smmu(test, rig, 0, &cfg);
	rig->atc = true;
	rig->ssid_bits = 5;
	d = rig_device(test, rig, 0);
	domain = mapped(test, d, PA);
	pasid = mapped(test, d, PA2);
	rig->no_ats = -EINVAL;
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(pasid, d->dev, SSID, NULL));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, SSID, IOVA, false));
	KUNIT_EXPECT_EQ(test, STE_EATS_ABORT, eats(smmu, d));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_EXPECT_TRUE(test, d->bus_master);
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, STE_EATS_ABORT, eats(smmu, d));
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(domain));
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(pasid));
	/* the model reports an ATC_INV to a stream without EATS as a violation */
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	rig_check(test, rig);

	rig->no_ats = 0;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, STE_EATS_FULL, eats(smmu, d));
	KUNIT_EXPECT_EQ(test, 1, rig_ats_entries(pasid));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(rig, d, SSID, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(pasid, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(rig, d, SSID, IOVA, false));
	iommu_detach_device_pasid(pasid, d->dev, SSID);
	iommu_domain_free(domain);
	iommu_domain_free(pasid);
}

/* What the walk and the joining device share in joins_a_walk() */
static struct {
	struct rig *rig;
	struct rig_device *joins;
	struct iommu_domain *domain;
	u32 ssid;
	u64 got;
	int err;
	bool go, done;
} join;

static int join_thread(void *data)
{
	/* this thread, too, needs the stubs of config space */
	current->kunit_test = data;
	while (!READ_ONCE(join.go))
		cpu_relax();
	if (join.ssid)
		join.err = iommu_attach_device_pasid(join.domain, join.joins->dev, join.ssid, NULL);
	else
		join.err = rig_attach(join.joins, join.domain);
	if (join.ssid)
		join.got = rig_access_ssid(join.rig, join.joins, join.ssid, IOVA, false);
	else
		join.got = rig_access(join.rig, join.joins, IOVA, false);
	current->kunit_test = NULL;
	smp_store_release(&join.done, true); /* join.got is written before; pairs with hold_up() */
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void hold_up(struct smmu_domain *domain)
{
	if (domain != smmu_domain_of(join.domain) || join.go)
		return;
	WRITE_ONCE(join.go, true);
	/* under rcu_read_lock(), so it must not sleep. Pairs with the release in join_thread(). */
	while (!smp_load_acquire(&join.done))
		cpu_relax();
}

/*
 * A device joins after a walk has read the array and before it sends its TLBI. The device uses the
 * tag of another device, so its ATC is filled from the TLB with what the walk is about to remove.
 */
static void joins_a_walk(struct kunit *test)
{
	const u32 *ssid = test->param_value;
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	struct rig_device *first;
	struct task_struct *task;

	if (num_online_cpus() < 2)
		kunit_skip(test, "two CPUs are needed");
	rig->ssid_bits = 5;
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 5);
	rig_smmu(test, rig, 0, &cfg);
	memset(&join, 0, sizeof(join));
	join.rig = rig;
	join.ssid = *ssid;
	first = rig_device(test, rig, 0);
	rig->atc = true;
	join.joins = rig_device(test, rig, 0);
	join.domain = rig_domain(test, first);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(join.domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(first, join.domain));
	/* this access fills the TLB */
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, first, IOVA, false));
	task = kthread_run(join_thread, test, "smmu-join");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	smmu_activate_raw_stub(test, smmu_walk_pause, hold_up);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(join.domain, IOVA, SZ_4K));
	smmu_deactivate_raw_stub(test, smmu_walk_pause);
	kthread_stop(task);

	KUNIT_EXPECT_EQ(test, 0, join.err);
	/*
	 * the device was in time to get the old translation, which is allowed; but its ATC must not
	 * keep it
	 */
	KUNIT_EXPECT_EQ(test, PA, join.got);
	if (join.ssid)
		join.got = rig_access_ssid(rig, join.joins, join.ssid, IOVA, false);
	else
		join.got = rig_access(rig, join.joins, IOVA, false);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, join.got);

	if (join.ssid)
		iommu_detach_device_pasid(join.domain, join.joins->dev, join.ssid);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(join.joins, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(first, &smmu_identity_domain));
	iommu_domain_free(join.domain);
}

static const u32 joins[] = { 0, 7 };

static void join_desc(const u32 *ssid, char *desc)
{
	strscpy(desc, *ssid ? "a PASID" : "a RID", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(join, joins, join_desc);

static struct kunit_case cases[] = {
	KUNIT_CASE(order),
	KUNIT_CASE(unmap_reaches_atcs),
	KUNIT_CASE_PARAM(joins_a_walk, join_gen_params),
	KUNIT_CASE(changes_domain),
	KUNIT_CASE(every_stream),
	KUNIT_CASE(finds_the_culprit),
	KUNIT_CASE(still_silent),
	KUNIT_CASE(silent_at_detach),
	KUNIT_CASE_PARAM(gives_bus_mastering_back, had_gen_params),
	KUNIT_CASE(silent_under_a_pasid),
	KUNIT_CASE(innocent_with_a_pasid),
	KUNIT_CASE(cannot_be_enabled),
	{}
};

static struct kunit_suite suite = { .name = "smmu_ats", .test_cases = cases };
kunit_test_suite(suite);
