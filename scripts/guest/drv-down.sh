# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel goes down while the driver is loaded and I/O is in progress. ACTION is reboot,
# poweroff, kexec, crash, or insane, which is a crash that leaves a stream table that is wrong. For
# the last three, /kexec has the next kernel and initramfs (scripts/guest/drv-next.sh), which gives
# the verdict.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# next_kernel load|crash
next_kernel()
{
	kexec "$1" /kexec/Image /kexec/initrd \
		"$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) maxcpus=1 next=$ACTION"
}

SMMU=0x09050000		# of QEMU's virt machine

# A device to which VFIO has given a mapping that the next kernel knows nothing of
hold()
{
	modprobe vfio_pci
	vfio_bind "$(pci_find "$ITD_ID")" || return
	vfio-dma "$(pci_find "$ITD_ID")" type1 hold >/tmp/hold 2>&1 &
	wait_for 10 grep -q '^ok hold' /tmp/hold || { cat /tmp/hold; return 1; }
}

# A level-1 descriptor that no driver would write, for StreamIDs that no device has
wreck()
{
	local base

	base=$(devmem $((SMMU + 0x80)) 64) || return
	devmem $(((base & 0xfffffffffffc0) + 8 * 200)) 64 0x1f
}

check load smmu_load || exit
clients
check nvme nvme_io || exit
check net net_up || exit
find_nvme
case $ACTION in
kexec)	check kexec-load next_kernel load || exit ;;
crash | insane)
	check kexec-load next_kernel crash || exit
	check hold hold || exit
	;;
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
insane)
	check wreck wreck || exit
	echo c >/proc/sysrq-trigger
	;;
crash)	echo c >/proc/sysrq-trigger ;;
*)
	# shellcheck disable=SC2154 # lib.sh has it
	[ "$failed" = 0 ] && say "verdict pass"
	"$ACTION" -f
	;;
esac
sleep 20
not_ok "$ACTION" "still here"
