# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# One domain for devices behind several SMMUs, with edu and iommu-testdev behind each of them
# (vfio-share.c), while two NVMe disks behind two SMMUs do I/O; for each word of CONFIGS (module
# parameters, joined by ','). KINDS are modes of vfio-share; OPS and SEED are for its random part.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# disk_busy NAME: fresh data there and back without end; /tmp/NAME.rounds counts, and
# /tmp/NAME.bad says what was wrong.
disk_busy()
{
	local want have n=0

	while [ ! -e /tmp/stop ]; do
		dd if=/dev/urandom of="/tmp/$1.data" bs=64k count=8 2>/dev/null
		want=$(sha256sum <"/tmp/$1.data")
		dd if="/tmp/$1.data" of="/dev/$1" bs=64k seek=$((n % 64 * 8)) \
			oflag=direct 2>/dev/null || break
		have=$(dd if="/dev/$1" bs=64k skip=$((n % 64 * 8)) count=8 \
			iflag=direct 2>/dev/null | sha256sum)
		[ "$want" = "$have" ] || break
		n=$((n + 1))
		echo $n >"/tmp/$1.rounds"
	done
	[ -e /tmp/stop ] || echo "round $n: wrote $want, read ${have:-nothing}" >"/tmp/$1.bad"
}

disks_up()
{
	[ -b /dev/nvme0n1 ] && [ -b /dev/nvme1n1 ]
}

# The two disks are not behind the same SMMU
disks_apart()
{
	[ "$(readlink /sys/block/nvme0n1/device/device/iommu)" != \
	  "$(readlink /sys/block/nvme1n1/device/device/iommu)" ]
}

# disk_well NAME: it did some rounds, and no wrong one
disk_well()
{
	[ ! -e "/tmp/$1.bad" ] || { cat "/tmp/$1.bad"; return 1; }
	[ -s "/tmp/$1.rounds" ] || { echo "not a round was finished"; return 1; }
}

# share KIND PREFIX BDF...
share()
{
	local kind=$1 prefix=$2

	shift 2
	if [ "$kind" != type1 ] && [ ! -e /dev/iommu ]; then
		skip "$prefix" "not in this kernel"
		return
	fi
	relay "$prefix " vfio-share "$kind" "seed=$SEED" "ops=$OPS" "$@"
}

# All kinds while the disks are busy, and iommufd once more without them
share_all()
{
	local one two before disk kind

	before=$(domains)
	rm -f /tmp/stop /tmp/*.bad /tmp/*.rounds
	disk_busy nvme0n1 &
	one=$!
	disk_busy nvme1n1 &
	two=$!
	for kind in $KINDS; do
		# shellcheck disable=SC2086 # words
		share $kind "$1 $kind" $edus $devs
	done
	touch /tmp/stop
	wait $one $two
	for disk in nvme0n1 nvme1n1; do
		check "$1 $disk" disk_well $disk
		echo "$disk: $(cat /tmp/$disk.rounds) rounds of 512 KiB" | show
	done
	if [ "$KINDS" != mixed ]; then
		SEED=$((SEED + 1))
		# shellcheck disable=SC2086 # words
		share iommufd "$1 iommufd alone" $devs
	fi
	check "$1 domains" domains_back "$before"
}

domains_back()
{
	[ "$(domains)" = "$1" ] || { echo "$1 domains before, $(domains) now"; return 1; }
}

modprobe vfio_pci
modprobe vfio_iommu_type1
for config in $CONFIGS; do
	name=$config
	[ "$config" != default ] || config=
	step "$name"
	# shellcheck disable=SC2046 # one argument for each parameter
	check "$name load" smmu_load $(echo "$config" | tr ',' ' ') || exit
	pci_rescan
	edus=$(pci_find "$EDU_ID") devs=$(pci_find "$ITD_ID")
	for dev in $edus $devs; do
		check "$name bind $dev" vfio_bind "$dev" || exit
	done
	modprobe nvme
	check "$name disks" wait_for 20 disks_up || exit
	check "$name disks apart" disks_apart
	share_all "$name"
	check "$name counters" clean
	for file in "$DEBUGFS"/*/counters; do
		# shellcheck disable=SC2046,SC2005 # all on one line
		echo $(cat "$file") | show
	done
	check "$name remove" pci_remove_all
	check "$name unload" smmu_unload
done
