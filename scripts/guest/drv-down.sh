# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel goes down while the driver is loaded and I/O is in progress. ACTION is reboot,
# poweroff, kexec or crash. For the last two, /kexec has the next kernel and initramfs
# (scripts/guest/drv-next.sh), which gives the verdict.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# next_kernel load|crash
next_kernel()
{
	kexec "$1" /kexec/Image /kexec/initrd \
		"$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) maxcpus=1 next=$ACTION"
}

check load smmu_load || exit
clients
check nvme nvme_io || exit
check net net_up || exit
find_nvme
case $ACTION in
kexec)	check kexec-load next_kernel load || exit ;;
crash)	check kexec-load next_kernel crash || exit ;;
esac

for i in 1 2; do
	while dd if=/tmp/data of="$nvme" bs=64k seek=$((i * 256)) oflag=direct; do
		:
	done 2>/dev/null &
done
ping -q -i 0.01 -s 1400 10.0.2.2 >/dev/null &
sleep 1
step "$ACTION, with I/O under way"
check counters clean events || exit
case $ACTION in
kexec)	kexec go ;;
crash)	echo c >/proc/sysrq-trigger ;;
*)
	# shellcheck disable=SC2154 # lib.sh has it
	[ "$failed" = 0 ] && say "verdict pass"
	"$ACTION" -f
	;;
esac
sleep 20
not_ok "$ACTION" "still here"
