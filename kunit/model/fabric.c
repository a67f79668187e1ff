// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/unaligned.h>

#include <smmuv3/cmd.h>

#include "model/fabric.h"
#include "model/machine.h"
#include "model/model.h"
#include "model/node.h"

/* Offsets of capabilities in config space */
#define EXP		0x40
#define ATS		0x100
#define PASID		0x110
#define CXL		0x120
#define PRI		0x160
#define SPACE		0x200

/* CXL, 8.1.3: the DVSEC of a CXL device */
#define CXL_CTRL	(CXL + PCI_DVSEC_CXL_CTRL)
#define CXL_LOCK	(CXL + 0x14)
#define CXL_LENGTH	0x38
#define CACHE_ENABLE	BIT(0)
#define CONFIG_LOCK	BIT(0)

#define ATS_CAP_GLOBAL	BIT(6)

/*
 * How often the PRI Status register is read before an answer to a page request that the SMMU has
 * sent is in the device: its command being complete says nothing about that (4.7.3)
 */
#define PRI_LATE_READS	2

/* Bridge N has bus number BUS + N; its devices have the StreamIDs from SID_BASE + N * 0x100 on */
#define BUS		0x40
#define SID_BASE	0x4000

struct slot {
	struct fabric_endpoint ep;
	bool there;
	bool pulled;
	u8 space[SPACE];
	u32 resets;
	bool mastered_ats;
	bool watched;
	bool leaked;
	struct model_access watch;
	bool pri_failed;
	bool pri_running;
	u32 pri_used;
	u8 pri_parts[512];
	u32 pri_late;
	const char *pri_wrong;
};

struct fabric {
	struct machine_smmu *smmu;
	struct platform_device *pdev;
	struct pci_bus *bus;
	struct machine_node node;
	struct resource busn;
	u8 nr;
	raw_spinlock_t lock;	/* makes a request whole against config space */
	struct slot slot[FABRIC_ENDPOINTS];
};

static u16 get16(const struct slot *s, u32 where)
{
	return get_unaligned_le16(&s->space[where]);
}

static void put16(struct slot *s, u32 where, u16 val)
{
	put_unaligned_le16(val, &s->space[where]);
}

static void put32(struct slot *s, u32 where, u32 val)
{
	put_unaligned_le32(val, &s->space[where]);
}

static bool may_dma(const struct slot *s)
{
	return s->there && !s->pulled && get16(s, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

static bool has_ats(const struct slot *s)
{
	return s->ep.ats && get16(s, ATS + PCI_ATS_CTRL) & PCI_ATS_CTRL_ENABLE;
}

/* Fill config space as after a reset: one function, no BARs, no interrupts */
static void fill(struct slot *s)
{
	u32 tail = s->ep.pri ? PRI : 0;
	u32 last = s->ep.cxl ? CXL : tail, next = s->ep.pasid_bits ? PASID : last;
	u16 cxl = get16(s, CXL_CTRL);

	memset(s->space, 0, SPACE);
	put16(s, PCI_VENDOR_ID, PCI_VENDOR_ID_REDHAT);
	put16(s, PCI_DEVICE_ID, 0x5333);
	put16(s, PCI_STATUS, PCI_STATUS_CAP_LIST);
	put16(s, PCI_CLASS_DEVICE, PCI_CLASS_SYSTEM_OTHER);
	s->space[PCI_CAPABILITY_LIST] = EXP;
	s->space[EXP] = PCI_CAP_ID_EXP;
	put16(s, EXP + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_RC_END << 4);
	put32(s, EXP + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER);
	put32(s, EXP + PCI_EXP_DEVCAP2, PCI_EXP_DEVCAP2_EE_PREFIX);
	if (s->ep.ats)
		put32(s, ATS, PCI_EXT_CAP_ID_ATS | 1 << 16 | next << 20);
	else
		put32(s, ATS, next << 20);
	if (s->ep.ats && s->ep.global)
		put16(s, ATS + PCI_ATS_CAP, ATS_CAP_GLOBAL);
	if (s->ep.pasid_bits) {
		put32(s, PASID, PCI_EXT_CAP_ID_PASID | 1 << 16 | last << 20);
		put16(s, PASID + PCI_PASID_CAP, s->ep.pasid_bits << 8);
	}
	if (s->ep.cxl) {
		put32(s, CXL, PCI_EXT_CAP_ID_DVSEC | 1 << 16 | tail << 20);
		put32(s, CXL + PCI_DVSEC_HEADER1, PCI_VENDOR_ID_CXL | CXL_LENGTH << 20);
		put16(s, CXL + PCI_DVSEC_HEADER2, PCI_DVSEC_CXL_DEVICE);
		put16(s, CXL + PCI_DVSEC_CXL_CAP, PCI_DVSEC_CXL_CACHE_CAPABLE);
		put16(s, CXL_CTRL, cxl | (s->ep.cxl_locked ? CACHE_ENABLE : 0));
		put16(s, CXL_LOCK, s->ep.cxl_locked ? CONFIG_LOCK : 0);
	}
	if (s->ep.pri) {
		put32(s, PRI, PCI_EXT_CAP_ID_PRI | 1 << 16);
		put32(s, PRI + PCI_PRI_MAX_REQ, FABRIC_PRI_MAX);
	}
	s->pri_failed = false;
	s->pri_running = false;
	s->pri_used = 0;
	memset(s->pri_parts, 0, sizeof(s->pri_parts));
}

static bool has_pri(const struct slot *s)
{
	return s->ep.pri && get16(s, PRI + PCI_PRI_CTRL) & PCI_PRI_CTRL_ENABLE;
}

static bool pri_waits(struct fabric *f, struct slot *s)
{
	return model_page_waiting(f->smmu->model, fabric_sid(f, s - f->slot));
}

static bool pri_stopped(struct fabric *f, struct slot *s)
{
	if (has_pri(s) || (s->pri_running && s->ep.pri_stuck))
		return false;
	return !pri_waits(f, s) && !s->pri_late;
}

/* What the PRI Status register says now */
static void fill_pri_status(struct fabric *f, struct slot *s)
{
	if (!s->ep.pri)
		return;
	put16(s, PRI + PCI_PRI_STATUS, (s->ep.pri_bare ? 0 : PCI_PRI_STATUS_PASID) |
	      (s->pri_failed ? PCI_PRI_STATUS_RF : 0) |
	      (pri_stopped(f, s) ? PCI_PRI_STATUS_STOPPED : 0));
}

/* The PRI Status register was read: meanwhile an answer has come nearer that the SMMU has sent */
static void answers_arrive(struct fabric *f, struct slot *s)
{
	if (s->pri_late && !pri_waits(f, s))
		s->pri_late--;
}

static void forget_requests(struct fabric *f, struct slot *s)
{
	s->pri_late = 0;
	model_page_forget(f->smmu->model, fabric_sid(f, s - f->slot));
	s->pri_running = false;
	s->pri_used = 0;
	memset(s->pri_parts, 0, sizeof(s->pri_parts));
}

static void pri_wrong(struct slot *s, const char *what)
{
	if (!s->pri_wrong)
		s->pri_wrong = what;
}

/*
 * Software has written config space. Before that PRI was on or not (@pri), had stopped, and had
 * @was requests.
 */
static void look_at_pri(struct fabric *f, struct slot *s, int where, u32 val, bool pri,
			bool stopped, u32 was)
{
	u32 reqs = get_unaligned_le32(&s->space[PRI + PCI_PRI_ALLOC_REQ]);

	if (has_pri(s) && !has_ats(s))
		pri_wrong(s, "PRI is on without ATS");
	/* the PCI core writes it once more, after a reset */
	if (pri && has_pri(s) && reqs != was)
		pri_wrong(s, "the allocation changes while PRI is on");
	if (where != PRI + PCI_PRI_CTRL)
		return;
	if (!pri && has_pri(s)) {
		if (!stopped)
			pri_wrong(s, "PRI goes on before it has stopped");
		if (!reqs || reqs > FABRIC_PRI_MAX)
			pri_wrong(s, "the allocation is none or too large");
		s->pri_failed = false;
		s->pri_running = true;
		s->pri_used = 0;
		memset(s->pri_parts, 0, sizeof(s->pri_parts));
	}
	if (!has_pri(s) && val & PCI_PRI_CTRL_RESET)
		forget_requests(f, s);
}

/*
 * A function level reset. The device's requests during the reset must fail, because ATS and DMA
 * were stopped before.
 */
static void reset(struct fabric *f, struct slot *s)
{
	struct model_access a = s->watch;

	s->resets++;
	if (s->watched) {
		a.ats = false;
		if (!model_access(f->smmu->model, &a))
			s->leaked = true;
		a.ats = true;
		if (!model_access(f->smmu->model, &a))
			s->leaked = true;
	}
	if (s->pri_late && !pri_waits(f, s))
		pri_wrong(s, "an answer comes after the reset");
	forget_requests(f, s);
	fill(s);
}

/* Which bits may software change? */
static u32 writable(const struct slot *s, u32 where)
{
	switch (where) {
	case PCI_COMMAND:
		return PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY | PCI_COMMAND_SERR |
		       PCI_COMMAND_INTX_DISABLE;
	case EXP + PCI_EXP_DEVCTL:
		return 0x7fff;
	case ATS + PCI_ATS_CTRL:
		return s->ep.ats ? PCI_ATS_CTRL_ENABLE | PCI_ATS_CTRL_STU(~0) : 0;
	case PRI + PCI_PRI_CTRL:
		return s->ep.pri ? PCI_PRI_CTRL_ENABLE : 0;
	case PRI + PCI_PRI_ALLOC_REQ:
		return s->ep.pri ? 0xffff : 0;
	case PASID + PCI_PASID_CTRL:
		return s->ep.pasid_bits ? PCI_PASID_CTRL_ENABLE : 0;
	case CXL_CTRL:
		return s->ep.cxl && !s->ep.cxl_locked ? CACHE_ENABLE : 0;
	default:
		return 0;
	}
}

/* Setting ATS Enable empties the ATC */
static void ats_goes_on(struct fabric *f, struct slot *s)
{
	s->mastered_ats = get16(s, PCI_COMMAND) & PCI_COMMAND_MASTER;
	model_new_device(f->smmu->model, fabric_sid(f, s - f->slot));
}

/* Is ATS Enable set? Read without the lock, because the SMMU may see a slightly older state. */
static bool ats_enable(void *data, u32 sid)
{
	struct fabric *f = data;
	u32 slot = PCI_SLOT(sid & 0xff);

	if (slot >= FABRIC_ENDPOINTS || sid != fabric_sid(f, slot))
		return true;
	return has_ats(&f->slot[slot]);
}

static struct slot *slot_of(struct pci_bus *bus, unsigned int devfn)
{
	struct fabric *f = bus->sysdata;
	struct slot *s;

	if (PCI_FUNC(devfn) || PCI_SLOT(devfn) >= FABRIC_ENDPOINTS)
		return NULL;
	s = &f->slot[PCI_SLOT(devfn)];
	return s->there && !s->pulled ? s : NULL;
}

static int config_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *val)
{
	struct fabric *f = bus->sysdata;
	unsigned long flags;
	struct slot *s;
	int i;

	*val = ~0U;
	raw_spin_lock_irqsave(&f->lock, flags);
	s = slot_of(bus, devfn);
	if (s) {
		*val = 0;
		fill_pri_status(f, s);
		for (i = 0; i < size && where + i < SPACE; i++)
			*val |= (u32)s->space[where + i] << 8 * i;
		if (s->ep.pri && where == PRI + PCI_PRI_STATUS)
			answers_arrive(f, s);
	}
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return s ? PCIBIOS_SUCCESSFUL : PCIBIOS_DEVICE_NOT_FOUND;
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 val)
{
	struct fabric *f = bus->sysdata;
	unsigned long flags;
	struct slot *s;
	bool ats, pri, stopped;
	u16 mask, old;
	u32 reqs;
	int i;

	raw_spin_lock_irqsave(&f->lock, flags);
	s = slot_of(bus, devfn);
	if (!s || where >= SPACE)
		goto unlock;
	reqs = get_unaligned_le32(&s->space[PRI + PCI_PRI_ALLOC_REQ]);
	ats = has_ats(s);
	pri = has_pri(s);
	stopped = s->ep.pri && pri_stopped(f, s);
	if (where == EXP + PCI_EXP_DEVCTL && val & PCI_EXP_DEVCTL_BCR_FLR) {
		reset(f, s);
		goto unlock;
	}
	for (i = 0; i < size; i += 2) {
		mask = writable(s, where + i);
		old = get16(s, where + i);
		if (mask)
			put16(s, where + i, (old & ~mask) | ((val >> 8 * i) & mask));
	}
	if (!ats && has_ats(s))
		ats_goes_on(f, s);
	if (s->ep.pri)
		look_at_pri(f, s, where, val, pri, stopped, reqs);
unlock:
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops config_ops = { .read = config_read, .write = config_write };

static int make_node(struct fabric *f)
{
	const u32 map[] = { f->nr << 8, machine_phandle(f->smmu), SID_BASE + f->nr * 0x100, 0x100 };
	const u32 range[] = { f->nr, f->nr };
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "model-pci-%u", f->nr);
	ret = machine_node_new(&f->node, name);
	if (ret)
		return ret;
	ret = of_changeset_add_prop_string(&f->node.cs, f->node.np, "device_type", "pci");
	if (!ret)
		ret = of_changeset_add_prop_u32_array(&f->node.cs, f->node.np, "bus-range",
						      range, ARRAY_SIZE(range));
	if (!ret)
		ret = of_changeset_add_prop_u32_array(&f->node.cs, f->node.np, "iommu-map", map,
						      ARRAY_SIZE(map));
	if (!ret)
		ret = of_changeset_add_prop_bool(&f->node.cs, f->node.np, "ats-supported");
	return machine_node_apply(&f->node, ret);
}

static int make_bridge(struct fabric *f)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(0);
	int ret;

	if (!bridge)
		return -ENOMEM;
	f->busn = (struct resource) {
		.name = "model bus",
		.start = f->nr,
		.end = f->nr,
		.flags = IORESOURCE_BUS,
	};
	pci_add_resource(&bridge->windows, &f->busn);
	bridge->dev.parent = &f->pdev->dev;
	bridge->sysdata = f;
	bridge->busnr = f->nr;
	bridge->ops = &config_ops;
	ret = pci_host_probe(bridge);
	if (ret) {
		pci_free_host_bridge(bridge);
		return ret;
	}
	f->bus = bridge->bus;
	return 0;
}

struct fabric *fabric_new(struct machine_smmu *smmu, const struct fabric_endpoint *ep, u32 n)
{
	struct platform_device_info info = { .name = "model-pci" };
	struct fabric *f = kzalloc_obj(*f);
	int ret;
	u32 i;

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->smmu = smmu;
	f->nr = BUS + machine_nr(smmu);
	raw_spin_lock_init(&f->lock);
	for (i = 0; i < n; i++) {
		f->slot[i].ep = ep[i];
		f->slot[i].there = true;
		fill(&f->slot[i]);
	}
	ret = make_node(f);
	if (ret)
		goto free;
	info.id = f->nr;
	info.fwnode = of_fwnode_handle(f->node.np);
	f->pdev = platform_device_register_full(&info);
	if (IS_ERR(f->pdev)) {
		ret = PTR_ERR(f->pdev);
		goto node;
	}
	model_ats_enable(smmu->model, ats_enable, f);
	ret = make_bridge(f);
	if (!ret)
		return f;
	model_ats_enable(smmu->model, NULL, NULL);

	platform_device_unregister(f->pdev);
node:
	machine_node_remove(&f->node);
free:
	kfree(f);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(fabric_new, "SMMUV3_MODEL");

void fabric_free(struct fabric *f)
{
	pci_lock_rescan_remove();
	pci_stop_root_bus(f->bus);
	pci_remove_root_bus(f->bus);
	pci_unlock_rescan_remove();
	model_ats_enable(f->smmu->model, NULL, NULL);
	platform_device_unregister(f->pdev);
	machine_node_remove(&f->node);
	kfree(f);
}
EXPORT_SYMBOL_NS_GPL(fabric_free, "SMMUV3_MODEL");

struct pci_dev *fabric_dev(struct fabric *f, u32 slot)
{
	return pci_get_slot(f->bus, PCI_DEVFN(slot, 0));
}
EXPORT_SYMBOL_NS_GPL(fabric_dev, "SMMUV3_MODEL");

u32 fabric_sid(struct fabric *f, u32 slot)
{
	return SID_BASE + f->nr * 0x100 + PCI_DEVFN(slot, 0);
}
EXPORT_SYMBOL_NS_GPL(fabric_sid, "SMMUV3_MODEL");

void fabric_unplug(struct fabric *f, u32 slot)
{
	struct pci_dev *pdev = fabric_dev(f, slot);

	if (pdev)
		pci_stop_and_remove_bus_device_locked(pdev);
	pci_dev_put(pdev);
}

void fabric_rescan(struct fabric *f)
{
	u32 i;

	for (i = 0; i < FABRIC_ENDPOINTS; i++) {
		if (f->slot[i].pulled)
			fill(&f->slot[i]);
		f->slot[i].pulled = false;
	}
	pci_lock_rescan_remove();
	pci_rescan_bus(f->bus);
	pci_unlock_rescan_remove();
}

void fabric_pull(struct fabric *f, u32 slot)
{
	struct pci_dev *pdev = fabric_dev(f, slot);
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	f->slot[slot].pulled = true;
	model_new_device(f->smmu->model, fabric_sid(f, slot));
	raw_spin_unlock_irqrestore(&f->lock, flags);
	/* what pciehp does when it notices that the device is gone */
	pdev->error_state = pci_channel_io_perm_failure;
	pci_dev_put(pdev);
}

void fabric_lose_power(struct fabric *f, u32 slot)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	forget_requests(f, &f->slot[slot]);
	fill(&f->slot[slot]);
	raw_spin_unlock_irqrestore(&f->lock, flags);
}

void fabric_set_ats(struct fabric *f, u32 slot)
{
	struct pci_dev *pdev = fabric_dev(f, slot);

	pci_write_config_word(pdev, ATS + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE | PCI_ATS_CTRL_STU(4));
	pci_dev_put(pdev);
}

bool fabric_ats(struct fabric *f, u32 slot)
{
	return has_ats(&f->slot[slot]);
}

bool fabric_pasid(struct fabric *f, u32 slot)
{
	return get16(&f->slot[slot], PASID + PCI_PASID_CTRL) & PCI_PASID_CTRL_ENABLE;
}

bool fabric_bus_master(struct fabric *f, u32 slot)
{
	return may_dma(&f->slot[slot]);
}

bool fabric_cache(struct fabric *f, u32 slot)
{
	return get16(&f->slot[slot], CXL_CTRL) & CACHE_ENABLE;
}

void fabric_enable_cache(struct fabric *f, u32 slot, bool on)
{
	struct pci_dev *pdev = fabric_dev(f, slot);

	pci_write_config_word(pdev, CXL_CTRL, on ? CACHE_ENABLE : 0);
	pci_dev_put(pdev);
}

bool fabric_mastered_ats(struct fabric *f, u32 slot)
{
	return f->slot[slot].mastered_ats;
}

u32 fabric_resets(struct fabric *f, u32 slot)
{
	return f->slot[slot].resets;
}

void fabric_during_reset(struct fabric *f, u32 slot, const struct model_access *a)
{
	struct slot *s = &f->slot[slot];

	s->watched = a;
	s->leaked = false;
	if (a)
		s->watch = *a;
	s->watch.sid = fabric_sid(f, slot);
}

bool fabric_reset_leaked(struct fabric *f, u32 slot)
{
	return f->slot[slot].leaked;
}

int fabric_access(struct fabric *f, u32 slot, struct model_access *a)
{
	struct slot *s = &f->slot[slot];
	unsigned long flags;
	int ret = -EFAULT;

	a->sid = fabric_sid(f, slot);
	raw_spin_lock_irqsave(&f->lock, flags);
	a->ats = has_ats(s);
	if (may_dma(s) && (!a->ssv || fabric_pasid(f, slot)))
		ret = model_access(f->smmu->model, a);
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(fabric_access, "SMMUV3_MODEL");

bool fabric_pri(struct fabric *f, u32 slot)
{
	return has_pri(&f->slot[slot]);
}

u32 fabric_pri_reqs(struct fabric *f, u32 slot)
{
	return get_unaligned_le32(&f->slot[slot].space[PRI + PCI_PRI_ALLOC_REQ]);
}

/* The group has its answer, and its requests count no more */
static void end_group(struct slot *s, u16 prg, bool failed)
{
	s->pri_used -= min(s->pri_used, s->pri_parts[prg]);
	s->pri_parts[prg] = 0;
	s->pri_failed |= failed;
}

int fabric_page_request(struct fabric *f, u32 slot, struct model_page_request *r)
{
	bool stop = r->ssv && r->last && !r->read && !r->write;
	bool rude = r->rude || r->again;
	struct slot *s = &f->slot[slot];
	unsigned long flags;
	int ret = -EPERM;

	r->sid = fabric_sid(f, slot);
	r->bare = s->ep.pri_bare;
	raw_spin_lock_irqsave(&f->lock, flags);
	if (!rude && (!may_dma(s) || !has_ats(s) || !has_pri(s) || s->pri_failed))
		goto unlock;
	ret = -EAGAIN;
	if (!rude && !stop && s->pri_used >= fabric_pri_reqs(f, slot))
		goto unlock;
	ret = model_page_request(f->smmu->model, r);
	if (r->again || stop || ret == -EBUSY)
		goto unlock;
	s->pri_used++;
	s->pri_parts[r->prg]++;
	if (r->last && !ret)
		s->pri_late = PRI_LATE_READS;
	/* the SMMU has answered by itself, with success or with failure (8.1, 8.2) */
	if (r->last && ret)
		end_group(s, r->prg, ret == -EFAULT);
unlock:
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(fabric_page_request, "SMMUV3_MODEL");

u8 fabric_page_answer(struct fabric *f, u32 slot, const struct model_page_request *r)
{
	struct model_page_request mine = *r;
	unsigned long flags;
	u8 answer;

	mine.sid = fabric_sid(f, slot);
	mine.bare = f->slot[slot].ep.pri_bare;
	raw_spin_lock_irqsave(&f->lock, flags);
	answer = model_page_answer(f->smmu->model, &mine);
	if (answer != MODEL_UNANSWERED) {
		end_group(&f->slot[slot], r->prg, answer == PRI_RESP_FAILURE);
		f->slot[slot].pri_late = 0;
	}
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return answer;
}
EXPORT_SYMBOL_NS_GPL(fabric_page_answer, "SMMUV3_MODEL");

const char *fabric_pri_wrong(struct fabric *f, u32 slot)
{
	return f->slot[slot].pri_wrong;
}
EXPORT_SYMBOL_NS_GPL(fabric_pri_wrong, "SMMUV3_MODEL");
