// SPDX-License-Identifier: GPL-2.0-only
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>

#include <kunit/static_stub.h>

#include <smmuv3/regs.h>

#include "core/errata.h"
#include "core/ident.h"
#include "drv/firmware.h"
#include "drv/iommu.h"
#include "hw/device.h"
#include "hw/mmio.h"

static u32 dt_errata(const struct device_node *np)
{
	const struct smmu_dt_erratum *e;
	u32 errata = 0;

	for (e = smmu_dt_errata; e->errata; e++)
		if ((e->property && of_property_read_bool(np, e->property)) ||
		    (e->compatible && of_device_is_compatible(np, e->compatible)))
			errata |= e->errata;
	return errata;
}

static int read_dt(struct device *dev, struct smmu_ident_env *env)
{
	u32 cells;

	if (of_property_read_u32(dev->of_node, "#iommu-cells", &cells) || cells != 1) {
		dev_err(dev, "DT: #iommu-cells must be 1\n");
		return -EINVAL;
	}
	env->extra_errata |= dt_errata(dev->of_node);
	env->coherent = of_dma_is_coherent(dev->of_node);
	return 0;
}

/*
 * The IORT overrides IDR0.HTTU, because only firmware knows whether the memory system does atomic
 * updates. The driver follows the IORT where it says less than the register.
 */
static u32 without_httu(u32 flags)
{
	switch (FIELD_GET(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, flags)) {
	case IDR0_HTTU_NONE:
		return SMMU_FEAT_HA | SMMU_FEAT_HD | SMMU_FEAT_HAFT;
	case IDR0_HTTU_AF:
		return SMMU_FEAT_HD | SMMU_FEAT_HAFT;
	case IDR0_HTTU_AF_DIRTY:
		return SMMU_FEAT_HAFT;
	default:
		return 0;
	}
}

static void read_iort(const struct acpi_iort_smmu_v3 *iort, struct smmu_ident_env *env)
{
	env->extra_errata |= smmu_errata_of_model(iort->model);
	env->disable |= without_httu(iort->flags);
	env->coherent = iort->flags & ACPI_IORT_SMMU_V3_COHACC_OVERRIDE;
}

const struct acpi_iort_smmu_v3 *smmu_firmware_iort(struct device *dev)
{
	struct acpi_iort_node *node;

	/* suites have no IORT, and give a node of their own */
	KUNIT_STATIC_STUB_REDIRECT(smmu_firmware_iort, dev);

	if (!IS_ENABLED(CONFIG_ACPI_IORT) || dev->of_node)
		return NULL;
	node = *(struct acpi_iort_node **)dev_get_platdata(dev);
	return (void *)node->node_data;
}

/* SMMU_FEAT_* that the SMMU has according to IDR0.HTTU */
static u32 has_httu(u32 idr0)
{
	u32 httu = FIELD_GET(IDR0_HTTU, idr0), flags = 0;

	if (httu >= IDR0_HTTU_AF)
		flags |= SMMU_FEAT_HA;
	if (httu >= IDR0_HTTU_AF_DIRTY)
		flags |= SMMU_FEAT_HD;
	if (httu == IDR0_HTTU_TABLE_AF)
		flags |= SMMU_FEAT_HAFT;
	return flags;
}

u32 smmu_firmware_differs(struct smmu_device *smmu, bool coherent, u32 absent)
{
	u32 idr0 = smmu_reg_read(smmu->base, SMMU_IDR0), n = 0;

	if (coherent != !!(idr0 & IDR0_COHACC)) {
		dev_warn(smmu->dev, "this SMMU is used as %scoherent, as firmware says, although IDR0.COHACC is %u\n",
			 coherent ? "" : "not ", !coherent);
		n++;
	}
	if (absent & has_httu(idr0)) {
		dev_warn(smmu->dev, "hardware updates of page tables are used as the IORT says, which is less than IDR0.HTTU %lu\n",
			 FIELD_GET(IDR0_HTTU, idr0));
		n++;
	}
	return n;
}

static int line(struct platform_device *pdev, const char *name)
{
	int irq = platform_get_irq_byname_optional(pdev, name);

	return irq > 0 ? irq : 0;
}

int smmu_firmware_read(struct platform_device *pdev, struct smmu_ident_env *env,
		       struct smmu_wired *wired)
{
	const struct acpi_iort_smmu_v3 *iort = smmu_firmware_iort(&pdev->dev);

	wired->combined = line(pdev, "combined");
	if (!wired->combined) {
		wired->event = line(pdev, "eventq");
		wired->pri = line(pdev, "priq");
		wired->gerror = line(pdev, "gerror");
	}
	if (!iort && pdev->dev.of_node)
		return read_dt(&pdev->dev, env);
	if (!iort) {
		dev_err(&pdev->dev, "there is no DT node for this SMMU, and this kernel cannot read the IORT\n");
		return -EINVAL;
	}
	read_iort(iort, env);
	return 0;
}

static void show_dt(struct seq_file *s, const struct device_node *np)
{
	const struct smmu_dt_erratum *e;
	const struct property *prop;
	const char *name;

	seq_puts(s, "firmware dt");
	of_property_for_each_string(np, "compatible", prop, name)
		seq_printf(s, " %s", name);
	for (e = smmu_dt_errata; e->errata; e++)
		if (e->property && of_property_read_bool(np, e->property))
			seq_printf(s, " %s", e->property);
	seq_putc(s, '\n');
}

void smmu_firmware_show(struct seq_file *s, struct platform_device *pdev)
{
	static const char * const lines[] = {
		"eventq", "priq", "gerror", "cmdq-sync", "combined"
	};
	const struct acpi_iort_smmu_v3 *iort = smmu_firmware_iort(&pdev->dev);
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	struct smmu_ident_env env = {};
	struct smmu_wired wired;
	unsigned int i;

	if (iort)
		seq_printf(s, "firmware iort model %u flags 0x%x\n", iort->model, iort->flags);
	else
		show_dt(s, pdev->dev.of_node);
	smmu_firmware_read(pdev, &env, &wired);
	seq_printf(s, "coherent %u\nsize 0x%llx\ninterrupts", env.coherent,
		   (u64)resource_size(res));
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (line(pdev, lines[i]))
			seq_printf(s, " %s", lines[i]);
	seq_putc(s, '\n');
}

void smmu_firmware_preset(struct smmu_iommu *iommu)
{
	struct smmu_device *smmu = &iommu->smmu;
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	unsigned int i;

	/* suites replace this, because they have no IORT */
	KUNIT_STATIC_STUB_REDIRECT(smmu_firmware_preset, iommu);

	iort_get_rmr_sids(dev_fwnode(smmu->dev), &regions);
	list_for_each_entry(region, &regions, list) {
		struct iommu_iort_rmr_data *rmr =
			container_of(region, struct iommu_iort_rmr_data, rr);

		for (i = 0; i < rmr->num_sids; i++) {
			int ret = smmu_strtab_preset_bypass(smmu, rmr->sids[i]);

			if (ret)
				dev_err(smmu->dev, "StreamID 0x%x of an RMR node cannot bypass the SMMU (%d); its DMA will stop\n",
					rmr->sids[i], ret);
		}
	}
	iort_put_rmr_sids(dev_fwnode(smmu->dev), &regions);
}
