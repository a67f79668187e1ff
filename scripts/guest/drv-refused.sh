# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the driver must refuse, with a line that says why and without leaving anything behind: bad
# parameters, an SMMU that can do nothing, unloading while it is in use. (drv-takeover.sh has the
# SMMU whose devices are driven without it.)

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# log_since: the driver's lines after the last mark
mark=0
new_mark()
{
	mark=$(dmesg | wc -l)
}

log_since()
{
	dmesg | tail -n +$((mark + 1)) | grep -E 'arm-smmu-v3|smmuv3'
}

# errors N PATTERN: that many lines, one of which has it
errors()
{
	log_since | grep -q "$2" || { echo "no line with '$2'"; return 1; }
	[ "$(log_since | wc -l)" -le "$1" ] || { log_since; echo "more than $1 lines"; return 1; }
}

no_smmu()
{
	[ -z "$(ls /sys/class/iommu)" ] || { ls /sys/class/iommu; return 1; }
	[ -z "$(ls "$GROUPS_DIR")" ] || { echo "there are groups"; return 1; }
	[ ! -e "$DEBUGFS" ] || [ "$(ls "$DEBUGFS")" = domains ] ||
		{ echo "debugfs has $(ls "$DEBUGFS")"; return 1; }
}

load_fails()
{
	! smmu_load "$@" || { echo "it was loaded"; return 1; }
	[ ! -e /sys/module/smmuv3 ] || { echo "the module is still there"; return 1; }
	[ ! -e "$DEBUGFS" ] || { echo "debugfs is still there"; return 1; }
}

unload_fails()
{
	! smmu_unload || { echo "it was unloaded"; return 1; }
}

step "bad parameters"
check queue_log2=99 load_fails queue_log2=99
check queue_log2=20 load_fails queue_log2=20
check queue_log2=-1 load_fails queue_log2=-1
new_mark
check disable_features=x load_fails disable_features=x
check disable_features=0x20 load_fails disable_features=0x20
check disable_features-names errors 20 'not a list of features; the features are: stage1 stage2'
check force=maybe load_fails force=maybe

step "neither stage 1 nor stage 2"
new_mark
check no-stage-load smmu_load disable_features=stage1+stage2
log_since | show
check no-stage-one-line errors 1 'no translation stage'
check no-stage-no-smmu no_smmu
check no-stage-unload smmu_unload

step "and then as usual"
check load smmu_load
modprobe nvme
disk=$(pci_find "$NVME_ID")
check nvme-first nvme_io
check ste ste_is "$disk" stage1
check nvme nvme_io
check unload-in-use unload_fails
check nvme-after nvme_io
check counters clean events
check remove pci_remove_all
check unload smmu_unload
