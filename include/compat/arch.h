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

/* The model's user says whether its CPUs run the kernel at EL2 */
extern bool compat_hyp_mode;

static inline bool is_kernel_in_hyp_mode(void)
{
	return compat_hyp_mode;
}
#endif

#endif
