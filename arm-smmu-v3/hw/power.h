/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SMMU while the machine sleeps, and until it is programmed anew.
 *
 * An SMMU that sleeps is dead and off, as one that was shut: it takes no command, and whoever wants
 * one done goes on at once, because nothing translates. In addition nobody accesses its registers,
 * because it may be without power (3.19). When the machine is awake again, or another one is, as
 * after hibernation, the registers may have any values, and the SMMU may even be running for
 * another kernel. So it is stopped and programmed from the beginning, and everything is
 * invalidated. The memory of its queues and tables has kept its contents. Positions of the command
 * queue go on where they were.
 */
#ifndef SMMU_HW_POWER_H
#define SMMU_HW_POWER_H

struct smmu_device;

/**
 * smmu_device_sleep() - turn the SMMU off before the machine sleeps
 * @smmu: SMMU whose devices are quiet, dead or not
 *
 * Waits for commands as long as the queue goes on, then sets GBPA.ABORT, turns SMMUEN, interrupts
 * and queues off, and takes events that were recorded. Each acknowledge is waited for during
 * SMMU_REG_TIMEOUT_US at most. An SMMU that does not acknowledge GBPA.ABORT or SMMUEN = 0 is shut,
 * and is asleep all the same. Who waits for a command meanwhile, ends his wait.
 *
 * Process context. The caller sees to it that nobody who has found the SMMU alive accesses
 * registers after this function has returned.
 */
void smmu_device_sleep(struct smmu_device *smmu);

/* The machine sleeps, and the SMMU is to stay on. It may be without power all the same. */
void smmu_device_stay_on(struct smmu_device *smmu);

/**
 * smmu_device_was_off() - was an SMMU without power that should have stayed on?
 * @smmu: after smmu_device_stay_on(); not dead
 * Return: true, and then it is dead and asleep, as after smmu_device_sleep(); it counts as adrift,
 *	until smmu_sleep_end() has stopped it
 */
bool smmu_device_was_off(struct smmu_device *smmu);

/**
 * smmu_sleep_end() - program the SMMU anew, up to its command queue
 * @smmu: SMMU that is asleep
 *
 * For smmu_device_restart().
 * Return: as smmu_reset_anew(). On error the SMMU goes on being asleep, and this function may be
 *	called again.
 */
int smmu_sleep_end(struct smmu_device *smmu);

#endif
