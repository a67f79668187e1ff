// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <smmuv3/regs.h>

#include "core/array.h"
#include "core/found.h"
#include "core/ident.h"
#include "core/tag.h"
#include "hw/adopt.h"
#include "hw/crashmem.h"
#include "hw/device.h"
#include "hw/idregs.h"
#include "hw/mmio.h"
#include "hw/reset.h"
#include "hw/strtab.h"

#define CR1_TABLE	(CR1_TABLE_SH | CR1_TABLE_OC | CR1_TABLE_IC)
#define NO_SID		(~0U)
/* A linear table may be larger than this driver would make it, up to 64 MiB */
#define FOUND_LINEAR_LOG2_MAX	20

/**
 * struct adopt - what is found out while the table is looked at
 * @smmu: SMMU
 * @feat: what the SMMU has, whatever the user has disabled
 * @cds_left: how many CDs may still be read
 * @streams: number of streams whose STE lets requests pass
 * @why: the end of a sentence that says why the table is not adopted
 * @detail: what comes behind it, or ""
 * @what: what that is about: an address, a register, or with @sid an STE or CD
 * @sid: StreamID, or NO_SID
 */
struct adopt {
	struct smmu_device *smmu;
	struct smmu_features feat;
	u32 cds_left;
	u32 streams;
	const char *why;
	const char *detail;
	u64 what;
	u32 sid;
};

static bool no(struct adopt *a, const char *why, const char *detail, u64 what)
{
	a->why = why;
	a->detail = detail;
	a->what = what;
	return false;
}

/* Where the reason has no second part */
static bool just_no(struct adopt *a, const char *why, u64 what)
{
	return no(a, why, "", what);
}

static bool is_crashmem(struct adopt *a, const char *name, u64 start, u64 bytes)
{
	const char *why = (start | (start + bytes - 1)) >> a->feat.oas_bits ?
			  "beyond the address size" : smmu_crashmem_refuse(start, bytes);

	return why ? no(a, name, why, start) : true;
}

/* Map memory of the kernel before, or say no */
static void *map(struct adopt *a, const char *name, u64 start, u64 bytes)
{
	void *mem;

	if (!is_crashmem(a, name, start, bytes))
		return NULL;
	mem = smmu_crashmem_map(start, bytes, smmu_has(a->smmu, SMMU_FEAT_COHERENT));
	if (!mem)
		no(a, name, "cannot be mapped", start);
	return mem;
}

static bool reserve(struct adopt *a, u8 type, u32 id)
{
	if (id && smmu_tag_reserve(&a->smmu->inst, type, id))
		return just_no(a, "there is no memory", id);
	return true;
}

static bool look_at_cd(struct adopt *a, const struct smmu_cd *cd, bool may_stall)
{
	struct smmu_found_cd found;
	const char *why;
	u32 i;

	why = smmu_found_cd(cd, &a->feat, &found);
	if (why)
		return no(a, "a CD is illegal:", why, le64_to_cpu(cd->w[0]));
	if (!found.valid)
		return true;
	if (found.stalls && may_stall)
		return just_no(a, "faults of a CD may stall", le64_to_cpu(cd->w[0]));
	for (i = 0; i < ARRAY_SIZE(found.ttb); i++)
		if (found.ttb[i] &&
		    !is_crashmem(a, "the page table of a CD is", found.ttb[i], sizeof(u64)))
			return false;
	return reserve(a, SMMU_INV_S1_ASID, found.asid);
}

static bool look_at_cds(struct adopt *a, u64 start, u32 n, bool may_stall)
{
	struct smmu_cd *cds;
	bool ok = true;
	u32 i;

	if (n > a->cds_left)
		return just_no(a, "there are too many CDs", start);
	a->cds_left -= n;
	cds = map(a, "a CD table is", start, (u64)n * sizeof(*cds));
	if (!cds)
		return false;
	for (i = 0; i < n && ok; i++)
		ok = look_at_cd(a, &cds[i], may_stall);
	smmu_crashmem_unmap(cds);
	cond_resched();
	return ok;
}

static bool look_at_cdtab(struct adopt *a, const struct smmu_found_ste *ste)
{
	u32 cds = 1U << ste->cdmax, leaf = min(1U << ste->split, cds), n = cds / leaf, i;
	__le64 *l1;
	bool ok = true;
	u64 desc;

	if (!ste->split)
		return look_at_cds(a, ste->cdtab, cds, ste->s1_stalls);
	/* a descriptor is an eighth of a CD */
	if (n > a->cds_left)
		return just_no(a, "there are too many CDs", ste->cdtab);
	a->cds_left -= n;
	l1 = map(a, "level 1 of a CD table is", ste->cdtab, (u64)n * sizeof(*l1));
	if (!l1)
		return false;
	for (i = 0; i < n && ok; i++) {
		desc = le64_to_cpu(READ_ONCE(l1[i]));
		if (!(desc & CDTAB_L1_V))
			continue;
		if (desc & ~(CDTAB_L1_V | CDTAB_L1_L2PTR) ||
		    desc & CDTAB_L1_L2PTR & ((sizeof(struct smmu_cd) << ste->split) - 1))
			ok = just_no(a, "a descriptor of a CD table is illegal", desc);
		else
			ok = look_at_cds(a, desc & CDTAB_L1_L2PTR, leaf, ste->s1_stalls);
	}
	smmu_crashmem_unmap(l1);
	return ok;
}

static bool look_at_ste(struct adopt *a, u32 sid, const struct smmu_ste *ste)
{
	struct smmu_found_ste found;
	const char *why;

	a->sid = sid;
	why = smmu_found_ste(ste, &a->feat, &found);
	if (why)
		return no(a, "an STE is illegal:", why, le64_to_cpu(ste->w[0]));
	if (!found.live)
		return true;
	if (found.s2_stalls)
		return just_no(a, "faults of an STE may stall", le64_to_cpu(ste->w[2]));
	if (found.s2ttb &&
	    !is_crashmem(a, "the page table of an STE is", found.s2ttb, sizeof(u64)))
		return false;
	if (!reserve(a, SMMU_INV_S2_VMID, found.vmid))
		return false;
	if (found.cdtab && !found.s2ttb && !look_at_cdtab(a, &found))
		return false;
	/*
	 * the CDs of a guest are at addresses of the guest. Their ASIDs need not be known, because
	 * the VMID keeps them apart from others; whether they stall would have to be.
	 */
	if (found.cdtab && found.s2ttb && found.s1_stalls)
		return just_no(a, "faults of a guest may stall", le64_to_cpu(ste->w[1]));
	if (smmu_strtab_set_foreign(a->smmu, sid))
		return just_no(a, "there is no memory", sid);
	a->streams++;
	a->sid = NO_SID;
	return true;
}

static bool look_at_linear(struct adopt *a)
{
	const struct smmu_strtab *tab = &a->smmu->strtab;
	u32 sid;

	for (sid = 0; sid < 1ULL << tab->log2; sid++) {
		if (!look_at_ste(a, sid, &tab->linear[sid]))
			return false;
		if (!(sid % STRTAB_L2_ENTRIES))
			cond_resched();
	}
	return true;
}

static u64 l2_bytes(u64 desc)
{
	return sizeof(struct smmu_ste) << (FIELD_GET(STRTAB_L1_SPAN, desc) - 1);
}

static int by_address(const void *a, const void *b)
{
	u64 l = *(const u64 *)a, r = *(const u64 *)b;

	return l < r ? -1 : l > r;
}

/* No two level-2 tables are in the same memory, nor is one in level 1 */
static bool are_apart(struct adopt *a, u64 *descs, u32 n)
{
	const struct smmu_strtab *tab = &a->smmu->strtab;
	u64 start, last = 0;
	u32 i;

	sort(descs, n, sizeof(*descs), by_address, NULL);
	for (i = 0; i < n; i++) {
		start = descs[i] & STRTAB_L1_L2PTR;
		if (start < last || (start < tab->dma + tab->bytes &&
				     tab->dma < start + l2_bytes(descs[i])))
			return just_no(a, "level-2 tables overlap", start);
		last = start + l2_bytes(descs[i]);
	}
	return true;
}

/* Look at the level-1 descriptors alone; what they lead to is not read before all are sane */
static bool look_at_l1(struct adopt *a)
{
	const struct smmu_strtab *tab = &a->smmu->strtab;
	u32 entries = tab->bytes / sizeof(*tab->l1), n = 0, i;
	u64 *descs = kvmalloc_array(SMMU_ADOPT_L2_MAX, sizeof(*descs), GFP_KERNEL);
	bool ok = true;
	u64 desc;

	if (!descs)
		return just_no(a, "there is no memory", 0);
	for (i = 0; i < entries && ok; i++) {
		desc = le64_to_cpu(READ_ONCE(tab->l1[i]));
		if (!FIELD_GET(STRTAB_L1_SPAN, desc))
			continue;
		if (desc & ~(STRTAB_L1_SPAN | STRTAB_L1_L2PTR) ||
		    FIELD_GET(STRTAB_L1_SPAN, desc) > STRTAB_SPLIT_BITS + 1 ||
		    desc & STRTAB_L1_L2PTR & (l2_bytes(desc) - 1))
			ok = just_no(a, "a level-1 descriptor is illegal", desc);
		else if (n == SMMU_ADOPT_L2_MAX)
			ok = just_no(a, "there are too many level-2 tables", n);
		else
			ok = is_crashmem(a, "a level-2 table is", desc & STRTAB_L1_L2PTR,
					 l2_bytes(desc));
		if (ok)
			descs[n++] = desc;
	}
	ok = ok && are_apart(a, descs, n);
	kvfree(descs);
	return ok;
}

static bool copy_l2(struct adopt *a, u32 idx, u64 desc)
{
	u32 n = l2_bytes(desc) / sizeof(struct smmu_ste), before = a->streams, i;
	struct smmu_ste *from, *ste;

	from = map(a, "a level-2 table is", desc & STRTAB_L1_L2PTR, l2_bytes(desc));
	if (!from)
		return false;
	ste = smmu_strtab_copy_l2(a->smmu, idx, from, n);
	smmu_crashmem_unmap(from);
	if (!ste)
		return just_no(a, "there is no memory", idx);
	for (i = 0; i < n; i++)
		if (!look_at_ste(a, (idx << STRTAB_SPLIT_BITS) + i, &ste[i]))
			return false;
	if (a->streams == before)
		smmu_strtab_drop_l2(a->smmu, idx);
	return true;
}

static bool look_at_two_levels(struct adopt *a)
{
	const struct smmu_strtab *tab = &a->smmu->strtab;
	u32 entries = tab->bytes / sizeof(*tab->l1), i;
	u64 desc;

	if (!look_at_l1(a))
		return false;
	for (i = 0; i < entries; i++) {
		desc = le64_to_cpu(READ_ONCE(tab->l1[i]));
		if (FIELD_GET(STRTAB_L1_SPAN, desc) && !copy_l2(a, i, desc))
			return false;
		cond_resched();
	}
	return true;
}

/* What this driver cannot change while SMMUEN is 1 is as this driver would set it */
static bool registers_fit(struct adopt *a)
{
	struct smmu_device *smmu = a->smmu;
	u32 cr2 = smmu_reg_read(smmu->base, SMMU_CR2), cr1 = smmu_reg_read(smmu->base, SMMU_CR1);
	u32 errors = smmu_reg_read(smmu->base, SMMU_GERROR) ^
		     smmu_reg_read(smmu->base, SMMU_GERRORN);
	u32 differ = cr2 ^ smmu_reset_cr2(smmu);

	/* a field that the SMMU does not have reads as 0 */
	if (!(a->feat.flags & SMMU_FEAT_BTM))
		differ &= ~CR2_PTM;
	if (!(smmu_reg_read(smmu->base, SMMU_CR0ACK) & CR0_SMMUEN))
		return just_no(a, "SMMUEN is not acknowledged", cr2);
	if (errors & GERROR_SFM_ERR)
		return just_no(a, "the SMMU is in service failure mode", errors);
	if (a->feat.flags & SMMU_FEAT_STALL_FORCE)
		return just_no(a, "all faults stall", 0);
	if (differ)
		return just_no(a, "CR2 differs", cr2);
	if ((cr1 ^ smmu_reset_cr1(smmu)) & CR1_TABLE)
		return just_no(a, "CR1 differs", cr1);
	return true;
}

static bool map_table(struct adopt *a)
{
	struct smmu_device *smmu = a->smmu;
	u64 base = smmu_reg_read64(smmu->base, SMMU_STRTAB_BASE) & STRTAB_BASE_ADDR, bytes;
	u32 cfg = smmu_reg_read(smmu->base, SMMU_STRTAB_BASE_CFG);
	u8 log2 = FIELD_GET(STRTAB_BASE_CFG_LOG2SIZE, cfg), least, most;
	u32 fmt = FIELD_GET(STRTAB_BASE_CFG_FMT, cfg);
	bool two_level;
	void *mem;

	least = smmu_strtab_form(smmu, &two_level);
	most = two_level ? least : min_t(u8, a->feat.sid_bits, FOUND_LINEAR_LOG2_MAX);
	if (fmt != (two_level ? STRTAB_FMT_2LVL : STRTAB_FMT_LINEAR) ||
	    (two_level && FIELD_GET(STRTAB_BASE_CFG_SPLIT, cfg) != STRTAB_SPLIT_BITS))
		return just_no(a, "its format differs", cfg);
	/*
	 * a smaller one leaves out devices; of one for more than SIDSIZE the base may be elsewhere
	 * (6.3.24)
	 */
	if (log2 < least || log2 > most)
		return just_no(a, "its size differs", cfg);
	bytes = two_level ? sizeof(u64) << (log2 - STRTAB_SPLIT_BITS) :
			    (u64)sizeof(struct smmu_ste) << log2;
	if (base & (max_t(u64, bytes, sizeof(struct smmu_ste)) - 1))
		return just_no(a, "it is not aligned to its size", base);
	mem = map(a, "it is", base, bytes);
	if (!mem)
		return false;
	if (!smmu_strtab_adopt(smmu, mem, base, log2, two_level))
		return true;
	smmu_crashmem_unmap(mem);
	return just_no(a, "there is no memory", bytes);
}

static bool stop_queues(struct adopt *a)
{
	const char *why = smmu_reset_stop_queues(a->smmu);

	return why ? just_no(a, why, smmu_reg_read(a->smmu->base, SMMU_CR0ACK)) : true;
}

static bool try_to_adopt(struct adopt *a)
{
	if (!registers_fit(a) || !map_table(a))
		return false;
	if (!(a->smmu->strtab.two_level ? look_at_two_levels(a) : look_at_linear(a)))
		return false;
	a->sid = NO_SID;
	return stop_queues(a);
}

static void say_no(const struct adopt *a)
{
	char sid[24] = "";

	if (a->sid != NO_SID)
		snprintf(sid, sizeof(sid), ", StreamID 0x%x", a->sid);
	dev_warn(a->smmu->dev,
		 "the stream table of the kernel before is not adopted: %s%s%s (0x%llx%s)\n",
		 a->why, *a->detail ? " " : "", a->detail, a->what, sid);
}

bool smmu_adopt(struct smmu_device *smmu)
{
	struct smmu_ident_env env = { .coherent = smmu_has(smmu, SMMU_FEAT_COHERENT) };
	struct adopt a = {
		.smmu = smmu,
		.cds_left = SMMU_ADOPT_CDS_MAX,
		.sid = NO_SID,
	};
	struct smmu_idregs regs;
	const char *why;

	if (!smmu->tuning.adopt || !smmu->was_enabled)
		return false;
	smmu_idregs_read(smmu, &regs);
	/* it was decoded before, with what the user has disabled */
	smmu_ident_decode(&regs, &env, &a.feat, &why);
	if (!try_to_adopt(&a)) {
		say_no(&a);
		smmu_strtab_free(smmu);
		smmu_tag_unreserve_all(&smmu->inst);
		return false;
	}
	smmu_strtab_replace_l2(smmu);
	dev_info(smmu->dev, "SMMU was found enabled; %u streams go on with the tables of the kernel before, until a driver attaches\n",
		 a.streams);
	return true;
}
