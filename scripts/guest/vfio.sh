# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kernel's VFIO selftests on an igb that vfio-pci drives; they are in /vfio.
# See scripts/checks/70-vfio.

# shellcheck source=scripts/guest/tap.sh
. /etc/tap.sh

# to_vfio BDF
to_vfio()
{
	local dev=/sys/bus/pci/devices/$1

	[ ! -e "$dev/driver" ] || echo "$1" >"$dev/driver/unbind"
	echo vfio-pci >"$dev/driver_override" &&
	echo "$1" >/sys/bus/pci/drivers/vfio-pci/bind
}

step "load the driver ($SMMU_DRIVER)"
check load smmu_load || exit
modprobe vfio_iommu_type1
modprobe vfio_pci
bdf=$(pci_find 8086:10c9)
wait_for 5 [ -e "/sys/bus/pci/devices/$bdf/iommu_group" ]
check bind to_vfio "$bdf" || exit
# For the mappings with pages of 2 MB; those of 1 GB come from the command line.
echo 16 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
# pci_driver maps 1 GB of shared memory in each case, which must not take as
# long as 262144 page faults on a debug kernel under emulation do.
echo always >/sys/kernel/mm/transparent_hugepage/shmem_enabled
: "${TESTS:=iommufd_setup pci_device dma_mapping dma_mapping_mmio pci_driver}"
for name in $TESTS; do
	step "$name on $bdf"
	tap_run "$name" "$name." "/vfio/vfio_${name}_test" "$bdf"
done
step "unload"
echo "$bdf" >/sys/bus/pci/drivers/vfio-pci/unbind
check remove pci_remove_all
check unload smmu_unload
