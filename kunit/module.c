// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suites as one module. Each *_kunit.c registers its own suite; what they
 * test comes from smmuv3.ko (or from the kernel, where the core is built in).
 */
#include <linux/module.h>

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit suites of the SMMUv3 driver");
MODULE_LICENSE("GPL");
