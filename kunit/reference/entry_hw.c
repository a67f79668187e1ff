// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of hardware that reads entries, see entry_hw.h. The model reports failures to the test
 * that runs.
 */
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/string.h>

#include <core/cd.h>
#include <core/ste.h>

#include "entry_hw.h"

typedef bool (*entry_write_fn)(struct smmu_entry_writer *writer, __le64 *entry,
			       const __le64 *target);

struct meaning {
	u64 w[SMMU_ENTRY_WORDS];
	u8 eats;
	bool valid;
};

static bool has_stage1(u64 config)
{
	return config == STE_CONFIG_S1 || config == STE_CONFIG_S1_S2;
}

static bool has_stage2(u64 config)
{
	return config == STE_CONFIG_S2 || config == STE_CONFIG_S1_S2;
}

/*
 * Neither MEV nor EATS is part of the meaning: MEV only merges events, and a device uses no ATS
 * while EATS changes. EATS is kept apart, to be compared less strictly.
 */
static struct meaning ste_meaning(const u64 *ste)
{
	u64 config = FIELD_GET(STE0_CONFIG, ste[0]);
	struct meaning m = { .valid = ste[0] & STE0_V };

	if (!m.valid)
		return m;

	m.w[0] = STE0_V | FIELD_PREP(STE0_CONFIG, config < 4 ? 0 : config);
	if (config == STE_CONFIG_BYPASS || has_stage2(config))
		m.w[1] |= ste[1] & STE1_SHCFG;
	if (has_stage1(config)) {
		u64 table = STE0_S1CTXPTR | STE0_S1CDMAX;

		if (FIELD_GET(STE0_S1CDMAX, ste[0])) {
			table |= STE0_S1FMT;
			m.w[1] |= ste[1] & STE1_S1DSS;
			if (FIELD_GET(STE1_S1DSS, ste[1]) == STE_S1DSS_BYPASS)
				m.w[1] |= ste[1] & STE1_SHCFG;
		}
		m.w[0] |= ste[0] & table;
		m.w[1] |= ste[1] & (STE1_S1CIR | STE1_S1COR | STE1_S1CSH |
				    STE1_S1STALLD | STE1_STRW | STE1_PPAR);
		if (!FIELD_GET(STE1_STRW, ste[1]))
			m.w[2] |= ste[2] & STE2_S2VMID;
	}
	if (has_stage2(config)) {
		m.w[1] |= ste[1] & STE1_S2FWB;
		m.w[2] |= ste[2] & GENMASK_ULL(58, 0) & ~GENMASK_ULL(31, 16);
		m.w[3] |= ste[3] & STE3_S2TTB;
	}
	if (has_stage1(config) || has_stage2(config))
		m.eats = FIELD_GET(STE1_EATS, ste[1]);
	return m;
}

static struct meaning cd_meaning(const u64 *cd)
{
	struct meaning m = { .valid = cd[0] & CD0_V };

	if (!m.valid)
		return m;

	memcpy(m.w, cd, sizeof(m.w));
	if (cd[0] & CD0_EPD0) {
		m.w[0] &= ~(CD0_T0SZ | CD0_TG0 | CD0_IR0 | CD0_OR0 | CD0_SH0);
		m.w[1] &= ~CD1_TTB0;
	}
	if ((cd[0] & CD0_EPD0) && (cd[0] & CD0_EPD1)) {
		m.w[1] &= ~CD1_HAFT;
		m.w[3] = 0;
	}
	return m;
}

static struct meaning entry_meaning(const struct entry_hw *hw, const __le64 *words)
{
	u64 cpu[SMMU_ENTRY_WORDS];

	entry_hw_words_to_cpu(cpu, words);
	return hw->is_cd ? cd_meaning(cpu) : ste_meaning(cpu);
}

/* EATS may already be the other state's, but S1CHK must not be mixed with anything */
static bool same_meaning(const struct meaning *seen, const struct meaning *want,
			 const struct meaning *other)
{
	if (seen->valid != want->valid || memcmp(seen->w, want->w, sizeof(seen->w)))
		return false;
	if (seen->eats == want->eats)
		return true;
	return seen->eats <= STE_EATS_FULL && want->eats <= STE_EATS_FULL &&
	       other->eats <= STE_EATS_FULL;
}

/*
 * 5.2: full ATS together with S2S is a bad STE. The writer keeps the two apart even where Config
 * ignores stage 2, unless its caller left S2S set there.
 */
static bool bad_ste(const struct entry_hw *hw, const __le64 *ste)
{
	u64 config = FIELD_GET(STE0_CONFIG, le64_to_cpu(ste[0]));

	return (le64_to_cpu(ste[0]) & STE0_V) &&
	       FIELD_GET(STE1_EATS, le64_to_cpu(ste[1])) == STE_EATS_FULL &&
	       (le64_to_cpu(ste[2]) & STE2_S2S) &&
	       (has_stage2(config) || !hw->garbage);
}

/*
 * Hardware reads CDs through this STE, and uses those that it has cached (4.3.3). If both were
 * read under the same stage 2, the worst that can happen is that old and new are mixed.
 */
static void hw_use_cds(struct entry_hw *hw, const __le64 *seen)
{
	u64 ste[SMMU_ENTRY_WORDS], config;
	struct entry_hw_home home = { .cached = true };

	entry_hw_words_to_cpu(ste, seen);
	config = FIELD_GET(STE0_CONFIG, ste[0]);
	if (!(ste[0] & STE0_V) || !has_stage1(config))
		return;
	if (has_stage2(config)) {
		home.stage2 = true;
		home.vmid = FIELD_GET(STE2_S2VMID, ste[2]);
		home.ttb = ste[3] & STE3_S2TTB;
	}
	if (hw->cds.cached)
		KUNIT_EXPECT_TRUE_MSG(hw->test, hw->cds.stage2 == home.stage2 &&
				      hw->cds.vmid == home.vmid && hw->cds.ttb == home.ttb,
				      "%s: a CD meets another stage 2", hw->what);
	hw->cds = home;
}

/* Is this the state that the writer may put between two that must not meet? */
static bool is_abort(const struct meaning *seen)
{
	return seen->valid && !FIELD_GET(STE0_CONFIG, seen->w[0]);
}

static void hw_observe(struct entry_hw *hw, const __le64 *seen)
{
	struct meaning old = entry_meaning(hw, hw->old);
	struct meaning target = entry_meaning(hw, hw->target);
	struct meaning now = entry_meaning(hw, seen);

	KUNIT_EXPECT_FALSE_MSG(hw->test, !hw->is_cd && bad_ste(hw, seen),
			       "%s: full ATS beside S2S", hw->what);
	if (!hw->is_cd)
		hw_use_cds(hw, seen);
	if (same_meaning(&now, &old, &target) || same_meaning(&now, &target, &old))
		return;
	if (!now.valid || (!hw->is_cd && is_abort(&now))) {
		hw->broken = true;
		return;
	}
	KUNIT_FAIL(hw->test, "%s: mixture %016llx %016llx %016llx %016llx",
		   hw->what, le64_to_cpu(seen[0]), le64_to_cpu(seen[1]),
		   le64_to_cpu(seen[2]), le64_to_cpu(seen[3]));
}

/* Check all combinations that hardware can put together now */
static void hw_observe_all(struct entry_hw *hw)
{
	unsigned int pick[SMMU_ENTRY_WORDS] = {};
	__le64 seen[SMMU_ENTRY_WORDS];
	unsigned int i;

	do {
		for (i = 0; i < SMMU_ENTRY_WORDS; i++)
			seen[i] = hw->held[i][pick[i]];
		hw_observe(hw, seen);
		for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
			if (++pick[i] < hw->num[i])
				break;
			pick[i] = 0;
		}
	} while (i < SMMU_ENTRY_WORDS);
}

static void hw_hold(struct entry_hw *hw, unsigned int word, __le64 value)
{
	KUNIT_ASSERT_LT(hw->test, hw->num[word], ENTRY_HW_VALUES);
	hw->held[word][hw->num[word]++] = value;
}

static void hw_forget(struct entry_hw *hw)
{
	unsigned int i;

	/* CFGI_STE invalidates the CDs as well (4.3.1); hardware reads them anew at once */
	hw->cds = (struct entry_hw_home) {};
	if (!hw->is_cd)
		hw_use_cds(hw, hw->mem);
	for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
		hw->held[i][0] = hw->mem[i];
		hw->num[i] = 1;
	}
}

void entry_hw_store(__le64 *word, __le64 value)
{
	struct entry_hw *hw = kunit_get_current_test()->priv;
	unsigned int i = word - hw->mem;

	KUNIT_ASSERT_LT(hw->test, i, SMMU_ENTRY_WORDS);
	KUNIT_EXPECT_TRUE_MSG(hw->test, hw->ordered, "%s: no barrier before the first store",
			      hw->what);
	*word = value;
	hw_hold(hw, i, value);
	hw_observe_all(hw);
}

void entry_hw_barrier(void)
{
	struct entry_hw *hw = kunit_get_current_test()->priv;

	hw->ordered = true;
}

static void hw_sync(struct smmu_entry_writer *writer)
{
	struct entry_hw *hw = container_of(writer, struct entry_hw, writer);
	unsigned int i;

	for (i = 0; i < SMMU_ENTRY_WORDS; i++) {
		if (hw->held[i][hw->num[i] - 1] == hw->mem[i])
			continue;
		KUNIT_EXPECT_FALSE_MSG(hw->test, hw->traced,
				       "%s: word %u stored behind our back",
				       hw->what, i);
		hw_hold(hw, i, hw->mem[i]);
	}
	hw_observe_all(hw);
	hw_forget(hw);
	hw->syncs++;
}

static const struct smmu_entry_ops ste_ops = {
	.used = smmu_ste_used,
	.safe = smmu_ste_safe,
	.via = smmu_ste_via,
	.sync = hw_sync,
};

/* No safe(): no bit of a CD is safe */
static const struct smmu_entry_ops cd_ops = {
	.used = smmu_cd_used,
	.sync = hw_sync,
};

void entry_hw_reset(struct entry_hw *hw, bool is_cd, bool traced, const __le64 *entry)
{
	hw->is_cd = is_cd;
	hw->traced = traced;
	hw->writer.ops = is_cd ? &cd_ops : &ste_ops;
	memcpy(hw->mem, entry, sizeof(hw->mem));
	hw_forget(hw);
}

bool entry_hw_write(struct entry_hw *hw, const __le64 *target)
{
	entry_write_fn write = hw->traced ? traced_entry_write : smmu_entry_write;
	unsigned int i;
	bool hitless;

	memcpy(hw->old, hw->mem, sizeof(hw->old));
	memcpy(hw->target, target, sizeof(hw->target));
	hw->syncs = 0;
	hw->broken = false;
	hw->ordered = false;
	hitless = write(&hw->writer, hw->mem, target);

	KUNIT_EXPECT_EQ_MSG(hw->test, hitless, !hw->broken, "%s", hw->what);
	KUNIT_EXPECT_EQ_MSG(hw->test, memcmp(hw->mem, target, sizeof(hw->mem)), 0,
			    "%s: not there", hw->what);
	/* Hardware must not hold any earlier value */
	for (i = 0; i < SMMU_ENTRY_WORDS; i++)
		KUNIT_EXPECT_TRUE_MSG(hw->test, hw->num[i] == 1 &&
				      hw->held[i][0] == hw->mem[i],
				      "%s: word %u not synced", hw->what, i);
	return hitless;
}
