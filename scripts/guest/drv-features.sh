# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The driver with features switched off and with tiny queues: for each word of CONFIGS (module
# parameters, joined by ','), load it, do I/O, read its counters, remove all devices and unload it.
# So this tests reloading, too.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# What must be seen in debugfs: effect FEATURES QUEUE-LOG2, FEATURES joined by '+'
effect()
{
	local tag name kind=stage1

	case "+$1+" in *+stage1+*) kind=stage2 ;; esac
	ste_is "$bdf" $kind || return
	tag=$(tag "$bdf")
	case "$kind $tag" in
	'stage1 S1_ASID '* | 'stage2 S2_VMID '*) : ;;
	*)	echo "the tag of a $kind device is '$tag'"; return 1 ;;
	esac
	for name in $(echo "$1" | tr '+' ' '); do
		! grep -q "^flags.* $name\( \|$\)" "$DEBUGFS"/*/features ||
			{ echo "$name is still there"; return 1; }
	done
	[ "$2" = 0 ] || grep -q "^cmdq 0 main entries $((1 << $2)) " "$DEBUGFS"/*/queues ||
		{ head -n 1 "$DEBUGFS"/*/queues; return 1; }
}

# As many at once as fit: waiters for room in the queue
parallel()
{
	local i pids=

	find_nvme || return
	for i in 0 1 2 3; do
		dd if="$nvme" bs=64k count=64 skip=$((i * 64)) iflag=direct \
			of=/dev/null 2>/dev/null &
		pids="$pids $!"
	done
	net_io || return
	for i in $pids; do
		wait "$i" || { echo "reading $nvme failed"; return 1; }
	done
}

# The kernel's own benchmark on edu: several threads that map and unmap
benchmark()
{
	[ -e /sys/bus/pci/drivers/dma_map_benchmark ] ||
		{ skip "$1 map-benchmark" "not in this kernel"; return; }
	edu=$(pci_find "$EDU_ID")
	echo dma_map_benchmark >"/sys/bus/pci/devices/$edu/driver_override"
	echo "$edu" >/sys/bus/pci/drivers_probe
	check "$1 map-benchmark" mapbench 4 1 16
	unbind "$edu"
	echo >"/sys/bus/pci/devices/$edu/driver_override"
}

clients
for config in $CONFIGS; do
	name=$config
	[ "$config" != default ] || config=
	features='' queue=0
	for word in $(echo "$config" | tr ',' ' '); do
		case $word in
		disable_features=*)	features=${word#*=} ;;
		queue_log2=*)		queue=${word#*=} ;;
		esac
	done
	step "$name"
	# shellcheck disable=SC2046 # one argument for each parameter
	check "$name load" smmu_load $(echo "$config" | tr ',' ' ') || exit
	pci_rescan
	bdf=$(pci_find "$NVME_ID")
	check "$name nvme" nvme_io
	check "$name net" net_io
	check "$name effect" effect "$features" "$queue"
	[ "$queue" = 0 ] || check "$name parallel" parallel
	[ -n "$NO_BENCHMARK" ] || benchmark "$name"
	check "$name counters" clean events
	# shellcheck disable=SC2046,SC2005 # all on one line
	echo $(cat "$DEBUGFS"/*/counters) | show
	net_down
	check "$name remove" pci_remove_all
	check "$name unload" smmu_unload || exit
done
