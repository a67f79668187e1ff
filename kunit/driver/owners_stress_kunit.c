// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices with StreamIDs of their own and with common ones are attached, blocked, reset, removed
 * and added at random, one by one, while mappings come and go. After each operation every StreamID
 * has to lead where a naive model says: to what the newest attach that is not blocked leads to,
 * among the devices that have the StreamID. The model SMMU keeps whatever it may keep, so a
 * translation that should be gone shows.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "drv/master.h"
#include "driver/guest.h"

static uint owners_seed = 20261126;
module_param(owners_seed, uint, 0444);
MODULE_PARM_DESC(owners_seed, "seed of smmu_owners_stress");

static uint owners_ops = 2000;
module_param(owners_ops, uint, 0444);
MODULE_PARM_DESC(owners_ops, "number of operations of smmu_owners_stress");

#define BITS		3
#define PASIDS		3	/* 1 to 3 */
#define PAGES		3
#define IOVA(page)	(0x40000000ULL + ((u64)(page) << 21))

/* Domains: three of stage 1, two of stage 2 */
#define DOMAINS		5
#define IS_S2(i)	((i) >= 3)
#define PARENT		4
/* What a device can be attached to besides; AT_NESTED bypasses stage 1 over domain PARENT */
enum { AT_BLOCKED = -1, AT_IDENTITY = -2, AT_NESTED = -3, AT_NOTHING = -4 };

/**
 * struct kind - a device that comes and goes
 * @sids: its StreamIDs, its own first
 * @n: number of StreamIDs
 * @ats: it has ATS and PASIDs, if it may
 */
struct kind {
	u32 sids[3];
	u32 n;
	bool ats;
};

static const struct kind kinds[] = {
	{ { 0x500 }, 1, true },			/* the function whose own StreamID 0x500 is */
	{ { 0x520, 0x500 }, 2 },		/* behind a bridge */
	{ { 0x4f8, 0x500 }, 2 },
	{ { 0x610, 0x600 }, 2 },		/* nobody's own */
	{ { 0x618, 0x600, 0x601 }, 3 },
	{ { 0x608, 0x600 }, 2 },
	{ { 0x700 }, 1, true },			/* masked: two call it their own */
	{ { 0x700 }, 1, true },
	{ { 0x800 }, 1, true },			/* alone */
};

#define DEVICES		ARRAY_SIZE(kinds)

static const u32 all_sids[] = {
	0x4f8, 0x500, 0x520, 0x600, 0x601, 0x608, 0x610, 0x618, 0x700, 0x800,
};

/**
 * struct slot - what is known of a device
 * @d: the device, NULL while it is away
 * @at: number of its domain, or AT_*
 * @stamp: when it was attached to something that is not blocked
 * @pasid: number of the domain of each PASID, AT_NOTHING for none
 */
struct slot {
	struct rig_device *d;
	int at;
	u64 stamp;
	int pasid[PASIDS + 1];
};

/**
 * struct random - a run
 * @rig: machine
 * @smmu: SMMU
 * @rnd: state
 * @seed: as it was at the beginning
 * @op: number of the operation
 * @stamps: number of attaches to something that is not blocked
 * @slot: devices
 * @domain: domains
 * @pa: where each page of each domain leads, 0 for nowhere
 * @next_pa: where the next mapping leads
 * @nested: domain of AT_NESTED
 * @g: its guest
 * @what: the operation
 * @who: the device that it is about
 * @done: how many operations of each kind there were
 * @refused: how many of them were refused
 */
struct random {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct rnd_state rnd;
	u32 seed;
	u32 op;
	u64 stamps;
	struct slot slot[DEVICES];
	struct iommu_domain *domain[DOMAINS];
	u64 pa[DOMAINS][PAGES];
	u64 next_pa;
	struct iommu_domain *nested;
	struct guest *g;
	const char *what;
	u32 who;
	u32 done[7];
	u32 refused;
};

static u32 rnd(struct random *r, u32 below)
{
	return prandom_u32_state(&r->rnd) % below;
}

static struct smmu_master *master_of(const struct slot *s)
{
	return dev_iommu_priv_get(s->d->dev);
}

static bool has(u32 i, u32 sid)
{
	u32 j;

	for (j = 0; j < kinds[i].n; j++)
		if (kinds[i].sids[j] == sid)
			return true;
	return false;
}

/* Does another device that is there have one of the StreamIDs? */
static bool shares(const struct random *r, u32 i)
{
	u32 j, k;

	for (j = 0; j < DEVICES; j++)
		for (k = 0; j != i && r->slot[j].d && k < kinds[i].n; k++)
			if (has(j, kinds[i].sids[k]))
				return true;
	return false;
}

/* May the device have ATS and PASIDs? */
static bool is_principal(const struct random *r, u32 i)
{
	u32 j;

	if (!shares(r, i))
		return true;
	if (kinds[i].n > 1)
		return false;
	for (j = 0; j < DEVICES; j++)
		if (j != i && r->slot[j].d && kinds[j].sids[0] == kinds[i].sids[0])
			return false;
	return true;
}

/* The device that the STE of the StreamID shows, or NULL */
static const struct slot *shown(const struct random *r, u32 sid)
{
	const struct slot *newest = NULL;
	u32 i;

	for (i = 0; i < DEVICES; i++) {
		const struct slot *s = &r->slot[i];

		if (s->d && has(i, sid) && s->at != AT_BLOCKED &&
		    (!newest || s->stamp > newest->stamp))
			newest = s;
	}
	return newest;
}

static u64 leads_to(const struct random *r, int at, u32 page)
{
	if (at == AT_NESTED)
		at = PARENT;
	if (at == AT_IDENTITY)
		return IOVA(page);
	return at < 0 || !r->pa[at][page] ? RIG_NOWHERE : r->pa[at][page];
}

static struct iommu_domain *domain_at(struct random *r, int at)
{
	switch (at) {
	case AT_BLOCKED:
		return &smmu_blocked_domain;
	case AT_IDENTITY:
		return &smmu_identity_domain;
	case AT_NESTED:
		return r->nested;
	default:
		return r->domain[at];
	}
}

static u32 pasids(const struct slot *s)
{
	u32 ssid, n = 0;

	for (ssid = 1; ssid <= PASIDS; ssid++)
		n += s->d && s->pasid[ssid] != AT_NOTHING;
	return n;
}

/* Has the device, or another one that shares a StreamID with it, PASIDs attached? */
static bool pasids_near(const struct random *r, u32 i)
{
	u32 j, k;

	for (j = 0; j < DEVICES; j++)
		for (k = 0; k < kinds[i].n; k++)
			if (has(j, kinds[i].sids[k]) && pasids(&r->slot[j]))
				return true;
	return false;
}

/* Is one of them attached so that its STE would lead to no CD? */
static bool stage2_near(const struct random *r, u32 i)
{
	u32 j, k;

	for (j = 0; j < DEVICES; j++)
		for (k = 0; k < kinds[i].n; k++)
			if (r->slot[j].d && has(j, kinds[i].sids[k]) &&
			    (r->slot[j].at == AT_NESTED || IS_S2(r->slot[j].at)))
				return true;
	return false;
}

static u64 look(struct random *r, const struct slot *s, u32 sid, u32 ssid, u32 page)
{
	struct model_access a = {
		.sid = sid,
		.ssid = ssid,
		.ssv = ssid,
		.ats = s && s->d->atc && s->d->ats && s->d->sid == sid,
		.iova = IOVA(page),
	};

	return model_access(r->smmu->model, &a) ? RIG_NOWHERE : a.pa;
}

static void expect(struct kunit *test, struct random *r, u64 want, u64 got, u32 sid, u32 ssid)
{
	KUNIT_ASSERT_EQ_MSG(test, want, got,
			    "seed %u, operation %u (%s %u): StreamID 0x%x, PASID %u",
			    r->seed, r->op, r->what, r->who, sid, ssid);
}

static void check_device(struct kunit *test, struct random *r, u32 i)
{
	const struct slot *s = &r->slot[i], *seen;
	u32 ssid, page;

	if (!s->d)
		return;
	KUNIT_ASSERT_EQ_MSG(test, is_principal(r, i), master_of(s)->principal,
			    "seed %u, operation %u, device %u", r->seed, r->op, i);
	KUNIT_ASSERT_EQ(test, shares(r, i), master_of(s)->shared);
	KUNIT_ASSERT_EQ(test, shares(r, i), master_of(s)->lock != &master_of(s)->own_lock);
	if (!kinds[i].ats)
		return;
	seen = shown(r, s->d->sid);
	/* ATS is on only while its ATC is filled from the domain that it is invalidated for */
	if (s->d->ats)
		KUNIT_ASSERT_EQ_MSG(test, s->at, seen ? seen->at : AT_BLOCKED,
				    "seed %u, operation %u: ATS", r->seed, r->op);
	if (s->d->ats)
		KUNIT_ASSERT_TRUE(test, is_principal(r, i));
	for (ssid = 1; ssid <= PASIDS; ssid++)
		for (page = 0; page < PAGES; page++)
			if (s->pasid[ssid] != AT_NOTHING)
				expect(test, r, leads_to(r, s->pasid[ssid], page),
				       look(r, s, s->d->sid, ssid, page), s->d->sid, ssid);
}

/* Each access is made as the device with ATS and as one without */
static void check_stream(struct kunit *test, struct random *r, u32 sid)
{
	const struct slot *seen = shown(r, sid);
	int at = seen ? seen->at : AT_BLOCKED;
	u32 i, page;

	for (page = 0; page < PAGES; page++) {
		expect(test, r, leads_to(r, at, page), look(r, NULL, sid, 0, page), sid, 0);
		for (i = 0; i < DEVICES; i++)
			if (r->slot[i].d && r->slot[i].d->sid == sid && r->slot[i].d->ats)
				expect(test, r, leads_to(r, at, page),
				       look(r, &r->slot[i], sid, 0, page), sid, 0);
	}
}

static void check_all(struct kunit *test, struct random *r)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all_sids); i++)
		check_stream(test, r, all_sids[i]);
	for (i = 0; i < DEVICES; i++)
		check_device(test, r, i);
}

/* Return: what an attach of the device must say */
static int verdict(const struct random *r, u32 i, int at)
{
	if (at == AT_BLOCKED || at == AT_IDENTITY)
		return 0;
	if (at == AT_NESTED)
		return pasids(&r->slot[i]) ? -EBUSY : shares(r, i) ? -EINVAL : 0;
	return IS_S2(at) && pasids_near(r, i) ? -EBUSY : 0;
}

static void attached(struct random *r, struct slot *s, int at)
{
	s->at = at;
	if (at != AT_BLOCKED)
		s->stamp = ++r->stamps;
}

static void attach(struct kunit *test, struct random *r, u32 i, int at, bool memory)
{
	struct iommu_domain *domain = domain_at(r, at);
	struct slot *s = &r->slot[i];
	int want = verdict(r, i, at), ret;
	const struct slot *seen;
	bool ats;

	ret = domain->ops->attach_dev(domain, s->d->dev, NULL);
	KUNIT_ASSERT_EQ_MSG(test, want, ret, "seed %u, operation %u: device %u to %d", r->seed,
			    r->op, i, at);
	r->refused += !!ret;
	if (ret)
		return;
	attached(r, s, at);
	seen = shown(r, kinds[i].sids[0]);
	/*
	 * an attach to something turns ATS on where it is wanted; without memory only where the
	 * device has had it
	 */
	ats = kinds[i].ats && is_principal(r, i) && at != AT_NESTED &&
	      (at >= 0 || pasids(s));
	if (at != AT_BLOCKED && memory)
		KUNIT_ASSERT_EQ_MSG(test, ats, s->d->ats, "seed %u, operation %u: ATS of device %u",
				    r->seed, r->op, i);
	KUNIT_ASSERT_TRUE(test, at == AT_BLOCKED || seen == s);
}

static void set_pasid(struct kunit *test, struct random *r, u32 i, u32 ssid, int at)
{
	struct slot *s = &r->slot[i];
	struct iommu_domain *domain = at == AT_NOTHING ? &smmu_blocked_domain : r->domain[at];
	int want = 0, ret;

	if (at != AT_NOTHING) {
		if (!kinds[i].ats || !is_principal(r, i) || IS_S2(at))
			want = -EINVAL;
		else if (stage2_near(r, i))
			want = -EBUSY;
	}
	ret = domain->ops->set_dev_pasid(domain, s->d->dev, ssid, NULL);
	KUNIT_ASSERT_EQ_MSG(test, want, ret, "seed %u, operation %u: device %u, PASID %u to %d",
			    r->seed, r->op, i, ssid, at);
	r->refused += !!ret;
	if (!ret)
		s->pasid[ssid] = at;
}

/* Does the newcomer have a StreamID of a device that would lose what it uses? */
static bool is_refused(const struct random *r, u32 i)
{
	u32 j;

	for (j = 0; j < DEVICES; j++) {
		const struct slot *s = &r->slot[j];
		u32 k;

		for (k = 0; k < kinds[i].n; k++) {
			if (!s->d || !has(j, kinds[i].sids[k]))
				continue;
			if (master_of(s)->nested_id)
				return true;
			if (kinds[j].n == 1 && kinds[i].sids[0] != kinds[j].sids[0])
				continue;
			if (s->d->ats || pasids(s))
				return true;
		}
	}
	return false;
}

static void unplug(struct slot *s)
{
	iommu_group_put(s->d->group);
	machine_remove_device(s->d->dev);
	s->d->dev = NULL;
	s->d = NULL;
}

/* The first attach is to the default domain, identity */
static void plug(struct kunit *test, struct random *r, u32 i)
{
	struct slot *s = &r->slot[i];
	struct device *dev;
	u32 ssid;

	if (is_refused(r, i)) {
		dev = machine_add_device(r->smmu, kinds[i].sids, kinds[i].n, 0, false);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
		KUNIT_ASSERT_FALSE_MSG(test, device_iommu_mapped(dev),
				       "seed %u, operation %u: device %u", r->seed, r->op, i);
		machine_remove_device(dev);
		r->refused++;
		return;
	}
	r->rig->atc = kinds[i].ats;
	r->rig->ssid_bits = kinds[i].ats ? BITS : 0;
	/* places in the rig are used again */
	r->rig->nr_devices = i;
	s->d = rig_device_sids(test, r->rig, 0, kinds[i].sids, kinds[i].n);
	r->rig->nr_devices = DEVICES;
	attached(r, s, AT_IDENTITY);
	for (ssid = 1; ssid <= PASIDS; ssid++)
		s->pasid[ssid] = AT_NOTHING;
}

/*
 * The IOMMU core blocks the device with its PASIDs, and attaches them again. That needs no memory.
 */
static void reset(struct kunit *test, struct random *r, u32 i)
{
	struct slot *s = &r->slot[i];
	int at = s->at, pasid[PASIDS + 1];
	bool had_ats = s->d->ats, allocated;
	u32 ssid;

	if (at == AT_BLOCKED)
		return;
	memcpy(pasid, s->pasid, sizeof(pasid));
	attach(test, r, i, AT_BLOCKED, true);
	for (ssid = 1; ssid <= PASIDS; ssid++)
		if (pasid[ssid] != AT_NOTHING)
			set_pasid(test, r, i, ssid, AT_NOTHING);
	check_all(test, r);
	rig_alloc_begin(1);
	attach(test, r, i, at, had_ats);
	for (ssid = 1; ssid <= PASIDS; ssid++)
		if (pasid[ssid] != AT_NOTHING)
			set_pasid(test, r, i, ssid, pasid[ssid]);
	allocated = rig_alloc_end();
	/* a device that was shown to be without ATS before may have needed memory for it now */
	KUNIT_ASSERT_FALSE_MSG(test, allocated && (had_ats || s->d->ats),
			       "seed %u, operation %u: device %u", r->seed, r->op, i);
}

static void change_map(struct kunit *test, struct random *r)
{
	u32 d = rnd(r, DOMAINS), page = rnd(r, PAGES);

	if (r->pa[d][page]) {
		KUNIT_ASSERT_EQ(test, SZ_4K, iommu_unmap(r->domain[d], IOVA(page), SZ_4K));
		r->pa[d][page] = 0;
		return;
	}
	r->next_pa += SZ_4K;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(r->domain[d], IOVA(page), r->next_pa, SZ_4K,
					   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	r->pa[d][page] = r->next_pa;
}

static int any_at(struct random *r)
{
	u32 n = rnd(r, DOMAINS + 4);

	switch (n) {
	case DOMAINS:
		return AT_IDENTITY;
	case DOMAINS + 1:
		return AT_NESTED;
	default:
		/* with a device in the same domain as others more often than not */
		return n > DOMAINS ? 0 : n;
	}
}

/* What there is to do, with weights that add up to WEIGHTS */
enum { MAP, PLUG, UNPLUG, BLOCK, PASID, RESET, ATTACH };

struct what {
	const char *name;
	u32 weight;
};

static const struct what whats[] = {
	[MAP] = { "map or unmap", 4 },
	[PLUG] = { "add", 0 },
	[UNPLUG] = { "remove", 1 },
	[BLOCK] = { "block", 1 },
	[PASID] = { "PASID", 3 },
	[RESET] = { "reset", 2 },
	[ATTACH] = { "attach", 5 },
};

#define WEIGHTS		16

static u32 any_what(struct random *r)
{
	u32 at = rnd(r, WEIGHTS), what;

	for (what = 0; at >= whats[what].weight; what++)
		at -= whats[what].weight;
	return what;
}

static void step(struct kunit *test, struct random *r)
{
	u32 i = rnd(r, DEVICES), what = any_what(r);

	/* what is away can only be added */
	if (what != MAP && !r->slot[i].d)
		what = PLUG;
	r->what = whats[what].name;
	r->who = i;
	r->done[what]++;
	switch (what) {
	case MAP:
		change_map(test, r);
		break;
	case PLUG:
		plug(test, r, i);
		break;
	case UNPLUG:
		unplug(&r->slot[i]);
		break;
	case BLOCK:
		attach(test, r, i, AT_BLOCKED, true);
		break;
	case PASID:
		set_pasid(test, r, i, 1 + rnd(r, PASIDS), rnd(r, 3) ? (int)rnd(r, DOMAINS) :
			  AT_NOTHING);
		break;
	case RESET:
		reset(test, r, i);
		break;
	default:
		attach(test, r, i, any_at(r), true);
	}
}

static void prepare_run(struct kunit *test, struct random *r)
{
	struct model_config cfg;
	struct rig_device *d;
	u32 i;
	int ret;

	r->rig = rig_new(test);
	r->seed = owners_seed;
	r->next_pa = 0x10000000;
	prandom_seed_state(&r->rnd, r->seed);
	model_config_default(&cfg);
	cfg.idr[3] |= IDR3_FWB;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	r->smmu = rig_smmu(test, r->rig, 0, &cfg);
	for (i = 0; i < DEVICES; i++)
		plug(test, r, i);
	r->what = "begin";
	d = r->slot[DEVICES - 1].d;
	for (i = 0; i < DOMAINS; i++)
		r->domain[i] = IS_S2(i) ? rig_domain_s2(test, d) : rig_domain(test, d);
	r->g = guest_new(test, r->smmu, r->domain[PARENT], &ret);
	KUNIT_ASSERT_EQ(test, 0, ret);
	r->nested = guest_bypass(test, r->g);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r->nested);
}

static void at_random(struct kunit *test)
{
	struct random *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, r);
	prepare_run(test, r);
	for (r->op = 0; r->op < owners_ops; r->op++) {
		step(test, r);
		check_all(test, r);
	}
	kunit_info(test, "seed %u: %u operations: %u changes of maps, %u devices added, %u removed, %u blocked, %u PASIDs, %u resets, %u attaches; %u refused\n",
		   r->seed, r->op, r->done[MAP], r->done[PLUG], r->done[UNPLUG],
		   r->done[BLOCK], r->done[PASID], r->done[RESET], r->done[ATTACH], r->refused);
	for (i = 0; i < DEVICES; i++)
		if (r->slot[i].d)
			unplug(&r->slot[i]);
	for (i = 0; i < ARRAY_SIZE(all_sids); i++)
		expect(test, r, RIG_NOWHERE, look(r, NULL, all_sids[i], 0, 0), all_sids[i], 0);
	iommu_domain_free(r->nested);
	guest_destroy(r->g);
	for (i = 0; i < DOMAINS; i++)
		iommu_domain_free(r->domain[i]);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(r->smmu)->smmu.inst.asids));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_SLOW(at_random),
	{}
};

static struct kunit_suite suite = { .name = "smmu_owners_stress", .test_cases = cases };
kunit_test_suite(suite);
