# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The inner guest of vmm.sh. It reads what the host has put on its disks (block 0), writes data of
# its own (block vmm.block) and reads it back, through the SMMU. A block is MB MiB. It reports what
# it reads and writes as 'data SERIAL read|wrote BLOCK CHECKSUM', which is compared with the images
# of the disks outside.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

MARK=63			# the MiB in which a boot leaves word for the next one

# option NAME: from the kernel's command line
option()
{
	tr ' ' '\n' </proc/cmdline | sed -n "s/^vmm.$1=//p"
}

# ask WHAT: tell that we are so far, and wait until it was seen
ask()
{
	local answer

	say "wait $1"
	read -r answer <&3
	[ "$answer" = go ] || not_ok "$1" "the answer was '$answer'"
}

disks_up()
{
	[ -b /dev/nvme0n1 ] && [ -b /dev/nvme1n1 ]
}

serial()
{
	tr -d ' ' <"/sys/block/$1/device/serial"
}

# disk_named SERIAL: probing is not in order
disk_named()
{
	local disk

	for disk in nvme0n1 nvme1n1; do
		[ "$(serial $disk)" != "$1" ] || echo $disk
	done
}

# behind DISK: its DMA is translated
behind()
{
	type_is "$(basename "$(readlink -f "/sys/block/$1/device/device")")" DMA
}

# sum DISK BLOCK
sum()
{
	dd if="/dev/$1" bs=64k skip=$(($2 * MB * 16)) count=$((MB * 16)) iflag=direct \
		2>/dev/null | sha256sum
}

# io DISK BLOCK
io()
{
	local want have

	say "data $(serial "$1") read 0 $(sum "$1" 0)"
	dd if=/dev/urandom of=/tmp/data bs=1M count="$MB" 2>/dev/null
	want=$(sha256sum </tmp/data)
	dd if=/tmp/data of="/dev/$1" bs=64k seek=$(($2 * MB * 16)) oflag=direct 2>/dev/null ||
		{ not_ok "$1 write" "dd failed"; return; }
	have=$(sum "$1" "$2")
	say "data $(serial "$1") wrote $2 $want"
	[ "$want" = "$have" ] || { not_ok "$1 read" "$have, wrote $want"; return; }
	ok "$1 reads and writes"
}

# mark: what the last boot left on the disk; leave WORD
mark()
{
	dd if="/dev/$(disk_named vmm0)" bs=1M skip=$MARK count=1 iflag=direct 2>/dev/null | head -n 1 |
		tr -d '\0'
}

leave()
{
	echo "$1" | dd bs=1M conv=sync of=/tmp/mark 2>/dev/null
	dd if=/tmp/mark of="/dev/$(disk_named vmm0)" bs=1M seek=$MARK oflag=direct 2>/dev/null
}

# busy DISK CHECKSUM: it reads the same again and again
busy()
{
	while [ ! -e /tmp/stop ]; do
		[ "$(sum "$1" 0)" = "$2" ] || { touch /tmp/bad; break; }
		echo >>/tmp/rounds
	done
}

# unplug: the disk vmm0 goes while the other is busy
unplug()
{
	local gone stays

	gone=$(disk_named vmm0)
	stays=$(disk_named vmm1)
	busy "$stays" "$(sum "$stays" 0)" &
	ask unplug
	check unplugged wait_for 30 test ! -e "/sys/block/$gone"
	ask unplugged
	touch /tmp/stop
	wait
	check "the other reads on" test ! -e /tmp/bad -a -s /tmp/rounds
	echo "$(wc -l </tmp/rounds) rounds meanwhile" | show
	io "$stays" $((block + 1))
}

block=$(option block) name=$(option case)
check load smmu_load || exit
modprobe nvme
check disks wait_for 30 disks_up || exit
for disk in nvme0n1 nvme1n1; do
	check "$disk is behind an SMMU" behind $disk
done
if [ "$name" = reboot ] && [ "$(mark)" = "second boot" ]; then
	echo "the second boot: what the first one wrote" | show
	for disk in nvme0n1 nvme1n1; do
		say "data $(serial $disk) read $block $(sum $disk "$block")"
	done
	block=$((block + 1))
	leave none
fi
for disk in nvme0n1 nvme1n1; do
	io $disk "$block"
done
ask running
case $name in
reboot)
	if [ "$block" = "$(option block)" ]; then
		leave "second boot"
		sync
		reboot -f
	fi
	;;
unplug)	unplug ;;
esac
