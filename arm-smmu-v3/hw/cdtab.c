// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include <smmuv3/ste.h>

#include "core/cd.h"
#include "core/cmd.h"
#include "core/entry.h"
#include "hw/cdtab.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/shut.h"

/* With more SubstreamIDs than this, the first level for 4 KiB leaves is larger than a leaf */
#define LEAF_4K_SSID_BITS	15

static size_t leaf_bytes(const struct smmu_cdtab *tab)
{
	return sizeof(struct smmu_cd) << tab->leaf_log2;
}

static u32 nr_leaves(const struct smmu_cdtab *tab)
{
	return 1U << (tab->cdmax - tab->leaf_log2);
}

/* Choose the format of the table. No memory is allocated yet. */
static void choose_format(struct smmu_device *smmu, struct smmu_cdtab *tab, u8 ssid_bits)
{
	tab->cdmax = ssid_bits;
	if (ssid_bits <= CDTAB_L2_4K_BITS) {
		tab->fmt = STE_S1FMT_LINEAR;
		tab->leaf_log2 = ssid_bits;
	} else if (!smmu_has(smmu, SMMU_FEAT_CDTAB_2LVL)) {
		tab->fmt = STE_S1FMT_LINEAR;
		tab->cdmax = min(ssid_bits, CDTAB_L2_64K_BITS);
		tab->leaf_log2 = tab->cdmax;
	} else if (ssid_bits <= LEAF_4K_SSID_BITS) {
		tab->fmt = STE_S1FMT_4K_L2;
		tab->leaf_log2 = CDTAB_L2_4K_BITS;
	} else {
		tab->fmt = STE_S1FMT_64K_L2;
		tab->leaf_log2 = CDTAB_L2_64K_BITS;
	}
}

static int make_leaf(struct smmu_device *smmu, struct smmu_cdtab *tab, u32 i)
{
	struct smmu_cdtab_leaf *leaf = &tab->leaf[i];

	if (leaf->cd)
		return 0;
	/* the memory is zeroed (V = 0), and aligned to its size, as page allocations are */
	leaf->cd = dma_alloc_coherent(smmu->dev, leaf_bytes(tab), &leaf->dma, GFP_KERNEL);
	if (!leaf->cd)
		return -ENOMEM;
	if (!tab->l1)
		return 0;
	/*
	 * Write the descriptor after the zeroed leaf to which it points. The SMMU may have cached
	 * the invalid descriptor. The first write of a CD in the leaf invalidates that too
	 * (CMD_CFGI_CD with Leaf = 0, 4.3.3), and before that the leaf is not needed.
	 */
	dma_wmb();
	WRITE_ONCE(tab->l1[i], cpu_to_le64(CDTAB_L1_V | (leaf->dma & CDTAB_L1_L2PTR)));
	return 0;
}

int smmu_cdtab_alloc(struct smmu_device *smmu, struct smmu_cdtab *tab, u8 ssid_bits)
{
	if (tab->leaf)
		return 0;
	choose_format(smmu, tab, ssid_bits);
	tab->leaf = kvcalloc(nr_leaves(tab), sizeof(*tab->leaf), GFP_KERNEL);
	if (!tab->leaf)
		return -ENOMEM;
	if (tab->fmt != STE_S1FMT_LINEAR) {
		tab->l1 = dma_alloc_coherent(smmu->dev, nr_leaves(tab) * sizeof(*tab->l1),
					     &tab->l1_dma, GFP_KERNEL);
		if (!tab->l1)
			goto free;
	}
	if (make_leaf(smmu, tab, 0))
		goto free;
	tab->dma = tab->l1 ? tab->l1_dma : tab->leaf[0].dma;
	return 0;

free:
	smmu_cdtab_free(smmu, tab);
	return -ENOMEM;
}

int smmu_cdtab_reserve(struct smmu_device *smmu, struct smmu_cdtab *tab, u32 ssid)
{
	if (ssid >> tab->cdmax)
		return -ERANGE;
	return make_leaf(smmu, tab, ssid >> tab->leaf_log2);
}

void smmu_cdtab_free(struct smmu_device *smmu, struct smmu_cdtab *tab)
{
	u32 i;

	if (!tab->leaf)
		return;
	for (i = 0; i < nr_leaves(tab); i++)
		if (tab->leaf[i].cd)
			smmu_device_free_dma(smmu, leaf_bytes(tab), tab->leaf[i].cd,
					     tab->leaf[i].dma);
	if (tab->l1)
		smmu_device_free_dma(smmu, nr_leaves(tab) * sizeof(*tab->l1), tab->l1,
				     tab->l1_dma);
	kvfree(tab->leaf);
	*tab = (struct smmu_cdtab) {};
}

struct smmu_cd *smmu_cdtab_cd(const struct smmu_cdtab *tab, u32 ssid)
{
	struct smmu_cd *cd;

	if (!tab->leaf || ssid >> tab->cdmax)
		return NULL;
	cd = tab->leaf[ssid >> tab->leaf_log2].cd;
	return cd ? cd + (ssid & (BIT(tab->leaf_log2) - 1)) : NULL;
}

struct cd_writer {
	struct smmu_entry_writer writer;
	struct smmu_device *smmu;
	const u32 *sids;
	u32 n;
	u32 ssid;
	bool leaf;
	bool brief;
};

static void cd_sync(struct smmu_entry_writer *writer)
{
	struct cd_writer *w = container_of(writer, struct cd_writer, writer);
	struct smmu_issue_batch batch __uninitialized;
	u32 i;

	smmu_issue_batch_start(&batch, w->smmu, true);
	batch.brief = w->brief;
	for (i = 0; i < w->n; i++)
		smmu_cmd_cfgi_cd(smmu_issue_batch_add(&batch), w->sids[i], w->ssid, w->leaf);
	writer->stopped = smmu_issue_batch_end(&batch);
}

static const struct smmu_entry_ops cd_ops = {
	.used = smmu_cd_used,
	.sync = cd_sync,
};

bool smmu_cdtab_write(struct smmu_device *smmu, struct smmu_cdtab *tab, const u32 *sids,
		      u32 n, u32 ssid, const struct smmu_cd *target, bool brief)
{
	struct cd_writer w = {
		.writer.ops = &cd_ops,
		.smmu = smmu,
		.sids = sids,
		.n = n,
		.ssid = ssid,
		/* Leaf = 0 invalidates the first level too, see make_leaf() */
		.leaf = !tab->l1,
		.brief = brief,
	};

	smmu_entry_write(&w.writer, smmu_cdtab_cd(tab, ssid)->w, target->w);
	return !w.writer.stopped;
}

void smmu_cdtab_put(struct smmu_cdtab *tab, u32 ssid, const struct smmu_cd *target)
{
	struct smmu_cd *cd = smmu_cdtab_cd(tab, ssid);

	/*
	 * An SMMU that was shut and has not acknowledged it may still go by an STE of before. It
	 * must find the old CD, an invalid one, or the new one. Pairs with its reads.
	 */
	WRITE_ONCE(cd->w[0], 0);
	dma_wmb();
	smmu_entry_fill(cd->w, target->w);
}
