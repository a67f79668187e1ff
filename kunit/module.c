// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suites as one module. Each *_kunit.c registers its own suite. The code that they test is in
 * smmuv3.ko (or in the kernel, if core/ is built in).
 */
#include <linux/module.h>

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit suites of the SMMUv3 driver");
MODULE_LICENSE("GPL");
