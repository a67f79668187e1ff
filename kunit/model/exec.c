// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a command does, chapter 4. The command is legal, because cmdq.c has called
 * smmu_cmd_illegal().
 *
 * An invalidation is exact, never wider than the command says. Hardware may invalidate more, but a
 * driver must not rely on it.
 */
#include <linux/atomic.h>
#include <linux/bitfield.h>

#include <smmuv3/regs.h>

#include "core/cmd.h"
#include "model/state.h"

/**
 * struct target - TLB entries that a TLBI is for
 * @first: first address
 * @last: last address
 * @asid: ASID
 * @vmid: VMID
 * @el2: EL2 world
 * @stage2: stage-2 entries
 * @stage1: stage-1 and combined entries
 * @any_asid: of all ASIDs
 * @any_vmid: of all VMIDs
 * @leaf: only leaves
 * @ttl: level of the leaves, 0 for any
 */
struct target {
	u64 first;
	u64 last;
	u16 asid;
	u16 vmid;
	bool el2;
	bool stage2;
	bool stage1;
	bool any_asid;
	bool any_vmid;
	bool leaf;
	u8 ttl;
};

static bool is_meant(const struct model_tlb *e, const void *arg)
{
	const struct target *t = arg;

	if (e->el2 != t->el2 || !(e->stage2 ? t->stage2 : t->stage1))
		return false;
	if (!e->el2 && !t->any_vmid && e->vmid != t->vmid)
		return false;
	if (!e->stage2 && !t->any_asid && e->asid != t->asid)
		return false;
	if (e->table && t->leaf)
		return false;
	/* a wrong level hint invalidates nothing; combined entries have no single level */
	if (t->ttl && !e->table && e->level != t->ttl && (e->stage2 || !e->vmid))
		return false;
	return e->va <= t->last && e->va + (BIT_ULL(e->shift) - 1) >= t->first;
}

/* 4.4.1.1: NUM and SCALE make a range of granules; without TG the command is for one page */
static void set_range(struct model *m, const struct smmu_cmd *cmd, struct target *t)
{
	static const u8 tg_shift[] = { [TLBI_TG_4K] = 12, [TLBI_TG_16K] = 14, [TLBI_TG_64K] = 16 };
	u64 w0 = le64_to_cpu(cmd->w[0]), w1 = le64_to_cpu(cmd->w[1]);
	u8 tg = FIELD_GET(CMD1_TLBI_TG, w1);
	u64 pages;

	t->first = w1 & CMD1_TLBI_VA;
	t->leaf = w1 & CMD1_TLBI_LEAF;
	if (!tg) {
		/* legal, but some SMMUs that have ranges hang on such a command */
		if (m->feat.flags & SMMU_FEAT_RIL && !m->by_guest)
			model_violate(m, "TLBI by address without a range: %s 0x%llx 0x%llx",
				      smmu_cmd_name(smmu_cmd_opcode(cmd)), w0, w1);
		/* one address: every entry that translates it is invalidated, whatever its size */
		t->last = t->first;
		return;
	}
	t->ttl = FIELD_GET(CMD1_TLBI_TTL, w1);
	pages = (FIELD_GET(CMD0_TLBI_NUM, w0) + 1) << FIELD_GET(CMD0_TLBI_SCALE, w0);
	t->last = t->first + (pages << tg_shift[tg]) - 1;
}

static void tlbi(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd)
{
	u64 w0 = le64_to_cpu(cmd->w[0]);
	struct target t = {
		.asid = FIELD_GET(CMD0_TLBI_ASID, w0),
		.vmid = FIELD_GET(CMD0_TLBI_VMID, w0),
		.last = U64_MAX,
		.stage1 = true,
	};

	switch (smmu_cmd_opcode(cmd)) {
	case CMD_TLBI_EL2_VA:
	case CMD_TLBI_EL2_VAA:
	case CMD_TLBI_NH_VA:
	case CMD_TLBI_NH_VAA:
	case CMD_TLBI_S2_IPA:
		set_range(m, cmd, &t);
		break;
	}
	/*
	 * 4.3.6: stale configuration may fill the TLB again until CFGI_ALL is complete, and only a
	 * CMD_SYNC between them shows that it is (4.7.3)
	 */
	if (q->cfgi_all_unsynced && (smmu_cmd_opcode(cmd) == CMD_TLBI_EL2_ALL ||
				     smmu_cmd_opcode(cmd) == CMD_TLBI_NSNH_ALL))
		model_violate(m, "CFGI_ALL and %s under one CMD_SYNC",
			      smmu_cmd_name(smmu_cmd_opcode(cmd)));
	switch (smmu_cmd_opcode(cmd)) {
	case CMD_TLBI_EL2_ALL:
	case CMD_TLBI_EL2_VAA:
		t.any_asid = true;
		fallthrough;
	case CMD_TLBI_EL2_ASID:
	case CMD_TLBI_EL2_VA:
		t.el2 = true;
		break;
	case CMD_TLBI_S12_VMALL:
		t.stage2 = true;
		fallthrough;
	case CMD_TLBI_NH_ALL:
	case CMD_TLBI_NH_VAA:
		t.any_asid = true;
		break;
	case CMD_TLBI_S2_IPA:
		/* combined entries stay, because NH_ALL is for them */
		t.stage2 = true;
		t.stage1 = false;
		break;
	case CMD_TLBI_NSNH_ALL:
		t.stage2 = true;
		t.any_asid = true;
		t.any_vmid = true;
		break;
	}
	model_tlb_inv(m, is_meant, &t);
}

/*
 * Give the ATC_INV a place in the root port; cmdq.c has seen to it that there is one. @pasid: it is
 * for the PASID of an injection. Return: false when the device does not answer.
 */
static bool answers(struct model *m, struct model_cmdq *q, u32 sid, bool pasid)
{
	u64 ns = m->device ? m->device(m->device_data, sid) : 0, port_ns = m->port_ns;

	if (m->inject.silent && sid == m->inject.silent_sid &&
	    (!m->inject.silent_pasid || pasid)) {
		ns = MODEL_SILENT;
		port_ns = m->inject.silent_ns;
	}
	if (!ns)
		return true;
	if (ns == MODEL_GONE) {
		q->atc_unanswered = true;
		return false;
	}
	if (m->port_invs == ARRAY_SIZE(m->port)) {
		model_violate(m, "the model has no room for so many ATC_INVs");
		return false;
	}
	m->port[m->port_invs].due = q->busy_until + min(ns, port_ns);
	m->port[m->port_invs++].q = q;
	q->atc_unanswered |= ns > port_ns;
	return ns <= port_ns;
}

/* 3.9.2: a device whose stream has no ATS answers with Unsupported Request */
static void atc_inv(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd)
{
	u64 w0 = le64_to_cpu(cmd->w[0]), w1 = le64_to_cpu(cmd->w[1]);
	u32 sid = FIELD_GET(CMD0_ATC_SID, w0), ssid = FIELD_GET(CMD0_ATC_SSID, w0);
	bool ssv = w0 & CMD0_SSV, global = w0 & CMD0_ATC_GLOBAL;
	struct smmu_ste ste;

	/* what an SMMU that was shut still has in its queue is not the driver's fault */
	if (m->r.cr0ack & CR0_SMMUEN &&
	    (model_fetch_ste(m, sid, false, &ste) ||
	     !FIELD_GET(STE1_EATS, le64_to_cpu(ste.w[1]))))
		model_violate(m, "ATC_INV to stream 0x%x, which has no ATS", sid);
	q->atc_unsynced = true;
	if (!answers(m, q, sid, ssv && !global && ssid == m->inject.silent_ssid))
		return;
	if (m->ats_enable && !m->ats_enable(m->ats_enable_data, sid))
		return;
	model_atc_inv(m, sid, ssv, ssid, global && !m->inject.no_global, w1 & CMD1_ATC_ADDR,
		      FIELD_GET(CMD1_ATC_SIZE, w1));
}

static void send_msi(struct model *m, struct model_cmdq *q)
{
	u32 *word = model_mem_write(m, q->msi.addr, sizeof(*word), q->msi.cacheable);

	q->msi.on_its_way = false;
	if (!word || m->inject.abort_msis) {
		model_set_gerror(m, GERROR_MSI_CMDQ_ABT_ERR);
		return;
	}
	/* pairs with the acquire of the CPU that polls the word */
	smp_store_release(word, q->msi.data);
}

void model_msi_due(struct model *m, struct model_cmdq *q, u64 now)
{
	if (q->msi.on_its_way && q->msi.due <= now)
		send_msi(m, q);
}

/* 4.7.3: all commands before the CMD_SYNC are done, because commands are done in order */
static void sync(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd)
{
	u64 w0 = le64_to_cpu(cmd->w[0]), addr = le64_to_cpu(cmd->w[1]) & CMD1_SYNC_MSIADDR;

	q->atc_unsynced = false;
	q->cfgi_all_unsynced = false;
	m->stats.last_sync = q->busy_until;
	/*
	 * by now the MSI of the CMD_SYNC before is visible, if it ever is; that of this one may
	 * come later
	 */
	if (q->msi.on_its_way)
		send_msi(m, q);
	if (FIELD_GET(CMD0_SYNC_CS, w0) != SYNC_CS_IRQ || !addr)
		return;
	if (m->inject.drop_msis) {
		m->inject.drop_msis--;
		return;
	}
	q->msi = (struct model_msi) {
		.on_its_way = true,
		.cacheable = FIELD_GET(CMD0_SYNC_MSIATTR, w0) == MEMATTR_NORMAL_WB,
		.addr = addr,
		.data = FIELD_GET(CMD0_SYNC_MSIDATA, w0),
		.due = q->busy_until + m->inject.late_msi_ns,
	};
	if (!m->inject.late_msi_ns)
		send_msi(m, q);
}

/* Hardware may read the STE again at once, so it must be valid at this very moment */
static void reread_ste(struct model *m, u32 sid)
{
	struct smmu_ste ste;

	if (m->r.cr0ack & CR0_SMMUEN && !model_fetch_ste(m, sid, false, &ste))
		model_check_ste(m, sid, &ste);
}

void model_exec(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd)
{
	u64 w0 = le64_to_cpu(cmd->w[0]), w1 = le64_to_cpu(cmd->w[1]);
	u32 sid = FIELD_GET(CMD0_CFGI_SID, w0);
	u8 range;

	switch (smmu_cmd_opcode(cmd)) {
	case CMD_CFGI_STE:
		model_cfg_inv_ste(m, sid, U32_MAX, w1 & CMD1_CFGI_LEAF);
		reread_ste(m, sid);
		break;
	case CMD_CFGI_STE_RANGE:
		range = FIELD_GET(CMD1_CFGI_RANGE, w1);
		if (range == CFGI_RANGE_ALL) {
			model_cfg_inv_all(m);
			q->cfgi_all_unsynced = true;
		} else {
			model_cfg_inv_ste(m, sid, ~(u32)(BIT_ULL(range + 1) - 1), false);
		}
		break;
	case CMD_CFGI_CD:
		model_cfg_inv_cd(m, sid, FIELD_GET(CMD0_CFGI_SSID, w0), false);
		break;
	case CMD_CFGI_CD_ALL:
		model_cfg_inv_cd(m, sid, 0, true);
		break;
	case CMD_TLBI_NH_ALL ... CMD_TLBI_NSNH_ALL:
		tlbi(m, q, cmd);
		break;
	case CMD_ATC_INV:
		atc_inv(m, q, cmd);
		break;
	case CMD_PRI_RESP:
		model_page_resp(m, FIELD_GET(CMD0_PRI_SID, w0), w0 & CMD0_SSV,
				FIELD_GET(CMD0_PRI_SSID, w0),
				FIELD_GET(CMD1_PRI_PRGINDEX, w1), FIELD_GET(CMD1_PRI_RESP, w1));
		break;
	case CMD_RESUME:
		model_stall_resume(m, FIELD_GET(CMD0_RESUME_SID, w0),
				   FIELD_GET(CMD1_RESUME_STAG, w1),
				   FIELD_GET(CMD0_RESUME_ACTION, w0));
		break;
	case CMD_SYNC:
		sync(m, q, cmd);
		break;
	}
}
