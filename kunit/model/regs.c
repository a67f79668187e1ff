// SPDX-License-Identifier: GPL-2.0-only
/* The register file, chapter 6.3. Registers that the model does not have read as zero. */
#include <linux/bitfield.h>
#include <linux/errno.h>

#include <smmuv3/regs.h>

#include "core/queue.h"
#include "model/state.h"

static u8 log2size(u64 base)
{
	return FIELD_GET(QUEUE_BASE_LOG2SIZE, base);
}

bool model_queues_cacheable(const struct model *m)
{
	return m->r.cr1 & (CR1_QUEUE_IC | CR1_QUEUE_OC);
}

/* Let registers follow those that they acknowledge, some reads later */
static void settle(struct model *m)
{
	if (m->r.ack_wait) {
		m->r.ack_wait--;
		return;
	}
	if (!m->inject.no_ack) {
		/* 6.3.9: each field follows by itself; CMDQEN waits for the command in progress */
		u32 held = m->cmdq.stopping ? CR0_CMDQEN : 0, was = m->r.cr0ack;

		m->r.cr0ack = (m->r.cr0 & ~held) | (m->r.cr0ack & held);
		if (was & ~m->r.cr0ack & CR0_SMMUEN)
			model_stall_end(m);
		m->r.irq_ctrlack = m->r.irq_ctrl;
	}
	/* 6.3.14.1: the new attributes are used when UPDATE is 0 */
	if (!m->inject.no_gbpa) {
		m->r.gbpa &= ~GBPA_UPDATE;
		m->r.gbpa_used = m->r.gbpa;
	}
}

/* CR0 or IRQ_CTRL changes, perhaps in the way that is not acknowledged any more */
static void count_change(struct model *m)
{
	if (m->inject.no_ack_from && !--m->inject.no_ack_from)
		m->inject.no_ack = true;
}

/* 6.3.9: clearing CMDQEN leaves the queue at its position */
static void write_cr0(struct model *m, u32 val)
{
	u32 on = val & ~m->r.cr0;

	if (val != m->r.cr0)
		count_change(m);
	if (val & ~(CR0_SMMUEN | CR0_PRIQEN | CR0_EVENTQEN | CR0_CMDQEN | CR0_ATSCHK))
		model_violate(m, "CR0: reserved bits 0x%x", val);
	if (on & CR0_CMDQEN && log2size(m->cmdq.base) > FIELD_GET(IDR1_CMDQS, m->cfg.idr[1]))
		model_violate(m, "CMDQ_BASE.LOG2SIZE is too large");
	if (on & CR0_CMDQEN && !model_cmdq_is_empty(&m->cmdq))
		model_violate(m, "the command queue is enabled with commands in it");
	if (on & CR0_EVENTQEN &&
	    log2size(m->r.evtq_base) > FIELD_GET(IDR1_EVENTQS, m->cfg.idr[1]))
		model_violate(m, "EVENTQ_BASE.LOG2SIZE is too large");
	if (on & CR0_PRIQEN && log2size(m->r.priq_base) > FIELD_GET(IDR1_PRIQS, m->cfg.idr[1]))
		model_violate(m, "PRIQ_BASE.LOG2SIZE is too large");
	if (on & CR0_PRIQEN && !(m->cfg.idr[0] & IDR0_PRI))
		model_violate(m, "PRIQEN without PRI");
	if (on & CR0_SMMUEN && !(val & CR0_CMDQEN))
		model_violate(m, "SMMUEN without CMDQEN");
	if ((m->r.cr0 ^ val) & (m->r.cr0 ^ m->r.cr0ack))
		model_violate(m, "CR0: 0x%x changed before its update was over",
			      (m->r.cr0 ^ val) & (m->r.cr0 ^ m->r.cr0ack));
	if (m->r.cr0 & ~val & CR0_CMDQEN)
		m->cmdq.stopping = model_in_progress(m, &m->cmdq);
	if (m->r.cr0 & ~val & (CR0_CMDQEN | CR0_SMMUEN))
		model_cmdqv_stopping(m, MODEL_ALL_VINTFS);
	m->r.cr0 = val;
	m->r.ack_wait = m->cfg.ack_reads;
	if (!m->r.ack_wait)
		settle(m);
}

/* 6.3.24 - 6.3.26: the register may only be written while the enable bit is 0 */
static bool guarded(struct model *m, u32 bit, const char *what)
{
	if ((m->r.cr0 | m->r.cr0ack) & bit)
		model_violate(m, "%s written while it is in use", what);
	return (m->r.cr0 | m->r.cr0ack) & bit;
}

/* 6.3.11: the fields for tables and those for queues are guarded by different bits */
static void write_cr1(struct model *m, u32 val)
{
	const u32 table = CR1_TABLE_SH | CR1_TABLE_OC | CR1_TABLE_IC;

	if ((val ^ m->r.cr1) & table)
		guarded(m, CR0_SMMUEN, "CR1.TABLE_*");
	if ((val ^ m->r.cr1) & ~table)
		guarded(m, CR0_CMDQEN | CR0_EVENTQEN | CR0_PRIQEN, "CR1.QUEUE_*");
	/* 3.5.6.1 */
	if ((val ^ m->r.cr1) & ~table && model_ecmdq_any_on(m))
		model_violate(m, "CR1.QUEUE_* written while an ECMDQ is on");
	m->r.cr1 = val;
}

/* 6.3.12: fields that the SMMU does not have are RES0 */
static void write_cr2(struct model *m, u32 val)
{
	if (guarded(m, CR0_SMMUEN, "CR2"))
		return;
	if (!(m->cfg.idr[0] & IDR0_BTM))
		val &= ~CR2_PTM;
	if (!(m->cfg.idr[0] & IDR0_HYP))
		val &= ~CR2_E2H;
	m->r.cr2 = val;
}

static void write_base(struct model *m, u64 *reg, u64 val, u32 bit, u32 entry, const char *what)
{
	guarded(m, bit, what);
	if (val & QUEUE_BASE_ADDR & (((u64)entry << log2size(val)) - 1))
		model_violate(m, "%s is not aligned to the queue's size", what);
	*reg = val;
}

/* 6.3.21: the register may only be written while the interrupt is disabled */
static void write_msi_addr(struct model *m, enum model_irq irq, u64 val)
{
	if ((m->r.irq_ctrl | m->r.irq_ctrlack) & model_irq_enable[irq])
		model_violate(m, "the MSI address of interrupt %u written while it is in use", irq);
	m->r.msi_addr[irq] = val;
}

/* 6.3.28: a write sets RD; it sets ERR, or leaves ERR as it is */
static u32 written_cons(struct model *m, u32 val)
{
	if (!m->cfg.err_stays)
		return val;
	return (val & ~CMDQ_CONS_ERR) | (m->cmdq.cons & CMDQ_CONS_ERR);
}

static void write_gerrorn(struct model *m, u32 val)
{
	u32 active = (m->r.gerror ^ m->r.gerrorn) & GERROR_ALL;
	u32 flip = (val ^ m->r.gerrorn) & GERROR_ALL;

	if (flip & ~active)
		model_violate(m, "GERRORN: acknowledged 0x%x, which is not active", flip & ~active);
	m->r.gerrorn = val & GERROR_ALL;
	if (flip & active & GERROR_CMDQ_ERR)
		m->cmdq.cons &= ~CMDQ_CONS_ERR;
}

static void write_priv(struct model *m, u32 off, u64 val)
{
	switch (off) {
	case SMMU_STRTAB_BASE:
		if (!guarded(m, CR0_SMMUEN, "STRTAB_BASE"))
			m->r.strtab_base = val;
		break;
	case SMMU_CMDQ_BASE:
		write_base(m, &m->cmdq.base, val, CR0_CMDQEN, 16, "CMDQ_BASE");
		break;
	case SMMU_EVENTQ_BASE:
		write_base(m, &m->r.evtq_base, val, CR0_EVENTQEN, 32, "EVENTQ_BASE");
		break;
	case SMMU_PRIQ_BASE:
		write_base(m, &m->r.priq_base, val, CR0_PRIQEN, 16, "PRIQ_BASE");
		break;
	case SMMU_GERROR_IRQ_CFG0:
		write_msi_addr(m, MODEL_IRQ_GERROR, val);
		break;
	case SMMU_EVENTQ_IRQ_CFG0:
		write_msi_addr(m, MODEL_IRQ_EVENT, val);
		break;
	case SMMU_PRIQ_IRQ_CFG0:
		write_msi_addr(m, MODEL_IRQ_PRI, val);
		break;
	default:
		model_violate(m, "64-bit write to 0x%x", off);
	}
}

static void write_reg(struct model *m, u32 off, u32 val, u64 now)
{
	switch (off) {
	case SMMU_CR0:
		write_cr0(m, val);
		model_watch_once(m);
		break;
	case SMMU_CR1:
		if (m->cfg.noncoherent && val & (CR1_QUEUE_IC | CR1_QUEUE_OC | CR1_TABLE_IC |
						 CR1_TABLE_OC))
			model_violate(m, "CR1: cacheable, and the SMMU is not coherent");
		write_cr1(m, val);
		break;
	case SMMU_CR2:
		write_cr2(m, val);
		break;
	case SMMU_GBPA:
		if (m->r.gbpa & GBPA_UPDATE || !(val & GBPA_UPDATE)) {
			model_violate(m, "GBPA written during an update or without UPDATE");
			break;
		}
		m->r.gbpa = val;
		m->r.ack_wait = m->cfg.ack_reads;
		break;
	case SMMU_IRQ_CTRL:
		if (val != m->r.irq_ctrl)
			count_change(m);
		m->r.irq_ctrl = val;
		m->r.ack_wait = m->cfg.ack_reads;
		break;
	case SMMU_GERRORN:
		write_gerrorn(m, val);
		break;
	case SMMU_STRTAB_BASE_CFG:
		if (!guarded(m, CR0_SMMUEN, "STRTAB_BASE_CFG"))
			m->r.strtab_cfg = val;
		break;
	case SMMU_CMDQ_PROD:
		model_doorbell(m, &m->cmdq, val, now);
		break;
	case SMMU_CMDQ_CONS:
		guarded(m, CR0_CMDQEN, "CMDQ_CONS");
		m->cmdq.cons = written_cons(m, val);
		break;
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_EVENTQ_PROD:
		guarded(m, CR0_EVENTQEN, "EVENTQ_PROD");
		m->r.evtq_prod = val;
		break;
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_EVENTQ_CONS:
		m->r.evtq_cons = val;
		break;
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_PROD:
		guarded(m, CR0_PRIQEN, "PRIQ_PROD");
		m->r.priq_prod = val;
		break;
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_CONS:
		m->r.priq_cons = val;
		break;
	case SMMU_GERROR_IRQ_CFG0 + IRQ_CFG1:
		m->r.msi_data[MODEL_IRQ_GERROR] = val;
		break;
	case SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG1:
		m->r.msi_data[MODEL_IRQ_EVENT] = val;
		break;
	case SMMU_PRIQ_IRQ_CFG0 + IRQ_CFG1:
		m->r.msi_data[MODEL_IRQ_PRI] = val;
		break;
	case SMMU_GERROR_IRQ_CFG0 + IRQ_CFG2:
		m->r.msi_attr[MODEL_IRQ_GERROR] = val;
		break;
	case SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG2:
		m->r.msi_attr[MODEL_IRQ_EVENT] = val;
		break;
	case SMMU_PRIQ_IRQ_CFG0 + IRQ_CFG2:
		m->r.msi_attr[MODEL_IRQ_PRI] = val;
		break;
	default:
		model_violate(m, "write of 0x%x to 0x%x", val, off);
	}
}

/* Where the register is on other SMMUs */
static u32 usual_offset(struct model *m, u32 off)
{
	if (off >= MODEL_MMIO_SIZE || (m->cfg.page0_only && off >= SMMU_PAGE1_OFFSET))
		model_violate(m, "there is no register at 0x%x", off);
	if (!m->cfg.page0_only)
		return off;
	switch (off) {
	case SMMU_PAGE1_EVENTQ_PROD:
	case SMMU_PAGE1_EVENTQ_CONS:
	case SMMU_PAGE1_PRIQ_PROD:
	case SMMU_PAGE1_PRIQ_CONS:
		return off + SMMU_PAGE1_OFFSET;
	default:
		return off;
	}
}

void model_write(struct model *m, u32 off, u32 size, u64 val)
{
	unsigned long flags;

	model_advance(m->cfg.write_ns);
	raw_spin_lock_irqsave(&m->lock, flags);
	if (!m->inject.dead && !model_unpowered(m, off)) {
		model_step(m, model_now());
		if (model_ecmdq_has(m, off)) {
			model_ecmdq_write(m, off, size, val, model_now());
			goto unlock;
		}
		off = usual_offset(m, off);
		if (size == 8)
			write_priv(m, off, val);
		else
			write_reg(m, off, val, model_now());
	}
unlock:
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

static u32 read_cmdq_cons(struct model *m, struct model_cmdq *q)
{
	u64 now = model_now();

	m->stats.cons_reads++;
	if (m->inject.cons_ones)
		return U32_MAX;
	if (q->cons & CMDQ_CONS_ERR ||
	    now >= q->cons_shown_at + m->inject.late_cons_ns) {
		q->cons_shown = q->cons;
		q->cons_shown_at = now;
	}
	return q->cons_shown;
}

static u64 read_reg(struct model *m, u32 off)
{
	switch (off) {
	case SMMU_IDR0 ... SMMU_IDR5:
		return m->cfg.idr[off / 4];
	case SMMU_IDR6:
		return m->cfg.idr6;
	case SMMU_CMDQ_CONTROL_PAGE(0) ... SMMU_CMDQ_CONTROL_PAGE(256) - 1:
		return model_ecmdq_page_reg(m, off);
	case SMMU_IIDR:
		return m->cfg.iidr;
	case SMMU_AIDR:
		return m->cfg.aidr;
	case SMMU_CR0:
		return m->r.cr0;
	case SMMU_CR0ACK:
		return m->r.cr0ack;
	case SMMU_CR1:
		return m->r.cr1;
	case SMMU_CR2:
		return m->r.cr2;
	case SMMU_GBPA:
		return m->r.gbpa;
	case SMMU_IRQ_CTRL:
		return m->r.irq_ctrl;
	case SMMU_IRQ_CTRLACK:
		return m->r.irq_ctrlack;
	case SMMU_GERROR:
		return m->r.gerror;
	case SMMU_GERRORN:
		return m->r.gerrorn;
	case SMMU_STRTAB_BASE:
		return m->r.strtab_base;
	case SMMU_STRTAB_BASE_CFG:
		return m->r.strtab_cfg;
	case SMMU_CMDQ_PROD:
		return m->cmdq.prod;
	case SMMU_CMDQ_CONS:
		return read_cmdq_cons(m, &m->cmdq);
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_EVENTQ_PROD:
		return m->r.evtq_prod;
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_EVENTQ_CONS:
		return m->r.evtq_cons;
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_PROD:
		return m->r.priq_prod;
	case SMMU_PAGE1_OFFSET + SMMU_PAGE1_PRIQ_CONS:
		return m->r.priq_cons;
	case SMMU_GERROR_IRQ_CFG0:
		return m->r.msi_addr[MODEL_IRQ_GERROR];
	case SMMU_EVENTQ_IRQ_CFG0:
		return m->r.msi_addr[MODEL_IRQ_EVENT];
	case SMMU_PRIQ_IRQ_CFG0:
		return m->r.msi_addr[MODEL_IRQ_PRI];
	case SMMU_GERROR_IRQ_CFG0 + IRQ_CFG1:
		return m->r.msi_data[MODEL_IRQ_GERROR];
	case SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG1:
		return m->r.msi_data[MODEL_IRQ_EVENT];
	case SMMU_PRIQ_IRQ_CFG0 + IRQ_CFG1:
		return m->r.msi_data[MODEL_IRQ_PRI];
	case SMMU_GERROR_IRQ_CFG0 + IRQ_CFG2:
		return m->r.msi_attr[MODEL_IRQ_GERROR];
	case SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG2:
		return m->r.msi_attr[MODEL_IRQ_EVENT];
	case SMMU_PRIQ_IRQ_CFG0 + IRQ_CFG2:
		return m->r.msi_attr[MODEL_IRQ_PRI];
	case SMMU_CMDQ_BASE:
		return m->cmdq.base;
	case SMMU_EVENTQ_BASE:
		return m->r.evtq_base;
	case SMMU_PRIQ_BASE:
		return m->r.priq_base;
	default:
		return 0;
	}
}

u64 model_read(struct model *m, u32 off, u32 size)
{
	unsigned long flags;
	u64 val = ~0ULL;

	model_advance(m->cfg.read_ns);
	raw_spin_lock_irqsave(&m->lock, flags);
	if (!m->inject.dead && !model_unpowered(m, off)) {
		settle(m);
		model_step(m, model_now());
		val = model_ecmdq_has(m, off) ? model_ecmdq_read(m, off, size) :
						read_reg(m, usual_offset(m, off));
	}
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return val;
}
