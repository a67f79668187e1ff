# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The module is loaded on a kernel whose own SMMUv3 driver is at work. It must refuse to load, with
# one line that says what to do instead, and disturb nothing.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

load_fails()
{
	! smmu_load || { echo "it was loaded"; return 1; }
}

# One line for each attempt, of which busybox makes two (by file and by memory)
says_why()
{
	local n

	n=$(dmesg | grep -c 'smmuv3: .*initcall_blacklist=arm_smmu_driver_init')
	[ "$n" = 2 ] || { echo "$n lines that name initcall_blacklist"; return 1; }
}

clients
check nvme-before nvme_io
check load-fails load_fails
check says-why says_why
dmesg | grep 'smmuv3: ' | show
check nothing-left [ ! -e /sys/module/smmuv3 -a ! -e "$DEBUGFS" ]
check nvme nvme_io
check net net_io
