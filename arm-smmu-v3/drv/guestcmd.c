// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a guest. User space may hand in half a million at once. They are copied, checked and
 * issued in blocks of one batch. core/guest.c decides what a command may contain.
 *
 * The streams of a block are looked up, and the block is posted, under one rcu_read_lock(), unless
 * the queue is full. ATS does not go off between the two, because turning it off waits for readers.
 * Then the reader steps out and waits: an SMMU that is removed keeps its queue until these readers
 * are done, too.
 *
 * A guest can make its device leave ATC_INVs unanswered, and a VMM can open any number of vSMMUs.
 * Therefore only one block with ATC_INVs is under way on an SMMU at a time. What a silent device
 * costs it costs once, because the next block finds it cut off.
 */
#include <linux/cleanup.h>
#include <linux/iommufd.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core/cmd.h"
#include "core/guest.h"
#include "core/plan.h"
#include "drv/ats_cut.h"
#include "drv/guestcmd.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/readers.h"
#include "drv/vsmmu.h"
#include "hw/cmdq.h"

/* The last place of a batch is for the CMD_SYNC */
#define BLOCK		(SMMU_BATCH_MAX - 1)

/* Commands of the guest, the host's commands for them, and these with their CMD_SYNCs */
struct block {
	struct smmu_cmd in[BLOCK];
	struct smmu_cmd out[BLOCK];
	struct smmu_cmd post[2 * BLOCK];
};

static bool find_guest_stream(void *ctx, u32 vsid, struct smmu_guest_stream *out)
{
	return smmu_vsmmu_stream(ctx, vsid, out);
}

static const struct smmu_guest_ops guest_ops = { .stream = find_guest_stream };

/*
 * Copy commands [@at, @at + @n). An entry may be longer than this kernel knows, if the bytes at its
 * end are zero. There have never been shorter entries.
 */
static int copy_commands(struct block *block, const struct iommu_user_data_array *array, u32 at,
			 u32 n)
{
	void __user *from = array->uptr + (size_t)at * array->entry_len;
	int ret = 0;
	u32 i;

	if (array->entry_len == sizeof(block->in[0]))
		return copy_from_user(block->in, from, n * sizeof(block->in[0])) ? -EFAULT : 0;
	for (i = 0; i < n && !ret; i++, from += array->entry_len)
		ret = copy_struct_from_user(&block->in[i], sizeof(block->in[i]), from,
					    array->entry_len);
	return ret;
}

/*
 * The error for user space when a block failed. Where a device does not answer, this block may have
 * found that out, or another one, because of which ATC_INVs of this block were left out.
 */
static int block_error(struct smmu_device *smmu, const struct block *block, u32 n, int err)
{
	u32 i;

	if (err)
		return err == -EREMOTEIO ? -ETIMEDOUT : err;
	for (i = 0; i < n; i++)
		if (smmu_cmd_opcode(&block->out[i]) == CMD_ATC_INV &&
		    smmu_ats_was_cut(smmu, smmu_cmd_atc_sid(&block->out[i])))
			return -ETIMEDOUT;
	return 0;
}

/**
 * struct round - one block on its way
 * @vsmmu: whose guest has sent it
 * @block: the commands
 * @n: number of commands in @block->in
 * @taken: number of those that were taken
 * @fill: number of commands in @block->out
 * @err: why @taken is less than @n, or 0
 * @ticket: of the post
 * @reader: keeps the streams until the post, and the queue until the end
 */
struct round {
	struct smmu_vsmmu *vsmmu;
	struct block *block;
	u32 n;
	u32 taken;
	u32 fill;
	int err;
	struct smmu_ticket ticket;
	struct smmu_reader reader;
};

/* Check a block and post what it asks for */
static int post_block(struct round *r)
{
	struct smmu_device *smmu = &r->vsmmu->iommu->smmu;
	const struct smmu_guest guest = {
		.vmid = r->vsmmu->vmid,
		.feat = &smmu->inst.feat,
		.ops = &guest_ops,
		.ctx = r->vsmmu,
	};
	struct block *block = r->block;
	u32 nr;

	r->taken = smmu_guest_block(&guest, block->in, r->n, block->out, &r->fill, &r->err);
	if (!r->fill)
		return 0;
	nr = smmu_guest_segments(guest.feat, block->out, r->fill, block->post);
	/*
	 * If the queue has no room, the streams may change while it has none. An ATC_INV to a
	 * device whose ATS has gone off does no harm: readers.h
	 */
	return smmu_reader_post(&r->reader, smmu, block->post, nr, &r->ticket,
				SMMU_POST_NEW);
}

/* Return: number of commands that were done; where not all were, *@err is the error */
static u32 do_block(struct smmu_vsmmu *vsmmu, struct block *block, u32 n, int *err)
{
	struct round r = {
		.vsmmu = vsmmu,
		.block = block,
		.n = n,
	};
	int ret;

	smmu_reader_init(&r.reader);
	/* a task that is killed does not wait for its devices */
	r.reader.deadline.killable = true;
	do {
		smmu_reader_begin(&r.reader);
		ret = post_block(&r);
		if (!ret && r.fill)
			ret = smmu_reader_wait(&r.reader, &r.ticket);
		/* where the queue was taken out, the next one is the architected one */
		r.reader.again = ret == -ECANCELED;
		if (!r.reader.again)
			ret = block_error(&vsmmu->iommu->smmu, block, r.fill, ret);
		smmu_reader_end(&r.reader);
	} while (r.reader.again);
	*err = ret ?: r.err;
	/* it is not known which command failed, so none of them counts as done */
	return ret ? 0 : r.taken;
}

static bool has_atc_inv(const struct block *block, u32 n)
{
	while (n)
		if (smmu_cmd_opcode(&block->in[--n]) == CMD_ATC_INV)
			return true;
	return false;
}

/* As do_block(), but one block with ATC_INVs at a time */
static u32 do_in_turn(struct smmu_vsmmu *vsmmu, struct block *block, u32 n, int *err)
{
	u32 done;

	if (!has_atc_inv(block, n))
		return do_block(vsmmu, block, n, err);
	*err = mutex_lock_killable(&vsmmu->iommu->guest_atc);
	if (*err)
		return 0;
	done = do_block(vsmmu, block, n, err);
	mutex_unlock(&vsmmu->iommu->guest_atc);
	return done;
}

int smmu_guestcmd_invalidate(struct iommufd_viommu *viommu, struct iommu_user_data_array *array)
{
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(viommu);
	struct block *block __free(kfree) = NULL;
	u32 done = 0, n, num = array->entry_num;
	int ret = 0;

	static_assert(sizeof(struct iommu_viommu_arm_smmuv3_invalidate) ==
		      sizeof(struct smmu_cmd));

	if (array->type != IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 ||
	    (num && array->entry_len < sizeof(struct smmu_cmd)))
		ret = -EINVAL;
	else if (num)
		block = kmalloc_obj(*block, GFP_KERNEL_ACCOUNT);
	if (!ret && num && !block)
		ret = -ENOMEM;

	while (!ret && done < num) {
		n = min(num - done, BLOCK);
		ret = copy_commands(block, array, done, n);
		if (!ret)
			done += do_in_turn(vsmmu, block, n, &ret);
		cond_resched();
		if (!ret && done < num && fatal_signal_pending(current))
			ret = -EINTR;
	}
	array->entry_num = done;
	return ret;
}
