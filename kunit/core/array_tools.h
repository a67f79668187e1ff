/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tools for the suites of the array and of tags: a few SMMUs, arrays written as tables, and
 * allocations that fail on demand.
 *
 * array_tools_init() and array_tools_exit() are the init and exit of a suite, and use its
 * test->priv.
 */
#ifndef SMMU_KUNIT_ARRAY_TOOLS_H
#define SMMU_KUNIT_ARRAY_TOOLS_H

#include <core/array.h>
#include <core/inst.h>

struct kunit;

#define TEST_INSTS	4

/**
 * struct array_row - an entry as tables write it
 * @nr: number of the SMMU, below TEST_INSTS
 * @type: enum smmu_inv_type
 * @id: ASID, VMID or StreamID; never 0, which ends a table
 * @ssid: SubstreamID
 * @users: number of users; 0 is parked
 * @forgotten: the entry is forgotten
 */
struct array_row {
	u8 nr;
	u8 type;
	u32 id;
	u32 ssid;
	u32 users;
	bool forgotten;
};

#define S1(nr, id, users)	{ nr, SMMU_INV_S1_ASID, id, 0, users }
#define S2(nr, id, users)	{ nr, SMMU_INV_S2_VMID, id, 0, users }
#define VSMMU(nr, id, users)	{ nr, SMMU_INV_S2_VMID_VSMMU, id, 0, users }
#define CLEAR(nr, id, users)	{ nr, SMMU_INV_S2_VMID_S1_CLEAR, id, 0, users }
#define ATS(nr, id, ssid, users) { nr, SMMU_INV_ATS, id, ssid, users }
#define ATS_FULL(nr, id, users)	{ nr, SMMU_INV_ATS_FULL, id, 0, users }
#define FORGOTTEN(nr, type, id)	{ nr, type, id, 0, 0, true }

int array_tools_init(struct kunit *test);
void array_tools_exit(struct kunit *test);

/* The SMMU with this number. Higher numbers live at lower addresses. */
struct smmu_inst *test_inst(struct kunit *test, u32 nr);

/* Convert a row to an entry of this test's SMMUs */
struct smmu_inv test_inv(struct kunit *test, const struct array_row *row);

/* Number of rows up to the one with id 0, or @max */
u32 test_rows(const struct array_row *rows, u32 max);

/*
 * An array exactly as the rows say, in their order; num ends behind the last live entry. It is
 * freed with the test, and so is an array that is given to test_keep().
 */
struct smmu_array *test_array(struct kunit *test, const struct array_row *rows,
			      u32 n);
struct smmu_array *test_keep(struct kunit *test, struct smmu_array *array);

/* A copy of an array for test_expect_untouched() */
struct smmu_array *test_copy(struct kunit *test, const struct smmu_array *array);

/* Fail the test if the array has changed by any byte */
void test_expect_untouched(struct kunit *test, const struct smmu_array *array,
			   const struct smmu_array *copy);

/* Fail the test if the array is broken or holds other entries than these rows */
void test_expect_rows(struct kunit *test, const struct smmu_array *array,
		      const struct array_row *rows, u32 n);

/*
 * From now on @n allocations of the code under test succeed, and all that follow fail; with -1 all
 * succeed. Returns the number of allocations that were asked for while it was not -1, also those
 * that failed.
 */
u32 test_fail_after(struct kunit *test, int n);

#endif
