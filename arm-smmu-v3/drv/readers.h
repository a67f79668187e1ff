/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readers of the arrays: walks, and commands of guests. They rely on two things while they run: the
 * array they have loaded, and the command queues of the SMMUs that it names.
 *
 * A reader begins under rcu_read_lock(), which costs nothing, and nearly always ends there. But a
 * device that does not answer can keep it waiting for a minute, and RCU reports a stall after 21
 * seconds. So a reader that has to wait for long *steps out*: from there on SRCU keeps the same two
 * things, for as long as it takes, and the reader may sleep. Everybody who frees what readers use
 * waits for both kinds.
 *
 * A reader that has stepped out may still post an ATC_INV for a device whose ATS has gone off
 * meanwhile: leave_arrays() in ats.c waits only for readers that have not. Such an ATC_INV does no
 * harm. A device whose ATS is off is not cut off for an answer that it does not give. One that may
 * be silent was cut off before, so that all posts are edited, and smmu_ats_is_cut() has its
 * ATC_INVs left out as long as its ATS is off.
 */
#ifndef SMMU_DRV_READERS_H
#define SMMU_DRV_READERS_H

#include <linux/rcupdate.h>
#include <linux/types.h>

struct smmu_array;

/**
 * smmu_reader_step_out() - leave rcu_read_lock(), and keep what the reader uses all the same
 *
 * Any context, under rcu_read_lock().
 * Return: for smmu_reader_end()
 */
int smmu_reader_step_out(void);

/* The end of a reader that has stepped out, instead of rcu_read_unlock(). Any context. */
void smmu_reader_end(int idx);

/**
 * smmu_readers_wait() - wait for all readers that have begun before this call
 *
 * Process context, no lock is held that a reader may want. May take as long as a device takes that
 * does not answer.
 */
void smmu_readers_wait(void);

/**
 * smmu_readers_free() - free an array when no reader uses it any more
 * @array: published until now, or NULL
 *
 * Any context; does not wait.
 */
void smmu_readers_free(struct smmu_array *array);

/* Wait until all arrays are freed, before the module goes. Process context. */
void smmu_readers_exit(void);

#endif
