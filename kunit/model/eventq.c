// SPDX-License-Identifier: GPL-2.0-only
/* The event queue, 7.2 - 7.4: records, overflow, and the interrupt when the queue was empty. */
#include <linux/bitfield.h>

#include <smmuv3/event.h>
#include <smmuv3/regs.h>

#include "core/queue.h"
#include "model/state.h"

static void make_record(struct model *m, const struct model_access *a,
			const struct model_walk *walk, bool stall, u64 *rec)
{
	rec[0] = FIELD_PREP(EVENT0_ID, a->event) | FIELD_PREP(EVENT0_SID, a->sid);
	if (a->ssv)
		rec[0] |= EVENT0_SSV | FIELD_PREP(EVENT0_SSID, a->ssid);
	rec[1] = 0;
	rec[2] = 0;
	rec[3] = 0;
	if (a->event < EVENT_F_TRANSLATION || a->event > EVENT_F_PERMISSION)
		return;
	rec[1] = FIELD_PREP(EVENT1_CLASS, EVENT_CLASS_IN);
	if (!a->write)
		rec[1] |= EVENT1_RNW;
	if (walk->s2)
		rec[1] |= EVENT1_S2;
	if (stall)
		rec[1] |= EVENT1_STALL | FIELD_PREP(EVENT1_STAG, a->stag);
	rec[2] = a->iova;
	rec[3] = walk->ipa & EVENT3_IPA;
}

bool model_event(struct model *m, const struct model_access *a, const struct model_walk *walk,
		 bool stall)
{
	u8 log2 = FIELD_GET(QUEUE_BASE_LOG2SIZE, m->r.evtq_base), i;
	u32 mask = (2U << log2) - 1;
	u32 used = (m->r.evtq_prod - m->r.evtq_cons) & mask;
	/* 7.2.1: no record is written while an abort is not acknowledged */
	bool on = m->r.cr0ack & CR0_EVENTQEN &&
		  !((m->r.gerror ^ m->r.gerrorn) & GERROR_EVENTQ_ABT_ERR);
	u64 rec[EVENT_WORDS];
	__le64 *slot;

	/* 7.4: the record of a stalled transaction is not lost, but written when there is room */
	if (stall && (used >= 1U << log2 || !on))
		return false;
	m->stats.events++;
	if (!on)
		return true;
	if (a->event == EVENT_C_BAD_STREAMID && !(m->r.cr2 & CR2_RECINVSID))
		return true;
	if (used >= 1U << log2) {
		m->stats.lost_events++;
		/* 7.4: an overflow is flagged once, until it is acknowledged */
		if (!((m->r.evtq_prod ^ m->r.evtq_cons) & QUEUE_OVERFLOW))
			m->r.evtq_prod ^= QUEUE_OVERFLOW;
		return true;
	}
	slot = model_mem_write(m, (m->r.evtq_base & QUEUE_BASE_ADDR) +
			 (u64)smmu_q_slot(m->r.evtq_prod, log2) * sizeof(rec), sizeof(rec),
			 model_queues_cacheable(m));
	if (!slot) {
		model_set_gerror(m, GERROR_EVENTQ_ABT_ERR);
		return true;
	}
	make_record(m, a, walk, stall, rec);
	for (i = 0; i < EVENT_WORDS; i++)
		slot[i] = cpu_to_le64(rec[i]);
	/*
	 * the record is written before PROD; pairs with the rmb() of the driver that has read PROD
	 */
	smp_wmb();
	m->r.evtq_prod = (m->r.evtq_prod & QUEUE_OVERFLOW) | ((m->r.evtq_prod + 1) & mask);
	if (!used)
		model_irq(m, MODEL_IRQ_EVENT);
	return true;
}
