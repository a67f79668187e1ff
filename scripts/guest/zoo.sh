# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Devices of many kinds behind the SMMU, on a kernel as Debian builds it: disks by each kind of
# controller, network cards, virtual functions that come and go, and VFIO type1. What a kernel has
# no driver for is skipped. DISKS has the lines "NAME PCI-ID DRIVER..." of scripts/checks/64-zoo.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

IGB_ID=8086:10c9 IGBVF_ID=8086:10ca
ROUNDS=3

# have MODULE: loaded, or built in
have()
{
	modprobe "$1" 2>/dev/null ||
		grep -q "/$(echo "$1" | sed 's/[-_]/[-_]/g')\.ko$" "/lib/modules/$(uname -r)/modules.builtin"
}

# have_all MODULE...: prints the first that is missing
have_all()
{
	local module

	for module; do
		have "$module" || { echo "$module"; return 1; }
	done
}

# disk_behind BDF: sets disk
disk_behind()
{
	for disk in /sys/block/*; do
		case $(readlink -f "$disk") in
		*/"$1"/*)	disk=/dev/${disk##*/}; [ -b "$disk" ] && return ;;
		esac
	done
	return 1
}

# io_behind BDF
io_behind()
{
	wait_for 30 disk_behind "$1" || { echo "no disk came up behind $1"; return 1; }
	disk_behind "$1"
	disk_io "$disk"
}

# card_of BDF: prints the name of its network interface
card_of()
{
	local card

	for card in "/sys/bus/pci/devices/$1/net"/* "/sys/bus/pci/devices/$1"/virtio*/net/*; do
		[ ! -e "$card" ] || { basename "$card"; return; }
	done
	return 1
}

# card_io BDF ADDRESS: pings by this card alone
card_io()
{
	local card

	wait_for 20 card_of "$1" || { echo "no network card came up at $1"; return 1; }
	card=$(card_of "$1")
	ifconfig "$card" "$2" netmask 255.255.255.0 up
	wait_for 20 ping -I "$card" -c 1 -W 1 10.0.2.2 || { echo "$card: no answer to ping"; return 1; }
	ping -I "$card" -q -c 20 -i 0.02 -s 1400 10.0.2.2 || return
	ifconfig "$card" 0.0.0.0 down
}

# functions BDF N: so many virtual functions are there
functions()
{
	echo "$2" >"/sys/bus/pci/devices/$1/sriov_numvfs" || return
	[ "$(pci_find $IGBVF_ID | wc -l)" = "$2" ] ||
		{ echo "$(pci_find $IGBVF_ID | wc -l) functions, not $2"; return 1; }
}

disks()
{
	local name id drivers bdf missing

	while read -r name id drivers; do
		# shellcheck disable=SC2086 # each is a word
		missing=$(have_all $drivers) || {
			skip "$name" "$missing is not in this kernel"
			continue
		}
		bdf=$(pci_find "$id")
		check "$name" io_behind "$bdf"
	done </etc/disks
}

cards()
{
	local pf vf i

	have virtio_net
	check virtio-net card_io "$(pci_find $NET_ID)" 10.0.2.15
	pf=$(pci_find $IGB_ID)
	if ! have igb; then
		skip igb "not in this kernel"
		return
	fi
	check igb card_io "$pf" 10.0.2.16
	if ! have igbvf || [ ! -e "/sys/bus/pci/devices/$pf/sriov_numvfs" ]; then
		skip igbvf "not in this kernel"
		return
	fi
	ifconfig "$(card_of "$pf")" up
	for i in $(seq $ROUNDS); do
		check "round $i: virtual functions come" functions "$pf" 2 || return
		for vf in $(pci_find $IGBVF_ID); do
			check "round $i: ${vf#*:}" card_io "$vf" "10.0.2.2${vf##*.}"
		done
		check "round $i: virtual functions go" functions "$pf" 0
	done
}

type1()
{
	local itd

	itd=$(pci_find $ITD_ID)
	if ! have vfio_pci || ! have vfio_iommu_type1; then
		skip type1 "VFIO is not in this kernel"
		return
	fi
	echo 16 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
	check "type1: bind" vfio_bind "$itd" || return
	relay "type1: " vfio-dma "$itd" type1 basic random sizes "seed=$SEED"
	vfio_release "$itd"
	check "type1: nothing is left mapped" vfio_stopped "$itd"
}

check load smmu_load || exit
have virtio_pci
step "disks"
disks
step "network cards"
cards
for dev in /sys/bus/pci/devices/*; do
	dev=${dev##*/}
	[ "$(smmu_faults "$dev")" = 0 ] ||
		not_ok "no event" "$(dmesg | grep -F "$dev" | grep -E 'F_[A-Z]+|C_BAD' | head -n 1)"
done
check "no error, no event" clean events
step "VFIO type1"
type1
check "no error" clean
step "remove all PCI devices, unload"
check remove pci_remove_all
check unload smmu_unload
