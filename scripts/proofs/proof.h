/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the proofs have in common. A proof includes the driver's files as they are, chooses
 * arguments that may be anything, assumes what callers promise, and states what is true then.
 */
#ifndef PROOF_H
#define PROOF_H

#include <linux/types.h>

#include "features.h"

/* CBMC takes a function without a body to return anything */
u64 nondet_u64(void);
u32 nondet_u32(void);
u16 nondet_u16(void);
u8 nondet_u8(void);
bool nondet_bool(void);

void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

#define ASSUME(condition)	__CPROVER_assume(condition)
#define PROVE(condition, text)	__CPROVER_assert(condition, text)

static inline struct smmu_features any_features(void)
{
	struct smmu_features f;		/* not initialised: anything */

	return f;
}

void harness(void);

#endif
