// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include <kunit/static_stub.h>

#include <smmuv3/event.h>
#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "core/event.h"
#include "core/page_request.h"
#include "core/queue.h"
#include "hw/cmdq.h"
#include "hw/device.h"
#include "hw/gerror.h"
#include "hw/mmio.h"
#include "hw/recordq.h"
#include "hw/shut.h"

/* While records come without end, the handler works for this long, and then sleeps for this long */
#define STORM_WORK_MS		2
#define STORM_PAUSE_US		1000

static void take_event(struct smmu_device *smmu, const __le64 *record);
static void take_page_request(struct smmu_device *smmu, const __le64 *record);
static void lose_page_requests(struct smmu_device *smmu);

int smmu_recordq_alloc(struct smmu_device *smmu)
{
	const struct smmu_features *feat = &smmu->inst.feat;
	int ret;

	smmu->evtq = (struct smmu_recordq) {
		.page = smmu->page1, .base = SMMU_EVENTQ_BASE, .irq = smmu->evtq.irq,
		.prod = SMMU_PAGE1_EVENTQ_PROD, .cons = SMMU_PAGE1_EVENTQ_CONS,
		.name = "event queue", .take = take_event,
	};
	mutex_init(&smmu->evtq.lock);
	if (smmu->tuning.no_records)
		return 0;
	ret = smmu_queue_mem_alloc(smmu, &smmu->evtq.mem, feat->evtq_log2,
				   EVENT_WORDS * sizeof(u64), CR0_EVENTQEN, "evtq");
	if (ret || !smmu_has(smmu, SMMU_FEAT_PRI))
		return ret;

	smmu->priq = (struct smmu_recordq) {
		.page = smmu->page1, .base = SMMU_PRIQ_BASE, .irq = smmu->priq.irq,
		.prod = SMMU_PAGE1_PRIQ_PROD, .cons = SMMU_PAGE1_PRIQ_CONS,
		.name = "PRI queue", .take = take_page_request, .lost = lose_page_requests,
	};
	mutex_init(&smmu->priq.lock);
	ret = smmu_queue_mem_alloc(smmu, &smmu->priq.mem, feat->priq_log2,
				   PRI_WORDS * sizeof(u64), CR0_PRIQEN, "priq");
	if (ret)
		smmu_queue_mem_free(smmu, &smmu->evtq.mem);
	return ret;
}

void smmu_recordq_free(struct smmu_device *smmu)
{
	smmu_queue_mem_free(smmu, &smmu->evtq.mem);
	smmu_queue_mem_free(smmu, &smmu->priq.mem);
}

void smmu_recordq_program(struct smmu_recordq *q, void __iomem *page0)
{
	guard(mutex)(&q->lock);
	smmu_reg_write64(page0, q->base, smmu_queue_mem_base(&q->mem));
	smmu_reg_write(q->page, q->prod, 0);
	smmu_reg_write(q->page, q->cons, 0);
}

/* Acknowledge that records were lost; *@cons is what CONS says, and what it says then */
static void acknowledge(struct smmu_device *smmu, struct smmu_recordq *q, u32 *cons)
{
	q->overflows++;
	*cons ^= QUEUE_OVERFLOW;
	dev_err_ratelimited(smmu->dev, "%s overflow, records are lost\n", q->name);
	smmu_reg_write(q->page, q->cons, *cons);
}

/*
 * Set *@over when records were lost. The event queue takes new records at once after that (7.4), so
 * the loss is acknowledged here. The PRI queue takes none before the loss is acknowledged (8.1), so
 * that PROD says where the loss is, and this is done when everything before it was taken.
 *
 * Return: the number of records in the queue, 0 when the registers make no sense. PROD of an SMMU
 * that has gone reads as all ones. smmu_gerror_poll() then sees the same and shuts the SMMU.
 */
static u32 records_pending(struct smmu_device *smmu, struct smmu_recordq *q, u32 *cons, u32 *over)
{
	u32 prod = smmu_reg_read(q->page, q->prod), n;

	/* read records after PROD, because the SMMU writes a record before it moves PROD */
	rmb();
	if (smmu_q_pending(prod, *cons, q->mem.log2, &n)) {
		*over = (prod ^ *cons) & QUEUE_OVERFLOW;
		if (*over && !q->lost)
			acknowledge(smmu, q, cons);
		return n;
	}
	dev_err_ratelimited(smmu->dev, "%s: PROD makes no sense (0x%08x)\n", q->name, prod);
	if (prod == SMMU_Q_REG_DEAD)
		smmu_gerror_poll(smmu);
	return 0;
}

/*
 * Take the records that are in the queue now, one at a time: copy it, move CONS, hand it over. If
 * @until is not 0, stop at that time. More records may have come meanwhile, so the caller looks
 * again.
 * Return: number of records taken
 */
static u32 take_some(struct smmu_device *smmu, struct smmu_recordq *q, ktime_t until)
{
	__le64 record[EVENT_WORDS];
	u32 n, i, cons, overflow, over = 0;
	u64 pos;

	mutex_lock(&q->lock);
	/* pairs with WRITE_ONCE() in power.c */
	if (READ_ONCE(smmu->asleep)) {
		mutex_unlock(&q->lock);
		return 0;
	}
	cons = smmu_reg_read(q->page, q->cons);
	n = records_pending(smmu, q, &cons, &over);
	overflow = cons & QUEUE_OVERFLOW;
	pos = smmu_q_reg(cons, q->mem.log2);
	for (i = 0; i < n && !(until && i && ktime_after(ktime_get(), until)); i++) {
		memcpy(record, q->mem.virt +
		       (size_t)smmu_q_slot(pos, q->mem.log2) * q->mem.entry, q->mem.entry);
		pos++;
		/* copy the record before CONS moves: then the SMMU may overwrite it (7.2) */
		mb();
		smmu_reg_write(q->page, q->cons, smmu_q_reg(pos, q->mem.log2) | overflow);
		q->records++;
		q->take(smmu, record);
		cond_resched();
	}
	/* for the PRI queue this is the recovery procedure of 8.1.1 */
	if (over && q->lost && i == n) {
		q->lost(smmu);
		cons = smmu_q_reg(pos, q->mem.log2) | overflow;
		acknowledge(smmu, q, &cons);
	}
	mutex_unlock(&q->lock);
	return i;
}

/*
 * The SMMU raises an interrupt when it writes a record to an empty queue. So this function takes
 * records until the queue is empty.
 */
static irqreturn_t drain_records(struct smmu_device *smmu, struct smmu_recordq *q)
{
	ktime_t until = ktime_add_ms(ktime_get(), STORM_WORK_MS);
	bool any = false;

	if (!q->mem.virt)
		return IRQ_NONE;
	while (take_some(smmu, q, until)) {
		any = true;
		if (!ktime_after(ktime_get(), until))
			continue;
		/* the SMMU may have been stopped, and free_irq() waits for this thread */
		if (smmu_device_is_dead(smmu))
			break;
		/* this thread has a high priority, so it sleeps and lets other threads run */
		q->pauses++;
		usleep_range(STORM_PAUSE_US, 2 * STORM_PAUSE_US);
		until = ktime_add_ms(ktime_get(), STORM_WORK_MS);
	}
	return any ? IRQ_HANDLED : IRQ_NONE;
}

void smmu_evtq_drain(struct smmu_device *smmu)
{
	if (smmu->evtq.mem.virt)
		take_some(smmu, &smmu->evtq, 0);
}

static void take_event(struct smmu_device *smmu, const __le64 *record)
{
	struct smmu_event event;

	smmu_event_decode(record, &event);
	smmu->ops->event(smmu, &event);
}

static void take_page_request(struct smmu_device *smmu, const __le64 *record)
{
	struct smmu_page_request req;

	smmu_page_request_decode(record, &req);
	smmu->ops->page_request(smmu, &req);
}

static void lose_page_requests(struct smmu_device *smmu)
{
	smmu->ops->page_requests_lost(smmu);
}

void smmu_priq_drain(struct smmu_device *smmu)
{
	if (smmu->priq.mem.virt)
		take_some(smmu, &smmu->priq, 0);
}

bool smmu_priq_can_serve(const struct smmu_device *smmu)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_priq_can_serve, smmu);
	return smmu->priq.mem.virt && (smmu->irq_combined || smmu->priq.irq);
}

void smmu_priq_answer(struct smmu_device *smmu, const struct smmu_page_request *req, bool pasid,
		      u8 resp)
{
	struct smmu_deadline deadline = {};
	struct smmu_ticket ticket;
	struct smmu_cmd cmd;

	pasid &= req->ssv;
	if ((u64)req->sid >> smmu->inst.feat.sid_bits)
		return;
	if (pasid && req->ssid >> smmu->inst.feat.ssid_bits)
		return;
	smmu_cmd_pri_resp(&cmd, req->sid, req->ssid, pasid, req->prg, resp);
	smmu_cmdq_post(smmu, &cmd, 1, &deadline, &ticket, SMMU_POST_NEW);
}

irqreturn_t smmu_evtq_thread(int irq, void *data)
{
	struct smmu_device *smmu = data;

	return drain_records(smmu, &smmu->evtq);
}

irqreturn_t smmu_priq_thread(int irq, void *data)
{
	struct smmu_device *smmu = data;

	return drain_records(smmu, &smmu->priq);
}
