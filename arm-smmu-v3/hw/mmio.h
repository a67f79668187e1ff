/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register access. Every access of the driver to an SMMU's registers goes through this file, so
 * that a model of an SMMU can replace the registers in one place: kunit/model/stand_in.
 */
#ifndef SMMU_HW_MMIO_H
#define SMMU_HW_MMIO_H

#include <linux/device.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/ioport.h>

/*
 * Claim and map a range of registers. The driver core gives it back with the device's other
 * resources. Return: the mapping, or an ERR_PTR with one line logged.
 */
static inline void __iomem *smmu_reg_map(struct device *dev, resource_size_t start, size_t size)
{
	struct resource res = DEFINE_RES_MEM(start, size);

	return devm_ioremap_resource(dev, &res);
}

static inline u32 smmu_reg_read(void __iomem *page, u32 off)
{
	return readl_relaxed(page + off);
}

static inline u64 smmu_reg_read64(void __iomem *page, u32 off)
{
	return readq_relaxed(page + off);
}

static inline void smmu_reg_write(void __iomem *page, u32 off, u32 val)
{
	writel_relaxed(val, page + off);
}

/* Write a register after all earlier writes to memory */
static inline void smmu_reg_write_ordered(void __iomem *page, u32 off, u32 val)
{
	writel(val, page + off);
}

static inline void smmu_reg_write64(void __iomem *page, u32 off, u64 val)
{
	writeq_relaxed(val, page + off);
}

#endif
