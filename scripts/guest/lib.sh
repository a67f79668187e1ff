# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For tests in the guest (busybox sh). scripts/guest/init has sourced it when the test starts. All
# output goes to the host through fd 3, a virtio-serial port, and as a copy to the console, so that
# it can be related to the kernel's messages there.

failed=0

say()
{
	echo "$*" >&3
	echo "# $*" >/dev/kmsg
}

step()
{
	say "step $*"
}

ok()
{
	say "ok $*"
}

# not_ok NAME REASON...
not_ok()
{
	failed=$((failed + 1))
	say "not ok $*"
}

# skip NAME REASON...
skip()
{
	say "skip $*"
}

# show: stdin goes to the host, indented.
show()
{
	sed 's/^/  | /' >&3
}

# check NAME CMD...: ok when CMD succeeds; else not ok with its last line.
check()
{
	local name=$1 out rc=0

	shift
	out=$("$@" 2>&1 </dev/null 3>&-) || rc=$?
	if [ "$rc" = 0 ]; then
		ok "$name"
	else
		not_ok "$name" "status $rc: $(echo "$out" | tail -n 1)"
	fi
	return "$rc"
}

# wait_for SECONDS CMD...: poll until CMD succeeds.
wait_for()
{
	local left=$(($1 * 10))

	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1
	done
}

# pci_find VENDOR:DEVICE: prints the addresses of such devices.
pci_find()
{
	local dev

	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor" 2>/dev/null):$(cat "$dev/device" 2>/dev/null)" = \
		  "0x${1%:*}:0x${1#*:}" ] && basename "$dev"
	done
	return 0
}

# pci_remove_all: every PCI device, host bridges and root ports included, as
# the SMMU driver's removal asks for.
pci_remove_all()
{
	local dev

	for dev in /sys/bus/pci/devices/*; do
		[ ! -e "$dev/remove" ] || echo 1 >"$dev/remove"
	done
	[ -z "$(ls /sys/bus/pci/devices)" ]
}

pci_rescan()
{
	echo 1 >/sys/bus/pci/rescan
}

# The driver under test: SMMU_DRIVER is smmuv3 (ours, the default when its
# module is there), arm_smmu_v3 (in-tree, a module in the test kernels) or
# builtin (in-tree, in the stock kernel; cannot be loaded or unloaded).
: "${SMMU_DRIVER:=$([ -e /lib/smmuv3/smmuv3.ko ] && echo smmuv3 || echo builtin)}"

# smmu_load [PARAM=VALUE...]
smmu_load()
{
	case $SMMU_DRIVER in
	smmuv3)		insmod /lib/smmuv3/smmuv3.ko "$@" ;;
	builtin)	: ;;
	*)		modprobe "$SMMU_DRIVER" "$@" ;;
	esac
}

smmu_unload()
{
	[ "$SMMU_DRIVER" = builtin ] || rmmod "$SMMU_DRIVER"
}

# How many events the SMMUs have reported in the kernel's log, for one device.
# smmu_faults BDF [PATTERN]
smmu_faults()
{
	dmesg | grep -E 'arm-smmu-v3|smmuv3' | grep -E 'event|F_|C_' |
		grep -F "$1" | grep -cE "${2:-.}"
}
