# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Shows the main job of the driver; scripts/demo boots the guest for this. BLOB_SUM is the checksum
# of what the host serves at 10.0.2.100:80.

UNMAPPED=0x0badc000
MB=16
net=

find_nvme()
{
	for nvme in /dev/nvme[0-9]*n1; do
		[ ! -b "$nvme" ] || return 0
	done
	return 1
}

# Random data to the disk and back, both past the page cache.
nvme_io()
{
	local want have

	modprobe nvme
	wait_for 20 find_nvme || { echo "no NVMe disk came up"; return 1; }
	[ -f /tmp/data ] ||
		dd if=/dev/urandom of=/tmp/data bs=1M count=$MB 2>/dev/null
	want=$(sha256sum </tmp/data)
	dd if=/tmp/data of="$nvme" bs=1M oflag=direct 2>/dev/null || return
	have=$(dd if="$nvme" bs=1M count=$MB iflag=direct 2>/dev/null | sha256sum)
	[ "$want" = "$have" ] || { echo "read back $have, wrote $want"; return 1; }
}

find_net()
{
	for net in /sys/class/net/*; do
		[ ! -e "$net/device" ] || { net=${net##*/}; return 0; }
	done
	return 1
}

net_io()
{
	local have

	modprobe virtio_pci	# built into some kernels
	modprobe virtio_net
	wait_for 20 find_net || { echo "no network device came up"; return 1; }
	ifconfig "$net" 10.0.2.15 netmask 255.255.255.0 up
	wait_for 10 ping -c 1 -W 1 10.0.2.2 || { echo "no answer to ping"; return 1; }
	ping -q -c 20 -i 0.02 -s 1400 10.0.2.2 || return
	have=$(nc 10.0.2.100 80 </dev/null | sha256sum)
	[ "${have%% *}" = "$BLOB_SUM" ] ||
		{ echo "received $have, sent $BLOB_SUM"; return 1; }
}

groups_there()
{
	[ -e "/sys/bus/pci/devices/$1/iommu_group" ]
}

# In older kernels a device gets its group when a driver binds, and nobody has one for edu.
bind_vfio()
{
	modprobe vfio_pci
	echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
}

edu_fault()
{
	local edu

	edu=$(pci_find 1234:11e8)
	[ -n "$edu" ] || { echo "no edu device"; return 1; }
	wait_for 5 groups_there "$edu" || bind_vfio "$edu"
	wait_for 5 groups_there "$edu" ||
		{ echo "edu has no IOMMU group: nothing would stop it"; return 1; }
	edu "$edu" read $UNMAPPED || return
	edu "$edu" write $UNMAPPED || return
	wait_for 5 fault_logged "$edu" ||
		{ echo "no decoded fault in the kernel's log"; return 1; }
}

fault_logged()
{
	[ "$(smmu_faults "$1" "F_TRANSLATION.*${UNMAPPED#0x0}")" -ge 1 ]
}

debugfs_show()
{
	local file any=1

	for file in /sys/kernel/debug/smmuv3/domains /sys/kernel/debug/smmuv3/*/counters; do
		[ -e "$file" ] || continue
		echo "${file#/sys/kernel/debug/}:"
		sed 's/^/    /' "$file" 2>&1
		any=0
	done
	return $any
}

step "load the driver ($SMMU_DRIVER)"
check load smmu_load || exit
dmesg | grep -E 'arm-smmu-v3 |smmuv3: ' | tail -n 8 | show

step "NVMe: write and read back $MB MiB"
check nvme nvme_io

step "network: ping and a transfer over virtio-net behind the SMMU"
check network net_io

step "edu: DMA at an address that nobody has mapped"
check fault edu_fault
dmesg | grep -E 'arm-smmu-v3 ' | grep -F "$(pci_find 1234:11e8)" | head -n 4 | show

step "what the driver tells: each domain's array, each SMMU's counters"
if [ "$SMMU_DRIVER" = smmuv3 ]; then
	debugfs_show >/tmp/debugfs
	rc=$?
	show </tmp/debugfs
	check debugfs [ "$rc" = 0 ]
else
	skip debugfs "the in-tree driver has none"
fi

step "remove all PCI devices, unload, load again, rescan"
[ ! -e "/sys/class/net/$net/device" ] || ifconfig "$net" down
check remove pci_remove_all
check unload smmu_unload
check reload smmu_load
check rescan pci_rescan

step "NVMe again"
check nvme-again nvme_io
step "network again"
check network-again net_io
