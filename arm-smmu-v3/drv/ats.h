/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ATS of a master: on, off, and what happens when a device does not answer.
 *
 * Order (Arm IHI 0070, 3.9.2). On: the domain's array has the ATS entries, the STE has EATS,
 * then smmu_ats_on(). Off: smmu_ats_off(), then the STE loses EATS. The device stops asking
 * and its ATC is emptied, so the ATS entries can leave the arrays; then readers of the arrays
 * are waited for, so that no ATC_INV goes to a stream without EATS. That wait comes only
 * when ATS goes off: not when a domain or a PASID changes.
 *
 * A device that leaves an ATC_INV unanswered holds up a CMD_SYNC, and with it everything on
 * the queue, for as long as PCIe allows (about a minute). Whoever loses patience first takes ATS
 * and bus mastering away from the streams that the CMD_SYNC waits for, in config space,
 * which works in any context: smmu_ats_cut(). From then on nothing that their ATCs hold
 * can be used. Which of them it was is found out by a work item, smmu_ats_settle(), one
 * device at a time: the innocent come back, the culprit is parked, its STE aborts, until it
 * is attached to something again. There is no call that says that a reset has succeeded, so a
 * new attach is taken for one.
 *
 * A parked device has its bus mastering as its owner had it: with CR0.ATSCHK an STE that aborts
 * does so with translated requests, too (3.9.1.3). So a reset saves and restores what it should,
 * and nothing is written to PCI_COMMAND when the device is attached anew, which may be in the
 * middle of a reset, with its BARs not restored yet. CXL.cache need not be checked against the STE
 * (3.9.3): there it rests on ATS Enable alone.
 */
#ifndef SMMU_DRV_ATS_H
#define SMMU_DRV_ATS_H

#include <linux/types.h>

struct smmu_array;
struct smmu_attachment;
struct smmu_device;
struct smmu_host;
struct smmu_master;

/* Decide @master->ats_capable; ATS is off */
void smmu_ats_probe(struct smmu_master *master);

/**
 * smmu_ats_on() - drop whatever the ATC holds, let the device ask
 * @master: its STEs have EATS. Attach mutex held.
 *
 * With ATS on already it is the change from one domain to another. Where the device cannot have
 * its ATS enabled, @master->ats_on stays false, and smmu_ats_without() is the caller's next step.
 * Return: false when the device does not confirm: it is cut off, and the caller has it
 *	parked as soon as its attachments are in order
 */
bool smmu_ats_on(struct smmu_master *master);

/**
 * smmu_ats_without() - ATS was to go on and could not: out of all arrays
 * @master: attach mutex held. May sleep.
 * @next: what it is being attached to, if that is not in @master yet
 *
 * Its STEs can lose EATS then.
 */
void smmu_ats_without(struct smmu_master *master, struct smmu_attachment *next);

/**
 * smmu_ats_off() - stop the device asking, drop what its ATC holds, out of all arrays
 * @master: ATS is on. Attach mutex held. May sleep.
 * Return: as smmu_ats_on()
 */
bool smmu_ats_off(struct smmu_master *master);

/* Drop what the ATC holds under one SubstreamID, with ATS on; otherwise like the others */
bool smmu_ats_drop(struct smmu_master *master, u32 ssid);

/* No DMA until smmu_ats_unpark(): its STEs abort, and nobody sends it an ATC_INV. May sleep. */
void smmu_ats_park(struct smmu_master *master);

/* It is being attached anew; the caller writes its STEs */
void smmu_ats_unpark(struct smmu_master *master);

/**
 * smmu_ats_cut() - this stream's device does not use its ATC from here on
 * @smmu: SMMU
 * @sid: StreamID, as a command says
 *
 * Any context. Has smmu_ats_settle() run later.
 * Return: false when no device with ATS on has this StreamID
 */
bool smmu_ats_cut(struct smmu_device *smmu, u32 sid);

/* The same for all ATS entries of one SMMU in an array, under rcu_read_lock() */
void smmu_ats_cut_array(struct smmu_device *smmu, const struct smmu_array *array);

/* Find the culprit among the devices that were cut off. May sleep, takes the attach mutex. */
void smmu_ats_settle(struct smmu_host *host);

#endif
