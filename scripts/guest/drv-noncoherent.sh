# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# An SMMU that is not coherent, by device tree. QEMU has no caches, so this shows nothing about what
# is in them. It shows that the kernel's DMA API gives memory that the driver can use and give back:
# remapped queues and tables, and cleaned page tables.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# not_coherent NAME...: these features are not used
not_used()
{
	local name

	for name; do
		! grep -q "^flags.* $name\( \|$\)" "$DEBUGFS"/*/features ||
			{ echo "$name is there"; return 1; }
	done
}

warned()
{
	dmesg | grep -q 'this SMMU is used as not coherent, as firmware says' ||
		{ echo "no line says so"; return 1; }
}

# QEMU's tables lie in pages that the kernel has mapped a second time, if they are not cacheable
remapped()
{
	grep -q 'dma_common_contiguous_remap\|dma-coherent' /proc/vmallocinfo || { echo "nothing is remapped"; return 1; }
}

fault_stopped()
{
	local before

	before=$(counter events)
	edu "$edu" write 0x0badc000 || return
	sleep 0.2
	[ "$(counter events)" -gt "$before" ] || { echo "no event"; return 1; }
}

# The device has no IOMMU_CAP_CACHE_COHERENCY, and VFIO wants it
vfio_refuses()
{
	! vfio_bind "$1" 2>/dev/null || { echo "vfio-pci has taken the device"; return 1; }
	dmesg | tail -n 20 | grep -q "vfio-pci.*probe.*failed with error -22" ||
		{ dmesg | tail -n 5; return 1; }
}

clients
modprobe vfio-pci
for round in 1 2; do
	step "round $round"
	check "$round load" smmu_load || exit
	pci_rescan
	nvme_dev=$(pci_find "$NVME_ID") edu=$(pci_find "$EDU_ID")
	check "$round warned" warned
	check "$round not used" not_used coherent nesting hw-access hw-dirty sva
	check "$round remapped" remapped
	check "$round ste" ste_is "$nvme_dev" stage1
	check "$round nvme" nvme_io
	check "$round net" net_io
	check "$round fault" fault_stopped
	check "$round vfio" vfio_refuses "$edu"
	check "$round nvme after" nvme_io
	check "$round counters" clean
	net_down
	check "$round remove" pci_remove_all
	check "$round unload" smmu_unload || exit
done
