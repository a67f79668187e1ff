/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the kernel's headers is plain C, for files of the driver that are built for user space:
 * types, limits, error numbers, bits and fields, accesses. The simulator of many CPUs (kernel.h)
 * and the fuzzing (../fuzzing/kernel.h) put it in front of them and add the rest, each its own.
 */
#ifndef MANYCPU_PLAIN_H
#define MANYCPU_PLAIN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int32_t s32;
typedef long long s64;
typedef u64 __le64;
typedef uint32_t __le32;
typedef uint16_t __le16;
typedef u64 dma_addr_t, phys_addr_t, resource_size_t;

typedef unsigned int gfp_t;

#define EINTR			4
#define EIO			5
#define EAGAIN			11
#define ENOMEM			12
#define EREMOTEIO		121
#define ESHUTDOWN		108
#define ETIMEDOUT		110
#define ECANCELED		125
#define U8_MAX			UINT8_MAX
#define U32_MAX			UINT32_MAX
#define U64_MAX			(~0ULL)

#define __iomem
#define __percpu
#define __user
#define __rcu
#define __force
#define __pure			__attribute__((pure))
#define __uninitialized
#define __counted_by(n)
#define __packed		__attribute__((packed))
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define noinline		__attribute__((noinline))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define fallthrough		__attribute__((fallthrough))
#define barrier()		__asm__ volatile("" : : : "memory")

#define VISIBLE_IF_KUNIT	static
#define KUNIT_STATIC_STUB_REDIRECT(...)	do { } while (0)
#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_IF_KUNIT(name)
#define static_assert		_Static_assert
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK(h, l)		(~0UL >> (63 - (h)) & ~0UL << (l))
#define GENMASK_ULL(h, l)	(~0ULL >> (63 - (h)) & ~0ULL << (l))
#define FIELD_PREP(mask, val)	(((typeof(mask))(val) << __builtin_ctzll(mask)) & (mask))
#define FIELD_GET(mask, val)	((typeof(mask))(((val) & (mask)) >> __builtin_ctzll(mask)))
#define FIELD_MAX(mask)		((mask) >> __builtin_ctzll(mask))
#define cpu_to_le64(x)		((u64)(x))
#define le64_to_cpu(x)		((u64)(x))
#define lower_32_bits(x)	((u32)((x) & 0xffffffff))
#define abs_diff(a, b)		((a) > (b) ? (a) - (b) : (b) - (a))
#define min(a, b)		({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)		({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define clamp(v, lo, hi)	min(max(v, lo), hi)

/* accesses */
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile typeof(x) *)&(x) = (val))
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
