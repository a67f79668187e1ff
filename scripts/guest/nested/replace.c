// SPDX-License-Identifier: GPL-2.0-only
/*
 * From every kind of HWPT to every other one, in all orders, and at random with two devices: DMA
 * goes where the new HWPT says and nowhere else, and the arrays have exactly the entries of the
 * attachments.
 */
#include "nested.h"
#include "stage1.h"
#include "tags.h"

#define STEPS	400

enum kind { DETACHED, S1_HWPT, RAW_PARENT, BYPASS, ABORT, STAGE1, OTHER_STAGE1, KINDS };

static const char * const kind_name[KINDS] = {
	"detached", "stage-1 HWPT", "raw parent", "bypass", "abort", "guest stage 1",
	"other guest's stage 1",
};

static const char * const ste_kind[KINDS] = {
	[S1_HWPT] = "stage1", [RAW_PARENT] = "stage2", [BYPASS] = "stage2",
	[ABORT] = "abort", [STAGE1] = "nested", [OTHER_STAGE1] = "nested",
};

/* One address for each kind of HWPT that translates, and the page behind it */
#define SPOTS	5
#define OWN_IOVA	0x6000000ul	/* mapped in the stage-1 HWPT alone */

static const int spot_page[SPOTS] = {
	50,	/* S1_HWPT */
	51,	/* RAW_PARENT, BYPASS */
	52,	/* STAGE1 */
	53,	/* OTHER_STAGE1 */
	54,	/* both stages 1; page 55 in the other */
};

static uint64_t spot_addr(unsigned int nr)
{
	switch (nr) {
	case 0:		return OWN_IOVA;
	case 1:		return data_ipa(spot_page[nr]);
	default:	return dva(nr - 1);
	}
}

FIXTURE(replace) {
	unsigned int domains;
};

static uint32_t viommu[2];
static struct stage1 s1[2];
static uint32_t own;			/* the stage-1 HWPT */

FIXTURE_VARIANT(replace) {
	unsigned int smmu;
};

FIXTURE_VARIANT_ADD(replace, smmu0) { .smmu = 0 };
FIXTURE_VARIANT_ADD(replace, smmu2) { .smmu = 2 };

FIXTURE_SETUP(replace)
{
	struct vdev *dev = itd(variant->smmu);
	uint32_t own_ioas;

	self->domains = nr_domains();
	setup_ram(dev);
	own_ioas = new_ioas();
	map(own_ioas, OWN_IOVA, data_mem(50), PAGE);
	own = new_hwpt(dev, own_ioas);
	stage1_init(&s1[0], 8, 1);
	stage1_init(&s1[1], 16, 2);
	stage1_map(&s1[0], 1, 52);
	stage1_map(&s1[1], 2, 53);
	stage1_map(&s1[0], 3, 54);
	stage1_map(&s1[1], 3, 55);
	viommu[0] = viommu_for(dev);
	viommu[1] = has_debugfs() ? viommu_for(dev) : viommu[0];
}

FIXTURE_TEARDOWN_PARENT(replace)
{
	EXPECT_FINE(all_clean(self->domains));
}

/* A device, its HWPTs, and which of them it is attached to */
struct subject {
	struct vdev *dev;
	uint32_t pt[KINDS];
	enum kind now;
	enum kind before;
};

static void subject_init(struct subject *sub, struct vdev *dev, uint64_t vsid)
{
	sub->dev = dev;
	sub->now = DETACHED;
	sub->before = DETACHED;
	/* iommufd allows one vDEVICE for a device; bypass and abort need none */
	vdevice_for(viommu[0], dev, vsid);
	sub->pt[S1_HWPT] = own;
	sub->pt[RAW_PARENT] = parent;
	sub->pt[BYPASS] = bypass_for(viommu[1], dev);
	sub->pt[ABORT] = abort_for(viommu[0], dev);
	sub->pt[STAGE1] = stage1_for(viommu[0], dev, &s1[0]);
	sub->pt[OTHER_STAGE1] = stage1_for(viommu[0], dev, &s1[1]);
}

/* Return: the page that spot @nr leads to under a kind of HWPT */
static int shows(enum kind kind, unsigned int nr)
{
	static const bool seen[KINDS][SPOTS] = {
		[S1_HWPT] = { [0] = true },
		[RAW_PARENT] = { [1] = true },
		[BYPASS] = { [1] = true },
		[STAGE1] = { [2] = true, [4] = true },
		[OTHER_STAGE1] = { [3] = true, [4] = true },
	};

	if (!seen[kind][nr])
		return NOWHERE;
	return spot_page[nr] + (kind == OTHER_STAGE1 && nr == 4);
}

/*
 * Does DMA go where the HWPT says? Stale translations of the last HWPT would show here. Return:
 * NULL, or what is wrong.
 */
static const char *dma_is_right(const struct subject *sub)
{
	unsigned int i;

	for (i = 0; i < SPOTS; i++) {
		int page = lands(sub->dev, spot_addr(i));

		if (page != shows(sub->now, i))
			return why("%s, after %s: 0x%lx shows page %d, not %d",
				   kind_name[sub->now], kind_name[sub->before],
				   spot_addr(i), page, shows(sub->now, i));
	}
	return NULL;
}

static const char *go(struct subject *sub, enum kind kind)
{
	int rc = 0;

	if (kind != DETACHED)
		rc = attach(sub->dev, sub->pt[kind]);
	else if (sub->now != DETACHED)
		dev_detach(sub->dev);
	if (rc)
		return why("from %s to %s: %s", kind_name[sub->now], kind_name[kind],
			   strerror(rc));
	sub->before = sub->now;
	sub->now = kind;
	if (ste_kind[kind])
		return ste_is(sub->dev, ste_kind[kind]);
	return NULL;
}

/*
 * Do the arrays have the sum of what the subjects add? All are behind one SMMU. Return: NULL, or
 * what is wrong.
 */
static const char *arrays_are_right(const struct subject *sub, unsigned int n)
{
	unsigned int i, raw = 0, via[2] = { 0 };

	for (i = 0; i < n; i++) {
		raw += sub[i].now == RAW_PARENT;
		via[0] += sub[i].now == STAGE1 || sub[i].now == OTHER_STAGE1;
		via[1] += sub[i].now == BYPASS;
	}
	return tags_are(sub->dev->smmu, raw, via[0] + via[1], !!via[0] + !!via[1]);
}

CASE(replace, all_orders)
{
	unsigned int from, to;
	struct subject sub;

	subject_init(&sub, itd(variant->smmu), 7);
	for (from = 0; from < KINDS; from++) {
		for (to = 0; to < KINDS; to++) {
			if (from == to)
				continue;
			ASSERT_FINE(go(&sub, from));
			ASSERT_FINE(dma_is_right(&sub));
			ASSERT_FINE(go(&sub, to));
			ASSERT_FINE(dma_is_right(&sub));
			ASSERT_FINE(arrays_are_right(&sub, 1));
		}
	}
	ASSERT_FINE(go(&sub, DETACHED));
	EXPECT_FINE(arrays_are_right(&sub, 1));
	EXPECT_FINE(dma_is_right(&sub));
}

CASE(replace, two_devices_by_chance)
{
	unsigned int i, who;
	struct subject sub[2];

	seed = setting("NESTED_SEED", 1) * 2 + 1;
	subject_init(&sub[0], itd(variant->smmu), 7);
	subject_init(&sub[1], dev_at(variant->smmu, ITD_ID, 1), 8);
	for (i = 0; i < STEPS; i++) {
		who = rnd(2);
		ASSERT_FINE(go(&sub[who], rnd(KINDS)));
		ASSERT_FINE(dma_is_right(&sub[0]));
		ASSERT_FINE(dma_is_right(&sub[1]));
		ASSERT_FINE(arrays_are_right(sub, 2));
	}
	for (who = 0; who < 2; who++)
		ASSERT_FINE(go(&sub[who], DETACHED));
	EXPECT_FINE(arrays_are_right(sub, 2));
}

TEST_HARNESS_MAIN
