# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For the tests drv-*.sh (scripts/checks/drv.sh puts it into the guest): functions for I/O through
# an NVMe disk and virtio-net, and for reading the driver's debugfs. BLOB_SUM is the checksum of
# what the host serves at 10.0.2.100:80.

# shellcheck disable=SC2034 # for those who source this
NVME_ID=1b36:0010 NET_ID=1af4:1041 EDU_ID=1234:11e8 ITD_ID=1b36:0005
DEBUGFS=/sys/kernel/debug/smmuv3
GROUPS_DIR=/sys/kernel/iommu_groups
MB=${MB:-4}
nvme='' net=''

# check runs its command in a subshell: what these find is lost there. Call them
# where the name is needed.
# clients: the drivers of the disk and of the network card
clients()
{
	modprobe nvme
	modprobe virtio_pci 2>/dev/null		# may be built in
	modprobe virtio_net
}

find_nvme()
{
	for nvme in /dev/nvme[0-9]*n1; do
		[ ! -b "$nvme" ] || return 0
	done
	return 1
}

find_net()
{
	for net in /sys/class/net/*; do
		[ ! -e "$net/device" ] || { net=${net##*/}; return 0; }
	done
	return 1
}

# disk_io DISK: random data there and back, past the page cache
disk_io()
{
	local want have

	[ -f /tmp/data ] ||
		dd if=/dev/urandom of=/tmp/data bs=1M count="$MB" 2>/dev/null
	want=$(sha256sum </tmp/data)
	dd if=/tmp/data of="$1" bs=1M oflag=direct 2>/dev/null ||
		{ echo "writing $1 failed"; return 1; }
	have=$(dd if="$1" bs=1M count="$MB" iflag=direct 2>/dev/null | sha256sum)
	[ "$want" = "$have" ] || { echo "read back $have, wrote $want"; return 1; }
}

nvme_io()
{
	wait_for 20 find_nvme || { echo "no NVMe disk came up"; return 1; }
	disk_io "$nvme"
}

net_up()
{
	wait_for 20 find_net || { echo "no network device came up"; return 1; }
	ifconfig "$net" 10.0.2.15 netmask 255.255.255.0 up
	wait_for 10 ping -c 1 -W 1 10.0.2.2 || { echo "no answer to ping"; return 1; }
}

net_down()
{
	! find_net || ifconfig "$net" down
}

net_io()
{
	local have

	net_up || return
	have=$(nc 10.0.2.100 80 </dev/null | sha256sum)
	[ "${have%% *}" = "$BLOB_SUM" ] ||
		{ echo "received $have, sent $BLOB_SUM"; return 1; }
}

# clean [events|flood]: no SMMU counted an error. events: nor a fault; flood:
# there were so many that QEMU's model has called the full event queue an abort.
clean()
{
	local file bad rc=0

	for file in "$DEBUGFS"/*/counters; do
		[ -e "$file" ] || { echo "no counters in $DEBUGFS"; return 1; }
		bad=$(awk -v with="${1:-}" '
			/^(cmd_errors|timeouts|withheld_tags|dead) / && $2 { print }
			with != "flood" && /^gerrors / && $2 { print }
			with == "events" && /^events / && $2 { print }' "$file")
		[ -z "$bad" ] || { echo "$file: $bad" | tr '\n' ' '; echo; rc=1; }
	done
	return $rc
}

# counter NAME: summed over all SMMUs
counter()
{
	cat "$DEBUGFS"/*/counters | awk -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'
}

# ste BDF: how the SMMU treats the device: stage1, stage2, bypass, abort
ste()
{
	cat "$DEBUGFS"/*/masters | awk -v dev="$1:" '
		/^[^ ]/ { mine = $1 == dev }
		mine && $1 == "sid" { sub(/:$/, "", $4); print $4; exit }'
}

# ste_is BDF KIND
ste_is()
{
	[ "$(ste "$1")" = "$2" ] || { echo "the STE of $1 is $(ste "$1"), not $2"; return 1; }
}

# tag BDF: type and id of the tag that the device's domain has
tag()
{
	cat "$DEBUGFS"/*/masters | awk -v dev="$1:" '$1 == dev && $2 == "domain" { print $5, $6 }'
}

domains()
{
	grep -c '^domain ' "$DEBUGFS/domains"
}

group_of()
{
	basename "$(readlink -f "/sys/bus/pci/devices/$1/iommu_group")"
}

group_type()
{
	cat "$GROUPS_DIR/$(group_of "$1")/type"
}

type_is()
{
	[ "$(group_type "$1")" = "$2" ] ||
		{ echo "the group of $1 is $(group_type "$1"), not $2"; return 1; }
}

bind()
{
	echo "$1" >"/sys/bus/pci/drivers/$2/bind"
}

unbind()
{
	echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
}

# vfio_bind BDF: give the device to vfio-pci
vfio_bind()
{
	[ ! -e "/sys/bus/pci/devices/$1/driver" ] || unbind "$1"
	echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ -e "/sys/bus/pci/drivers/vfio-pci/$1" ]
}

vfio_release()
{
	unbind "$1"
	echo >"/sys/bus/pci/devices/$1/driver_override"
}

LEFT=0x20000000		# what vfio-dma leaves mapped at its end

# vfio_stopped BDF: a DMA at the address that was mapped a moment ago
vfio_stopped()
{
	vfio-dma "$1" sysfs $LEFT && return
	echo "DMA by $1 at $LEFT goes through"
	return 1
}

# relay PREFIX CMD...: take over the 'ok' and 'not ok' lines that CMD prints,
# and a failure of its own.
relay()
{
	local prefix=$1 line rc=0

	shift
	"$@" >/tmp/relay 2>&1 3>&- || rc=$?
	while read -r line; do
		case $line in
		'ok '*)		ok "$prefix${line#ok }" ;;
		'not ok '*)	not_ok "$prefix${line#not ok }" ;;
		'skip '*)	skip "$prefix${line#skip }" ;;
		*)		echo "$line" | show ;;
		esac
	done </tmp/relay
	[ "$rc" -lt 2 ] || not_ok "$prefix$(basename "$1")" "ended with status $rc"
}
