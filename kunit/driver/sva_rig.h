/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes for SVA on the model. Each has an mm of the kernel, whose users, notifiers and end are
 * real, and a page table in Arm's format beside it, which stands for the one that an arm64 CPU
 * would walk.
 */
#ifndef KUNIT_ON_MODEL_SVA_RIG_H
#define KUNIT_ON_MODEL_SVA_RIG_H

#include <linux/io-pgtable.h>
#include <linux/list.h>

#include "driver/rig.h"

struct mm_struct;

/**
 * struct sva_proc - a process
 * @mm: its address space, with one reference each to its users and to itself
 * @table: the page table that the SMMUs walk
 * @ttb: address of its top-level table
 * @node: in the list of all processes
 * @dead: the process has exited
 */
struct sva_proc {
	struct mm_struct *mm;
	struct io_pgtable_ops *table;
	u64 ttb;
	struct list_head node;
	bool dead;
};

/* Add SMMU number @i with SubstreamIDs and stalls; add a device with both */
struct machine_smmu *sva_smmu(struct kunit *test, struct rig *rig, u32 i);
struct rig_device *sva_device(struct kunit *test, struct rig *rig, u32 smmu);

/*
 * Make a process with a new mm, or with @mm, which stays the caller's. It is freed when the case
 * ends.
 */
struct sva_proc *sva_proc_new(struct kunit *test, struct mm_struct *mm);

/* Let the process exit: the last user of its mm is dropped */
void sva_proc_exit(struct sva_proc *proc);

/*
 * What mmap() and munmap() do; @size is in whole pages. sva_map() returns 0 or an error. When
 * sva_unmap() returns, no device may reach the page.
 */
int sva_map(struct sva_proc *proc, u64 va, u64 pa, size_t size);
void sva_unmap(struct sva_proc *proc, u64 va, size_t size);

#endif
