// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rig and model for the plan, see plan_model.h. The model uses two parts of the code under test,
 * the command builders and the range iterator, which have suites of their own. It decides by
 * itself about order, phases, posts and errata.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/cmd_check.h"
#include "core/inst.h"
#include "core/range.h"
#include "plan_model.h"
#include "tlbi_oracle.h"

#define PLAN_FLAGS	(SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_ATS |	\
			 SMMU_FEAT_HYP)

void plan_feat(struct smmu_inst *inst, u32 flags, u32 errata)
{
	inst->feat = (struct smmu_features) {
		.flags = PLAN_FLAGS | flags,
		.errata = errata,
		.granules = SZ_4K | SZ_16K | SZ_64K,
		.asid_bits = 16,
		.vmid_bits = 16,
		.sid_bits = 32,
		.atc_segment = SMMU_SEGMENT_MAX,
		.ssid_bits = 20,
	};
}

struct plan_rig *plan_rig_new(struct kunit *test)
{
	struct plan_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig->inst = kunit_kcalloc(test, PLAN_SMMUS, sizeof(*rig->inst),
				  GFP_KERNEL);
	rig->array = kunit_kzalloc(test, struct_size(rig->array, inv,
						     PLAN_ENTRIES), GFP_KERNEL);
	rig->batch = kunit_kzalloc(test, sizeof(*rig->batch), GFP_KERNEL);
	rig->got.line = kunit_kcalloc(test, PLAN_LINES, sizeof(*rig->got.line),
				      GFP_KERNEL);
	rig->want.line = kunit_kcalloc(test, PLAN_LINES,
				       sizeof(*rig->want.line), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig->inst);
	KUNIT_ASSERT_NOT_NULL(test, rig->array);
	KUNIT_ASSERT_NOT_NULL(test, rig->batch);
	KUNIT_ASSERT_NOT_NULL(test, rig->got.line);
	KUNIT_ASSERT_NOT_NULL(test, rig->want.line);
	rig->array->max = PLAN_ENTRIES;
	for (i = 0; i < PLAN_SMMUS; i++) {
		rig->inst[i].nr = i;
		plan_feat(&rig->inst[i], SMMU_FEAT_RIL, 0);
	}
	return rig;
}

void plan_add(struct plan_rig *rig, u32 smmu, u8 type, u32 id, u32 ssid)
{
	const struct smmu_inv inv = {
		.inst = &rig->inst[smmu],
		.type = type,
		.id = id,
		.ssid = ssid,
		.pgshift = 12,
	};

	KUNIT_ASSERT_LT(rig->test, rig->array->len, rig->array->max);
	smmu_array_add(rig->array, &inv);
}

static void plan_log(struct plan_rig *rig, struct plan_log *log,
		     struct smmu_inst *inst, const struct smmu_cmd *cmd,
		     bool split)
{
	struct plan_line *line;

	KUNIT_ASSERT_LT(rig->test, log->n, PLAN_LINES);
	line = &log->line[log->n++];
	line->inst = inst;
	line->cmd = *cmd;
	line->split = split;
}

/* A TLBI by address without a range is legal, but some SMMUs with range invalidation hang on it */
static bool plan_is_rangeless(const struct smmu_inst *inst, const struct smmu_cmd *cmd)
{
	struct tlbi_effect e;

	tlbi_decode(cmd, 12, &e);
	return inst->feat.flags & SMMU_FEAT_RIL && e.scope == TLBI_SCOPE_RANGE && !e.tg;
}

/* Check what holds for every batch */
void plan_check_batch(struct plan_rig *rig)
{
	struct kunit *test = rig->test;
	const struct smmu_batch *batch = rig->batch;
	const u8 *rest = (const u8 *)&batch->cmd[batch->n];
	const char *why;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, batch->inst);
	KUNIT_ASSERT_GE(test, batch->n, 1);
	KUNIT_ASSERT_LE(test, batch->n, SMMU_BATCH_MAX);
	for (i = 0; i < batch->n; i++) {
		why = smmu_cmd_illegal(&batch->cmd[i], &batch->inst->feat);
		KUNIT_ASSERT_NULL_MSG(test, why, "command %u: %s", i, why);
		KUNIT_ASSERT_FALSE_MSG(test, plan_is_rangeless(batch->inst, &batch->cmd[i]),
				       "command %u: by address, without a range", i);
	}
	/* smmu_plan_next() must not write behind the end of the batch, not even to clear it */
	for (i = 0; i < (SMMU_BATCH_MAX - batch->n) * sizeof(*batch->cmd); i++)
		KUNIT_ASSERT_EQ(test, rest[i], PLAN_SOIL);

	if (batch->end ||
	    batch->inst->feat.errata & SMMU_ERRATUM_SYNC_PER_BATCH)
		KUNIT_ASSERT_TRUE(test, plan_is_sync(&batch->cmd[batch->n - 1]));
	/* a post is cut only where a batch is full */
	if (!batch->end)
		KUNIT_ASSERT_GE(test, batch->n, SMMU_BATCH_MAX - 1);
}

/* One call; false at the end of the walk. @post: SMMU whose post is under way. */
bool plan_step(struct plan_rig *rig, struct smmu_plan *plan,
	       struct smmu_inst **post)
{
	struct kunit *test = rig->test;
	struct smmu_batch *batch = rig->batch;
	u32 i;

	memset(batch->cmd, PLAN_SOIL, sizeof(batch->cmd));
	if (!smmu_plan_next(plan, batch)) {
		KUNIT_ASSERT_NULL_MSG(test, *post, "a post has no end");
		return false;
	}
	plan_check_batch(rig);
	if (*post)
		KUNIT_ASSERT_PTR_EQ(test, *post, batch->inst);
	*post = batch->end ? NULL : batch->inst;
	rig->batches++;
	rig->posts += batch->end;
	for (i = 0; i < batch->n; i++)
		plan_log(rig, &rig->got, batch->inst, &batch->cmd[i],
			 i == batch->n - 1 && !batch->end);
	return true;
}

/* Is this one TLBI by address, for an entry without ATS or guest? */
static bool plan_is_short(const struct smmu_array *array, const struct smmu_batch *batch)
{
	u8 op = smmu_cmd_opcode(&batch->cmd[0]);

	return smmu_array_count(array) == 1 && array->inv[0].type <= SMMU_INV_S2_VMID &&
	       !array->inv[0].inst->feat.errata && batch->n == 2 && batch->end &&
	       (op == CMD_TLBI_NH_VA || op == CMD_TLBI_EL2_VA || op == CMD_TLBI_S2_IPA);
}

/* smmu_plan_single() must give what smmu_plan_next() gives, and must be used wherever it can be */
static void plan_check_single(struct plan_rig *rig, const struct smmu_range *range)
{
	struct smmu_batch *batch = rig->batch, *single;
	struct kunit *test = rig->test;
	struct smmu_plan plan;
	bool took, more;

	single = kmalloc_obj(*single);
	KUNIT_ASSERT_NOT_NULL(test, single);
	memset(single, PLAN_SOIL, sizeof(*single));
	took = smmu_plan_single(rig->array, range, single);
	smmu_plan_start(&plan, rig->array, range);
	more = smmu_plan_next(&plan, batch);
	KUNIT_EXPECT_EQ(test, took, more && plan_is_short(rig->array, batch));
	if (took && more) {
		KUNIT_EXPECT_PTR_EQ(test, single->inst, batch->inst);
		KUNIT_EXPECT_EQ(test, single->n, batch->n);
		KUNIT_EXPECT_TRUE(test, single->end);
		KUNIT_EXPECT_MEMEQ(test, single->cmd, batch->cmd, 2 * sizeof(single->cmd[0]));
		KUNIT_EXPECT_FALSE(test, smmu_plan_next(&plan, batch));
	}
	kfree(single);
}

/*
 * All ATC_INVs between two CMD_SYNCs are for one stream, and not more than a root port takes at a
 * time. Behind a batch may come commands of other CPUs, so a segment is closed by then.
 */
static void plan_check_segments(struct plan_rig *rig)
{
	struct kunit *test = rig->test;
	u32 i, n = 0, sid = 0;

	for (i = 0; i < rig->got.n; i++) {
		const struct plan_line *line = &rig->got.line[i];
		u32 stream = FIELD_GET(CMD0_ATC_SID, le64_to_cpu(line->cmd.w[0]));

		if (plan_is_sync(&line->cmd)) {
			n = 0;
		} else if (smmu_cmd_opcode(&line->cmd) == CMD_ATC_INV) {
			if (n)
				KUNIT_ASSERT_EQ_MSG(test, sid, stream, "two streams in a segment");
			sid = stream;
			n++;
		}
		KUNIT_ASSERT_LE(test, n, 32);
		if (line->split)
			KUNIT_ASSERT_EQ_MSG(test, 0, n, "a segment goes on behind its batch");
	}
}

void plan_run(struct plan_rig *rig, const struct smmu_range *range)
{
	struct smmu_plan plan;
	struct smmu_inst *post = NULL;

	plan_check_single(rig, range);

	rig->got.n = 0;
	rig->batches = 0;
	rig->posts = 0;
	memset(&plan, PLAN_SOIL, sizeof(plan));
	smmu_plan_start(&plan, rig->array, range);
	while (plan_step(rig, &plan, &post))
		;
	plan_check_segments(rig);
	/* after the end comes no other batch */
	KUNIT_EXPECT_FALSE(rig->test, smmu_plan_next(&plan, rig->batch));
}

/*
 * The model
 */

static bool plan_model_covered(struct plan_rig *rig, const struct smmu_inv *inv)
{
	struct tlbi_effect e;
	u32 i;

	for (i = 0; i < rig->want.n; i++) {
		const struct plan_line *line = &rig->want.line[i];

		tlbi_decode(&line->cmd, 12, &e);
		if (line->inst == inv->inst && e.scope == TLBI_SCOPE_TAG &&
		    e.s1 && e.s2 && e.vmid == inv->id)
			return true;
	}
	return false;
}

static u32 plan_model_tlbi(struct plan_rig *rig, const struct smmu_inv *inv,
			   const struct smmu_range *range)
{
	struct smmu_tlbi_iter it;
	struct smmu_cmd cmd;
	u32 n = 0;

	if (range->all || smmu_range_prefers_all(&inv->inst->feat, range,
						 inv->pgshift)) {
		if (inv->type == SMMU_INV_S1_ASID)
			smmu_cmd_tlbi_asid(&cmd, inv->id, inv->inst->feat.flags &
							  SMMU_FEAT_E2H);
		else
			smmu_cmd_tlbi_s12_vmall(&cmd, inv->id);
		plan_log(rig, &rig->want, inv->inst, &cmd, false);
		return 1;
	}
	for (smmu_tlbi_start(&it, inv, range); smmu_tlbi_next(&it, &cmd); n++)
		plan_log(rig, &rig->want, inv->inst, &cmd, false);
	return n;
}

static u32 plan_model_entry(struct plan_rig *rig, const struct smmu_inv *inv,
			    const struct smmu_range *range)
{
	struct smmu_cmd cmd;
	u64 addr = 0;
	u8 size = 52;

	switch (inv->type) {
	case SMMU_INV_S1_ASID:
	case SMMU_INV_S2_VMID:
	case SMMU_INV_S2_VMID_VSMMU:
		return plan_model_tlbi(rig, inv, range);
	case SMMU_INV_S2_VMID_S1_CLEAR:
		if (plan_model_covered(rig, inv))
			return 0;
		smmu_cmd_tlbi_nh_all(&cmd, inv->id);
		break;
	case SMMU_INV_ATS:
		if (!range->all)
			smmu_atc_span(range->start, range->last, &addr, &size);
		smmu_cmd_atc_inv(&cmd, inv->id, inv->ssid, inv->ssid != 0, addr,
				 size);
		break;
	case SMMU_INV_ATS_FULL:
		smmu_cmd_atc_inv(&cmd, inv->id, 0, false, 0, 52);
		/* SSV, Global, SubstreamID 0 */
		if (inv->ssid)
			cmd.w[0] |= cpu_to_le64(BIT_ULL(11) | BIT_ULL(9));
		break;
	}
	plan_log(rig, &rig->want, inv->inst, &cmd, false);
	return 1;
}

static u8 plan_model_phase(u8 type)
{
	static const u8 phase[SMMU_INV_TYPES] = {
		[SMMU_INV_S2_VMID_S1_CLEAR] = 1,
		[SMMU_INV_ATS] = 2,
		[SMMU_INV_ATS_FULL] = 2,
	};

	return phase[type];
}

static void plan_model_phase_run(struct plan_rig *rig, struct smmu_inst *inst,
				 u8 phase, const struct smmu_range *range)
{
	const struct smmu_array *array = rig->array;
	struct smmu_cmd sync;
	u32 i, n = 0, last = 0;

	smmu_cmd_sync(&sync);
	for (i = 0; i < array->len; i++) {
		const struct smmu_inv *inv = &array->inv[i];

		if (inv->inst != inst || !inv->users || plan_model_phase(inv->type) != phase)
			continue;
		/* 32 ATC_INVs to one stream at most */
		if (phase == 2 && n && (inv->id != last || n == 32)) {
			plan_log(rig, &rig->want, inst, &sync, false);
			n = 0;
		}
		n += plan_model_entry(rig, inv, range);
		last = inv->id;
	}
	if (n)
		plan_log(rig, &rig->want, inst, &sync, false);
}

void plan_model(struct plan_rig *rig, const struct smmu_range *range)
{
	struct smmu_inst *inst;
	u8 phase;

	rig->want.n = 0;
	for (inst = rig->inst; inst < rig->inst + PLAN_SMMUS; inst++) {
		for (phase = 0; phase < 3; phase++) {
			plan_model_phase_run(rig, inst, phase, range);
			if (phase < 2 &&
			    inst->feat.errata & SMMU_ERRATUM_REPEAT_TLBI)
				plan_model_phase_run(rig, inst, phase, range);
		}
	}
}

/* SYNC_PER_BATCH, and ATC_INVs, put extra CMD_SYNCs at the end of batches */
static bool plan_extra_sync(const struct plan_rig *rig, u32 got, u32 want)
{
	const struct plan_line *line = &rig->got.line[got];

	return line->split && plan_is_sync(&line->cmd) &&
	       (line->inst->feat.errata & SMMU_ERRATUM_SYNC_PER_BATCH ||
		(got && smmu_cmd_opcode(&line[-1].cmd) == CMD_ATC_INV)) &&
	       (want == rig->want.n ||
		!plan_is_sync(&rig->want.line[want].cmd));
}

void plan_compare(struct plan_rig *rig)
{
	struct kunit *test = rig->test;
	u32 got, want = 0;

	for (got = 0; got < rig->got.n; got++) {
		const struct plan_line *g = &rig->got.line[got];
		const struct plan_line *w = &rig->want.line[want];

		if (plan_extra_sync(rig, got, want))
			continue;
		KUNIT_ASSERT_LT_MSG(test, want, rig->want.n, "too many");
		KUNIT_ASSERT_PTR_EQ(test, g->inst, w->inst);
		KUNIT_ASSERT_EQ_MSG(test, 0, memcmp(&g->cmd, &w->cmd,
						    sizeof(g->cmd)),
				    "line %u: %s %#llx, not %s %#llx", got,
				    smmu_cmd_name(smmu_cmd_opcode(&g->cmd)),
				    le64_to_cpu(g->cmd.w[1]),
				    smmu_cmd_name(smmu_cmd_opcode(&w->cmd)),
				    le64_to_cpu(w->cmd.w[1]));
		want++;
	}
	KUNIT_ASSERT_EQ_MSG(test, want, rig->want.n, "commands are missing");
}

void plan_run_and_compare(struct plan_rig *rig, const struct smmu_range *range)
{
	plan_run(rig, range);
	plan_model(rig, range);
	plan_compare(rig);
}
