/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arm64 knows of its CPUs. On other machines the driver runs on a model of the SMMU only,
 * and kunit/model/stand_in has a file in this one's place.
 */
#ifndef COMPAT_ARCH_H
#define COMPAT_ARCH_H

#include <asm/memory.h>
#include <asm/virt.h>

#endif
