# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A device has a StreamID that the SMMU does not have. Only this device is refused and its DMA goes
# nowhere; the SMMU and all other devices work.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# The edu behind the root port
find_beyond()
{
	for beyond in /sys/bus/pci/devices/0000:01:*; do
		beyond=${beyond##*/}
		[ "$beyond" = '0000:01:*' ] || return 0
	done
	echo "no device on bus 1"
	return 1
}

refused()
{
	find_beyond || return
	[ ! -e "/sys/bus/pci/devices/$beyond/iommu_group" ] || { echo "it has a group"; return 1; }
	dmesg | grep "$beyond: StreamID 0x10100 is out of range" | show
	dmesg | grep -q "$beyond: StreamID 0x10100 is out of range" || { echo "no line"; return 1; }
}

stopped()
{
	local before

	find_beyond || return
	before=$(counter events)
	edu "$beyond" write 0x5a5a000 || return
	wait_for 5 more_events "$before" || { echo "no event"; return 1; }
}

more_events()
{
	[ "$(counter events)" -gt "$1" ]
}

clients
check load smmu_load || exit
check refused refused
check nvme nvme_io
check nvme-stage1 ste_is "$(pci_find "$NVME_ID")" stage1
check net net_io
check no-event clean events
check stopped stopped
check nvme-after nvme_io
net_down
check remove pci_remove_all
check unload smmu_unload
