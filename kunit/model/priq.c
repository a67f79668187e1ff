// SPDX-License-Identifier: GPL-2.0-only
/* The PRI queue, chapter 8: page requests, overflow, and what the SMMU answers by itself. */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>

#include <smmuv3/event.h>
#include <smmuv3/regs.h>

#include "core/queue.h"
#include "model/state.h"

/* 4.5.2: the answer to a group has the PASID of the group, if the group has one */
static struct model_group *find(struct model *m, u32 sid, bool ssv, u32 ssid, u16 prg)
{
	struct model_group *g;

	for (g = m->group; g < m->group + MODEL_GROUPS; g++)
		if (g->used && g->sid == sid && g->prg == prg && g->ssv == ssv &&
		    (!ssv || g->ssid == ssid))
			return g;
	return NULL;
}

static struct model_group *find_of(struct model *m, const struct model_page_request *r)
{
	return find(m, r->sid, r->ssv && !r->bare, r->ssid, r->prg);
}

static struct model_group *free_one(struct model *m)
{
	struct model_group *g;

	for (g = m->group; g < m->group + MODEL_GROUPS; g++)
		if (!g->used)
			return g;
	return NULL;
}

/*
 * Is this a Stop Marker? It has a PASID, asks for nothing, and says that the PASID is not used any
 * more.
 */
static bool is_stop_marker(const struct model_page_request *r)
{
	return r->ssv && r->last && !r->read && !r->write;
}

static bool write_record(struct model *m, const struct model_page_request *r, u8 log2)
{
	__le64 *slot = model_mem_write(m, (m->r.priq_base & QUEUE_BASE_ADDR) +
				 (u64)smmu_q_slot(m->r.priq_prod, log2) * PRI_WORDS * sizeof(u64),
				 PRI_WORDS * sizeof(u64), model_queues_cacheable(m));

	if (!slot)
		return false;
	slot[0] = cpu_to_le64(FIELD_PREP(PRI0_SID, r->sid) |
			      (r->ssv ? PRI0_SSV | FIELD_PREP(PRI0_SSID, r->ssid) : 0) |
			      (r->last ? PRI0_LAST : 0) | (r->read ? PRI0_READ : 0) |
			      (r->write ? PRI0_WRITE : 0) | (r->exec ? PRI0_EXEC : 0) |
			      (r->priv ? PRI0_PRIV : 0));
	slot[1] = cpu_to_le64((r->addr & PRI1_ADDR) | FIELD_PREP(PRI1_PRGINDEX, r->prg));
	/*
	 * the record is written before PROD; pairs with the rmb() of the driver that has read PROD
	 */
	smp_wmb();
	return true;
}

static int page_request(struct model *m, const struct model_page_request *r)
{
	u8 log2 = FIELD_GET(QUEUE_BASE_LOG2SIZE, m->r.priq_base);
	u32 mask = (2U << log2) - 1;
	u32 used = (m->r.priq_prod - m->r.priq_cons) & mask;
	struct model_group *g = NULL;

	/* 8.2: a queue that is off or in error takes no request */
	if ((m->r.cr0ack & (CR0_PRIQEN | CR0_SMMUEN)) != (CR0_PRIQEN | CR0_SMMUEN) ||
	    (m->r.gerror ^ m->r.gerrorn) & GERROR_PRIQ_ABT_ERR)
		return -EFAULT;
	/* 8.1: while an overflow is not acknowledged, no request gets in, even if there is room */
	if ((m->r.priq_prod ^ m->r.priq_cons) & QUEUE_OVERFLOW)
		return -ENOSPC;
	if (used >= 1U << log2) {
		m->r.priq_prod ^= QUEUE_OVERFLOW;
		return -ENOSPC;
	}
	if (r->last && !is_stop_marker(r) && !r->again) {
		if (find_of(m, r))
			return -EBUSY;
		g = free_one(m);
		if (!g)
			return -EBUSY;
	}
	if (!write_record(m, r, log2)) {
		model_set_gerror(m, GERROR_PRIQ_ABT_ERR);
		return -EFAULT;
	}
	if (g)
		*g = (struct model_group) {
			.used = true, .sid = r->sid, .ssv = r->ssv && !r->bare, .ssid = r->ssid,
			.prg = r->prg, .answer = MODEL_UNANSWERED,
		};
	m->r.priq_prod = (m->r.priq_prod & QUEUE_OVERFLOW) | ((m->r.priq_prod + 1) & mask);
	if (!used)
		model_irq(m, MODEL_IRQ_PRI);
	return 0;
}

int model_page_request(struct model *m, const struct model_page_request *r)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	ret = page_request(m, r);
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return ret;
}

void model_page_resp(struct model *m, u32 sid, bool ssv, u32 ssid, u16 prg, u8 resp)
{
	struct model_group *g = find(m, sid, ssv, ssid, prg);

	if (!g || g->answer != MODEL_UNANSWERED)
		model_violate(m, "PRI_RESP that nobody waits for: stream 0x%x group %u", sid, prg);
	else
		g->answer = resp;
}

u8 model_page_answer(struct model *m, const struct model_page_request *r)
{
	u8 answer = MODEL_UNANSWERED;
	struct model_group *g;
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	g = find_of(m, r);
	if (g) {
		answer = g->answer;
		g->used = answer == MODEL_UNANSWERED;
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return answer;
}

static u32 waiting(struct model *m, u32 sid, bool forget)
{
	struct model_group *g;
	unsigned long flags;
	u32 n = 0;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	for (g = m->group; g < m->group + MODEL_GROUPS; g++) {
		if (!g->used || g->sid != sid)
			continue;
		n += g->answer == MODEL_UNANSWERED;
		g->used &= !forget;
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return n;
}

u32 model_page_waiting(struct model *m, u32 sid)
{
	return waiting(m, sid, false);
}
EXPORT_SYMBOL_NS_GPL(model_page_waiting, "SMMUV3_MODEL");

void model_page_forget(struct model *m, u32 sid)
{
	waiting(m, sid, true);
}
