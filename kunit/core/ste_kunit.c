// SPDX-License-Identifier: GPL-2.0-only
/*
 * STE builders are compared with words put together by hand from 5.2; which bits of an STE matter;
 * what a guest may put into an STE.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include <core/ste.h>

#define STE_SEED		0x73746500ULL
#define STE_ROUNDS		5000

#define F_COH			SMMU_FEAT_COHERENT
#define F_OVR			SMMU_FEAT_ATTR_OVR
#define F_STALL			SMMU_FEAT_STALL
#define F_FORCE			(SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE)
#define F_E2H			SMMU_FEAT_E2H

/* Pieces of words, as numbers */
#define CFG_ABORT		0x01ULL
#define CFG_BYPASS		0x09ULL
#define CFG_S1			0x0bULL
#define CFG_S2			0x0dULL
#define CFG_NESTED		0x0fULL
#define CDMAX(n)		((u64)(n) << 59)
#define CD_WB_INNER		0xd4ULL		/* S1CIR, S1COR: WBRA, S1CSH: inner */
#define CD_NC_OUTER		0x80ULL
#define PPAR			0x0000000000040000ULL
#define MEV			0x0000000000080000ULL
#define S2FWB			0x0000000002000000ULL
#define STALLD			0x0000000008000000ULL
#define EATS_FULL		0x0000000010000000ULL
#define EATS_S1CHK		0x0000000020000000ULL
#define STRW_EL2		0x0000000080000000ULL
#define SHCFG_IN		0x0000100000000000ULL
#define S2_FIXED		0x0448000000000000ULL	/* S2R, S2PTW, S2AA64 */
#define S2S			0x0200000000000000ULL
#define S2_HTTU			0x0180000000000000ULL	/* S2HA, S2HD */

static void expect_ste(struct kunit *test, const struct smmu_ste *ste,
		       const u64 want[4])
{
	unsigned int i;

	for (i = 0; i < STE_WORDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, le64_to_cpu(ste->w[i]),
				    i < 4 ? want[i] : 0, "word %u", i);
}

static void dirty_ste(struct smmu_ste *ste)
{
	memset(ste, 0xa5, sizeof(*ste));
}

static void builds_abort_and_bypass(struct kunit *test)
{
	const struct smmu_features plain = {}, ovr = { .flags = F_OVR };
	struct smmu_ste ste;

	dirty_ste(&ste);
	smmu_ste_make_abort(&ste);
	expect_ste(test, &ste, (u64[4]) { CFG_ABORT });
	dirty_ste(&ste);
	smmu_ste_make_bypass(&ste, &plain);
	expect_ste(test, &ste, (u64[4]) { CFG_BYPASS });
	dirty_ste(&ste);
	smmu_ste_make_bypass(&ste, &ovr);
	expect_ste(test, &ste, (u64[4]) { CFG_BYPASS, SHCFG_IN });
}

struct built_s1 {
	const char *name;
	u32 flags;
	struct smmu_ste_s1 s1;
	u64 want[4];
};

static const struct built_s1 built_s1s[] = {
	{ "one CD", F_COH, { .cdtab = 0x12345678940 },
	  { CFG_S1 | 0x12345678940, CD_WB_INNER } },
	{ "table beyond 56 bits is cut", F_COH, { .cdtab = ~0ULL },
	  { CFG_S1 | 0x00ffffffffffffc0, CD_WB_INNER } },
	{ "walks do not snoop", 0, { .cdtab = 0x40 },
	  { CFG_S1 | 0x40, CD_NC_OUTER } },
	{ "one CD ignores S1DSS and format", F_COH | F_OVR,
	  { .s1dss = STE_S1DSS_BYPASS, .fmt = STE_S1FMT_64K_L2 },
	  { CFG_S1, CD_WB_INNER } },
	{ "linear, terminate", F_COH | F_OVR,
	  { .s1cdmax = 6, .s1dss = STE_S1DSS_TERMINATE },
	  { CFG_S1 | CDMAX(6), CD_WB_INNER } },
	{ "2-level, bypass", F_COH | F_OVR,
	  { .s1cdmax = 20, .fmt = STE_S1FMT_64K_L2, .s1dss = STE_S1DSS_BYPASS },
	  { CFG_S1 | CDMAX(20) | 0x20, CD_WB_INNER | 1 | SHCFG_IN } },
	{ "2-level, bypass, no override", F_COH,
	  { .s1cdmax = 20, .fmt = STE_S1FMT_4K_L2, .s1dss = STE_S1DSS_BYPASS },
	  { CFG_S1 | CDMAX(20) | 0x10, CD_WB_INNER | 1 } },
	{ "SSID 0, ATS", F_COH | F_OVR,
	  { .s1cdmax = 1, .s1dss = STE_S1DSS_SSID0, .eats = STE_EATS_FULL },
	  { CFG_S1 | CDMAX(1), CD_WB_INNER | 2 | EATS_FULL } },
	{ "E2H", F_COH | F_E2H, {}, { CFG_S1, CD_WB_INNER | STRW_EL2 } },
	{ "stalls possible, not wanted", F_COH | F_STALL, {},
	  { CFG_S1, CD_WB_INNER | STALLD } },
	{ "stalls wanted", F_COH | F_STALL, { .stall = true },
	  { CFG_S1, CD_WB_INNER } },
	{ "stalls forced", F_COH | F_FORCE, {}, { CFG_S1, CD_WB_INNER } },
	{ "stalls wanted, not possible", F_COH, { .stall = true },
	  { CFG_S1, CD_WB_INNER } },
	{ "PASIDs in automatic answers", F_COH | SMMU_FEAT_PRI, { .ppar = true },
	  { CFG_S1, CD_WB_INNER | PPAR } },
	{ "no PASIDs in them", F_COH | SMMU_FEAT_PRI, {}, { CFG_S1, CD_WB_INNER } },
	{ "no PRI, no PPAR", F_COH, { .ppar = true }, { CFG_S1, CD_WB_INNER } },
};

static void built_s1_desc(const struct built_s1 *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(built_s1, built_s1s, built_s1_desc);

static void builds_s1(struct kunit *test)
{
	const struct built_s1 *p = test->param_value;
	const struct smmu_features feat = { .flags = p->flags, .ssid_bits = 20 };
	struct smmu_ste ste;

	dirty_ste(&ste);
	smmu_ste_make_s1(&ste, &feat, &p->s1);
	expect_ste(test, &ste, p->want);
}

struct built_s2 {
	const char *name;
	u32 flags;
	struct smmu_ste_s2 s2;
	u64 want[4];
};

static const struct built_s2 built_s2s[] = {
	{ "zeroes", 0, {}, { CFG_S2, 0, S2_FIXED } },
	{ "40 bit, 4K, write-back, VMID 5", F_OVR,
	  { .ttb = 0x80002000, .vmid = 5, .t0sz = 24, .sl0 = 1, .ir0 = 1,
	    .or0 = 1, .sh0 = 3, .tg = 0, .ps = 2 },
	  { CFG_S2, SHCFG_IN, S2_FIXED | 0x0002355800000005, 0x80002000 } },
	{ "every field full", F_STALL,
	  { .ttb = ~0ULL, .vmid = 0xffff, .t0sz = 63, .sl0 = 3, .ir0 = 3,
	    .or0 = 3, .sh0 = 3, .tg = 3, .ps = 7, .s2fwb = true, .stall = true,
	    .hd = true },
	  { CFG_S2, S2FWB, S2_FIXED | S2S | S2_HTTU | 0x0007ffff0000ffff,
	    0x000ffffffffffff0 } },
	{ "64K", 0, { .tg = 1 }, { CFG_S2, 0, S2_FIXED | 0x0000400000000000 } },
	{ "16K", 0, { .tg = 2 }, { CFG_S2, 0, S2_FIXED | 0x0000800000000000 } },
	{ "dirty state", 0, { .hd = true }, { CFG_S2, 0, S2_FIXED | S2_HTTU } },
	{ "ATS", F_STALL, { .eats = STE_EATS_FULL },
	  { CFG_S2, EATS_FULL, S2_FIXED } },
	{ "stalls shut ATS out", F_STALL, { .eats = STE_EATS_FULL, .stall = true },
	  { CFG_S2, 0, S2_FIXED | S2S } },
	{ "stalls wanted, not possible", 0, { .eats = STE_EATS_FULL, .stall = true },
	  { CFG_S2, EATS_FULL, S2_FIXED } },
	{ "forced stalls shut ATS out", F_FORCE, { .eats = STE_EATS_FULL },
	  { CFG_S2, 0, S2_FIXED | S2S } },
};

static void built_s2_desc(const struct built_s2 *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(built_s2, built_s2s, built_s2_desc);

static void builds_s2(struct kunit *test)
{
	const struct built_s2 *p = test->param_value;
	const struct smmu_features feat = { .flags = p->flags };
	struct smmu_ste ste;

	dirty_ste(&ste);
	smmu_ste_make_s2(&ste, &feat, &p->s2);
	expect_ste(test, &ste, p->want);
}

/* A guest's words: are they accepted, and which STE do they give on a given host? */
struct guest_ste {
	const char *name;
	u64 vste[2];
	int err;
	u32 flags;		/* of the host's SMMU */
	u8 eats;		/* EATS that the host allows */
	bool stall;
	bool s1_stall;
	u64 want[3];		/* word 3 is the parent's */
};

#define HOST_S2			(S2_FIXED | 7)
#define GUEST_S1		(CFG_S1 | 0x1000 | CDMAX(4) | 0x20)
#define NESTED_S1		(CFG_NESTED | 0x1000 | CDMAX(4) | 0x20)

static const struct guest_ste guest_stes[] = {
	{ "invalid becomes abort", { 0 }, .want = { CFG_ABORT } },
	{ "invalid with garbage", { ~1ULL, ~0ULL }, .want = { CFG_ABORT } },
	{ "abort", { CFG_ABORT }, .eats = 1, .want = { CFG_ABORT } },
	{ "bypass is stage 2", { CFG_BYPASS }, .flags = F_OVR,
	  .want = { CFG_S2, SHCFG_IN, HOST_S2 } },
	{ "bypass has no ATS", { CFG_BYPASS, EATS_FULL }, .eats = 1,
	  .want = { CFG_S2, 0, HOST_S2 } },
	{ "bypass, host stalls", { CFG_BYPASS }, .flags = F_STALL, .stall = true,
	  .want = { CFG_S2, 0, HOST_S2 | S2S } },
	{ "stage 1", { GUEST_S1, CD_WB_INNER | 2 }, .flags = F_OVR,
	  .want = { NESTED_S1, CD_WB_INNER | 2 | MEV | SHCFG_IN, HOST_S2 } },
	{ "stage 1, not the host's STRW", { CFG_S1 }, .flags = F_E2H,
	  .want = { CFG_NESTED, MEV, HOST_S2 } },
	{ "ATS from both", { GUEST_S1, EATS_FULL }, .eats = 1,
	  .want = { NESTED_S1, EATS_FULL | MEV, HOST_S2 } },
	{ "ATS from the guest only", { GUEST_S1, EATS_FULL }, .eats = 0,
	  .want = { NESTED_S1, MEV, HOST_S2 } },
	{ "ATS from the host only", { GUEST_S1 }, .eats = 1,
	  .want = { NESTED_S1, MEV, HOST_S2 } },
	{ "ATS or stalls", { GUEST_S1, EATS_FULL }, .eats = 1,
	  .flags = F_STALL, .stall = true,
	  .want = { NESTED_S1, MEV | STALLD, HOST_S2 | S2S } },
	{ "stalls from both", { GUEST_S1 }, .flags = F_STALL, .s1_stall = true,
	  .want = { NESTED_S1, MEV, HOST_S2 } },
	{ "stalls at both stages", { GUEST_S1 }, .flags = F_STALL, .stall = true,
	  .s1_stall = true, .want = { NESTED_S1, MEV, HOST_S2 | S2S } },
	{ "stalls at stage 2", { GUEST_S1 }, .flags = F_STALL, .stall = true,
	  .want = { NESTED_S1, MEV | STALLD, HOST_S2 | S2S } },
	{ "stalls, guest does not", { GUEST_S1, STALLD }, .flags = F_STALL,
	  .s1_stall = true, .want = { NESTED_S1, MEV | STALLD, HOST_S2 } },
	{ "stalls beside ATS", { GUEST_S1, EATS_FULL }, .eats = 1, .flags = F_STALL,
	  .s1_stall = true, .want = { NESTED_S1, EATS_FULL | MEV, HOST_S2 } },
	{ "stalls wanted, not possible", { GUEST_S1 }, .s1_stall = true,
	  .want = { NESTED_S1, MEV, HOST_S2 } },
	{ "stalls, host does not", { GUEST_S1 }, .flags = F_STALL,
	  .want = { NESTED_S1, MEV | STALLD, HOST_S2 } },
	{ "no S1STALLD where never", { GUEST_S1, STALLD },
	  .want = { NESTED_S1, MEV, HOST_S2 } },
	{ "no S1STALLD where always", { GUEST_S1, STALLD }, .flags = F_FORCE,
	  .want = { NESTED_S1, MEV, HOST_S2 | S2S } },
	{ "stage 2", { CFG_S2 }, -EIO },
	{ "nested", { CFG_NESTED }, -EIO },
	{ "reserved Config 1", { 0x3 }, -EIO },
	{ "reserved Config 3", { 0x7 }, -EIO },
	{ "S1CHK", { CFG_S1, EATS_S1CHK }, -EIO },
	{ "reserved EATS", { CFG_S1, EATS_S1CHK | EATS_FULL }, -EIO },
	{ "S1CHK beside bypass", { CFG_BYPASS, EATS_S1CHK }, -EIO },
	{ "reserved bit of word 0", { CFG_S1 | BIT_ULL(56) }, -EIO },
	{ "STRW", { CFG_S1, STRW_EL2 }, -EIO },
	{ "MEV", { CFG_S1, MEV }, -EIO },
	{ "S2FWB", { CFG_S1, S2FWB }, -EIO },
	{ "SHCFG", { CFG_BYPASS, SHCFG_IN }, -EIO },
};

static void guest_ste_desc(const struct guest_ste *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(guest_ste, guest_stes, guest_ste_desc);

static void nests(struct kunit *test)
{
	const struct guest_ste *p = test->param_value;
	const __le64 vste[2] = { cpu_to_le64(p->vste[0]), cpu_to_le64(p->vste[1]) };
	const struct smmu_features feat = { .flags = p->flags };
	const struct smmu_ste_s2 s2 = {
		.ttb = 0x4000, .vmid = 7, .eats = p->eats, .stall = p->stall,
		.s1_stall = p->s1_stall,
	};
	u64 want[4] = { p->want[0], p->want[1], p->want[2] };
	struct smmu_ste ste;

	KUNIT_ASSERT_EQ(test, smmu_ste_check_vste(vste), p->err);
	if (p->err)
		return;
	if (want[2])
		want[3] = 0x4000;
	dirty_ste(&ste);
	smmu_ste_make_nested(&ste, &feat, vste, &s2);
	expect_ste(test, &ste, want);
}

/* Each bit of a vSTE alone: only the bits of the user interface pass */
static void guest_bits_one_by_one(struct kunit *test)
{
	const u64 allowed[2] = { 0xf80fffffffffffffULL, 0x380000ffULL };
	unsigned int word, bit;

	for (word = 0; word < 2; word++) {
		for (bit = 0; bit < 64; bit++) {
			u64 raw[2] = { CFG_S1, 0 };
			__le64 vste[2];
			bool ok = allowed[word] & BIT_ULL(bit);

			/* V, Config and EATS = S1CHK are tested by the table */
			if ((!word && bit < 4) || (word && bit == 29))
				continue;
			raw[word] |= BIT_ULL(bit);
			vste[0] = cpu_to_le64(raw[0]);
			vste[1] = cpu_to_le64(raw[1]);
			KUNIT_EXPECT_EQ_MSG(test, smmu_ste_check_vste(vste),
					    ok ? 0 : -EIO, "word %u bit %u", word, bit);
		}
	}
}

struct used_ste {
	const char *name;
	const char *kind;
	u64 word0, word1;
	u64 used[4];
};

#define USED_S1_0		0x00ffffffffffffc0ULL	/* S1CTXPTR */
#define USED_CDMAX		0xf800000000000000ULL
#define USED_S1_1		0x00000000f80c00fcULL	/* and PPAR, MEV, EATS, STRW */
#define USED_S2_1		0x0000300032080000ULL	/* S2FWB, EATS, MEV, SHCFG */
#define USED_S2_2		0x07ffffff0000ffffULL
#define USED_TTB		0x000ffffffffffff0ULL

static const struct used_ste used_stes[] = {
	{ "V = 0", "invalid", ~1ULL, ~0ULL, { 1 } },
	{ "abort", "abort", CFG_ABORT, 0, { 0xf } },
	{ "reserved Config is abort", "abort", 0x7, 0, { 0xf } },
	{ "bypass", "bypass", CFG_BYPASS, 0, { 0xf, 0x0000300000000000 } },
	{ "stage 1, one CD", "stage1", CFG_S1, 1,
	  { 0xf | USED_S1_0 | USED_CDMAX, USED_S1_1, 0xffff } },
	{ "stage 1, table", "stage1", CFG_S1 | CDMAX(1), 0,
	  { 0x3f | USED_S1_0 | USED_CDMAX, USED_S1_1 | 3, 0xffff } },
	{ "stage 1, DSS bypass", "stage1", CFG_S1 | CDMAX(1), 1,
	  { 0x3f | USED_S1_0 | USED_CDMAX, USED_S1_1 | 3 | 0x0000300000000000,
	    0xffff } },
	{ "stage 1, SSID 0", "stage1", CFG_S1 | CDMAX(16), 2,
	  { 0x3f | USED_S1_0 | USED_CDMAX, USED_S1_1 | 3, 0xffff } },
	{ "stage 1, EL2 has no VMID", "stage1", CFG_S1, STRW_EL2,
	  { 0xf | USED_S1_0 | USED_CDMAX, USED_S1_1 } },
	{ "stage 2", "stage2", CFG_S2, 0,
	  { 0xf, USED_S2_1, USED_S2_2, USED_TTB } },
	{ "nested, one CD", "nested", CFG_NESTED, 0,
	  { 0xf | USED_S1_0 | USED_CDMAX, USED_S1_1 | USED_S2_1,
	    USED_S2_2, USED_TTB } },
	{ "nested, table", "nested", CFG_NESTED | CDMAX(3), 2,
	  { 0x3f | USED_S1_0 | USED_CDMAX, USED_S1_1 | 3 | USED_S2_1,
	    USED_S2_2, USED_TTB } },
};

static void used_ste_desc(const struct used_ste *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(used_ste, used_stes, used_ste_desc);

static void uses(struct kunit *test)
{
	const struct used_ste *p = test->param_value;
	struct smmu_ste ste = {
		.w = { cpu_to_le64(p->word0), cpu_to_le64(p->word1) },
	};
	struct smmu_ste used;

	dirty_ste(&used);
	smmu_ste_used(ste.w, used.w);
	expect_ste(test, &used, p->used);
	KUNIT_EXPECT_STREQ(test, smmu_ste_kind(&ste), p->kind);
}

static void random_words(struct rnd_state *rnd, __le64 *words)
{
	unsigned int i;

	for (i = 0; i < STE_WORDS; i++) {
		u64 high = prandom_u32_state(rnd);

		words[i] = cpu_to_le64(high << 32 | prandom_u32_state(rnd));
	}
}

static void start_random(struct kunit *test, struct rnd_state *rnd)
{
	kunit_info(test, "seed %#llx", STE_SEED);
	prandom_seed_state(rnd, STE_SEED);
}

/*
 * Which bits are used may depend on used bits only, and never on bits that may change before the
 * rest; otherwise the writer's first step could change the meaning.
 */
static void free_bits_change_nothing(struct kunit *test)
{
	__le64 ste[STE_WORDS], noise[STE_WORDS], safe[STE_WORDS];
	__le64 used[STE_WORDS], again[STE_WORDS];
	struct rnd_state rnd;
	unsigned int i, j;

	start_random(test, &rnd);
	for (i = 0; i < STE_ROUNDS; i++) {
		random_words(&rnd, ste);
		random_words(&rnd, noise);
		if (i & 1)
			ste[0] |= cpu_to_le64(STE0_V);
		smmu_ste_used(ste, used);
		smmu_ste_safe(ste, noise, safe);
		for (j = 0; j < STE_WORDS; j++)
			ste[j] ^= noise[j] & (~used[j] | safe[j]);
		smmu_ste_used(ste, again);
		KUNIT_ASSERT_MEMEQ(test, again, used, sizeof(used));
	}
}

/* Builders leave 0 in bits that hardware does not read, whatever they are asked for */
static void builders_leave_no_garbage(struct kunit *test)
{
	struct smmu_ste_s1 s1;
	struct smmu_ste_s2 s2;
	__le64 used[STE_WORDS];
	struct rnd_state rnd;
	struct smmu_ste ste;
	unsigned int i, j;

	start_random(test, &rnd);
	for (i = 0; i < STE_ROUNDS; i++) {
		struct smmu_features feat = { .flags = prandom_u32_state(&rnd) };
		u32 pick = prandom_u32_state(&rnd);

		prandom_bytes_state(&rnd, &s1, offsetof(struct smmu_ste_s1, stall));
		prandom_bytes_state(&rnd, &s2, offsetof(struct smmu_ste_s2, s2fwb));
		s1.s1cdmax = pick & 1 ? pick % 21 : 0;
		s1.stall = pick & 2;
		s2.stall = pick & 4;
		s2.s2fwb = pick & 8;
		s2.hd = pick & 16;
		s1.fmt &= 3;
		s1.s1dss &= 3;
		s1.eats &= 3;
		s2.eats &= 3;
		s2.t0sz &= 63;
		s2.sl0 &= 3;
		s2.ir0 &= 3;
		s2.or0 &= 3;
		s2.sh0 &= 3;
		s2.tg &= 3;
		s2.ps &= 7;
		if (pick & 32)
			smmu_ste_make_s1(&ste, &feat, &s1);
		else
			smmu_ste_make_s2(&ste, &feat, &s2);
		smmu_ste_used(ste.w, used);
		for (j = 0; j < STE_WORDS; j++)
			KUNIT_ASSERT_EQ(test, le64_to_cpu(ste.w[j] & ~used[j]), 0);
		/* Full ATS together with stalls is a bad STE */
		if (le64_to_cpu(ste.w[2]) & S2S)
			KUNIT_ASSERT_EQ(test, le64_to_cpu(ste.w[1]) & EATS_FULL, 0);
	}
}

/* May EATS change before the rest? From, to: Config, EATS, S2S of both */
struct eats_change {
	u64 cur_config, cur_eats, cur_s2s;
	u64 target_eats, target_s2s;
	bool safe;
};

static const struct eats_change eats_changes[] = {
	{ CFG_S1, 0, 0, EATS_FULL, 0, true },
	{ CFG_S1, EATS_FULL, 0, 0, 0, true },
	{ CFG_S2, 0, 0, EATS_FULL, 0, true },
	{ CFG_S2, EATS_FULL, 0, 0, 0, true },
	{ CFG_NESTED, EATS_FULL, 0, EATS_FULL, 0, true },
	/* full ATS goes, then stalls come: word 2 is in use, so it changes later */
	{ CFG_S2, EATS_FULL, 0, 0, S2S, true },
	{ CFG_NESTED, EATS_FULL, 0, 0, S2S, true },
	/* here word 2 is written in the same step */
	{ CFG_S1, EATS_FULL, 0, 0, S2S, false },
	{ CFG_ABORT, EATS_FULL, 0, 0, S2S, false },
	/* full ATS would come before stalls go */
	{ CFG_S2, 0, S2S, EATS_FULL, 0, false },
	{ CFG_NESTED, 0, S2S, EATS_FULL, 0, false },
	{ CFG_S2, 0, S2S, 0, 0, false },
	{ CFG_S2, 0, 0, EATS_FULL, S2S, false },
	{ CFG_NESTED, EATS_S1CHK, 0, EATS_FULL, 0, false },
	{ CFG_NESTED, EATS_FULL, 0, EATS_S1CHK, 0, false },
	{ CFG_NESTED, 0, 0, EATS_S1CHK, 0, false },
};

static void eats_change_desc(const struct eats_change *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "Config %llu, EATS %llu%s to %llu%s",
		 p->cur_config >> 1, p->cur_eats >> 28, p->cur_s2s ? "+S2S" : "",
		 p->target_eats >> 28, p->target_s2s ? "+S2S" : "");
}

KUNIT_ARRAY_PARAM(eats_change, eats_changes, eats_change_desc);

static void safe_bits(struct kunit *test)
{
	const struct eats_change *p = test->param_value;
	const __le64 cur[STE_WORDS] = {
		cpu_to_le64(p->cur_config), cpu_to_le64(p->cur_eats),
		cpu_to_le64(p->cur_s2s),
	};
	const __le64 target[STE_WORDS] = {
		cpu_to_le64(CFG_S2), cpu_to_le64(p->target_eats),
		cpu_to_le64(p->target_s2s),
	};
	struct smmu_ste safe;

	dirty_ste(&safe);
	smmu_ste_safe(cur, target, safe.w);
	expect_ste(test, &safe, (u64[4]) { 0, p->safe ? MEV | 0x30000000 : MEV });
}

/* May the two follow each other? Config, S1ContextPtr, S2VMID, S2TTB of both */
struct neighbours {
	const char *name;
	u64 cur[4], target[4];
	bool apart;
};

#define S1_AT(ptr)		{ CFG_S1 | (ptr), CD_WB_INNER }
#define NESTED_AT(ptr, vmid, ttb) \
	{ CFG_NESTED | (ptr), CD_WB_INNER, S2_FIXED | (vmid), (ttb) }
#define S2_AT(vmid, ttb)	{ CFG_S2, 0, S2_FIXED | (vmid), (ttb) }

static const struct neighbours neighbours[] = {
	/* the host's table and the guest's have the same address */
	{ "guest to host, equal pointer", NESTED_AT(0x1000, 7, 0x4000), S1_AT(0x1000), true },
	{ "host to guest, equal pointer", S1_AT(0x1000), NESTED_AT(0x1000, 7, 0x4000), true },
	{ "guest to host", NESTED_AT(0x2000, 7, 0x4000), S1_AT(0x1000), true },
	{ "host to guest", S1_AT(0x1000), NESTED_AT(0x2000, 7, 0x4000), true },
	{ "another VM's VMID", NESTED_AT(0x1000, 7, 0x4000), NESTED_AT(0x1000, 8, 0x4000), true },
	{ "another VM's table", NESTED_AT(0x1000, 7, 0x4000), NESTED_AT(0x1000, 7, 0x8000), true },
	{ "another VM", NESTED_AT(0x1000, 7, 0x4000), NESTED_AT(0x2000, 8, 0x8000), true },
	{ "the guest's other table", NESTED_AT(0x1000, 7, 0x4000), NESTED_AT(0x2000, 7, 0x4000) },
	{ "the same", NESTED_AT(0x1000, 7, 0x4000), NESTED_AT(0x1000, 7, 0x4000) },
	{ "the host's other table", S1_AT(0x1000), S1_AT(0x2000) },
	{ "more CDs", S1_AT(0x1000), S1_AT(0x1000 | CDMAX(4)) },
	/* without stage 2, what the host left in words 2 and 3 is ignored */
	{ "leftovers", { CFG_S1, 0, S2_FIXED | 7, 0x4000 }, { CFG_S1, 0, S2_FIXED | 8, 0x8000 } },
	/* one of the two has no CDs */
	{ "guest to stage 2", NESTED_AT(0x1000, 7, 0x4000), S2_AT(8, 0x8000) },
	{ "stage 2 to guest", S2_AT(8, 0x8000), NESTED_AT(0x1000, 7, 0x4000) },
	{ "guest to bypass", NESTED_AT(0x1000, 7, 0x4000), { CFG_BYPASS } },
	{ "guest to abort", NESTED_AT(0x1000, 7, 0x4000), { CFG_ABORT } },
	{ "abort to guest", { CFG_ABORT }, NESTED_AT(0x1000, 7, 0x4000) },
	{ "invalid to guest", { CFG_S1 & ~1ULL }, NESTED_AT(0x1000, 7, 0x4000) },
	/* Config 3: reserved, which is abort */
	{ "reserved to guest", { 0x7 }, NESTED_AT(0x1000, 7, 0x4000) },
};

KUNIT_ARRAY_PARAM_DESC(neighbours, neighbours, name);

static void goes_via_abort(struct kunit *test)
{
	const struct neighbours *p = test->param_value;
	struct smmu_ste cur = {}, target = {}, via;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		cur.w[i] = cpu_to_le64(p->cur[i]);
		target.w[i] = cpu_to_le64(p->target[i]);
	}
	dirty_ste(&via);
	KUNIT_EXPECT_EQ(test, p->apart, smmu_ste_via(cur.w, target.w, via.w));
	if (p->apart)
		expect_ste(test, &via, (u64[4]) { CFG_ABORT });
}

static struct kunit_case ste_cases[] = {
	KUNIT_CASE(builds_abort_and_bypass),
	KUNIT_CASE_PARAM(builds_s1, built_s1_gen_params),
	KUNIT_CASE_PARAM(builds_s2, built_s2_gen_params),
	KUNIT_CASE_PARAM(nests, guest_ste_gen_params),
	KUNIT_CASE(guest_bits_one_by_one),
	KUNIT_CASE_PARAM(uses, used_ste_gen_params),
	KUNIT_CASE(free_bits_change_nothing),
	KUNIT_CASE(builders_leave_no_garbage),
	KUNIT_CASE_PARAM(safe_bits, eats_change_gen_params),
	KUNIT_CASE_PARAM(goes_via_abort, neighbours_gen_params),
	{}
};

static struct kunit_suite ste_suite = {
	.name = "smmu_ste",
	.test_cases = ste_cases,
};

kunit_test_suite(ste_suite);
