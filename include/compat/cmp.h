/* SPDX-License-Identifier: GPL-2.0-only */
/* The macro with which a comparison function for sort() is written */
#ifndef COMPAT_CMP_H
#define COMPAT_CMP_H

#include <linux/sort.h>

#ifndef cmp_int
#define cmp_int(a, b)			\
({					\
	typeof(a) _a = (a);		\
	typeof(b) _b = (b);		\
					\
	(_a > _b) - (_a < _b);		\
})
#endif

#endif
