// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan: which commands each SMMU gets, in which order and in which batches.
 * reference/plan_model.c runs and checks the walks; here they are compared with opcodes written by
 * hand, or with the model there.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/inst.h"
#include "reference/plan_model.h"
#include "reference/tlbi_oracle.h"

#define PLAN_SEED	1009
#define PLAN_ROUNDS	1200

/*
 * Order: opcodes by hand, for 1, 2 and 8 SMMUs
 */

enum plan_ranges {
	PLAN_PAGE,
	PLAN_TEN,		/* ten pages, tables too */
	PLAN_BIG,		/* 1 GiB of pages: the whole tag without RIL */
	PLAN_ALL,
};

static const struct smmu_range plan_ranges[] = {
	[PLAN_PAGE] = { .start = SZ_64K, .last = SZ_64K + SZ_4K - 1,
			.pgshift = 12, .leaf = true },
	[PLAN_TEN] = { .start = SZ_64K, .last = SZ_64K + 10 * SZ_4K - 1 },
	[PLAN_BIG] = { .start = SZ_1G, .last = 2ULL * SZ_1G - 1,
		       .pgshift = 12, .leaf = true },
	[PLAN_ALL] = { .all = true },
};

#define S1	(SMMU_INV_S1_ASID + 1)
#define S2	(SMMU_INV_S2_VMID + 1)
#define VS	(SMMU_INV_S2_VMID_VSMMU + 1)
#define CL	(SMMU_INV_S2_VMID_S1_CLEAR + 1)
#define AT	(SMMU_INV_ATS + 1)
#define AF	(SMMU_INV_ATS_FULL + 1)

/* @entries: types + 1; ids count up by type. @opcodes: 0 ends the list. */
static const struct plan_case {
	const char *desc;
	u32 flags, errata;
	enum plan_ranges range;
	u8 entries[6];
	u8 opcodes[16];
} plan_cases[] = {
	{ "stage 1, page", SMMU_FEAT_RIL, 0, PLAN_PAGE, { S1 },
	  { 0x12, 0x46 } },
	{ "stage 1, page, ATS", SMMU_FEAT_RIL, 0, PLAN_PAGE, { S1, AT },
	  { 0x12, 0x46, 0x40, 0x46 } },
	{ "stage 1, page, no RIL, three ATS", 0, 0, PLAN_PAGE,
	  { S1, AT, AT, AT }, { 0x12, 0x46, 0x40, 0x46, 0x40, 0x46, 0x40, 0x46 } },
	{ "stage 1, ten pages, RIL", SMMU_FEAT_RIL, 0, PLAN_TEN, { S1 },
	  { 0x12, 0x46 } },
	{ "stage 1, ten pages, no RIL", 0, 0, PLAN_TEN, { S1, AT },
	  { 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x46,
	    0x40, 0x46 } },
	{ "stage 1, 1G, RIL", SMMU_FEAT_RIL, 0, PLAN_BIG, { S1, AT },
	  { 0x12, 0x46, 0x40, 0x46 } },
	{ "stage 1, 1G, no RIL", 0, 0, PLAN_BIG, { S1, AT },
	  { 0x11, 0x46, 0x40, 0x46 } },
	{ "stage 1, all", SMMU_FEAT_RIL, 0, PLAN_ALL, { S1, AT, AT },
	  { 0x11, 0x46, 0x40, 0x46, 0x40, 0x46 } },
	{ "EL2, page", SMMU_FEAT_RIL | SMMU_FEAT_E2H, 0, PLAN_PAGE,
	  { S1, AT }, { 0x22, 0x46, 0x40, 0x46 } },
	{ "EL2, all", SMMU_FEAT_RIL | SMMU_FEAT_E2H, 0, PLAN_ALL, { S1 },
	  { 0x21, 0x46 } },
	{ "stage 2, page", SMMU_FEAT_RIL, 0, PLAN_PAGE, { S2 },
	  { 0x2a, 0x46 } },
	{ "stage 2, page, ATS", SMMU_FEAT_RIL | SMMU_FEAT_E2H, 0, PLAN_PAGE,
	  { S2, AT }, { 0x2a, 0x46, 0x40, 0x46 } },
	{ "stage 2, all", SMMU_FEAT_RIL, 0, PLAN_ALL, { S2, AT },
	  { 0x28, 0x46, 0x40, 0x46 } },
	{ "stage 2, 1G, no RIL", 0, 0, PLAN_BIG, { S2 }, { 0x28, 0x46 } },
	{ "vSMMU, page", SMMU_FEAT_RIL, 0, PLAN_PAGE, { VS, CL },
	  { 0x2a, 0x46, 0x10, 0x46 } },
	{ "vSMMU, page, ATS", SMMU_FEAT_RIL, 0, PLAN_PAGE, { VS, CL, AF },
	  { 0x2a, 0x46, 0x10, 0x46, 0x40, 0x46 } },
	{ "vSMMU, 1G, RIL", SMMU_FEAT_RIL, 0, PLAN_BIG, { VS, CL, AF },
	  { 0x2a, 0x46, 0x10, 0x46, 0x40, 0x46 } },
	{ "vSMMU, 1G, no RIL: no NH_ALL", 0, 0, PLAN_BIG, { VS, CL, AF },
	  { 0x28, 0x46, 0x40, 0x46 } },
	{ "vSMMU, all: no NH_ALL", SMMU_FEAT_RIL, 0, PLAN_ALL, { VS, CL },
	  { 0x28, 0x46 } },
	{ "vSMMU, all, ATS: no NH_ALL", SMMU_FEAT_RIL, 0, PLAN_ALL,
	  { VS, CL, AF }, { 0x28, 0x46, 0x40, 0x46 } },
	{ "two vSMMUs and a raw parent", SMMU_FEAT_RIL, 0, PLAN_PAGE,
	  { S2, VS, VS, CL, CL, AT },
	  { 0x2a, 0x2a, 0x2a, 0x46, 0x10, 0x10, 0x46, 0x40, 0x46 } },
	{ "two vSMMUs, all", SMMU_FEAT_RIL, 0, PLAN_ALL,
	  { S2, VS, VS, CL, CL, AF },
	  { 0x28, 0x28, 0x28, 0x46, 0x40, 0x46 } },
	{ "ATS alone", SMMU_FEAT_RIL, 0, PLAN_PAGE, { AT, AF },
	  { 0x40, 0x46, 0x40, 0x46 } },
	{ "repeat, stage 1", SMMU_FEAT_RIL, SMMU_ERRATUM_REPEAT_TLBI, PLAN_PAGE,
	  { S1 }, { 0x12, 0x46, 0x12, 0x46 } },
	{ "repeat, vSMMU, ATC_INV once", SMMU_FEAT_RIL,
	  SMMU_ERRATUM_REPEAT_TLBI, PLAN_PAGE, { VS, VS, CL, CL, AF },
	  { 0x2a, 0x2a, 0x46, 0x2a, 0x2a, 0x46, 0x10, 0x10, 0x46, 0x10, 0x10,
	    0x46, 0x40, 0x46 } },
	{ "repeat, all", SMMU_FEAT_RIL, SMMU_ERRATUM_REPEAT_TLBI, PLAN_ALL,
	  { S2, VS, CL, AT },
	  { 0x28, 0x28, 0x46, 0x28, 0x28, 0x46, 0x40, 0x46 } },
	{ "sync per batch, short", SMMU_FEAT_RIL, SMMU_ERRATUM_SYNC_PER_BATCH,
	  PLAN_PAGE, { VS, CL, AF }, { 0x2a, 0x46, 0x10, 0x46, 0x40, 0x46 } },
};

KUNIT_ARRAY_PARAM_DESC(plan_case, plan_cases, desc);

static void plan_expect_opcodes(struct plan_rig *rig, u32 smmus,
				const u8 *opcodes)
{
	struct kunit *test = rig->test;
	u32 smmu, i, line = 0;

	for (smmu = 0; smmu < smmus; smmu++) {
		for (i = 0; opcodes[i]; i++, line++) {
			const struct plan_line *l = &rig->got.line[line];

			KUNIT_ASSERT_LT(test, line, rig->got.n);
			KUNIT_ASSERT_PTR_EQ(test, l->inst, &rig->inst[smmu]);
			KUNIT_ASSERT_EQ_MSG(test, smmu_cmd_opcode(&l->cmd),
					    opcodes[i], "SMMU %u, command %u",
					    smmu, i);
		}
	}
	KUNIT_ASSERT_EQ(test, line, rig->got.n);
}

static void plan_order(struct kunit *test)
{
	static const u32 counts[] = { 1, 2, PLAN_SMMUS };
	const struct plan_case *c = test->param_value;
	struct plan_rig *rig = test->priv;
	u32 smmu, i, k;

	for (k = 0; k < ARRAY_SIZE(counts); k++) {
		smmu_array_clear(rig->array);
		/* in reverse, because the array sorts them */
		for (smmu = counts[k]; smmu--;) {
			plan_feat(&rig->inst[smmu], c->flags, c->errata);
			for (i = ARRAY_SIZE(c->entries); i--;)
				if (c->entries[i])
					plan_add(rig, smmu, c->entries[i] - 1,
						 c->entries[i] == CL ? i :
						 c->entries[i] == VS ?
						 i + 2 : i + 20, 0);
		}
		plan_run(rig, &plan_ranges[c->range]);
		plan_expect_opcodes(rig, counts[k], c->opcodes);
		KUNIT_EXPECT_EQ(test, rig->posts, counts[k]);
		KUNIT_EXPECT_EQ(test, rig->batches, counts[k]);
	}
}

/* An erratum concerns its SMMU only: the others get what they always get */
static void plan_errata_are_local(struct kunit *test)
{
	static const u8 plain[] = { 0x12, 0x46, 0x40, 0x46 };
	static const u8 twice[] = { 0x12, 0x46, 0x12, 0x46, 0x40, 0x46 };
	struct plan_rig *rig = test->priv;
	u32 i, smmu, line = 0;

	rig->inst[1].feat.errata = SMMU_ERRATUM_REPEAT_TLBI;
	for (smmu = 0; smmu < 3; smmu++) {
		plan_add(rig, smmu, SMMU_INV_S1_ASID, 7, 0);
		plan_add(rig, smmu, SMMU_INV_ATS, 0x100, 0);
	}
	plan_run(rig, &plan_ranges[PLAN_PAGE]);
	KUNIT_ASSERT_EQ(test, rig->got.n, 4 + 6 + 4);
	for (smmu = 0; smmu < 3; smmu++) {
		for (i = 0; i < (smmu == 1 ? 6 : 4); i++, line++) {
			KUNIT_EXPECT_PTR_EQ(test, rig->got.line[line].inst,
					    &rig->inst[smmu]);
			KUNIT_EXPECT_EQ(test,
					smmu_cmd_opcode(&rig->got.line[line].cmd),
					smmu == 1 ? twice[i] : plain[i]);
		}
	}
}

/* The same for SYNC_PER_BATCH, where a post is longer than a batch */
static void plan_sync_per_batch(struct kunit *test)
{
	struct plan_rig *rig = test->priv;
	u32 i, smmu, syncs[3] = {}, splits[3] = {};

	rig->inst[1].feat.errata = SMMU_ERRATUM_SYNC_PER_BATCH;
	for (smmu = 0; smmu < 3; smmu++) {
		plan_add(rig, smmu, SMMU_INV_S1_ASID, 7, 0);
		for (i = 0; i < 190; i++)
			plan_add(rig, smmu, SMMU_INV_S2_VMID_VSMMU, 1 + i, 0);
	}
	plan_run_and_compare(rig, &plan_ranges[PLAN_PAGE]);
	for (i = 0; i < rig->got.n; i++) {
		smmu = rig->got.line[i].inst->nr;
		syncs[smmu] += plan_is_sync(&rig->got.line[i].cmd);
		splits[smmu] += rig->got.line[i].split;
	}
	for (smmu = 0; smmu < 3; smmu++) {
		KUNIT_EXPECT_EQ(test, splits[smmu], 3);
		KUNIT_EXPECT_EQ(test, syncs[smmu], smmu == 1 ? 4 : 1);
	}
}

/* As in nearly every DMA-API unmap: one batch of two commands, and nothing else is written */
static void plan_one_entry(struct kunit *test)
{
	struct plan_rig *rig = test->priv;

	plan_add(rig, 0, SMMU_INV_S1_ASID, 0x1234, 0);
	plan_run(rig, &plan_ranges[PLAN_PAGE]);
	KUNIT_EXPECT_EQ(test, rig->batches, 1);
	KUNIT_ASSERT_EQ(test, rig->got.n, 2);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(rig->got.line[0].cmd.w[0]),
			0x1234000000000012);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(rig->got.line[0].cmd.w[1]), 0x10701);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(rig->got.line[1].cmd.w[0]), 0x46);
}

/* ATC_INV: which stream, which PASID, which span */
static void plan_atc_words(struct kunit *test)
{
	struct plan_rig *rig = test->priv;
	const struct plan_line *line = rig->got.line;

	plan_add(rig, 0, SMMU_INV_ATS, 0x101, 0);
	plan_add(rig, 0, SMMU_INV_ATS, 0x102, 0x5);
	plan_add(rig, 0, SMMU_INV_ATS_FULL, 0x103, 0);
	plan_add(rig, 0, SMMU_INV_ATS_FULL, 0x103, SMMU_INV_ALL_PASIDS);

	plan_run(rig, &plan_ranges[PLAN_TEN]);
	KUNIT_ASSERT_EQ(test, rig->got.n, 7);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[0].cmd.w[0]), 0x10100000040);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[0].cmd.w[1]), 0x10004);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[2].cmd.w[0]), 0x10200005840);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[2].cmd.w[1]), 0x10004);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[4].cmd.w[0]), 0x10300000040);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[4].cmd.w[1]), 52);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[5].cmd.w[0]), 0x10300000a40);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[5].cmd.w[1]), 52);

	plan_run(rig, &plan_ranges[PLAN_ALL]);
	KUNIT_ASSERT_EQ(test, rig->got.n, 7);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[0].cmd.w[1]), 52);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[2].cmd.w[0]), 0x10200005840);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(line[2].cmd.w[1]), 52);
}

/*
 * A device with many PASIDs in one domain: plan_run() checks each segment; here no PASID is lost
 * where one ends, with a batch or before
 */
static void plan_pasids(struct kunit *test)
{
	struct plan_rig *rig = test->priv;
	u32 ssids, i, seen, syncs, want;

	for (ssids = 1; ssids < 140; ssids++) {
		smmu_array_clear(rig->array);
		plan_add(rig, 0, SMMU_INV_S1_ASID, 1, 0);
		for (i = 0; i < ssids; i++)
			plan_add(rig, 0, SMMU_INV_ATS, 0x101, i);
		plan_add(rig, 0, SMMU_INV_ATS, 0x102, 0);
		plan_run(rig, &plan_ranges[PLAN_PAGE]);
		for (i = 0, seen = 0, syncs = 0; i < rig->got.n; i++) {
			u64 w0 = le64_to_cpu(rig->got.line[i].cmd.w[0]);
			u32 ssid = FIELD_GET(CMD0_ATC_SSID, w0);

			syncs += plan_is_sync(&rig->got.line[i].cmd);
			if (FIELD_GET(CMD0_OPCODE, w0) != CMD_ATC_INV ||
			    FIELD_GET(CMD0_ATC_SID, w0) != 0x101)
				continue;
			KUNIT_ASSERT_EQ(test, seen, ssid);
			seen++;
		}
		KUNIT_EXPECT_EQ(test, seen, ssids);
		/* the TLBI, the other device, segments, and one more where a batch ends */
		want = 2 + DIV_ROUND_UP(ssids, SMMU_SEGMENT_MAX);
		KUNIT_EXPECT_GE(test, syncs, want);
		KUNIT_EXPECT_LE(test, syncs, want + rig->batches);
	}
}

static void plan_empty(struct kunit *test)
{
	struct plan_rig *rig = test->priv;
	u32 i;

	plan_run(rig, &plan_ranges[PLAN_PAGE]);
	KUNIT_EXPECT_EQ(test, rig->batches, 0);
	plan_run(rig, &plan_ranges[PLAN_ALL]);
	KUNIT_EXPECT_EQ(test, rig->batches, 0);

	for (i = 0; i < SMMU_INV_TYPES; i++)
		plan_add(rig, i % 2, i, 3, 0);
	for (i = 0; i < rig->array->len; i++)
		rig->array->inv[i].users = 0;
	plan_run(rig, &plan_ranges[PLAN_PAGE]);
	KUNIT_EXPECT_EQ(test, rig->batches, 0);

	/* only the writer may read entries behind num */
	for (i = 0; i < rig->array->len; i++)
		rig->array->inv[i].users = 1;
	rig->array->num = 0;
	plan_run(rig, &plan_ranges[PLAN_PAGE]);
	KUNIT_EXPECT_EQ(test, rig->batches, 0);
}

/* Every subset of nine entries on three SMMUs is parked once, and forgotten once */
static void plan_parked(struct kunit *test)
{
	struct plan_rig *rig = test->priv;
	u32 smmu, subset, i;

	for (smmu = 0; smmu < 3; smmu++) {
		plan_add(rig, smmu, SMMU_INV_S2_VMID_VSMMU, 3, 0);
		plan_add(rig, smmu, SMMU_INV_S2_VMID_S1_CLEAR, 3, 0);
		plan_add(rig, smmu, SMMU_INV_ATS_FULL, 3, 0);
	}
	for (subset = 0; subset < BIT(9); subset++) {
		for (i = 0; i < 9; i++) {
			rig->array->inv[i].users = !(subset & BIT(i));
			rig->array->inv[i].forgotten = false;
		}
		plan_run_and_compare(rig, &plan_ranges[PLAN_PAGE]);

		for (i = 0; i < 9; i++)
			rig->array->inv[i].forgotten = subset & BIT(i);
		plan_run_and_compare(rig, &plan_ranges[PLAN_PAGE]);
	}
}

/* Long posts: no stream is lost where a batch ends */
static const u32 plan_streams[] = {
	0, 1, 60, 61, 62, 63, 64, 65, 124, 125, 126, 127, 128, 300, 500,
};

static void plan_streams_desc(const u32 *streams, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *streams);
}

KUNIT_ARRAY_PARAM(plan_streams, plan_streams, plan_streams_desc);

static void plan_long(struct kunit *test)
{
	u32 streams = *(const u32 *)test->param_value;
	struct plan_rig *rig = test->priv;
	u32 errata, seen, i;

	for (errata = 0; errata < 4; errata++) {
		smmu_array_clear(rig->array);
		plan_feat(&rig->inst[0], SMMU_FEAT_RIL,
			  (errata & 1 ? SMMU_ERRATUM_SYNC_PER_BATCH : 0) |
			  (errata & 2 ? SMMU_ERRATUM_REPEAT_TLBI : 0));
		plan_add(rig, 0, SMMU_INV_S1_ASID, 1, 0);
		for (i = 0; i < streams; i++)
			plan_add(rig, 0, SMMU_INV_ATS, 1000 + i, 0);
		plan_add(rig, 1, SMMU_INV_S1_ASID, 1, 0);

		plan_run_and_compare(rig, &plan_ranges[PLAN_PAGE]);
		KUNIT_EXPECT_EQ(test, rig->posts, 2);

		for (i = 0, seen = 0; i < rig->got.n; i++) {
			const struct smmu_cmd *cmd = &rig->got.line[i].cmd;

			if (smmu_cmd_opcode(cmd) != CMD_ATC_INV)
				continue;
			KUNIT_ASSERT_EQ(test, le64_to_cpu(cmd->w[0]) >> 32,
					1000 + seen);
			seen++;
		}
		KUNIT_EXPECT_EQ(test, seen, streams);
	}
}

/* A range of many commands is still covered when batches cut it */
static void plan_long_range(struct kunit *test)
{
	struct smmu_range range = { .pgshift = 12, .leaf = true };
	struct plan_rig *rig = test->priv;
	struct tlbi_effect e;
	u32 pages, i;
	u64 next;

	plan_feat(&rig->inst[0], 0, 0);
	for (i = 0; i < 3; i++)
		plan_add(rig, 0, SMMU_INV_S2_VMID_VSMMU, 1 + i, 0);
	plan_add(rig, 0, SMMU_INV_ATS_FULL, 9, 0);

	for (pages = 1; pages < 512; pages += pages < 130 ? 1 : 27) {
		range.start = SZ_2M - SZ_4K;
		range.last = range.start + (u64)pages * SZ_4K - 1;
		plan_run_and_compare(rig, &range);
		KUNIT_ASSERT_EQ(test, rig->got.n, 3 * pages + 3);
		for (i = 0, next = 0; i < 3 * pages; i++) {
			if (i % pages == 0)
				next = range.start;
			tlbi_decode(&rig->got.line[i].cmd, 12, &e);
			KUNIT_ASSERT_EQ(test, e.vmid, 1 + i / pages);
			KUNIT_ASSERT_EQ(test, e.first, next);
			next = e.last + 1;
		}
	}
}

/*
 * Another CPU unrefs entries whose commands have not been sent yet. A post that has begun gets its
 * end, and none of its commands stays without a CMD_SYNC behind it.
 */
static void plan_parked_meanwhile(struct kunit *test)
{
	struct plan_rig *rig = test->priv;
	struct smmu_inst *post = NULL;
	struct smmu_plan plan;
	u32 i, errata;

	for (errata = 0; errata < 2; errata++) {
		smmu_array_clear(rig->array);
		plan_feat(&rig->inst[0], SMMU_FEAT_RIL,
			  errata ? SMMU_ERRATUM_SYNC_PER_BATCH : 0);
		for (i = 0; i < 300; i++)
			plan_add(rig, 0, SMMU_INV_ATS, i, 0);
		plan_add(rig, 1, SMMU_INV_S1_ASID, 1, 0);

		rig->got.n = 0;
		smmu_plan_start(&plan, rig->array, &plan_ranges[PLAN_PAGE]);
		KUNIT_ASSERT_TRUE(test, plan_step(rig, &plan, &post));
		KUNIT_ASSERT_FALSE(test, rig->batch->end);
		for (i = 0; i < rig->array->len; i++)
			WRITE_ONCE(rig->array->inv[i].users, 0);
		KUNIT_ASSERT_TRUE(test, plan_step(rig, &plan, &post));
		KUNIT_EXPECT_TRUE(test, rig->batch->end);
		KUNIT_EXPECT_EQ(test, rig->batch->n, 1);
		KUNIT_EXPECT_FALSE(test, plan_step(rig, &plan, &post));
	}
}

/*
 * All commands of an entry that a batch cuts are sent, whatever happens to the entry between the
 * batches: its first pages are invalidated, so its last must be too.
 */
static void plan_parked_in_range(struct kunit *test)
{
	const struct smmu_range range = { .last = 100 * SZ_4K - 1 };
	struct plan_rig *rig = test->priv;
	struct smmu_inst *post = NULL;
	struct smmu_plan plan;

	plan_feat(&rig->inst[0], 0, 0);
	plan_add(rig, 0, SMMU_INV_S1_ASID, 1, 0);
	plan_model(rig, &range);
	smmu_plan_start(&plan, rig->array, &range);
	KUNIT_ASSERT_TRUE(test, plan_step(rig, &plan, &post));
	WRITE_ONCE(rig->array->inv[0].users, 0);
	while (plan_step(rig, &plan, &post))
		;
	plan_compare(rig);
}

/* A whole-tag flush, for every type that has a tag */
static const struct plan_flush {
	const char *desc;
	u8 type;
	u32 flags, errata;
	u64 w0;
} plan_flushes[] = {
	{ "stage 1", SMMU_INV_S1_ASID, 0, 0, 0x00ab000000000011 },
	{ "EL2", SMMU_INV_S1_ASID, SMMU_FEAT_E2H, 0, 0x00ab000000000021 },
	{ "stage 2", SMMU_INV_S2_VMID, SMMU_FEAT_E2H, 0, 0x000000ab00000028 },
	{ "vSMMU", SMMU_INV_S2_VMID_VSMMU, 0, 0, 0x000000ab00000028 },
	{ "stage 1, repeat", SMMU_INV_S1_ASID, 0, SMMU_ERRATUM_REPEAT_TLBI,
	  0x00ab000000000011 },
	{ "vSMMU, repeat", SMMU_INV_S2_VMID_VSMMU, 0, SMMU_ERRATUM_REPEAT_TLBI,
	  0x000000ab00000028 },
};

KUNIT_ARRAY_PARAM_DESC(plan_flush, plan_flushes, desc);

static void plan_tag_flush(struct kunit *test)
{
	const struct plan_flush *f = test->param_value;
	struct plan_rig *rig = test->priv;
	const struct smmu_inv inv = {
		.inst = rig->inst,
		.type = f->type,
		.id = 0xab,
		.pgshift = 12,
	};
	u32 i;

	plan_feat(rig->inst, f->flags, f->errata);
	memset(rig->batch, PLAN_SOIL, sizeof(*rig->batch));
	smmu_plan_tag_flush(&inv, rig->batch);
	plan_check_batch(rig);
	KUNIT_EXPECT_TRUE(test, rig->batch->end);
	KUNIT_ASSERT_EQ(test, rig->batch->n, f->errata ? 4 : 2);
	for (i = 0; i < rig->batch->n; i++) {
		KUNIT_EXPECT_EQ(test, le64_to_cpu(rig->batch->cmd[i].w[0]),
				i % 2 ? 0x46 : f->w0);
		KUNIT_EXPECT_EQ(test, 0, le64_to_cpu(rig->batch->cmd[i].w[1]));
	}
}

/*
 * Random arrays against the model
 */

static u32 plan_rnd(struct rnd_state *rnd, u32 below)
{
	return prandom_u32_state(rnd) % below;
}

static void plan_random_inst(struct smmu_inst *inst, struct rnd_state *rnd)
{
	u32 flags = 0, errata = 0;

	if (plan_rnd(rnd, 2))
		flags |= SMMU_FEAT_RIL;
	if (plan_rnd(rnd, 3) == 0)
		flags |= SMMU_FEAT_E2H;
	if (plan_rnd(rnd, 4) == 0)
		errata |= SMMU_ERRATUM_REPEAT_TLBI;
	if (plan_rnd(rnd, 4) == 0)
		errata |= SMMU_ERRATUM_SYNC_PER_BATCH;
	plan_feat(inst, flags, errata);
}

static void plan_random_entries(struct plan_rig *rig, u32 smmu,
				struct rnd_state *rnd)
{
	u32 tags = plan_rnd(rnd, 4), streams = plan_rnd(rnd, 6), i, id;

	if (plan_rnd(rnd, 8) == 0)
		streams = plan_rnd(rnd, 100);
	for (i = 0; i < tags; i++) {
		id = 1 + plan_rnd(rnd, 5);
		switch (plan_rnd(rnd, 3)) {
		case 0:
			plan_add(rig, smmu, SMMU_INV_S1_ASID, id, 0);
			break;
		case 1:
			plan_add(rig, smmu, SMMU_INV_S2_VMID, id + 10, 0);
			break;
		case 2:
			plan_add(rig, smmu, SMMU_INV_S2_VMID_VSMMU, id, 0);
			plan_add(rig, smmu, SMMU_INV_S2_VMID_S1_CLEAR, id, 0);
			break;
		}
	}
	for (i = 0; i < streams; i++) {
		id = plan_rnd(rnd, 1000);
		if (plan_rnd(rnd, 4))
			plan_add(rig, smmu, SMMU_INV_ATS, id, plan_rnd(rnd, 3));
		else
			plan_add(rig, smmu, SMMU_INV_ATS_FULL, id, plan_rnd(rnd, 2));
	}
}

/* An S1_CLEAR is parked together with its VMID, see the types in array.h */
static void plan_random_parked(struct plan_rig *rig, struct rnd_state *rnd)
{
	u32 i, percent = plan_rnd(rnd, 3) * 30;
	struct smmu_inv *inv, key;

	for (i = 0; i < rig->array->len; i++) {
		inv = &rig->array->inv[i];
		if (inv->type == SMMU_INV_S2_VMID_S1_CLEAR) {
			key = *inv;
			key.type = SMMU_INV_S2_VMID_VSMMU;
			inv->users = smmu_array_find(rig->array, &key)->users;
		} else if (plan_rnd(rnd, 100) < percent) {
			inv->users = 0;
		} else {
			inv->users = 1 + plan_rnd(rnd, 3);
		}
	}
}

static void plan_random_range(struct smmu_range *range, struct rnd_state *rnd)
{
	u32 pages = 1 + plan_rnd(rnd, plan_rnd(rnd, 2) ? 4 : 150);

	*range = (struct smmu_range) {
		.all = plan_rnd(rnd, 5) == 0,
		.leaf = plan_rnd(rnd, 2),
		.pgshift = plan_rnd(rnd, 2) ? 12 : 0,
		.start = (u64)plan_rnd(rnd, U32_MAX) << plan_rnd(rnd, 16),
	};
	if (plan_rnd(rnd, 2))
		range->start &= ~(u64)(SZ_4K - 1);
	if (plan_rnd(rnd, 8) == 0)
		pages <<= plan_rnd(rnd, 16);
	range->last = range->start + (u64)pages * SZ_4K - 1;
}

static void plan_random(struct kunit *test)
{
	struct plan_rig *rig = test->priv;
	struct smmu_range range;
	struct rnd_state rnd;
	u32 round, smmu, smmus, splits = 0;

	prandom_seed_state(&rnd, PLAN_SEED);
	kunit_info(test, "seed %d", PLAN_SEED);
	for (round = 0; round < PLAN_ROUNDS; round++) {
		smmu_array_clear(rig->array);
		smmus = 1 + plan_rnd(&rnd, 4);
		for (smmu = 0; smmu < smmus; smmu++) {
			plan_random_inst(&rig->inst[smmu], &rnd);
			plan_random_entries(rig, smmu, &rnd);
		}
		plan_random_parked(rig, &rnd);
		plan_random_range(&range, &rnd);
		plan_run_and_compare(rig, &range);
		KUNIT_ASSERT_LE(test, rig->posts, smmus);
		splits += rig->batches - rig->posts;
	}
	/* otherwise the ends of batches were not tested */
	KUNIT_EXPECT_GT(test, splits, PLAN_ROUNDS / 10);
}

static int plan_init(struct kunit *test)
{
	test->priv = plan_rig_new(test);
	return 0;
}

static struct kunit_case plan_test_cases[] = {
	KUNIT_CASE_PARAM(plan_order, plan_case_gen_params),
	KUNIT_CASE(plan_one_entry),
	KUNIT_CASE(plan_atc_words),
	KUNIT_CASE(plan_pasids),
	KUNIT_CASE(plan_empty),
	KUNIT_CASE(plan_parked),
	KUNIT_CASE_PARAM(plan_long, plan_streams_gen_params),
	KUNIT_CASE(plan_long_range),
	KUNIT_CASE(plan_errata_are_local),
	KUNIT_CASE(plan_sync_per_batch),
	KUNIT_CASE(plan_parked_meanwhile),
	KUNIT_CASE(plan_parked_in_range),
	KUNIT_CASE_PARAM(plan_tag_flush, plan_flush_gen_params),
	KUNIT_CASE(plan_random),
	{}
};

static struct kunit_suite plan_suite = {
	.name = "smmu_plan",
	.init = plan_init,
	.test_cases = plan_test_cases,
};

kunit_test_suite(plan_suite);
