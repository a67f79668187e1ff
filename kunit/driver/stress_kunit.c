// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once: several threads map, unmap, attach and access, on several SMMUs that share
 * domains, while one more SMMU comes and goes. Now and then the machine sleeps.
 *
 * Each mapping gets an output address of its own, so that an access tells which mapping it went
 * through. The following must hold:
 *
 *  - no access that begins after an unmap has returned goes through that mapping
 *  - no access that begins after an attach has returned goes through another domain
 *  - an access reaches what is mapped all the time
 *  - identity and blocked never fail, even while allocations fail
 *  - an SMMU that is not coherent is refused a domain whose table is not cleaned, and no other
 *  - in the end a tag without a user is in no TLB, every tag is free again, nothing is leaked
 */
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "core/array.h"
#include "core/cmd.h"
#include "drv/domain.h"
#include "driver/rig.h"
#include "driver/sleep.h"

static uint stress_seed = 20261121;
module_param(stress_seed, uint, 0444);
MODULE_PARM_DESC(stress_seed, "first of the seeds of smmu_stress, one for each thread");

static uint stress_percent = 100;
module_param(stress_percent, uint, 0444);
MODULE_PARM_DESC(stress_percent, "percent of the operations of each case of smmu_stress");

#define THREADS		4
#define DOMAINS		6
#define SLOTS		24
#define IOVA_BASE	BIT_ULL(40)
#define SLOT_SHIFT	21
#define IDS_MAX		BIT(18)
/* Of these at most a third are maps, and each map needs an id */
#define OPS_MAX		(IDS_MAX * 3ULL)

enum { AT_IDENTITY = -1, AT_BLOCKED = -2 };

/**
 * struct shape - size of a run
 * @name: name of the case
 * @smmus: number of SMMUs
 * @devices: number of devices
 * @ops: number of operations of all threads together, for stress_percent=100
 * @mixed: every second SMMU is not coherent, the first one among them
 * @passer_by: one more SMMU comes and goes
 * @awake: the machine does not sleep, which empties all caches
 */
struct shape {
	const char *name;
	u32 smmus;
	u32 devices;
	u32 ops;
	bool mixed;
	bool passer_by;
	bool awake;
};

static const struct shape shapes[] = {
	{ "1 SMMU, 1 device", 1, 1, 5000 },
	{ "1 SMMU, 8 devices", 1, 8, 10000 },
	{ "3 SMMUs, 12 devices", 3, 12, 20000 },
	{ "1 SMMU, not coherent, 8 devices", 1, 8, 10000, true },
	{ "4 SMMUs, 2 not coherent, 16 devices", 4, 16, 20000, true },
	{ "7 SMMUs and a passer-by, 63 devices", 7, 63, 35000, .passer_by = true },
	{ "7 SMMUs, 4 not coherent, and a passer-by, 63 devices", 7, 63, 35000, true, true },
};

KUNIT_ARRAY_PARAM_DESC(shape, shapes, name);

/**
 * struct mapping - what is known of a mapping; its index is its id
 * @gone: epoch in which its unmap has returned, 0 while it exists
 * @domain: index of its domain
 */
struct mapping {
	u32 gone;
	u8 domain;
};

/**
 * struct shared - a domain
 * @domain: the domain
 * @coherent: its page table is not cleaned, so an SMMU that is not coherent cannot walk it
 * @lock: protects the slots against other mappers
 * @id: id of the mapping in each slot, 0 for none. Set when map has returned, cleared before
 *	unmap begins; read without the lock.
 * @size: size of that mapping
 */
struct shared {
	struct iommu_domain *domain;
	bool coherent;
	struct mutex lock;	/* protects @id and @size */
	u32 id[SLOTS];
	u32 size[SLOTS];
};

/**
 * struct place - where a device is attached
 * @lock: protects the rest against other attachers
 * @seq: odd while the device is being attached
 * @at: domain index, AT_IDENTITY or AT_BLOCKED
 */
struct place {
	struct mutex lock;	/* protects @seq and @at */
	u32 seq;
	int at;
};

struct stress {
	struct rig *rig;
	struct shared shared[DOMAINS];
	struct place place[RIG_DEVICES];
	struct mapping *map;
	atomic_t epoch;
	atomic_t next_id;
	atomic_t ops_left;
	atomic_t done[6];
	struct rw_semaphore asleep;	/* held by operations, and taken by who sends to sleep */
	u32 naps;
	atomic_t errors;
	char error[128];
	u32 devices;
	u32 seed;
	bool mixed;
	bool stop;
};

struct worker {
	struct stress *s;
	struct rnd_state rnd;
	struct task_struct *task;
};

static u32 rnd(struct worker *w, u32 below)
{
	return prandom_u32_state(&w->rnd) % below;
}

static __printf(2, 3) void wrong(struct stress *s, const char *fmt, ...)
{
	va_list args;

	if (atomic_inc_return(&s->errors) > 1)
		return;
	va_start(args, fmt);
	vsnprintf(s->error, sizeof(s->error), fmt, args);
	va_end(args);
}

/* Is SMMU number @i coherent? */
static bool is_coherent(const struct stress *s, u32 i)
{
	return !s->mixed || i & 1;
}

static u64 iova_of(u32 slot)
{
	return IOVA_BASE + ((u64)slot << SLOT_SHIFT);
}

static void do_map(struct worker *w)
{
	static const u32 sizes[] = { SZ_4K, SZ_4K, SZ_64K, SZ_2M };
	struct stress *s = w->s;
	u32 d = rnd(w, DOMAINS), slot = rnd(w, SLOTS), size = sizes[rnd(w, 4)];
	struct shared *sh = &s->shared[d];
	u32 id;

	mutex_lock(&sh->lock);
	id = sh->id[slot] ? 0 : atomic_inc_return(&s->next_id);
	if (id && id < IDS_MAX) {
		s->map[id].domain = d;
		if (!iommu_map(sh->domain, iova_of(slot), (u64)id << SLOT_SHIFT, size,
			       IOMMU_READ | IOMMU_WRITE, GFP_KERNEL)) {
			sh->size[slot] = size;
			/*
			 * the id is set when the mapping exists; pairs with the loads in
			 * do_access()
			 */
			smp_store_release(&sh->id[slot], id);
		}
	}
	mutex_unlock(&sh->lock);
}

static void do_unmap(struct worker *w)
{
	struct stress *s = w->s;
	struct shared *sh = &s->shared[rnd(w, DOMAINS)];
	u32 slot = rnd(w, SLOTS), id;

	mutex_lock(&sh->lock);
	id = sh->id[slot];
	if (id) {
		WRITE_ONCE(sh->id[slot], 0);
		/* the id is cleared before the mapping goes; pairs with do_access() */
		smp_mb();
		if (iommu_unmap(sh->domain, iova_of(slot), sh->size[slot]) != sh->size[slot])
			wrong(s, "unmap of slot %u fails", slot);
		WRITE_ONCE(s->map[id].gone, atomic_inc_return(&s->epoch));
	}
	mutex_unlock(&sh->lock);
}

/* Make an access, and compare it with what was known before and after it */
static void do_access(struct worker *w)
{
	struct stress *s = w->s;
	u32 i = rnd(w, s->devices), slot = rnd(w, SLOTS), seq, epoch, id = 0, got;
	u64 iova = iova_of(slot) + rnd(w, SZ_4K), pa;
	struct place *p = &s->place[i];
	struct shared *sh = NULL;
	bool still;
	int at;

	epoch = atomic_read(&s->epoch);
	seq = READ_ONCE(p->seq);
	/* read what is known, then access, then read it again: pairs with do_attach() and others */
	smp_mb();
	at = READ_ONCE(p->at);
	if (at >= 0) {
		sh = &s->shared[at];
		id = READ_ONCE(sh->id[slot]);
	}
	/* the state is read before the access; pairs with do_unmap() and do_attach() */
	smp_mb();
	pa = rig_access(s->rig, &s->rig->device[i], iova, rnd(w, 2));
	/* the access is over before @seq is read again; pairs with do_attach() */
	smp_mb();
	still = !(seq & 1) && READ_ONCE(p->seq) == seq;

	got = pa == RIG_NOWHERE || pa >= IOVA_BASE ? 0 : pa >> SLOT_SHIFT;
	if (got && got < IDS_MAX) {
		u32 gone = READ_ONCE(s->map[got].gone);

		if (gone && gone <= epoch)
			wrong(s, "device %u meets mapping %u, gone since %u, at %u", i, got, gone,
			      epoch);
		if (still && s->map[got].domain != at)
			wrong(s, "device %u at %d goes through domain %u", i, at,
			      s->map[got].domain);
		if ((pa ^ iova) & (SZ_2M - 1))
			wrong(s, "offset: 0x%llx gives 0x%llx", iova, pa);
	}
	if (!still)
		return;
	if (at == AT_IDENTITY ? pa != iova : pa != RIG_NOWHERE && pa >= IOVA_BASE)
		wrong(s, "device %u at %d: 0x%llx gives 0x%llx", i, at, iova, pa);
	if (at == AT_BLOCKED && pa != RIG_NOWHERE)
		wrong(s, "device %u is blocked and reaches 0x%llx", i, pa);
	if (id && READ_ONCE(sh->id[slot]) == id && got != id)
		wrong(s, "device %u does not reach mapping %u but %u", i, id, got);
}

static void do_attach(struct worker *w)
{
	struct stress *s = w->s;
	u32 i = rnd(w, s->devices);
	struct place *p = &s->place[i];
	int at = (int)rnd(w, DOMAINS + 2) - 2, ret;
	bool starve = !rnd(w, 4), fits;

	fits = at < 0 || !s->shared[at].coherent || is_coherent(s, s->rig->device[i].smmu);

	mutex_lock(&p->lock);
	WRITE_ONCE(p->seq, p->seq + 1);
	/* @seq is odd before the device is attached; pairs with do_access() */
	smp_mb();
	if (starve)
		rig_alloc_begin(1 + rnd(w, 3));
	ret = rig_attach(&s->rig->device[i],
			 at == AT_IDENTITY ? &smmu_identity_domain :
			 at == AT_BLOCKED ? &smmu_blocked_domain : s->shared[at].domain);
	rig_alloc_end();
	if (!ret && fits)
		WRITE_ONCE(p->at, at);
	else if (!fits && ret == -EINVAL)
		atomic_inc(&s->done[5]);
	else if (at < 0 || !starve || ret != -ENOMEM)
		wrong(s, "attach of device %u to %d: %d", i, at, ret);
	/* @seq is even after the device was attached; pairs with do_access() */
	smp_mb();
	WRITE_ONCE(p->seq, p->seq + 1);
	mutex_unlock(&p->lock);
}

static int work(void *data)
{
	struct worker *w = data;
	struct stress *s = w->s;

	/*
	 * the devices of the rig have no config space, so this thread needs the stubs of the case
	 */
	current->kunit_test = s->rig->test;
	while (atomic_dec_if_positive(&s->ops_left) >= 0 && !atomic_read(&s->errors)) {
		u32 dice = rnd(w, 100);

		down_read(&s->asleep);
		if (dice < 30)
			do_map(w);
		else if (dice < 58)
			do_unmap(w);
		else if (dice < 90)
			do_access(w);
		else
			do_attach(w);
		up_read(&s->asleep);
		atomic_inc(&s->done[dice < 30 ? 0 : dice < 58 ? 1 : dice < 90 ? 2 : 3]);
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	current->kunit_test = NULL;
	return 0;
}

/* A domain that suits a device of SMMU number @i */
static struct iommu_domain *suitable(struct worker *w, u32 i)
{
	const struct shared *sh;

	do
		sh = &w->s->shared[rnd(w, DOMAINS)];
	while (sh->coherent && !is_coherent(w->s, i));
	return sh->domain;
}

/*
 * Let one more SMMU with one device come and go while the other threads work. Where some are not
 * coherent, every second passer-by is not.
 */
static void pass_by(struct kunit *test, struct stress *s, struct worker *w)
{
	struct rig *rig = s->rig;
	struct model_config cfg;
	struct rig_device *d;
	u32 before = rig->nr_devices, nr = atomic_read(&s->done[4]);

	model_config_default(&cfg);
	rig->noncoherent = !is_coherent(s, nr);
	rig_smmu(test, rig, RIG_SMMUS - 1, &cfg);
	d = rig_device(test, rig, RIG_SMMUS - 1);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, suitable(w, nr)));
	rig_access(rig, d, iova_of(0), false);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, suitable(w, nr)));
	rig_remove(d);
	rig->nr_devices = before;
	rig_remove_smmu(rig, RIG_SMMUS - 1);
	atomic_inc(&s->done[4]);
}

/* What was mapped and attached before is so afterwards */
static void take_nap(struct stress *s, struct worker *w)
{
	static const enum sleep_kind kinds[] = { SLEEP_IDLE, SLEEP_RAM, SLEEP_DISK };

	down_write(&s->asleep);
	sleep_once(s->rig, kinds[rnd(w, ARRAY_SIZE(kinds))]);
	up_write(&s->asleep);
	s->naps++;
}

static void make_kind(u32 i, struct model_config *cfg)
{
	model_config_default(cfg);
	if (i & 1)
		cfg->idr[3] &= ~IDR3_RIL;
	if (i & 2)
		cfg->idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	if (i & 4)
		model_config_ecmdqs(cfg, i & 1, 3, i);
	else if (i & 2)
		model_config_cmdqv(cfg, 3, i & 1, i);
	cfg->cmdqv_no_hyp = i & 1;
	if (i % 3 == 1)
		cfg->idr[0] |= IDR0_HYP;
	/* a small queue, which fills up */
	if (i == 2)
		cfg->idr[1] = (cfg->idr[1] & ~IDR1_CMDQS) | FIELD_PREP(IDR1_CMDQS, 4);
}

/*
 * Every third domain is of stage 2. Where some SMMUs are not coherent, every third is made for one
 * of them, and all can share it; the others are for coherent ones, if there are any.
 */
static void make_domain(struct kunit *test, struct stress *s, const struct shape *shape, u32 i)
{
	struct shared *sh = &s->shared[i];
	struct rig_device *d;

	d = &s->rig->device[s->mixed && shape->smmus > 1 && i % 3];
	mutex_init(&sh->lock);
	sh->coherent = is_coherent(s, d->smmu);
	sh->domain = sh->coherent && i % 3 == 2 ? rig_domain_s2(test, d) : rig_domain(test, d);
}

static void setup(struct kunit *test, struct stress *s, const struct shape *shape)
{
	struct model_config cfg;
	u32 i;

	s->mixed = shape->mixed;
	s->rig = rig_new(test);
	s->devices = shape->devices;
	s->map = vzalloc(IDS_MAX * sizeof(*s->map));
	KUNIT_ASSERT_NOT_NULL(test, s->map);
	atomic_set(&s->epoch, 1);
	init_rwsem(&s->asleep);
	atomic_set(&s->ops_left, clamp(shape->ops * (u64)stress_percent / 100, 1ULL, OPS_MAX));
	rig_at_el2(s->rig);
	for (i = 0; i < shape->smmus; i++) {
		make_kind(i, &cfg);
		s->rig->noncoherent = !is_coherent(s, i);
		rig_smmu(test, s->rig, i, &cfg);
		/* every second one is at once done with what it reads */
		model_latency(s->rig->smmu[i]->model, CMD_SYNC, i & 1 ? 0 : 1000);
	}
	for (i = 0; i < shape->devices; i++) {
		/* every second device has an ATC */
		s->rig->atc = i & 1;
		rig_device(test, s->rig, i % shape->smmus);
		mutex_init(&s->place[i].lock);
		s->place[i].at = AT_IDENTITY;
	}
	for (i = 0; i < DOMAINS; i++)
		make_domain(test, s, shape, i);
}

static void check_tags(struct kunit *test, struct stress *s, const struct shape *shape)
{
	u32 i, id;

	for (i = 0; i < shape->smmus; i++) {
		struct smmu_inst *inst = &rig_iommu(s->rig->smmu[i])->smmu.inst;
		struct model *m = s->rig->smmu[i]->model;

		for (id = 1; id < 256; id++) {
			if (!rig_tag_is_used(inst, SMMU_INV_S1_ASID, id))
				KUNIT_EXPECT_FALSE_MSG(test, model_has_asid(m, id),
						       "SMMU %u: ASID %u", i, id);
			if (!rig_tag_is_used(inst, SMMU_INV_S2_VMID, id))
				KUNIT_EXPECT_FALSE_MSG(test, model_has_vmid(m, id),
						       "SMMU %u: VMID %u", i, id);
		}
	}
}

static void take_down(struct kunit *test, struct stress *s, const struct shape *shape)
{
	u32 i;

	for (i = 0; i < s->devices; i++)
		KUNIT_EXPECT_EQ(test, 0, rig_attach(&s->rig->device[i], &smmu_identity_domain));
	for (i = 0; i < DOMAINS; i++)
		iommu_domain_free(s->shared[i].domain);
	for (i = 0; i < shape->smmus; i++) {
		struct smmu_inst *inst = &rig_iommu(s->rig->smmu[i])->smmu.inst;

		KUNIT_EXPECT_TRUE(test, ida_is_empty(&inst->asids));
		KUNIT_EXPECT_TRUE(test, ida_is_empty(&inst->vmids));
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&inst->withheld));
	}
	rig_check(test, s->rig);
	vfree(s->map);
}

static void run(struct kunit *test, struct stress *s, const struct shape *shape)
{
	struct worker *w = kunit_kcalloc(test, THREADS + 1, sizeof(*w), GFP_KERNEL);
	u64 start = ktime_get_ns();
	u32 i, total = 0, pass = 0;

	KUNIT_ASSERT_NOT_NULL(test, w);
	rig_hush(s->rig);
	for (i = 0; i <= THREADS; i++) {
		w[i].s = s;
		prandom_seed_state(&w[i].rnd, s->seed + i);
		if (i == THREADS)
			break;
		w[i].task = kthread_run(work, &w[i], "stress-%u", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w[i].task);
	}
	while (atomic_read(&s->ops_left) > 0 && !atomic_read(&s->errors)) {
		if (shape->passer_by)
			pass_by(test, s, &w[THREADS]);
		/* each takes some grace periods of RCU */
		if (!shape->awake && !(pass++ % 8))
			take_nap(s, &w[THREADS]);
		schedule_timeout_uninterruptible(HZ / 20);
	}
	for (i = 0; i < THREADS; i++)
		kthread_stop(w[i].task);
	rig_unhush(s->rig);
	for (i = 0; i < 4; i++)
		total += atomic_read(&s->done[i]);
	kunit_info(test, "seed %u: %u operations: %d maps, %d unmaps, %d accesses, %d attaches (%d refused), %d SMMUs passed by, %u sleeps, %llu ms\n",
		   s->seed, total, atomic_read(&s->done[0]), atomic_read(&s->done[1]),
		   atomic_read(&s->done[2]), atomic_read(&s->done[3]), atomic_read(&s->done[5]),
		   atomic_read(&s->done[4]), s->naps,
		   (ktime_get_ns() - start) / NSEC_PER_MSEC);
}

static void everything_at_once(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct stress *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->seed = stress_seed;
	setup(test, s, shape);
	run(test, s, shape);
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&s->errors), "%s", s->error);
	check_tags(test, s, shape);
	take_down(test, s, shape);
}

/*
 * Commands that are dropped. The SMMU that loses them runs stage 1 in the EL2 world. CFGI_CD is not
 * among them, because without PASIDs each attach ends in a CFGI_STE, which covers it (4.3.1); see
 * notices_lost_cfgi_cd() of smmu_pasid.
 */
static const u8 needed[] = {
	CMD_TLBI_EL2_VA, CMD_TLBI_S2_IPA, CMD_CFGI_STE, CMD_TLBI_EL2_ASID, CMD_ATC_INV,
};

static void needed_desc(const u8 *opcode, char *desc)
{
	strscpy(desc, smmu_cmd_name(*opcode), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(needed, needed, needed_desc);

/* The run must be able to fail: it does when one SMMU loses all commands of one kind */
static void notices_what_is_lost(struct kunit *test)
{
	const struct shape shape = { .smmus = 2, .devices = 8, .ops = 40000, .awake = true };
	struct model_inject inject = { .drop = U32_MAX };
	const struct model_inject none = {};
	struct stress *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct smmu_inst *inst;
	u32 stale = 0, id;

	if (IS_ENABLED(CONFIG_KASAN))
		kunit_skip(test, "such an SMMU walks tables that were freed, and KASAN sees that");
	KUNIT_ASSERT_NOT_NULL(test, s);
	s->seed = stress_seed;
	setup(test, s, &shape);
	inject.drop_opcode = *(const u8 *)test->param_value;
	model_inject(s->rig->smmu[1]->model, &inject);
	run(test, s, &shape);
	inst = &rig_iommu(s->rig->smmu[1])->smmu.inst;
	for (id = 1; id < 256; id++)
		stale += !rig_tag_is_used(inst, SMMU_INV_S1_ASID, id) &&
			 model_has_asid(s->rig->smmu[1]->model, id);
	KUNIT_EXPECT_GT(test, atomic_read(&s->errors) + stale, 0);
	model_inject(s->rig->smmu[1]->model, &none);
	take_down(test, s, &shape);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM_ATTR(everything_at_once, shape_gen_params, { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM(notices_what_is_lost, needed_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_stress", .test_cases = cases };
kunit_test_suite(suite);
