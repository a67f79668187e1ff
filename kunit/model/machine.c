// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine, on user-mode Linux or arm64. The driver's register accesses go to the model
 * (stand_in/hw/mmio.h), nodes come from a changeset of the live device tree, and interrupts are
 * descriptors without a line, raised from irq_work.
 */
#include <linux/export.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <compat/arch.h>
#include <compat/mm.h>

#include "model/machine.h"
#include "model/memory.h"
#include "model/node.h"
#include "model/stand_in/hw/mmio.h"

bool compat_hyp_mode;

#ifndef CONFIG_ARM64
struct compat_mm_format machine_mm_format = {
	.mair = 0xff,
	.va_bits = 48,
	.pa_bits = 40,
};

u64 (*machine_mm_ttb)(const struct mm_struct *mm);

void compat_mm_format(struct compat_mm_format *form)
{
	*form = machine_mm_format;
}

u64 compat_mm_ttb(const struct mm_struct *mm)
{
	return machine_mm_ttb(mm);
}
#endif

/* Addresses at which no machine has memory */
#define REGION_BASE		0x4000000000ULL
#define CMDQV_BASE		0x5000000000ULL
#define PHANDLE_BASE		0x534d0000
#define CMDQV_PHANDLE_BASE	0x434d0000

static const char * const line_name[MACHINE_LINES] = {
	[MACHINE_EVENTQ] = "eventq",
	[MACHINE_PRIQ] = "priq",
	[MACHINE_GERROR] = "gerror",
	[MACHINE_CMDQ_SYNC] = "cmdq-sync",
	[MACHINE_COMBINED] = "combined",
};

const char *machine_line_name(enum machine_line line)
{
	return line_name[line];
}

/**
 * struct own_smmu - an SMMU and its parts
 * @smmu: the part that the user sees
 * @pdev: platform device
 * @node: node in the device tree
 * @slot: number of its registers in the region
 * @cmdqv: platform device of the companion, or NULL
 * @cmdqv_node: its node
 * @cmdqv_other: node of another SMMU that names it, too
 * @cmdqv_irq: its interrupt, 0 for none
 * @cmdqv_base: physical address of its registers
 * @cmdqv_bytes: their size
 * @cmdqv_ram: memory there, or NULL
 * @irq: wired interrupts, 0 for none
 * @level: they are level-triggered
 * @pending: interrupts that were raised and not yet delivered, by enum model_irq
 * @work: delivers them
 */
struct own_smmu {
	struct machine_smmu smmu;
	struct platform_device *pdev;
	struct machine_node node;
	u32 slot;
	struct platform_device *cmdqv;
	struct machine_node cmdqv_node;
	struct machine_node cmdqv_other;
	int cmdqv_irq;
	u64 cmdqv_base;
	u32 cmdqv_bytes;
	void *cmdqv_ram;
	int irq[MACHINE_LINES];
	bool level;
	unsigned long pending;
	struct irq_work work;
};

/* A device behind an SMMU; the platform data of the device points to it */
struct own_device {
	struct platform_device *pdev;
	struct machine_node node;
};

static DEFINE_MUTEX(machine_lock);
static struct own_smmu *slots[MACHINE_SMMUS_MAX];

/* The same for registers of companions. Those below are in memory, for a few SMMUs that stay */
static struct model *cmdqv_at(unsigned long addr, u32 *off)
{
	struct own_smmu **u = slots;

	if (addr >= CMDQV_BASE)
		u += (addr - CMDQV_BASE) / MACHINE_CMDQV_REGION;
	else
		while (!*u || addr < (*u)->cmdqv_base ||
		       addr - (*u)->cmdqv_base >= (*u)->cmdqv_bytes)
			u++;
	*off = addr - (*u)->cmdqv_base;
	return (*u)->smmu.model;
}

/* The SMMU at @addr exists, because the driver's remove function runs before the SMMU goes */
static struct model *model_at(unsigned long addr, u32 *off)
{
	*off = (addr - REGION_BASE) % MACHINE_REGION;
	return slots[(addr - REGION_BASE) / MACHINE_REGION]->smmu.model;
}

u64 machine_read(unsigned long addr, unsigned int size)
{
	struct model *m;
	u32 off;

	if (addr < REGION_BASE || addr >= CMDQV_BASE) {
		m = cmdqv_at(addr, &off);
		return model_cmdqv_read(m, off, size);
	}
	m = model_at(addr, &off);
	return model_read(m, off, size);
}

void machine_write(unsigned long addr, unsigned int size, u64 val)
{
	struct model *m;
	u32 off;

	if (addr < REGION_BASE || addr >= CMDQV_BASE) {
		m = cmdqv_at(addr, &off);
		model_cmdqv_write(m, off, size, val);
		return;
	}
	m = model_at(addr, &off);
	model_write(m, off, size, val);
}

static void *host_mem(void *host, u64 pa, size_t len)
{
	if (!pa || !pfn_valid(PHYS_PFN(pa)) || !pfn_valid(PHYS_PFN(pa + len - 1)))
		return NULL;
	return phys_to_virt(pa);
}

static void *host_behind(void *host, u64 pa, size_t len, bool settled)
{
	return memory_behind(pa, settled);
}

/* Called with the model's lock held, whenever the driver accesses a register */
static void host_irq(void *host, enum model_irq irq)
{
	struct own_smmu *u = host;

	set_bit(irq, &u->pending);
	irq_work_queue(&u->work);
}

static const struct model_host_ops host_ops = {
	.mem = host_mem,
	.behind = MEMORY_HAS_CACHES ? host_behind : NULL,
	.irq = host_irq,
};

static const struct model_host_ops host_ops_no_irq = {
	.mem = host_mem,
	.behind = MEMORY_HAS_CACHES ? host_behind : NULL,
};

/*
 * Raise a line. A level-triggered line that is masked stays active until it is unmasked. Return:
 * false for such a line.
 */
static bool raise(struct own_smmu *u, enum machine_line line)
{
	if (!u->irq[line])
		return true;
	if (u->level && irqd_irq_masked(irq_get_irq_data(u->irq[line])))
		return false;
	generic_handle_irq(u->irq[line]);
	return true;
}

static void deliver(struct irq_work *work)
{
	struct own_smmu *u = container_of(work, struct own_smmu, work);
	unsigned int i;

	if (test_and_clear_bit(MODEL_IRQ_CMDQV, &u->pending) && u->cmdqv_irq)
		generic_handle_irq(u->cmdqv_irq);
	for (i = 0; i < MODEL_IRQS; i++)
		if (test_and_clear_bit(i, &u->pending) &&
		    (!raise(u, i) || !raise(u, MACHINE_COMBINED)))
			set_bit(i, &u->pending);
}

static void level_unmask(struct irq_data *data)
{
	struct own_smmu *u = irq_data_get_irq_chip_data(data);

	if (READ_ONCE(u->pending))
		irq_work_queue(&u->work);
}

/* The core remembers that the line is masked, see raise() */
static void level_mask(struct irq_data *data)
{
}

static struct irq_chip level_chip = {
	.name = "model-level",
	.irq_mask = level_mask,
	.irq_unmask = level_unmask,
};

static int make_irqs(struct own_smmu *u, const struct machine_firmware *fw)
{
	unsigned int i;

	u->level = fw->level;
	for (i = 0; i < MACHINE_LINES; i++) {
		int irq;

		if (!(fw->lines & BIT(i)))
			continue;
		irq = irq_alloc_descs(-1, 128, 1, -1);
		if (irq < 0)
			return irq;
		u->irq[i] = irq;
		if (fw->level)
			irq_set_chip_and_handler(irq, &level_chip, handle_level_irq);
		else
			irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_edge_irq);
		irq_set_chip_data(irq, u);
		irq_clear_status_flags(irq, IRQ_NOREQUEST);
	}
	return 0;
}

static void free_irqs(struct own_smmu *u)
{
	unsigned int i;

	irq_work_sync(&u->work);
	if (u->cmdqv_irq)
		irq_free_descs(u->cmdqv_irq, 1);
	for (i = 0; i < MACHINE_LINES; i++)
		if (u->irq[i])
			irq_free_descs(u->irq[i], 1);
}

/*
 * Make a node below the root. It is marked as populated, because otherwise the device tree's own
 * notifier would make the platform device before the properties are there.
 */
static int make_smmu_node(struct own_smmu *u, const struct machine_firmware *fw)
{
	const char * const compatible[] = { fw->compatible, "arm,smmu-v3" };
	bool plain = !fw->compatible;
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "model-smmu-%u", u->slot);
	ret = machine_node_new(&u->node, name);
	if (ret)
		return ret;
	ret = of_changeset_add_prop_string_array(&u->node.cs, u->node.np, "compatible",
						 compatible + plain,
						 ARRAY_SIZE(compatible) - plain);
	if (!ret)
		ret = of_changeset_add_prop_u32(&u->node.cs, u->node.np, "#iommu-cells", 1);
	/*
	 * on CPUs that are coherent by default only "dma-noncoherent" matters, on others only
	 * "dma-coherent"
	 */
	if (!ret)
		ret = of_changeset_add_prop_bool(&u->node.cs, u->node.np, fw->coherent ?
						 "dma-coherent" : "dma-noncoherent");
	if (!ret && fw->property)
		ret = of_changeset_add_prop_bool(&u->node.cs, u->node.np, fw->property);
	if (!ret && u->cmdqv_node.np && fw->cmdqv != MACHINE_CMDQV_UNNAMED)
		ret = of_changeset_add_prop_u32(&u->node.cs, u->node.np, "nvidia,cmdqv",
						CMDQV_PHANDLE_BASE + u->slot);
	ret = machine_node_apply(&u->node, ret);
	if (ret)
		return ret;
	/*
	 * the kernel sets the phandle only of nodes that have the property when they are attached
	 */
	u->node.np->phandle = PHANDLE_BASE + u->slot;
	return 0;
}

/* As platform_device_register_full(), which leaves no time to say that the device does not snoop */
static struct platform_device *plug(const struct platform_device_info *info, bool coherent)
{
	struct platform_device *pdev = platform_device_alloc(info->name, info->id);
	int ret;

	if (!pdev)
		return ERR_PTR(-ENOMEM);
	device_set_node(&pdev->dev, fwnode_handle_get(info->fwnode));
	pdev->platform_dma_mask = info->dma_mask;
	pdev->dev.dma_mask = &pdev->platform_dma_mask;
	pdev->dev.coherent_dma_mask = info->dma_mask;
	if (!coherent)
		memory_set_noncoherent(&pdev->dev);
	ret = platform_device_add_resources(pdev, info->res, info->num_res);
	if (!ret)
		ret = platform_device_add(pdev);
	if (!ret)
		return pdev;
	platform_device_put(pdev);
	return ERR_PTR(ret);
}

/* Another SMMU, which has no device, names the companion */
static int make_cmdqv_other(struct own_smmu *u)
{
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "model-other-smmu-%u", u->slot);
	ret = machine_node_new(&u->cmdqv_other, name);
	if (!ret) {
		ret = of_changeset_add_prop_u32(&u->cmdqv_other.cs, u->cmdqv_other.np,
						"nvidia,cmdqv", CMDQV_PHANDLE_BASE + u->slot);
		ret = machine_node_apply(&u->cmdqv_other, ret);
	}
	if (ret)
		u->cmdqv_other.np = NULL;
	return ret;
}

static int make_cmdqv_node(struct own_smmu *u, const struct machine_firmware *fw)
{
	const char *kind = fw->cmdqv == MACHINE_CMDQV_OTHER ? "nvidia,tegra264-other" :
							      "nvidia,tegra264-cmdqv";
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "model-cmdqv-%u", u->slot);
	ret = machine_node_new(&u->cmdqv_node, name);
	if (!ret) {
		ret = of_changeset_add_prop_string(&u->cmdqv_node.cs, u->cmdqv_node.np,
						   "compatible", kind);
		ret = machine_node_apply(&u->cmdqv_node, ret);
	}
	if (ret) {
		u->cmdqv_node.np = NULL;
		return ret;
	}
	u->cmdqv_node.np->phandle = CMDQV_PHANDLE_BASE + u->slot;
	return fw->cmdqv == MACHINE_CMDQV_TWICE ? make_cmdqv_other(u) : 0;
}

/* Where are the registers? At no memory, or in some that programs can map */
static int place_cmdqv(struct own_smmu *u, const struct machine_firmware *fw)
{
	u->cmdqv_base = CMDQV_BASE + u->slot * (u64)MACHINE_CMDQV_REGION;
	u->cmdqv_bytes = fw->cmdqv_size ?: MACHINE_CMDQV_REGION;
	if (!fw->cmdqv_mapped)
		return 0;
	u->cmdqv_ram = alloc_pages_exact(u->cmdqv_bytes, GFP_KERNEL | __GFP_ZERO);
	if (!u->cmdqv_ram)
		return -ENOMEM;
	u->cmdqv_base = virt_to_phys(u->cmdqv_ram);
	return model_cmdqv_show(u->smmu.model, u->cmdqv_ram) ? 0 : -ENOMEM;
}

static int make_cmdqv(struct own_smmu *u, const struct machine_firmware *fw)
{
	struct resource res[2];
	struct platform_device_info info = {
		.name = "model-cmdqv",
		.id = u->slot,
		.res = res,
		.num_res = 1,
		.dma_mask = DMA_BIT_MASK(32),
	};
	int ret;

	ret = make_cmdqv_node(u, fw);
	if (!ret)
		ret = place_cmdqv(u, fw);
	if (ret || fw->cmdqv == MACHINE_CMDQV_NO_DEVICE)
		return ret;
	res[0] = DEFINE_RES_MEM(u->cmdqv_base, u->cmdqv_bytes);
	if (!fw->cmdqv_no_irq) {
		ret = irq_alloc_descs(-1, 128, 1, -1);
		if (ret < 0)
			return ret;
		u->cmdqv_irq = ret;
		irq_set_chip_and_handler(u->cmdqv_irq, &dummy_irq_chip, handle_edge_irq);
		irq_clear_status_flags(u->cmdqv_irq, IRQ_NOREQUEST);
		res[info.num_res++] = DEFINE_RES_IRQ(u->cmdqv_irq);
	}
	info.fwnode = of_fwnode_handle(u->cmdqv_node.np);
	u->cmdqv = plug(&info, true);
	ret = PTR_ERR_OR_ZERO(u->cmdqv);
	if (ret)
		u->cmdqv = NULL;
	return ret;
}

static void remove_cmdqv(struct own_smmu *u)
{
	platform_device_unregister(u->cmdqv);
	if (u->cmdqv_other.np)
		machine_node_remove(&u->cmdqv_other);
	if (u->cmdqv_node.np)
		machine_node_remove(&u->cmdqv_node);
	if (u->cmdqv_ram)
		free_pages_exact(u->cmdqv_ram, u->cmdqv_bytes);
}

static int make_smmu_device(struct own_smmu *u, const struct machine_firmware *fw)
{
	u64 base = REGION_BASE + u->slot * (u64)MACHINE_REGION;
	struct resource res[1 + MACHINE_LINES] = {
		DEFINE_RES_MEM(base, fw->size ?: MODEL_MMIO_SIZE),
	};
	struct platform_device_info info = {
		.name = "model-smmu",
		.id = u->slot,
		.fwnode = of_fwnode_handle(u->node.np),
		.res = res,
		.num_res = 1,
		.dma_mask = DMA_BIT_MASK(32),
	};
	unsigned int i;

	for (i = 0; i < MACHINE_LINES; i++)
		if (u->irq[i])
			res[info.num_res++] = DEFINE_RES_IRQ_NAMED(u->irq[i], line_name[i]);
	u->pdev = plug(&info, fw->coherent);
	if (IS_ERR(u->pdev))
		return PTR_ERR(u->pdev);
	u->smmu.dev = &u->pdev->dev;
	return 0;
}

static int build_smmu(struct own_smmu *u, const struct model_config *cfg,
		      const struct machine_firmware *fw)
{
	struct model_config made = *cfg;
	int ret;

	/* firmware knows the wiring */
	made.noncoherent |= !fw->coherent;
	u->work = IRQ_WORK_INIT_HARD(deliver);
	ret = make_irqs(u, fw);
	if (ret)
		goto free_irqs;
	u->smmu.model = model_create(&made, fw->lines ? &host_ops : &host_ops_no_irq, u);
	if (!u->smmu.model) {
		ret = -ENOMEM;
		goto free_irqs;
	}
	if (cfg->cmdqv_param)
		ret = make_cmdqv(u, fw);
	if (ret)
		goto free_cmdqv;
	ret = make_smmu_node(u, fw);
	if (ret)
		goto free_cmdqv;
	ret = make_smmu_device(u, fw);
	if (!ret)
		return 0;
	machine_node_remove(&u->node);
free_cmdqv:
	remove_cmdqv(u);
	model_destroy(u->smmu.model);
free_irqs:
	free_irqs(u);
	return ret;
}

struct machine_smmu *machine_add_smmu_with(const struct model_config *cfg,
					   const struct machine_firmware *fw)
{
	struct own_smmu *u;
	int ret = -ENOSPC;

	u = kzalloc_obj(*u);
	if (!u)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&machine_lock);
	for (u->slot = 0; u->slot < MACHINE_SMMUS_MAX && slots[u->slot]; u->slot++)
		;
	if (u->slot < MACHINE_SMMUS_MAX) {
		slots[u->slot] = u;
		ret = build_smmu(u, cfg, fw);
		if (ret)
			slots[u->slot] = NULL;
	}
	mutex_unlock(&machine_lock);
	if (!ret)
		return &u->smmu;
	kfree(u);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(machine_add_smmu_with, "SMMUV3_MODEL");

struct machine_smmu *machine_add_smmu(const struct model_config *cfg, bool irqs, bool coherent)
{
	struct machine_firmware fw = {
		.lines = irqs ? MACHINE_USUAL_LINES : 0,
		.coherent = coherent,
	};

	return machine_add_smmu_with(cfg, &fw);
}
EXPORT_SYMBOL_NS_GPL(machine_add_smmu, "SMMUV3_MODEL");

void machine_remove_smmu(struct machine_smmu *smmu)
{
	struct own_smmu *u = container_of(smmu, struct own_smmu, smmu);

	mutex_lock(&machine_lock);
	platform_device_unregister(u->pdev);
	machine_node_remove(&u->node);
	remove_cmdqv(u);
	free_irqs(u);
	model_destroy(u->smmu.model);
	slots[u->slot] = NULL;
	mutex_unlock(&machine_lock);
	kfree(u);
}
EXPORT_SYMBOL_NS_GPL(machine_remove_smmu, "SMMUV3_MODEL");

u32 machine_nr(struct machine_smmu *smmu)
{
	return container_of(smmu, struct own_smmu, smmu)->slot;
}

u32 machine_phandle(struct machine_smmu *smmu)
{
	return PHANDLE_BASE + machine_nr(smmu);
}

static int make_device_node(struct own_device *d, u32 phandle, u32 id, const u32 *sids, u32 n,
			    u32 ssid_bits, bool can_stall)
{
	char name[32];
	u32 *cells, i;
	int ret;

	cells = kcalloc(n, 2 * sizeof(*cells), GFP_KERNEL);
	if (!cells)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		cells[2 * i] = phandle;
		cells[2 * i + 1] = sids[i];
	}
	snprintf(name, sizeof(name), "model-device-%u", id);
	ret = machine_node_new(&d->node, name);
	if (ret)
		goto free;
	ret = of_changeset_add_prop_u32_array(&d->node.cs, d->node.np, "iommus", cells, 2 * n);
	if (!ret && ssid_bits)
		ret = of_changeset_add_prop_u32(&d->node.cs, d->node.np, "pasid-num-bits",
						ssid_bits);
	if (!ret && can_stall)
		ret = of_changeset_add_prop_bool(&d->node.cs, d->node.np, "dma-can-stall");
	ret = machine_node_apply(&d->node, ret);
free:
	kfree(cells);
	return ret;
}

struct device *machine_add_device(struct machine_smmu *smmu, const u32 *sids, u32 n,
				  u32 ssid_bits, bool can_stall)
{
	struct own_smmu *u = container_of(smmu, struct own_smmu, smmu);
	static atomic_t ids = ATOMIC_INIT(0);
	struct platform_device_info info = {
		.name = "model-device",
		.dma_mask = DMA_BIT_MASK(48),
	};
	struct own_device *d;
	int ret;

	info.id = atomic_inc_return(&ids);
	d = kzalloc_obj(*d);
	if (!d)
		return ERR_PTR(-ENOMEM);
	ret = make_device_node(d, u->node.np->phandle, info.id, sids, n, ssid_bits,
			       can_stall);
	if (ret)
		goto free;
	info.fwnode = of_fwnode_handle(d->node.np);
	info.data = &d;
	info.size_data = sizeof(d);
	d->pdev = platform_device_register_full(&info);
	if (!IS_ERR(d->pdev))
		return &d->pdev->dev;
	ret = PTR_ERR(d->pdev);
	machine_node_remove(&d->node);
free:
	kfree(d);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(machine_add_device, "SMMUV3_MODEL");

void machine_remove_device(struct device *dev)
{
	struct own_device *d = *(struct own_device **)dev_get_platdata(dev);

	platform_device_unregister(d->pdev);
	machine_node_remove(&d->node);
	kfree(d);
}
EXPORT_SYMBOL_NS_GPL(machine_remove_device, "SMMUV3_MODEL");
