# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For make qemu: loads the driver; then scripts/guest/init gives a shell.

smmu_load || echo "the driver could not be loaded, see dmesg"
modprobe nvme
modprobe virtio_pci
modprobe virtio_net
wait_for 3 [ -e /sys/class/net/eth0 ] &&
	ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
cat <<-END

	$(uname -sr), SMMU driver: $SMMU_DRIVER
	  /lib/smmuv3/              the modules; insmod by hand after rmmod
	  /sys/kernel/debug/smmuv3  what the driver tells
	  edu BDF read|write ADDR   a stray DMA by the edu device, $(pci_find 1234:11e8)
	Leave with 'exit' or Ctrl-A X.

END
