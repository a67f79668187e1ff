// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device access, from the StreamID to the physical address: section 3.4, and figure 3.8 and those
 * after it.
 */
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/errno.h>
#include <linux/string.h>

#include <smmuv3/event.h>
#include <smmuv3/regs.h>

#include "model/state.h"

/*
 * The access is not translated: it succeeds with the address as it came. The answer to a
 * Translation Request may be for a region as large as the output address space (13.6.4).
 */
static u8 bypass(struct model *m, struct model_access *a, struct model_walk *walk)
{
	*walk = (struct model_walk) {
		.pa = a->iova,
		.shift = a->ats ? m->feat.oas_bits : 12,
		.write = true,
	};
	return 0;
}

/* Which CD does the access use? *@pass: it bypasses stage 1. Return: 0 or an event id */
static u8 choose_cd(const struct model_access *a, u64 w0, u64 w1, u32 *ssid, bool *pass,
		    bool *abort)
{
	u8 cdmax = FIELD_GET(STE0_S1CDMAX, w0);

	*ssid = 0;
	if (a->ssv) {
		if (!cdmax || a->ssid >> cdmax)
			return EVENT_C_BAD_SUBSTREAMID;
		*ssid = a->ssid;
		/* 5.2: with S1DSS = SSID0, SubstreamID 0 is reserved for requests without one */
		if (!a->ssid && FIELD_GET(STE1_S1DSS, w1) == STE_S1DSS_SSID0)
			return EVENT_C_BAD_SUBSTREAMID;
		return 0;
	}
	if (!cdmax)
		return 0;
	switch (FIELD_GET(STE1_S1DSS, w1)) {
	case STE_S1DSS_TERMINATE:
		*abort = true;
		return EVENT_F_STREAM_DISABLED;
	case STE_S1DSS_BYPASS:
		*pass = true;
		break;
	}
	return 0;
}

static u8 translate_s1(struct model *m, struct model_access *a, const struct smmu_ste *ste,
		       const struct model_stage *s2, struct model_walk *walk, bool *stall,
		       bool *quiet)
{
	u64 w0 = le64_to_cpu(ste->w[0]), w1 = le64_to_cpu(ste->w[1]);
	bool pass = false, abort = false;
	struct model_stage st;
	struct smmu_cd cd;
	u32 ssid;
	u8 event;

	event = choose_cd(a, w0, w1, &ssid, &pass, &abort);
	if (event)
		return event;
	if (pass)
		return s2 ? model_walk(m, s2, a->iova, a->write, walk) : bypass(m, a, walk);
	event = model_fetch_cd(m, a->sid, ssid, ste, s2, true, &cd, walk);
	if (!event)
		event = model_check_cd(m, a->sid, &cd);
	if (event)
		return event;
	*stall = le64_to_cpu(cd.w[0]) & CD0_S;
	/* 5.5: such a CD is illegal; a guest's, below a stage 2, is its own affair */
	if (*stall && w1 & STE1_S1STALLD) {
		if (!s2)
			model_violate(m, "stream 0x%x: a CD with S beside S1STALLD", a->sid);
		*stall = false;
		return EVENT_C_BAD_CD;
	}
	/* 5.4: with R = 0, faults of stage 1 are not recorded */
	*quiet = !(le64_to_cpu(cd.w[0]) & CD0_R);
	if (le64_to_cpu(cd.w[0]) & CD0_EPD0)
		return EVENT_F_TRANSLATION;
	model_stage1(m, ste, &cd, &st);
	st.parent = s2;
	if (s2)
		st.cacheable = true; /* see model_cds_cacheable() */
	else
		st.key.vmid = 0;
	return model_walk(m, &st, a->iova, a->write, walk);
}

/* Return: 0 or an event id. With *@abort the access is refused without an event. */
static u8 translate(struct model *m, struct model_access *a, struct model_walk *walk,
		    bool *abort, bool *stall, bool *quiet)
{
	struct model_stage s2;
	struct smmu_ste ste;
	u8 event, config;
	bool s2s;

	*walk = (struct model_walk) {};
	event = model_fetch_ste(m, a->sid, true, &ste);
	if (event)
		return event;
	event = model_check_ste(m, a->sid, &ste);
	if (event)
		return event;
	config = FIELD_GET(STE0_CONFIG, le64_to_cpu(ste.w[0]));
	if (!(config & BIT(2))) {
		*abort = true;
		return 0;
	}
	/* 5.2: without a stage of translation EATS is ignored, and there is no ATS */
	if (a->ats && (config == STE_CONFIG_BYPASS ||
		       FIELD_GET(STE1_EATS, le64_to_cpu(ste.w[1])) != STE_EATS_FULL))
		return EVENT_F_BAD_ATS_TREQ;
	if (config & BIT(1)) {
		model_stage2(m, &ste, &s2);
		*stall = le64_to_cpu(ste.w[2]) & STE2_S2S;
	}
	switch (config) {
	case STE_CONFIG_BYPASS:
		return bypass(m, a, walk);
	case STE_CONFIG_S1:
		return translate_s1(m, a, &ste, NULL, walk, stall, quiet);
	case STE_CONFIG_S2:
		return model_walk(m, &s2, a->iova, a->write, walk);
	default:
		s2s = *stall;
		event = translate_s1(m, a, &ste, &s2, walk, stall, quiet);
		/* 3.12: the stage that faults decides, also below a walk of stage 1 or a CD */
		if (walk->s2)
			*stall = s2s;
		return event;
	}
}

/* 3.9: a device may use a translation from its ATC until an ATC_INV removes it */
static bool from_atc(struct model *m, struct model_access *a)
{
	const struct model_atc *e;

	if (!a->ats)
		return false;
	e = model_atc_find(m, a);
	if (!e)
		return false;
	a->pa = e->pa | (a->iova & (BIT_ULL(e->shift) - 1));
	a->hit = true;
	return true;
}

/* 3.9.1.3: a translated transaction. With ATSCHK = 0 it passes, whatever the STE says. */
static bool passes(struct model *m, const struct model_access *a)
{
	struct smmu_ste ste;
	u64 w0;

	if (m->inject.dead)
		return true;
	if (m->unpowered || !(m->r.cr0ack & CR0_SMMUEN))
		return false;
	if (!(m->r.cr0ack & CR0_ATSCHK))
		return true;
	if (model_fetch_ste(m, a->sid, true, &ste))
		return false;
	w0 = le64_to_cpu(ste.w[0]);
	return w0 & STE0_V && FIELD_GET(STE0_CONFIG, w0) != STE_CONFIG_ABORT &&
	       FIELD_GET(STE0_CONFIG, w0) != STE_CONFIG_BYPASS &&
	       FIELD_GET(STE1_EATS, le64_to_cpu(ste.w[1])) == STE_EATS_FULL;
}

static void into_atc(struct model *m, const struct model_access *a,
		     const struct model_walk *walk)
{
	struct model_atc e = {
		.sid = a->sid,
		.ssid = a->ssid,
		.ssv = a->ssv,
		.write = walk->write,
		.shift = walk->shift,
		.va = a->iova >> walk->shift << walk->shift,
		.pa = walk->pa >> walk->shift << walk->shift,
	};

	model_atc_add(m, &e);
}

bool model_would_pass(struct model *m, struct model_access *a)
{
	bool abort = false, stall = false, quiet = false;
	struct model_walk walk;

	if (!(m->r.cr0ack & CR0_SMMUEN) || translate(m, a, &walk, &abort, &stall, &quiet) || abort)
		return false;
	a->pa = walk.pa;
	return true;
}

int model_retry(struct model *m, struct model_access *a)
{
	bool abort = false, stall = false, quiet = false;
	struct model_walk walk;

	if (!(m->r.cr0ack & CR0_SMMUEN))
		return -EFAULT;
	a->event = translate(m, a, &walk, &abort, &stall, &quiet);
	a->pa = walk.pa;
	if (!a->event)
		return abort ? -EFAULT : 0;
	stall &= a->event >= EVENT_F_TRANSLATION && a->event <= EVENT_F_PERMISSION;
	if (quiet && !stall)
		return -EFAULT;
	if (!model_event(m, a, &walk, stall))
		return -EAGAIN;
	return stall ? -EINPROGRESS : -EFAULT;
}

static int access_locked(struct model *m, struct model_access *a)
{
	bool abort = false, stall = false, quiet = false;
	struct model_walk walk;

	a->pa = 0;
	a->event = 0;
	a->hit = false;
	m->stats.accesses++;
	if (from_atc(m, a))
		return passes(m, a) ? 0 : -EFAULT;
	if (m->inject.dead || m->unpowered)
		return -EFAULT;
	/* 6.3.14: while SMMUEN is 0, GBPA decides */
	if (!(m->r.cr0ack & CR0_SMMUEN)) {
		if (m->r.gbpa_used & GBPA_ABORT)
			return -EFAULT;
		a->pa = a->iova;
		return 0;
	}
	if (a != &m->watched && model_stall_holds_up(m))
		return -EAGAIN;
	a->event = translate(m, a, &walk, &abort, &stall, &quiet);
	/* 3.12: only faults of a translation can stall */
	stall &= a->event >= EVENT_F_TRANSLATION && a->event <= EVENT_F_PERMISSION;
	if (a->event && a != &m->watched && !(quiet && !stall)) {
		a->stag = m->stag;
		if (stall && !model_stall_room(m))
			return -EAGAIN;
		if (stall && model_stall_quietly(m, a))
			return -EINPROGRESS;
		if (!model_event(m, a, &walk, stall))
			return -EAGAIN;
		if (stall) {
			model_stall_add(m, a);
			return -EINPROGRESS;
		}
	}
	if (a->event || abort)
		return -EFAULT;
	a->pa = walk.pa;
	a->hit = walk.hit;
	m->stats.tlb_hits += walk.hit;
	if (a->ats)
		into_atc(m, a, &walk);
	return 0;
}

/* Read or write @data. Return: -EFAULT where there is no memory, for an external abort */
static int move_data(struct model *m, const struct model_access *a)
{
	void *mem = m->ops->mem(m->host, a->pa, a->len);

	if (!mem)
		return -EFAULT;
	memcpy(a->write ? mem : a->data, a->write ? a->data : mem, a->len);
	return 0;
}

int model_access(struct model *m, struct model_access *a)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	ret = access_locked(m, a);
	if (!ret && a->data)
		ret = move_data(m, a);
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(model_access, "SMMUV3_MODEL");

/* As the access would read its configuration now; below a stage 2 the guest orders its own CDs */
static void glance(struct model *m, const struct model_access *a)
{
	struct model_walk walk;
	struct smmu_ste ste;
	struct smmu_cd cd;
	u64 w0;

	if (model_fetch_ste(m, a->sid, false, &ste) || model_check_ste(m, a->sid, &ste))
		return;
	w0 = le64_to_cpu(ste.w[0]);
	if (FIELD_GET(STE0_CONFIG, w0) != STE_CONFIG_S1 ||
	    a->ssid >> FIELD_GET(STE0_S1CDMAX, w0))
		return;
	if (!model_fetch_cd(m, a->sid, a->ssid, &ste, NULL, false, &cd, &walk))
		model_check_cd(m, a->sid, &cd);
}

void model_glance(struct model *m, const struct model_access *a)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	if (m->r.cr0ack & CR0_SMMUEN && !m->inject.dead)
		for (m->fresh = MODEL_NONE; m->fresh <= MODEL_CD; m->fresh++)
			glance(m, a);
	m->fresh = MODEL_NONE;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

static void look(struct model *m)
{
	u64 pa;
	u32 i;

	pa = access_locked(m, &m->watched) ? ~0ULL : m->watched.pa;
	for (i = 0; i < m->watch.nr; i++)
		if (m->watch.pa[i] == pa)
			return;
	if (i < MODEL_WATCH_MAX)
		m->watch.pa[m->watch.nr++] = pa;
	else
		m->watch.overflow = true;
}

void model_watch_once(struct model *m)
{
	if (!m->watching)
		return;
	m->watch.looks++;
	look(m);
}

void model_watch(struct model *m, const struct model_access *a)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	m->watching = a;
	if (a) {
		m->watch = (struct model_watch) {};
		m->watched = *a;
		look(m);
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

void model_watched(struct model *m, struct model_watch *watch)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	*watch = m->watch;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}
