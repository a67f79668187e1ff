// SPDX-License-Identifier: GPL-2.0-only
#include <linux/export.h>
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <smmuv3/regs.h>

#include "core/ident.h"
#include "model/state.h"

static atomic64_t clock = ATOMIC64_INIT(0);

u64 model_now(void)
{
	return atomic64_read(&clock);
}

void model_advance(u64 ns)
{
	atomic64_add(ns, &clock);
}

void model_config_default(struct model_config *cfg)
{
	*cfg = (struct model_config) {
		.idr = {
			[0] = IDR0_S1P | IDR0_S2P | FIELD_PREP(IDR0_TTF, IDR0_TTF_A64) |
			      IDR0_COHACC | IDR0_ATS | IDR0_ASID16 | IDR0_VMID16 | IDR0_CD2L |
			      FIELD_PREP(IDR0_TTENDIAN, IDR0_TTENDIAN_LITTLE) |
			      FIELD_PREP(IDR0_STALL_MODEL, IDR0_STALL_NEVER) |
			      FIELD_PREP(IDR0_ST_LEVEL, IDR0_ST_LEVEL_2),
			[1] = FIELD_PREP(IDR1_SIDSIZE, 16) | FIELD_PREP(IDR1_EVENTQS, 7) |
			      FIELD_PREP(IDR1_CMDQS, 8),
			[3] = IDR3_RIL | FIELD_PREP(IDR3_BBML, 2),
			[5] = FIELD_PREP(IDR5_OAS, 4) | IDR5_GRAN4K | IDR5_GRAN16K |
			      IDR5_GRAN64K,
		},
		.read_ns = 100,
		.write_ns = 50,
	};
}
EXPORT_SYMBOL_NS_GPL(model_config_default, "SMMUV3_MODEL");

void model_config_ecmdqs(struct model_config *cfg, u32 log2_pages, u32 log2_each, u64 seed)
{
	/* 6.3.2: an SMMU with ECMDQs has MSIs */
	cfg->idr[0] |= IDR0_MSI;
	cfg->idr[1] |= IDR1_ECMDQ;
	cfg->idr6 = FIELD_PREP(IDR6_LOG2NUMP, log2_pages) | FIELD_PREP(IDR6_LOG2NUMQ, log2_each);
	cfg->ecmdq_at = MODEL_ECMDQ_AT;
	cfg->ecmdq_seed = seed;
}

void model_config_cmdqv(struct model_config *cfg, u32 log2_queues, u32 log2_vintfs, u64 seed)
{
	cfg->cmdqv_param = FIELD_PREP(CMDQV_PARAM_VERSION, 1) |
			   FIELD_PREP(CMDQV_PARAM_LOG2QUEUES, log2_queues) |
			   FIELD_PREP(CMDQV_PARAM_LOG2VINTFS, log2_vintfs) |
			   FIELD_PREP(CMDQV_PARAM_LOG2SIDS, 4);
	cfg->ecmdq_seed = seed;
}
EXPORT_SYMBOL_NS_GPL(model_config_cmdqv, "SMMUV3_MODEL");

struct model *model_create(const struct model_config *cfg, const struct model_host_ops *ops,
			   void *host)
{
	struct smmu_ident_env env = { .coherent = true };
	struct smmu_idregs regs = { .idr6 = cfg->idr6, .iidr = cfg->iidr, .aidr = cfg->aidr };
	const char *why;
	struct model *m;

	m = kvzalloc_obj(*m);
	if (!m)
		return NULL;
	raw_spin_lock_init(&m->lock);
	m->cfg = *cfg;
	m->ops = ops;
	m->host = host;
	/* for smmu_cmd_illegal(); no driver sends commands to an SMMU that cannot be decoded */
	memcpy(regs.idr, cfg->idr, sizeof(regs.idr));
	if (cfg->httu_differs)
		FIELD_MODIFY(IDR0_HTTU, &regs.idr[0], cfg->httu);
	smmu_ident_decode(&regs, &env, &m->feat, &why);
	if (cfg->enabled) {
		m->r.cr0 = CR0_SMMUEN | CR0_CMDQEN | CR0_EVENTQEN;
		m->r.cr0ack = m->r.cr0;
	}
	m->r.gerror = cfg->gerror;
	if (cfg->gerror & GERROR_CMDQ_ERR)
		FIELD_MODIFY(CMDQ_CONS_ERR, &m->cmdq.cons, CERROR_ILL);
	m->cmdq.busy_until = model_now();
	if (model_ecmdq_make(m) && model_cmdqv_make(m))
		return m;
	model_destroy(m);
	return NULL;
}

void model_destroy(struct model *m)
{
	model_cmdqv_free(m);
	kvfree(m->ecmdq);
	kvfree(m);
}

void model_violate(struct model *m, const char *fmt, ...)
{
	va_list args;

	if (m->violations++)
		return;
	va_start(args, fmt);
	vscnprintf(m->violation, sizeof(m->violation), fmt, args);
	va_end(args);
}

static void *mem(struct model *m, u64 pa, size_t len, bool cacheable, bool settled)
{
	void *p = m->ops->mem(m->host, pa, len);

	if (!p || !m->ops->behind || (cacheable && !m->cfg.noncoherent))
		return p;
	p = m->ops->behind(m->host, pa, len, settled);
	if (!p)
		model_violate(m, "0x%llx was not cleaned, and the SMMU does not look into caches",
			      pa);
	return p;
}

void *model_mem(struct model *m, u64 pa, size_t len, bool cacheable)
{
	return mem(m, pa, len, cacheable, true);
}

void *model_mem_write(struct model *m, u64 pa, size_t len, bool cacheable)
{
	return mem(m, pa, len, cacheable, false);
}

bool model_mem_read64(struct model *m, u64 pa, bool cacheable, enum model_depth depth, u64 *val)
{
	const __le64 *p = mem(m, pa, sizeof(*p), cacheable, depth > m->fresh);

	/*
	 * a single read, because hardware reads 64 bits at once (3.21.3) and the writer relies on
	 * it
	 */
	if (p)
		*val = le64_to_cpu(READ_ONCE(*p));
	return p;
}

const u32 model_irq_enable[MODEL_IRQS] = {
	[MODEL_IRQ_EVENT] = IRQ_CTRL_EVENTQ,
	[MODEL_IRQ_PRI] = IRQ_CTRL_PRIQ,
	[MODEL_IRQ_GERROR] = IRQ_CTRL_GERROR,
};

/* 3.18.2: raise the line, and send an MSI, too, if there is an address for it */
void model_irq(struct model *m, enum model_irq irq)
{
	u32 *word;

	if (!(m->r.irq_ctrlack & model_irq_enable[irq]))
		return;
	if (m->cfg.idr[0] & IDR0_MSI && m->r.msi_addr[irq]) {
		/* a register of an interrupt controller, which nobody caches */
		word = m->ops->mem(m->host, m->r.msi_addr[irq], sizeof(*word));
		if (word)
			WRITE_ONCE(*word, m->r.msi_data[irq]);
		else
			model_violate(m, "the MSI of interrupt %u goes to 0x%llx", irq,
				      m->r.msi_addr[irq]);
	}
	if (m->ops->irq)
		m->ops->irq(m->host, irq);
}

/*
 * 6.3.19: an error is active while GERROR and GERRORN differ; an active error is not raised again
 */
void model_set_gerror(struct model *m, u32 bits)
{
	bits &= ~(m->r.gerror ^ m->r.gerrorn);
	if (!bits)
		return;
	m->r.gerror ^= bits;
	model_irq(m, MODEL_IRQ_GERROR);
}

void model_raise(struct model *m, u32 gerror)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_set_gerror(m, gerror);
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

void model_latency(struct model *m, u8 opcode, u64 ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	m->latency[opcode] = ns;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

void model_inject(struct model *m, const struct model_inject *inject)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	m->inject = *inject;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

void model_ats_enable(struct model *m, bool (*fn)(void *data, u32 sid), void *data)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	m->ats_enable = fn;
	m->ats_enable_data = data;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

void model_stats(struct model *m, struct model_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	*stats = m->stats;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

void model_stats_reset(struct model *m)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	memset(&m->stats, 0, sizeof(m->stats));
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

u32 model_violation(struct model *m, char *text, size_t size)
{
	unsigned long flags;
	u32 n;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	n = m->violations;
	if (text)
		strscpy(text, n ? m->violation : "", size);
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return n;
}
EXPORT_SYMBOL_NS_GPL(model_violation, "SMMUV3_MODEL");

void model_forgive(struct model *m)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	m->violations = 0;
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

static bool any_tag(struct model *m, bool vmid, u16 id)
{
	unsigned long flags;
	bool found = false;
	u32 i;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	for (i = 0; i < m->c.nr_tlb; i++) {
		const struct model_tlb *e = &m->c.tlb[i];

		found |= vmid ? !e->el2 && e->vmid == id :
				!e->stage2 && !e->vmid && e->asid == id;
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return found;
}

bool model_has_asid(struct model *m, u16 asid)
{
	return any_tag(m, false, asid);
}
EXPORT_SYMBOL_NS_GPL(model_has_asid, "SMMUV3_MODEL");

bool model_has_vmid(struct model *m, u16 vmid)
{
	return any_tag(m, true, vmid);
}

u32 model_cached(struct model *m)
{
	unsigned long flags;
	u32 n;

	raw_spin_lock_irqsave(&m->lock, flags);
	model_step(m, model_now());
	n = m->c.nr_tlb + m->c.nr_ste + m->c.nr_cd + m->c.nr_l1 + m->c.nr_atc;
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return n;
}

bool model_is_on(struct model *m)
{
	return READ_ONCE(m->r.cr0ack) & CR0_SMMUEN;
}
