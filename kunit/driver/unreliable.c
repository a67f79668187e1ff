// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <linux/bitfield.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include <smmuv3/raw_stub.h>

#include "core/array.h"
#include "core/cmd.h"
#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/change.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/restart.h"
#include "hw/cmdq_poll.h"
#include "hw/device.h"
#include "driver/unreliable.h"

struct unreliable unreliable;
static struct unreliable *const s = &unreliable;

static struct rig_device *device(u32 i)
{
	return &s->rig->device[i];
}

static struct smmu_iommu *iommu(u32 nr)
{
	return rig_iommu(s->rig->smmu[nr]);
}

/* Called with the model's lock held */
static u64 answer_ns(void *data, u32 sid)
{
	struct place *p = &s->place[(sid - SID_FIRST) / SID_STEP];
	u64 ns = READ_ONCE(p->answer_ns);

	if (ns > PORT_NS)
		WRITE_ONCE(p->unanswered, true);
	else
		WRITE_ONCE(p->late_ns, p->late_ns + ns);
	return ns;
}

static ktime_t clock_stub(struct smmu_cmdq *q)
{
	/* nobody else lets time pass meanwhile */
	if (irqs_disabled())
		model_advance(20 * NSEC_PER_MSEC);
	return ns_to_ktime(model_now());
}

static void sleep_stub(struct smmu_cmdq *q, u32 us)
{
	/* up to 0.4 s, so that two seconds are some looks, and a minute is not many */
	model_advance((20 + model_now() / NSEC_PER_USEC % 380) * NSEC_PER_MSEC);
	schedule();
}

static u32 nr_of(struct smmu_iommu *which)
{
	u32 i;

	for (i = 0; i < s->shape->smmus - 1; i++)
		if (iommu(i) == which)
			break;
	return i;
}

static void recover_stub(struct smmu_iommu *which, u32 ms)
{
	WRITE_ONCE(s->recover[nr_of(which)], true);
}

static void restart_stub(struct smmu_iommu *which, u32 ms)
{
	WRITE_ONCE(s->restart[nr_of(which)], true);
}

/* Is the SMMU on, and does nobody shut it? @shuts tells whether it was shut in between. */
static bool smmu_is_well(u32 nr, int *shuts)
{
	*shuts = atomic_read(&iommu(nr)->shuts);
	return !smmu_shut_has_begun(&iommu(nr)->smmu) && model_is_on(s->rig->smmu[nr]->model);
}

/* Make an access, and compare it with what was known before and after it */
void unreliable_access(struct rnd_state *rnd, u32 i, u32 n, u32 slot)
{
	u64 iova = iova_of(slot) + rnd_below(rnd, SZ_4K), pa;
	struct place *p = &s->place[i];
	u32 seq, epoch, id = 0, got, gone;
	struct shared *sh = NULL;
	int at, shuts, shuts_now;
	bool still, well;

	epoch = atomic_read(&s->epoch);
	seq = READ_ONCE(p->seq[n]);
	/*
	 * read what is known, then access, then read it again: pairs with unreliable_attach() and
	 * others
	 */
	smp_mb();
	at = READ_ONCE(p->at[n]);
	if (at >= 0) {
		sh = &s->shared[at];
		id = READ_ONCE(sh->id[slot]);
	}
	well = smmu_is_well(device(i)->smmu, &shuts) && p->saint;
	/* the state is read before the access; pairs with do_unmap() and unreliable_attach() */
	smp_mb();
	pa = n ? rig_access_ssid(s->rig, device(i), n, iova, rnd_below(rnd, 2)) :
		 rig_access(s->rig, device(i), iova, rnd_below(rnd, 2));
	/* the access is over before @seq is read again; pairs with unreliable_attach() */
	smp_mb();
	still = !(seq & 1) && READ_ONCE(p->seq[n]) == seq;
	well = smmu_is_well(device(i)->smmu, &shuts_now) && well && shuts == shuts_now;

	atomic_inc(&s->done[pa == RIG_NOWHERE ? ACCESSES : HITS]);
	got = pa == RIG_NOWHERE || pa >= IOVA_BASE ? 0 : pa >> SLOT_SHIFT;
	if (got && got < IDS_MAX) {
		gone = READ_ONCE(s->map[got].gone);
		if (gone && gone <= epoch)
			rig_wrong(&s->wrong, "device %u/%u meets mapping %u, gone since %u, at %u",
				  i, n, got, gone, epoch);
		if (still && s->map[got].domain != at)
			rig_wrong(&s->wrong, "device %u/%u at %d goes through domain %u", i, n, at,
				  s->map[got].domain);
		if ((pa ^ iova) & (SZ_4K - 1))
			rig_wrong(&s->wrong, "offset: 0x%llx gives 0x%llx", iova, pa);
	}
	if (!still)
		return;
	/* an STE that bypasses does so for requests with PASID, too */
	if (n && at == AT_BLOCKED && pa == iova)
		return;
	if (pa != RIG_NOWHERE && (at == AT_IDENTITY ? pa != iova : pa >= IOVA_BASE))
		rig_wrong(&s->wrong, "device %u/%u at %d: 0x%llx gives 0x%llx", i, n, at, iova, pa);
	if (pa != RIG_NOWHERE && at == AT_BLOCKED)
		rig_wrong(&s->wrong, "device %u/%u is blocked and reaches 0x%llx", i, n, pa);
	if (!well)
		return;
	if (at == AT_IDENTITY && pa != iova)
		rig_wrong(&s->wrong, "device %u at identity does not reach 0x%llx but 0x%llx", i,
			  iova, pa);
	if (id && READ_ONCE(sh->id[slot]) == id && got != id)
		rig_wrong(&s->wrong, "device %u/%u does not reach mapping %u but %u", i, n, id,
			  got);
}

static struct iommu_domain *domain_at(int at)
{
	return at == AT_IDENTITY ? &smmu_identity_domain :
	       at == AT_BLOCKED ? &smmu_blocked_domain : s->shared[at].domain;
}

static void begin_change(struct place *p, u32 n)
{
	lockdep_assert_held(&p->lock);
	WRITE_ONCE(p->seq[n], p->seq[n] + 1);
	/* @seq is odd before the device is attached; pairs with unreliable_access() */
	smp_mb();
}

static void end_change(struct place *p, u32 n, int at)
{
	WRITE_ONCE(p->at[n], at);
	/* @seq is even after the device was attached; pairs with unreliable_access() */
	smp_mb();
	WRITE_ONCE(p->seq[n], p->seq[n] + 1);
}

/* The place's lock is held. @n: 0 for requests without PASID, else the PASID */
void unreliable_attach(u32 i, u32 n, int at)
{
	struct iommu_domain *domain = domain_at(at);
	struct place *p = &s->place[i];
	int ret;

	begin_change(p, n);
	ret = n ? domain->ops->set_dev_pasid(domain, device(i)->dev, n, NULL) :
		  rig_attach(device(i), domain);
	if (ret)
		rig_wrong(&s->wrong, "attach of device %u/%u to %d: %d", i, n, at, ret);
	end_change(p, n, at);
	atomic_inc(&s->done[ATTACHES]);
}

/* Is there a reason why the device, or one that is the same, was cut off? */
static bool is_guilty(u32 i)
{
	u32 k;

	for (k = 0; k < s->shape->devices; k++) {
		const struct place *p = &s->place[k];

		if (p->body == s->place[i].body &&
		    (READ_ONCE(p->unanswered) ||
		     p->late_before_ns + READ_ONCE(p->late_ns) >=
			     SMMU_SLOW_MS * (u64)NSEC_PER_MSEC))
			return true;
	}
	return false;
}

static void judge_cut(u32 i)
{
	struct smmu_master *master = dev_iommu_priv_get(device(i)->dev);

	if ((device(i)->cut || master->ats_failures) && !is_guilty(i))
		rig_wrong(&s->wrong, "device %u was cut off, because it %s, and is innocent", i,
			  smmu_cut_text(master->cut_why));
}

static void plug_in(u32 i)
{
	struct rig_device *d = device(i);
	struct device *dev;

	dev = machine_add_device(s->rig->smmu[d->smmu], &d->sid, 1, s->place[i].pasids ? BITS : 0,
				 false);
	if (IS_ERR(dev)) {
		rig_wrong(&s->wrong, "device %u is not found again: %ld", i, PTR_ERR(dev));
		return;
	}
	d->dev = dev;
	d->cut = false;
	d->bus_master = true;
	d->mastered = false;
	d->group = iommu_group_get(dev);
	if (!d->group)
		rig_wrong(&s->wrong, "device %u has no group", i);
}

/* The thread that has plugged a device in is its worker, too */
static void finish_later(struct smmu_master *master)
{
	s->put_off = smmu_master_get(master);
}

static void finish(void)
{
	struct smmu_master *master = s->put_off;

	s->put_off = NULL;
	if (master)
		smmu_change_finish_work(&master->finish);
}

void unreliable_replug(u32 i, bool pull)
{
	struct place *p = &s->place[i];
	u32 n;

	lockdep_assert_held(&p->lock);
	mutex_lock(&s->plugs);
	if (pull)
		WRITE_ONCE(p->answer_ns, MODEL_GONE);
	for (n = 1; p->pasids && n <= PASIDS; n++)
		if (p->at[n] >= 0)
			unreliable_attach(i, n, AT_BLOCKED);
	begin_change(p, 0);
	judge_cut(i);
	rig_remove(device(i));
	model_new_device(s->rig->smmu[device(i)->smmu]->model, device(i)->sid);
	if (pull)
		WRITE_ONCE(p->answer_ns, 0);
	plug_in(i);
	finish();
	end_change(p, 0, AT_IDENTITY);
	mutex_unlock(&s->plugs);
}

/*
 * Commands at which a queue can stand, and a CMD_SYNC that does not wait for a device. If it stood
 * at another one, nobody could tell that from a device that is slow.
 */
static const u8 stops[] = {
	CMD_TLBI_NH_VA, CMD_TLBI_NH_ASID, CMD_TLBI_S2_IPA, CMD_TLBI_S12_VMALL, CMD_CFGI_STE,
};

static void go_on(u32 nr)
{
	const struct model_inject none = {};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(stops); i++)
		model_latency(s->rig->smmu[nr]->model, stops[i], 0);
	model_inject(s->rig->smmu[nr]->model, &none);
	WRITE_ONCE(s->stands_until[nr], 0);
}

void unreliable_stand(struct rnd_state *rnd, u32 nr)
{
	static const u32 ms[] = { 100, 1500, 1900, 2500, 5000, 30000, 100000 };
	u64 ns = ms[rnd_below(rnd, ARRAY_SIZE(ms))] * (u64)NSEC_PER_MSEC;
	const struct model_inject lost = { .lost_plain_sync = true };
	struct model *m = s->rig->smmu[nr]->model;

	if (READ_ONCE(s->stands_until[nr]))
		return;
	WRITE_ONCE(s->stands_until[nr], model_now() + ns);
	if (rnd_below(rnd, 4))
		model_latency(m, stops[rnd_below(rnd, ARRAY_SIZE(stops))], ns);
	else
		model_inject(m, &lost);
}

static void recover_pending(void)
{
	u32 i;

	for (i = 0; i < s->shape->smmus; i++)
		if (xchg(&s->recover[i], false))
			smmu_ats_recover(iommu(i));
}

/* What the work items would do, and the passing of time */
void unreliable_keep(void)
{
	u32 i;

	for (i = 0; i < s->shape->smmus; i++)
		if (READ_ONCE(s->stands_until[i]) && model_now() > READ_ONCE(s->stands_until[i]))
			go_on(i);
	recover_pending();
	for (i = 0; i < s->shape->smmus; i++)
		if (xchg(&s->restart[i], false))
			smmu_restart(iommu(i));
	model_advance(NSEC_PER_SEC);
}

/* Each PASID that is attached, and requests without PASID, reach what is mapped, by ATS */
static void check_device(struct rnd_state *rnd, u32 i)
{
	struct smmu_master *master = dev_iommu_priv_get(device(i)->dev);
	struct place *p = &s->place[i];
	u32 n, slot;
	int at = p->at[0];

	judge_cut(i);
	if (master->ats_cut)
		rig_wrong(&s->wrong, "device %u is cut off, and nobody goes on with it", i);
	if (!device(i)->bus_master)
		rig_wrong(&s->wrong, "device %u does not have bus mastering back", i);
	if (p->saint && at >= 0 && !device(i)->ats)
		rig_wrong(&s->wrong, "device %u is innocent and has no ATS", i);
	s->cuts += !!master->ats_failures;
	rig_forgive(device(i));
	mutex_lock(&p->lock);
	unreliable_attach(i, 0, AT_BLOCKED);
	unreliable_attach(i, 0, at);
	mutex_unlock(&p->lock);
	device(i)->cut = false;
	if (at >= 0 && !device(i)->ats)
		rig_wrong(&s->wrong, "device %u has no ATS", i);
	for (n = 0; n < (p->pasids ? 1 + PASIDS : 1); n++)
		for (slot = 0; slot < SLOTS; slot++)
			unreliable_access(rnd, i, n, slot);
}

static void check_smmu(u32 nr)
{
	struct smmu_device *smmu = &iommu(nr)->smmu;
	struct model *m = s->rig->smmu[nr]->model;
	u32 id;

	for (id = 1; id < 128; id++) {
		if (model_has_asid(m, id) && !rig_tag_is_used(&smmu->inst, SMMU_INV_S1_ASID, id))
			rig_wrong(&s->wrong, "SMMU %u: ASID %u has no user", nr, id);
		if (model_has_vmid(m, id) && !rig_tag_is_used(&smmu->inst, SMMU_INV_S2_VMID, id))
			rig_wrong(&s->wrong, "SMMU %u: VMID %u has no user", nr, id);
	}
	if (atomic_read(&smmu->inst.withheld) || atomic_read(&smmu->withheld))
		rig_wrong(&s->wrong, "SMMU %u: tags or memory are withheld", nr);
}

/* All hardware answers: everything must come back by itself */
void unreliable_calm(struct rnd_state *rnd)
{
	bool saint[DEVICES_MAX];
	u32 i, k;

	for (i = 0; i < s->shape->devices; i++)
		if (!s->place[i].saint)
			s->place[i].answer_ns = 0;
	for (i = 0; i < s->shape->smmus; i++)
		go_on(i);
	/* an SMMU that waits for a device goes on when the root port has given up */
	for (k = 0; k < 4; k++) {
		model_advance(PORT_NS);
		unreliable_keep();
	}
	for (i = 0; i < s->shape->smmus; i++) {
		if (smmu_device_is_dead(&iommu(i)->smmu))
			rig_wrong(&s->wrong, "SMMU %u does not come back", i);
		if (s->recover[i] || s->restart[i])
			rig_wrong(&s->wrong, "SMMU %u is not done with its work", i);
	}
	for (i = 0; i < s->shape->devices; i++) {
		/* what the queue has stood for is charged when the next CPU waits, maybe here */
		recover_pending();
		saint[i] = s->place[i].saint;
		check_device(rnd, i);
	}
	/* now all of them work, as those do that have answered always */
	for (i = 0; i < s->shape->devices; i++) {
		s->place[i].saint = true;
		check_device(rnd, i);
		s->place[i].saint = saint[i];
		s->place[i].unanswered = false;
		s->place[i].late_before_ns = s->place[i].late_ns;
		s->place[i].late_ns = 0;
	}
	for (i = 0; i < s->shape->smmus; i++)
		check_smmu(i);
}

static void make_smmu(struct kunit *test, u32 i)
{
	struct model_config cfg;

	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], BITS);
	/* time passes for those who poll */
	cfg.read_ns = 100 * NSEC_PER_USEC;
	if (i & 2)
		cfg.idr[0] |= IDR0_MSI;
	if (i == 2)
		model_config_ecmdqs(&cfg, 0, 2, i);
	if (i == 1)
		model_config_cmdqv(&cfg, 3, 1, i);
	/* a small queue, which fills up */
	if (i == 3)
		FIELD_MODIFY(IDR1_CMDQS, &cfg.idr[1], 4);
	rig_smmu(test, s->rig, i, &cfg);
	model_devices(s->rig->smmu[i]->model, answer_ns, NULL, PORT_NS);
}

static void make_device(struct kunit *test, u32 i)
{
	u32 smmus = s->shape->smmus, nth = i / smmus;
	struct place *p = &s->place[i];

	mutex_init(&p->lock);
	p->at[0] = AT_IDENTITY;
	p->at[1] = AT_BLOCKED;
	p->at[2] = AT_BLOCKED;
	p->pasids = nth % 3 == 1;
	/* of each SMMU, the first device, and then two of four */
	p->saint = nth % 4 == 0 || nth % 4 == 3;
	p->answer_ns = p->saint ? i % 3 * NSEC_PER_MSEC : 0;
	/* the fifth and sixth are functions of the same device, one of which is silent at times */
	p->body = nth == 5 ? i - smmus : i;
	if (nth == 4 || nth == 5)
		p->saint = false;
	s->rig->physical = p->body + 1;
	s->rig->ssid_bits = p->pasids ? BITS : 0;
	rig_device(test, s->rig, i % smmus);
}

void unreliable_make(struct kunit *test, const struct shape *shape)
{
	u32 i;

	memset(s, 0, sizeof(*s));
	s->rig = rig_new(test);
	s->shape = shape;
	s->rig->atc = true;
	s->map = vzalloc(IDS_MAX * sizeof(*s->map));
	KUNIT_ASSERT_NOT_NULL(test, s->map);
	mutex_init(&s->plugs);
	kunit_activate_static_stub(test, smmu_change_finish_later, finish_later);
	atomic_set(&s->epoch, 1);
	smmu_activate_raw_stub(test, smmu_cmdq_clock, clock_stub);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, sleep_stub);
	smmu_activate_raw_stub(test, smmu_ats_recover_later, recover_stub);
	smmu_activate_raw_stub(test, smmu_restart_later, restart_stub);
	for (i = 0; i < shape->smmus; i++)
		make_smmu(test, i);
	for (i = 0; i < shape->devices; i++)
		make_device(test, i);
	for (i = 0; i < DOMAINS; i++) {
		mutex_init(&s->shared[i].lock);
		s->shared[i].domain = is_stage2(i) ? rig_domain_s2(test, device(0)) :
						    rig_domain(test, device(0));
		/* every second one is a domain of the kernel, which ends a device's failure */
		if (i & 1)
			s->shared[i].domain->type = IOMMU_DOMAIN_DMA;
	}
}

void unreliable_end(struct kunit *test)
{
	u32 i, n;

	for (i = 0; i < s->shape->devices; i++) {
		mutex_lock(&s->place[i].lock);
		for (n = 1; s->place[i].pasids && n <= PASIDS; n++)
			unreliable_attach(i, n, AT_BLOCKED);
		unreliable_attach(i, 0, AT_IDENTITY);
		mutex_unlock(&s->place[i].lock);
	}
	for (i = 0; i < DOMAINS; i++)
		iommu_domain_free(s->shared[i].domain);
	for (i = 0; i < s->shape->smmus; i++) {
		KUNIT_EXPECT_TRUE(test, ida_is_empty(&iommu(i)->smmu.inst.asids));
		KUNIT_EXPECT_TRUE(test, ida_is_empty(&iommu(i)->smmu.inst.vmids));
		s->shuts += atomic_read(&iommu(i)->shuts);
	}
	rig_check(test, s->rig);
	for (i = 0; i < s->shape->devices; i++)
		rig_remove(device(i));
	for (i = 0; i < s->shape->smmus; i++)
		KUNIT_EXPECT_TRUE(test, list_empty(&iommu(i)->masters));
	vfree(s->map);
}
