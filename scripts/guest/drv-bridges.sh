# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Devices share a StreamID, because they are behind a PCIe-to-PCI bridge and a conventional one.
# They are in one group, the DMA of each goes where it should, and the SMMU and all other devices
# work. DEVICES is the number of edu devices behind bridges.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

all_edus()
{
	local dev

	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor"):$(cat "$dev/device")" != 0x1234:0x11e8 ] ||
			[ "$(basename "$(dirname "$(readlink -f "$dev")")")" = pci0000:00 ] ||
			basename "$dev"
	done
}

# one_group BDF...
one_group()
{
	local bdf group='' first=''

	for bdf; do
		[ -e "/sys/bus/pci/devices/$bdf/iommu_group" ] ||
			{ echo "$bdf has no group"; return 1; }
		group=$(group_of "$bdf")
		[ "${first:=$group}" = "$group" ] ||
			{ echo "$bdf is in group $group, the others in $first"; return 1; }
	done
}

there()
{
	[ "$(all_edus | wc -l)" = "$DEVICES" ] || { lspci; all_edus; return 1; }
}

registered()
{
	[ -n "$(ls /sys/class/iommu)" ] || { echo "no SMMU"; return 1; }
	! dmesg | grep 'the IOMMU core refuses this SMMU' || return 1
}

# Its DMA to where nothing is mapped is stopped and reported
stopped()
{
	local before

	before=$(counter events)
	edu "$1" write 0x5a5a000 || return
	wait_for 5 more_events "$before" || { echo "no event"; return 1; }
}

more_events()
{
	[ "$(counter events)" -gt "$1" ]
}

clients
check load smmu_load || exit
check registered registered
check devices there
# shellcheck disable=SC2046 # one argument for each
check one-group one_group $(all_edus)
check nvme nvme_io
check net net_io
check nvme-stage1 ste_is "$(pci_find "$NVME_ID")" stage1
dmesg | grep -E 'shares StreamID|no IOMMU for' | show
check shared grep -q 'shared, as' "$DEBUGFS"/*/masters
check no-event clean events

step "DMA of each, by VFIO"
for edu in $(all_edus); do
	check "$edu bind" vfio_bind "$edu"
done
for edu in $(all_edus); do
	relay "$edu " vfio-dma "$edu" type1 edu "seed=$SEED"
done
for edu in $(all_edus); do
	vfio_release "$edu"
done
for edu in $(all_edus); do
	check "$edu stopped" stopped "$edu"
done

step "one goes"
edu=$(all_edus | head -n 1)
echo 1 >"/sys/bus/pci/devices/$edu/remove"
for edu in $(all_edus); do
	check "$edu stopped-after" stopped "$edu"
done
check nvme-after nvme_io
check counters clean
net_down
check remove pci_remove_all
check unload smmu_unload
