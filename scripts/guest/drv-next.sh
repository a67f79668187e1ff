# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel after a kexec: in which state has it found the SMMU, and does DMA work? ACTION is kexec
# (the SMMU was switched off properly) or crash (the SMMU was left as it was, while devices did
# DMA).

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

found_enabled()
{
	dmesg | grep 'arm-smmu-v3.*found enabled'
}

found_disabled()
{
	! found_enabled
}

step "next kernel, after $ACTION"
check next grep -q "next=$ACTION" /proc/cmdline || exit
check load smmu_load || exit
if [ "$ACTION" = crash ]; then
	check found-enabled found_enabled
	check crash-kernel test -e /proc/vmcore
else
	check found-disabled found_disabled
fi
dmesg | grep 'arm-smmu-v3 ' | show
clients
check nvme nvme_io
check net net_io
check counters clean
net_down
check remove pci_remove_all
check unload smmu_unload
