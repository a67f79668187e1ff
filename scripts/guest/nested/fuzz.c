// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random invalidation commands and random vSTEs while a guest's DMA goes on. Each result is
 * compared with the oracle's, and no SMMU may have got a command that it had to refuse. NESTED_SEED
 * repeats a run; NESTED_COMMANDS and NESTED_VSTES set its length.
 */
#include "nested.h"
#include "oracle.h"
#include "stage1.h"
#include "tags.h"

#define ASID	5
#define VSID	0x42
#define BATCH	128
#define N(array)	(sizeof(array) / sizeof((array)[0]))

FIXTURE(fuzz) {
	unsigned int domains;
	uint32_t viommu;
	uint32_t nested;
	struct stage1 s1;
};

FIXTURE_SETUP(fuzz)
{
	unsigned int i;

	self->domains = nr_domains();
	setup_ram(itd(0));
	stage1_init(&self->s1, 8, ASID);
	for (i = 0; i < DATA; i++)
		stage1_map(&self->s1, i, i);
	self->viommu = viommu_for(itd(0));
	vdevice_for(self->viommu, itd(0), VSID);
	self->nested = stage1_for(self->viommu, itd(0), &self->s1);
	must(attach(itd(0), self->nested), "attach");
	must(read_hw_info(itd(0)), "IOMMU_GET_HW_INFO");
	seed = setting("NESTED_SEED", 1) * 2 + 1;
}

FIXTURE_TEARDOWN_PARENT(fuzz)
{
	EXPECT_FINE(all_clean(self->domains));
}

static bool known(uint32_t vsid)
{
	return vsid == VSID;
}

static struct command random_good(void)
{
	static const struct command good[] = {
		{ { TLBI_NSNH_ALL, 0 } },
		{ { TLBI_NH_ALL, 0 } },
		{ { TLBI_NH_ASID | CMD0_ASID(ASID), 0 } },
		{ { TLBI_NH_VA | CMD0_ASID(ASID), 0 } },
		{ { TLBI_NH_VA | CMD0_ASID(ASID), CMD1_LEAF } },
		{ { TLBI_NH_VAA, 0 } },
		{ { TLBI_NH_VA | CMD0_ASID(ASID) | CMD0_NUM(5) | CMD0_SCALE(1), CMD1_TG_4K } },
		{ { TLBI_NH_VAA | CMD0_NUM(1), CMD1_TG_4K | CMD1_TTL(3) } },
		{ { CFGI_CD | CMD0_SID(VSID), CMD1_LEAF } },
		{ { CFGI_CD | CMD0_SID(VSID), 0 } },
		{ { CFGI_CD_ALL | CMD0_SID(VSID), 0 } },
		{ { ATC_INV | CMD0_SID(VSID), 52 } },
	};
	struct command cmd = good[rnd(N(good))];

	if ((cmd.w[0] & 0xff) == TLBI_NH_VA || (cmd.w[0] & 0xff) == TLBI_NH_VAA)
		cmd.w[1] |= dva(rnd(DATA));
	if (rnd(2))
		cmd.w[0] |= (cmd.w[0] & 0xf0) == 0x10 ? CMD0_VMID(rnd(65536)) : 0;
	return cmd;
}

static struct command random_command(void)
{
	struct command cmd = random_good();
	unsigned int bit, n;

	switch (rnd(8)) {
	case 0:
		/* both words are random */
		cmd.w[0] = rnd64();
		cmd.w[1] = rnd64();
		break;
	case 1:
		/* everything is random except the opcode */
		cmd.w[0] = (rnd64() & ~0xffull) | (cmd.w[0] & 0xff);
		cmd.w[1] = rnd64();
		break;
	case 2:
		/* only the opcode is random */
		cmd.w[0] = (cmd.w[0] & ~0xffull) | rnd(256);
		break;
	case 3:
		/* some bits are flipped */
		for (n = 1 + rnd(3); n; n--) {
			bit = rnd(128);
			cmd.w[bit / 64] ^= 1ull << bit % 64;
		}
		break;
	case 4:
		/* the fields of a range are random */
		if (cmd.w[0] & 2 && (cmd.w[0] & 0xf0) == 0x10) {
			cmd.w[0] |= CMD0_NUM(rnd(32)) | CMD0_SCALE(rnd(64));
			cmd.w[1] |= (uint64_t)rnd(16) << 8;
		}
		break;
	}
	return cmd;
}

/*
 * A call that has done @done of @cmds has returned @rc: does that agree with the oracle? Return:
 * NULL, or what is wrong.
 */
static const char *judged(const struct command *cmds, uint32_t num, uint32_t done, int rc)
{
	uint32_t i;

	if (rc ? rc != EIO || done >= num : done != num)
		return why("%u of %u done, %s", done, num, strerror(rc));
	for (i = 0; i < done; i++)
		if (judge_command(&cmds[i], known) == REFUSED)
			return why("command 0x%016lx 0x%016lx was taken", cmds[i].w[0],
				   cmds[i].w[1]);
	if (rc && judge_command(&cmds[done], known) == TAKEN)
		return why("command 0x%016lx 0x%016lx was refused", cmds[done].w[0],
			   cmds[done].w[1]);
	return NULL;
}

CASE(fuzz, commands)
{
	unsigned int left = setting("NESTED_COMMANDS", 10000), slot, page = 0, calls = 0;
	struct command cmds[BATCH];
	uint32_t num, done, have = 0;
	int rc;

	while (left) {
		num = 1 + rnd(rnd(4) ? 8 : BATCH);
		/* commands behind a refused one are sent again */
		for (; have < num; have++)
			cmds[have] = random_command();
		done = num;
		rc = invalidate(self->viommu, cmds, &done);
		ASSERT_FINE(judged(cmds, num, done, rc));
		done += !!rc;
		left -= done < left ? done : left;
		have -= done;
		memmove(cmds, cmds + done, have * sizeof(*cmds));

		/* every page is still where it was; now and then the guest maps another page */
		slot = rnd(DATA);
		if (slot == 7)
			continue;
		ASSERT_EQ(slot, lands(itd(0), dva(slot)));
		if (calls++ % 16)
			continue;
		stage1_map(&self->s1, 7, ++page % DATA);
		ASSERT_EQ(0, invalidate1(self->viommu, TLBI_NH_VA | CMD0_ASID(ASID), dva(7)));
		ASSERT_EQ(page % DATA, lands(itd(0), dva(7)));
	}
	EXPECT_FINE(tags_are(itd(0)->smmu, 0, 1, 1));
}

/* Make a vSTE, from a sensible to a senseless one */
static void random_vste(uint64_t *w)
{
	static const uint64_t config[] = { STE_S1, STE_S1, STE_S1, STE_BYPASS, STE_ABORT };
	unsigned int bit, n;

	w[0] = STE0_V | STE0_CONFIG(config[rnd(5)]) | STE0_S1CTXPTR(table_ipa(8));
	w[1] = STE1_S1C_WB;
	switch (rnd(6)) {
	case 0:
		w[0] = rnd64();
		w[1] = rnd64();
		break;
	case 1:
		/* only bits that are allowed */
		w[0] = (rnd64() & ~BITS(58, 56) & ~BITS(3, 1)) | STE0_V |
		       STE0_CONFIG(config[rnd(5)]);
		w[1] = rnd64() & (BITS(7, 0) | BITS(27, 27) | BITS(28, 28));
		break;
	case 2:
		for (n = 1 + rnd(3); n; n--) {
			bit = rnd(128);
			w[bit / 64] ^= 1ull << bit % 64;
		}
		break;
	case 3:
		/* a CD table at another address, or where there is no memory */
		w[0] = STE0_V | STE0_CONFIG(STE_S1) | ((rnd64() & BITS(51, 6)) >> rnd(40));
		w[0] &= ~(BITS(58, 52) | BITS(5, 4));
		break;
	case 4:
		w[1] = rnd64() & (BITS(7, 0) | BITS(27, 27) | BITS(28, 28));
		break;
	}
}

/* Another device of the same SMMU gets the vSTEs; the guest's own device works on */
CASE(fuzz, vstes)
{
	unsigned int i, n = setting("NESTED_VSTES", 2000), taken = 0;
	struct vdev *victim = dev_at(0, ITD_ID, 1);
	uint32_t viommu, good, id;
	enum verdict want;
	uint64_t w[2];
	int rc, page;

	viommu = has_debugfs() ? viommu_for(victim) : self->viommu;
	vdevice_for(viommu, victim, VSID + 1);
	good = stage1_for(viommu, victim, &self->s1);
	for (i = 0; i < n; i++) {
		random_vste(w);
		want = judge_vste(w[0], w[1]);
		rc = new_nested(viommu, victim, w[0], w[1], &id);
		if (rc ? rc != EIO || want == TAKEN : want == REFUSED)
			ASSERT_FINE(why("vSTE 0x%016lx 0x%016lx: %s", w[0], w[1], strerror(rc)));
		if (rc)
			continue;
		taken++;
		rc = attach(victim, id);
		if (rc)
			ASSERT_FINE(why("vSTE 0x%016lx 0x%016lx: attach: %s", w[0], w[1],
					strerror(rc)));
		/* the vSTE may lead anywhere in the guest's RAM, or nowhere */
		page = lands(victim, rnd(2) ? dva(3) : data_ipa(3));
		ASSERT_LE(NOWHERE, page);
		ASSERT_EQ(5, lands(itd(0), dva(5)));
		ASSERT_EQ(0, attach(victim, good));
		ASSERT_EQ(3, lands(victim, dva(3)));
		ASSERT_EQ(0, remove_object(id));
	}
	EXPECT_LT(n / 4, taken);
	EXPECT_FINE(tags_are(itd(0)->smmu, 0, 2, 2));
}

TEST_HARNESS_MAIN
