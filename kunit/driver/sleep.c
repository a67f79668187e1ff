// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>

#include "drv/sleep.h"
#include "driver/sleep.h"

static void all(struct rig *rig, int (*phase)(struct device *dev))
{
	u32 i;

	for (i = 0; i < RIG_SMMUS; i++)
		if (rig->smmu[i] && phase(rig->smmu[i]->dev))
			KUNIT_FAIL(rig->test, "SMMU %u keeps the machine from sleeping", i);
}

void sleep_down(struct rig *rig)
{
	all(rig, smmu_sleep_late);
	all(rig, smmu_sleep_noirq);
}

/* The other kernel may have turned on whatever it wants */
static void use_devices(struct rig *rig)
{
	u32 i;

	for (i = 0; i < rig->nr_devices; i++)
		rig->device[i].ats = rig->device[i].atc;
}

void sleep_through(struct rig *rig, enum sleep_kind kind)
{
	enum model_power how = kind == SLEEP_DISK ? MODEL_POWER_FOREIGN : MODEL_POWER_RESET;
	static u64 seed;
	u32 i;

	if (kind == SLEEP_IDLE)
		return;
	for (i = 0; i < RIG_SMMUS; i++) {
		if (!rig->smmu[i])
			continue;
		model_power_off(rig->smmu[i]->model);
		model_power_on(rig->smmu[i]->model, how, SLEEP_GBPA, ++seed);
	}
	if (kind == SLEEP_DISK)
		use_devices(rig);
}

void sleep_up_first(struct rig *rig)
{
	all(rig, smmu_wake_noirq);
}

void sleep_up_then(struct rig *rig)
{
	all(rig, smmu_wake_early);
}

void sleep_once(struct rig *rig, enum sleep_kind kind)
{
	sleep_down(rig);
	sleep_through(rig, kind);
	sleep_up_first(rig);
	sleep_up_then(rig);
}

static const struct {
	u32 off;
	u32 size;
	const char *name;
} regs_known[] = {
	{ SMMU_CR0, 4, "CR0" },
	{ SMMU_CR0ACK, 4, "CR0ACK" },
	{ SMMU_CR1, 4, "CR1" },
	{ SMMU_CR2, 4, "CR2" },
	{ SMMU_IRQ_CTRL, 4, "IRQ_CTRL" },
	{ SMMU_STRTAB_BASE, 8, "STRTAB_BASE" },
	{ SMMU_STRTAB_BASE_CFG, 4, "STRTAB_BASE_CFG" },
	{ SMMU_CMDQ_BASE, 8, "CMDQ_BASE" },
	{ SMMU_EVENTQ_BASE, 8, "EVENTQ_BASE" },
	{ SMMU_GERROR_IRQ_CFG0, 8, "GERROR_IRQ_CFG0" },
	{ SMMU_GERROR_IRQ_CFG0 + IRQ_CFG1, 4, "GERROR_IRQ_CFG1" },
	{ SMMU_GERROR_IRQ_CFG0 + IRQ_CFG2, 4, "GERROR_IRQ_CFG2" },
	{ SMMU_EVENTQ_IRQ_CFG0, 8, "EVENTQ_IRQ_CFG0" },
	{ SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG1, 4, "EVENTQ_IRQ_CFG1" },
	{ SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG2, 4, "EVENTQ_IRQ_CFG2" },
};

static_assert(ARRAY_SIZE(regs_known) <= SLEEP_REGS);

void sleep_regs_read(struct machine_smmu *smmu, struct sleep_regs *regs)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(regs_known); i++)
		regs->val[i] = model_read(smmu->model, regs_known[i].off, regs_known[i].size);
}

/* Is the register of no effect: data and attributes of an MSI without an address? */
static bool is_idle(const struct sleep_regs *regs, u32 i)
{
	u32 cfg0 = regs_known[i].off == SMMU_GERROR_IRQ_CFG0 + IRQ_CFG1 ||
		   regs_known[i].off == SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG1 ? i - 1 :
		   regs_known[i].off == SMMU_GERROR_IRQ_CFG0 + IRQ_CFG2 ||
		   regs_known[i].off == SMMU_EVENTQ_IRQ_CFG0 + IRQ_CFG2 ? i - 2 : 0;

	return cfg0 && !regs->val[cfg0];
}

void sleep_regs_same(struct kunit *test, struct machine_smmu *smmu, const struct sleep_regs *regs)
{
	struct sleep_regs now;
	u32 i;

	sleep_regs_read(smmu, &now);
	for (i = 0; i < ARRAY_SIZE(regs_known); i++)
		if (!is_idle(regs, i))
			KUNIT_EXPECT_EQ_MSG(test, regs->val[i], now.val[i], "%s",
					    regs_known[i].name);
}
