// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that must have ATS: they use nothing but what they have asked the SMMU for. So they have
 * ATS in the identity domain as well, where the STE has a CD table that requests without PASID
 * bypass (S1DSS); and where the SMMU cannot do that, nobody else suffers.
 */
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>

#include "core/array.h"
#include "core/ste.h"
#include "drv/ats_pci.h"
#include "drv/master.h"
#include "drv/ops.h"
#include "drv/streams.h"
#include "driver/log.h"
#include "driver/nest.h"
#include "driver/silence.h"

#define PA2	0x23456000ULL
#define BITS	5
#define SSID	7

/**
 * struct needy - a device that must have ATS, and domains for it
 * @rig: the rig
 * @smmu: its SMMU
 * @d: the device
 * @a: maps IOVA to PA
 * @b: maps IOVA to PA2
 */
struct needy {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct rig_device *d;
	struct iommu_domain *a;
	struct iommu_domain *b;
};

static struct iommu_domain *mapped(struct kunit *test, struct rig_device *d, u64 pa)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	return domain;
}

static void config(struct model_config *cfg, u8 ssid_bits)
{
	model_config_default(cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg->idr[1], ssid_bits);
}

/* @bits: PASID bits of the device */
static void make(struct kunit *test, struct needy *n, u32 bits)
{
	struct model_config cfg;

	config(&cfg, BITS);
	n->rig = rig_new(test);
	n->smmu = rig_smmu(test, n->rig, 0, &cfg);
	n->rig->atc = true;
	n->rig->ats_required = true;
	n->rig->ssid_bits = bits;
	n->d = rig_device(test, n->rig, 0);
	n->a = mapped(test, n->d, PA);
	n->b = mapped(test, n->d, PA2);
}

static void end(struct kunit *test, struct needy *n)
{
	KUNIT_EXPECT_EQ(test, 0, rig_attach(n->d, &smmu_identity_domain));
	iommu_domain_free(n->a);
	iommu_domain_free(n->b);
}

static const struct smmu_ste *ste_of(struct needy *n)
{
	return smmu_strtab_ste(&rig_iommu(n->smmu)->smmu, n->d->sid);
}

static struct smmu_master *master_of(struct rig_device *d)
{
	return dev_iommu_priv_get(d->dev);
}

static const u32 widths[] = { 0, BITS };

static void width_desc(const u32 *bits, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u PASID bits", *bits);
}

KUNIT_ARRAY_PARAM(width, widths, width_desc);

/* What the SMMU reads in identity: 5.2, 13.6.4 */
static void expect_identity(struct kunit *test, struct needy *n)
{
	u64 w0 = le64_to_cpu(ste_of(n)->w[0]), w1 = le64_to_cpu(ste_of(n)->w[1]);

	KUNIT_EXPECT_TRUE(test, n->d->ats);
	KUNIT_EXPECT_EQ(test, STE_CONFIG_S1, u64_get_bits(w0, STE0_CONFIG));
	KUNIT_EXPECT_NE(test, 0, u64_get_bits(w0, STE0_S1CDMAX));
	KUNIT_EXPECT_EQ(test, STE_S1DSS_BYPASS, u64_get_bits(w1, STE1_S1DSS));
	KUNIT_EXPECT_EQ(test, STE_EATS_FULL, u64_get_bits(w1, STE1_EATS));
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(n->rig, n->d, IOVA, true));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n->rig, n->d, PA2, false));
}

/* Identity, stage 1, stage 2 and blocked, from each to each, and what the ATC holds meanwhile */
static void from_each_to_each(struct kunit *test)
{
	struct iommu_domain *s2;
	struct needy n;
	u32 i, j;

	make(test, &n, *(const u32 *)test->param_value);
	s2 = rig_domain_s2(test, n.d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(s2, IOVA, PA2, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	struct {
		struct iommu_domain *domain;
		u64 goes_to;
	} at[] = {
		{ &smmu_identity_domain, IOVA },
		{ n.a, PA },
		{ n.b, PA2 },
		{ s2, PA2 },
		{ &smmu_blocked_domain, RIG_NOWHERE },
	};

	expect_identity(test, &n);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		for (j = 0; j < ARRAY_SIZE(at); j++) {
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, at[i].domain));
			/* this fills the ATC */
			KUNIT_EXPECT_EQ(test, at[i].goes_to, rig_access(n.rig, n.d, IOVA, true));
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, at[j].domain));
			KUNIT_EXPECT_EQ_MSG(test, at[j].goes_to,
					    rig_access(n.rig, n.d, IOVA, true),
					    "from %u to %u", i, j);
			KUNIT_EXPECT_EQ(test, at[j].goes_to != RIG_NOWHERE, n.d->ats);
			if (!j)
				expect_identity(test, &n);
		}
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	KUNIT_EXPECT_STREQ(test, "abort", smmu_ste_kind(ste_of(&n)));
	/* identity left nothing behind that an unmap would have to invalidate */
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(n.a));
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(s2));
	iommu_domain_free(s2);
	end(test, &n);
}

/*
 * From identity to stage 1 and back the device asks at every moment, and always gets an answer:
 * the old one or the new one.
 */
static void without_a_gap(struct kunit *test)
{
	struct model_access dma = { .iova = IOVA, .ats = true };
	struct needy n;
	u32 i;

	make(test, &n, *(const u32 *)test->param_value);
	dma.sid = n.d->sid;
	for (i = 0; i < 2; i++) {
		model_watch(n.smmu->model, &dma);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.a));
		rig_watched(test, n.smmu, IOVA, PA);
		model_watch(n.smmu->model, &dma);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
		rig_watched(test, n.smmu, IOVA, PA);
	}
	end(test, &n);
}

static int set(struct rig_device *d, struct iommu_domain *domain, u32 ssid)
{
	return domain->ops->set_dev_pasid(domain, d->dev, ssid, NULL);
}

/* A PASID comes and goes, while requests without one are at identity, blocked and stage 1 */
static void with_a_pasid(struct kunit *test)
{
	struct needy n;

	make(test, &n, BITS);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(n.rig, n.d, IOVA, true));
	KUNIT_ASSERT_EQ(test, 0, set(n.d, n.b, SSID));
	expect_identity(test, &n);
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(n.rig, n.d, SSID, IOVA, true));
	KUNIT_EXPECT_EQ(test, 1, rig_ats_entries(n.b));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, IOVA, true));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(n.rig, n.d, SSID, IOVA, true));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	expect_identity(test, &n);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.b, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(n.rig, n.d, SSID, IOVA, true));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(n.b, IOVA, PA2, SZ_4K, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(n.rig, n.d, SSID, IOVA, true));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, IOVA, true));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	/* the last PASID goes, and ATS stays */
	KUNIT_ASSERT_EQ(test, 0, set(n.d, &smmu_blocked_domain, SSID));
	expect_identity(test, &n);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(n.rig, n.d, SSID, IOVA, true));
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(n.b));
	/* blocked without a PASID */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	end(test, &n);
}

/* How the device is attached when it is removed */
static const struct leaving {
	const char *name;
	bool direct;
	bool pasid;
	bool silent;
} leavings[] = {
	{ "to blocked" },
	{ "to blocked, with a PASID", false, true },
	{ "to identity", true },
	{ "to identity, with a PASID", true, true },
	{ "to identity, and it is silent", true, false, true },
};

KUNIT_ARRAY_PARAM_DESC(leaving, leavings, name);

/*
 * When the device is released ATS goes off, and nothing leads to the CD table any more, which is
 * freed: the STE is a plain bypass where the device has direct mappings, else an abort. The attach
 * that the IOMMU core does first needs no memory.
 */
static void released(struct kunit *test)
{
	const struct leaving *l = test->param_value;
	struct iommu_domain *park = l->direct ? smmu_iommu_ops.identity_domain :
						smmu_iommu_ops.release_domain;
	struct model_inject silent = { .silent = true, .silent_ns = NSEC_PER_USEC };
	u64 after = l->direct && !l->silent ? IOVA : RIG_NOWHERE;
	struct model_access plain = { .iova = IOVA }, asks = { .iova = IOVA, .ats = true };
	struct needy n;
	u32 sid;

	make(test, &n, BITS);
	sid = n.d->sid;
	plain.sid = sid;
	asks.sid = sid;
	silent.silent_sid = sid;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, IOVA, false));
	rig_alloc_begin(1);
	KUNIT_EXPECT_EQ(test, 0, park->ops->attach_dev(park, n.d->dev, n.a));
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	KUNIT_EXPECT_EQ(test, l->direct, n.d->ats);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	expect_identity(test, &n);
	if (l->pasid)
		KUNIT_ASSERT_EQ(test, 0, set(n.d, n.b, SSID));
	if (l->silent)
		model_inject(n.smmu->model, &silent);
	n.d->dev->iommu->require_direct = l->direct;
	rig_remove(n.d);
	model_inject(n.smmu->model, &(struct model_inject) {});

	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_STREQ(test, after == IOVA ? "bypass" : "abort", smmu_ste_kind(ste_of(&n)));
	KUNIT_EXPECT_EQ(test, 0, u64_get_bits(le64_to_cpu(ste_of(&n)->w[1]), STE1_EATS));
	/* of what was in its ATC, the device can use nothing */
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(n.smmu->model, &asks));
	KUNIT_EXPECT_EQ(test, after == IOVA ? 0 : -EFAULT, model_access(n.smmu->model, &plain));
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(n.b));
	iommu_domain_free(n.a);
	iommu_domain_free(n.b);

	/* the next device with that StreamID is an ordinary one */
	n.rig->ats_required = false;
	n.d = rig_device_sids(test, n.rig, 0, &sid, 1);
	KUNIT_EXPECT_STREQ(test, "bypass", smmu_ste_kind(ste_of(&n)));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
}

/**
 * struct lack - an SMMU that has not what the device needs
 * @name: name of the case
 * @before: the device is there before the SMMU is
 */
static const struct lack {
	const char *name;
	bool before;
} lacks[] = {
	{ "the SMMU is first", false },
	{ "the device is first", true },
};

KUNIT_ARRAY_PARAM_DESC(lack, lacks, name);

/* Number of errors in the log, the first of which begins with @says */
static u32 errors(struct kunit *test, struct rig_log *log, const char *says)
{
	u32 n = 0;

	while (rig_log_next(log)) {
		if (log->level > LOGLEVEL_ERR)
			continue;
		if (!n++)
			KUNIT_EXPECT_TRUE_MSG(test, strstarts(log->text, says), "%s", log->text);
	}
	return n;
}

static void unplug(void *dev)
{
	machine_remove_device(dev);
}

/* Without ATS in the SMMU, the device alone has no IOMMU, with one line that says so */
static void refused(struct kunit *test)
{
	static const char says[] = "this device does not work without ATS, and the SMMU has none";
	const struct lack *lack = test->param_value;
	static const u32 needy_sid = 0x77, sid = 0x78;
	struct model_access a = { .sid = needy_sid, .iova = IOVA };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;
	struct device *needy;
	struct rig_log log;
	struct rig_device *d;

	config(&cfg, BITS);
	cfg.idr[0] &= ~IDR0_ATS;
	smmu = rig_smmu(test, rig, 0, &cfg);
	rig->atc = true;
	if (lack->before)
		device_release_driver(smmu->dev);
	rig->ats_required = true;
	rig_log_begin(&log);
	needy = machine_add_device(smmu, &needy_sid, 1, BITS, false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, needy);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unplug, needy));
	if (lack->before)
		KUNIT_ASSERT_EQ(test, 1, device_attach(smmu->dev));
	KUNIT_EXPECT_TRUE(test, model_is_on(smmu->model));
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(needy));
	KUNIT_EXPECT_EQ(test, 1, errors(test, &log, says));
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(smmu->model, &a));
	KUNIT_EXPECT_NULL(test, smmu_streams_ruler(rig_iommu(smmu), needy_sid));

	/* the others have what they have */
	rig->ats_required = false;
	d = rig_device_sids(test, rig, 0, &sid, 1);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(rig, d, IOVA, false));
	rig_check(test, rig);
}

/* The last that is asked before its CD table for identity is allocated */
static bool global_and_no_memory(struct smmu_master *master)
{
	rig_alloc_begin(1);
	return true;
}

/* Without memory for that table, the device has no IOMMU, with one line that says so */
static void no_memory_for_identity(struct kunit *test)
{
	static const u32 sid = 0x77;
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;
	struct device *needy;
	struct rig_log log;
	bool failed;

	config(&cfg, BITS);
	smmu = rig_smmu(test, rig, 0, &cfg);
	rig->atc = true;
	rig->ats_required = true;
	rig_log_begin(&log);
	rig_hush(rig);
	kunit_activate_static_stub(test, smmu_ats_pci_global, global_and_no_memory);
	needy = machine_add_device(smmu, &sid, 1, BITS, false);
	failed = rig_alloc_end();
	rig_unhush(rig);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, needy);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unplug, needy));
	KUNIT_EXPECT_TRUE(test, failed);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(needy));
	KUNIT_EXPECT_NULL(test, smmu_streams_ruler(rig_iommu(smmu), sid));
	KUNIT_EXPECT_EQ(test, 1, errors(test, &log, "there is no memory, and so no IOMMU"));
}

/*
 * An SMMU with ATS and without SubstreamIDs has no ATS in identity, and translates such a device
 * instead. Where the IOMMU core attaches it to identity nevertheless, that does not fail.
 */
static void translated_only(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	int dma = IS_ENABLED(CONFIG_IOMMU_DMA) ? IOMMU_DOMAIN_DMA : 0;
	struct iommu_domain *domain;
	struct rig_device *d, *other;
	struct smmu_device *s = &rig_iommu(smmu)->smmu;

	rig->atc = true;
	other = rig_device(test, rig, 0);
	KUNIT_EXPECT_EQ(test, 0, smmu_iommu_ops.def_domain_type(other->dev));
	rig->ats_required = true;
	d = rig_device(test, rig, 0);
	KUNIT_EXPECT_EQ(test, dma, smmu_iommu_ops.def_domain_type(d->dev));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_FALSE(test, d->ats);
	KUNIT_EXPECT_STREQ(test, "bypass", smmu_ste_kind(smmu_strtab_ste(s, d->sid)));
	domain = mapped(test, d, PA);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_FALSE(test, d->ats);
	iommu_domain_free(domain);
}

/* A StreamID that belongs to two devices has no ATS, so a device that needs it has one alone */
static void shares_no_stream(struct kunit *test)
{
	static const u32 sid = 0x77;
	struct device *dev[2];
	struct rig_device *d;
	struct needy n;

	make(test, &n, BITS);
	/* even while ATS is off */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	n.rig->ats_required = false;
	dev[0] = machine_add_device(n.smmu, &n.d->sid, 1, 0, false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev[0]);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(dev[0]));
	KUNIT_EXPECT_TRUE(test, master_of(n.d)->ats_capable);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	expect_identity(test, &n);

	/* and it does not take ATS away from the device that was there first */
	d = rig_device_sids(test, n.rig, 0, &sid, 1);
	n.rig->ats_required = true;
	dev[1] = machine_add_device(n.smmu, &sid, 1, 0, false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev[1]);
	KUNIT_EXPECT_FALSE(test, device_iommu_mapped(dev[1]));
	KUNIT_EXPECT_TRUE(test, master_of(d)->ats_capable);
	machine_remove_device(dev[0]);
	machine_remove_device(dev[1]);
	end(test, &n);
}

/* A device that was cut off is asked again in identity, which ends that, and twice is enough */
static void cut_off(struct kunit *test)
{
	struct model_inject silent = { .silent = true, .silent_ns = NSEC_PER_USEC };
	static const struct model_inject none;
	struct needy n;

	make(test, &n, BITS);
	silent.silent_sid = n.d->sid;
	/* nothing is invalidated in identity, so its silence is noticed when it leaves */
	model_inject(n.smmu->model, &silent);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.a));
	KUNIT_EXPECT_TRUE(test, n.d->cut);
	rig_recover(n.rig);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, IOVA, false));
	KUNIT_EXPECT_STREQ(test, "abort", smmu_ste_kind(ste_of(&n)));
	KUNIT_EXPECT_TRUE(test, n.d->bus_master);
	model_inject(n.smmu->model, &none);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	expect_identity(test, &n);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.a));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, IOVA, false));

	/* once more: identity does not end it; an administrator does, and the device works then */
	model_inject(n.smmu->model, &silent);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.a, IOVA, SZ_4K));
	rig_recover(n.rig);
	model_inject(n.smmu->model, &none);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, IOVA, false));
	rig_forgive(n.d);
	expect_identity(test, &n);
	end(test, &n);
}

/* Forgiven while it is still silent: it is cut off again, and waits for nobody */
static void forgiven_and_silent(struct kunit *test)
{
	struct model_inject silent = { .silent = true, .silent_ns = NSEC_PER_USEC };
	struct needy n;

	make(test, &n, BITS);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.a));
	silent.silent_sid = n.d->sid;
	model_inject(n.smmu->model, &silent);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.a, IOVA, SZ_4K));
	rig_recover(n.rig);
	rig_forgive(n.d);
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_STREQ(test, "abort", smmu_ste_kind(ste_of(&n)));
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(n.a));
	model_inject(n.smmu->model, &(struct model_inject) {});
	rig_forgive(n.d);
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, 1, rig_ats_entries(n.a));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(n.a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, IOVA, false));
	end(test, &n);
}

/* The PCI core refuses to enable ATS: an error, because the device has no DMA now */
static void cannot_be_enabled(struct kunit *test)
{
	struct rig_log log;
	struct needy n;

	make(test, &n, BITS);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	n.rig->no_ats = -EINVAL;
	rig_log_begin(&log);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_ASSERT_TRUE(test, rig_log_next(&log));
	KUNIT_EXPECT_EQ(test, LOGLEVEL_ERR, log.level);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(log.text, "ATS cannot be enabled"), "%s", log.text);
	KUNIT_EXPECT_EQ(test, 0, u64_get_bits(le64_to_cpu(ste_of(&n)->w[1]), STE1_EATS));
	n.rig->no_ats = 0;
	/* a PASID is no attach, so it does not try again */
	KUNIT_ASSERT_EQ(test, 0, set(n.d, n.b, SSID));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	/* nor does an attach to blocked, which may be part of a reset */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	expect_identity(test, &n);
	KUNIT_EXPECT_EQ(test, PA2, rig_access_ssid(n.rig, n.d, SSID, IOVA, true));
	KUNIT_ASSERT_EQ(test, 0, set(n.d, &smmu_blocked_domain, SSID));
	end(test, &n);
}

/* The SMMU is shut and comes back, and so does ATS in identity */
static void smmu_comes_back(struct kunit *test)
{
	struct rig_device *d, *other;
	struct iommu_domain *domain;
	struct model_config cfg;
	struct silence *s;

	config(&cfg, BITS);
	cfg.read_ns = 0;
	s = silence_make_with(test, RIG_MIXED, cfg);
	other = rig_device(test, s->rig, 0);
	domain = silence_use(test, s, other);
	s->rig->ats_required = true;
	d = rig_device(test, s->rig, 0);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(s->rig, d, PA2, false));
	model_latency(s->smmu->model, CMD_TLBI_NH_VA, 5 * (u64)NSEC_PER_SEC);
	silence_unmap(test, s, other, domain);
	KUNIT_ASSERT_TRUE(test, smmu_device_is_off(&rig_iommu(s->smmu)->smmu));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, PA2, false));
	model_latency(s->smmu->model, CMD_TLBI_NH_VA, 0);
	model_advance(6 * (u64)NSEC_PER_SEC);
	KUNIT_ASSERT_TRUE(test, rig_restart(s->rig, 0));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(s->rig, d, PA2, false));
	silence_leave(test, s, other, domain);
}

/* Make a nest whose device needs ATS, or not */
static void make_nest(struct kunit *test, struct nest *n, bool required)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;

	nest_config(&cfg, true);
	rig->atc = true;
	rig->ats_required = required;
	rig->ssid_bits = NEST_PASID_BITS;
	nest_make_on(test, n, rig, rig_smmu(test, rig, 0, &cfg));
}

/* Let the parent unmap and map again what the device has asked for */
static void parent_changes(struct kunit *test, struct nest *n, u64 addr)
{
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n->rig, n->d, addr, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n->parent, NEST_IPA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n->rig, n->d, addr, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(n->parent, NEST_IPA, NEST_PA, SZ_4K,
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n->rig, n->d, addr, false));
}

/*
 * A guest's bypass is stage 2 alone, with ATS for a device that needs it; nothing stays in the ATC
 * when the parent or the guest's STE changes. A guest that knows what the device needs has a CD
 * table in its STE instead.
 */
static void guest_bypasses(struct kunit *test)
{
	struct iommu_domain *bypass, *abort, *s1, *aware;
	struct nest n;

	make_nest(test, &n, true);
	bypass = guest_bypass(test, n.g);
	abort = guest_abort(test, n.g);
	s1 = guest_s1(test, n.g, n.t, true);
	aware = guest_domain(test, n.g, STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1) |
			     virt_to_phys(n.t->cd) | FIELD_PREP(STE0_S1CDMAX, 1),
			     FIELD_PREP(STE1_S1DSS, STE_S1DSS_BYPASS) |
			     FIELD_PREP(STE1_EATS, STE_EATS_FULL));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, aware);
	struct {
		struct iommu_domain *domain;
		u64 addr;
	} at[] = { { bypass, NEST_IPA }, { s1, NEST_VA }, { aware, NEST_IPA } };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		for (j = 0; j < ARRAY_SIZE(at); j++) {
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, at[i].domain));
			KUNIT_EXPECT_TRUE(test, n.d->ats);
			parent_changes(test, &n, at[i].addr);
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, at[j].domain));
			parent_changes(test, &n, at[j].addr);
			/* what is mapped in the other way only is not reached */
			KUNIT_EXPECT_EQ(test, RIG_NOWHERE,
					rig_access(n.rig, n.d, at[j].addr == NEST_IPA ? NEST_VA :
						   NEST_IPA, false));
		}
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, abort));
		KUNIT_EXPECT_FALSE(test, n.d->ats);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, at[i].addr, false));
	}
	rig_check(test, n.rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	iommu_domain_free(bypass);
	iommu_domain_free(abort);
	iommu_domain_free(s1);
	iommu_domain_free(aware);
	nest_free(test, &n);
}

/* Any other device has no ATS then, as its guest expects */
static void guest_bypasses_without(struct kunit *test)
{
	struct iommu_domain *bypass;
	struct nest n;

	make_nest(test, &n, false);
	bypass = guest_bypass(test, n.g);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, bypass));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_IPA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(bypass);
	nest_free(test, &n);
}

/* Anything after anything, at random; the device always goes where it is attached, and has ATS */
static void at_random(struct kunit *test)
{
	struct rnd_state rnd;
	u64 rid = IOVA, pasid = RIG_NOWHERE;
	struct needy n;
	u32 i;

	make(test, &n, BITS);
	prandom_seed_state(&rnd, 0x6e65656479);
	for (i = 0; i < 400; i++) {
		switch (prandom_u32_state(&rnd) % 6) {
		case 0:
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
			rid = IOVA;
			break;
		case 1:
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.a));
			rid = PA;
			break;
		case 2:
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.b));
			rid = PA2;
			break;
		case 3:
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
			rid = RIG_NOWHERE;
			break;
		case 4:
			KUNIT_ASSERT_EQ(test, 0, set(n.d, n.b, SSID));
			pasid = PA2;
			break;
		default:
			KUNIT_ASSERT_EQ(test, 0, set(n.d, &smmu_blocked_domain, SSID));
			pasid = RIG_NOWHERE;
		}
		KUNIT_ASSERT_EQ(test, rid, rig_access(n.rig, n.d, IOVA, false));
		KUNIT_ASSERT_EQ(test, pasid, rig_access_ssid(n.rig, n.d, SSID, IOVA, false));
		KUNIT_ASSERT_EQ(test, rid != RIG_NOWHERE || pasid != RIG_NOWHERE, n.d->ats);
	}
	KUNIT_ASSERT_EQ(test, 0, set(n.d, &smmu_blocked_domain, SSID));
	end(test, &n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(from_each_to_each, width_gen_params),
	KUNIT_CASE_PARAM(without_a_gap, width_gen_params),
	KUNIT_CASE(with_a_pasid),
	KUNIT_CASE_PARAM(released, leaving_gen_params),
	KUNIT_CASE_PARAM(refused, lack_gen_params),
	KUNIT_CASE(no_memory_for_identity),
	KUNIT_CASE(translated_only),
	KUNIT_CASE(shares_no_stream),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(forgiven_and_silent),
	KUNIT_CASE(cannot_be_enabled),
	KUNIT_CASE(smmu_comes_back),
	KUNIT_CASE(guest_bypasses),
	KUNIT_CASE(guest_bypasses_without),
	KUNIT_CASE(at_random),
	{}
};

static struct kunit_suite suite = { .name = "smmu_ats_required", .test_cases = cases };
kunit_test_suite(suite);
