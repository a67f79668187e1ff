// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "core/cd.h"
#include "core/ste.h"
#include "drv/deferred.h"
#include "drv/domain.h"
#include "drv/params.h"
#include "drv/pgtable.h"
#include "hw/crashmem.h"
#include "driver/crashed.h"

/* Stubs get no argument of their own */
static struct crashed *the_crashed;

static const char *refuse_stub(phys_addr_t start, u64 bytes)
{
	struct crashed *c = the_crashed;
	u64 last = start + bytes - 1;

	if (!start || !pfn_valid(PHYS_PFN(start)) || !pfn_valid(PHYS_PFN(last)))
		return "no RAM";
	if (c->own_bytes && start < c->own + c->own_bytes && last >= c->own)
		return "memory of this kernel";
	return NULL;
}

static void *map_stub(phys_addr_t start, u64 bytes, bool coherent)
{
	if (refuse_stub(start, bytes)) {
		KUNIT_FAIL(the_crashed->test, "0x%llx was mapped", (u64)start);
		return NULL;
	}
	the_crashed->mapped++;
	return phys_to_virt(start);
}

static void unmap_stub(void *mem)
{
	the_crashed->mapped--;
}

static bool identity_stub(struct smmu_master *master, int type)
{
	return the_crashed->identity;
}

static void tuning_stub(struct smmu_tuning *tuning)
{
	*tuning = the_crashed->tuning;
}

static void free_all(void *data)
{
	struct crashed *c = data;
	u32 i;

	for (i = 0; i < c->blocks; i++)
		free_pages(c->block[i], c->order[i]);
}

void *crashed_alloc(struct crashed *c, size_t bytes)
{
	u8 order = get_order(bytes);

	KUNIT_ASSERT_LT(c->test, c->blocks, CRASHED_BLOCKS);
	c->block[c->blocks] = __get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
	KUNIT_ASSERT_NE(c->test, 0, c->block[c->blocks]);
	c->order[c->blocks] = order;
	return (void *)c->block[c->blocks++];
}

void crashed_config(struct model_config *cfg, bool two_level)
{
	model_config_default(cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg->idr[1], 20);
	if (two_level)
		return;
	cfg->idr[0] &= ~IDR0_ST_LEVEL;
	FIELD_MODIFY(IDR1_SIDSIZE, &cfg->idr[1], 8);
}

static struct iommu_domain *make_domain(struct crashed *c, struct rig_device *d, bool stage2)
{
	struct iommu_domain *domain = stage2 ? rig_domain_s2(c->test, d) : rig_domain(c->test, d);

	KUNIT_ASSERT_EQ(c->test, 0, iommu_map(domain, CRASHED_IOVA, CRASHED_PAGE, SZ_4K,
					      IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
	return domain;
}

static void free_domains(void *data)
{
	struct crashed *c = data;

	iommu_domain_free(c->s1);
	iommu_domain_free(c->s2);
}

static void make_domains(struct crashed *c)
{
	struct rig_device *d;

	rig_smmu(c->test, c->rig, 1, NULL);
	d = rig_device(c->test, c->rig, 1);
	c->s1 = make_domain(c, d, false);
	c->s2 = make_domain(c, d, true);
	KUNIT_ASSERT_EQ(c->test, 0, kunit_add_action_or_reset(c->test, free_domains, c));
}

static void make_table(struct crashed *c)
{
	u32 i;

	c->cfg = FIELD_PREP(STRTAB_BASE_CFG_LOG2SIZE, c->log2);
	if (c->two_level) {
		c->cfg |= FIELD_PREP(STRTAB_BASE_CFG_FMT, STRTAB_FMT_2LVL) |
			  FIELD_PREP(STRTAB_BASE_CFG_SPLIT, STRTAB_SPLIT_BITS);
		/* as large as a level-2 table, so that a case can take it for one */
		c->l1 = crashed_alloc(c, SZ_16K);
		c->base = virt_to_phys(c->l1);
		return;
	}
	c->linear = crashed_alloc(c, sizeof(*c->linear) << c->log2);
	for (i = 0; i < BIT(c->log2); i++)
		smmu_ste_make_abort(&c->linear[i]);
	c->base = virt_to_phys(c->linear);
}

struct crashed *crashed_make(struct kunit *test, const struct model_config *cfg)
{
	struct crashed *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct smmu_device *s;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	the_crashed = c;
	/* before the machine is made, so that it is freed after the machine is gone */
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_all, c));
	c->rig = rig_new(test);
	kunit_activate_static_stub(test, smmu_crashmem_refuse, refuse_stub);
	kunit_activate_static_stub(test, smmu_crashmem_map, map_stub);
	kunit_activate_static_stub(test, smmu_crashmem_unmap, unmap_stub);
	kunit_activate_static_stub(test, smmu_deferred_identity, identity_stub);
	smmu_param_kdump(&c->tuning);
	kunit_activate_static_stub(test, smmu_param_tuning, tuning_stub);

	c->smmu = rig_smmu(test, c->rig, 0, cfg);
	s = &rig_iommu(c->smmu)->smmu;
	c->feat = s->inst.feat;
	c->two_level = s->strtab.two_level;
	c->log2 = s->strtab.log2;
	c->cr1 = model_read(c->smmu->model, SMMU_CR1, 4);
	c->cr2 = model_read(c->smmu->model, SMMU_CR2, 4);
	c->cr0 = CR0_SMMUEN | CR0_CMDQEN | CR0_EVENTQEN | CR0_ATSCHK;
	device_release_driver(c->smmu->dev);
	make_domains(c);
	make_table(c);
	return c;
}

struct smmu_ste *crashed_ste(struct crashed *c, u32 sid)
{
	u32 idx = sid >> STRTAB_SPLIT_BITS, i;

	if (!c->two_level)
		return &c->linear[sid];
	if (!c->l2[idx]) {
		c->l2[idx] = crashed_alloc(c, STRTAB_L2_ENTRIES * sizeof(struct smmu_ste));
		for (i = 0; i < STRTAB_L2_ENTRIES; i++)
			smmu_ste_make_abort(&c->l2[idx][i]);
		c->l1[idx] = cpu_to_le64(virt_to_phys(c->l2[idx]) |
					 FIELD_PREP(STRTAB_L1_SPAN, STRTAB_SPLIT_BITS + 1));
	}
	return &c->l2[idx][sid & (STRTAB_L2_ENTRIES - 1)];
}

static void make_cd(struct crashed *c, struct smmu_cd *cd, u16 asid)
{
	struct smmu_cd_s1 s1;

	smmu_pgtable_cd(&smmu_domain_of(c->s1)->pt, &s1);
	s1.asid = asid;
	smmu_cd_make_s1(cd, &c->feat, &s1);
	c->cd = cd;
}

void crashed_ssids(struct crashed *c, u32 sid, u8 fmt, u8 cdmax, u32 ssid, u16 asid)
{
	u8 split = fmt == STE_S1FMT_LINEAR ? cdmax :
		   fmt == STE_S1FMT_4K_L2 ? CDTAB_L2_4K_BITS : CDTAB_L2_64K_BITS;
	struct smmu_cd *leaf = crashed_alloc(c, sizeof(*leaf) << split);
	struct smmu_ste_s1 s1 = {
		.cdtab = virt_to_phys(leaf),
		.s1cdmax = cdmax,
		.fmt = fmt,
		.s1dss = STE_S1DSS_SSID0,
	};
	__le64 *l1;

	c->cdtab = leaf;
	make_cd(c, &leaf[ssid & (BIT(split) - 1)], asid);
	if (fmt != STE_S1FMT_LINEAR) {
		l1 = crashed_alloc(c, sizeof(*l1) << (cdmax - split));
		l1[ssid >> split] = cpu_to_le64(virt_to_phys(leaf) | CDTAB_L1_V);
		s1.cdtab = virt_to_phys(l1);
		c->cdtab = l1;
	}
	smmu_ste_make_s1(crashed_ste(c, sid), &c->feat, &s1);
}

void crashed_s1(struct crashed *c, u32 sid, u16 asid)
{
	crashed_ssids(c, sid, STE_S1FMT_LINEAR, 0, 0, asid);
}

void crashed_s2(struct crashed *c, u32 sid, u16 vmid)
{
	struct smmu_ste_s2 s2 = {};

	smmu_pgtable_s2(&smmu_domain_of(c->s2)->pt, &s2);
	s2.vmid = vmid;
	smmu_ste_make_s2(crashed_ste(c, sid), &c->feat, &s2);
}

void crashed_bypass(struct crashed *c, u32 sid)
{
	smmu_ste_make_bypass(crashed_ste(c, sid), &c->feat);
}

void crashed_leave(struct crashed *c)
{
	struct model *m = c->smmu->model;
	u64 queues;

	if (!c->queues)
		c->queues = crashed_alloc(c, SZ_8K);
	queues = virt_to_phys(c->queues);
	model_write(m, SMMU_CR1, 4, c->cr1);
	model_write(m, SMMU_CR2, 4, c->cr2);
	model_write(m, SMMU_STRTAB_BASE, 8, c->base);
	model_write(m, SMMU_STRTAB_BASE_CFG, 4, c->cfg);
	model_write(m, SMMU_CMDQ_BASE, 8, queues | 7);
	model_write(m, SMMU_CMDQ_CONS, 4, 0);
	model_write(m, SMMU_CMDQ_PROD, 4, 0);
	model_write(m, SMMU_EVENTQ_BASE, 8, (queues + SZ_4K) | 5);
	/* the event queue is full of old records: PROD is one wrap ahead */
	model_write(m, SMMU_PAGE1_OFFSET + SMMU_PAGE1_EVENTQ_PROD, 4, BIT(5));
	model_write(m, SMMU_PAGE1_OFFSET + SMMU_PAGE1_EVENTQ_CONS, 4, 0);
	model_write(m, SMMU_CR0, 4, c->cr0 & ~CR0_SMMUEN);
	model_write(m, SMMU_CR0, 4, c->cr0);
}

bool crashed_find(struct crashed *c)
{
	rig_log_begin(&c->log);
	return device_attach(c->smmu->dev) == 1;
}

bool crashed_is_adopted(struct crashed *c)
{
	return rig_iommu(c->smmu)->smmu.strtab.adopted;
}

bool crashed_has_said(struct crashed *c, const char *begin)
{
	struct rig_log log = c->log;

	while (rig_log_next(&log))
		if (strstarts(log.text, begin))
			return true;
	return false;
}

u64 crashed_access_ssid(struct crashed *c, u32 sid, u32 ssid, u64 iova)
{
	struct model_access a = { .sid = sid, .ssid = ssid, .ssv = ssid, .iova = iova };

	return model_access(c->smmu->model, &a) ? RIG_NOWHERE : a.pa;
}

u64 crashed_access(struct crashed *c, u32 sid, u64 iova)
{
	return crashed_access_ssid(c, sid, 0, iova);
}
