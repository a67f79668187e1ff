# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The module is loaded too late: drivers were bound before (the command line has
# deferred_probe_timeout=0). The SMMU with devices in use behind it is refused, with a list of them,
# and they go on. Then the test tries the ways out that the message names, one by one. A second SMMU
# (SMMUS=2), behind which only a port is in use, is taken all the same. Behind the first one are a
# disk and 17 more endpoints, one of them behind a port.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

DISK_ID=1af4:1042
PLATFORM=/sys/bus/platform/devices

smmus()
{
	basename -a "$PLATFORM"/*.smmuv3 "$PLATFORM"/arm-smmu-v3.*.auto 2>/dev/null |
		grep -vF '*'
}

# taken: the SMMUs that are driven
taken()
{
	local smmu

	for smmu in $(smmus); do
		[ ! -e "$PLATFORM/$smmu/driver" ] || echo "$smmu"
	done
}

# Past the page cache, so that it is DMA
disk_reads()
{
	local have

	have=$(dd if=/dev/vda bs=1M count=1 iflag=direct 2>/dev/null | sha256sum)
	[ "${have%% *}" = "$BLOB_SUM" ] || { echo "read $have"; return 1; }
}

# log PATTERN: since the last mark, what an SMMU says
log()
{
	dmesg | sed -n "/# mark $mark\$/,\$p" | grep -E 'smmuv3: |arm-smmu-v3\..*: ' |
		grep -E "$1"
}

mark=0
new_log()
{
	mark=$((mark + 1))
	echo "# mark $mark" >/dev/kmsg
}

# said COUNT PATTERN
said()
{
	local have

	have=$(log "$2" | wc -l)
	[ "$have" = "$1" ] || { echo "$have lines with '$2', not $1"; return 1; }
}

# Each endpoint is named once; a port, with them, never.
names_endpoints()
{
	local bdf n=0

	for bdf in $(log 'is driven by virtio-pci without this SMMU' |
		     sed 's/.*: \([0-9a-f:.]*\) is driven.*/\1/' | sort -u); do
		[ -e "/sys/bus/pci/drivers/virtio-pci/$bdf" ] ||
			{ echo "$bdf is no such device"; return 1; }
		n=$((n + 1))
	done
	[ "$n" = 16 ] || { echo "$n devices are named"; return 1; }
	said 16 'is driven by' && said 1 ': and so are 2 more devices'
}

refused()
{
	[ "$(taken | wc -l)" = $((SMMUS - 1)) ] ||
		{ echo "driven: $(taken | tr '\n' ' ')"; return 1; }
	said 1 'not taken over: .*deferred_probe_timeout=.*force=1'
}

names_ports()
{
	local bdf

	for bdf in /sys/bus/pci/drivers/pcieport/*:*; do
		said 1 "bridges and ports are bound without.* ${bdf##*/}[ ;]" || return
	done
}

all_taken()
{
	[ "$(taken)" = "$(smmus)" ] || { echo "driven: $(taken | tr '\n' ' ')"; return 1; }
}

remove_translated()
{
	local dev

	for dev in /sys/bus/pci/devices/*; do
		[ ! -e "$dev/iommu_group" ] || echo 1 >"$dev/remove"
	done
}

unbind_all()
{
	local dev

	for dev in /sys/bus/pci/drivers/virtio-pci/*:*; do
		unbind "${dev##*/}" || return
	done
}

rebound()
{
	bind "$disk" virtio-pci || return
	[ -e "/sys/bus/pci/devices/$disk/iommu_group" ] ||
		{ echo "$disk has no group"; return 1; }
	wait_for 10 test -b /dev/vda && disk_reads
}

# As advised: everything in use past the SMMU is removed and found again.
rescanned()
{
	local port bdf

	port=$(basename -a /sys/bus/pci/drivers/pcieport/*:* | head -n 1)
	echo 1 >"/sys/bus/pci/devices/$port/remove"
	echo 1 >"/sys/bus/pci/devices/$disk/remove"
	pci_rescan
	for bdf in "$port" "$disk"; do
		[ -e "/sys/bus/pci/devices/$bdf/iommu_group" ] ||
			{ echo "$bdf has no group"; return 1; }
	done
	wait_for 10 test -b /dev/vda && disk_reads
}

modprobe virtio_blk
disk=$(pci_find "$DISK_ID")
check disk-before disk_reads || exit

step "load, and be refused"
new_log
check load smmu_load
check refused refused
check names-endpoints names_endpoints
check disk-goes-on disk_reads
log . | show

step "the way out: unbind, reload, bind"
remove_translated
check unload smmu_unload || exit
check unbind unbind_all
new_log
check load-again smmu_load
check taken all_taken
check no-endpoints said 0 'is driven by'
check rebound rebound
check clean clean events

step "force=1"
check remove pci_remove_all
check unload-again smmu_unload || exit
pci_rescan
check bound-past-it test -e "/sys/bus/pci/drivers/virtio-pci/$disk"
check no-group test ! -e "/sys/bus/pci/devices/$disk/iommu_group"
new_log
check load-force smmu_load force=1
check force-taken all_taken
check force-names-endpoints names_endpoints
check force-names-ports names_ports
check force-warns said 1 'taken over with force=1: '
log . | show
check rescanned rescanned
