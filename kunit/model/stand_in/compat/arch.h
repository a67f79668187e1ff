/* SPDX-License-Identifier: GPL-2.0-only */
/* Replaces include/compat/arch.h: the user of the model says at which EL the kernel runs */
#ifndef COMPAT_ARCH_H
#define COMPAT_ARCH_H

#include <linux/types.h>

#ifdef CONFIG_ARM64
#include <asm/memory.h>
#include <asm/virt.h>
#else
#define VA_BITS		48
#endif

extern bool compat_hyp_mode;

#define is_kernel_in_hyp_mode()	compat_hyp_mode

#endif
