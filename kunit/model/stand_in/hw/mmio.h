/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replaces arm-smmu-v3/hw/mmio.h where the driver is built to run on the model, because the build
 * searches this folder before the driver's own. A mapping is the address of the platform device's
 * registers. Only machine_read() and machine_write() use it.
 */
#ifndef SMMU_HW_MMIO_H
#define SMMU_HW_MMIO_H

#include <linux/device.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/types.h>

#include <asm/barrier.h>

u64 machine_read(unsigned long addr, unsigned int size);
void machine_write(unsigned long addr, unsigned int size, u64 val);

static inline void __iomem *smmu_reg_map(struct device *dev, resource_size_t start, size_t size)
{
	/*
	 * claim the registers as the driver's own function does, unless they are in memory, which
	 * is claimed; there is nothing to map
	 */
	if (!page_is_ram(PHYS_PFN(start)) &&
	    !devm_request_mem_region(dev, start, size, dev_name(dev)))
		return IOMEM_ERR_PTR(-EBUSY);
	return (void __iomem *)(unsigned long)start;
}

static inline u32 smmu_reg_read(void __iomem *page, u32 off)
{
	return machine_read((unsigned long)page + off, 4);
}

static inline u64 smmu_reg_read64(void __iomem *page, u32 off)
{
	return machine_read((unsigned long)page + off, 8);
}

static inline void smmu_reg_write(void __iomem *page, u32 off, u32 val)
{
	machine_write((unsigned long)page + off, 4, val);
}

static inline void smmu_reg_write_ordered(void __iomem *page, u32 off, u32 val)
{
	wmb(); /* as in writel(): orders what the SMMU reads once it sees this register */
	machine_write((unsigned long)page + off, 4, val);
}

static inline void smmu_reg_write64(void __iomem *page, u32 off, u64 val)
{
	machine_write((unsigned long)page + off, 8, val);
}

#endif
