# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel after a kexec: in which state has it found the SMMU, and does DMA work? ACTION is kexec
# (the SMMU was switched off properly), crash (the SMMU was left as it was, while devices did DMA),
# or insane (likewise, but its stream table is wrong).

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

# DMA of a device that no driver has taken, at an address that the kernel before has mapped for it
goes_on()
{
	dmesg | grep 'arm-smmu-v3.* streams go on with the tables of the kernel before' || return
	! vfio-dma "$(pci_find "$ITD_ID")" sysfs 0x20000000 || { echo "it was stopped"; return 1; }
}

# and at one that it has not
by_old_tables()
{
	vfio-dma "$(pci_find "$ITD_ID")" sysfs 0x30000000 || { echo "it went through"; return 1; }
}

aborts()
{
	dmesg | grep 'arm-smmu-v3.*not adopted: a level-1 descriptor is illegal' || return
	vfio-dma "$(pci_find "$ITD_ID")" sysfs 0x20000000 || { echo "it went through"; return 1; }
}

step "next kernel, after $ACTION"
check next grep -q "next=$ACTION" /proc/cmdline || exit
check load smmu_load || exit
if [ "$ACTION" != kexec ]; then
	check found-enabled found_enabled
	check crash-kernel test -e /proc/vmcore
	if [ "$ACTION" = crash ]; then
		check goes-on goes_on
		check by-old-tables by_old_tables
	else
		check aborts aborts
	fi
else
	check found-disabled found_disabled
fi
dmesg | grep 'arm-smmu-v3 ' | show
clients
check nvme nvme_io
check net net_io
[ "$ACTION" != crash ] || check still-goes-on goes_on
check counters clean
net_down
check remove pci_remove_all
check unload smmu_unload
