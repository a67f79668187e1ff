/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arm64 knows of its CPUs, for other machines: the driver runs there only on a model of
 * the SMMU, under KUnit.
 */
#ifndef COMPAT_ARCH_H
#define COMPAT_ARCH_H

#ifdef CONFIG_ARM64
#include <asm/memory.h>
#include <asm/virt.h>
#else
#include <linux/types.h>

#define VA_BITS		48

static inline bool is_kernel_in_hyp_mode(void)
{
	return false;
}
#endif

#endif
