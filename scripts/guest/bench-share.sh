# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For scripts/bench-share: one line for each number of SMMUs that share an address space.

check load smmu_load || exit
pci_rescan
devs=$(pci_find 1234:11e8)
say "kernel $(cat /proc/version)"
echo 40 >/proc/sys/vm/nr_hugepages
for dev in $devs; do
	[ ! -e "/sys/bus/pci/devices/$dev/driver" ] ||
		echo "$dev" >"/sys/bus/pci/devices/$dev/driver/unbind"
	echo vfio-pci >"/sys/bus/pci/devices/$dev/driver_override"
	echo "$dev" >/sys/bus/pci/drivers_probe
done
for n in 1 3 8; do
	# shellcheck disable=SC2086 # words
	vfio-share-bench $n $devs >/tmp/out 2>&1 || not_ok "bench $n" "$(tail -n 1 /tmp/out)"
	while read -r line; do
		say "bench smmus=$n $line"
	done </tmp/out
done
