// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model's CMDQ-V companion, without a driver: it does what is known of hardware, and sees what
 * a driver must not do.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/slab.h>

#include <smmuv3/cmdqv.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "model/model.h"

#define LOG2_QUEUES	3
#define LOG2_VINTFS	1
#define EACH		4
#define LOG2_ENTRIES	5
#define SID		0x123
#define VSID		0x77
#define VMID		9

/* A model, the memory of its queues, and what it has done */
struct bench {
	struct kunit *test;
	struct model *m;
	struct smmu_cmd *mem[1 << LOG2_QUEUES];
	u32 prod[1 << LOG2_QUEUES];
	u32 irqs;
	struct smmu_cmd done[64];
	u32 nr_done;
};

static void *mem_of(void *host, u64 pa, size_t len)
{
	return pa >> 40 ? NULL : phys_to_virt(pa);
}

static void irq(void *host, enum model_irq nr)
{
	struct bench *b = host;

	b->irqs += nr == MODEL_IRQ_CMDQV;
}

static const struct model_host_ops ops = { .mem = mem_of, .irq = irq };

static void note(void *data, const struct smmu_cmd *cmd)
{
	struct bench *b = data;

	if (b->nr_done < ARRAY_SIZE(b->done))
		b->done[b->nr_done++] = *cmd;
}

static void destroy(void *data)
{
	struct bench *b = data;

	model_destroy(b->m);
}

static struct bench *bench_make(struct kunit *test, const struct model_config *cfg)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->test = test;
	for (i = 0; i < ARRAY_SIZE(b->mem); i++) {
		/* slab objects of that size are aligned to it */
		b->mem[i] = kunit_kzalloc(test, sizeof(struct smmu_cmd) << LOG2_ENTRIES,
					  GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, b->mem[i]);
	}
	b->m = model_create(cfg, &ops, b);
	KUNIT_ASSERT_NOT_NULL(test, b->m);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, destroy, b));
	model_trace(b->m, note, b);
	/* the SMMU is on */
	model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN);
	model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN | CR0_SMMUEN);
	return b;
}

static void config(struct model_config *cfg, u64 seed)
{
	model_config_default(cfg);
	model_config_cmdqv(cfg, LOG2_QUEUES, LOG2_VINTFS, seed);
}

static void w(struct bench *b, u32 off, u64 val)
{
	model_cmdqv_write(b->m, off, 4, val);
}

static u32 r(struct bench *b, u32 off)
{
	return model_cmdqv_read(b->m, off, 4);
}

/* Registers of logical queue @l of VINTF @v, and its number among all */
static u32 page0(u32 v, u32 l, u32 reg)
{
	return CMDQV_VINTF_PAGE0(v) + CMDQV_QUEUE_BYTES * l + reg;
}

static u32 nr_of(u32 v, u32 l)
{
	return v * EACH + l;
}

static void companion_up(struct bench *b)
{
	u32 i;

	w(b, CMDQV_CONFIG, r(b, CMDQV_CONFIG) | CMDQV_EN);
	KUNIT_ASSERT_EQ(b->test, CMDQV_ENABLED, r(b, CMDQV_STATUS));
	for (i = 0; i < 1 << LOG2_QUEUES; i++)
		w(b, CMDQV_CMDQ_ALLOC(i), FIELD_PREP(CMDQ_ALLOC_VINTF, i / EACH) |
		  FIELD_PREP(CMDQ_ALLOC_LVCMDQ, i % EACH));
}

static void vintf_up(struct bench *b, u32 v, u32 config)
{
	w(b, CMDQV_VINTF(v) + VINTF_CONFIG, config);
	w(b, CMDQV_VINTF(v) + VINTF_CONFIG, config | VINTF_EN);
	KUNIT_ASSERT_EQ(b->test, VINTF_ENABLED, r(b, CMDQV_VINTF(v) + VINTF_STATUS));
}

static void allocate(struct bench *b, u32 v, u32 l, bool on)
{
	u32 off = CMDQV_CMDQ_ALLOC(nr_of(v, l)), val = r(b, off);

	w(b, off, on ? val | CMDQ_ALLOC_ALLOCATED : val & ~CMDQ_ALLOC_ALLOCATED);
}

static u64 base_of(struct bench *b, u32 v, u32 l)
{
	return virt_to_phys(b->mem[nr_of(v, l)]) | LOG2_ENTRIES;
}

static void set_base(struct bench *b, u32 v, u32 l, u64 base)
{
	model_cmdqv_write(b->m, page0(v, l, CMDQV_PAGE + VCMDQ_BASE), 8, base);
}

static void queue_up(struct bench *b, u32 v, u32 l)
{
	allocate(b, v, l, true);
	set_base(b, v, l, base_of(b, v, l));
	w(b, page0(v, l, VCMDQ_CONFIG), VCMDQ_EN);
	KUNIT_ASSERT_EQ(b->test, VCMDQ_ENABLED, r(b, page0(v, l, VCMDQ_STATUS)));
}

/* All of VINTF @v, with @n queues */
static struct bench *bench_up(struct kunit *test, const struct model_config *cfg, u32 v,
			      u32 config, u32 n)
{
	struct bench *b = bench_make(test, cfg);
	u32 l;

	companion_up(b);
	vintf_up(b, v, config);
	for (l = 0; l < n; l++)
		queue_up(b, v, l);
	return b;
}

static void put(struct bench *b, u32 v, u32 l, const struct smmu_cmd *cmd)
{
	u32 nr = nr_of(v, l);

	b->mem[nr][b->prod[nr]++ % (1 << LOG2_ENTRIES)] = *cmd;
}

static void ring(struct bench *b, u32 v, u32 l)
{
	w(b, page0(v, l, VCMDQ_PROD), b->prod[nr_of(v, l)] % (2 << LOG2_ENTRIES));
}

static void post(struct bench *b, u32 v, u32 l, const struct smmu_cmd *cmd)
{
	put(b, v, l, cmd);
	ring(b, v, l);
}

static bool failed(struct bench *b, u32 v, u32 l)
{
	return r(b, page0(v, l, VCMDQ_GERROR)) != r(b, page0(v, l, VCMDQ_GERRORN));
}

static u32 error(struct bench *b, u32 v, u32 l)
{
	return FIELD_GET(CMDQ_CONS_ERR, r(b, page0(v, l, VCMDQ_CONS)));
}

static u64 map(struct bench *b, u32 v)
{
	return model_cmdqv_read(b->m, CMDQV_VINTF(v) + VINTF_LVCMDQ_ERR_MAP(0), 8);
}

static void ill(struct smmu_cmd *cmd)
{
	*cmd = (struct smmu_cmd) { .w = { cpu_to_le64(0xff) } };
}

static u32 violations(struct bench *b)
{
	u32 n = model_violation(b->m, NULL, 0);

	model_forgive(b->m);
	return n;
}

/* What the kernel's queue takes, by HYP_OWN; HYP_OWN reads as 0 where it is wired so */
static void takes(struct kunit *test)
{
	struct model_config cfg;
	struct smmu_cmd cmd;
	u32 wired, hyp, i;
	struct bench *b;

	config(&cfg, 0);
	for (wired = 0; wired < 2; wired++) {
		cfg.cmdqv_no_hyp = wired;
		b = bench_up(test, &cfg, 0, VINTF_HYP_OWN, 2);
		hyp = r(b, CMDQV_VINTF(0) + VINTF_CONFIG) & VINTF_HYP_OWN;
		KUNIT_EXPECT_EQ(test, wired ? 0 : VINTF_HYP_OWN, hyp);
		smmu_cmd_tlbi_asid(&cmd, 5, false);
		post(b, 0, 0, &cmd);
		smmu_cmd_sync(&cmd);
		post(b, 0, 0, &cmd);
		KUNIT_EXPECT_EQ(test, 2, model_cmdq_done(b->m, 1));
		KUNIT_EXPECT_EQ(test, 0, violations(b));
		smmu_cmd_tlbi_nsnh_all(&cmd);
		post(b, 0, 0, &cmd);
		KUNIT_EXPECT_EQ(test, wired, failed(b, 0, 0));
		KUNIT_EXPECT_EQ(test, wired, violations(b));
		/* a CMD_SYNC with a signal is none that any queue takes */
		smmu_cmd_sync_msi(&cmd, 0x1000, 4);
		post(b, 0, 1, &cmd);
		KUNIT_EXPECT_TRUE(test, failed(b, 0, 1));
		KUNIT_EXPECT_EQ(test, CERROR_ILL, error(b, 0, 1));
		KUNIT_EXPECT_EQ(test, 1, violations(b));
		for (i = 0; i < 2; i++)
			KUNIT_EXPECT_EQ(test, i ? 0 : 3 - wired, model_cmdq_done(b->m, 1 + i));
	}
}

static u64 word_done(struct bench *b, u32 i)
{
	KUNIT_ASSERT_LT(b->test, i, b->nr_done);
	return le64_to_cpu(b->done[i].w[0]);
}

/* A guest's StreamIDs are replaced; what becomes of others, nobody knows */
static void replaces(struct kunit *test)
{
	struct model_config cfg;
	struct smmu_cmd cmd;
	struct bench *b;
	u32 skips;

	config(&cfg, 0);
	for (skips = 0; skips < 2; skips++) {
		cfg.cmdqv_skips = skips;
		b = bench_up(test, &cfg, 1, FIELD_PREP(VINTF_VMID, VMID), 1);
		w(b, CMDQV_VINTF(1) + VINTF_SID_REPLACE(3), SID);
		w(b, CMDQV_VINTF(1) + VINTF_SID_MATCH(3),
		  SID_MATCH_EN | FIELD_PREP(SID_MATCH_VSID, VSID));
		smmu_cmd_tlbi_asid(&cmd, 5, false);
		cmd.w[0] |= cpu_to_le64(FIELD_PREP(CMD0_TLBI_VMID, 3));
		post(b, 1, 0, &cmd);
		KUNIT_EXPECT_EQ(test, VMID, u64_get_bits(word_done(b, 0), CMD0_TLBI_VMID));
		KUNIT_EXPECT_EQ(test, 0, violations(b));
		/* no stream has ATS here, so an ATC_INV that is done is a violation */
		smmu_cmd_atc_inv(&cmd, VSID, 0, false, 0, ATC_SIZE_ALL);
		post(b, 1, 0, &cmd);
		KUNIT_EXPECT_EQ(test, 2, model_cmdq_done(b->m, 1 + EACH));
		KUNIT_EXPECT_EQ(test, SID, u64_get_bits(word_done(b, 1), CMD0_ATC_SID));
		KUNIT_EXPECT_EQ(test, 1, violations(b));
		smmu_cmd_atc_inv(&cmd, SID, 0, false, 0, ATC_SIZE_ALL);
		post(b, 1, 0, &cmd);
		KUNIT_EXPECT_EQ(test, !skips, failed(b, 1, 0));
		KUNIT_EXPECT_EQ(test, skips ? 3 : 2, model_cmdq_done(b->m, 1 + EACH));
		KUNIT_EXPECT_EQ(test, 0, violations(b));
		/* a guest's error is not the kernel's fault */
		ill(&cmd);
		post(b, 1, 0, &cmd);
		KUNIT_EXPECT_TRUE(test, failed(b, 1, 0));
	}
}

/* Errors of two VINTFs: in the maps of both, an interrupt each, until they are acknowledged */
static void maps(struct kunit *test)
{
	struct model_config cfg;
	struct smmu_cmd cmd;
	struct bench *b;

	config(&cfg, 0);
	b = bench_up(test, &cfg, 0, VINTF_HYP_OWN, 3);
	vintf_up(b, 1, FIELD_PREP(VINTF_VMID, VMID));
	queue_up(b, 1, 0);
	queue_up(b, 1, 1);
	ill(&cmd);
	KUNIT_EXPECT_EQ(test, 0, r(b, CMDQV_VINTF_ERR_MAP));
	post(b, 0, 2, &cmd);
	KUNIT_EXPECT_EQ(test, 1, b->irqs);
	KUNIT_EXPECT_EQ(test, 1, r(b, CMDQV_VINTF_ERR_MAP));
	post(b, 1, 1, &cmd);
	KUNIT_EXPECT_EQ(test, 2, b->irqs);
	KUNIT_EXPECT_EQ(test, 3, r(b, CMDQV_VINTF_ERR_MAP));
	KUNIT_EXPECT_EQ(test, 0, r(b, CMDQV_VINTF_ERR_MAP + 4));
	KUNIT_EXPECT_EQ(test, BIT(2) | BIT(nr_of(1, 1)), r(b, CMDQV_CMDQ_ERR_MAP(0)));
	KUNIT_EXPECT_EQ(test, BIT(2), map(b, 0));
	KUNIT_EXPECT_EQ(test, BIT(1), map(b, 1));
	KUNIT_EXPECT_EQ(test, CERROR_ILL, error(b, 0, 2));
	/* nothing more is consumed until the error is acknowledged; then the command fails again */
	smmu_cmd_sync(&b->mem[nr_of(1, 1)][0]);
	KUNIT_EXPECT_EQ(test, 0, model_cmdq_done(b->m, 1 + nr_of(1, 1)));
	w(b, page0(1, 1, VCMDQ_GERRORN), r(b, page0(1, 1, VCMDQ_GERROR)));
	KUNIT_EXPECT_EQ(test, 1, model_cmdq_done(b->m, 1 + nr_of(1, 1)));
	KUNIT_EXPECT_EQ(test, 1, r(b, CMDQV_VINTF_ERR_MAP));
	model_forgive(b->m);
	w(b, page0(0, 2, VCMDQ_GERRORN), r(b, page0(0, 2, VCMDQ_GERROR)));
	KUNIT_EXPECT_EQ(test, 3, b->irqs);
	KUNIT_EXPECT_TRUE(test, failed(b, 0, 2));
	/* an interrupt that is masked is not raised, and the maps show the error */
	w(b, CMDQV_VINTF_INT_MASK, BIT(1));
	post(b, 1, 0, &cmd);
	KUNIT_EXPECT_EQ(test, 3, b->irqs);
	KUNIT_EXPECT_EQ(test, BIT(0), map(b, 1));
	KUNIT_EXPECT_EQ(test, 3, r(b, CMDQV_VINTF_ERR_MAP));
}

/*
 * A VINTF that is off stops its queues, and they go on when it is on again; so does the companion;
 * and an SMMU that is off. A queue that was told to stop ends the command that it has begun.
 */
static void stops(struct kunit *test)
{
	struct model_config cfg;
	struct smmu_cmd cmd;
	struct bench *b;

	config(&cfg, 0);
	b = bench_up(test, &cfg, 0, VINTF_HYP_OWN, 1);
	model_latency(b->m, CMD_TLBI_NH_ASID, 1000000);
	smmu_cmd_tlbi_asid(&cmd, 5, false);
	put(b, 0, 0, &cmd);
	post(b, 0, 0, &cmd);
	w(b, page0(0, 0, VCMDQ_CONFIG), 0);
	KUNIT_EXPECT_EQ(test, VCMDQ_ENABLED, r(b, page0(0, 0, VCMDQ_STATUS)));
	model_advance(3000000);
	KUNIT_EXPECT_EQ(test, 0, r(b, page0(0, 0, VCMDQ_STATUS)));
	KUNIT_EXPECT_EQ(test, 1, model_cmdq_done(b->m, 1));
	KUNIT_EXPECT_EQ(test, 0, violations(b));

	/* a guest may enable a queue with commands in it */
	vintf_up(b, 1, 0);
	queue_up(b, 1, 0);
	put(b, 1, 0, &cmd);
	put(b, 1, 0, &cmd);
	put(b, 1, 0, &cmd);
	post(b, 1, 0, &cmd);
	w(b, CMDQV_VINTF(1) + VINTF_CONFIG, 0);
	KUNIT_EXPECT_EQ(test, VINTF_ENABLED, r(b, CMDQV_VINTF(1) + VINTF_STATUS));
	model_advance(9000000);
	KUNIT_EXPECT_EQ(test, 0, r(b, CMDQV_VINTF(1) + VINTF_STATUS));
	KUNIT_EXPECT_EQ(test, 1, model_cmdq_done(b->m, 1 + EACH));
	w(b, CMDQV_VINTF(1) + VINTF_CONFIG, VINTF_EN);
	w(b, CMDQV_CONFIG, r(b, CMDQV_CONFIG) & ~CMDQV_EN);
	model_advance(9000000);
	KUNIT_EXPECT_EQ(test, 0, r(b, CMDQV_STATUS));
	KUNIT_EXPECT_EQ(test, 2, model_cmdq_done(b->m, 1 + EACH));
	w(b, CMDQV_CONFIG, r(b, CMDQV_CONFIG) | CMDQV_EN);
	model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN);
	model_advance(9000000);
	KUNIT_EXPECT_EQ(test, 3, model_cmdq_done(b->m, 1 + EACH));
	model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN | CR0_SMMUEN);
	model_advance(9000000);
	KUNIT_EXPECT_EQ(test, 4, model_cmdq_done(b->m, 1 + EACH));
	KUNIT_EXPECT_EQ(test, 0, violations(b));
}

/* Each STATUS that is made not to change does not; and EN changes only when it has followed */
static void stuck(struct kunit *test)
{
	static const u8 which[] = { MODEL_NO_COMPANION, MODEL_NO_VINTF, MODEL_NO_VCMDQ };
	struct model_inject inject = {};
	struct model_config cfg;
	struct bench *b;
	u32 i;

	config(&cfg, 0);
	b = bench_up(test, &cfg, 0, VINTF_HYP_OWN, 1);
	for (i = 0; i < ARRAY_SIZE(which); i++) {
		const u32 config[] = { CMDQV_CONFIG, CMDQV_VINTF(0) + VINTF_CONFIG,
				       page0(0, 0, VCMDQ_CONFIG) };
		const u32 status[] = { CMDQV_STATUS, CMDQV_VINTF(0) + VINTF_STATUS,
				       page0(0, 0, VCMDQ_STATUS) };

		inject.no_cmdqv = which[i];
		model_inject(b->m, &inject);
		w(b, config[i], r(b, config[i]) & ~BIT(0));
		KUNIT_EXPECT_EQ(test, BIT(0), r(b, status[i]));
		KUNIT_EXPECT_EQ(test, BIT(0), r(b, status[i]));
		KUNIT_EXPECT_EQ(test, 0, violations(b));
		model_inject(b->m, &(struct model_inject) {});
		w(b, config[i], r(b, config[i]) | BIT(0));
		KUNIT_EXPECT_EQ_MSG(test, 1, violations(b), "changed before STATUS");
		KUNIT_EXPECT_EQ(test, BIT(0), r(b, status[i]));
	}
}

static u64 silent(void *data, u32 sid)
{
	return MODEL_SILENT;
}

/*
 * A queue is disabled behind an ATC_INV that is not answered: whoever enables it next gets the
 * error, unless the main queue had a CMD_SYNC in between.
 */
static void left_behind(struct kunit *test)
{
	struct smmu_cmd cmd, sync, *main;
	struct model_config cfg;
	struct bench *b;
	u32 flush;

	config(&cfg, 0);
	smmu_cmd_sync(&sync);
	for (flush = 0; flush < 2; flush++) {
		b = bench_make(test, &cfg);
		main = b->mem[7];
		model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN);
		model_write(b->m, SMMU_CR0, 4, 0);
		model_write(b->m, SMMU_CMDQ_BASE, 8, virt_to_phys(main) | LOG2_ENTRIES);
		model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN);
		model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN | CR0_SMMUEN);
		companion_up(b);
		vintf_up(b, 0, VINTF_HYP_OWN);
		queue_up(b, 0, 0);
		model_devices(b->m, silent, NULL, 1000000);
		smmu_cmd_atc_inv(&cmd, SID, 0, false, 0, ATC_SIZE_ALL);
		post(b, 0, 0, &cmd);
		KUNIT_EXPECT_EQ(test, 1, model_cmdq_done(b->m, 1));
		w(b, page0(0, 0, VCMDQ_CONFIG), 0);
		KUNIT_EXPECT_EQ(test, 0, r(b, page0(0, 0, VCMDQ_STATUS)));
		if (flush) {
			main[0] = sync;
			model_write(b->m, SMMU_CMDQ_PROD, 4, 1);
			KUNIT_EXPECT_EQ(test, 1, model_cmdq_done(b->m, 0));
		}
		w(b, page0(0, 0, VCMDQ_PROD), 0);
		w(b, page0(0, 0, VCMDQ_CONS), 0);
		b->prod[0] = 0;
		model_forgive(b->m);
		w(b, page0(0, 0, VCMDQ_CONFIG), VCMDQ_EN);
		post(b, 0, 0, &sync);
		model_advance(5000000);
		KUNIT_EXPECT_EQ(test, !flush, failed(b, 0, 0));
		KUNIT_EXPECT_EQ(test, flush ? 0 : CERROR_ATC_INV_SYNC, error(b, 0, 0));
		KUNIT_EXPECT_EQ(test, 0, violations(b));
	}
}

/* Queues go on in any order against each other, each in its own; the seed decides which */
static void any_order(struct kunit *test)
{
	u32 i, l, next[2], orders = 0, first = 0;
	struct model_config cfg;
	struct smmu_cmd cmd;
	u64 seed, order;
	struct bench *b;

	for (seed = 1; seed < 9; seed++) {
		config(&cfg, seed);
		b = bench_up(test, &cfg, 0, VINTF_HYP_OWN, 2);
		for (i = 0; i < 8; i++)
			for (l = 0; l < 2; l++) {
				smmu_cmd_tlbi_asid(&cmd, 100 * l + i, false);
				put(b, 0, l, &cmd);
			}
		model_latency(b->m, CMD_TLBI_NH_ASID, 1000);
		ring(b, 0, 0);
		ring(b, 0, 1);
		model_advance(1000000);
		KUNIT_EXPECT_EQ(test, 8, model_cmdq_done(b->m, 1));
		KUNIT_EXPECT_EQ(test, 8, model_cmdq_done(b->m, 2));
		KUNIT_ASSERT_EQ(test, 16, b->nr_done);
		memset(next, 0, sizeof(next));
		for (order = 0, i = 0; i < 16; i++) {
			u32 asid = FIELD_GET(CMD0_TLBI_ASID, le64_to_cpu(b->done[i].w[0]));

			KUNIT_EXPECT_EQ(test, next[asid / 100]++, asid % 100);
			order = order << 1 | (asid >= 100);
		}
		first = seed == 1 ? order : first;
		orders += order != first;
	}
	KUNIT_EXPECT_GT(test, orders, 2);
}

enum misuse {
	TOP_BITS, ALLOC_OFF, ALLOC_UNASSIGNED, ALLOC_ORDER, FREE_ORDER, FREE_USED, ALLOC_WHERE,
	VINTF_LATE, NO_VINTF, BASE_ALIGN, BASE_BITS, BASE_SIZE, BASE_USED, CONS_USED, AT_POSITION,
	WITH_ERROR, ACK_NONE, PROD_BACK, MAP_WHOLE, NO_QUEUE, REPLACE_USED, SMMU_OFF, MISUSES,
};

static const char * const misuse_name[] = {
	"other fields of CONFIG", "allocated while off", "not assigned first",
	"allocated out of order", "given back out of order", "given back while in use",
	"allocated to nowhere", "VMID with the enable", "allocated to a VINTF that is off",
	"BASE not aligned", "BASE with other bits", "BASE too large", "BASE while on",
	"CONS while on", "enabled at a position", "enabled with an error", "acknowledges nothing",
	"PROD goes back", "map read as 64 bits", "page of no queue", "SID_REPLACE in use",
	"enabled before the SMMU",
};

static_assert(ARRAY_SIZE(misuse_name) == MISUSES);

static void misuse_desc(const char * const *name, char *desc)
{
	strscpy(desc, *name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(misuse, misuse_name, misuse_desc);

static void do_misuse(struct bench *b, enum misuse what)
{
	u64 base = base_of(b, 0, 2);
	struct smmu_cmd cmd;

	switch (what) {
	case TOP_BITS:
		w(b, CMDQV_CONFIG, CMDQV_EN);
		break;
	case ALLOC_OFF:
		w(b, CMDQV_CONFIG, r(b, CMDQV_CONFIG) & ~CMDQV_EN);
		w(b, CMDQV_CMDQ_ALLOC(7), FIELD_PREP(CMDQ_ALLOC_LVCMDQ, 3) |
		  FIELD_PREP(CMDQ_ALLOC_VINTF, 1));
		break;
	case ALLOC_UNASSIGNED:
		w(b, CMDQV_CMDQ_ALLOC(7), CMDQ_ALLOC_ALLOCATED | FIELD_PREP(CMDQ_ALLOC_LVCMDQ, 2));
		break;
	case ALLOC_ORDER:
		allocate(b, 0, 3, true);
		break;
	case FREE_ORDER:
		allocate(b, 0, 2, true);
		w(b, page0(0, 1, VCMDQ_CONFIG), 0);
		allocate(b, 0, 1, false);
		break;
	case FREE_USED:
		allocate(b, 0, 1, false);
		break;
	case ALLOC_WHERE:
		w(b, CMDQV_CMDQ_ALLOC(7), FIELD_PREP(CMDQ_ALLOC_VINTF, 2));
		break;
	case VINTF_LATE:
		w(b, CMDQV_VINTF(1) + VINTF_CONFIG, VINTF_EN | FIELD_PREP(VINTF_VMID, VMID));
		break;
	case NO_VINTF:
		allocate(b, 1, 0, true);
		break;
	case BASE_ALIGN:
		base += 32;
		fallthrough;
	case BASE_BITS:
	case BASE_SIZE:
		base |= what == BASE_BITS ? BIT_ULL(62) : what == BASE_SIZE ? 15 : 0;
		allocate(b, 0, 2, true);
		set_base(b, 0, 2, base);
		w(b, page0(0, 2, VCMDQ_CONFIG), VCMDQ_EN);
		break;
	case BASE_USED:
		set_base(b, 0, 1, base);
		break;
	case CONS_USED:
		w(b, page0(0, 1, VCMDQ_CONS), 0);
		break;
	case AT_POSITION:
		allocate(b, 0, 2, true);
		set_base(b, 0, 2, base);
		w(b, page0(0, 2, VCMDQ_PROD), 5);
		w(b, page0(0, 2, VCMDQ_CONS), 5);
		w(b, page0(0, 2, VCMDQ_CONFIG), VCMDQ_EN);
		break;
	case WITH_ERROR:
		ill(&cmd);
		post(b, 0, 1, &cmd);
		model_forgive(b->m);
		w(b, page0(0, 1, VCMDQ_CONFIG), 0);
		w(b, page0(0, 1, VCMDQ_PROD), 0);
		w(b, page0(0, 1, VCMDQ_CONS), 0);
		w(b, page0(0, 1, VCMDQ_CONFIG), VCMDQ_EN);
		break;
	case ACK_NONE:
		w(b, page0(0, 1, VCMDQ_GERRORN), VCMDQ_GERROR_CMDQ_ERR);
		break;
	case PROD_BACK:
		smmu_cmd_sync(&cmd);
		post(b, 0, 1, &cmd);
		post(b, 0, 1, &cmd);
		w(b, page0(0, 1, VCMDQ_PROD), 1);
		break;
	case MAP_WHOLE:
		model_cmdqv_read(b->m, CMDQV_VINTF_ERR_MAP, 8);
		break;
	case NO_QUEUE:
		w(b, page0(0, 3, VCMDQ_PROD), 1);
		break;
	case REPLACE_USED:
		w(b, CMDQV_VINTF(0) + VINTF_SID_MATCH(0), SID_MATCH_EN);
		w(b, CMDQV_VINTF(0) + VINTF_SID_REPLACE(0), SID);
		break;
	case SMMU_OFF:
		w(b, CMDQV_CONFIG, r(b, CMDQV_CONFIG) & ~CMDQV_EN);
		model_write(b->m, SMMU_CR0, 4, CR0_CMDQEN);
		w(b, CMDQV_CONFIG, r(b, CMDQV_CONFIG) | CMDQV_EN);
		break;
	case MISUSES:
		break;
	}
}

/* What a driver must not do is seen */
static void misused(struct kunit *test)
{
	enum misuse what = (const char * const *)test->param_value - misuse_name;
	struct model_config cfg;
	struct bench *b;

	config(&cfg, 0);
	b = bench_up(test, &cfg, 0, VINTF_HYP_OWN, 2);
	KUNIT_EXPECT_EQ(test, 0, violations(b));
	do_misuse(b, what);
	KUNIT_EXPECT_GT(test, violations(b), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(takes),
	KUNIT_CASE(replaces),
	KUNIT_CASE(maps),
	KUNIT_CASE(stops),
	KUNIT_CASE(stuck),
	KUNIT_CASE(left_behind),
	KUNIT_CASE(any_order),
	KUNIT_CASE_PARAM(misused, misuse_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_cmdqv_model", .test_cases = cases };
kunit_test_suite(suite);
