/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of the array and the tags share: a few SMMUs, arrays written as
 * tables, and allocations that fail on demand.
 *
 * array_tools_init() and array_tools_exit() are the init and exit of a suite;
 * test->priv is theirs.
 */
#ifndef SMMU_KUNIT_ARRAY_TOOLS_H
#define SMMU_KUNIT_ARRAY_TOOLS_H

#include <core/array.h>
#include <core/inst.h>

struct kunit;

#define TEST_INSTS	4

/**
 * struct array_row - an entry as tables write it
 * @nr: SMMU, below TEST_INSTS
 * @type: enum smmu_inv_type
 * @id: ASID, VMID or StreamID; never 0, which ends a table
 * @ssid: SubstreamID
 * @users: 0 is parked
 * @forgotten: nobody can come back to it
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

/* A row as an entry of this test's SMMUs */
struct smmu_inv test_inv(struct kunit *test, const struct array_row *row);

/* Rows up to the one with id 0, or @max of them */
u32 test_rows(const struct array_row *rows, u32 max);

/*
 * An array exactly as the rows say, in their order, num cut behind the last live
 * one. Freed with the test, as is what test_keep() is given.
 */
struct smmu_array *test_array(struct kunit *test, const struct array_row *rows,
			      u32 n);
struct smmu_array *test_keep(struct kunit *test, struct smmu_array *array);

/* A copy of an array for test_expect_untouched() */
struct smmu_array *test_copy(struct kunit *test, const struct smmu_array *array);

/* Fails the test where the array is not byte for byte what it was */
void test_expect_untouched(struct kunit *test, const struct smmu_array *array,
			   const struct smmu_array *copy);

/* Fails the test where the array is broken or does not hold just these rows */
void test_expect_rows(struct kunit *test, const struct smmu_array *array,
		      const struct array_row *rows, u32 n);

/*
 * From now on @n allocations of the code under test succeed and all that follow
 * fail; -1 is never. Returns how many were asked for so far, failed ones included,
 * while it was not -1.
 */
u32 test_fail_after(struct kunit *test, int n);

#endif
