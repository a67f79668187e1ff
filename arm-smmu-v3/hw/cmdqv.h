/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NVIDIA's CMDQ-V (Tegra241, Tegra264): a companion device of an SMMU that has more command queues
 * for it, with registers and an interrupt of its own. cmdq_set.h says what the queues are used for,
 * vcmdq_error.h how their errors are seen. Registers: smmuv3/cmdqv.h.
 *
 * The queues belong to interfaces (VINTFs). VINTF 0 is the kernel's, and its logical queues are the
 * further queues of the SMMU. VINTF.HYP_OWN is asked for; in a virtual machine it reads back as 0,
 * and then a queue takes few commands only (struct smmu_cmdq_set.few). A CMD_SYNC there sends no
 * signal, so CONS is polled.
 *
 * Nothing rests on the companion: where anything is wrong with it, the SMMU's own queue takes all
 * commands, and one line says why. It is switched off first when it is found on. All writes of EN
 * are confirmed in STATUS; memory of a queue that was not confirmed off, by itself, by its VINTF or
 * by the companion, is withheld.
 */
#ifndef SMMU_HW_CMDQV_H
#define SMMU_HW_CMDQV_H

#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

#include "core/cmdqv_param.h"

struct smmu_device;

/**
 * struct smmu_cmdqv - the companion of an SMMU
 * @phys: physical address of its registers, from firmware
 * @bytes: their size, 0 without a companion
 * @irq: Linux interrupt, or 0
 * @base: its registers, NULL when they cannot be used
 * @layout: what it has; @layout.queues is 0 when that cannot be
 * @stuck: it does not stop, so it is not used
 * @on: this driver has enabled it, and it was not confirmed off since
 * @guests_lock: protects @guests, and what vintf.h says. Any context; innermost lock.
 * @guests: VINTFs of guests
 * @withheld: VINTFs whose guest has gone, and which were not confirmed off. Process context, while
 *	the SMMU is neither stopped nor started.
 */
struct smmu_cmdqv {
	phys_addr_t phys;
	resource_size_t bytes;
	int irq;
	void __iomem *base;
	struct smmu_cmdqv_layout layout;
	bool stuck;
	bool on;
	raw_spinlock_t guests_lock;
	struct list_head guests;
	struct list_head withheld;
};

/* Initialise the locks and lists of what has no companion yet */
void smmu_cmdqv_init(struct smmu_device *smmu);

/**
 * smmu_cmdqv_alloc() - look at the companion that firmware names, and allocate queues
 * @smmu: SMMU whose other queues are allocated
 *
 * At probe. One queue for posts with ATC_INVs and one for each CPU, as far as VINTF 0 has so many
 * and @smmu->tuning.nr_queues allows. Only reads registers.
 */
void smmu_cmdqv_alloc(struct smmu_device *smmu);

/* Are queues of the companion the further queues of the SMMU? */
bool smmu_cmdqv_is_used(const struct smmu_device *smmu);

#endif
