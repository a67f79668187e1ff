/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of each file of the driver that is built for fuzzing: what of the kernel it uses. The
 * headers that the file names are empty (scripts/empty-headers), but for those of ACPI tables,
 * which are the kernel's own. A WARN ends the program, as a broken statement of a target does.
 * Memory is the C library's, so that ASan watches it, and runs short when a target says so.
 */
#ifndef FUZZING_KERNEL_H
#define FUZZING_KERNEL_H

#include <stdlib.h>

#include "../manycpu/plain.h"

#include "fuzz.h"

#define ENODEV			19
#define EINVAL			22
#define ENOENT			2

#define SZ_4K			0x1000
#define SZ_16K			0x4000
#define SZ_64K			0x10000
#define SZ_2M			0x200000
#define SZ_32M			0x2000000
#define SZ_512M			0x20000000
#define SZ_1G			0x40000000
#define SZ_4T			BIT_ULL(42)

#define offsetofend(type, member)	(offsetof(type, member) + sizeof(((type *)0)->member))
#define ilog2(n)		(63 - __builtin_clzll(n))
#define hweight_long(w)		__builtin_popcountl(w)
#define dma_wmb()		do { } while (0)

#define WARN_ON_ONCE(cond)	({ MUST(!(cond), "no WARN: " #cond); false; })

#define MAX_ERRNO		4095
#define ERR_PTR(err)		((void *)(long)(err))
#define IS_ERR(p)		((unsigned long)(p) >= (unsigned long)-MAX_ERRNO)

/* memory */
#define GFP_KERNEL		0
#define struct_size(p, member, n)	offsetof(typeof(*(p)), member[n])
#define kvmalloc(size, gfp)	(fuzz_no_memory ? NULL : malloc(size))
#define kvfree(p)		free(p)

/* what only has to have a size */
struct rcu_head { void *unused[2]; };
struct ida { int unused; };
typedef struct { int counter; } atomic_t;

/* what acpi/actbl.h needs */
#define ACPI_NAMESEG_SIZE	4
#define ACPI_OEM_ID_SIZE	6
#define ACPI_OEM_TABLE_ID_SIZE	8
#define ACPI_NONSTRING
#define ACPI_FLEX_ARRAY(type, name)	struct { struct { } unused; type name[]; }
typedef u64 acpi_physical_address;
typedef u16 acpi_owner_id;

#endif
