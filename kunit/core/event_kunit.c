// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event decoding: the layout of every record type (7.3) is written down here a second time; then
 * come records full of random bits.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include <core/event.h>
#include <core/page_request.h>

#define EVENT_SEED		0x6576656eULL
#define EVENT_ROUNDS		5000

/* The fields that a record of this type has */
struct event_layout {
	const char *name;
	u8 id;
	bool addr, rnw, access, stage, ipa, fetch, stall;
};

#define TRANSLATION_FAULT \
	.addr = 1, .rnw = 1, .access = 1, .stage = 1, .ipa = 1, .stall = 1

static const struct event_layout layouts[] = {
	{ "F_UUT", 0x01, .addr = 1 },
	{ "C_BAD_STREAMID", 0x02 },
	{ "F_STE_FETCH", 0x03, .fetch = 1 },
	{ "C_BAD_STE", 0x04 },
	{ "F_BAD_ATS_TREQ", 0x05, .addr = 1 },
	{ "F_STREAM_DISABLED", 0x06 },
	{ "F_TRANSL_FORBIDDEN", 0x07, .addr = 1, .rnw = 1 },
	{ "C_BAD_SUBSTREAMID", 0x08 },
	{ "F_CD_FETCH", 0x09, .fetch = 1 },
	{ "C_BAD_CD", 0x0a },
	{ "F_WALK_EABT", 0x0b, .addr = 1, .rnw = 1, .access = 1, .stage = 1,
	  .fetch = 1 },
	{ "F_TRANSLATION", 0x10, TRANSLATION_FAULT },
	{ "F_ADDR_SIZE", 0x11, TRANSLATION_FAULT },
	{ "F_ACCESS", 0x12, TRANSLATION_FAULT },
	{ "F_PERMISSION", 0x13, TRANSLATION_FAULT },
	{ "F_TLB_CONFLICT", 0x20, .addr = 1, .rnw = 1, .access = 1, .stage = 1,
	  .ipa = 1 },
	{ "F_CFG_CONFLICT", 0x21 },
	{ "E_PAGE_REQUEST", 0x24, .addr = 1 },
	{ "F_VMS_FETCH", 0x25, .fetch = 1 },
};

static void layout_desc(const struct event_layout *layout, char *desc)
{
	strscpy(desc, layout->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_desc);

static const struct event_layout *layout_of(u8 id)
{
	static const struct event_layout none = { "unknown" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++)
		if (layouts[i].id == id)
			return &layouts[i];
	return &none;
}

static u64 bits(u64 word, unsigned int high, unsigned int low)
{
	return word << (63 - high) >> (63 - high + low);
}

/* Compare one record with what its type has, bit by bit from 7.3 */
static void check_event(struct kunit *test, const u64 *raw,
			const struct smmu_event *ev)
{
	const struct event_layout *has = layout_of(bits(raw[0], 7, 0));
	bool s2 = has->stage && bits(raw[1], 39, 39);
	u64 ipa = 0;

	KUNIT_ASSERT_MEMEQ(test, ev->raw, raw, sizeof(ev->raw));
	KUNIT_ASSERT_EQ(test, ev->id, bits(raw[0], 7, 0));
	KUNIT_ASSERT_EQ(test, ev->sid, bits(raw[0], 63, 32));
	KUNIT_ASSERT_EQ(test, ev->ssv, bits(raw[0], 11, 11));
	KUNIT_ASSERT_EQ(test, ev->ssid, ev->ssv ? bits(raw[0], 31, 12) : 0);

	KUNIT_ASSERT_EQ(test, ev->addr, has->addr ? raw[2] : 0);
	KUNIT_ASSERT_EQ(test, ev->read, has->rnw && bits(raw[1], 35, 35));
	KUNIT_ASSERT_EQ(test, ev->priv, has->access && bits(raw[1], 33, 33));
	KUNIT_ASSERT_EQ(test, ev->instr, has->access && bits(raw[1], 34, 34));
	KUNIT_ASSERT_EQ(test, ev->s2, s2);
	KUNIT_ASSERT_EQ(test, ev->class, has->stage ? bits(raw[1], 41, 40) : 0);
	KUNIT_ASSERT_EQ(test, ev->stall, has->stall && bits(raw[1], 31, 31));
	KUNIT_ASSERT_EQ(test, ev->stag, ev->stall ? bits(raw[1], 15, 0) : 0);
	KUNIT_ASSERT_EQ(test, ev->translation, has->stall);

	if (has->ipa && s2)
		ipa = bits(raw[3], 51, 12) << 12;
	if (has->fetch)
		ipa = bits(raw[3], 51, 3) << 3;
	KUNIT_ASSERT_EQ(test, ev->ipa, ipa);
}

/*
 * Decode from memory that ends with the record, into memory that ends with the event, so that
 * KASAN sees a step beyond either.
 */
static void decode_and_check(struct kunit *test, const u64 *raw)
{
	struct smmu_event *event = test->priv;
	__le64 *record = (__le64 *)(event + 1);
	unsigned int i;

	for (i = 0; i < EVENT_WORDS; i++)
		record[i] = cpu_to_le64(raw[i]);
	memset(event, 0xa5, sizeof(*event));
	smmu_event_decode(record, event);
	check_event(test, raw, event);
}

static int event_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct smmu_event) +
				   EVENT_WORDS * sizeof(__le64), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

/* Set each single bit in turn, then none, all, and all but one */
static void type_decodes(struct kunit *test)
{
	const struct event_layout *layout = test->param_value;
	const u64 none[EVENT_WORDS] = { layout->id };
	const u64 all[EVENT_WORDS] = { ~0xffULL | layout->id, ~0ULL, ~0ULL, ~0ULL };
	unsigned int bit;

	KUNIT_EXPECT_STREQ(test, smmu_event_name(layout->id), layout->name);
	for (bit = 8; bit < 64 * EVENT_WORDS; bit++) {
		u64 one[EVENT_WORDS] = { layout->id };
		u64 rest[EVENT_WORDS];

		one[bit / 64] |= BIT_ULL(bit % 64);
		decode_and_check(test, one);

		memcpy(rest, all, sizeof(rest));
		rest[bit / 64] &= ~BIT_ULL(bit % 64);
		decode_and_check(test, rest);
	}
	decode_and_check(test, none);
	decode_and_check(test, all);
}

/* A real stage-1 read fault of StreamID 8, in plain numbers */
static void known_record(struct kunit *test)
{
	const u64 raw[EVENT_WORDS] = {
		0x0000000800000010, 0x0000020800000000, 0xfffff000, 0,
	};
	struct smmu_event *event = test->priv;

	decode_and_check(test, raw);
	KUNIT_EXPECT_STREQ(test, smmu_event_name(event->id), "F_TRANSLATION");
	KUNIT_EXPECT_STREQ(test, smmu_event_class_name(event->class), "IN");
	KUNIT_EXPECT_EQ(test, event->sid, 8);
	KUNIT_EXPECT_TRUE(test, event->read);
	KUNIT_EXPECT_FALSE(test, event->priv);
	KUNIT_EXPECT_FALSE(test, event->s2);
	KUNIT_EXPECT_EQ(test, event->addr, 0xfffff000);
}

static void any_bits_decode(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, j;

	kunit_info(test, "seed %#llx", EVENT_SEED);
	prandom_seed_state(&rnd, EVENT_SEED);
	for (i = 0; i < EVENT_ROUNDS; i++) {
		u64 raw[EVENT_WORDS];

		for (j = 0; j < EVENT_WORDS; j++) {
			u64 high = prandom_u32_state(&rnd);

			raw[j] = high << 32 | prandom_u32_state(&rnd);
		}
		if (i & 1) {
			raw[0] &= ~0xffULL;
			raw[0] |= layouts[(i / 2) % ARRAY_SIZE(layouts)].id;
		}
		decode_and_check(test, raw);
	}
}

/* Every id and class has a name, and none but the known ids has a real one */
static void every_name_exists(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 256; i++) {
		const char *class = "reserved";

		KUNIT_ASSERT_STREQ(test, smmu_event_name(i), layout_of(i)->name);
		if (i < 3)
			class = ((const char *[]){ "CD", "TTD", "IN" })[i];
		KUNIT_ASSERT_STREQ(test, smmu_event_class_name(i), class);
	}
}

struct page_record {
	const char *name;
	u64 raw[PRI_WORDS];
	struct smmu_page_request want;
	bool stop;
};

static const struct page_record page_records[] = {
	{ "nothing", { 0, 0 }, {} },
	{ "everything", { ~0ULL, ~0ULL },
	  { .addr = 0xfffffffffffff000, .sid = 0xffffffff, .ssid = 0xfffff, .prg = 0x1ff,
	    .ssv = true, .last = true, .read = true, .write = true, .exec = true, .priv = true } },
	{ "no PASID, and so no execute and no privilege",
	  { 0x7fffffff00000102, 0x00001234567890ab },
	  { .addr = 0x0000123456789000, .sid = 0x102, .prg = 0xab, .last = true, .read = true,
	    .write = true } },
	{ "PASID 5, read, first of a group", { 0x9000000500000007, 0x40001003 },
	  { .addr = 0x40001000, .sid = 7, .ssid = 5, .prg = 3, .ssv = true, .read = true } },
	{ "execute", { 0x8800000000000000, 0 }, { .ssv = true, .exec = true } },
	{ "privileged", { 0x8400000000000000, 0 }, { .ssv = true, .priv = true } },
	{ "Stop Marker", { 0xc000000900000007, 0 },
	  { .sid = 7, .ssid = 9, .ssv = true, .last = true }, .stop = true },
	{ "no Stop Marker without a PASID", { 0x4000000900000007, 0 },
	  { .sid = 7, .last = true } },
	{ "no Stop Marker when it asks for a page", { 0xd000000900000007, 0 },
	  { .sid = 7, .ssid = 9, .ssv = true, .last = true, .read = true } },
};

KUNIT_ARRAY_PARAM_DESC(page_record, page_records, name);

/* Records of the PRI queue, by the numbers of chapter 8 */
static void page_request_decodes(struct kunit *test)
{
	const struct page_record *p = test->param_value;
	const __le64 raw[] = { cpu_to_le64(p->raw[0]), cpu_to_le64(p->raw[1]) };
	struct smmu_page_request req;

	smmu_page_request_decode(raw, &req);
	KUNIT_EXPECT_EQ(test, p->want.addr, req.addr);
	KUNIT_EXPECT_EQ(test, p->want.sid, req.sid);
	KUNIT_EXPECT_EQ(test, p->want.ssid, req.ssid);
	KUNIT_EXPECT_EQ(test, p->want.prg, req.prg);
	KUNIT_EXPECT_EQ(test, p->want.ssv, req.ssv);
	KUNIT_EXPECT_EQ(test, p->want.last, req.last);
	KUNIT_EXPECT_EQ(test, p->want.read, req.read);
	KUNIT_EXPECT_EQ(test, p->want.write, req.write);
	KUNIT_EXPECT_EQ(test, p->want.exec, req.exec);
	KUNIT_EXPECT_EQ(test, p->want.priv, req.priv);
	KUNIT_EXPECT_EQ(test, p->stop, smmu_page_request_is_stop(&req));
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE_PARAM(page_request_decodes, page_record_gen_params),
	KUNIT_CASE_PARAM(type_decodes, layout_gen_params),
	KUNIT_CASE(known_record),
	KUNIT_CASE(any_bits_decode),
	KUNIT_CASE(every_name_exists),
	{}
};

static struct kunit_suite event_suite = {
	.name = "smmu_event",
	.init = event_init,
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
