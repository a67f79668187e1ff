// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>

#include "core/cd.h"
#include "core/cmd.h"
#include "core/entry.h"
#include "hw/cdtab.h"
#include "hw/device.h"
#include "hw/issue.h"

int smmu_cdtab_alloc(struct smmu_device *smmu, struct smmu_cdtab *tab)
{
	if (tab->cd)
		return 0;
	/* zeroed: V = 0 */
	tab->cd = dma_alloc_coherent(smmu->dev, sizeof(*tab->cd), &tab->dma, GFP_KERNEL);
	return tab->cd ? 0 : -ENOMEM;
}

void smmu_cdtab_free(struct smmu_device *smmu, struct smmu_cdtab *tab)
{
	if (!tab->cd)
		return;
	dma_free_coherent(smmu->dev, sizeof(*tab->cd), tab->cd, tab->dma);
	tab->cd = NULL;
}

struct cd_writer {
	struct smmu_entry_writer writer;
	struct smmu_device *smmu;
	const u32 *sids;
	u32 n;
};

static void cd_sync(struct smmu_entry_writer *writer)
{
	struct cd_writer *w = container_of(writer, struct cd_writer, writer);
	struct smmu_cmd cmd[16 + 1];
	u32 i, fill = 0;

	for (i = 0; i < w->n; i++) {
		smmu_cmd_cfgi_cd(&cmd[fill++], w->sids[i], 0, true);
		if (fill + 1 == ARRAY_SIZE(cmd) || i + 1 == w->n) {
			smmu_issue_cfgi(w->smmu, cmd, fill);
			fill = 0;
		}
	}
}

static const struct smmu_entry_ops cd_ops = {
	.used = smmu_cd_used,
	.safe = smmu_cd_safe,
	.sync = cd_sync,
};

void smmu_cdtab_write(struct smmu_device *smmu, struct smmu_cdtab *tab, const u32 *sids,
		      u32 n, const struct smmu_cd *target)
{
	struct cd_writer w = { .writer.ops = &cd_ops, .smmu = smmu, .sids = sids, .n = n };

	smmu_entry_write(&w.writer, tab->cd->w, target->w);
}
