// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading.
 *
 * The platform driver has to be called arm-smmu-v3, because ACPI platform devices match by that
 * name. The init function must have another name than the built-in driver's, because the command
 * line's initcall_blacklist would disable it too. There is no module alias, because udev would then
 * load the module beside the built-in driver.
 */
#include <linux/array_size.h>
#include <linux/device/driver.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sprintf.h>

#include "drv/binding.h"
#include "drv/debugfs.h"
#include "drv/guest_stall.h"
#include "drv/probe.h"
#include "drv/readers.h"
#include "drv/sleep.h"
#include "drv/sva.h"
#include "drv/vevent.h"

#define DRIVER_NAME	"arm-smmu-v3"

static const struct of_device_id smmuv3_of_match[] = {
	{ .compatible = "arm,smmu-v3" },
	{}
};

static const struct dev_pm_ops smmuv3_pm_ops = {
	LATE_SYSTEM_SLEEP_PM_OPS(smmu_sleep_late, smmu_wake_early)
	NOIRQ_SYSTEM_SLEEP_PM_OPS(smmu_sleep_noirq, smmu_wake_noirq)
};

static struct platform_driver smmuv3_driver = {
	.driver = {
		.name = DRIVER_NAME,
		.of_match_table = smmuv3_of_match,
		.pm = pm_sleep_ptr(&smmuv3_pm_ops),
		/* an SMMU cannot be unbound while devices use it */
		.suppress_bind_attrs = true,
	},
	.probe = smmu_probe,
	.remove = smmu_remove,
	.shutdown = smmu_shutdown,
};

/* Say what does not work with this kernel on any SMMU; README.md has a table */
static void __init say_missing(void)
{
	const char *const missing[] = {
		COMPAT_IOMMUFD ? NULL : "guests (vIOMMUs of iommufd)",
		COMPAT_SVA ? NULL : "SVA",
		COMPAT_IOPF ? NULL : "handlers of page faults",
		COMPAT_RESET_BLOCKS ? NULL : "blocking of devices during a reset",
	};
	char list[128] = "";
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(missing); i++)
		if (missing[i])
			used += scnprintf(list + used, sizeof(list) - used, "%s%s",
					  used ? ", " : "", missing[i]);
	if (used)
		pr_info("smmuv3: this kernel does not have: %s\n", list);
}

static int __init smmuv3_init(void)
{
	int ret;

	if (driver_find(DRIVER_NAME, &platform_bus_type)) {
		pr_err("smmuv3: the kernel's own SMMUv3 driver is active; boot with initcall_blacklist=arm_smmu_driver_init to use this one\n");
		return -EBUSY;
	}
	ret = smmu_vevent_init();
	if (ret)
		return ret;
	ret = smmu_guest_stall_init();
	if (ret) {
		smmu_vevent_exit();
		return ret;
	}
	say_missing();
	smmu_debugfs_init();
	ret = platform_driver_register(&smmuv3_driver);
	if (ret) {
		smmu_debugfs_exit();
		smmu_guest_stall_exit();
		smmu_vevent_exit();
	}
	return ret;
}
module_init(smmuv3_init);

static void __exit smmuv3_exit(void)
{
	platform_driver_unregister(&smmuv3_driver);
	smmu_debugfs_exit();
	smmu_sva_exit();
	smmu_binding_exit();
	smmu_guest_stall_exit();
	smmu_vevent_exit();
	/* the callbacks that free arrays are in the text of this module */
	smmu_readers_exit();
	/*
	 * Domains, nested domains and vSMMUs drop their module reference as the last thing that
	 * they do. When the last reference is gone, this function can run. But the task that has
	 * dropped it, on another CPU or preempted, may still have to return to its caller, through
	 * text that is freed when this function returns. A task that has slept voluntarily or has
	 * left the kernel since then has returned, and RCU tasks wait for exactly that. On kernels
	 * that are not preemptible an ordinary grace period means the same, and
	 * synchronize_rcu_tasks() is an ordinary grace period there. A preemptible kernel without
	 * CONFIG_TASKS_RCU, which means without kprobes, tracing and BPF, has nothing that could be
	 * waited for.
	 */
	synchronize_rcu_tasks();
}
module_exit(smmuv3_exit);

MODULE_DESCRIPTION("Arm SMMUv3 driver with one array of invalidations per domain");
MODULE_LICENSE("GPL");
/* What it means: Documentation/changes.rst */
MODULE_VERSION("0.15");
#if COMPAT_IOMMUFD
MODULE_IMPORT_NS("IOMMUFD");
#endif
