// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a guest. User space may hand in half a million at once. They are copied, checked and
 * issued in blocks of one batch. core/guest.c decides what a command may contain.
 *
 * The streams of a block are looked up, and the block is issued, under one rcu_read_lock(). ATS
 * does not go off between the two, because turning it off waits for readers. An SMMU that is
 * removed keeps its queue until the readers are done.
 */
#include <linux/bitfield.h>
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
#include "drv/vsmmu.h"
#include "hw/cmdq.h"
#include "hw/issue.h"

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
	u32 i, sid;

	if (err)
		return err == -EREMOTEIO ? -ETIMEDOUT : err;
	for (i = 0; i < n; i++) {
		sid = FIELD_GET(CMD0_ATC_SID, le64_to_cpu(block->out[i].w[0]));
		if (smmu_cmd_opcode(&block->out[i]) == CMD_ATC_INV &&
		    smmu_ats_is_cut(smmu, sid))
			return -ETIMEDOUT;
	}
	return 0;
}

/* Issue commands; a task that is killed does not wait for its devices */
static int issue_killable(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n)
{
	struct smmu_deadline deadline = { .killable = true };

	return smmu_issue_by(smmu, cmd, n, &deadline);
}

/* Return: number of commands that were done; where not all were, *@err is the error */
static u32 do_block(struct smmu_vsmmu *vsmmu, struct block *block, u32 n, int *err)
{
	struct smmu_device *smmu = &vsmmu->iommu->smmu;
	const struct smmu_guest guest = {
		.vmid = vsmmu->vmid,
		.feat = &smmu->inst.feat,
		.ops = &guest_ops,
		.ctx = vsmmu,
	};
	u32 taken, fill;
	int ret = 0;

	rcu_read_lock();
	taken = smmu_guest_block(&guest, block->in, n, block->out, &fill, err);
	if (fill) {
		ret = issue_killable(smmu, block->post,
				     smmu_guest_segments(guest.feat, block->out, fill,
							 block->post));
		ret = block_error(smmu, block, fill, ret);
	}
	rcu_read_unlock();
	if (!ret)
		return taken;
	/* it is not known which command failed, so none of them counts as done */
	*err = ret;
	return 0;
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
			done += do_block(vsmmu, block, n, &ret);
		cond_resched();
		if (!ret && done < num && fatal_signal_pending(current))
			ret = -EINTR;
	}
	array->entry_num = done;
	return ret;
}
