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

# The events of its DMA name it, among those that it shares the StreamID with. The driver does not
# log each event when there are many.
named()
{
	dmesg -c >/tmp/dmesg
	wait_for 20 says_name "$1" || { dmesg | grep event; return 1; }
}

says_name()
{
	stopped "$1" || return
	dmesg | grep -q "event: .* client: .*$1 \[1234:11e8\].* sid:"
}

# dma_busy BDF: DMA by VFIO without end; each round checks what it moves, and that what is not
# mapped is stopped. One process does all rounds: when VFIO closes a device it resets the bus, and
# with a device that comes at that moment the PCI core warns about a lock that it has not taken.
dma_busy()
{
	# shellcheck disable=SC2046 # one argument for each round
	exec vfio-dma "$1" type1 seed=7 $(yes edu | head -n 5000) >/tmp/dma
}

# rounds N: more than N rounds are over
rounds()
{
	[ "$(grep -c . /tmp/dma)" -gt "$1" ]
}

# come_and_go BDF: remove it and have it found again, while the other one works
come_and_go()
{
	local before

	for _ in 1 2 3; do
		before=$(grep -c . /tmp/dma)
		echo 1 >"/sys/bus/pci/devices/$1/remove"
		! grep -q "^$1:" "$DEBUGFS"/*/masters || { echo "$1 is still a master"; return 1; }
		wait_for 20 rounds "$before" || { echo "no round without it"; return 1; }
		before=$(grep -c . /tmp/dma)
		pci_rescan
		[ -e "/sys/bus/pci/devices/$1/iommu_group" ] ||
			{ echo "$1 comes back without a group"; return 1; }
		wait_for 20 rounds $((before + 1)) || { echo "no round with it"; return 1; }
	done
}

none_failed()
{
	! grep -v '^ok edu$' /tmp/dma
}

# busy_with WORKING GOING
busy_with()
{
	local busy

	: >/tmp/dma
	vfio_bind "$1"
	dma_busy "$1" &
	busy=$!
	wait_for 20 rounds 0
	check "$2 comes-and-goes" come_and_go "$2"
	kill "$busy" 2>/dev/null
	wait "$busy" 2>/dev/null
	check "$1 meanwhile" none_failed
	vfio_release "$1"
	# shellcheck disable=SC2046 # one argument for each
	check "$2 one-group" one_group $(all_edus)
}

# default_type BDF TYPE STE: the group gets another kind of default domain, and each device with it
default_type()
{
	local dev

	echo "$2" >"$GROUPS_DIR/$(group_of "$1")/type" || return
	for dev in $(all_edus); do
		ste_is "$dev" "$3" || return
	done
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
	check "$edu named" named "$edu"
done

edu=$(all_edus | head -n 1) other=$(all_edus | tail -n 1)
if [ "$DEVICES" = 2 ]; then
	step "one works by VFIO while the other comes and goes"
	busy_with "$edu" "$other"
	busy_with "$other" "$edu"
fi

step "another type of default domain"
check identity default_type "$edu" identity bypass
check dma default_type "$edu" DMA stage1
for edu in $(all_edus); do
	check "$edu stopped-again" stopped "$edu"
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
