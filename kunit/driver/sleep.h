/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine that sleeps: all SMMUs of a rig go through the phases of the PM core, lose their power
 * and their registers, and awake.
 */
#ifndef KUNIT_ON_MODEL_SLEEP_H
#define KUNIT_ON_MODEL_SLEEP_H

#include "driver/rig.h"

/* What SMMUs have been through when they awake */
enum sleep_kind {
	SLEEP_IDLE,	/* their power stayed on */
	SLEEP_RAM,	/* they were without power */
	SLEEP_DISK,	/* another kernel has used them, and their devices, since */
};

/* What GBPA holds after a sleep other than SLEEP_IDLE */
#define SLEEP_GBPA	0x1000

/* The two phases on the way down. The power is on yet. */
void sleep_down(struct rig *rig);
/* Take the power away, unless it stays on; everything happens that happens until it is back */
void sleep_through(struct rig *rig, enum sleep_kind kind);
/* The first phase on the way up, before all devices; and the second, when they have power */
void sleep_up_first(struct rig *rig);
void sleep_up_then(struct rig *rig);

/* All of it */
void sleep_once(struct rig *rig, enum sleep_kind kind);

#define SLEEP_REGS	16

/* Registers of an SMMU as the driver has programmed them */
struct sleep_regs {
	u64 val[SLEEP_REGS];
};

void sleep_regs_read(struct machine_smmu *smmu, struct sleep_regs *regs);
/* Fail the case where a register holds anything else */
void sleep_regs_same(struct kunit *test, struct machine_smmu *smmu, const struct sleep_regs *regs);

#endif
