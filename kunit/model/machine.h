/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine around the model: SMMUs and devices behind them, as platform devices with device-tree
 * nodes, so that the kernel and the driver find them as they find real ones. machine.c is the one
 * implementation.
 *
 * There is one machine for all tests, because KUnit runs one test after the other.
 */
#ifndef KUNIT_MODEL_MACHINE_H
#define KUNIT_MODEL_MACHINE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "model.h"

struct compat_mm_format;
struct device;
struct mm_struct;

/* The page table format that the machine's CPUs are said to have, see compat/mm.h */
extern struct compat_mm_format machine_mm_format;
extern u64 (*machine_mm_ttb)(const struct mm_struct *mm);

#define MACHINE_SMMUS_MAX	40

/**
 * struct machine_smmu - one SMMU in the machine
 * @model: its model
 * @dev: its platform device; the driver has bound when dev->driver is set
 */
struct machine_smmu {
	struct model *model;
	struct device *dev;
};

/* Wired interrupts by the names that firmware gives them; cmdq-sync is never raised */
enum machine_line {
	MACHINE_EVENTQ = MODEL_IRQ_EVENT,
	MACHINE_PRIQ = MODEL_IRQ_PRI,
	MACHINE_GERROR = MODEL_IRQ_GERROR,
	MACHINE_CMDQ_SYNC,
	MACHINE_COMBINED,
	MACHINE_LINES
};

#define MACHINE_USUAL_LINES	(BIT(MACHINE_EVENTQ) | BIT(MACHINE_PRIQ) | BIT(MACHINE_GERROR))

/* What firmware says of the companion that the model has */
enum machine_cmdqv {
	MACHINE_CMDQV_NAMED,		/* the SMMU's node names it */
	MACHINE_CMDQV_UNNAMED,		/* there is one, and nobody names it */
	MACHINE_CMDQV_TWICE,		/* another SMMU's node names it, too */
	MACHINE_CMDQV_OTHER,		/* the node that is named is of another kind */
	MACHINE_CMDQV_NO_DEVICE,	/* there is a node and no device */
};

/**
 * struct machine_firmware - what firmware says of an SMMU
 * @compatible: compatible string in front of "arm,smmu-v3", or NULL
 * @property: a boolean property of the node, or NULL
 * @size: bytes of its registers, 0 for two pages; at most MACHINE_REGION
 * @lines: its wired interrupts, a mask of BIT(enum machine_line); without any, the event queue is
 *	not read, so the log stays quiet
 * @level: the lines are level-triggered
 * @coherent: accesses of the SMMU are coherent
 * @cmdqv: what firmware says of a CMDQ-V companion
 * @cmdqv_size: bytes of its registers, 0 for MACHINE_CMDQV_REGION
 * @cmdqv_no_irq: it has no interrupt
 * @cmdqv_mapped: programs can map its registers, of @cmdqv_size bytes: see model_cmdqv_look()
 */
struct machine_firmware {
	const char *compatible;
	const char *property;
	u32 size;
	u32 lines;
	bool level;
	bool coherent;
	enum machine_cmdqv cmdqv;
	u32 cmdqv_size;
	bool cmdqv_no_irq;
	bool cmdqv_mapped;
};

/* Most bytes of registers that an SMMU can have, and that its companion can have */
#define MACHINE_REGION		0x200000
#define MACHINE_CMDQV_REGION	0x1000000

/* Name of a line, as firmware has it */
const char *machine_line_name(enum machine_line line);

/**
 * machine_add_smmu_with() - plug an SMMU in; the driver probes it before this returns
 * @cfg: kind of SMMU
 * @fw: what firmware says of it
 * Return: as machine_add_smmu()
 */
struct machine_smmu *machine_add_smmu_with(const struct model_config *cfg,
					   const struct machine_firmware *fw);

/**
 * machine_add_smmu() - plug an ordinary SMMU in; the driver probes it before this returns
 * @cfg: kind of SMMU
 * @irqs: with interrupts; without them the event queue is not read, so the log stays quiet
 * @coherent: what the device tree says of its accesses
 * Return: the SMMU or an ERR_PTR. A failed probe is no error here: look at dev->driver.
 */
struct machine_smmu *machine_add_smmu(const struct model_config *cfg, bool irqs, bool coherent);

/**
 * machine_remove_smmu() - unplug an SMMU; the driver's remove function runs
 * @smmu: the SMMU; all devices behind it are gone
 */
void machine_remove_smmu(struct machine_smmu *smmu);

/* Number of the SMMU, and the phandle by which nodes of devices name it */
u32 machine_nr(struct machine_smmu *smmu);
u32 machine_phandle(struct machine_smmu *smmu);

/**
 * machine_add_device() - add a device behind an SMMU
 * @smmu: the SMMU
 * @sids: StreamIDs of the device
 * @n: number of StreamIDs
 * @ssid_bits: log2 of its number of PASIDs, 0 for none
 * @can_stall: faults of the device may stall
 * Return: the device or an ERR_PTR; device_iommu_mapped() tells whether it has an IOMMU group
 */
struct device *machine_add_device(struct machine_smmu *smmu, const u32 *sids, u32 n,
				  u32 ssid_bits, bool can_stall);
void machine_remove_device(struct device *dev);

#endif
