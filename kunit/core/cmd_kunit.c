// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: the builders are compared with words written by hand from Arm IHI 0070, chapter 4, and
 * smmu_cmd_illegal() with what that chapter allows and forbids. The tables here repeat the
 * specification on purpose; they use no field macro.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "core/cmd.h"
#include "core/cmd_check.h"

#define CMD_SEED	20231

/* An SMMU with all features and the widest ids */
static const struct smmu_features feat_full = {
	.flags = SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_RIL | SMMU_FEAT_MSI |
		 SMMU_FEAT_ATS | SMMU_FEAT_PRI |
		 SMMU_FEAT_STALL | SMMU_FEAT_HYP | SMMU_FEAT_E2H,
	.granules = SZ_4K | SZ_16K | SZ_64K,
	.asid_bits = 16,
	.vmid_bits = 16,
	.sid_bits = 32,
	.ssid_bits = 20,
	.va_bits = 48,
	.oas_bits = 48,
};

/* Builders get memory full of ones, because they must write every bit */
static void cmd_soil(struct smmu_cmd *cmd)
{
	memset(cmd, 0xff, sizeof(*cmd));
}

static void cmd_expect(struct kunit *test, const struct smmu_cmd *cmd, u64 w0,
		       u64 w1)
{
	const char *why = smmu_cmd_illegal(cmd, &feat_full);

	KUNIT_EXPECT_EQ(test, le64_to_cpu(cmd->w[0]), w0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(cmd->w[1]), w1);
	KUNIT_EXPECT_NULL_MSG(test, why, "%s: %s",
			      smmu_cmd_name(smmu_cmd_opcode(cmd)), why);
}

static void cmd_build_cfgi(struct kunit *test)
{
	struct smmu_cmd cmd;

	cmd_soil(&cmd);
	smmu_cmd_cfgi_ste(&cmd, 0x89abcdef, true);
	cmd_expect(test, &cmd, 0x89abcdef00000003, 0x1);

	cmd_soil(&cmd);
	smmu_cmd_cfgi_ste(&cmd, 0x1, false);
	cmd_expect(test, &cmd, 0x0000000100000003, 0);

	cmd_soil(&cmd);
	smmu_cmd_cfgi_all(&cmd);
	cmd_expect(test, &cmd, 0x04, 0x1f);

	cmd_soil(&cmd);
	smmu_cmd_cfgi_cd(&cmd, 0x89abcdef, 0xfedcb, true);
	cmd_expect(test, &cmd, 0x89abcdeffedcb005, 0x1);

	cmd_soil(&cmd);
	smmu_cmd_cfgi_cd(&cmd, 0x89abcdef, 0, false);
	cmd_expect(test, &cmd, 0x89abcdef00000005, 0);

	cmd_soil(&cmd);
	smmu_cmd_cfgi_cd_all(&cmd, 0xffffffff);
	cmd_expect(test, &cmd, 0xffffffff00000006, 0);
}

static void cmd_build_tlbi(struct kunit *test)
{
	struct smmu_cmd cmd;

	cmd_soil(&cmd);
	smmu_cmd_tlbi_nsnh_all(&cmd);
	cmd_expect(test, &cmd, 0x30, 0);

	cmd_soil(&cmd);
	smmu_cmd_tlbi_el2_all(&cmd);
	cmd_expect(test, &cmd, 0x20, 0);

	cmd_soil(&cmd);
	smmu_cmd_tlbi_nh_all(&cmd, 0xcafe);
	cmd_expect(test, &cmd, 0x0000cafe00000010, 0);

	cmd_soil(&cmd);
	smmu_cmd_tlbi_s12_vmall(&cmd, 0xcafe);
	cmd_expect(test, &cmd, 0x0000cafe00000028, 0);

	cmd_soil(&cmd);
	smmu_cmd_tlbi_asid(&cmd, 0xcafe, false);
	cmd_expect(test, &cmd, 0xcafe000000000011, 0);

	cmd_soil(&cmd);
	smmu_cmd_tlbi_asid(&cmd, 0xcafe, true);
	cmd_expect(test, &cmd, 0xcafe000000000021, 0);
}

static void cmd_build_ats(struct kunit *test)
{
	struct smmu_cmd cmd;

	cmd_soil(&cmd);
	smmu_cmd_atc_inv(&cmd, 0x89abcdef, 0xfedcb, true, 0xffff800000000000,
			 35);
	cmd_expect(test, &cmd, 0x89abcdeffedcb840, 0xffff800000000023);

	/* without SSV there is no SubstreamID; the low bits of the address are cleared */
	cmd_soil(&cmd);
	smmu_cmd_atc_inv(&cmd, 0x100, 0xfedcb, false, 0x1fff, 0);
	cmd_expect(test, &cmd, 0x0000010000000040, 0x1000);

	cmd_soil(&cmd);
	smmu_cmd_atc_inv(&cmd, 0x100, 0, false, 0, ATC_SIZE_ALL);
	cmd_expect(test, &cmd, 0x0000010000000040, 0x34);

	cmd_soil(&cmd);
	smmu_cmd_atc_inv_pasids(&cmd, 0x89abcdef);
	cmd_expect(test, &cmd, 0x89abcdef00000a40, 0x34);

	cmd_soil(&cmd);
	smmu_cmd_pri_resp(&cmd, 0x89abcdef, 0xfedcb, true, 0x1ff,
			  PRI_RESP_SUCCESS);
	cmd_expect(test, &cmd, 0x89abcdeffedcb841, 0x21ff);

	cmd_soil(&cmd);
	smmu_cmd_pri_resp(&cmd, 0x1, 0x2, false, 0x3, PRI_RESP_INVALID);
	cmd_expect(test, &cmd, 0x0000000100000041, 0x1003);

	cmd_soil(&cmd);
	smmu_cmd_pri_resp(&cmd, 0x1, 0x2, false, 0x3, PRI_RESP_FAILURE);
	cmd_expect(test, &cmd, 0x0000000100000041, 0x3);
}

static void cmd_build_fault(struct kunit *test)
{
	struct smmu_cmd cmd;

	/* 4.7.1: Ac is bit 12, Ab is bit 13 */
	cmd_soil(&cmd);
	smmu_cmd_resume(&cmd, 0x89abcdef, 0xbeef, RESUME_RETRY);
	cmd_expect(test, &cmd, 0x89abcdef00001044, 0xbeef);

	cmd_soil(&cmd);
	smmu_cmd_resume(&cmd, 0x1, 0x2, RESUME_ABORT);
	cmd_expect(test, &cmd, 0x0000000100002044, 0x2);

	cmd_soil(&cmd);
	smmu_cmd_resume(&cmd, 0x1, 0x2, RESUME_TERMINATE);
	cmd_expect(test, &cmd, 0x0000000100000044, 0x2);
}

static void cmd_build_sync(struct kunit *test)
{
	struct smmu_cmd cmd;

	cmd_soil(&cmd);
	smmu_cmd_sync(&cmd);
	cmd_expect(test, &cmd, 0x46, 0);

	/* CS = IRQ, inner shareable, write-back */
	cmd_soil(&cmd);
	smmu_cmd_sync_msi(&cmd, 0x000ffffffffffffc, 0x89abcdef);
	cmd_expect(test, &cmd, 0x89abcdef0fc01046, 0x000ffffffffffffc);
}

/*
 * Chapter 4 as a table: @w0 and @w1 are the bits that exist. @base0 and @base1 are a legal
 * command, which stays legal with any one of these bits set. @need: features, of which one is
 * needed.
 */
static const struct cmd_form {
	const char *name;
	u64 base0, base1;
	u64 w0, w1;
	u32 need;
} cmd_forms[] = {
	{ "PREFETCH_CONFIG", 0x01, 0, 0xfffffffffffff800, 0, 0 },
	{ "PREFETCH_ADDR", 0x02, 0, 0xfffffffffffff800, 0xfffffffffffff3ff, 0 },
	{ "CFGI_STE", 0x03, 0, 0xffffffff00000000, 0x1, 0 },
	{ "CFGI_STE_RANGE", 0x04, 0, 0xffffffff00000000, 0x1f, 0 },
	{ "CFGI_CD", 0x05, 0, 0xfffffffffffff000, 0x1, SMMU_FEAT_S1 },
	{ "CFGI_CD_ALL", 0x06, 0, 0xffffffff00000000, 0, SMMU_FEAT_S1 },
	{ "TLBI_NH_ALL", 0x10, 0, 0x0000ffff00000000, 0, SMMU_FEAT_S1 },
	{ "TLBI_NH_ASID", 0x11, 0, 0xffffffff00000000, 0, SMMU_FEAT_S1 },
	{ "TLBI_NH_VA", 0x1012, 0x400, 0xffffffff01f1f000, 0xffffffffffffff01,
	  SMMU_FEAT_S1 },
	{ "TLBI_NH_VAA", 0x1013, 0x400, 0x0000ffff01f1f000, 0xffffffffffffff01,
	  SMMU_FEAT_S1 },
	{ "TLBI_EL2_ALL", 0x20, 0, 0, 0, SMMU_FEAT_HYP },
	{ "TLBI_EL2_ASID", 0x21, 0, 0xffff000000000000, 0, SMMU_FEAT_HYP },
	{ "TLBI_EL2_VA", 0x1022, 0x400, 0xffff000001f1f000, 0xffffffffffffff01,
	  SMMU_FEAT_HYP },
	{ "TLBI_EL2_VAA", 0x1023, 0x400, 0x0000000001f1f000, 0xffffffffffffff01,
	  SMMU_FEAT_HYP },
	{ "TLBI_S12_VMALL", 0x28, 0, 0x0000ffff00000000, 0, SMMU_FEAT_S2 },
	{ "TLBI_S2_IPA", 0x102a, 0x400, 0x0000ffff01f1f000, 0x000fffffffffff01,
	  SMMU_FEAT_S2 },
	{ "TLBI_NSNH_ALL", 0x30, 0, 0, 0, SMMU_FEAT_S1 | SMMU_FEAT_S2 },
	{ "ATC_INV", 0x40, 0, 0xfffffffffffffa00, 0xfffffffffffff03f,
	  SMMU_FEAT_ATS },
	{ "PRI_RESP", 0x41, 0, 0xfffffffffffff800, 0x31ff, SMMU_FEAT_PRI },
	{ "RESUME", 0x44, 0, 0xffffffff00003000, 0xffff, SMMU_FEAT_STALL },
	{ "STALL_TERM", 0x45, 0, 0xffffffff00000000, 0, SMMU_FEAT_STALL },
	{ "SYNC", 0x46, 0, 0xffffffff0fc03000, 0x000ffffffffffffc, 0 },
};

KUNIT_ARRAY_PARAM_DESC(cmd_form, cmd_forms, name);

static const char *cmd_judge(u64 w0, u64 w1, const struct smmu_features *feat)
{
	const struct smmu_cmd cmd = {
		.w = { cpu_to_le64(w0), cpu_to_le64(w1) },
	};

	return smmu_cmd_illegal(&cmd, feat);
}

/* Each of the 120 bits that are not the opcode, one at a time */
static void cmd_form_bits(struct kunit *test)
{
	const struct cmd_form *form = test->param_value;
	const char *why;
	int bit;

	why = cmd_judge(form->base0, form->base1, &feat_full);
	KUNIT_EXPECT_NULL_MSG(test, why, "%s", why);

	for (bit = 8; bit < 64; bit++) {
		why = cmd_judge(form->base0 | BIT_ULL(bit), form->base1,
				&feat_full);
		KUNIT_EXPECT_EQ_MSG(test, !why, !!(form->w0 & BIT_ULL(bit)),
				    "word 0 bit %d: %s", bit, why);
	}
	for (bit = 0; bit < 64; bit++) {
		why = cmd_judge(form->base0, form->base1 | BIT_ULL(bit),
				&feat_full);
		KUNIT_EXPECT_EQ_MSG(test, !why, !!(form->w1 & BIT_ULL(bit)),
				    "word 1 bit %d: %s", bit, why);
	}
}

static void cmd_form_feature(struct kunit *test)
{
	const struct cmd_form *form = test->param_value;
	struct smmu_features feat = feat_full;
	int bit;

	KUNIT_EXPECT_STREQ(test, smmu_cmd_name(form->base0 & 0xff), form->name);

	feat.flags = (feat_full.flags | SMMU_FEAT_STALL_FORCE) & ~form->need;
	if (form->need & SMMU_FEAT_STALL)
		feat.flags &= ~SMMU_FEAT_STALL_FORCE;
	KUNIT_EXPECT_EQ(test, !cmd_judge(form->base0, form->base1, &feat),
			!form->need);

	/* any one of the features is enough */
	for (bit = 0; bit < 32; bit++) {
		if (!(form->need & BIT(bit)))
			continue;
		feat.flags = BIT(bit) | SMMU_FEAT_RIL;
		KUNIT_EXPECT_NULL(test, cmd_judge(form->base0, form->base1,
						  &feat));
	}
}

/* Opcodes that are for other queues, for features that are not decoded, or undefined */
static void cmd_unknown_opcodes(struct kunit *test)
{
	unsigned int opcode, known = 0;
	const char *name;
	size_t i;

	for (opcode = 0; opcode < 256; opcode++) {
		bool listed = false;

		for (i = 0; i < ARRAY_SIZE(cmd_forms); i++)
			listed |= (cmd_forms[i].base0 & 0xff) == opcode;
		known += listed;
		name = smmu_cmd_name(opcode);
		KUNIT_EXPECT_EQ_MSG(test, listed, strcmp(name, "?") != 0,
				    "opcode %#x is called %s", opcode, name);
		if (!listed)
			KUNIT_EXPECT_STREQ(test, "unknown opcode",
					   cmd_judge(opcode, 0, &feat_full));
	}
	KUNIT_EXPECT_EQ(test, known, 22);
}

/* @feat_off, @feat_on: flags that differ from feat_full; @why: NULL for legal */
static const struct cmd_case {
	const char *desc;
	u64 w0, w1;
	u32 feat_off, feat_on;
	const char *why;
} cmd_cases[] = {
	/* 4.4.1.1: the reserved combination, and its neighbours */
	{ "4K, all zero", 0x12, 0x400, 0, 0,
	  "NUM, SCALE and TTL all 0 with TG" },
	{ "16K, all zero", 0x12, 0x800, 0, 0,
	  "NUM, SCALE and TTL all 0 with TG" },
	{ "64K, all zero, stage 2", 0x2a, 0xc00, 0, 0,
	  "NUM, SCALE and TTL all 0 with TG" },
	{ "4K, TTL 3 alone", 0x12, 0x700, 0, 0, NULL },
	{ "4K, NUM alone", 0x1012, 0x400, 0, 0, NULL },
	{ "4K, SCALE alone", 0x100012, 0x400, 0, 0, NULL },
	{ "no TG, all zero", 0x12, 0x0, 0, 0, NULL },
	/* without TG the other fields are RES0 */
	{ "NUM without TG", 0x1012, 0x0, 0, 0, "NUM or SCALE without TG" },
	{ "SCALE without TG", 0x10002a, 0x0, 0, 0, "NUM or SCALE without TG" },
	{ "TTL without TG", 0x12, 0x300, 0, 0, "TTL without TG" },
	/* without IDR3.RIL all these fields are RES0 */
	{ "range, no RIL", 0x1012, 0x400, SMMU_FEAT_RIL, 0,
	  "TG without range invalidation" },
	{ "hint, no RIL", 0x12, 0x700, SMMU_FEAT_RIL, 0,
	  "TG without range invalidation" },
	{ "plain, no RIL", 0x12, 0x12345001, SMMU_FEAT_RIL, 0, NULL },
	/* SCALE has five bits, six with IDR5.DS, and stops at 39 */
	{ "SCALE 31", 0x1f00012, 0x400, 0, 0, NULL },
	{ "SCALE 32", 0x2000012, 0x400, 0, 0, "SCALE too large" },
	{ "SCALE 32, DS", 0x2000012, 0x400, 0, SMMU_FEAT_DS, NULL },
	{ "SCALE 39, DS", 0x2700012, 0x400, 0, SMMU_FEAT_DS, NULL },
	{ "SCALE 40, DS", 0x2800012, 0x400, 0, SMMU_FEAT_DS, "SCALE too large" },
	/* a hint needs an aligned address */
	{ "4K TTL 3, page", 0x12, 0x1700, 0, 0, NULL },
	{ "4K TTL 2, 2M", 0x12, 0x200600, 0, 0, NULL },
	{ "4K TTL 2, 1M", 0x12, 0x100600, 0, 0,
	  "address not aligned for TTL" },
	{ "4K TTL 1, 1G", 0x12, 0x40000500, 0, 0, NULL },
	{ "4K TTL 1, 512M", 0x12, 0x20000500, 0, 0,
	  "address not aligned for TTL" },
	{ "16K TTL 3, page", 0x12, 0x4b00, 0, 0, NULL },
	{ "16K TTL 3, 8K", 0x12, 0x2b00, 0, 0,
	  "address not aligned for TTL" },
	{ "16K TTL 0, 8K", 0x1012, 0x2800, 0, 0,
	  "address not aligned for TG" },
	{ "16K TTL 2, 32M", 0x12, 0x2000a00, 0, 0, NULL },
	{ "16K TTL 2, 16M", 0x12, 0x1000a00, 0, 0,
	  "address not aligned for TTL" },
	{ "16K TTL 1", 0x1012, 0x900, 0, 0, "TTL 1 with a 16K granule" },
	{ "16K TTL 1, DS, 64G", 0x12, 0x1000000900, 0, SMMU_FEAT_DS, NULL },
	{ "16K TTL 1, DS, 32G", 0x12, 0x800000900, 0, SMMU_FEAT_DS,
	  "address not aligned for TTL" },
	{ "64K TTL 3, page", 0x2a, 0x10f00, 0, 0, NULL },
	{ "64K TTL 3, 32K", 0x2a, 0x8f00, 0, 0,
	  "address not aligned for TTL" },
	{ "64K TTL 0, 4K", 0x102a, 0x1c00, 0, 0,
	  "address not aligned for TG" },
	{ "64K TTL 2, 512M", 0x2a, 0x20000e00, 0, 0, NULL },
	{ "64K TTL 2, 256M", 0x2a, 0x10000e00, 0, 0,
	  "address not aligned for TTL" },
	{ "64K TTL 1, 4T", 0x12, 0x40000000d00, 0, 0, NULL },
	{ "64K TTL 1, 2T", 0x12, 0x20000000d00, 0, 0,
	  "address not aligned for TTL" },
	/* 4.4.2: NH commands without stage 2 */
	{ "VMID, no stage 2", 0x0000000100000010, 0, SMMU_FEAT_S2, 0,
	  "VMID without stage 2" },
	{ "VMID 0, no stage 2", 0x10, 0, SMMU_FEAT_S2, 0, NULL },
	/* 4.4.4.1 */
	{ "NSNH_ALL, stage 1 only", 0x30, 0, SMMU_FEAT_S2, 0, NULL },
	{ "NSNH_ALL, stage 2 only", 0x30, 0, SMMU_FEAT_S1, 0, NULL },
	/* 4.5 */
	{ "span of everything", 0x40, 52, 0, 0, NULL },
	{ "span beyond", 0x40, 53, 0, 0, "span too large" },
	{ "misaligned span", 0x40, 0x1000 | 9, 0, 0, NULL },
	{ "Global without SSV", 0x240, 0, 0, 0, NULL },
	{ "SubstreamID without SSV", 0x1040, 0, 0, 0, NULL },
	{ "response 2", 0x41, 0x2000, 0, 0, NULL },
	{ "response 3", 0x41, 0x3000, 0, 0, "reserved response" },
	/* 4.7 */
	{ "resume, stall forced", 0x44, 0, SMMU_FEAT_STALL,
	  SMMU_FEAT_STALL_FORCE, NULL },
	{ "completion by SEV", 0x2046, 0, 0, 0, NULL },
	{ "completion signal 3", 0x3046, 0, 0, 0,
	  "reserved completion signal" },
	/* SSec on the Non-secure queue, 4.1.6 */
	{ "SSec", 0x403, 0, 0, 0, "reserved bit set" },
};

KUNIT_ARRAY_PARAM_DESC(cmd_case, cmd_cases, desc);

static void cmd_verdict(struct kunit *test)
{
	const struct cmd_case *c = test->param_value;
	struct smmu_features feat = feat_full;
	const char *why;

	feat.flags = (feat.flags & ~c->feat_off) | c->feat_on;
	why = cmd_judge(c->w0, c->w1, &feat);
	if (c->why)
		KUNIT_EXPECT_STREQ(test, why ?: "legal", c->why);
	else
		KUNIT_EXPECT_NULL_MSG(test, why, "%s", why);
}

/* Each of the three granules, on an SMMU that does not have it */
static void cmd_granules(struct kunit *test)
{
	static const u32 sizes[] = { SZ_4K, SZ_16K, SZ_64K };
	struct smmu_features feat = feat_full;
	u64 tg;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		tg = (u64)(i + 1) << 10;
		feat.granules = sizes[i];
		KUNIT_EXPECT_NULL(test, cmd_judge(0x1012, tg, &feat));
		feat.granules = feat_full.granules & ~sizes[i];
		KUNIT_EXPECT_STREQ(test, cmd_judge(0x1012, tg, &feat),
				   "TG is no granule of this SMMU");
	}
}

static void cmd_prefetch_erratum(struct kunit *test)
{
	struct smmu_features feat = feat_full;

	feat.errata = SMMU_ERRATUM_NO_PREFETCH;
	KUNIT_EXPECT_NOT_NULL(test, cmd_judge(0x01, 0, &feat));
	KUNIT_EXPECT_NOT_NULL(test, cmd_judge(0x02, 0, &feat));
	KUNIT_EXPECT_NULL(test, cmd_judge(0x03, 0, &feat));
}

/* Id widths, one id at a time: the largest is legal, the next is not */
static void cmd_id_widths(struct kunit *test)
{
	struct smmu_features feat = feat_full;

	feat.sid_bits = 8;
	feat.ssid_bits = 4;
	feat.asid_bits = 8;
	feat.vmid_bits = 8;

	KUNIT_EXPECT_NULL(test, cmd_judge(0xff00000003, 0, &feat));
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x10000000003, 0, &feat),
			   "StreamID too large");
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x10000000040, 0, &feat),
			   "StreamID too large");
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x8000000000000044, 0, &feat),
			   "StreamID too large");

	/* 4.3.2: a range ignores the low bits, all of them with Range = 31 */
	KUNIT_EXPECT_NULL(test, cmd_judge(0xffffffff00000004, 31, &feat));
	KUNIT_EXPECT_NULL(test, cmd_judge(0x1ff00000004, 8, &feat));
	KUNIT_EXPECT_NOT_NULL(test, cmd_judge(0x1ff00000004, 7, &feat));

	KUNIT_EXPECT_NULL(test, cmd_judge(0xf005, 0, &feat));
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x10005, 0, &feat),
			   "SubstreamID too large");
	KUNIT_EXPECT_NULL(test, cmd_judge(0xf840, 0, &feat));
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x10840, 0, &feat),
			   "SubstreamID too large");
	feat.ssid_bits = 0;
	KUNIT_EXPECT_NULL(test, cmd_judge(0x05, 0, &feat));
	KUNIT_EXPECT_NOT_NULL(test, cmd_judge(0x1005, 0, &feat));
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x840, 0, &feat),
			   "SSV without SubstreamIDs");

	KUNIT_EXPECT_NULL(test, cmd_judge(0x00ff000000000011, 0, &feat));
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x0100000000000011, 0, &feat),
			   "ASID too large");
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x0100000000000022, 0, &feat),
			   "ASID too large");
	KUNIT_EXPECT_NULL(test, cmd_judge(0x000000ff00000028, 0, &feat));
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x0000010000000028, 0, &feat),
			   "VMID too large");
	KUNIT_EXPECT_STREQ(test, cmd_judge(0x000001000000002a, 0, &feat),
			   "VMID too large");
}

/*
 * Random words: a command that passes has only bits of its form and only features that exist.
 * Random bits seldom pass, so fields are cleared at random as well.
 */
static void cmd_random(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, f, legal = 0;

	prandom_seed_state(&rnd, CMD_SEED);
	kunit_info(test, "seed %d", CMD_SEED);

	for (i = 0; i < 20000; i++) {
		const struct cmd_form *form;
		struct smmu_features feat = feat_full;
		u64 w0, w1;

		f = prandom_u32_state(&rnd) % ARRAY_SIZE(cmd_forms);
		form = &cmd_forms[f];
		prandom_bytes_state(&rnd, &w0, sizeof(w0));
		prandom_bytes_state(&rnd, &w1, sizeof(w1));
		if (prandom_u32_state(&rnd) % 4) {
			w0 &= form->w0;
			w1 &= form->w1;
		}
		if (prandom_u32_state(&rnd) % 2)
			w1 &= ~0xfffffff000ULL;
		w0 = (w0 & ~0xffULL) | (form->base0 & 0xff);
		feat.flags = prandom_u32_state(&rnd);

		if (cmd_judge(w0, w1, &feat))
			continue;
		legal++;
		KUNIT_ASSERT_EQ(test, 0, w0 & ~(form->w0 | BIT_ULL(25)) & ~0xffULL);
		KUNIT_ASSERT_EQ(test, 0, w1 & ~form->w1);
		if (form->need && !(form->need & SMMU_FEAT_STALL))
			KUNIT_ASSERT_TRUE(test, feat.flags & form->need);
	}
	KUNIT_EXPECT_GT(test, legal, 1000);
}

static struct kunit_case cmd_test_cases[] = {
	KUNIT_CASE(cmd_build_cfgi),
	KUNIT_CASE(cmd_build_tlbi),
	KUNIT_CASE(cmd_build_ats),
	KUNIT_CASE(cmd_build_fault),
	KUNIT_CASE(cmd_build_sync),
	KUNIT_CASE_PARAM(cmd_form_bits, cmd_form_gen_params),
	KUNIT_CASE_PARAM(cmd_form_feature, cmd_form_gen_params),
	KUNIT_CASE(cmd_unknown_opcodes),
	KUNIT_CASE_PARAM(cmd_verdict, cmd_case_gen_params),
	KUNIT_CASE(cmd_granules),
	KUNIT_CASE(cmd_prefetch_erratum),
	KUNIT_CASE(cmd_id_widths),
	KUNIT_CASE(cmd_random),
	{}
};

static struct kunit_suite cmd_suite = {
	.name = "smmu_cmd",
	.test_cases = cmd_test_cases,
};

kunit_test_suite(cmd_suite);
