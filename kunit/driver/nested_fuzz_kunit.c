// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest sends a million random commands through the driver to the model SMMU, which must never
 * get an illegal one. The guest's own translation works all the time, and the TLB entries of
 * another guest are never touched.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "drv/domain.h"
#include "driver/guest.h"

#define VA		0x7000001000ULL
#define IPA		0x40000001000ULL
#define PA		0x12345000ULL
#define VSID		0x77
#define SEED		20261121
#define COMMANDS	1000000
#define BATCH		2048

/*
 * Make a random command. Legal opcodes are frequent, so that batches get far before they are
 * refused.
 */
static struct smmu_cmd random_cmd(struct rnd_state *rnd)
{
	static const u8 opcode[] = { CMD_TLBI_NSNH_ALL, CMD_TLBI_NH_ALL, CMD_TLBI_NH_ASID,
				     CMD_TLBI_NH_VA, CMD_TLBI_NH_VAA, CMD_CFGI_CD,
				     CMD_CFGI_CD_ALL, CMD_ATC_INV };
	u64 w0 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	u64 w1 = prandom_u32_state(rnd) | (u64)prandom_u32_state(rnd) << 32;
	u32 dice = prandom_u32_state(rnd);
	u8 op = opcode[dice % ARRAY_SIZE(opcode)];

	/* once in a thousand times the opcode is random, too */
	if (!(dice >> 22))
		return (struct smmu_cmd) { { cpu_to_le64(w0), cpu_to_le64(w1) } };
	switch (op) {
	case CMD_TLBI_NSNH_ALL:
		w0 = 0;
		w1 = 0;
		break;
	case CMD_TLBI_NH_ALL:
		w0 &= CMD0_TLBI_VMID;
		w1 = 0;
		break;
	case CMD_TLBI_NH_ASID:
		w0 &= CMD0_TLBI_VMID | CMD0_TLBI_ASID;
		w1 = 0;
		break;
	case CMD_TLBI_NH_VA:
	case CMD_TLBI_NH_VAA:
		w0 &= CMD0_TLBI_VMID | (op == CMD_TLBI_NH_VA ? CMD0_TLBI_ASID : 0);
		w1 &= CMD1_TLBI_VA | CMD1_TLBI_LEAF;
		if (dice & BIT(8)) {
			w0 |= FIELD_PREP(CMD0_TLBI_NUM, dice >> 9 & 31) |
			      FIELD_PREP(CMD0_TLBI_SCALE, dice >> 14 & 7);
			w1 |= FIELD_PREP(CMD1_TLBI_TG, TLBI_TG_4K);
			w0 |= FIELD_PREP(CMD0_TLBI_NUM, 1);
		}
		break;
	default:
		w0 = (u64)VSID << 32;
		w1 = op == CMD_ATC_INV ? prandom_u32_state(rnd) % 53 : dice >> 8 & 1;
		if (op == CMD_CFGI_CD_ALL)
			w1 = 0;
	}
	return (struct smmu_cmd) { { cpu_to_le64(w0 | op), cpu_to_le64(w1) } };
}

struct two {
	struct rig *rig;
	struct machine_smmu *smmu;
	struct rig_device *d[2];
	struct iommu_domain *parent;
	struct iommu_domain *s1[2];
	struct guest *g[2];
	struct guest_table *t[2];
};

static void make_two(struct kunit *test, struct two *w)
{
	int ret;
	u32 i;

	w->rig = rig_new(test);
	w->rig->atc = true;
	w->smmu = guest_smmu(test, w->rig, 0);
	for (i = 0; i < 2; i++)
		w->d[i] = rig_device(test, w->rig, 0);
	w->parent = rig_domain_s2(test, w->d[0]);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(w->parent, IPA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	for (i = 0; i < 2; i++) {
		w->g[i] = guest_new(test, w->smmu, w->parent, &ret);
		KUNIT_ASSERT_EQ(test, 0, ret);
		guest_device(test, w->g[i], w->d[i], VSID);
		w->t[i] = guest_table(test, w->smmu, w->parent, 5);
		guest_map(test, w->t[i], VA, IPA);
		w->s1[i] = guest_s1(test, w->g[i], w->t[i], !i);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(w->d[i], w->s1[i]));
		KUNIT_EXPECT_EQ(test, PA, rig_access(w->rig, w->d[i], VA, false));
	}
}

static void fuzz(struct kunit *test)
{
	struct smmu_cmd *cmd = kunit_kcalloc(test, BATCH, sizeof(*cmd), GFP_KERNEL);
	u32 i, n, num, sent = 0, done = 0, refused = 0;
	struct rnd_state rnd;
	struct two w;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, cmd);
	make_two(test, &w);
	/* the second guest's entry stays in the TLB although its table has changed */
	guest_unmap(test, w.t[1], VA);
	prandom_seed_state(&rnd, SEED);
	while (sent < COMMANDS) {
		n = 1 + prandom_u32_state(&rnd) % BATCH;
		for (i = 0; i < n; i++)
			cmd[i] = random_cmd(&rnd);
		num = n;
		ret = guest_commands(test, w.g[0], cmd, &num);
		KUNIT_ASSERT_EQ(test, num < n ? -EIO : 0, ret);
		KUNIT_ASSERT_EQ(test, PA, rig_access(w.rig, w.d[0], VA, false));
		KUNIT_ASSERT_EQ(test, PA, rig_access(w.rig, w.d[1], VA, false));
		sent += n;
		done += num;
		refused += num < n;
	}
	rig_check(test, w.rig);
	KUNIT_EXPECT_EQ(test, 0, READ_ONCE(smmu_main_cmdq(&rig_iommu(w.smmu)->smmu)->err_seq));
	kunit_info(test, "seed %u: %u commands, %u done, %u batches cut short\n", SEED, sent, done,
		   refused);
	KUNIT_EXPECT_GT(test, done, COMMANDS / 4);
	KUNIT_EXPECT_GT(test, refused, 0);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(w.d[i], &smmu_identity_domain));
		iommu_domain_free(w.s1[i]);
		guest_destroy(w.g[i]);
	}
	iommu_domain_free(w.parent);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_SLOW(fuzz),
	{}
};

static struct kunit_suite suite = { .name = "smmu_nested_fuzz", .test_cases = cases };
kunit_test_suite(suite);
