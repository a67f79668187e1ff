// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <linux/bits.h>
#include <linux/crash_dump.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <smmuv3/features.h>

#include "core/feature.h"
#include "drv/params.h"
#include "hw/device.h"

/* 256 commands fill one page of 4 KiB */
#define KDUMP_QUEUE_LOG2	((u8)8)

/* List all names of features, for a message */
static void list_features(char *buf, size_t size)
{
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < SMMU_FEAT_NR; i++)
		used += scnprintf(buf + used, size - used, " %s", smmu_feature_name(i));
}

static u32 disabled;

static int set_disabled(const char *val, const struct kernel_param *kp)
{
	char known[320];
	int ret;

	ret = smmu_feature_parse(val, &disabled);
	if (ret) {
		list_features(known, sizeof(known));
		pr_err("smmuv3: disable_features=%s is not a list of features; the features are:%s\n",
		       val, known);
	}
	return ret;
}

static int get_disabled(char *buf, const struct kernel_param *kp)
{
	const char *sep = "";
	unsigned int i;
	int at = 0;

	for (i = 0; i < SMMU_FEAT_NR; i++) {
		if (!(disabled & BIT(i)))
			continue;
		at += sysfs_emit_at(buf, at, "%s%s", sep, smmu_feature_name(i));
		sep = ",";
	}
	return at + sysfs_emit_at(buf, at, "\n");
}

static const struct kernel_param_ops disabled_ops = {
	.set = set_disabled,
	.get = get_disabled,
};

module_param_cb(disable_features, &disabled_ops, NULL, 0444);
MODULE_PARM_DESC(disable_features,
		 "features to treat as absent, by the names that debugfs shows, as in stage1,msi; all in Documentation/parameters.rst (default none)");

/*
 * 0 stands for no limit. A queue of 2^1 entries is the smallest that works at all; from 2^7 entries
 * on a whole batch fits.
 */
static int set_queue_log2(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, 19);
}

static const struct kernel_param_ops queue_log2_ops = {
	.set = set_queue_log2,
	.get = param_get_uint,
};

static uint queue_log2;
module_param_cb(queue_log2, &queue_log2_ops, &queue_log2, 0444);
MODULE_PARM_DESC(queue_log2,
		 "largest log2 of entries of any queue, 0 for what hardware and memory allow (default 0)");

static const char * const cmdq_names[] = {
	[SMMU_INSERT_LOCK] = "lock",
	[SMMU_INSERT_COMBINE] = "combine",
	[SMMU_INSERT_AUTO] = "auto",
};

static enum smmu_insertion cmdq = SMMU_INSERT_AUTO;

static int set_cmdq(const char *val, const struct kernel_param *kp)
{
	int i = sysfs_match_string(cmdq_names, val);

	if (i < 0)
		return i;
	cmdq = i;
	return 0;
}

static int get_cmdq(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", cmdq_names[cmdq]);
}

static const struct kernel_param_ops cmdq_ops = {
	.set = set_cmdq,
	.get = get_cmdq,
};

module_param_cb(cmdq, &cmdq_ops, NULL, 0444);
MODULE_PARM_DESC(cmdq,
		 "how commands are inserted: lock (one spinlock), combine (no lock, no retry loop, for many CPUs), auto (by the number of CPUs) (default auto)");

static unsigned int nr_queues;
module_param(nr_queues, uint, 0444);
MODULE_PARM_DESC(nr_queues,
		 "most command queues of an SMMU that has several (ECMDQ); 1 uses the architected one only (default 0, no limit)");

static bool sync_poll;
module_param(sync_poll, bool, 0444);
MODULE_PARM_DESC(sync_poll,
		 "see the completion of commands in CMDQ_CONS only, instead of by MSIs that SMMUs send to memory (default N)");

static uint guest_stalls;
module_param(guest_stalls, uint, 0444);
MODULE_PARM_DESC(guest_stalls,
		 "how many transactions of each vIOMMU may be stalled until its VMM answers, which may hold up other devices; 0 for none (default 0)");

static int set_stall_ms(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, 60000);
}

static const struct kernel_param_ops stall_ms_ops = {
	.set = set_stall_ms,
	.get = param_get_uint,
};

static uint guest_stall_ms = 1000;
module_param_cb(guest_stall_ms, &stall_ms_ops, &guest_stall_ms, 0444);
MODULE_PARM_DESC(guest_stall_ms,
		 "how long a stalled transaction of a guest waits for the VMM's answer, in milliseconds (default 1000)");

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force,
		 "take over SMMUs although devices behind them are in use without it; their DMA and interrupts stop (default N)");

/* Off, because no hardware has been seen: Documentation/pri.rst */
static bool pri;
module_param(pri, bool, 0444);
MODULE_PARM_DESC(pri,
		 "let PCIe devices ask for pages (PRI), where a process or user space answers their faults; see Documentation/pri.rst (default N)");

u32 smmu_param_disabled(void)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_param_disabled);
	return disabled;
}

void smmu_param_tuning(struct smmu_tuning *tuning)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_param_tuning, tuning);
	*tuning = (struct smmu_tuning) {
		.queue_cap = queue_log2,
		.nr_queues = nr_queues,
		.insertion = cmdq,
		.poll_cons = sync_poll,
	};
	/* a crash kernel lacks memory, and its SMMUs have little to do */
	if (is_kdump_kernel())
		smmu_param_kdump(tuning);
}

void smmu_param_kdump(struct smmu_tuning *tuning)
{
	tuning->queue_cap = min_not_zero(tuning->queue_cap, KDUMP_QUEUE_LOG2);
	tuning->nr_queues = 1;
	tuning->insertion = SMMU_INSERT_LOCK;
	tuning->no_records = true;
	tuning->adopt = true;
}

u32 smmu_param_guest_stalls(void)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_param_guest_stalls);
	return guest_stalls;
}

u32 smmu_param_guest_stall_ms(void)
{
	return guest_stall_ms;
}

bool smmu_param_force(void)
{
	return force;
}

bool smmu_param_pri(void)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_param_pri);
	return pri;
}
