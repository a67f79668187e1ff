/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages of the kernel that runs, of 4K, 16K or 64K, and huge pages of 2M, which all three have.
 */
#ifndef PAGE_H
#define PAGE_H

#include <linux/mman.h>
#include <unistd.h>

#define PAGE		((unsigned long)sysconf(_SC_PAGESIZE))
#define BLOCK		(2ul << 20)
#define MAP_BLOCKS	(MAP_HUGETLB | MAP_HUGE_2MB)

#endif
