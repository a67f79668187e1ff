/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of everything that CBMC reads: what of the kernel's headers it cannot parse. All of it
 * is about constants that the compiler has checked already, when it built the module.
 */
#include <linux/compiler.h>
#include <linux/build_bug.h>

#undef static_assert
#define static_assert(...)
#undef BUILD_BUG_ON_MSG
#define BUILD_BUG_ON_MSG(...)	do { } while (0)
#undef BUILD_BUG_ON_ZERO
#define BUILD_BUG_ON_ZERO(...)		0
#undef __is_constexpr
#define __is_constexpr(x)		0
#undef const_true
#define const_true(x)			0
#undef __must_be_array
#define __must_be_array(a)		0
#undef __must_be_cstr
#define __must_be_cstr(p)		0
#undef __must_be_noncstr
#define __must_be_noncstr(p)		0
