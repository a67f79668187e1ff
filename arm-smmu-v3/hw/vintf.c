// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "hw/cmdqv.h"
#include "hw/cmdqv_en.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/mmio.h"
#include "hw/shut.h"
#include "hw/vintf.h"

/*
 * Who has the page of a VINTF, by its physical address divided by CMDQV_PAGE. The owners of all
 * companions are here, and also those whose SMMU was unbound, which may have the page mapped yet.
 */
static DEFINE_XARRAY(pages);

bool smmu_vintf_possible(const struct smmu_device *smmu)
{
	return smmu_cmdqv_is_used(smmu) && smmu->cmdqv.layout.vintfs > 1 &&
	       IS_ALIGNED(smmu->cmdqv.phys, CMDQV_PAGE) && PAGE_SIZE <= CMDQV_PAGE;
}

phys_addr_t smmu_vintf_page(const struct smmu_vintf *v)
{
	return v->smmu->cmdqv.phys + CMDQV_VINTF_PAGE0(v->nr);
}

static void write_sid(struct smmu_vintf *v, u32 s)
{
	void __iomem *base = v->smmu->cmdqv.base;
	u32 match = CMDQV_VINTF(v->nr) + VINTF_SID_MATCH(s);

	lockdep_assert_held(&v->smmu->cmdqv.guests_lock);
	/* the registers of an SMMU that is shut, but not stopped, can be written */
	if (!v->up || READ_ONCE(v->smmu->asleep))
		return;
	if (!v->sids[s].on) {
		smmu_reg_write(base, match, 0);
		smmu_reg_write(base, CMDQV_VINTF(v->nr) + VINTF_SID_REPLACE(s),
			       v->sids[s].taken ? v->sids[s].sid : 0);
		/* what follows comes after these writes */
		smmu_reg_read(base, match);
		return;
	}
	smmu_reg_write(base, match, FIELD_PREP(SID_MATCH_VSID, v->sids[s].vsid) | SID_MATCH_EN);
}

int smmu_vintf_sid_get(struct smmu_vintf *v, u32 vsid, u32 sid)
{
	unsigned long flags;
	int ret = -ENOSPC;
	u32 s;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	for (s = 0; s < v->smmu->cmdqv.layout.sids && ret < 0; s++) {
		if (v->sids[s].taken)
			continue;
		v->sids[s].taken = true;
		v->sids[s].vsid = vsid;
		v->sids[s].sid = sid;
		write_sid(v, s);
		ret = s;
	}
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
	return ret;
}

void smmu_vintf_sid_match(struct smmu_vintf *v, u32 place, bool on)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	v->sids[place].on = on;
	write_sid(v, place);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

void smmu_vintf_sid_put(struct smmu_vintf *v, u32 place)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	v->sids[place].on = false;
	v->sids[place].taken = false;
	write_sid(v, place);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

/*
 * May errors of the VINTF raise the companion's interrupt? No text says so, but that bits which are
 * set keep it away. Where they do not, nothing is lost.
 */
static void mask(struct smmu_vintf *v, bool on)
{
	void __iomem *base = v->smmu->cmdqv.base;
	u32 reg = CMDQV_VINTF_INT_MASK + v->nr / 32 * 4, val;

	lockdep_assert_held(&v->smmu->cmdqv.guests_lock);
	/* pairs with WRITE_ONCE() in power.c */
	if (!smmu_vintf_is_alive(v) || READ_ONCE(v->smmu->asleep))
		return;
	val = smmu_reg_read(base, reg) & ~BIT(v->nr % 32);
	smmu_reg_write(base, reg, on ? val | BIT(v->nr % 32) : val);
}

void smmu_vintf_unmask(struct smmu_vintf *v)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	mask(v, false);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

static void set_up(struct smmu_vintf *v, bool up)
{
	unsigned long flags;
	u32 s;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	/* pairs with READ_ONCE() in smmu_vintf_is_alive() */
	WRITE_ONCE(v->up, up);
	for (s = 0; s < v->smmu->cmdqv.layout.sids; s++)
		write_sid(v, s);
	mask(v, false);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

/* Enable a VINTF whose queues are all free. Return: false when it does not do as told */
static bool bring_up(struct smmu_vintf *v)
{
	u32 config = CMDQV_VINTF(v->nr) + VINTF_CONFIG, status = CMDQV_VINTF(v->nr) + VINTF_STATUS;
	struct smmu_device *smmu = v->smmu;
	u32 val = FIELD_PREP(VINTF_VMID, v->vmid);

	if (!smmu_cmdqv_vintf_off(smmu, v->nr))
		return false;
	smmu_reg_write(smmu->cmdqv.base, config, val);
	if (smmu_cmdqv_set_en(smmu, config, status, val | VINTF_EN))
		return false;
	set_up(v, true);
	return true;
}

/* Return: false when it is not confirmed off */
static bool take_down(struct smmu_vintf *v)
{
	bool off = smmu_cmdqv_vintf_off(v->smmu, v->nr);
	u32 l;

	for (l = 0; l < v->smmu->cmdqv.layout.each; l++)
		off &= !v->queue[l].stuck;
	/* see smmu_vintf_queue_put() */
	smmu_issue_drain(v->smmu);
	return off;
}

static unsigned long page_index(const struct smmu_vintf *v)
{
	return smmu_vintf_page(v) / CMDQV_PAGE;
}

/* Find a VINTF whose page nobody has. Return: 0, -ENOSPC, -ENOMEM */
static int find(struct smmu_vintf *v)
{
	int ret;

	for (v->nr = 1; v->nr < v->smmu->cmdqv.layout.vintfs; v->nr++) {
		ret = xa_insert(&pages, page_index(v), v, GFP_KERNEL);
		if (ret != -EBUSY)
			return ret;
	}
	return -ENOSPC;
}

static void list(struct smmu_vintf *v, bool add)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	if (add)
		list_add_tail(&v->node, &v->smmu->cmdqv.guests);
	else
		list_del(&v->node);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

/* Nothing uses the VINTF any more */
static void forget(struct smmu_vintf *v)
{
	xa_erase(&pages, page_index(v));
	mutex_destroy(&v->lock);
	kfree(v);
}

struct smmu_vintf *smmu_vintf_get(struct smmu_device *smmu, u16 vmid, smmu_vintf_error *error,
				  void *owner)
{
	struct smmu_vintf *v;
	int ret;

	/* pairs with smp_store_release() in smmu_cmdq_set_use() */
	if (smmu_device_is_dead(smmu) || !smp_load_acquire(&smmu->more.on))
		return ERR_PTR(-EIO);
	v = kzalloc_flex(*v, queue, smmu->cmdqv.layout.each);
	if (!v)
		return ERR_PTR(-ENOMEM);
	v->smmu = smmu;
	v->vmid = vmid;
	v->error = error;
	v->owner = owner;
	mutex_init(&v->lock);
	ret = find(v);
	if (ret) {
		kfree(v);
		return ERR_PTR(ret);
	}
	list(v, true);
	if (bring_up(v))
		return v;
	return ERR_PTR(smmu_vintf_put(v) ? -EIO : -EBUSY);
}

void smmu_vintf_silence(struct smmu_vintf *v)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	v->error = NULL;
	mask(v, false);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

bool smmu_vintf_put(struct smmu_vintf *v)
{
	struct smmu_device *smmu = v->smmu;
	bool off = !smmu->cmdqv.on;

	if (!off && !smmu_device_is_dead(smmu))
		off = take_down(v);
	list(v, false);
	if (off) {
		forget(v);
		return true;
	}
	dev_err(smmu->dev, "CMDQ-V: VINTF %u of a guest is not confirmed off, and is withheld\n",
		v->nr);
	list_add_tail(&v->node, &smmu->cmdqv.withheld);
	return false;
}

void smmu_vintf_errors(struct smmu_vintf *v, u64 map[2])
{
	unsigned long flags;
	u32 l;

	map[0] = 0;
	map[1] = 0;
	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	for (l = 0; l < v->smmu->cmdqv.layout.each; l++) {
		if (v->queue[l].lost)
			map[l / 64] |= BIT_ULL(l % 64);
		v->queue[l].lost = false;
	}
	/* before the maps are read: what comes later raises the interrupt */
	mask(v, false);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
	for (l = 0; l < 2 && smmu_vintf_is_alive(v); l++)
		map[l] |= smmu_reg_read64(v->smmu->cmdqv.base,
					  CMDQV_VINTF(v->nr) + VINTF_LVCMDQ_ERR_MAP(l));
}

bool smmu_vintf_has_queues(struct smmu_device *smmu)
{
	struct smmu_vintf *v;
	unsigned long flags;
	bool ret = false;

	raw_spin_lock_irqsave(&smmu->cmdqv.guests_lock, flags);
	list_for_each_entry(v, &smmu->cmdqv.guests, node)
		ret |= v->queue[0].taken;
	raw_spin_unlock_irqrestore(&smmu->cmdqv.guests_lock, flags);
	return ret;
}

u64 smmu_vintf_tell(struct smmu_device *smmu)
{
	struct smmu_vintf *v;
	unsigned long flags;
	u64 all = 0;

	raw_spin_lock_irqsave(&smmu->cmdqv.guests_lock, flags);
	list_for_each_entry(v, &smmu->cmdqv.guests, node) {
		all |= BIT_ULL(v->nr);
		if (v->error) {
			mask(v, true);
			v->error(v->owner);
		}
	}
	raw_spin_unlock_irqrestore(&smmu->cmdqv.guests_lock, flags);
	return all;
}

void smmu_vintf_all_down(struct smmu_device *smmu)
{
	struct smmu_vintf *v;
	unsigned long flags;

	raw_spin_lock_irqsave(&smmu->cmdqv.guests_lock, flags);
	list_for_each_entry(v, &smmu->cmdqv.guests, node)
		/* pairs with READ_ONCE() in smmu_vintf_is_alive() */
		WRITE_ONCE(v->up, false);
	raw_spin_unlock_irqrestore(&smmu->cmdqv.guests_lock, flags);
}

/* Return: false when not all that the guest had is there again */
static bool restore(struct smmu_vintf *v)
{
	u32 l;

	if (!bring_up(v))
		return false;
	v->stopped = false;
	for (l = 0; l < v->smmu->cmdqv.layout.each && v->queue[l].taken; l++)
		if (!smmu_vintf_queue_begin(v, l))
			return false;
	return true;
}

static void tell_lost(struct smmu_vintf *v)
{
	unsigned long flags;
	bool any = false;
	u32 l;

	raw_spin_lock_irqsave(&v->smmu->cmdqv.guests_lock, flags);
	for (l = 0; l < v->smmu->cmdqv.layout.each; l++) {
		v->queue[l].lost = v->queue[l].taken;
		any |= v->queue[l].taken;
	}
	if (any && v->error)
		v->error(v->owner);
	raw_spin_unlock_irqrestore(&v->smmu->cmdqv.guests_lock, flags);
}

/* The list does not change meanwhile, as smmu_vintf_get() and smmu_vintf_put() exclude this */
void smmu_vintf_all_back(struct smmu_device *smmu, bool works)
{
	struct smmu_vintf *v;

	list_for_each_entry(v, &smmu->cmdqv.guests, node) {
		if (!works || !restore(v))
			dev_warn(smmu->dev, "CMDQ-V: VINTF %u of a guest does not come back\n",
				 v->nr);
		tell_lost(v);
	}
}

/* Release pages of queues that no guest has any more */
static void release(struct smmu_vintf *v)
{
	u32 l;

	for (l = 0; l < v->smmu->cmdqv.layout.each; l++)
		if (!v->queue[l].taken)
			smmu_vintf_queue_release(v, l);
}

/* As with smmu_vintf_all_back() */
void smmu_vintf_let_go(struct smmu_device *smmu)
{
	struct smmu_vintf *v, *next;

	list_for_each_entry(v, &smmu->cmdqv.guests, node)
		release(v);
	list_for_each_entry_safe(v, next, &smmu->cmdqv.withheld, node) {
		release(v);
		list_del(&v->node);
		forget(v);
	}
}
