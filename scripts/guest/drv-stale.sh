# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Are there stale translations? User space does DMA by VFIO with iommu-testdev and edu (vfio-dma.c),
# for each word of CONFIGS (module parameters, joined by ','); then the test looks at what the
# device can still reach when user space has exited. SEED is for the random tests.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# No domain but those of the kernel: user space's have gone
domains_back()
{
	[ "$(domains)" = "$1" ] || { echo "$1 domains before, $(domains) now"; return 1; }
}

decoded()
{
	[ "$(smmu_faults "$1" "F_TRANSLATION.*$2")" -ge 1 ] ||
		{ echo "no F_TRANSLATION of $1 at $2 in the log"; return 1; }
}

echo 16 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
modprobe vfio_pci
modprobe vfio_iommu_type1
modprobe iommufd 2>/dev/null
[ -e /dev/iommu ] || skip iommufd "not in this kernel"

for config in $CONFIGS; do
	name=$config
	[ "$config" != default ] || config=
	step "$name"
	# shellcheck disable=SC2046 # one argument for each parameter
	check "$name load" smmu_load $(echo "$config" | tr ',' ' ') || exit
	pci_rescan
	itd=$(pci_find "$ITD_ID") edu=$(pci_find "$EDU_ID")
	# in older kernels a device gets its group, and a domain for it, when a driver binds first
	for dev in "$itd" "$edu"; do
		vfio_bind "$dev" && vfio_release "$dev"
	done
	before=$(domains)

	check "$name bind" vfio_bind "$itd"
	relay "$name type1 " vfio-dma "$itd" type1 basic random sizes "seed=$SEED"
	if [ -e /dev/iommu ]; then
		relay "$name iommufd " vfio-dma "$itd" iommufd basic random sizes \
			hwpt "seed=$SEED"
	fi
	dmesg | grep -F "$itd" | grep F_TRANSLATION | tail -n 1 | show
	check "$name decoded" decoded "$itd" "${LEFT#0x}"
	vfio_release "$itd"
	check "$name released" vfio_stopped "$itd"
	echo 1 >"/sys/bus/pci/devices/$itd/remove"
	pci_rescan
	check "$name re-plugged" vfio_stopped "$itd"
	# as above
	vfio_bind "$itd" && vfio_release "$itd"

	if [ "$name" = default ]; then
		vfio_bind "$edu"
		relay "$name type1 " vfio-dma "$edu" type1 edu "seed=$SEED"
		[ ! -e /dev/iommu ] ||
			relay "$name iommufd " vfio-dma "$edu" iommufd edu "seed=$SEED"
		vfio_release "$edu"
	fi
	check "$name domains" domains_back "$before"
	case $name in
	queue_log2=*)	check "$name counters" clean flood ;;
	*)		check "$name counters" clean ;;
	esac
	# shellcheck disable=SC2046,SC2005 # all on one line
	echo $(cat "$DEBUGFS"/*/counters) | show
	check "$name remove" pci_remove_all
	check "$name unload" smmu_unload || exit
done
