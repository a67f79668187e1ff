// SPDX-License-Identifier: GPL-2.0-only
/*
 * The caches: unordered arrays. A full array drops one entry after the other, in turn. A cache may
 * always drop an entry, and never has to.
 */
#include <linux/string.h>

#include "model/state.h"

/* Find a place for a new entry in an array of @max; in a full array, drop an entry for it */
static u32 take_slot(struct model *m, u32 *nr, u32 max)
{
	if (*nr < max)
		return (*nr)++;
	return m->c.victim++ % max;
}

static bool covers(const struct model_tlb *e, u64 va)
{
	return va >> e->shift == e->va >> e->shift;
}

static bool same_tags(const struct model_tlb *a, const struct model_tlb *b)
{
	if (a->stage2 != b->stage2 || a->el2 != b->el2)
		return false;
	if (!a->el2 && a->vmid != b->vmid)
		return false;
	return a->stage2 || a->asid == b->asid;
}

const struct model_tlb *model_tlb_find(struct model *m, const struct model_tlb *key, bool table)
{
	const struct model_tlb *best = NULL;
	u32 i;

	for (i = 0; i < m->c.nr_tlb; i++) {
		const struct model_tlb *e = &m->c.tlb[i];

		if (e->table == table && covers(e, key->va) && same_tags(e, key) &&
		    (!best || e->shift < best->shift))
			best = e;
	}
	return best;
}

void model_tlb_add(struct model *m, const struct model_tlb *entry)
{
	u32 i = take_slot(m, &m->c.nr_tlb, MODEL_TLB);

	m->c.tlb[i] = *entry;
}

void model_tlb_inv(struct model *m, bool (*match)(const struct model_tlb *e, const void *arg),
		   const void *arg)
{
	u32 i = 0;

	while (i < m->c.nr_tlb)
		if (match(&m->c.tlb[i], arg))
			m->c.tlb[i] = m->c.tlb[--m->c.nr_tlb];
		else
			i++;
}

void model_atc_add(struct model *m, const struct model_atc *entry)
{
	u32 i = take_slot(m, &m->c.nr_atc, MODEL_ATCS);

	m->c.atc[i] = *entry;
}

struct model_atc *model_atc_find(struct model *m, const struct model_access *a)
{
	u32 i;

	for (i = 0; i < m->c.nr_atc; i++) {
		struct model_atc *e = &m->c.atc[i];

		if (e->sid == a->sid && e->ssv == a->ssv && (!a->ssv || e->ssid == a->ssid) &&
		    e->va >> e->shift == a->iova >> e->shift && (e->write || !a->write))
			return e;
	}
	return NULL;
}

/* 4.5.1: the SMMU aligns the range; @size is log2 of 4 KiB pages */
void model_atc_inv(struct model *m, u32 sid, bool ssv, u32 ssid, bool global, u64 va, u8 size)
{
	u8 shift = size + 12;
	u32 i = 0;

	while (i < m->c.nr_atc) {
		struct model_atc *e = &m->c.atc[i];
		u8 larger = max(shift, e->shift);
		bool stream = e->sid == sid && e->ssv == ssv &&
			      (!ssv || global || e->ssid == ssid);

		if (stream && (larger >= 64 || va >> larger == e->va >> larger))
			*e = m->c.atc[--m->c.nr_atc];
		else
			i++;
	}
}

void model_new_device(struct model *m, u32 sid)
{
	unsigned long flags;
	u32 i = 0;

	raw_spin_lock_irqsave(&m->lock, flags);
	while (i < m->c.nr_atc)
		if (m->c.atc[i].sid == sid)
			m->c.atc[i] = m->c.atc[--m->c.nr_atc];
		else
			i++;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

static void inv_l1(struct model *m)
{
	m->c.nr_l1 = 0;
}

/*
 * @mask: bits of the StreamID that count. CDs that were cached under the StreamID are invalidated,
 * too (4.3.1, 4.3.2), and nothing else is: no TLB entry.
 */
void model_cfg_inv_ste(struct model *m, u32 sid, u32 mask, bool leaf)
{
	u32 i = 0;

	while (i < m->c.nr_ste)
		if (!((m->c.ste[i].sid ^ sid) & mask))
			m->c.ste[i] = m->c.ste[--m->c.nr_ste];
		else
			i++;
	for (i = 0; i < m->c.nr_cd; )
		if (!((m->c.cd[i].sid ^ sid) & mask))
			m->c.cd[i] = m->c.cd[--m->c.nr_cd];
		else
			i++;
	if (!leaf)
		inv_l1(m);
}

void model_cfg_inv_cd(struct model *m, u32 sid, u32 ssid, bool all)
{
	u32 i = 0;

	while (i < m->c.nr_cd)
		if (m->c.cd[i].sid == sid && (all || m->c.cd[i].ssid == ssid))
			m->c.cd[i] = m->c.cd[--m->c.nr_cd];
		else
			i++;
}

void model_cfg_inv_all(struct model *m)
{
	m->c.nr_ste = 0;
	m->c.nr_cd = 0;
	inv_l1(m);
}

bool model_cfg_get_l1(struct model *m, u32 idx, u64 *desc)
{
	u32 i;

	for (i = 0; i < m->c.nr_l1; i++)
		if (m->c.l1[i].idx == idx) {
			*desc = m->c.l1[i].desc;
			return true;
		}
	return false;
}

void model_cfg_put_l1(struct model *m, u32 idx, u64 desc)
{
	u32 i = take_slot(m, &m->c.nr_l1, MODEL_L1S);

	m->c.l1[i] = (struct model_l1_entry) { .idx = idx, .desc = desc };
}

bool model_cfg_get_ste(struct model *m, u32 sid, struct smmu_ste *ste)
{
	u32 i;

	for (i = 0; i < m->c.nr_ste; i++)
		if (m->c.ste[i].sid == sid) {
			*ste = m->c.ste[i].ste;
			return true;
		}
	return false;
}

void model_cfg_put_ste(struct model *m, u32 sid, const struct smmu_ste *ste)
{
	u32 i = take_slot(m, &m->c.nr_ste, MODEL_STES);

	m->c.ste[i] = (struct model_ste_entry) { .sid = sid, .ste = *ste };
}

bool model_cfg_get_cd(struct model *m, u32 sid, u32 ssid, struct smmu_cd *cd)
{
	u32 i;

	for (i = 0; i < m->c.nr_cd; i++)
		if (m->c.cd[i].sid == sid && m->c.cd[i].ssid == ssid) {
			*cd = m->c.cd[i].cd;
			return true;
		}
	return false;
}

void model_cfg_put_cd(struct model *m, u32 sid, u32 ssid, const struct smmu_cd *cd)
{
	u32 i = take_slot(m, &m->c.nr_cd, MODEL_CDS);

	m->c.cd[i] = (struct model_cd_entry) { .sid = sid, .ssid = ssid, .cd = *cd };
}
