// SPDX-License-Identifier: GPL-2.0-only
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>

#include <kunit/static_stub.h>

#include <smmuv3/regs.h>

#include "core/errata.h"
#include "core/ident.h"
#include "core/iort.h"
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
 * updates. The driver follows the IORT where it says less than the register, and where it says
 * more. The value 3 is reserved there.
 */
static void read_httu(u32 flags, struct smmu_ident_env *env)
{
	env->httu = FIELD_GET(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, flags);
	env->httu_said = env->httu <= IDR0_HTTU_AF_DIRTY;
}

static void read_iort(const struct acpi_iort_smmu_v3 *iort, struct smmu_ident_env *env)
{
	env->extra_errata |= smmu_errata_of_model(iort->model);
	read_httu(iort->flags, env);
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

u32 smmu_firmware_differs(struct smmu_device *smmu, const struct smmu_ident_env *env)
{
	u32 idr0 = smmu_reg_read(smmu->base, SMMU_IDR0), httu = FIELD_GET(IDR0_HTTU, idr0), n = 0;

	if (env->coherent != !!(idr0 & IDR0_COHACC)) {
		dev_warn(smmu->dev, "this SMMU is used as %scoherent, as firmware says, although IDR0.COHACC is %u\n",
			 env->coherent ? "" : "not ", !env->coherent);
		n++;
	}
	if (env->httu_said && env->httu != httu) {
		dev_warn(smmu->dev, "hardware updates of page tables are used as the IORT says, which is %s than IDR0.HTTU %u\n",
			 env->httu < httu ? "less" : "more", httu);
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

#ifdef CONFIG_ACPI
static int root_complex_pasid_bits(struct pci_dev *pdev)
{
	struct acpi_table_header *table;
	int bits;

	/* on DT machines there is none */
	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_IORT, 0, &table)))
		return -ENOENT;
	bits = smmu_iort_pci_pasid_bits(&(struct smmu_iort) { table, table->length },
					pci_domain_nr(pdev->bus), pci_dev_id(pdev));
	acpi_put_table(table);
	return bits;
}
#else
static int root_complex_pasid_bits(struct pci_dev *pdev)
{
	return -ENOENT;
}
#endif

int smmu_firmware_pasid_bits(struct pci_dev *pdev)
{
	/* suites replace this, because they have no IORT */
	KUNIT_STATIC_STUB_REDIRECT(smmu_firmware_pasid_bits, pdev);

	return root_complex_pasid_bits(pdev);
}

static void show_dt(struct seq_file *s, const struct device_node *np)
{
	const struct smmu_dt_erratum *e;
	const char *name;
	int i;

	seq_puts(s, "firmware dt");
	for (i = 0; !of_property_read_string_index(np, "compatible", i, &name); i++)
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

static int add_reserved(struct list_head *reserved, phys_addr_t start, size_t length)
{
	struct iommu_resv_region *r;

	r = iommu_alloc_resv_region(start, length, 0, IOMMU_RESV_RESERVED, GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	list_add_tail(&r->list, reserved);
	return 0;
}

/* A row of iommu-addresses names a device, and has an address and a length in the device's cells */
static int add_iommu_addresses(const struct device_node *np, struct list_head *reserved)
{
	const __be32 *cell, *end;
	int size, ret = 0;

	cell = of_get_property(np, "iommu-addresses", &size);
	end = cell + size / sizeof(*cell);
	while (!ret && cell && cell < end) {
		struct device_node *dev = of_find_node_by_phandle(be32_to_cpup(cell++));
		phys_addr_t start;
		size_t length;

		if (!dev || end - cell < of_n_addr_cells(dev) + of_n_size_cells(dev)) {
			pr_warn("%pOF: iommu-addresses cannot be read to its end\n", np);
			of_node_put(dev);
			break;
		}
		cell = of_translate_dma_region(dev, cell, &start, &length);
		of_node_put(dev);
		if (cell && length)
			ret = add_reserved(reserved, start, length);
	}
	return ret;
}

static int dt_reserved(struct list_head *reserved)
{
	struct device_node *np;
	int ret;

	for_each_node_with_property(np, "iommu-addresses") {
		ret = add_iommu_addresses(np, reserved);
		if (ret) {
			of_node_put(np);
			return ret;
		}
	}
	return 0;
}

int smmu_firmware_reserved(struct smmu_device *smmu, struct list_head *reserved)
{
	struct iommu_resv_region *r;
	LIST_HEAD(rmrs);
	int ret = 0;

	/* suites replace this, because they have no IORT */
	KUNIT_STATIC_STUB_REDIRECT(smmu_firmware_reserved, smmu, reserved);

	if (smmu->dev->of_node)
		return dt_reserved(reserved);
	iort_get_rmr_sids(dev_fwnode(smmu->dev), &rmrs);
	list_for_each_entry(r, &rmrs, list)
		ret = ret ?: add_reserved(reserved, r->start, r->length);
	iort_put_rmr_sids(dev_fwnode(smmu->dev), &rmrs);
	return ret;
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
