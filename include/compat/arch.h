/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arm64 headers say about its CPUs. On other machines the driver runs only on a model of the
 * SMMU, and kunit/model/stand_in has a file in place of this one.
 */
#ifndef COMPAT_ARCH_H
#define COMPAT_ARCH_H

#include <asm/memory.h>
#include <asm/virt.h>

#endif
