/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes for SVA on the model: each has an mm of the kernel's, whose users, notifiers and
 * end are real, and beside it a page table of Arm's form, which stands for what an arm64 CPU
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
 * @mm: its address space, one reference each to its users and to itself
 * @table: what the SMMUs walk
 * @ttb: its first table
 * @node: in the list of all
 * @dead: it has exited
 */
struct sva_proc {
	struct mm_struct *mm;
	struct io_pgtable_ops *table;
	u64 ttb;
	struct list_head node;
	bool dead;
};

/* SMMU number @i with SubstreamIDs and with stalls, and a device with both */
struct machine_smmu *sva_smmu(struct kunit *test, struct rig *rig, u32 i);
struct rig_device *sva_device(struct kunit *test, struct rig *rig, u32 smmu);

/* A new process, or one around @mm, which then is the caller's. Gone by the end of the case. */
struct sva_proc *sva_proc_new(struct kunit *test, struct mm_struct *mm);

/* It exits: the last of its users goes */
void sva_proc_exit(struct sva_proc *proc);

/* mmap() and munmap(), @size is whole pages. 0 or an error; nothing to be seen after unmap */
int sva_map(struct sva_proc *proc, u64 va, u64 pa, size_t size);
void sva_unmap(struct sva_proc *proc, u64 va, size_t size);

#endif
