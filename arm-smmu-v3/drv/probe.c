// SPDX-License-Identifier: GPL-2.0-only
/* One SMMU from platform probe to platform remove. */
#include <linux/atomic.h>
#include <linux/dev_printk.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/platform_device.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include <compat/arch.h>
#include <smmuv3/regs.h>

#include "drv/arrays.h"
#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/companion.h"
#include "drv/debugfs.h"
#include "drv/fault.h"
#include "drv/firmware.h"
#include "drv/gate.h"
#include "drv/iommu.h"
#include "drv/iopf.h"
#include "drv/mmtable.h"
#include "drv/ops.h"
#include "drv/params.h"
#include "drv/pri.h"
#include "drv/probe.h"
#include "drv/readers.h"
#include "drv/restart.h"
#include "drv/resv.h"
#include "drv/takeover.h"
#include "drv/trace.h"
#include "drv/withhold.h"
#include "hw/mmio.h"
#include "hw/shut.h"

static atomic_t instance_nr = ATOMIC_INIT(0);

static void was_shut(struct smmu_device *smmu)
{
	smmu_restart_was_shut(smmu_iommu_of(smmu));
}

static void trace_long_wait(struct smmu_device *smmu, enum smmu_waiter who, u64 us, u32 sid,
			    int ret)
{
	trace_smmu_long_wait(smmu, who, us, sid, ret);
}

static const struct smmu_device_ops device_ops = {
	.event = smmu_fault_report,
	.page_request = smmu_pri_report,
	.page_requests_lost = smmu_pri_lost,
	.atc_silent = smmu_ats_cut,
	.atc_is_cut = smmu_ats_is_cut,
	.atc_answered = smmu_ats_charge,
	.was_shut = was_shut,
	.waited = trace_long_wait,
};

static void recover_work(struct work_struct *work)
{
	smmu_ats_recover(container_of(to_delayed_work(work), struct smmu_iommu, recover));
}

/* Map the two register pages, and not what lies between them, because a PMU's driver owns that */
static int map_registers(struct platform_device *pdev, struct smmu_device *smmu, bool page0_only)
{
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	resource_size_t size = page0_only ? SZ_64K : SMMU_MMIO_MIN;
	const size_t map = 0xe00;

	if (!res || resource_size(res) < size) {
		dev_err(&pdev->dev, "the register region %pR is too small: %pa bytes are needed\n",
			res, &size);
		return -EINVAL;
	}
	smmu->phys = res->start;
	smmu->base = smmu_reg_map(&pdev->dev, res->start, map);
	if (IS_ERR(smmu->base))
		return PTR_ERR(smmu->base);
	smmu->page1 = page0_only ? smmu->base :
		      smmu_reg_map(&pdev->dev, res->start + SMMU_PAGE1_OFFSET, map);
	return PTR_ERR_OR_ZERO(smmu->page1);
}

static int register_iommu(struct smmu_iommu *iommu)
{
	struct smmu_device *smmu = &iommu->smmu;
	int ret;

	ret = iommu_device_sysfs_add(&iommu->core, smmu->dev, NULL, "smmu3.%pa", &smmu->phys);
	if (ret)
		return ret;
	smmu_iommu_add(iommu);
	if (smmu->inst.feat.ssid_bits)
		iommu->core.max_pasids = 1U << smmu->inst.feat.ssid_bits;
	/* this probes the devices behind the SMMU, so everything else is ready by now */
	ret = iommu_device_register(&iommu->core, &smmu_iommu_ops, smmu->dev);
	if (!ret)
		return 0;

	dev_err(smmu->dev, "the IOMMU core refuses this SMMU (%d)\n", ret);
	smmu_iommu_del(iommu);
	iommu_device_sysfs_remove(&iommu->core);
	return ret;
}

/* Bring the hardware up, to a running SMMU that no device uses yet */
static int bring_up(struct platform_device *pdev, struct smmu_iommu *iommu)
{
	struct smmu_device *smmu = &iommu->smmu;
	struct smmu_ident_env env = {
		.cpu_e2h = is_kernel_in_hyp_mode(),
		.disable = smmu_param_disabled(),
	};
	const char *why = "it is disabled";
	struct smmu_wired wired = {};
	struct smmu_tuning tuning;
	int ret;

	ret = smmu_firmware_read(pdev, &env, &wired);
	if (ret)
		return ret;
	ret = map_registers(pdev, smmu, env.extra_errata & SMMU_ERRATUM_PAGE0_ONLY);
	if (ret)
		return ret;
	smmu_param_tuning(&tuning);
	ret = smmu_device_init(smmu, &env, &tuning);
	if (ret)
		return ret;
	smmu_firmware_differs(smmu, &env);
	if (!(env.disable & SMMU_FEAT_SVA) && smmu_mmtable_walkable(&smmu->inst.feat, &why))
		smmu->inst.feat.flags |= SMMU_FEAT_SVA;
	else
		dev_dbg(smmu->dev, "there is no SVA: %s\n", why);
	ret = smmu_resv_probe(iommu);
	if (ret)
		return ret;
	ret = smmu_takeover_check(smmu->dev, smmu_param_force());
	if (ret)
		return ret;
	ret = dma_set_mask_and_coherent(smmu->dev, DMA_BIT_MASK(smmu->inst.feat.oas_bits));
	if (ret)
		dev_warn(smmu->dev, "the DMA mask cannot be set to %u bits\n",
			 smmu->inst.feat.oas_bits);
	ret = smmu_iopf_init(iommu);
	if (ret)
		return ret;
	smmu_companion_find(smmu);
	ret = smmu_device_alloc(smmu);
	if (ret)
		goto iopf;
	smmu_firmware_preset(iommu);
	ret = smmu_device_start(smmu, &wired);
	if (ret)
		goto free;
	/* it may have been shut before it counted as started */
	if (smmu_device_is_dead(smmu))
		smmu_restart_was_shut(iommu);
	return 0;

free:
	smmu_device_free(smmu);
iopf:
	smmu_iopf_exit(iommu);
	return ret;
}

/* Undo bring_up(). The IOMMU core may have probed and released devices in the meantime. */
static void take_down(struct smmu_iommu *iommu)
{
	/*
	 * this waits for readers that still use an old array, before the queue goes; with a device
	 * that does not answer it takes as long as the root port waits
	 */
	smmu_arrays_forget_smmu(&iommu->smmu.inst);
	smmu_device_stop(&iommu->smmu, true);
	/* no event comes any more, and every device has left the queue */
	smmu_iopf_exit(iommu);
	/* guests' commands are done after this, and later ones find the SMMU dead */
	smmu_readers_wait();
	/* what is withheld because of an SMMU adrift is withheld for good now */
	scoped_guard(mutex, &smmu_arrays_mutex)
		if (!smmu_device_is_adrift(&iommu->smmu))
			smmu_withhold_end_locked(&iommu->smmu.inst);
	/* nothing queues them again, because the SMMU was stopped, and nobody waits for it */
	cancel_delayed_work_sync(&iommu->recover);
	cancel_delayed_work_sync(&iommu->restart);
	cancel_work_sync(&iommu->gates);
	smmu_guest_stall_del(iommu);
	smmu_device_free(&iommu->smmu);
	WARN_ON(!xa_empty(&iommu->streams));
	xa_destroy(&iommu->streams);
}

int smmu_probe(struct platform_device *pdev)
{
	struct smmu_iommu *iommu;
	int ret;

	iommu = kzalloc_obj(*iommu);
	if (!iommu)
		return -ENOMEM;
	kref_init(&iommu->ref);
	smmu_inst_init(&iommu->smmu.inst, atomic_inc_return(&instance_nr));
	iommu->smmu.dev = get_device(&pdev->dev);
	iommu->smmu.ops = &device_ops;
	init_rwsem(&iommu->restart_lock);
	mutex_init(&iommu->shared_lock);
	mutex_init(&iommu->streams_lock);
	mutex_init(&iommu->guest_atc);
	xa_init(&iommu->streams);
	INIT_LIST_HEAD(&iommu->masters);
	INIT_DELAYED_WORK(&iommu->recover, recover_work);
	INIT_DELAYED_WORK(&iommu->restart, smmu_restart_work);
	INIT_WORK(&iommu->gates, smmu_gate_work);
	smmu_guest_stall_add(iommu);
	ratelimit_state_init(&iommu->fault_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	platform_set_drvdata(pdev, &iommu->smmu);

	ret = bring_up(pdev, iommu);
	if (ret)
		goto free;
	smmu_debugfs_add_iommu(iommu);
	ret = register_iommu(iommu);
	if (ret)
		goto stop;
	return 0;

stop:
	smmu_debugfs_remove_iommu(iommu);
	take_down(iommu);
free:
	platform_set_drvdata(pdev, NULL);
	smmu_iommu_put(iommu);
	return ret;
}

void smmu_remove(struct platform_device *pdev)
{
	struct smmu_iommu *iommu = smmu_iommu_of(platform_get_drvdata(pdev));

	iommu_device_unregister(&iommu->core);
	iommu_device_sysfs_remove(&iommu->core);
	smmu_iommu_del(iommu);
	smmu_debugfs_remove_iommu(iommu);

	take_down(iommu);
	smmu_iommu_put(iommu);
}

/*
 * Only disable the SMMU. Unregistering it would take the DMA API away from drivers that still run.
 * ATS is turned off first, so that no device goes on using its ATC behind an SMMU that is off
 * (3.9.1). No lock is taken and no command sent, because a device or an SMMU that does not answer
 * must not hold up a restart.
 */
void smmu_shutdown(struct platform_device *pdev)
{
	struct smmu_iommu *iommu = smmu_iommu_of(platform_get_drvdata(pdev));

	smmu_ats_cut_all(iommu);
	smmu_device_stop(&iommu->smmu, false);
}
