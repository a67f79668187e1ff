// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "core/cmd.h"
#include "core/entry.h"
#include "core/ste.h"
#include "hw/crashmem.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/shut.h"
#include "hw/strtab.h"

/* Level 1 has at most 1 MiB, because 2^17 descriptors cover 25 bits of StreamID */
#define L1_LOG2_MAX		17
/* A linear table has at most 4 MiB */
#define LINEAR_LOG2_MAX		16

static size_t l1_entries(const struct smmu_strtab *tab)
{
	return 1UL << (tab->log2 - STRTAB_SPLIT_BITS);
}

/*
 * The SMMU takes the low bits of STRTAB_BASE as 0, up to the size of the table (6.3.24). With
 * memory that is not aligned to its size, the SMMU would read other memory as STEs. Memory from CMA
 * is aligned to CONFIG_CMA_ALIGNMENT at most. Where that is not enough, this function allocates
 * twice the size, which always contains an aligned table.
 */
static void *alloc_base(struct smmu_device *smmu, size_t bytes)
{
	struct smmu_strtab *tab = &smmu->strtab;

	for (tab->mem_bytes = bytes; tab->mem_bytes <= 2 * bytes; tab->mem_bytes += bytes) {
		tab->mem = dma_alloc_coherent(smmu->dev, tab->mem_bytes, &tab->mem_dma,
					      GFP_KERNEL);
		if (!tab->mem)
			return NULL;
		tab->dma = ALIGN(tab->mem_dma, bytes);
		if (tab->dma + bytes <= tab->mem_dma + tab->mem_bytes)
			return tab->mem + (tab->dma - tab->mem_dma);
		dma_free_coherent(smmu->dev, tab->mem_bytes, tab->mem, tab->mem_dma);
	}
	tab->mem = NULL;
	return NULL;
}

static int alloc_two_level(struct smmu_device *smmu)
{
	struct smmu_strtab *tab = &smmu->strtab;

	tab->bytes = l1_entries(tab) * sizeof(*tab->l1);
	tab->l2 = kvcalloc(l1_entries(tab), sizeof(*tab->l2), GFP_KERNEL);
	if (!tab->l2)
		return -ENOMEM;
	tab->l1 = alloc_base(smmu, tab->bytes);
	if (!tab->l1) {
		kvfree(tab->l2);
		tab->l2 = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int alloc_linear(struct smmu_device *smmu)
{
	struct smmu_strtab *tab = &smmu->strtab;
	size_t i;

	tab->bytes = sizeof(*tab->linear) << tab->log2;
	tab->linear = alloc_base(smmu, tab->bytes);
	if (!tab->linear)
		return -ENOMEM;
	for (i = 0; i < 1UL << tab->log2; i++)
		smmu_ste_make_abort(&tab->linear[i]);
	return 0;
}

u8 smmu_strtab_form(const struct smmu_device *smmu, bool *two_level)
{
	const struct smmu_features *feat = &smmu->inst.feat;

	/* where one level-2 table would hold all StreamIDs, a linear table is cheaper */
	*two_level = (feat->flags & SMMU_FEAT_STRTAB_2LVL) && feat->sid_bits > STRTAB_SPLIT_BITS;
	return min_t(u8, feat->sid_bits, *two_level ? L1_LOG2_MAX + STRTAB_SPLIT_BITS :
						       LINEAR_LOG2_MAX);
}

int smmu_strtab_alloc(struct smmu_device *smmu)
{
	const struct smmu_features *feat = &smmu->inst.feat;
	int ret;

	mutex_init(&smmu->strtab.lock);
	xa_init(&smmu->strtab.foreign);
	smmu->strtab.log2 = smmu_strtab_form(smmu, &smmu->strtab.two_level);
	ret = smmu->strtab.two_level ? alloc_two_level(smmu) : alloc_linear(smmu);
	if (ret)
		dev_err(smmu->dev, "no memory for the stream table (%zu bytes)\n",
			smmu->strtab.bytes);
	else if (smmu->strtab.log2 < feat->sid_bits)
		dev_warn(smmu->dev, "stream table covers %u of %u StreamID bits\n",
			 smmu->strtab.log2, feat->sid_bits);
	return ret;
}

void smmu_strtab_free(struct smmu_device *smmu)
{
	struct smmu_strtab *tab = &smmu->strtab;
	size_t i;

	if (!tab->l1)
		return;
	if (tab->two_level) {
		for (i = 0; i < l1_entries(tab); i++)
			if (tab->l2[i].ste)
				smmu_device_free_dma(smmu,
						     STRTAB_L2_ENTRIES * sizeof(struct smmu_ste),
						     tab->l2[i].ste, tab->l2[i].dma);
		kvfree(tab->l2);
	}
	if (tab->adopted)
		smmu_crashmem_unmap(tab->mem);
	else
		smmu_device_free_dma(smmu, tab->mem_bytes, tab->mem, tab->mem_dma);
	xa_destroy(&tab->foreign);
	tab->adopted = false;
	tab->l1 = NULL;
}

static struct smmu_ste *alloc_l2(struct smmu_device *smmu, struct smmu_strtab_l2 *l2)
{
	unsigned int i;

	l2->ste = dma_alloc_coherent(smmu->dev, STRTAB_L2_ENTRIES * sizeof(*l2->ste), &l2->dma,
				     GFP_KERNEL);
	for (i = 0; l2->ste && i < STRTAB_L2_ENTRIES; i++)
		smmu_ste_make_abort(&l2->ste[i]);
	return l2->ste;
}

static __le64 l1_desc(const struct smmu_strtab_l2 *l2)
{
	if (!l2->ste)
		return 0;
	return cpu_to_le64((l2->dma & STRTAB_L1_L2PTR) |
			   FIELD_PREP(STRTAB_L1_SPAN, STRTAB_SPLIT_BITS + 1));
}

static int make_l2(struct smmu_device *smmu, u32 idx)
{
	struct smmu_strtab *tab = &smmu->strtab;

	if (!alloc_l2(smmu, &tab->l2[idx]))
		return -ENOMEM;
	/*
	 * Write the descriptor after the content of the table, because the SMMU may follow the
	 * descriptor as soon as it is written. The SMMU may have cached the invalid descriptor
	 * (3.21.3). The first write of an STE in the table invalidates that too, because Leaf is 0
	 * in the CFGI_STE, and before that the table is not needed.
	 */
	dma_wmb();
	WRITE_ONCE(tab->l1[idx], l1_desc(&tab->l2[idx]));
	return 0;
}

int smmu_strtab_adopt(struct smmu_device *smmu, void *mem, dma_addr_t dma, u8 log2,
		      bool two_level)
{
	struct smmu_strtab *tab = &smmu->strtab;

	tab->two_level = two_level;
	tab->log2 = log2;
	tab->bytes = two_level ? l1_entries(tab) * sizeof(*tab->l1) :
				 sizeof(*tab->linear) << log2;
	if (two_level) {
		tab->l2 = kvcalloc(l1_entries(tab), sizeof(*tab->l2), GFP_KERNEL);
		if (!tab->l2)
			return -ENOMEM;
	}
	mutex_init(&tab->lock);
	xa_init(&tab->foreign);
	tab->adopted = true;
	tab->dma = dma;
	tab->mem = mem;
	tab->l1 = mem;
	return 0;
}

struct smmu_ste *smmu_strtab_copy_l2(struct smmu_device *smmu, u32 idx,
				     const struct smmu_ste *from, u32 n)
{
	struct smmu_ste *ste = alloc_l2(smmu, &smmu->strtab.l2[idx]);

	if (ste)
		memcpy(ste, from, n * sizeof(*ste));
	return ste;
}

void smmu_strtab_drop_l2(struct smmu_device *smmu, u32 idx)
{
	struct smmu_strtab_l2 *l2 = &smmu->strtab.l2[idx];

	dma_free_coherent(smmu->dev, STRTAB_L2_ENTRIES * sizeof(*l2->ste), l2->ste, l2->dma);
	l2->ste = NULL;
}

void smmu_strtab_replace_l2(struct smmu_device *smmu)
{
	struct smmu_strtab *tab = &smmu->strtab;
	size_t i;

	if (!tab->two_level)
		return;
	/* the copies are complete before a descriptor leads to them, as in make_l2() */
	dma_wmb();
	for (i = 0; i < l1_entries(tab); i++)
		if (tab->l1[i] != l1_desc(&tab->l2[i]))
			WRITE_ONCE(tab->l1[i], l1_desc(&tab->l2[i]));
}

int smmu_strtab_set_foreign(struct smmu_device *smmu, u32 sid)
{
	return xa_err(xa_store(&smmu->strtab.foreign, sid, xa_mk_value(1), GFP_KERNEL));
}

bool smmu_strtab_is_foreign(struct smmu_device *smmu, u32 sid)
{
	return smmu->strtab.adopted && xa_load(&smmu->strtab.foreign, sid);
}

int smmu_strtab_claim(struct smmu_device *smmu, u32 sid)
{
	struct smmu_strtab *tab = &smmu->strtab;
	u32 idx = sid >> STRTAB_SPLIT_BITS;
	int ret = 0;

	if ((u64)sid >> tab->log2)
		return -ERANGE;
	if (!tab->two_level)
		return 0;
	mutex_lock(&tab->lock);
	if (!tab->l2[idx].ste)
		ret = make_l2(smmu, idx);
	mutex_unlock(&tab->lock);
	return ret;
}

struct smmu_ste *smmu_strtab_ste(struct smmu_device *smmu, u32 sid)
{
	struct smmu_strtab *tab = &smmu->strtab;

	if (!tab->two_level)
		return &tab->linear[sid];
	return &tab->l2[sid >> STRTAB_SPLIT_BITS].ste[sid & (STRTAB_L2_ENTRIES - 1)];
}

bool smmu_strtab_shows(struct smmu_device *smmu, u32 sid, const struct smmu_ste *ste)
{
	/* what the kernel before has written may be in the caches in another form */
	return !smmu_strtab_is_foreign(smmu, sid) &&
	       !memcmp(smmu_strtab_ste(smmu, sid), ste, sizeof(*ste));
}

struct ste_writer {
	struct smmu_entry_writer writer;
	struct smmu_device *smmu;
	u32 sid;
	bool brief;
};

/*
 * CFGI_STE also invalidates the CDs that the SMMU has read through the STE, including those of a
 * table to which the STE pointed before (4.3.1).
 */
static void ste_sync(struct smmu_entry_writer *writer)
{
	struct ste_writer *w = container_of(writer, struct ste_writer, writer);
	struct smmu_cmd cmd[2];

	smmu_cmd_cfgi_ste(&cmd[0], w->sid, !w->smmu->strtab.two_level);
	writer->stopped = smmu_issue_cfgi(w->smmu, cmd, 1, w->brief);
}

static const struct smmu_entry_ops ste_ops = {
	.used = smmu_ste_used,
	.safe = smmu_ste_safe,
	.via = smmu_ste_via,
	.sync = ste_sync,
};

bool smmu_strtab_write(struct smmu_device *smmu, u32 sid, const struct smmu_ste *target,
		       bool brief)
{
	struct ste_writer w = {
		.writer.ops = &ste_ops,
		.smmu = smmu,
		.sid = sid,
		.brief = brief,
	};

	if (unlikely(smmu->strtab.adopted))
		xa_erase(&smmu->strtab.foreign, sid);
	smmu_entry_write(&w.writer, smmu_strtab_ste(smmu, sid)->w, target->w);
	return !w.writer.stopped;
}

void smmu_strtab_settle(struct smmu_device *smmu, u32 sid)
{
	struct ste_writer w = {
		.smmu = smmu,
		.sid = sid,
	};

	ste_sync(&w.writer);
}

int smmu_strtab_preset_bypass(struct smmu_device *smmu, u32 sid)
{
	int ret = smmu_strtab_claim(smmu, sid);
	struct smmu_ste ste;

	if (ret || smmu_strtab_is_foreign(smmu, sid))
		return ret;
	smmu_ste_make_bypass(&ste, &smmu->inst.feat);
	/* a table that was adopted is in use; this STE of it aborts */
	smmu_entry_fill(smmu_strtab_ste(smmu, sid)->w, ste.w);
	return 0;
}
