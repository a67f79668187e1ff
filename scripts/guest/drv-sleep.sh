# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Sleep of the whole machine, with an NVMe disk and a network card behind the SMMU (stock kernel).
# WHAT=suspend: to idle, as far as pm_test goes and to the end. image: an image of hibernation is
# written to another NVMe disk and loaded at once. hibernate: the machine is off afterwards. awake: a
# kernel that boots loads that image, and what goes on is the guest that has written it.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

PM=/sys/power

# The port of scripts/guest/init does not awake; this one does
exec 3>/dev/ttyAMA1

# The end: what init does, without its port
finish()
{
	# shellcheck disable=SC2154 # scripts/guest/lib.sh counts
	if [ "$failed" = 0 ]; then
		say "verdict pass"
	else
		say "verdict fail"
	fi
	sleep 1
	poweroff -f
}

# disk SERIAL: its block device
disk()
{
	local dev

	for dev in /sys/class/nvme/nvme*; do
		[ "$(tr -d ' ' 2>/dev/null <"$dev/serial")" = "$1" ] || continue
		dev=$(basename "$dev")
		[ -b "/dev/${dev}n1" ] && echo "/dev/${dev}n1" && return
	done
	return 1
}

# The data disk, for nvme_io of drv-lib.sh; it goes from guest to guest, as that for the image
find_nvme()
{
	nvme=$(disk data)
}

# One link for each device behind an SMMU, to its SMMU
linked()
{
	local dev smmu

	for dev in /sys/bus/pci/devices/*; do
		[ -e "$dev/iommu_group" ] || continue
		smmu=$(basename "$(readlink -f "$dev/iommu/device")")
		[ -e "$dev/supplier:platform:$smmu" ] ||
			{ echo "$dev is not linked to $smmu"; return 1; }
	done
}

# No SMMU is shut
alive()
{
	local dead

	dead=$(cat "$DEBUGFS"/*/counters | awk '$1 == "dead" { n += $2 } END { print n }')
	[ "$dead" = 0 ] || { echo "$dead SMMUs are shut"; return 1; }
}

# pm_test LEVEL STATE
pm_test()
{
	echo "$1" >$PM/pm_test || return
	echo "$2" >$PM/state || { echo "status of $2: it was called off"; return 1; }
	echo none >$PM/pm_test
}

# What nvme_io has written before is on the disk
written()
{
	local want have

	find_nvme || { echo "the disk is gone"; return 1; }
	want=$(sha256sum </tmp/data)
	have=$(dd if="$nvme" bs=1M count="$MB" iflag=direct 2>/dev/null | sha256sum)
	[ "$want" = "$have" ] || { echo "the disk has $have, not $want"; return 1; }
}

# Data that was written before is read, and more is written; nothing faults
works()
{
	written && nvme_io && net_io && alive && clean events
}

all_work()
{
	check "$1-works" works
}

# Something maps and unmaps all the time until the machine sleeps, and goes on afterwards
busy_begin()
{
	: >/tmp/rounds
	(
		find_nvme
		while dd if="$nvme" of=/dev/null bs=64k count=64 iflag=direct 2>/dev/null; do
			echo >>/tmp/rounds
		done
	) &
	busy=$!
}

busy_end()
{
	local n

	n=$(wc -l </tmp/rounds)
	sleep 2
	[ "$(wc -l </tmp/rounds)" -gt "$n" ] || { echo "reading the disk does not go on"; return 1; }
	kill "$busy" 2>/dev/null || { echo "it has ended early"; return 1; }
}

# to_idle SECONDS
to_idle()
{
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo "+$1" >/sys/class/rtc/rtc0/wakealarm || return
	echo freeze >$PM/state
}

suspend_all()
{
	local level i

	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	busy_begin
	for level in freezer devices platform; do
		check "pm_test-$level" pm_test "$level" freeze
	done
	# one level more, where there is more than idle
	if grep -q deep $PM/mem_sleep 2>/dev/null; then
		echo deep >$PM/mem_sleep
		for level in processors core; do
			check "pm_test-$level" pm_test "$level" mem
		done
	fi
	check pm_test-goes-on busy_end
	all_work pm_test
	if [ ! -w /sys/class/rtc/rtc0/wakealarm ]; then
		skip idle "no clock that wakes the machine up"
		return
	fi
	busy_begin
	for i in 1 2 3; do
		check "idle-$i" to_idle 2
	done
	check idle-goes-on busy_end
	all_work idle
}

swap_on()
{
	mkswap "$swap" >/dev/null && swapon "$swap" && echo 0 >$PM/image_size
}

# A pattern in memory, which the image carries
remember()
{
	dd if=/dev/urandom of=/tmp/kept bs=1M count=8 2>/dev/null
	sum=$(sha256sum </tmp/kept)
}

kept()
{
	[ "$(sha256sum </tmp/kept)" = "$sum" ] || { echo "memory has changed"; return 1; }
}

# hibernate MODE: returns in the guest that goes on from the image
hibernate()
{
	echo "$1" >$PM/disk || return
	echo disk >$PM/state
}

check load smmu_load || finish
clients
# the disk belongs to the guest of the image
[ "$WHAT" = awake ] || check nvme-before nvme_io || finish
check net-before net_io
check linked linked
check disks wait_for 20 disk swap || finish
swap=$(disk swap)

case $WHAT in
suspend)
	suspend_all
	;;
image)
	check swap swap_on || finish
	remember
	for i in 1 2; do
		check "image-$i" hibernate test_resume
		check "memory-$i" kept
		all_work "image-$i"
	done
	dmesg | grep -E 'PM: hibernation|Image' | show
	;;
hibernate)
	check swap swap_on || finish
	remember
	say "verdict pass"
	# what follows runs in the guest that loads the image
	hibernate shutdown || not_ok hibernate "the image was not written"
	ok hibernate-awake
	check memory kept
	all_work awake
	;;
awake)
	# by number, as the resume= of a command line
	cat "/sys/class/block/$(basename "$swap")/dev" >$PM/resume
	not_ok resume "this kernel goes on, and not the one of the image"
	;;
esac
finish
